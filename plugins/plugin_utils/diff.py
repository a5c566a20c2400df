"""What differs between a wish and a device. Pure: nothing is read, nothing is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from .errors import ModelError, MotcuaError
from .settings import Items, Risk, Setting

LISTS = ("users", "onvif_users", "channels")  # what a wish may hold rows of
NO_WAY = "no way to it is known for this kind of device"
UNTOLD = "the device doesn't report it"
EXPERIMENTAL = "no device has confirmed yet how it is written; try it on one, then set motcua_experimental: true"
SECRET = "(secret)"  # noqa: S105  what is shown in a password's place


@dataclass(frozen=True)
class Running:
    """What a device said: values by key, why the others have none, and the rows of its lists by list and name.

    ``unsupported`` are keys and lists that it doesn't have, ``unknown`` those of which it could not be told what they are.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    unsupported: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, MotcuaError] = field(default_factory=dict)
    rows: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """One value that should be another."""

    setting: Setting
    before: Any
    after: Any

    @property
    def key(self) -> str:
        """The neutral key."""
        return self.setting.key

    @property
    def risk(self) -> Risk:
        """What the change costs."""
        return self.setting.risk


@dataclass(frozen=True)
class RowChange:
    """One row of a list that is missing (``before`` is None), should be another, or should go (``after`` is None).

    ``secret`` names the password to write with it.
    """

    items: Items
    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    secret: str | None = None

    @property
    def key(self) -> str:
        """The neutral key."""
        return f"{self.items.key}.{self.name}"


@dataclass(frozen=True)
class Difference:
    """All changes, the wishes that the device has no place for, with the reason, and those that could not be compared."""

    changes: tuple[Change, ...] = ()
    rows: tuple[RowChange, ...] = ()
    unsupported: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, MotcuaError] = field(default_factory=dict)


def flatten(wish: Mapping[str, Any], lists: Mapping[str, Items]) -> dict[str, Any]:
    """``{time: {zone: x}}`` as ``{time.zone: x}``; lists are left out, they are rows."""
    flat: dict[str, Any] = {}

    def descend(prefix: str, value: Any) -> None:
        if isinstance(value, Mapping):
            for key, below in value.items():
                descend(f"{prefix}.{key}" if prefix else str(key), below)
        else:
            flat[prefix] = value

    descend("", {key: value for key, value in wish.items() if key not in (*LISTS, *lists)})
    return flat


def restricted(wish: Mapping[str, Any], only: Collection[str], lists: Mapping[str, Items]) -> dict[str, Any]:
    """Of a wish the keys that are named; a list of which a row is named stays whole, because what is missing in it is wished away.

    :raises ModelError: when a name is neither a key of the wish nor a row of one of its lists.
    """
    flat = flatten(wish, lists)
    rows = {name for name in only if name.partition(".")[0] in {*LISTS, *lists} & wish.keys()}
    unknown = sorted({*only} - rows - flat.keys())
    if unknown:
        raise ModelError(f"only: {unknown[0]}: nothing is declared for it; name a key of the desired state, or a row as users.<name>")
    return {key: value for key, value in flat.items() if key in only} | {key: wish[key] for key in {row.partition(".")[0] for row in rows}}


def chosen(difference: Difference, only: Collection[str]) -> Difference:
    """Of a difference what concerns the named keys and rows."""
    return replace(
        difference,
        changes=tuple(change for change in difference.changes if change.key in only),
        rows=tuple(row for row in difference.rows if row.key in only),
        unsupported={key: why for key, why in difference.unsupported.items() if key in only},
    )


