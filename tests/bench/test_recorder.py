"""What the recorder costs and what it holds out: many real streams beside the floor, which is bare ffmpeg; the index at 25 million pieces; a cleaner
that deletes 100,000 pieces beside somebody who writes; fifty power cuts and fifty ends by kill -9.
`python -m pytest -s tests/bench/test_recorder.py` prints the figures. The streams and the power cuts need root and loop devices.
"""

import contextlib
import os
import random
import signal
import sqlite3
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.bench.cameras import cameras

from tests.unit.footage import FILES, NOW, pictures, save, written  # isort: skip  it says where the package is
from footage import spans
from footage.clean import clean
from footage.index import open_index
from footage.pieces import name_of
from footage.segment import Segment
from footage.settings import load

from tests.bench.rows import fact
from tests.unit.powercut import can_mount, cut, mounted
from tests.unit.recorder import Recorder, eventually
from tests.unit.wire import SYSTEM_PYTHON, free_port

STREAMS, STREAM_KBPS, SECONDS, SEGMENT_S = 100, 2000, 600, 60
FLOOR_STREAMS, FLOOR_SECONDS = 5, 60
SERVERS = 4
DISK_BYTES = 4_000_000_000
PIECES, PIECES_CAMERAS, QUERIES = 25_000_000, 600, 200
DELETED = 100_000
ROUNDS = 50

CPU_PERCENT, PSS_MB, QUERY_MS, RESUME_S = 1.0, 16.0, 20.0, 15.0
TICK_S = 1 / os.sysconf("SC_CLK_TCK")

root = pytest.mark.skipif(not can_mount(), reason="mounting a loop file system needs root, mkfs.ext4 and loop devices")


def family(pid):
    """A process and its children that live."""
    with contextlib.suppress(OSError):
        return [pid, *(int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split())]
    return []


def cpu_s(pids):
    """CPU seconds that processes have used, their ended children included."""
    used = 0.0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            used += sum(map(int, fields[11:15])) * TICK_S
    return used


