"""The rim of ``secrets.py``: vaulted files, opened through Ansible's own loader so that every kind of vault password works."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

import yaml
from ansible.errors import AnsibleError

from .errors import ModelError
from .secrets import Masters, masters_from
from .yaml_file import content_of

# By the loader that opened them: it keeps what it has read as well, but copies it for each of a province's devices.
_OPENED: WeakKeyDictionary[Any, dict[tuple[str, str], Masters]] = WeakKeyDictionary()


def open_masters(paths: Mapping[str, str], loader: Any) -> Masters:
    """Open both masters, once for a loader.

    :param paths: ``{devices: path, tunnels: path}``, the variable ``motcua_masters``.
    :raises ModelError: when a file is missing or the vault password doesn't open it.
    """
    where = str(paths["devices"]), str(paths["tunnels"])
    opened = _OPENED.setdefault(loader, {})
    if where not in opened:
        opened[where] = masters_from(_open(where[0], loader), _open(where[1], loader), where)
    return opened[where]


def _open(path: str, loader: Any) -> Any:
    if not loader.path_exists(path):
        remedy = "restore it, or for a new province make it with 'scripts/motcua secrets init'"
        raise ModelError(f"{path}: the master secret is missing; {remedy}")
    # Each fork reads a whole province's passwords, which Ansible's own YAML takes ten times as long for: it notes each value's line.
    # What it alone knows, as a value that is vaulted by itself, and its words for what is wrong come from it.
    with suppress(AnsibleError, yaml.YAMLError):
        return content_of(str(loader.get_text_file_contents(path)))
    return open_vaulted(path, loader, "the master secret ")


def open_vaulted_text(path: str, loader: Any, what: str) -> str:
    """Open a vaulted file that holds one secret and nothing else; ``what`` it is.

    :raises ModelError: when it is missing or the vault password doesn't open it.
    """
    try:
        return str(loader.get_text_file_contents(path)).strip()
    except AnsibleError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        remedy = "restore it, and name the vault password with ANSIBLE_VAULT_PASSWORD_FILE"
        raise ModelError(f"{path}: {what} can't be opened ({reason}); {remedy}") from None


def open_vaulted(path: str, loader: Any, what: str = "") -> Any:
    """Open a vaulted YAML file; ``what`` it is.

    :raises ModelError: when the vault password doesn't open it.
    """
    try:
        return loader.load_from_file(path, cache="all", unsafe=False)
    except AnsibleError as error:
        reason = str(error).splitlines()[0]
        remedy = "name the vault password with ANSIBLE_VAULT_PASSWORD_FILE"
        raise ModelError(f"{path}: {what}can't be opened ({reason}); {remedy}") from None
