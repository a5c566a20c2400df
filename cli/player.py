"""Playing one of our playbooks for its findings, where the inventory's addresses mean what they say."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cli.controller import ROOT, at_the_controller


def play(name: str, inventory: Path, heard: Path, log: Path, limit: str | None, *options: str, **more: str) -> int:
    """The exit code of a playbook whose findings are written to ``heard`` and whose words to ``log``; ``more`` is environment."""
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
        return subprocess.run(command, cwd=ROOT, env=environment | more, check=False, stdout=file, stderr=subprocess.STDOUT).returncode
