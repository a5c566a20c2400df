"""Sixty emulated offices in a network of their own, and `motcua rollout` with real playbooks: a wrong wish, its threshold, the way on, and -9.

Without the lab: every office has an emulated RouterOS router behind real SSH at its planned address, in a namespace in which all those
addresses are local. There are no hubs: that their public keys are known and that no centre reaches the sites is written in the inventory.
About 25 minutes on 2 cores; it says how long each part took.
"""

import contextlib
import copy
import json
import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils import waves
from ansible_collections.motcua.cctv.plugins.plugin_utils.console import ROUTER_PASSWORDS
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import device_password, masters_from

from tests.unit.provinces import raw_province, raw_site
from tests.unit.wire import Managed

ROOT = Path(__file__).parent.parent.parent.parent
NETWORK = "motcua-sixty"
INSIDE = ["ip", "netns", "exec", NETWORK]
SITES = int(os.environ.get("MOTCUA_SITES", "60"))
BROKEN = ("s6", "s7", "s8")  # of the third wave: the canary s1, then 5 %, then 25 %
FEW = 6  # sites of the rollouts that are killed
KILLS = int(os.environ.get("MOTCUA_KILLS", "20"))
GUARD_SECONDS = 90
NEVER_SEEN = "hsU3hGQrSLwkwTIgB5Rm3pAFtRuGUnhQzNjPPzZ9ZlI="  # a hub's public key
ROUTER = {
    "platform": "routeros",
    "address": "192.168.1.1",
    "lan_interface": "bridge",
    "office_ports": ["ether3"],
    "camera_ports": ["ether4"],
}


