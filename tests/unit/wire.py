"""Both ends of the wire for tests: emulated devices as programs of their own, scripted servers, and the product's actions as users call them."""

import asyncio
import contextlib
import itertools
import json
import os
import select
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.plugin_utils.connection import Rim

from tests.emulators.hand import ask
from tests.emulators.http import Server, certificate

SYSTEM_PYTHON = "/usr/bin/python3"  # GStreamer's bindings are Debian packages
CLIPS = "/var/tmp/motcua-clips"
READY_SECONDS = 30
FACTORY = ("admin", "hik12345")


# Below the ports that outgoing connections take (32768 and up): one of those could be gone again before the device listens.
# Each of the workers that run tests at the same time has ports of its own.
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 16
_ports = itertools.cycle(range(10_000 + 16 * (os.getpid() % 1_000) + _worker, 32_000, 16))


def free_port():
    """A port that nobody listens on, and that this process hasn't given away lately."""
    for port in _ports:
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.bind(("127.0.0.1", port))
            return port
    raise AssertionError("there are always more ports")


# --- emulated devices ---


@dataclass
class Emulated:
    """A running emulated device."""

    config: dict[str, Any]

    @property
    def ports(self):
        return self.config["ports"]

    def hand(self, do, key=None, value=None):
        """Reach in from outside: get, set, off, on, lock, unlock, reset, status."""
        said = ask(self.config["control"], do, key, value)
        assert said["ok"], said
        return said["value"]


@contextlib.contextmanager
def emulated(kind, folder, **changes):
    """An emulated device on loopback, fresh from the box; ``changes`` overwrite its configuration."""
    if subprocess.run([SYSTEM_PYTHON, "-c", "import gi"], capture_output=True, check=False).returncode:
        pytest.skip("the emulated devices need GStreamer's Python bindings; run scripts/setup")
    config = {
        "name": kind,
        "kind": kind,
        "address": "127.0.0.1",
        "gateway": None,
        "mac": "44:19:b6:00:00:01",
        "serial": "DS-2CD2143G2-I20230101AAWRJ00000001",
        "model": "DS-2CD2143G2-I",
        "firmware": "V5.7.18",
        "firmware_date": "build 240826",
        "factory_user": FACTORY[0],
        "factory_password": FACTORY[1],
        "clock_offset_s": -420,
        "pause_s": 1,
        "lock_s": 20,
        "ports": {name: free_port() for name in ("http", "https", "rtsp")},
        "state": str(folder / "state.json"),
        "control": str(folder / "control.sock"),
        "clips": CLIPS,
        "channels": [],
        "quirks": {},
    } | changes
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([SYSTEM_PYTHON, "-m", "tests.emulators", str(path)], stdout=subprocess.PIPE, stderr=log)
    try:
        readable, _, _ = select.select([process.stdout], [], [], READY_SECONDS)
        assert readable and process.stdout.readline().strip() == b"ready", (folder / "log").read_text()
        yield Emulated(config)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


# --- scripted servers ---


class Scripted:
    """A server on loopback whose answers are a coroutine from Request to Response; it keeps every request."""

    def __init__(self, folder, answer):
        self.requests = []
        self.ports = {"http": free_port(), "https": free_port()}
        self._answer = answer
        self._loop = asyncio.new_event_loop()
        self._server = Server("127.0.0.1", self.ports, certificate(folder, "scripted"), self._handle)

    async def _handle(self, request):
        self.requests.append(request)
        return await self._answer(request)

    def __enter__(self):
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        try:
            asyncio.run_coroutine_threadsafe(self._server.start(), self._loop).result(10)
        except BaseException:
            self._loop.call_soon_threadsafe(self._loop.stop)
            raise
        return self

    def __exit__(self, *_):
        asyncio.run_coroutine_threadsafe(self._server.stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


# --- the product ---


def ad_hoc(module, **options):
    """An action as a user calls it, without any province: the result that Ansible shows."""
    ansible = str(Path(sys.executable).with_name("ansible"))
    command = [ansible, "localhost", "-m", f"motcua.cctv.{module}", "-a", json.dumps(options)]
    environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert "=> {" in done.stdout, done.stdout + done.stderr
    return json.loads("{" + done.stdout.split("=> {", 1)[1])


def wish_for(key, value):
    """The wish for one value: ``{time: {zone: x}}`` for ``time.zone``."""
    *path, last = key.split(".")
    wish = {last: value}
    for part in reversed(path):
        wish = {part: wish}
    return wish


class Managed:
    """A device of a made-up province: ``rim()`` gives its connection as an action would make it."""

    MASTER = "bW90Y3VhLXRlc3QtbWFzdGVyLW9mLTMyLWJ5dGVzISE="

    def __init__(self, folder, device, vendor, name="a-cam1", initial=FACTORY[1], **variables):
        self.state = folder / "state"
        for kind in ("devices", "tunnels"):
            content = {"master": self.MASTER} | ({"initial": {name: initial} if initial else {}} if kind == "devices" else {})
            (folder / f"{kind}.yml").write_text(yaml.safe_dump(content))
        self.name = name
        self.variables = {
            "ansible_host": "127.0.0.1",
            "motcua_role": "camera",
            "motcua_vendor": vendor,
            "motcua_site": "a",
            "motcua_user": "motcua-admin",
            "motcua_password": {"secret": "motcua-admin"},
            "motcua_scheme": "https",
            "motcua_port": device.ports["https"],
            "motcua_masters": {kind: str(folder / f"{kind}.yml") for kind in ("devices", "tunnels")},
            "motcua_state": str(self.state),
            "motcua_pki": str(folder / "pki"),
            "motcua_province": "lab",
            "motcua_certificate_days": 730,
            "motcua_experimental": True,  # the emulated devices take it; one test leaves it out
        } | variables
        self.variables["hostvars"] = {name: self.variables}

    def rim(self, **options):
        return Rim(self.name, options, self.variables, DataLoader())

    def epochs(self):
        return json.loads((self.state / "epochs" / f"{self.name}.json").read_text())
