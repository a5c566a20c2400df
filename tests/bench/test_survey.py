"""How long a survey of a /24 with 20 devices takes at the default rate: beside the floor, which is what it sent divided by the rate, and beside the
peer, which is nmap at the same rate where it is installed, else one connect after the other. The bound of 30 s is asserted, all else is printed.
`python -m pytest -s tests/bench/test_survey.py` prints the figures."""

import contextlib
import json
import shutil
import subprocess
import sys
import time

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery import PORTS, Ended, Heard, from_line, program

from tests.bench.rows import fact
from tests.unit.frames import Capture, busiest
from tests.unit.segment import FACTORY, Segment, possible, ready, says
from tests.unit.wire import SYSTEM_PYTHON

DEVICES, RATE, BOUND_S = 20, 50, 30
PREFIX = "192.168.77.0/24"
MODEL = {"model": "DS-2CD2043G2-I", "firmware": "V5.7.18", "firmware_date": "build 240826"}
SEQUENTIAL = """
import socket, sys
for address in sys.argv[2].split():
    for port in map(int, sys.argv[1].split()):
        with socket.socket() as sock:
            sock.settimeout(1)
            try:
                sock.connect((address, port))
            except OSError:
                pass
"""
PAGE = b'HTTP/1.1 401 Unauthorized\r\nServer: webs\r\nWWW-Authenticate: Digest realm="IP CAMERA"\r\nContent-Length: 0\r\n\r\n'
STREAMS = b"RTSP/1.0 200 OK\r\nCSeq: 1\r\nServer: Rtsp Server\r\nPublic: OPTIONS, DESCRIBE\r\n\r\n"
pytestmark = pytest.mark.skipif(not possible(), reason="network namespaces are root's")


def sadp(number):
    return (
        f"<ProbeMatch><DeviceDescription>DS-2CD2143G2-I</DeviceDescription><DeviceSN>{number}</DeviceSN><HttpPort>80</HttpPort>"
        f"<MAC>44-19-b6-00-00-{number:02x}</MAC><SoftwareVersion>V5.7.18build 240826</SoftwareVersion></ProbeMatch>"
    ).encode()


@pytest.fixture(scope="module")
def segment():
    with Segment(PREFIX) as made:
        for number in range(DEVICES):
            at = 10 + 11 * number
            udp = {37020: lambda _, number=number: [sadp(number)]}
            made.fake(
                str(number), f"192.168.77.{at}/24", mac=f"44:19:b6:00:00:{number:02x}", udp=udp, tcp={80: says(PAGE), 554: says(STREAMS)}
            )
        yield made


def timed(segment, *command, given=None):
    since = time.perf_counter()
    done = subprocess.run(["ip", "netns", "exec", segment.look, *command], input=given, text=True, capture_output=True, check=True)
    return time.perf_counter() - since, done.stdout


def peer(segment):
    """(what it is, seconds for the same prefix and ports, without any banner)."""
    if shutil.which("nmap"):
        ports = ",".join(map(str, PORTS))
        took, out = timed(segment, "nmap", "-n", "-PR", "-sS", "--max-rate", str(RATE), "--max-retries", "1", "-p", ports, PREFIX)
        assert f"{DEVICES + 1} hosts up" in out, out
        return f"nmap --max-rate {RATE} of neighbours and ports", took
    ports = " ".join(map(str, PORTS))
    there, gone = (timed(segment, SYSTEM_PYTHON, "-c", SEQUENTIAL, ports, address)[0] for address in ("192.168.77.10", "192.168.77.11"))
    # All of it would take half an hour.
    return "one connect after the other (reckoned from one device and one free address)", DEVICES * there + (253 - DEVICES) * gone


def test_20_cameras_are_surveyed_whole(tmp_path):
    """The command as a technician runs it: found, identified, logged in to, read, every stream watched for ten seconds, a still picture of each."""
    accounts = tmp_path / "accounts.yml"
    accounts.touch(mode=0o600)
    accounts.write_text("- {{user: {}, password: {}}}\n".format(*FACTORY))
    with Segment(PREFIX) as made, contextlib.ExitStack() as stack:
        cameras = []
        for number in range(DEVICES):
            own = {"name": f"cam{number}", "mac": f"44:19:b6:01:00:{number:02x}", "serial": f"S{number}"} | MODEL
            address = f"192.168.77.{10 + 11 * number}/24"
            cameras.append(stack.enter_context(made.emulated(tmp_path, "hikvision-camera", address, **own)))
        for process, config in cameras:
            ready(process, config)
        command = [
            sys.executable,
            "scripts/motcua",
            "survey",
            "--prefix",
            PREFIX,
            "--site",
            "x",
            "--credentials",
            str(accounts),
        ]
        took, _ = timed(made, *command, "-o", str(tmp_path / "x.survey.json"))
    found = json.loads((tmp_path / "x.survey.json").read_text())
    read = [device for device in found["devices"] if device["login"] == "accepted" and device["still_jpeg_base64"]]
    watched = [row["seconds"] for device in read for row in device["measured"] if row["bitrate_kbps"]]
    print(
        f"\n{DEVICES} cameras surveyed whole: {took:.1f} s (bound {BOUND_S}); {len(watched)} streams watched, {min(watched):.1f} s at least"
    )
    fact("survey", "survey_whole_s", round(took, 1), "s", BOUND_S)
    assert len(read) == DEVICES
    assert took < BOUND_S


def test_a_network_of_20_devices(segment):
    with Capture(segment.look, "lan") as capture:
        took, out = timed(segment, SYSTEM_PYTHON, "-I", "-", json.dumps({"prefix": PREFIX}), given=program())
        asked = [frame for frame in capture.frames() if frame.kind in ("udp", "syn") or (frame.kind == "arp" and not frame.unicast)]
    found = [from_line(line) for line in out.splitlines()]
    ended = found[-1]
    assert isinstance(ended, Ended)
    floor = (ended.packets + ended.connects) / RATE
    name, other = peer(segment)
    print(f"\na /24 with {DEVICES} devices at {RATE} a second: {took:.1f} s (bound {BOUND_S})")
    print(f"{ended.packets} packets and {ended.connects} connects, at most {busiest(asked)} in a second on the wire")
    print(f"to the floor of {floor:.1f} s: {took / floor:.2f} times")
    print(f"{name}: {other:.1f} s, {other / took:.2f} times ours")
    fact("survey", "survey_network_s", round(took, 1), "s", BOUND_S)
    fact("survey", "survey_floor_s", round(floor, 1), "s")
    fact("survey", "survey_peer_s", round(other, 1), "s")
    heard = [one for one in found if isinstance(one, Heard)]
    for how, port in (("neighbour", None), ("sadp", None), ("port", 80), ("http", 80), ("rtsp", 554)):
        assert len({one.address for one in heard if (one.how, one.port) == (how, port)}) == DEVICES, how
    assert took < BOUND_S
    assert busiest(asked) <= RATE + 2
