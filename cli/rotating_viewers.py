"""New passwords for the people who watch: each gets a link, and the old password ends when its person has used it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotations import Ledger, Order, Record

from cli.centre import ask_centre
from cli.locks import operator

PROGRAM = "motcua-viewer"
ALL_DONE, NOT_ALL = 0, 1
ENROLLED = "the person set a new password, and with it the old one ended"


class Viewers:
    """The accounts at the portal."""

    def __init__(self, ledger: Ledger, inventory: Path) -> None:
        self.ledger, self.inventory = ledger, inventory

    def rotated(self, why: str, *, due: bool, still_open: bool, yes: bool) -> int:
        """Give out links; exit code 1 as long as somebody hasn't used theirs."""
        accounts = {row["account"]: row for row in ask_centre(self.inventory, PROGRAM, "list") if row["state"] in ("active", "invited")}
        self._note_enrolled()
        records = {name: self.ledger.read(_subject(name)) for name in accounts}
        wanted = [name for name in accounts if not still_open and self._wanted(accounts[name], records[name], due=due)]
        if wanted:
            typer.echo(f"{len(wanted)} people get a new link; until they use it their old password holds: {', '.join(wanted)}")
            if not yes:
                typer.confirm("Make these links?", abort=True)
        for name in wanted:
            self._invite(accounts[name], records[name], why)
        left = list(self._open())
        typer.echo("\n".join(left) or "Everybody has a new password.")
        return NOT_ALL if left else ALL_DONE

    def _wanted(self, account: Mapping[str, Any], record: Record, *, due: bool) -> bool:
        days = load(self.inventory).policy.rotate_days
        return account["state"] == "active" and (not due or (days is not None and record.due(days, datetime.now(UTC))))

    def _invite(self, account: Mapping[str, Any], record: Record, why: str) -> None:
        """The link stands on the screen only."""
        to = (record.done[-1].to if record.done else 1) + 1
        self.ledger.order(_subject(account["account"]), Order(operator(), datetime.now(UTC).isoformat(timespec="seconds"), why, to))
        said = ask_centre(self.inventory, PROGRAM, "add", account["viewer"], account["name"], account["account"])
        typer.echo(f"{said['name']} ({said['account']}), until {said['expires']}: {said['link']}")

    def _note_enrolled(self) -> None:
        """Who has used the link since it was ordered."""
        orders = {subject: record.order for subject, record in self.ledger.open() if subject.endswith(".viewer") and record.order}
        if not orders:
            return
        since = min(datetime.fromisoformat(order.when) for order in orders.values())
        until = datetime.now(UTC) + timedelta(minutes=1)
        log = ask_centre(self.inventory, PROGRAM, "log", str(since.timestamp()), str(until.timestamp()))
        for event in log["events"]:
            order, at = orders.get(_subject(event["account"])), datetime.fromtimestamp(event["at_s"], UTC)
            if event["what"] == "enrolled" and order is not None and at >= datetime.fromisoformat(order.when):
                self.ledger.ended(_subject(event["account"]), at.isoformat(timespec="seconds"), ENROLLED)

    def _open(self) -> Iterator[str]:
        for subject, record in self.ledger.open():
            if subject.endswith(".viewer") and record.order is not None:
                yield f"{subject.removesuffix('.viewer')}: hasn't used the link of {record.order.when[:10]}; the next run makes a new one"


def _subject(account: str) -> str:
    return f"{account}.viewer"
