"""The neutral state in IOS' own words: only what is ours, in the order in which it is built.

What IOS can't: WireGuard (refused); a sender's address that looks like the LAN's own, so cameras need the router as their gateway (said
as a lack). One-to-one translation of a whole network knows no route map and would take the office's Internet with it: every device that
the plan reaches has its own line instead, and the office's own connections into the tunnels share the router's translated address.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ..state import RouterState
from . import access, routing, settings, shaping, tunnels
from .grammar import Block, block
from .running import Running


def intended(state: RouterState, running: Running) -> tuple[Block, ...]:
    """Every line that is ours, as it should be.

    :raises ModelError: when the wish has WireGuard.
    """
    tunnels.refuse_wireguard(state)
    return tuple(_parts(state, running))


def lacks(state: RouterState) -> tuple[str, ...]:
    """What the wish has and IOS can't."""
    sender = f"translate.source: IOS can't show devices {state.translate.source} as the sender; give every camera the router as its gateway"
    return (sender, *settings.foreign_keys(state))


def _parts(state: RouterState, running: Running) -> Iterator[Block]:
    yield from access.lists(state)
    yield from routing.policies(state)
    yield from tunnels.crypto(state, running)
    yield from shaping.maps(state)
    yield from settings.identity(state, running)
    yield from settings.time(state, running)
    yield block("route-map MOTCUA-NAT permit 10", "match ip address MOTCUA-NAT")
    yield from tunnels.interfaces(state)
    yield from _own_interfaces(state, running)
    yield from _translation(state)
    yield from routing.probes(state)
    yield from routing.routes(state)
    if state.routing.mode == "bgp" and not foreign_bgp(state, running):
        yield routing.bgp(state)
    yield from settings.monitoring(state)
    yield from settings.accounts(state)
    yield from settings.logins(state, running)


def foreign_bgp(state: RouterState, running: Running) -> str | None:
    """The office's own BGP process; IOS has one."""
    return next((line for line in running.having("router bgp ") if line != f"router bgp {state.routing.asn}"), None)


def taken(running: Running, interface: str, prefix: str, suffix: str = "") -> str | None:
    """What the office itself has attached to an interface in a place where only one thing fits."""
    lines = running.under(f"interface {interface}")
    return next((line for line in lines if line.startswith(prefix) and line.endswith(suffix) and "MOTCUA" not in line), None)


def _own_interfaces(state: RouterState, running: Running) -> Iterator[Block]:
    """Our lines on the office's interfaces; a list or policy of the office's own is never replaced."""
    lines: dict[str, list[str]] = {state.lan.interface: ["ip nat inside"]}
    if state.firewall.cameras and taken(running, state.lan.interface, "ip access-group ", " in") is None:
        lines[state.lan.interface].append("ip access-group MOTCUA-LAN in")
    for one in state.shaping:
        if taken(running, one.interface, "service-policy output ") is None:
            lines.setdefault(one.interface, []).append(f"service-policy output MOTCUA-{one.line}")
    yield from (block(f"interface {name}", *texts) for name, texts in lines.items())


def _translation(state: RouterState) -> Iterator[Block]:
    shared = access.outside(state, IPv4Network(state.lan.address.ip)).network_address
    yield Block(f"ip nat pool MOTCUA {shared} {shared} prefix-length {state.translate.outside.prefixlen}")
    yield Block("ip nat inside source route-map MOTCUA-NAT pool MOTCUA overload")
    reached = (
        address for opening in state.firewall.forward if opening.came_in == "tunnel" for network in opening.to for address in network
    )
    for device in dict.fromkeys(reached):
        outside = access.outside(state, IPv4Network(device)).network_address
        yield Block(f"ip nat inside source static {device} {outside} route-map MOTCUA-NAT")
