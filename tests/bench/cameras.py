"""Cameras that only stream: as many as are wanted, each a path of one RTSP server with digest authentication, at their own pace.

`/usr/bin/python3 -m tests.bench.cameras PORT COUNT KBPS` prints `ready` when it listens. GStreamer's bindings are a Debian package.
"""

import contextlib
import hashlib
import subprocess
import sys
import threading
from pathlib import Path

USER, PASSWORD, REALM = "motcua-view", "chi-de-thu", "bench"


def main():
    from tests.emulators.clips import Spec, frames
    from tests.emulators.rtsp import Rtsp

    port, count, kbps = map(int, sys.argv[1:])
    clips, spec = Path("/var/tmp/motcua-clips"), Spec("H.264", 1280, 720, 15, kbps, 30)
    frames(spec, clips)
    half = hashlib.md5(f"{USER}:{REALM}:{PASSWORD}".encode()).hexdigest()
    server = Rtsp("127.0.0.1", port, clips, lambda: {f"/cam{number}": spec for number in range(count)}, lambda: {USER: half}, REALM)
    server.start()
    print("ready", flush=True)
    threading.Event().wait()


@contextlib.contextmanager
def cameras(python, ports, count, kbps):
    """The addresses of so many cameras, with their password, spread over servers at these ports."""
    each, servers = -(-count // len(ports)), []
    try:
        for port in ports:
            command = [python, "-m", "tests.bench.cameras", str(port), str(each), str(kbps)]
            servers.append(subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True))
        for server in servers:
            assert server.stdout.readline() == "ready\n"
        yield [f"rtsp://{USER}:{PASSWORD}@127.0.0.1:{ports[number // each]}/cam{number % each}" for number in range(count)]
    finally:
        for server in servers:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    main()
