"""Which part of a running configuration is ours: by name, by number or mark, and the device-wide settings that the wish names."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from ...errors import ModelError
from ..state import RouterState
from .grammar import Path
from .lines import Line, Words, node
from .running import Running
from .settings import SWITCHES

_ANY = "*"

# Nodes that are ours as a whole: a pattern a word. Their length is the deepest node that one "delete" takes.
_NODES = (
    ("vpn", "ipsec", "(?:ike|esp)-group", "MOTCUA"), ("vpn", "ipsec", "authentication", "psk", "motcua-.*"),
    ("firewall", "group", "[a-z-]+-group", "MOTCUA.*"), ("firewall", "name", "MOTCUA.*"), ("firewall", "ipv4", "name", "MOTCUA.*"),
    ("firewall", "options", "interface", "(?:wg|vti)64[0-3]"),
    ("policy", "(?:prefix-list|as-path-list|route-map)", "MOTCUA.*"), ("qos", "policy", "shaper", "MOTCUA.*"),
    ("qos", "interface", ".*", "egress", "MOTCUA.*"), ("traffic-policy", "shaper", "MOTCUA.*"),
    ("protocols", "static", "route", ".*", "interface", "(?:wg|vti)64[0-3]"),
    ("protocols", "static", "interface-route", ".*", "next-hop-interface", "(?:wg|vti)64[0-3]"),
    ("service", "snmp", "v3", "(?:group|view)", "MOTCUA"),
)  # fmt: skip
# Nodes that are ours when they say so in their description: the node's length, and the beginning of its path.
_MARKED = (
    ("nat", "(?:source|destination)", "rule", "64\\d\\d"), ("firewall", "ipv4", "(?:forward|input)", "filter", "rule", "64\\d\\d"),
    ("vpn", "ipsec", "site-to-site", "peer", ".*"), ("protocols", "bgp", "neighbor", ".*"), ("protocols", "bgp", "\\d+", "neighbor", ".*"),
    ("interfaces", "wireguard", "wg64[0-3]"), ("interfaces", "vti", "vti64[0-3]"),
)  # fmt: skip
_NUMBERED = ("nat", "firewall", "interfaces")


@dataclass(frozen=True)
class Owned:
    """Our paths with the length of the node that each belongs to."""

    roots: dict[Path, int]


def owned(running: Running, state: RouterState, words: Words, wanted: tuple[Line, ...]) -> Owned:
    """What is ours of what runs.

    :raises ModelError: when something else has one of our numbers.
    """
    marked = frozenset(
        path[:-2] for path in running.paths if len(path) > 2 and path[-2] == "description" and path[-1].startswith("motcua:")
    )
    wishes = {line.path for line in wanted}
    tests = (_node, _mark(marked, state), _bgp(running, marked), _failover(state), _attached(state), _named(state, words))
    roots = {}
    for path in running.paths:
        length = next((found for test in tests if (found := test(path))), 0)
        if length:
            roots[path] = length
        elif path in wishes:
            roots[path] = len(path)
    return Owned(roots)


_Test = Callable[[Path], int]


def _fits(pattern: Path, path: Path) -> bool:
    return len(path) >= len(pattern) and all(re.fullmatch(one, word) for one, word in zip(pattern, path, strict=False))


def _node(path: Path) -> int:
    return next((len(pattern) for pattern in _NODES if _fits(pattern, path)), 0)


def _mark(marked: frozenset[Path], state: RouterState) -> _Test:
    def test(path: Path) -> int:
        for pattern in _MARKED:
            if not _fits(pattern, path):
                continue
            if path[: len(pattern)] in marked:
                return len(pattern)
            if path[0] in _NUMBERED:
                place = " ".join(path[: len(pattern)])
                raise ModelError(
                    f"{state.host}: '{place}' is in use by something that isn't motcua's; give that another number, then run again"
                )
        return 0

    return test


def _bgp(running: Running, marked: frozenset[Path]) -> _Test:
    """The process is ours as a whole when all its neighbors are; the probes of our neighbors are ours."""
    neighbors = {
        path[: path.index("neighbor") + 2] for path in running.under() if path[:2] == ("protocols", "bgp") and "neighbor" in path[2:4]
    }
    whole = bool(neighbors) and neighbors <= marked
    addresses = {one[-1] for one in neighbors & marked}

    def test(path: Path) -> int:
        if path[:2] == ("protocols", "bgp") and whole:
            return 2
        if path[:3] == ("protocols", "bfd", "peer") and path[3:4] and path[3] in addresses:
            return 4
        return 0

    return test


def _failover(state: RouterState) -> _Test:
    """Routes that ask a hub's end of a tunnel."""
    hubs = {str(tunnel.hub_address) for tunnel in state.tunnels}
    root = ("protocols", "failover", "route")
    return lambda path: 6 if path[:3] == root and path[4:5] == ("next-hop",) and path[5:6] and path[5] in hubs else 0


def _attached(state: RouterState) -> _Test:
    """Our sets and shapers at interfaces of the office's own."""
    places = {
        node(name) for name in (state.lan.interface, *(line.interface for line in state.lines), *(one.interface for one in state.shaping))
    }

    def test(path: Path) -> int:
        above = next((path.index(word) + 1 for word in ("firewall", "traffic-policy") if word in path), 0)
        ours = above and path[-1].startswith("MOTCUA") and any(path[: len(place)] == place for place in places)
        return above if ours else 0

    return test


def _named(state: RouterState, words: Words) -> _Test:
    """Settings of the whole device, key by key: only those that the wish names."""
    off = {place for service, places in SWITCHES.items() if state.services.get(service) is False for place in places}
    names = [
        ("system", "host-name"),
        ("system", "time-zone"),
        (*words.ntp, "server", _ANY),
        *(("system", "login", "user", account.name, "authentication", "encrypted-password") for account in state.accounts),
        *(("system", "login", "user", account.name, "authentication", "public-keys", _ANY) for account in state.accounts),
        *(("system", "syslog", "host", str(syslog.address)) for syslog in state.syslog),
        *(
            ([("service", "snmp", leaf) for leaf in ("location", "contact")] + [("service", "snmp", "v3", "user", state.snmp.user)])
            if state.snmp
            else []
        ),
    ]

    def test(path: Path) -> int:
        for place in sorted(off, key=len):
            if path[: len(place)] == place:
                return len(place)
        return next((len(name) for name in names if _is(name, path)), 0)

    return test


def _is(name: tuple[str, ...], path: Path) -> bool:
    return len(path) >= len(name) and all(one in (_ANY, word) for one, word in zip(name, path, strict=False))
