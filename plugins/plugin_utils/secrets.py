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
from collections.abc import Iterator, Mapping
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


def backup_key(masters: Masters, purpose: str, length: int = ROOT_BYTES) -> bytes:
    """The key of what is kept of devices, by what it is for."""
    return _derive(masters.devices, f"backup/{purpose}", length)


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


def tunnel_subject(site: str, tunnel: str) -> str:
    """The name by which the journal knows a tunnel's epochs; no host's name has a dot."""
    return f"{site}.{tunnel}"


def wireguard_public_key(private_key: str) -> str:
    """The public key that belongs to a private one, both base64."""
    public = X25519PrivateKey.from_private_bytes(base64.b64decode(private_key)).public_key()
    return base64.b64encode(public.public_bytes(Encoding.Raw, PublicFormat.Raw)).decode()


@dataclass(frozen=True)
class Epochs:
    """Which epoch of its secrets a device is known to have, and which one was begun and not yet proved.

    ``turned`` when the confirmed one was refused last, at a device that doesn't say how many tries are left; ``activated`` when we gave the
    device its first password. Epochs up to ``spent`` belong to devices that stood in this place before and are never used again;
    ``serial`` is the number of the device that came after them, by which its installer's password is known.
    """

    confirmed: int | None = None
    pending: int | None = None
    turned: bool = False
    activated: bool = False
    spent: int = 0
    serial: str | None = None

    @property
    def newest(self) -> int:
        """The epoch that passwords are made of now."""
        return self.pending or self.confirmed or self.spent + 1

    @property
    def proved(self) -> int:
        """The epoch that whoever only uses the device logs in with: the last one that was proved, else the first."""
        return self.confirmed or self.newest

    @property
    def used(self) -> int:
        """The last epoch that any device of this place may have had; 0 for none."""
        return max(self.confirmed or 0, self.pending or 0, self.spent)


BESIDE = ("turned", "activated", "spent", "serial")  # of an Epochs, written where they say anything


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
            return Epochs(content["confirmed"], content["pending"], **{key: content[key] for key in BESIDE if key in content})
        except FileNotFoundError:
            return Epochs()
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ModelError(f"{path}: is not an epoch journal ({error}); restore it from the backup of the inventory") from None

    def tunnel(self, site: str, tunnel: str) -> Epochs:
        """A tunnel's epochs; the first one is in use from the beginning, without having been noted."""
        epochs = self.read(tunnel_subject(site, tunnel))
        return replace(epochs, confirmed=epochs.confirmed or 1)

    def begun(self) -> Iterator[tuple[str, str, int]]:
        """The tunnels whose next key was begun and not proved, as (site, tunnel, epoch)."""
        for path in sorted(self._directory.glob("[!.]*.*.json")):
            pending = self.read(path.stem).pending
            if pending is not None:
                site, _, tunnel = path.stem.partition(".")
                yield site, tunnel, pending

    def burn(self, host: str, first: int = 0) -> None:
        """Leave the present secrets, and any that were begun, for ever; ``first`` is the epoch in use where none was noted."""
        epochs = self.read(host)
        self._write(host, replace(epochs, confirmed=max(first, epochs.used) + 1, pending=None, turned=False, activated=False))

    def begin(self, host: str, to: int | None = None) -> int:
        """Note that the device's next secrets are about to be written; an epoch that is already pending stays."""
        epochs = self.read(host)
        pending = epochs.pending or max(to or 0, epochs.used + 1)
        self._write(host, replace(epochs, pending=pending))
        return pending

    def confirm(self, host: str) -> None:
        """Note that a login proved the pending epoch."""
        epochs = self.read(host)
        self._write(host, replace(epochs, confirmed=epochs.pending or epochs.confirmed, pending=None, turned=False, activated=False))

    def abandon(self, host: str) -> None:
        """Note that the pending epoch was taken back everywhere."""
        self._write(host, replace(self.read(host), pending=None, turned=False, activated=False))

    def activate(self, host: str) -> None:
        """Note, before it is sent, that the factory account's first password is that of the pending epoch."""
        self.begin(host)
        self._write(host, replace(self.read(host), activated=True))

    def turn(self, host: str) -> None:
        """Note that the next run begins with the other of two epochs."""
        epochs = self.read(host)
        self._write(host, replace(epochs, turned=not epochs.turned))

    def succeed(self, host: str, spent: int, serial: str | None) -> None:
        """Note that another device comes into this place, whose predecessors had the epochs up to ``spent``; one that was noted stays."""
        epochs = self.read(host)
        if (epochs.spent, epochs.serial) != (spent, serial):
            self._write(host, replace(epochs, spent=max(spent, epochs.spent), serial=serial))

    def close(self, host: str) -> None:
        """Note that the device has left: what it had is never used again, whatever comes into its place."""
        used = self.read(host).used
        if used:
            self._write(host, Epochs(spent=used))

    def _path(self, host: str) -> Path:
        return self._directory / f"{host}.json"

    def _write(self, host: str, epochs: Epochs) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._directory, prefix=f".{host}.")
        with os.fdopen(descriptor, "w") as file:
            flags = {name: value for name in BESIDE if (value := getattr(epochs, name))}
            json.dump({"confirmed": epochs.confirmed, "pending": epochs.pending} | flags, file)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self._path(host))
