"""How long the audit of a province's devices takes, from 10 to 1,540 of every vendor and platform, with one `ansible-playbook` and the province's own
inventory; beside it, in the same run, the floor (bare asyncio, which parses every document too), threads as a Nornir user writes them, and
`ansible.builtin.uri` on two cameras. What Ansible takes to load the inventory is measured by a play without tasks, and reported apart.

`python -m pytest -s tests/bench/test_audit.py` prints the figures; MOTCUA_BENCH_DEVICES=10,50 gives it fewer devices. Nothing is asserted of times.
"""

import json
import os

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import from_json

from tests.bench.contenders import EVERYBODY, Contenders, far
from tests.bench.measure import SIZES, played
from tests.bench.rows import Told
from tests.fleet.layout import Layout
from tests.fleet.running import fleet

ROUND_TRIPS_MS, BOUND_FAR_S, BOUND_MB = (20, 150), 60, 1000
AT_ONCE, AT_ONCE_FAR = 32, 256
AUDIT = (EVERYBODY, [{"name": "Read and compare them all", "motcua.cctv.audit": {}}])


def audited(running, folder):
    """What an audit costs without what any play over that inventory costs; the whole; and that. Checks that everybody was read."""
    devices = running.layout.devices
    idle = played(running.province, [(EVERYBODY, [])], devices, folder)
    running.listen()
    whole = played(running.province, [AUDIT], devices, folder, MOTCUA_FINDINGS=str(folder / "findings.json"))
    found = json.loads((folder / "findings.json").read_text())["findings"]
    assert {row["device"] for row in found if row["status"] == "error"} == set()
    assert len(from_json((folder / "snapshots.json").read_text())) == devices
    return whole - idle, whole, idle


@pytest.mark.parametrize("size", SIZES)
def test_auditing(size, tmp_path):
    with fleet(tmp_path / "fleet", Layout(devices=size)) as running:
        print(f"\n{size} devices; load {os.getloadavg()[0]:.1f}")
        played(running.province, [AUDIT], size, tmp_path)  # the first contact pins keys, every other one compares them
        served = running.cpu_s()
        ours, whole, idle = audited(running, tmp_path)
        served = running.cpu_s() - served
        beside, told = Contenders(running, tmp_path), Told("audit", rtt_ms=0)
        floor = told("floor", beside.client("floor", AT_ONCE))
        told("motcua", ours, floor, served_cpu_s=round(served, 2))
        told("inventory", idle)
        told("whole", whole)
        told("threads", beside.client("threads", AT_ONCE), floor)
        if size == SIZES[-1]:
            peer = told("uri", beside.uri())
            print(
                f"uri to the audit itself: {peer.times(ours)}; devices' own CPU {served:.1f} s; bounds {BOUND_MB} MB, {BOUND_FAR_S} s at 150 ms"
            )
            for rtt_ms in ROUND_TRIPS_MS:
                far(running, rtt_ms)
                ours, _, _ = audited(running, tmp_path)
                told = Told("audit", rtt_ms=rtt_ms)
                told("motcua", ours, told("floor", beside.client("floor", AT_ONCE_FAR)))
