"""How long it takes to read a province's cameras: 1,100 of them with one `ansible-playbook`, beside two floors, which are a bare client in one
process and Ansible doing nothing, and the peer, which is `ansible.builtin.uri`; and what one camera costs. Times are printed, never asserted.
`python -m pytest -s tests/bench/test_devices.py` prints the figures."""

import asyncio
import json
import os
import re
import resource
import ssl
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.plugin_utils.apply import Outcome
from ansible_collections.motcua.cctv.plugins.plugin_utils.connection import Rim
from ansible_collections.motcua.cctv.plugins.plugin_utils.diff import LISTS
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import read, reconcile

from tests.bench.fleet import PASSWORD, USER, address, fleet, said, serial
from tests.unit.wire import free_port

CAMERAS, FORKS, AT_ONCE = 1100, 25, 32
PEERS = 8  # a request by `uri` costs half a second of CPU
TIMES = 20
INFO = "/ISAPI/System/deviceInfo"

# An inventory in YAML would cost more than the province's own plugin, this one less.
PRINTING = {
    "ANSIBLE_CONFIG": "ansible.cfg",
    "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.ini",
    "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    "ANSIBLE_NOCOLOR": "1",
}
NOTHING = {"ansible.builtin.debug": {"msg": "nothing"}}
READ = {"motcua.cctv.device_info": {}}
READ_ALL = {"motcua.cctv.devices_info": {}}
SET = {"motcua.cctv.device": {}}
PEER = {
    "ansible.builtin.uri": {
        "url": "https://{{ ansible_host }}:{{ motcua_port }}{{ item }}",
        "url_username": "{{ motcua_user }}",
        "url_password": "{{ motcua_password }}",
        "force_basic_auth": False,
        "validate_certs": False,
        "return_content": True,
        "status_code": [200, 403],
    },
    "loop": "{{ documents }}",
}


@dataclass
class Cost:
    """What a number of cameras cost: seconds on the wall, seconds of the client's CPU, requests to each."""

    cameras: int
    wall: float
    cpu: float
    requests: int

    def __str__(self):
        each = f"{1000 * self.wall / self.cameras:7.1f} ms, {1000 * self.cpu / self.cameras:7.1f} ms of CPU, {self.requests:2} requests"
        return f"{self.cameras:5} cameras in {self.wall:5.1f} s; each {each}"

    def times(self, other):
        wall, cpu = (getattr(self, kind) / self.cameras / (getattr(other, kind) / other.cameras) for kind in ("wall", "cpu"))
        return f"{wall:5.1f} times the time, {cpu:5.1f} times the CPU"


class Fleet:
    """The running cameras, and what is done to the first so many of them."""

    def __init__(self, folder):
        self._folder = folder
        self.port = free_port()
        self.common = {
            "ansible_connection": "motcua.cctv.device",  # as in a province's inventory
            "motcua_vendor": "hikvision",
            "motcua_user": USER,
            "motcua_password": PASSWORD,
            "motcua_port": self.port,
            "motcua_state": str(folder / "state"),
        }

    def asked(self):
        """Every request to the first camera until now."""
        return said(self.port, 1)["asked"]

    def served(self):
        """CPU seconds of all cameras until now."""
        return sum(said(self.port, number)["cpu_s"] for number in (1, CAMERAS))

    def play(self, task, cameras, *, once=False, **variables):
        """One task with one `ansible-playbook`: what it cost, and each camera's result. Results are printed: conditions cost more."""
        names = [f"camera-{number}" for number in range(1, cameras + 1)]
        inventory, playbook = self._folder / "hosts.ini", self._folder / "play.yml"
        hosts = "".join(f"{name} ansible_host={address(number)}\n" for number, name in enumerate(names, 1))
        inventory.write_text(f"{hosts}[all:vars]\n" + "".join(f"{key}={value}\n" for key, value in self.common.items()))
        playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "vars": variables, "tasks": [task]}]))
        command = [Path(sys.executable).with_name("ansible-playbook"), "--inventory", inventory, "--forks", str(FORKS), playbook]
        asked = len(self.asked())
        before, since = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | PRINTING)
        wall, after = time.perf_counter() - since, resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        results = dict(re.findall(r"(?ms)^(camera-\d+) \| SUCCESS => (\{.*?^\})", done.stdout))
        found = json.loads(results["camera-1"])["devices"] if once else {name: json.loads(text) for name, text in results.items()}
        assert found.keys() == set(names), done.stdout[-2000:]
        return Cost(cameras, wall, cpu, len(self.asked()) - asked), [found[name] for name in names]

    def bare(self, paths, cameras):
        """The documents with nothing but a client: what it cost, and each camera's deviceInfo."""
        asked, before, since = len(self.asked()), time.process_time(), time.perf_counter()
        found = asyncio.run(bare(self.port, range(1, cameras + 1), paths))
        wall, cpu = time.perf_counter() - since, time.process_time() - before
        return Cost(cameras, wall, cpu, len(self.asked()) - asked), found


