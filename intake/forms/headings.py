"""Which sheet is which table, and which column is which: people rename, move and remove them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..cells.grids import Cell, Grid
from ..cells.kinds import folded, tidy
from ..said import Said
from .columns import SITE, Column, Table
from .tables import FORM

FIRST_ROWS = 20  # among which the headings stand, whatever people write above them
NEW_FORM = "'motcua survey form' makes a new one"


@dataclass(frozen=True)
class Heading:
    """Where a sheet's headings stand: the row's number, and each column's index from 0."""

    row: int
    columns: Mapping[Column, int]


def form_sheets(file: str, grids: Sequence[Grid], said: Said) -> list[tuple[Table, Grid, Heading]]:
    """The tables of a workbook in the form's order; what is missing or renamed is noted."""
    titles = {folded(grid.title): grid for grid in grids}
    found = {table: titles[folded(table.name)] for table in FORM if folded(table.name) in titles}
    if not found:
        said.wrong(file, f"is no survey form: it has no sheet '{FORM[0].name}' and none of the others; {NEW_FORM}")
        return []
    missing = [table.name for table in FORM if table not in found]
    for grid in grids:
        if grid not in found.values() and grid.rows:
            near = difflib.get_close_matches(tidy(grid.title), missing, n=1, cutoff=0.5)
            if near or missing:
                said.wrong(grid.where, f"is none of the form's; name it '{(near or missing)[0]}' if it is that, or remove it")
                missing.remove((near or missing)[0])
            else:
                said.remark(f"{grid.where}: is none of the form's and was not read")
    if missing:
        names = ", ".join(f"'{name}'" for name in missing)
        said.wrong(file, f"the sheet{'s' * (len(missing) > 1)} {names} {'are' if len(missing) > 1 else 'is'} missing; {NEW_FORM}")
    return [(table, grid, heading) for table, grid in found.items() if (heading := heading_of(table, grid, said))]


def csv_sheet(grid: Grid, said: Said) -> list[tuple[Table, Grid, Heading]]:
    """The table that a CSV file is, by its headings."""
    best = max(FORM, key=lambda table: max((len(_columns(table, grid, row)) for row in _first(grid)), default=0))
    heading = heading_of(best, grid, said)
    return [] if heading is None else [(best, grid, heading)]


def heading_of(table: Table, grid: Grid, said: Said) -> Heading | None:
    """Find the headings and note those that are wrong; None when there are none."""
    at = max(_first(grid), key=lambda row: len(_columns(table, grid, row)), default=0)
    found = _columns(table, grid, at)
    if not set(found) - {SITE, *table.ids}:
        said.wrong(grid.where, f"has no headings of the form, such as '{table.columns[0].heading}'; {NEW_FORM}")
        return None
    names = _names(table)
    for index, cell in enumerate(grid.rows[at]):
        _judge(table, grid, at, index, cell, names, found, said)
    for column in table.all_columns:
        # A table alone may speak of what is known already; what a new thing lacks is said by its row.
        if column not in found and column.needed and (grid.title or column in table.ids):
            said.wrong(grid.where, f"the heading '{column.heading}' is missing; write it over its column again")
        elif column not in found and column != SITE and grid.title:
            said.remark(f"{grid.where}: the heading '{column.heading}' is missing, so nothing was read of it")
    return Heading(at, found)


def _judge(
    table: Table, grid: Grid, row: int, index: int, cell: Cell, names: Mapping[str, Column], found: Mapping[Column, int], said: Said
) -> None:
    where, text = grid.place(row, index), _first_line(cell)
    if cell.trouble:
        said.wrong(where, cell.trouble)
    elif text in names:
        if found[names[text]] != index:
            said.wrong(where, f"the heading '{names[text].heading}' is there twice; remove one of the two columns")
    elif any(number > row and not grid.cell(number, index).is_empty for number in grid.rows):
        missing = [column.heading for column in table.all_columns if column not in found]
        near = difflib.get_close_matches(tidy(str(cell.value or "")), missing, n=1, cutoff=0.4)
        hint = f"write '{near[0]}' if it is that, or remove the column" if near else "remove the column"
        said.wrong(where, f"'{tidy(str(cell.value or ''))}' is no heading of the form; {hint}")


def _first(grid: Grid) -> Iterable[int]:
    return [row for row in grid.rows if row <= FIRST_ROWS]


def _columns(table: Table, grid: Grid, row: int) -> dict[Column, int]:
    names = _names(table)
    found: dict[Column, int] = {}
    for index, cell in enumerate(grid.rows.get(row, ())):
        if (text := _first_line(cell)) in names:
            found.setdefault(names[text], index)
    return found


def _names(table: Table) -> dict[str, Column]:
    """Both languages of a heading; the Vietnamese one wins."""
    columns = table.all_columns
    return {folded(column.english): column for column in columns} | {folded(column.heading): column for column in columns}


def _first_line(cell: Cell) -> str:
    """A heading's own text: its English stands below it."""
    return folded(str(cell.value or "").strip().split("\n")[0])
