"""The only file that opens a socket: HTTP with digest authentication over TLS whose key was pinned at the first contact.

An unauthenticated first request is no failed login, so the challenge is always asked for before a credential is sent, and a credential
that was refused is never sent again.
"""

from __future__ import annotations

import asyncio
import base64
import io
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import aiohttp
from yarl import URL

from .digest import STALE, Challenge, challenge, response
from .errors import AuthRefused, Garbled, PinChanged, Refused, Unreachable
from .trust import Trust

MAXIMUM_ANSWER_BYTES = 8 * 1024 * 1024
CONNECT_SECONDS, READ_SECONDS = 5.0, 15.0
UNAUTHORIZED, BUSY, HTTP_ERROR = 401, 503, 400
BUSY_SECONDS = (2.0, 4.0, 8.0)
# A device answers once it has the whole of what it was sent: over a slow line, and into its flash.
SLOWEST_BYTES_PER_SECOND, FILE_BYTES, FILE_SECONDS = 32_000, 1_000_000, 180.0
BOUNDARY = "motcua-26f0b1c8d94e"
REDIRECTS = (301, 302, 303, 307, 308)
REFUSED = "refuses the login and doesn't say how many tries are left; nothing more is tried"


@dataclass(frozen=True, repr=False)
class Credential:
    """An account's name and password."""

    user: str
    password: str

    def __repr__(self) -> str:
        return f"Credential({self.user})"


def _tls_context(trust: Trust) -> ssl.SSLContext:
    """A TLS context that looks at the device's key at the end of the handshake, before anything can be sent."""

    class Pinned(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            if not trust.accept(self.getpeercert(binary_form=True) or b""):
                raise ssl.SSLError(ssl.SSL_ERROR_SSL, "the device's key changed")

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False  # devices are addressed by translated addresses, which no certificate names
    context.verify_mode = ssl.CERT_NONE
    if trust.authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cafile=trust.authority)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")  # cameras come with RSA keys of 1024 bits; their pin is what we trust
    context.sslobject_class = Pinned
    return context


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; ``body`` is whole and at most 8 MiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def text(self) -> str:
        """The body as text; a device's stray byte doesn't matter."""
        return self.body.decode("utf-8", "replace")


@dataclass(frozen=True)
class Exchange:
    """What was asked and answered. Logins aren't in it, but an answer may hold anything."""

    method: str
    target: str
    body: bytes
    answer: Answer


