"""The gate's answers over HTTP, on a socket that only nginx may open."""

import asyncio
import hmac
import json
import logging
import re
import socket
import sqlite3
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from aiohttp import web

from . import passwords, peers, totp
from .database import Database, hash_of
from .demand import NoRoom, ask
from .paths import CAMERA, asked
from .people import COOKIE, People, token_for_posts
from .recordings import LONGEST_PLAYLIST_SECONDS, LONGEST_TIMELINE_SECONDS, playlist, timeline
from .rights import PROVINCE_PAGES, Rights, mark
from .state import State
from .watching import Watching

BODY_BYTES = 4096
KEPT_SECONDS = 75  # longer than nginx keeps a connection, so that it is never closed under a request
TICK_SECONDS = 1
STOP_SECONDS = 2
WRITE_SECONDS = 10
SESSIONS_SECONDS = 60
FORGET_SECONDS = 3600
HASHES = 2  # at a time: each takes 64 MiB
HASHES_WAITING = 16
ACCOUNT = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}", re.ASCII)
ENROL = re.compile(r"/api/enrol/([A-Za-z0-9_-]{43})", re.ASCII)
ON_CAMERA = {
    "timeline": re.compile(rf"/api/timeline/{CAMERA}", re.ASCII),
    "demand": re.compile(rf"/api/demand/{CAMERA}", re.ASCII),
    "playlist": re.compile(rf"/playback/{CAMERA}/index\.m3u8", re.ASCII),
}
LOG = logging.getLogger("motcua-gate")


class Refused(Exception):
    """The answer is this status, and why in a word."""

    def __init__(self, status, error, **more):
        super().__init__(error)
        self.status, self.said = status, {"error": error, **more}


