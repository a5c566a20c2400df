"""A site's units through time: the next one begins where the last one ends, and no day before that changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

KEYS = ("code", "name", "level", "parent", "from", "until")


def last_began(units: Sequence[Mapping[str, Any]]) -> date | None:
    """The first day of the last unit; None where there is none."""
    return max((_day(unit["from"]) for unit in units), default=None)


def succeeded(units: Sequence[Mapping[str, Any]], since: date, new: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The units with the last one changed from a day on: what ``new`` doesn't say stays as it was, None takes a key away.

    :param since: not before the last unit began; on that very day the unit itself is changed.
    """
    if not units:
        return [_in_order({**new, "from": since})]
    *others, last = sorted(units, key=lambda unit: _day(unit["from"]))
    is_over = last.get("until") is not None and _day(last["until"]) < since
    following = _in_order({**last, **({"until": None} if is_over else {}), **new, "from": since})
    if _day(last["from"]) == since:
        return [*(dict(unit) for unit in others), following]
    ended = dict(last) if is_over else _in_order({**last, "until": since - timedelta(days=1)})
    return [*(ended if unit is last else dict(unit) for unit in units), following]


def _in_order(unit: Mapping[str, Any]) -> dict[str, Any]:
    return {key: unit[key] for key in (*KEYS, *(key for key in unit if key not in KEYS)) if unit.get(key) is not None}


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
