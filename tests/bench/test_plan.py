"""How long a province and a nation take to become an inventory, from YAML to Ansible's hosts and groups: 220, 2,200 and 11,000 sites of ten devices.

Beside the floor, which is reading the same files with PyYAML's C loader, and a peer, Ansible reading the same hosts as a static file.
`python -m pytest -s tests/bench/test_plan.py` prints the figures; ``figures`` gives them as data.
"""

import json
import math
import subprocess
import sys

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.inventory.province import variables
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from tests.bench.provinces import write_province

SIZES = (220, 2_200, 11_000)
BOUND_S, BOUND_MB, BOUND_EXPONENT = 60, 1000, 1.15


def alone(work, path):
    """One of planning.py's works on a province."""
    done = subprocess.run([sys.executable, "-m", "tests.bench.planning", work, str(path)], stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def figures(folder, sizes=SIZES):
    """A row a size: seconds as (clock, processor) under ``floor``, ``load``, ``plan``, ``asked`` and ``inventory``, and MB."""
    for count in sizes:
        path = write_province(folder / str(count), count)
        yield {"size": count, "path": path} | alone("read_only", path) | alone("in_parts", path) | alone("as_ansible", path)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    return list(figures(tmp_path_factory.mktemp("plan")))


def exponent(rows, key):
    """With which power of the number of sites the processor's time grows."""
    first, last = rows[0], rows[-1]
    return math.log(last[key][1] / first[key][1]) / math.log(last["size"] / first["size"])


def test_a_nation_becomes_an_inventory(rows):
    print(
        f"\n{'sites':>7} {'hosts':>8} {'floor s':>8} {'load s':>7} {'plan s':>7} {'whole s':>8} {'to floor':>9} {'MB':>6} {'all asked s':>12}"
    )
    for row in rows:
        floor, load, plan, whole, asked = (row[key][0] for key in ("floor", "load", "plan", "inventory", "asked"))
        print(
            f"{row['size']:>7} {row['hosts']:>8} {floor:>8.2f} {load:>7.2f} {plan:>7.2f} {whole:>8.2f} {whole / floor:>9.1f}"
            f" {row['inventory_mb']:>6.0f} {asked:>12.1f}"
        )
    growth, last = exponent(rows, "inventory"), rows[-1]
    print(
        f"the whole: growth exponent {growth:.3f} of processor time (bound {BOUND_EXPONENT}), {last['inventory'][0]:.1f} s (bound {BOUND_S}), "
        f"{last['inventory_mb']:.0f} MB (bound {BOUND_MB}); every host asked for: exponent {exponent(rows, 'asked'):.3f}"
    )
    assert [row["sites"] for row in rows] == list(SIZES)
    assert [row["hosts"] for row in rows] == [2 + 10 * size for size in SIZES]
    assert growth < BOUND_EXPONENT
    assert last["inventory"][0] < BOUND_S
    assert last["inventory_mb"] < BOUND_MB


def as_a_static_file(row):
    """Ansible reads the same hosts as a static file: what ``ansible-inventory --list`` of the row's province shows."""
    path = row["path"]
    province = load(path)
    hosts = {host.name: variables(province, host, path.parent) for host in desired(province, plan(province))}
    file = path.parent / "static.yml"
    file.write_text(yaml.dump({"all": {"hosts": json.loads(json.dumps(hosts))}}, Dumper=yaml.CSafeDumper))
    return alone("as_static", file)


def test_beside_ansible_reading_the_same_hosts(rows):
    peer = as_a_static_file(rows[0])
    ours, theirs = rows[0]["inventory"], peer["inventory"]
    print(
        f"\n{rows[0]['hosts']} hosts: {ours[0]:.2f} s; Ansible reading them as a static file {theirs[0]:.2f} s and {peer['inventory_mb']:.0f} MB, "
        f"{theirs[0] / ours[0]:.1f} times the time, {theirs[1] / ours[1]:.1f} times the processor"
    )
    assert peer["hosts"] == rows[0]["hosts"]
