"""What a tunnel of wireguard-go carries here, and what it costs: two network namespaces, one TCP connection for eight seconds, as root.

Beside the floor, the same without a tunnel. `python -m pytest -s tests/bench/test_tunnel.py` prints the figures; ``figures`` gives them as data.
"""

import contextlib
import json
import os
import subprocess
import time
from pathlib import Path

import pytest

SECONDS = 8
NAMES = ("motcua-hub", "motcua-office")
MTU = 1380


def run(*words, given=None):
    return subprocess.run(words, check=True, capture_output=True, text=True, input=given).stdout


def inside(name, *words, given=None):
    return run("ip", "netns", "exec", name, *words, given=given)


@contextlib.contextmanager
def namespaces():
    """A hub and an office with a wire between them; 10.99.0.1 and 10.99.0.2."""
    try:
        for name in NAMES:
            run("ip", "netns", "add", name)
            inside(name, "ip", "link", "set", "lo", "up")
        run("ip", "link", "add", "wire", "netns", NAMES[0], "type", "veth", "peer", "name", "wire", "netns", NAMES[1])
        for number, name in enumerate(NAMES, 1):
            inside(name, "ip", "address", "add", f"10.99.0.{number}/24", "dev", "wire")
            inside(name, "ip", "link", "set", "wire", "up")
        yield
    finally:
        for name in NAMES:
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@contextlib.contextmanager
def tunnels():
    """The two ends' processes; 10.98.0.1 and 10.98.0.2 are in the tunnel."""
    keys = [run("wg", "genkey") for _ in NAMES]
    public = [run("wg", "pubkey", given=key).strip() for key in keys]
    ends = []
    try:
        for number, name in enumerate(NAMES, 1):
            interface = f"mtwg{number}"
            words = ["ip", "netns", "exec", name, "wireguard-go", "-f", interface]
            ends.append(subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
            while not Path(f"/var/run/wireguard/{interface}.sock").exists():
                assert ends[-1].poll() is None, "wireguard-go didn't start"
                time.sleep(0.05)
            peer = ["peer", public[2 - number], "allowed-ips", "10.98.0.0/24", "endpoint", f"10.99.0.{3 - number}:5182"]
            inside(name, "wg", "set", interface, "listen-port", "5182", "private-key", "/dev/stdin", *peer, given=keys[number - 1])
            inside(name, "ip", "address", "add", f"10.98.0.{number}/24", "dev", interface)
            inside(name, "ip", "link", "set", interface, "mtu", str(MTU), "up")
        yield [end.pid for end in ends]
    finally:
        for end in ends:
            end.terminate()
            end.wait()


def cpu_s(pids):
    """Processor seconds of processes so far."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def transfer(address):
    """Mbit/s from the office to the hub."""
    server = subprocess.Popen(["ip", "netns", "exec", NAMES[0], "iperf3", "-s", "-1", "--forceflush"], stdout=subprocess.PIPE, text=True)
    while "listening" not in server.stdout.readline():
        assert server.poll() is None, "iperf3 didn't start"
    try:
        said = json.loads(inside(NAMES[1], "iperf3", "-c", address, "-t", str(SECONDS), "-J"))
    finally:
        server.terminate()
        server.wait()
    return said["end"]["sum_received"]["bits_per_second"] / 1e6


def figures():
    """``mbps`` through the tunnel, ``hub_cores`` that its end at the hub took meanwhile, ``mbps_per_core``, and ``floor_mbps`` without."""
    load = os.getloadavg()[0]
    with namespaces():
        with tunnels() as pids:
            before, since = cpu_s(pids[:1]), time.perf_counter()
            mbps = transfer("10.98.0.1")
            cores = (cpu_s(pids[:1]) - before) / (time.perf_counter() - since)
        floor = transfer("10.99.0.1")
    return {"mbps": mbps, "hub_cores": cores, "mbps_per_core": mbps / cores, "floor_mbps": floor, "load": load}


@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces need root")
def test_a_tunnel():
    found = figures()
    print(
        f"\nload {found['load']:.1f}: {found['mbps']:.0f} Mbit/s through wireguard-go, its end at the hub {found['hub_cores']:.2f} of a core: "
        f"{found['mbps_per_core']:.0f} Mbit/s a core; without a tunnel {found['floor_mbps']:.0f} Mbit/s"
    )
    assert found["floor_mbps"] > found["mbps"] > 0
