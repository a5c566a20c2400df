"""Every vendor's own question to a device's web server, without a login: which of them it answers as that vendor's devices do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from ..discovery import Heard
from ..errors import Garbled, Refused, Unreachable
from ..transport import Http
from ..trust import Trust
from .identify import Told, told
from .marks import QUESTIONS
from .reach import Reach

TLS, PLAIN = (443, 8443), (80, 8080)
ANSWER_SECONDS = 6.0
BODY_CHARACTERS = 4000  # a sign stands at the beginning


@dataclass(frozen=True)
class Web:
    """A device's web server that answers."""

    scheme: str
    port: int


async def ask(address: str, heard: Sequence[Heard], reach: Reach, turn: Callable[[], Awaitable[None]]) -> tuple[Web | None, list[Told]]:
    """Ask where a web server may be, encrypted first; the first that knows any answer counts, else the first that answers at all.

    :param turn: is awaited before each connection; the questions to one server share it, as what is read after a login does.
    """
    answering = None
    for web in candidates(heard):
        answers = await _ask_all(address, web, reach, turn)
        if answers:
            return web, answers
        answering = answering or (web if answers is not None else None)
    return answering, []


def candidates(heard: Sequence[Heard]) -> list[Web]:
    """Where a web server may be: the usual open ports, those that discovery found one at, and those that the device names."""
    named = {int(port) for one in heard if (port := one.says.get("http_port", "")).isdecimal()}
    opened = {one.port for one in heard if one.port is not None and one.how in ("port", "http")}
    ports = sorted(port for port in {*named, *opened} if port in (*TLS, *PLAIN) or port in named or _is_web(port, heard))
    encrypted = [Web("https", port) for port in ports if port not in PLAIN]
    return encrypted + [Web("http", port) for port in ports if port not in TLS]


def _is_web(port: int, heard: Sequence[Heard]) -> bool:
    return any(one.how == "http" and one.port == port for one in heard)


async def _ask_all(address: str, web: Web, reach: Reach, turn: Callable[[], Awaitable[None]]) -> list[Told] | None:
    """The answers that only one vendor's devices give; None when nothing answers there."""
    try:
        host, port = await reach.way(address, web.port)
    except Unreachable:
        return None
    http = Http(f"{web.scheme}://{host}:{port}", Trust(address), reuse_nonce=False)
    found: list[Told] = []
    await turn()
    try:
        for question in QUESTIONS:
            try:
                async with asyncio.timeout(ANSWER_SECONDS):
                    answer = await http.plain(question.method, question.target, question.body, question.content_type)
            except (Refused, Garbled):
                continue  # an answer all the same: it redirects, or says more than any camera
            said = told(question, answer.status, answer.headers, answer.text[:BODY_CHARACTERS])
            found += [] if said is None else [said]
    except (Unreachable, TimeoutError):
        return found or None
    finally:
        await http.close()
    return found
