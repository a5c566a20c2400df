"""FortiOS, read and compared: ``show``. motcua changes nothing here; the commands are for a person to apply.

``show`` leaves defaults out, so that only settings are compared that differ from them. Names of interfaces have 15 characters at most:
ours are motcua640 to motcua643. FortiGate has no WireGuard: a tunnel that would be one is said as a lack.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ..errors import Garbled
from .platform import Command, Comparison, Contradiction, Platform, Standing, hide
from .state import RouterState, RouterTunnel, Secret

HIDDEN = "(secret)"
READ = "show"
FIRST = 640

Words = tuple[str, ...]

_TOKEN = re.compile(r'[ \t]*(?:"((?:[^"\\]|\\.)*)"|(\S+)|(\n))', re.DOTALL)
_PLAIN = re.compile(r"[^\s\"\\']+")
_SECRET_KEYS = re.compile(r"(?:.*(?:passw(?:or)?d|secret|psk|-pwd|private-key)|key|passphrase|community)$")


@dataclass(frozen=True)
class Node:
    """A line: ``config …`` and ``edit …`` have lines inside, ``set …`` and ``unset …`` have none."""

    words: Words
    inside: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Wished:
    """A setting of ours: the ``config`` and ``edit`` lines above it, its key and its values; a ``secret`` is never compared."""

    place: tuple[Words, ...]
    key: str
    values: Words
    secret: Secret | None = field(default=None, compare=False)


def parse(text: str) -> tuple[Node, ...]:
    """The whole configuration as a tree.

    :raises Garbled: when it breaks off, or isn't one.
    """
    rows = [words for words in _rows(text) if words and not words[0].startswith("#")]
    stack: list[tuple[Words, list[Node]]] = [((), [])]
    for words in rows:
        if words[0] in ("config", "edit"):
            stack.append((words, []))
        elif words[0] in ("set", "unset"):
            stack[-1][1].append(Node(words))
        elif words[0] == {"edit": "next", "config": "end"}.get(stack[-1][0][0] if stack[-1][0] else ""):
            closed, inside = stack.pop()
            stack[-1][1].append(Node(closed, tuple(inside)))
        else:
            raise Garbled(f"show: {' '.join(words)[:60]!r} is no line of a configuration; run again")
    if len(stack) > 1 or not stack[0][1]:
        raise Garbled("show: the answer breaks off inside a section; run again")
    return tuple(stack[0][1])


def render(nodes: Sequence[Node], depth: int = 0) -> str:
    """The tree as the device prints it."""
    return "".join(
        f"{'    ' * depth}{_spelled(node.words)}\n"
        + (
            f"{render(node.inside, depth + 1)}{'    ' * depth}{'end' if node.words[0] == 'config' else 'next'}\n"
            if node.words[0] in ("config", "edit")
            else ""
        )
        for node in nodes
    )


def _rows(text: str) -> Iterator[Words]:
    """Words line by line; a quoted value may run over several lines."""
    row: list[str] = []
    at = 0
    text = text.replace("\r\n", "\n").rstrip() + "\n"
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise Garbled("show: the answer breaks off inside a value; run again")
        at = found.end()
        if found[3]:
            yield tuple(row)
            row = []
        elif found[2] and found[2].startswith('"'):
            raise Garbled("show: the answer breaks off inside a value; run again")
        else:
            row.append(re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL) if found[1] is not None else found[2])


def _spelled(words: Words) -> str:
    return " ".join(word if _PLAIN.fullmatch(word) else '"' + re.sub(r'(["\\])', r"\\\1", word) + '"' for word in words)


def understand(answers: Mapping[str, str]) -> tuple[Node, ...]:
    """The configuration without secrets; what is encrypted changes with every ``show``."""
    return tuple(map(_hidden, parse(answers[READ])))


def whole(answers: Mapping[str, str], _standing: Standing = hide) -> str:
    """The whole configuration as text, without secrets."""
    return render(understand(answers))


def _hidden(node: Node) -> Node:
    words = node.words
    if words[0] == "set" and len(words) > 2 and (words[2] == "ENC" or _SECRET_KEYS.match(words[1])):
        words = (*words[:2], HIDDEN)
    return Node(words, tuple(map(_hidden, node.inside)))


def compare(running: tuple[Node, ...], state: RouterState) -> Comparison:
    """What a person would have to type, and what is against it."""
    wanted = tuple(_intended(state))
    there = dict(_settings(running, ()))
    new = [one for one in wanted if there.get((one.place, one.key)) != one.values]
    kept = {entry for one in wanted for entry in [one.place[: at + 1] for at in range(len(one.place))]}
    entries = dict.fromkeys(place for place, _ in there if place[-1][0] == "edit" and place[-1][1].startswith(("motcua", "MOTCUA")))
    gone = [place for place in entries if place not in kept]
    had = {(one.place, one.key): there[one.place, one.key] for one in wanted if (one.place, one.key) in there}
    return Comparison(
        commands=tuple(command for one in new for command in _set(one)) + tuple(command for place in gone for command in _delete(place)),
        undo=tuple(command for one in new for command in _back(one, had)),
        before=_text(had),
        after=_text({(one.place, one.key): one.values for one in wanted}),
        contradictions=tuple(_contradictions(running, state)),
        unknown=tuple(f"tunnel {one.name}: FortiOS has no WireGuard" for one in state.tunnels if one.kind == "wireguard"),
    )


def _settings(nodes: Sequence[Node], place: tuple[Words, ...]) -> Iterator[tuple[tuple[tuple[Words, ...], str], Words]]:
    for node in nodes:
        if node.words[0] == "set":
            yield (place, node.words[1]), node.words[2:]
        yield from _settings(node.inside, (*place, node.words))


def _text(settings: Mapping[tuple[tuple[Words, ...], str], Words]) -> str:
    return "".join(
        f"{' / '.join(map(_spelled, place))}: set {_spelled((key, *values))}\n" for (place, key), values in sorted(settings.items())
    )


def _intended(state: RouterState) -> Iterator[Wished]:
    yield from _at("system global", hostname=state.host)
    yield from _at("system ntp", type="custom")
    for at, source in enumerate(state.time_sources, 1):
        yield from _at("system ntp", "ntpserver", str(at), server=source)
    for tunnel in state.tunnels:
        if tunnel.kind == "ipsec":
            yield from _tunnel(state, tunnel)
    network = state.translate
    yield from _at(
        "firewall vip", None, "MOTCUA-NAT", extip=f"{network.outside[0]}-{network.outside[-1]}",
        mappedip=f"{network.inside[0]}-{network.inside[-1]}", extintf="any",
    )  # fmt: skip
    if state.routing.mode == "bgp":
        yield from _bgp(state)
    if state.snmp is not None:
        yield from _snmp(state)
    for syslog in state.syslog[:1]:
        yield from _at("log syslogd setting", status="enable", server=syslog.address)


def _at(config: str, inner: str | None = None, entry: str | None = None, **values: object) -> Iterator[Wished]:
    """Settings at one place: a keyword is a key (``_`` for ``-``); a tuple is several values; a Secret is one that nobody reads again."""
    place: tuple[Words, ...] = (("config", *config.split()),)
    place += (("config", inner),) if inner else ()
    place += (("edit", entry),) if entry else ()
    for name, value in values.items():
        key = name.rstrip("_").replace("_", "-")
        if isinstance(value, Secret):
            yield Wished(place, key, (HIDDEN,), value)
        else:
            yield Wished(place, key, tuple(map(str, value)) if isinstance(value, tuple) else (str(value),))


def _tunnel(state: RouterState, tunnel: RouterTunnel) -> Iterator[Wished]:
    name = f"motcua{FIRST + tunnel.slot}"
    line = next(one for one in state.lines if one.name == tunnel.line)
    yield from _at(
        "vpn ipsec phase1-interface", None, name, interface=line.interface, ike_version=2, net_device="disable",
        proposal="aes256gcm-prfsha256", localid=tunnel.local_id, dpd="on-idle", dhgrp=19,
        remote_gw=tunnel.endpoint, psksecret=tunnel.secret,
    )  # fmt: skip
    yield from _at("vpn ipsec phase2-interface", None, name, phase1name=name, proposal="aes256gcm", dhgrp=19, auto_negotiate="enable")
    yield from _at(
        "system interface", None, name, ip=(tunnel.address, "255.255.255.255"), remote_ip=(tunnel.hub_address, "255.255.255.255"),
        alias=f"motcua:{tunnel.name}"[:25], tcp_mss=tunnel.mss_bytes,
    )  # fmt: skip


def _bgp(state: RouterState) -> Iterator[Wished]:
    routing, tunnels = state.routing, {tunnel.name: tunnel for tunnel in state.tunnels}
    yield from _at("router bgp", as_=routing.asn, router_id=routing.router_id)
    for at, network in enumerate(routing.networks, 1):
        yield from _at("router bgp", "network", str(at), prefix=(network.network_address, network.netmask))
    for neighbor in routing.neighbors:
        tunnel = tunnels[neighbor.tunnel]
        if tunnel.kind == "ipsec":
            name = f"motcua{FIRST + tunnel.slot}"
            yield from _at(
                "router bgp", "neighbor", str(neighbor.address), remote_as=neighbor.asn, description=f"motcua:{neighbor.tunnel}",
                update_source=name, interface=name, ebgp_enforce_multihop="enable", keep_alive_timer=routing.keepalive_seconds,
                holdtime_timer=routing.hold_seconds,
            )  # fmt: skip
            if routing.bfd:
                yield from _at("router bgp", "neighbor", str(neighbor.address), bfd="enable")


def _snmp(state: RouterState) -> Iterator[Wished]:
    snmp = state.snmp
    assert snmp is not None
    yield from _at("system snmp sysinfo", status="enable", location=_ascii(snmp.location), contact_info=_ascii(snmp.contact))
    yield from _at(
        "system snmp user", None, snmp.user, security_level="auth-priv", auth_proto="sha", auth_pwd=snmp.authentication,
        priv_proto="aes", priv_pwd=snmp.privacy,
    )  # fmt: skip


def _contradictions(running: Sequence[Node], state: RouterState) -> Iterator[Contradiction]:
    lines, cameras = {line.interface for line in state.lines}, {str(camera) for camera in state.firewall.cameras}
    for (place, key), values in _settings(running, ()):
        where = " / ".join(map(_spelled, place))
        if place[0] == ("config", "system", "interface") and key == "allowaccess":
            managed = sorted(set(values) & {"http", "https", "ssh", "telnet", "snmp", "fgfm"})
            if place[-1][1] in lines and managed:
                yield Contradiction(where, f"lets {', '.join(managed)} in from the line; remove them from allowaccess")
        forwards = place[0] == ("config", "firewall", "vip") and key == "mappedip" and "MOTCUA" not in place[-1][1]
        if forwards and values and values[0].split("-")[0] in cameras:
            yield Contradiction(where, f"opens the camera {values[0]} to the lines; remove it: pictures go through the tunnel")
        if place[0] == ("config", "system", "snmp", "community"):
            yield Contradiction(where, "SNMP answers by a community name that everybody can read along; remove it and use SNMPv3")


def _set(one: Wished) -> Iterator[Command]:
    opening = [_plain(_spelled(words)) for words in one.place]
    yield from opening
    shown = f"set {one.key} {one.secret}"
    if one.secret is None:
        yield _plain(f"set {_spelled((one.key, *one.values))}")
    else:
        yield Command(shown if one.secret.value is None else f"set {_spelled((one.key, one.secret.value))}", shown)
    yield from _closing(one.place)


def _back(one: Wished, had: Mapping[tuple[tuple[Words, ...], str], Words]) -> Iterator[Command]:
    before = had.get((one.place, one.key))
    yield from (_plain(_spelled(words)) for words in one.place)
    yield _plain(f"unset {one.key}" if before is None or before == (HIDDEN,) else f"set {_spelled((one.key, *before))}")
    yield from _closing(one.place)


def _delete(place: tuple[Words, ...]) -> Iterator[Command]:
    yield from (_plain(_spelled(words)) for words in place[:-1])
    yield _plain(f"delete {_spelled(place[-1][1:])}")
    yield from _closing(place[:-1])


def _closing(place: tuple[Words, ...]) -> Iterator[Command]:
    return (_plain("next" if words[0] == "edit" else "end") for words in reversed(place))


def _plain(text: str) -> Command:
    return Command(text, text)


def _ascii(text: str) -> str:
    """Vietnamese without its marks."""
    return unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()


FORTIOS = Platform(
    name="fortios",
    driver="fortinet",
    channel="shell",
    reads=(READ,),
    understand=understand,
    compare=compare,
    whole=whole,
    refusal=re.compile(r"Command fail\. Return code|Unknown action|command parse error|entry not found in datasource", re.IGNORECASE),
    guard=None,
    version=re.compile(r"^#config-version=[^-\n]+-([0-9.]+)", re.MULTILINE),
)
