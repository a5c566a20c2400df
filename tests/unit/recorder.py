"""A recorder as its unit starts it, on a shard and with a camera on loopback that sends what a test wants."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from tests.unit.footage import FILES, ffmpeg, program, save, written  # isort: skip  it says where the package is

from footage.index import open_index
from footage.settings import load

INDEX = program("motcua-index")
PATIENCE_S = 30
SEGMENT_S = 2


def eventually(happened, seconds=PATIENCE_S):
    end = time.monotonic() + seconds
    while not (found := happened()):
        assert time.monotonic() < end, f"didn't happen in {seconds} s"
        time.sleep(0.05)
    return found


def clip(folder, codec="libx264", seconds=10):
    """A small transport stream with a key frame each second."""
    file = folder / f"{codec}.ts"
    source = ["-f", "lavfi", "-i", "testsrc=size=64x64:rate=5", "-t", seconds, "-g", "5", "-c:v", codec]
    ffmpeg(*source, "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-f", "mpegts", file)
    return file.read_bytes()


class Recorder:
    """motcua-record for a-cam1; ``url`` is where its stream comes from."""

    def __init__(self, folder, url, segment_seconds=SEGMENT_S, camera="a-cam1"):
        self.folder, self.camera, self.said, self._processes = folder, camera, "", []
        self.shard, self.live = folder / "shard", folder / "live" / camera
        (self.shard / ".incoming").mkdir(parents=True)
        (self.shard / ".motcua-shard").touch()
        (folder / "recorder").mkdir()
        cameras = {camera: {"shard": str(self.shard), "retention_days": 30, "hours": None}}
        save(folder / "recorder.json", written(self.shard, segment_seconds=segment_seconds, cameras=cameras))
        (folder / f"recorder/{camera}.ffconcat").write_text(url if url.startswith("ffconcat") else f"ffconcat version 1.0\nfile '{url}'\n")
        self.shelf = INDEX.Shelf(self.shard)

    def start(self):
        environment = os.environ | {"MOTCUA_ETC": str(self.folder), "JITTER_SECONDS": "0", "PYTHONPATH": str(FILES)}
        command = [sys.executable, FILES / "motcua-record", self.camera]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
        threading.Thread(target=self._listen, args=(process.stderr,), daemon=True).start()
        self._processes.append(process)
        return process

    def _listen(self, stream):
        for line in stream:
            self.said += line

    def end(self):
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.wait()
        self.shelf.close()

    def waiting(self):
        return sorted((self.shard / ".incoming" / self.camera).glob("*.ts"))

    def enter(self, now_s=None):
        """Enter what is finished; the pieces that are listed then."""
        assert self.shelf.run(load(self.folder / "recorder.json"), time.time() if now_s is None else now_s), self.shelf.said
        return self.listed()

    def listed(self):
        with open_index(self.shard, readonly=True) as index:
            return index.segments(self.camera, 0, time.time() + 86400)


@contextmanager
def recorder(folder, url, **more):
    one = Recorder(folder, url, **more)
    try:
        yield one
    finally:
        one.end()


@contextmanager
def sender(*parts, pace_s=0.2, chunks_per_clip=50):
    """An address that sends the parts, a clip at its own pace and everything else at once, to whoever comes; then it closes without a word; and an event for that."""
    sent = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve():
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=send, args=(connection,), daemon=True).start()

        def send(connection):
            with connection:
                for paced, content in parts:
                    size = len(content) // chunks_per_clip // 188 * 188 + 188 if paced else len(content)
                    for at in range(0, len(content), size):
                        try:
                            connection.sendall(content[at : at + size])
                        except OSError:
                            return
                        time.sleep(pace_s if paced else 0)
            sent.set()

        threading.Thread(target=serve, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}", sent


def complaints(file):
    """What a decoder says to a whole file: nothing, when it is whole."""
    decoded = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", str(file), "-f", "null", "-"], capture_output=True, text=True, check=False
    )
    return "\n".join(line for line in decoded.stderr.splitlines() if "insecure memory" not in line)
