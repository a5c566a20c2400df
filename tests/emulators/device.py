"""What every emulated device has: kept state, a clock, both servers, and a hand that reaches in from outside."""

import asyncio
import contextlib
import json
import os
import tempfile
from pathlib import Path

from tests.emulators.announce import Announcer
from tests.emulators.clock import Clock
from tests.emulators.faults import Faults
from tests.emulators.footage import Footage
from tests.emulators.http import Response, Server, certificate, expired_certificate, foreign_certificate, half
from tests.emulators.rtsp import Rtsp


class Device:
    """A device by its configuration; subclasses answer requests and say which streams and knobs there are."""

    REPLAYS = False  # by ONVIF
    SERVER, MEDIA = Server, Rtsp  # what answers at its ports; a fleet, whose devices share one, has its own

    def __init__(self, config):
        self.config = config
        self._path = Path(config["state"])
        self.state = json.loads(self._path.read_text()) if self._path.exists() else self.factory()
        self.clock = Clock(config["clock_offset_s"], self.ntp_server)
        self.faults = Faults(self)
        self.server = self.SERVER(config["address"], config["ports"], self._tls(), self.faults.handle)
        self.footage = Footage(config, self.clock)
        self.rtsp = self.MEDIA(
            config["address"],
            config["ports"]["rtsp"],
            config["clips"],
            self.streams,
            self.accounts,
            self.realm,
            self.upstream,
            self.tracks,
            self.REPLAYS and self.footage.keeps,
        )
        self.announcer = Announcer(self)
        self._up = asyncio.Event()
        self.requests = self.images = 0

    def _tls(self):
        """The certificate that https shows, and its key."""
        folder, name = self._path.parent, self.config["name"]
        match self.config.get("tls", "own"):
            case "expired":
                return expired_certificate(folder, name)
            case "foreign":
                return foreign_certificate(folder)
        own, key = certificate(folder, name)
        if "certificate" not in self.state:
            return own, key
        installed = folder / f"{name}.installed.pem"
        installed.write_text(self.state["certificate"])
        if "key" in self.state:
            key = folder / f"{name}.installed.key"
            key.write_text(self.state["key"])
        return installed, key

    def install(self, pem, key=None):
        """Keep a certificate for the device's own key, or another of its keys, and show it from now on."""
        self.state["certificate"] = pem
        if key is not None:
            self.state["key"] = key
        self.save()
        self.server.certify(*self._tls())

    def busy(self):
        """How this vendor says that it has no time; subclasses have their own words, as below."""
        return Response(503)

    def error_in_success(self, _request):
        """How this vendor says an error in an answer of status 200."""
        return Response(200, b"Error\r\n", "text/plain")

    @property
    def upgrade_fault(self):
        """What goes wrong with firmware: "full" flash, "dead" afterwards, "old" as before, "another" configuration or "password"; None: nothing."""
        return self.config["quirks"].get("upgrade")

    def save(self):
        """Keep the state over a power cut."""
        descriptor, name = tempfile.mkstemp(dir=self._path.parent)
        with os.fdopen(descriptor, "w") as file:
            json.dump(self.state, file)
        Path(name).replace(self._path)

    def users(self):
        return self.state["users"]

    def accounts(self):
        """MD5(user:realm:password) by user, which is all that digest needs."""
        return {name: half(name, self.realm, account) for name, account in self.users().items()}

    def upstream(self):
        return {}

    def tracks(self, _role):
        """Factories of what was recorded, by path."""
        return {}

    def own_address(self):
        """Where it is by its own settings."""
        return self.config["address"]

    async def on(self):
        address = self.own_address()
        if address != self.config["address"]:
            self.config["address"] = address
            self.server.relocate(address)
            self.rtsp.relocate(address)
        await self.server.start()
        await asyncio.to_thread(self.rtsp.start)
        await self.announcer.start()
        self._up.set()

    async def off(self):
        self._up.clear()
        self.announcer.stop()
        await self.server.stop()
        await asyncio.to_thread(self.rtsp.stop)

    async def reboot(self):
        """Gone for a scaled-down minute, then back with what was set."""
        self._up.clear()
        await asyncio.sleep(0.1)
        await self.off()
        await asyncio.sleep(self.config["pause_s"])
        await self.on()

    async def move(self):
        """Gone from its old address, and there at its new one."""
        await asyncio.sleep(0.1)
        await self.off()
        await self.on()

    async def refresh(self):
        await asyncio.to_thread(self.rtsp.refresh)

    async def reseat(self):
        """Accounts changed: whoever watches goes on, whoever comes needs the new ones. With the quirk `dropping` everybody drops."""
        dropping = "dropping" in self.config.get("quirks", {})
        await asyncio.to_thread(self.rtsp.refresh if dropping else self.rtsp.reseat)

    async def run(self):
        await self.on()
        control = await asyncio.start_unix_server(self._hand, self.config["control"])
        print("ready", flush=True)
        async with control:
            await asyncio.gather(self.clock.follow(), *self.tasks())

    def tasks(self):
        return []

    async def _hand(self, reader, writer):
        asked = json.loads(await reader.readline())
        try:
            answer = {"ok": True, "value": await self.by_hand(asked)}
        except Exception as error:  # noqa: BLE001  a hand gets any error as words
            answer = {"ok": False, "error": f"{type(error).__name__}: {error}"}
        writer.write(json.dumps(answer).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    async def by_hand(self, asked):
        match asked["do"]:
            case "get":
                return self.knob(asked["key"])
            case "set":
                self.turn(asked["key"], asked["value"])
                self.save()
                await self.refresh()
            case "off":
                await self.off()
            case "on":
                await self.on()
            case "wait":
                await self._up.wait()
            case "lock" | "unlock":
                self.digest.lock_everyone = asked["do"] == "lock"
                self.digest.tries.clear()
            case "announce":
                self.announcer.switch(asked["key"], asked["value"])
            case "footage":
                self.footage.holes = json.loads(asked["value"]) if isinstance(asked["value"], str) else asked["value"]
            case "faults":
                self.faults.set(json.loads(asked["value"]) if isinstance(asked["value"], str) else asked["value"])
            case "reset":
                self.state = self.factory()
                self.save()
                self.server.certify(*self._tls())
                await self.refresh()
            case "status":
                known = {"clock_offset_s": self.clock.offset_s, "synced_with": self.clock.synced_with, "requests": self.requests}
                return known | {"most_failed_logins": self.digest.most_failed, "images": self.images}
            case other:
                raise ValueError(f"a hand can't {other}")
        return None
