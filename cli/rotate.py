"""`motcua rotate`: new passwords and keys, wave by wave; each is over only when the new one works and the old one fails."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotatable import Subject, What, days_of, next_epoch, rotatable
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotations import Ledger, Order, Record
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal

from cli.campaign import Campaign, Choices, Inventory, Limit, Output, PlanOnly, Resume, Retry, WithoutBackup, Yes, YesDangerous
from cli.locks import locked, operator
from cli.rotating_hubs import Hubs
from cli.rotating_viewers import Viewers
from cli.waves import carry_out

ALL_DONE, NOT_ALL = 0, 1
LOCK = "rotation"


class Kind(StrEnum):
    """What is given a new secret."""

    DEVICES = "devices"
    TUNNELS = "tunnels"
    HUBS = "hubs"
    VIEWERS = "viewers"
    ALL = "all"


KINDS: dict[Kind, tuple[What, ...]] = {
    Kind.DEVICES: ("devices",),
    Kind.TUNNELS: ("tunnels",),
    Kind.HUBS: ("hubs",),
    Kind.VIEWERS: (),
    Kind.ALL: ("devices", "tunnels"),
}


def rotate(
    what: Annotated[Kind, typer.Option(help="which secrets; all are devices, tunnels and then hubs")] = Kind.ALL,
    reason: Annotated[str | None, typer.Option(help="why, for whoever audits it, such as 'an installer left'")] = None,
    due: Annotated[bool, typer.Option("--due", help="only what is older than policy.rotate_days")] = False,
    still_open: Annotated[bool, typer.Option("--open", help="only what was begun and isn't done, as of devices that were off")] = False,
    listed: Annotated[bool, typer.Option("--list", help="show what isn't done and the last changes, and change nothing")] = False,
    inventory: Inventory = Path("inventory/lab/province.yml"),
    limit: Limit = None,
    output: Output = Path("reports/rotations"),
    resume: Resume = False,
    retry: Retry = False,
    plan_only: PlanOnly = False,
    yes_dangerous: YesDangerous = False,
    without_backup: WithoutBackup = False,
    yes: Yes = False,
) -> None:
    """Rotate: exit code 0 all done, 2 something failed, 1 something waits or didn't answer and stays open."""
    book = Book(inventory)
    if listed:
        typer.echo("\n".join(book.told()) or "Nothing was rotated yet.")
        raise typer.Exit(NOT_ALL if any(book.ledger.open()) else ALL_DONE)
    if not reason and not (due or still_open or resume or retry):
        raise ModelError("--reason: is missing; say why, because the audit keeps it (with --due and --open it is known)")
    wanted = (
        book.still_open if still_open else book.due(reason or "it is due") if due else book.all(reason or "going on with the last rotation")
    )
    campaign = Campaign("rotate", "rotation", "rotate", danger="password", due=book.taking_part(wanted, what), together=together)
    choices = Choices(limit, output, resume, retry, plan_only, yes_dangerous, without_backup, yes)
    with locked(inventory, {LOCK}) as held:
        if what is Kind.VIEWERS:
            people = Viewers(book.ledger, inventory)
            raise typer.Exit(people.rotated(reason or "it is due", due=due, still_open=still_open, yes=yes))
        code = ALL_DONE if what is Kind.HUBS else carry_out(campaign, inventory, choices)
        if what in (Kind.HUBS, Kind.ALL) and code == ALL_DONE and not plan_only:
            code = Hubs(book.ledger, inventory, output / "hubs", held).rotated(wanted, yes=yes)
        raise typer.Exit(code)


class Book:
    """Orders and epochs of a province, and which of its secrets are wanted new."""

    def __init__(self, inventory: Path) -> None:
        self.inventory = inventory
        state = inventory.resolve().parent / "state"
        self.ledger, self._journal = Ledger(state / "rotations"), Journal(state / "epochs")

    def all(self, why: str) -> Callable[[Province, Subject, Record], Order | None]:
        """Every secret that is ours; a device that was never rolled out has none."""
        when = datetime.now(UTC).isoformat(timespec="seconds")

        def wanted(_province: Province, subject: Subject, record: Record) -> Order | None:
            to = next_epoch(subject, self._journal, record)
            return record.order or (None if to is None else Order(operator(), when, why, to))

        return wanted

    def due(self, why: str) -> Callable[[Province, Subject, Record], Order | None]:
        """What is older than its policy allows; a secret of which nobody noted a change is as old as can be.

        :raises ModelError: when no policy says how old anything may be.
        """
        every, now, province = self.all(why), datetime.now(UTC), load(self.inventory)
        if not any(policy.rotate_days for policy in (province.policy, *(site.policy for site in province.sites.values()))):
            raise ModelError(f"{self.inventory}: policy.rotate_days: isn't written, so nothing is ever due; write a number of days there")

        def wanted(province: Province, subject: Subject, record: Record) -> Order | None:
            days = days_of(province, subject)
            return every(province, subject, record) if days is not None and record.due(days, now) else None

        return wanted

    @staticmethod
    def still_open(_province: Province, _subject: Subject, record: Record) -> Order | None:
        """What was ordered and isn't done."""
        return record.order

    def taking_part(self, wanted: Callable[[Province, Subject, Record], Order | None], what: Kind) -> Callable[..., dict[str, Any]]:
        """What a campaign asks: the hosts that take part, each with its orders; cameras behind a recorder come along with it."""

        def due(province: Province, hosts: Sequence[Host]) -> dict[str, Any]:
            found: dict[str, list[dict[str, Any]]] = {}
            admitted = [host for host in hosts if host.site is None or province.sites[host.site].revoked is None]
            for subject in rotatable(admitted, KINDS[what]):
                order = wanted(province, subject, self.ledger.read(subject.name))
                if order is not None:
                    for host in subject.hosts:
                        found.setdefault(host, [])
                    found[subject.hosts[0]].append({"subject": subject.name, **asdict(order)})
            return found

        return due

    def told(self) -> Iterator[str]:
        """What is open, and the last changes of everything, a line each."""
        subjects = sorted(path.stem for path in self.ledger.directory.glob("[!.]*.json"))
        records = {subject: self.ledger.read(subject) for subject in subjects}
        for subject, record in records.items():
            if record.order is not None:
                why = record.trouble or "wasn't reached"
                yield f"open  {subject}: ordered by {record.order.who} at {record.order.when} ({record.order.why}): {why}"
        for subject, record in records.items():
            for done in record.done:
                yield f"done  {subject}: {done.before} -> {done.to} at {done.ended} by {done.who} ({done.why}): {done.proved}"


def together(host: Host) -> str:
    """A camera's password and the recorder that uses it change in one step; the router is another."""
    return host.name if host.role == "router" else "devices"
