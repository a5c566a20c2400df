"""The vocabulary in which a vendor is a table: where a setting lives on a device, how it is spelt there, what changing it costs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from ipaddress import IPv4Network
from typing import Any
from zoneinfo import ZoneInfo


class Risk(IntEnum):
    """What a change costs; the order in which changes are applied."""

    SAFE = 0
    STREAM = 1  # viewers of the stream drop and come back
    REBOOT = 2
    LOCKOUT = 3  # could shut us out: last and alone


def same(value: Any) -> Any:
    """The value itself."""
    return value


@dataclass(frozen=True)
class Form:
    """How a neutral value is spelt on the wire.

    ``read`` raises ValueError for a spelling that it doesn't know; ``normal`` gives what two neutral values are compared by.
    """

    read: Callable[[str], Any]
    write: Callable[[Any], str]
    normal: Callable[[Any], Any] = same


TEXT = Form(same, str)


def switch(on: str, off: str) -> Form:
    """A switch; reading ignores case."""
    words = {on.lower(): True, off.lower(): False}

    def read(native: str) -> bool:
        if native.lower() not in words:
            raise ValueError(f"{native!r} is neither {on!r} nor {off!r}")
        return words[native.lower()]

    return Form(read, lambda value: on if value else off, bool)


TRUE_FALSE = switch("true", "false")


def number(scale: int = 1) -> Form:
    """A whole number that the wire carries times ``scale``; fractions of it are read too (``15.000000``)."""

    def read(native: str) -> int | float:
        value = float(native) / scale
        return int(value) if value == int(value) else value

    return Form(read, lambda value: str(round(value * scale)), float)


def choice(**words: str) -> Form:
    """Neutral word = native word; reading ignores case and gives an unknown native word as it is."""
    neutral = {native.lower(): word for word, native in words.items()}
    return Form(lambda native: neutral.get(native.lower(), native), lambda value: words.get(value, value), lambda value: str(value).lower())


def one_of_list() -> Form:
    """A list of which the device keeps the first; an unset address is an empty list."""
    unset = {"", "0.0.0.0", "::"}  # noqa: S104  how devices spell "none"
    return Form(lambda native: [] if native in unset else [native], lambda value: value[0] if value else "0.0.0.0", lambda value: value[:1])  # noqa: S104  as above


def _prefix(mask: str) -> int:
    return IPv4Network(f"0.0.0.0/{mask}").prefixlen


def _mask(prefix: Any) -> str:
    return str(IPv4Network(f"0.0.0.0/{prefix}").netmask)


NETMASK = Form(_prefix, _mask, int)  # 255.255.255.0 is a prefix of 24 bits


SUMMER = " with summer time"


def zone_rule(zone: str, at: datetime | None = None) -> tuple[int, bool]:
    """The offset from UTC in minutes, east positive, and whether it changes over the year, of an IANA name or of ``UTC+07:00``.

    Zones are compared by it, because devices spell one zone in many ways.
    """
    written = WRITTEN.fullmatch(zone)
    if written:
        sign, hours, minutes, summer = written.groups()
        return (1 if sign == "+" else -1) * (int(hours) * 60 + int(minutes)), summer is not None
    year = (at or datetime.now(UTC)).year
    offsets = [ZoneInfo(zone).utcoffset(datetime(year, month, 1)) for month in (1, 7)]  # noqa: DTZ001  a local time is meant
    january, july = (int(offset / timedelta(minutes=1)) for offset in offsets if offset is not None)
    return min(january, july), january != july


def spell_offset(minutes: int, *, summer: bool = False) -> str:
    """``UTC+07:00`` for 420."""
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}{SUMMER if summer else ''}"


POSIX = re.compile(r"(?:<[^>]*>|[A-Za-z]+)([+-]?)(\d{1,2})(?::(\d\d))?(?::\d\d)?:?(.*)")
WRITTEN = re.compile(r"UTC([+-])(\d\d):(\d\d)(" + SUMMER + ")?")


def posix_zone(spelt: str) -> Form:
    """A zone in POSIX's way, where west is positive: ``CST-7:00:00``, ``<+07>-7`` and ``ICT-07:00`` are UTC+7.

    ``spelt`` is how the device wants it, with ``{sign}``, ``{east}`` (``+07``), ``{hours}``, ``{minutes}``, ``{short}`` (``7``, ``5:30``).
    """

    def read(native: str) -> str:
        match = POSIX.match(native)
        if not match:
            raise ValueError(f"{native!r} is no POSIX time zone")
        sign, hours, minutes, rest = match.groups()
        west = (int(hours) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1)
        return spell_offset(-west, summer="," in rest)

    def write(zone: Any) -> str:
        minutes, _ = zone_rule(zone)
        hours, rest = divmod(abs(minutes), 60)
        sign, east = ("+", f"-{hours:02}") if minutes < 0 else ("-", f"+{hours:02}")
        short = f"{hours}:{rest:02}" if rest else str(hours)
        return spelt.format(sign=sign, east=east, hours=hours, minutes=f"{rest:02}", short=short)

    return Form(read, write, zone_rule)


def indexed_zone(zones: tuple[int, ...]) -> Form:
    """A zone as its index in a vendor's table of minutes east of UTC."""

    def read(native: str) -> str:
        index = int(native)
        if not 0 <= index < len(zones):
            raise ValueError(f"there is no time zone {index}")
        return spell_offset(zones[index])

    return Form(read, lambda zone: str(zones.index(zone_rule(zone)[0])), zone_rule)


