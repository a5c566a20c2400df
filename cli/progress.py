"""What is being done at each place of a step, while it is done: one line a place, in words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from typing import Any, TypeVar

from ansible_collections.motcua.cctv.plugins.plugin_utils.waves import Outcome, Step
from rich.live import Live
from rich.markup import escape
from rich.table import Table

from cli.screen import screen

Came = TypeVar("Came")
SHOWN_EVERY_S = 0.5
COLOURS = {"done": "green", "failed": "red", "absent": "yellow"}
WORDS = {"done": "done", "failed": "failed", "absent": "didn't answer before either; it wasn't changed"}


class Progress:
    """Reads what the callback writes; ``lines`` are the newest words by place."""

    def __init__(self, step: Step, heard: Path) -> None:
        self.lines: dict[str, str] = dict.fromkeys(step.hosts, "waits for its turn")
        self._heard, self._read = heard, 0
        self._failed: set[str] = set()

    def read(self) -> None:
        """Take in what was written since the last time; half a line waits for its rest."""
        try:
            with self._heard.open("rb") as file:
                file.seek(self._read)
                text = file.read()
        except OSError:
            return
        whole, newline, _ = text.rpartition(b"\n")
        self._read += len(whole) + len(newline)
        for line in whole.splitlines():
            self._take(json.loads(line))

    def _take(self, said: Mapping[str, Any]) -> None:
        place = said.get("site") or said["host"]
        if place not in self.lines or place in self._failed:
            return
        name = str(said["host"]).removeprefix(f"{place}-")
        if said.get("failed"):
            self._failed.add(place)
        self.lines[place] = f"{name}: {said['task']}" + (f": {said['failed']}" if said.get("failed") else " …")

    def table(self) -> Table:
        """The lines as they stand."""
        table = Table.grid(padding=(0, 2))
        for place, words in self.lines.items():
            table.add_row(escape(place), escape(words))
        return table


def watched(progress: Progress, work: Callable[[], Came]) -> Came:
    """Do something, and show meanwhile where it stands, where somebody looks."""
    window = screen()
    if not window.is_terminal:
        return work()
    with ThreadPoolExecutor(1) as pool, Live(console=window, transient=True, auto_refresh=False) as live:
        future = pool.submit(work)
        while not future.done():
            progress.read()
            live.update(progress.table(), refresh=True)
            wait([future], SHOWN_EVERY_S)
        return future.result()


def show(outcomes: Mapping[str, Outcome]) -> None:
    """What came of each place."""
    window = screen()
    for place, outcome in outcomes.items():
        why = f": {outcome.why}" if outcome.why else ""
        window.print(f"  {escape(place)}: [{COLOURS[outcome.came]}]{WORDS[outcome.came]}[/]{escape(why)}", highlight=False)


def spoken(seconds: float) -> str:
    """A time as people say it: 40 s, 12 min, 3.5 h."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def between(least: float, most: float) -> str:
    """A range of times as people say it; one time where the two are said alike."""
    words = (spoken(least), spoken(most))
    return f"about {words[0]}" if words[0] == words[1] else f"{words[0]} to {words[1]}"
