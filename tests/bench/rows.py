"""The figures of benches as data: each bench prints them for people, and keeps them where MOTCUA_BENCH_ROWS says, which scripts/bench sets."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path


def keep(section, what, **figures):
    """A row of a section; ``what`` names it in the document's tables."""
    path = os.environ.get("MOTCUA_BENCH_ROWS")
    if path:
        row = {"section": section, "what": what, "measured": f"{datetime.now(UTC).date()}", "load": round(os.getloadavg()[0], 1)} | figures
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def fact(section, what, value, unit="", bound=None):
    """One figure, and how much it may be."""
    keep(section, what, value=value, unit=unit, bound=bound)


class Told:
    """Prints and keeps what something cost, one line and one row each."""

    def __init__(self, section, **common):
        self._section, self._common = section, common

    def __call__(self, what, cost, floor=None, **more):
        """Gives the cost back; beside a floor, how many times as much it is."""
        at = f" at {self._common['rtt_ms']} ms" if self._common.get("rtt_ms") else ""
        print(f"{what + at:22}{cost}" + (f"; {cost.times(floor)} of the floor" if floor else ""))
        figures = {"wall_s": round(cost.wall_s, 3), "cpu_s": round(cost.cpu_s, 3), "memory_mb": round(cost.memory_mb)}
        keep(self._section, what, devices=cost.devices, **figures, **self._common, **more)
        return cost
