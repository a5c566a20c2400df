"""A CSV file as a grid: as Excel in Vietnam writes it, as others do, and as NetBox exports it."""

from __future__ import annotations

import codecs
import csv
import io
import re

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError

from ..cells.grids import Cell, Grid

MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def csv_grid(file: str, content: bytes) -> Grid:
    """The file as one grid.

    :raises ModelError: when it is no text that can be told, or no CSV.
    """
    encoding = next((encoding for mark, encoding in MARKS if content.startswith(mark)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        raise ModelError(f"{file}: byte {error.start} is not {encoding.upper()}; save it in Excel as 'CSV UTF-8'") from None
    if "\0" in text:
        raise ModelError(f"{file}: holds bytes that no text has; save it in Excel as .xlsx or as 'CSV UTF-8'")
    first, _, rest = text.partition("\n")
    named = re.fullmatch(r"sep=([,;\t])\r?", first)
    try:
        # Only Excel reads that line, and doesn't count it.
        source = io.StringIO(rest if named else text, newline="")
        records = list(csv.reader(source, delimiter=named[1] if named else _delimiter(text), strict=True))
    except csv.Error as error:
        raise ModelError(f"{file}: is no CSV ({error}); save it in Excel as .xlsx or as 'CSV UTF-8'") from None
    filled = ((number, record) for number, record in enumerate(records, 1) if any(map(str.strip, record)))
    return Grid(file, "", {number: tuple(Cell(value or None) for value in record) for number, record in filled})


def _delimiter(text: str) -> str:
    """Excel writes semicolons where the comma is the decimal one, and tabs as 'Unicode text'."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    outside = "".join(first.split('"')[::2])
    return max(",;\t", key=outside.count)
