"""Emulated routers behind real SSH, on loopback only: any number of boxes in one thread with one loop.

A box (box.py) may say more of itself than it must; each of these attributes is optional:

- box: ``boots`` (a number that grows at each restart: sessions end), ``admits(user, password=None, key=None)`` (True, False, or None for "as
  the test says"), ``folder`` (a Path that sftp and scp serve), ``ssh_version``, ``log_line()`` (what a log line in a session looks like),
  ``blocking`` (its sessions wait for real programs, so that they run in threads), ``close()``, ``minute_seconds`` (set by the server).
- session: ``keys`` (characters that are answered without Enter, as at once at this prompt), ``echo`` (False while a password is typed),
  ``pager`` (the pager's prompt), ``rows`` (of a page, where it was set), ``wraps`` (output is cut at ``width``), ``newline`` (on an exec channel), ``status`` (exit status of the last
  command), ``argv(command)`` (a real program is run instead of ``execute``).

``build(kind, config=, user=, password=, quirks=)`` of the kind's module makes the box.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import importlib
import re
import threading
import time

import asyncssh

from tests.emulators.routers.box import Closed
from tests.emulators.routers.server_path import Path
from tests.emulators.routers.server_shell import SLOW_SECONDS, Shell, run_command

USER, PASSWORD = "motcua", "Kh0ngAiBiet-2026"
MODULES = {"routeros7": "routeros", "routeros6": "routeros", "ios": "ios", "vyos14": "vyos", "vyos13": "vyos", "openwrt": "openwrt"}
LOG_LINE = "\nBroadcast message from root (somewhere) (Thu Aug 29 11:54:34 2024):\n\nThe system clock was stepped.\n\n"
# What equipment of 2012 has, and nothing newer.
OLD = {
    "kex_algs": ["diffie-hellman-group14-sha1", "diffie-hellman-group1-sha1"],
    "encryption_algs": ["aes128-cbc", "3des-cbc", "aes128-ctr"],
    "mac_algs": ["hmac-sha1"],
    "signature_algs": ["ssh-rsa"],
}


def always(_export):
    return True


@functools.cache
def _loop():
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, name="emulated-routers", daemon=True).start()
    return loop


def _in_loop(coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, _loop()).result(60)


class Emulated:
    """One router on loopback, or at an address and port of its own. ``sent`` is every line and exec command that it got, ``sessions`` how many logins there were.

    ``quirks`` and ``reachable`` may be changed while it runs. A mistake of the box itself is kept in ``failures``, and raised at the end.
    """

    def __init__(self, kind, box, *, user, password, authorized_key, rtt_ms, minute_seconds, reachable, quirks, address=("127.0.0.1", 0)):
        self.host, self.port = address
        self.kind, self.box, self.quirks, self.reachable = kind, box, set(quirks), reachable
        self.sent, self.failures = [], []
        self.sessions = self.refused_logins = 0
        self._user, self._password, self._rtt_ms = user, password, rtt_ms
        self._key = asyncssh.import_public_key(authorized_key) if authorized_key else None
        self._minute_seconds, self._boots = minute_seconds, getattr(box, "boots", 0)
        self._paths, self._logins, self._open = {}, 0, True
        box.minute_seconds = minute_seconds

    def power_cut(self):
        """The power goes and comes back."""
        _in_loop(self._cut())

    def export(self):
        """The running configuration in the box's own words, with its secrets."""
        return _in_loop(self._with_box(self.box.export))

    def close_sessions(self):
        """All connections break off."""
        _in_loop(self._close_sessions())

    async def take(self, session, line):
        """One line for the box: its answer, and all that follows from it. Raises Closed at the session's end."""
        await self.received(session, line)
        try:
            return await self._with_box(session.execute, line)
        finally:
            self.look_at_the_path()

    async def received(self, session, line):
        """A line has come: it is written down, and quirks have their turn. Raises Closed where this line is the session's last."""
        cut_after = next((int(quirk.split(":")[1]) for quirk in self.quirks if quirk.startswith("cut_after:")), None)
        session.taken = getattr(session, "taken", 0) + 1
        if cut_after is not None and session.taken > cut_after:
            await self._close_sessions()
            raise Closed
        self.sent.append(line)
        if "slow" in self.quirks:
            await asyncio.sleep(SLOW_SECONDS)

    def noise(self):
        """A log line, where the router prints them into sessions."""
        if "log_lines" not in self.quirks:
            return ""
        return getattr(self.box, "log_line", lambda: LOG_LINE)()

    def look_at_the_path(self):
        """After every change and tick: has the box restarted, and does the site's line still carry us?"""
        if getattr(self.box, "boots", 0) != self._boots:
            self._boots = self.box.boots
            for path in list(self._paths.values()):
                path.cut()
        if self.reachable is not always or not self._open:
            was, self._open = self._open, self._carried()
            if self._open and not was:
                for path in list(self._paths.values()):
                    path.flow()

    def _carried(self):
        try:
            return bool(self.reachable(self.box.export()))
        except Exception as mistake:  # noqa: BLE001  a test's own function, or the box: told at the end
            self.failures.append(mistake)
            return True

    def admits(self, user, password=None, key=None):
        """Whether the login is right: by the box's own accounts where it knows better, else by the one that the test gave."""
        own = getattr(self.box, "admits", None)
        said = own(user, password=password, key=key) if own else None
        if said is None:
            said = user == self._user and (password == self._password if key is None else key == self._key)
        return said

    async def _with_box(self, function, *arguments):
        try:
            if getattr(self.box, "blocking", False):
                return await asyncio.to_thread(function, *arguments)
            return function(*arguments)
        except Closed:
            raise
        except Exception as mistake:
            self.failures.append(mistake)
            raise Closed from mistake

    async def _cut(self):
        await self._with_box(self.box.power_cut)
        self._boots = getattr(self.box, "boots", 0)
        await self._close_sessions()
        self.look_at_the_path()

    async def _close_sessions(self):
        for path in list(self._paths.values()):
            path.cut()

    async def _start(self):
        self._loop = asyncio.get_running_loop()
        old = "old_kex" in self.quirks
        key = asyncssh.generate_private_key("ssh-rsa", key_size=2048) if old else asyncssh.generate_private_key("ssh-ed25519")
        self.host_key = key.export_public_key().decode().strip()
        self._server = await asyncssh.listen(self.host, self.port, **self._speaks(key), **(OLD if old else {}))
        self.port = self._server.sockets[0].getsockname()[1]
        self._ticking = asyncio.ensure_future(self._tick())
        self.look_at_the_path()

    def _speaks(self, key):
        """What asyncssh is to do with a connection."""
        folder = getattr(self.box, "folder", None)
        files = (
            {} if folder is None else {"sftp_factory": lambda channel: asyncssh.SFTPServer(channel, chroot=str(folder)), "allow_scp": True}
        )
        return {
            "server_host_keys": [key], "server_factory": lambda: _Server(self), "session_factory": self._session, "encoding": None,
            "line_editor": False, "server_version": getattr(self.box, "ssh_version", "OpenSSH_9.2"), "keepalive_interval": 0, **files,
        }  # fmt: skip

    async def _tick(self):
        pause, last = min(max(self._minute_seconds / 20, 0.02), 0.5), time.monotonic()
        while True:
            await asyncio.sleep(pause)
            now = time.monotonic()
            with contextlib.suppress(Closed):
                await self._with_box(self.box.tick, (now - last) * 60 / self._minute_seconds)
                self.look_at_the_path()
            last = now

    async def _stop(self):
        self._ticking.cancel()
        self._server.close()
        await self._close_sessions()
        await self._server.wait_closed()
        if hasattr(self.box, "close"):
            await self._with_box(self.box.close)

    async def _session(self, stdin, stdout, stderr):
        channel, connection = stdin.channel, stdin.channel.get_connection()
        user, width, rows = _login(connection.get_extra_info("username"))
        command, status = channel.get_command(), 0
        try:
            session = await self._with_box(functools.partial(self.box.login, user, exec_channel=command is not None))
            if command is None:
                columns, height = channel.get_terminal_size()[:2]
                session.width = 80 if "narrow" in self.quirks else (width or columns)
                await Shell(self, session, stdin, stdout, rows or height).run()
            else:
                status = await run_command(self, session, command, stdin, stdout, stderr)
        except Closed:
            pass
        except (asyncssh.Error, OSError, EOFError):
            return
        channel.exit(status)
        connection.close() if command is None else None


