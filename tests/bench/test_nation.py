"""The figures of test_plan.py as rows of docs/benchmarks.md. `scripts/bench --only plan` runs it; `python -m pytest -s tests/bench/test_plan.py` prints them."""

import os

import pytest

from tests.bench import test_plan
from tests.bench.rows import keep

# What a row of `test_plan.figures` measured, as (clock, processor) seconds, and under which name its memory stands.
PARTS = {"floor": "floor", "load": "load", "plan": "plan", "inventory": "whole_inventory", "asked": "asked"}
needs_figures = pytest.mark.skipif(not hasattr(test_plan, "as_a_static_file"), reason="test_plan.py gives no figures")
needs_a_file = pytest.mark.skipif(
    "MOTCUA_BENCH_ROWS" not in os.environ, reason="test_plan.py prints the same; scripts/bench wants it as rows"
)


@needs_figures
@needs_a_file
def test_a_nations_figures_are_kept(tmp_path):
    rows = list(test_plan.figures(tmp_path))
    for row in rows:
        for part, what in PARTS.items():
            told(row, what, row[part], row.get(f"{part}_mb", 0))
    peer = test_plan.as_a_static_file(rows[0])
    told(rows[0], "static", peer["inventory"], peer.get("inventory_mb", 0))
    assert [row["size"] for row in rows] == list(test_plan.SIZES)


def told(row, what, seconds, memory_mb):
    """One row: so many sites, so many hosts."""
    wall_s, cpu_s = (round(one, 3) for one in seconds)
    keep("plan", what, sites=row["size"], devices=row["hosts"], wall_s=wall_s, cpu_s=cpu_s, memory_mb=round(memory_mb))
