"""The centre's own VMS pulls from the centre: a stranger's ffmpeg sees every camera of its list, nothing else, and disturbs nobody."""

import contextlib
import itertools
import re
import shutil
import subprocess
import time

import pytest

from tests.unit.republished import HEVC, OTHERS, PROGRAM, SPEC, Client, Recorder, Republish, clip, decoded, eventually, pull
from tests.unit.wire import SYSTEM_PYTHON

pytestmark = pytest.mark.skipif(
    subprocess.run(
        [SYSTEM_PYTHON, "-c", "import gi; gi.require_version('GstRtspServer', '1.0')"], capture_output=True, check=False
    ).returncode
    != 0,
    reason="GStreamer's RTSP server isn't installed; run scripts/setup",
)
CAMERAS = [f"a-cam{number}" for number in range(1, 11)]
VIEWERS = [
    {"id": "vms", "address": "127.0.0.1", "streams": 24, "cameras": [*CAMERAS, "off-cam1"]},
    {"id": "other", "address": OTHERS, "streams": 2, "cameras": ["b-cam1"]},
]
LIVE_S, DEAD_S = 4, 3


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    folder = tmp_path_factory.mktemp("clips")
    return {spec.codec: clip(spec, folder) for spec in (SPEC, HEVC)}


@pytest.fixture(scope="module")
def live(tmp_path_factory, clips):
    """A recorder's live folder: one camera that really runs, under the names of all others."""
    live = tmp_path_factory.mktemp("live")
    recorder = Recorder(live, CAMERAS[0], clips["H.264"])
    for name in [*CAMERAS[1:], "b-cam1"]:
        (live / name).symlink_to(recorder.folder)
    recorder.start()
    yield live
    recorder.stop()


@contextlib.contextmanager
def republishing(folder, live, viewers=VIEWERS):
    republish = Republish(folder, live, viewers, live_seconds=LIVE_S, dead_seconds=DEAD_S)
    try:
        yield republish
    finally:
        republish.stop()


@pytest.fixture(scope="module")
def republish(tmp_path_factory, live):
    with republishing(tmp_path_factory.mktemp("republish"), live) as republish:
        yield republish


@pytest.fixture
def alone(tmp_path, clips):
    """A camera of which the recorder is the test's own: its recorder and a re-publisher for it."""
    (live := tmp_path / "live").mkdir()
    recorder = Recorder(live, "a-cam1", clips["H.264"])
    recorder.start()
    with republishing(tmp_path, live) as republish:
        yield recorder, republish
    recorder.stop()


def count_of(republish, camera):
    """How many pulls of a camera have begun and ended, as the program says."""
    return len(re.findall(f"vms pulls {camera}[.]", republish.said())), len(re.findall(f"no longer pulls {camera},", republish.said()))


def test_a_stranger_pulls_ten_cameras_and_decodes_them_at_the_cameras_own_pace(republish):
    frames = 100
    begun = time.monotonic()
    pulls = [pull(republish.url(camera), frames, "-f", "framecrc", "-") for camera in CAMERAS]
    seen = [decoded(one) for one in pulls]
    assert [(len(one), complaints) for one, complaints in seen] == [(frames, "")] * len(CAMERAS)
    assert all(len(set(one)) > frames * 0.9 for one, _ in seen), "the pictures should move"
    # The newest piece comes at once where a player fills its buffer; the rest of so many frames can't be there before it was filmed.
    assert time.monotonic() - begun > (frames - 50) / SPEC.fps
    eventually(lambda: all(len(set(count_of(republish, camera))) == 1 for camera in CAMERAS), republish.said)


