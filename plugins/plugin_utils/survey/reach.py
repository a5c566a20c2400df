"""How a survey reaches the devices: at the office they stand beside it, from the centre they stand behind the site's router."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from ..errors import Unreachable
from ..transport import connect
from .far import program
from .probe import MARGIN_SECONDS, Job, probe

LOOPBACK = "127.0.0.1"
PROBE = ("errors.py", "digest.py", "sps.py", "rtp.py", "rtsp.py", "survey/probe.py")
LOGIN_SECONDS, EXIT_SECONDS, TRIES = 30.0, 5.0, 3
READY = b"ready"


class Reach(Protocol):
    """A place from which devices can be asked; ``at_once`` is how many are asked, and watched, at a time."""

    at_once: int

    async def way(self, address: str, port: int) -> tuple[str, int]:
        """Where a port of a device is reached from here."""

    async def watch(self, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        """Watch streams of one device, as ``probe`` does; a job's address and port are the device's own."""

    def named(self, sentence: str) -> str:
        """A sentence in which only the devices' own addresses stand."""


class AtTheOffice:
    """On the devices' own LAN."""

    at_once = 32

    async def way(self, address: str, port: int) -> tuple[str, int]:
        """The port itself."""
        return address, port

    async def watch(self, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        """Watch from here."""
        return await probe(jobs, connect)

    def named(self, sentence: str) -> str:
        """The sentence as it is."""
        return sentence


class ThroughRouter:
    """Behind a site's router: forwards of one SSH connection that listen on loopback alone, and programs that run at the router.

    Streams are watched at the router, because their video would fill the site's line.
    """

    at_once = 8  # sshd lets ten programs run over one connection

    def __init__(self, ssh: Sequence[str], socket: Path, python: str) -> None:
        """``ssh`` is a whole command up to the host; ``socket`` is where the open connection is reached."""
        self._ssh, self._python = list(ssh), python
        self._socket = socket
        self._ways: dict[tuple[str, int], int] = {}
        self._turn = asyncio.Lock()

    async def way(self, address: str, port: int) -> tuple[str, int]:
        """A forward to the port, made the first time."""
        async with self._turn:
            if (address, port) not in self._ways:
                self._ways[address, port] = await self._forward(address, port)
        return LOOPBACK, self._ways[address, port]

    async def _forward(self, address: str, port: int) -> int:
        for _ in range(TRIES):  # somebody else may take the free port first
            here = await _free_port()
            done = await self._run("-O", "forward", "-L", f"{LOOPBACK}:{here}:{address}:{port}")
            if done[0] == 0:
                return here
        raise Unreachable(f"{address}: the router makes no way to port {port}; allow TCP forwarding for its administrator, then run again")

    async def watch(self, jobs: Sequence[Job]) -> list[dict[str, Any]]:
        """Watch from the router."""
        text = program(PROBE, {"jobs": [dict(job) for job in jobs]})
        seconds = max((float(job["seconds"]) for job in jobs), default=0.0) + MARGIN_SECONDS
        try:
            async with asyncio.timeout(seconds):
                code, said = await self._run("-T", command=f"{self._python} -I -", given=text)
            found = json.loads(said) if code == 0 else None
        except (TimeoutError, ValueError):
            found = None
        if not isinstance(found, list):
            return [{"why": "the router didn't finish watching the stream; try again"} for _ in jobs]
        return found

    def named(self, sentence: str) -> str:
        """Forwards written as the ports that they lead to."""
        for (address, port), here in self._ways.items():
            sentence = sentence.replace(f"{LOOPBACK}:{here}", f"{address}:{port}")
        return sentence

    async def _run(self, *options: str, command: str | None = None, given: bytes | None = None) -> tuple[int, bytes]:
        """Something over the open connection: its exit code and what it prints."""
        *ssh, host = self._ssh
        whole = [
            *ssh[:1],
            "-o",
            f"ControlPath={self._socket}",
            "-o",
            "ControlMaster=no",
            *options,
            *ssh[1:],
            host,
            *([command] if command else []),
        ]
        process = await asyncio.create_subprocess_exec(
            *whole,
            stdin=asyncio.subprocess.PIPE if given is not None else asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
        )
        try:
            said, _ = await process.communicate(given)
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return process.returncode or 0, said


@contextlib.asynccontextmanager
async def through_router(ssh: Sequence[str], python: str) -> AsyncIterator[ThroughRouter]:
    """An SSH connection of our own to a router, ended afterwards.

    :param ssh: the command with every option that the inventory has for the host, which is its last word.
    :raises Unreachable: when the router lets nobody in.
    """
    folder = Path(tempfile.mkdtemp(prefix="motcua-"))  # only its owner may enter, so nobody else can use the connection
    socket = folder / "ssh"
    *command, host = ssh
    keeping = ["-N", "-o", "BatchMode=yes", "-o", "ControlMaster=yes", "-o", f"ControlPath={socket}", "-o", "ControlPersist=no"]
    telling = ["-o", "PermitLocalCommand=yes", "-o", f"LocalCommand=echo {READY.decode()}", "-o", "ExitOnForwardFailure=yes"]
    process = await asyncio.create_subprocess_exec(
        *command[:1], *keeping, *telling, *command[1:], host,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await _wait_ready(process, host)
        yield ThroughRouter(ssh, socket, python)
    finally:
        await _end(process)
        shutil.rmtree(folder, ignore_errors=True)


async def _wait_ready(process: asyncio.subprocess.Process, host: str) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        async with asyncio.timeout(LOGIN_SECONDS):
            line = await process.stdout.readline()
            while line and line.strip() != READY:
                line = await process.stdout.readline()
    except TimeoutError:
        line = b""
    if not line:
        process.terminate() if process.returncode is None else None
        words = (await process.stderr.read()).decode("utf-8", "replace").strip().splitlines()
        reason = words[-1] if words else "no answer"
        raise Unreachable(f"{host}: the router lets nobody in over SSH ({reason}); look at its line and its key")


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(EXIT_SECONDS):
            await process.wait()
    except TimeoutError:
        process.kill()
        await process.wait()


async def _free_port() -> int:
    """A port of loopback that nobody listens on just now."""
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), LOOPBACK, 0)
    port = int(server.sockets[0].getsockname()[1])
    server.close()
    await server.wait_closed()
    return port
