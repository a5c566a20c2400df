"""What is another at a device after its firmware than before it. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from ..findings import Json
from ..snapshots import Snapshot, is_volatile

VERSION_KEYS = ("identity.firmware", "identity.build")
SHOWN = 6


def differences(before: Mapping[str, Json], after: Snapshot, may_change: tuple[str, ...]) -> list[str]:
    """Every value that is another, came, or isn't told any more, as ``key: before -> after``; all that a backup keeps counts."""
    return [
        sentence for key, sentence in _rows(before, after) if not any(fnmatchcase(key, pattern) for pattern in (*VERSION_KEYS, *may_change))
    ]


def _rows(before: Mapping[str, Json], after: Snapshot) -> Iterator[tuple[str, str]]:
    for key in sorted({*before, *after.values}):
        if is_volatile(key) or (key in before and key in after.values and before[key] == after.values[key]):
            continue
        if key not in after.values:
            why = next((why for one, why in {**after.unknown, **after.unsupported}.items() if f"{key}.".startswith(f"{one}.")), "gone")
            yield key, f"{key}: {_short(before[key])} -> not told any more ({why})"
        else:
            yield key, f"{key}: {_short(before[key]) if key in before else 'not there'} -> {_short(after.values[key])}"


def _short(value: Json) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:60] + "…"


def told(differing: list[str]) -> str:
    """Differences as the end of a sentence."""
    more = len(differing) - SHOWN
    return "; ".join(differing[:SHOWN]) + (f"; and {more} more" if more > 0 else "")
