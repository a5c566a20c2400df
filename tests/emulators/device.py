"""What every emulated device has: kept state, a clock, both servers, and a hand that reaches in from outside."""

import asyncio
import contextlib
import json
import os
import tempfile
from pathlib import Path

from tests.emulators.clock import Clock
from tests.emulators.http import Server, certificate, half
from tests.emulators.rtsp import Rtsp


class Device:
    """A device by its configuration; subclasses answer requests and say which streams and knobs there are."""

    def __init__(self, config):
        self.config = config
        self._path = Path(config["state"])
        self.state = json.loads(self._path.read_text()) if self._path.exists() else self.factory()
        self.clock = Clock(config["clock_offset_s"], self.ntp_server)
        tls = certificate(self._path.parent, config["name"])
        self.server = Server(config["address"], config["ports"], tls, self.handle)
        self.rtsp = Rtsp(
            config["address"], config["ports"]["rtsp"], config["clips"], self.streams, self.accounts, self.realm, self.upstream
        )
        self.rebooting = False
        self.requests = 0

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

    async def on(self):
        await self.server.start()
        await asyncio.to_thread(self.rtsp.start)

    async def off(self):
        await self.server.stop()
        await asyncio.to_thread(self.rtsp.stop)

    async def reboot(self):
        """Gone for a scaled-down minute, then back with what was set."""
        await asyncio.sleep(0.1)
        await self.off()
        await asyncio.sleep(self.config["pause_s"])
        await self.on()

    async def refresh(self):
        await asyncio.to_thread(self.rtsp.refresh)

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
            case "lock" | "unlock":
                self.digest.lock_everyone = asked["do"] == "lock"
                self.digest.tries.clear()
            case "reset":
                self.state = self.factory()
                self.save()
                await self.refresh()
            case "status":
                return {"clock_offset_s": self.clock.offset_s, "synced_with": self.clock.synced_with, "requests": self.requests}
            case other:
                raise ValueError(f"a hand can't {other}")
        return None
