"""What the programs of an acceptance run measure: an emulated camera through the real recorder, a tunnel, and traffic like the office's."""

import json
import socket
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance import measured

from tests.unit.recorder import eventually, recorder
from tests.unit.wire import FACTORY, emulated

PROGRAMS = Path("cli/measuring")
EMULATED_FPS = 25


def collect(live_root, cameras, seconds, tunnels=None):
    """The rows of the collecting program, run here as it is run at the centre."""
    wish = {"live_root": str(live_root), "cameras": cameras, "tunnels": tunnels or {}, "seconds": seconds}
    source = (PROGRAMS / "collect_load.py").read_text()
    done = subprocess.run([sys.executable, "-c", source, json.dumps(wish)], capture_output=True, text=True, check=True, timeout=120)
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture
def live(tmp_path):
    """The live pieces of an emulated camera that the real recorder pulls over RTSP."""
    with emulated("hikvision-camera", tmp_path) as camera:
        url = f"rtsp://{FACTORY[0]}:{FACTORY[1]}@127.0.0.1:{camera.ports['rtsp']}/Streaming/Channels/102"
        with recorder(
            tmp_path, f"ffconcat version 1.0\nfile '{url}'\noption rtsp_transport tcp\noption allowed_media_types video\n"
        ) as one:
            one.start()
            eventually((one.live / "index.m3u8").exists)
            yield one.live.parent


def test_what_arrives_of_a_camera_is_measured_at_the_recorder(live):
    rows = collect(live, ["a-cam1", "a-cam2"], 20, {"loopback": "127.0.0.1"})
    assert FACTORY[1] not in json.dumps(rows)
    pictures, paths, ended = measured(rows, ["a-cam1", "a-cam2"])
    seen = pictures["a-cam1"]
    assert ended and seen.errors == () and seen.gaps == 0
    assert seen.frames > 0 and 10 <= seen.seen_s <= 28
    assert abs(seen.fps - EMULATED_FPS) <= 0.1 * EMULATED_FPS
    assert 0 < seen.kbps <= seen.peak_kbps
    assert (pictures["a-cam2"].frames, pictures["a-cam2"].gaps) == (0, 1)
    assert paths["loopback"].sent == 20 and paths["loopback"].loss == 0
    silent, _, _ = measured([row for row in rows if "end_s" not in row] + [{"end_s": 80.0}], ["a-cam1"])
    assert silent["a-cam1"].gaps == 1 and silent["a-cam1"].longest_gap_s > 40, "from its last picture to the end"


def test_pieces_that_hold_no_pictures_are_no_pictures(tmp_path):
    live = tmp_path / "a-cam1"
    live.mkdir()
    (live / "index.m3u8").write_text("#EXTM3U\n")
    feeder = threading.Timer(
        1, lambda: [(live / "1.ts").write_bytes(b"garbage" * 500), (live / "index.m3u8").write_text("#EXTM3U\n1.ts\n")]
    )
    feeder.start()
    pictures, _, _ = measured(collect(tmp_path, ["a-cam1"], 3), ["a-cam1"])
    feeder.join()
    assert pictures["a-cam1"].frames == 0 and pictures["a-cam1"].errors


# --- traffic like the office's ------------------------------------------------------------------------------------------


class Far:
    """Somebody who takes what is sent, or who takes the connection and reads nothing."""

    def __init__(self, reads):
        self.taken, self._reads = 0, reads
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.port = self._listening.getsockname()[1]
        self.done = threading.Event()
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def _take(self):
        connection, _ = self._listening.accept()
        with connection:
            while self._reads and (content := connection.recv(65536)):
                self.taken += len(content)
            if not self._reads:
                self.done.wait(30)

    def close(self):
        self.done.set()
        self._thread.join(30)
        self._listening.close()


def send(port, kbps, seconds=2):
    told = {"host": "127.0.0.1", "port": port, "kbps": kbps, "seconds": seconds}
    source = (PROGRAMS / "send_office.py").read_text()
    done = subprocess.run([sys.executable, "-c", source, json.dumps(told)], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


def test_it_sends_what_it_is_told_and_no_more():
    with closing(Far(reads=True)) as far:
        answer = send(far.port, 2000)
    assert 1500 <= answer["kbps"] <= 2100
    assert far.taken <= 2100 * 1000 / 8 * 2.2


def test_what_the_far_end_doesnt_take_didnt_get_through():
    with closing(Far(reads=False)) as far:
        assert send(far.port, 200_000)["kbps"] < 100_000


def test_nobody_there_is_an_answer():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        assert "refused" in send(free.getsockname()[1], 100)["error"]
