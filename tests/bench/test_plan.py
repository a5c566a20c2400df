"""How long a province takes to be planned: 220, 2,200 and 11,000 sites, beside the floor, which is reading the same files with PyYAML's C loader, and
a peer, Ansible reading the same hosts as a static inventory. `python -m pytest -s tests/bench/test_plan.py` prints the figures."""

import gc
import json
import math
import multiprocessing
import random
import resource
import time

import pytest
import yaml
from ansible.inventory.manager import InventoryManager
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.inventory.province import variables
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from tests.unit.provinces import raw_province, raw_site

SIZES = (220, 2_200, 11_000)
SITES_IN_A_FILE = 22
BOUND_S, BOUND_MB, BOUND_EXPONENT = 60, 1000, 1.15


def write_province(folder, count):
    """A made-up province: every line, every office's traffic and every firmware differs, so that nothing is planned once for many."""
    chance = random.Random(count)
    raw = raw_province({})
    raw["networks"] |= {"sites": "11.0.0.0/8", "tunnels": "12.0.0.0/8"}
    sites = {}
    for number in range(1, count + 1):
        up_mbps = round(chance.uniform(2, 30), 2)
        site = raw_site(number)
        line = {"up_mbps": up_mbps, "p95_up_mbps": chance.choice([None, round(up_mbps * chance.uniform(0, 0.5), 2)])}
        site["lines"] = {"ftth": site["lines"]["ftth"] | line}
        for name, camera in site["cameras"].items():
            camera |= {
                "serial": f"S{number}{name}",
                "model": "DS-2CD2043G2-I",
                "firmware": "V5.5.800",
                "build": f"2{chance.randrange(100_000):05}",
            }
        sites[f"site-{number}"] = site
    (folder / "sites").mkdir(parents=True)
    (folder / "province.yml").write_text(yaml.dump({"plugin": "motcua.cctv.province", **{key: raw[key] for key in raw if key != "sites"}}))
    names = list(sites)
    for first in range(0, count, SITES_IN_A_FILE):
        part = {"sites": {name: sites[name] for name in names[first : first + SITES_IN_A_FILE]}}
        (folder / f"sites/{first:05}.yml").write_text(yaml.dump(part, allow_unicode=True, Dumper=yaml.CSafeDumper))
    return folder / "province.yml"


def measure(path, queue):
    """In a process of its own, so that its memory is its own."""
    since = time.perf_counter()
    for file in sorted((path.parent / "sites").iterdir()):
        yaml.load(file.read_text(), Loader=yaml.CSafeLoader)
    read = time.perf_counter()
    gc.collect()
    province = load(path)
    loaded = time.perf_counter()
    planned = plan(province)
    done = time.perf_counter()
    memory_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    queue.put({"floor": read - since, "load": loaded - read, "plan": done - loaded, "sites": len(planned.streams), "memory_mb": memory_mb})


@pytest.fixture(scope="module")
def figures(tmp_path_factory):
    spawn = multiprocessing.get_context("spawn")
    found = {}
    for count in SIZES:
        path = write_province(tmp_path_factory.mktemp("plan") / str(count), count)
        queue = spawn.Queue()
        process = spawn.Process(target=measure, args=(path, queue))
        process.start()
        found[count] = queue.get() | {"path": path}
        process.join()
    return found


def test_a_province_is_planned(figures):
    print(f"\n{'sites':>7} {'floor s':>8} {'load s':>8} {'plan s':>8} {'to floor':>9} {'MB':>6}")
    for count, row in figures.items():
        total = row["load"] + row["plan"]
        print(
            f"{count:>7} {row['floor']:>8.2f} {row['load']:>8.2f} {row['plan']:>8.2f} {total / row['floor']:>9.1f} {row['memory_mb']:>6.0f}"
        )
    assert [row["sites"] for row in figures.values()] == list(SIZES)
    first, last = (figures[count]["load"] + figures[count]["plan"] for count in (SIZES[0], SIZES[-1]))
    exponent = math.log(last / first) / math.log(SIZES[-1] / SIZES[0])
    print(f"growth exponent from {SIZES[0]} to {SIZES[-1]}: {exponent:.3f} (bound {BOUND_EXPONENT}); time {last:.1f} s (bound {BOUND_S})")
    assert exponent < BOUND_EXPONENT
    assert last < BOUND_S
    assert figures[SIZES[-1]]["memory_mb"] < BOUND_MB


def test_beside_ansible_reading_the_same_hosts(figures, tmp_path, monkeypatch):
    monkeypatch.setattr("ansible.constants.INVENTORY_ENABLED", ["yaml"])  # ansible.cfg knows our own plugin alone
    path = figures[SIZES[0]]["path"]
    since = time.perf_counter()
    province = load(path)
    hosts = desired(province, plan(province))
    rows = {host.name: variables(province, host, path.parent) for host in hosts}
    ours = time.perf_counter() - since
    (tmp_path / "static.yml").write_text(yaml.dump({"all": {"hosts": json.loads(json.dumps(rows))}}, Dumper=yaml.CSafeDumper))
    since = time.perf_counter()
    peer = InventoryManager(loader=DataLoader(), sources=[str(tmp_path / "static.yml")])
    theirs = time.perf_counter() - since
    print(
        f"\n{SIZES[0]} sites to {len(rows)} hosts: {ours:.2f} s; Ansible reading them as a static file {theirs:.2f} s, ratio {ours / theirs:.2f}"
    )
    assert len(peer.get_hosts()) == len(rows)
