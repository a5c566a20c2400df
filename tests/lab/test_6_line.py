"""A small line, full: the plan's video stays within its share of the wire, and the office keeps its own part."""

import json
import re
import subprocess
import time

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from lab.topology import WEB
from tests.lab.conftest import INVENTORY, MOTCUA, ROOT, motcua

SITE, SECONDS = "xuong-lam", 30
PAYLOAD = 1448 / 1514  # what of an Ethernet frame TCP carries
WITHIN = 0.95  # the office's part may be missed by 5 %
# Counted where the carrier forwards it, beyond the office's own router: bytes of IP packets.
COUNT = """
table inet measure {
  chain line {
    type filter hook forward priority 0; policy accept;
    ip saddr 100.64.3.2 udp dport 51820 counter name video
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


def test_the_cameras_of_the_full_line_still_decode():
    verified = motcua("verify", "-i", INVENTORY, "-l", f"site_{SITE.replace('-', '_')}")
    assert verified.code == 0, verified.text[-4000:]
