"""A rendered nftables ruleset -> what it does with the first packet of a connection.

Only what motcua's templates write is understood. Anything else makes its rule one that may match or not: never "no".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from ipaddress import IPv4Network

from ..errors import ModelError
from .rules import Chain, Hook, Match, Rule, Ruleset, Translation, Verdict

VALUE = r'(\{[^{}]*\}|"[^"]*"|[^\s{}"!=<>]+)'
BASE = re.compile(r"type (filter|nat) hook (\w+) priority (-?\w+)(?: [-+] \d+)?;(?: policy (accept|drop);)?$")
ENDS: Mapping[str, Verdict] = {"accept": "yes", "drop": "no", "reject": "no"}
HOOKS: Mapping[str, tuple[Hook, ...]] = {
    "input": ("input",),
    "forward": ("forward",),
    "prerouting": ("input", "forward"),
    "postrouting": ("forward",),
}
COMMENT = re.compile(r'comment "([^"]*)"\s*')
# What says something of a packet and decides nothing.
REMARKS = re.compile(r"(?:tcp option maxseg size set (?:rt mtu|\d+)|meta priority set \S+|counter)(?:\s+|$)")
MARKED = re.compile(r"^(?:tcp|udp) sport (?:\{[^{}]*\}|\d+) meta priority set \S+$")
# What the first packet of a new connection never is.
NEVER = re.compile(
    r"ct state (?!\S*\bnew\b)[a-z,]+(?:\s+|$)|tcp flags & syn == 0x0(?:\s+|$)|add @\w+ \{ ip saddr ct count over \d+ \}(?:\s+|$)"
)
HARMLESS = re.compile(r"ct state \S*\bnew\b\S*(?:\s+|$)")
PREFIX = re.compile(r"(dnat|snat) ip prefix to ip [sd]addr map \{ (\S+) : (\S+) \}\s*$")
SINGLE = re.compile(r"snat to (\d+\.\d+\.\d+\.\d+)\s*$")


def ruleset(text: str, fragments: str = "", where: str = "nftables") -> Ruleset:
    """Read a whole ``/etc/nftables.conf``; ``fragments`` is what its ``include`` brings.

    :raises ModelError: when tables and chains don't close, so that nothing of it can be judged.
    """
    chains: dict[Hook, list[Chain]] = {"input": [], "forward": []}
    arriving: list[Translation] = []
    leaving: list[Translation] = []
    for lines in _chains(_lines(text, fragments), where):
        base = BASE.match(lines[0]) if lines else None
        if base is None:
            continue  # reached by a jump alone, which is not understood where it stands
        kind, hook, _, policy = base.groups()
        if kind == "nat":
            (arriving if hook == "prerouting" else leaving).extend(filter(None, map(_translation, lines[1:])))
            continue
        rules = tuple(rule for line in lines[1:] if (rule := _rule(line)) is not None)
        for place in HOOKS.get(hook, ()):
            chains[place].append(Chain(rules if hook == place else tuple(map(_doubtful, rules)), "no" if policy == "drop" else "yes"))
    found: dict[Hook, tuple[Chain, ...]] = {hook: tuple(own) for hook, own in chains.items()}
    return Ruleset(found, tuple(arriving), tuple(leaving))


def _doubtful(rule: Rule) -> Rule:
    """A rule of a chain in which addresses or interfaces are others than here."""
    return Rule(Match(unread=rule.comment or "a chain before or after the routing"), "unknown", rule.comment)


def _lines(text: str, fragments: str) -> Iterator[str]:
    defined: dict[str, str] = {}
    for line in map(str.strip, text.splitlines()):
        if line.startswith("define "):
            name, _, value = line.removeprefix("define ").partition("=")
            defined[name.strip()] = value.strip()
        elif line.startswith("include "):
            yield from _lines(fragments, "")
        elif line and not line.startswith(("#", "flush ")):
            yield re.sub(r"\$(\w+)", lambda found: defined.get(found[1], found[0]), line)


def _chains(lines: Iterator[str], where: str) -> Iterator[list[str]]:
    """The lines of each chain."""
    within: list[str] = []
    own: list[str] = []
    for line in lines:
        opened = re.match(r"(table|chain|set|map|counter)\b[^{}]*\{$", line)
        if opened:
            within.append(opened[1])
            own = []
        elif line == "}":
            if not within:
                raise ModelError(f"{where}: a brace closes nothing, so the rules can't be judged; render them anew")
            if within.pop() == "chain":
                yield own
        else:
            own.append(line)
    if within:
        raise ModelError(f"{where}: a {within[-1]} isn't closed, so the rules can't be judged; render them anew")


def _rule(line: str) -> Rule | None:
    """None where a line decides nothing of a first packet."""
    comment = COMMENT.search(line)
    match, rest = _match(COMMENT.sub("", line).strip())
    if match is None:
        return None
    said = comment[1] if comment else ""
    if not rest:
        return Rule(match, "unknown", said) if match.unread else None
    verdict = ENDS.get(rest.split()[0])
    if verdict == "no" or rest == "accept":
        return Rule(match, verdict or "unknown", said)
    return Rule(replace(match, unread=rest), "unknown", said)


def _translation(line: str) -> Translation | None:
    match, rest = _match(COMMENT.sub("", line).strip())
    if match is None or rest.startswith("redirect to "):
        return None  # to a port of the machine itself: the address stays
    if found := PREFIX.match(rest):
        of, into = IPv4Network(found[2]), IPv4Network(found[3])
        narrowed = replace(match, to=(of,)) if found[1] == "dnat" else replace(match, sources=(of,))
        return Translation(narrowed, of, into)
    if found := SINGLE.match(rest):
        return Translation(match, None, IPv4Network(found[1]))
    return Translation(match if rest == "masquerade" else replace(match, unread=rest or line), None, None)


def _match(text: str) -> tuple[Match | None, str]:
    """What stands before a rule's verdict, and the rest; None where no first packet matches."""
    match = Match()
    while text:
        if NEVER.match(text):
            return None, ""
        taken = HARMLESS.match(text) or REMARKS.match(text)
        if taken is None:
            for pattern, narrow in NARROWING:
                taken = pattern.match(text)
                if taken:
                    match = narrow(match, taken)
                    break
            else:
                return _unread(match, text)
        text = text[taken.end() :].strip()
    return match, ""


