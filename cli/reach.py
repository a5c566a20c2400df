"""`motcua reach`: who can reach what by the plan's own rules, computed, not tried."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability import Reachability
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.changes import state
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.words import say
from rich import box
from rich.table import Table

from cli.folders import write_whole
from cli.plan import Language
from cli.rendered import rendered
from cli.screen import screen

MARKS = {"yes": "✓", "unknown": "?"}
ALL_TOLD, COULD_NOT_TELL = 0, 1


def reach(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    site: Annotated[str | None, typer.Option(help="only what comes from or goes to this place")] = None,
    language: Annotated[Language, typer.Option(help="of what is printed")] = Language.VI,
    output: Annotated[Path | None, typer.Option(help="also write every pair that isn't closed, as CSV")] = None,
) -> None:
    """Say who can reach what once the plan is rolled out: exit code 0 all told, 1 where something could not be told."""
    province = load(inventory)
    if site is not None and site not in province.sites:
        raise ModelError(f"--site {site}: there is no such site on {province.on}; 'scripts/motcua plan --no-documents' shows what there is")
    found = state(province, rendered).reach
    pairs = sorted(pair for pair in found.reached | found.unknown if site is None or site in _sites(found, pair))
    screen().print(_table(found, pairs, language.value))
    if output is not None:
        write_whole(output, _csv(found, pairs))
    raise typer.Exit(COULD_NOT_TELL if any(pair in found.unknown for pair in pairs) else ALL_TOLD)


def _sites(found: Reachability, pair: tuple[str, str]) -> set[str | None]:
    return {found.sources[pair[0]].site, found.destinations[pair[1]].site}


def _table(found: Reachability, pairs: list[tuple[str, str]], language: str) -> Table:
    """One row a source and a kind of destination."""
    rows: dict[tuple[str, str], list[str]] = {}
    for source, destination in pairs:
        mark = MARKS[found.verdict(source, destination)]
        rows.setdefault((source, found.destinations[destination].kind), []).append(f"{mark} {destination}")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_header=False)
    for (source, kind), names in rows.items():
        table.add_row(source, say("who", found.sources[source].kind, language), say("what", kind, language), "\n".join(names))
    return table


def _csv(found: Reachability, pairs: list[tuple[str, str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("source", "source kind", "destination", "destination kind", "address", "protocol", "port", "reachable"))
    for source, name in pairs:
        one = found.destinations[name]
        row = (source, found.sources[source].kind, name, one.kind, one.outside, one.protocol, one.port, found.verdict(source, name))
        writer.writerow(row)
    return text.getvalue()
