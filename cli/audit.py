"""`motcua audit`: read everything, change nothing, say what differs from what is declared."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from textwrap import dedent
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import host_names
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import (
    ALL_AS_DECLARED,
    COULD_NOT_TELL,
    DRIFT,
    Finding,
    exit_code,
    from_json,
    to_json,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.report import render
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.exports import to_csv, to_junit, to_prometheus
from ansible_collections.motcua.cctv.plugins.plugin_utils.waivers import waive
from rich import box
from rich.markup import escape
from rich.table import Table

from cli.controller import ROOT, at_the_controller
from cli.folders import link_latest, new_folder
from cli.history import HISTORY, moment, utc
from cli.screen import screen

VERDICTS = {
    ALL_AS_DECLARED: "everything is as declared",
    COULD_NOT_TELL: "could not tell: see the errors above",
    DRIFT: "some devices differ from what is declared",
}


def audit(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="hosts or groups, as for ansible-playbook")] = None,
    output: Annotated[Path, typer.Option(help="folder for the reports, one folder each")] = Path("reports"),
    language: Annotated[str, typer.Option(help="what the report shows first: vi or en")] = "vi",
) -> None:
    """Audit a province: exit code 0 all as declared, 2 drift or a failed check, 1 could not tell."""
    province = load(inventory)
    when = datetime.now(ZoneInfo(province.timezone))
    folder = new_folder(output, when)
    typer.echo(f"Auditing {province.name}: reading, changing nothing …")
    ended = _run_playbook(inventory, limit, folder)
    waived = waive(_read(folder, ended), province.waivers, when.date())
    for name in waived.idle:
        typer.echo(f"{inventory.parent / 'waivers.yml'}: waivers.{name}: waives nothing that fails any more; delete it", err=True)
    findings = _remembered(output / HISTORY, when, limit, waived.findings, province)
    written = {
        "report.html": render(findings, province, language, when),
        "findings.json": to_json(findings, when.isoformat(timespec="seconds")),
        "findings.csv": to_csv(findings),
        "junit.xml": to_junit(findings, when),
        "motcua_audit.prom": to_prometheus(findings, when),
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8", newline="")
    link_latest(folder)
    verdict = exit_code(findings)
    _print(findings)
    if ended and verdict == ALL_AS_DECLARED:
        # Something went wrong that no finding speaks of; all clear would be false.
        typer.echo(f"ansible-playbook ended with {ended} although no device failed: see {folder / 'playbook.log'}")
        verdict = COULD_NOT_TELL
    typer.echo(f"{len({finding.device for finding in findings})} devices: {VERDICTS[verdict]}.\nReport: {folder / 'report.html'}")
    raise typer.Exit(verdict)


def _run_playbook(inventory: Path, limit: str | None, folder: Path) -> int:
    """Run the audit where the inventory's addresses mean what they say; --check holds whatever the playbook says."""
    command = ["ansible-playbook", "--check", "--diff", "-i", str(inventory.resolve()), str(ROOT / "playbooks" / "audit.yml")]
    command += ["--limit", limit] if limit else []
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "MOTCUA_FINDINGS": str((folder / "findings.json").resolve()),
    }
    with (folder / "playbook.log").open("w", encoding="utf-8") as log:
        command = at_the_controller(command, inventory)
        return subprocess.run(command, cwd=ROOT, env=environment, check=False, stdout=log, stderr=subprocess.STDOUT).returncode


def _read(folder: Path, ended: int) -> tuple[Finding, ...]:
    """What the callback wrote.

    :raises MotcuaError: when the playbook died before it could.
    """
    log = folder / "playbook.log"
    try:
        return from_json((folder / "findings.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        reason = _last_words(log.read_text(encoding="utf-8", errors="replace"))
        raise MotcuaError(f"the audit ended with {ended} before anything was judged: {reason}; its whole log is {log}") from None


def _remembered(path: Path, when: datetime, limit: str | None, findings: tuple[Finding, ...], province: Province) -> tuple[Finding, ...]:
    """The findings with since when each stands. An audit whose history can't be written is an audit all the same, and says so."""
    at, zone = utc(when), ZoneInfo(province.timezone)
    try:
        with closing(History(path, at)) as history:
            if history.notice:
                typer.echo(history.notice, err=True)
            news = history.enter(at, limit or "", exit_code(findings), findings, host_names(province))
            dated = history.dated(findings)
    except MotcuaError as error:
        typer.echo(f"{error}; this audit isn't entered", err=True)
        return findings
    if news.came or news.gone:
        typer.echo(f"Since the audit before: {news.came} new, {news.gone} gone; 'motcua history --since 1d' names them.")
    return tuple(replace(one, since=moment(one.since, zone).isoformat(timespec="minutes")) if one.since else one for one in dated)


def _last_words(log: str) -> str:
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    spoken = [line for line in lines if re.match(r"\[?ERROR|motcua: |fatal: ", line)]
    return re.sub(r"^(\[ERROR\]|ERROR!|motcua):? ", "", (spoken or lines or ["it said nothing"])[-1]).rstrip(".")


def _print(findings: tuple[Finding, ...]) -> None:
    trouble = [finding for finding in findings if finding.status in ("fail", "error")]
    if not trouble:
        return
    table = Table("", "id", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("device", no_wrap=True)
    for name in ("check", "expected", "actual"):
        table.add_column(name, overflow="fold")
    for finding in trouble:
        mark = "[red]differs[/]" if finding.status == "fail" else "[yellow]could not tell[/]"
        table.add_row(
            mark, finding.id, escape(finding.device), escape(finding.check), *(_cell(value) for value in (finding.expected, finding.actual))
        )
    screen().print(table)


def _cell(value: object) -> str:
    text = "" if value is None else dedent(str(value).expandtabs(4))
    lines = text.splitlines()
    return escape(text if len(lines) <= 4 else "\n".join([*lines[:4], "…"]))
