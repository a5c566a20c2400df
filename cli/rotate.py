"""`motcua rotate`: new passwords and keys, place by place; each is over only when the new one works and the old one fails."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotatable import Subject, days_of, next_epoch, rotatable
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotations import Ledger, Order
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal

from cli.controller import hosts_within
from cli.folders import new_folder
from cli.locks import locked, operator
from cli.player import play_holding

ALL_DONE, NOT_ALL, FAILED = 0, 1, 2
LOCK = "rotation"
ABSENT = ("", "unreachable")


class Kind(StrEnum):
    """What is given a new secret."""

    DEVICES = "devices"
    TUNNELS = "tunnels"
    ALL = "all"


def rotate(
    what: Annotated[Kind, typer.Option(help="which secrets")] = Kind.ALL,
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="hosts or groups, as for ansible-playbook")] = None,
    reason: Annotated[str | None, typer.Option(help="why, for whoever audits it, such as 'an installer left'")] = None,
    due: Annotated[bool, typer.Option("--due", help="only what is older than policy.rotate_days")] = False,
    still_open: Annotated[bool, typer.Option("--open", help="only what was ordered and isn't done, as of devices that were off")] = False,
    listed: Annotated[bool, typer.Option("--list", help="show what isn't done yet, and change nothing")] = False,
    output: Annotated[Path, typer.Option(help="folder for the logs, one folder each")] = Path("reports/rotations"),
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do it without asking")] = False,
) -> None:
    """Rotate: exit code 0 all done, 2 something failed, 1 something didn't answer and stays open."""
    province = load(inventory)
    book = Book(province, inventory)
    subjects = book.chosen(what, limit)
    if listed:
        typer.echo("\n".join(book.told(subjects)) or "Nothing is open.")
        raise typer.Exit(NOT_ALL if any(book.open(subjects)) else ALL_DONE)
    wanted = book.open(subjects) if still_open else book.due(subjects) if due else subjects
    why = reason or ("it is due" if due else "")
    if not why and not still_open:
        raise ModelError("--reason: is missing; say why, because the audit keeps it (with --due and --open it is known)")
    with locked(inventory, {LOCK, *(subject.place for subject in wanted)}) as held:
        raise typer.Exit(_rotate(book, wanted, why, new_folder(output, datetime.now(ZoneInfo(province.timezone))), held, yes=yes))


def _rotate(book: Book, wanted: Sequence[Subject], why: str, folder: Path, held: tuple[int, ...], *, yes: bool) -> int:
    """Ask, order, and go through the places, the province's canary first; one that fails there ends it."""
    fresh = [subject.name for subject in wanted if book.epoch(subject) is None]
    wanted = [subject for subject in wanted if subject.name not in fresh]
    for name in fresh:
        typer.echo(f"  {name}: has no secret of ours yet, so there is nothing to rotate; roll it out")
    if not wanted:
        typer.echo("Nothing is to be rotated.")
        return ALL_DONE
    typer.echo(f"{len(wanted)} new secrets at {len({subject.place for subject in wanted})} places: " + ", ".join(s.name for s in wanted))
    if not yes:
        typer.confirm("Rotate these?", abort=True)
    book.order(wanted, why)
    failed = 0
    places = list(dict.fromkeys(subject.place for subject in wanted))
    for number, place in enumerate(places):
        here = [subject for subject in wanted if subject.place == place]
        failed += _place(book, place, here, folder, held)
        if failed and (number == 0 or failed >= book.province.rollout.stop_at):
            typer.echo(f"Stopped after {failed} place{'s' * (failed > 1)} failed; the others keep what they have.")
            break
    left = book.open(wanted)
    if left:
        typer.echo(f"{len(left)} of {len(wanted)} stay open; 'motcua rotate --open' goes on with them. Logs: {folder}")
    return FAILED if failed else NOT_ALL if left else ALL_DONE


def _place(book: Book, place: str, here: Sequence[Subject], folder: Path, held: tuple[int, ...]) -> bool:
    """Rotate one place; whether something failed there otherwise than by not answering."""
    limit = ",".join(dict.fromkeys(host for subject in here for host in subject.hosts))
    log = folder / f"{place}.log"
    play_holding(held, "rotate", book.inventory, folder / f"{place}.json", log, limit)
    left = book.open(here)
    typer.echo(f"{place}: {len(here) - len(left)} of {len(here)} rotated")
    for line in book.told(left):
        typer.echo(f"  {line}")
    return any(book.ledger.read(subject.name).kind not in ABSENT for subject in left)


class Book:
    """The orders and epochs of one province."""

    def __init__(self, province: Province, inventory: Path) -> None:
        self.province, self.inventory = province, inventory
        state = inventory.resolve().parent / "state"
        self.ledger, self._journal = Ledger(state / "rotations"), Journal(state / "epochs")

    def chosen(self, what: Kind, limit: str | None) -> tuple[Subject, ...]:
        """What could be rotated of the named hosts, canary first."""
        hosts = desired(self.province, plan(self.province))
        kinds = ("devices", "tunnels") if what is Kind.ALL else (what.value,)
        named = None if limit is None else set(hosts_within(self.inventory, limit))
        found = [one for one in rotatable(hosts, kinds) if named is None or one.hosts[0] in named]
        order = [self.province.rollout.canary, *sorted(self.province.sites, key=self._rank)]
        return tuple(sorted(found, key=lambda one: order.index(one.place) if one.place in order else len(order)))

    def _rank(self, site: str) -> tuple[int, int]:
        return self.province.sites[site].wave, self.province.sites[site].number

    def epoch(self, subject: Subject) -> int | None:
        """The epoch that a rotation leads to; None when there is nothing of ours to replace."""
        return next_epoch(subject, self._journal, self.ledger.read(subject.name))

    def due(self, subjects: Sequence[Subject]) -> list[Subject]:
        """What is older than its policy allows.

        :raises ModelError: when no policy says how old anything may be.
        """
        days = {subject: days_of(self.province, subject) for subject in subjects}
        if not any(days.values()):
            raise ModelError(f"{self.inventory}: policy.rotate_days: isn't written, so nothing is ever due; write a number of days there")
        now = datetime.now(UTC)
        return [one for one, allowed in days.items() if allowed is not None and self.ledger.read(one.name).due(allowed, now)]

    def order(self, subjects: Sequence[Subject], why: str) -> None:
        """Note what is wanted, before anything is sent."""
        when = datetime.now(UTC).isoformat(timespec="seconds")
        for subject in subjects:
            to = self.epoch(subject)
            if to is not None:
                self.ledger.order(subject.name, Order(operator(), when, why, to))

    def open(self, subjects: Sequence[Subject]) -> list[Subject]:
        """What was ordered and isn't done."""
        return [subject for subject in subjects if self.ledger.read(subject.name).order is not None]

    def told(self, subjects: Sequence[Subject]) -> Iterator[str]:
        """The open orders, a line each."""
        for subject in self.open(subjects):
            record = self.ledger.read(subject.name)
            assert record.order is not None
            why = record.trouble or "wasn't tried yet, or didn't answer"
            yield f"{subject.name}: ordered by {record.order.who} on {record.order.when[:10]} ({record.order.why}): {why}"
