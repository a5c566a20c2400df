"""A site's acceptance record on disk: Word files in both languages, their PDFs, and the record itself for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance import Record
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province

from . import pdf
from .letters.acceptance import Sentences, acceptance
from .publish import RECORD, read_template
from .speech import LANGUAGES, Speech
from .subject import Subject

RECORD_FILE = f"{RECORD}.json"


def write_record(
    province: Province, planned: Plan, record: Record, cases: Mapping[str, Sentences], inventory: Path, folder: Path
) -> tuple[list[str], str]:
    """Write a record into a folder: the names of its files, and why there are no PDFs (empty when there are).

    :param cases: by language, what each case of the verification tries and expects.
    :param inventory: the folder of the province's files; its ``templates/<language>/acceptance.docx`` is used where it is.
    :raises ModelError: when a template is wrong. :raises MotcuaError: when LibreOffice fails.
    """
    (folder / RECORD_FILE).write_text(record.to_json(), encoding="utf-8")
    written = []
    for language in LANGUAGES:
        template = read_template(inventory / "templates" / language, language, RECORD)
        written.append(folder / f"{RECORD}-{language}.docx")
        written[-1].write_bytes(template.fill(acceptance(Subject(province, planned, Speech(language)), record, cases[language])))
    names = [RECORD_FILE, *(file.name for file in written)]
    program = pdf.office()
    if program is None:
        return names, Speech("en").word("index", "no_office")
    pdf.convert(program, written)
    return [*names, *(file.with_suffix(".pdf").name for file in written)], ""


def read_verdict(folder: Path) -> tuple[str, str]:
    """The site of a record, and its verdict.

    :raises MotcuaError: when it can't be read.
    """
    try:
        document = json.loads((folder / RECORD_FILE).read_text(encoding="utf-8"))
        return str(document["trial"]["site"]), str(document["verdict"])
    except (OSError, ValueError, KeyError) as error:
        raise MotcuaError(f"{folder / RECORD_FILE}: can't be read ({error}); make the record again") from None
