"""A root of its own for the shell of an emulated router, in namespaces: no network, own processes, nothing of this machine writable.

The shell and its tools are this machine's, each of them linked by name, so that a program that the router lacks is lacking here too.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TIMEOUT_SECONDS = 60
NAMESPACES = ("--user", "--map-root-user", "--mount", "--pid", "--net", "--uts", "--ipc")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
SETUP = """
set -e
cd "$1"
mount --bind "$1" "$1"
for place in usr python; do mkdir -p host/$place; done
mount --bind -o ro /usr host/usr
mount --bind -o ro "$2" host/python
for device in null zero urandom random; do : > dev/$device; mount --bind /dev/$device dev/$device; done
mount -t proc proc proc
hostname "$3"
exec chroot "$1" /host/usr/bin/sh -c 'echo ready; exec /host/usr/bin/sleep infinity'
"""
MEMORY = "/dev/shm"  # a userland is 200 small files, which are soon gone again
FOLDERS = ("bin", "sbin", "usr/bin", "usr/sbin", "usr/lib", "lib", "dev", "proc", "tmp", "root", "etc", "run", "host")


def available():
    """Whether this machine lets us have such namespaces."""
    if shutil.which("unshare") is None or shutil.which("nsenter") is None:
        return False
    done = subprocess.run(["unshare", *NAMESPACES, "--fork", "true"], capture_output=True, check=False, timeout=20)
    return done.returncode == 0


class Sandbox:
    """``root`` is what its processes see as ``/``. ``clock`` is what ``sleep`` in it goes by: seconds of the box, written by ``advance``."""

    def __init__(self, tools, shell):
        self._folder = tempfile.TemporaryDirectory(prefix="emulated-router-", dir=MEMORY if os.access(MEMORY, os.W_OK) else None)
        self.root = Path(self._folder.name)
        self._process = self._first = None
        for folder in FOLDERS:
            (self.root / folder).mkdir(parents=True, exist_ok=True)
        for name in tools:
            self._link(name, name)
        for name in shell:
            self._link(name, shell[name])
        for library in ("lib", "lib64"):
            self._libraries(library)
        self.clock = 0.0
        self.write("etc/ld.so.cache", "")
        shutil.copyfile("/etc/ld.so.cache", self.root / "etc/ld.so.cache")
        self.program("bin/sleep", SLEEP)
        (self.root / "run/clock").write_text("0\n")
        for folder in ("run/sleepers", "run/units", "run/services"):
            (self.root / folder).mkdir()

    def _link(self, name, program):
        found = shutil.which(program, path="/usr/bin:/usr/sbin:/bin:/sbin")
        if found:
            place = self.root / "bin" / name
            place.unlink(missing_ok=True)
            real = Path(found).parent.resolve().relative_to("/usr") / Path(found).name
            place.symlink_to(f"/host/usr/{real}")

    def _libraries(self, name):
        source = Path(os.path.realpath(f"/{name}"))
        if name == "lib64":
            (self.root / name).symlink_to("/host" + str(source))
            return
        for entry in source.iterdir():
            (self.root / name / entry.name).symlink_to(f"/host{source}/{entry.name}")

    def write(self, path, text, mode=0o644):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.write_text(text, encoding="utf-8")
        place.chmod(mode)

    def program(self, path, text):
        """A program of the router, in Python or shell. Python's stand-ins start without site packages, as they are started often."""
        if text.startswith("#!python"):
            text = f"#!/host/python/bin/python3 -IS{text.removeprefix('#!python')}"
        self.write(path, text, 0o755)

    def start(self, hostname="router"):
        self._process = subprocess.Popen(
            ["unshare", *NAMESPACES, "--fork", "--kill-child", "sh", "-c", SETUP, "sh", str(self.root), sys.base_prefix, hostname],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        # It says so from within its own root: a command that joined it earlier would see this machine's.
        if self._process.stdout.readline() != b"ready\n":
            raise OSError(f"no sandbox: {self._process.stderr.read().decode()}")
        own = self._process.pid
        self._first = int(Path(f"/proc/{own}/task/{own}/children").read_text().split()[0])
        assert Path(f"/proc/{self._first}/root").samefile(self.root)

    def stop(self):
        """All processes in it end at once, as when the power goes."""
        if self._process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._first, signal.SIGKILL)
        self._process.kill()
        self._process.wait(10)
        self._process.stdout.close()
        self._process.stderr.close()
        self._process = None
        for one in (self.root / "run/sleepers").iterdir():
            one.unlink(missing_ok=True)

    def close_run(self):
        """What a restart takes away besides the processes: the folder of what runs, but for the clock."""
        for folder in ("run/units", "run/services"):
            for one in (self.root / folder).glob("*"):
                one.unlink(missing_ok=True)
        (self.root / "run/reboot").unlink(missing_ok=True)

    def close(self):
        self.stop()
        self._folder.cleanup()

    def argv(self, *command, cwd="/root", environment=()):
        """What runs ``command`` inside, from outside."""
        keep = ("--preserve-credentials",) if os.getuid() else ()
        inside = ["nsenter", "--target", str(self._first), "--user", "--mount", "--pid", "--net", "--uts", "--ipc", *keep]
        variables = [f"PATH={PATH}", "HOME=/root", "TERM=dumb", *environment]
        return [*inside, f"--root=/proc/{self._first}/root", f"--wd=/proc/{self._first}/root{cwd}", "env", "-i", *variables, *command]

    def run(self, *command, given="", cwd="/root", environment=()):
        """The command's output, both streams in one, and its exit status."""
        done = subprocess.run(
            self.argv(*command, cwd=cwd, environment=environment), input=given.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=TIMEOUT_SECONDS, check=False,
        )  # fmt: skip
        return done.stdout.decode("utf-8", "replace"), done.returncode

    def advance(self, seconds):
        """The clock goes on, and whoever slept long enough wakes up before this returns."""
        self.clock += seconds
        fresh = self.root / "run/clock.new"
        fresh.write_text(f"{int(self.clock * 1000)}\n")
        fresh.replace(self.root / "run/clock")
        give_up = time.monotonic() + 2
        while self._oversleeping() and time.monotonic() < give_up:
            time.sleep(0.005)

    def _oversleeping(self):
        for one in (self.root / "run/sleepers").iterdir():
            with contextlib.suppress(OSError, ValueError):
                if int(one.read_text()) <= self.clock * 1000:
                    return True
        return False


# Clock and due times are whole milliseconds of the box. A short pause is for something outside of the box's time, such as a lock.
SLEEP = """#!/bin/sh
due=0
for word in "$@"; do
	number=${word%[smhd]}
	case "$word" in *m) by=60 ;; *h) by=3600 ;; *d) by=86400 ;; infinity) exec /host/usr/bin/sleep infinity ;; *) by=1 ;; esac
	case "$number" in "" | *[!0-9.]*) echo "sleep: invalid number '$word'" >&2; exit 1 ;; esac
	due=$((due + ${number%.*} * by * 1000))
done
[ "$due" -gt 1000 ] || exec /host/usr/bin/sleep 0.05
read -r now < /run/clock
due=$((now + due))
echo "$due" > "/run/sleepers/$$"
trap 'rm -f "/run/sleepers/$$"' EXIT
trap 'exit 143' TERM INT
while [ "$now" -lt "$due" ]; do
	/host/usr/bin/sleep 0.03
	read -r now < /run/clock
done
exit 0
"""
