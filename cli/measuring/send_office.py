"""Runs at a site's router: sends like the office does, no faster and no longer than it is told, one JSON document. Standard library only.

Argument: ``{host, port, kbps, seconds}`` as JSON; printed: ``{kbps}``, what the far end has taken, or ``{error}``.
"""

from __future__ import annotations

import fcntl
import json
import socket
import struct
import sys
import termios
import time
from contextlib import suppress

TICK_S = 0.05
CONNECT_S = 10


def sent(host: str, port: int, kbps: float, seconds: float) -> float:
    """What got through, in kbit/s of payload; what still waits in this machine didn't."""
    share = bytes(max(1, int(kbps * 1000 / 8 * TICK_S)))
    with socket.create_connection((host, port), CONNECT_S) as far:
        far.setblocking(False)
        begun, total = time.monotonic(), 0
        while time.monotonic() < begun + seconds:
            with suppress(BlockingIOError):  # the line is full: what it doesn't take now isn't made up for later
                total += far.send(share)
            time.sleep(TICK_S)
        passed = time.monotonic() - begun
        waiting: int = struct.unpack("i", fcntl.ioctl(far, termios.TIOCOUTQ, b"\0" * 4))[0]
    return max(0, total - waiting) * 8 / 1000 / passed


def main() -> None:
    """Send, and say what came of it."""
    wish = json.loads(sys.argv[1])
    try:
        answer: dict[str, object] = {"kbps": round(sent(wish["host"], wish["port"], wish["kbps"], wish["seconds"]), 1)}
    except OSError as error:
        answer = {"error": f"{wish['host']}:{wish['port']}: {error.strerror or error}"}
    sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()
