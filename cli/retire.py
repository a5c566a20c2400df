"""`motcua retire`: a device or a whole office leaves. What is ours is wiped from it, its footage stays until its retention ends.

What couldn't be wiped is written down as such, and listed until it was, by the same command or by a person.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired.host import server_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Camera, Former, Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal

from cli.aftermath import Aftermath
from cli.equipment import KINDS, Standing, former, standing, standing_at
from cli.exchanges import Exchanges
from cli.locks import locked
from cli.pki_store import disbelieve
from cli.player import play_holding, reason
from cli.site import refuse_children
from intake.editing.edit import Edit

DONE, NOT_WIPED = 0, 1


def retire(
    name: Annotated[str | None, typer.Argument(metavar="DEVICE|SITE", help="for example tan-dinh-cam1, or tan-dinh")] = None,
    listed: Annotated[bool, typer.Option("--list", help="say what has left and isn't wiped")] = False,
    wiped_by: Annotated[str | None, typer.Option(help="it was wiped by hand: who did it, and how")] = None,
    without_wiping: Annotated[bool, typer.Option("--without-wiping", help="it is gone or dead; it is listed as not wiped")] = False,
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    output: Annotated[Path, typer.Option(help="folder for reports, as of audit, verify and plan")] = Path("reports"),
    preview: Annotated[bool, typer.Option("--preview", help="show what would be declared, and change nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do it without asking")] = False,
) -> None:
    """Retire a device or a site: exit code 0 nothing of ours is left on it, 1 something may be, 2 not all is well afterwards."""
    province = load(inventory)
    if listed:
        typer.echo("\n".join(_unwiped(province)) or "Nothing has left that isn't wiped.")
        return
    if name is None:
        raise ModelError("DEVICE|SITE: is missing; name what leaves, or write --list")
    leaving = _leaving(province, name)
    with locked(inventory, {leaving.site, *map(server_host, province.centres)}) as held:
        job = Job(inventory, province, leaving, held, wiped_by, without_wiping)
        if not _wanted(job, preview=preview, yes=yes):
            return
        raise typer.Exit(job.carry_out(output))


def _wanted(job: Job, *, preview: bool, yes: bool) -> bool:
    typer.echo("\n".join(job.shown()))
    if preview:
        return False
    if not yes:
        typer.confirm("Is this to leave, and to forget everything?", abort=True)
    return True


def _unwiped(province: Province) -> Iterator[str]:
    """Every device that has left and isn't known to be wiped, a line each."""
    for name, site in {**province.sites, **province.retired}.items():
        for one in site.former:
            if one.wiped is None:
                what = " ".join(filter(None, (one.vendor, one.model, one.serial)))
                yield f"{_name(name, one)}: {what}, {one.because}: not wiped"


def _name(site: str, one: Former) -> str:
    """How one that has left is named: another may stand in its place now."""
    return f"{device_host(site, one.device)}@{one.left}"


@dataclass(frozen=True)
class Leaving:
    """What leaves: devices in their places, a whole site, or one that has left already (``row`` of the site's ``former``)."""

    site: str
    devices: tuple[Standing, ...]
    whole: bool = False
    row: int | None = None


def _leaving(province: Province, name: str) -> Leaving:
    """What a name means.

    :raises ModelError: when it means nothing that could leave.
    """
    if name in province.sites:
        return Leaving(name, tuple(one for one in standing_at(province, name) if one.device.address is not None), whole=True)
    hosts = {one.host for site in province.sites for one in standing_at(province, site)}
    gone = [
        Leaving(site, (), row=number)
        for site, value in {**province.sites, **province.retired}.items()
        for number, one in enumerate(value.former)
        if name == _name(site, one) or (name == device_host(site, one.device) and name not in hosts)
    ]
    if gone:
        return gone[-1]
    place = standing(province, name)
    cameras = province.sites[place.site].cameras
    behind = [key for key, one in cameras.items() if place.kind == "nvrs" and one.through and one.through.nvr == place.key]
    if behind:
        raise ModelError(f"{name}: {', '.join(behind)} of {place.site} give their pictures through it; retire or replace them first")
    return Leaving(place.site, (place,))


