"""HTTP/1.1 as cameras speak it: keep-alive, digest authentication with lockout, TLS with a certificate that the device made for itself."""

import asyncio
import base64
import contextlib
import hashlib
import re
import secrets
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

MAXIMUM_BODY = 32 << 20  # a firmware passes
REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    413: "Payload Too Large",
    500: "Internal Server Error",
    501: "Not Implemented",
    503: "Service Unavailable",
}


@dataclass
class Request:
    """A request; ``target`` is as it was sent."""

    method: str
    target: str
    headers: dict
    body: bytes
    peer: str

    @property
    def path(self):
        return self.target.split("?", 1)[0]

    @property
    def query(self):
        return self.target.partition("?")[2]


@dataclass
class Response:
    """A response; ``close`` ends the connection after it, ``delivery`` says how much of it reaches the wire.

    "whole", "half" (half of the body, announced as the whole), "cut" (breaks off in the middle), "slow" (``pace_s`` for each byte),
    "silent" (not a byte, until the client hangs up).
    """

    status: int
    body: bytes = b""
    content_type: str = "application/xml"
    headers: dict = field(default_factory=dict)
    close: bool = False
    delivery: str = "whole"
    pace_s: float = 0.05


@dataclass
class Tries:
    """Failed logins of one client and user."""

    failed: int = 0
    locked_until: float = 0.0


class Counted:
    """Failed logins, and the lock that they lead to, by client address and user."""

    ALLOWED = 5

    def __init__(self, lock_s):
        self._lock_s = lock_s
        self.most_failed = 0
        self.tries = {}
        self.lock_everyone = False

    def state(self, peer, user):
        """(tries left, seconds for which this client and user are locked)."""
        tries = self.tries.get((peer, user), Tries())
        wait = self._lock_s if self.lock_everyone else max(0.0, tries.locked_until - time.monotonic())
        return max(0, self.ALLOWED - tries.failed), round(wait + 0.49)

    def failed(self, peer, user):
        tries = self.tries.setdefault((peer, user), Tries())
        tries.failed += 1
        self.most_failed = max(self.most_failed, tries.failed)
        if tries.failed >= self.ALLOWED:
            tries.failed, tries.locked_until = 0, time.monotonic() + self._lock_s

    def succeeded(self, peer, user):
        self.tries.pop((peer, user), None)


class Basic(Counted):
    """Basic authentication with lockout by client address and user; a lock looks like a wrong password."""

    def __init__(self, realm, users, lock_s):
        super().__init__(lock_s)
        self._realm, self._users = realm, users

    def challenge(self):
        return f'Basic realm="{self._realm}"'

    def user_of(self, request):
        """(user or None, what the header named, why not: 'none', 'wrong', 'locked')."""
        kind, _, given = request.headers.get("authorization", "").partition(" ")
        if kind.lower() != "basic":
            return None, "", "none"
        try:
            user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
        except ValueError:
            return None, "", "wrong"
        if self.state(request.peer, user)[1]:
            return None, user, "locked"
        account = self._users().get(user)
        if account is None or not secrets.compare_digest(account["password"].encode(), password.encode()):
            self.failed(request.peer, user)
            return None, user, "wrong"
        self.succeeded(request.peer, user)
        return user, user, ""


class Digest(Counted):
    """Digest authentication (RFC 2617) with lockout by client address and user.

    ``single_use`` refuses a nonce that was used before.
    """

    def __init__(self, realm, users, lock_s, single_use=False):
        super().__init__(lock_s)
        self._realm, self._users, self._single = realm, users, single_use
        self._nonces = {}

    def challenge(self):
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = 0
        if len(self._nonces) > 500:
            self._nonces.pop(next(iter(self._nonces)))
        return f'Digest realm="{self._realm}", qop="auth", nonce="{nonce}", opaque="", algorithm="MD5", stale="FALSE"'

    def user_of(self, request):
        """(user or None, what the header named, why not: 'none', 'nonce', 'wrong', 'locked')."""
        header = request.headers.get("authorization", "")
        if not header.lower().startswith("digest "):
            return None, "", "none"
        given = {key: quoted or plain for key, quoted, plain in re.findall(r'(\w+)=(?:"([^"]*)"|([^",\s]+))', header)}
        user, nonce = given.get("username", ""), given.get("nonce", "")
        if self.state(request.peer, user)[1]:
            return None, user, "locked"
        if nonce not in self._nonces or (self._single and self._nonces[nonce]):
            return None, user, "nonce"
        self._nonces[nonce] += 1
        if not self._right(request, given):
            self.failed(request.peer, user)
            return None, user, "wrong"
        self.succeeded(request.peer, user)
        return user, user, ""

    def _right(self, request, given):
        account = self._users().get(given.get("username"))
        if account is None or given.get("uri") != request.target:
            return False
        first = half(given["username"], self._realm, account)
        second = md5(f"{request.method}:{given['uri']}")
        expected = md5(f"{first}:{given.get('nonce')}:{given.get('nc')}:{given.get('cnonce')}:{given.get('qop')}:{second}")
        return secrets.compare_digest(expected, given.get("response", ""))


