"""New keys for the hubs, one hub after the other: the second begins only when every site has come back to the first."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotatable import Subject, What, rotatable
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotations import Ledger, Order, Record

from cli.folders import new_folder
from cli.player import last_words, play_holding

ALL_DONE, NOT_ALL = 0, 1
HUBS: tuple[What, ...] = ("hubs",)


class Hubs:
    """Rotates them, as far as the sites follow."""

    def __init__(self, ledger: Ledger, inventory: Path, output: Path, held: tuple[int, ...]) -> None:
        self.ledger, self.inventory, self.output, self.held = ledger, inventory, output, held

    def rotated(self, wanted: Callable[[Province, Subject, Record], Order | None], *, yes: bool) -> int:
        """All that are wanted; exit code 1 when sites didn't come back, and what is left then keeps its key."""
        province = load(self.inventory)
        found = [
            (subject, order)
            for subject in rotatable(desired(province, plan(province)), HUBS)
            if (order := wanted(province, subject, self.ledger.read(subject.name))) is not None
        ]
        if not found:
            return ALL_DONE
        # One that is half done first: its sites stand on the other.
        found.sort(key=lambda pair: self.ledger.read(pair[0].name).order is None)
        named = ", ".join(subject.name for subject, _ in found)
        typer.echo(
            f"New keys for {named}, one after the other; meanwhile all sites are on the other hub, and a site with one hub is cut off."
        )
        if not yes:
            typer.confirm("Do this?", abort=True)
        for subject, order in found:
            self.ledger.order(subject.name, order)
            self._play(subject)
            record = self.ledger.read(subject.name)
            if record.order is not None:
                typer.echo(f"{subject.name}: {record.trouble}; 'motcua rotate --what hubs --open' goes on, and the others wait for it.")
                return NOT_ALL
            typer.echo(f"{subject.name}: done, {record.done[-1].proved}")
        return ALL_DONE

    def _play(self, subject: Subject) -> None:
        folder = new_folder(self.output, datetime.now(UTC))
        variables, log = folder / "variables.json", folder / "playbook.log"
        variables.write_text(json.dumps({"rotated_hub": subject.hosts[0]}), encoding="utf-8")
        told = ("--extra-vars", f"@{variables.resolve()}")
        code = play_holding(self.held, "rotate_hub", self.inventory, folder / "findings.json", log, None, *told)
        if code and not self.ledger.read(subject.name).trouble:
            self.ledger.failed(subject.name, last_words(log), "error")
