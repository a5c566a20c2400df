"""The offline root: made and used on a machine without network, its key in a folder that is carried away."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, load_pem_private_key

from cli.controller import ROOT

LEAST_CHARACTERS = 14  # of a passphrase that may be tried offline for as long as a finder of the stick likes


def root(
    folder: Annotated[Path, typer.Argument(help="an empty folder on a stick that is locked away afterwards")],
    province: Annotated[str, typer.Option(help="the id of the province, as in its province.yml")],
) -> None:
    """Make the province's root authority, once. The key is encrypted with a passphrase that is asked for."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", province):
        raise ModelError(f"--province {province}: is no id of a province; write it as in province.yml")
    _check_place(folder)
    passphrase = _passphrase(new=True)
    key, certificate = pki.root_authority(province, datetime.now(UTC))
    sealed = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(passphrase))
    # The certificate last: without it the folder counts as empty, so that one that broke off can be begun again.
    pki.write(folder / "root.key", sealed)
    pki.write(folder / "root.pem", pki.pem(certificate))
    typer.echo(f"{folder}: the root holds until {certificate.not_valid_after_utc:%Y-%m-%d}. Write down its fingerprint:")
    typer.echo(f"  {pki.fingerprint(certificate)}")
    typer.echo("Make a copy on a second stick, and keep the passphrase away from both: neither can be had again.")


def sign_ca(
    request: Annotated[Path, typer.Argument(help="the request that 'motcua pki request' made")],
    root: Annotated[Path, typer.Option(help="the folder with the root")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="sign without asking")] = False,
) -> None:
    """Sign an issuing authority, on the machine with the root; what was signed is put beside the request."""
    certificate, asked = read_certificate(root / "root.pem"), _request(request)
    typer.echo(described(asked))
    if not yes:
        typer.confirm("Sign this?", abort=True)
    key = _key(root / "root.key", _passphrase(new=False))
    signed = pki.sign_authority(certificate, key, asked, datetime.now(UTC))
    # What was signed stays with the root too, before anybody gets it.
    pki.write(root / "signed" / f"{signed.serial_number:040x}.pem", pki.pem(signed))
    pki.write(request.with_suffix(".pem"), pki.pem(signed))
    pki.write(request.with_name("root.pem"), pki.pem(certificate))
    typer.echo(
        f"{request.with_suffix('.pem')}: carry it back with root.pem beside it: motcua pki install {request.stem}.pem --root root.pem"
    )


def described(asked: x509.CertificateSigningRequest) -> str:
    """What a request asks for, as people read it before they sign."""
    try:
        limits = asked.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    except x509.ExtensionNotFound:
        limits = []
    told = ", ".join(str(one.value) for one in limits) or "everybody"
    return f"{asked.subject.rfc4514_string()}\n  may sign for: {told}"


def read_certificate(path: Path) -> x509.Certificate:
    """A certificate in PEM.

    :raises ModelError: when it can't be read.
    """
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{path}: is no certificate that can be read ({reason}); name one in PEM") from None


def _check_place(folder: Path) -> None:
    """A root's key never lies where it could be committed, and none is ever overwritten."""
    resolved = folder.resolve()
    if any((above / ".git").exists() for above in (resolved, *resolved.parents)) or resolved.is_relative_to(ROOT):
        raise ModelError(f"{folder}: lies in a repository; name a folder on a stick that is locked away")
    if (folder / "root.pem").exists():
        raise ModelError(f"{folder}: holds a root already; a new one would be believed by nobody, so name an empty folder")
    if not folder.parent.is_dir():
        raise ModelError(f"{folder}: there is no {folder.parent}; put the stick in, and name a folder on it")


def _passphrase(*, new: bool) -> bytes:
    """The passphrase, from the terminal and from nowhere else."""
    said: str = typer.prompt("The root's passphrase", hide_input=True, confirmation_prompt=new)
    if new and len(said) < LEAST_CHARACTERS:
        raise ModelError(f"the passphrase has fewer than {LEAST_CHARACTERS} characters; take several words")
    return said.encode()


def _key(path: Path, passphrase: bytes) -> RSAPrivateKey:
    try:
        key = load_pem_private_key(path.read_bytes(), passphrase)
    except OSError as error:
        raise ModelError(f"{path}: can't be read ({error.strerror}); name the folder with the root") from None
    except (ValueError, TypeError):
        raise ModelError(
            f"{path}: this passphrase doesn't open it, or it is damaged; nothing was signed. Try again, or take the copy"
        ) from None
    if not isinstance(key, RSAPrivateKey):
        raise ModelError(f"{path}: is no key of a root that motcua made; take the folder that 'motcua pki root' made")
    return key


def _request(path: Path) -> x509.CertificateSigningRequest:
    try:
        return x509.load_pem_x509_csr(path.read_bytes())
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ModelError(f"{path}: is no request that can be read ({reason}); name what 'motcua pki request' made") from None
