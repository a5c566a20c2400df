"""Two master secrets -> one root per site -> every device's passwords and the site's end of each tunnel.

Derived with HKDF-SHA256 (RFC 5869), so that nothing but two vaulted files has to be kept, and staging material holds one site's root
only. Whether a device already has its newest password is a fact about the world, not about the secret: that is the journal.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .errors import ModelError
from .settings import PasswordRule
from .vendors.table import password_rule

ROOT_BYTES = 32
VMS_REALM = "motcua"
VMS_PASSWORDS = password_rule(24)


@dataclass(frozen=True, repr=False)
class Masters:
    """The opened masters: 32 random bytes each, and the passwords that installers left, by host name."""

    devices: bytes
    tunnels: bytes
    initial: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def __repr__(self) -> str:
        return "Masters(secret)"


def masters_from(devices: Any, tunnels: Any, where: tuple[str, str]) -> Masters:
    """Masters from the contents of the two decrypted files: ``{master: base64, initial: {…}}`` and ``{master: base64}``.

    :raises ModelError: when a file doesn't hold a master of 32 bytes; the file is named, its content never.
    """
    initial = devices.get("initial", {}) if isinstance(devices, Mapping) else {}
    return Masters(_master(devices, where[0]), _master(tunnels, where[1]), MappingProxyType({str(k): str(v) for k, v in initial.items()}))


def _master(content: Any, path: str) -> bytes:
    try:
        master = base64.b64decode(str(content["master"]), validate=True)
    except (KeyError, TypeError, ValueError):
        master = b""
    if len(master) < ROOT_BYTES:
        remedy = "restore the file, or for a new province make it with 'scripts/motcua secrets init'"
        raise ModelError(f"{path}: master: holds no secret of {ROOT_BYTES} bytes; {remedy}")
    return master


def _derive(key: bytes, info: str, length: int = ROOT_BYTES) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=f"motcua/{info}".encode()).derive(key)


def site_root(master: bytes, site: str) -> bytes:
    """The secret from which everything of one site follows, and nothing of another: 32 bytes."""
    return _derive(master, f"site/{site}")


def device_password(masters: Masters, site: str, device: str, account: str, epoch: int, rule: PasswordRule) -> str:
    """The password of one account on one device, at the strength that its vendor accepts.

    :param device: the inventory host name.
    :param epoch: counts the rotations, from 1.
    """
    return _letters(_derive(site_root(masters.devices, site), f"device/{device}/{account}/{epoch}", 4 * rule.length), rule)


def _letters(stream: bytes, rule: PasswordRule) -> str:
    # Four bytes a character make the modulo's bias smaller than 2**-24.
    numbers = [int.from_bytes(stream[4 * i : 4 * i + 4]) for i in range(rule.length)]
    alphabets = [*rule.classes, *[rule.alphabet] * (rule.length - len(rule.classes))]
    return "".join(alphabet[number % len(alphabet)] for alphabet, number in zip(alphabets, numbers, strict=True))


def vms_password(masters: Masters, vms: str, number: int) -> str:
    """The password with which a VMS pulls from the centre: letters and digits, because some clients put it into a URL.

    :param number: counts the passwords that it has been given, from 1.
    """
    return _letters(_derive(masters.devices, f"vms/{vms}/{number}", 4 * VMS_PASSWORDS.length), VMS_PASSWORDS)


def vms_digest(masters: Masters, vms: str, number: int) -> str:
    """The line of an htdigest file for it: what RTSP's digest needs, and not the password."""
    line = f"{vms}:{VMS_REALM}"
    hashed = hashlib.md5(f"{line}:{vms_password(masters, vms, number)}".encode(), usedforsecurity=False)  # RFC 2617, section 3.2.2.2
    return f"{line}:{hashed.hexdigest()}"


def tunnel_private_key(masters: Masters, site: str, tunnel: str, epoch: int = 1) -> str:
    """The site's WireGuard private key for one tunnel, base64, clamped as X25519 wants it (RFC 7748 section 5)."""
    key = bytearray(_derive(site_root(masters.tunnels, site), f"tunnel/{tunnel}/{epoch}"))
    key[0] &= 248
    key[31] = key[31] & 127 | 64
    return base64.b64encode(bytes(key)).decode()


def wireguard_public_key(private_key: str) -> str:
    """The public key that belongs to a private one, both base64."""
    public = X25519PrivateKey.from_private_bytes(base64.b64decode(private_key)).public_key()
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@dataclass(frozen=True)
class Epochs:
    """Which epoch of its secrets a device is known to have, and which one was begun and not yet proved.

    ``turned`` when the confirmed one was refused last, at a device that doesn't say how many tries are left; ``activated`` when we gave the
    device its first password.
    """

    confirmed: int | None = None
    pending: int | None = None
    turned: bool = False
    activated: bool = False


class Journal:
    """One small file a device, replaced atomically: written before a secret is changed and after it was proved."""

    def __init__(self, directory: str | Path) -> None:
        """Keep the journal in ``directory``, which is made when first written."""
        self._directory = Path(directory)

    def read(self, host: str) -> Epochs:
        """The device's epochs; none at all for a device that was never rolled out.

        :raises ModelError: when the file can't be read: guessing an epoch could lock the device.
        """
        path = self._path(host)
        try:
            content = json.loads(path.read_text())
            return Epochs(content["confirmed"], content["pending"], content.get("turned", False), content.get("activated", False))
        except FileNotFoundError:
            return Epochs()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{path}: is not an epoch journal ({error}); restore it from the backup of the inventory") from None

    def begin(self, host: str) -> int:
        """Note that the device's next secrets are about to be written; an epoch that is already pending stays."""
        epochs = self.read(host)
        pending = epochs.pending or (epochs.confirmed or 0) + 1
        self._write(host, replace(epochs, pending=pending))
        return pending

    def confirm(self, host: str) -> None:
        """Note that a login proved the pending epoch."""
        epochs = self.read(host)
        self._write(host, Epochs(epochs.pending or epochs.confirmed, None))

    def abandon(self, host: str) -> None:
        """Note that the pending epoch was taken back everywhere."""
        self._write(host, Epochs(self.read(host).confirmed, None))

    def activate(self, host: str) -> None:
        """Note, before it is sent, that the factory account's first password is that of the pending epoch."""
        self.begin(host)
        self._write(host, replace(self.read(host), activated=True))

    def turn(self, host: str) -> None:
        """Note that the next run begins with the other of two epochs."""
        epochs = self.read(host)
        self._write(host, replace(epochs, turned=not epochs.turned))

    def _path(self, host: str) -> Path:
        return self._directory / f"{host}.json"

    def _write(self, host: str, epochs: Epochs) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._directory, prefix=f".{host}.")
        with os.fdopen(descriptor, "w") as file:
            flags = {name: True for name in ("turned", "activated") if getattr(epochs, name)}
            json.dump({"confirmed": epochs.confirmed, "pending": epochs.pending} | flags, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self._path(host))
