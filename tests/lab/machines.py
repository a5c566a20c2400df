"""Machines of a test's own, beside the lab's: the same image, each in a namespace of another prefix, joined by a bridge at an operator."""

import contextlib
import os
import shutil
import signal
import subprocess
import time
from ipaddress import IPv4Interface
from pathlib import Path

from lab.image import image
from lab.machine import HERE, host_key, prepare
from lab.network import run
from lab.topology import Node, Port

PREFIX, GROUP = "mn-", "motcua-nodes"
WHERE = Path("/var/lib/motcua-nodes")  # overlays need a real file system
OPERATOR = IPv4Interface("10.77.0.1/24")
BOOT_SECONDS, STOP_SECONDS = 120, 30


class Operator:
    """The namespace from which all machines of a test are reached."""

    def __init__(self):
        self.namespace = f"{PREFIX}operator"

    def __enter__(self):
        run(["ip", "netns", "add", self.namespace])
        lines = ["link set lo up", "link add lan type bridge", f"address add {OPERATOR} dev lan", "link set lan up"]
        run(["ip", "-n", self.namespace, "-batch", "-"], "\n".join(lines) + "\n")
        return self

    def __exit__(self, *_):
        run(["ip", "netns", "del", self.namespace])

    def inside(self, *command):
        """A command as it runs there."""
        return ["ip", "netns", "exec", self.namespace, *command]


class Machine:
    """One whole machine; ``binds`` are folders of this one that it sees, and can't change."""

    def __init__(self, name, number, operator, public_key, binds):
        self.name, self.namespace, self.folder = name, PREFIX + name, WHERE / name
        self.address = OPERATOR.ip + number
        self._operator, self._public_key, self._keeper = operator, public_key, None
        self._binds = [f"--bind-ro={path}" for path in binds]

    def __enter__(self):
        run(["ip", "netns", "add", self.namespace])
        run(["ip", "-n", self.namespace, "link", "set", "lo", "up"])
        lines = [f"link add {self.name} type veth peer name uplink netns {self.namespace}", f"link set {self.name} master lan"]
        lines += [f"link set {self.name} up"]
        run(["ip", "-n", self._operator.namespace, "-batch", "-"], "\n".join(lines) + "\n")
        port = Port(self.name, "uplink", (IPv4Interface(f"{self.address}/24"),))
        prepare(Node(self.name, machine=True), [port], image(), self.folder, self._public_key)
        return self

    def __exit__(self, *_):
        self.stop()
        run(["umount", "-l", str(self.root)])
        run(["ip", "netns", "del", self.namespace])
        for group in self._groups():
            for path in sorted([group, *(one for one in group.rglob("*") if one.is_dir())], key=lambda one: -len(one.parts)):
                with contextlib.suppress(OSError):
                    path.rmdir()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def root(self):
        return self.folder / "root"

    @property
    def host_key(self):
        return host_key(self.folder)

    def start(self):
        """Boot it; returns when its sshd greets."""
        command = [str(HERE / "keeper"), self.name, str(self.root), str(self.folder / "console.log"), *self._binds]
        own = os.environ | {"MOTCUA_LAB_PREFIX": PREFIX, "MOTCUA_LAB_GROUP": GROUP}
        self._keeper = subprocess.Popen(command, stdin=subprocess.DEVNULL, env=own, start_new_session=True)
        end = time.monotonic() + BOOT_SECONDS
        asked = ["ip", "netns", "exec", self.namespace, "nc", "-w", "1", "127.0.0.1", "22"]
        while not subprocess.run(asked, capture_output=True, stdin=subprocess.DEVNULL, check=False).stdout.startswith(b"SSH-"):
            assert time.monotonic() < end, (self.folder / "console.log").read_text(errors="replace")[-3000:]
            time.sleep(0.2)  # nothing signals a booting machine's first listening socket to the outside

    def cut_power(self):
        """Everything in it ends at once, and nothing is written back."""
        if self._keeper is not None and self._keeper.poll() is None:
            self._keeper.send_signal(signal.SIGKILL)
            self._keeper.wait()
        for pid in self.inside():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + STOP_SECONDS
        while self.inside() and time.monotonic() < end:
            time.sleep(0.05)  # they are being reaped

    def stop(self):
        """Shut it down, and what doesn't end in time is cut off."""
        if self._keeper is not None and self._keeper.poll() is None:
            self._keeper.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._keeper.wait(STOP_SECONDS)
        self.cut_power()

    def _groups(self):
        return [*Path("/sys/fs/cgroup").glob(f"*/{GROUP}/{self.name}"), *Path("/sys/fs/cgroup").glob(f"{GROUP}/{self.name}")]

    def inside(self):
        """Its processes, by their numbers here."""
        return {int(pid) for group in self._groups() for file in group.rglob("cgroup.procs") for pid in file.read_text().split()}
