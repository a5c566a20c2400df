"""The survey form as a workbook: a sheet a table, drop-down lists, an example, what the inventory knows already, and no macros."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Alignment, Border, Color, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.page import PageMargins
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from ..cells.kinds import Written
from .columns import SITE, Column, Table, written
from .tables import FORM, LISTS

TITLE_ROW, NOTE_ROW, HEADING_ROW, EXAMPLE_ROW = 1, 2, 3, 4
FIRST_ROW = EXAMPLE_ROW + 1
EMPTY_ROWS = 12  # for what nobody knows of yet
PAGE_SIGNS = 170  # that stand beside each other on a page without being too small to read
ROW_POINTS, LINE_POINTS = 21, 14
RULES = (
    "Điền vào các dòng trắng; dòng nghiêng màu xám là ví dụ. Ô nền vàng là bắt buộc với mục mới. Ô có mũi tên: chọn trong danh sách. "
    "Không biết thì để trống; muốn xóa thông tin sai đã in sẵn thì ghi dấu -. Không gộp ô, không đổi tên trang tính và tiêu đề cột."
)
FONT = "Times New Roman"
HAND, EXAMPLE = Font(name=FONT, size=11), Font(name=FONT, size=11, italic=True, color="FF7F7F7F")
THIN = Side(style="thin", color="FF9AA5B1")
FRAME = Border(left=THIN, right=THIN, top=THIN, bottom=THIN)
NEEDED, ASKED, GREY = (PatternFill("solid", fgColor=color) for color in ("FFFFF2CC", "FFE3ECF5", "FFF2F2F2"))
WRAPPED = Alignment(wrap_text=True, vertical="center", horizontal="left", indent=1)
CENTRED = Alignment(wrap_text=True, vertical="center", horizontal="center")
TEXT, GENERAL = "@", "General"


def form(name: str, sites: Mapping[str, Mapping[str, Any]]) -> bytes:
    """The form of one or several sites, filled with what is known.

    :param name: of the province, or of the district, for the titles.
    :param sites: each site's own YAML, by id.
    """
    book = Workbook()
    lists = book.active
    assert isinstance(lists, Worksheet)
    lists.title = LISTS
    names = _lists(book, lists, tuple(sites))
    for table in FORM:
        _sheet(book.create_sheet(table.name), table, name, sites, names)
    book.move_sheet(lists, len(FORM))
    lists.sheet_state = "hidden"
    book.active = 0
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _lists(book: Workbook, sheet: Worksheet, sites: Sequence[str]) -> dict[tuple[str, ...], str]:
    """Write the drop-down lists, each once, and give the formula of each: a list inside a rule may have 255 signs only."""
    found: dict[tuple[str, ...], str] = {}
    for offers in dict.fromkeys(
        [tuple(sites), *(column.kind.offers for table in FORM for column in table.all_columns if column.kind.offers)]
    ):
        number = len(found) + 1
        for row, offer in enumerate(offers, 1):
            sheet.cell(row, number, offer).number_format = TEXT
        letter = get_column_letter(number)
        book.defined_names[f"DM_{number}"] = DefinedName(f"DM_{number}", attr_text=f"'{LISTS}'!${letter}$1:${letter}${len(offers)}")
        found[offers] = f"=DM_{number}"
    return found


def _sheet(sheet: Worksheet, table: Table, name: str, sites: Mapping[str, Mapping[str, Any]], names: Mapping[tuple[str, ...], str]) -> None:
    columns, rows = table.all_columns, _rows(table, sites)
    last = EXAMPLE_ROW + len(rows) - 1
    _head(sheet, table, name, [column.width for column in columns])
    for number, row in enumerate(rows, EXAMPLE_ROW):
        lines = max((-(-len(str(content)) // column.width) for column, content in row.items() if content is not None), default=1)
        sheet.row_dimensions[number].height = max(ROW_POINTS, LINE_POINTS * lines)
    for index, column in enumerate(columns, 1):
        _column(sheet, index, column, [row.get(column) for row in rows])
        offers = tuple(sites) if column is SITE else column.kind.offers
        letter = get_column_letter(index)
        if offers or column.hint:
            _rule(sheet, f"{letter}{FIRST_ROW}:{letter}{last + EMPTY_ROWS}", column, names.get(offers, ""))
    fixed = 1 + len(table.ids) + bool(table.below and len(columns) > 12)
    sheet.freeze_panes = f"{get_column_letter(fixed + 1)}{FIRST_ROW}"
    _print_setup(sheet, table, _title(table, name), fixed, last)


def _title(table: Table, name: str) -> str:
    return f"{table.letter}. {table.title.upper()} – {name}"


def _rows(table: Table, sites: Mapping[str, Mapping[str, Any]]) -> list[dict[Column, Written | None]]:
    """The example, what is known, a row a thing, and empty rows for what isn't."""
    rows: list[dict[Column, Written | None]] = [{column: column.example for column in table.all_columns}]
    for site, raw in sites.items():
        for ids, thing in table.things(raw):
            row: dict[Column, Written | None] = {SITE: site}
            row |= {column: column.kind.write(name) for column, name in zip(table.ids, ids, strict=True)}
            row |= {column: written(column, thing) for column in table.columns}
            rows.append(row)
    if table.below:
        only = {SITE: next(iter(sites))} if len(sites) == 1 else {}
        rows += [dict(only) for _ in range(EMPTY_ROWS)]
    return rows


