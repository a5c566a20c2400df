"""`motcua repair`: make chosen findings what is declared, and leave everything else as it is."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.chosen import choose
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, from_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.repairs import Repairs, Result, along, came, exit_code, planned, to_audit
from ansible_collections.motcua.cctv.plugins.plugin_utils.waves import place_of
from rich import box
from rich.markup import escape
from rich.table import Table

from cli.accept import LATEST, Inventory, Names, Report, Yes, read_report
from cli.folders import new_folder
from cli.locks import locked
from cli.player import play_holding
from cli.screen import screen

COLOURS = {"repaired": "green", "still there": "red", "could not tell": "yellow"}


def repair(
    names: Names,
    inventory: Inventory = Path("inventory/lab/province.yml"),
    report: Report = LATEST,
    output: Annotated[Path, typer.Option(help="folder for the logs, one folder each")] = Path("reports/repairs"),
    yes: Yes = False,
) -> None:
    """Repair chosen findings: exit code 0 all repaired, 2 some are still there, 1 could not tell."""
    province = load(inventory)
    findings = read_report(report)
    chosen = choose(findings, names)
    hosts = desired(province, plan(province))
    repairs = planned(chosen, hosts)
    typer.echo("\n".join(described(repairs, findings)))
    if not yes:
        typer.confirm("Do this?", abort=True)
    with locked(inventory, {place_of(host) for host in hosts if host.name in repairs.hosts}) as held:
        run = Run(inventory, new_folder(output, datetime.now(ZoneInfo(province.timezone))), held)
        said = run.repaired(repairs)
        results = came(repairs, chosen, run.audited(to_audit(repairs, said)), said)
    _print(results)
    typer.echo(f"Logs: {run.folder}")
    raise typer.Exit(exit_code(results))


def described(repairs: Repairs, findings: Sequence[Finding]) -> Iterator[str]:
    """What will be done, a line each, with what is done along."""
    yield "This will be done, and nothing else:"
    for host, rows in repairs.machines.items():
        yield from (f"  {host}: {row.feature}: {row.check}" for row in rows)
    yield from (f"  {row.device}: {row.feature}: {row.check} (along, it can't be done apart)" for row in along(repairs, findings))
    yield from (f"  {host}: its whole configuration, under its own guard" for host in repairs.routers)
    yield from (f"  {host}: {', '.join(keys)}" for host, keys in repairs.devices.items())


class Run:
    """The playbooks of one repair; their logs and what they wrote lie in its folder."""

    def __init__(self, inventory: Path, folder: Path, held: tuple[int, ...] = ()) -> None:
        self.inventory, self.folder, self.held = inventory, folder, held

    def repaired(self, repairs: Repairs) -> list[Finding]:
        """Repair, machines first, because devices are reached over them; what was said of what didn't go well."""
        said: list[Finding] = []
        if repairs.machines:
            chosen = {host: [{"feature": row.feature, "check": row.check} for row in rows] for host, rows in repairs.machines.items()}
            file = self._write("machines.json", chosen)
            switched = {"MOTCUA_REPAIRS": str(file), "ANSIBLE_CALLBACKS_ENABLED": "motcua.cctv.findings,motcua.cctv.repair"}
            variables = self._write("repaired.json", {"motcua_repaired": list(chosen)})
            said += self._play("rollout", tuple(repairs.machines), "--check", "--extra-vars", f"@{variables}", **switched)
        others = (*repairs.routers, *repairs.devices)
        if others:
            variables = self._write("devices.json", {"motcua_repairs": repairs.devices})
            said += self._play("repair", others, "--extra-vars", f"@{variables}")
        return said

    def audited(self, hosts: Sequence[str]) -> tuple[Finding, ...]:
        """Read anew what was touched: only that tells whether it is as declared now."""
        typer.echo("Auditing what was touched …")
        return self._play("audit", hosts, "--check") if hosts else ()

    def _play(self, name: str, hosts: Sequence[str], *options: str, **more: str) -> tuple[Finding, ...]:
        """Play a playbook at some hosts; what the findings' callback made of it.

        :raises MotcuaError: when it ended before anything could be said.
        """
        heard, log = self.folder / "findings" / f"{name}.json", self.folder / f"{name}.log"
        play_holding(self.held, name, self.inventory, heard, log, ",".join(hosts), *options, **more)
        try:
            return from_json(heard.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise MotcuaError(f"playbooks/{name}.yml ended before it could say anything; {log} says why") from None

    def _write(self, name: str, value: Any) -> Path:
        path = (self.folder / name).resolve()
        path.write_text(json.dumps(value, ensure_ascii=False), encoding="utf-8")
        return path


def _print(results: Sequence[Result]) -> None:
    table = Table("", "id", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("device", no_wrap=True)
    for name in ("check", ""):
        table.add_column(name, overflow="fold")
    for result in results:
        mark = f"[{COLOURS[result.came]}]{result.came}[/]"
        table.add_row(mark, result.finding.id, escape(result.finding.device), escape(result.finding.check), escape(result.why))
    screen().print(table)
