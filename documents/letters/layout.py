"""The letter templates themselves, from their YAML, in the format of an administrative document (Decree 30/2020, appendix I).

An office gets Word files with plain placeholders and loops; it changes their words and their look in Word, never this.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from docx import Document
from docx.document import Document as DocumentValue
from docx.oxml.ns import qn
from docx.shared import Mm, Pt
from docx.styles.style import ParagraphStyle

from .blocks import BLOCKS, LANDSCAPE_MM, PORTRAIT_MM
from .template import packed
from .word import BODY, SMALL, gap, grid, line, page, rule

FONT = "Times New Roman"
FOREIGN = ("thumbnail", "stylesWithEffects", "customXml")
MADE = datetime(2020, 3, 5, tzinfo=UTC)  # the day of the decree; a template's bytes don't depend on the day it is made


def template(source: Mapping[str, Any], language: str) -> bytes:
    """One template as a .docx; equal sources give equal bytes."""
    document = Document()
    _strip(document)
    _properties(document, source, language)
    _styles(document)
    page(document, landscape=bool(source.get("landscape")))
    _head(document, source, language)
    for block in source["body"]:
        ((kind, value),) = [(key, value) for key, value in block.items() if key in BLOCKS]
        BLOCKS[kind](document, value, {**block, "recipients": source["recipients"]}, language)
    memory = io.BytesIO()
    document.save(memory)
    with zipfile.ZipFile(memory) as archive:
        return packed({name: archive.read(name) for name in archive.namelist()})


def _strip(document: DocumentValue) -> None:
    """Drop what python-docx's own blank document brings along: a stranger's thumbnail, old copies of styles, a hundred table styles."""
    for holder in (document.part.package, document.part):
        for key, relation in list(holder.rels.items()):
            if relation.reltype.rsplit("/", 1)[-1] in FOREIGN:
                del holder.rels[key]
    for style in list(document.styles.element):
        if style.get(qn("w:type")) == "table" and style.get(qn("w:styleId")) not in ("TableNormal", "TableGrid"):
            document.styles.element.remove(style)


def _properties(document: DocumentValue, source: Mapping[str, Any], language: str) -> None:
    properties = document.core_properties
    properties.title = source["kind"][language] if "kind" in source else source["about"][language]
    properties.author, properties.comments, properties.last_modified_by = "motcua", "", "motcua"
    properties.created = properties.modified = MADE
    properties.language = {"vi": "vi-VN", "en": "en-GB"}[language]


def _styles(document: DocumentValue) -> None:
    normal = document.styles["Normal"]
    assert isinstance(normal, ParagraphStyle)
    normal.font.name, normal.font.size = FONT, Pt(BODY)
    fonts = normal.element.get_or_add_rPr().get_or_add_rFonts()
    for script in ("w:eastAsia", "w:cs", "w:hAnsi"):
        fonts.set(qn(script), FONT)
    normal.paragraph_format.space_before, normal.paragraph_format.space_after = Pt(0), Pt(0)


# --- head and end ------------------------------------------------------------------------------------------------------

NATION = {
    "vi": ("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"),
    "en": ("SOCIALIST REPUBLIC OF VIET NAM", "Independence - Freedom - Happiness"),
}
NUMBER = {"vi": "Số:        /{code}{{{{ issuer_code }}}}", "en": "No.        /{code}{{{{ issuer_code }}}}"}
PLACE = {"vi": "{{ place }}, ngày {{ day }} tháng {{ month }} năm {{ year }}", "en": "{{ place }}, {{ day }}/{{ month }}/{{ year }}"}


def _head(document: DocumentValue, source: Mapping[str, Any], language: str) -> None:
    width = LANDSCAPE_MM if source.get("landscape") else PORTRAIT_MM
    # LibreOffice 7.4 loses the text of every drawing in a document that begins with a table.
    gap(document, 1)
    left_mm, right_mm = width * 0.44, width * 0.56
    table = grid(document, (left_mm, right_mm), rows=2, padding_mm=0)
    left, right = table.rows[0].cells
    line(left.paragraphs[0], "{{ parent_body }}", size=SMALL)
    line(left.add_paragraph(), "{{ issuer }}", size=SMALL, bold=True)
    rule(left, Mm(left_mm * 0.33))
    nation, motto = NATION[language]
    line(right.paragraphs[0], nation, size=SMALL, bold=True)
    line(right.add_paragraph(), motto, size=BODY, bold=True)
    rule(right, Mm((right_mm - 63) / 2))
    left, right = table.rows[1].cells
    code = source["code"] + "-" if not source.get("letter") else ""
    line(left.paragraphs[0], NUMBER[language].format(code=code), size=BODY)
    if source.get("letter"):
        line(left.add_paragraph(), source["about"][language], size=SMALL)
    line(right.paragraphs[0], PLACE[language], size=BODY, italic=True)
    if source.get("letter"):
        line(document.add_paragraph(), source["to"][language], before=18, after=12)
        return
    line(document.add_paragraph(), source["kind"][language], size=14, bold=True, before=14)
    line(document.add_paragraph(), source["about"][language], size=14, bold=True)
    rule(document, Mm(width * 0.38), after=10)
