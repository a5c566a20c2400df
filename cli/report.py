"""`motcua report month`: what the audits of a month come to, as a letter for the province's leaders."""

from __future__ import annotations

import os
import re
import tempfile
from calendar import monthrange
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import desired
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from cli.history import HISTORY, utc
from cli.plan import Language
from documents.rows.month import Month
from documents.speech import Speech
from documents.subject import Subject

app = typer.Typer(no_args_is_help=True)


@app.callback()
def report() -> None:
    """Letters out of the history of the audits."""


@app.command()
def month(
    wanted: Annotated[str, typer.Argument(metavar="MONTH", help="as 2026-11")],
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    output: Annotated[Path, typer.Option(help="the folder of the reports, in which the history is")] = Path("reports"),
    language: Annotated[Language, typer.Option(help="of the letter")] = Language.VI,
    pdf: Annotated[bool, typer.Option(help="make a PDF of it too, where there is a LibreOffice")] = True,
) -> None:
    """The report of a month for the province's leaders: DOCX in the form of an administrative document."""
    first = _first_day(wanted)
    today = datetime.now(ZoneInfo(load(inventory).timezone)).date()
    if first > today:
        raise ModelError(f"{wanted}: hasn't begun yet; name a month that has, as {today:%Y-%m}")
    last = min(first.replace(day=monthrange(first.year, first.month)[1]), today)
    province = load(inventory, last)
    known = _month(output / HISTORY, first, last, ZoneInfo(province.timezone))
    subject = Subject(province, desired.plan(province), Speech(language.value))
    target = output / f"month-{first:%Y-%m}-{language.value}.docx"
    _write(target, _letter(subject, known, inventory.parent))
    typer.echo(str(target))
    if pdf:
        _as_pdf(subject, target)


def _first_day(wanted: str) -> date:
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", wanted):
        raise ModelError(f"{wanted}: is no month; write it as 2026-11")
    try:
        return date.fromisoformat(f"{wanted}-01")
    except ValueError:
        raise ModelError(f"{wanted}: is no month; write it as 2026-11") from None


def _month(path: Path, first: date, last: date, zone: ZoneInfo) -> Month:
    """What the history knows of the days from ``first`` to ``last``.

    :raises ModelError: when there is no history, or no audit of everything in that time.
    """
    if not path.exists():
        raise ModelError(f"--output {path.parent}: has no {path.name}; run 'motcua audit' first, or name the folder of its reports")
    begin = utc(datetime(first.year, first.month, first.day, tzinfo=zone))
    end = utc(datetime(last.year, last.month, last.day, tzinfo=zone) + timedelta(days=1))
    with closing(History(path, utc(datetime.now(zone)))) as history:
        if history.notice:
            typer.echo(history.notice, err=True)
        runs = tuple(sorted((run for run in history.runs(begin) if run.at < end and not run.scope), key=lambda run: run.at))
        stood = history.stood(begin, end)
    if not runs:
        raise ModelError(f"{path}: has no audit of the whole province between {first} and {last}; run 'motcua audit' without --limit")
    return Month(first, last, zone, runs, stood)


def _letter(subject: Subject, known: Month, inventory: Path) -> bytes:
    from documents.letters.month import month_letter  # noqa: PLC0415  Word costs a second, which every command would pay
    from documents.publish import MONTH, read_template  # noqa: PLC0415  as above

    language = subject.speech.language
    return read_template(inventory / "templates" / language, language, MONTH).fill(month_letter(subject, known))


def _write(target: Path, content: bytes) -> None:
    """The whole file or none."""
    try:
        handle, draft = tempfile.mkstemp(prefix=f".{target.stem}-", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
            Path(draft).chmod(0o644)
            Path(draft).replace(target)
        finally:
            Path(draft).unlink(missing_ok=True)
    except OSError as error:
        raise MotcuaError(f"{target}: can't be written ({error.strerror}); name another folder with --output") from None


def _as_pdf(subject: Subject, target: Path) -> None:
    from documents import pdf as portable  # noqa: PLC0415  as above

    program = portable.office()
    if program is None:
        typer.echo(subject.speech.word("index", "no_office"))
        return
    portable.convert(program, [target])
    typer.echo(str(target.with_suffix(".pdf")))
