"""The notation in which IOS' commands stand in ios_grammar.py, and how a typed line is matched against it.

``word`` literal, may be shortened · ``<ip>`` a value · ``{ip}`` a value that says which of several lines is meant · ``(a|b)`` and ``{a|b}`` one of
· ``[x y]`` may be missing · ``-> mode`` opens a sub mode. In front: ``*`` both forms are shown (``ip http server``, ``no ip http server``),
``-`` on by default, and only ``no …`` is shown.

A line's key is every word before its first value, and everything in braces: a line replaces the one with the same key.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, field
from functools import cache

PHYSICAL = ("GigabitEthernet", "TenGigabitEthernet", "FastEthernet", "Ethernet")
LOGICAL = ("Null", "Tunnel", "Loopback", "Vlan", "Dialer", "Port-channel", "BDI", "Virtual-Template", "Cellular", "ATM")


@dataclass(frozen=True)
class Rule:
    """One command of one mode. ``rank`` is its place in the running configuration."""

    text: str
    parts: tuple = field(repr=False)
    mode: str | None
    shown: str  # "on", "both", "off": which forms the running configuration has
    rank: int


@dataclass(frozen=True)
class Match:
    rule: Rule
    words: tuple[str, ...]  # as the device writes them
    key: tuple[str, ...]
    complete: bool = True


class NoMatch(Exception):
    """``at`` is the index of the first word that doesn't fit, or the number of words where the command is incomplete."""

    def __init__(self, at):
        super().__init__(at)
        self.at = at


def rules(text):
    """A table of ios_grammar.py as rules, in its order."""
    lines = [line for line in text.strip().splitlines() if line.strip() and not line.startswith("#")]
    return tuple(_rule(line.strip(), rank) for rank, line in enumerate(lines))


def _rule(line, rank):
    shown = {"*": "both", "-": "off"}.get(line[0], "on")
    if shown != "on":
        line = line[1:].strip()
    command, _, mode = line.partition(" -> ")
    return Rule(command, _parts(command), mode or None, shown, rank)


def _parts(command):
    parts, stack = [], []
    for token in re.findall(r"\[|\]|[^\s\[\]]+", command):
        if token == "[":
            stack.append(parts)
            parts = []
        elif token == "]":
            inner, parts = tuple(parts), stack.pop()
            parts.append(("optional", inner))
        elif token[0] in "<{(":
            parts.append(("key" if token[0] == "{" else "value", token[1:-1]))
        else:
            parts.append(("literal", token))
    return tuple(parts)


def match(table, words):
    """The rule that the words are, or NoMatch with where they go astray. Whole words win over shortened ones."""
    best, farthest = None, 0
    for rule in table:
        for found, used, cost in _walk(rule.parts, words, 0):
            if used == len(words) and found is not None:
                if best is None or cost < best[0]:
                    best = (cost, Match(rule, *_spelled(found)))
            else:
                farthest = max(farthest, used)
    if best is None:
        raise NoMatch(farthest)
    return best[1]


def prefixed(table, words):
    """The written words of every rule that begins so: what ``no ntp server`` without an address means."""
    wanted = []
    for rule in table:
        for found, used, _cost in _walk(rule.parts, words, 0):
            if used == len(words):
                wanted.append(tuple(word for _kind, word in found or ()))
                break
    return wanted


def _walk(parts, words, at):
    """Every way through ``parts``: (what was read, number of words used, cost). None as what was read: it stops too early."""
    if not parts:
        yield (), at, 0
        return
    (kind, what), rest = parts[0], parts[1:]
    if kind == "optional":
        yield from _walk(what + rest, words, at)
        yield from _walk(rest, words, at)
        return
    if at >= len(words):
        yield None, at, 0
        return
    taken = _take(kind, what, words, at)
    if taken is None:
        yield None, at, 0
        return
    written, used, cost = taken
    for found, end, more in _walk(rest, words, used):
        yield (None if found is None else ((kind, written), *found)), end, cost + more


def _take(kind, what, words, at):
    word = words[at]
    if kind == "literal":
        return _literal((what,), word, at)
    if what not in TYPES:
        return _literal(what.split("|"), word, at)
    if what == "line":
        return " ".join(words[at:]), len(words), 2
    if what == "if" or (what == "next" and not _ip(word)):
        return _interface(words, at)
    written = TYPES[what](word)
    return None if written is None else (written, at + 1, 1)


def _literal(choices, word, at):
    for choice in choices:
        if choice == word or choice.lower() == word.lower():
            return choice, at + 1, 0
    near = [choice for choice in choices if choice.lower().startswith(word.lower())]
    return (near[0], at + 1, 3) if len(near) == 1 and len(word) > 1 else None


def _interface(words, at):
    """``gi0/0/1``, ``GigabitEthernet 0/0/1`` and ``Tunnel640`` as the device writes them."""
    word, used = words[at], at + 1
    if word.isalpha() and used < len(words) and re.fullmatch(r"[\d/.:]+", words[used]):
        word, used = word + words[used], used + 1
    found = re.fullmatch(r"([A-Za-z-]+)([\d/.:]+)", word)
    if not found:
        return None
    kinds = [kind for kind in (*PHYSICAL, *LOGICAL) if kind.lower().startswith(found[1].lower())]
    return (kinds[0] + found[2], used, 1) if kinds else None


def _ip(word):
    try:
        return str(ipaddress.IPv4Address(word))
    except ValueError:
        return None


def _prefix(word):
    try:
        return str(ipaddress.IPv4Network(word)) if "/" in word else None
    except ValueError:
        return None


def _number(low, high):
    return lambda word: str(int(word)) if word.isascii() and word.isdigit() and low <= int(word) <= high else None


def _mask(word):
    address = _ip(word)
    bits = f"{int(ipaddress.IPv4Address(address)):032b}" if address else "01"
    return address if "01" not in bits else None


def _length(word):
    return word if re.fullmatch(r"/([89]|[12]\d|3[0-2])", word) else None


TYPES = {
    "ip": _ip, "next": _ip, "mask": _mask, "wild": _ip, "prefix": _prefix, "length": _length, "word": lambda word: word, "line": None, "if": None,
    "num": _number(0, 4294967295), "asn": _number(1, 4294967295), "minutes": _number(1, 120), "port": _number(1, 65535), "mss": _number(500, 1460),
    "mtu": _number(68, 9976), "hello": _number(50, 999), "seq": _number(1, 2147483647), "distance": _number(1, 255), "privilege": _number(0, 15), "bps": _number(8000, 154400000000),
}  # fmt: skip


def _spelled(found):
    words = tuple(written for _kind, written in found)
    key, open_ = [], True
    for kind, written in found:
        if kind == "value":
            open_ = False
        if kind == "key" or (open_ and kind == "literal"):
            key.append(written)
    return words, tuple(key)


@cache
def split(line):
    """The words of a line and the column where each begins."""
    found = tuple(re.finditer(r"\S+", line))
    return tuple(one[0] for one in found), tuple(one.start() for one in found)
