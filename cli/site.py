"""`motcua site`: move a site to another parent, merge its unit into another's, or close it, from a day on. The site stays what it is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Level, Province, Site
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.addresses import plan_addresses

from intake.editing.edit import Edit
from intake.editing.succession import last_began, succeeded

app = typer.Typer(help="Move, merge or close a site; addresses, tunnel and footage stay.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="SITE", help="the site's id")]
From = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="the first day on which it is so")]
Inventory = Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="write without asking")]
Preview = Annotated[bool, typer.Option("--preview", help="show what would change, and write nothing")]
LAB = Path("inventory/lab/province.yml")


@app.callback()
def group() -> None:
    """Move, merge or close a site; addresses, tunnel and footage stay."""


@app.command()
def move(
    site: Name,
    parent: Annotated[str, typer.Option(help="the site that it will stand below")],
    since: From,
    inventory: Inventory = LAB,
    unit_code: Annotated[str | None, typer.Option(help="code of the unit that it will serve, where that changes too")] = None,
    unit_name: Annotated[str | None, typer.Option(help="name of that unit")] = None,
    level: Annotated[Level | None, typer.Option(help="its level from then on")] = None,
    yes: Yes = False,
    preview: Preview = False,
) -> None:
    """Put a site below another one."""
    change = Change(inventory, site, since.date())
    change.refuse_below(parent)
    if (unit_code is None) != (unit_name is None):
        raise ModelError("--unit-code and --unit-name belong together; give both, or neither to keep the unit")
    if unit_code is None and not change.units:
        raise change.refused("has no unit that could be moved; say its unit with --unit-code and --unit-name")
    new = {"code": unit_code, "name": unit_name, "level": level}
    change.serve(change.since, {key: value for key, value in new.items() if value is not None} | {"parent": parent})
    change.finish(yes=yes, preview=preview)


@app.command()
def merge(
    site: Name,
    into: Annotated[str, typer.Option(help="the site whose unit takes it in")],
    since: From,
    inventory: Inventory = LAB,
    yes: Yes = False,
    preview: Preview = False,
) -> None:
    """Let a site serve another one's unit: it stays as a second reception point below that site."""
    change = Change(inventory, site, since.date())
    change.merge_into(into)
    change.finish(yes=yes, preview=preview)


@app.command()
def retire(site: Name, since: From, inventory: Inventory = LAB, yes: Yes = False, preview: Preview = False) -> None:
    """Close a site; its number is never given again, and its footage stays as long as the policy keeps it."""
    change = Change(inventory, site, since.date())
    change.refuse_children()
    change.edit.merge(site, {"retired": change.since})
    change.finish(yes=yes, preview=preview)


class Change:
    """One change of one site, from a day on: what must not be, what it does, and its writing."""

    def __init__(self, inventory: Path, name: str, since: date) -> None:
        self.edit, self.inventory, self.name, self.since = Edit(inventory), inventory, name, since
        self.before = load(inventory, on=since)
        raw = self.edit.site(name)
        self.units: Sequence[Mapping[str, Any]] = raw.get("units") or ()
        if raw.get("retired") is not None:
            raise self.refused(f"is closed from {raw['retired']} on, and a closed site isn't changed any more; name another")
        began = last_began(self.units)
        if began is not None and since < began:
            raise self.refused(f"its last unit began on {began}, after {since}; give that day or a later one with --from")

    def refused(self, what: str, name: str | None = None) -> ModelError:
        """The sentence about this site, or another one."""
        return ModelError(f"{self.inventory}: sites.{name or self.name}: {what}")

    def refuse_below(self, parent: str) -> None:
        """:raises ModelError: when there is no such parent, it is closed, or stands below this site itself."""
        self.edit.site(parent)
        if parent in self.before.retired:
            raise self.refused(f"is closed since {self.before.retired[parent].retired}; name another", parent)
        chain = [parent, *self.before.ancestors(parent)]
        if self.name in chain:
            way = " -> ".join([self.name, *chain[: chain.index(self.name) + 1]])
            raise self.refused(f"can't stand below itself ({way}); name another, or move {parent} first")

    def refuse_children(self) -> None:
        """:raises ModelError: when sites stand below this one on that day or later; they are named."""
        refuse_children(self.inventory, self.before, self.name, self.since)

    def serve(self, since: date, new: Mapping[str, Any]) -> None:
        """Let the site serve another unit, or the same one below another site."""
        now = self.before.sites[self.name].unit_on(since)
        if now is not None and now.model_dump(exclude={"since", "until"}) == {
            key: new.get(key) for key in ("code", "name", "level", "parent")
        }:
            return
        self.units = succeeded(self.units, since, new)
        self.edit.merge(self.name, {"units": self.units})

    def merge_into(self, other: str) -> None:
        """Let it serve what the other site serves, on that day and later.

        :raises ModelError: when the other serves nothing then, or can't stand above this one.
        """
        self.refuse_below(other)
        site, usual = self.before.sites[other], self.edit.site(other)["level"]
        if site.unit_on(self.since) is None:
            raise self.refused(f"serves no unit on {self.since}; write it under 'units' first", other)
        for unit in sorted(site.units, key=lambda unit: unit.since):
            if unit.until is None or unit.until >= self.since:
                new = {"code": unit.code, "name": unit.name, "level": unit.level or usual, "parent": other, "until": unit.until}
                self.serve(max(self.since, unit.since), new)

    def finish(self, *, yes: bool, preview: bool) -> None:
        """Show the change, ask, and write.

        :raises ModelError: when the province would not load on that day, or on a later one on which something changes.
        """
        diff = self.edit.diff()
        if not diff:
            typer.echo("Nothing changes.")
            return
        after = self.edit.check(self.since)
        for day in self._later_days(after):
            self.edit.check(day)
        typer.echo("\n".join(described(self.name, self.since, self.before, after)))
        typer.echo(f"\n{diff}")
        if preview:
            return
        if not yes:
            typer.confirm("Write this?", abort=True)
        typer.echo("Written: " + ", ".join(str(path) for path in self.edit.write()))

    def _later_days(self, province: Province) -> list[date]:
        return later_days(province, self.since)