def diff(
    settings: Mapping[str, Setting],
    lists: Mapping[str, Items],
    wish: Mapping[str, Any],
    running: Running,
    *,
    renew: bool = False,
    experimental: bool = False,
    kept: frozenset[str] = frozenset(),
) -> Difference:
    """Compare typed values after normalising. A wish owns only the keys that it names, and of a list that it names the rows that are ours.

    ``renew`` writes the passwords of all named rows, ``experimental`` also what no device has confirmed; rows ``kept`` never go.

    :raises ModelError: when a wished value can't be spelt in its setting's form.
    """
    wished = flatten(wish, lists)
    changes, unsupported = _values(settings, wished, running, experimental)
    rows: list[RowChange] = []
    for key in (key for key in LISTS if wish.get(key) and key not in running.unknown):
        if key not in running.rows:
            unsupported[key] = running.unsupported.get(key, NO_WAY)
            continue
        unsupported |= _untold(lists[key], wish[key], running.rows[key])
        found = _rows(lists[key], wish[key], running.rows[key], renew, kept)
        if found and all(setting.read_only for setting in lists[key].settings):
            unsupported |= {row.key: "no way to write it is known for this kind of device" for row in found}
        elif found and lists[key].evidence == "experimental" and not experimental:
            unsupported |= {row.key: EXPERIMENTAL for row in found}
        else:
            rows += found
    unknown = {key: error for key, error in running.unknown.items() if key in lists or key in wished}
    return Difference(tuple(changes), tuple(rows), unsupported, unknown)


def _values(
    settings: Mapping[str, Setting], wished: Mapping[str, Any], running: Running, experimental: bool
) -> tuple[list[Change], dict[str, str]]:
    changes: list[Change] = []
    unsupported: dict[str, str] = {}
    for key, wanted in wished.items():
        setting = settings.get(key)
        if key in running.unknown:
            continue
        if setting is None:
            unsupported[key] = NO_WAY
        elif key not in running.values:
            # To have something switched off on a device that doesn't have it is to have it switched off.
            if wanted is not False:
                unsupported[key] = running.unsupported.get(key, UNTOLD)
        elif not _equal(setting, wanted, running.values[key]):
            if setting.read_only:
                unsupported[key] = f"it is {running.values[key]!r} and can only be read"
            elif setting.evidence == "experimental" and not experimental:
                unsupported[key] = f"it is {running.values[key]!r}: {EXPERIMENTAL}"
            else:
                changes.append(Change(setting, running.values[key], wanted))
    return changes, unsupported


def _untold(items: Items, wanted: Mapping[str, Any], running: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """What a device doesn't say of rows that it has."""
    there = {str(name): row for name, row in wanted.items() if row is not None and str(name) in running}
    keys = [setting.key for setting in items.settings]
    return {f"{items.key}.{name}.{key}": UNTOLD for name, row in there.items() for key in keys if key in row and key not in running[name]}


def _rows(
    items: Items, wanted: Mapping[str, Any], running: Mapping[str, Mapping[str, Any]], renew: bool, kept: frozenset[str]
) -> list[RowChange]:
    named = {str(name): row for name, row in wanted.items()}
    stays = [row_change(items, name, row, running.get(name), renew=renew) for name, row in named.items() if row is not None]
    unwished = {name for name, row in running.items() if items.ours(name, row) and name not in named}
    gone = [name for name in running if name not in kept and (name in unwished or named.get(name, {}) is None)]
    return [row for row in stays if row is not None] + [RowChange(items, name, running[name], None) for name in gone]


def row_change(
    items: Items, name: str, wanted: Mapping[str, Any], running: Mapping[str, Any] | None, *, renew: bool = False
) -> RowChange | None:
    """What is to be written of one row; None when nothing is."""
    named = [setting for setting in items.settings if setting.key in wanted]
    secret = (wanted.get("password") or {}).get("secret")
    differing = {
        setting.key: wanted[setting.key]
        for setting in named
        if running is None or (setting.key in running and not _equal(setting, wanted[setting.key], running[setting.key]))
    }
    if running is None or differing or (renew and secret):
        before = None if running is None else {key: running.get(key) for key in differing}
        return RowChange(items, name, before, differing, secret)
    return None


def _equal(setting: Setting, wanted: Any, running: Any) -> bool:
    try:
        normal = setting.form.normal(wanted)
    except (ValueError, TypeError, LookupError, OSError) as error:
        raise ModelError(f"desired.{setting.key}: {wanted!r} can't be set ({error}); correct the value") from None
    try:
        return bool(normal == setting.form.normal(running))
    except (ValueError, TypeError, LookupError, OSError):
        return False
