"""`motcua firmware`: the catalogue, its files, what it means for every device, and the upgrade itself, wave by wave."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import findings as found
from ansible_collections.motcua.cctv.plugins.plugin_utils import snapshots as seen
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Json
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware import planned as planning
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.catalogue import FILE, Catalogue, read_catalogue
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.files import content_of, proved
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.notes import Notes
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.planned import Row
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from rich import box
from rich.markup import escape
from rich.table import Table

from cli.campaign import Campaign, Choices, Inventory, Limit, Output, PlanOnly, Resume, Retry, WithoutBackup, Yes, YesDangerous
from cli.controller import hosts_within
from cli.locks import locked
from cli.player import last_words, play
from cli.progress import spoken
from cli.screen import screen
from cli.waves import carry_out

app = typer.Typer(help="Firmware of cameras and recorders: the catalogue, what it means, and the upgrade.", no_args_is_help=True)

LAB = Path("inventory/lab/province.yml")
ALL_DONE, COULD_NOT_TELL, WRONG = 0, 1, 2
STATES = {"due": "goes", "there": "is there", "begun": "was begun", "waits": "waits", "no": "stays"}


@app.callback()
def group() -> None:
    """Firmware of cameras and recorders: the catalogue, what it means, and the upgrade."""


@app.command("list")
def list_images(inventory: Inventory = LAB) -> None:
    """Print the catalogue."""
    rows = [
        (
            name,
            image.vendor,
            " ".join(image.models),
            f"{image.version} {image.build or ''}".strip(),
            ", ".join(image.since),
            image.file,
            _kind(image.target),
        )
        for name, image in _catalogue(inventory).images.items()
    ]
    _print(("image", "vendor", "models", "version", "from", "file", ""), rows)


@app.command()
def check(inventory: Inventory = LAB) -> None:
    """Look at every file of the catalogue: exit code 0 all are what it says, 2 one isn't."""
    wrong, folder = [], (inventory.parent / FILE).parent
    for name, image in _catalogue(inventory).images.items():
        try:
            typer.echo(f"{name}: {image.file}: {proved(content_of(folder, name, image))}.")
        except MotcuaError as error:
            wrong.append(str(error))
    for sentence in wrong:
        typer.echo(sentence, err=True)
    raise typer.Exit(WRONG if wrong else ALL_DONE)


@app.command("plan")
def show_plan(inventory: Inventory = LAB, limit: Limit = None) -> None:
    """Read the devices and say of each what would be done, and why not: exit code 1 when some have to wait."""
    province, catalogue = load(inventory), _catalogue(inventory)
    rows = _rows(inventory, province, _hosts(province, inventory, limit), catalogue)
    _print(("device", "model", "has", "through", "MB", "time", "window", ""), [_cells(row, catalogue) for row in rows])
    goes = [row for row in rows if row.state in ("due", "begun")]
    typer.echo(f"{len(goes)} of {len(rows)} devices would be upgraded, one of a site at a time; nothing was sent.")
    raise typer.Exit(COULD_NOT_TELL if any(row.state == "waits" for row in rows) else ALL_DONE)


@app.command()
def run(
    inventory: Inventory = LAB,
    limit: Limit = None,
    output: Output = Path("reports/firmware"),
    resume: Resume = False,
    retry: Retry = False,
    plan_only: PlanOnly = False,
    yes_dangerous: YesDangerous = False,
    without_backup: WithoutBackup = False,
    yes: Yes = False,
) -> None:
    """Upgrade wave by wave, one device of a site at a time, until the first surprise: exit code 0 all done, 2 failed, 1 something waits."""
    _notes(inventory).check()
    catalogue = _catalogue(inventory)

    def due(province: Province, hosts: Sequence[Host]) -> Mapping[str, Json]:
        rows = _rows(inventory, province, hosts, catalogue)
        _queue(inventory, rows)
        return planning.due(rows, catalogue)

    told = {"firmware_catalogue": hashlib.sha256((inventory.parent / FILE).read_bytes()).hexdigest()}
    campaign = Campaign("firmware", "upgrade", "firmware run", variables=told, danger="firmware", due=due, stop_at=1)
    choices = Choices(limit, output, resume, retry, plan_only, yes_dangerous, without_backup, yes)
    raise typer.Exit(carry_out(campaign, inventory, choices))


