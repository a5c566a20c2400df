"""Sessions on a router: commands by SSH's exec channel, or typed into its shell behind netmiko's driver for the platform."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, Protocol

import netmiko
import paramiko
from netmiko.channel import SSHChannel
from netmiko.exceptions import NetmikoBaseException, ReadException

from ..errors import Garbled, Unreachable
from ..routers.platform import Command
from .login import Access, Login, log_in
from .shell import ANY_PROMPT, LAST_PAGE, PAGE, answer_of, cleaned, last_line, prompt_of

PIECE_BYTES = 65536
MAXIMUM_ANSWER_BYTES = 16 * 1024 * 1024
TAIL_LETTERS = 4096  # of an answer that still comes, only its end is looked at: prompt, question and page stand there
QUIET_SECONDS = 0.5  # after so long without a letter a prompt that we didn't know is believed
STATUS_SECONDS = 0.5  # for an exit status behind the answer's end; RouterOS may send none
WIDTH, HEIGHT = 511, 1000  # netmiko's own: wide enough for any command of ours


@dataclass(frozen=True)
class Answer:
    """What came back; ``status`` is the exit status where the channel has one."""

    text: str
    status: int | None = None


class Session(Protocol):
    """One login. Each call raises Unreachable when the session breaks off or the answer takes too long."""

    def read(self, command: str) -> str:
        """The answer to a command that changes nothing."""

    def send(self, command: Command) -> Answer:
        """Send a command; a question of the device gets the command's answer."""

    def close(self) -> None:
        """End the session; never raises."""


def open_session(access: Access, driver: str, channel: Literal["exec", "shell"], noise: re.Pattern[str] | None = None) -> Session:
    """Log in to a router.

    :param driver: netmiko's device_type.
    :param noise: lines that the device prints into a session by itself.
    """
    if channel == "exec":
        return _Exec(access, log_in(access, access.user), noise)
    console = netmiko.ConnectHandler(device_type=driver, host=access.host, username=access.user, auto_connect=False)
    console._modify_connection_params()  # RouterOS wants terminal options behind the user's name
    login = log_in(access, console.username)
    shell = _Shell(access, login, console, noise)
    try:
        shell.begin()
    except BaseException:
        shell.close()
        raise
    return shell


