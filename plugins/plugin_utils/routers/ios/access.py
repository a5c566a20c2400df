"""What may be opened, as access lists. They know no connections: answers are let through by their source port, or as ``established``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Address, IPv4Network

from ..state import Opening, RouterState
from .grammar import Block, block

# IOS prints these ports by name (configuration guide, IP access lists); all others by number.
_NAMES = {
    "tcp": {179: "bgp", 53: "domain", 80: "www", 23: "telnet", 21: "ftp", 25: "smtp"},
    "udp": {123: "ntp", 161: "snmp", 162: "snmptrap", 514: "syslog", 500: "isakmp", 4500: "non500-isakmp", 53: "domain"},
}
BFD_PORTS = (3784, 3785)  # control and echo
_ICMP = ("echo", "echo-reply", "unreachable", "time-exceeded")


def port(protocol: str, number: int) -> str:
    """A port as IOS prints it."""
    return _NAMES[protocol].get(number, str(number))


def place(network: IPv4Network | IPv4Address) -> str:
    """A network as an extended access list has it: ``any``, ``host …`` or with a wildcard mask."""
    network = IPv4Network(network)
    if network.prefixlen == 32:
        return f"host {network.network_address}"
    return "any" if network.prefixlen == 0 else f"{network.network_address} {network.hostmask}"


def standard(network: IPv4Network) -> str:
    """A network as a standard access list prints it."""
    return str(network.network_address) if network.prefixlen == 32 else place(network)


def lists(state: RouterState) -> Iterator[Block]:
    """All access lists of ours; the tunnels' one denies what isn't named."""
    yield block("ip access-list extended MOTCUA-TUNNEL", *dict.fromkeys(_tunnel(state)), "deny ip any any")
    if state.firewall.cameras:
        yield block("ip access-list extended MOTCUA-LAN", *dict.fromkeys(_lan(state)), "permit ip any any")
    yield block(
        "ip access-list extended MOTCUA-NAT", *(f"permit ip {place(state.translate.inside)} {place(net)}" for net in reachable(state))
    )
    yield block("ip access-list extended MOTCUA-VIDEO", *_video(state))
    yield block("ip access-list standard MOTCUA-VTY", *(f"permit {standard(net)}" for net in _managers(state)))
    if state.snmp is not None:
        yield block("ip access-list standard MOTCUA-SNMP", *(f"permit {standard(net)}" for net in state.snmp.sources))


def reachable(state: RouterState) -> tuple[IPv4Network, ...]:
    """What is behind all hubs together, each network once."""
    return tuple(dict.fromkeys(network for tunnel in state.tunnels for network in tunnel.reachable))


def outside(state: RouterState, network: IPv4Network) -> IPv4Network:
    """A part of the LAN as it is called behind the tunnels; the list is asked before addresses are translated."""
    inside, translated = state.translate.inside, state.translate.outside
    if not network.subnet_of(inside):
        return network
    return IPv4Network((int(translated.network_address) + int(network.network_address) - int(inside.network_address), network.prefixlen))


def _managers(state: RouterState) -> Iterable[IPv4Network]:
    """From where somebody may log in: the management networks, and what the plan opens to the router itself for SSH."""
    opened = (net for one in state.firewall.input if one.protocol == "tcp" and 22 in one.ports for net in one.sources)
    return dict.fromkeys([*state.management, *opened])


def _tunnel(state: RouterState) -> Iterator[str]:
    """The controller's own path first."""
    routers = tuple(IPv4Network(tunnel.address) for tunnel in state.tunnels)
    for opening in state.firewall.input:
        if opening.came_in == "tunnel":
            yield from _opened(opening, routers)
    for opening in state.firewall.forward:
        if opening.came_in == "tunnel":
            yield from _opened(opening, tuple(outside(state, network) for network in opening.to))
    for network in state.snmp.sources if state.snmp else ():
        yield from (f"permit udp {place(network)} {place(router)} eq {port('udp', 161)}" for router in routers)
    for tunnel in state.tunnels:
        yield from _neighbour(place(tunnel.hub_address), place(tunnel.address))
        behind = (source for source in state.time_sources if any(source in network for network in tunnel.reachable))
        yield from (f"permit udp {place(source)} eq ntp {place(tunnel.address)}" for source in behind)
    for number in state.firewall.portal_ports:
        yield f"permit tcp {place(state.firewall.portal)} eq {port('tcp', number)} {place(state.translate.outside)} established"
    yield from (f"permit icmp any any {kind}" for kind in _ICMP)


def _opened(opening: Opening, to: Iterable[IPv4Network]) -> Iterator[str]:
    for source in opening.sources:
        for target in to:
            for number in opening.ports:
                yield f"permit {opening.protocol} {place(source)} {place(target)} eq {port(opening.protocol, number)}"


def _neighbour(hub: str, router: str) -> Iterator[str]:
    """BGP from either side, and BFD."""
    yield f"permit tcp {hub} {router} eq bgp"
    yield f"permit tcp {hub} eq bgp {router}"
    yield f"permit udp {hub} {router} eq {' '.join(map(str, BFD_PORTS))}"


def _lan(state: RouterState) -> Iterator[str]:
    """Cameras answer, and take the time from the router; nothing else leaves the LAN from them.

    A list without connections can't tell an answer in UDP from a new packet: video comes over TCP.
    """
    router = place(state.lan.address.ip)
    asked = [one for one in state.firewall.input if one.came_in == "lan"]
    for camera in state.firewall.cameras:
        yield f"permit tcp {place(camera)} any established"
        for opening in asked:
            if any(camera in source for source in opening.sources):
                yield from (f"permit {opening.protocol} {place(camera)} {router} eq {port(opening.protocol, one)}" for one in opening.ports)
        yield f"deny ip {place(camera)} any"


def _video(state: RouterState) -> Iterator[str]:
    """The tunnels themselves, as they leave over a line."""
    for tunnel in state.tunnels:
        yield f"permit esp any {place(tunnel.endpoint)}"
        yield from (f"permit udp any {place(tunnel.endpoint)} eq {port('udp', one)}" for one in (500, 4500))
