"""A hub that restarts while 200 sites dial in takes all of them back, the lab's own among them."""

import json
import subprocess
import time

import pytest

from tests.lab.conftest import INVENTORY, MOTCUA, ROOT, eventually, heartbeats, motcua

MANY, SECONDS = 200, 180
ADDRESSES = "10.97.{}.{}/32, 10.98.{}.0/24"


def at_the_hub(script):
    ran = motcua("lab", "ssh", "centre", "sh", "-s", stdin=script)
    assert ran.code == 0, ran.text
    return ran.text


@pytest.fixture
def dialling():
    """The program that dials; it has been told that the hub knows its sites."""
    key, hub = at_the_hub("wg show wg0 public-key; ip -4 -o address show dev wg0 | awk '{print $4}' | cut -d/ -f1").split()
    program = (ROOT / "tests/lab/programs/many_sites.py").read_text()
    assert motcua("lab", "ssh", "ioc", "sh", "-c", "'cat > /run/many_sites.py'", stdin=program).code == 0
    command = [MOTCUA, "lab", "ssh", "ioc", "python3", "/run/many_sites.py", str(MANY), "203.0.113.10:51820", key, hub]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as process:
        keys = json.loads(process.stdout.readline())
        files = [
            f"printf '# many{at}, line 0\\n[Peer]\\nPublicKey = {each}\\nAllowedIPs = "
            f"{ADDRESSES.format(at // 250, at % 250 + 1, at)}\\n' >/etc/wireguard/peers.d/many{at}.wg0.conf"
            for at, each in enumerate(keys)
        ]
        at_the_hub("\n".join(["umask 077", *files, "/usr/local/lib/motcua/peers load"]))
        yield process
        process.stdin.close()
    at_the_hub("rm /etc/wireguard/peers.d/many*; /usr/local/lib/motcua/peers load")


def all_dialled(process, seconds):
    """Seconds until every site had a handshake."""
    since = time.monotonic()
    for line in process.stdout:
        if int(line) == MANY:
            return time.monotonic() - since
        assert time.monotonic() - since < seconds, f"{line.strip()} of {MANY} sites are there"
    raise AssertionError("the sites ended")


def test_a_hub_that_restarts_while_200_sites_dial_in_has_them_all_again(dialling):
    all_dialled(dialling, SECONDS)
    assert motcua("lab", "power", "centre", "off").code == 0
    dialling.stdin.write("count\n")
    assert motcua("lab", "power", "centre", "on").code == 0
    print(f"\n{MANY} sites: all there again after {all_dialled(dialling, SECONDS):.0f} s")
    for site, tunnels in (("lang-giang", 4), ("tan-dinh", 2), ("xuong-lam", 2)):
        assert eventually(lambda site=site, tunnels=tunnels: len(heartbeats(site)) == tunnels, SECONDS), f"{site} should be there too"


def test_everything_is_as_before():
    assert eventually(lambda: motcua("verify", "-i", INVENTORY).code == 0, 240)
