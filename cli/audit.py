"""`motcua audit`: read everything, change nothing, say what differs from what is declared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import findings as found
from ansible_collections.motcua.cctv.plugins.plugin_utils import snapshots as seen
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import (
    ALL_AS_DECLARED,
    COULD_NOT_TELL,
    DRIFT,
    Finding,
    exit_code,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.report import render
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.exports import to_csv, to_junit, to_prometheus
from ansible_collections.motcua.cctv.plugins.plugin_utils.rules import counted, judge, subject_names
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot
from ansible_collections.motcua.cctv.plugins.plugin_utils.waivers import waive

from cli.background import background
from cli.folders import keep_newest, link_latest, new_folder, write_all
from cli.history import HISTORY
from cli.judging import known_profiles, tally_json
from cli.nodes.across import Nodes, ResumeAcross, across_nodes
from cli.player import last_words, play
from cli.remember import remember
from cli.screen import screen
from cli.tell import audited, failure_is_told, tell
from cli.trouble import table_of

VERDICTS = {
    ALL_AS_DECLARED: "everything is as declared",
    COULD_NOT_TELL: "could not tell: see the errors above",
    DRIFT: "some devices differ from what is declared",
}


@dataclass(frozen=True)
class Read:
    """What the playbook left: its exit code, what differs, and what was read of each device."""

    ended: int
    findings: tuple[Finding, ...]
    snapshots: Mapping[str, Snapshot]


def audit(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="hosts or groups, as for ansible-playbook")] = None,
    output: Annotated[Path, typer.Option(help="folder for the reports, one folder each")] = Path("reports"),
    language: Annotated[str, typer.Option(help="what the report shows first: vi or en")] = "vi",
    profile: Annotated[
        list[str] | None, typer.Option(help="judge by these rules instead of those of the policy, for example level3")
    ] = None,
    tell_of_it: Annotated[
        bool, typer.Option("--tell", help="mail and webhook of the province's monitoring, when something changed")
    ] = False,
    keep: Annotated[
        int | None, typer.Option(min=1, help="so many reports, this one among them; older ones are deleted, the history stays whole")
    ] = None,
    nodes: Nodes = None,
    resume: ResumeAcross = False,
) -> None:
    """Audit a province: exit code 0 all as declared, 2 drift or a failed check, 1 could not tell."""
    profiles = known_profiles(profile)
    province = load(inventory)
    when = datetime.now(ZoneInfo(province.timezone))
    across = across_nodes("audit", province, inventory, nodes, limit, output, resume=resume)
    folder = new_folder(output, when)
    typer.echo(f"Auditing {province.name}: reading, changing nothing …")
    with failure_is_told(tell_of_it, province, inventory, when):
        if across is not None:
            ended = across.run(folder)
        else:  # --check holds whatever the playbook says.
            ended = play("audit", inventory, folder / "findings.json", folder / "playbook.log", limit, "--check")
        read = _read(folder, ended)
    judged = judge(province, plan(province), read.snapshots, when.date(), profiles, read.findings)
    waived = waive((*read.findings, *judged.findings), province.waivers, when.date())
    for name in waived.idle:
        typer.echo(f"{inventory.parent / 'waivers.yml'}: waivers.{name}: waives nothing that fails any more; delete it", err=True)
    verdict = _verdict(read, waived.findings, folder)
    findings, news = remember(output / HISTORY, when, limit, verdict, waived.findings, read.snapshots.values(), province)
    tally = counted(judged, findings)
    page = render(findings, province, language, when, background(inventory, output / HISTORY, when, tally))
    _write(folder, when, findings, {"report.html": page, "rules.json": tally_json(tally, when)})
    if (table := table_of(findings)) is not None:
        screen().print(table)
    devices = {finding.device for finding in findings} - set(subject_names(province))
    typer.echo(f"{len(devices)} devices: {VERDICTS[verdict]}.\nReport: {folder / 'report.html'}")
    for sentence in keep_newest(output, keep) if keep else ():
        typer.echo(sentence, err=True)
    if tell_of_it and news:
        tell(province, inventory, output / HISTORY, news.run, audited(province, when, verdict, folder / "report.html"))
    raise typer.Exit(verdict)


def _write(folder: Path, when: datetime, findings: tuple[Finding, ...], pages: Mapping[str, str]) -> None:
    """Everything that people and other programs take from this audit; it becomes the latest once all of it is there.

    :raises MotcuaError: when it can't be written.
    """
    texts = {
        **pages,
        "findings.json": found.to_json(findings, when.isoformat(timespec="seconds")),
        "findings.csv": to_csv(findings),
        "junit.xml": to_junit(findings, when),
        "motcua_audit.prom": to_prometheus(findings, when),
    }
    write_all(folder, texts)
    link_latest(folder)


def _verdict(read: Read, findings: tuple[Finding, ...], folder: Path) -> int:
    verdict = exit_code(findings)
    if read.ended and verdict == ALL_AS_DECLARED:
        # Something went wrong that no finding speaks of; all clear would be false.
        typer.echo(f"ansible-playbook ended with {read.ended} although no device failed: see {folder / 'playbook.log'}")
        return COULD_NOT_TELL
    return verdict


def _read(folder: Path, ended: int) -> Read:
    """What the callback wrote.

    :raises MotcuaError: when the playbook died before it could.
    """
    log = folder / "playbook.log"
    try:
        findings = found.from_json((folder / "findings.json").read_text(encoding="utf-8"))
        return Read(ended, findings, seen.from_json((folder / "snapshots.json").read_text(encoding="utf-8")))
    except FileNotFoundError:
        reason = last_words(log)
        raise MotcuaError(f"the audit ended with {ended} before anything was judged: {reason}; its whole log is {log}") from None
