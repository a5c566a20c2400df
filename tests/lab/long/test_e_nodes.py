"""A province across three nodes, each a whole machine under systemd, says byte for byte what one machine says; also when one is killed.

Three machines of this test's own, reached by SSH with a key that starts the worker and nothing else; the devices are tests/fleet, once in
each namespace. MOTCUA_NODES_SITES says how many sites there are: 660 (4,620 devices) take about 14 minutes, 9 about one minute.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.emulators.http import certificate
from tests.fleet.inventory import write
from tests.fleet.layout import CERTIFICATES, Layout
from tests.lab.conftest import ROOT
from tests.lab.machines import Machine, Operator

SITES = int(os.environ.get("MOTCUA_NODES_SITES", "660"))
SHARDS_A_NODE = 3
# Per cent of the devices: what can't be told is the same by either way. None that hangs up on who calls: whether a client hears of that
# while it connects or when it reads is chance, and so are the system's words for it, twice on one machine as well.
FAILURES = {"password": 1, "broken": 1}
NAMES = ("bac", "nam", "tay")
HOME = "var/lib/motcua/provinces/fleet"
DEVICES = "cameras:nvrs:routers"  # the fleet has no centre
# When each was read, and since when each stands: nothing else may differ.
INSTANT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)")


@pytest.fixture(scope="session", autouse=True)
def province():
    """Not the lab's: this test needs none."""
    if os.geteuid():
        pytest.exit("this builds machines and networks: run it as root", returncode=1)


@pytest.fixture(scope="module")
def inventory(tmp_path_factory):
    folder = tmp_path_factory.mktemp("province")
    write(Layout(devices=SITES * 7, processes=3, failures=FAILURES), folder)  # each keeps fewer than it would begin to forget
    for name in CERTIFICATES:  # the devices' keys, the same in each namespace
        certificate(folder, name)
    return folder


@pytest.fixture(scope="module")
def nodes(inventory, tmp_path_factory):
    """Three nodes that hold the province's secrets, and the operator's namespace with nodes.yml and without them."""
    folder = tmp_path_factory.mktemp("operator")
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / "key")], check=True)
    command = f'restrict,command="{ROOT}/scripts/motcua-worker --home /var/lib/motcua/provinces" '
    seen = {ROOT, (ROOT / ".venv").resolve(), Path(sys.base_prefix)} - {Path("/usr")}
    with contextlib.ExitStack() as held:
        operator = held.enter_context(Operator())
        machines = {}
        for number, name in enumerate(NAMES, 10):
            machine = machines[name] = held.enter_context(Machine(name, number, operator, "", seen))
            _furnish(machine.root, inventory, command + (folder / "key.pub").read_text())
            machine.start()
        rows = {name: {"address": str(one.address), "host_key": one.host_key, "private_key": "key"} for name, one in machines.items()}
        size = -(-SITES * 7 // (len(NAMES) * SHARDS_A_NODE))
        (folder / "nodes.yml").write_text(yaml.safe_dump({"devices_a_shard": size, "nodes": rows}))
        model = shutil.copytree(
            inventory, folder / "model", ignore=shutil.ignore_patterns("secrets", "state", "run", "id_ed25519", "*.key")
        )
        yield Nodes(operator, machines, folder, model, rows)


def _furnish(root, inventory, authorized):
    """What docs/nodes.md tells people to do at a node."""
    subprocess.run(["chroot", str(root), "useradd", "--create-home", "--shell", "/bin/sh", "motcua"], check=True)
    home = root / HOME
    home.parent.mkdir(parents=True)
    shutil.copytree(inventory, home, ignore=lambda _, names: set(names) - {"secrets", "devices.yml", "tunnels.yml", "group_vars", "all.yml", "hubs.yml", "id_ed25519", "id_ed25519.pub"})  # fmt: skip
    (home / "state").mkdir()
    (ssh := root / "home/motcua/.ssh").mkdir(mode=0o700)
    (ssh / "authorized_keys").write_text(authorized)
    for path in (home.parents[1], "home/motcua"):
        subprocess.run(["chroot", str(root), "chown", "-R", "motcua:", "/" + str(Path(root / path).relative_to(root))], check=True)
    (root / "root").chmod(0o711)  # where Python lies below it


class Nodes:
    """The machines, and what is done from the operator's place."""

    def __init__(self, operator, machines, folder, model, rows):
        self.operator, self.machines, self.folder, self.model, self.rows = operator, machines, folder, model, rows

    @contextlib.contextmanager
    def devices(self, inventory, *namespaces):
        """The province's devices in these namespaces, each with a folder of its own."""
        running = []
        try:
            for name in namespaces:
                own = shutil.copytree(
                    inventory, self.folder / f"fleet-{name}", dirs_exist_ok=True, ignore=shutil.ignore_patterns("run", "state")
                )
                command = ["ip", "netns", "exec", name, sys.executable, "-m", "tests.fleet", "up", str(own)]
                running.append(subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT))
            for one in running:
                assert one.stdout.readline() == b"ready\n"
            yield
        finally:
            for one in running:
                one.send_signal(signal.SIGTERM)
                one.wait()

    def audit(self, model, output, *more):
        """An audit at the operator's place, as it goes on: its lines."""
        words = [str(ROOT / "scripts/motcua"), "audit", "-i", str(model / "province.yml"), "-l", DEVICES, "--output", str(output), *more]
        return subprocess.Popen(self.operator.inside(*words), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=ROOT)

    def across(self, output, *more):
        return self.audit(self.model, output, "--nodes", str(self.folder / "nodes.yml"), *more)

    @property
    def namespaces(self):
        return [one.namespace for one in self.machines.values()]


