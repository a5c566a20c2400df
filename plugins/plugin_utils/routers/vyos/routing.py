"""How the site's prefix gets to the hubs and theirs are learned: BGP with BFD, or static routes."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ..state import Neighbor, RouterState, RouterTunnel
from .lines import Line, Words, interface, under

PROBE_SECONDS = 10


def routing(state: RouterState, words: Words) -> Iterator[Line]:
    """Everything about routes."""
    gateways = {line.name: line.gateway for line in state.lines}
    for tunnel in state.tunnels:
        if gateways[tunnel.line] is not None:
            route = ("protocols", "static", "route", f"{tunnel.endpoint}/32", "next-hop", str(gateways[tunnel.line]))
            yield Line(route)
        yield Line(_over(IPv4Network(tunnel.hub_address), tunnel, words))
        if state.routing.mode == "static":
            yield from _static(tunnel, words)
    if state.routing.mode == "bgp":
        for network in state.routing.networks:  # BGP announces only what the router has a route to
            yield Line(("protocols", "static", "route", str(network), "blackhole"))
        yield from _policies(state)
        yield from _bgp(state, words)


def lacks(state: RouterState, words: Words) -> tuple[str, ...]:
    """What the wish has and this version can't."""
    if state.routing.mode == "static" and not words.modern:
        return ("routing: VyOS 1.3 can't ask the hub's end; a route leaves a tunnel only when its interface is down",)
    return ()


def _over(network: IPv4Network, tunnel: RouterTunnel, words: Words) -> tuple[str, ...]:
    """A route into a tunnel."""
    if words.modern:
        return ("protocols", "static", "route", str(network), "interface", interface(tunnel))
    return ("protocols", "static", "interface-route", str(network), "next-hop-interface", interface(tunnel))


def _static(tunnel: RouterTunnel, words: Words) -> Iterator[Line]:
    """Routes whose hub is asked every few seconds (1.4), or routes with a distance (1.3)."""
    for network in tunnel.reachable:
        if network == IPv4Network(tunnel.hub_address):
            continue
        if words.modern:
            yield from under(
                "protocols", "failover", "route", str(network), "next-hop", str(tunnel.hub_address),
                check__target=tunnel.hub_address, check__timeout=PROBE_SECONDS, check__type="icmp",
                interface=interface(tunnel), metric=tunnel.rank + 1,
            )  # fmt: skip
        else:
            yield Line((*_over(network, tunnel, words), "distance", str(tunnel.rank + 1)))


def _policies(state: RouterState) -> Iterator[Line]:
    """What is believed of a neighbour, and what it is told."""
    tunnels = {tunnel.name: tunnel for tunnel in state.tunnels}
    for neighbor in state.routing.neighbors:
        name, tunnel = f"MOTCUA-{neighbor.tunnel}", tunnels[neighbor.tunnel]
        yield from under("policy", "as-path-list", name, "rule", "10", action="permit", regex=f"^{neighbor.asn}$")
        yield from _prefixes(name, tunnel.reachable)
        yield from _preferences(neighbor, name)
    yield from _prefixes("MOTCUA-OWN", state.routing.networks)
    out = ("policy", "route-map", "MOTCUA-OUT", "rule", "10")
    yield from under(*out, action="permit", match__ip__address__prefix_list="MOTCUA-OWN")


def _prefixes(name: str, networks: tuple[IPv4Network, ...]) -> Iterator[Line]:
    for at, network in enumerate(networks, 1):
        inside = None if network.prefixlen == 32 or name == "MOTCUA-OWN" else 32
        yield from under("policy", "prefix-list", name, "rule", str(10 * at), action="permit", prefix=network, le=inside)


def _preferences(neighbor: Neighbor, name: str) -> Iterator[Line]:
    """What the hub originates itself comes before what it passes on (Routing's docstring)."""
    own = 300 - 10 * neighbor.rank
    rule = ("policy", "route-map", name, "rule")
    yield from under(*rule, "10", action="permit", match__as_path=name, match__ip__address__prefix_list=name, set__local_preference=own)
    yield from under(*rule, "20", action="permit", match__ip__address__prefix_list=name, set__local_preference=own - 100)


def _bgp(state: RouterState, words: Words) -> Iterator[Line]:
    routing = state.routing
    tunnels = {tunnel.name: tunnel for tunnel in state.tunnels}
    root = ("protocols", "bgp") if words.modern else ("protocols", "bgp", str(routing.asn))
    if words.modern:
        yield from under(*root, system_as=routing.asn)
    yield from under(*root, parameters__router_id=routing.router_id)
    for network in routing.networks:
        yield Line((*root, "address-family", "ipv4-unicast", "network", str(network)))
    for neighbor in routing.neighbors:
        at = (*root, "neighbor", str(neighbor.address))
        yield from under(
            *at,
            remote_as=neighbor.asn,
            description=f"motcua:{neighbor.tunnel}",
            disable_connected_check=True,  # both ends are single hosts: no network in common
            update_source=interface(tunnels[neighbor.tunnel]),
            timers__keepalive=routing.keepalive_seconds,
            timers__holdtime=routing.hold_seconds,
            bfd=True if routing.bfd else None,
            address_family__ipv4_unicast__route_map__import=f"MOTCUA-{neighbor.tunnel}",
            address_family__ipv4_unicast__route_map__export="MOTCUA-OUT",
        )
        if routing.bfd:
            yield from under(
                "protocols", "bfd", "peer", str(neighbor.address),
                interval__transmit=routing.bfd_interval_ms, interval__receive=routing.bfd_interval_ms,
                interval__multiplier=routing.bfd_multiplier,
                source__address=tunnels[neighbor.tunnel].address, source__interface=interface(tunnels[neighbor.tunnel]),
            )  # fmt: skip
