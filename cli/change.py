"""`motcua change`: what the inventory as it stands would change, against a git revision or another folder, before any packet is sent."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.changes import Changes, State, changes, state
from ansible_collections.motcua.cctv.plugins.plugin_utils.reachability.words import SHOWN, told

from cli.folders import write_whole
from cli.plan import Language
from cli.rendered import rendered

MADE_LATER = ("keys", "state/ssh")  # what a rollout leaves beside an inventory: public keys, which git may not have


def change(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    against: Annotated[str, typer.Option(help="a git revision, or another inventory's folder or province.yml")] = "HEAD",
    on: Annotated[datetime | None, typer.Option(help="the day whose tree is taken; today unless given", formats=["%Y-%m-%d"])] = None,
    language: Annotated[Language, typer.Option(help="of what is printed")] = Language.VI,
    whole: Annotated[bool, typer.Option("--all", help="name everything instead of the first few of each group")] = False,
    output: Annotated[Path | None, typer.Option(help="also write it here as JSON, for whoever approves")] = None,
) -> None:
    """Say what a rollout would change for people: exit code 0 nothing, 2 something, 1 could not tell."""
    found = compared(inventory, against, on.date() if on else None)
    for line in told(found, language.value, sys.maxsize if whole else SHOWN):
        typer.echo(line)
    if output is not None:
        write_whole(output, _json(found))
    raise typer.Exit(found.verdict)


def compared(inventory: Path, against: str, day: date | None = None) -> Changes:
    """The inventory as it stands beside another state of it.

    :raises ModelError: when there is no such state, or one of the two can't be planned.
    """
    after = _state(inventory, day)
    with _earlier(inventory, against) as other:
        return changes(_state(other, after.province.on), after)


def _state(path: Path, day: date | None) -> State:
    return state(load(path, day), rendered)


def comparable(inventory: Path, against: str) -> bool:
    """Whether there is such another state of the inventory; a province without git, or not yet in it, has none."""
    return Path(against).exists() or _git(inventory.parent, "cat-file", "-e", f"{against}:./{inventory.name}") is not None


@contextmanager
def _earlier(inventory: Path, against: str) -> Iterator[Path]:
    """The other inventory's province.yml; of a revision, a copy that is gone afterwards.

    :raises ModelError: when there is neither such a path nor such a revision of the inventory.
    """
    if Path(against).exists():
        path = Path(against)
        yield path / inventory.name if path.is_dir() else path
        return
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _extract(inventory.parent, against, folder)
        for beside in MADE_LATER:
            for public in inventory.parent.glob(f"{beside}/*.pub"):
                copy = folder / beside / public.name
                if not copy.exists():
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(public, copy)
        yield folder / inventory.name


def _extract(folder: Path, revision: str, into: Path) -> None:
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit is None:
        raise ModelError(f"--against {revision}: is neither a path nor a git revision of {folder}; name one of 'git log', or a folder")
    archive = _git(folder, "archive", "--format=tar", commit.decode().strip(), "--", ".")
    if archive is None:
        raise ModelError(f"--against {revision}: has no {folder}; name a revision in which it stands")
    subprocess.run(["tar", "-x", "-C", into], input=archive, check=True)


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git says; None when it refuses, or there is no git here."""
    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def _json(found: Changes) -> str:
    groups = [
        {
            "code": group.code,
            "names": group.names,
            **group.values,
            **({} if group.depends is None else {"depends": vars(group.depends)}),
        }
        for group in found.groups
    ]
    value = {"plan_hash": found.after, "against": found.before, "verdict": found.verdict, "groups": groups, "untold": found.untold}
    return json.dumps(value, ensure_ascii=False, indent=2) + "\n"
