"""How long it takes to read and compare a province's routers: 220 emulated RouterOS with a round trip of 20 ms, with one `ansible-playbook`;
beside it a bare SSH client that runs the same reads, Ansible doing nothing, and the modules of community.routeros and cisco.ios. Times are
printed, never asserted. `python -m pytest -s tests/bench/test_routers.py` prints the figures.
"""

import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import asyncssh
import pytest

from tests.bench.routers import MASTER, PASSWORD, SITE, key_pair, wished
from tests.emulators.routers.routeros_schema import PUBLISHED

ROUTERS, FORKS, RTT_MS = int(os.environ.get("MOTCUA_BENCH_ROUTERS", "220")), 25, 20
PEERS = 25  # a router by its collection's modules costs seconds of CPU
PRINTING = {
    "ANSIBLE_INVENTORY_ENABLED": "ansible.builtin.yaml",
    "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
    "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
    "ANSIBLE_NOCOLOR": "1",
}
NOTHING = {"ansible.builtin.debug": {"msg": "nothing"}}
COMPARE = {"motcua.cctv.router": {}, "check_mode": True}
ROUTEROS_COMMAND = {"community.routeros.command": {"commands": ["/export"]}}
ROUTEROS_FACTS = {"community.routeros.facts": {"gather_subset": ["default", "config"]}}
IOS_COMMAND = {"cisco.ios.ios_command": {"commands": ["show running-config"]}}
IOS_FACTS = {"cisco.ios.ios_facts": {"gather_subset": ["default", "config"]}}
needs_peers = pytest.mark.skipif(not PUBLISHED.exists(), reason="scripts/dev_collections hasn't been run")


@dataclass
class Cost:
    """What a number of routers cost: seconds on the wall, seconds of the client's CPU, commands that the first one got."""

    routers: int
    wall: float
    cpu: float
    commands: int

    def __str__(self):
        each = f"{1000 * self.wall / self.routers:8.1f} ms, {1000 * self.cpu / self.routers:8.1f} ms of CPU, {self.commands:2} commands"
        return f"{self.routers:4} routers in {self.wall:6.1f} s; each {each}"

    def times(self, other):
        wall, cpu = (getattr(self, kind) / self.routers / (getattr(other, kind) / other.routers) for kind in ("wall", "cpu"))
        return f"{wall:6.1f} times the time, {cpu:6.1f} times the CPU"


class Fleet:
    """The running routers, and what is done to the first so many of them."""

    def __init__(self, folder, kind, count):
        self.folder, self.kind = folder, kind
        command = [sys.executable, "-m", "tests.bench.routers", kind, str(count), str(RTT_MS), str(folder)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.routers = json.loads(self._process.stdout.readline())
        (folder / "known_hosts").write_text("".join(f"router-{number} {key}\n" for number, (_, key) in enumerate(self.routers)))
        for name in ("devices.yml", "tunnels.yml"):
            (folder / name).write_text(json.dumps(MASTER))
        (folder / "ansible.cfg").write_text("[defaults]\nhost_key_checking = False\n")

    def close(self):
        self._process.stdin.close()
        self._process.wait(30)

    def used(self):
        """CPU seconds of all routers until now, and how many commands the first one has had."""
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def own(self):
        """The variables of a province's inventory."""
        login = (
            {"motcua_private_key": str(self.folder / "id_ed25519")} if self.kind.startswith("routeros") else {"motcua_password": PASSWORD}
        )
        return login | {
            "motcua_platform": self.kind.rstrip("67"), "motcua_site": SITE, "motcua_state": str(self.folder),
            "motcua_known_hosts": str(self.folder / "known_hosts"), "ansible_connection": "motcua.cctv.device",
            "motcua_masters": {"devices": str(self.folder / "devices.yml"), "tunnels": str(self.folder / "tunnels.yml")},
        }  # fmt: skip

    def peers(self, system, user):
        """The variables that a collection's own modules want."""
        login = (
            {"ansible_ssh_private_key_file": str(self.folder / "id_ed25519")}
            if self.kind.startswith("routeros")
            else {"ansible_password": PASSWORD}
        )
        return login | {
            "ansible_connection": "ansible.netcommon.network_cli", "ansible_network_os": system, "ansible_user": user,
            "ansible_network_cli_ssh_type": "paramiko", "ansible_become": False,
        }  # fmt: skip

    def play(self, tasks, count, variables, environment):
        """Tasks with one `ansible-playbook`: what it cost, and each router's results."""
        hosts = {
            f"router-{number}": {
                "ansible_host": "127.0.0.1",
                "ansible_port": port,
                "motcua_port": port,
                "motcua_desired": wished(self.folder, self.kind, port),
            }
            for number, (port, _) in enumerate(self.routers[:count])
        }
        inventory, playbook = self.folder / "hosts.yml", self.folder / "play.yml"
        inventory.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
        playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", inventory, "--forks", str(FORKS), playbook]
        (_, commands), before, since = self.used(), resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | PRINTING | environment)
        wall, after = time.perf_counter() - since, resource.getrusage(resource.RUSAGE_CHILDREN)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
        results = [json.loads(text) for text in re.findall(r"(?ms)^router-\d+ \| (?:SUCCESS|CHANGED) => (\{.*?^\})", done.stdout)]
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        return Cost(count, wall, cpu, self.used()[1] - commands), results

    def ours(self, task, count):
        return self.play([task], count, self.own(), {"ANSIBLE_CONFIG": "ansible.cfg"})

    def theirs(self, task, count, system, user):
        environment = {
            "ANSIBLE_CONFIG": str(self.folder / "ansible.cfg"), "ANSIBLE_COLLECTIONS_PATH": ".venv/dev_collections",
            "ANSIBLE_HOME": str(self.folder / "home"), "ANSIBLE_PERSISTENT_CONNECT_TIMEOUT": "120", "ANSIBLE_PERSISTENT_COMMAND_TIMEOUT": "120",
        }  # fmt: skip
        return self.play([task], count, self.peers(system, user), environment)

    def bare(self, reads, count):
        """The reads with nothing but a client, as many at once as there are forks: what it cost, and each router's answers."""
        commands, before, since = self.used()[1], time.process_time(), time.perf_counter()
        found = asyncio.run(bare(self.routers[:count], reads, str(self.folder / "id_ed25519")))
        wall, cpu = time.perf_counter() - since, time.process_time() - before
        return Cost(count, wall, cpu, self.used()[1] - commands), found


