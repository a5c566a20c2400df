"""A fleet that runs in the background of a command or a bench, and what it is asked."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

from tests.fleet.inventory import write
from tests.fleet.layout import Layout

ROOT = Path(__file__).resolve().parents[2]
GONE_SECONDS, ANSWER_SECONDS = 20, 60


class FleetError(Exception):
    """One sentence: what is wrong and what to do."""


def start(folder, first=1, last=None):
    """Let the devices of these sites answer, until `stop`. Raises FleetError when they don't."""
    last = last or Layout.read(folder).sites
    command = [sys.executable, "-m", "tests.fleet", "up", str(folder), "--first", str(first), "--last", str(last)]
    path = os.pathsep.join(map(str, (ROOT, ROOT / "collections")))
    with (folder / "run/log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=log, cwd=ROOT, env=os.environ | {"PYTHONPATH": path}, start_new_session=True
        )
    if process.stdout.readline() != b"ready\n":
        process.wait()
        reason = (folder / "run/log").read_text().strip().splitlines() or ["it said nothing"]
        raise FleetError(f"{folder}: the fleet doesn't start ({reason[-1]}); its whole log is {folder / 'run/log'}")
    process.stdout.close()
    (folder / "run" / f"{first}.pid").write_text(str(process.pid))
    return process


def stop(folder):
    """End what was started from this folder; how many that were."""
    ended = [pid for file in (folder / "run").glob("*.pid") if (pid := running(file)) is not None]
    for pid in ended:
        os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + GONE_SECONDS
    while any(map(alive, ended)) and time.monotonic() < until:
        time.sleep(0.05)
    for left in (*(folder / "run").glob("*.pid"), *(folder / "run").glob("*.sock")):
        left.unlink(missing_ok=True)
    return len(ended)


def running(file):
    """The process of a pid file, if it is still the one that we started."""
    try:
        pid = int(file.read_text())
        return pid if alive(pid) and b"tests.fleet" in Path(f"/proc/{pid}/cmdline").read_bytes() else None
    except (OSError, ValueError):
        return None


def alive(pid):
    """Whether it hasn't ended; one that only waits for its parent to look has."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def ask(folder, do, **more):
    """What each of a fleet's processes says."""
    said = []
    for path in sorted((folder / "run").glob("*.sock")):
        with socket.socket(socket.AF_UNIX) as sock, contextlib.suppress(ConnectionRefusedError, FileNotFoundError):
            sock.settimeout(ANSWER_SECONDS)
            sock.connect(str(path))
            sock.sendall(json.dumps({"do": do, **more}).encode() + b"\n")
            said.append(json.loads(sock.makefile().readline()))
    return said


class Running:
    """A fleet for a bench."""

    def __init__(self, folder, layout):
        self.folder, self.layout = folder, layout
        self.province = folder / "province.yml"

    def asked(self, number):
        """Every target or line that a device was asked for since it runs."""
        return next((said for said in ask(self.folder, "asked", number=number) if said), [])

    def cpu_s(self):
        """CPU seconds of all devices until now."""
        return sum(said["cpu_s"] for said in ask(self.folder, "status"))

    def of(self, *roles):
        """Its devices of these roles."""
        return [device for device in map(self.layout.device, range(self.layout.devices)) if device.role in roles]


@contextlib.contextmanager
def fleet(folder, layout):
    """A fleet with its inventory, while the block lasts."""
    folder.mkdir(parents=True, exist_ok=True)
    write(layout, folder)
    process = start(folder)
    try:
        yield Running(folder, layout)
    finally:
        stop(folder)
        process.wait(GONE_SECONDS)
