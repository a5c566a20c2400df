"""What differs between a wish and a device. Pure: nothing is read, nothing is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .errors import ModelError, MotcuaError
from .settings import Items, Risk, Setting

LISTS = ("users", "channels")  # what a wish may hold rows of
NO_WAY = "no way to it is known for this kind of device"
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
    """One row of a list that is missing (``before`` is None) or should be another; ``secret`` names the password to write with it."""

    items: Items
    name: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    secret: str | None

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


def diff(
    settings: Mapping[str, Setting], lists: Mapping[str, Items], wish: Mapping[str, Any], running: Running, *, renew: bool = False
) -> Difference:
    """Compare typed values after normalising. A wish owns only the keys that it names; ``renew`` writes the passwords of all named rows.

    :raises ModelError: when a wished value can't be spelt in its setting's form.
    """
    changes: list[Change] = []
    unsupported: dict[str, str] = {}
    wished = flatten(wish, lists)
    for key, wanted in wished.items():
        setting = settings.get(key)
        if key in running.unknown:
            continue
        if setting is None:
            unsupported[key] = NO_WAY
        elif key not in running.values:
            # To have something switched off on a device that doesn't have it is to have it switched off.
            if wanted is not False:
                unsupported[key] = running.unsupported.get(key, "the device doesn't report it")
        elif not _equal(setting, wanted, running.values[key]):
            if setting.read_only:
                unsupported[key] = f"it is {running.values[key]!r} and can only be read"
            else:
                changes.append(Change(setting, running.values[key], wanted))
    rows: list[RowChange] = []
    for key in (key for key in LISTS if wish.get(key) and key not in running.unknown):
        if key not in running.rows:
            unsupported[key] = running.unsupported.get(key, NO_WAY)
            continue
        for name, row in wish[key].items():
            found = _row(lists[key], str(name), row, running.rows[key].get(str(name)), renew)
            rows += [found] if found else []
    unknown = {key: error for key, error in running.unknown.items() if key in lists or key in wished}
    return Difference(tuple(changes), tuple(rows), unsupported, unknown)


def _row(items: Items, name: str, wanted: Mapping[str, Any], running: Mapping[str, Any] | None, renew: bool) -> RowChange | None:
    named = [setting for setting in items.settings if setting.key in wanted]
    secret = (wanted.get("password") or {}).get("secret")
    differing = {
        setting.key: wanted[setting.key]
        for setting in named
        if running is None or not _equal(setting, wanted[setting.key], running.get(setting.key))
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