async def bare(routers, reads, key):
    room, client_key = asyncio.Semaphore(FORKS), asyncssh.read_private_key(key)

    async def one(port, host_key):
        known = asyncssh.import_known_hosts(f"[127.0.0.1]:{port} {host_key}\n")
        async with (
            room,
            asyncssh.connect(
                "127.0.0.1", port, username="motcua", client_keys=[client_key], known_hosts=known, agent_path=None, config=None
            ) as session,
        ):
            return [(await session.run(line)).stdout for line in reads]

    return await asyncio.gather(*(one(*router) for router in routers))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    found = tmp_path_factory.mktemp("routers")
    key_pair(found)
    return found


@pytest.fixture(scope="module")
def mikrotiks(folder):
    running = Fleet(folder, "routeros7", ROUTERS)
    yield running
    running.close()


@pytest.fixture
def ciscos(tmp_path_factory):
    running = Fleet(tmp_path_factory.mktemp("ciscos"), "ios", PEERS)
    yield running
    running.close()


def reads_of(kind):
    from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.registry import FAMILIES

    return next(one.platform.reads for one in FAMILIES["routeros"].versions if one.platform.name == kind)


def test_comparing_220_routers(mikrotiks):
    served = mikrotiks.used()[0]
    ours, compared = mikrotiks.ours(COMPARE, ROUTERS)
    served = mikrotiks.used()[0] - served
    floor, answers = mikrotiks.bare(reads_of("routeros7"), ROUTERS)
    idle, _ = mikrotiks.ours(NOTHING, ROUTERS)
    print(f"\nRouterOS 7, as declared; round trip {RTT_MS} ms; {FORKS} forks")
    print(f"motcua.cctv.router:   {ours} (bound 60 s for 220); the routers' own CPU {served:.1f} s")
    print(f"a bare client:        {floor}")
    print(f"Ansible doing nothing:{idle}")
    print(f"ours to the bare client:        {ours.times(floor)}")
    print(f"ours to Ansible doing nothing:  {ours.times(idle)}")
    assert len(compared) == ROUTERS
    assert [result for result in compared if result["changed"] or result["commands"]] == []
    assert all("motcua:wg1" in answer[1] for answer in answers)


@needs_peers
def test_the_modules_of_community_routeros(mikrotiks):
    count, system = min(PEERS, ROUTERS), ("community.routeros.routeros", "motcua+cet1024w")
    ours, _ = mikrotiks.ours(COMPARE, count)
    command, said = mikrotiks.theirs(ROUTEROS_COMMAND, count, *system)
    facts, _ = mikrotiks.theirs(ROUTEROS_FACTS, count, *system)
    print(f"\nmotcua.cctv.router:              {ours}")
    print(f"community.routeros.command:      {command}; {command.times(ours)}")
    print(f"community.routeros.facts:        {facts}; {facts.times(ours)}")
    assert len(said) == count
    assert all("motcua:wg1" in one["stdout"][0] for one in said)


@needs_peers
def test_the_modules_of_cisco_ios(ciscos):
    ours, _ = ciscos.ours(COMPARE, PEERS)
    command, said = ciscos.theirs(IOS_COMMAND, PEERS, "cisco.ios.ios", "motcua")
    facts, _ = ciscos.theirs(IOS_FACTS, PEERS, "cisco.ios.ios", "motcua")
    print(f"\nmotcua.cctv.router on IOS:       {ours}")
    print(f"cisco.ios.ios_command:           {command}; {command.times(ours)}")
    print(f"cisco.ios.ios_facts:             {facts}; {facts.times(ours)}")
    assert len(said) == PEERS
    assert all("hostname" in one["stdout"][0] for one in said)
