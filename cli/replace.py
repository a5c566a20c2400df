"""`motcua replace`: another device, perhaps another vendor's, comes into an old one's place, and everything else follows, in one command.

The inventory changes only with the proof that the new device is ours and stands in the place. A run that dies in any step is gone on with
by the same command.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, get_args
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired.host import server_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.exchange import Wish
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Platform, Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS

from cli.aftermath import Aftermath
from cli.equipment import OWN, Standing, former, lost_settings, network, others, standing, successor
from cli.exchanges import Begun, Exchanges
from cli.locks import locked, operator
from cli.pki_store import disbelieve
from cli.player import play_holding, reason
from cli.replace_router import RouterJob, renamed
from intake.editing.edit import Edit

REPLACED, NOT_YET, NOT_WELL = 0, 1, 2


def replace(
    device: Annotated[str, typer.Argument(help="as it is named in the report, for example tan-dinh-cam1")],
    vendor: Annotated[str | None, typer.Option(help="the new device's, of a router its platform; the old one's unless said")] = None,
    model: Annotated[str | None, typer.Option(help="as its label says")] = None,
    serial: Annotated[str | None, typer.Option(help="as its label says, or the end of it")] = None,
    at: Annotated[str | None, typer.Option(help="its address on the office's LAN; else it is looked for there")] = None,
    old_is_off: Annotated[bool, typer.Option("--old-is-off", help="the old device is off; only where it shows no key of its own")] = False,
    again: Annotated[bool, typer.Option("--again", help="log in once more, after the password in the vault was corrected")] = False,
    give_up: Annotated[bool, typer.Option("--give-up", help="forget an exchange that was begun, while the old device is declared")] = False,
    interface: Annotated[list[str] | None, typer.Option(help="OLD=NEW: how the new router calls a port; may be repeated")] = None,
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    output: Annotated[Path, typer.Option(help="folder for reports, as of audit, verify and plan")] = Path("reports"),
    preview: Annotated[bool, typer.Option("--preview", help="show what would be declared, look from outside, and change nothing")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do it without asking")] = False,
) -> None:
    """Put another device into an old one's place: exit code 0 done, 1 not yet (the same command goes on), 2 it is there and isn't well."""
    province = load(inventory)
    site = next((name for name in province.sites if device_host(name, "router") == device), None)
    place = standing(province, device) if site is None else None
    exchanges, where = Exchanges(inventory, device), site or (place.site if place else "")
    with locked(inventory, {where, *map(server_host, province.centres)}) as held:
        begun = exchanges.begun()
        if give_up:
            _give_up(exchanges, begun)
            return
        usual = place.device.vendor if place else province.sites[where].router.platform
        known = tuple(VENDORS) if place else get_args(Platform)
        said = _said(device, usual, known, begun, {"vendor": vendor, "model": model, "serial": serial, "at": at, "old_is_off": old_is_off})
        job: Job | RouterJob = (
            Job(inventory, province, place, exchanges, held, said)
            if place
            else RouterJob(inventory, province, where, exchanges, held, said, renamed(interface or []))
        )
        if not (begun and begun.taken):
            typer.echo("\n".join(job.shown()))
            if preview:
                job.look()
                return
            if not yes:
                typer.confirm(job.question, abort=True)
        exchanges.refuse_again(again=again)
        raise typer.Exit(job.carry_out(job.begin(begun), output))


def _said(device: str, usual: str, known: Sequence[str], begun: Begun | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """What is said of the new device, now or when the exchange was begun; ``usual`` is the old one's vendor.

    :raises ModelError: when too little is, or something else than then.
    """
    new = {key: value for key, value in given.items() if value}
    if begun is not None:
        # Where it is plugged in, and that the old one is off, may become true later.
        other = [key for key in ("vendor", "model", "serial") if key in new and new[key] != begun.said[key]]
        if other:
            raise ModelError(
                f"{device}: is being replaced since {begun.when} by {begun.who}, with --{other[0]} {begun.said[other[0]]}; "
                "finish that with the same words, or --give-up first"
            )
        return {**begun.said, **new}
    if "model" not in new:
        raise ModelError("--model: is missing; say what the new device's label says, so that another one is noticed")
    said = {"vendor": usual, "serial": None, "at": None, "old_is_off": False, **new}
    if said["vendor"] not in known:
        raise ModelError(f"--vendor {said['vendor']}: is not known for this kind of device; write one of {', '.join(known)}")
    return said


def _give_up(exchanges: Exchanges, begun: Begun | None) -> None:
    if begun is None:
        raise ModelError(f"{exchanges.device}: no exchange of it was begun")
    exchanges.give_up(begun)
    typer.echo(
        f"{exchanges.device}: the exchange is forgotten; the old device stays declared. Reset the new one before it is used elsewhere."
    )


@dataclass(frozen=True)
class Job:
    """One exchange on its way."""

    inventory: Path
    province: Province
    place: Standing
    exchanges: Exchanges
    held: tuple[int, ...]
    said: Mapping[str, Any]

    @property
    def _today(self) -> datetime:
        return datetime.now(ZoneInfo(self.province.timezone))

    # --- what is said before ---

    question: ClassVar[str] = "Is the old device off, the new one plugged in, and is this to be done?"

    def shown(self) -> Iterator[str]:
        """The change of the inventory and what follows from it."""
        place, site = self.place, self.province.sites[self.place.site]
        edit = self._edit()
        after = edit.check()
        old, new = place.identity, self.said
        yield f"{place.host} ({place.device.name}): {old['vendor']} {old['model'] or '?'} -> {new['vendor']} {new['model']}"
        yield f"  stays     {place.device.address}, its name, its channel, its footage"
        yield from (f"  no more   {key}: {new['vendor']} has no such setting" for key in lost_settings(site, place, new["vendor"]))
        yield from (f"  stream    {line}" for line in _streams(self.province, after, place.site))
        if place.kind == "nvrs":
            yield "  empty     its disks: what the old recorder kept stays on its disks, which are to be kept as long as that is needed"
        yield f"\n{edit.diff()}"

    def look(self) -> None:
        """From outside alone; says what is there."""
        self._play("--check")
        typer.echo("Only a look: nothing was changed.")

    # --- what is done ---

    def begin(self, begun: Begun | None) -> Begun:
        """Write down what is wanted."""
        if begun is not None:
            return begun if begun.taken else self.exchanges.begin(Begun(**{**asdict(begun), "said": dict(self.said)}))
        when = self._today.isoformat(timespec="seconds")
        return self.exchanges.begin(Begun(self.place.host, dict(self.said), operator(), when, self.place.identity))

    def carry_out(self, begun: Begun, output: Path) -> int:
        """Every step that isn't done yet; the exit code."""
        if not begun.taken:
            if self.exchanges.proof is None:
                self._play()
            self._declare()
            disbelieve(self.inventory, self.place.host, "replaced")
            begun = self.exchanges.take_over(begun)
        verdict = Aftermath(self.inventory, self.place.site, self.held, output).of(self.place.host)
        if verdict == REPLACED:
            self.exchanges.end(begun, "replaced")
            typer.echo(
                f"{self.place.host}: is replaced. An acceptance of {self.place.site} was of the old device: 'motcua acceptance' renews it."
            )
        else:
            typer.echo(f"{self.place.host}: is in its place, and not all is well; 'motcua replace {self.place.host}' goes on from here.")
        return verdict

    def _play(self, *options: str) -> None:
        """Let the new device be taken in.

        :raises MotcuaError: what was in the way.
        """
        folder = self.exchanges.folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        variables, heard, log = folder / "variables.json", folder / "findings.json", folder / "playbook.log"
        told = {"wish": asdict(self._wish()), "folder": str(folder)}
        variables.write_text(json.dumps({"motcua_exchange": told}, ensure_ascii=False), encoding="utf-8")
        heard.unlink(missing_ok=True)
        typer.echo(f"Looking for the new device at {self.place.site} …")
        router = device_host(self.place.site, "router")
        ended = play_holding(self.held, "replace", self.inventory, heard, log, router, "--extra-vars", f"@{variables}", *options)
        if ended or ("--check" not in options and self.exchanges.proof is None):
            raise MotcuaError(reason(heard, log))

    def _wish(self) -> Wish:
        place, site, said = self.place, self.province.sites[self.place.site], self.said
        role = "camera" if place.kind == "cameras" else "nvr"
        where = network(self.province, place)
        return Wish(
            *(place.host, role, said["vendor"], said["model"], said["serial"], said["at"], said["old_is_off"], where),
            port=place.device.port,
            others=others(site, place),
        )

    def _declare(self) -> None:
        edit = self._edit()
        if edit.diff():
            for line in _streams(self.province, edit.check(), self.place.site):
                typer.echo(f"By what the new device can do, planned anew: {line}")
            typer.echo("Declared: " + ", ".join(str(path) for path in edit.write()))

    def _edit(self) -> Edit:
        """The inventory with the new device in it, as far as it is known what that is."""
        edit, proof, place = Edit(self.inventory), self.exchanges.proof, self.place
        raw = edit.site(place.site)
        new = successor(self.province.sites[place.site], place, self.said, proof)
        serial = new.get("serial")
        if proof is not None and serial is not None and place.device.serial == serial:
            return edit  # a run that died right after it was written
        edit.merge(place.site, {place.kind: {place.key: dict.fromkeys((*OWN, "settings"))}})
        edit.merge(place.site, {place.kind: {place.key: new}})
        rows = [*(dict(row) for row in raw.get("former") or ()), former(place, self._today.date(), "replaced")]
        edit.merge(place.site, {"former": rows})
        return edit


def _streams(before: Province, after: Province, site: str) -> Iterator[str]:
    """What goes up otherwise than before."""
    old, new = (plan(one).streams[site].cameras for one in (before, after))
    for key in new:
        was, becomes = (one[key].step.name if key in one else "nothing" for one in (old, new))
        if was != becomes:
            yield f"{device_host(site, key)}: {was} -> {becomes}"
