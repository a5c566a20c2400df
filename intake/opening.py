"""A file that somebody sent -> what it says, whatever kind of file it is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError

from .forms.csv_file import csv_grid
from .forms.headings import csv_sheet, form_sheets
from .forms.reading import Sites, read_tables
from .forms.workbook import is_workbook, workbook_grids
from .netbox.file import is_netbox, rows_of_csv, rows_of_json
from .netbox.reading import read_netbox
from .said import Said
from .surveys.file import parse_survey
from .surveys.reading import read_survey


@dataclass(frozen=True)
class Wishes:
    """What people decide about the files that they import.

    :param unfinished: a survey that was cut in the middle is taken as far as it went.
    :param vendors: vendors by address, for devices that answer as two.
    """

    unfinished: bool = False
    vendors: Mapping[str, str] = field(default_factory=dict)


def read_file(path: Path, sites: Sites, wishes: Wishes, names: Mapping[str, str], said: Said) -> None:
    """Add what one file says.

    :param names: the sites' names, by id.
    """
    file = str(path)
    try:
        content = _content(path)
        if is_workbook(content):
            read_tables(form_sheets(file, workbook_grids(file, content), said), sites, said)
        elif content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
            _read_json(file, content, sites, wishes, names, said)
        else:
            grid = csv_grid(file, content)
            if is_netbox(grid):
                read_netbox(file, rows_of_csv(grid), sites, names, said)
            else:
                read_tables(csv_sheet(grid, said), sites, said)
    except ModelError as error:
        said.mistakes += str(error).splitlines()


def _content(path: Path) -> bytes:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror}); name a file that is there") from None
    if not content.strip():
        raise ModelError(f"{path}: is empty; send or save it again")
    if path.suffix.lower() == ".xlsx" and not is_workbook(content):
        raise ModelError(f"{path}: is damaged, or is no workbook; open it in Excel and save it again, or ask for it once more")
    return content


def _read_json(file: str, content: bytes, sites: Sites, wishes: Wishes, names: Mapping[str, str], said: Said) -> None:
    try:
        value: Any = json.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ModelError(f"{file}: byte {error.start} is not UTF-8; save it as UTF-8") from None
    except (json.JSONDecodeError, RecursionError) as error:
        reason = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "nested too deeply"
        raise ModelError(f"{file}: is no JSON ({reason}); copy or export it again") from None
    if isinstance(value, dict) and "motcua_survey" in value:
        read_survey(file, parse_survey(file, value), sites, wishes.unfinished, wishes.vendors, said)
    else:
        read_netbox(file, rows_of_json(file, value), sites, names, said)
