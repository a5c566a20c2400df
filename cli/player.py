"""Playing one of our playbooks for its findings, where the inventory's addresses mean what they say."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import from_json

from cli.controller import ROOT, at_the_controller


def play(name: str, inventory: Path, heard: Path, log: Path, limit: str | None, *options: str, **more: str) -> int:
    """The exit code of a playbook whose findings are written to ``heard`` and whose words to ``log``; ``more`` is environment."""
    return play_holding((), name, inventory, heard, log, limit, *options, **more)


def play_holding(
    held: Sequence[int], name: str, inventory: Path, heard: Path, log: Path, limit: str | None, *options: str, **more: str
) -> int:
    """The same; files that are ``held`` stay open as long as the playbook lives, and the locks on them with it."""
    command = ["ansible-playbook", "--diff", "-i", str(inventory.resolve()), str(ROOT / "playbooks" / f"{name}.yml"), *options]
    command += ["--limit", limit] if limit else []
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "MOTCUA_FINDINGS": str(heard.resolve()),
    }
    with log.open("w", encoding="utf-8") as file:
        command = at_the_controller(command, inventory)
        done = subprocess.run(
            command, cwd=ROOT, env=environment | more, check=False, stdout=file, stderr=subprocess.STDOUT, pass_fds=tuple(held)
        )
    return done.returncode


def last_words(log: Path) -> str:
    """What a playbook said at last, by its log."""
    return spoken_last(log.read_text(encoding="utf-8", errors="replace").splitlines())


def spoken_last(log: Iterable[str]) -> str:
    """The same of a log's lines."""
    lines = [line.strip() for line in log if line.strip()]
    spoken = [line for line in lines if re.match(r"\[?ERROR|motcua: |fatal: ", line)]
    return re.sub(r"^(\[ERROR\]|ERROR!|motcua):? ", "", (spoken or lines or ["it said nothing"])[-1]).rstrip(".")


def reason(heard: Path, log: Path) -> str:
    """Why a playbook for one device failed, in the failed task's own sentence."""
    findings = from_json(heard.read_text(encoding="utf-8")) if heard.exists() else ()
    errors = [str(one.actual) for one in findings if one.status == "error" and one.actual]
    return errors[0] if errors else last_words(log)
