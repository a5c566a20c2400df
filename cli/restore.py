"""`motcua restore`: put one device back to how it was on a day, after the difference was shown and somebody said yes."""

from __future__ import annotations

import difflib
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.backups import (
    Names,
    Restoration,
    came_back,
    declared_otherwise,
    names,
    restoration,
    same_device,
    values_then,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.files import replace_file
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Json, from_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.registry import FAMILIES
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot, values_of

from cli.backup import Kept, Store, host_named, opened, unproved
from cli.player import play
from cli.repository import State

RESTORED, COULD_NOT_TELL, STILL_ANOTHER = 0, 1, 2


def restore(
    device: Annotated[str, typer.Argument(help="as it is named in the report")],
    day: Annotated[str, typer.Option(help="2026-11-20, or a moment as 2026-11-20T14:30")],
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    blob: Annotated[Path | None, typer.Option(help="write the device's own backup of that day into this file, and do nothing else")] = None,
    dangerous: Annotated[bool, typer.Option("--dangerous", help="accounts, ports and what else could cut us off as well")] = False,
    another_serial: Annotated[bool, typer.Option("--another-serial", help="the device was replaced by another of the same model")] = False,
    even_unproved: Annotated[bool, typer.Option("--unproved", help="take what no key of ours proves; look at the difference well")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do it without asking")] = False,
) -> None:
    """Put a device back to a day: exit code 0 it is as it was then, 2 something is still another, 1 could not tell."""
    store = opened(inventory)
    host = host_named(store.hosts, device)
    then = Then(store, host, _moment(day, ZoneInfo(store.province.timezone)), even_unproved)
    if blob is not None:
        _write_blob(then, blob)
        return
    work = _router(then) if host.platform in FAMILIES else _device(then, dangerous=dangerous, another_serial=another_serial)
    with store.repository.alone():
        before = _read(store, host, f"before {device} goes back to {day}")
        steps = work.steps(before)
        typer.echo("\n".join(shown(then, before, steps)))
        if not steps.variables:
            typer.echo(f"{device}: there is nothing to put back.")
            raise typer.Exit(STILL_ANOTHER if steps.left else RESTORED)
        if not yes:
            typer.confirm("Do this?", abort=True)
        said = _play(store, host, steps)
        after = _read(store, host, f"{device} was put back to {day}")
    raise typer.Exit(_told(device, work.still(after), said))


# --- what was kept ---


@dataclass(frozen=True)
class Then:
    """A device on a day, as it is kept."""

    store: Store
    host: Host
    until: datetime
    even_unproved: bool

    @property
    def files(self) -> Names:
        """Where its files lie."""
        return names(self.store.province, self.host)

    def state(self) -> State:
        """The state of the day.

        :raises MotcuaError: when there is none, or none that can be trusted.
        """
        found = self.store.repository.at(self.until)
        if found is None:
            raise MotcuaError(
                f"{self.host.name}: nothing was kept until {self.until:%Y-%m-%d %H:%M}; 'git log' in {self._where} lists the days"
            )
        if not found.proved and not self.even_unproved:
            why = unproved(found, self.store.repository.keys)
            raise MotcuaError(f"{self._where}: {found.id[:10]} {why}; choose another day, or take it as it is with --unproved")
        return found

    def content(self, path: str, what: str) -> bytes:
        """A file of that day.

        :raises MotcuaError: when it wasn't kept.
        """
        found = self.store.repository.file(self.state(), path)
        if found is None:
            raise MotcuaError(f"{self.host.name}: {what}; 'git log -- {path}' in {self._where} lists the days")
        return found

    def text(self) -> bytes:
        """Its configuration."""
        return self.content(self.files.text, "wasn't read until that day")

    @property
    def _where(self) -> Path:
        return self.store.repository.path


def _moment(day: str, zone: ZoneInfo) -> datetime:
    try:
        when = datetime.fromisoformat(day)
    except ValueError:
        raise ModelError(f"--day {day}: is no day; write it as 2026-11-20 or 2026-11-20T14:30") from None
    if "T" not in day and " " not in day:
        when = datetime.combine(when.date(), time.max)
    return when if when.tzinfo else when.replace(tzinfo=zone)


def _write_blob(then: Then, target: Path) -> None:
    sealed = then.content(then.files.sealed, "no backup of its own was kept until that day")
    content = then.store.repository.keys.open(then.host.name, sealed)
    replace_file(str(target), content, write=True)
    typer.echo(f"{target}: {len(content)} bytes, readable by you alone; load it in the device's own page, then delete it.")


def _read(store: Store, host: Host, reason: str) -> Snapshot:
    kept: Kept = store.keep(host.name, reason)
    if host.name not in kept.read.snapshots:
        why = kept.unread.get(host.name, "it said nothing")
        raise MotcuaError(f"{host.name}: could not be read ({why}); nothing is known of how it is now")
    return kept.read.snapshots[host.name]


# --- what is done ---


@dataclass(frozen=True)
class Steps:
    """What the playbook is told; empty when there is nothing to do. ``left`` stays, with the reason; ``warned`` is said besides."""

    variables: Mapping[str, Any]
    left: Mapping[str, str]
    warned: tuple[str, ...] = ()


class _Device:
    """A camera or recorder: value by value."""

    def __init__(self, host: Host, then: Mapping[str, Json], dangerous: bool, another_serial: bool) -> None:
        self.host, self.then, self.dangerous, self.another_serial = host, then, dangerous, another_serial
        self.planned = Restoration({}, (), {})

    def steps(self, before: Snapshot) -> Steps:
        now = values_of(before.text)
        same_device(self.host.name, self.then, now, another_serial=self.another_serial)
        self.planned = restoration(self.host, self.then, now, dangerous=self.dangerous)
        warned = tuple(
            f"{key}: is declared otherwise; the next rollout takes it back" for key in declared_otherwise(self.host, self.planned.wish)
        )
        told = {"wish": self.planned.wish, "only": list(self.planned.only)} if self.planned.only else {}
        return Steps(told, self.planned.left, warned)

    def still(self, after: Snapshot) -> Mapping[str, Json]:
        return came_back(self.planned, values_of(after.text))


class _Router:
    """A router with a command line: what motcua has in it, as a whole and under its guard."""

    def __init__(self, host: Host, text: str, wish: Mapping[str, Any]) -> None:
        self.host, self.text, self.wish = host, text, wish

    def steps(self, before: Snapshot) -> Steps:
        if before.config == self.text:
            return Steps({}, {})
        own = {"the router's own part": "isn't motcua's; what differs in it stays"}
        warned = (
            ()
            if self.wish["router"] == self.host.desired["router"]
            else ("it is declared otherwise today; the next rollout takes it back",)
        )
        return Steps({"router": self.wish["router"]}, own, warned)

    def still(self, _after: Snapshot) -> Mapping[str, Json]:
        return {}  # the engine itself reads back, and ends with what isn't as wished


def _device(then: Then, *, dangerous: bool, another_serial: bool) -> _Device:
    if then.host.vendor is None:
        raise MotcuaError(
            f"{then.host.name}: roles make it out of the inventory; put back the inventory of that day and roll out, or choose single "
            f"findings with 'motcua repair'. 'git log -p -- {then.files.text}' in the backups shows what ran"
        )
    return _Device(then.host, values_then(then.text(), then.host.name), dangerous, another_serial)


def _router(then: Then) -> _Router:
    platform = str(then.host.platform)
    if FAMILIES[platform].first.guard is None:
        raise MotcuaError(f"{then.host.name}: {platform} is read and never written; what ran then is in {then.files.text} of that day")
    wish = json.loads(then.content(then.files.wish, "wasn't as declared on that day, so that its way back isn't known; choose another day"))
    if wish["platform"] != platform:
        raise MotcuaError(f"{then.host.name}: ran {wish['platform']} then and runs {platform} now; roll out what is declared")
    return _Router(then.host, then.text().decode(), wish)


def shown(then: Then, before: Snapshot, steps: Steps) -> Iterator[str]:
    """The difference between now and then, and what of it stays."""
    now, was = before.text.splitlines(), then.text().decode().splitlines()
    yield from difflib.unified_diff(now, was, f"{then.host.name} now", f"{then.host.name} {then.until:%Y-%m-%d %H:%M}", lineterm="")
    if steps.left:
        yield "This stays as it is:"
        yield from (f"  {key}: {why}" for key, why in steps.left.items())
    if steps.warned:
        yield "Mind:"
        yield from (f"  {sentence}" for sentence in steps.warned)


def _play(store: Store, host: Host, steps: Steps) -> tuple[str, ...]:
    """Put it back; what was said of what didn't go well."""
    with tempfile.TemporaryDirectory(dir=store.repository.path, prefix=".restoring-") as name:
        folder = Path(name).resolve()
        variables, heard = folder / "variables.json", folder / "findings.json"
        variables.write_text(json.dumps({"motcua_restored": steps.variables}, ensure_ascii=False), encoding="utf-8")
        ended = play("restore", store.inventory, heard, folder / "log", host.name, "--extra-vars", f"@{variables}")
        errors = [one for one in from_json(heard.read_text(encoding="utf-8")) if one.status == "error"] if heard.exists() else []
    said = tuple(str(one.actual) for one in errors if one.device == host.name and one.check != "judged")
    return said or (() if ended == 0 else (f"playbooks/restore.yml ended with {ended}",))


def _told(device: str, still: Mapping[str, Json], said: tuple[str, ...]) -> int:
    for sentence in said:
        typer.echo(f"{device}: {sentence}", err=True)
    for key, value in still.items():
        typer.echo(f"{device}: {key} is still {value!r}", err=True)
    if still:
        return STILL_ANOTHER
    if said:
        return COULD_NOT_TELL
    typer.echo(f"{device}: is as it was then, but for what stays.")
    return RESTORED
