"""How long the audit of a province's devices takes, from 10 to 1,540 of every vendor and platform, with one `ansible-playbook` and the province's own
inventory; beside it, in the same run, the floor (bare asyncio, which parses every document too), threads as a Nornir user writes them, and
`ansible.builtin.uri` on two cameras. What Ansible takes to load the inventory is measured by a play without tasks, and reported apart.

`python -m pytest -s tests/bench/test_audit.py` prints the figures; MOTCUA_BENCH_DEVICES=10,50 gives it fewer devices. Nothing is asserted of times.
"""

import json
import os
import sys

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import from_json

from tests.bench import rows
from tests.bench.clients import conversations
from tests.bench.measure import Cost, measured, played
from tests.fleet.layout import Layout
from tests.fleet.models import PASSWORD
from tests.fleet.running import ask, fleet

SIZES = tuple(map(int, os.environ.get("MOTCUA_BENCH_DEVICES", "10,154,1540").split(",")))
ROUND_TRIPS_MS, BOUND_FAR_S, BOUND_MB = (20, 150), 60, 1000
AT_ONCE, AT_ONCE_FAR, PEERS = 32, 256, 2  # a request by `uri` costs half a second of CPU
AUDIT = {"name": "Read and compare them all", "motcua.cctv.audit": {}}
URI = {
    "ansible.builtin.uri": {
        "url": "https://{{ ansible_host }}:{{ port }}{{ item }}",
        "url_username": "admin",
        "url_password": PASSWORD,
        "validate_certs": False,
        "return_content": True,
        "status_code": [200, 403],
    },
    "loop": "{{ documents }}",
}
WORDS = {"inventory": "Ansible and its inventory", "whole": "the whole ansible-playbook", "motcua": "the audit itself"}


def audited(running, folder):
    """What an audit costs, without what any play over that inventory costs; the whole; and that. Checks that everybody was read."""
    devices = running.layout.devices
    idle = played(running.province, [], devices, folder)
    running.listen()
    whole = played(running.province, [AUDIT], devices, folder, MOTCUA_FINDINGS=str(folder / "findings.json"))
    found = json.loads((folder / "findings.json").read_text())["findings"]
    assert {row["device"] for row in found if row["status"] == "error"} == set()
    assert len(from_json((folder / "snapshots.json").read_text())) == devices
    return whole - idle, whole, idle


def beside(which, running, folder, at_once):
    """What the same conversations cost a client without motcua. Everybody has to have answered."""
    file, log = folder / "conversations.json", folder / f"{which}.json"
    if not file.exists():
        file.write_text(json.dumps(conversations(running, running.everybody(), at_once)))
    file.write_text(json.dumps(json.loads(file.read_text()) | {"at_once": at_once}))
    around = measured([sys.executable, "-m", "tests.bench.clients", which, file], running.layout.devices, log)
    told = json.loads(log.read_text())
    assert told["failed"] == []
    return Cost(running.layout.devices, told["wall_s"], told["cpu_s"], around.memory_mb)


def by_uri(running, folder):
    """What `uri` costs on a few cameras for the same documents."""
    cameras = [device for device in running.of("camera") if device.kind == "hikvision"][:PEERS]
    hosts = {one.host: {"ansible_host": running.layout.address(one), "port": running.layout.port(one)} for one in cameras}
    (folder / "hosts.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": {"ansible_connection": "local"}}}))
    documents = list(dict.fromkeys(row[1] for row in running.asked(cameras[0].number) if row[4] != 401))
    running.listen()
    cost = played(
        folder / "hosts.json", [URI], len(cameras), folder, hosts="all", variables={"documents": documents},
        ANSIBLE_INVENTORY_ENABLED="ansible.builtin.yaml",
    )  # fmt: skip
    assert {row[1] for row in running.asked(cameras[0].number)} == set(documents)
    return cost


def far(running, rtt_ms):
    """Every line takes so long from now on."""
    Layout(**{**vars(running.layout), "rtt_ms": rtt_ms}).write(running.folder)
    ask(running.folder, "settings")


def told(what, cost, beside=None, **more):
    """Print and keep one line."""
    print(f"{WORDS.get(what, what):28}{cost}" + (f"; {cost.times(beside)} of the floor" if beside else ""))
    rows.cost("audit", what, cost, **more)


@pytest.mark.parametrize("size", SIZES)
def test_auditing(size, tmp_path):
    with fleet(tmp_path / "fleet", Layout(devices=size)) as running:
        print(f"\n{size} devices; load {os.getloadavg()[0]:.1f}")
        played(running.province, [AUDIT], size, tmp_path)  # the first contact pins keys, every other one compares them
        served = running.cpu_s()
        ours, whole, idle = audited(running, tmp_path)
        served = running.cpu_s() - served
        floor, threads = (beside(which, running, tmp_path, AT_ONCE) for which in ("floor", "threads"))
        told("inventory", idle, rtt_ms=0)
        told("whole", whole, rtt_ms=0)
        told("motcua", ours, floor, rtt_ms=0, served_cpu_s=round(served, 2))
        told("floor", floor, rtt_ms=0)
        told("threads", threads, floor, rtt_ms=0)
        if size == SIZES[-1]:
            peer = by_uri(running, tmp_path)
            told("uri", peer, rtt_ms=0)
            print(
                f"uri to the audit itself: {peer.times(ours)}; devices' own CPU {served:.1f} s; memory {whole.memory_mb:.0f} MB (bound {BOUND_MB})"
            )
            for rtt_ms in ROUND_TRIPS_MS:
                far(running, rtt_ms)
                ours, whole, idle = audited(running, tmp_path)
                print(f"a round trip of {rtt_ms} ms (bound {BOUND_FAR_S} s for 150):")
                told("motcua", ours, rtt_ms=rtt_ms)
                told("floor", beside("floor", running, tmp_path, AT_ONCE_FAR), rtt_ms=rtt_ms)
