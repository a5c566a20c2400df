"""What a machine's state is beside its files: which units run, the kernel's settings, the firewall that is loaded.

Written for Python 3.9's standard library alone: it runs on the managed machine.
"""

from __future__ import annotations

import fnmatch
import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from guard_tree import Trouble, Watched

RUNS = ("active", "activating", "reloading")
COMMAND_SECONDS = 300  # a start that waits for the time (motcua-time-wait.service) may take two minutes


def run(*command: str, given: str | None = None) -> str:
    """Run a command to its end; what it printed.

    :raises Trouble: when it can't be run, or ends badly.
    """
    said = " ".join(command)
    try:
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=COMMAND_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Trouble(f"{said}: {error}") from None
    if done.returncode:
        raise Trouble(f"{said}: {(done.stderr.strip().splitlines() or ['no reason given'])[0]}")
    return done.stdout


def attempt(troubles: list[str], *command: str) -> None:
    """Run what may fail without stopping the rest."""
    try:
        run(*command)
    except Trouble as trouble:
        troubles.append(str(trouble))


def systemctl(verb: str, units: Iterable[str], troubles: list[str] | None = None) -> None:
    """Tell systemd about units, if there are any; what it refuses is nobody's trouble, unless somebody asks for it."""
    if units:
        attempt([] if troubles is None else troubles, "systemctl", *verb.split(), *units)


def reload(units: Iterable[str], troubles: list[str]) -> None:
    """Let units read their files again; one that can't is restarted."""
    for unit in units:
        try:
            run("systemctl", "reload", unit)
        except Trouble:
            attempt(troubles, "systemctl", "restart", unit)


class State(NamedTuple):
    """How systemd has a unit."""

    loaded: bool
    runs: bool
    enabled: bool


def unit_states(names: Iterable[str]) -> dict[str, State]:
    """The units of these names and patterns that systemd has in memory."""
    text = run("systemctl", "show", "--property=Id,LoadState,ActiveState,UnitFileState", *names) if names else ""
    states = {}
    for block in text.strip().split("\n\n"):
        unit = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if unit and not unit["Id"].startswith("motcua-guard"):
            states[unit["Id"]] = State(unit["LoadState"] == "loaded", unit["ActiveState"] in RUNS, unit.get("UnitFileState") == "enabled")
    return states


def running(names: Iterable[str]) -> list[str]:
    """Those of them that run."""
    return [name for name, state in sorted(unit_states(names).items()) if state.runs]


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Whether a unit is one of these."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def booting() -> bool:
    """Whether this is the boot's own call, before any ordinary unit has started."""
    asked = subprocess.run(["systemctl", "is-system-running"], capture_output=True, text=True, check=False, timeout=COMMAND_SECONDS)
    return asked.stdout.strip() == "initializing"


def requeue(watched: Watched, ran: list[str], touched: Iterable[str]) -> None:
    """While the machine boots, systemd has already decided what to start, by the files that have just gone.

    Nothing is waited for: it would start after this program's own unit.
    """
    known = [name for name in unit_states([*watched.units, *ran]) if matches(name, touched)]
    systemctl("stop --no-block", [name for name in known if name not in ran])
    systemctl("start --no-block", [name for name in known if name in ran])


def kernel_settings(root: str) -> dict[str, str]:
    """The network's settings in the kernel: name -> value."""
    values = {}
    for folder, _, names in os.walk(f"{root}/proc/sys/net"):
        for name in names:
            try:
                values[f"{folder}/{name}"[len(f"{root}/proc/sys/") :]] = Path(folder, name).read_text(encoding="utf-8")
            except (OSError, ValueError):
                continue  # some can only be written
    return values


def set_kernel(root: str, names: Iterable[str], values: dict[str, str], troubles: list[str]) -> None:
    """Give settings the values that they had."""
    for key in [name if "/" in name else name.replace(".", "/") for name in names]:
        path = Path(f"{root}/proc/sys/{key}")
        try:
            if key in values and path.read_text(encoding="utf-8") != values[key]:
                path.write_text(values[key], encoding="utf-8")
        except OSError as error:
            troubles.append(f"{path}: {error.strerror}")


def ruleset() -> str:
    """The firewall as it runs, without its counters; nothing where nftables isn't installed."""
    return run("nft", "-s", "list", "ruleset") if shutil.which("nft") else ""


def set_ruleset(wanted: str, troubles: list[str]) -> bool:
    """Load the firewall that ran, at once and whole; whether another one was loaded."""
    try:
        if ruleset() == wanted:
            return False
        run("nft", "-f", "-", given=f"flush ruleset\n{wanted}")
    except Trouble as trouble:
        # Rules of iptables' own extensions can be listed by nft and not loaded by it; what the files say is the next best.
        troubles.append(str(trouble))
        systemctl("reload-or-restart", ["nftables.service"], troubles)
    return True
