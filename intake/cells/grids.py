"""Sheets as grids of cells, whatever file they came in; a cell that can't be read says why."""

from __future__ import annotations

from dataclasses import dataclass

from openpyxl.utils import get_column_letter


@dataclass(frozen=True)
class Cell:
    """A cell's content, None when it is empty, or the trouble with it."""

    value: object = None
    trouble: str = ""
    merged: str = ""  # the range that it is merged into

    @property
    def is_empty(self) -> bool:
        """Whether nobody wrote anything here."""
        return not self.trouble and (self.value is None or (isinstance(self.value, str) and not self.value.strip()))


EMPTY = Cell()


@dataclass(frozen=True)
class Grid:
    """A sheet; ``file`` and ``title`` name it, ``rows`` are the rows with something in them, by number from 1."""

    file: str
    title: str
    rows: dict[int, tuple[Cell, ...]]

    @property
    def where(self) -> str:
        """The sheet, as a sentence begins."""
        return f"{self.file}: sheet '{self.title}'" if self.title else self.file

    def place(self, row: int, column: int) -> str:
        """A cell, as a sentence begins; the column counts from 0."""
        cell = self.cell(row, column)
        name = f"cells {cell.merged}" if cell.merged else f"cell {get_column_letter(column + 1)}{row}"
        return f"{self.where}, {name}" if self.title else f"{self.file}: {name}"

    def cell(self, row: int, column: int) -> Cell:
        """The cell; one beyond the row's end is empty."""
        cells = self.rows.get(row, ())
        return cells[column] if column < len(cells) else EMPTY
