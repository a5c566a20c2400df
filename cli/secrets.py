"""`motcua secrets`: make the two master secrets of a province, once."""

from __future__ import annotations

import base64
import os
import secrets as random
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import ROOT_BYTES

VAULT_PASSWORD = ".vault-password"  # noqa: S105  a file name

app = typer.Typer(help="The province's master secrets.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """The province's master secrets."""


@app.command()
def init(
    inventory: Annotated[Path, typer.Option("--inventory", "-i", help="the province.yml")],
    initial: Annotated[Path | None, typer.Option(help="YAML: the passwords that installers left, by host name")] = None,
) -> None:
    """Make both masters and a vault password; an existing one is never overwritten."""
    password_file = create(inventory, _initial(initial) if initial else {})
    typer.echo(f"Made. Keep {password_file} away from this server as well as here: without it no device can be reached any more.")


def _initial(path: Path) -> dict[str, str]:
    """Host name -> password, as somebody wrote them down."""
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise ModelError(f"--initial {path}: can't be read ({reason}); write 'host: password' lines in UTF-8") from None
    if not isinstance(found, dict) or not all(isinstance(password, str) for password in found.values()):
        raise ModelError(f"--initial {path}: isn't a list of 'host: password' lines; put passwords of digits only in quotes")
    return {str(host): password for host, password in found.items()}


def create(inventory: Path, initial: Mapping[str, str]) -> Path:
    """Write the vaulted masters and the vault password beside the inventory.

    :raises ModelError: when one of the three files already exists.
    """
    province, folder = load(inventory), inventory.resolve().parent
    devices, tunnels = folder / province.masters.devices, folder / province.masters.tunnels
    password_file = devices.parent / VAULT_PASSWORD
    for path in (devices, tunnels, password_file):
        if path.exists():
            raise ModelError(f"{path}: already exists; a new one would make every device unreachable, so remove it by hand if you mean to")
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Where the first contact with each machine pins its host key: without the folder, ssh would pin nothing.
    (folder / province.ssh.known_hosts).parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    password = random.token_urlsafe(32)
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret(password.encode()))])
    _write(password_file, password.encode())
    _write(tunnels, vault.encrypt(yaml.safe_dump({"master": _master()})))
    _write(devices, vault.encrypt(yaml.safe_dump({"master": _master(), "initial": dict(initial)}, allow_unicode=True)))
    return password_file


def _master() -> str:
    return base64.b64encode(random.token_bytes(ROOT_BYTES)).decode()


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