@app.command()
def queue(inventory: Inventory = LAB) -> None:
    """Print which devices aren't done, since when and why: exit code 1 when there are any."""
    notes = _notes(inventory)
    rows = [(device, note.phase, note.since[:16].replace("T", " "), note.why or note.image) for device, note in notes.all().items()]
    _print(("device", "is", "since (UTC)", "why"), rows)
    stopped = notes.stopped()
    if stopped is not None:
        typer.echo(f"Stopped by {stopped[0]}: {stopped[1]}. 'motcua firmware clear' lets the others go on.")
    raise typer.Exit(COULD_NOT_TELL if rows or stopped else ALL_DONE)


@app.command()
def clear(inventory: Inventory = LAB, yes: Yes = False) -> None:
    """Let the others go on after a surprise that somebody has looked at."""
    notes = _notes(inventory)
    stopped = notes.stopped()
    if stopped is None:
        typer.echo("Nothing stopped.")
        return
    typer.echo(f"{stopped[0]}: {stopped[1]} (since {stopped[2]})")
    if not yes:
        typer.confirm("Has somebody looked at it, and may the others go on?", abort=True)
    notes.clear()
    typer.echo("The next 'motcua firmware run' goes on; it reads this device anew.")


# --- what is read, and how it is shown ---


def _catalogue(inventory: Path) -> Catalogue:
    return read_catalogue(inventory.parent / FILE)


def _notes(inventory: Path) -> Notes:
    return Notes(inventory.resolve().parent / "state" / "firmware")


def _hosts(province: Province, inventory: Path, limit: str | None) -> list[Host]:
    named = set(hosts_within(inventory, limit)) if limit else None
    return [host for host in desired(province, plan(province)) if named is None or host.name in named]


def _queue(inventory: Path, rows: Sequence[Row]) -> None:
    """Keep who can't take part now in the queue, since when it first couldn't."""
    notes = _notes(inventory)
    waiting = [row for row in rows if row.state == "waits"]
    with locked(inventory, {row.site for row in waiting}):
        for device, note in planning.waiting(waiting, datetime.now(UTC)).items():
            if notes.read(device) is None:
                notes.write(device, note)
    for row in waiting:
        typer.echo(f"  {row.device} waits in the queue: {row.why}")


def _rows(inventory: Path, province: Province, hosts: Sequence[Host], catalogue: Catalogue) -> list[Row]:
    asked = [host.name for host in hosts if host.role in ("camera", "nvr") and host.recorder is None]
    typer.echo(f"Reading {len(asked)} devices, changing nothing …", err=True)
    read, unread = _read(inventory, asked) if asked else ({}, {})
    return list(planning.planned(province, hosts, catalogue, read, unread, _notes(inventory).all()))


def _read(inventory: Path, names: Sequence[str]) -> tuple[Mapping[str, seen.Snapshot], Mapping[str, str]]:
    """What the devices say now, and why others say nothing.

    :raises MotcuaError: when nothing could be asked at all.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        heard, log = folder / "findings.json", folder / "log"
        play("backup", inventory, heard, log, ",".join(names))
        if not heard.exists():
            raise MotcuaError(f"playbooks/backup.yml ended before it read anything: {last_words(log)}")
        findings = found.from_json(heard.read_text(encoding="utf-8"))
        read = seen.from_json((folder / "snapshots.json").read_text(encoding="utf-8"))
    return read, {one.device: str(one.actual) for one in findings if one.status == "error" and one.device not in read}


def _cells(row: Row, catalogue: Catalogue) -> tuple[str, ...]:
    path = " → ".join(f"{name} ({catalogue.images[name].version})" if name in catalogue.images else name for name in row.path)
    size, time = (f"{row.size_bytes / 1e6:.0f}", spoken(row.seconds)) if row.state == "due" else ("", "")
    return (row.device, row.model, row.now, path, size, time, row.window, f"{STATES[row.state]}{': ' if row.why else ''}{row.why}")


def _kind(target: bool) -> str:
    return "target" if target else "step"


def _print(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*map(escape, row))
    screen(columns=200).print(table)  # reasons are sentences
