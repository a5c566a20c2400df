"""Everything in the lab gets new passwords and keys under recording; a camera that was off is caught up; a stolen router is shut out. 15 min.

By itself, in a lab that stands and was rolled out: `pytest -s --noconftest tests/lab/long/test_7_rotation.py`.
"""

import itertools
import json
import re
import signal
import subprocess
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal

from cli.rotate import Book, Kind
from lab.network import PREFIX
from tests.lab.conftest import INVENTORY, ROOT, eventually, motcua, playbook, whole

PROVINCE = Path(ROOT / INVENTORY)
STATE = PROVINCE.parent / "state"
ABSENT = "tan-dinh-cam2"
STOLEN = "xuong-lam"
ROUTERS = {"lang-giang": "10.64.1.1", "tan-dinh": "10.64.2.1", "xuong-lam": "10.64.3.1"}
GAP_S = 2.0
SEGMENT_S = 60


def hosts():
    province = load(PROVINCE)
    return desired(province, plan(province))


def cameras():
    return sorted(host.name for host in hosts() if host.role == "camera")


def due(kind, folder):
    """What `motcua rotate` tells the playbook: it plays it in waves and in the sites' windows, which here would be at night."""
    book, province = Book(PROVINCE), load(PROVINCE)
    found = book.taking_part(book.all("the lab's test"), kind)(province, desired(province, plan(province)))
    path = folder / "due.json"
    path.write_text(json.dumps({"motcua_due": found}))
    return ",".join(found), path


def rotate(kind, folder):
    limit, path = due(kind, folder)
    return playbook("rotate", "-l", limit, "-e", f"@{path}")


def epochs(subject):
    return Journal(STATE / "epochs").read(subject)


class Pings:
    """What a site answers the storage centre while something changes; the longest silence in seconds."""

    def __init__(self, site):
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", f"{PREFIX}centre", "ping", "-n", "-D", "-i", "0.1", ROUTERS[site]], stdout=subprocess.PIPE, text=True
        )

    def longest_s(self):
        self.process.send_signal(signal.SIGINT)
        times = [float(at) for at in re.findall(r"^\[([\d.]+)\].*icmp_seq", self.process.communicate(timeout=30)[0], re.MULTILINE)]
        assert len(times) > 20
        return max(later - at for at, later in itertools.pairwise(times))


def answers(site):
    return motcua("lab", "ssh", "centre", "ping", "-n", "-c", "2", "-W", "1", ROUTERS[site]).code == 0


def hand(device, *words):
    ran = motcua("lab", "hand", device, *words)
    assert ran.code == 0, ran.text
    return ran.text


@pytest.fixture(scope="module")
def began():
    """Everything records; the moment from which on nothing may be missing."""
    for camera in cameras():
        assert eventually(lambda camera=camera: not whole(camera, time.time() - 20, time.time() - 10)["broken"], 90)
    return time.time()


def test_devices_get_new_passwords_and_the_old_ones_fail(began, tmp_path):
    hand(ABSENT, "off")
    before = {host.name: epochs(host.name).confirmed for host in hosts() if host.vendor and host.recorder is None}
    rotated = rotate(Kind.DEVICES, tmp_path)
    assert rotated.recap[ABSENT]["unreachable"] == 1
    for name, epoch in before.items():
        want = epoch if name == ABSENT else epoch + 1
        assert (epochs(name).confirmed, epochs(name).pending) == (want, None), name
        done = Book(PROVINCE).ledger.read(name).done
        assert name == ABSENT or "old one refused" in done[-1].proved
    listed = motcua("rotate", "--list", "-i", INVENTORY)
    assert listed.code == 1
    assert [line.split(":")[0] for line in listed.text.splitlines() if line.startswith("open")] == [f"open  {ABSENT}"]

    hand(ABSENT, "on")
    again = playbook("rotate", "-l", ABSENT)
    assert again.recap[ABSENT]["failed"] == 0, again.text[-3000:]
    assert epochs(ABSENT).confirmed == before[ABSENT] + 1
    status = json.loads(hand(ABSENT, "status"))
    assert status["most_failed_logins"] <= 2
    assert motcua("rotate", "--list", "-i", INVENTORY).code == 0


def test_tunnels_get_new_keys_and_no_site_is_silent_for_two_seconds(tmp_path):
    pings = {site: Pings(site) for site in ROUTERS}
    old = peers()
    rotated = rotate(Kind.TUNNELS, tmp_path)
    assert all(counts["failed"] == counts["unreachable"] == 0 for counts in rotated.recap.values()), rotated.text[-4000:]
    silence = {site: ping.longest_s() for site, ping in pings.items()}
    print("longest silence in s:", silence)
    assert max(silence.values()) < GAP_S
    assert not old & peers()
    assert motcua("rotate", "--list", "-i", INVENTORY).code == 0


def peers():
    """The WireGuard peers of both hubs."""
    shown = "".join(motcua("lab", "ssh", hub, "wg", "show", "all", "peers").text for hub in ("centre", "ioc"))
    found = set(re.findall(r"[A-Za-z0-9+/]{43}=", shown))
    assert found
    return found


def test_hubs_get_new_keys_one_after_the_other():
    """What is recorded meanwhile shows whether the sites went to the other hub: it carries streams, and no pings of the centre's."""
    keys = {hub: (PROVINCE.parent / f"keys/{hub}.pub").read_text() for hub in ("centre", "ioc")}
    ran = motcua("rotate", "--what", "hubs", "--reason", "the lab's test", "--yes", "-i", INVENTORY)
    assert ran.code == 0, ran.text[-3000:]
    assert all((PROVINCE.parent / f"keys/{hub}.pub").read_text() != key for hub, key in keys.items())


def test_nothing_of_the_recordings_is_missing(began):
    """Not before the piece that was being written at the end is entered."""
    until = time.time()
    seen = {}

    def nothing_missing():
        seen.update({camera: whole(camera, began, until) for camera in cameras() if camera != ABSENT})
        return all(end - begin <= GAP_S for said in seen.values() for begin, end, *_ in said["gaps"])

    assert eventually(nothing_missing, 2 * SEGMENT_S + 30), {camera: said["gaps"] for camera, said in seen.items()}
    assert len(seen) == len(cameras()) - 1
    assert all(said["listed"] and not said["broken"] for said in seen.values())


def test_a_rollout_finds_nothing_to_do():
    ran = playbook("rollout", "--check")
    assert ran.changed == set(), ran.text[-4000:]


def test_a_stolen_router_is_shut_out_and_has_a_way_back(tmp_path):
    sites = PROVINCE.parent / "sites/lang-giang.yml"
    written = sites.read_text()
    try:
        began = datetime.now(UTC)
        assert motcua("site", "revoke", STOLEN, "--reason", "stolen", "--yes", "-i", INVENTORY).code == 0
        print("shut out after s:", (datetime.now(UTC) - began).total_seconds())
        assert not answers(STOLEN)
        for hub in ("centre", "ioc"):
            assert "10.64.3.0/24" not in motcua("lab", "ssh", hub, "wg", "show", "all", "allowed-ips").text
        assert motcua("site", "readmit", STOLEN, "--reason", "it was found", "--yes", "-i", INVENTORY).code == 0
        assert not answers(STOLEN)  # its old keys are worth nothing
        back = playbook("rollout", "-l", f"site_{STOLEN.replace('-', '_')}")  # by the technician's cable
        assert all(counts["failed"] == counts["unreachable"] == 0 for counts in back.recap.values()), back.text[-4000:]
        assert eventually(lambda: answers(STOLEN), 60)
    finally:
        sites.write_text(written)
