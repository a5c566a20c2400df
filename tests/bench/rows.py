"""The figures of benches as data: each bench prints them for people, and keeps them here when MOTCUA_BENCH_ROWS names a file (scripts/bench does)."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path


def keep(section, what, **figures):
    """A row of a section. ``what`` names it in the document's tables; figures are numbers, or lists of them for a plot."""
    path = os.environ.get("MOTCUA_BENCH_ROWS")
    if path:
        row = {"section": section, "what": what, "measured": f"{datetime.now(UTC).date()}", "load": round(os.getloadavg()[0], 1)} | figures
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def cost(section, what, cost, **more):
    """A row of what something cost for so many devices."""
    keep(
        section,
        what,
        devices=cost.devices,
        wall_s=round(cost.wall_s, 3),
        cpu_s=round(cost.cpu_s, 3),
        memory_mb=round(cost.memory_mb),
        **more,
    )


def fact(section, what, value, unit="", bound=None, **more):
    """A row of one figure, and how much it may be."""
    keep(section, what, value=value, unit=unit, bound=bound, **more)