def _unread(match: Match, text: str) -> tuple[Match | None, str]:
    """Up to a verdict at the end of the line, what isn't understood may match or not; where the line only marks a packet, no matter."""
    if MARKED.search(text):
        return None, ""
    ends = re.match(r"(?:(.*?)\s+)?(accept|drop|reject(?: with .*)?|masquerade|redirect to \S+|dnat .*|snat .*)$", text)
    if ends is None:
        return replace(match, unread=text), ""
    return (replace(match, unread=ends[1]) if ends[1] else match), ends[2]


def _values(text: str) -> tuple[str, ...]:
    return tuple(part.strip().strip('"') for part in text.strip("{} ").split(",") if part.strip())


def _names(found: re.Match[str]) -> frozenset[str] | None:
    """None where a name isn't one alone."""
    names = frozenset(_values(found[1]))
    return None if any("*" in name for name in names) else names


def _networks(found: re.Match[str]) -> tuple[IPv4Network, ...] | None:
    try:
        return tuple(IPv4Network(value) for value in _values(found[1]))
    except ValueError:
        return None


def _came_in(match: Match, found: re.Match[str]) -> Match:
    return _known(match, replace(match, came_in=_names(found)), found, _names(found))


def _leaves(match: Match, found: re.Match[str]) -> Match:
    return _known(match, replace(match, leaves=_names(found)), found, _names(found))


def _protocols(match: Match, found: re.Match[str]) -> Match:
    return _known(match, replace(match, protocols=_names(found)), found, _names(found))


def _sources(match: Match, found: re.Match[str]) -> Match:
    return _known(match, replace(match, sources=_networks(found)), found, _networks(found))


def _to(match: Match, found: re.Match[str]) -> Match:
    return _known(match, replace(match, to=_networks(found)), found, _networks(found))


def _known(match: Match, narrowed: Match, found: re.Match[str], value: object) -> Match:
    return replace(match, unread=found[0].strip()) if value is None else narrowed


def _ports(match: Match, found: re.Match[str]) -> Match:
    values = [re.fullmatch(r"(\d+)(?:-(\d+))?", value) for value in _values(found[2])]
    if not all(values):
        return replace(match, unread=found[0].strip())
    ranges = tuple((int(one[1]), int(one[2] or one[1])) for one in values if one)
    return replace(match, protocols=frozenset({found[1]}), ports=ranges)


NARROWING: tuple[tuple[re.Pattern[str], Callable[[Match, re.Match[str]], Match]], ...] = (
    (re.compile(rf"iifname {VALUE}(?:\s+|$)"), _came_in),
    (re.compile(rf"oifname {VALUE}(?:\s+|$)"), _leaves),
    (re.compile(rf"ip saddr {VALUE}(?:\s+|$)"), _sources),
    (re.compile(rf"ip daddr {VALUE}(?:\s+|$)"), _to),
    (re.compile(rf"(tcp|udp) dport {VALUE}(?:\s+|$)"), _ports),
    (re.compile(rf"meta l4proto {VALUE}(?:\s+|$)"), _protocols),
    (re.compile(r"(icmp) type (?:\{[^{}]*\}|\S+)(?:\s+|$)"), _protocols),
    (re.compile(r"(tcp) flags syn(?:\s+|$)"), _protocols),
)
