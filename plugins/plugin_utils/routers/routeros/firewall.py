"""What comes through: own chains that stand before the office's rules and give back what isn't theirs.

Everything that a tunnel carries is decided in our chains, so that the office's FastTrack never sees it and every packet passes its queue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from ..state import Opening, RouterState
from .tunnels import LIST
from .wanted import Value, Wanted, entry, slug

FILTER, NAT = "ip firewall filter", "ip firewall nat"
HUBS, ENDS, ENDPOINTS, CAMERAS = "motcua-hubs", "motcua-hub-ends", "motcua-endpoints", "motcua-cameras"
BGP_PORT = "179"
BFD_PORTS = "3784-3785,4784"  # one hop, its echo, and several hops (RFC 5881, 5883)
DHCP_SERVER_PORT = "67"
KNOWN = "established,related"


def addresses(state: RouterState) -> Iterator[Wanted]:
    """The address lists that rules name: a rule stays as it is when a camera comes."""
    tunnels = state.tunnels
    ends = {IPv4Network(tunnel.hub_address) for tunnel in tunnels}
    yield from _list(HUBS, {network for tunnel in tunnels for network in tunnel.reachable} | ends)
    yield from _list(ENDS, ends)
    yield from _list(ENDPOINTS, {tunnel.endpoint for tunnel in tunnels})
    yield from _list(CAMERAS, state.firewall.cameras)
    for name, opening in _named((*state.firewall.input, *state.firewall.forward)):
        for side, networks in (("from", opening.sources), ("to", opening.to)):
            if len(networks) > 1:
                yield from _list(f"motcua-{name}-{side}", networks)


def _list(name: str, members: Iterable[IPv4Address | IPv4Network]) -> Iterator[Wanted]:
    for member in sorted(map(IPv4Network, members)):
        yield entry("ip firewall address-list", f"{name.removeprefix('motcua-')}-{member}", list=name, address=str(member))


def _named(openings: Iterable[Opening]) -> Iterator[tuple[str, Opening]]:
    """Each opening with a name of its own, made of its comment, so that it stays itself when its addresses change."""
    taken: dict[str, int] = {}
    for opening in openings:
        name = f"{slug(opening.comment)}-{opening.protocol}"
        taken[name] = taken.get(name, 0) + 1
        yield name if taken[name] == 1 else f"{name}-{taken[name]}", opening


def rules(state: RouterState, major: int) -> Iterator[Wanted]:
    """The filter: chains before the rules that lead there, and in each chain what is let through before what ends it."""
    inward = tuple(_named((*state.firewall.input, *state.firewall.forward)))
    ipsec = any(tunnel.kind == "ipsec" for tunnel in state.tunnels)
    yield from _input_by_tunnel(state, inward, major)
    yield from _input(inward, state.lan.interface, ipsec=ipsec)
    yield from _forward_by_tunnel(inward)
    yield from _forward(state, inward, ipsec=ipsec)
    yield _rule("input", "input", action="jump", jump_target="motcua-input")
    yield _rule("forward", "forward", action="jump", jump_target="motcua-forward")


def _rule(chain: str, name: str, **wished: Value) -> Wanted:
    return entry(FILTER, name, chain=chain, **wished)


def _input_by_tunnel(state: RouterState, openings: Iterable[tuple[str, Opening]], major: int) -> Iterator[Wanted]:
    chain = "motcua-input-tunnel"
    yield _rule(chain, "in-tunnel-known", action="accept", connection_state=KNOWN)
    yield _rule(chain, "in-tunnel-ping", action="accept", protocol="icmp", src_address_list=ENDS)
    if state.routing.mode == "bgp":
        yield _rule(chain, "in-tunnel-bgp", action="accept", protocol="tcp", dst_port=BGP_PORT, src_address_list=ENDS)
        if state.routing.bfd and major >= 7:
            yield _rule(chain, "in-tunnel-bfd", action="accept", protocol="udp", dst_port=BFD_PORTS, src_address_list=ENDS)
    yield from (_opening(chain, name, one) for name, one in openings if one.came_in == "tunnel" and not one.to)
    yield _rule(chain, "in-tunnel-end", action="drop")


def _jumps(name: str, target: str, *, ipsec: bool) -> Iterator[Wanted]:
    """WireGuard's packets come in by their interface, those of IPsec by the line that brought them."""
    chain = target.removesuffix("-tunnel")
    yield _rule(chain, f"{name}-by-interface", action="jump", jump_target=target, in_interface_list=LIST)
    if ipsec:
        yield _rule(chain, f"{name}-by-policy", action="jump", jump_target=target, ipsec_policy="in,ipsec", src_address_list=HUBS)


