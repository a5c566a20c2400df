"""What the office has configured itself and what is against our part: said, never touched."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from ipaddress import AddressValueError, IPv4Address, IPv4Network, NetmaskValueError

from ..platform import Contradiction
from ..state import RouterState
from . import access
from .intended import foreign_bgp, taken
from .running import Running

_FORWARD = re.compile(r"ip nat inside source static (?:tcp |udp )?(\d\S+) ")
_OVERLOAD = re.compile(r"ip nat inside source (list|route-map) (\S+) .*overload")
_PORT_WORDS = {"eq", "gt", "lt", "neq", "range"}


def contradictions(running: Running, state: RouterState) -> tuple[Contradiction, ...]:
    """All of them, each at its place in the device's own words."""
    return tuple(_found(running, state))


def _found(running: Running, state: RouterState) -> Iterator[Contradiction]:
    yield from _translations(running, state)
    yield from _routes(running, state)
    for line in running.having("snmp-server community "):
        yield Contradiction(line, "SNMP answers by a community name that everybody can read along; remove it and use SNMPv3")
    yield from _occupied(running, state)


def _translations(running: Running, state: RouterState) -> Iterator[Contradiction]:
    lan = state.translate.inside
    for line in running.having("ip nat inside source "):
        if "MOTCUA" in line:
            continue
        if match := _FORWARD.match(line):
            if IPv4Address(match[1]) in state.firewall.cameras:
                yield Contradiction(line, f"opens the camera {match[1]} to the lines; remove it: pictures go through the tunnel")
        elif line.startswith("ip nat inside source static network ") and IPv4Network((line.split()[6], lan.prefixlen), strict=False) == lan:
            yield Contradiction(line, "translates the whole LAN for itself, so that the hubs see other addresses than planned; remove it")
        elif (match := _OVERLOAD.match(line)) and _catches(running, state, *match.groups()):
            yield Contradiction(
                line, f"also hides what the office sends into the tunnels; let '{match[2]}' deny {lan} to the hubs' networks first"
            )


def _catches(running: Running, state: RouterState, kind: str, name: str) -> bool:
    """Whether an address list translates what goes into a tunnel too."""
    if kind == "route-map":
        entries = [block for block in running.blocks if block.text.startswith(f"route-map {name} permit")]
        inner = [line.text for block in entries for line in block.inside]
        if any(line.startswith("match interface ") for line in inner):
            return False
        return any(_catches(running, state, "list", line.split()[3]) for line in inner if line.startswith("match ip address "))
    lines = _list(running, name)
    return any(_permits(lines, state.translate.inside, network) for network in access.reachable(state))


def _list(running: Running, name: str) -> tuple[str, ...]:
    """An access list's lines, named or numbered."""
    numbered = (line.split(maxsplit=2)[2] for line in running.having(f"access-list {name} "))
    named = (line for kind in ("standard", "extended") for line in running.under(f"ip access-list {kind} {name}"))
    return tuple(re.sub(r"^\d+ ", "", line) for line in (*numbered, *named))


def _permits(lines: Iterable[str], source: IPv4Network, destination: IPv4Network) -> bool:
    """Whether the first line that meets such packets permits them; lines for single protocols and ports aren't counted as denials."""
    for line in lines:
        action, *rest = line.split()
        if action not in ("permit", "deny") or not rest:
            continue
        whole = rest[0] == "ip"
        extended = rest[0].isalpha() and rest[0] not in ("any", "host")
        try:
            sources, rest = _network(rest[1:] if extended else rest)
            destinations = _network(rest)[0] if extended and rest and rest[0] not in _PORT_WORDS else IPv4Network("0.0.0.0/0")
        except (AddressValueError, NetmaskValueError, ValueError, IndexError):
            continue
        if action == "deny" and (whole or not extended) and source.subnet_of(sources) and destination.subnet_of(destinations):
            return False
        if action == "permit" and source.overlaps(sources) and destination.overlaps(destinations):
            return True
    return False


def _network(words: list[str]) -> tuple[IPv4Network, list[str]]:
    """The network at the beginning of the words (``any``, ``host X``, ``X`` or ``X wildcard``) and what follows it."""
    if words[0] == "any":
        return IPv4Network("0.0.0.0/0"), words[1:]
    if words[0] == "host":
        return IPv4Network(words[1]), words[2:]
    if len(words) > 1 and words[1][0].isdigit():
        wildcard = int(IPv4Address(words[1]))
        return IPv4Network((words[0], str(IPv4Address(wildcard ^ 0xFFFFFFFF))), strict=False), words[2:]
    return IPv4Network(words[0]), words[1:]


def _routes(running: Running, state: RouterState) -> Iterator[Contradiction]:
    """A static route wins over what BGP learns."""
    for line in running.having("ip route "):
        words = line.split()
        if "name motcua:" in line or len(words) < 5:
            continue
        try:
            network = IPv4Network((words[2], words[3]), strict=False)
        except ValueError:
            continue  # in a VRF: another table
        if any(network.subnet_of(one) for one in access.reachable(state)):
            yield Contradiction(line, "leads what belongs to the hubs another way than the tunnels; remove it")


def _occupied(running: Running, state: RouterState) -> Iterator[Contradiction]:
    """Places that take one thing only, and have one of the office's own."""
    if state.firewall.cameras and (line := taken(running, state.lan.interface, "ip access-group ", " in")):
        yield Contradiction(
            f"interface {state.lan.interface} {line}", "stands where the cameras' list has to; deny the cameras in it yourself"
        )
    for one in state.shaping:
        if line := taken(running, one.interface, "service-policy output "):
            yield Contradiction(
                f"interface {one.interface} {line}",
                f"stands where video is shaped; give it a class for MOTCUA-VIDEO up to {one.video_kbps} kbit/s",
            )
    if state.routing.mode == "bgp" and (line := foreign_bgp(state, running)):
        yield Contradiction(
            line, "IOS runs one BGP process, and this isn't ours: no routes are exchanged; set the site's routing to static"
        )
