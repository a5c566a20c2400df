"""The storage centre's portal of a test: the real gate on its socket, the real nginx before it, accounts, pictures and recordings."""

import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import jinja2
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from tests.unit.standby import eventually
from tests.unit.wire import free_port

ROLE = Path("roles/portal").resolve()
PACKAGES = (ROLE / "files", Path("roles/recorder/files").resolve())
sys.path[:0] = [str(path) for path in PACKAGES if str(path) not in sys.path]

from footage.index import open_index  # noqa: E402  a package of the machine, not of the controller
from footage.segment import Segment  # noqa: E402  found through sys.path, which is set above
from gate import totp  # noqa: E402  found through sys.path, which is set above

PYTHON = "/usr/bin/python3"  # with Debian's packages, as at the centre
PASSWORD = "Rừng-lim xanh 1993"
MACHINE = "127.0.0.9"  # the operations centre's address
BEGIN_S = 1_700_000_000 // 60 * 60
PIECE = "000000001.ts"


def lab():
    """What the lab's centre is to be."""
    province = load("inventory/lab/province.yml")
    return next(host for host in desired(province, plan(province)) if host.role == "hub").desired


def stamp(at_s):
    return time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at_s))


class Answer:
    def __init__(self, answer):
        self.status, self.headers, self.body = answer.status, answer.headers, answer.read()

    @property
    def json(self):
        return json.loads(self.body)


class _Unix(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("centre", timeout=60)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class Person:
    """A browser: one address, one cookie."""

    def __init__(self, portal, address="127.0.0.1"):
        self.portal, self.address, self.cookie, self.token = portal, address, None, None

    def ask(self, method, path, body=None, **headers):
        """One request, over nginx where there is one; a header that is None isn't sent."""
        sent = {"Origin": self.portal.origin, "Host": self.portal.host, "Cookie": self.cookie, "X-Motcua-Token": self.token}
        sent |= self.portal.added(self.address, method, path)
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        content = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        with closing(self.portal.connection(self.address)) as connection:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            for name, value in sent.items():
                if value is not None:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(content or b"")))
            connection.endheaders(content)
            return Answer(connection.getresponse())

    def get(self, path, **headers):
        return self.ask("GET", path, **headers)

    def status(self, path, **headers):
        return self.get(path, **headers).status

    def login(self, account, password=PASSWORD, code=None):
        answer = self.ask("POST", "/api/login", {"account": account, "password": password} | ({"code": code} if code else {}))
        if answer.status == 200:
            self.cookie, self.token = answer.headers["Set-Cookie"].partition(";")[0], answer.json["token"]
        return answer