def later_days(province: Province, since: date) -> list[date]:
    """Every later day on which the tree changes."""
    sites = [*province.sites.values(), *province.retired.values()]
    days = {unit.since for site in sites for unit in site.units} | {site.retired for site in sites if site.retired}
    days |= {unit.until + timedelta(days=1) for site in sites for unit in site.units if unit.until}
    return sorted(day for day in days if day > since)


def refuse_children(inventory: Path, province: Province, name: str, since: date) -> None:
    """Refuse to close a site while others stand below it; ``province`` is as it is on that day.

    :raises ModelError: when sites stand below it on that day or later; they are named.
    """
    for day in (since, *later_days(province, since)):
        sites = (province if day == since else load(inventory, day)).sites
        below = [other for other, site in sites.items() if site.parent == name]
        if below:
            stand = f"{', '.join(below)} stand{'s' * (len(below) == 1)} below it on {day}"
            raise ModelError(f"{inventory}: sites.{name}: {stand}; move or merge first what is there")


def described(name: str, since: date, before: Province, after: Province) -> Iterator[str]:
    """What changes and what stays, a line each."""
    old, new = before.sites[name], after.sites.get(name)
    yield f"{old.name} ({name}), from {since} on:"
    if new is None:
        yield "  closed          its devices and its tunnel leave the inventory"
        yield f"  no longer       {_people(before, name) or 'nobody watched it'}"
    else:
        yield _row("parent", _site(before, old.parent), _site(after, new.parent))
        yield _row("unit", _unit(old, since), _unit(new, since))
        yield _row("level", old.level, new.level)
        yield f"  watched by      {_people(after, name) or 'nobody'}"
        for word, one, other in (("newly", after, before), ("no longer", before, after)):
            names = ", ".join(value.name for key, value in one.viewers.items() if _may(one, key, name) and not _may(other, key, name))
            if names:
                yield f"  {word:<15} {names}"
        below = sum(1 for site in after.sites.values() if site.parent == name)
        if below:
            yield f"  below it        {below} site{'s' * (below > 1)}, as before"
    place = plan_addresses(before)[name]
    yield f"  stays           number {old.number}, prefix {place.prefix}, tunnel {place.tunnel}, host names, keys, footage"


def _row(word: str, old: str, new: str) -> str:
    return f"  {word:<15} {old} -> {new}" if old != new else f"  {word:<15} {old} (as before)"


def _site(province: Province, name: str | None) -> str:
    return "none" if name is None else f"{name} ({province.sites[name].name})"


def _unit(site: Site, on: date) -> str:
    unit = site.unit_on(on)
    return "none" if unit is None else f"{unit.name} ({unit.code})"


def _people(province: Province, name: str) -> str:
    return ", ".join(viewer.name for key, viewer in province.viewers.items() if _may(province, key, name))


def _may(province: Province, viewer: str, name: str) -> bool:
    """Whether someone sees a site: it, one above it, or all."""
    watches = province.viewers[viewer].watches
    return watches in ("all", name) or watches in province.ancestors(name)
