"""The recorder with real ffmpeg: what a camera may do wrong, who may record it, and that what was whole stays whole and listed."""

import os
import signal
import subprocess
import time

import jinja2
import pytest

from tests.unit.footage import sha256
from tests.unit.recorder import SEGMENT_S, clip, complaints, eventually, recorder, sender
from tests.unit.wire import FACTORY, emulated

PASSWORD = FACTORY[1]


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return {codec: clip(folder, codec) for codec in ("libx264", "libx265")}


def whole(one):
    """Every listed piece is what was entered, and decodes."""
    listed = one.enter(time.time() + 3600)
    assert listed
    for segment in listed:
        content = (one.shard / segment.path).read_bytes()
        assert (len(content), sha256(content)) == (segment.bytes, segment.sha256)
    return listed


@pytest.mark.parametrize(
    "fault",
    ["ends without a word", "garbage", "another codec", "its clock jumps"],
)
def test_whatever_a_camera_does_what_was_whole_stays_whole_and_listed(tmp_path, clips, fault):
    good, later = (True, clips["libx264"]), []
    if fault == "garbage":
        later = [(False, os.urandom(400_000))]
    elif fault == "another codec":
        later = [(True, clips["libx265"])]
    elif fault == "its clock jumps":
        command = [
            "ffmpeg",
            "-v",
            "error",
            "-f",
            "mpegts",
            "-i",
            "pipe:0",
            "-c",
            "copy",
            "-output_ts_offset",
            "31536000",
            "-f",
            "mpegts",
            "pipe:1",
        ]
        later = [(True, subprocess.run(command, input=clips["libx264"], capture_output=True, check=True).stdout)]
    began = time.time()
    with sender(good, *later) as (url, sent), recorder(tmp_path, url) as one:
        one.start()
        process = one._processes[0]
        eventually(lambda: len(one.waiting()) >= 2 or process.poll() is not None)
        early = {(segment.path, segment.sha256) for segment in eventually(one.enter)}
        assert sent.wait(60)
        process.wait(60)
        listed = whole(one)
        assert early and early <= {(segment.path, segment.sha256) for segment in listed}
        assert all(began - 1 <= segment.start_s <= segment.end_s <= time.time() + 1 for segment in listed), (
            "names come from this machine's clock"
        )
        for path, _ in early:
            assert complaints(one.shard / path) == ""


def test_what_a_camera_sends_is_recorded_and_shown_and_its_password_stands_nowhere(tmp_path):
    with emulated("hikvision-camera", tmp_path) as camera:
        environment = jinja2.Environment(loader=jinja2.FileSystemLoader("roles/recorder/templates"), undefined=jinja2.StrictUndefined)
        row = {
            "camera": "a-cam1",
            "host": "127.0.0.1",
            "port": camera.ports["rtsp"],
            "path": "/Streaming/Channels/102",
            "user": FACTORY[0],
            "secret": "x",
        }
        source = environment.get_template("camera.ffconcat.j2").render(recorder_camera=row, lookup=lambda *_: PASSWORD)
        with recorder(tmp_path, source) as one:
            first = one.start()
            eventually(lambda: len(one.waiting()) >= 3)
            assert PASSWORD not in subprocess.run(["ps", "axww"], capture_output=True, text=True, check=True).stdout
            eventually((one.live / "index.m3u8").exists)
            second = one.start()
            assert second.wait(20) == 75
            assert "another recorder already writes here, which goes on; this one ends" in one.said
            for _ in range(5):
                assert first.poll() is None
                known = {path.name for path in one.waiting()}
                listed = {(segment.path, segment.sha256) for segment in one.enter()}
                first.send_signal(signal.SIGKILL)
                first.wait()
                killed = time.monotonic()
                first = one.start()
                eventually(lambda known=known: [path for path in one.waiting() if path.name not in known and path.stat().st_size])
                assert time.monotonic() - killed < 15, "recording resumes in under 15 s"
                assert listed <= {(segment.path, segment.sha256) for segment in one.enter()}
            eventually(lambda: len(one.waiting()) >= 2)
            first.terminate()
            first.wait()
            listed = whole(one)
            assert len(listed) >= 5
            assert all(segment.end_s - segment.start_s <= 2 * SEGMENT_S + 1.5 for segment in listed)
            assert PASSWORD not in one.said


def test_where_the_shard_isnt_mounted_the_camera_is_still_live_and_nothing_is_recorded(tmp_path, clips):
    with sender((True, clips["libx264"])) as (url, _), recorder(tmp_path, url) as one:
        (one.shard / ".motcua-shard").unlink()
        one.start()
        eventually((one.live / "index.m3u8").exists)
        assert "this shard isn't mounted" in one.said
        assert list(one.shard.rglob("*.ts")) == []
