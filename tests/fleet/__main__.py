"""`python -m tests.fleet up FOLDER [--first SITE] [--last SITE]`: a fleet's devices in the foreground, until a signal. See the package's own words."""

import argparse
import asyncio
import contextlib
import signal
import subprocess
import sys
from pathlib import Path

from tests.emulators.http import certificate
from tests.fleet.layout import CERTIFICATES, Layout


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("do", choices=["up"])
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("--first", type=int, default=1, help="the first site whose devices answer here")
    arguments.add_argument("--last", type=int, help="the last one")
    arguments.add_argument("--process", type=int, help="only what this one of the fleet's processes answers for")
    given = arguments.parse_args()
    layout = Layout.read(given.folder)
    last = given.last or layout.sites
    (given.folder / "run").mkdir(exist_ok=True)
    if given.process is None:
        return whole(given.folder, given.first, last, layout.processes)
    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(part(given.folder, given.first, last, given.process))
    return 0


async def part(folder, first, last, process):
    """One process, until a signal."""
    from tests.fleet.node import Node

    running = asyncio.ensure_future(Node(folder, first, last, process).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, running.cancel)
    await running


def whole(folder, first, last, processes):
    """All of them; when one ends, all do, and their exit code is that one's."""
    for name in CERTIFICATES:  # before several processes would make them at once
        certificate(folder, name)
    command = [sys.executable, "-m", "tests.fleet", "up", str(folder), "--first", str(first), "--last", str(last), "--process"]
    running = [subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE) for number in range(processes)]
    stop = lambda *_: [one.terminate() for one in running]  # noqa: E731  a signal's handler
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    if all(one.stdout.readline().strip() == b"ready" for one in running):
        print("ready", flush=True)
    else:
        stop()
    codes = [one.wait() for one in running]
    return max(map(abs, codes))


if __name__ == "__main__":
    sys.exit(main())
