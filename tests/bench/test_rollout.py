"""How long a rollout takes over a province's cameras, recorders and routers, when nothing is to do and when every camera has one change, from 10
devices to 1,540; beside it, in the same run, the floor (bare asyncio, which sends and parses the same), threads as a Nornir user writes them, and
`ansible.builtin.uri`, which only reads, on two cameras. What Ansible takes to load the inventory is reported apart.

`python -m pytest -s tests/bench/test_rollout.py` prints the figures; MOTCUA_BENCH_DEVICES=10,50 gives it fewer devices. Nothing is asserted of times.
"""

import os
import re

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal, device_password, masters_from
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import vendor_named

from tests.bench.contenders import Contenders
from tests.bench.measure import SIZES, played
from tests.bench.rows import Told
from tests.fleet.layout import KINDS, Layout, site_id
from tests.fleet.running import fleet

AT_ONCE, TRIES = 32, 3
# Uniview's recorders take no accounts over the wire that anybody knows.
KNOWN = {role: row.split() for role, row in KINDS.items()} | {"nvr": ["hikvision", "dahua"]}
ROLLOUT = [
    ("cameras", [{"name": "Make the camera match", "motcua.cctv.device": {}}]),
    ("nvrs", [{"name": "Then the recorder, which logs in to it", "motcua.cctv.device": {}}]),
    ("routers", [{"name": "Make the router match", "motcua.cctv.router": {}}]),
]
RECAP = re.compile(r"^(s\d{5}-\w+) +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)
BEFORE, AFTER = "Quầy số", "Quầy mới số"


def rolled_out(running, folder):
    """What a rollout costs; who was changed, and who failed."""
    running.listen()
    cost = played(running.province, ROLLOUT, running.layout.devices, folder, may_end_with=(0, 2, 4))
    recap = RECAP.findall((folder / "log").read_text())
    assert len(recap) == running.layout.devices
    return cost, {row[0] for row in recap if int(row[1])}, {row[0] for row in recap if int(row[2]) or int(row[3])}


def converged(running, folder):
    """Roll out until there is nothing to do: what the first time cost."""
    first = None
    for _ in range(TRIES):
        cost, changed, failed = rolled_out(running, folder)
        first = first or cost
        if not changed and not failed:
            return first
    raise AssertionError(f"after {TRIES} rollouts {sorted(changed)} change and {sorted(failed)} fail")


def logins(running):
    """Device -> the account that motcua made there, as its secrets are derived."""
    folder = running.folder / "secrets"
    contents = [yaml.safe_load((folder / f"{name}.yml").read_text()) for name in ("devices", "tunnels")]
    masters, journal = masters_from(*contents, ("", "")), Journal(running.folder / "state/epochs")

    def login(device):
        if device.role == "router":
            return "", ""
        vendor = vendor_named(device.kind)
        epoch = journal.read(device.host).proved
        password = device_password(masters, site_id(device.site), device.host, "motcua-admin", epoch, vendor.password_rule)
        return vendor.account("motcua-admin"), password

    return login


def renamed(running):
    """One change for each camera: what stands in its picture."""
    for file in (running.folder / "sites").glob("*.yml"):
        file.write_text(file.read_text(encoding="utf-8").replace(BEFORE, AFTER), encoding="utf-8")


@pytest.mark.parametrize("size", SIZES)
def test_rolling_out(size, tmp_path):
    with fleet(tmp_path / "fleet", Layout(devices=size, kinds=KNOWN)) as running:
        print(f"\n{size} devices; load {os.getloadavg()[0]:.1f}")
        Told("rollout_first")("motcua", converged(running, tmp_path))
        idle = played(running.province, [(hosts, []) for hosts, _ in ROLLOUT], size, tmp_path)
        cost, changed, failed = rolled_out(running, tmp_path)
        assert (changed, failed) == (set(), set())
        compete(running, tmp_path, Told("rollout_noop"), cost, idle, uri=size == SIZES[-1])
        renamed(running)
        cost, changed, failed = rolled_out(running, tmp_path)
        assert failed == set()
        assert changed >= {device.host for device in running.of("camera")}
        compete(running, tmp_path, Told("rollout_change"), cost, idle)


def compete(running, folder, told, whole, idle, *, uri=False):
    """The others' turn, with what was said just now."""
    beside = Contenders(running, folder, logins(running))
    floor = told("floor", beside.client("floor", AT_ONCE))
    told("motcua", whole - idle, floor)
    told("inventory", idle)
    told("threads", beside.client("threads", AT_ONCE), floor)
    if uri:
        told("uri", beside.uri())
