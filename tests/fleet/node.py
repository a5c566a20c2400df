"""One process of a fleet: two ports for the devices of its sites, and a socket for whoever wants to know."""

import asyncio
import contextlib
import json
import socket
import time
from collections import OrderedDict, deque
from ipaddress import IPv4Network
from pathlib import Path

import asyncssh

from tests.emulators.http import certificate
from tests.fleet import console, web
from tests.fleet.layout import CERTIFICATES, Layout

KEPT, BACKLOG = 2000, 4096  # devices that are kept though nobody has changed them


class Node:
    """The devices of some sites, by number, the one that was called last at the end."""

    def __init__(self, folder, first, last, process):
        self.folder, self.layout, self._first, self._last, self._process = folder, Layout.read(folder), first, last, process
        self._devices, self._making, self._made, self._calls, self._open = OrderedDict(), {}, 0, 0, set()
        self._own, self._foreign = (web.context_of(*certificate(folder, name)) for name in CERTIFICATES)

    async def run(self):
        """Until it is cancelled; says `ready` when it listens."""
        tasks = [self._accept(listening(port + self._process, self.layout)) for port in (self.layout.https, self.layout.ssh)]
        control = await asyncio.start_unix_server(self._told, control_path(self.folder, self._first, self._process))
        print("ready", flush=True)
        try:
            await asyncio.gather(*tasks)
        finally:
            control.close()
            for device in self._devices.values():
                await device.close()

    async def _accept(self, listener):
        loop = asyncio.get_running_loop()
        while True:
            sock, _ = await loop.sock_accept(listener)
            task = asyncio.ensure_future(self._begin(sock))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    async def _begin(self, sock):
        device = self.layout.at(sock.getsockname()[0])
        failure = self.layout.failure(device) if device else "off"
        if failure == "off" or not self._ours(device):
            return hang_up(sock)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # The kernel has answered at once: what a call takes over a long line comes after it.
        await asyncio.sleep(self.layout.rtt_ms / 1000)
        self._calls += 1
        with contextlib.suppress(OSError, asyncssh.Error):  # whoever called has hung up
            await self._serve(sock, device, failure)
        return None

    async def _serve(self, sock, device, failure):
        if device.role == "router":
            if failure == "silent":
                await asyncio.get_running_loop().sock_recv(sock, 1 << 20)
                await asyncio.Event().wait()
            return await (await self._router(device)).serve(sock, foreign=failure == "key")
        found = self.find(device)
        if not found.server.open:  # its power is off, or it restarts
            return hang_up(sock)
        context = self._foreign if failure == "key" else found.server.context or self._own
        caller = web.Caller(found, context, self.layout.rtt_ms, failure)
        await asyncio.get_running_loop().connect_accepted_socket(lambda: caller, sock)
        return None

    def _ours(self, device):
        return self._first <= device.site <= self._last and self.layout.process(device.site) == self._process

    async def _router(self, device):
        """A router. Its box may be a whole sandbox, so it is made beside the loop and beside others: who calls hangs up after some seconds."""
        if device.number in self._devices:
            return self.find(device)
        making = self._making.get(device.number)
        if making is None:
            making = asyncio.ensure_future(asyncio.to_thread(console.box_of, self.layout, device))
            self._making[device.number] = making
            making.add_done_callback(lambda _: self._making.pop(device.number))
        return self.find(device, await asyncio.shield(making))

    def find(self, device, box=None):
        """The emulated device, made now if it is called for the first time."""
        found = self._devices.pop(device.number, None)
        if found is None:
            self._made += 1
            if device.role == "router":
                found = console.Parked(self.layout, device, self.folder, box or console.box_of(self.layout, device))
            else:
                found = web.build(self.layout, device, self.folder)
                found.asked = deque(maxlen=web.REMEMBERED)
            self._forget()
        self._devices[device.number] = found
        return found

    def _forget(self):
        """Let go of the one that wasn't called for longest, of those that are as they were and that nobody talks to."""
        if len(self._devices) < KEPT:
            return
        idle = next((number for number, device in self._devices.items() if not device.callers and not device.changed), None)
        if idle is not None:
            self._let_go(idle)

    def _let_go(self, number):
        task = asyncio.ensure_future(self._devices.pop(number).close())
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _told(self, reader, writer):
        asked = json.loads(await reader.readline())
        match asked["do"]:
            case "status":
                told = {"calls": self._calls, "made": self._made, "kept": len(self._devices), "connected": len(self._open)}
                told |= {"cpu_s": time.process_time(), "memory_mb": memory_mb()}
            case "asked":
                found = self._devices.get(asked["number"])
                told = [] if found is None else list(found.asked)
            case "listen":
                for device in self._devices.values():
                    device.asked.clear()
                told = {}
            case "settings":
                told = self._settle()
            case other:
                told = {"error": f"a fleet can't {other}"}
        writer.write(json.dumps(told).encode() + b"\n")
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    def _settle(self):
        """Read the layout again. Devices whose failure is another one now begin anew."""
        before, self.layout = self.layout, Layout.read(self.folder)
        for number in list(self._devices):
            device = self.layout.device(number)
            if before.failure(device) != self.layout.failure(device):
                self._let_go(number)
        return {"failures": self.layout.failures, "rtt_ms": self.layout.rtt_ms}


def listening(port, layout):
    """A socket for all addresses of a node. On a machine that others share, only its own programs may reach it."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if IPv4Network(layout.network).is_loopback:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo")
    sock.bind(("", port))
    sock.listen(BACKLOG)
    sock.setblocking(False)
    return sock


def hang_up(sock):
    """Reset the connection, which is the nearest to a device that isn't there."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    sock.close()


def memory_mb():
    """What this process has of the machine's memory, of pages that several have a share."""
    rows = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(row.split()[1]) / 1024 for row in rows if row.startswith("Pss:"))


def control_path(folder, first, process):
    """The socket by which a process is asked."""
    return str(folder / "run" / f"{first}-{process}.sock")
