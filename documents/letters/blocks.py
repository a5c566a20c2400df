"""What the body of a letter template is made of: headings, prose, loops over sentences and tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from docx.document import Document as DocumentValue
from docx.enum.section import WD_ORIENT, WD_SECTION

from .word import SMALL, TINY, gap, grid, line, mark_row, outline, page, prose, shade

Block = Mapping[str, Any]
PORTRAIT_MM, LANDSCAPE_MM = 165, 257  # the width of the text


def _signature(document: DocumentValue, value: Mapping[str, str], block: Block, language: str) -> None:
    landscape = document.sections[-1].orientation == WD_ORIENT.LANDSCAPE
    width = LANDSCAPE_MM if landscape else PORTRAIT_MM
    document.add_paragraph().paragraph_format.keep_with_next = True
    table = grid(document, (width / 2, width / 2), rows=1)
    mark_row(table, 0, "w:cantSplit")
    left, right = table.rows[0].cells
    heading = {"vi": "Nơi nhận:", "en": "Copies:"}[language]
    line(left.paragraphs[0], heading, size=SMALL, bold=True, italic=True, align="left")
    for recipient in block["recipients"][language]:
        line(left.add_paragraph(), f"- {recipient}", size=TINY, align="left")
    line(right.paragraphs[0], value[language], bold=True)
    for _ in range(5):
        line(right.add_paragraph(), "")


def _parties(document: DocumentValue, value: list[Mapping[str, str]], _block: Block, language: str) -> None:
    """Both sides sign, each in a column of its own, on one page."""
    document.add_paragraph().paragraph_format.keep_with_next = True
    table = grid(document, (PORTRAIT_MM / 2, PORTRAIT_MM / 2), rows=1)
    mark_row(table, 0, "w:cantSplit")
    for cell, title in zip(table.rows[0].cells, value, strict=True):
        line(cell.paragraphs[0], title[language], bold=True)
        line(
            cell.add_paragraph(),
            {"vi": "(Ký, ghi rõ họ tên, đóng dấu)", "en": "(signature, name, seal)"}[language],
            size=SMALL,
            italic=True,
        )
        for _ in range(5):
            line(cell.add_paragraph(), "")


def _landscape(document: DocumentValue, _value: None, _block: Block, _language: str) -> None:
    document.add_section(WD_SECTION.NEW_PAGE)
    page(document, landscape=True)


def _heading(document: DocumentValue, value: Mapping[str, str], block: Block, language: str) -> None:
    paragraph = document.add_paragraph()
    line(paragraph, value[language], bold=True, before=10 if "h1" in block else 6, after=4, align="left" if "h1" in block else "justify")
    paragraph.paragraph_format.keep_with_next = True
    outline(paragraph, 0 if "h1" in block else 1)


def _paragraph(document: DocumentValue, value: Mapping[str, str], block: Block, language: str) -> None:
    prose(document, value[language], "p").paragraph_format.keep_with_next = block.get("last")


def _bullets(document: DocumentValue, value: Mapping[str, list[str]], _block: Block, language: str) -> None:
    for text in value[language]:
        prose(document, text, "bullet")


def _each(document: DocumentValue, value: str, block: Block, _language: str) -> None:
    def one() -> None:
        prose(document, "{{ sentence }}", block.get("style", "p")).paragraph_format.keep_with_next = block.get("last")

    _with_loop(document, f"sentence in {value}", one)


def _picture(document: DocumentValue, value: str, _block: Block, _language: str) -> None:
    _with_loop(document, f"picture in {value}", lambda: line(document.add_paragraph(), "{{r picture }}", before=4, after=6))


def _tables(document: DocumentValue, value: str, block: Block, language: str) -> None:
    def one() -> None:
        _with_loop(document, "caption in table.captions", lambda: _caption(document))
        _filled_table(document, block["columns"], language)
        gap(document, 6)

    _with_loop(document, f"table in {value}.tables", one)
    _with_loop(document, f"sentence in {value}.none", lambda: prose(document, "{{ sentence }}", "p"))


def _caption(document: DocumentValue) -> None:
    paragraph = document.add_paragraph()
    line(paragraph, "{{ caption }}", size=SMALL, italic=True, before=4, after=3, align="left")
    paragraph.paragraph_format.keep_with_next = True


def _filled_table(document: DocumentValue, columns: list[Mapping[str, Any]], language: str) -> None:
    table = grid(document, tuple(column["width"] for column in columns), rows=4, borders=True)
    for column, cell in zip(columns, table.rows[0].cells, strict=True):
        line(cell.paragraphs[0], column["title"][language], size=TINY, bold=True, before=2, after=2)
        shade(cell)
    line(table.rows[1].cells[0].paragraphs[0], "{%tr for row in table.rows %}")
    for column, cell in zip(columns, table.rows[2].cells, strict=True):
        text = "{{ row." + column["field"] + " }}"
        line(cell.paragraphs[0], text, size=TINY, before=1, after=1, align=column.get("align", "right"))
    line(table.rows[3].cells[0].paragraphs[0], "{%tr endfor %}")
    mark_row(table, 0, "w:tblHeader")
    for row in (0, 2):
        mark_row(table, row, "w:cantSplit")


def _pairs(document: DocumentValue, value: str, _block: Block, _language: str) -> None:
    table = grid(document, (60, PORTRAIT_MM - 60), rows=3, borders=True)
    line(table.rows[0].cells[0].paragraphs[0], "{%tr for row in " + value + " %}")
    for cell, field, bold in zip(table.rows[1].cells, ("what", "value"), (True, False), strict=True):
        line(cell.paragraphs[0], "{{ row." + field + " }}", size=SMALL, bold=bold, before=1, after=1, align="left")
    line(table.rows[2].cells[0].paragraphs[0], "{%tr endfor %}")
    mark_row(table, 1, "w:cantSplit")
    gap(document, 6)


BLOCKS: Mapping[str, Callable[[DocumentValue, Any, Block, str], None]] = {
    "h1": _heading,
    "h2": _heading,
    "p": _paragraph,
    "bullets": _bullets,
    "each": _each,
    "picture": _picture,
    "tables": _tables,
    "pairs": _pairs,
    "landscape": _landscape,
    "signature": _signature,
    "parties": _parties,
}


def _with_loop(document: DocumentValue, loop: str, make: Callable[[], object]) -> None:
    """Whatever ``make`` adds, once for each; a list of none or one is how something is left out without logic in a template."""
    line(document.add_paragraph(), "{%p for " + loop + " %}")
    make()
    line(document.add_paragraph(), "{%p endfor %}")