class Gate:
    """Everything that the gate knows, and what it answers.

    :param places: the paths of settings, database, state, recorder and demand, and ``now``, a clock in seconds since 1970.
    """

    def __init__(self, places, now=time.time):
        self._places, self._now = places, now
        self._rights = Rights(places["settings"])
        self._state = State(Path(places["state"]))
        self._database = Database(places["database"])
        self._database.changed()
        self._people = People(self._database.accounts(), self._database.sessions())
        self._watching = Watching(self._database.last_viewing())
        # One thread has the database, so that what is asked first is done first; nothing that waits for a disk holds up a picture.
        self._writer = ThreadPoolExecutor(1, "database")
        self._hasher = ThreadPoolExecutor(HASHES, "password")
        self._readers = ThreadPoolExecutor(4, "recordings")
        self._hashing = 0
        self._said = None
        self._exact = {
            ("GET", "/auth"): self._auth,
            ("POST", "/api/login"): self._login,
            ("POST", "/api/logout"): self._logout,
            ("GET", "/api/me"): self._me,
            ("GET", "/api/tree"): self._tree,
            ("GET", "/api/state"): self._cameras,
        }

    async def answer(self, request):
        """The answer to one request."""
        path = request.path if request.raw_path.isascii() else ""
        try:
            if request.method == "POST":
                await _read(request)  # whole, before anything is refused: who still sends doesn't hear
            handler = self._exact.get((request.method, path))
            return await (handler(request) if handler else self._on(request))
        except Refused as refused:
            return web.json_response(refused.said, status=refused.status, headers=_kept_nowhere())
        except sqlite3.Error as error:
            LOG.warning("the database can't be used (%s)", error)
            return web.json_response({"error": "database"}, status=503, headers=_kept_nowhere())
        except Exception:
            LOG.exception("an answer failed")
            return web.json_response({"error": "gate"}, status=500, headers=_kept_nowhere())

    async def _on(self, request):
        enrol = ENROL.fullmatch(request.raw_path)
        if enrol and request.method in ("GET", "POST"):
            return await (self._invitation if request.method == "GET" else self._enrol)(request, enrol[1])
        path = request.raw_path.partition("?")[0]
        for name, pattern in ON_CAMERA.items():
            found = pattern.fullmatch(path)
            if found and request.method == ("POST" if name == "demand" else "GET"):
                return await getattr(self, f"_{name}")(request, found["camera"])
        raise Refused(404, "nothing_here")

    # --- the pieces of video: nothing in here waits -----------------------------------------------------------------------

    async def _auth(self, request):
        headers, now_s = request.headers, self._now()
        target = asked(headers.get("X-Original-URI", ""))
        if target is None or headers.get("X-Original-Method") not in ("GET", "HEAD"):
            return web.Response(status=403)
        what, camera, footage_s = target
        address = headers.get("X-Real-IP", "")
        who = self._people.who(headers.get("Cookie"), self._rights, now_s)
        if who is None:
            if what == "live" and address in self._rights.watchers and camera in self._rights.cameras:
                return self._allowed(("", "", address), what, camera, now_s)
            return web.Response(status=401)
        account, viewer, _ = who
        viewer = self._rights.viewers[account.viewer]
        if what == "province":
            return web.Response(status=204 if viewer.kind in PROVINCE_PAGES else 403)
        if not viewer.may(what, camera, now_s):
            return web.Response(status=403)
        return self._allowed((account.account, viewer.id, address), what, camera, now_s, footage_s)

    def _allowed(self, who, what, camera, now_s, footage_s=None):
        self._watching.saw(who, what, camera, now_s, footage_s)
        begun = self._watching.begun()
        if begun:
            self._writer.submit(self._write, begun)
        return web.Response(status=204)

    def _write(self, viewings):
        try:
            self._database.watched(viewings)
        except sqlite3.Error as error:
            LOG.warning("who watches can't be written down (%s)", error)
            for one in viewings:
                one.dirty = True

    # --- logging in and out -------------------------------------------------------------------------------------------------

    async def _login(self, request):
        _same_origin(request)
        body, address = await _body(request), request.headers.get("X-Real-IP", "")
        account, password, code = (body.get(key) for key in ("account", "password", "code"))
        if not isinstance(account, str) or not isinstance(password, str) or not isinstance(code, str | None):
            raise Refused(400, "form")
        account = account.strip().lower()
        # What can't be an account is counted for the address alone, under one name: nobody fills the database with names.
        known = account if ACCOUNT.fullmatch(account) else "?"
        wait_s = await self._kept(self._database.attempt, known, address, self._now())
        if wait_s > 0:
            raise Refused(429, "wait", seconds=int(wait_s) + 1)
        one = self._people.accounts.get(account)
        viewer = None if one is None or one.disabled else self._rights.viewers.get(one.viewer)
        kept = None if viewer is None else one.password
        try:
            right = await self._hashed(passwords.right, kept, password)
        except Refused:  # this machine has too much to do: nobody's failure
            await self._kept(self._database.forgive, known, address)
            raise
        if not right:
            return await self._wrong(known, address)
        if viewer.needs_code:
            if not code:
                await self._kept(self._database.forgive, account, address)
                raise Refused(401, "code_needed")
            if not await self._code_taken(one, code):
                return await self._wrong(known, address)
        before = self._people.who(request.headers.get("Cookie"), self._rights, self._now())
        replaced = None if before is None else hash_of(before[2])
        token = await self._kept(self._database.begin, account, kept, address, self._now(), replaced)
        if token is None:
            return await self._wrong(known, address)
        await self._kept(self._database.forgive, account, address, True)
        if before is not None:
            self._people.end(before[2])
        self._people.begin(token, account, self._now())
        answer = web.json_response(self._about(one, viewer, token), headers=_kept_nowhere())
        answer.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="Strict")
        return answer

    async def _code_taken(self, one, code):
        if one.totp is None or not re.fullmatch("[0-9]{6}", code, re.ASCII):
            return False
        step = totp.step_of(one.totp, code, self._now())
        return step is not None and await self._kept(self._database.take_step, one.account, step)

    async def _wrong(self, account, address):
        await self._kept(self._database.failed, account, address, self._now())
        raise Refused(401, "wrong")

    async def _hashed(self, work, *arguments):
        """Argon2 in a thread; who comes when many wait already is asked to come back."""
        if self._hashing >= HASHES_WAITING:
            raise Refused(429, "wait", seconds=2)
        self._hashing += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._hasher, work, *arguments)
        finally:
            self._hashing -= 1

    async def _logout(self, request):
        account, _, token = self._posting(request)
        self._people.end(token)
        await self._kept(self._database.end, hash_of(token), account.account, request.headers.get("X-Real-IP", ""), self._now())
        self._people.end(token)  # it may have been read again meanwhile
        answer = web.json_response({}, headers=_kept_nowhere())
        answer.set_cookie(COOKIE, "", path="/", secure=True, httponly=True, samesite="Strict", max_age=0)
        return answer

    async def _me(self, request):
        account, viewer, token = self._here(request)
        return web.json_response(self._about(account, viewer, token), headers=_kept_nowhere())

    def _about(self, account, viewer, token):
        return {
            "account": account.account,
            "name": account.name,
            "viewer": viewer.id,
            "kind": viewer.kind,
            "screens": viewer.screens,
            "token": token_for_posts(token),
            "language": self._rights.language,
        }

    # --- enrolment ------------------------------------------------------------------------------------------------------------

    async def _invitation(self, _, token):
        link, account, viewer = await self._link(token)
        about = {"name": account.name, "kind": viewer.kind, "code_required": viewer.needs_code}
        if viewer.needs_code:
            about["otpauth"] = totp.address(link.totp, account.account)
        return web.json_response(about, headers=_kept_nowhere())

    async def _enrol(self, request, token):
        _same_origin(request)
        body, address = await _body(request), request.headers.get("X-Real-IP", "")
        password, code = body.get("password"), body.get("code")
        if not isinstance(password, str) or not isinstance(code, str | None):
            raise Refused(400, "form")
        link, account, viewer = await self._link(token)
        if passwords.weak(password, account.account):
            raise Refused(400, "weak")
        step = None
        if viewer.needs_code:
            step = totp.step_of(link.totp, code, self._now()) if code and re.fullmatch("[0-9]{6}", code, re.ASCII) else None
            if step is None:
                raise Refused(400, "code")
        kept = await self._hashed(passwords.hashed, password)
        if not await self._kept(self._database.enrol, token, kept, step, address, self._now()):
            raise Refused(410, "used")
        await self._renew()
        return web.json_response({}, headers=_kept_nowhere())

    async def _link(self, token):
        link = await self._kept(self._database.link, token, self._now())
        if link is None:
            raise Refused(404, "nothing_here")
        if link.state != "open":
            raise Refused(410, link.state)
        account = (await self._kept(self._database.accounts)).get(link.account)
        viewer = None if account is None else self._rights.viewers.get(account.viewer)
        if viewer is None or (viewer.needs_code and link.totp is None):
            raise Refused(410, "late")
        return link, account, viewer

    # --- what there is to see -------------------------------------------------------------------------------------------------

    async def _tree(self, request):
        _, viewer, _ = self._here(request)
        return web.json_response(self._rights.tree(viewer, self._now()), headers=_kept_nowhere())

    async def _cameras(self, request):
        _, viewer, _ = self._here(request)
        now_s = self._now()
        seen = [
            camera for camera in viewer.live | viewer.playback if viewer.may("live", camera, now_s) or viewer.may("playback", camera, now_s)
        ]
        return web.json_response(
            self._state.of([camera for camera in seen if camera in self._rights.cameras], now_s), headers=_kept_nowhere()
        )

    async def _timeline(self, request, camera):
        self._may(request, "playback", camera)
        span = _span(request, LONGEST_TIMELINE_SECONDS)
        return web.json_response(await self._recorded(timeline, camera, span), headers=_kept_nowhere())

    async def _playlist(self, request, camera):
        self._may(request, "playback", camera)
        text = await self._recorded(playlist, camera, _span(request, LONGEST_PLAYLIST_SECONDS))
        return web.Response(text=text, content_type="application/vnd.apple.mpegurl", headers=_kept_nowhere())

    async def _recorded(self, question, camera, span):
        try:
            shards = [Path(shard) for shard in self._rights.settings["shards"]]
            return await asyncio.get_running_loop().run_in_executor(self._readers, question, shards, camera, *span)
        except (OSError, sqlite3.Error) as error:
            LOG.warning("the recordings of %s can't be listed (%s)", camera, error)
            raise Refused(503, "recordings") from None

    async def _demand(self, request, camera):
        self._posting(request)
        self._may(request, "live", camera)
        try:
            seconds = await ask(self._places["demand"], camera)
        except NoRoom:
            raise Refused(409, "no_room") from None
        except (OSError, ValueError, TimeoutError) as error:
            LOG.warning("the main stream of %s can't be asked for (%s)", camera, error)
            raise Refused(503, "demand") from None
        return web.json_response({"seconds": seconds}, status=202, headers=_kept_nowhere())

    # --- who asks -------------------------------------------------------------------------------------------------------------

    def _here(self, request):
        who = self._people.who(request.headers.get("Cookie"), self._rights, self._now())
        if who is None:
            raise Refused(401, "login")
        return who

    def _may(self, request, what, camera):
        _, viewer, _ = self._here(request)
        if not viewer.may(what, camera, self._now()):
            raise Refused(403, "not_yours")

    def _posting(self, request):
        _same_origin(request)
        who = self._here(request)
        if not hmac.compare_digest(request.headers.get("X-Motcua-Token", "").encode(), token_for_posts(who[2]).encode()):
            raise Refused(403, "token")
        return who

    async def _kept(self, work, *arguments):
        return await asyncio.get_running_loop().run_in_executor(self._writer, work, *arguments)

    # --- what goes on beside --------------------------------------------------------------------------------------------------

    async def keep(self):
        """Follow what the rollout and motcua-viewer write, and write what was watched, until it is cancelled."""
        due = {WRITE_SECONDS: 0.0, SESSIONS_SECONDS: 0.0, FORGET_SECONDS: 0.0}
        while True:
            try:
                await self._follow()
                for seconds, work in (
                    (WRITE_SECONDS, self._write_on),
                    (SESSIONS_SECONDS, self._keep_sessions),
                    (FORGET_SECONDS, self._forget),
                ):
                    if time.monotonic() >= due[seconds]:
                        due[seconds] = time.monotonic() + seconds
                        await work()
            except sqlite3.Error as error:
                LOG.warning("the database can't be used (%s)", error)
            except OSError as error:
                LOG.warning("the devices that may dial in can't be written (%s)", error)
            await asyncio.sleep(TICK_SECONDS)

    async def _follow(self):
        before = self._rights
        try:
            if mark(Path(self._places["settings"])) != self._rights.mark:
                self._rights, self._said = Rights(self._places["settings"]), None
        except (OSError, ValueError, KeyError, TypeError) as error:
            if str(error) != self._said:
                LOG.warning("%s: can't be used (%r), so the former rights hold; roll out the centre again", self._places["settings"], error)
            self._said = str(error)
        if self._rights is not before:
            await self._keep_devices()
        if await self._kept(self._database.changed):
            await self._renew()

    async def _renew(self):
        accounts, sessions = await self._kept(lambda: (self._database.accounts(), self._database.sessions()))
        self._people.renew(accounts, sessions)

    async def _write_on(self):
        viewings = self._watching.unwritten(self._now())
        if viewings:
            await self._kept(self._write, viewings)

    async def _keep_sessions(self):
        await self._kept(self._database.keep_sessions, self._people.used(), self._people.gone(self._rights, self._now()))
        await self._renew()
        await self._keep_devices()

    async def _keep_devices(self):
        """A device is let in no longer than its person: rights end by a rollout, or with an agreement's last day."""
        if self._rights.settings["devices"] is not None:
            devices = await self._kept(self._database.devices)
            peers.write(self._places["peers"], peers.allowed(devices, self._people.accounts, self._rights, self._now()))

    async def _forget(self):
        await self._kept(self._database.forget, self._rights.settings["log_days"], self._now())

    async def stop(self):
        """Write what isn't written yet."""
        await self._write_on()
        await self._keep_sessions()
        self._writer.shutdown()
        self._database.close()


