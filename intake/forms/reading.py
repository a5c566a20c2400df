"""Sheets of the survey form -> what they say. Every wrong cell is named; a row counts only when something besides its site is in it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Id
from pydantic import TypeAdapter, ValidationError

from ..cells.grids import Cell, Grid
from ..cells.kinds import Wrong, folded, shown
from ..matching import free_id, matched
from ..said import Said, devices
from . import columns
from .columns import SITE, Column, Table
from .headings import Heading
from .tables import EXAMPLE

SITE_ID: TypeAdapter[str] = TypeAdapter(Id)
# What tells the things of a table apart when nobody has written their ids.
MARKS = ("serial", "mac", "address", "source", "interface", "name")


@dataclass
class Row:
    """A row of a sheet that says something: its cells by column, and what became of them."""

    table: Table
    grid: Grid
    number: int
    at: Mapping[Column, int]
    site: str = ""
    ids: tuple[str | None, ...] = ()

    def cell(self, column: Column) -> Cell:
        """The cell under a heading; empty when the sheet hasn't got the heading."""
        return self.grid.cell(self.number, self.at[column]) if column in self.at else Cell()

    def place(self, column: Column) -> str:
        """Where that cell is; the row's first when the sheet hasn't got the heading."""
        return self.grid.place(self.number, self.at.get(column, min(self.at.values())))


@dataclass(frozen=True)
class Sites:
    """The sites that a form may speak of.

    :param known: every site's own YAML, by id.
    :param only: the one site that everything is about, if somebody said so.
    :param may_add: whether a site that isn't known is a new one.
    """

    known: Mapping[str, Mapping[str, Any]]
    only: str | None = None
    may_add: bool = False


def read_tables(sheets: Iterable[tuple[Table, Grid, Heading]], sites: Sites, said: Said) -> None:
    """Add what the tables of one file say."""
    rows = [row for table, grid, heading in sheets for row in _rows(table, grid, heading)]
    default = sites.only or _only_site(rows)
    named = [row for row in rows if _name_site(row, default, sites, said)]
    for row in named:
        row.ids = tuple(_id(row, column, said) for column in row.table.ids)
    stated = [(row, _values(row, said)) for row in named]
    _name_new(stated, sites.known)
    twice: dict[tuple[str, str, tuple[str | None, ...]], Row] = {}
    for row, values in stated:
        if None in row.ids:
            continue
        first = twice.setdefault((row.table.letter, row.site, row.ids), row)
        if first is row:
            _state(row, values, sites.known, said)
        else:
            what = f"is about the same {row.table.noun} as row {first.number}; keep one of the two rows"
            said.wrong(row.place((*row.table.ids, SITE)[0]), what)


def _rows(table: Table, grid: Grid, heading: Heading) -> Iterator[Row]:
    for number in grid.rows:
        row = Row(table, grid, number, heading.columns)
        asked = [row.cell(column) for column in heading.columns if column != SITE]
        if number > heading.row and any(not cell.is_empty for cell in asked) and not _is_example(grid.cell(number, 0)):
            yield row


def _is_example(cell: Cell) -> bool:
    return isinstance(cell.value, str) and folded(cell.value).startswith(folded(EXAMPLE))


def _only_site(rows: Iterable[Row]) -> str | None:
    named = {shown(cell.value) for row in rows if not (cell := row.cell(SITE)).is_empty and not cell.trouble}
    return named.pop() if len(named) == 1 else None


def _name_site(row: Row, default: str | None, sites: Sites, said: Said) -> bool:
    """Find out which site a row is about; False when nobody can tell."""
    cell, where = row.cell(SITE), row.place(SITE)
    if cell.trouble:
        said.wrong(where, cell.trouble)
        return False
    name = default if cell.is_empty else shown(cell.value)
    if name is None:
        said.wrong(where, "is empty; write the id of the site that the row is about")
        return False
    if sites.only not in (None, name):
        said.wrong(where, f"is about '{name}', but --site says '{sites.only}'; correct one of the two")
        return False
    if name not in sites.known and not (sites.may_add and is_id(name)):
        near = difflib.get_close_matches(name, sites.known, n=1)
        hint = f"did you mean '{near[0]}'?" if near else "correct the id, or say with --file where a new site goes"
        said.wrong(where, f"there is no site '{name}'; {hint}")
        return False
    row.site = name
    return True


