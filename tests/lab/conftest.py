"""The lab's own tests: the product used as its users use it. They run in the order of the files; each leaves a converged province."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
INVENTORY = "inventory/lab/province.yml"
MOTCUA = str(ROOT / "scripts/motcua")


@dataclass(frozen=True)
class Ran:
    """What a command ended with; ``text`` is everything it printed."""

    code: int
    text: str

    @property
    def recap(self) -> dict[str, dict[str, int]]:
        """Host -> the counts of Ansible's recap."""
        rows = re.findall(r"^(\S+)\s+: (ok=.*)$", re.sub(r"\x1b\[[0-9;]*m", "", self.text), re.MULTILINE)
        return {host: {key: int(count) for key, count in re.findall(r"(\w+)=(\d+)", counts)} for host, counts in rows}

    @property
    def changed(self) -> set[str]:
        """The hosts on which something changed."""
        return {host for host, counts in self.recap.items() if counts["changed"]}


def run(*command: str, timeout: int = 900, stdin: str = "", **environment: str) -> Ran:
    """Run a command to its end, with its two streams as one text."""
    done = subprocess.run(
        command,
        cwd=ROOT,
        text=True,
        input=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
        check=False,
        env=os.environ | environment,
    )
    LOG.append(done.stdout)
    return Ran(done.returncode, done.stdout)


LOG: list[str] = []


def motcua(*arguments: str, **options) -> Ran:
    """Run the product's command line."""
    return run(MOTCUA, *arguments, **options)


def whole(camera: str, from_s: float, until_s: float) -> dict:
    """What programs/whole.py says at the centre of this camera's footage between two times."""
    program = (ROOT / "tests/lab/programs/whole.py").read_text()
    ran = motcua("lab", "ssh", "centre", "python3", "-", camera, str(from_s), str(until_s), stdin=program)
    assert ran.code == 0, ran.text
    return json.loads(ran.text.splitlines()[-1])


def desk(*command: str, **options) -> Ran:
    """Run a command at the operator's desk."""
    return motcua("lab", "run", *command, **options)


def playbook(name: str, *arguments: str, **options) -> Ran:
    """Run one of the product's playbooks at the desk."""
    return desk("ansible-playbook", "-i", INVENTORY, f"playbooks/{name}.yml", *arguments, **options)


def audit(folder: Path) -> tuple[int, list[dict]]:
    """The exit code and the findings of an audit of the whole province; its report is left in the folder."""
    ran = motcua("audit", "-i", INVENTORY, "--output", str(folder))
    return ran.code, json.loads((folder / "latest/findings.json").read_text())["findings"]


def survey_at_the_office(site: str, prefix: str, folder: Path) -> Path:
    """What a technician finds with a laptop at a site's office, knowing its prefix and the installer's account alone."""
    credentials = folder / "credentials.yml"
    credentials.touch(mode=0o600)
    credentials.write_text("- {user: admin, password: hik12345}\n")
    file = folder / f"{site}.survey.json"
    command = [MOTCUA, "survey", "--site", site, "--prefix", prefix, "--credentials", str(credentials), "-o", str(file)]
    ran = motcua("lab", "probe", f"{site}-pc", *command)
    credentials.unlink()  # test_4_secrets looks for what it held in everything that is left
    assert ran.code == 0, ran.text[-3000:]
    return file


def heartbeats(site: str) -> dict[str, int]:
    """Seconds that each tunnel of a site has answered without a break, by the hub's address."""
    shown = motcua("lab", "ssh", f"{site}-router", "vtysh", "-c", "'show bfd peers json'")
    return {peer["peer"]: peer["uptime"] for peer in json.loads(shown.text) if peer["status"] == "up"}


def eventually(question: Callable[[], object], seconds: float) -> bool:
    """Whether the answer becomes true in time. Machines and routes of a lab announce nothing to the outside, so that it is asked again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if question():
            return True
        time.sleep(1)
    return False


def host_network() -> str:
    """The machine's own network: what the lab must never touch."""
    return "\n".join(run(*command.split()).text for command in ("ip -br addr", "ip route show table all", "nft -s list ruleset"))


@pytest.fixture(scope="session", autouse=True)
def province(tmp_path_factory):
    """The lab, built anew and rolled out once; what the machine's network was before."""
    if os.geteuid():
        pytest.exit("the lab builds machines and networks: run scripts/test as root, or scripts/test --unit", returncode=1)
    motcua("lab", "down")
    before = host_network()
    up = motcua("lab", "up")
    assert up.code == 0, up.text[-3000:]
    blank = playbook("rollout", "--check", "--diff")
    left = motcua("lab", "ssh", "centre", "ls", "-A", "/etc/wireguard", "/etc/motcua").text + str(
        list((ROOT / "inventory/lab").glob("keys/*"))
    )
    surveyed = survey_at_the_office("tan-dinh", "192.168.1.0/24", tmp_path_factory.mktemp("survey"))
    first = playbook("rollout", "--diff")
    yield {"network": before, "first": first, "blank": blank, "left by blank": left, "surveyed": surveyed}
    down = motcua("lab", "down")
    assert down.code == 0, down.text
    assert host_network() == before, "the lab left something behind in the machine's network"
