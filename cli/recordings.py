"""`motcua recordings`: what the storage centre holds of a camera, what is missing, what is held, and what leaves as evidence."""

from __future__ import annotations

import getpass
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from cli.controller import ROOT, at_the_controller

app = typer.Typer(help="List, hold, release and export footage at the storage centre.", no_args_is_help=True)

PROGRAM = "/usr/local/lib/motcua/motcua-footage"
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
        _ansible(
            inventory, "ansible.builtin.fetch", {"src": f"{made['folder']}/{name}", "dest": f"{folder.resolve()}/{name}", "flat": True}
        )
    typer.echo(f"{folder}: {', '.join(made['files'])}; sha256 of the video {made['video_sha256']}")
    _rows((f"missing inside: {row['from']}  {row['until']}" for row in made["gaps"]), None)
    name = load(inventory).storage_centre()[0]
    typer.echo(
        f"openssl pkeyutl -verify -pubin -inkey {inventory.parent}/keys/{name}-evidence.pub.pem -rawin "
        f"-in {folder}/manifest.json -sigfile {folder}/manifest.sig"
    )


def _why(reason: str, who: str | None) -> tuple[str, ...]:
    return "--reason", reason, "--who", who or getpass.getuser()


def _ask(inventory: Path, *words: str) -> Any:
    """What the program at the centre answers.

    :raises ModelError: with its own sentence, when it can't do that. :raises Unreachable: when the centre doesn't answer.
    """
    if any(brace in word for word in words for brace in "{}"):
        raise ModelError("recordings: a brace stands in what you wrote; write it without { and }")
    return json.loads(_ansible(inventory, "ansible.builtin.command", {"argv": [PROGRAM, *words]}))


def _ansible(inventory: Path, module: str, arguments: dict[str, Any]) -> str:
    province = load(inventory)
    centre = next(host.name for host in desired(province, plan(province)) if host.role == "hub")
    with tempfile.TemporaryDirectory(prefix="motcua-") as folder:
        command = [str(Path(sys.executable).with_name("ansible")), centre, "-i", str(inventory.resolve()), "-m", module]
        command += ["-a", json.dumps(arguments, ensure_ascii=False), "-t", folder]
        environment = os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
        done = subprocess.run(at_the_controller(command, inventory), capture_output=True, text=True, check=False, cwd=ROOT, env=environment)
        said = Path(folder, centre)
        return answer(said.read_text(encoding="utf-8") if said.exists() else "{}", centre, done.stderr)


def answer(document: str, centre: str, complaint: str = "") -> str:
    """Standard output in a result of Ansible's.

    :raises ModelError: with the program's own sentence. :raises Unreachable: when nobody answered.
    """
    result = json.loads(document)
    if result.get("unreachable") or not result:
        reason = (str(result.get("msg") or complaint).strip().splitlines() or ["no answer"])[-1]
        raise Unreachable(f"{centre}: could not be asked ({reason}); try `ssh` to it from here")
    if result.get("failed") or result.get("rc"):
        said = (str(result.get("stderr") or result.get("msg")).strip().splitlines() or ["it said nothing"])[-1]
        raise ModelError(f"{centre}: {said.removeprefix('motcua-footage: ')}")
    return str(result.get("stdout", ""))


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
