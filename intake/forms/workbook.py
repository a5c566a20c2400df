"""An XLSX file as grids."""

from __future__ import annotations

import io
import warnings
import zipfile
from collections import defaultdict

import openpyxl
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from openpyxl.cell.cell import Cell as Read
from openpyxl.cell.cell import MergedCell
from openpyxl.worksheet.worksheet import Worksheet

from ..cells.grids import EMPTY, Cell, Grid
from .tables import LISTS

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # the stream that holds a workbook with a password
MOST_BYTES = 200_000_000  # unpacked


def is_workbook(content: bytes) -> bool:
    """Whether it is a file that Excel makes, readable or not."""
    return content.startswith((ZIP, OLE))


def workbook_grids(file: str, content: bytes) -> tuple[Grid, ...]:
    """Every sheet but that of the lists.

    :raises ModelError: when the file can't be read: it is old, damaged, protected, or none of Excel's.
    """
    if content.startswith(OLE):
        if ENCRYPTED in content:
            raise ModelError(f"{file}: is protected with a password; take it off in Excel (File, Info, Protect Workbook) and save it again")
        raise ModelError(f"{file}: is a workbook of old Excel (.xls); save it as .xlsx")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names, size = archive.namelist(), sum(part.file_size for part in archive.infolist())
    except Exception:  # noqa: BLE001  one wrong byte of its directory may mean anything
        raise ModelError(f"{file}: is damaged; send or save it again") from None
    if size > MOST_BYTES:
        raise ModelError(f"{file}: unpacks to {size // 10**6} MB, more than any form; save only the form's sheets in a new file")
    if "xl/workbook.xml" not in names:
        raise ModelError(f"{file}: is no Excel workbook; save it as .xlsx")
    if not _is_whole(content):
        raise ModelError(f"{file}: is damaged; send or save it again")
    try:
        with warnings.catch_warnings(action="ignore"):
            book = openpyxl.load_workbook(io.BytesIO(content))
            return tuple(_grid(file, sheet) for sheet in book.worksheets if sheet.title != LISTS)
    except Exception as error:  # noqa: BLE001  the library breaks in any way on parts that it doesn't expect
        raise ModelError(f"{file}: can't be read ({type(error).__name__}: {error}); open it in Excel and save it again as .xlsx") from None


def _is_whole(content: bytes) -> bool:
    """Whether every part is what the directory says: a sheet whose name there rotted would just be missing, and nobody told."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.testzip() is None
    except Exception:  # noqa: BLE001  as above
        return False


def _grid(file: str, sheet: Worksheet) -> Grid:
    merged = {place: str(area) for area in sheet.merged_cells.ranges for place in area.cells}
    rows: dict[int, dict[int, Cell]] = defaultdict(dict)
    # Walking the rows would make every cell up to one that somebody formatted in row 1,048,576.
    for (row, column), cell in sheet._cells.items():
        found = _cell(cell, merged.get((row, column), ""))
        if not found.is_empty:
            rows[row][column - 1] = found
    filled = {row: tuple(cells.get(at, EMPTY) for at in range(max(cells) + 1)) for row, cells in sorted(rows.items())}
    return Grid(file, sheet.title, filled)


def _cell(cell: Read | MergedCell, merged: str) -> Cell:
    if merged:
        return Cell(cell.value, "are merged; take them apart and write the value into each that it is for", merged)
    if cell.value is None or isinstance(cell, MergedCell):
        return EMPTY
    if cell.data_type == "f":
        return Cell(None, "holds a formula; copy the cell and paste it as a value")
    if cell.data_type == "e":
        return Cell(None, f"holds the error {cell.value}; write the value itself")
    if isinstance(cell.value, int | float) and "%" in cell.number_format:
        return Cell(f"{cell.value * 100:.10g}%")  # as people see it; the cell holds a hundredth
    return Cell(cell.value)
