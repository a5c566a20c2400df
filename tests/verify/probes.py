"""Who may open what, tried for real: from hosts that stand in the province, never from the machine's own network.

In the lab every office PC and camera is a network namespace that can be entered. In a real province nobody can send from a camera, so
those cases are skipped with that reason; a technician runs them from a laptop on the office LAN.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CONNECT = """
import socket, sys
try:
    socket.create_connection((sys.argv[1], int(sys.argv[2])), 2).close()
    print("open")
except ConnectionRefusedError:
    print("refused")
except OSError:
    print("unreachable")
"""


@dataclass(frozen=True)
class Node:
    """A host of the lab, by its namespace."""

    name: str

    @property
    def exists(self) -> bool:
        """Whether this machine holds the namespace."""
        return Path(f"/run/netns/mc-{self.name}").exists()

    def connect(self, address: str, port: int) -> str:
        """``open``, ``refused`` (something answered) or ``unreachable``."""
        return self.run(sys.executable, "-c", CONNECT, address, str(port)).strip()

    def answers_ping(self, address: str) -> bool:
        """Whether the address answers one of two pings from here."""
        return "bytes from" in self.run("ping", "-n", "-c", "2", "-i", "0.3", "-W", "1", address)

    def run(self, *command: str) -> str:
        """Standard output of a command in this host's network."""
        entered = ["ip", "netns", "exec", f"mc-{self.name}", *command]
        return subprocess.run(entered, capture_output=True, text=True, timeout=30, check=False).stdout
