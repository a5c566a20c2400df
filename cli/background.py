"""What a report shows around an audit's findings: outlines of units beside the inventory, and what the history knows."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.rules import QUESTIONS, RULES
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Status
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History, Past
from ansible_collections.motcua.cctv.plugins.plugin_utils.outlines import Area, read_areas
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.background import Background, Day

from cli.history import moment, utc

SHOWN_WEEKS = 13


def background(inventory: Path, history: Path, when: datetime, tally: Mapping[str, Mapping[Status, int]]) -> Background:
    """What there is for an audit that was entered at ``when``. What can't be read is said and left out: the audit is one all the same."""
    known = Background(
        _areas(inventory.parent / "data"), tally=tally, severities={one.id: one.severity for one in (*RULES.values(), *QUESTIONS.values())}
    )
    if not history.exists():
        return known
    at, zone = utc(when), ZoneInfo(str(when.tzinfo))
    try:
        with closing(History(history, at)) as opened:
            from_ = utc(when - timedelta(weeks=SHOWN_WEEKS))
            runs, days, news = opened.runs(from_), opened.trend(from_, zone), opened.changed(at)
    except MotcuaError as error:
        typer.echo(f"{error}; the report is without history", err=True)
        return known
    known = replace(known, trend=tuple(Day(day, run.devices, run.failed, run.untold, run.waived) for day, run in days.items()))
    if len(runs) < 2 or runs[-1].at != at:
        return known
    came, gone = (tuple(_local(one, zone) for one in news if getattr(one, what) == at) for what in ("first", "gone"))
    return replace(known, before=moment(runs[-2].at, zone).isoformat(timespec="minutes"), came=came, gone=gone)


def _areas(folder: Path) -> tuple[Area, ...]:
    try:
        return read_areas(folder)
    except ModelError as error:
        typer.echo(f"{error}; the report's map is without borders", err=True)
        return ()


def _local(one: Past, zone: ZoneInfo) -> Past:
    return replace(one, first=moment(one.first, zone).isoformat(timespec="minutes"))
