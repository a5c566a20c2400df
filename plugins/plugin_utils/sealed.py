"""What is kept of devices, sealed under keys of the masters: device-native backups, what stands for a secret, and whose a record is.

Deterministic on purpose: the same content seals to the same bytes, so that what didn't change is kept once. All that it gives away is
that two are the same.
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from .errors import MotcuaError
from .secrets import Masters, backup_key

MAGIC = b"motcua backup 1 "
ID_LETTERS, STANDING_LETTERS = 8, 12


@dataclass(frozen=True, repr=False)
class Keys:
    """The keys of one pair of masters; ``id`` tells them from those of others and gives nothing away."""

    id: str
    blobs: bytes
    secrets: bytes
    records: bytes

    def __repr__(self) -> str:
        return f"Keys({self.id})"

    def standing(self, secret: str) -> str:
        """What stands for a secret where people may read: the same for the same one, and nobody without the masters can try words."""
        return f"(secret {_mac(self.secrets, secret)[:STANDING_LETTERS]})"

    def seal(self, device: str, content: bytes) -> bytes:
        """Content that only these keys open, and only as this device's (AES-SIV, RFC 5297)."""
        return MAGIC + self.id.encode() + b"\n" + AESSIV(self.blobs).encrypt(content, [device.encode()])

    def open(self, device: str, sealed: bytes) -> bytes:
        """What was sealed.

        :raises MotcuaError: when it was sealed under other masters, or isn't what was sealed for this device.
        """
        head, _, body = sealed.partition(b"\n")
        if not head.startswith(MAGIC):
            raise MotcuaError(f"{device}: what is kept is no sealed backup; choose another day")
        used = head.removeprefix(MAGIC).decode("ascii", "replace")
        if used != self.id:
            raise MotcuaError(f"{device}: was sealed under other master secrets ({used}, now {self.id}); put back those of that day")
        try:
            return AESSIV(self.blobs).decrypt(body, [device.encode()])
        except (InvalidTag, ValueError):
            raise MotcuaError(
                f"{device}: the sealed backup isn't as it was kept; choose another day, and look who could write there"
            ) from None

    def mark(self, record: str) -> str:
        """The mark that shows that a record was made by who has these keys."""
        return f"{self.id} {_mac(self.records, record)}"

    def made(self, record: str, mark: str) -> bool:
        """Whether a mark belongs to a record."""
        return hmac.compare_digest(self.mark(record).encode(), mark.encode())


def keys_of(masters: Masters) -> Keys:
    """The keys that follow from the masters."""
    return Keys(
        id=hashlib.sha256(backup_key(masters, "id")).hexdigest()[:ID_LETTERS],
        blobs=backup_key(masters, "blobs", 64),
        secrets=backup_key(masters, "secrets"),
        records=backup_key(masters, "records"),
    )


def _mac(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
