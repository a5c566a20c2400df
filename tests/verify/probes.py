"""The programs that collect facts, sent to where they must run: a host of the lab by its namespace, a machine over SSH.

In the lab every office PC and camera is a network namespace that can be entered. In a real province nobody can send from a camera, so
those cases are skipped with that reason; a technician runs them from a laptop on the office LAN.
"""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import testinfra

from tests.verify.model import INVENTORY

CONTROLLER = "controller"
HERE = Path(__file__).parent
Run = Callable[[str, Any], Any]  # a collecting program and its argument -> the document that it prints


def machine(name: str) -> Run:
    """Run on a machine of the inventory, over SSH as Ansible does."""
    host = testinfra.get_host(f"ansible://{name}?ansible_inventory={INVENTORY}&force_ansible=False")

    def run(program: str, argument: Any) -> Any:
        result = host.run(f"python3 -c {shlex.quote(_source(program))} {shlex.quote(json.dumps(argument))}")
        if result.rc:
            raise RuntimeError(f"{name}: could not be asked: {_last_line(result.stderr or result.stdout)}")
        return json.loads(result.stdout)

    return run


def here() -> Run:
    """Run at the controller, which is where verification runs."""
    return lambda program, argument: json.loads(_run(CONTROLLER, [sys.executable, "-c", _source(program), json.dumps(argument)]))


def stands_here(node: str) -> bool:
    """Whether this machine holds the namespace of a host of the lab."""
    return Path(f"/run/netns/mc-{node}").exists()


def inside(node: str, *command: str) -> str:
    """Standard output of a command in the network of a host of the lab."""
    return _run(node, ["ip", "netns", "exec", f"mc-{node}", *command])


def namespace(node: str) -> Run:
    """Run in the network of a host of the lab."""
    return lambda program, argument: json.loads(inside(node, sys.executable, "-c", _source(program), json.dumps(argument)))


def _run(where: str, command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode:
        raise RuntimeError(f"{where}: could not be asked: {_last_line(done.stderr)}")
    return done.stdout


def _source(program: str) -> str:
    return (HERE / program).read_text(encoding="utf-8")


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["it said nothing"])[-1]
