"""Tables: rows of plain values, which a workbook keeps as they are and a letter shows as text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from .speech import Speech

Cell = str | int | float | date | None
Row = Mapping[str, Cell]
NOTHING_KNOWN = "—"


def shown(speech: Speech, cell: Cell) -> str:
    """A value as text; what nobody knows is a dash, never ``None``."""
    if cell is None or cell == "":
        return NOTHING_KNOWN
    if isinstance(cell, str):
        return cell
    if isinstance(cell, date):
        return speech.day(cell)
    return speech.number(cell, 2 if isinstance(cell, float) else 0)


def table(speech: Speech, name: str, rows: Iterable[Row]) -> dict[str, Any]:
    """What a template needs of a table: one table, or the sentence that stands where it would be empty."""
    return tables(speech, name, [("", list(rows))])


def tables(speech: Speech, name: str, groups: Iterable[tuple[str, Sequence[Row]]]) -> dict[str, Any]:
    """The same for several tables with a caption each; empty ones are left out."""
    found = [
        {"captions": [caption] if caption else [], "rows": [{key: shown(speech, cell) for key, cell in row.items()} for row in rows]}
        for caption, rows in groups
        if rows
    ]
    return {"tables": found, "none": [] if found else [speech.word("empty", name)]}
