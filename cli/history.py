"""`motcua history`: what audits found at a device, since when, and until when, and when its configuration changed."""

from __future__ import annotations

import re
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import host_names
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History, Past
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from rich import box
from rich.markup import escape
from rich.table import Table

from cli.screen import screen

HISTORY = Path("history.db")
SPANS = {"h": "hours", "d": "days", "w": "weeks"}
SHOWN = "%Y-%m-%d %H:%M"
WORDS = {"fail": "differs", "error": "could not tell", "waived": "waived"}


def history(
    device: Annotated[
        str | None, typer.Argument(help="as it is named in the report; without one, what came or went in the province")
    ] = None,
    since: Annotated[str, typer.Option(help="how far back: 36h, 7d, 4w or a day as 2026-03-01")] = "30d",
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    output: Annotated[Path, typer.Option(help="the folder of the reports")] = Path("reports"),
) -> None:
    """What audits found at a device, since when, and until when, and when its configuration changed."""
    province = load(inventory)
    zone = ZoneInfo(province.timezone)
    now = datetime.now(zone)
    from_ = utc(began(since, now))
    with closing(opened(output / HISTORY, utc(now))) as kept:
        found = kept.changed(from_) if device is None else kept.of_device(device, from_)
        changes = kept.changes(from_, device)
    if device is not None and not found and not changes and device not in host_names(province):
        raise ModelError(f"{device}: is no device of {province.name} and none was ever found; 'motcua audit' names them in its report")
    if found:
        _print(found, zone, device is None)
    else:
        typer.echo(f"Nothing was found in this time{'' if device is None else f' at {device}'}.")
    for one in changes:
        typer.echo(f"{moment(one.at, zone):{SHOWN}} {one.device}: its configuration was another one; 'motcua diff {one.device}' shows it")


def opened(path: Path, at: str) -> History:
    """The history, which is there; a sentence about one that had to be set aside.

    :raises MotcuaError: when there is none, or it can't be opened.
    """
    if not path.exists():
        raise ModelError(f"--output {path.parent}: has no {path.name}; run 'motcua audit' first, or name the folder of its reports")
    history = History(path, at)
    if history.notice:
        typer.echo(history.notice, err=True)
    return history


def began(since: str, now: datetime) -> datetime:
    """The moment that ``--since`` means; a day is one of the province.

    :raises ModelError: when it is none.
    """
    span = re.fullmatch(r"(\d{1,4})([hdw])", since)
    if span:
        return now - timedelta(**{SPANS[span[2]]: int(span[1])})
    try:
        return datetime.fromisoformat(since).replace(tzinfo=now.tzinfo)
    except ValueError:
        raise ModelError(f"--since {since}: is no time; write 36h, 7d, 4w or a day as 2026-03-01") from None


def utc(when: datetime) -> str:
    """A moment as the history keeps it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def moment(kept: str, zone: ZoneInfo) -> datetime:
    """What the history keeps as a moment of the province."""
    return datetime.fromisoformat(kept).astimezone(zone)


def _print(found: tuple[Past, ...], zone: ZoneInfo, whose: bool) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in (*(["device"] if whose else []), "first seen", "last seen", "gone"):
        table.add_column(name, no_wrap=True)
    for name in ("", "check", "expected", "actual"):
        table.add_column(name, overflow="fold")
    for one in found:
        times = (f"{moment(at, zone):{SHOWN}}" if at else "" for at in (one.first, one.last, one.gone))
        said = (WORDS[one.finding.status], one.finding.check, one.finding.expected, one.finding.actual)
        table.add_row(*([one.finding.device] if whose else []), *times, *(escape("" if value is None else str(value)) for value in said))
    screen().print(table)
