"""What a stream really is: asked over RTSP (RFC 2326), then watched over the same connection for some seconds.

Nothing but the standard library, and the connection is given: a site's router runs it too, so that no video has to go up the line.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

from .digest import Challenge, challenge, response
from .errors import AuthRefused, Garbled, Refused, Unreachable, Unsupported
from .rtp import Counter, Media, Packet, begins_whole_picture, packet, parameter_set, size_of, video

OK, UNAUTHORIZED, NOT_FOUND = 200, 401, 404
ANSWER_SECONDS, PACKET_SECONDS = 10.0, 10.0
SETTLE_SECONDS = 1.0  # what a server has in store comes at once, and would count for more than its share
MAXIMUM_ANSWER_BYTES = 65536


@dataclass(frozen=True)
class Watched:
    """A stream as it came: ``codec`` is h264, h265, mjpeg or what it says; the rate is of the pictures alone, without RTP's own bytes."""

    codec: str
    width: int | None
    height: int | None
    fps: float
    bitrate_kbps: int
    seconds: float


@dataclass(frozen=True)
class _Reply:
    status: int
    headers: dict[str, str]
    body: str


async def watch(
    streams: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    url: str,
    user: str,
    password: str,
    seconds: float,
    let_in: Callable[[], None] = lambda: None,
) -> Watched:
    """Log in once, play the video and count what comes.

    :param url: ``rtsp://address:port/path``, without any credential.
    :param seconds: how long it is measured, once it has settled.
    :param let_in: is called when the login was taken.
    :raises AuthRefused: when it refuses the login, which is not tried again.
    :raises Unsupported: when there is no such stream, or no video in it.
    :raises Unreachable: when it breaks off or sends nothing.
    """
    session = _Session(*streams, url, user, password)
    try:
        return await session.watch(seconds, let_in)
    except (asyncio.TimeoutError, TimeoutError):  # noqa: UP041  two classes before Python 3.11, and one of them an OSError
        raise Unreachable("the stream's server is silent; look at the device, or try again") from None
    except (OSError, EOFError, asyncio.LimitOverrunError):  # EOFError: a stream that ends in the middle
        raise Unreachable("the stream's server breaks off; look at the device, or try again") from None
    finally:
        session.close()


class _Session:
    """One conversation, with video between its answers once it plays."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, url: str, user: str, password: str) -> None:
        self._reader, self._writer, self._url = reader, writer, url
        self._user, self._password = user, password
        self._challenge: Challenge | None = None
        self._session: str | None = None
        self._playing = url
        self._number = 0

    async def watch(self, seconds: float, let_in: Callable[[], None]) -> Watched:
        described = await self._ask("DESCRIBE", self._url, {"Accept": "application/sdp"})
        let_in()
        media = video(described.body, described.headers.get("content-base") or self._url, self._url)
        setup = await self._ask("SETUP", media.control, {"Transport": "RTP/AVP/TCP;unicast;interleaved=0-1"})
        self._session = setup.headers.get("session", "").split(";")[0].strip() or None
        channel = re.search(r"interleaved=(\d+)", setup.headers.get("transport", ""))
        self._playing = media.session
        await self._ask("PLAY", media.session, {"Range": "npt=0.000-"})
        return await self._count(media, int(channel[1]) if channel else 0, seconds)

    async def _count(self, media: Media, channel: int, seconds: float) -> Watched:
        settled, found, counter = time.monotonic() + SETTLE_SECONDS, media.parameters, Counter()
        while counter.seconds < seconds:
            got = await asyncio.wait_for(self._packet(channel), PACKET_SECONDS)
            now = time.monotonic()
            found = found or parameter_set(media.codec, got.payload)
            if counter.begun is not None:
                counter.add(now, got, whole=begins_whole_picture(media.codec, got.payload))
            elif got.last and now >= settled:
                counter.begun = counter.end = now
        width, height = size_of(media.codec, found)
        return Watched(media.codec, width, height, counter.fps, counter.kbps, round(counter.seconds, 1))

    async def _packet(self, channel: int) -> Packet:
        """The next RTP packet of the video; what else comes is read and forgotten."""
        while True:
            head = await self._reader.readexactly(1)
            if head != b"$":
                await self._answer(head)
                continue
            number, length = (await self._reader.readexactly(1))[0], int.from_bytes(await self._reader.readexactly(2), "big")
            content = await self._reader.readexactly(length)
            if number == channel:
                return packet(content)

    async def _ask(self, method: str, url: str, headers: dict[str, str]) -> _Reply:
        reply = await self._once(method, url, headers)
        if reply.status == UNAUTHORIZED and self._challenge is None:
            self._challenge = challenge(reply.headers.get("www-authenticate", ""))
            if self._challenge is None or self._challenge.scheme != "digest":
                raise AuthRefused("the stream offers no digest login, and the password isn't sent in clear; switch digest on at the device")
            reply = await self._once(method, url, headers)
        if reply.status == UNAUTHORIZED:
            raise AuthRefused("the stream refuses the login that the device takes; nothing more is tried")
        if reply.status == NOT_FOUND:
            raise Unsupported("the device has no such stream")
        if reply.status != OK:
            raise Refused(f"the stream's server answers {reply.status} to {method}")
        return reply

    async def _once(self, method: str, url: str, headers: dict[str, str]) -> _Reply:
        self._number += 1
        lines = {"CSeq": str(self._number), "User-Agent": "motcua"}
        if self._session:
            lines["Session"] = self._session
        if self._challenge is not None:
            try:
                lines["Authorization"] = response(self._challenge, self._user, self._password, method, url)
            except ValueError as error:
                raise AuthRefused(str(error)) from None
        lines.update(headers)
        head = "".join(f"{key}: {value}\r\n" for key, value in lines.items())
        self._writer.write(f"{method} {url} RTSP/1.0\r\n{head}\r\n".encode())
        await self._writer.drain()
        while True:
            first = await asyncio.wait_for(self._reader.readexactly(1), ANSWER_SECONDS)
            if first != b"$":
                return await asyncio.wait_for(self._answer(first), ANSWER_SECONDS)
            await self._reader.readexactly(1)  # video that comes before the answer to PLAY
            await self._reader.readexactly(int.from_bytes(await self._reader.readexactly(2), "big"))

    async def _answer(self, first: bytes) -> _Reply:
        head = (first + await self._reader.readuntil(b"\r\n\r\n")).decode("utf-8", "replace")
        match = re.match(r"RTSP/\d\.\d (\d{3})", head)
        if not match:
            raise Garbled("the stream's port doesn't speak RTSP; look at what stands at this address")
        headers: dict[str, str] = {}
        for line in head.splitlines()[1:]:
            key, _, value = line.partition(":")
            name = key.strip().lower()
            headers[name] = f"{headers[name]}, {value.strip()}" if name in headers else value.strip()
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > MAXIMUM_ANSWER_BYTES:
            raise Garbled("the stream's server announces an answer that is none of a camera's")
        body = await self._reader.readexactly(int(length))
        return _Reply(int(match[1]), headers, body.decode("utf-8", "replace"))

    def close(self) -> None:
        """Let go of the stream, politely where it plays."""
        if self._session is not None and not self._writer.is_closing():
            self._number += 1
            self._writer.write(f"TEARDOWN {self._playing} RTSP/1.0\r\nCSeq: {self._number}\r\nSession: {self._session}\r\n\r\n".encode())
        self._writer.close()