def _kept_nowhere():
    return {"Cache-Control": "no-store"}


def _same_origin(request):
    """Refuse what another site's page sends; every browser says where a POST comes from."""
    origin = request.headers.get("Origin", "")
    if not origin or urlsplit(origin).scheme != "https" or urlsplit(origin).netloc != request.headers.get("Host"):
        raise Refused(403, "origin")


async def _read(request):
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Refused(413, "too_large") from None


async def _body(request):
    try:
        body = json.loads(await _read(request))
    except (ValueError, RecursionError):
        raise Refused(400, "form") from None
    if not isinstance(body, dict):
        raise Refused(400, "form")
    return body


def _span(request, longest_s):
    try:
        from_s, until_s = (float(request.query[key]) for key in ("from", "until"))
    except (KeyError, ValueError):
        raise Refused(400, "range") from None
    if not 0 <= from_s < until_s <= 1e11 or until_s - from_s > longest_s:
        raise Refused(400, "range")
    return from_s, until_s


def _request(*arguments):
    return web.BaseRequest(*arguments, asyncio.get_running_loop(), client_max_size=BODY_BYTES)


def listening(path):
    """The socket that systemd opened, so that a restart refuses nobody; else one of our own."""
    if path is None:
        return socket.socket(fileno=3)
    own = socket.socket(socket.AF_UNIX)
    Path(path).unlink(missing_ok=True)
    own.bind(str(path))
    return own


async def serve(places, stopped):
    """Answer until ``stopped`` is set."""
    gate = Gate(places)
    server = web.Server(gate.answer, request_factory=_request, access_log=None, keepalive_timeout=KEPT_SECONDS)
    runner = web.ServerRunner(server)
    await runner.setup()
    await web.SockSite(runner, listening(places.get("socket")), backlog=4096, shutdown_timeout=STOP_SECONDS).start()
    keeping = asyncio.create_task(gate.keep())
    waiting = asyncio.create_task(stopped.wait())
    print("motcua-gate: ready", file=sys.stderr, flush=True)
    await asyncio.wait({keeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    keeping.cancel()
    await runner.cleanup()
    await gate.stop()
    if keeping.done() and not keeping.cancelled():
        keeping.result()
