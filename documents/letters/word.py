"""Paragraphs and tables of a Word file, as python-docx makes them, and the little that it can't make."""

from __future__ import annotations

from typing import Any

from docx.document import Document as DocumentValue
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Length, Mm, Pt
from docx.table import Table, _Cell
from docx.text.paragraph import Paragraph

ALIGN = {
    "left": WD_ALIGN_PARAGRAPH.LEFT,
    "right": WD_ALIGN_PARAGRAPH.RIGHT,
    "center": WD_ALIGN_PARAGRAPH.CENTER,
    "justify": WD_ALIGN_PARAGRAPH.JUSTIFY,
}
TOP, BOTTOM, LEFT, RIGHT = Mm(20), Mm(20), Mm(30), Mm(15)
BODY, SMALL, TINY = 13, 12, 11  # points; Decree 30/2020 asks 13 to 14 of a letter's body
# Word takes the parts of a paragraph's properties in one order only.
AFTER_BORDERS = ("w:shd", "w:tabs", "w:suppressAutoHyphens", "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:outlineLvl", "w:rPr")


def line(
    paragraph: Paragraph,
    text: str,
    *,
    size: float = BODY,
    bold: bool = False,
    italic: bool = False,
    before: float = 0,
    after: float = 0,
    align: str = "center",
) -> None:
    """Put text into a paragraph; sizes and distances in points."""
    run = paragraph.add_run(text)
    run.font.size, run.bold, run.italic = Pt(size), bold or None, italic or None
    form = paragraph.paragraph_format
    form.space_before, form.space_after = Pt(before), Pt(after)
    paragraph.alignment = ALIGN[align]


def prose(document: DocumentValue, text: str, style: str) -> Paragraph:
    """A paragraph of a letter's body: ``p``, ``bullet``, ``basis`` or ``notice``."""
    paragraph = document.add_paragraph()
    line(paragraph, f"- {text}" if style == "bullet" else text, italic=style in ("basis", "notice"), after=6, align="justify")
    paragraph.paragraph_format.first_line_indent = Mm(10)
    paragraph.paragraph_format.line_spacing = 1.1
    return paragraph


def gap(document: DocumentValue, points: float) -> None:
    """An empty paragraph of a fixed height: Word wants one behind every table."""
    form = document.add_paragraph().paragraph_format
    form.space_before, form.space_after, form.line_spacing = Pt(0), Pt(0), Pt(points)


def rule(holder: DocumentValue | _Cell, indent: Length, after: float = 4) -> None:
    """A short line under a heading: the top border of a low, indented paragraph, which no font can make too long."""
    paragraph = holder.add_paragraph()
    form = paragraph.paragraph_format
    form.left_indent, form.right_indent, form.space_before, form.space_after = indent, indent, Pt(2), Pt(after)
    form.line_spacing = Pt(2)
    border = OxmlElement("w:pBdr")
    border.append(_element("w:top", val="single", sz="6", space="1", color="000000"))
    paragraph._p.get_or_add_pPr().insert_element_before(border, *AFTER_BORDERS)


def grid(document: DocumentValue, widths_mm: tuple[float, ...], *, rows: int, borders: bool = False, padding_mm: float = 1.2) -> Table:
    """A table with fixed columns: Word and LibreOffice then agree on every line break."""
    table: Table = document.add_table(rows=rows, cols=len(widths_mm))
    table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
    if borders:
        table.style = document.styles["Table Grid"]
    margins = OxmlElement("w:tblCellMar")
    margins.extend([_element(f"w:{side}", w=str(Mm(padding_mm).twips), type="dxa") for side in ("left", "right")])
    table._tbl.tblPr.insert_element_before(margins, "w:tblLook")
    for column, width in zip(table.columns, widths_mm, strict=True):
        column.width = Mm(width)
        for cell in column.cells:
            cell.width = Mm(width)
    return table


def shade(cell: _Cell) -> None:
    """The light grey of a table's head."""
    cell._tc.get_or_add_tcPr().append(_element("w:shd", val="clear", color="auto", fill="F2F2F2"))


def mark_row(table: Table, row: int, mark: str) -> None:
    """``w:tblHeader`` repeats a row on each page, ``w:cantSplit`` keeps it on one."""
    table.rows[row]._tr.get_or_add_trPr().append(OxmlElement(mark))


def outline(paragraph: Paragraph, level: int) -> None:
    """Show a heading in Word's navigation, 0 the highest."""
    paragraph._p.get_or_add_pPr().append(_element("w:outlineLvl", val=str(level)))


def page(document: DocumentValue, *, landscape: bool) -> None:
    """Set up the last section: A4, and the page's number on top from the second page on."""
    section = document.sections[-1]
    section.page_width, section.page_height = (Mm(297), Mm(210)) if landscape else (Mm(210), Mm(297))
    section.orientation = WD_ORIENT.LANDSCAPE if landscape else WD_ORIENT.PORTRAIT
    # A turned page has its binding edge on top.
    margins = (LEFT, RIGHT, BOTTOM, TOP) if landscape else (TOP, BOTTOM, LEFT, RIGHT)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = margins
    section.header_distance = Mm(10)
    if len(document.sections) == 1:
        section.different_first_page_header_footer = True
        _page_number(section.header.paragraphs[0])
    else:
        section.different_first_page_header_footer = False


def _page_number(paragraph: Paragraph) -> None:
    """A field that shows the page's number."""
    paragraph.alignment = ALIGN["center"]
    for kind in ("begin", "", "end"):
        run = paragraph.add_run()
        run.font.size = Pt(BODY)
        field = _element("w:fldChar", fldCharType=kind) if kind else OxmlElement("w:instrText")
        field.text = None if kind else "PAGE"
        run._r.append(field)


def _element(name: str, **attributes: str) -> Any:
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element
