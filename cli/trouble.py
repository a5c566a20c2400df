"""The terminal's table of what isn't as declared: row by row, and by check where the rows would fill a book."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from textwrap import dedent

from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from rich import box
from rich.markup import escape
from rich.table import Table

ROWS, LINES = 500, 4  # a table's, and a value's: what is more is in the report
MARKS = {"fail": "[red]differs[/]", "error": "[yellow]could not tell[/]"}


def table_of(findings: Iterable[Finding]) -> Table | None:
    """What differs and what could not be told; None where all is as declared."""
    trouble = [finding for finding in findings if finding.status in MARKS]
    if not trouble:
        return None
    return _by_row(trouble) if len(trouble) <= ROWS else _by_check(trouble)


def _by_row(trouble: Sequence[Finding]) -> Table:
    table = Table("", "id", box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("device", no_wrap=True)
    for name in ("check", "expected", "actual"):
        table.add_column(name, overflow="fold")
    for one in trouble:
        table.add_row(MARKS[one.status], one.id, escape(one.device), escape(one.check), _cell(one.expected), _cell(one.actual))
    return table


def _by_check(trouble: Sequence[Finding]) -> Table:
    """How many devices each check is about, the most first, and one of them to begin with."""
    devices: dict[str, dict[str, list[str]]] = defaultdict(lambda: {status: [] for status in MARKS})
    for one in trouble:
        devices[one.check][one.status].append(one.device)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=f"{len(trouble)} rows, by check; each is in the report and in findings.csv")
    table.add_column("check", overflow="fold")
    for mark in MARKS.values():
        table.add_column(mark, justify="right")
    table.add_column("for example", overflow="fold")
    for check, by_status in sorted(devices.items(), key=lambda row: (-sum(map(len, row[1].values())), row[0])):
        counts = (str(len(named)) if named else "" for named in by_status.values())
        table.add_row(escape(check), *counts, escape(next(named[0] for named in by_status.values() if named)))
    return table


def _cell(value: object) -> str:
    text = "" if value is None else dedent(str(value).expandtabs(4))
    lines = text.splitlines()
    return escape(text if len(lines) <= LINES else "\n".join([*lines[:LINES], "…"]))
