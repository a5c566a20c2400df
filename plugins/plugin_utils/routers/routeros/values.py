"""Values of properties in one spelling, so that 20M is 20000000, 1d is 24h and 10.1.1.1/32 is 10.1.1.1."""

from __future__ import annotations

import re
from collections.abc import Hashable
from functools import lru_cache
from ipaddress import ip_interface

TIMES = frozenset(
    ("interval", "lifetime", "dpd-interval", "hold-time", "keepalive-time", "persistent-keepalive", "min-tx", "min-rx", "timeout")
)
RATES = frozenset(("max-limit", "limit-at"))
ADDRESSES = ("address", "dst-address", "src-address", "to-addresses", "remote.address", "remote-address", "local.address")
PREFIXES = frozenset((*ADDRESSES, "network", "prefix", "remote"))
PREFIX_SETS = frozenset(("allowed-address", "addresses"))
MATCHED = ("connection-state", "dst-port", "src-port", "port", "protocol")
ALGORITHMS = ("dh-group", "enc-algorithms", "enc-algorithm", "auth-algorithms")
SETS = frozenset((*MATCHED, *ALGORITHMS, "policy", "topics", "interfaces"))
UNITS_MS = {"w": 604_800_000, "d": 86_400_000, "h": 3_600_000, "m": 60_000, "s": 1000, "ms": 1}
DURATION = re.compile(r"(?:(\d+)(w|d|h|ms|m|s))+")
CLOCK = re.compile(r"(?:(\d+)d ?)?(\d+):(\d\d):(\d\d)(?:\.(\d{1,3}))?")
RATE = re.compile(r"(\d+(?:\.\d+)?)([kMG]?)")


def same(name: str, one: str | None, other: str | None) -> bool:
    """Whether two spellings of a property mean the same; None is a flag that stands there."""
    return one == other or canonical(name, one) == canonical(name, other)


@lru_cache(maxsize=65_536)  # routers of one province mostly say the same
def canonical(name: str, value: str | None) -> Hashable:
    """What two spellings of the same value of a property share."""
    text = "yes" if value is None else value
    if name in TIMES:
        return duration_ms(text)
    if name in RATES:
        return tuple(_rate_bps(part) for part in text.split("/"))
    if name in PREFIX_SETS or (name in PREFIXES and "," in text):
        return frozenset(_prefix(part) for part in text.split(","))
    if name in PREFIXES:
        return _prefix(text)
    if name in SETS:
        # !policy says that a policy isn't granted, as its absence does; !debug of a log's topics is a choice.
        return frozenset(part for part in text.split(",") if part and not (name == "policy" and part.startswith("!")))
    if name == "rule":
        return re.sub(r"[\s;]+", "", text)
    if name in ("source", "on-event"):
        return text.replace("\r\n", "\n").strip()
    return {"true": "yes", "false": "no"}.get(text, text)


def duration_ms(text: str) -> Hashable:
    """``1d``, ``24h``, ``1d00:00:00`` and ``86400`` in milliseconds; other words (``none``) as they are."""
    if text.isdigit():
        return int(text) * 1000
    if DURATION.fullmatch(text):
        return sum(int(number) * UNITS_MS[unit] for number, unit in re.findall(r"(\d+)(w|d|h|ms|m|s)", text))
    clock = CLOCK.fullmatch(text)
    if clock is None:
        return text
    days, hours, minutes, seconds = (int(part or 0) for part in clock.groups()[:4])
    return ((days * 24 + hours) * 60 + minutes) * 60_000 + seconds * 1000 + int((clock[5] or "").ljust(3, "0"))


def _rate_bps(text: str) -> Hashable:
    match = RATE.fullmatch(text)
    return text if match is None else int(float(match[1]) * {"": 1, "k": 1000, "M": 1_000_000, "G": 1_000_000_000}[match[2]])


def _prefix(text: str) -> Hashable:
    """An address, a prefix, or both; ``::/0`` and ``0.0.0.0/0`` both say everything."""
    sign, bare = ("!", text[1:]) if text.startswith("!") else ("", text)
    if bare in ("0.0.0.0/0", "::/0", ""):
        return sign
    try:
        return sign, str(ip_interface(bare))
    except ValueError:
        return sign, bare
