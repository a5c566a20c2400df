"""What an audit found and read goes into the history, and what is too old goes out of it."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import host_names
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History, News
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.rules import subject_names
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot

from cli.history import moment, utc


def remember(
    path: Path,
    when: datetime,
    limit: str | None,
    verdict: int,
    findings: tuple[Finding, ...],
    snapshots: Iterable[Snapshot],
    province: Province,
) -> tuple[tuple[Finding, ...], News | None]:
    """The findings with since when each stands, and what is new in them.

    An audit whose history can't be written is an audit all the same, and says so: None.
    """
    at, zone = utc(when), ZoneInfo(province.timezone)
    try:
        with closing(History(path, at)) as history:
            if history.notice:
                typer.echo(history.notice, err=True)
            news = history.enter(at, limit or "", verdict, findings, (*host_names(province), *subject_names(province)), snapshots)
            history.forget(province.monitoring.history_days)
            dated = history.dated(findings)
    except MotcuaError as error:
        typer.echo(f"{error}; this audit isn't entered", err=True)
        return findings, None
    if news.came or news.gone or news.changed:
        said = f"Since the audit before: {news.came} new, {news.gone} gone, {news.changed} configurations changed"
        typer.echo(f"{said}; 'motcua history --since 1d' names them.")
    return tuple(replace(one, since=moment(one.since, zone).isoformat(timespec="minutes")) if one.since else one for one in dated), news