def ended(audit):
    text = audit.communicate()[0]
    print(re.sub(r"(?m)^ .*(differs|could not tell) .*\n", "", text)[-3000:], flush=True)
    return audit.returncode, text


def findings(output):
    return INSTANT.sub(b"", (output / "latest/findings.json").read_bytes())


def lost_at(output):
    """Device -> why no node said anything of it."""
    rows = json.loads((output / "latest/findings.json").read_text())["findings"]
    return {row["device"]: row["actual"] for row in rows if row["check"] == "node"}


@pytest.fixture(scope="module")
def alone(nodes, inventory, tmp_path_factory):
    """What one machine says."""
    output = tmp_path_factory.mktemp("alone")
    with nodes.devices(inventory, nodes.operator.namespace):
        code, text = ended(nodes.audit(inventory, output))
    assert code == 2, text[-3000:]
    assert f"{SITES * 7} devices" in text
    return output


def test_three_nodes_say_what_one_machine_says(nodes, inventory, alone, tmp_path):
    with nodes.devices(inventory, *nodes.namespaces):
        code, text = ended(nodes.across(tmp_path))
    assert code == 2, text[-3000:]
    assert findings(tmp_path) == findings(alone)
    assert re.findall(r"^  (\w+)-\d+: ", text, re.MULTILINE).count("nam") == SHARDS_A_NODE


def test_with_a_node_killed_in_the_middle_the_same_after_resume(nodes, inventory, alone, tmp_path):
    killed = nodes.machines["nam"]
    with nodes.devices(inventory, *nodes.namespaces):
        audit = nodes.across(tmp_path)
        for line in audit.stdout:  # until its first shard is back, and it works at its second
            if line.startswith("  nam-001: "):
                break
        killed.cut_power()
        code, text = ended(audit)
        assert code == 2, text[-3000:]
        lost = lost_at(tmp_path)
        assert lost
        assert all(why.startswith("node nam: ") for why in lost.values())
        assert len(lost) < SITES * 7 / 3, "what had come back is kept"
        assert len(lost) == 7 * len({device.rsplit("-", 1)[0] for device in lost}), "sites are lost as a whole"
        assert findings(tmp_path) != findings(alone)
        killed.start()
        code, text = ended(nodes.across(tmp_path, "--resume"))
    assert code == 2, text[-3000:]
    assert findings(tmp_path) == findings(alone)
    asked = sum(int(count) for count in re.findall(r"^  \w+-\d+: (\d+) hosts? of ", text, re.MULTILINE))
    assert asked == len(lost), "only what was missing was read again"


def test_the_key_starts_the_worker_and_nothing_else(nodes):
    known = nodes.folder / "known"
    machine = nodes.machines["bac"]
    known.write_text(f"bac {machine.host_key}\n")
    words = [
        "ssh",
        "-T",
        "-i",
        str(nodes.folder / "key"),
        "-o",
        f"UserKnownHostsFile={known}",
        "-o",
        "HostKeyAlias=bac",
        "-o",
        "BatchMode=yes",
    ]
    said = subprocess.run(
        nodes.operator.inside(*words, f"motcua@{machine.address}", "cat", f"/{HOME}/secrets/devices.yml"),
        capture_output=True,
        text=True,
        check=False,
        input="{}\n",
    )
    assert "no job" in json.loads(said.stdout.splitlines()[0])["job_explanation"]
    assert "master" not in said.stdout


def test_another_host_key_is_not_spoken_to(nodes, tmp_path):
    (nodes.folder / "other.yml").write_text(
        yaml.safe_dump({"nodes": {"tay": nodes.rows["tay"] | {"host_key": nodes.machines["bac"].host_key}}})
    )
    ended(nodes.audit(nodes.model, tmp_path, "--nodes", str(nodes.folder / "other.yml")))
    assert len(lost_at(tmp_path)) == SITES * 7
    assert set(lost_at(tmp_path).values()) == {"node tay: Host key verification failed"}


def test_nothing_is_left_at_the_nodes(nodes):
    """Neither in memory nor on disk: no artifact of a run, no model, and no secret outside of where it was laid."""
    for machine in nodes.machines.values():
        inside = ["nsenter", "-t", str(_leader(machine)), "-a", "sh", "-c", "ls /dev/shm; find / -xdev -name job_events -o -name artifacts"]
        assert subprocess.run(inside, capture_output=True, text=True, check=True).stdout == ""


def _leader(machine):
    """The machine's own init: the first in the namespace of its processes."""
    for pid in machine.inside():
        with contextlib.suppress(OSError):
            if re.search(r"^NSpid:\s+\d+\s+1$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE):
                return pid
    raise AssertionError("the machine has no init")
