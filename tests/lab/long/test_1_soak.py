"""Ten minutes of full lines in which no tunnel may be taken for a dead one, and a provider that lets UDP 443 out and no other port."""

import re
import subprocess
import time

import pytest

from lab.topology import WEB
from tests.lab.conftest import INVENTORY, MOTCUA, ROOT, eventually, heartbeats, motcua
from tests.lab.test_6_line import FLOOD

SECONDS = 600
FULL = ("lang-giang", "xuong-lam")
STRICT = """
table inet strict {
  chain line { type filter hook forward priority 0;
    ip saddr 100.64.2.2 udp dport != { 53, 123, 443 } drop
    ip daddr 100.64.2.2 udp sport != { 53, 123, 443 } drop
  }
}
"""
DIAL_SECONDS = 240  # silent for 190 s, looked for every 30 s, and a handshake


@pytest.fixture
def full_lines():
    """Office and video at once, each as much as it gets."""
    far = [
        subprocess.Popen(
            [MOTCUA, "lab", "probe", "internet", "iperf3", "-s", "-B", str(WEB), "-p", str(5201 + at)], cwd=ROOT, stdout=subprocess.DEVNULL
        )
        for at in range(len(FULL))
    ]
    load = []
    for at, site in enumerate(FULL):
        office = ["lab", "probe", f"{site}-pc", "iperf3", "-c", str(WEB), "-p", str(5201 + at), "-t", str(SECONDS + 30)]
        load.append(subprocess.Popen([MOTCUA, *office], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        video = subprocess.Popen(
            [MOTCUA, "lab", "ssh", f"{site}-router", "python3", "-"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
        )
        video.stdin.write(FLOOD.replace("+ 9\n", f"+ {SECONDS + 20}\n"))
        video.stdin.close()
        load.append(video)
    yield
    for process in (*load, *far):
        process.terminate()
        process.wait()


@pytest.fixture
def strict_provider():
    assert motcua("lab", "probe", "cgn", "nft", "-f", "-", stdin=STRICT).code == 0
    yield
    assert motcua("lab", "probe", "cgn", "nft", "delete", "table", "inet", "strict").code == 0


def dialled_ports():
    shown = motcua("lab", "ssh", "tan-dinh-router", "wg show all endpoints").text
    return set(re.findall(r":(\d+)\s*$", shown, re.MULTILINE))


def test_full_lines_are_never_taken_for_dead_ones_and_a_strict_provider_not_for_a_dead_line(full_lines, strict_provider):
    before, since = {site: heartbeats(site) for site in FULL}, time.monotonic()
    assert all(len(answering) == {"lang-giang": 4, "xuong-lam": 2}[site] for site, answering in before.items())
    assert eventually(lambda: dialled_ports() == {"443"}, DIAL_SECONDS), "both tunnels should dial the hubs' other port"
    assert eventually(lambda: len(heartbeats("tan-dinh")) == 2, 60), "and answer there"
    print(f"\nUDP 443 alone: answered after {time.monotonic() - since:.0f} s")
    while time.monotonic() < since + SECONDS:
        time.sleep(10)  # what is proved is that nothing happens
        for site, answering in before.items():
            now, seconds = heartbeats(site), time.monotonic() - since
            broken = [hub for hub in answering if now.get(hub, 0) < answering[hub] + seconds - 5]
            assert not broken, f"{site}: after {seconds:.0f} s the heartbeats of {broken} had been broken"


def test_everything_is_as_before():
    assert eventually(lambda: motcua("verify", "-i", INVENTORY).code == 0, 240)
