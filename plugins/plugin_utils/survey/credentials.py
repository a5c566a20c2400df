"""The accounts that a survey may log in with, from a file that only its owner can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import ModelError
from ..transport import Credential
from ..vault import open_vaulted
from ..vendors import VENDORS, complaint

KEYS = ("user", "password", "vendor", "sites")
VAULTED = b"$ANSIBLE_VAULT;"
FORM = "write a list of {user: …, password: …}, each with vendor: and sites: where it isn't everybody's"


@dataclass(frozen=True)
class Account:
    """One way in that people know; ``vendor`` None fits every vendor, no ``sites`` every site."""

    credential: Credential
    vendor: str | None = None
    sites: tuple[str, ...] = ()

    def fits(self, vendor: str, site: str) -> bool:
        """Whether it may be tried there."""
        return self.vendor in (None, vendor) and (not self.sites or site in self.sites)


def read_accounts(path: Path, loader: Any) -> tuple[Account, ...]:
    """Read the file; ``loader`` is Ansible's, which opens it where it is vault-encrypted.

    :raises ModelError: when others can read it, or it isn't such a list.
    """
    try:
        mode, head = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise ModelError(f"--credentials {path}: can't be read ({error.strerror}); name the file with the accounts") from None
    if head.startswith(VAULTED):
        found = open_vaulted(str(path), loader)
    elif mode & 0o077:
        raise ModelError(f"--credentials {path}: others can read it; run 'chmod 600 {path}', or encrypt it with ansible-vault")
    else:
        found = _plain(path, head)
    if not isinstance(found, list) or not found:
        raise ModelError(f"--credentials {path}: holds no list of accounts; {FORM}")
    return tuple(_account(path, number, entry) for number, entry in enumerate(found, 1))


def _plain(path: Path, content: bytes) -> Any:
    try:
        return yaml.safe_load(content.decode("utf-8"))
    except (UnicodeDecodeError, yaml.YAMLError):  # its own words may hold a password
        raise ModelError(f"--credentials {path}: isn't YAML in UTF-8; {FORM}") from None


def _account(path: Path, number: int, entry: Any) -> Account:
    where = f"--credentials {path}: entry {number}"
    if not isinstance(entry, Mapping):
        raise ModelError(f"{where}: is no account; {FORM}")
    unknown = [str(key) for key in entry if key not in KEYS]
    if unknown:
        raise ModelError(f"{where}: {unknown[0]}: is not known; write {', '.join(KEYS)}")
    for key in ("user", "password"):
        if not isinstance(entry.get(key), str) or not entry[key]:
            raise ModelError(f"{where}: {key}: is missing or no text; put one of digits only in quotes")
    vendor, sites = entry.get("vendor"), entry.get("sites") or ()
    if vendor is not None and vendor not in VENDORS:
        raise ModelError(f"{where}: vendor: {complaint(str(vendor))}")
    if isinstance(sites, str) or not isinstance(sites, Iterable):
        raise ModelError(f"{where}: sites: is no list; write sites: [tan-dinh, …]")
    return Account(Credential(str(entry["user"]), str(entry["password"])), None if vendor is None else str(vendor), tuple(map(str, sites)))
