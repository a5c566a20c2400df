"""Which thing of the inventory a found one is, and what a new one is called."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from itertools import count
from typing import Any

from .cells.kinds import folded


def matched(found: Sequence[Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]], keys: Sequence[str]) -> list[str | None]:
    """For each found thing the id of the known one that it is, or None.

    :param keys: what tells things apart, the surest first: each is tried for all before the next, and nothing is taken twice.
    """
    names: list[str | None] = [None] * len(found)
    for key in keys:
        free = {name: thing for name, thing in known.items() if name not in names}
        owners = {_mark(thing.get(key)): name for name, thing in reversed(free.items()) if thing.get(key)}
        for index, thing in enumerate(found):
            if names[index] is None and thing.get(key):
                names[index] = owners.pop(_mark(thing[key]), None)
    return names


def _mark(value: Any) -> str:
    return folded(str(value))


def free_id(prefix: str, taken: Container[str], *, bare: bool = False) -> str:
    """The next id that nobody has: ``cam1``, ``cam2``; ``bare`` begins with the prefix itself."""
    if bare and prefix not in taken:
        return prefix
    return next(name for number in count(2 if bare else 1) if (name := f"{prefix}{number}") not in taken)