@dataclass(frozen=True)
class Job:
    """What leaves, on its way."""

    inventory: Path
    province: Province
    leaving: Leaving
    held: tuple[int, ...]
    wiped_by: str | None
    without_wiping: bool

    @property
    def _now(self) -> datetime:
        return datetime.now(ZoneInfo(self.province.timezone))

    def shown(self) -> Iterator[str]:
        """What leaves, what stays of it, and the change of the inventory."""
        for one in self.leaving.devices:
            yield f"{one.host} ({one.device.name}) leaves, and forgets everything."
            if isinstance(one.device, Camera):
                until = self._now.date() + timedelta(days=one.device.retention_days)
                yield f"  footage   stays at the centre until its retention ends, at the latest on {until}"
            else:
                yield "  footage   on its own disks goes with them"
        if self.leaving.whole:
            yield f"{self.leaving.site}: is closed; its router is cut off at every hub, and is listed until a person has reset it."
        yield f"\n{self._edit({'': {}}).diff()}"

    def carry_out(self, output: Path) -> int:
        """Wipe, declare, and let everything else follow; the exit code."""
        wiped = {one.host: self._wiped(one) for one in self.leaving.devices}
        if self.leaving.row is not None:
            wiped[""] = self._wiped_later(self.leaving.row)
        edit = self._edit(wiped)
        edit.check()
        for one in self.leaving.devices:
            Exchanges(self.inventory, one.host).leave(self._now.isoformat())
        written = edit.write()
        typer.echo(f"Declared: {', '.join(map(str, written))}" if written else "Nothing changes in the inventory.")
        # Not at a device that left before and was forgotten then: only a run that died in between has left something to do.
        if [host for host in self._left() if self._forget(host)] or self.leaving.devices:
            verdict = Aftermath(self.inventory, self.leaving.site, self.held, output).of(None)
            if verdict:
                return verdict
        left = [line for line in _unwiped(load(self.inventory)) if line.startswith(f"{self.leaving.site}-")]
        typer.echo("\n".join(left) or "Nothing of ours is left on it.")
        return NOT_WIPED if left else DONE

    # --- wiping ---

    def _wiped(self, place: Standing) -> dict[str, Any]:
        """What is written of a device that was wiped; nothing when it wasn't."""
        if self.wiped_by is not None:
            return {"wiped": self._now.date(), "wiped_by": self.wiped_by}
        device = place.device
        state = self.inventory.resolve().parent / "state"
        return self._wipe(place.host, KINDS[place.kind], device.vendor, str(device.address), state, device.port)

    def _wiped_later(self, number: int) -> dict[str, Any]:
        """The same of one that has left before, with the secrets that it had."""
        if self.wiped_by is not None:
            return {"wiped": self._now.date(), "wiped_by": self.wiped_by}
        one = self._former(number)
        if one.wiped is not None:
            return {}
        host = device_host(self.leaving.site, one.device)
        kept = sorted((self.inventory.resolve().parent / "state" / "former").glob(f"{host}@{one.left}"))
        if self.leaving.site not in self.province.sites or one.address is None or one.kind == "router" or not kept:
            typer.echo(f"  not wiped: {host} can't be reached from here any more; reset it by hand, then say --wiped-by", err=True)
            return {}
        return self._wipe(host, one.kind, one.vendor, str(one.address), kept[-1], None)

    def _wipe(self, host: str, role: str, vendor: str, address: str, folder: Path, port: int | None) -> dict[str, Any]:
        if self.without_wiping:
            return {}
        work = self.inventory.resolve().parent / "state" / "leaving" / host
        work.mkdir(parents=True, exist_ok=True, mode=0o700)
        leaver = {"device": host, "role": role, "vendor": vendor, "address": address, "folder": str(folder), "port": port}
        variables, heard, log = work / "variables.json", work / "findings.json", work / "playbook.log"
        variables.write_text(json.dumps({"motcua_leaver": leaver}, ensure_ascii=False), encoding="utf-8")
        heard.unlink(missing_ok=True)
        typer.echo(f"Wiping {host} …")
        router = device_host(self.leaving.site, "router")
        ended = play_holding(self.held, "retire", self.inventory, heard, log, router, "--extra-vars", f"@{variables}")
        if ended:
            typer.echo(f"  not wiped: {reason(heard, log)}", err=True)
        return {} if ended else {"wiped": self._now.date()}

    def _left(self) -> Iterator[str]:
        """The hosts whose places are free now."""
        yield from (one.host for one in self.leaving.devices)
        if self.leaving.row is not None:
            site, one = self.leaving.site, self._former(self.leaving.row)
            host = device_host(site, one.device)
            if one.kind != "router" and host not in {other.host for other in standing_at(self.province, site)}:
                yield host

    def _former(self, number: int) -> Former:
        return {**self.province.sites, **self.province.retired}[self.leaving.site].former[number]

    def _forget(self, host: str) -> bool:
        """The place is free: no key is waited for in it, and no epoch is used again. Whether that was to be done."""
        state = self.inventory.resolve().parent / "state"
        pin, journal = state / "pins" / f"{host}.json", Journal(state / "epochs")
        epochs = journal.read(host)
        pending = pin.exists() or epochs.confirmed is not None or epochs.pending is not None
        pin.unlink(missing_ok=True)
        journal.close(host)
        disbelieve(self.inventory, host, "retired")
        return pending

    # --- what is declared ---

    def _edit(self, wiped: Mapping[str, Mapping[str, Any]]) -> Edit:
        """The inventory without what leaves; ``wiped`` is what is written of those of which nothing of ours is left, by host."""
        edit, leaving, today = Edit(self.inventory), self.leaving, self._now.date()
        raw = edit.site(leaving.site)
        rows = [dict(row) for row in raw.get("former") or ()]
        if leaving.row is not None:
            rows[leaving.row] |= wiped.get("", {})
        for one in leaving.devices:
            days = {"kept_days": one.device.retention_days} if isinstance(one.device, Camera) and not leaving.whole else {}
            rows.append(former(one, today, "retired", **days, **wiped.get(one.host, {})))
        if leaving.whole:
            refuse_children(self.inventory, self.province, leaving.site, today)
            platform = self.province.sites[leaving.site].router.platform
            rows.append({"device": "router", "kind": "router", "vendor": platform, "left": today, "because": "retired"})
            edit.merge(leaving.site, {"retired": today, "former": rows})
            return edit
        for one in leaving.devices:
            edit.merge(leaving.site, {one.kind: {one.key: None}})
            if one.kind == "nvrs":
                kept = [key for key, camera in raw["cameras"].items() if str(camera.get("recorder", "")).startswith(f"{one.key}/")]
                edit.merge(leaving.site, {"cameras": {key: {"recorder": None} for key in kept}})
        edit.merge(leaving.site, {"former": rows})
        return edit
