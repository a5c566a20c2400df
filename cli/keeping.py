"""A campaign's backups: of everything it may change before the first change, and of what a step changed after it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.waves import grouped

from cli.backup import Kept, opened
from cli.courses import count
from cli.folders import write_whole


def keep_before(inventory: Path, limit: str | None, reason: str, folder: Path) -> None:
    """Keep how everything is, once a campaign: what a broken step left is no state to go back to.

    What can't be read is said and stops nobody, because what can't be read can't be changed by the same login either.

    :raises MotcuaError: when nothing at all could be read or kept.
    """
    path = folder / "kept-before.json"
    if path.exists():
        return
    typer.echo("Backing up how everything is …")
    try:
        kept = _kept(inventory, limit, reason)
    except MotcuaError as error:
        raise MotcuaError(f"there is no backup: {error}. Nothing was changed; --without-backup goes on without one") from None
    _say(kept.unread)
    write_whole(path, json.dumps({"state": kept.id, "devices": kept.devices, "unread": kept.unread}, ensure_ascii=False, indent=1) + "\n")


def keep_after(inventory: Path, limit: str, reason: str) -> None:
    """Keep how it is after a step; that it couldn't be is said, and the nightly backup makes up for it."""
    try:
        _say(_kept(inventory, limit, reason).unread)
    except MotcuaError as error:
        typer.echo(f"{reason}: there is no backup: {error}", err=True)


def _kept(inventory: Path, limit: str | None, reason: str) -> Kept:
    store = opened(inventory)  # anew each time: a rotation may have changed what it is opened with
    with store.repository.alone(patient=True):  # of another campaign, or the night's
        kept = store.keep(limit, reason)
    if not kept.devices:
        raise MotcuaError(f"no device could be read ({next(iter(kept.unread.values()), 'none said why')})")
    return kept


def _say(unread: Mapping[str, str]) -> None:
    for why, devices in grouped(unread):
        typer.echo(
            f"  {count(len(devices), 'device')} couldn't be backed up: {why} ({', '.join(devices[:8])}{', …' if devices[8:] else ''})"
        )
