"""A year of daily audits of 1,540 devices in one history: how long the last ones take to enter, and how large the file is.
`python -m pytest -s tests/bench/test_history.py` prints the figures."""

import random
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot

from tests.bench.rows import fact

RUNS, CAMERAS, ROUTERS = 400, 1320, 220
CHANGED, DIFFERING, SILENT = 20, 150, 30  # a day
KEYS = [f"streams.main.key_{number}" for number in range(90)]


def day(chance, devices, texts):
    """What one day's audit found and read: a few devices changed, some differ, some are silent."""
    for device in chance.sample(devices, CHANGED):
        texts[device] = chance.randrange(10**6)
    silent = set(chance.sample(devices, SILENT))
    differing = set(chance.sample(devices, DIFFERING))
    findings = [
        Finding(
            device,
            device.split("-")[0],
            "services",
            "services.upnp",
            "error" if device in silent else "fail" if device in differing else "pass",
            False,
            True,
        )
        for device in devices
    ]
    read = [
        Snapshot(device, dict.fromkeys(KEYS, texts[device]))
        if "router" not in device
        else Snapshot(device, config=f"set {texts[device]}\n" * 800)
        for device in devices
        if device not in silent
    ]
    return findings, read


def test_a_year_of_audits(tmp_path):
    chance, began = random.Random(7), datetime(2026, 1, 1, tzinfo=UTC)
    devices = [*(f"s{number}-cam" for number in range(CAMERAS)), *(f"s{number}-router" for number in range(ROUTERS))]
    texts, took = dict.fromkeys(devices, 0), []
    path = tmp_path / "history.db"
    for number in range(RUNS):
        at = f"{began + timedelta(days=number):%Y-%m-%dT%H:%M:%SZ}"
        findings, read = day(chance, devices, texts)
        started = time.perf_counter()
        with closing(History(path, at)) as history:
            history.enter(at, "", 2, findings, devices, read)
            history.forget(400)
            history.dated(findings)
        took.append(time.perf_counter() - started)
    with closing(History(path, at)) as history:
        started = time.perf_counter()
        trend = history.trend("", ZoneInfo("Asia/Ho_Chi_Minh"))
        asked = time.perf_counter() - started
    print(
        f"\n{RUNS} audits of {len(devices)} devices: the first took {took[0]:.2f} s to enter, the last ten {sum(took[-10:]) / 10:.2f} s each; "
        f"{path.stat().st_size / 1e6:.0f} MB; trend of all days: {asked:.2f} s"
    )
    fact("report", "history_s", round(sum(took[-10:]) / 10, 2), "s")
    fact("report", "history_mb", round(path.stat().st_size / 1e6), "MB")
    fact("report", "history_trend_s", round(asked, 2), "s")
    assert len(trend) == RUNS