REFUSED = {
    "another password": ("a-cam1", {"password": "wrong"}, 401),
    "no account": ("a-cam1", {"user": None}, 401),
    "an account that is nobody's": ("a-cam1", {"user": "nobody"}, 401),
    "another host's account": ("a-cam1", {"user": "other"}, 404),
    "another host's camera": ("b-cam1", {}, 404),
    "another host's camera with that one's account": ("b-cam1", {"user": "other"}, 404),
    "a camera that isn't there": ("c-cam1", {}, 404),
    "a way out of the folder": ("../../etc/passwd", {}, 404),
    "everything": ("", {}, 404),
    "a camera that is off": ("off-cam1", {}, 503),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_isnt_the_vms_own_is_refused_at_once(case, republish):
    camera, who, status = REFUSED[case]
    begun = time.monotonic()
    assert Client(republish.port, **who).play(camera) == status
    assert time.monotonic() - begun < 3


def test_each_host_sees_its_own_cameras(republish):
    assert Client(republish.port, OTHERS, "other").play("b-cam1") == 200
    assert Client(republish.port, OTHERS, "other").play("a-cam1") == 404


def test_only_tcp_is_offered(republish):
    assert Client(republish.port).play("a-cam1", "RTP/AVP;unicast;client_port=50000-50001") == 461


def test_nobody_publishes_here(republish):
    assert Client(republish.port).ask("ANNOUNCE", "/a-cam1", **{"Content-Type": "application/sdp", "Content-Length": "0"}) >= 400


def test_a_host_that_the_plan_doesnt_name_is_hung_up_on(republish):
    assert Client(republish.port, "127.0.0.3").ended(5)
    assert "127.0.0.3 is nobody whom the plan names; refused." in republish.said()


def test_a_host_holds_no_more_connections_than_the_plan_gives_it(republish):
    held = [Client(republish.port, OTHERS, "other") for _ in range(2)]
    eventually(lambda: all(one.ask("OPTIONS", "/b-cam1") == 200 for one in held), "the first two should be let in")
    assert Client(republish.port, OTHERS, "other").ended(5)
    held.pop().socket.close()
    eventually(lambda: Client(republish.port, OTHERS, "other").play("b-cam1") == 200, "a place that was given back should be free")


def test_a_viewer_who_stops_reading_disturbs_nobody_and_is_let_go(republish):
    stalled = Client(republish.port)
    assert stalled.play("a-cam1") == 200
    beside = pull(republish.url("a-cam1"), 200, "-c", "copy", "-flush_packets", "1", "-f", "framecrc", "-")
    arrived = [time.monotonic() for line in beside.stdout if not line.startswith("#")]
    assert beside.wait(10) == 0
    assert len(arrived) == 200
    # After what a player takes at once, frames come evenly: one in 40 ms.
    assert max(later - sooner for sooner, later in itertools.pairwise(arrived[75:])) < 1
    eventually(lambda: len(set(count_of(republish, "a-cam1"))) == 1, republish.said)


def test_a_viewer_hears_that_the_camera_ended_and_gets_it_again(alone):
    recorder, republish = alone
    viewer = pull(republish.url("a-cam1"), 10_000, "-c", "copy", "-f", "framecrc", "-")
    assert viewer.stdout.readline()
    recorder.stop()
    seen, _ = decoded(viewer)
    assert seen, "what was there should have been sent"
    assert "the camera sends nothing any more" in republish.said()
    assert Client(republish.port).play("a-cam1") == 503
    recorder.start()
    assert len(decoded(pull(republish.url("a-cam1"), 25, "-f", "framecrc", "-"))[0]) == 25


def test_a_recorder_that_begins_anew_ends_the_pull(alone):
    """Its clock begins anew as well: glued together, the two would be a stream that stands still."""
    recorder, republish = alone
    viewer = pull(republish.url("a-cam1"), 10_000, "-c", "copy", "-f", "framecrc", "-")
    assert viewer.stdout.readline()
    recorder.stop()
    shutil.copy(max(recorder.folder.glob("*.ts")), recorder.folder / "anew.ts")
    (recorder.folder / "index.m3u8").write_text("#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:2.0,\nanew.ts\n")
    assert decoded(viewer)[0]
    assert "the recorder began anew, or the viewer is far behind" in republish.said()


def test_a_camera_that_changes_its_codec_ends_the_pull_and_is_sent_as_it_is_now(alone, clips):
    recorder, republish = alone
    viewer = pull(republish.url("a-cam1"), 10_000, "-c", "copy", "-f", "framecrc", "-")
    assert viewer.stdout.readline()
    recorder.stop()
    playlist = recorder.folder / "index.m3u8"
    shutil.copy(clips["H.265"], recorder.folder / "next.ts")
    playlist.write_text(f"{playlist.read_text()}#EXTINF:2.0,\nnext.ts\n")
    assert decoded(viewer)[0]
    assert "the camera's stream has changed" in republish.said()
    playlist.touch()
    now = pull(republish.url("a-cam1"), 5, "-f", "framecrc", "-")
    assert len(decoded(now)[0]) == 5


SPOILT = """
import random, sys
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
loader = SourceFileLoader("republish", sys.argv[1])
program = module_from_spec(spec_from_loader(loader.name, loader))
loader.exec_module(program)
for path in sys.argv[2:]:
    whole = open(path, "rb").read()
    print(program.stream_type(whole))
    chance = random.Random(7)
    for _ in range(3000):
        spoilt = bytearray(whole[: chance.randrange(2000)])
        for _ in range(chance.randrange(12)):
            if spoilt:
                spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
        program.stream_type(bytes(spoilt))
"""


def test_a_pieces_codec_is_read_from_it_and_garbage_is_no_error(clips, tmp_path):
    (garbage := tmp_path / "garbage").write_bytes(b"\x47" * 4000)
    (empty := tmp_path / "empty").touch()
    files = [clips["H.264"], clips["H.265"], garbage, empty]
    done = subprocess.run([SYSTEM_PYTHON, "-c", SPOILT, str(PROGRAM), *map(str, files)], capture_output=True, text=True, check=False)
    assert (done.stdout.split(), done.stderr) == (["27", "36", "None", "None"], "")
