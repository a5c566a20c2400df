"""How long the audit of a province's devices takes: 1,100 cameras, 220 recorders and 220 RouterOS routers with one `ansible-playbook`, beside the
floor, which is bare clients that do the same reads, and the peer, which is `ansible.builtin.uri` on a few cameras. Times and memory are printed,
never asserted. `python -m pytest -s tests/bench/test_audit.py` prints the figures; MOTCUA_BENCH_ROUTERS gives it fewer routers.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import from_json

from tests.bench.fleet import PASSWORD, USER, address, fleet, said
from tests.bench.routers import key_pair, wished
from tests.bench.test_devices import AT_ONCE, PEER, bare
from tests.bench.test_routers import ROUTERS, reads_of
from tests.bench.test_routers import Fleet as Routers
from tests.bench.test_routers import bare as bare_ssh
from tests.unit.wire import free_port

CAMERAS, RECORDERS = 1100, 220
PEERS = 2  # a request by `uri` costs half a second of CPU
BOUND_S, BOUND_MB = 90, 1000
SAMPLE_SECONDS = 0.25
WISH = {
    "time": {"zone": "Asia/Ho_Chi_Minh", "mode": "ntp"},
    "services": {"upnp": False, "p2p": False, "telnet": False, "ssh": False, "snmp": False},
    "access": {"lockout": True},
    "users": {"motcua-view": {"role": "viewer"}},
}
AUDIT = {"name": "Read and compare them all", "motcua.cctv.audit": {}}


@dataclass
class Cost:
    """What it cost for so many devices: seconds on the wall, seconds of the client's CPU, and the most memory that it had at once."""

    devices: int
    wall: float
    cpu: float
    megabytes: float = 0

    def __str__(self):
        return f"{self.devices:5} devices in {self.wall:6.1f} s, {self.cpu:6.1f} s of CPU, at most {self.megabytes:5.0f} MB"

    def times(self, other):
        wall, cpu = (getattr(self, kind) / self.devices / (getattr(other, kind) / other.devices) for kind in ("wall", "cpu"))
        return f"{wall:6.1f} times the time, {cpu:6.1f} times the CPU"