@dataclass(frozen=True)
class Setting:
    """One row of a vendor's table.

    ``at`` is the document, ``select`` the place in it; ``{n}`` in both is the channel from 1, ``{c}`` from 0. Alternatives in either
    are separated by ``|``, the first that is there counts. ``also`` is set with it; ``renamed`` says what another alternative is called
    from then on, because a device takes only one of them; ``shape`` gives select, also and renamed where they depend on the value and
    the document. ``evidence`` says who has seen it work: recorded on a device, coded by others, or experimental; an experimental one is
    only written when people ask for it. ``firmware`` names the versions that have it, where that isn't all of the vendor's.
    """

    key: str
    at: str
    select: str
    form: Form = TEXT
    roles: tuple[str, ...] = ("camera", "nvr")
    risk: Risk = Risk.SAFE
    evidence: str = "recorded"
    read_only: bool = False
    also: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    shape: Callable[[Any, str], Mapping[str, Any]] | None = None
    firmware: str = ""

    def written(self, value: Any, at: str) -> Setting:
        """The row as this value is written into the document ``at``."""
        return self if self.shape is None else replace(self, **self.shape(value, at))


OURS = "motcua-"  # accounts that motcua makes are called so


@dataclass(frozen=True)
class Items:
    """Rows of a list, matched by the setting ``match`` and never by position.

    ``write_only`` is the password's place in a row. A row is stored with one request. ``owner`` is the setting whose value
    begins with ``motcua-`` where the row is ours, None for the row's own name: such rows go when a wish for the list doesn't name them,
    all others are left alone. ``names`` is how the rows' names are spelt on the device.
    """

    key: str
    at: str
    row: str
    match: str
    settings: tuple[Setting, ...]
    write_only: str | None = None
    owner: str | None = None
    roles: tuple[str, ...] = ("camera", "nvr")
    evidence: str = "coded"
    names: Form = TEXT

    def ours(self, name: str, row: Mapping[str, Any]) -> bool:
        """Whether motcua made the row."""
        return str(name if self.owner is None else row.get(self.owner, "")).startswith(OURS)


@dataclass(frozen=True)
class PasswordRule:
    """What a vendor accepts as a password; ``classes`` are alphabets of which each must occur, in this order at its beginning."""

    length: int
    alphabet: str
    classes: tuple[str, ...]
