"""How long it takes to read a province's cameras: 1,100 Hikvision ones with one `ansible-playbook`, a fork for each and all at once, beside the floor,
which is a bare client in one process, Ansible doing nothing, and the peer, which is `ansible.builtin.uri`; and what one camera costs. Times are
printed, never asserted. `python -m pytest -s tests/bench/test_devices.py` prints the figures; MOTCUA_BENCH_DEVICES gives it fewer."""

import asyncio
import json
import re
import statistics
import time

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.plugin_utils.apply import Outcome
from ansible_collections.motcua.cctv.plugins.plugin_utils.connection import Rim
from ansible_collections.motcua.cctv.plugins.plugin_utils.diff import LISTS
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import read, reconcile

from tests.bench.contenders import Contenders
from tests.bench.measure import SIZES, played
from tests.bench.rows import Told, fact
from tests.fleet.layout import Layout
from tests.fleet.models import PASSWORD
from tests.fleet.running import fleet

AT_ONCE, TIMES, MOST_REQUESTS, MOST_MS = 32, 20, 25, 20
ALIKE = {"camera": ["hikvision"], "nvr": ["hikvision"], "router": ["routeros7"]}
PRINTING = {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"}
TASKS = {
    "nothing": {"ansible.builtin.debug": {"msg": "nothing"}},
    "device_info": {"motcua.cctv.device_info": {}},
    "devices_info": {"motcua.cctv.devices_info": {}},
}
RESULT = re.compile(r"(?ms)^(s\d{5}-cam\d+) \| SUCCESS => (\{.*?^\})")


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    with fleet(tmp_path_factory.mktemp("cameras"), Layout(devices=SIZES[-1], kinds=ALIKE)) as one:
        yield one


def play(running, what, folder):
    """What a task costs with all cameras, and what it said of each, by host."""
    cameras = len(running.of("camera"))
    cost = played(running.province, [("cameras", [TASKS[what]])], cameras, folder, hosts="cameras", **PRINTING)
    said = {host: json.loads(text) for host, text in RESULT.findall((folder / "log").read_text())}
    return cost, next(iter(said.values()))["devices"] if what == "devices_info" else said


def serials(running):
    """What every camera has on its label, by host."""
    return {device.host: f"DS-2CD2143G2-I{device.number:09}" for device in running.of("camera")}


def requests_of(running, device):
    return len(running.asked(device.number))


def test_one_camera(running):
    camera = running.of("camera")[0]
    variables = {
        "ansible_connection": "motcua.cctv.device", "motcua_vendor": "hikvision", "motcua_user": "admin", "motcua_password": PASSWORD,
        "motcua_port": running.layout.port(camera), "motcua_state": str(running.folder / "alone"), "ansible_host": running.layout.address(camera),
    }  # fmt: skip
    device = Rim(camera.host, {}, variables, DataLoader()).device()
    found = asyncio.run(read(device))
    full = requests_of(running, camera)
    wish = {key: value for key, value in found.values.items() if key in device.settings and not device.settings[key].read_only}
    wish |= {key: rows for key, rows in found.rows.items() if key in LISTS}
    spent, asked = [], []
    for _ in range(TIMES):
        running.listen()
        outcome, since = Outcome(), time.process_time()
        asyncio.run(reconcile(device, wish, outcome, check=False))
        spent.append(1000 * (time.process_time() - since))
        asked.append(requests_of(running, camera))
        assert outcome.changes == []
    print(f"\none camera, {len(wish)} wishes and nothing to do: {max(asked)} requests (bound {MOST_REQUESTS}),")
    print(f"{statistics.median(spent):.1f} ms of CPU in process, median of {TIMES} (bound {MOST_MS}); a full read is {full} requests")
    fact("one_camera", "requests_full", full)
    fact("one_camera", "requests_noop", max(asked), bound=MOST_REQUESTS)
    fact("one_camera", "cpu_noop_ms", round(statistics.median(spent), 1), "ms", MOST_MS)
    assert found.values["identity.serial"] == serials(running)[camera.host]


def test_reading_all_cameras(running, tmp_path):
    known, told = serials(running), Told("devices")
    play(running, "devices_info", tmp_path)  # the first contact pins keys, every other one compares them
    idle, _ = play(running, "nothing", tmp_path)
    running.listen()
    ours, read_by_us = play(running, "device_info", tmp_path)
    beside = Contenders(running, tmp_path, devices=running.of("camera"))
    once, read_at_once = play(running, "devices_info", tmp_path)
    floor = told("floor", beside.client("floor", AT_ONCE))
    print(f"{len(known)} cameras")
    told("device_info", ours, floor)
    told("devices_info", once, floor)
    told("nothing", idle)
    peer = told("uri", beside.uri())
    print(f"ansible.builtin.uri to device_info: {peer.times(ours)}")
    for found in (read_by_us, read_at_once):
        assert {host: result["identity"]["serial"] for host, result in found.items()} == known
