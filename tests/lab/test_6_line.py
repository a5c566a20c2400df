"""A small line, full: the plan's video stays within its share of the wire, and the office keeps its own part."""

import json
import re
import statistics
import subprocess
import time

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from lab.topology import WEB
from tests.lab.conftest import INVENTORY, MOTCUA, ROOT, heartbeats, motcua

SITE, SECONDS = "xuong-lam", 30
PAYLOAD = 1448 / 1514  # what of an Ethernet frame TCP carries
WITHIN = 0.95  # the office's part may be missed by 5 %
# Counted where the carrier forwards it, beyond the office's own router: bytes of IP packets.
COUNT = """
table inet measure {
  chain line {
    type filter hook forward priority 0; policy accept;
    ip saddr 100.64.3.2 udp dport { 443, 51820 } counter name video
    ip saddr 100.64.3.2 meta l4proto tcp counter name office
  }
  counter video {}
  counter office {}
}
"""


@pytest.fixture
def counted():
    """Bytes of tunnel and office that left the site since."""
    assert motcua("lab", "probe", "cgn", "nft", "-f", "-", stdin=COUNT).code == 0
    yield lambda: {
        name: int(size)
        for name, size in re.findall(
            r"counter (\w+) \{\s+packets \d+ bytes (\d+)", motcua("lab", "probe", "cgn", "nft", "list", "counters").text
        )
    }
    assert motcua("lab", "probe", "cgn", "nft", "delete", "table", "inet", "measure").code == 0


@pytest.fixture
def far_end():
    """Somewhere on the Internet that takes whatever the office sends."""
    command = [MOTCUA, "lab", "probe", "internet", "iperf3", "-s", "-1", "-B", str(WEB), "--forceflush"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert any("Server listening" in line for line in process.stdout)
        yield
        process.terminate()


def test_a_full_line_keeps_the_plan(counted, far_end):
    province = load(ROOT / INVENTORY)
    answering = heartbeats(SITE)
    (line,) = plan(province).streams[SITE].lines.values()
    rate_kbps = province.sites[SITE].lines["ftth"].up_mbps * 1000
    assert rate_kbps == 4000
    since, before = time.monotonic(), counted()
    sent = motcua("lab", "probe", f"{SITE}-pc", "iperf3", "-c", str(WEB), "-t", str(SECONDS), "--json")
    after, seconds = counted(), time.monotonic() - since
    assert sent.code == 0, sent.text
    video_kbps, office_kbps = ((after[name] - before[name]) * 8 / 1000 / seconds for name in ("video", "office"))
    print(
        f"\nplanned video {line.up.video_kbps:.0f}, on the wire {video_kbps:.0f} of {line.up.video_limit_kbps:.0f}; office {office_kbps:.0f} kbit/s"
    )
    assert video_kbps > 0.3 * line.up.video_kbps, "the cameras should be sending while the office does"
    assert video_kbps <= line.up.video_limit_kbps, f"expected video within {line.up.video_limit_kbps:.0f} kbit/s, actual {video_kbps:.0f}"
    received_kbps = json.loads(sent.text)["end"]["sum_received"]["bits_per_second"] / 1000
    kept_kbps = (rate_kbps - line.up.video_limit_kbps) * PAYLOAD * WITHIN
    assert received_kbps >= kept_kbps, f"expected at least {kept_kbps:.0f} kbit/s for the office, actual {received_kbps:.0f}"
    still = heartbeats(SITE)
    assert all(still[hub] >= answering[hub] + SECONDS for hub in answering), "a full line was taken for a dead one"


FLOOD = """
import socket, time
out, end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM), time.monotonic() + 9
print("sending", flush=True)
while time.monotonic() < end:
    out.sendto(bytes(1200), ("10.10.10.1", 9))
    time.sleep(0.001)  # 9 Mbit/s, where the class has 2.5
"""


def round_trip_ms():
    """The office's median round trip to the Internet."""
    shown = motcua("lab", "probe", f"{SITE}-pc", "ping", "-n", "-i", "0.2", "-c", "20", str(WEB)).text
    return statistics.median(float(found) for found in re.findall(r"time=([0-9.]+)", shown))


def test_full_video_costs_the_office_no_time(counted):
    (line,) = plan(load(ROOT / INVENTORY)).streams[SITE].lines.values()
    quiet = round_trip_ms()
    command = [MOTCUA, "lab", "ssh", f"{SITE}-router", "python3", "-"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as flood:
        flood.stdin.write(FLOOD)
        flood.stdin.close()
        assert flood.stdout.readline() == "sending\n"
        before, since = counted(), time.monotonic()
        full = round_trip_ms()
        video_kbps = (counted()["video"] - before["video"]) * 8 / 1000 / (time.monotonic() - since)
    print(f"\nround trip of the office: {quiet:.1f} ms, with {video_kbps:.0f} kbit/s of video {full:.1f} ms")
    assert video_kbps > 0.9 * line.up.video_limit_kbps, "the video's class should be full"
    assert full <= quiet + 50, f"expected at most 50 ms more than {quiet:.1f} ms, actual {full:.1f}"


@pytest.fixture
def portal_sends():
    """Something at the portal's address that sends as fast as it can; the operations centre doesn't ask there meanwhile."""
    assert motcua("lab", "ssh", "ioc", "systemctl", "stop", "motcua-standby").code == 0
    assert motcua("lab", "ssh", "centre", "systemctl", "stop", "nginx").code == 0
    command = [MOTCUA, "lab", "ssh", "centre", "iperf3", "-s", "-1", "-p", "443", "--forceflush"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert any("Server listening" in line for line in process.stdout)
        yield
        process.terminate()
    assert motcua("lab", "ssh", "centre", "systemctl", "start", "nginx").code == 0
    assert motcua("lab", "ssh", "ioc", "systemctl", "start", "motcua-standby").code == 0


def downwards(address, *more):
    return [MOTCUA, "lab", "probe", f"{SITE}-pc", "iperf3", "-c", address, "-R", "-t", "4", "-O", "1", "--json", *more]


def test_what_leaders_watch_leaves_the_office_its_part_downwards(far_end, portal_sends):
    province = load(ROOT / INVENTORY)
    (line,) = plan(province).streams[SITE].lines.values()
    line_kbps, watching_kbps = province.sites[SITE].lines["ftth"].down_mbps * 1000, line.down.video_limit_kbps
    with subprocess.Popen(downwards("10.10.10.1", "-p", "443"), cwd=ROOT, stdout=subprocess.PIPE, text=True) as watching:
        office = motcua(*downwards(str(WEB))[1:])
        watched = json.loads(watching.stdout.read())
    office_kbps, watched_kbps = (shown["end"]["sum_received"]["bits_per_second"] / 1000 for shown in (json.loads(office.text), watched))
    print(f"\ndownwards: watched {watched_kbps:.0f} of {watching_kbps:.0f}, office {office_kbps:.0f} of {line_kbps:.0f} kbit/s")
    assert watched_kbps <= watching_kbps
    assert office_kbps >= (line_kbps - watching_kbps) * PAYLOAD * WITHIN


def test_the_cameras_of_the_full_line_still_decode():
    verified = motcua("verify", "-i", INVENTORY, "-l", f"site_{SITE.replace('-', '_')}")
    assert verified.code == 0, verified.text[-4000:]
