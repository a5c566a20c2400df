"""`motcua verify`: the cases that the model implies, tried for real."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from cli.controller import ROOT, at_the_controller, hosts_within

# pytest's exit codes (docs.pytest.org, "Exit codes"): 0 all passed, 1 some failed.
ALL_AS_DECLARED, COULD_NOT_TELL, FAILED_CHECK = 0, 1, 2


def verify(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")] = Path("inventory/lab/province.yml"),
    limit: Annotated[str | None, typer.Option("--limit", "-l", help="hosts or groups, as for ansible-playbook")] = None,
    output: Annotated[Path, typer.Option(help="folder for junit.xml")] = Path("reports/verify"),
) -> None:
    """Verify a province: exit code 0 all as declared, 2 a failed check, 1 could not tell."""
    load(inventory)  # a mistake in it is said here, in one line each
    output.mkdir(parents=True, exist_ok=True)
    junit = (output / "junit.xml").resolve()
    junit.unlink(missing_ok=True)
    environment = os.environ | {
        "MOTCUA_INVENTORY": str(inventory.resolve()),
        "MOTCUA_HOSTS": ",".join(hosts_within(inventory, limit)) if limit else "",
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
    }
    command = [sys.executable, "-m", "pytest", "-q", "--no-header", "-p", "no:cacheprovider", "--tb=line"]
    command += [f"--junitxml={junit}", "tests/verify"]
    code = subprocess.run(at_the_controller(command, inventory), cwd=ROOT, env=environment, check=False).returncode
    raise typer.Exit(_verdict(code, junit))


def _verdict(code: int, junit: Path) -> int:
    """A case that failed was judged; one whose facts could not be had was not, and is never a pass."""
    if code == 0:
        return ALL_AS_DECLARED
    return FAILED_CHECK if junit.exists() and "<failure" in junit.read_text(encoding="utf-8") else COULD_NOT_TELL
