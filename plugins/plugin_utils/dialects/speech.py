"""What every dialect knows: how a document is fetched and stored. Which settings stand in it is the vendors' tables' business."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol, TypeVar, runtime_checkable

from ..settings import Items
from ..transport import Answer, Credential, Exchange, Http, says_busy
from ..trust import Certificate, Trust


@dataclass(frozen=True)
class Target:
    """A device as it is addressed."""

    name: str
    host: str
    port: int
    scheme: str
    trust: Trust
    credential: Credential | None
    tap: Callable[[Exchange], None] | None = None

    @property
    def base(self) -> str:
        """The beginning of every URL."""
        return f"{self.scheme}://{self.host}:{self.port}"

    def http(self, *, reuse_nonce: bool, is_busy: Callable[[Answer], bool] = says_busy) -> Http:
        """A client for this device."""
        return Http(self.base, self.trust, reuse_nonce=reuse_nonce, credential=self.credential, is_busy=is_busy, tap=self.tap)

    @property
    def certificate(self) -> Certificate | None:
        """The certificate that the device showed last."""
        return self.trust.certificate


@dataclass(frozen=True)
class Reply:
    """What the device said to a change that it didn't refuse."""

    reboot: bool = False


class Document(Protocol):
    """A device's document. What it doesn't understand, it keeps."""

    def get(self, select: str) -> str | None:
        """The native value at the place, None when the place isn't there."""

    def set(self, select: str, value: str) -> None:
        """Write a native value; Unsupported when the document has no such place."""

    def rename(self, select: str, name: str) -> None:
        """Call a place by another name where it stands, if it is there; when the other name is there too, only that one stays."""

    def rows(self, row: str) -> Sequence[Document]:
        """The rows of a list, each a document that writes through to this one."""


D = TypeVar("D", bound=Document)


class Dialect(Protocol[D]):
    """One logged-in conversation with one device."""

    async def open(self) -> None:
        """Prove the login with one request; AuthRefused or Locked when it is refused."""

    async def fetch(self, at: str) -> D:
        """Read a document; Unsupported when the device has none there."""

    async def store(self, at: str, document: D) -> Reply:
        """Write a whole document back; Refused with the device's words."""

    async def store_row(self, items: Items, row: Mapping[str, str], existing: D | None) -> Reply:
        """Add a row to a list (``existing`` is None), or change an existing one; ``row`` is native text by select."""

    async def remove_row(self, items: Items, row: D) -> Reply:
        """Remove a row from a list; Refused with the device's words."""

    async def reboot(self) -> None:
        """Ask for a reboot; the answer may never come."""

    async def close(self) -> None:
        """Let go of the device."""


# --- what only some devices can; a vendor's table says with which evidence ---


@runtime_checkable
class Activates(Protocol):
    """A device that is sold without any password. Both are asked without a login."""

    async def is_new(self) -> bool:
        """Whether it has no password yet."""

    async def activate(self, password: str) -> None:
        """Give the factory account its first password; Refused with the device's words."""


@runtime_checkable
class BacksUp(Protocol):
    """A device that gives its whole configuration away."""

    async def backup(self) -> bytes:
        """The configuration as the device keeps it, mostly encrypted."""


@runtime_checkable
class Upgrades(Protocol):
    """A device that takes firmware over the network."""

    async def upgrade(self, image: bytes, progress: Callable[[int], None]) -> Reply:
        """Send firmware once and wait until the device has it, telling the percentage; Refused when it doesn't take it.

        The reply says whether it waits for a reboot; else it restarts by itself, and nothing more may be asked of it before it has.
        """


@runtime_checkable
class Resets(Protocol):
    """A device that can be told to forget everything."""

    async def reset(self) -> None:
        """Back to what it was delivered with; the answer may never come, Refused with the device's words."""


@runtime_checkable
class Shows(Protocol):
    """A device that gives still pictures."""

    async def picture(self, at: str) -> bytes:
        """What stands at the picture's address; Unsupported when nothing does. Whether it is a picture is for others to see."""


@runtime_checkable
class Remembers(Protocol):
    """A device that says since when it has footage."""

    async def oldest_footage(self, channel: int) -> date | None:
        """The first day of a channel of which there is footage, None when there is none."""


@runtime_checkable
class Certifies(Protocol):
    """A device that makes its own key and lets somebody else sign it."""

    async def certificate_request(self, name: str) -> bytes:
        """A PKCS #10 request in PEM with this common name."""

    async def install_certificate(self, pem: bytes) -> None:
        """Use a certificate from now on; Refused when it doesn't belong to the key."""
