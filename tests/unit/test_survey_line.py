"""A site's lines: address translation, pings, seven days of counters, and when an office is at work."""

import json
import os
import subprocess
from datetime import UTC, date, datetime
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey import line
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.far import program
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.hours import is_open
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.line import Busy, Sample, grown, nearest_rank, p95_kbps
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.wire import SYSTEM_PYTHON

WEEK = 7 * 288  # five-minute samples
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
COUNT = Path("roles/router/files/count")


# --- address translation ---


@pytest.mark.parametrize(
    ("kind", "address", "seen", "expected"),
    [
        ("ftth", "203.0.113.7", "203.0.113.7", False),
        ("ftth", "100.64.2.2", "203.0.113.66", True),
        ("ftth", "100.64.2.2", None, True),
        ("ftth", "10.1.2.3", None, True),
        ("ftth", "172.31.0.2", None, True),
        ("ftth", "192.168.100.2", None, True),
        ("ftth", "172.32.0.2", None, None),
        ("ftth", "203.0.113.7", None, None),  # a public address may still be translated
        ("ftth", "203.0.113.7", "198.51.100.9", True),
        ("ftth", None, "198.51.100.9", None),
        ("ftth", None, None, None),
        ("tslcd", "10.190.1.2", None, None),
        ("tslcd", "10.190.1.2", "10.190.1.2", False),
        ("tslcd", "10.190.1.2", "10.190.0.9", True),
    ],
)
def test_whether_the_provider_translates(kind, address, seen, expected):
    assert line.cgnat(kind, address, seen) is expected


@pytest.mark.parametrize(
    ("endpoints", "expected"),
    [
        ("KEY=\t203.0.113.66:41000\nOTHER=\t203.0.113.7:1\n", "203.0.113.66"),
        ("wg0\tKEY=\t203.0.113.66:41000\nOTHER=\t203.0.113.7:1\n", "203.0.113.66"),
        ("OTHER=\t203.0.113.7:1\n", None),
        ("KEY=\t(none)\n", None),
        ("KEY=\t[2001:db8::1]:41000\n", None),
        ("", None),
    ],
)
def test_where_the_hub_sees_a_router(endpoints, expected):
    assert line.seen_as(endpoints, "KEY=") == expected


PING = "20 packets transmitted, {} received, {}% packet loss, time 3936ms\n"
TRIP = "rtt min/avg/max/mdev = 10.031/12.538/30.047/0.004 ms\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (PING.format(20, 0) + TRIP, (12.538, 0.0)),
        (PING.format(19, 5) + TRIP, (12.538, 5.0)),
        (PING.format(13, "33.3333") + TRIP, (12.538, 33.3333)),
        (PING.format(0, 100), (None, None)),  # a firewall, or a dead line: it can't be told
        ("ping: connect: Network is unreachable\n", (None, None)),
        ("", (None, None)),
    ],
)
def test_round_trip_and_loss(text, expected):
    assert line.read_ping(text) == expected


# --- seven days of counters ---


def samples(rates_kbps, start=1_800_000_000, step=300):
    """Counters that grew at these rates."""
    total, found = 0, [Sample(start, 0)]
    for number, rate in enumerate(rates_kbps, 1):
        total += round(rate * 1000 / 8 * step)
        found.append(Sample(start + number * step, total))
    return found


def test_a_week_of_one_rate_has_that_rate():
    assert p95_kbps(samples([800] * WEEK)) == Busy(800.0, 7.0, 0)


def test_the_percentile_is_the_nearest_rank():
    # 1 to 2016 kbit/s: the 95th percentile is the 1916th of them, because 0.95 x 2016 = 1915.2.
    assert p95_kbps(samples(range(1, WEEK + 1))).p95_kbps == pytest.approx(1916)
    assert nearest_rank([4.0, 1.0, 3.0, 2.0], 0.5) == 2.0


def test_fewer_than_seven_days_are_no_answer_and_are_counted():
    assert p95_kbps(samples([800] * (WEEK - 1))) == Busy(None, 6.9, 0)
    assert p95_kbps(samples([800] * 288)) == Busy(None, 1.0, 0)
    assert p95_kbps([]) == Busy(None, 0.0, 0)


def test_only_the_newest_seven_days_count():
    assert p95_kbps(samples([9000] * 288 + [800] * WEEK)).p95_kbps == pytest.approx(800)


def test_a_missing_sample_is_a_gap_and_no_rate():
    whole = samples([800] * (WEEK + 2))
    del whole[100]
    assert p95_kbps(whole) == Busy(800.0, 7.0, 1)


