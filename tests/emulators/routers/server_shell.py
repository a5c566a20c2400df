"""What stands between a login's bytes and a box's lines: echo, line editing, pages, wrapping, noise, and a box that takes its time."""

from __future__ import annotations

import asyncio

from tests.emulators.routers.box import Closed

CTRL_C, CTRL_U, BACKSPACES = "\x03", "\x15", "\x7f\b"
SLOW_SECONDS = 2.0
ROWS = 24


def wrapped(text, width):
    """``text`` as a terminal of that width leaves it in a log: lines cut where the screen ends."""
    if not width:
        return text
    return "\n".join("\n".join(line[start : start + width] for start in range(0, max(len(line), 1), width)) for line in text.split("\n"))


class Shell:
    """One interactive login. ``router`` is the Emulated that it runs on, ``keys`` an async iterator over what is typed."""

    def __init__(self, router, session, stdin, stdout, rows):
        self._router, self._session, self._stdin, self._stdout = router, session, stdin, stdout
        self._rows = rows or ROWS
        self._typed, self._after_return = [], False

    async def run(self):
        session = self._session
        try:
            self._write(session.greeting())
            while True:
                self._write(session.prompt())
                line = await self._line()
                if line is None:
                    return
                await self._answer(line)
        except (Closed, EOFError):
            return

    async def _answer(self, line):
        try:
            answer = await self._router.take(self._session, line)
        except Closed as last:
            self._write(str(last))
            raise
        if answer and not answer.endswith("\n"):
            answer += "\n"
        answer = self._router.noise() + answer
        if "narrow" in self._router.quirks or getattr(self._session, "wraps", False):
            answer = wrapped(answer, self._session.width)
        if self._session.paging:
            await self._page(answer)
        else:
            self._write(answer)

    async def _page(self, text):
        """As more(1) does it: space for a page, Enter for a line, q to leave it; the prompt of the pager is wiped out again."""
        pager = getattr(self._session, "pager", " --More-- ")
        lines = text.splitlines(keepends=True)
        rows = getattr(self._session, "rows", 0) or self._rows
        shown, room = 0, rows - 1
        while shown < len(lines):
            self._write("".join(lines[shown : shown + room]))
            shown += room
            if shown >= len(lines):
                return
            self._write(pager)
            key = await self._key()
            while key not in " \r\nqQ" + CTRL_C:
                key = await self._key()
            self._write("\b" * len(pager) + " " * len(pager) + "\b" * len(pager))
            if key in "qQ" + CTRL_C:
                return
            room = rows - 1 if key == " " else 1

    async def _line(self):
        """The next line, or one of the session's own ``keys``, which needs no Enter. None at Ctrl-D on an empty line."""
        typed = ""
        while True:
            key = await self._key()
            if key in getattr(self._session, "keys", ""):
                return typed + key if key == "?" else key
            if key == "\r":
                self._write("\n")
                return typed
            if key == CTRL_C:
                self._write("^C\n" + self._session.prompt())
                typed = ""
            elif key in BACKSPACES or key == CTRL_U:
                gone = len(typed) if key == CTRL_U else min(len(typed), 1)
                typed = typed[: len(typed) - gone]
                self._echo("\b \b" * gone)
            elif key == "\x04":
                if not typed:
                    return None
            elif key >= " " or key == "\t":
                typed += key
                self._echo(key)
                if "narrow" in self._router.quirks and len(self._session.prompt() + typed) % self._session.width == 0:
                    self._echo("\n")

    async def _key(self):
        """The next key; Enter is one key, be it sent as CR, LF or both."""
        while True:
            if not self._typed:
                data = await self._stdin.read(4096)
                if not data:
                    raise EOFError
                self._typed = list(data.decode("utf-8", "replace"))
            key = self._typed.pop(0)
            if key == "\n" and self._after_return:
                self._after_return = False
                continue
            self._after_return = key == "\r"
            return "\r" if key == "\n" else key

    def _echo(self, text):
        if getattr(self._session, "echo", True):
            self._write(text)

    def _write(self, text):
        if text:
            self._stdout.write(text.replace("\r\n", "\n").replace("\n", "\r\n").encode())


async def run_command(router, session, command, stdin, stdout, stderr):
    """An exec channel: one command, its answer, its exit status. No echo, no prompt, no pages."""
    if hasattr(session, "argv"):
        return await _program(router, session, command, stdin, stdout, stderr)
    try:
        answer = await router.take(session, command)
    except Closed as last:
        answer = str(last)
    newline = getattr(session, "newline", "\n")
    stdout.write(answer.replace("\r\n", "\n").replace("\n", newline).encode())
    return getattr(session, "status", 0)


async def _program(router, session, command, stdin, stdout, stderr):
    """A command that a real shell runs, with the channel as its standard input and output."""
    await router.received(session, command)
    process = await asyncio.create_subprocess_exec(
        *session.argv(command), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )

    async def feed():
        while data := await stdin.read(65536):
            process.stdin.write(data)
        process.stdin.close()

    async def show(stream, writer):
        while data := await stream.read(65536):
            writer.write(data)

    feeding = asyncio.ensure_future(feed())
    # Like sshd, the channel ends when nobody holds the program's output any more: a job in the background that keeps it, keeps the channel.
    await asyncio.gather(show(process.stdout, stdout), show(process.stderr, stderr))
    status = await process.wait()
    feeding.cancel()
    router.look_at_the_path()
    return status