class Province:
    """The inventory on disk."""

    def __init__(self, folder):
        self.path, self.reports = folder / "sixty" / "province.yml", folder / "rollouts"
        self.home, self.limit = self.path.parent, "routers"
        for beside in ("sites", "secrets", "keys", "host_vars", "group_vars"):
            (self.home / beside).mkdir(parents=True)
        for kind in ("devices", "tunnels"):
            self._write(f"secrets/{kind}.yml", {"master": Managed.MASTER})
        for hub in ("centre", "ioc"):
            (self.home / "keys" / f"{hub}.pub").write_text(NEVER_SEEN)
            self._write(f"host_vars/{hub}-server.yml", {"hub_public_key": NEVER_SEEN})
        self._write("group_vars/all.yml", {"network_reaches": False, "motcua_experimental": True, "motcua_guard_seconds": GUARD_SECONDS})
        self.write(20)

    def write(self, up_mbps, wrong=()):
        """All lines carry so much; of some somebody wrote a wrong unit."""
        sites = {f"s{number}": raw_site(number, cameras={}, nvrs={}, router=ROUTER) for number in range(1, SITES + 1)}
        for name, site in sites.items():
            site["lines"]["ftth"] |= {"interface": "ether1", "up_mbps": up_mbps / 1000 if name in wrong else up_mbps, "p95_up_mbps": 0}
        raw = raw_province(sites)
        self._write("sites/all.yml", {"sites": raw.pop("sites")})
        self._write("province.yml", {"plugin": "motcua.cctv.province", **raw, "policy": {"maintenance": "00:00-00:00"}})

    def _write(self, name, value):
        (self.home / name).write_text(yaml.safe_dump(value, allow_unicode=True), encoding="utf-8")

    def routers(self):
        """The configuration of the emulators: as a technician left each router, with the account that motcua comes by."""
        province = load(self.path)
        masters = masters_from({"master": Managed.MASTER}, {"master": Managed.MASTER}, ("", ""))
        for host in desired(province, plan(province)):
            if host.role == "router":
                password = device_password(masters, host.site, host.name, "motcua", 1, ROUTER_PASSWORDS)
                yield {
                    "name": host.name,
                    "kind": "routeros7",
                    "address": str(host.address),
                    "user": "motcua",
                    "password": password,
                    "key": None,
                }

    def few(self):
        """The same province, of which only a few sites are rolled out, and what came of that elsewhere."""
        few = copy.copy(self)
        few.limit, few.reports = ",".join(f"s{number}-router" for number in range(1, FEW + 1)), self.reports.with_name("few")
        return few

    @property
    def course(self):
        return waves.from_json((self.reports / "latest" / "campaign.json").read_text(encoding="utf-8"))

    def command(self, *more):
        arguments = ["rollout", "-i", str(self.path), "-l", self.limit, "--output", str(self.reports), "--yes", "--yes-dangerous", *more]
        return [*INSIDE, str(ROOT / "scripts" / "motcua"), *arguments]

    def rollout(self, *more):
        """To its end: the exit code, and what it printed."""
        since = time.monotonic()
        done = subprocess.run(self.command(*more), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        print(f"{done.stdout}\n{' '.join(more)}: exit {done.returncode}, {time.monotonic() - since:.0f} s", flush=True)
        return done.returncode, done.stdout


class Offices:
    """The emulators' process."""

    def __init__(self, config):
        self._process = subprocess.Popen(
            [*INSIDE, sys.executable, "-m", "tests.emulators.offices", str(config)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout.readline() == "ready\n"

    def ask(self, *question):
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def close(self):
        self._process.stdin.close()
        self._process.wait(60)


@pytest.fixture(scope="module")
def network():
    """A namespace in which every address of the plan is local, and nothing else is there."""
    if os.geteuid():
        pytest.exit("namespaces are made by root", returncode=1)
    subprocess.run(["ip", "netns", "add", NETWORK], check=True)
    try:
        for words in ("link set lo up", "route add local 10.0.0.0/8 dev lo"):
            subprocess.run(["ip", "-n", NETWORK, *words.split()], check=True)
        yield
    finally:
        subprocess.run(["ip", "netns", "del", NETWORK], check=True)


@pytest.fixture(scope="module")
def province(tmp_path_factory):
    return Province(tmp_path_factory.mktemp("sixty"))


@pytest.fixture(scope="module")
def offices(network, province, tmp_path_factory):
    """All routers as the first rollout leaves them."""
    config = tmp_path_factory.mktemp("routers") / "routers.json"
    config.write_text(json.dumps(list(province.routers())))
    with contextlib.closing(Offices(config)) as running:
        code, said = province.rollout()
        assert code == 0, said
        assert "Dangerous: " in said
        running.ask("keep")
        yield running


def test_a_wrong_wish_stops_at_its_threshold_and_what_it_broke_is_as_before(province, offices):
    before = offices.ask("exports")
    province.write(30, wrong=BROKEN)
    offices.ask("cut", [f"{site}-router" for site in BROKEN], r"max-limit=\d{1,5}(/|k?\s)")
    code, said = province.rollout()
    assert code == 2, said
    assert "3 places failed" in said
    assert "3 sites failed, and rollout.stop_at is 3" in said
    after = offices.ask("exports")
    done = {f"s{number}-router" for number in range(1, SITES + 1) if after[f"s{number}-router"] != before[f"s{number}-router"]}
    assert done == {f"s{number}-router" for number in range(1, 20)} - {f"{site}-router" for site in BROKEN}, "the broken are as before"


def test_after_the_fix_resume_finishes(province, offices):
    offices.ask("cut", [], "")
    province.write(30)
    code, said = province.rollout("--resume")
    assert code == 0, said
    assert province.course.done
    assert not any(refused for _, refused, _ in offices.ask("asked").values())
    rates = {tuple(re.findall(r"max-limit=\S+", export)) for export in offices.ask("exports").values()}
    assert len(rates) == 1, "all have what those of the first waves have"


def test_killed_twenty_times_it_resumes_to_the_same_end(province, offices):
    """Of a few sites, so that it dies in every kind of moment. When it ends before its next death, the routers are put back, and anew."""
    few = province.few()
    offices.ask("put back")
    province.write(40)
    before, since = offices.ask("exports"), time.monotonic()
    code, said = few.rollout()
    assert code == 0, said
    whole, longest = offices.ask("exports"), time.monotonic() - since
    assert sum(whole[name] != before[name] for name in whole) == FEW
    offices.ask("put back")
    chance, killed, more = random.Random(8), 0, ()
    while killed < KILLS:
        code = died_within(few, chance.uniform(1, longest * 0.6), chance.random() < 0.7, *more)
        if code is None:
            killed += 1
            more = going_on(few)
            if not more and offices.ask("exports") == whole:  # it died when all was done
                offices.ask("put back")
            print(f"  killed {killed} times, {time.monotonic() - since:.0f} s; then {' '.join(more) or 'a new one'}", flush=True)
            continue
        assert (code, offices.ask("exports") == whole) == (0, True)
        offices.ask("put back")
        more = ()
    code, said = few.rollout(*going_on(few))
    assert code == 0, said
    assert offices.ask("exports") == whole
    assert not any(refused for _, refused, _ in offices.ask("asked").values())


def going_on(province):
    """How people go on after a death; one before anything was written down leaves nothing to go on with."""
    begun = (province.reports / "latest" / "campaign.json").exists()
    return ("--resume",) if begun and not province.course.done else ()


def died_within(province, seconds, everything, *more):
    """A rollout that is killed after so many seconds, with its playbook or without; None, or its exit code when it ended before."""
    process = subprocess.Popen(
        province.command(*more), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
    )
    with contextlib.suppress(subprocess.TimeoutExpired):
        said = process.communicate(timeout=seconds)[0]
        print(said, flush=True)
        return process.returncode
    print(
        f"{' '.join(more) or 'a new one'}: -9 after {seconds:.1f} s, {'its playbook too' if everything else 'its playbook lives'}",
        flush=True,
    )
    if everything:
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()
    process.stdout.close()  # a playbook that lives writes to its log, and would keep this open
    process.wait()
    return None