def test_a_restart_is_a_gap_and_no_rate():
    def restarted(more):
        return samples([800] * 1000) + samples([800] * more, start=1_800_000_000 + 1001 * 300)

    assert p95_kbps(restarted(WEEK - 1001)) == Busy(None, 6.9, 1)  # the rate across the restart is unknown
    assert p95_kbps(restarted(WEEK - 1000)) == Busy(800.0, 7.0, 1)


def test_a_counter_of_32_bits_that_begins_anew_goes_on():
    found = p95_kbps([Sample(one.epoch_s, one.total_bytes % 2**32) for one in samples([8000] * WEEK)])
    assert found == Busy(pytest.approx(8000), 7.0, 0)


def test_a_timer_that_ran_again_at_once_is_neither_a_rate_nor_a_gap():
    whole = samples([800] * (WEEK + 1))
    twice = Sample(whole[50].epoch_s + 7, whole[50].total_bytes)
    assert p95_kbps([*whole[:51], twice, *whole[51:]]) == Busy(pytest.approx(800, rel=0.03), 7.0, 0)


def test_our_own_video_is_not_the_offices():
    office, video = samples([800] * WEEK), samples([3000] * WEEK)
    both = [Sample(one.epoch_s, one.total_bytes + two.total_bytes, two.total_bytes) for one, two in zip(office, video, strict=True)]
    assert p95_kbps(both) == Busy(800.0, 7.0, 0)
    # A class that counts a little more than its line is no negative traffic.
    more = [Sample(one.epoch_s, one.total_bytes, one.total_bytes * 2) for one in office]
    assert p95_kbps(more).p95_kbps == 0


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [(5, 7, 2), (7, 7, 0), (2**32 - 10, 5, 15), (2**31 - 1, 5, None), (2**40, 5, None), (7, 5, None), (2**32 - 10, 2**31 + 1, None)],
)
def test_how_much_a_counter_grew(before, after, expected):
    assert grown(before, after) == expected


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=400))
def test_at_least_95_percent_of_the_rates_are_at_or_under_the_percentile(rates):
    found = nearest_rank(rates, 0.95)
    assert found in rates
    assert sum(rate <= found for rate in rates) >= 0.95 * len(rates)
    assert sum(rate < found for rate in rates) < 0.95 * len(rates)


@given(st.lists(st.tuples(st.integers(0, 10**10), st.integers(0, 2**33), st.integers(0, 2**33)), max_size=60))
def test_any_counters_give_an_answer_and_every_step_is_a_rate_a_gap_or_too_short(rows):
    whole = [Sample(epoch, total, video) for epoch, total, video in sorted(rows)]
    found = p95_kbps(whole)
    long_enough = [1 for before, after in pairwise(whole) if after.epoch_s - before.epoch_s >= line.SHORTEST_SECONDS]
    assert found.p95_kbps is None
    assert 0 <= found.gaps <= len(long_enough)
    assert found.counted_days <= len(long_enough) / 288


def test_what_the_router_counts_is_what_the_survey_reads(tmp_path):
    """The program itself, on a machine whose loopback is its line."""
    stored = tmp_path / "counters.csv"
    script = tmp_path / "count"
    shaped = tmp_path / "shaping.list"
    shaped.write_text("lo 4000 2500 1500 none\n")
    text = COUNT.read_text().replace("/var/lib/motcua/counters.csv", str(stored)).replace("/etc/motcua/shaping.list", str(shaped))
    script.write_text(text)
    old, kept = "1000 lo 1 2 3 4", "99999999999 lo 5 6 7 8"
    stored.write_text(f"{old}\n{kept}\n")
    environment = os.environ | {"LINE_INTERFACES": "lo none"}
    done = subprocess.run(["sh", str(script)], env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    first, last = stored.read_text().splitlines()
    assert first == kept  # older than eight days is gone
    epoch, interface, down, up, video_up, video_down = last.split()
    assert interface == "lo"
    assert abs(int(epoch) - datetime.now(UTC).timestamp()) < 60
    assert (int(down), int(up)) >= (1, 1)
    assert (video_up, video_down) == ("0", "0")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("counters")] == ["counters.csv"]
    up_samples, down_samples = line.read_counters(last + "\n")["lo"]
    assert (up_samples[0].total_bytes, down_samples[0].total_bytes) == (int(up), int(down))


