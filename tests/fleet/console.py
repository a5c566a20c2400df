"""Routers behind SSH: the emulated boxes, whose time passes when somebody looks at them, so that those that nobody calls cost nothing."""

import asyncio
import hashlib
import importlib
import time
from pathlib import Path

import asyncssh
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.emulators.routers.server import MODULES, Emulated, always

USER = "motcua"
CLOCK_SECONDS = 0.25
QUIRKS = {"slow": {"slow"}, "broken": {"cut_after:0"}}


class Parked(Emulated):
    """One router, without a port and a clock of its own."""

    def __init__(self, layout, device, folder, box):
        failure = layout.failure(device)
        quirks, key = quirks_of(layout, device), None if failure == "password" else Path(folder, "id_ed25519.pub").read_text()
        super().__init__(
            device.kind, box, user=USER, password="", authorized_key=key, rtt_ms=layout.rtt_ms, minute_seconds=60.0, reachable=always, quirks=quirks,
            address=(layout.address(device), layout.port(device)),
        )  # fmt: skip
        self._loop, self._seen = asyncio.get_running_loop(), time.monotonic()
        self._own = asyncssh.SSHServerConnectionOptions(**self._speaks(host_key(device.host)))
        self._passing = asyncio.Lock()
        self._changed, self._first = False, self._says()

    @property
    def changed(self):
        """Whether its configuration isn't what it was at first; once it was changed it stays so."""
        self._changed = self._changed or self._says() != self._first
        return self._changed

    def _says(self):
        """Its configuration as one number, without the comments that tell the time."""
        return hash("\n".join(line for line in self.box.export().splitlines() if not line.startswith(("#", "!"))))

    async def serve(self, sock, *, foreign):
        """Talk to whoever has connected; with a key that nobody knows where ``foreign``."""
        options = self._own if not foreign else asyncssh.SSHServerConnectionOptions(**self._speaks(host_key(f"foreign {self.host}")))
        connection = await asyncssh.run_server(sock, options=options)
        waiting = getattr(self.box, "blocking", False)  # its commands wait for its own clock
        clock = asyncio.ensure_future(self._keep_time()) if waiting else None
        try:
            await connection.wait_closed()
        finally:
            if clock is not None:
                clock.cancel()

    async def received(self, session, line):
        await self._let_time_pass()
        await super().received(session, line)

    async def _keep_time(self):
        while True:
            await asyncio.sleep(CLOCK_SECONDS)
            await self._let_time_pass()

    async def _let_time_pass(self):
        async with self._passing:
            now = time.monotonic()
            since, self._seen = now - self._seen, now
            await self._with_box(self.box.tick, since)

    @property
    def asked(self):
        """The lines that it got."""
        return self.sent

    @property
    def callers(self):
        """Who is connected."""
        return self._paths

    async def close(self):
        """Take away what it had of this machine."""
        await self._close_sessions()
        if hasattr(self.box, "close"):
            await self._with_box(self.box.close)


def box_of(layout, device):
    """A router as it is delivered."""
    module, password = importlib.import_module(f"tests.emulators.routers.{MODULES[device.kind]}"), hashlib.sha256(device.host.encode())
    return module.build(device.kind, user=USER, password=password.hexdigest()[:16], quirks=quirks_of(layout, device))


def quirks_of(layout, device):
    """What its failure is to the emulator."""
    return frozenset(QUIRKS.get(layout.failure(device), ()))


def host_key(name):
    """The key of a router, made of its name, so that it is the same after a restart and nowhere written down."""
    own = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(f"host key of {name}".encode()).digest())
    return asyncssh.import_private_key(own.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
