"""What it costs the centre to pass cameras on to a VMS, beside the floor: a bare ffmpeg that follows the same live output and sends it by RTP
to nobody. Figures are printed, never asserted. `python -m pytest -s tests/bench/test_republish.py` prints them."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from tests.bench.rows import fact
from tests.unit.republished import SPEC, Recorder, Republish, clip, pull
from tests.unit.wire import free_port

CAMERAS = int(os.environ.get("MOTCUA_BENCH_CAMERAS", "20"))
SECONDS = int(os.environ.get("MOTCUA_BENCH_SECONDS", "30"))


def cpu_s(*pids):
    ticks = os.sysconf("SC_CLK_TCK")
    return sum(sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) for pid in pids) / ticks


def pss_mb(*pids):
    return sum(int(Path(f"/proc/{pid}/smaps_rollup").read_text().split("Pss:")[1].split()[0]) for pid in pids) / 1024


def spent(*pids):
    """Percent of one core over the time that is measured."""
    before, begun = cpu_s(*pids), time.monotonic()
    time.sleep(SECONDS)  # what is measured is a span of time
    return 100 * (cpu_s(*pids) - before) / (time.monotonic() - begun)


@pytest.fixture
def live(tmp_path):
    (folder := tmp_path / "live").mkdir()
    recorder = Recorder(folder, "cam1", clip(SPEC, tmp_path))
    for number in range(2, CAMERAS + 1):
        (folder / f"cam{number}").symlink_to(recorder.folder)
    recorder.start()
    yield folder
    recorder.stop()


def test_what_a_camera_costs(live, tmp_path):
    names = [f"cam{number}" for number in range(1, CAMERAS + 1)]
    republish = Republish(tmp_path, live, [{"id": "vms", "address": "127.0.0.1", "streams": CAMERAS, "cameras": names}])
    pulls, floors = [], []
    try:
        alone_mb = pss_mb(republish.process.pid)
        pulls = [pull(republish.url(name), 100_000, "-c", "copy", "-f", "null", "-") for name in names]
        time.sleep(8)  # until all play: starting isn't what is measured
        percent, mb = spent(republish.process.pid), pss_mb(republish.process.pid)
        for one in pulls:
            one.kill()
        port, quiet = free_port(), {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        command = ["nice", "-n", "19", "ffmpeg", "-v", "error", "-nostdin", "-live_start_index", "-1", "-re"]
        command += ["-i", str(live / "cam1/index.m3u8"), "-c", "copy", "-f", "rtp", f"rtp://127.0.0.1:{port}"]
        floors = [subprocess.Popen(command, **quiet) for _ in names]
        time.sleep(8)
        floor, floor_mb = spent(*(one.pid for one in floors)), pss_mb(*(one.pid for one in floors))
    finally:
        for one in (*pulls, *floors):
            one.kill()
            one.wait()
        republish.stop()
    kbps = f"{SPEC.kbps} kbit/s"
    print(f"\n{CAMERAS} cameras of {kbps} for {SECONDS} s, in percent of one core and MB of PSS, all and a camera:")
    print(
        f"motcua-republish {percent:6.1f} % {percent / CAMERAS:5.2f} %   {mb:6.0f} MB {(mb - alone_mb) / CAMERAS:5.1f} MB ({alone_mb:.0f} alone)"
    )
    for what, cpu, memory_mb in (("republish", percent, mb - alone_mb), ("republish_floor", floor, floor_mb)):
        fact("republish", f"{what}_cpu", round(cpu / CAMERAS, 2), "%")
        fact("republish", f"{what}_mb", round(memory_mb / CAMERAS, 1), "MB")
    print(f"bare ffmpeg      {floor:6.1f} % {floor / CAMERAS:5.2f} %   {floor_mb:6.0f} MB {floor_mb / CAMERAS:5.1f} MB")
