"""The page that lists what was written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from .drawings.chart import COLOURS
from .judgement import Judgement
from .letters.province import frame
from .subject import Subject, province_name

TITLED = ("survey-report", "overall-plan", "equipment", "addresses", "line-request", "tables", "topology", "map")


def index(subject: Subject, judgements: Mapping[str, Judgement], folder: Path, sites: Iterable[str]) -> str:
    """A self-contained page with a link to every file of the folder."""
    speech = subject.speech
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined)
    notices = list(frame(subject, subject.province.sites.values())["sample"])
    if not (folder / "line-request.docx").exists():
        notices.append(speech.word("index", "no_request"))
    return pages.get_template("index.html.j2").render(
        language=speech.language,
        title=speech.word("index", "title", province=province_name(subject), on=speech.day(subject.on)),
        words={key: speech.word("index", key) for key in ("letters", "sites", "name", "files", "site", "state")},
        notices=notices,
        letters=list(_letters(subject, folder)),
        sites=[_site(subject, judgements[name], folder) for name in sites],
    )


def _letters(subject: Subject, folder: Path) -> Iterator[Mapping[str, Any]]:
    for name in TITLED:
        files = sorted(path.name for path in folder.glob(f"{name}*.*"))
        if files:
            yield {"title": subject.speech.word("titles", name), "files": files}


def _site(subject: Subject, judgement: Judgement, folder: Path) -> Mapping[str, Any]:
    files = sorted((folder / "sites" / judgement.site).iterdir())
    return {
        "name": subject.short(judgement.site),
        "state": subject.speech.word("states", judgement.state),
        "colour": COLOURS[judgement.state],
        "files": [{"name": file.name, "path": file.relative_to(folder).as_posix()} for file in files],
    }
