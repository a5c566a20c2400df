"""All tables of a plan as one XLSX: heads that stay, filters, widths, and heads on every printed page."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from .letters.template import packed
from .sheets import SHEETS
from .subject import Subject
from .tables import Cell, Row

HEAD = {"font": Font(bold=True), "fill": PatternFill("solid", fgColor="E8EEF4"), "alignment": Alignment(wrap_text=True, vertical="center")}
FORMATS = {"_vnd": "#,##0", "_kbps": "#,##0", "gb": "#,##0", "share": "0%"}
DAY = "dd/mm/yyyy"
WIDEST = 60  # characters


def workbook(subject: Subject) -> bytes:
    """The workbook; equal plans give equal bytes."""
    book = Workbook(write_only=True)
    for name, rows in SHEETS.items():
        _sheet(book, subject, name, list(rows(subject)))
    memory = io.BytesIO()
    book.save(memory)
    with zipfile.ZipFile(memory) as archive:
        return packed({name: _dated(name, archive.read(name), subject.on) for name in archive.namelist()})


def _sheet(book: Workbook, subject: Subject, name: str, rows: list[Row]) -> None:
    sheet: Any = book.create_sheet(subject.speech.word("sheets", name))
    fields = list(dict.fromkeys(field for row in rows for field in row)) or ["name"]
    titles = [subject.speech.word("columns", field) for field in fields]
    for index, width in enumerate(_widths(fields, titles, rows), 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    sheet.freeze_panes = "C2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(fields))}{len(rows) + 1}"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation, sheet.page_setup.paperSize, sheet.page_setup.fitToHeight = "landscape", "9", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.append([_head(sheet, title) for title in titles])
    for row in rows:
        sheet.append([_cell(sheet, field, row.get(field)) for field in fields])


def _widths(fields: list[str], titles: list[str], rows: Iterable[Row]) -> Iterator[float]:
    longest = {field: max(len(part) for part in title.split()) + 3 for field, title in zip(fields, titles, strict=True)}
    for row in rows:
        for field, value in row.items():
            longest[field] = max(longest[field], 10 if isinstance(value, date) else len(str(value)) + 1)
    yield from (min(longest[field] + 1, WIDEST) for field in fields)


def _head(sheet: Any, title: str) -> Any:
    cell = WriteOnlyCell(sheet, title)
    cell.font, cell.fill, cell.alignment = HEAD["font"], HEAD["fill"], HEAD["alignment"]
    return cell


def _cell(sheet: Any, field: str, value: Cell) -> Any:
    if isinstance(value, str):
        if not value.startswith("="):
            return value
        cell = WriteOnlyCell(sheet, value)
        cell.data_type = "s"  # what a device says of itself is text, never a formula
        return cell
    form = DAY if isinstance(value, date) else next((form for end, form in FORMATS.items() if field.endswith(end)), None)
    if value is None or form is None:
        return value
    cell = WriteOnlyCell(sheet, value)  # type: ignore[arg-type]  # the stubs don't know that a day is one
    cell.number_format = form
    return cell


def _dated(name: str, content: bytes, on: date) -> bytes:
    """Openpyxl writes the moment of saving into the properties."""
    if name != "docProps/core.xml":
        return content
    moment = datetime.combine(on, datetime.min.time()).isoformat() + "Z"
    return re.sub(rb"(<dcterms:(created|modified)[^>]*>)[^<]*", rb"\g<1>" + moment.encode(), content)
