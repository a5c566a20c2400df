"""ONVIF: a document is the answer of a Get operation, stored with the Set operation that belongs to it.

``device:GetNTP/NTPInformation`` is a place within an answer; ``media:stream/1`` where the first profile's stream is, ``media:abilities/1``
what it could be, ``media:picture/1`` a still picture of it; ``osd`` the texts in the picture. Every operation is asked once until something
is stored.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from ..errors import AuthRefused, Garbled, MotcuaError, Refused, Unreachable, Unsupported
from ..settings import Items
from ..transport import REFUSED, Answer, LoginRefused
from .onvif_abilities import abilities
from .onvif_documents import Osds, SoapDocument, is_ambiguous, moment, new_osd, stored
from .soap import CONTENT_TYPE, SERVICES, child, envelope, request, response
from .speech import Document, Reply, Target
from .xml import XmlDocument, local

DEVICE = "/onvif/device_service"
OK, UNAUTHORIZED = 200, 401


class Onvif:
    """A conversation with an ONVIF device."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._http = target.http(reuse_nonce=True)
        self._offset = timedelta()
        self._http_digest = False
        self._paths: Mapping[str, str] | None = None
        self._answers: dict[str, XmlDocument | MotcuaError] = {}

    async def open(self) -> None:
        """Take the device's clock, which its logins are judged by, then log in by reading what it is."""
        self._answers = {}
        clock = request("device", "GetSystemDateAndTime")
        answer = await self._http.plain("POST", DEVICE, envelope(clock, None, _now()), CONTENT_TYPE)
        utc = None
        # It may say nothing, or only to those who are logged in: then both clocks are taken for right.
        if answer.status != UNAUTHORIZED:
            with contextlib.suppress(AuthRefused, Refused, Unsupported):
                document = response(answer, self._target.name, "GetSystemDateAndTime")
                self._answers["device:GetSystemDateAndTime"] = document
                utc = moment(document.find("SystemDateAndTime/UTCDateTime"))
        self._offset = timedelta() if utc is None else utc - _now()
        if self._target.credential is None:
            raise AuthRefused(f"{self._target.name}: wants a login and none was given; name user and password")
        # Asked without a login first, to learn which kind the device wants: a wrong password sent in both would count twice.
        answer = await self._http.plain("POST", DEVICE, envelope(request("device", "GetDeviceInformation"), None, _now()), CONTENT_TYPE)
        if _wants_digest(answer):
            self._http.accept(answer)
        self._http_digest = _wants_digest(answer)
        await self._get("device:GetDeviceInformation")

    async def fetch(self, at: str) -> Document:
        """Read a place within an answer."""
        if at == "osd":
            service = "media2" if await self._has("media2") else "media"
            return Osds((await self._get(f"{service}:GetOSDs")).rows("OSDs"))
        if at.startswith("media:stream/"):
            return await self._stream(int(at.rpartition("/")[2]))
        if at.startswith("media:abilities/"):
            service = "media2" if await self._has("media2") else "media"
            return abilities(await self._of_profile(service, "GetVideoEncoderConfigurationOptions", int(at.rpartition("/")[2])))
        operation, _, path = at.partition("/")
        answer = await self._get(operation)
        element = answer.find(path)
        if element is None:
            raise Unsupported(f"the device's {operation} has no {path}")
        if operation.startswith("media") and is_ambiguous(answer):
            raise Unsupported("two encoder configurations have one token, so neither can be told from the other")
        return SoapDocument(copy.deepcopy(element))

    async def store(self, at: str, document: Document) -> Reply:
        """Send a document with the operation that belongs to it."""
        self._answers.clear()
        if isinstance(document, Osds):
            return await self._store_osds(document)
        assert isinstance(document, SoapDocument)
        operation = at.partition("/")[0]
        service = operation.partition(":")[0]
        body = stored(operation, document, _now() + self._offset)
        said = await self._send(service, body)
        return Reply(reboot=(said.get("RebootNeeded|=") or "").lower() == "true")

    async def store_row(self, items: Items, row: Mapping[str, str], existing: Document | None) -> Reply:
        """Create an account or set one."""
        name = row.get(items.match) or (existing.get(items.match) if existing else None) or ""
        body = request("device", "CreateUsers" if existing is None else "SetUser")
        user = child(body, "User", namespace=SERVICES["device"])
        child(user, "Username", name)
        if items.write_only is not None and items.write_only in row:
            child(user, "Password", row[items.write_only])
        child(user, "UserLevel", row.get("UserLevel") or (existing.get("UserLevel") if existing else None) or "User")
        self._answers.clear()
        await self._send("device", body)
        return Reply()

    async def remove_row(self, items: Items, row: Document) -> Reply:
        """Delete an account."""
        body = request("device", "DeleteUsers")
        child(body, "Username", row.get(items.match) or "", SERVICES["device"])
        self._answers.clear()
        await self._send("device", body)
        return Reply()

    async def picture(self, at: str) -> bytes:
        """A still picture of a profile; only its path is believed."""
        said = await self._of_profile("media", "GetSnapshotUri", int(at.rpartition("/")[2]))
        where = urlsplit(said.get("MediaUri/Uri") or "")
        if not where.path:
            raise Unsupported("the device names no still picture")
        try:
            answer = await self._http.request("GET", where._replace(scheme="", netloc="").geturl())
        except LoginRefused:
            raise AuthRefused(f"{self._target.name}: {REFUSED}") from None
        if answer.status != OK:
            raise Unsupported(f"the device gives no picture at {where.path} (HTTP {answer.status})")
        return answer.body

    async def reboot(self) -> None:
        """Ask for a reboot."""
        try:
            await self._send("device", request("device", "SystemReboot"))
        except Unreachable:
            return

    async def close(self) -> None:
        """Let go of the device."""
        await self._http.close()

    # --- operations ---

    async def _get(self, operation: str) -> XmlDocument:
        if operation not in self._answers:
            service, _, name = operation.partition(":")
            body = request(service, name)
            if operation == "media2:GetProfiles":
                child(body, "Type", "VideoEncoder", SERVICES[service])
            if operation == "device:GetServices":
                child(body, "IncludeCapability", "false", SERVICES[service])
            try:
                self._answers[operation] = await self._send(service, body)
            except (Unsupported, Refused, Garbled) as error:
                self._answers[operation] = error
        found = self._answers[operation]
        if isinstance(found, MotcuaError):
            raise found
        return found

    async def _send(self, service: str, body: Element) -> XmlDocument:
        """One request, with the token that most devices want, or with HTTP digest where a device asks for that."""
        path = await self._path(service)
        operation = local(body)
        if not self._http_digest:
            answer = await self._http.plain("POST", path, envelope(body, self._target.credential, _now() + self._offset), CONTENT_TYPE)
            if answer.status == UNAUTHORIZED:
                raise AuthRefused(f"{self._target.name}: {REFUSED}")
            return response(answer, self._target.name, operation)
        try:
            answer = await self._http.request("POST", path, envelope(body, None, _now()), CONTENT_TYPE)
        except LoginRefused:
            raise AuthRefused(f"{self._target.name}: {REFUSED}") from None
        return response(answer, self._target.name, operation)

    async def _has(self, service: str) -> bool:
        try:
            await self._path(service)
        except Unsupported:
            return False
        return True

    async def _path(self, service: str) -> str:
        """Where a service is. Only the path is believed: the address may be one behind an address translation."""
        if service == "device":
            return DEVICE
        if self._paths is None:
            self._paths = await self._services()
        if service not in self._paths:
            raise Unsupported(f"the device has no {service} service")
        return self._paths[service]

    async def _services(self) -> Mapping[str, str]:
        try:
            listed = (await self._get("device:GetServices")).rows("Service")
            found = {one.get("Namespace|="): one.get("XAddr|=") for one in listed}
            return {name: urlsplit(found[uri] or "").path for name, uri in SERVICES.items() if uri in found}
        except (Unsupported, Refused, Garbled):
            answer = await self._get("device:GetCapabilities")
            media = answer.get("Capabilities/Media/XAddr")
            return {} if media is None else {"media": urlsplit(media).path}

    # --- what isn't one Get and one Set ---

    async def _stream(self, number: int) -> XmlDocument:
        profile = (await self._get("media:GetProfiles")).find(f"Profiles[{number}]")
        if profile is None:
            raise Unsupported(f"the device has no profile {number}")
        body = request("media", "GetStreamUri")
        setup = child(body, "StreamSetup", namespace=SERVICES["media"])
        child(setup, "Stream", "RTP-Unicast")
        child(child(setup, "Transport"), "Protocol", "RTSP")
        child(body, "ProfileToken", profile.get("token", ""), SERVICES["media"])
        return await self._send("media", body)

    async def _of_profile(self, service: str, operation: str, number: int) -> XmlDocument:
        """The answer to a question about one profile."""
        profile = (await self._get(f"{service}:GetProfiles")).find(f"Profiles[{number}]")
        if profile is None:
            raise Unsupported(f"the device has no profile {number}")
        body = request(service, operation)
        child(body, "ProfileToken", profile.get("token", ""), SERVICES[service])
        return await self._send(service, body)

    async def _store_osds(self, osds: Osds) -> Reply:
        service = "media2" if await self._has("media2") else "media"
        for key, value in osds.changed.items():
            present = osds.plain if key == "text" else osds.clock
            if value in ("", "false"):
                if present is not None:
                    body = request(service, "DeleteOSD")
                    child(body, "OSDToken", present.root.get("token", ""), SERVICES[service])
                    await self._send(service, body)
            elif present is not None:
                present.set("TextString/PlainText", value)
                body = request(service, "SetOSD")
                body.append(copy.deepcopy(present.root))
                body[-1].tag = f"{{{SERVICES[service]}}}OSD"
                await self._send(service, body)
            else:
                await self._send(service, await self._new_osd(service, key, value))
        return Reply()

    async def _new_osd(self, service: str, key: str, text: str) -> Element:
        source = (await self._get("media:GetProfiles")).find("Profiles[1]/VideoSourceConfiguration")
        if source is None:
            raise Unsupported("the device doesn't say which picture the text belongs to")
        return new_osd(service, key, text, source.get("token", ""))


def _now() -> datetime:
    return datetime.now(UTC)


def _wants_digest(answer: Answer) -> bool:
    return answer.status == UNAUTHORIZED and "digest" in answer.headers.get("www-authenticate", "").lower()