class Memory(threading.Thread):
    """The most that a process and all below it had at once: each page is counted once, among those who share it."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self._pid, self.most, self.ended = pid, 0.0, threading.Event()

    def run(self):
        while not self.ended.wait(SAMPLE_SECONDS):
            self.most = max(self.most, sum(map(megabytes, family(self._pid))))


def family(pid):
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(int(child)))]


def megabytes(pid):
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1000 for row in rows if row.startswith("Pss:")), 0.0)


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    folder = tmp_path_factory.mktemp("province")
    key_pair(folder)
    routers = Routers(folder, "routeros7", ROUTERS)
    port = free_port()
    with fleet(tmp_path_factory.mktemp("devices"), port, CAMERAS, RECORDERS):
        yield Province(folder, port, routers)
    routers.close()


class Province:
    """The running devices, and what is done to them."""

    def __init__(self, folder, port, routers):
        self.folder, self.port, self.routers = folder, port, routers
        self.common = {
            "ansible_connection": "motcua.cctv.device", "motcua_vendor": "hikvision", "motcua_user": USER, "motcua_password": PASSWORD,
            "motcua_port": port, "motcua_state": str(folder / "state"), "motcua_desired": WISH,
        }  # fmt: skip

    def inventory(self):
        """As the province's own inventory gives it, in the form that costs Ansible least."""
        numbered = {f"device-{number}": {"ansible_host": address(number)} for number in range(1, CAMERAS + RECORDERS + 1)}
        recorders = {name: numbered.pop(name) for name in list(numbered)[CAMERAS:]}
        own = {
            f"router-{at}": {"ansible_host": "127.0.0.1", "motcua_port": port, "motcua_desired": wished(self.folder, "routeros7", port)}
            for at, (port, _) in enumerate(self.routers.routers)
        }
        groups = {
            "cameras": {"hosts": numbered, "vars": self.common | {"motcua_role": "camera"}},
            "nvrs": {"hosts": recorders, "vars": self.common | {"motcua_role": "nvr"}},
            "routers": {"hosts": own, "vars": self.routers.own() | {"motcua_role": "router"}},
        }
        return {"all": {"children": groups}}

    def play(self, task, hosts, devices, **variables):
        """One task with one `ansible-playbook`: what it cost."""
        (self.folder / "hosts.json").write_text(json.dumps(self.inventory()))
        (self.folder / "play.json").write_text(json.dumps([{"hosts": hosts, "gather_facts": False, "vars": variables, "tasks": [task]}]))
        command = [
            Path(sys.executable).with_name("ansible-playbook"),
            "-i",
            self.folder / "hosts.json",
            self.folder / "play.json",
        ]
        environment = os.environ | {
            "ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
            "MOTCUA_FINDINGS": str(self.folder / "findings.json"),
        }  # fmt: skip
        before, since = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        with (self.folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log, env=environment) as running:
            memory = Memory(running.pid)
            memory.start()
            code = running.wait()
            memory.ended.set()
        wall, after = time.perf_counter() - since, resource.getrusage(resource.RUSAGE_CHILDREN)
        assert code == 0, (self.folder / "log").read_text()[-3000:]
        return Cost(devices, wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, memory.most)

    def bare(self, paths, recorder_paths):
        """The same reads with nothing but clients, all in one process."""

        async def everything():
            recorders = range(CAMERAS + 1, CAMERAS + RECORDERS + 1)
            ssh = bare_ssh(self.routers.routers, reads_of("routeros7"), str(self.folder / "id_ed25519"))
            return await asyncio.gather(bare(self.port, range(1, CAMERAS + 1), paths), bare(self.port, recorders, recorder_paths), ssh)

        before, since = time.process_time(), time.perf_counter()
        found = asyncio.run(everything())
        return Cost(CAMERAS + RECORDERS + ROUTERS, time.perf_counter() - since, time.process_time() - before), found

    def asked(self, number):
        """The documents that a device was asked for, each once, without a repeated login."""
        return list(dict.fromkeys(said(self.port, number)["asked"]))


def test_auditing_1540_devices(province):
    everything = CAMERAS + RECORDERS + ROUTERS
    ours = province.play(AUDIT, "all", everything)
    found = json.loads((province.folder / "findings.json").read_text())["findings"]
    snapshots = from_json((province.folder / "snapshots.json").read_text())
    paths, recorder_paths = province.asked(1), province.asked(CAMERAS + 1)
    requests = len(said(province.port, 1)["asked"])
    floor, answers = province.bare(paths, recorder_paths)
    asked = len(said(province.port, 1)["asked"])
    peer = province.play(
        PEER, ":".join(f"device-{number}" for number in range(1, PEERS + 1)), PEERS, documents=paths, ansible_connection="local"
    )
    asked_by_peer = len(said(province.port, 1)["asked"]) - asked
    print(f"\n{CAMERAS} cameras, {RECORDERS} recorders, {ROUTERS} routers; {len(paths)} documents of a camera in {requests} requests,")
    print(f"{len(recorder_paths)} of a recorder, {len(reads_of('routeros7'))} reads of a router; load {os.getloadavg()[0]:.1f}")
    print(f"motcua.cctv.audit:    {ours} (bounds {BOUND_S} s and {BOUND_MB} MB)")
    print(f"bare clients:         {floor}; {AT_ONCE} at a time")
    print(f"ansible.builtin.uri:  {peer}")
    print(f"the audit to the bare clients:       {ours.times(floor)}")
    print(f"ansible.builtin.uri to the audit:    {peer.times(ours)}")
    assert {row["device"] for row in found if row["status"] == "error"} == set()
    assert {row["device"] for row in found} == set(snapshots) and len(snapshots) == everything
    assert {row["device"] for row in found if row["check"] == "services.upnp"} == {f"device-{n}" for n in range(1, CAMERAS + RECORDERS + 1)}
    assert requests <= len(paths) + 1, "each document is asked for once, and the login once more"
    assert len(answers[2]) == ROUTERS
    assert asked_by_peer >= len(paths), "the peer has read the same"
