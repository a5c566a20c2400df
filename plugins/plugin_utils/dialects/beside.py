"""Vendors that speak ONVIF and an API of their own: what isn't a path of theirs is ONVIF's.

Their own API is asked first, because its answer to a login is the clearer one; ONVIF when the first of its documents is wanted.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import AuthRefused, Unsupported
from ..settings import Items
from ..transport import REFUSED, Answer, LoginRefused
from .onvif import Onvif
from .speech import Document, Reply, Target

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

    async def picture(self, at: str) -> bytes:
        """A still picture of either API."""
        if not at.startswith(self.own):
            return await (await self._opened()).picture(at)
        answer = await self._ask("GET", at)
        if answer.status != 200:
            raise Unsupported(f"the device gives no picture at {at} (HTTP {answer.status})")
        return answer.body

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
