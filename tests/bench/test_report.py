"""The report of 1,540 devices, 30 % of them with several findings: how long it takes to be written and to be opened, and how large it is, beside
the floor, which is writing the same findings as JSON. `python -m pytest -s tests/bench/test_report.py` prints the figures."""

import json
import time
from dataclasses import asdict

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.report import render

from tests.bench.rows import fact
from tests.browser import reports
from tests.browser.centre import CHROMIUM, started

RUNS = 3
MOST_BYTES = 5_000_000
OPENED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def timed(work):
    """The quickest of some runs, in seconds of the clock and of this process, and what it gave."""
    took = []
    for _ in range(RUNS):
        begun, worked = time.perf_counter(), time.process_time()
        given = work()
        took.append((time.perf_counter() - begun, time.process_time() - worked))
    return *min(took), given


@pytest.fixture(scope="module")
def made():
    return reports.whole()


def test_it_is_written(made):
    province, findings, around = made
    floor_s, floor_cpu_s, text = timed(lambda: json.dumps([asdict(one) for one in findings], ensure_ascii=False))
    report_s, report_cpu_s, page = timed(lambda: render(findings, province, "vi", reports.WHEN, around))
    size = len(page.encode())
    devices = len({one.device for one in findings})
    troubled = len({one.device for one in findings if one.status in ("fail", "error")})
    print(f"\n{devices} devices, {troubled} in trouble, {len(findings)} findings")
    print(f"json.dumps {floor_s:.2f} s ({floor_cpu_s:.2f} s of a core), {len(text.encode()) / 1e6:.2f} MB")
    print(f"report {report_s:.2f} s ({report_cpu_s:.2f} s of a core), {size / 1e6:.2f} MB")
    fact("report", "report_s", round(report_s, 2), "s", 10)
    fact("report", "report_mb", round(size / 1e6, 2), "MB", MOST_BYTES / 1e6)
    fact("report", "report_floor_s", round(floor_s, 3), "s")
    assert size < MOST_BYTES


@pytest.mark.skipif(not CHROMIUM.exists(), reason="Debian's Chromium isn't installed: scripts/setup --dev installs it")
def test_it_opens(made, tmp_path):
    province, findings, around = made
    path = tmp_path / "report.html"
    path.write_text(render(findings, province, "vi", reports.WHEN, around), encoding="utf-8")
    with started() as browser:

        def opened():
            page = browser.new_page()
            told = page.context.new_cdp_session(page)
            told.send("Performance.enable", {"timeDomain": "threadTicks"})
            page.goto(path.as_uri())
            page.evaluate(OPENED)
            shown = page.locator("#map").is_visible()
            metrics = {one["name"]: one["value"] for one in told.send("Performance.getMetrics")["metrics"]}
            page.close()
            return shown, metrics["TaskDuration"]

        open_s, _, (shown, page_s) = timed(opened)
    print(f"\nChromium: {open_s:.2f} s from the address to the second picture, of which the page kept a core busy for {page_s:.2f} s")
    fact("report", "report_opened_s", round(open_s, 2), "s", 2)
    assert shown
