"""What a command costs: seconds on the wall, seconds of CPU, and the most memory that it and all below it had at once."""

import json
import os
import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

# How many devices the benches of a fleet have, one fleet after the other.
SIZES = tuple(map(int, os.environ.get("MOTCUA_BENCH_DEVICES", "10,154,1540").split(",")))
SAMPLE_SECONDS = 0.25
ANSIBLE = {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_NOCOLOR": "1"}


@dataclass(frozen=True)
class Cost:
    """What it cost for so many devices."""

    devices: int
    wall_s: float
    cpu_s: float
    memory_mb: float = 0

    def __str__(self):
        return f"{self.devices:5} devices in {self.wall_s:6.1f} s, {self.cpu_s:6.1f} s of CPU, at most {self.memory_mb:5.0f} MB"

    def __sub__(self, other):
        """What is left without something that was measured beside it."""
        return Cost(self.devices, max(0.0, self.wall_s - other.wall_s), max(0.0, self.cpu_s - other.cpu_s), self.memory_mb)

    def times(self, other):
        """Both, for each device, as multiples of another's."""
        wall, cpu = (getattr(self, kind) / self.devices / (getattr(other, kind) / other.devices) for kind in ("wall_s", "cpu_s"))
        return f"{wall:6.1f} times the time, {cpu:6.1f} times the CPU"


class Memory(threading.Thread):
    """The most that a process and all below it had at once: each page is counted once, among those who share it."""

    def __init__(self, pid):
        super().__init__(daemon=True)
        self._pid, self.most, self.ended = pid, 0.0, threading.Event()

    def run(self):
        while True:
            self.most = max(self.most, sum(map(megabytes, family(self._pid))))
            if self.ended.wait(SAMPLE_SECONDS):
                return


def family(pid):
    """A process and all below it."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(one for child in children for one in family(int(child)))]


def megabytes(pid):
    """What a process has of the memory, 0 when it is gone."""
    try:
        rows = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(row.split()[1]) / 1000 for row in rows if row.startswith("Pss:")), 0.0)


def measured(command, devices, log, *, may_end_with=(0,), **environment):
    """What a command costs; what it says goes into ``log``."""
    before, since = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    with log.open("w") as file:
        running = subprocess.Popen([*map(str, command)], stdout=file, stderr=subprocess.STDOUT, env=os.environ | ANSIBLE | environment)
        memory = Memory(running.pid)
        memory.start()
        code = running.wait()
    wall_s = time.perf_counter() - since
    memory.ended.set()
    memory.join()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert code in may_end_with, log.read_text()[-4000:]
    return Cost(devices, wall_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, memory.most)


def played(inventory, plays, devices, folder, *, hosts="cameras:nvrs:routers", forks=25, variables=None, may_end_with=(0,), **environment):
    """What plays, (hosts, tasks) each, cost with one `ansible-playbook`."""
    playbook = folder / "play.json"
    common = {"gather_facts": False, "vars": variables or {}}
    playbook.write_text(json.dumps([{"hosts": on, "tasks": tasks, **common} for on, tasks in plays]))
    command = [Path(sys.executable).with_name("ansible-playbook"), "-i", inventory, "--limit", hosts, "--forks", forks, playbook]
    return measured(command, devices, folder / "log", may_end_with=may_end_with, **environment)
