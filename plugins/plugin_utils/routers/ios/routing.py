"""How the site's prefix gets to the hubs and theirs are learned: BGP, or static routes that follow a probe."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ..state import Neighbor, RouterState, RouterTunnel
from .grammar import Block, block
from .tunnels import name, number

FIRST_AS_PATH = 496  # AS path lists have numbers only, 1 to 500; the last of them are ours
PROBE_SECONDS = 10


def routes(state: RouterState) -> Iterator[Block]:
    """Routes to the hubs' ends of the tunnels, to the hubs themselves over the right line, and the prefix that is announced."""
    gateways = {line.name: line.gateway for line in state.lines}
    for tunnel in state.tunnels:
        if gateways[tunnel.line] is not None:
            yield _route(IPv4Network(tunnel.endpoint), str(gateways[tunnel.line]), tunnel)
        yield _route(IPv4Network(tunnel.hub_address), name(tunnel), tunnel)
        if state.routing.mode == "static":
            yield from (
                _route(network, name(tunnel), tunnel, distance=tunnel.rank + 1, track=number(tunnel))
                for network in tunnel.reachable
                if network != IPv4Network(tunnel.hub_address)
            )
    if state.routing.mode == "bgp":
        for network in state.routing.networks:  # BGP announces only what the router has a route to
            yield Block(f"ip route {network.network_address} {network.netmask} Null0 name motcua:announced")


def _route(network: IPv4Network, over: str, tunnel: RouterTunnel, distance: int = 1, track: int | None = None) -> Block:
    """A static route with its words in the order that ``canonical`` gives them."""
    far = "" if distance == 1 else f" {distance}"
    followed = "" if track is None else f" track {track}"
    return Block(f"ip route {network.network_address} {network.netmask} {over}{far}{followed} name motcua:{tunnel.name}")


def probes(state: RouterState) -> Iterator[Block]:
    """Static mode: the hub's end of every tunnel is asked, and what follows it is given up when it is silent."""
    if state.routing.mode != "static":
        return
    for tunnel in state.tunnels:
        probe = block(f"icmp-echo {tunnel.hub_address} source-interface {name(tunnel)}", f"frequency {PROBE_SECONDS}")
        yield block(f"ip sla {number(tunnel)}", probe)
        yield Block(f"ip sla schedule {number(tunnel)} life forever start-time now")
        yield Block(f"track {number(tunnel)} ip sla {number(tunnel)} reachability")


def policies(state: RouterState) -> Iterator[Block]:
    """What is believed of a neighbour, and what it is told."""
    if state.routing.mode != "bgp":
        return
    tunnels = {tunnel.name: tunnel for tunnel in state.tunnels}
    for neighbor in state.routing.neighbors:
        tunnel = tunnels[neighbor.tunnel]
        yield Block(f"ip as-path access-list {FIRST_AS_PATH + tunnel.slot} permit ^{neighbor.asn}$")
        for network in tunnel.reachable:
            inside = "" if network.prefixlen == 32 else " le 32"
            yield Block(f"ip prefix-list MOTCUA-{tunnel.name} permit {network}{inside}")
    for network in state.routing.networks:
        yield Block(f"ip prefix-list MOTCUA-OWN permit {network}")
    for neighbor in state.routing.neighbors:
        yield from _preferences(neighbor, tunnels[neighbor.tunnel])
    yield block("route-map MOTCUA-OUT permit 10", "match ip address prefix-list MOTCUA-OWN")


def _preferences(neighbor: Neighbor, tunnel: RouterTunnel) -> Iterator[Block]:
    """What the hub originates itself comes before what it passes on (Routing's docstring)."""
    own = 300 - 10 * neighbor.rank
    listed = f"match ip address prefix-list MOTCUA-{tunnel.name}"
    named = f"route-map MOTCUA-IN-{tunnel.name} permit"
    yield block(f"{named} 10", f"match as-path {FIRST_AS_PATH + tunnel.slot}", listed, f"set local-preference {own}")
    yield block(f"{named} 20", listed, f"set local-preference {own - 100}")


def bgp(state: RouterState) -> Block:
    """The whole process; its number is the site's own."""
    routing = state.routing
    tunnels = {tunnel.name: tunnel for tunnel in state.tunnels}
    sessions, family = [], []
    for neighbor in routing.neighbors:
        at = f"neighbor {neighbor.address}"
        sessions += [
            f"{at} remote-as {neighbor.asn}",
            f"{at} description motcua:{neighbor.tunnel}",
            f"{at} disable-connected-check",  # both ends are single hosts: no network in common
            f"{at} update-source {name(tunnels[neighbor.tunnel])}",
            f"{at} timers {routing.keepalive_seconds} {routing.hold_seconds}",
            *([f"{at} fall-over bfd"] if routing.bfd else []),
        ]
        family += [f"{at} activate", f"{at} route-map MOTCUA-IN-{neighbor.tunnel} in", f"{at} route-map MOTCUA-OUT out"]
    announced = [f"network {network.network_address} mask {network.netmask}" for network in routing.networks]
    return block(
        f"router bgp {routing.asn}",
        f"bgp router-id {routing.router_id}",
        "no bgp default ipv4-unicast",
        *sessions,
        block("address-family ipv4", *announced, *family),
    )