class Portal:
    """Gate and nginx in a folder. Without nginx requests go to the gate as nginx would send them."""

    def __init__(self, folder, nginx=False, instead=None):
        """``instead``: texts of nginx's configuration and what stands there instead, as a measurement needs it."""
        self._instead = HERE | (instead or {})
        self.folder, self._gate, self._nginx, self.port = folder, None, None, None
        for name in ("live", "shard1", "shard2", "state", "page", "conf.d"):
            (folder / name).mkdir()
        self.config = lab()["portal"]
        self.settings = self.config["settings"] | {"shards": [str(folder / "shard1"), str(folder / "shard2")], "watchers": [MACHINE]}
        self.write_settings()
        places = {key: str(folder / name) for key, name in PLACES.items()}
        (folder / "places.json").write_text(json.dumps(places))
        (folder / "viewers.pub").write_text("aHViJ3Mga2V5IGFuZCBub2JvZHkgZWxzZSdzISEhISE=\n")
        self.secrets = {}
        self.up()
        if nginx:
            self._serve()

    # --- how it is reached ---------------------------------------------------------------------------------------------

    @property
    def host(self):
        return "centre" if self.port is None else f"127.0.0.1:{self.port}"

    @property
    def origin(self):
        return f"https://{self.host}"

    def added(self, address, method, path):
        return {"X-Real-IP": address, "X-Original-Method": method, "X-Original-URI": path} if self.port is None else {}

    def connection(self, address):
        if self.port is None:
            return _Unix(self.folder / "gate.sock")
        context = ssl.create_default_context(cafile=self.folder / "portal.pem")
        return http.client.HTTPSConnection("127.0.0.1", self.port, timeout=60, context=context, source_address=(address, 0))

    # --- the gate ------------------------------------------------------------------------------------------------------

    def write_settings(self):
        draft = self.folder / "portal.draft"
        draft.write_text(json.dumps(self.settings))
        draft.replace(self.folder / "portal.json")

    def up(self):
        environment = os.environ | {"PYTHONPATH": ":".join(str(path) for path in PACKAGES), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [PYTHON, "-m", "gate", str(self.folder / "places.json")]
        self._gate = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, cwd="/", text=True)
        assert self._gate.stderr.readline() == "motcua-gate: ready\n"

    def down(self, number=signal.SIGTERM):
        self._gate.send_signal(number)
        said = self._gate.communicate(timeout=60)[1]
        assert "Traceback" not in said, said

    def close(self):
        if self._nginx is not None:
            self._nginx.send_signal(signal.SIGTERM)
            self._nginx.wait(20)
        if self._gate.poll() is None:
            self.down()

    @property
    def pid(self):
        return self._gate.pid

    # --- nginx ---------------------------------------------------------------------------------------------------------

    def _serve(self):
        self.port = free_port()
        environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader(ROLE / "templates"), trim_blocks=True, undefined=jinja2.StrictUndefined
        )
        config = self.config | {"shards": self.settings["shards"], "live_root": str(self.folder / "live"), "port": f"127.0.0.1:{self.port}"}
        for name, target in (("nginx.conf.j2", "nginx.conf"), ("portal.conf.j2", "conf.d/motcua.conf")):
            text = environment.get_template(name).render(ansible_managed="ours", portal_config=config)
            for path, own in self._instead.items():
                text = text.replace(path, own.replace("{folder}", str(self.folder)))
            (self.folder / target).write_text(text)
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "9"]
        command += ["-subj", "/CN=centre", "-addext", "subjectAltName=IP:127.0.0.1"]
        command += ["-keyout", str(self.folder / "portal.key"), "-out", str(self.folder / "portal.pem")]
        subprocess.run(command, check=True, capture_output=True)
        program = shutil.which("nginx", path="/usr/sbin:/usr/bin")
        command = [program, "-p", str(self.folder), "-e", str(self.folder / "error.log"), "-c", str(self.folder / "nginx.conf")]
        checked = subprocess.run([*command, "-t"], check=False, capture_output=True, text=True)
        assert checked.returncode == 0, checked.stderr
        self._nginx = subprocess.Popen([*command, "-g", "daemon off;"])
        eventually(self._answers)

    def _answers(self):
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    # --- people --------------------------------------------------------------------------------------------------------

    def viewer(self, *words):
        """`motcua-viewer` with these words: its answer."""
        environment = os.environ | {"MOTCUA_PLACES": str(self.folder / "places.json"), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [PYTHON, str(ROLE / "files/motcua-viewer"), *words]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert not done.stderr, done.stderr
        return json.loads(done.stdout)

    def invited(self, viewer, name="Nguyễn Văn A", account=None):
        """(account, token of the link)."""
        said = self.viewer("add", viewer, name, *([account] if account else []))
        return said["account"], said["link"].rpartition("#")[2]

    def enrolled(self, viewer, account=None, password=PASSWORD):
        """An account that may log in; gives its name."""
        account, token = self.invited(viewer, account=account or viewer)
        person = Person(self, "127.0.0.200")
        about = person.get(f"/api/enrol/{token}").json
        code = {}
        if about["code_required"]:
            self.secrets[account] = parse_qs(urlsplit(about["otpauth"]).query)["secret"][0]
            code = {"code": self.code(account)}
        assert person.ask("POST", f"/api/enrol/{token}", {"password": password} | code).status == 200
        return account

    def code(self, account, step=0):
        """The code of this moment, or of one so many steps of thirty seconds later."""
        return totp.code_at(self.secrets[account], int(time.time()) // 30 + step)

    def forget_codes(self, account):
        """As if it were long since the last login, so that this moment's code is new again."""
        with closing(sqlite3.connect(self.folder / "gate.db", timeout=10)) as database, database:
            database.execute("UPDATE account SET totp_step = 0 WHERE account = ?", (account,))

    def person(self, viewer, address="127.0.0.1"):
        """Somebody of a viewer who is logged in."""
        account = viewer if viewer in (one["account"] for one in self.viewer("list")) else self.enrolled(viewer)
        self.forget_codes(account)
        person = Person(self, address)
        answer = person.login(account, code=self.code(account) if account in self.secrets else None)
        assert answer.status == 200, answer.body
        return person

    # --- what there is to see ------------------------------------------------------------------------------------------

    def film(self):
        """Live pieces and ten recorded minutes of every camera, two of them missing and one of those fetched later; each file says what it is."""
        with open_index(self.folder / "shard1") as first, open_index(self.folder / "shard2") as second:
            for number, camera in enumerate(one["id"] for one in self.settings["cameras"]):
                live = self.folder / "live" / camera
                (live / "main").mkdir(parents=True)
                for folder in (live, live / "main"):
                    (folder / "index.m3u8").write_text(f"#EXTM3U\n#EXTINF:2,\n{PIECE}\n")
                    (folder / PIECE).write_text(f"live {camera}")
                index = (first, second)[number % 2]
                index.add(*(self._recorded(index.shard, camera, minute) for minute in (0, 1, 2, 3, 6, 7, 8, 9)))
                index.add(self._recorded(index.shard, camera, 5, "backfill"))

    def _recorded(self, shard, camera, minute, source="live"):
        start_s = BEGIN_S + 60 * minute
        segment = Segment(camera, start_s, start_s + 60, 9, hashlib.sha256(b"").hexdigest(), source)
        file = shard / segment.path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{source} {camera} {minute}")
        return segment

    @staticmethod
    def live(camera):
        return f"/live/{camera}/{PIECE}"

    @staticmethod
    def playback(camera):
        return f"/playback/{camera}/{stamp(BEGIN_S)}.ts"


PLACES = {
    "settings": "portal.json", "database": "gate.db", "state": "state/state.json", "demand": "demand.sock", "socket": "gate.sock",
    "peers": "peers.json", "hub_key": "viewers.pub",
}  # fmt: skip
HERE = {
    "user www-data;": "user root;",
    "client_header_timeout 10s": "client_header_timeout 4s",
    "/run/nginx.pid": "{folder}/nginx.pid",
    "/var/log/nginx": "{folder}",
    "/etc/nginx/conf.d": "{folder}/conf.d",
    "/etc/ssl/certs/motcua-portal.pem": "{folder}/portal.pem",
    "/etc/ssl/private/motcua-portal.key": "{folder}/portal.key",
    "/run/motcua-gate/gate.sock": "{folder}/gate.sock",
    "/usr/local/share/motcua/portal": "{folder}/page",
    "/usr/local/share/motcua;": "{folder}/public;",
    "root /run/motcua-state": "root {folder}/state",
}


def seconds_until(status, ask):
    """How long until that is the answer."""
    began = time.monotonic()
    eventually(lambda: ask() == status)
    return time.monotonic() - began


def session_of(cookie):
    return re.fullmatch(r"__Host-motcua=([A-Za-z0-9_-]{43})", cookie)[1]
