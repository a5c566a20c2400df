"""HTTP/1.1 as cameras speak it: keep-alive, digest authentication with lockout, TLS with a certificate that the device made for itself."""

import asyncio
import contextlib
import hashlib
import re
import secrets
import ssl
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

MAXIMUM_BODY = 1 << 20
REASONS = {
    200: "OK",
    302: "Found",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
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
    """A response; ``close`` ends the connection after it."""

    status: int
    body: bytes = b""
    content_type: str = "application/xml"
    headers: dict = field(default_factory=dict)
    close: bool = False


@dataclass
class Tries:
    """Failed logins of one client and user."""

    failed: int = 0
    locked_until: float = 0.0


class Digest:
    """Digest authentication (RFC 2617) with lockout by client address and user.

    ``single_use`` refuses a nonce that was used before.
    """

    ALLOWED = 5

    def __init__(self, realm, users, lock_s, single_use=False):
        self._realm, self._users, self._lock_s, self._single = realm, users, lock_s, single_use
        self._nonces = {}
        self.tries = {}
        self.lock_everyone = False

    def challenge(self):
        nonce = secrets.token_hex(16)
        self._nonces[nonce] = 0
        if len(self._nonces) > 500:
            self._nonces.pop(next(iter(self._nonces)))
        return f'Digest realm="{self._realm}", qop="auth", nonce="{nonce}", opaque="", algorithm="MD5", stale="FALSE"'

    def state(self, peer, user):
        """(tries left, seconds for which this client and user are locked)."""
        tries = self.tries.get((peer, user), Tries())
        wait = self._lock_s if self.lock_everyone else max(0.0, tries.locked_until - time.monotonic())
        return max(0, self.ALLOWED - tries.failed), round(wait + 0.49)

    def failed(self, peer, user):
        tries = self.tries.setdefault((peer, user), Tries())
        tries.failed += 1
        if tries.failed >= self.ALLOWED:
            tries.failed, tries.locked_until = 0, time.monotonic() + self._lock_s

    def succeeded(self, peer, user):
        self.tries.pop((peer, user), None)

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
        command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", f"/CN={name}"]
        subprocess.run([*command, "-keyout", str(key), "-out", str(pem)], check=True, capture_output=True)
    return pem, key


class Server:
    """Both ports of a device; ``handle`` is a coroutine from Request to Response."""

    def __init__(self, address, ports, tls, handle):
        self._address, self._ports, self._handle = address, ports, handle
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*tls)
        self._servers, self._open = [], set()

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
        body = await reader.readexactly(size) if 0 < size <= MAXIMUM_BODY else b""
        response = await self._handle(Request(method, target, headers, body, writer.get_extra_info("peername")[0]))
        if response is None:
            return False
        close = response.close or headers.get("connection", "").lower() == "close"
        head = [f"HTTP/1.1 {response.status} {REASONS.get(response.status, 'Error')}", f"Content-Length: {len(response.body)}"]
        head += [f"Content-Type: {response.content_type}", f"Connection: {'close' if close else 'keep-alive'}"]
        head += [f"{key}: {value}" for key, value in response.headers.items()]
        writer.write(("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + response.body)
        await writer.drain()
        return not close
