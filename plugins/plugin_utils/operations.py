"""What is done with a device besides setting it: the first password, a reboot, a backup, firmware, a certificate.

Each is asked for by name, by its own action; nothing here happens on the way to a desired state.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key
from cryptography.x509.oid import NameOID

from .accounts import Login
from .apply import reboot as reboot_and_wait
from .conversation import Conversation, Device, conversation
from .dialects import DIALECTS, Target
from .dialects.speech import Activates, BacksUp, Certifies, Upgrades
from .diff import EXPERIMENTAL
from .errors import ModelError, NotConverged, Refused, Unsupported
from .transport import Trust

UPGRADE_SECONDS = 900.0


def allowed(device: Device, operation: str) -> None:
    """Whether the operation is known for this kind of device, and confirmed or asked for.

    :raises Unsupported: with the reason when it isn't.
    """
    evidence = device.vendor.operations.get(operation)
    if evidence is None:
        raise Unsupported(f"{device.name}: no way to do '{operation}' is known for {device.vendor.name}; do it by hand")
    if evidence == "experimental" and not device.experimental:
        raise Unsupported(f"{device.name}: {operation}: {EXPERIMENTAL}")


async def activate(device: Device, password: Callable[[], str], *, check: bool) -> bool:
    """Give a new device its first password; ``password`` is called when it is about to be sent. Whether the device was new."""
    allowed(device, "activate")
    dialect = DIALECTS[device.vendor.dialect](device.target(None))
    try:
        assert isinstance(dialect, Activates)
        if not await dialect.is_new():
            return False
        if not check:
            await dialect.activate(password())
            if await dialect.is_new():
                raise NotConverged(f"{device.name}: took the first password and still says that it has none; activate it by hand")
    finally:
        await dialect.close()
    return True


async def reboot(device: Device, bound: asyncio.Timeout) -> None:
    """Reboot and wait until the device takes a login again."""
    allowed(device, "reboot")
    async with conversation(device) as talk:
        await reboot_and_wait(talk, bound)


async def back_up(device: Device) -> bytes:
    """The device's whole configuration."""
    allowed(device, "backup")
    async with conversation(device) as talk:
        assert isinstance(talk.dialect, BacksUp)
        return await talk.dialect.backup()


async def upgrade(device: Device, image: bytes, progress: Callable[[int], None], bound: asyncio.Timeout) -> tuple[str, str]:
    """Send firmware and reboot; the versions before and after.

    :raises NotConverged: when the version is still the old one.
    """
    allowed(device, "firmware")
    async with conversation(device) as talk:
        assert isinstance(talk.dialect, Upgrades)
        before = await _firmware(talk)
        bound.reschedule(asyncio.get_running_loop().time() + UPGRADE_SECONDS)
        await talk.dialect.upgrade(image, progress)
        await reboot_and_wait(talk, bound)
        talk.forget(device.settings["identity.firmware"].at)
        after = await _firmware(talk)
    if after == before:
        raise NotConverged(f"{device.name}: took the firmware and still says {before}; look at the image and at the device")
    return before, after


async def _firmware(talk: Conversation) -> str:
    return str((await talk.read(["identity.firmware"], ())).values.get("identity.firmware"))


async def certify(device: Device, authority: Path, key: bytes, days: int, *, check: bool) -> str:
    """Let the device make a key, sign it for the device's own name, install it, and prove it over a new connection. The new subject.

    :param authority: the certificate of the province's authority, in PEM; ``key`` is its key.
    """
    allowed(device, "certificate")
    signer = _signer(key)
    async with conversation(device) as talk:
        assert isinstance(talk.dialect, Certifies)
        old = talk.target.trust
        if check:
            return f"CN={old.host}"
        signed = sign(await talk.dialect.certificate_request(old.host), old.host, authority, signer, days)
        await talk.dialect.install_certificate(signed)

    def proving(login: Login | None) -> Target:
        return replace(device.target(login), trust=Trust(old.host, old.path, str(authority)))

    async with conversation(replace(device, target=proving)) as talk:
        shown = talk.target.certificate
        assert shown is not None
        talk.target.trust.renew(shown)
    return shown.subject


def sign(request: bytes, name: str, authority: Path, key: CertificateIssuerPrivateKeyTypes, days: int) -> bytes:
    """A certificate in PEM for the request's key, which speaks for ``name`` and nobody else, whatever the request says.

    :raises Refused: when the request isn't signed with its own key.
    """
    try:
        asked = x509.load_pem_x509_csr(request)
        issuer = x509.load_pem_x509_certificate(authority.read_bytes())
    except (ValueError, OSError) as error:
        raise ModelError(f"{name}: its request, or {authority}, can't be read ({error}); give the authority's certificate in PEM") from None
    if not asked.is_signature_valid:
        raise Refused(f"{name}: made a request that its own key didn't sign; look at the device")
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.subject)
        .public_key(asked.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))  # the device's clock may be a little behind
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def _signer(key: bytes) -> CertificateIssuerPrivateKeyTypes:
    try:
        return load_pem_private_key(key, password=None)  # type: ignore[return-value]  # kinds that can't sign fail when they should
    except (ValueError, TypeError):
        raise ModelError("authority_key: is no private key in PEM; take it from the vault") from None