def half(user, realm, account):
    """The part of a digest that a device may keep instead of the password."""
    return account["hashed"].lower() if "hashed" in account else md5(f"{user}:{realm}:{account['password']}")


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def certificate(folder, name):
    """A self-signed certificate that stays the device's own: (certificate, key)."""
    pem, key = Path(folder) / f"{name}.pem", Path(folder) / f"{name}.key"
    if not pem.exists():
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", f"/CN={name}", "-keyout", key, "-out", pem)
    return pem, key


def expired_certificate(folder, name):
    """The device's own key under a certificate whose time is over: (certificate, key)."""
    own, key = certificate(folder, name)
    pem, request = Path(folder) / f"{name}.expired.pem", Path(folder) / f"{name}.csr"
    openssl("x509", "-x509toreq", "-in", own, "-signkey", key, "-out", request)
    serials, index, settings = (Path(folder) / f"{name}.{ending}" for ending in ("serial", "index", "ca"))
    serials.write_text("01\n")
    index.write_text("")
    settings.write_text(
        f"[ca]\ndefault_ca=d\n[d]\ndatabase={index}\nserial={serials}\nnew_certs_dir={folder}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n"
    )
    dates = ("-startdate", "20150101000000Z", "-enddate", "20160101000000Z")
    openssl("ca", "-batch", "-selfsign", "-config", settings, "-keyfile", key, "-in", request, "-out", pem, "-notext", *dates)
    return pem, key


def foreign_certificate(folder):
    """What another device would show: another name, and a key that nobody has seen before: (certificate, key)."""
    for path in (Path(folder) / "foreign.pem", Path(folder) / "foreign.key"):
        path.unlink(missing_ok=True)
    return certificate(folder, "foreign")


def openssl(*arguments, given=None):
    """What the program prints."""
    return subprocess.run(["openssl", *map(str, arguments)], input=given, check=True, capture_output=True).stdout


class Server:
    """Both ports of a device; ``handle`` is a coroutine from Request to Response."""

    def __init__(self, address, ports, tls, handle):
        self._address, self._ports, self._handle = address, ports, handle
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*tls)
        self._servers, self._open = [], set()

    def relocate(self, address):
        """Listen at another address from the next start on."""
        self._address = address

    def certify(self, pem, key):
        """Show another certificate from the next connection on."""
        self._context.load_cert_chain(pem, key)

    async def start(self):
        if self._servers:
            return
        for port, context in ((self._ports["http"], None), (self._ports["https"], self._context)):
            self._servers.append(await asyncio.start_server(self._serve, self._address, port, ssl=context, reuse_address=True))

    async def stop(self):
        for server in self._servers:
            server.close()
        self._servers = []
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader, writer):
        self._open.add(writer)
        try:
            while await self._one(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError, ssl.SSLError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()
            with contextlib.suppress(Exception):
                await writer.wait_closed()

    async def _one(self, reader, writer):
        line = await reader.readline()
        if not line.strip():
            return False
        method, target, _ = line.decode("latin-1").split()
        headers = {}
        while (line := await reader.readline()).strip():
            key, _, value = line.decode("latin-1").partition(":")
            headers[key.strip().lower()] = value.strip()
        size = int(headers.get("content-length", 0))
        if size > MAXIMUM_BODY:
            response, headers["connection"] = Response(413), "close"
        else:
            body = await reader.readexactly(size) if size > 0 else b""
            response = await self._handle(Request(method, target, headers, body, writer.get_extra_info("peername")[0]))
        if response is None:
            return False
        if response.delivery == "silent":
            await reader.read()
            return False
        close = response.close or headers.get("connection", "").lower() == "close"
        await self._send(writer, response, close)
        return not close

    async def _send(self, writer, response, close):
        body = response.body[: len(response.body) // 2] if response.delivery == "half" else response.body
        head = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Error')}", f"Content-Length: {len(body)}"]
        head += [f"Content-Type: {response.content_type}", f"Connection: {'close' if close else 'keep-alive'}"]
        head += [f"{key}: {value}" for key, value in response.headers.items()]
        whole = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body
        if response.delivery == "cut":
            writer.write(whole[: len(whole) - len(body) + len(body) // 2])
            await writer.drain()
            raise ConnectionAbortedError
        pieces = [bytes([byte]) for byte in whole] if response.delivery == "slow" else [whole]
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            if response.delivery == "slow":
                await asyncio.sleep(response.pace_s)
