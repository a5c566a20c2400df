"""The pace of everything that is sent, and connections: whether a port opens, and the page behind it that needs no login."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import re
import ssl
import time
from collections.abc import Callable
from errno import ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ETIMEDOUT
from ipaddress import IPv4Address

CONNECT_S = 0.9  # before the kernel sends a second SYN, which nobody would have counted
PAGE_S, PAGE_LIMIT = 3.0, 32768
BY_THEM = (ECONNREFUSED, ECONNRESET, EHOSTUNREACH, ETIMEDOUT)  # what a device or a router on the way says; the rest happened here


class Pace:
    """At most so many packets and connects a second, both counted: in any t seconds no more than t times the rate, and two."""

    def __init__(self, per_s: float) -> None:
        self._gap_s, self._free, self._turn = 1 / per_s, time.monotonic(), asyncio.Lock()
        self.sent = {"packets": 0, "connects": 0}

    async def take(self, kind: str, count: int = 1) -> None:
        """Wait for a turn; who asks first goes first."""
        async with self._turn:
            await asyncio.sleep(self._free - time.monotonic())
            self._free = max(self._free, time.monotonic() - self._gap_s) + count * self._gap_s
            self.sent[kind] += count


async def knock(address: IPv4Address, port: int, remark: Callable[[str], None]) -> bool | None:
    """Whether the port opens; None: not a word, or it couldn't be tried."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(str(address), port), CONNECT_S)
    except asyncio.TimeoutError:  # noqa: UP041  not the builtin one before Python 3.11
        return None
    except OSError as error:
        if error.errno not in BY_THEM:
            remark(f"{address} port {port} couldn't be tried: {error.strerror}")
            return None
        return False
    writer.close()
    return True


async def page(address: IPv4Address, port: int, question: str, tls: bool) -> bytes:
    """What comes back within three seconds, its first 32 KiB; nothing when nothing does."""
    got = bytearray()

    async def talk() -> None:
        reader, writer = await asyncio.open_connection(str(address), port, ssl=any_tls() if tls else None)
        try:
            writer.write(question.encode("ascii", "ignore"))
            while len(got) < PAGE_LIMIT and not _whole(got):
                piece = await reader.read(4096)
                if not piece:
                    return
                got.extend(piece)
        finally:
            writer.transport.abort()

    with contextlib.suppress(OSError, asyncio.TimeoutError):  # what came before counts
        await asyncio.wait_for(talk(), PAGE_S)
    return bytes(got[:PAGE_LIMIT])


def _whole(got: bytearray) -> bool:
    head, blank, body = bytes(got).partition(b"\r\n\r\n")
    length = re.search(rb"(?i)\r\ncontent-length:\s*(\d{1,9})\s", head + b"\r\n")
    return bool(blank) and (head.startswith(b"RTSP") or (length is not None and len(body) >= int(length[1])))


def get(path: str, address: IPv4Address) -> str:
    """A request for a page, without any login."""
    return f"GET {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: motcua\r\nAccept: */*\r\nConnection: close\r\n\r\n"


@functools.lru_cache(maxsize=1)
def any_tls() -> ssl.SSLContext:
    """Old devices speak old TLS and sign for themselves; nothing is said to them that others may not hear."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.options |= getattr(ssl, "OP_LEGACY_SERVER_CONNECT", 4)
    return context
