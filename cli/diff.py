"""`motcua diff`: how a device's configuration was then and is now, as audits read it; without a device, which ones changed."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import host_names
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import Change, History, Kept
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from rich import box
from rich.table import Table
from rich.text import Text

from cli.history import HISTORY, SHOWN, began, moment, opened, utc
from cli.screen import screen

# As `motcua audit` ends: 1 says that something couldn't be told, which diff(1) says with 2.
EQUAL, DIFFERENT = 0, 2
COLOURS = {"---": "bold", "+++": "bold", "@@ ": "cyan", "-": "red", "+": "green"}


def diff(
    device: Annotated[str | None, typer.Argument(help="as it is named in the report; without one, which devices changed")] = None,
    since: Annotated[str, typer.Option(help="then: 36h, 7d, 4w ago or a day as 2026-03-01")] = "7d",
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    output: Annotated[Path, typer.Option(help="the folder of the reports")] = Path("reports"),
) -> None:
    """Compare a device's configuration then with the last that was read: exit code 0 equal, 2 different, 1 could not tell."""
    province = load(inventory)
    zone = ZoneInfo(province.timezone)
    now = datetime.now(zone)
    from_ = utc(began(since, now))
    with closing(opened(output / HISTORY, utc(now))) as history:
        different = _print_changed(history.changes(from_), zone) if device is None else _print_device(history, device, from_, province)
    raise typer.Exit(DIFFERENT if different else EQUAL)


def compared(before: Kept, after: Kept, zone: ZoneInfo) -> Iterator[str]:
    """The lines of a unified diff, as `git diff` and patch(1) read them, with when each was first read; none for equals."""
    old, new = (f"{moment(one.first, zone):%Y-%m-%d %H:%M:%S %z}" for one in (before, after))
    names = (f"a/{before.device}", f"b/{after.device}", old, new)
    yield from difflib.unified_diff(_lines(before.text), _lines(after.text), *names, lineterm="")


def counted(before: str, after: str) -> tuple[int, int]:
    """How many lines came and went."""
    signs = [line[0] for line in difflib.unified_diff(_lines(before), _lines(after), n=0, lineterm="")][2:]
    return signs.count("+"), signs.count("-")


def _lines(text: str) -> list[str]:
    return text.removesuffix("\n").split("\n")  # splitlines() also splits at what a device may have within a line


def _print_device(history: History, device: str, since: str, province: Province) -> bool:
    after = history.snapshot(device)
    if after is None:
        known = "no audit has read its configuration" if device in host_names(province) else f"is no device of {province.name}"
        raise ModelError(f"{device}: {known}; 'motcua diff' without a device lists those that changed")
    before = history.snapshot_at(device, since)
    if before is None:
        before = history.snapshot(device, first=True) or after
        began_at = moment(before.first, ZoneInfo(province.timezone))
        typer.echo(f"{device}: is known since {began_at:{SHOWN}}; compared with that", err=True)
    lines = list(compared(before, after, ZoneInfo(province.timezone)))
    for line in lines:
        if sys.stdout.isatty():
            screen().print(Text(line, next((colour for start, colour in COLOURS.items() if line.startswith(start)), "")), soft_wrap=True)
        else:
            typer.echo(line)  # byte for byte, for patch(1)
    return bool(lines)


def _print_changed(changes: Iterable[Change], zone: ZoneInfo) -> bool:
    devices = _by_device(changes)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("device", "last change", "times", "lines"):
        table.add_column(name, no_wrap=True)
    for device, own in devices.items():
        came, went = counted(own[-1].before, own[0].after)
        lines = f"+{came} −{went}" if came or went else "as before"
        table.add_row(device, f"{moment(own[0].at, zone):{SHOWN}}", str(len(own)), lines)
    if devices:
        screen().print(table)
    else:
        typer.echo("No configuration changed in this time.")
    return any(own[-1].before != own[0].after for own in devices.values())


def _by_device(changes: Iterable[Change]) -> Mapping[str, list[Change]]:
    """Each device's own, the newest first."""
    found: dict[str, list[Change]] = {}
    for change in changes:
        found.setdefault(change.device, []).append(change)
    return dict(sorted(found.items()))
