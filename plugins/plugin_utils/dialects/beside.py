"""Vendors that speak ONVIF and an API of their own: Uniview's LAPI and Hanwha's SUNAPI. What isn't a path of theirs is ONVIF's.

Their own API is asked first, because its answer to a login is the clearer one; ONVIF when the first of its documents is wanted.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from ..errors import AuthRefused, Garbled, Refused, Unsupported
from ..settings import Items
from ..transport import REFUSED, Answer, LoginRefused
from .onvif import Onvif
from .pairs import Pairs
from .speech import Document, Reply, Target
from .trees import JsonDocument, json_object

# Uniview's NVR302 answers 599 to a path that it doesn't have, others 404.
NOT_THERE = (400, 404, 405, 501, 599)


class Beside:
    """A conversation in two languages. ``own`` is how paths of the vendor's own API begin, ``identity`` the first that is asked."""

    own: str
    identity: str

    def __init__(self, target: Target) -> None:
        self._target = target
        self._http = target.http(reuse_nonce=True)
        self._onvif = Onvif(target)
        self._onvif_open = False
        self._onvif_missing: Unsupported | None = None

    async def open(self) -> None:
        """Log in by reading what the device is."""
        self._onvif_open, self._onvif_missing = False, None
        try:
            await self.fetch(self.identity)
        except Unsupported:
            await self._opened()

    async def fetch(self, at: str) -> Document:
        """Read a document of either API."""
        if not at.startswith(self.own):
            return await (await self._opened()).fetch(at)
        answer = await self._ask("GET", at)
        if answer.status in NOT_THERE:
            raise Unsupported(f"the device has no {at} (HTTP {answer.status})")
        return self._understood(at, answer)

    async def store(self, at: str, document: Document) -> Reply:
        """Write a document of either API."""
        if not at.startswith(self.own):
            return await (await self._opened()).store(at, document)
        return await self._store(at, document)

    async def store_row(self, items: Items, row: Mapping[str, str], existing: Document | None) -> Reply:
        """Accounts are ONVIF's."""
        return await (await self._opened()).store_row(items, row, existing)

    async def remove_row(self, items: Items, row: Document) -> Reply:
        """Accounts are ONVIF's."""
        return await (await self._opened()).remove_row(items, row)

    async def reboot(self) -> None:
        """Ask for a reboot."""
        await (await self._opened()).reboot()

    async def close(self) -> None:
        """Let go of the device."""
        await self._http.close()
        await self._onvif.close()

    async def _opened(self) -> Onvif:
        if self._onvif_missing is not None:
            raise self._onvif_missing
        if not self._onvif_open:
            try:
                await self._onvif.open()
            except Unsupported as error:
                self._onvif_missing = error
                raise
            self._onvif_open = True
        return self._onvif

    def _understood(self, at: str, answer: Answer) -> Document:
        raise NotImplementedError  # each API's own

    async def _store(self, at: str, document: Document) -> Reply:  # noqa: ARG002  an API that is only read has no use for it
        raise Unsupported(f"no way to write {at} is known")

    async def _ask(self, method: str, target: str, body: bytes = b"") -> Answer:
        try:
            return await self._http.request(method, target, body, "application/json")
        except LoginRefused:
            raise AuthRefused(f"{self._target.name}: {REFUSED}") from None


class Lapi(Beside):
    """Uniview: JSON in an envelope that says how it went; what is put is the envelope's ``Data``."""

    own = "/LAPI/"
    identity = "/LAPI/V1.0/System/DeviceInfo"

    def _understood(self, at: str, answer: Answer) -> Document:
        said = self._succeeded(at, answer)
        data = said.get("Data")
        if not isinstance(data, dict):
            raise Unsupported(f"the device's {at} is empty")
        return JsonDocument(data)

    async def _store(self, at: str, document: Document) -> Reply:
        assert isinstance(document, JsonDocument)
        self._succeeded(at, await self._ask("PUT", at, json.dumps(document.tree, ensure_ascii=False).encode()))
        return Reply()

    def _succeeded(self, at: str, answer: Answer) -> Mapping[str, object]:
        said = json_object(answer, f"{self._target.name}: {at}").get("Response")
        if not isinstance(said, dict):
            raise Garbled(f"{self._target.name}: {at}: answers no LAPI envelope; check its vendor and its address")
        if said.get("ResponseCode") != 0 or said.get("StatusCode") not in (0, None):
            raise Refused(f"{self._target.name}: {at}: the device refuses: {said.get('StatusString')} (code {said.get('StatusCode')})")
        return said


class Sunapi(Beside):
    """Hanwha: ``Key=Value`` lines, only read: its documents are for partners, and nobody recorded a device."""

    own = "/stw-cgi/"
    identity = "/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view"

    def _understood(self, at: str, answer: Answer) -> Document:
        text = answer.text.strip()
        if answer.status != 200 or text.startswith("NG"):
            raise Unsupported(f"the device has no {at.split('?', maxsplit=1)[0]} for this account (HTTP {answer.status})")
        return Pairs(dict(line.split("=", 1) for line in text.splitlines() if "=" in line))
