"""Runs at the storage centre: what arrives of each camera, and how long the site's tunnels take, a JSON row a line. Standard library only.

Argument: ``{live_root, cameras: [name], tunnels: {name: address}, seconds}`` as JSON. The recorder's own session is watched: another one
would put a load on the line for which the plan has no room. Rows are what ``acceptance.measured`` reads. It ends by itself, or when nobody
listens.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import Any

TOGETHER_S = 8  # pieces of so long are read at once: the playlist keeps twice as much
GAP_S = 2
ON_THEIR_WAY_S = 4  # what was shown in the last moments is a piece only that much later
AT_ONCE = 2
LAST_ANSWER_S = 2
LOCK = threading.Lock()


def say(row: dict[str, Any]) -> None:
    """One row; where nobody listens any more the program is over."""
    with LOCK:
        sys.stdout.write(json.dumps(row) + "\n")
        sys.stdout.flush()


def listed(folder: Path) -> list[str]:
    """The pieces of a camera's playlist; none while there is no playlist."""
    try:
        lines = (folder / "index.m3u8").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    return [line for line in lines if line and not line.startswith("#")]


class Watched:
    """A camera whose pieces are looked at as they come."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self._folder = name, folder
        self._seen = set(listed(folder))
        self._bytes, self._since = b"", time.monotonic()

    def look(self) -> None:
        """Take what is new."""
        now = listed(self._folder)
        for piece in (piece for piece in now if piece not in self._seen):
            try:
                self._bytes += (self._folder / piece).read_bytes()
            except OSError:
                continue  # it was deleted meanwhile, and is missing in the pictures' times
        self._seen = set(now) | (self._seen if not now else set())

    def taken(self, *, last: bool) -> bytes:
        """What came since, when that is enough or the last."""
        if not last and time.monotonic() < self._since + TOGETHER_S:
            return b""
        taken, self._bytes, self._since = self._bytes, b"", time.monotonic()
        return taken


def read(name: str, at_s: float, pieces: bytes) -> dict[str, Any]:
    """The pictures of some pieces."""
    command = [
        "ffprobe",
        "-v",
        "error",
        "-select_streams",
        "v:0",
        "-show_entries",
        "packet=pts_time,size",
        "-of",
        "csv=p=0",
        "-i",
        "pipe:0",
    ]
    done = subprocess.run(command, input=pieces, capture_output=True, check=False, timeout=60)
    shown = []
    for line in done.stdout.decode(errors="replace").splitlines():
        found = re.match(r"([0-9.]+),(\d+)", line)
        if found:
            shown.append((float(found[1]), int(found[2])))
    if not shown:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        return {"camera": name, "at_s": at_s, "error": said[-1] if said else "its pieces hold no pictures"}
    times = sorted(at for at, _ in shown)
    gaps = [round(later - one, 3) for one, later in pairwise(times) if later - one >= GAP_S]
    size = sum(size for _, size in shown)
    return {"camera": name, "at_s": at_s, "first_s": times[0], "last_s": times[-1], "frames": len(times), "bytes": size, "gaps": gaps}


def trips(name: str, address: str, seconds: float) -> dict[str, Any]:
    """A small packet a second, there and back."""
    count = max(1, int(seconds))
    command = ["ping", "-n", "-i", "1", "-c", str(count), "-W", str(LAST_ANSWER_S), address]
    shown = subprocess.run(command, capture_output=True, text=True, check=False, timeout=seconds + 60).stdout
    sent = re.search(r"(\d+) packets transmitted", shown)
    times = [float(ms) for ms in re.findall(r"time=([0-9.]+) ms", shown)]
    return {"tunnel": name, "sent": int(sent[1]) if sent else 0, "round_trips_ms": times}


def main() -> None:
    """Watch until the time is over."""
    wish = json.loads(sys.argv[1])
    begun = time.monotonic()
    watched = [Watched(name, Path(wish["live_root"]) / name) for name in wish["cameras"]]
    with ThreadPoolExecutor(AT_ONCE) as readers, ThreadPoolExecutor(max(1, len(wish["tunnels"]))) as pings:
        sent = [pings.submit(lambda *row: say(trips(*row)), name, address, wish["seconds"]) for name, address in wish["tunnels"].items()]
        over = False
        while not over:
            time.sleep(1)
            at_s = time.monotonic() - begun
            over = at_s >= wish["seconds"] + ON_THEIR_WAY_S
            reading = []
            for one in watched:
                one.look()
                if pieces := one.taken(last=over):
                    reading.append(readers.submit(lambda *row: say(read(*row)), one.name, round(at_s, 1), pieces))
            for task in reading:
                task.result()
        for task in sent:
            task.result()
    say({"end_s": round(at_s, 1)})


if __name__ == "__main__":
    main()
