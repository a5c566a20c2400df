"""Streams, watched from where they are near: in this process, or as a program at the site's router. Only the standard library."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..errors import AuthRefused, MotcuaError
from ..rtsp import watch

CONNECT_SECONDS = 5.0
MARGIN_SECONDS = 30.0  # beyond the time of watching: four answers and the first packet

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
Connect = Callable[[str, int], Awaitable[Streams]]
Job = Mapping[str, Any]


async def probe(jobs: Sequence[Job], connect: Connect) -> list[dict[str, Any]]:
    """Watch a device's streams at once: codec, width, height, fps, bitrate_kbps and seconds of each, or ``why`` there is nothing to say.

    The first goes ahead until it is let in: a login that is refused for one is not tried for the others.

    :param jobs: each with address, port, path, user, password, seconds.
    """
    if not jobs:
        return []
    let_in = asyncio.Event()
    first = asyncio.ensure_future(_one(jobs[0], connect, let_in.set))
    first.add_done_callback(lambda _: let_in.set())
    await let_in.wait()
    if first.done() and first.result().get("refused"):
        return [first.result()] * len(jobs)
    return list(await asyncio.gather(first, *(_one(job, connect) for job in jobs[1:])))


async def _one(job: Job, connect: Connect, let_in: Callable[[], None] = lambda: None) -> dict[str, Any]:
    try:
        streams = await asyncio.wait_for(connect(str(job["address"]), int(job["port"])), CONNECT_SECONDS)
        url = f"rtsp://{job['address']}:{job['port']}{job['path']}"
        return asdict(await watch(streams, url, str(job["user"]), str(job["password"]), float(job["seconds"]), let_in))
    except AuthRefused as error:
        return {"why": str(error), "refused": True}
    except MotcuaError as error:
        return {"why": str(error)}
    except (OSError, asyncio.TimeoutError, TimeoutError):  # noqa: UP041  two classes before Python 3.11
        return {"why": "the stream's port doesn't answer; look at the device, or try again"}


def run(options: Mapping[str, Any]) -> None:
    """The program at a router: one line of JSON."""
    sys.stdout.write(json.dumps(asyncio.run(probe(options["jobs"], asyncio.open_connection))) + "\n")
