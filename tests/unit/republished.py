"""What the re-publisher's tests and benchmark stand on: a recorder's live output, the program on loopback, and clients that aren't ours."""

import contextlib
import hashlib
import json
import re
import select
import socket
import subprocess
import time
from pathlib import Path

from tests.emulators.clips import Spec, frames
from tests.unit.wire import CLIPS, SYSTEM_PYTHON, free_port

PROGRAM = Path("roles/vms/files/motcua-republish")
SPEC = Spec("H.264", 640, 360, 25, 512, 50)
HEVC = Spec("H.265", 640, 360, 10, 500, 20)
PASSWORD = "Kho9Doan2Ra7"
OTHERS = "127.0.0.2"  # another host: all of 127.0.0.0/8 is this machine's
NICE = ["nice", "-n", "19"]
PATIENCE_S = 30


def clip(spec, folder):
    """A clip as MPEG-TS, made without encoding anything where the raw one is there."""
    raw = folder / f"{spec.codec.replace('.', '')}.raw"
    raw.write_bytes(b"".join(frames(spec, CLIPS)))
    stamped = raw.with_suffix(".mp4")
    quiet = ["ffmpeg", "-v", "error", "-y"]
    subprocess.run([*quiet, "-r", str(spec.fps), "-i", str(raw), "-c", "copy", str(stamped)], check=True)
    subprocess.run([*quiet, "-i", str(stamped), "-c", "copy", "-f", "mpegts", str(raw.with_suffix(".ts"))], check=True)
    return raw.with_suffix(".ts")


def eventually(true, what, seconds=PATIENCE_S):
    """Until it is true."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, what() if callable(what) else what
        time.sleep(0.05)  # other processes' files are waited for: nothing signals them


class Recorder:
    """What the recorder writes of one camera: two-second pieces in a playlist that goes on, from a clip without end."""

    def __init__(self, live, camera, source):
        self.folder, self._source, self._process = live / camera, source, None
        self.folder.mkdir()

    def start(self):
        command = [*NICE, "ffmpeg", "-v", "error", "-nostdin", "-re", "-stream_loop", "-1", "-i", str(self._source), "-map", "0:v:0"]
        command += ["-c", "copy", "-f", "hls", "-hls_time", "2", "-hls_list_size", "8"]
        command += ["-hls_flags", "delete_segments+omit_endlist+temp_file"]
        command += ["-hls_segment_filename", str(self.folder / "%09d.ts"), str(self.folder / "index.m3u8")]
        begun = time.time()
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        playlist = self.folder / "index.m3u8"
        eventually(lambda: playlist.exists() and playlist.stat().st_mtime > begun, "the recorder writes no playlist")

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Republish:
    """The program on loopback, for the hosts `viewers` as its settings have them."""

    def __init__(self, folder, live, viewers, **settings):
        self.port, self.log = free_port(), folder / "log"
        (folder / "republish.json").write_text(
            json.dumps({"address": "127.0.0.1", "port": self.port, "live_root": str(live), "viewers": viewers} | settings)
        )
        accounts = [f"{one['id']}:motcua" for one in viewers]
        (folder / "republish.htdigest").write_text("".join(f"{one}:{md5(f'{one}:{PASSWORD}')}\n" for one in accounts))
        command = [*NICE, SYSTEM_PYTHON, str(PROGRAM), str(folder / "republish.json"), str(folder / "republish.htdigest")]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        eventually(lambda: "Ready." in self.said() or self.process.poll() is not None, self.said)

    def said(self):
        return self.log.read_text()

    def url(self, camera, user="vms", password=PASSWORD):
        return f"rtsp://{user}:{password}@127.0.0.1:{self.port}/{camera}"

    def stop(self):
        self.process.terminate()
        self.process.wait()


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def pull(url, frames, *output):
    """A stranger's pull, under way: ffmpeg over TCP."""
    command = [*NICE, "ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", url, "-frames:v", str(frames), *output]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def decoded(process):
    """What a pull with `-f framecrc -` saw: its decoded frames, and what ffmpeg complained of."""
    out, complaints = process.communicate(timeout=60)
    return [line.split(",")[-1].strip() for line in out.splitlines() if not line.startswith("#")], complaints


class Client:
    """An RTSP client in words, for what no player does: from any address, reading no further, asking what it shouldn't."""

    def __init__(self, port, source="127.0.0.1", user="vms", password=PASSWORD):
        self._secret, self._user, self._count, self._nonce = password, user, 0, None
        self.socket = socket.socket()
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
        self.socket.settimeout(PATIENCE_S)
        self.socket.bind((source, 0))
        self.socket.connect(("127.0.0.1", port))
        self._base = f"rtsp://127.0.0.1:{port}"

    def ask(self, method, path, **headers):
        """A request's status, after the challenge was answered; 0 when the server hung up."""
        status, _ = self._ask(method, path, headers)
        return self._ask(method, path, headers)[0] if status == 401 and self._user else status

    def play(self, camera, transport="RTP/AVP/TCP;unicast;interleaved=0-1"):
        """The status of the last request up to PLAY."""
        status = self.ask("DESCRIBE", f"/{camera}", Accept="application/sdp")
        if status != 200:
            return status
        status, answer = self._ask("SETUP", f"/{camera}/stream=0", {"Transport": transport})
        return status if status != 200 else self.ask("PLAY", f"/{camera}", Session=re.search(r"Session: ([^;\r]+)", answer)[1])

    def _ask(self, method, path, headers):
        self._count += 1
        url = self._base + path
        lines = [f"{method} {url} RTSP/1.0", f"CSeq: {self._count}", *(f"{name}: {value}" for name, value in headers.items())]
        if self._nonce:
            response = md5(f"{md5(f'{self._user}:motcua:{self._secret}')}:{self._nonce}:{md5(f'{method}:{url}')}")
            digest = f'username="{self._user}", realm="motcua", nonce="{self._nonce}", uri="{url}", response="{response}"'
            lines.append(f"Authorization: Digest {digest}")
        try:
            self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
            answer = b""
            while b"\r\n\r\n" not in answer:
                more = self.socket.recv(4096)
                if not more:
                    return 0, ""
                answer += more
        except OSError:
            return 0, ""
        text = answer.decode(errors="replace")
        found = re.search('nonce="([^"]+)"', text)
        self._nonce = found[1] if found else self._nonce
        return int(text.split()[1]), text

    def ended(self, seconds):
        """Whether the server hangs up in that time, whatever it still sends."""
        end = time.monotonic() + seconds
        with contextlib.suppress(OSError):
            while time.monotonic() < end:
                readable, _, _ = select.select([self.socket], [], [], max(0, end - time.monotonic()))
                if readable and not self.socket.recv(65536):
                    return True
            return False
        return True
