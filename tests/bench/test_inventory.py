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


def test_a_province_of_220_sites(tmp_path):
    raw = raw_province({f"site-{number}": raw_site(number) for number in range(1, SITES + 1)})
    sites = raw.pop("sites")
    (tmp_path / "sites").mkdir()
    (tmp_path / "province.yml").write_text(yaml.safe_dump({"plugin": "motcua.cctv.province", **raw}))
    (tmp_path / "sites/all.yml").write_text(yaml.safe_dump({"sites": sites}, allow_unicode=True))
    since = time.perf_counter()
    InventoryModule().parse(InventoryData(), DataLoader(), str(tmp_path / "province.yml"))
    parsed = time.perf_counter() - since
    ours, listed = timed(tmp_path / "province.yml", "motcua.cctv.province")
    hosts = listed["_meta"]["hostvars"]
    (tmp_path / "static.json").write_text(json.dumps({"all": {"hosts": hosts}}))
    floor, _ = timed(tmp_path / "static.json", "yaml")
    print(f"\n{SITES} sites, {len(hosts)} hosts: loaded, planned and made hosts in {parsed:.2f} s")
    print(
        f"the whole of ansible-inventory --list: province {ours:.2f} s, the same hosts as a static file {floor:.2f} s, ratio {ours / floor:.2f}"
    )
    assert len(hosts) == 2 + SITES * 5
