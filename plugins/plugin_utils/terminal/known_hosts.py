"""Whose host key we know, in a file that OpenSSH shares: the first contact pins it, another key is refused before anything is sent."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import paramiko

from ..errors import PinChanged

RSA = "ssh-rsa"
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256", RSA)  # one kind of key, three ways to sign with it (RFC 8332)
HOST_KEY_KINDS = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", *RSA_SIGNATURES)  # paramiko's


@dataclass(frozen=True)
class KnownHost:
    """One line's worth of a known_hosts file; ``alias`` is the name that the key is known by, as ``HostKeyAlias`` of OpenSSH."""

    path: Path
    alias: str

    def keys(self) -> dict[str, paramiko.PKey]:
        """The pinned keys by their kind; none before the first contact.

        :raises PinChanged: when the file can't be read: without it nobody can say whose key is right.
        """
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines() if self.path.exists() else []
            found = paramiko.HostKeys(str(self.path)).lookup(self.alias) if lines else None
        except (OSError, UnicodeDecodeError, paramiko.SSHException, paramiko.hostkeys.InvalidHostKey) as error:
            raise PinChanged(f"{self.path}: holds no host keys ({error}); restore it from the backup of the inventory") from None
        # paramiko passes over what it can't read, and a router whose pin can't be read must not become one that was never seen.
        if found is None and any(self.alias in line.partition(" ")[0].split(",") for line in lines):
            raise PinChanged(f"{self.path}: the host key of {self.alias} can't be read; restore the file from the backup of the inventory")
        return {} if found is None else {kind: found[kind] for kind in found}

    def allowed_kinds(self, kinds: tuple[str, ...]) -> tuple[str, ...]:
        """Which of these kinds of host key may be asked for: only what is pinned, where something is."""
        pinned = set(self.keys())
        pinned |= set(RSA_SIGNATURES) if RSA in pinned else set()
        return tuple(kind for kind in kinds if kind in pinned) if pinned else kinds

    def accept(self, key: paramiko.PKey) -> None:
        """Take this key for the router's, or refuse it; the first one that is ever seen becomes its pin.

        :raises PinChanged: when another one is pinned.
        """
        pinned = self.keys()
        if not pinned:
            self._append(key)
        elif pinned.get(key.get_name()) != key:
            raise PinChanged(self.complaint(f"{key.get_name()} {key.fingerprint}"))

    def complaint(self, shown: str) -> str:
        """What to tell people about a key that isn't the router's."""
        return (
            f"{self.alias}: shows another host key than at the first contact ({shown}); nothing secret was sent. "
            f"Look at the router; if it was replaced or reset, remove its line from {self.path}"
        )

    def _append(self, key: paramiko.PKey) -> None:
        """One write of one line, because other routers' sessions add theirs to the same file."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        line = f"{self.alias} {key.get_name()} {key.get_base64()}\n"
        if self.path.exists() and self.path.read_bytes()[-1:] not in (b"", b"\n"):
            line = "\n" + line
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            os.write(descriptor, line.encode())
        finally:
            os.close(descriptor)


class Pinned(paramiko.MissingHostKeyPolicy):
    """paramiko knows no alias, so it is told of no keys at all and asks here each time, before it logs in."""

    def __init__(self, known: KnownHost) -> None:
        """Ask ``known``."""
        self._known = known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002  paramiko's
        """Accept the key or end it here."""
        self._known.accept(key)
