"""Cameras and recorders behind HTTPS: the emulated devices, without ports, pictures and files of their own."""

import asyncio
import ssl

from tests.emulators.__main__ import KINDS
from tests.emulators.http import REASONS, Request
from tests.emulators.routers.server_path import Way
from tests.fleet.models import FACTS, MODELS, PASSWORD

SLOW_SECONDS, PIECE = 3.0, 65536
GARBAGE = [{"path": ".", "kind": "garbage", "login": True}]


class Door:
    """A device's side of the ports that all share: whether it is switched on, and who is connected."""

    def __init__(self, _address, _ports, _tls, handle):
        self.handle, self.open, self.callers, self.context = handle, True, set(), None

    async def start(self):
        self.open = True

    async def stop(self):
        self.open = False
        for caller in list(self.callers):
            caller.abort()

    def relocate(self, _address):
        """Addresses are the layout's; one that moved away answers where it was."""

    def certify(self, pem, key):
        """Show another certificate from the next connection on."""
        self.context = context_of(pem, key)


class Unseen:
    """No pictures: nobody asks a fleet for them."""

    def __init__(self, *_arguments):
        pass

    def start(self, *_):
        """Nothing to do, like the rest."""

    stop = refresh = reseat = relocate = start


class Parked:
    """An emulated device without a process and files of its own; ``changed`` once somebody has set something."""

    SERVER, MEDIA = Door, Unseen
    changed = False

    def save(self):
        self.changed = True

    def _tls(self):
        """The fleet's own, which its Door never looks at; one that was installed, as any device."""
        return super()._tls() if "certificate" in self.state else (None, None)


CLASSES = {kind: type(f"Parked{made.__name__}", (Parked, made), {}) for kind, made in KINDS.items()}


def build(layout, device, folder):
    """The emulated device as its installer left it."""
    tail, facts, failure = f"{device.number:06x}", FACTS[device.kind], layout.failure(device)
    mac = ":".join([facts["mac"], tail[:2], tail[2:4], tail[4:]])
    model = MODELS[device.kind, device.role]
    serial = mac.replace(":", "").upper() if device.kind == "axis" else f"{model}{device.number:09}"
    channels = [
        {"number": one.place, "address": layout.address(one), "user": "admin", "password": PASSWORD, "name": f"Camera {one.place:02d}", "private": False}
        for one in (layout.of_site(device.site) if device.role == "nvr" else ())
        if one.role == "camera"
    ]  # fmt: skip
    config = {
        "name": device.host, "kind": f"{device.kind}-{device.role}", "address": layout.address(device), "prefix_length": 24, "model": model, "serial": serial,
        "gateway": None, "factory_user": "admin", "factory_password": PASSWORD, "firmware_date": "", "clock_offset_s": 0, "pause_s": 3, "lock_s": 20,
        "ports": {"http": 80, "https": layout.port(device), "rtsp": 554}, "state": str(folder / f"{device.host}.json"), "clips": "", "channels": channels,
        "quirks": {"faults": GARBAGE} if failure == "broken" else {},
    } | facts | {"mac": mac}  # fmt: skip
    if failure == "password":
        config["factory_password"] = "another-1"
    return CLASSES[config["kind"]](config)


def context_of(pem, key):
    """TLS as a device speaks it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return context


class Caller(asyncio.Protocol):
    """One connection to one device. The line's delay lies below TLS, so that a handshake takes its round trips too."""

    open = True  # as Way asks

    def __init__(self, device, context, rtt_ms, failure):
        self._device, self._door, self._failure = device, device.server, failure
        loop = asyncio.get_running_loop()
        self._in = Way(loop, self._feed, rtt_ms / 2000, self)
        self._out = Way(loop, self._send, rtt_ms / 2000, self)
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._shaken, self._read, self._requests, self._serving = False, b"", asyncio.Queue(), None

    def connection_made(self, transport):
        self._transport = transport
        self._peer = transport.get_extra_info("peername")[0]
        self._door.callers.add(self)

    def connection_lost(self, _exc):
        self._door.callers.discard(self)
        if self._serving is not None:
            self._serving.cancel()

    def abort(self):
        """The line is cut, or the power."""
        self._transport.abort()

    def data_received(self, data):
        if self._failure != "silent":
            self._in.put(data)

    def _feed(self, data):
        self._incoming.write(data)
        try:
            if not self._shaken:
                self._tls.do_handshake()
                self._shaken = True
            while piece := self._tls.read(PIECE):
                self._read += piece
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLError:  # the other side doesn't like our key, or hangs up
            self._out.put(None)
        self._flush()
        self._parse()

    def _parse(self):
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            line, *rest = self._read[:end].decode("latin-1").split("\r\n")
            headers = {key.lower(): value.strip() for key, _, value in (row.partition(":") for row in rest)}
            until = end + 4 + int(headers.get("content-length", 0))
            if len(self._read) < until:
                return
            method, target, _ = line.split()
            self._requests.put_nowait(Request(method, target, headers, self._read[end + 4 : until], self._peer))
            self._read = self._read[until:]
            if self._serving is None:
                self._serving = asyncio.ensure_future(self._serve())

    async def _serve(self):
        more = True
        while more:
            request = await self._requests.get()
            self._device.asked.append(request.target)
            if self._failure == "slow":
                await asyncio.sleep(SLOW_SECONDS)
            response = await self._door.handle(request)
            more = response is not None and await self._answer(request, response)
        self._out.put(None)

    async def _answer(self, request, response):
        """Write it as it is to be delivered; whether the connection goes on."""
        if response.delivery == "silent":
            await asyncio.Event().wait()
        close = response.close or request.headers.get("connection", "").lower() == "close"
        part = response.body if response.delivery == "whole" else response.body[: len(response.body) // 2]
        length = len(response.body if response.delivery == "cut" else part)
        rows = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Error')}", f"Content-Length: {length}"]
        rows += [f"Content-Type: {response.content_type}", f"Connection: {'close' if close else 'keep-alive'}"]
        rows += [f"{key}: {value}" for key, value in response.headers.items()]
        self._tls.write("\r\n".join(rows).encode("latin-1") + b"\r\n\r\n" + part)
        self._flush()
        return not close and response.delivery in ("whole", "half")

    def _flush(self):
        if data := self._outgoing.read():
            self._out.put(data)

    def _send(self, data):
        if data is None:
            self._transport.close()
        elif not self._transport.is_closing():
            self._transport.write(data)
