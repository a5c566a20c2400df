"""How long a province takes to become an inventory: 220 sites through the plugin, and the whole of `ansible-inventory` beside the floor, which is
the same on a static file with the same hosts. `python -m pytest -s tests/bench/test_inventory.py` prints the figures."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import yaml
from ansible.inventory.data import InventoryData
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.inventory.province import InventoryModule

from tests.unit.provinces import raw_province, raw_site

SITES = 220


def timed(path, enabled):
    command = [str(Path(sys.executable).with_name("ansible-inventory")), "-i", str(path), "--list"]
    environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_INVENTORY_ENABLED": enabled}
    since = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environment)
    return time.perf_counter() - since, json.loads(done.stdout)


def figures(folder):
    """Seconds: ``parsed`` by the plugin alone, ``ours`` and ``floor`` of the whole `ansible-inventory --list`; and the number of ``hosts``."""
    raw = raw_province({f"site-{number}": raw_site(number) for number in range(1, SITES + 1)})
    sites = raw.pop("sites")
    (folder / "sites").mkdir()
    (folder / "province.yml").write_text(yaml.safe_dump({"plugin": "motcua.cctv.province", **raw}))
    (folder / "sites/all.yml").write_text(yaml.safe_dump({"sites": sites}, allow_unicode=True))
    since = time.perf_counter()
    InventoryModule().parse(InventoryData(), DataLoader(), str(folder / "province.yml"))
    parsed = time.perf_counter() - since
    ours, listed = timed(folder / "province.yml", "motcua.cctv.province")
    hosts = listed["_meta"]["hostvars"]
    (folder / "static.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    floor, _ = timed(folder / "static.json", "yaml")
    return {"parsed": parsed, "ours": ours, "floor": floor, "hosts": len(hosts)}


def test_a_province_of_220_sites(tmp_path):
    found = figures(tmp_path)
    ours, floor = found["ours"], found["floor"]
    print(f"\n{SITES} sites, {found['hosts']} hosts: loaded, planned and made hosts in {found['parsed']:.2f} s")
    print(
        f"the whole of ansible-inventory --list: province {ours:.2f} s, the same hosts as a static file {floor:.2f} s, ratio {ours / floor:.2f}"
    )
    assert found["hosts"] == 2 + SITES * 5