async def bare(port, numbers, paths):
    """Digest with one challenge for each camera, one TLS context for all, no checks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    room = asyncio.Semaphore(AT_ONCE)

    async def one(number):
        login = aiohttp.DigestAuthMiddleware(USER, PASSWORD, preemptive=True)
        base, found = f"https://{address(number)}:{port}", {}
        async with room, aiohttp.ClientSession(base, connector=aiohttp.TCPConnector(ssl=context, limit=1), middlewares=(login,)) as session:
            for path in paths:
                async with session.get(path) as answer:
                    found[path] = await answer.text()
        return found[INFO]

    return await asyncio.gather(*map(one, numbers))


@pytest.fixture(scope="module")
def cameras(tmp_path_factory):
    running = Fleet(tmp_path_factory.mktemp("fleet"))
    with fleet(tmp_path_factory.mktemp("cameras"), running.port, CAMERAS):
        yield running


def test_one_camera(cameras):
    rim = Rim("camera-1", {}, cameras.common | {"ansible_host": address(1)}, DataLoader())
    device = rim.device()
    asked = len(cameras.asked())
    running = asyncio.run(read(device))
    full = len(cameras.asked()) - asked
    wish = {key: value for key, value in running.values.items() if key in device.settings and not device.settings[key].read_only}
    wish |= {key: rows for key, rows in running.rows.items() if key in LISTS}
    unchanged, results = cameras.play(SET, 1, motcua_desired=wish)
    spent = []
    for _ in range(TIMES):
        outcome, since = Outcome(), time.process_time()
        asyncio.run(reconcile(device, wish, outcome, check=False))
        spent.append(1000 * (time.process_time() - since))
        assert outcome.changes == []
    print(f"\none camera, {len(wish)} wishes and nothing to do: {unchanged.requests} requests (bound 25),")
    print(f"{statistics.median(spent):.1f} ms of CPU in process, median of {TIMES} (bound 20); a full read is {full} requests")
    assert (running.values["identity.serial"], running.values["overlay.name"]) == (serial(1), "Quầy tiếp nhận 1")
    assert (results[0]["changed"], results[0]["changes"], results[0]["unsupported"]) == (False, [], [])


def test_reading_1100_cameras(cameras):
    serials = [serial(number) for number in range(1, CAMERAS + 1)]
    served, asked = cameras.served(), len(cameras.asked())
    ours, read_by_us = cameras.play(READ, CAMERAS)
    served, paths = cameras.served() - served, list(dict.fromkeys(cameras.asked()[asked:]))
    once, read_at_once = cameras.play(READ_ALL, CAMERAS, once=True)
    floor, read_bare = cameras.bare(paths, CAMERAS)
    idle, _ = cameras.play(NOTHING, CAMERAS)
    peer, read_by_peer = cameras.play(PEER, PEERS, documents=paths, ansible_connection="local")
    print(f"\n{len(paths)} documents of each camera; {FORKS} forks")
    print(f"device_info:          {ours}; the cameras' own CPU {served:.1f} s")
    print(f"devices_info:         {once}")
    print(f"a bare client:        {floor}")
    print(f"Ansible doing nothing:{idle}")
    print(f"ansible.builtin.uri:  {peer}")
    print(f"device_info to the bare client:        {ours.times(floor)}")
    print(f"devices_info to the bare client:       {once.times(floor)}")
    print(f"device_info to Ansible doing nothing:  {ours.times(idle)}")
    print(f"ansible.builtin.uri to device_info:    {peer.times(ours)}")
    assert [result["identity"]["serial"] for result in read_by_us] == serials
    assert [result["identity"]["serial"] for result in read_at_once] == serials
    assert [number for number, info in enumerate(read_bare) if serials[number] not in info] == []
    told = [{one["item"]: one["content"] for one in result["results"]} for result in read_by_peer]
    assert [number for number, found in enumerate(told) if serials[number] not in found[INFO]] == []
