"""What is kept of each device and where, and what of it can be put back. Pure: nothing is read, nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .desired import Host
from .diff import LISTS, flatten
from .errors import MotcuaError
from .findings import Json
from .model import Province
from .routers.registry import FAMILIES
from .settings import Items, Risk
from .snapshots import Snapshot, values_of
from .vendors import VENDORS

CENTRES, PROVINCE = "centres", "province"
ACCOUNTS = ("users", "onvif_users")
READ_ONLY = "can only be read"
DANGEROUS = "could cut us or people off; --dangerous puts it back too"
NO_PASSWORD = "is gone, and its password isn't kept; make it by hand"  # noqa: S105  a sentence
CAME_SINCE = "came since then and is declared; take it out of the inventory first"
NOT_THEN = "wasn't read on that day"
NOT_NOW = "isn't told by the device today"


# --- what is kept ---


def folder(province: Province, host: Host) -> str:
    """A folder for each district, the unit below the province that the site belongs to; in it one for each site."""
    if host.site is None:
        return CENTRES
    above = [host.site, *province.ancestors(host.site)]
    below_province = [name for name in above if province.sites[name].level != "province"]
    return f"{below_province[-1] if below_province else PROVINCE}/{host.site}"


@dataclass(frozen=True)
class Names:
    """The files of one device: its configuration as text, how a router was wished to be, and its own backup, sealed."""

    text: str
    wish: str
    sealed: str


def names(province: Province, host: Host) -> Names:
    """Where a device's files lie, from the root of the repository."""
    base = f"{folder(province, host)}/{host.name}"
    ending = "yml" if host.vendor else "conf" if host.platform in FAMILIES else "txt"
    return Names(f"{base}.{ending}", f"{base}.wish.json", f"{base}.sealed")


@dataclass(frozen=True)
class ReadNow:
    """What one run read of the province; ``differing`` are the hosts that aren't as declared."""

    snapshots: Mapping[str, Snapshot]
    differing: Collection[str] = ()
    sealed: Mapping[str, bytes] = field(default_factory=dict)


def to_keep(province: Province, hosts: Collection[Host], read: ReadNow, kept: Mapping[str, bytes]) -> dict[str, bytes | None]:
    """What of the repository changes, by path; None goes. ``kept`` is what it holds by path.

    A device's own backup is another one each time on many devices: it is kept when its text changed, or when there was none.
    """
    changes: dict[str, bytes | None] = {}
    for host in hosts:
        snapshot, files = read.snapshots.get(host.name), names(province, host)
        if snapshot is None:
            continue
        text = snapshot.text_after(kept.get(files.text, b"").decode()).encode()
        wanted: dict[str, bytes | None] = {files.text: text}
        if host.platform in FAMILIES:
            wanted[files.wish] = None if host.name in read.differing else _wish(host)
        if host.name in read.sealed and (text != kept.get(files.text) or files.sealed not in kept):
            wanted[files.sealed] = read.sealed[host.name]
        changes |= {path: content for path, content in wanted.items() if content != kept.get(path)}
    return changes


