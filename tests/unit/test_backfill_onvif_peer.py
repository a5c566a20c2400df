"""GStreamer's own ONVIF replay server as the other end: what we ask of it by the clock is what it sends, as it says itself."""

import subprocess
import time
from types import SimpleNamespace

import pytest

from tests.emulators.clips import Spec, frames
from tests.unit.backfilling import FILES, camera, decoded, times
from tests.unit.wire import CLIPS, SYSTEM_PYTHON, free_port

assert FILES  # the roles' packages are found from here on
from backfill import onvif  # noqa: E402  found through sys.path, which is set above
from backfill.found import Found  # noqa: E402  found through sys.path, which is set above
from backfill.pieces import written  # noqa: E402  found through sys.path, which is set above
from backfill.rtsp import Pace, pictures  # noqa: E402  found through sys.path, which is set above

SERVER = """
import sys
from types import SimpleNamespace
import gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import GLib, Gst, GstRtspServer
Gst.init(None)
from tests.emulators.clips import Spec
from tests.emulators.footage import Footage
from tests.emulators.replay import Replay
import time
footage = Footage({"oldest_footage": "2026-01-01"}, SimpleNamespace(now=time.time))
server = GstRtspServer.RTSPOnvifServer()
server.set_address("127.0.0.1"); server.set_service(sys.argv[1])
server.get_mount_points().add_factory("/rec", Replay(Spec(sys.argv[2], 640, 360, 20.0, 256, 40), sys.argv[3], footage))
server.attach(None)
print("ready", flush=True)
GLib.MainLoop().run()
"""


@pytest.fixture(scope="module", params=["H.264", "H.265"])
def peer(request):
    if subprocess.run([SYSTEM_PYTHON, "-c", "import gi"], capture_output=True, check=False).returncode:
        pytest.skip("the peer needs GStreamer's Python bindings; run scripts/setup")
    frames(Spec(request.param, 640, 360, 20.0, 256, 40), CLIPS)
    port = free_port()
    command = [SYSTEM_PYTHON, "-c", SERVER, str(port), request.param, CLIPS]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout.readline() == "ready\n"
    yield SimpleNamespace(name="peer", host="127.0.0.1", rtsp_port=port, user="", password="", codec=request.param)
    process.kill()
    process.wait()
    process.stdout.close()


def fetched(peer, folder, from_s, until_s, kbps=100_000):
    play = onvif.play(camera(), Found(0, time.time(), "rtsp://192.168.1.108:554/rec"), from_s, until_s)
    # The time that the first picture would have if its packets didn't say it is wrong on purpose.
    codec, stream = pictures(peer, "a-cam1", play, 0.0, Pace(kbps))
    return codec, list(written(stream, codec, folder, from_s, until_s, 60))


def test_an_interval_is_replayed_by_the_clock_in_utc(peer, tmp_path):
    from_s = time.time() // 60 * 60 - 86_400 + 47.25
    codec, pieces = fetched(peer, tmp_path, from_s, from_s + 40)
    assert codec == {"H.264": "h264", "H.265": "h265"}[peer.codec]
    assert [round(piece.start_s % 60) for piece in pieces] == [48, 0], "from a picture that needs no other, and on the clock"
    filmed = []
    for piece in pieces:
        shown = times(piece.draft)
        assert decoded(piece.draft) == len(shown)
        assert shown[0] == pytest.approx(piece.start_s, abs=0.05), "the server's own time is taken"
        filmed += shown
    assert filmed[0] == pytest.approx(from_s + 0.75, abs=0.05)
    assert filmed[-1] == pytest.approx(from_s + 40, abs=0.1)
    assert filmed == sorted(filmed)
    assert len(filmed) == pytest.approx((filmed[-1] - filmed[0]) * 20 + 1, abs=1)


def test_replay_without_rate_control_is_held_to_the_lines_share(peer, tmp_path):
    from_s = time.time() // 60 * 60 - 86_400
    begun = time.monotonic()
    _, pieces = fetched(peer, tmp_path, from_s, from_s + 20, kbps=1000)
    took_s, size = time.monotonic() - begun, sum(piece.draft.stat().st_size for piece in pieces)
    assert size * 8 / took_s <= 1_100_000
