"""The HTTP side of one device: its key is compared with the pin before anything is sent, and a login is tried once."""

import base64
import hashlib
import http.client
import secrets
import ssl
import time
from datetime import UTC, datetime
from xml.sax.saxutils import escape

from .digest import Challenge, challenge, response
from .errors import Garbled, LoginRefused, Unreachable, Untrusted
from .found import Answer

SECONDS = 15
MAXIMUM_BYTES = 8 << 20
UNAUTHORIZED, FORBIDDEN = 401, 403
EMPTY_HEADER = b"<s:Header/>"
WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-"


class Web:
    """Ask one device; ``device`` has name, host, scheme, port, user, password and pin. ``ahead_s`` is how far its clock is before ours."""

    def __init__(self, device):
        self._device = device
        self._refused = False
        self._context = _context() if device.scheme == "https" else None
        self.ahead_s = 0.0

    def ask(self, method, target, body=b"", content_type="application/xml"):
        """One request, with the login where the device wants one.

        :raises LoginRefused: when it refuses the login; from then on nothing is sent any more.
        """
        if self._refused:
            raise LoginRefused(f"{self._device.name}: refused the login before; nothing more is tried this night")
        first = self._once(method, target, body, content_type, None)
        wants_token = EMPTY_HEADER in body and b"NotAuthorized" in first.body
        if first.status != UNAUTHORIZED and not wants_token:
            return first
        asked = strongest(first.headers.get("www-authenticate", []))
        if asked is not None:
            second = self._once(method, target, body, content_type, self._authorization(asked, method, target))
        elif wants_token:
            second = self._once(method, target, body.replace(EMPTY_HEADER, self._token()), content_type, None)
        else:
            raise LoginRefused(f"{self._device.name}: offers no digest login, and the password isn't sent in clear; switch digest on")
        locked = second.status == FORBIDDEN and b"RmLock" in second.body
        if second.status == UNAUTHORIZED or locked or b"ter:NotAuthorized" in second.body:
            self._refused = True
            raise LoginRefused(
                f"{self._device.name}: refuses the login of {self._device.user}; nothing more is tried this night. Run the rollout"
            )
        return second

    def _authorization(self, asked, method, target):
        if asked.scheme == "basic":
            if self._context is None:
                raise LoginRefused(f"{self._device.name}: wants the password in clear and without TLS; it isn't sent. Switch digest on")
            pair = f"{self._device.user}:{self._device.password}"
            return f"Basic {base64.b64encode(pair.encode()).decode()}"
        return response(asked, self._device.user, self._device.password, method, target)

    def _token(self):
        """A UsernameToken by the device's own clock, which tolerates few seconds."""
        nonce = secrets.token_bytes(16)
        created = datetime.fromtimestamp(time.time() + self.ahead_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        hashed = hashlib.sha1(nonce + created.encode() + self._device.password.encode(), usedforsecurity=False).digest()
        return (
            f'<s:Header><Security xmlns="{WSS}wssecurity-secext-1.0.xsd"><UsernameToken><Username>{escape(self._device.user)}</Username>'
            f'<Password Type="{WSS}username-token-profile-1.0#PasswordDigest">{base64.b64encode(hashed).decode()}</Password>'
            f"<Nonce>{base64.b64encode(nonce).decode()}</Nonce>"
            f'<Created xmlns="{WSS}wssecurity-utility-1.0.xsd">{created}</Created></UsernameToken></Security></s:Header>'
        ).encode()

    def _once(self, method, target, body, content_type, authorization):
        device = self._device
        headers = {"Authorization": authorization} if authorization else {}
        headers |= {"Content-Type": content_type} if body else {}
        if self._context is not None:
            connection = http.client.HTTPSConnection(device.host, device.port, timeout=SECONDS, context=self._context)
        else:
            connection = http.client.HTTPConnection(device.host, device.port, timeout=SECONDS)
        try:
            connection.connect()
            if self._context is not None:
                trusted(device, connection.sock.getpeercert(binary_form=True))
            connection.putrequest(method, target, skip_accept_encoding=True)
            for key, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
                connection.putheader(key, value)
            connection.endheaders(body or None)
            return _read(device, connection.getresponse())
        except (OSError, http.client.HTTPException) as error:
            raise Unreachable(f"{device.name}: doesn't answer at {device.host}:{device.port} ({error or type(error).__name__})") from None
        finally:
            connection.close()


def _read(device, answer):
    body = answer.read(MAXIMUM_BYTES + 1)
    if len(body) > MAXIMUM_BYTES:
        raise Garbled(f"{device.name}: its answer is longer than any of a camera's; look at what stands at this address")
    if answer.length:
        raise Unreachable(f"{device.name}: breaks off in the middle of an answer; look at the line")
    headers = {}
    for key, value in answer.getheaders():
        headers.setdefault(key.lower(), []).append(value)
    return Answer(answer.status, headers, body)


def _context():
    """Devices sign for themselves and are reached by translated addresses: their pin is what we trust."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    return context


def strongest(headers):
    """The strongest login that is offered and known here: digest with SHA-256, with MD5, Basic; None when there is none."""
    found = [one for one in map(challenge, headers) if one is not None]
    digests = {(one.values.get("algorithm") or "MD5").upper(): one for one in found if one.scheme == "digest"}
    basic = next((one for one in found if one.scheme == "basic"), None)
    return digests.get("SHA-256") or digests.get("MD5") or (basic if not digests else None)


def digest_only(headers):
    """The same without Basic, for what isn't encrypted."""
    asked = strongest(headers)
    return asked if isinstance(asked, Challenge) and asked.scheme == "digest" else None


def trusted(device, der):
    """Compare the key of the certificate that was shown with the controller's pin.

    :raises Untrusted: when it is another, or none was pinned.
    """
    if not device.pin:
        raise Untrusted(f"{device.name}: the controller has pinned no key of it; nothing secret was sent. Run the rollout for this device")
    kind, _, wanted = device.pin.partition(":")
    try:
        shown = hashlib.sha256(der if kind == "certificate-sha256" else public_key(der)).hexdigest()
    except (ValueError, IndexError):
        shown = "unreadable"
    if not secrets.compare_digest(shown, wanted):
        raise Untrusted(f"{device.name}: another key answers than the one that was pinned; nothing secret was sent. Look at the device")


def public_key(der):
    """The SubjectPublicKeyInfo of a certificate (RFC 5280 section 4.1): the seventh field, or the sixth where the version is left out."""
    certificate = _inside(der, 0)
    fields, at = [], _inside(der, certificate[0])[0]
    end = _inside(der, certificate[0])[1]
    while at < end:
        _, after = _inside(der, at)
        fields.append(der[at:after])
        at = after
    return fields[6 if fields[0][0] == 0xA0 else 5]


def _inside(der, at):
    """(where the content of the element begins, where it ends)."""
    size, begin = der[at + 1], at + 2
    if size & 0x80:
        count = size & 0x7F
        size, begin = int.from_bytes(der[begin : begin + count], "big"), begin + count
    if begin + size > len(der):
        raise ValueError("the certificate is cut off")
    return begin, begin + size
