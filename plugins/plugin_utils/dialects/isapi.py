"""ISAPI, Hikvision's dialect: XML documents over HTTP digest.

A change is: get the document, edit its text in place, put it back whole. Elements are matched by local name, because four namespaces
occur, two of them in one device (urn:psialliance-org, .../ver10/..., .../ver20/..., isapi.org).
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping
from datetime import date
from xml.sax.saxutils import escape

from ..errors import AuthRefused, Garbled, Locked, Refused, Unreachable, Unsupported
from ..settings import Items
from ..transport import REFUSED, Answer, LoginRefused, says_busy
from .isapi_activation import Challenge
from .isapi_footage import oldest
from .speech import Reply, Target
from .xml import XmlDocument, local, parse

DONE, REBOOT_REQUIRED = ("0", "1"), "7"  # statusCode of a ResponseStatus
# 400 methodNotAllowed, 403 notSupport, 404, and 500 on firmware 5.2: how 15 recorded devices say that they don't have a document.
NOT_THERE = (400, 403, 404, 405, 500, 501)
IDENTITY = "/ISAPI/System/deviceInfo"
HTTP_ERROR = 400
NO_RIGHT = ("lowprivilege", "insufficientpermission")
PROLOG = '<?xml version="1.0" encoding="UTF-8"?>'
CERTIFICATE = "/ISAPI/Security/serverCertificate"
PROGRESS_SECONDS = 1.0
NEW_ROWS = {
    "User": '<User version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><id>0</id><userName/><password/><userLevel/></User>',
    "InputProxyChannel": (
        '<InputProxyChannel version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><id/><name/><sourceInputPortDescriptor>'
        "<proxyProtocol/><addressingFormatType>ipaddress</addressingFormatType><ipAddress/><managePortNo/><srcInputPort>1</srcInputPort>"
        "<userName/><password/><streamType>auto</streamType></sourceInputPortDescriptor></InputProxyChannel>"
    ),
}


class Isapi:
    """A conversation with a Hikvision device."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._http = target.http(reuse_nonce=True, is_busy=_is_busy)
        self._identity: XmlDocument | None = None

    async def open(self) -> None:
        """Log in by reading the device's identity."""
        self._identity = None
        try:
            self._identity = await self.fetch(IDENTITY)
        except Unsupported:  # an account without rights is no wrong device; what it may read is read
            return
        if local(self._identity.root) != "DeviceInfo":
            raise Garbled(f"{self._target.name}: doesn't answer as a Hikvision device; check its vendor and its address")

    async def fetch(self, at: str) -> XmlDocument:
        """Read a document; what the login read isn't read again."""
        if at == IDENTITY and self._identity is not None:
            found, self._identity = self._identity, None
            return found
        answer = await self._ask("GET", at)
        if answer.status in NOT_THERE:
            if any(word in answer.text.lower() for word in NO_RIGHT):
                raise Refused(f"{self._target.name}: {at}: the account has no right to read it; give it administrator rights")
            raise Unsupported(f"the device has no {at} (HTTP {answer.status})")
        document = parse(answer.body, f"{self._target.name}: {at}")
        if local(document.root) == "ResponseStatus":
            raise Refused(f"{self._target.name}: {at}: the device refuses: {_words(document)}")
        return document

    async def store(self, at: str, document: XmlDocument) -> Reply:
        """Put a document."""
        return self._reply(at, await self._ask("PUT", at, document.encode()))

    async def store_row(self, items: Items, row: Mapping[str, str], existing: XmlDocument | None) -> Reply:
        """Post a new row, or put the whole existing one with the new values."""
        document = parse(NEW_ROWS[items.row].encode(), items.at) if existing is None else XmlDocument(copy.deepcopy(existing.root))
        for select, value in row.items():
            document.set(select, value)
        if existing is None:
            return self._reply(items.at, await self._ask("POST", items.at, document.encode()))
        at = f"{items.at}/{document.get('id')}"
        return self._reply(at, await self._ask("PUT", at, document.encode()))

    async def remove_row(self, items: Items, row: XmlDocument) -> Reply:
        """Delete a row by its id."""
        at = f"{items.at}/{row.get('id')}"
        return self._reply(at, await self._ask("DELETE", at))

    # --- operations ---

    async def is_new(self) -> bool:
        """Whether nobody gave it a password."""
        answer = await self._http.plain("GET", "/SDK/activateStatus")
        return answer.status == 200 and (parse(answer.body, self._target.name).get("Activated") or "").lower() == "false"

    async def activate(self, password: str) -> None:
        """Give the account admin its first password."""
        challenge = Challenge()
        asked = f"{PROLOG}<PublicKey><key>{challenge.modulus}</key></PublicKey>".encode()
        answer = await self._http.plain("POST", "/ISAPI/Security/challenge", asked)
        said = parse(answer.body, f"{self._target.name}: challenge").get("key") if answer.status < HTTP_ERROR else None
        if said is None:
            raise Refused(f"{self._target.name}: doesn't take this way of activation (HTTP {answer.status}); activate it by hand")
        sealed = f"{PROLOG}<ActivateInfo><password>{challenge.sealed(said, password)}</password></ActivateInfo>".encode()
        self._reply("activate", await self._http.plain("PUT", "/ISAPI/System/activate", sealed))

    async def backup(self) -> bytes:
        """The configuration, encrypted by the device."""
        answer = await self._ask("GET", "/ISAPI/System/configurationData")
        if answer.status >= HTTP_ERROR:
            raise Unsupported(f"the device gives no backup without a key (HTTP {answer.status})")
        return answer.body

    async def upgrade(self, image: bytes, progress: Callable[[int], None]) -> Reply:
        """Send firmware, then ask how far it is until it says that it is done."""
        at = "/ISAPI/System/updateFirmware"
        reply = self._reply(at, await self._ask("PUT", at, image, "application/octet-stream"))
        while True:
            try:
                answer = await self._ask("GET", "/ISAPI/System/upgradeStatus")
            except Unreachable:
                return Reply()  # it restarts by itself
            if answer.status >= HTTP_ERROR:
                return reply  # it doesn't say; the version after the reboot does
            status = parse(answer.body, f"{self._target.name}: upgradeStatus")
            percent = status.get("percent") or "100"
            progress(int(percent) if percent.isdecimal() else 0)
            if (status.get("upgrading") or "false").lower() != "true":
                return reply
            await asyncio.sleep(PROGRESS_SECONDS)

    async def certificate_request(self, name: str) -> bytes:
        """Let the device make a request, and fetch it."""
        at = f"{CERTIFICATE}/certSignReq"
        asked = f"{PROLOG}<CertificateReq><commonName>{escape(name)}</commonName></CertificateReq>".encode()
        self._reply(at, await self._ask("PUT", at, asked))
        answer = await self._ask("GET", f"{CERTIFICATE}/downloadCertSignReq")
        if b"CERTIFICATE REQUEST" not in answer.body:
            raise Refused(f"{self._target.name}: makes no certificate request (HTTP {answer.status}); sign a certificate for it by hand")
        return answer.body

    async def install_certificate(self, pem: bytes) -> None:
        """Put a signed certificate."""
        at = f"{CERTIFICATE}/certificate"
        self._reply(at, await self._ask("PUT", at, pem, "application/x-pem-file"))

    async def picture(self, at: str) -> bytes:
        """A still picture."""
        answer = await self._ask("GET", at)
        if answer.status >= HTTP_ERROR:
            raise Unsupported(f"the device gives no picture at {at} (HTTP {answer.status})")
        return answer.body

    async def oldest_footage(self, channel: int) -> date | None:
        """The first day of a channel's main track."""
        return await oldest(self._target.name, channel, lambda at, body: self._ask("POST", at, body))

    async def reset(self) -> None:
        """Back to the factory, the address too; the device starts again by itself."""
        at = "/ISAPI/System/factoryReset?mode=full"
        try:
            self._reply(at, await self._ask("PUT", at))
        except Unreachable:
            return

    async def reboot(self) -> None:
        """Ask for a reboot."""
        try:
            await self._ask("PUT", "/ISAPI/System/reboot")
        except Unreachable:
            return

    async def close(self) -> None:
        """Let go of the device."""
        await self._http.close()

    async def _ask(self, method: str, at: str, body: bytes = b"", content_type: str = "application/xml") -> Answer:
        try:
            return await self._http.request(method, at, body, content_type)
        except LoginRefused as refused:
            raise _refusal(self._target.name, refused.answer) from None

    def _reply(self, at: str, answer: Answer) -> Reply:
        """Judge a change by the device's own words: 200 may hold an error, and statusCode 7 means done."""
        status = parse(answer.body, f"{self._target.name}: {at}") if answer.body.strip() else None
        code = status.get("statusCode") if status else None
        if code == REBOOT_REQUIRED:
            return Reply(reboot=True)
        words = _words(status) if status else f"HTTP {answer.status}"
        if (
            answer.status >= HTTP_ERROR
            or (code is not None and code not in DONE)
            or (status and (status.get("subStatusCode") or "ok").lower() != "ok")
        ):
            raise Refused(f"{self._target.name}: {at}: the device refuses: {words}")
        return Reply()


def _words(status: XmlDocument) -> str:
    return " ".join(filter(None, (status.get("statusString"), status.get("subStatusCode"))))


def _is_busy(answer: Answer) -> bool:
    return says_busy(answer) or b"<statusCode>2</statusCode>" in answer.body


def _refusal(name: str, answer: Answer) -> AuthRefused:
    """What a 401 after a login says: locked and for how long, or refused and how many tries are left."""
    try:
        said = parse(answer.body, name)
    except Garbled:
        return AuthRefused(f"{name}: {REFUSED}")
    tries, wait = said.get("retryLoginTime"), said.get("unlockTime")
    if (said.get("lockStatus") or "").lower() == "lock":
        seconds = int(wait) if wait and wait.isdecimal() else None
        shown = "an unknown number of" if seconds is None else seconds
        return Locked(f"{name}: is locked for {shown} s after failed logins; wait, then run again", seconds)
    left = int(tries) if tries and tries.isdecimal() else None
    shown = "doesn't say how many tries are left" if left is None else f"{left} tries are left"
    return AuthRefused(f"{name}: refuses the login; {shown}; nothing more is tried", left)
