"""What may be opened, as sections of UCI's ``firewall`` (fw4). What UCI has no words for stands in scripts.py's fragment."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ..state import Opening, RouterState, RouterTunnel
from .network import own_name, zone_networks
from .places import Places
from .uci import Section, Values

ZONE = "motcua"
BGP_PORT, SSH_PORT = 179, 22


def firewall_sections(state: RouterState, tunnels: tuple[RouterTunnel, ...], places: Places) -> dict[str, Section]:
    """All sections of ours in ``firewall`` by their name."""
    found: dict[str, Section] = {}
    for section in (_zone(tunnels), *_rules(state, tunnels, places)):
        name = str(section.name)
        while name in found:  # two openings of one comment
            name += "_"
        found[name] = Section(section.type, name, section.options)
    return found


def _zone(tunnels: tuple[RouterTunnel, ...]) -> Section:
    policies = {"input": "DROP", "output": "ACCEPT", "forward": "DROP"}
    return Section("zone", own_name("zone"), {"name": ZONE, "network": zone_networks(tunnels), **policies})


def _rules(state: RouterState, tunnels: tuple[RouterTunnel, ...], places: Places) -> Iterator[Section]:
    lan = places.lan.zone or "lan"
    hubs = tuple(f"{tunnel.hub_address}/32" for tunnel in tunnels)
    yield _rule("ping", {"src": ZONE, "proto": "icmp", "icmp_type": ("echo-request",)})
    if state.routing.mode == "bgp" and hubs:
        yield _rule("bgp", {"src": ZONE, "src_ip": hubs, "proto": "tcp", "dest_port": str(BGP_PORT)})
    # An opening from nobody has no rule: without addresses it would be one from everybody.
    for opening in (one for one in state.firewall.input if one.sources):
        yield _opening("in", opening, {"src": ZONE if opening.came_in == "tunnel" else lan})
    for opening in (one for one in state.firewall.forward if one.sources):
        way = {"src": ZONE, "dest": lan} if opening.came_in == "tunnel" else {"src": lan, "dest": ZONE}
        yield _opening("through", opening, way)
    if state.firewall.portal_ports:
        portal: dict[str, Values] = {"src": lan, "dest": ZONE, "src_ip": (str(state.lan.address.network),)}
        portal |= {"dest_ip": (f"{state.firewall.portal}/32",), "proto": "tcp"}
        yield _rule("portal", {**portal, "dest_port": " ".join(map(str, state.firewall.portal_ports))})
    yield _desks(state, lan)


def _desks(state: RouterState, lan: str) -> Section:
    """Management comes by the tunnel alone; from the LAN only from where the plan opens it, for the day on which no tunnel stands."""
    management = [one for one in state.firewall.input if one.came_in == "tunnel" and one.protocol == "tcp"]
    ports = sorted({SSH_PORT, *(port for one in management for port in one.ports)})
    desks = [f"!{source}" for one in state.firewall.input if one.came_in == "lan" and set(one.ports) & set(ports) for source in one.sources]
    options: dict[str, Values] = {"src": lan, **({"src_ip": tuple(desks)} if desks else {})}
    return _rule("ssh", {**options, "proto": "tcp", "dest_port": " ".join(map(str, ports))}, target="REJECT")


def _opening(prefix: str, opening: Opening, way: Mapping[str, Values]) -> Section:
    options: dict[str, Values] = {**way, "src_ip": tuple(map(str, opening.sources)), "proto": opening.protocol}
    if opening.to:
        options["dest_ip"] = tuple(map(str, opening.to))
    options["dest_port"] = " ".join(map(str, opening.ports))
    return _rule(f"{prefix} {opening.came_in} {opening.comment}", options)


def _rule(name: str, options: Mapping[str, Values], target: str = "ACCEPT") -> Section:
    return Section("rule", own_name(name), {"name": f"motcua: {name}", "family": "ipv4", **options, "target": target})
