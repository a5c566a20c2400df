"""Whose host key we know, in a file that OpenSSH shares: the first contact pins it, another key is refused before anything is sent."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import paramiko

from ..errors import PinChanged

RSA = "ssh-rsa"
RSA_SIGNATURES = ("rsa-sha2-512", "rsa-sha2-256", RSA)  # one kind of key, three ways to sign with it (RFC 8332)
HASHED = "|1|"  # before a name that OpenSSH keeps as an HMAC (ssh-keygen -H)
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
            # Only its own lines are understood: a province has hundreds of others, and each of their keys would be made each time.
            own = [line.strip() for line in lines if self._is_named_in(line)]
            keys = [key for key in map(_key_of, own) if key is not None]
        except (OSError, ValueError, paramiko.hostkeys.InvalidHostKey) as error:
            raise PinChanged(f"{self.path}: holds no host keys ({error}); restore it from the backup of the inventory") from None
        found = {key.get_name(): key for key in reversed(keys)}  # of two of a kind the first counts, as for OpenSSH
        # What can't be read is passed over, and a router whose pin can't be read must not become one that was never seen.
        if own and not found:
            raise PinChanged(f"{self.path}: the host key of {self.alias} can't be read; restore the file from the backup of the inventory")
        return found

    def _is_named_in(self, line: str) -> bool:
        names = line.split(maxsplit=1)[0].split(",") if line.strip() else []
        hashed = (name for name in names if name.startswith(HASHED))
        return self.alias in names or any(paramiko.HostKeys.hash_host(self.alias, name) == name for name in hashed)

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


def _key_of(line: str) -> paramiko.PKey | None:
    """The key of a line; None where it is of no kind that paramiko knows, or damaged."""
    try:
        entry = paramiko.hostkeys.HostKeyEntry.from_line(line)
    except paramiko.SSHException:
        return None
    return None if entry is None else entry.key


class Pinned(paramiko.MissingHostKeyPolicy):
    """paramiko knows no alias, so it is told of no keys at all and asks here each time, before it logs in."""

    def __init__(self, known: KnownHost) -> None:
        """Ask ``known``."""
        self._known = known

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:  # noqa: ARG002  paramiko's
        """Accept the key or end it here."""
        self._known.accept(key)