def _head(sheet: Worksheet, table: Table, name: str, widths: Sequence[int]) -> None:
    title = sheet.cell(TITLE_ROW, 1, _title(table, name))
    title.font = Font(name=FONT, size=14, bold=True)
    note = sheet.cell(NOTE_ROW, 1, f"{table.note} {RULES}".strip())
    note.font, note.alignment = Font(name=FONT, size=10, italic=True, color="FF555555"), Alignment(wrap_text=True, vertical="top")
    # As far as one page goes; the rows below stay unmerged.
    across = max(1, sum(1 for total in accumulate(widths) if total <= PAGE_SIGNS))
    sheet.merge_cells(start_row=NOTE_ROW, end_row=NOTE_ROW, start_column=1, end_column=across)
    sheet.row_dimensions[TITLE_ROW].height = 24
    sheet.row_dimensions[NOTE_ROW].height = LINE_POINTS * (1 + len(str(note.value)) // sum(widths[:across]))
    sheet.row_dimensions[HEADING_ROW].height = 64


def _column(sheet: Worksheet, index: int, column: Column, cells: Sequence[Written | None]) -> None:
    heading = sheet.cell(HEADING_ROW, index)
    fonts = (InlineFont(rFont=FONT, b=True, sz=10), InlineFont(rFont=FONT, sz=8, color=Color("FF555555")))
    english = [TextBlock(fonts[1], f"\n{column.english}")] if column.english != column.heading else []
    heading.value = CellRichText(TextBlock(fonts[0], column.heading), *english)
    heading.alignment, heading.border, heading.fill = CENTRED, FRAME, NEEDED if column.needed else ASKED
    sheet.column_dimensions[get_column_letter(index)].width = column.width
    for row, content in enumerate(cells, EXAMPLE_ROW):
        cell = sheet.cell(row, index, content)
        if isinstance(content, str):
            # A device may call itself '=HYPERLINK(…)'; it is no formula of ours.
            cell.data_type = "s"
        cell.number_format = TEXT if column.kind.is_text else GENERAL
        cell.alignment, cell.border = WRAPPED if column.kind.is_text else CENTRED, FRAME
        cell.font = HAND
        if row == EXAMPLE_ROW:
            cell.font, cell.fill = EXAMPLE, GREY


def _rule(sheet: Worksheet, cells: str, column: Column, offers: str) -> None:
    """The drop-down list of a column's cells, and what shows when one is chosen."""
    rule = DataValidation(type="list" if offers else None, formula1=offers or None, allow_blank=True)
    if offers:
        rule.showErrorMessage, rule.errorStyle = True, "warning"
        rule.errorTitle, rule.error = "Không có trong danh sách", f"{column.heading}: hãy chọn một mục trong danh sách, hoặc để trống."
    if column.hint:
        rule.showInputMessage, rule.promptTitle, rule.prompt = True, column.heading[:32], column.hint[:255]
    rule.add(cells)
    sheet.add_data_validation(rule)


def _print_setup(sheet: Worksheet, table: Table, title: str, fixed: int, last: int) -> None:
    """A4 across; the title is the page's own, because a sheet that goes on beside itself would cut it."""
    sheet.page_setup.orientation, sheet.page_setup.paperSize = "landscape", sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = _pages(table), 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{HEADING_ROW}:{HEADING_ROW}"
    sheet.print_title_cols = f"A:{get_column_letter(fixed)}"
    sheet.print_area = f"A{HEADING_ROW}:{get_column_letter(len(table.all_columns))}{last}"
    sheet.page_margins = PageMargins(left=0.4, right=0.4, top=0.9, bottom=0.6, header=0.35, footer=0.3)
    # An & begins an order there, and a digit that begins the text would belong to the font's size.
    header = f'&"{FONT},Bold"&14 {title.replace("&", "&&")}'
    for part, text in ((sheet.oddHeader, header), (sheet.oddFooter, "&P/&N")):
        assert part is not None
        assert part.center is not None
        part.center.text = text


def _pages(table: Table) -> int:
    """How many pages wide it prints."""
    return -(-sum(column.width for column in table.all_columns) // PAGE_SIGNS)
