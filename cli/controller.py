"""Where a command runs: for the lab's inventory at the operator's desk, inside its namespace; for a real province right here."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError

ROOT = Path(__file__).resolve().parent.parent
LAB = ROOT / "inventory" / "lab" / "province.yml"


def at_the_controller(command: list[str], inventory: Path) -> list[str]:
    """The command, wrapped so that it runs where the inventory's addresses mean what they say."""
    if inventory.resolve() != LAB:
        return command
    return [sys.executable, str(ROOT / "scripts" / "motcua"), "lab", "run", *command]


def hosts_within(inventory: Path, limit: str) -> list[str]:
    """The host names that an Ansible pattern names.

    :raises ModelError: when it names none.
    """
    command = [str(Path(sys.executable).with_name("ansible")), limit, "-i", str(inventory), "--list-hosts"]
    shown = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=ROOT, env=os.environ | {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")}
    )
    hosts = [line.strip() for line in shown.stdout.splitlines()[1:]]
    if shown.returncode or not hosts:
        raise ModelError(f"--limit {limit}: names no host of {inventory}; 'ansible-inventory -i {inventory} --graph' lists them")
    return hosts


def digest_of(*tops: str) -> str:
    """The digest of everything in some folders of motcua, of those for example that turn a plan into changes."""
    digest = hashlib.sha256()
    for top in tops:
        for path in sorted((ROOT / top).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