def is_id(name: str) -> bool:
    """Whether it may be the id of a site, a device or a line."""
    try:
        SITE_ID.validate_python(name)
    except ValidationError:
        return False
    return True


def _id(row: Row, column: Column, said: Said) -> str | None:
    """The id that a row gives its thing; None when it gives none, or a wrong one."""
    cell, where = row.cell(column), row.place(column)
    if cell.trouble:
        said.wrong(where, cell.trouble)
    elif cell.is_empty and column.needed:
        said.wrong(where, f"is empty; write which {column.english.lower()} the row is about")
    elif not cell.is_empty:
        try:
            name = str(column.kind.read(cell.value))
        except Wrong as wrong:
            said.wrong(where, str(wrong))
            return None
        if is_id(name):
            return name
        hint = "" if column.needed else "; leave the cell empty and a free one is taken"
        said.wrong(where, f"'{name}' is no id; write it like {column.example}{hint}")
    return None


def _values(row: Row, said: Said) -> dict[Column, Any]:
    """What the cells of a row state, None for what is to be taken away; wrong ones are noted and left out."""
    values = {}
    for column in row.table.columns:
        cell = row.cell(column)
        if cell.trouble:
            said.wrong(row.place(column), cell.trouble)
        elif not cell.is_empty:
            try:
                values[column] = columns.read(row.table, column, cell.value)
            except Wrong as wrong:
                said.wrong(row.place(column), str(wrong))
    return values


def _name_new(stated: list[tuple[Row, dict[Column, Any]]], known: Mapping[str, Mapping[str, Any]]) -> None:
    """Give the things without an id that of the known one that they are, or a free one."""
    for table, site in dict.fromkeys((row.table, row.site) for row, _ in stated if None in row.ids and len(row.ids) == 1):
        here = [(row, values) for row, values in stated if (row.table, row.site) == (table, site)]
        given = {row.ids[0] for row, _ in here}
        nameless = [(row, {column.key: value for column, value in values.items()}) for row, values in here if row.ids == (None,)]
        raw = known.get(site, {})
        there = {ids[0]: thing for ids, thing in table.things(raw) if ids[0] not in given}
        taken = {*there, *(name for _, name, _ in devices(raw))}
        taken |= {name for row, _ in stated if row.site == site for name in row.ids[:1] if name is not None}
        for (row, values), name in zip(nameless, matched([values for _, values in nameless], there, MARKS), strict=True):
            prefix = table.prefix or str(values.get("kind", table.noun))
            row.ids = (name or free_id(prefix, taken, bare=not table.prefix),)
            taken.add(row.ids[0])


def _state(row: Row, values: Mapping[Column, Any], known: Mapping[str, Mapping[str, Any]], said: Said) -> None:
    table, ids = row.table, tuple(str(name) for name in row.ids)
    base = (row.site, *table.place(ids))
    raw = known.get(row.site, {})
    is_new = row.site not in known if not table.below else ids not in dict(table.things(raw))
    above = base[:-2] if len(table.below) > 1 else ()
    if above and ids[0] not in (raw.get(above[1]) or {}) and above not in said.places:
        said.wrong(row.place(table.ids[0]), f"there is no {table.ids[0].english.lower()} '{ids[0]}'; correct the id")
        return
    said.places.setdefault(base, row.place(table.ids[0] if table.ids else SITE))
    for column in table.columns:
        path, where = (*base, *column.path), row.place(column)
        if column in values:
            said.say(path, values[column], where)
        elif column.needed and is_new and row.cell(column).is_empty:
            said.wrong(where, f"is empty; a new {table.noun} needs its '{column.heading}'")
        said.places.setdefault(path, where)