class _Server(asyncssh.SSHServer):
    """What asyncssh asks of one connection."""

    def __init__(self, router):
        self._router, self._path = router, None

    def connection_made(self, conn):
        self._path = Path(self._router._loop, conn, self._router._rtt_ms, lambda: self._router._open)
        self._router._paths[id(self)] = self._path
        if not self._router._open:
            self._path.cut()

    def connection_lost(self, _exc):
        self._router._paths.pop(id(self), None)

    def begin_auth(self, _username):
        return True

    def password_auth_supported(self):
        return True

    def public_key_auth_supported(self):
        return True

    def validate_password(self, username, password):
        return self._count(self._router.admits(_login(username)[0], password=password))

    def validate_public_key(self, username, key):
        return self._router.admits(_login(username)[0], key=key)

    def auth_completed(self):
        self._router.sessions += 1

    def _count(self, admitted):
        self._router.refused_logins += not admitted
        return admitted


def _login(username):
    """A user name without MikroTik's console options, and what they say of width and height: ``admin+ct511w4098h``."""
    user, _, options = username.partition("+")
    sizes = {letter: int(number) for number, letter in re.findall(r"(\d+)([wh])", options)}
    return user, sizes.get("w", 0), sizes.get("h", 0)


@contextlib.contextmanager
def emulated(
    kind, *, config=None, user=USER, password=PASSWORD, authorized_key=None, rtt_ms=0, minute_seconds=60.0, reachable=always, quirks=frozenset(), box=None,
    address=("127.0.0.1", 0),
):  # fmt: skip
    """One emulated router of ``kind`` while the block lasts; ``box`` brings a Box of one's own instead.

    ``minute_seconds`` is how long a minute of the box lasts. ``reachable`` gets the box's export after every change: while it says False no new
    connection is taken, and those that there are hang.
    """
    if box is None:
        module = importlib.import_module(f"tests.emulators.routers.{MODULES[kind]}")
        box = module.build(kind, config=config, user=user, password=password, quirks=frozenset(quirks))
    router = Emulated(
        kind, box, user=user, password=password, authorized_key=authorized_key, rtt_ms=rtt_ms, minute_seconds=minute_seconds,
        reachable=reachable, quirks=quirks, address=address,
    )  # fmt: skip
    _in_loop(router._start())
    try:
        yield router
    finally:
        _in_loop(router._stop())
    if router.failures:
        raise router.failures[0]
