"""Junos, read and compared: ``show configuration | display set``. motcua changes nothing here; the commands are for a person to apply.

An SRX has no WireGuard: a tunnel that would be one is said as a lack. The lines go into ``configure`` and end with ``commit confirmed 5``.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..errors import Garbled
from .platform import Command, Comparison, Contradiction, Platform, Standing, hide
from .state import Neighbor, RouterState, RouterTunnel, Secret

HIDDEN = "(secret)"
READ = "show configuration | display set"
FIRST_UNIT = 640  # units of st0 that are ours: 640 to 643

Line = tuple[str, ...]

_PLAIN = re.compile(r"[^\s\"\\;{}\[\]<>#|&()*?$!']+")
_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
_SECRET_LEAVES = frozenset(
    {
        "encrypted-password",
        "ascii-text",
        "hexadecimal",
        "secret",
        "authentication-key",
        "plain-text-password-value",
        "privacy-key",
        "simple-password",
    }
)
_OURS = re.compile(r"(?:motcua|MOTCUA)\b|st0\.64[0-3]$")
# What a service that the wish names is called here.
_SWITCHES: dict[str, Line] = {
    "telnet": ("system", "services", "telnet"),
    "ftp": ("system", "services", "ftp"),
    "http": ("system", "services", "web-management", "http"),
    "https": ("system", "services", "web-management", "https"),
    "api": ("system", "services", "netconf"),
    "discovery": ("protocols", "lldp"),
}


@dataclass(frozen=True)
class Wished:
    """A line of ours; ``secret`` stands where it ends in ``(secret)``."""

    line: Line
    secret: Secret | None = field(default=None, compare=False)


def parse(text: str, standing: Standing = hide) -> tuple[Line, ...]:
    """Every ``set`` and ``deactivate`` line as its words, without secrets.

    :raises Garbled: when a line is none.
    """
    found = []
    for row in filter(str.strip, text.splitlines()):
        words = tuple(
            re.sub(r"\\(.)", r"\1", quoted) if plain == "" else plain for quoted, plain in _WORD.findall(row.partition(" ## ")[0])
        )
        if words[0] not in ("set", "deactivate", "protect", "delete"):
            raise Garbled(f"{READ}: {row.strip()[:60]!r} is no line of a configuration; run again")
        found.append(_hidden(words, standing))
    if not found:
        raise Garbled(f"{READ}: the answer is empty; look whether the account may see the configuration")
    return tuple(found)


def _words(row: str) -> Iterator[str]:
    """The words of a line; "## SECRET-DATA" behind them is a remark."""
    for found in _WORD.finditer(row):
        quoted, plain = found.groups()
        if plain is not None and plain.startswith("##"):
            return
        yield plain if quoted is None else re.sub(r"\\(.)", r"\1", quoted)


def render(lines: tuple[Line, ...]) -> str:
    """The lines as the device prints them."""
    return "".join(f"{_spelled(line)}\n" for line in lines)


def _spelled(line: Line) -> str:
    return " ".join(word if _PLAIN.fullmatch(word) else '"' + re.sub(r'(["\\])', r"\\\1", word) + '"' for word in line)


def _hidden(line: Line, standing: Standing) -> Line:
    return (*line[:-1], standing(line[-1])) if len(line) > 2 and line[-2] in _SECRET_LEAVES else line


def understand(answers: Mapping[str, str]) -> tuple[Line, ...]:
    """The configuration without its secrets."""
    return parse(answers[READ])


def whole(answers: Mapping[str, str], standing: Standing = hide) -> str:
    """The whole configuration as text, without secrets."""
    return render(parse(answers[READ], standing))


def compare(running: tuple[Line, ...], state: RouterState) -> Comparison:
    """What a person would have to type, and what is against it."""
    wanted = tuple({one.line: one for one in _intended(state)}.values())
    kept = {one.line for one in wanted}
    there = dict.fromkeys(line for line in running if line[0] == "set" and (line in kept or _is_ours(line, state)))
    gone, new = [line for line in there if line not in kept], [one for one in wanted if one.line not in there]
    return Comparison(
        commands=(*(_delete(line) for line in gone), *map(_command, new)),
        undo=(
            *(_delete(one.line) for one in new),
            *(_plain(_spelled(line)) for line in gone if line[-1] != HIDDEN),
        ),
        before=render(tuple(sorted(there))),
        after=render(tuple(sorted(kept))),
        contradictions=tuple(_contradictions(running, state)),
        unknown=tuple(
            f"tunnel {one.name}: Junos has no WireGuard; set tunnel: ipsec for its line" for one in state.tunnels if one.kind == "wireguard"
        ),
    )


def _is_ours(line: Line, state: RouterState) -> bool:
    if any(line[1 : 1 + len(place)] == place for service, place in _SWITCHES.items() if state.services.get(service) is False):
        return True
    if line[1:3] in _SCALARS or line[1:4] == ("system", "ntp", "server"):
        return True
    if line[1:3] == ("system", "login"):
        return False  # accounts are made by a person: a password can't be typed in one line
    return any(map(_OURS.match, line[1:])) or (line[1:4] == ("interfaces", "st0", "unit") and _UNIT.fullmatch(line[4]) is not None)


_UNIT = re.compile("64[0-3]")
_SCALARS = (("system", "host-name"), ("system", "time-zone"), ("snmp", "location"), ("snmp", "contact"))


def _intended(state: RouterState) -> Iterator[Wished]:
    yield from _lines(f"system host-name {state.host}", f"system time-zone {state.zone}")
    yield from _lines(*(f"system ntp server {source}" for source in state.time_sources))
    yield from _lines(*(f"system syslog host {syslog.address} any info" for syslog in state.syslog))
    if state.services.get("ssh"):
        yield from _lines("system services ssh protocol-version v2")
    yield from _snmp(state)
    for tunnel in state.tunnels:
        if tunnel.kind == "ipsec":
            yield from _tunnel(state, tunnel)
    static = "security nat static rule-set MOTCUA"
    yield from _lines(
        f"{static} from zone MOTCUA",
        f"{static} rule MOTCUA match destination-address {state.translate.outside}",
        f"{static} rule MOTCUA then static-nat prefix {state.translate.inside}",
    )
    inbound = "security zones security-zone MOTCUA host-inbound-traffic"
    yield from _lines(f"{inbound} system-services ssh", *([f"{inbound} system-services snmp"] if state.snmp else []))
    yield from _lines(*(f"policy-options prefix-list MOTCUA-MANAGEMENT {network}" for network in state.management))
    if state.routing.mode == "bgp":
        yield from _lines(f"{inbound} protocols bgp", f"{inbound} protocols bfd")
        yield from _bgp(state)


def _lines(*texts: str) -> Iterator[Wished]:
    """Lines whose words have no blanks in them."""
    return (Wished(("set", *text.split())) for text in texts)


def _snmp(state: RouterState) -> Iterator[Wished]:
    snmp = state.snmp
    if snmp is None:
        return
    yield from (Wished(("set", "snmp", leaf, _ascii(text))) for leaf, text in (("location", snmp.location), ("contact", snmp.contact)))
    user = ("set", "snmp", "v3", "usm", "local-engine", "user", snmp.user)
    # The device keeps the keys that it derives from these passwords.
    yield Wished((*user, "authentication-sha", "authentication-key", HIDDEN), snmp.authentication)
    yield Wished((*user, "privacy-aes128", "privacy-key", HIDDEN), snmp.privacy)
    yield from _lines(
        f"snmp v3 vacm security-to-group security-model usm security-name {snmp.user} group MOTCUA",
        "snmp v3 vacm access group MOTCUA default-context-prefix security-model usm security-level privacy read-view MOTCUA",
        "snmp view MOTCUA oid .1 include",
    )


_PROPOSALS = (
    "security ike proposal MOTCUA authentication-method pre-shared-keys",
    "security ike proposal MOTCUA dh-group group19",
    "security ike proposal MOTCUA encryption-algorithm aes-256-gcm",
    "security ipsec proposal MOTCUA protocol esp",
    "security ipsec proposal MOTCUA encryption-algorithm aes-256-gcm",
    "security ipsec policy MOTCUA perfect-forward-secrecy keys group19",
    "security ipsec policy MOTCUA proposals MOTCUA",
)


def _tunnel(state: RouterState, tunnel: RouterTunnel) -> Iterator[Wished]:
    line = next(one for one in state.lines if one.name == tunnel.line)
    name, unit = f"MOTCUA-{tunnel.name}", FIRST_UNIT + tunnel.slot
    gateway, vpn = f"security ike gateway {name}", f"security ipsec vpn {name}"
    yield from _lines(
        *_PROPOSALS,
        f"security ike policy {name} proposals MOTCUA",
        f"{gateway} ike-policy {name}",
        f"{gateway} address {tunnel.endpoint}",
        f"{gateway} dead-peer-detection always-send",
        f"{gateway} local-identity hostname {tunnel.local_id}",
        f"{gateway} remote-identity hostname {tunnel.remote_id}",
        f"{gateway} external-interface {line.interface}",
        f"{gateway} version v2-only",
        f"{vpn} bind-interface st0.{unit}",
        f"{vpn} ike gateway {name}",
        f"{vpn} ike ipsec-policy MOTCUA",
        f"{vpn} establish-tunnels immediately",
        f"interfaces st0 unit {unit} description motcua:{tunnel.name}",
        f"interfaces st0 unit {unit} family inet mtu {tunnel.mtu}",
        f"interfaces st0 unit {unit} family inet address {tunnel.address}/32",
        f"security zones security-zone MOTCUA interfaces st0.{unit}",
        f"routing-options static route {tunnel.hub_address}/32 next-hop st0.{unit}",
    )
    yield Wished(("set", "security", "ike", "policy", name, "pre-shared-key", "ascii-text", HIDDEN), tunnel.secret)


def _bgp(state: RouterState) -> Iterator[Wished]:
    routing, group, out = state.routing, "protocols bgp group MOTCUA", "policy-options policy-statement MOTCUA-OUT term"
    for network in routing.networks:
        yield from _lines(f"policy-options prefix-list MOTCUA-OWN {network}", f"routing-options static route {network} discard")
    yield from _lines(f"{out} own from prefix-list MOTCUA-OWN", f"{out} own then accept", f"{out} rest then reject")
    words = ("type external", "multihop", f"local-as {routing.asn}", "export MOTCUA-OUT", f"hold-time {routing.hold_seconds}")
    yield from _lines(*(f"{group} {one}" for one in words))
    if routing.bfd:
        bfd = (f"minimum-interval {routing.bfd_interval_ms}", f"multiplier {routing.bfd_multiplier}")
        yield from _lines(*(f"{group} bfd-liveness-detection {one}" for one in bfd))
    tunnels = {tunnel.name: tunnel for tunnel in state.tunnels if tunnel.kind == "ipsec"}
    for neighbor in routing.neighbors:
        if neighbor.tunnel in tunnels:
            yield from _neighbor(neighbor, tunnels[neighbor.tunnel], f"{group} neighbor {neighbor.address}")


def _neighbor(neighbor: Neighbor, tunnel: RouterTunnel, at: str) -> Iterator[Wished]:
    """What the hub originates itself comes before what it passes on (Routing's docstring)."""
    name = f"MOTCUA-IN-{tunnel.name}"
    statement = f"policy-options policy-statement {name} term"
    yield from _lines(f"policy-options as-path {name} {neighbor.asn}", f"{statement} own from as-path {name}")
    for term, preference in (("own", 300 - 10 * neighbor.rank), ("passed", 200 - 10 * neighbor.rank)):
        yield from _lines(*(f"{statement} {term} from route-filter {network} orlonger" for network in tunnel.reachable))
        yield from _lines(f"{statement} {term} then local-preference {preference}", f"{statement} {term} then accept")
    yield from _lines(
        f"{statement} rest then reject",
        f"{at} description motcua:{tunnel.name}",
        f"{at} peer-as {neighbor.asn}",
        f"{at} local-address {tunnel.address}",
        f"{at} import {name}",
    )


def _contradictions(running: tuple[Line, ...], state: RouterState) -> Iterator[Contradiction]:
    for line in running:
        if line[1:3] == ("snmp", "community"):
            yield Contradiction(
                "snmp community", "SNMP answers by a community name that everybody can read along; remove it and use SNMPv3"
            )
            break
    cameras = {f"{camera}/32" for camera in state.firewall.cameras} | {str(camera) for camera in state.firewall.cameras}
    for line in running:
        if line[1:5] == ("security", "nat", "destination", "pool") and line[-1] in cameras:
            yield Contradiction(" ".join(line[1:6]), f"opens the camera {line[-1]} to the lines; remove it: pictures go through the tunnel")


def _command(one: Wished) -> Command:
    text = _spelled(one.line)
    if one.secret is None:
        return _plain(text)
    # SNMP keys are derived from passwords, which are typed under another word.
    typed = (*one.line[:-2], one.line[-2].replace("-key", "-password") if "snmp" in one.line else one.line[-2])
    shown = f"{_spelled(typed)} {one.secret}"
    return Command(shown if one.secret.value is None else _spelled((*typed, one.secret.value)), shown)


def _delete(line: Line) -> Command:
    """A secret goes without its value."""
    return _plain(f"delete {_spelled(line[1:-1] if line[-1] == HIDDEN else line[1:])}")


def _plain(text: str) -> Command:
    return Command(text, text)


def _ascii(text: str) -> str:
    """Vietnamese without its marks."""
    return unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()


JUNOS = Platform(
    name="junos",
    driver="juniper_junos",
    channel="shell",
    prepare=(_plain("set cli screen-length 0"), _plain("set cli screen-width 0")),
    reads=(READ,),
    understand=understand,
    compare=compare,
    whole=whole,
    refusal=re.compile(r"^\s*(?:error:|syntax error|unknown command|missing argument)", re.MULTILINE),
    guard=None,
    version=re.compile(r"^set version (\S+)", re.MULTILINE),
)
