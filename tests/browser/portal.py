"""The centre's gate and its nginx in one small server, for the pages' tests: contract and headers are theirs, rights and footage are made up."""

import json
import mimetypes
import secrets
import sys
import threading
import time
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.browser import province

PAGES = Path("roles/portal/files/page")
COOKIE = "__Host-motcua"
CSP = "default-src 'self'; media-src 'self' blob:; worker-src 'self' blob:; img-src 'self' blob: data:; style-src 'self'; script-src 'self'; frame-ancestors 'none'"
OF_ALL = {"/state.json", "/wall.html", "/province.html"}


class Refused(Exception):
    def __init__(self, status, error=None, **more):
        super().__init__(status)
        self.status, self.body = status, {"error": error, **more} if error else {}


class Portal(ThreadingHTTPServer):
    """``live_folder`` is the one live stream that all cameras show; ``day`` tells what was recorded."""

    daemon_threads = True

    def __init__(self, live_folder, day):
        super().__init__(("127.0.0.1", 0), Answer)
        self.live_folder, self.day = live_folder, day
        self.origin = f"http://localhost:{self.server_port}"
        self.reset()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        if not isinstance(sys.exception(), ConnectionError):  # a closed window is no fault
            super().handle_error(request, client_address)

    def reset(self):
        self.sessions, self.asked, self.frozen = {}, [], {}
        self.states, self.written_s, self.room, self.main_ready, self.wrong = province.states(), None, True, True, 0
        self.invitations = {
            "giay-moi-1": {
                "name": "Lê Minh Vận",
                "kind": "operator",
                "code_required": True,
                "otpauth": "otpauth://totp/motcua:vanhanh?secret=JBSWY3DPEHPK3PXP&issuer=motcua",
            },
            "giay-moi-2": {"name": "Nguyễn Thị Xuân", "kind": "leader", "code_required": False},
        }

    def freeze(self, camera):
        """The camera's playlist stays as it is now."""
        self.frozen[camera] = (self.live_folder / "index.m3u8").read_bytes()


class Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Portal

    def log_message(self, *_):
        pass

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        self._answer(self._post)

    def _answer(self, way):
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append(self.path)
        self._cookie = None
        try:
            status, kind, content = way(parts.path, parse_qs(parts.query), json.loads(body) if body else {})
        except Refused as refused:
            status, kind, content = refused.status, "application/json", json.dumps(refused.body).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store" if kind != "video/mp2t" else "private")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Content-Security-Policy", CSP)
        if self._cookie is not None:
            self.send_header("Set-Cookie", f"{COOKIE}={self._cookie}; Path=/; Secure; HttpOnly; SameSite=Strict")
        self.end_headers()
        self.wfile.write(content)

    @staticmethod
    def _json(body, status=200):
        return status, "application/json", json.dumps(body).encode()

    def _me(self):
        cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        account = self.server.sessions.get(cookie.value) if cookie else None
        if not account:
            raise Refused(401)
        return province.ACCOUNTS[account], account, cookie.value

    def _tell_me(self, account, token):
        who = province.ACCOUNTS[account]
        return self._json(
            {key: who[key] for key in ("name", "viewer", "kind", "screens")} | {"account": account, "token": token, "language": "vi"}
        )

    def _may(self, camera, what="live"):
        who, *_ = self._me()
        if camera not in who[what]:
            raise Refused(403)

    def _get(self, path, query, _body):
        if path in OF_ALL and self._me()[0]["kind"] not in ("ioc", "operator"):
            raise Refused(403)
        match path.strip("/").split("/"):
            case ["api", "me"]:
                return self._tell_me(*self._me()[1:])
            case ["api", "enrol", token]:
                if token not in self.server.invitations:
                    raise Refused(404)
                return self._json(self.server.invitations[token])
            case ["api", "tree"]:
                who, *_ = self._me()
                return self._json(province.only(province.provinces_tree(), who["live"], who["playback"]))
            case ["api", "state"]:
                who, *_ = self._me()
                return self._json(
                    {
                        "written": province.iso(self.server.written_s or time.time()),
                        "cameras": {id_: self.server.states[id_] for id_ in who["live"]},
                    }
                )
            case ["state.json"]:
                return self._json(province.province_state(self.server.written_s or time.time(), self.server.states))
        return self._footage(path, query)

    def _footage(self, path, query):
        match path.strip("/").split("/"):
            case ["api", "timeline", camera]:
                self._may(camera, "playback")
                return self._json(self.server.day.timeline(*(float(query[name][0]) for name in ("from", "until"))))
            case ["live", camera, *rest]:
                self._may(camera)
                return self._live(camera, rest)
            case ["playback", camera, "index.m3u8"]:
                self._may(camera, "playback")
                text = self.server.day.playlist(*(float(query[name][0]) for name in ("from", "until")))
                if not text:
                    raise Refused(404)
                return 200, "application/vnd.apple.mpegurl", text.encode()
            case ["playback", camera, *rest]:
                self._may(camera, "playback")
                return 200, "video/mp2t", self.server.day.piece("/".join(rest))
        return self._file(path)

    @staticmethod
    def _file(path):
        file = (PAGES / (path.strip("/") or "index.html")).resolve()
        if not file.is_relative_to(PAGES.resolve()) or not file.is_file():
            raise Refused(404)
        kind = "text/javascript" if file.suffix in (".js", ".js") else mimetypes.guess_type(file)[0]
        return 200, kind, file.read_bytes()

    def _live(self, camera, rest):
        seen = self.server.states[camera]["state"]
        if seen == "off" or (rest[0] == "main" and not self.server.main_ready):
            raise Refused(404)
        if rest[-1] == "index.m3u8" and camera in self.server.frozen:
            return 200, "application/vnd.apple.mpegurl", self.server.frozen[camera]
        file = self.server.live_folder / rest[-1]
        try:
            return 200, "video/mp2t" if file.suffix == ".ts" else "application/vnd.apple.mpegurl", file.read_bytes()
        except FileNotFoundError:
            raise Refused(404) from None

    def _post(self, path, _query, body):
        match path.strip("/").split("/"):
            case ["api", "login"]:
                return self._login(**body)
            case ["api", "enrol", token]:
                return self._enrol(token, **body)
        who, _account, session = self._me()
        if self.headers.get("X-Motcua-Token") != session:
            raise Refused(403)
        match path.strip("/").split("/"):
            case ["api", "logout"]:
                del self.server.sessions[session]
                return self._json({})
            case ["api", "demand", camera] if camera in who["live"]:
                if not self.server.room:
                    raise Refused(409, "no_room")
                return self._json({"seconds": 60}, 202)
        raise Refused(403)

    def _login(self, account, password, code=None):
        who = province.ACCOUNTS.get(account)
        if self.server.wrong >= 5:
            raise Refused(429, "wait", seconds=40)
        if not who or password != province.PASSWORD or (code and code != who["code"]):
            self.server.wrong += 1
            raise Refused(401, "wrong")
        if who["code"] and not code:
            raise Refused(401, "code_needed")
        self._cookie = secrets.token_hex(16)
        self.server.sessions[self._cookie] = account
        return self._tell_me(account, self._cookie)

    def _enrol(self, token, password, code=None):
        invitation = self.server.invitations.get(token)
        if not invitation:
            raise Refused(410)
        if password == "mat-khau-123":
            raise Refused(400, "weak")
        if invitation["code_required"] and code != province.CODE:
            raise Refused(400, "code")
        del self.server.invitations[token]
        return self._json({})