def test_counters_are_read_by_interface_and_half_lines_are_left_out():
    text = "100 wan 10 20 5 1\n100 tslcd 1 2 0\n400 wan 30 60 6 2\n400 wan 99\n300 wan 9 9 9 9\nx wan 1 2 3 4\n\n"
    found = line.read_counters(text)
    assert found["wan"] == ([Sample(100, 20, 5), Sample(400, 60, 6)], [Sample(100, 10, 1), Sample(400, 30, 2)])
    assert found["tslcd"] == ([Sample(100, 2, 0)], [Sample(100, 1, 0)])


# --- together ---

ADDRESSES = json.dumps(
    [
        {"ifname": "wan", "addr_info": [{"family": "inet6", "local": "fe80::1", "prefixlen": 64}, {"family": "inet", "local": "100.64.2.2", "prefixlen": 10}]},
        {"ifname": "br-lan", "addr_info": [{"family": "inet", "local": "192.168.1.1", "prefixlen": 24}]},
    ]
)  # fmt: skip
IPERF = json.dumps({"end": {"sum_received": {"bits_per_second": 9_432_100.0}}})
PLANNED = [
    {"name": "ftth", "kind": "ftth", "interface": "wan", "tunnel": True},
    {"name": "tslcd", "kind": "tslcd", "interface": "tslcd", "tunnel": False},
]


def test_each_line_is_described_and_what_cant_be_told_is_none():
    counters = "".join(f"{1_800_000_000 + n * 300} wan {n * 300_000} {n * 37_500} 0 0\n" for n in range(WEEK + 1))
    said = {
        "addresses": ADDRESSES,
        "ping": PING.format(20, 0) + TRIP,
        "public_key": "KEY=",
        "counters": counters,
        "iperf_up": IPERF,
        "iperf_down": "{",
    }
    found = line.lines(PLANNED, said, "KEY=\t203.0.113.66:41000\n", date(2026, 11, 26))
    assert found["ftth"] == {
        "interface": "wan", "address": "100.64.2.2", "seen_as": "203.0.113.66", "cgnat": True, "rtt_ms": 12.538, "loss_percent": 0.0,
        "up_mbps": 9.4, "down_mbps": None, "p95_up_mbps": 0.001, "p95_down_mbps": 0.008, "counted_days": 7.0, "measured": "2026-11-26",
    }  # fmt: skip
    unknown = dict.fromkeys(set(found["ftth"]) - {"interface", "measured"})
    assert found["tslcd"] == unknown | {"interface": "tslcd", "measured": "2026-11-26"}


def test_a_router_says_what_it_is():
    said = {"addresses": ADDRESSES, "release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12"\n', "model": "", "serial": "S1"}
    assert line.router(said, IPv4Network("192.168.1.0/24"), "linux") == {
        "platform": "linux", "model": None, "firmware": "Debian GNU/Linux 12", "serial": "S1", "lan_interface": "br-lan",
    }  # fmt: skip
    assert line.router({"addresses": "{"}, IPv4Network("192.168.1.0/24"), "linux")["lan_interface"] is None


def test_the_routers_program_runs_alone(tmp_path):
    asked = {"tunnel": "none", "ping": {"through": "192.0.2.1", "outside": "127.0.0.1"}, "throughput": None}
    done = subprocess.run([SYSTEM_PYTHON, "-I", "-"], input=program(("survey/station.py",), asked), capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    said = json.loads(done.stdout)
    assert ("127.0.0.1", 8) in line.addresses(said["addresses"])["lo"]
    assert line.read_ping(said["ping"])[1] == 0.0
    assert "iperf_up" not in said


# --- office hours ---


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 26, 7, 0, tzinfo=HANOI), True),  # a Thursday
        (datetime(2026, 11, 26, 17, 30, tzinfo=HANOI), True),
        (datetime(2026, 11, 26, 17, 31, tzinfo=HANOI), False),
        (datetime(2026, 11, 26, 6, 59, tzinfo=HANOI), False),
        (datetime(2026, 11, 28, 10, 0, tzinfo=HANOI), False),
        (datetime(2026, 11, 29, 10, 0, tzinfo=HANOI), False),
    ],
)
def test_when_an_office_is_at_work(now, expected):
    assert is_open("07:00-17:30", now) is expected


@pytest.mark.parametrize("span", ["7-17", "07:00", "25:00-26:00", ""])
def test_office_hours_are_written_in_one_way(span):
    with pytest.raises(ModelError, match="office_hours"):
        is_open(span, datetime(2026, 11, 26, 7, 0, tzinfo=HANOI))
