"""What of ours is other than it should be: entry by entry, field by field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ...secrets import wireguard_public_key
from ..state import Secret
from .menus import MENUS, PARKED, RESERVED, Field, default_of
from .running import Row, Running, fingerprint
from .values import same
from .wanted import Value, Wanted

ACCOUNT_PREFIX = "motcua:"


@dataclass(frozen=True)
class Difference:
    """One wish and what there is of it. ``row`` is None where an entry is to be added.

    ``changes`` are fields with their new values, ``unset`` fields to be taken away, ``before`` the old values of both: None for one that
    wasn't there.
    """

    wanted: Wanted
    row: Row | None
    changes: Mapping[str, Value]
    unset: tuple[str, ...] = ()
    before: Mapping[str, str | Field | None] | None = None

    @property
    def adds(self) -> bool:
        """Whether the entry isn't there yet."""
        return bool(self.wanted.mark) and self.row is None


def owned(running: Running, menu: str, wanted: frozenset[str]) -> dict[str, Row]:
    """Our entries of a menu by their mark; of two with the same mark, the first."""
    found: dict[str, Row] = {}
    for row in running.of(menu):
        account = menu == "user" and str(row.values.get("comment")).startswith(ACCOUNT_PREFIX)
        if row.mark and not row.mark.startswith(RESERVED) and (MENUS[menu].marks(row.mark) or row.mark in wanted or account):
            found.setdefault(row.mark, row)
    return found


def parked(running: Running) -> Iterator[tuple[str, str]]:
    """Menu and mark of what a confirmed change left behind."""
    for menu, rows in running.rows.items():
        if menu in MENUS and MENUS[menu].parks:
            yield from ((menu, row.mark) for row in rows if row.mark.startswith(PARKED))


def difference(running: Running, wanted: Wanted, row: Row | None) -> Difference | None:
    """What has to change for one wish, None for nothing. ``row`` is our entry where there is one."""
    if wanted.menu == "user ssh-keys":
        return None if _has_key(running, wanted) else Difference(wanted, None, wanted.values)
    if wanted.mark and row is None:
        return Difference(wanted, None, wanted.values)
    current = row.values if row is not None else running.setting(wanted.menu, wanted.row)
    changes = {name: value for name, value in wanted.values.items() if _differs(running, wanted, current, name, value)}
    extra = _extra(running, wanted, current) if row is not None else {}
    changes |= {name: default for name, default in extra.items() if isinstance(default, str)}
    unset = tuple(name for name, default in extra.items() if default is Field.UNSET)
    if not changes and not unset:
        return None
    before = {name: current.get(name, default_of(wanted.menu, wanted.row, name, running.version)) for name in (*changes, *unset)}
    return Difference(wanted, row, changes, unset, before)


def _differs(running: Running, wanted: Wanted, current: Mapping[str, str | None], name: str, value: Value) -> bool:
    if isinstance(value, Secret):
        return name == "private-key" and _other_key(running, str(wanted.values.get("name")), value)
    default = default_of(wanted.menu, wanted.row, name, running.version)
    if default is Field.DEVICE:
        return False
    if name not in current:
        return not isinstance(default, str) or not same(name, default, value)
    return not same(name, current[name], value)


def _other_key(running: Running, interface: str, secret: Secret) -> bool:
    """Whether the interface has the private key of another public one; what can't be told (no value, no answer) isn't a difference."""
    shown = running.keys.get(interface)
    return secret.value is not None and bool(shown) and shown != wireguard_public_key(secret.value)


def _extra(running: Running, wanted: Wanted, current: Mapping[str, str | None]) -> dict[str, str | Field]:
    """Fields that somebody set in an entry of ours, with what they have to be instead."""
    menu = MENUS[wanted.menu]
    found: dict[str, str | Field] = {}
    for name, value in current.items():
        default = default_of(wanted.menu, wanted.row, name, running.version)
        plain = name in wanted.values or name == menu.mark or default in (Field.DEVICE, Field.UNKNOWN)
        if not plain and not (isinstance(default, str) and same(name, value, default)):
            found[name] = default
    return found


def unknown(wanted: Wanted, row: Row) -> Iterator[str]:
    """Fields of an entry of ours that aren't in our tables."""
    for name in row.values:
        if name not in wanted.values and name != MENUS[wanted.menu].mark and MENUS[wanted.menu].default(name) is Field.UNKNOWN:
            yield f"/{wanted.menu} {row.mark} {name}"


def _has_key(running: Running, wanted: Wanted) -> bool:
    """Whether the account has the key: by its fingerprint where the router says it, else by the name that we gave it."""
    same_key = fingerprint(str(wanted.values["key"]))
    return any(
        row.values["user"] == wanted.values["user"] and (row.mark == wanted.mark or row.values["fingerprint"] == same_key)
        for row in running.of("user ssh-keys")
    )
