"""A site's router says what it is and how its lines are. Runs there by ``python3 -``: the standard library, and only what reads."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PING_COUNT, COMMAND_SECONDS = 20, 60.0
COUNTERS = "/var/lib/motcua/counters.csv"
IPERF_SECONDS = 10


def said(command: Sequence[str]) -> str:
    """What a program prints; nothing when it isn't there, fails, or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)
    except (OSError, subprocess.SubprocessError, ValueError):
        return ""
    return done.stdout


def content(path: str) -> str:
    """A file's text; nothing when it can't be read."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def facts(options: Mapping[str, Any]) -> dict[str, Any]:
    """Everything, as text that the other side understands.

    :param options: ``tunnel``, the tunnel's interface; ``ping``, whom to ask over it or before it is there; ``throughput``, an iperf3
        server or None.
    """
    tunnel = str(options["tunnel"])
    handshakes = said(["wg", "show", tunnel, "latest-handshakes"])
    up = any(line.split()[-1:] not in ([], ["0"]) for line in handshakes.splitlines())
    target = str(options["ping"]["through" if up else "outside"])
    found = {
        "addresses": said(["ip", "-j", "addr"]),
        "release": content("/etc/os-release"),
        "model": content("/sys/class/dmi/id/product_name") or content("/sys/firmware/devicetree/base/model").strip("\0"),
        "serial": content("/sys/class/dmi/id/product_serial") or content("/sys/firmware/devicetree/base/serial-number").strip("\0"),
        "counters": content(COUNTERS),
        "public_key": said(["wg", "show", tunnel, "public-key"]).strip(),
        "ping": said(["ping", "-n", "-q", "-c", str(PING_COUNT), "-i", "0.2", "-W", "2", target]),
    }
    server = options.get("throughput")
    if server:
        client = ["iperf3", "-J", "--connect-timeout", "5000", "-t", str(IPERF_SECONDS), "-c", str(server)]
        found["iperf_up"], found["iperf_down"] = said(client), said([*client, "-R"])
    return found


def run(options: Mapping[str, Any]) -> None:
    """The program at a router: one line of JSON."""
    sys.stdout.write(json.dumps(facts(options)) + "\n")
