"""`motcua recordings`: what the storage centre holds of a camera, what is missing, what is held, and what leaves as evidence."""

from __future__ import annotations

import getpass
from pathlib import Path
from typing import Annotated, Any

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from cli.centre import ANSWER_SECONDS, ask_centre, fetch

app = typer.Typer(help="List, hold, release and export footage at the storage centre.", no_args_is_help=True)

PROGRAM = "motcua-footage"
EXPORT_SECONDS = 3600  # a day of one camera is read, joined and hashed
Camera = Annotated[str, typer.Argument(metavar="CAMERA", help="<site>-<camera>, as lang-giang-cam1")]
From = Annotated[str, typer.Argument(metavar="FROM", help="'2026-11-26 08:00' in the province's time, or ISO with a zone")]
Until = Annotated[str, typer.Argument(metavar="TO", help="as FROM")]
Inventory = Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")]
Reason = Annotated[str, typer.Option(help="why, as the paper that asks for it says: it is written down")]
Who = Annotated[str | None, typer.Option(help="for whom; it is written down beside the login; you unless given")]
LAB = Path("inventory/lab/province.yml")


@app.callback()
def group() -> None:
    """List, hold, release and export footage at the storage centre."""


@app.command("list")
def show(camera: Camera, since: From, until: Until, inventory: Inventory = LAB) -> None:
    """What there is, live and brought in later, and what is held."""
    found = _ask(inventory, "list", camera, since, until)
    _rows((f"{row['from']}  {row['until']}  {row['source']}" for row in found["spans"]), "there is no footage")
    _rows((f"{row['from']}  {row['until']}  held: {row['reason']} ({row['who']})" for row in found["held"]), None)
    _not_read(found)


@app.command()
def gaps(camera: Camera, since: From, until: Until, inventory: Inventory = LAB) -> None:
    """What is missing within the camera's hours."""
    found = _ask(inventory, "gaps", camera, since, until)
    _rows((f"{row['from']}  {row['until']}" for row in found["gaps"]), "nothing is missing")
    _not_read(found)


@app.command()
def hold(camera: Camera, since: From, until: Until, reason: Reason, inventory: Inventory = LAB, who: Who = None) -> None:
    """Let nothing of that time be deleted until it is released."""
    row = _ask(inventory, "hold", camera, since, until, *_why(reason, who))
    typer.echo(f"{row['camera']}: held from {row['from']} to {row['until']}")


@app.command()
def release(camera: Camera, since: From, until: Until, reason: Reason, inventory: Inventory = LAB, who: Who = None) -> None:
    """End the holds that lie within that time."""
    row = _ask(inventory, "release", camera, since, until, *_why(reason, who))
    typer.echo(f"{row['camera']}: released from {row['from']} to {row['until']}")


@app.command()
def export(
    camera: Camera,
    since: From,
    until: Until,
    reason: Reason,
    inventory: Inventory = LAB,
    who: Who = None,
    output: Annotated[Path, typer.Option(help="folder; the export gets one of its own in it")] = Path("reports/exports"),
) -> None:
    """One MP4 with a signed manifest of what it was made from; it is written down at the centre."""
    made = _ask(inventory, "export", camera, since, until, *_why(reason, who))
    folder = output / Path(made["folder"]).name
    folder.mkdir(parents=True, exist_ok=True)
    for name in made["files"]:
        fetch(inventory, f"{made['folder']}/{name}", folder / name)
    typer.echo(f"{folder}: {', '.join(made['files'])}; sha256 of the video {made['video_sha256']}")
    _rows((f"missing inside: {row['from']}  {row['until']}" for row in made["gaps"]), None)
    name = load(inventory).storage_centre()[0]
    typer.echo(
        f"openssl pkeyutl -verify -pubin -inkey {inventory.parent}/keys/{name}-evidence.pub.pem -rawin "
        f"-in {folder}/manifest.json -sigfile {folder}/manifest.sig"
    )


def _why(reason: str, who: str | None) -> tuple[str, ...]:
    return "--reason", reason, "--who", who or getpass.getuser()


def _ask(inventory: Path, verb: str, *words: str) -> Any:
    return ask_centre(inventory, PROGRAM, verb, *words, answer_seconds=EXPORT_SECONDS if verb == "export" else ANSWER_SECONDS)


def _rows(lines: Any, otherwise: str | None) -> None:
    shown = list(lines) or ([otherwise] if otherwise else [])
    for line in shown:
        typer.echo(line)


def _not_read(found: Any) -> None:
    """A shard that can't be read may hold what is asked for: that can't be told, and is no answer."""
    for shard, reason in found["shards_not_read"].items():
        typer.echo(f"{shard}: couldn't be read ({reason}); what it holds isn't known", err=True)
    if found["shards_not_read"]:
        raise typer.Exit(1)
