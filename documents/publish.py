"""All documents of a plan into one folder: letters, dossiers, workbook, drawings, and a page that lists them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.outlines import read_areas

from . import pdf
from .drawings.chart import province_map
from .drawings.in_word import runs
from .drawings.province_topology import province_topology
from .drawings.shapes import Drawing, svg
from .drawings.site_topology import site_topology
from .index import index
from .judgement import judged
from .letters.dossier import dossier
from .letters.province import province_letters
from .letters.template import LetterTemplate
from .rows.requests import requests
from .subject import Subject
from .workbook import workbook

OURS = Path(__file__).parent / "templates"
LETTERS = ("survey-report", "overall-plan", "equipment", "addresses", "line-request")
DOSSIER = "dossier"
MONTH = "month-report"
RECORD = "acceptance"
PROCESSES = 2
# A process costs as much as a few dossiers.
WORTH_A_PROCESS = 24


@dataclass(frozen=True)
class Wanted:
    """What is asked for: the places whose dossiers are written, and of what PDFs are made (``none``, ``province`` or ``all``)."""

    sites: tuple[str, ...]
    pdf: str


def publish(subject: Subject, inventory: Path, folder: Path, wanted: Wanted) -> list[str]:
    """Write everything into an empty folder.

    :param inventory: the folder of the province's files; its ``templates/<language>`` and ``data/*.geojson`` are used where they are.
    :return: what could not be made, one sentence each.
    :raises ModelError: when a template or a shape file is wrong.
    """
    templates = read_templates(inventory / "templates" / subject.speech.language, subject.speech.language)
    judgements = judged(subject)
    topology, chart = province_topology(subject), province_map(subject, judgements, read_areas(inventory / "data"))
    letters = _letters(subject, folder, templates, topology)
    for number, drawing in enumerate(topology, 1):
        name = f"topology-{number}.svg" if len(topology) > 1 else "topology.svg"
        (folder / name).write_text(svg(drawing), encoding="utf-8")
    (folder / "map.svg").write_text(svg(chart), encoding="utf-8")
    share = Share(subject, folder, templates[DOSSIER])
    with _hands(share, wanted.sites) as hands:
        # LibreOffice works on the letters while the dossiers are written.
        said = _pdfs(subject, letters, wanted.pdf != "none")
        dossiers = sorted(file for hand in hands for file in hand.result())
    if wanted.pdf == "all" and not said:
        said = _pdfs(subject, dossiers, bool(dossiers))
    (folder / "index.html").write_text(index(subject, judgements, folder, wanted.sites), encoding="utf-8")
    return said


def _pdfs(subject: Subject, files: Sequence[Path], wanted: bool) -> list[str]:
    """Make PDFs where there is a LibreOffice; the documents themselves don't depend on it."""
    program = pdf.office()
    if not wanted:
        return []
    if program is None:
        return [subject.speech.word("index", "no_office")]
    try:
        pdf.convert(program, files)
    except MotcuaError as error:
        return [str(error)]
    return []


def read_templates(own: Path, language: str) -> Mapping[str, LetterTemplate]:
    """Every template of a plan by its name; an office's own takes the place of ours.

    :raises ModelError: when one can't be read, or an own one has a name that none of ours has.
    """
    names = (*LETTERS, DOSSIER, MONTH, RECORD)
    for file in sorted(own.glob("*.docx")):
        if file.stem not in names and not file.name.startswith("~$"):
            raise ModelError(f"{file}: no document is called so; name it {', '.join(f'{name}.docx' for name in names)}")
    return {name: read_template(own, language, name) for name in (*LETTERS, DOSSIER)}


def read_template(own: Path, language: str, name: str) -> LetterTemplate:
    """One template; an office's own takes the place of ours.

    :raises ModelError: when it can't be read.
    """
    path = own / f"{name}.docx"
    return LetterTemplate(path if path.exists() else OURS / language / path.name)


def _letters(subject: Subject, folder: Path, templates: Mapping[str, LetterTemplate], topology: Sequence[Drawing]) -> list[Path]:
    said = {**province_letters(subject), "topology": [runs(part, number) for number, part in enumerate(topology, 1)]}
    written = []
    for name in LETTERS:
        if name == "line-request" and not requests(subject):
            continue
        written.append(folder / f"{name}.docx")
        written[-1].write_bytes(templates[name].fill(said))
    return written


# --- dossiers and workbook, beside the letters --------------------------------------------------------------------------


@dataclass(frozen=True)
class Share:
    """What every process works on; it finds it in its memory, so that nothing is sent to it."""

    subject: Subject
    folder: Path
    template: LetterTemplate


_SHARE: list[Share] = []


@contextmanager
def _hands(share: Share, sites: Sequence[str]) -> Iterator[list[Future[list[Path]]]]:
    """The work on dossiers and workbook under way, in processes where there are enough places; forked while there is no other thread."""
    _SHARE[:] = [share]
    processes = PROCESSES if len(sites) >= WORTH_A_PROCESS else 0
    pool = ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) if processes else ThreadPoolExecutor(1)
    try:
        with pool:
            parts = max(1, processes)
            yield [pool.submit(_write_workbook), *(pool.submit(_write_dossiers, sites[first::parts]) for first in range(parts))]
    finally:
        _SHARE.clear()


def _write_workbook() -> list[Path]:
    (share,) = _SHARE
    (share.folder / "tables.xlsx").write_bytes(workbook(share.subject))
    return []


def _write_dossiers(sites: Iterable[str]) -> list[Path]:
    (share,) = _SHARE
    written = []
    for name in sites:
        place = share.folder / "sites" / name
        place.mkdir(parents=True)
        (place / "topology.svg").write_text(svg(site_topology(share.subject, name)), encoding="utf-8")
        written.append(place / f"{DOSSIER}.docx")
        written[-1].write_bytes(share.template.fill(dossier(share.subject, name)))
    return written