def _wish(host: Host) -> bytes:
    """How a router that is as declared was declared; secrets are only named in it."""
    content = {"platform": host.platform, "router": host.desired["router"]}
    return (json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


# --- what is put back ---


@dataclass(frozen=True)
class Restoration:
    """What the action is told: of ``wish`` the keys and rows in ``only``. ``left`` stays as it is, by key with the reason."""

    wish: Mapping[str, Any]
    only: tuple[str, ...]
    left: Mapping[str, str]


def same_device(name: str, then: Mapping[str, Json], now: Mapping[str, Json], *, another_serial: bool) -> None:
    """Stop before one device's settings are put into another.

    :raises MotcuaError: when it is another model, or another piece and nobody said that this is meant.
    """
    for key, may, remedy in (
        ("identity.vendor", False, "its settings mean nothing there; roll out what is declared"),
        ("identity.model", False, "its settings mean nothing there; roll out what is declared"),
        ("identity.serial", another_serial, "--another-serial takes the settings over to it"),
    ):
        if not may and then.get(key) is not None and then[key] != now.get(key):
            raise MotcuaError(f"{name}: was {then[key]!r} then and is {now.get(key)!r} now ({key}); {remedy}")


def restoration(host: Host, then: Mapping[str, Json], now: Mapping[str, Json], *, dangerous: bool) -> Restoration:
    """What has to be told to a camera or recorder so that it is as it was ``then``, both by key of the vocabulary."""
    vendor, role = VENDORS[str(host.vendor)], "channel" if host.recorder is not None else host.role
    settings, lists = vendor.rows(role), vendor.lists(role)
    wish: dict[str, Any] = {}
    only: list[str] = []
    left: dict[str, str] = {}
    for key in sorted({*then, *now}):
        if key.partition(".")[0] in lists or then.get(key) == now.get(key) or key.startswith(("identity.", "certificate.")):
            continue
        if then.get(key) is None or now.get(key) is None:
            left[key] = NOT_THEN if then.get(key) is None else NOT_NOW
        elif key not in settings or settings[key].read_only:
            left[key] = READ_ONLY
        elif settings[key].risk is Risk.LOCKOUT and not dangerous:
            left[key] = DANGEROUS
        else:
            wish[key] = then[key]
            only.append(key)
    for items in lists.values():
        for name, row in _rows(items, host, then, now, dangerous):
            if isinstance(row, str):
                left[f"{items.key}.{name}"] = row
            else:
                wish.setdefault(items.key, {})[name] = row
                only.append(f"{items.key}.{name}")
    return Restoration(wish, tuple(only), left)


def _rows(
    items: Items, host: Host, then: Mapping[str, Json], now: Mapping[str, Json], dangerous: bool
) -> Iterator[tuple[str, dict[str, Json] | str | None]]:
    """Each row that differs: what is wished of it, None for its removal, or why it stays."""
    before, after = rows_of(items.key, then), rows_of(items.key, now)
    declared = {str(name): row for name, row in (host.desired.get(items.key) or {}).items()}
    writable = {setting.key for setting in items.settings if not setting.read_only}
    for name in sorted({*before, *after}):
        old, new = before.get(name), after.get(name)
        if old == new or items.key not in LISTS:
            if old != new:
                yield name, READ_ONLY
            continue
        if items.key in ACCOUNTS and not dangerous:
            yield name, DANGEROUS
        elif old is None:
            yield name, CAME_SINCE if name in declared else None
        elif new is None:
            password = (declared.get(name) or {}).get("password")
            yield name, {**{key: value for key, value in old.items() if key in writable}, "password": password} if password else NO_PASSWORD
        else:
            row = {key: value for key, value in old.items() if key in writable and value is not None and value != new.get(key)}
            yield name, row or READ_ONLY


def rows_of(key: str, values: Mapping[str, Json]) -> dict[str, dict[str, Json]]:
    """The rows of a list out of flat keys: ``users.admin.role`` is admin's role. A name may have dots in it."""
    rows: dict[str, dict[str, Json]] = {}
    for path, value in values.items():
        beginning, _, rest = path.partition(".")
        if beginning != key or not rest:
            continue
        if value == {}:
            rows[rest] = {}
        else:
            name, _, setting = rest.rpartition(".")
            rows.setdefault(name, {})[setting] = value
    return rows


def declared_otherwise(host: Host, wish: Mapping[str, Any]) -> list[str]:
    """Keys that the inventory wishes otherwise: the next rollout would take them back."""
    declared = flatten(host.desired, {})
    return [key for key, value in flatten(wish, {}).items() if key in declared and declared[key] != value]


def came_back(planned: Restoration, now: Mapping[str, Json]) -> dict[str, Json]:
    """Of what was to be put back what isn't as it was, with what it is now; None for what isn't there."""
    still: dict[str, Json] = {}
    for key in planned.only:
        if key in planned.wish:
            still |= {} if now.get(key) == planned.wish[key] else {key: now.get(key)}
            continue
        beginning, _, name = key.partition(".")
        row, running = planned.wish[beginning][name], rows_of(beginning, now).get(name)
        if row is None:
            still |= {} if running is None else {key: "is still there"}
        else:
            told = {one: value for one, value in row.items() if one != "password"}
            same = running is not None and told.items() <= running.items()
            still |= {} if same else {key: json.dumps(running, ensure_ascii=False)}
    return still


def values_then(text: bytes, name: str) -> Mapping[str, Json]:
    """The values of a kept text.

    :raises MotcuaError: when it holds none.
    """
    found = values_of(text.decode("utf-8", "replace"))
    if not found:
        raise MotcuaError(f"{name}: what is kept of it holds no values; choose another day")
    return found
