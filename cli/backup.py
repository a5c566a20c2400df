"""`motcua backup`: read every device and keep in git what changed, with equal words for equal secrets and devices' own backups sealed."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from textwrap import shorten
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import findings as found
from ansible_collections.motcua.cctv.plugins.plugin_utils import snapshots as seen
from ansible_collections.motcua.cctv.plugins.plugin_utils.backups import ReadNow, to_keep
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.sealed import Keys, keys_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.vault import open_masters

from cli.player import play
from cli.repository import Repository, State
from cli.survey import loader

KEPT, COULD_NOT_TELL = 0, 1
NAMED_LETTERS = 80  # of the hosts in the history's line


def backup(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="hosts or groups, as for ansible-playbook")] = None,
    reason: Annotated[str, typer.Option(help="what the history says of it, such as 'before the new firmware'")] = "backup",
) -> None:
    """Keep every device's configuration: exit code 0 all were read, 1 some couldn't be."""
    store = opened(inventory)
    with store.repository.alone():
        for sentence in store.doubts():
            typer.echo(sentence, err=True)
        kept = store.keep(limit, reason)
    for path in kept.changed:
        typer.echo(f"  {path}")
    for device, why in kept.unread.items():
        typer.echo(f"  {device}: could not be read ({why})", err=True)
    where = f" in {store.repository.path} ({kept.id[:10]})" if kept.id else ""
    typer.echo(f"{kept.devices} devices read, {len(kept.changed)} files changed and kept{where}.")
    raise typer.Exit(COULD_NOT_TELL if kept.unread or not kept.devices else KEPT)


@dataclass(frozen=True)
class Kept:
    """What became of one backup: the new state ("" when nothing had changed), its files, and the devices that couldn't be read."""

    id: str
    devices: int
    changed: Sequence[str]
    unread: Mapping[str, str]
    read: ReadNow


@dataclass(frozen=True)
class Store:
    """A province and what is kept of it."""

    inventory: Path
    province: Province
    hosts: Sequence[Host]
    repository: Repository

    def base(self) -> State | None:
        """The newest state that our keys prove; a new one is made on top of it alone."""
        return next((state for state in self.repository.states() if state.proved), None)

    def doubts(self) -> Iterator[str]:
        """What people should know of the newest state before they trust it."""
        newest = next(iter(self.repository.states()), None)
        if newest is not None and not newest.proved:
            yield f"{self.repository.path}: {newest.id[:10]} {unproved(newest, self.repository.keys)}; nothing of it is taken over"

    def keep(self, limit: str | None, reason: str) -> Kept:
        """Read what the limit names, and keep what changed. Only within ``repository.alone()``.

        :raises MotcuaError: when nothing could be read or kept; then everything is as it was.
        """
        base = self.base()
        known = self.repository.files(base)
        when = datetime.now(ZoneInfo(self.province.timezone)).replace(microsecond=0)
        with self._folder() as folder:
            read, unread = self._read(folder, limit)
        changes = to_keep(self.province, self.hosts, read, known)
        named = "" if limit is None else f" ({shorten(limit.replace(',', ', '), NAMED_LETTERS, placeholder=' …')})"
        message = f"{reason}{named}: {len(changes)} files"
        made = self.repository.keep(base, changes, message, when) if changes else ""
        self.repository.tidy()
        return Kept(made, len(read.snapshots), sorted(changes), unread, read)

    @contextmanager
    def _folder(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(dir=self.repository.path, prefix=".reading-") as folder:
            yield Path(folder).resolve()

    def _read(self, folder: Path, limit: str | None) -> tuple[ReadNow, dict[str, str]]:
        blobs, heard, log = folder / "blobs", folder / "findings.json", folder / "log"
        blobs.mkdir()
        variables = folder / "variables.json"
        variables.write_text(json.dumps({"backup_blobs": str(blobs)}), encoding="utf-8")
        play("backup", self.inventory, heard, log, limit, "--extra-vars", f"@{variables}")
        try:
            findings = found.from_json(heard.read_text(encoding="utf-8"))
            snapshots = seen.from_json((folder / "snapshots.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            said = [line.strip() for line in log.read_text(encoding="utf-8").splitlines() if line.strip()]
            raise MotcuaError(f"playbooks/backup.yml ended before it read anything ({said[-1] if said else 'it said nothing'})") from None
        differing = {one.device for one in findings if one.status == "fail" and one.check == "configuration"}
        unread = {one.device: str(one.actual) for one in findings if one.status == "error" and one.device not in snapshots}
        return ReadNow(snapshots, differing, {path.name: path.read_bytes() for path in blobs.iterdir()}), unread


def opened(inventory: Path) -> Store:
    """The province of an inventory, and its backups.

    :raises MotcuaError: when the masters can't be opened.
    """
    province, home = load(inventory), inventory.resolve().parent
    masters = open_masters({"devices": str(home / province.masters.devices), "tunnels": str(home / province.masters.tunnels)}, loader())
    repository = Repository((home / province.backups).expanduser(), keys_of(masters))
    return Store(inventory, province, desired(province, plan(province)), repository)


def unproved(state: State, keys: Keys) -> str:
    """Why a state isn't trusted, as the end of a sentence."""
    if state.key and state.key != keys.id:
        return f"was made under other master secrets ({state.key}, now {keys.id})"
    return "wasn't made by motcua, or was changed afterwards"


def host_named(hosts: Collection[Host], name: str) -> Host:
    """A host of the province.

    :raises MotcuaError: when there is none of this name.
    """
    found_host = next((host for host in hosts if host.name == name), None)
    if found_host is None:
        raise MotcuaError(f"{name}: is no device of this province; 'git ls-tree -r main' in the backups lists what is kept")
    return found_host