def pss_mb(pids):
    """Memory of processes, what they share counted by its part, in MB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            total += next(int(line.split()[1]) for line in rollup.splitlines() if line.startswith("Pss:"))
    return total * 1024 / 1e6


class Load:
    """CPU and memory of some processes over a time."""

    def __init__(self, pids):
        self.pids, self.began, self.used = pids, time.monotonic(), cpu_s(pids)

    def a_stream(self, count):
        """(percent of a core, MB) for each of so many streams."""
        return 100 * (cpu_s(self.pids) - self.used) / (time.monotonic() - self.began) / count, pss_mb(self.pids) / count


def floor(urls, folder):
    """Bare ffmpeg: one process a stream, copied into a file."""
    bare = []
    for number, url in enumerate(urls):
        command = [
            "ffmpeg",
            "-nostdin",
            "-v",
            "error",
            "-y",
            "-rtsp_transport",
            "tcp",
            "-i",
            url,
            "-map",
            "0:v:0",
            "-c",
            "copy",
            "-f",
            "segment",
        ]
        command += ["-segment_time", "10", "-segment_wrap", "2", "-segment_format", "mpegts", str(folder / f"floor{number}-%d.ts")]
        bare.append(subprocess.Popen(command, stderr=subprocess.DEVNULL))
    time.sleep(5)  # the start isn't what a stream costs
    cost = Load([one.pid for one in bare])
    time.sleep(FLOOR_SECONDS)
    found = cost.a_stream(len(urls))
    for one in bare:
        one.terminate()
        one.wait()
    return found


@root
def test_many_streams_are_recorded_without_a_missing_second_while_the_cleaner_runs(tmp_path):
    image = tmp_path / "disk.img"
    with image.open("wb") as file:
        file.truncate(DISK_BYTES)
    subprocess.run(["mkfs.ext4", "-q", "-F", str(image)], check=True)
    ports = [free_port() for _ in range(SERVERS)]
    with mounted(image, tmp_path / "shard") as shard, cameras(SYSTEM_PYTHON, ports, STREAMS, STREAM_KBPS) as urls:
        bare_cpu, bare_pss = floor(urls[:FLOOR_STREAMS], tmp_path)
        names = [f"c{number}-cam1" for number in range(STREAMS)]
        (shard / ".motcua-shard").touch()
        (tmp_path / "recorder").mkdir()
        for name, url in zip(names, urls, strict=True):
            (tmp_path / f"recorder/{name}.ffconcat").write_text(
                f"ffconcat version 1.0\nfile '{url}'\noption rtsp_transport tcp\noption timeout 5000000\n"
            )
        rows = {name: {"shard": str(shard), "retention_days": 30, "hours": None} for name in names}
        path = save(
            tmp_path / "recorder.json", written(shard, cameras=rows, segment_seconds=SEGMENT_S, minimum_free_percent=15, minimum_days=0)
        )
        environment = os.environ | {"MOTCUA_ETC": str(tmp_path), "PYTHONPATH": str(FILES)}
        with contextlib.ExitStack() as ends:
            indexer = ends.enter_context(running([sys.executable, "-c", INDEXER, str(path)], environment))
            recorders = [ends.enter_context(running([sys.executable, FILES / "motcua-record", name], environment)) for name in names]
            eventually(lambda: all(list((shard / ".incoming" / name).glob("*.ts")) for name in names), 120)
            time.sleep(10)
            began = time.time()
            cost = Load([pid for one in [*recorders, indexer] for pid in family(one.pid)])
            covered, deleted = watch(shard, load(path), names, began, SECONDS)
            cpu, pss = cost.a_stream(STREAMS)
            assert all(one.poll() is None for one in recorders)
    print(
        f"\na stream of {STREAM_KBPS} kbit/s: {cpu:.2f} % of a core, {pss:.1f} MB PSS, index included; bare ffmpeg {bare_cpu:.2f} %, {bare_pss:.1f} MB"
    )
    print(f"ratio: {cpu / bare_cpu:.2f} of its CPU, {pss / bare_pss:.2f} of its memory; {deleted} pieces deleted meanwhile")
    for what, percent, memory_mb, bounds in (
        ("record", cpu, pss, (CPU_PERCENT, PSS_MB)),
        ("record_floor", bare_cpu, bare_pss, (None, None)),
    ):
        fact("recorder", f"{what}_cpu", round(percent, 2), "%", bounds[0])
        fact("recorder", f"{what}_mb", round(memory_mb, 1), "MB", bounds[1])
    fact("recorder", "record_deleted", deleted)
    ended = began + SECONDS - 3 * SEGMENT_S  # the last pieces aren't finished
    holes = {name: spans.missing(covered[name], began, ended, 2) for name in names}
    assert not {name: found for name, found in holes.items() if found}
    assert cpu <= CPU_PERCENT
    assert pss <= PSS_MB


# The program as it is installed, with other settings than /etc/motcua's.
INDEXER = """
import os, runpy, sys
import footage.settings
footage.settings.load.__defaults__ = (sys.argv.pop(),)
runpy.run_path(os.environ["PYTHONPATH"] + "/motcua-index", run_name="__main__")
"""


@contextlib.contextmanager
def running(command, environment):
    with subprocess.Popen(list(map(str, command)), env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGTERM)


def watch(shard, settings, names, began, seconds):
    """What was listed at any time, by camera, while a cleaner keeps room: ({camera: spans}, deleted pieces)."""
    covered, deleted = {name: [] for name in names}, 0
    while time.time() < began + seconds:
        time.sleep(10)
        with open_index(shard) as index:
            for name in names:
                seen = [(a, b) for a, b, _ in index.spans(name, began - SEGMENT_S, time.time())]
                covered[name] = spans.merged([*covered[name], *seen], 2)
            deleted += clean(index, settings, time.time()).spaced
    return covered, deleted


def test_questions_to_an_index_of_many_pieces_are_quick(tmp_path):
    shard, a_camera = tmp_path, PIECES // PIECES_CAMERAS
    with open_index(shard) as index:
        database = index.database
        database.execute("PRAGMA synchronous = OFF")  # only while it is filled
        began = time.monotonic()
        for camera in range(PIECES_CAMERAS):
            database.execute("BEGIN")
            database.execute("INSERT INTO camera VALUES (?, ?)", (camera + 1, f"c{camera}-cam1"))
            first = int(NOW) * 1000
            rows = (
                (camera + 1, first + n * 60_000, 0, first + n * 60_000 + 60_000, 15_000_000, random.randbytes(32)) for n in range(a_camera)
            )
            database.executemany("INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?)", rows)
            database.execute("COMMIT")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = (shard / "index.db").stat().st_size
        print(
            f"\n{PIECES} pieces of {PIECES_CAMERAS} cameras: {size / 1e9:.2f} GB, {size / PIECES:.0f} bytes each, filled in {time.monotonic() - began:.0f} s"
        )
        dice, asked = (
            random.Random(7),
            {"a day's spans": [], "a day's gaps": [], "an hour's pieces": [], "the newest": [], "entering 50": []},
        )
        with open_index(shard, readonly=True) as reader:
            for _ in range(QUERIES):
                name, start = f"c{dice.randrange(PIECES_CAMERAS)}-cam1", NOW + dice.randrange(max(1, a_camera - 1440)) * 60
                took(asked["a day's spans"], lambda n=name, s=start: reader.spans(n, s, s + 86400))
                took(asked["a day's gaps"], lambda n=name, s=start: reader.gaps(n, s, s + 86400))
                took(asked["an hour's pieces"], lambda n=name, s=start: reader.segments(n, s, s + 3600))
                took(asked["the newest"], lambda n=name: reader.latest(n))
        database.execute("PRAGMA synchronous = FULL")
        for number in range(20):
            new = [
                Segment(f"c{camera}-cam1", NOW - 60 * (number + 1), NOW - 60 * number, 1, "00" * 32)
                for camera in range(min(50, PIECES_CAMERAS))
            ]
            took(asked["entering 50"], lambda new=new: index.add(*new))
    for what, times in asked.items():
        print(f"{what}: median {statistics.median(times):.2f} ms, worst {max(times):.2f} ms")
    rows = {"a day's spans": "spans", "a day's gaps": "gaps", "an hour's pieces": "pieces", "the newest": "newest"}
    for what, name in rows.items():
        fact("recorder", f"index_{name}_ms", round(max(asked[what]), 2), "ms", QUERY_MS)
    assert all(statistics.quantiles(times, n=20)[-1] < QUERY_MS for what, times in asked.items() if what != "entering 50")


def took(times, call):
    begin = time.perf_counter()
    call()
    times.append(1000 * (time.perf_counter() - begin))


def test_a_cleaner_that_deletes_a_lot_makes_nobody_miss_a_write(tmp_path):
    settings = load(save(tmp_path / "recorder.json", written(tmp_path / "shard")))
    (shard := tmp_path / "shard").mkdir()
    (shard / "a-cam1").mkdir()
    with open_index(shard) as index:
        old = [Segment("a-cam1", NOW - 86400 * 400 + n * 60, NOW - 86400 * 400 + n * 60 + 60, 4, "00" * 32) for n in range(DELETED)]
        for one in old:
            (shard / one.path).write_bytes(b"old\n")
        index.add(*old)
    waits, over = [], threading.Event()

    def enter():
        with open_index(shard) as other:
            while not over.is_set():
                number = len(waits)
                piece = shard / "a-cam1" / name_of(NOW + number * 60)
                took(
                    waits,
                    lambda p=piece, n=number: (
                        p.write_bytes(b"new\n"),
                        other.add(Segment("a-cam1", NOW + n * 60, NOW + n * 60 + 60, 4, "00" * 32)),
                    ),
                )
                time.sleep(0.05)

    writer = threading.Thread(target=enter)
    writer.start()
    began = time.monotonic()
    try:
        with open_index(shard) as index:
            assert clean(index, settings, NOW + 86400).aged == DELETED
    finally:
        over.set()
        writer.join()
    print(
        f"\n{DELETED} pieces deleted in {time.monotonic() - began:.0f} s; meanwhile {len(waits)} were entered, the slowest in {max(waits):.0f} ms"
    )
    fact("recorder", "deleting_wait_ms", round(max(waits), 1), "ms", 5000)
    with open_index(shard, readonly=True) as index:
        assert index.gaps("a-cam1", NOW, NOW + len(waits) * 60) == []
        assert index.segments("a-cam1", 0, NOW) == []
    assert max(waits) < 5000


@root
@pytest.mark.parametrize("seed", range(1000, 1000 + ROUNDS))
def test_after_a_power_cut_nothing_that_was_listed_is_lost(tmp_path, seed):
    before, after = cut(tmp_path, pictures(60) * 3, seed)
    assert after >= before > 0


def test_after_kill_9_recording_resumes_and_nothing_listed_is_lost(tmp_path):
    port = free_port()
    with cameras(SYSTEM_PYTHON, [port], 1, STREAM_KBPS) as (url,):
        recorder = Recorder(tmp_path, url, segment_seconds=2)
        resumed = []
        try:
            process = recorder.start()
            for _ in range(ROUNDS):
                eventually(lambda: len(recorder.waiting()) >= 2)
                listed = {(one.path, one.sha256) for one in recorder.enter()}
                known = {path.name for path in recorder.waiting()}
                process.kill()
                process.wait()
                killed = time.monotonic()
                process = recorder.start()
                eventually(lambda known=known: [one for one in recorder.waiting() if one.name not in known and one.stat().st_size])
                resumed.append(time.monotonic() - killed)
                assert listed <= {(one.path, one.sha256) for one in recorder.enter()}
        finally:
            recorder.end()
    print(
        f"\nafter {ROUNDS} times kill -9: recording again after {statistics.median(resumed):.1f} s, at most {max(resumed):.1f} s (systemd waits 3 s more)"
    )
    fact("recorder", "killed_s", round(max(resumed), 1), "s", RESUME_S - 6)
    assert max(resumed) + 3 + 3 < RESUME_S  # RestartSec, and the jitter that the test leaves out
    with sqlite3.connect(recorder.shard / "index.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
