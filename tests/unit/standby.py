"""The operations centre of a test: the centre's portal that dies and comes back, a systemd of files, and the role's programs between them."""

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue

import jinja2
import pytest

from tests.unit.wire import free_port

ROLE = Path("roles/relay").resolve()
CAMERAS = ("a-cam1", "a-cam2", "b-cam1")
ALL = [f"motcua-relay@{camera}.service" for camera in CAMERAS]
FAILURES, CHECK_S, SETTLE_S = 3, 0.1, 1.0
PATIENCE_S = 20


def rendered(template, **variables):
    """A template of the role as the rollout renders it; the one secret is PASSWORD."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(ROLE / "templates"), trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters["to_json"] = json.dumps
    return environment.get_template(template).render(ansible_managed="ours", lookup=lambda _plugin, _name: PASSWORD, **variables)


PASSWORD = "Kh0ng-ai-biet"


def row(camera, **changes):
    known = {"camera": camera, "site": camera.partition("-")[0], "host": "10.64.1.11", "port": 554, "path": "/main", "user": "motcua-view"}
    return known | {"secret": f"device/{camera}/motcua-view", "codec": "h264", "width": 1280, "height": 720} | changes


def config(**changes):
    known = {"centre": "127.0.0.1", "centre_id": "centre", "port": 443, "live_root": "/run/motcua-live", "viewers": ["10.10.20.0/24"]}
    known |= {"check_seconds": CHECK_S, "failures": FAILURES, "settle_seconds": SETTLE_S, "cameras": [row(camera) for camera in CAMERAS]}
    return known | changes


def eventually(happened):
    """What it gives as soon as it gives something; for files, which tell nobody when they change."""
    end = time.monotonic() + PATIENCE_S
    while not (result := happened()):
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.01)
    return result


class Portal:
    """The centre's portal on one port, in whichever state; ``answered`` counts and can be waited for."""

    def __init__(self, identities):
        self.port, self._identities, self._server = free_port(), identities, None
        self._answered, self._changed = 0, threading.Condition()

    def up(self, identity="centre", status=200, page=b"motcua\n"):
        portal = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(status if self.path == "/alive" else 404)
                self.end_headers()
                self.wfile.write(page)
                with portal._changed:
                    portal._answered += 1
                    portal._changed.notify_all()

            def log_message(self, *_):
                pass

        self.down()
        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.handle_error = lambda *_: None  # a client that doesn't trust us hangs up
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._identities / f"{identity}.crt", self._identities / f"{identity}.key")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def hang(self):
        """The machine takes connections and says nothing, as one does whose disk has died."""
        self.down()
        self._server = socket.create_server(("127.0.0.1", self.port), backlog=128)

    def down(self):
        if isinstance(self._server, ThreadingHTTPServer):
            self._server.shutdown()
            self._server.server_close()
        elif self._server:
            self._server.close()
        self._server = None

    def answers(self, times):
        with self._changed:
            aim = self._answered + times
            assert self._changed.wait_for(lambda: self._answered >= aim, PATIENCE_S)


# Its units are files: what runs is what was started. `broken` makes it fail.
SYSTEMCTL = """#!/bin/sh
set -eu
cd {folder}
[ "$1" = list-units ] || echo "$*" >>told
[ ! -e broken ] || {{ echo "Failed to connect to bus" >&2; exit 1; }}
case "$1" in
  start) shift; for unit; do touch "runs/$unit"; done ;;
  stop) cd runs; rm -f $2 ;;
  list-units) cd runs; for unit in motcua-relay@*; do [ -e "$unit" ] && echo "$unit loaded active running"; done; true ;;
  *) exit 1 ;;
esac
"""


class Machine:
    """The operations centre: its systemd, the socket behind which motcua-relays stands, and the files of a rollout."""

    def __init__(self, folder, portal, identities):
        self.folder, self.portal = folder, portal
        for name in ("runs", "inputs", "live", "state", "net/eth0", "bin"):
            (folder / name).mkdir(parents=True)
        for camera in CAMERAS:
            (folder / "inputs" / f"{camera}.ffconcat").write_text(rendered("camera.ffconcat.j2", relay_camera=row(camera)))
        self.cable("up")
        (folder / "net/eth0/type").write_text("1\n")
        (folder / "told").touch()
        (folder / "bin/systemctl").write_text(SYSTEMCTL.format(folder=folder))
        (folder / "bin/systemctl").chmod(0o755)
        settings = json.loads(rendered("standby.json.j2", relay_config=config(port=portal.port)))
        own = {"relays": "relays.sock", "interfaces": "net", "live_root": "live", "folder": "state"}
        settings |= {key: str(folder / name) for key, name in own.items()}
        self.settings = settings | {"certificate": str(identities / "centre.crt"), "silent_seconds": 0.3, "pause_seconds": 0.01}
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.settings["relays"])
        self._listener.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        """As systemd does for motcua-relays.socket."""
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                self._run(stdin=connection, stdout=connection, stderr=subprocess.PIPE)

    def _run(self, **streams):
        environment = {"PATH": f"{self.folder}/bin:{os.environ['PATH']}", "INPUTS": str(self.folder / "inputs"), "PORTION": "2"}
        return subprocess.run([ROLE / "files/motcua-relays"], env=environment, text=True, check=False, **streams)

    def relays(self, words, **options):
        """What motcua-relays does when it is told so."""
        return self._run(input=words, capture_output=True, **options)

    def off(self):
        if self._listener.fileno() >= 0:
            self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()

    def cable(self, state):
        (self.folder / "net/eth0/operstate").write_text(f"{state}\n")

    @contextmanager
    def standby(self):
        """The program at work; the sentences of its journal."""
        (self.folder / "standby.json").write_text(json.dumps(self.settings))
        command = [sys.executable, ROLE / "files/motcua-standby", self.folder / "standby.json"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            journal = Journal(process.stdout)
            try:
                yield journal
            finally:
                process.terminate()

    def runs(self):
        return sorted(path.name for path in (self.folder / "runs").iterdir())

    def told(self):
        return (self.folder / "told").read_text().splitlines()

    def shown(self, name, wanted):
        """What a file of the program says, as soon as it says what is wanted."""
        path = self.folder / "state" / name

        def said():
            found = json.loads(path.read_text()) if path.exists() else {}
            return found if found and wanted(found) else None

        return eventually(said)

    def state(self, **counts):
        return self.shown("state.json", lambda said: counts.items() <= (said | said["relays"]).items())


class Journal:
    """Sentences as they come."""

    def __init__(self, stream):
        self._lines = Queue()
        threading.Thread(target=lambda: [self._lines.put(line.rstrip("\n")) for line in stream], daemon=True).start()

    def says(self, pattern):
        """The very next sentence."""
        line = self._lines.get(timeout=PATIENCE_S)
        assert re.search(pattern, line), line
        return line

    def comes_to(self, pattern):
        """The sentences up to one like this."""
        lines = []
        while not lines or not re.search(pattern, lines[-1]):
            lines.append(self._lines.get(timeout=PATIENCE_S))
        return lines

    def is_silent(self):
        with pytest.raises(Empty):
            self._lines.get_nowait()