@contextlib.contextmanager
def _unbroken(access: Access, doing: str) -> Iterator[None]:
    """What SSH and netmiko raise, as one sentence. ``doing`` is shown to people: no secret is in it."""
    try:
        yield
    except TimeoutError:  # paramiko's socket.timeout
        raise Unreachable(
            f"{access.where}: {doing} wasn't answered within {access.timeout_seconds:.0f} s; look at the line, or give a larger timeout"
        ) from None
    except (OSError, EOFError, paramiko.SSHException, NetmikoBaseException, ReadException, ValueError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Unreachable(f"{access.where}: the session broke off at {doing} ({reason}); look at the line and run again") from None


class _Received:
    """What a channel has sent so far; waiting ends with an answer, at the deadline, or with the session."""

    def __init__(self, channel: paramiko.Channel, seconds: float) -> None:
        self._channel, self._deadline = channel, time.monotonic() + seconds
        self._bytes = bytearray()

    @property
    def text(self) -> str:
        return self._bytes.decode("utf-8", "replace")

    def more(self, quiet_seconds: float | None = None) -> bool | None:
        """Wait for more: True when some came, False at the channel's end, None when all was quiet for so long."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self._channel.settimeout(left if quiet_seconds is None else min(left, quiet_seconds))
        try:
            piece = self._channel.recv(PIECE_BYTES)
        except TimeoutError:
            if quiet_seconds is None or quiet_seconds >= left:
                raise
            return None
        self._bytes += piece
        if len(self._bytes) > MAXIMUM_ANSWER_BYTES:
            raise Garbled(f"the router answers more than {MAXIMUM_ANSWER_BYTES} bytes; that is no answer to what was asked")
        return bool(piece)


class _Exec:
    """A channel for each command, on one transport."""

    def __init__(self, access: Access, login: Login, noise: re.Pattern[str] | None) -> None:
        self._access, self._login, self._noise = access, login, noise

    def read(self, command: str) -> str:
        return self._run(Command(command, f"'{command}'")).text

    def send(self, command: Command) -> Answer:
        return self._run(command)

    def _run(self, command: Command) -> Answer:
        with _unbroken(self._access, command.shown):
            channel = self._login.transport.open_session(timeout=self._access.timeout_seconds)
            with contextlib.closing(channel):
                channel.set_combine_stderr(True)
                channel.exec_command(command.text)
                received, asked = _Received(channel, self._access.timeout_seconds), command.expect
                while received.more():
                    if asked is not None and re.search(asked, received.text):
                        channel.sendall(f"{command.answer or ''}\n".encode())
                        asked = None
                status = channel.exit_status if channel.status_event.wait(STATUS_SECONDS) and channel.exit_status >= 0 else None
                if status is None and not channel.eof_received:
                    self._login.transport.join(STATUS_SECONDS)
                    if not self._login.transport.is_active():
                        raise EOFError("the connection is gone")
                return Answer(cleaned(received.text, self._noise).strip("\n"), status)

    def close(self) -> None:
        self._login.close()


class _Shell:
    """One interactive channel. netmiko's driver knows the login's pages and what Enter is; the rest is read here, without its waits."""

    def __init__(self, access: Access, login: Login, console: netmiko.BaseConnection, noise: re.Pattern[str] | None) -> None:
        self._access, self._login, self._console, self._noise = access, login, console, noise
        self._prompt = ANY_PROMPT

    def begin(self) -> None:
        """What netmiko's establish_connection does behind its login, which is ours here."""
        with _unbroken(self._access, "the login"):
            self._channel = self._login.transport.open_session(timeout=self._access.timeout_seconds)
            self._channel.get_pty("vt100", WIDTH, HEIGHT)
            self._channel.invoke_shell()
            self._channel.settimeout(self._access.timeout_seconds)
            self._console.remote_conn = self._channel
            self._console.channel = SSHChannel(conn=self._channel, encoding="utf-8")
            self._console.special_login_handler()
            self._wait_for_a_prompt()

    def _wait_for_a_prompt(self) -> None:
        """The first line behind a greeting after which the device is quiet; netmiko's way takes VyOS three seconds."""
        received, pressed = _Received(self._channel, self._access.timeout_seconds), False
        while (came := received.more(QUIET_SECONDS)) is not False:
            line = last_line(cleaned(received.text[-TAIL_LETTERS:], self._noise))
            if came is None and ANY_PROMPT.search(line):
                self._learn(line)
                return
            if came is None and received.text and not pressed:
                self._channel.sendall(self._console.RETURN.encode())
                pressed = True
        raise EOFError("it closed the session")

    def _learn(self, prompt: str) -> None:
        self._prompt = prompt_of(prompt)

    def read(self, command: str) -> str:
        return self._type(Command(command, f"'{command}'")).text

    def send(self, command: Command) -> Answer:
        return self._type(command)

    def _type(self, command: Command) -> Answer:
        with _unbroken(self._access, command.shown):
            while self._channel.recv_ready():  # a log line, or the prompt behind an answer to a question
                self._channel.recv(PIECE_BYTES)
            self._channel.sendall((command.text + self._console.RETURN).encode())
            return Answer(answer_of(self._until_prompt(command), command.text))

    def _until_prompt(self, command: Command) -> str:
        received, asked = _Received(self._channel, self._access.timeout_seconds), command.expect
        quiet: float | None = None
        while (came := received.more(quiet)) is not False:
            text, quiet = cleaned(received.text[-TAIL_LETTERS:], self._noise).rstrip("\n"), None
            line = last_line(text)
            if PAGE.search(line):
                self._channel.sendall(b"q" if LAST_PAGE.search(line) else b" ")
            elif asked is not None and re.search(asked, text):
                self._channel.sendall(f"{command.answer or ''}{self._console.RETURN}".encode())
                asked = None
            elif self._prompt.search(text):
                return cleaned(received.text, self._noise)
            elif ANY_PROMPT.search(line):
                if came is None:
                    self._learn(line)
                    return cleaned(received.text, self._noise)
                quiet = QUIET_SECONDS
        raise EOFError("it closed the session")

    def close(self) -> None:
        self._login.close()
