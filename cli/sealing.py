"""A record's seal: the storage centre signs the hashes of its files, as it signs exports of footage; who has the public key checks it."""

from __future__ import annotations

import base64
import getpass
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from cli.centre import ask_centre

MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
KIND = "acceptance"
PROGRAM = "motcua-footage"


@dataclass(frozen=True)
class Checked:
    """What a seal says, and what is wrong with it: each a sentence, none when it holds."""

    manifest: Mapping[str, Any]
    wrong: tuple[str, ...]


def seal(inventory: Path, site: str, folder: Path, names: Sequence[str], reason: str) -> None:
    """Let the centre sign these files of a folder; manifest and signature are put beside them.

    :raises Unreachable: when the centre doesn't answer. :raises Refused: when it can't sign.
    """
    hashes = {name: _sha256(folder / name) for name in names}
    told = ("seal", site, json.dumps(hashes), "--who", getpass.getuser(), "--reason", reason)
    answer = ask_centre(inventory, PROGRAM, *told)
    (folder / MANIFEST).write_text(answer["manifest"], encoding="utf-8")
    (folder / SIGNATURE).write_bytes(base64.b64decode(answer["signature"]))


def check(inventory: Path, file: Path) -> Checked:
    """Check the seal of a record, named by its folder or by any of its files.

    :raises MotcuaError: when there is no seal, or no key to check it with: that is no verdict.
    """
    folder = file if file.is_dir() else file.parent
    key = public_key(inventory)
    try:
        text, signature = (folder / MANIFEST).read_bytes(), (folder / SIGNATURE).read_bytes()
    except OSError as error:
        raise MotcuaError(
            f"{error.filename}: can't be read ({error.strerror}); name a record's folder, with its manifest and signature"
        ) from None
    try:
        key.verify(signature, text)
    except InvalidSignature:
        return Checked({}, (f"{folder / MANIFEST}: the signature isn't that of the centre's key; manifest or signature was changed",))
    manifest = json.loads(text)
    if manifest.get("kind") != KIND:
        return Checked(manifest, (f"{folder / MANIFEST}: the centre signed it, but not as a record of acceptance",))
    wrong = [said for name, hashed in manifest["files"].items() if (said := _wrong(folder / name, hashed))]
    if not file.is_dir() and file.name not in (*manifest["files"], MANIFEST, SIGNATURE):
        wrong.append(f"{file}: isn't among the files that were signed")
    return Checked(manifest, tuple(wrong))


def public_key(inventory: Path) -> Ed25519PublicKey:
    """The public half of the key with which the centre signs; the rollout puts it beside the inventory.

    :raises MotcuaError: when it isn't there.
    """
    file = inventory.parent / "keys" / f"{load(inventory).storage_centre()[0]}-evidence.pub.pem"
    try:
        key = load_pem_public_key(file.read_bytes())
    except (OSError, ValueError):
        raise MotcuaError(f"{file}: isn't there or is no key; roll out the centre, which puts it there, or copy it from there") from None
    assert isinstance(key, Ed25519PublicKey)
    return key


def _wrong(file: Path, hashed: str) -> str:
    try:
        return "" if _sha256(file) == hashed else f"{file}: was changed after it was signed"
    except OSError as error:
        return f"{file}: was signed, and can't be read ({error.strerror})"


def _sha256(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()