def _input(openings: Iterable[tuple[str, Opening]], lan: str, *, ipsec: bool) -> Iterator[Wanted]:
    chain = "motcua-input"
    yield _rule(chain, "in-endpoints", action="accept", connection_state=KNOWN, src_address_list=ENDPOINTS)
    yield from _jumps("in", "motcua-input-tunnel", ipsec=ipsec)
    yield from (_opening(chain, name, one, in_interface=lan) for name, one in openings if one.came_in == "lan" and not one.to)
    # A camera needs its lease renewed, and nothing else of the router.
    yield _rule(chain, "in-cameras-tcp", action="drop", protocol="tcp", src_address_list=CAMERAS, connection_state="new")
    yield _rule(
        chain,
        "in-cameras-udp",
        action="drop",
        protocol="udp",
        dst_port=f"!{DHCP_SERVER_PORT}",
        src_address_list=CAMERAS,
        connection_state="new",
    )


def _forward_by_tunnel(openings: Iterable[tuple[str, Opening]]) -> Iterator[Wanted]:
    chain = "motcua-forward-tunnel"
    yield _rule(chain, "through-tunnel-known", action="accept", connection_state=KNOWN)
    yield from (_opening(chain, name, one) for name, one in openings if one.came_in == "tunnel" and one.to)
    yield _rule(chain, "through-tunnel-end", action="drop")


def _forward(state: RouterState, openings: Iterable[tuple[str, Opening]], *, ipsec: bool) -> Iterator[Wanted]:
    chain, lan, firewall = "motcua-forward", state.lan.interface, state.firewall
    yield from _jumps("through", "motcua-forward-tunnel", ipsec=ipsec)
    yield _rule(chain, "out-known", action="accept", connection_state=KNOWN, out_interface_list=LIST)
    yield _rule(chain, "out-cameras", action="drop", connection_state="invalid,new", src_address_list=CAMERAS)
    yield from (_opening(chain, name, one, in_interface=lan) for name, one in openings if one.came_in == "lan" and one.to)
    yield _rule(
        chain,
        "out-portal",
        action="accept",
        protocol="tcp",
        dst_address=str(firewall.portal),
        dst_port=",".join(map(str, firewall.portal_ports)),
        in_interface=lan,
        out_interface_list=LIST,
    )
    yield _rule(chain, "out-end", action="drop", out_interface_list=LIST)


def _opening(chain: str, name: str, opening: Opening, **wished: Value) -> Wanted:
    ports = ",".join(map(str, opening.ports))
    sides: dict[str, Value] = {}
    for side, key, networks in (("from", "src_address", opening.sources), ("to", "dst_address", opening.to)):
        if len(networks) == 1:
            sides[key] = str(networks[0])
        elif networks:
            sides[f"{key}_list"] = f"motcua-{name}-{side}"
    return _rule(chain, name, action="accept", protocol=opening.protocol, dst_port=ports, **sides, **wished)


def translations(state: RouterState) -> Iterator[Wanted]:
    """The LAN's prefix one to one, both ways, before any masquerade; devices see the router itself as the sender."""
    translate, lan = state.translate, state.lan.interface
    inside, outside = str(translate.inside), str(translate.outside)
    nets: dict[str, Value] = {"chain": "dstnat", "action": "netmap", "dst_address": outside, "to_addresses": inside}
    yield entry(NAT, "inward-by-interface", **nets, in_interface_list=LIST)
    if any(tunnel.kind == "ipsec" for tunnel in state.tunnels):
        yield entry(NAT, "inward-by-policy", **nets, ipsec_policy="in,ipsec", src_address_list=HUBS)
    yield entry(
        NAT,
        "sender",
        chain="srcnat",
        action="src-nat",
        src_address_list=HUBS,
        dst_address=inside,
        out_interface=lan,
        to_addresses=str(translate.source),
    )
    yield entry(NAT, "outward", chain="srcnat", action="netmap", src_address=inside, out_interface_list=LIST, to_addresses=outside)
    yield entry(NAT, "encrypted", chain="srcnat", action="accept", dst_address_list=HUBS, out_interface_list=LIST)