async def connect(host: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A plain connection, for what isn't HTTP; OSError when there is none."""
    return await asyncio.open_connection(host, port)


def says_busy(answer: Answer) -> bool:
    """Whether a device wants to be asked again later: small models take about two requests at a time."""
    return answer.status == BUSY


def multipart(parts: Mapping[str, tuple[str | None, str, bytes]]) -> tuple[str, bytes]:
    """A form with files (RFC 7578): by field (file name or None, content type, content); content type and body of the request."""
    pieces = []
    for field_name, (file, kind, content) in parts.items():
        named = "" if file is None else f'; filename="{file}"'
        head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{field_name}"{named}\r\nContent-Type: {kind}\r\n\r\n'
        pieces += [head.encode(), content, b"\r\n"]
    return f"multipart/form-data; boundary={BOUNDARY}", b"".join([*pieces, f"--{BOUNDARY}--\r\n".encode()])


class Http:
    """One device's HTTP: requests without or with a credential."""

    def __init__(
        self,
        base: str,
        trust: Trust,
        *,
        reuse_nonce: bool,
        credential: Credential | None = None,
        is_busy: Callable[[Answer], bool] = says_busy,
        tap: Callable[[Exchange], None] | None = None,
    ) -> None:
        """Speak to ``base`` (``https://address:port``). ``reuse_nonce`` counts one nonce up instead of asking for a new one each time.

        ``is_busy`` recognises an answer after which the same is asked again; ``tap`` is shown everything that was asked and answered.
        """
        self._is_busy, self._tap = is_busy, tap
        self._trust, self._reuse, self._credential = trust, reuse_nonce, credential
        self._base = base
        self._session: aiohttp.ClientSession | None = None
        self._challenge: Challenge | None = None
        self._proven = False

    @property
    def encrypted(self) -> bool:
        """Whether others on the line can't read along."""
        return self._base.startswith("https:")

    async def close(self) -> None:
        """Let go of all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def request(self, method: str, target: str, body: bytes = b"", content_type: str = "application/xml") -> Answer:
        """One request with the credential.

        :raises AuthRefused: when the device refuses it; ``refused_answer`` of the error holds what it said. Nothing is tried again.
        :raises Unreachable: when it doesn't answer.
        """
        if self._challenge is None or not self._reuse:
            first = await self.plain(method, target)
            if _is_stale(first):  # of a login that it never got: its next challenge is a fresh one
                first = await self.plain(method, target)
            if first.status != UNAUTHORIZED:
                if not body:
                    return first
                raise Refused(f"{self._base}{target.split('?', 1)[0]}: asks for no login (HTTP {first.status}), so it is no device of ours")
            self._challenge = _challenge(first, self._base)
        answer = await self._send(method, target, body, content_type, self._authorization(method, target))
        # A 401 without a challenge after a login that was taken: the nonce is used up, which some firmware says in no other way.
        used_up = answer.status == UNAUTHORIZED and self._proven and "www-authenticate" not in answer.headers
        if used_up or _is_stale(answer):
            self._challenge = _challenge(await self.plain(method, target) if used_up else answer, self._base)
            answer = await self._send(method, target, body, content_type, self._authorization(method, target))
        if answer.status == UNAUTHORIZED:
            raise LoginRefused(answer)
        self._proven = True
        return answer

    def accept(self, answer: Answer) -> None:
        """Take the challenge of a 401 to a request without credential, where an empty first request would be no request at all.

        :raises AuthRefused: when it offers no way to log in.
        """
        self._challenge = _challenge(answer, self._base)

    async def plain(self, method: str, target: str, body: bytes = b"", content_type: str = "application/xml") -> Answer:
        """One request without any credential."""
        return await self._send(method, target, body, content_type, None)

    async def _send(self, method: str, target: str, body: bytes, content_type: str, authorization: str | None) -> Answer:
        """One request; while the device says that it is busy, again after a pause. A file isn't: it may be on its way to the flash."""
        if len(body) >= FILE_BYTES:
            answer = await self._once(method, target, body, content_type, authorization)
            if self._is_busy(answer):
                raise Refused(f"{self._trust.host}: says that it is busy and takes no file now; run again when it isn't")
            return answer
        for pause in (0.0, *BUSY_SECONDS):
            if pause:
                await asyncio.sleep(pause)
            answer = await self._once(method, target, body, content_type, authorization)
            if not self._is_busy(answer):
                return answer
        raise Unreachable(f"{self._trust.host}: says that it is busy, also after {sum(BUSY_SECONDS):.0f} s; run again when it isn't")

    async def _once(self, method: str, target: str, body: bytes, content_type: str, authorization: str | None) -> Answer:
        headers = {"Authorization": authorization} if authorization else {}
        if body:
            headers["Content-Type"] = content_type
        # The target is sent as it is written: Dahua wants its brackets literal, and the digest covers every character.
        url = URL(self._base + target, encoded=True)
        sent = io.BytesIO(body) if len(body) >= FILE_BYTES else body or None  # a file goes piece by piece
        try:
            async with self._connected().request(
                method, url, data=sent, headers=headers, allow_redirects=False, timeout=_patience(len(body))
            ) as answer:
                try:
                    content = await _bounded(answer.content, self._base)
                except aiohttp.ClientPayloadError:
                    if answer.status < HTTP_ERROR:
                        raise
                    content = b""  # an NVR302 breaks off in the middle of its 404, which says enough
                read = _joined(answer.headers)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            if self._trust.changed:
                raise PinChanged(f"{self._base}: {self._trust.complaint}") from None
            raise Unreachable(
                f"{self._base}: doesn't answer ({_reason(error)}); check power, line and address of {self._trust.host}"
            ) from None
        if answer.status in REDIRECTS:
            path = target.split("?", 1)[0]
            raise Refused(f"{self._base}{path}: redirects to elsewhere, which is not followed; correct scheme and port of the device")
        whole = Answer(answer.status, read, content)
        if self._tap is not None:
            self._tap(Exchange(method, target, body, whole))
        return whole

    def _connected(self) -> aiohttp.ClientSession:
        """The connections, made when the first is needed. Answers are taken as they come: none is unpacked, no cookie is kept."""
        if self._session is None:
            context: ssl.SSLContext | bool = _tls_context(self._trust) if self.encrypted else False
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=context, limit=2),  # small models take about two requests at a time
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                skip_auto_headers=("Accept-Encoding", "User-Agent"),
                trust_env=False,
            )
        return self._session

    def _authorization(self, method: str, target: str) -> str:
        assert self._challenge is not None
        if self._credential is None:
            raise AuthRefused(f"{self._base}: wants a login and none was given; name user and password")
        if self._challenge.scheme == "basic":
            if not self.encrypted:
                raise AuthRefused(
                    f"{self._base}: offers only Basic without TLS, where everybody on the line could read the password; not sent"
                )
            both = f"{self._credential.user}:{self._credential.password}".encode()
            return f"Basic {base64.b64encode(both).decode()}"
        try:
            return response(self._challenge, self._credential.user, self._credential.password, method, target)
        except ValueError as error:
            raise AuthRefused(f"{self._base}: {error}") from None


class LoginRefused(Exception):
    """A 401 after a credential was sent."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("login refused")
        self.answer = answer


def _patience(size_bytes: int) -> aiohttp.ClientTimeout:
    seconds = FILE_SECONDS + size_bytes / SLOWEST_BYTES_PER_SECOND if size_bytes >= FILE_BYTES else READ_SECONDS
    return aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=seconds)


def _joined(headers: Mapping[str, str]) -> dict[str, str]:
    """By name in small letters; what comes several times, such as a challenge, in one (RFC 9110 section 5.3)."""
    found: dict[str, str] = {}
    for name, value in headers.items():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


async def _bounded(stream: aiohttp.StreamReader, base: str) -> bytes:
    content = bytearray()
    async for piece in stream.iter_any():
        content += piece
        if len(content) > MAXIMUM_ANSWER_BYTES:
            raise Garbled(f"{base}: answers more than {MAXIMUM_ANSWER_BYTES} bytes; that is no answer of a camera")
    return bytes(content)


def _reason(error: Exception) -> str:
    cause = error.__cause__ if isinstance(error, aiohttp.ClientConnectorError) else None
    return str(cause or error) or type(error).__name__


def _challenge(answer: Answer, base: str) -> Challenge:
    """The strongest scheme that the device offers."""
    found = challenge(answer.headers.get("www-authenticate", ""))
    if found is None:
        raise AuthRefused(f"{base}: refuses without offering a way to log in; it may be locked, or out of connections")
    return found


def _is_stale(answer: Answer) -> bool:
    """The device says that only the nonce was too old: that is no failed login (RFC 7616 section 3.3)."""
    header = answer.headers.get("www-authenticate", "")
    return answer.status == UNAUTHORIZED and STALE.search(header) is not None
