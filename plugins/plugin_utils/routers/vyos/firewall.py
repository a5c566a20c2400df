"""What may be opened: rule sets of ours, which hang at the tunnels, and single rules against cameras and foreign logins.

1.4 jumps to them from the kernel's chains by rules of our own numbers; 1.3 hangs a whole set at an interface, where one of the office's
own stays.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ..state import Opening, RouterState
from .lines import FIRST_RULE, Line, Words, host, interface, node, under

BFD_PORTS = "3784,3785"  # control and echo
SSH = "22"


def firewall(state: RouterState, words: Words, occupied: frozenset[tuple[str, str]]) -> Iterator[Line]:
    """All of it. ``occupied`` are (interface, in or local) of 1.3 that have a set of the office's own."""
    if state.firewall.cameras:
        for camera in state.firewall.cameras:
            yield Line(("firewall", "group", "address-group", "MOTCUA-CAMERAS", "address", str(camera)))
    yield from _set("MOTCUA-FORWARD", "drop", tuple(_forward(state)), words)
    yield from _set("MOTCUA-INPUT", "drop", tuple(_input(state)), words)
    yield from _chains(state, words) if words.modern else _hung(state, words, occupied)


_Rule = dict[str, object]


def _state(words: Words, *states: str) -> _Rule:
    """A rule's states: values in 1.4, nodes that are enabled in 1.3."""
    return {"state": states} if words.modern else {f"state__{state}": "enable" for state in states}


def _set(name: str, default: str, rules: tuple[_Rule, ...], words: Words) -> Iterator[Line]:
    root = ("firewall", *(("ipv4",) if words.modern else ()), "name", name)
    yield from under(*root, default_action=default)
    first: _Rule = {"action": "accept", **_state(words, "established", "related")}
    for at, rule in enumerate((first, *rules), 1):
        yield from under(*root, "rule", str(10 * at), **rule)


def _opened(opening: Opening, to_router: bool) -> Iterator[_Rule]:
    ports = ",".join(map(str, opening.ports))
    for source in opening.sources:
        for target in (None,) if to_router else opening.to:
            yield {
                "action": "accept",
                "description": f"motcua:{opening.comment}",
                "protocol": opening.protocol,
                "source__address": host(source),
                "destination__address": None if target is None else host(target),
                "destination__port": ports,
            }


def _forward(state: RouterState) -> Iterator[_Rule]:
    """Addresses are translated before they are looked at: devices have those of the LAN."""
    for opening in state.firewall.forward:
        if opening.came_in == "tunnel":
            yield from _opened(opening, to_router=False)


def _input(state: RouterState) -> Iterator[_Rule]:
    """To the router itself; the controller first."""
    for opening in state.firewall.input:
        if opening.came_in == "tunnel":
            yield from _opened(opening, to_router=True)
    for network in state.snmp.sources if state.snmp else ():
        yield {"action": "accept", "protocol": "udp", "source__address": host(network), "destination__port": "161"}
    for tunnel in state.tunnels:
        hub = host(IPv4Network(tunnel.hub_address))
        if state.routing.mode == "bgp":
            yield {"action": "accept", "protocol": "tcp", "source__address": hub, "destination__port": "179"}
            yield {"action": "accept", "protocol": "udp", "source__address": hub, "destination__port": BFD_PORTS}
    yield {"action": "accept", "protocol": "icmp", "icmp__type_name": "echo-request"}


def _from_lan(state: RouterState) -> Iterator[_Rule]:
    for opening in state.firewall.input:
        if opening.came_in == "lan":
            yield from _opened(opening, to_router=True)


def _silent(words: Words) -> _Rule:
    """A camera opens nothing."""
    return {
        "action": "drop", "description": "motcua:cameras", "source__group__address_group": "MOTCUA-CAMERAS", **_state(words, "new"),
    }  # fmt: skip


def _closed(words: Words) -> _Rule:
    """Nobody else logs in."""
    return {"action": "drop", "description": "motcua:ssh", "protocol": "tcp", "destination__port": SSH, **_state(words, "new")}


def _chains(state: RouterState, words: Words) -> Iterator[Line]:
    for tunnel in state.tunnels:
        yield Line(("firewall", "group", "interface-group", "MOTCUA-TUNNELS", "interface", interface(tunnel)))
    at_tunnels: _Rule = {"action": "jump", "description": "motcua:tunnels", "inbound_interface__group": "MOTCUA-TUNNELS"}
    answers: _Rule = {
        "action": "accept", "description": "motcua:answers", "outbound_interface__group": "MOTCUA-TUNNELS",
        **_state(words, "established", "related"),
    }  # fmt: skip
    portal: _Rule = {
        "action": "accept", "description": "motcua:portal", "outbound_interface__group": "MOTCUA-TUNNELS", "protocol": "tcp",
        "destination__address": state.firewall.portal, "destination__port": ",".join(map(str, state.firewall.portal_ports)),
    }  # fmt: skip
    silent = [_silent(words)] if state.firewall.cameras else []
    lan = [{**rule, "inbound_interface__name": state.lan.interface} for rule in _from_lan(state)]
    yield from _chain("forward", [{**at_tunnels, "jump_target": "MOTCUA-FORWARD"}, answers, *silent, portal])
    yield from _chain("input", [{**at_tunnels, "jump_target": "MOTCUA-INPUT"}, *lan, *silent, _closed(words)])


def _chain(name: str, rules: list[_Rule]) -> Iterator[Line]:
    for at, rule in enumerate(rules):
        yield from under("firewall", "ipv4", name, "filter", "rule", str(FIRST_RULE + 10 * at), **rule)


def _hung(state: RouterState, words: Words, occupied: frozenset[tuple[str, str]]) -> Iterator[Line]:
    silent = (_silent(words),) if state.firewall.cameras else ()
    yield from _set("MOTCUA-LAN", "accept", silent, words)
    yield from _set("MOTCUA-LAN-LOCAL", "accept", (*_from_lan(state), *silent, _closed(words)), words)
    yield from _set("MOTCUA-LINE", "accept", (_closed(words),), words)
    places = [(node(interface(tunnel)), "in", "MOTCUA-FORWARD") for tunnel in state.tunnels]
    places += [(node(interface(tunnel)), "local", "MOTCUA-INPUT") for tunnel in state.tunnels]
    for name, direction, hung in _office_places(state):
        if (name, direction) not in occupied:
            places.append((node(name), direction, hung))
    for at, direction, name in places:
        yield Line((*at, "firewall", direction, "name", name))


def _office_places(state: RouterState) -> Iterator[tuple[str, str, str]]:
    """(interface, direction, our set) at the office's own interfaces in 1.3."""
    yield state.lan.interface, "in", "MOTCUA-LAN"
    yield state.lan.interface, "local", "MOTCUA-LAN-LOCAL"
    yield from ((line.interface, "local", "MOTCUA-LINE") for line in state.lines)


def occupied(state: RouterState, running: frozenset[tuple[str, ...]]) -> frozenset[tuple[str, str]]:
    """Where 1.3 has a set of the office's own already."""
    return frozenset(
        (name, direction)
        for name, direction, _ in _office_places(state)
        for path in running
        if path[:-1] == (*node(name), "firewall", direction, "name") and not path[-1].startswith("MOTCUA")
    )
