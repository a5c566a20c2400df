"""Whom we believe to be talking to: by the key of the first contact, or by an authority; looked at before anything is sent."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from .pins import Pin
from .pki import Trusted, Verdict


@dataclass(frozen=True)
class Certificate:
    """What the device's TLS certificate says, and the fingerprint of its key; ``names`` are the devices that it speaks for."""

    subject: str
    expires: datetime | None
    pin: str
    names: frozenset[str] = frozenset()
    issuer: str = ""
    der: bytes = b""


@dataclass
class Trust:
    """Whom we believe to be talking to. ``path`` keeps the pin; None keeps it for this run only.

    ``authority`` is a file with somebody's authority, which replaces the pin. ``trusted`` is the province's own: once a device has shown
    a certificate of it, nothing else is believed of that device, and no pin has to be removed when it gets the next one.
    """

    host: str
    path: Path | None = None
    authority: str | None = None
    trusted: Trusted | None = None
    certificate: Certificate | None = None
    _pin: Pin | None = field(default=None, init=False)
    changed: bool = field(default=False, init=False)
    _why: str = field(default="", init=False)

    def accept(self, der: bytes) -> bool:
        """Whether this certificate is the device's; the first one that is ever seen becomes its pin."""
        self.certificate = _read_certificate(der)
        if self.authority is not None:
            # Whatever else the authority signed, only this device's own certificate speaks for it.
            self.changed = self.host not in self.certificate.names
        else:
            self._why = self._against(der, self.certificate)
            self.changed = bool(self._why)
        return not self.changed

    @property
    def ours(self) -> bool | None:
        """Whether the province's authority speaks for what was shown last; None where there is no authority, or nothing was shown."""
        if self.trusted is None or self.certificate is None:
            return None
        return self._judged(self.certificate.der).standing == "ours"

    @property
    def complaint(self) -> str:
        """What to tell people about a certificate that isn't the device's."""
        if self.authority is not None:
            named = ", ".join(sorted(self.certificate.names if self.certificate else ())) or "nobody"
            return f"its certificate speaks for {named} and not for {self.host}; nothing secret was sent. Look at it, or sign a new one"
        return self._why

    def _against(self, der: bytes, shown: Certificate) -> str:
        """What speaks against a certificate; "" when nothing does, and then it is kept."""
        known = self._pin or self._stored()
        verdict = self._judged(der)
        if verdict.standing == "refused":
            return f"{self.host} {verdict.why}; nothing secret was sent. Look at the device, see docs/pki.md"
        if verdict.standing == "ours":
            self._keep(Pin(shown.pin, by_authority=True), known)
            return ""
        if known is not None and known.by_authority and self.trusted is not None:
            # A key that the authority once vouched for is still this device's when only the time is over: else nobody could renew it.
            if verdict.standing == "untimely" and known.key == shown.pin:
                return ""
            return (
                f"{self.host} {verdict.why}, although it had one of the province's authority; nothing secret was sent. "
                f"Look at the device; if it was replaced or reset, remove {self.path}"
            )
        if known is not None and known.key != shown.pin:
            return (
                f"another key answers than at the first contact of {self.host}; nothing secret was sent. "
                f"Look at the device; if it was replaced or reset, remove {self.path}"
            )
        self._keep(known or Pin(shown.pin), known)
        return ""

    def _judged(self, der: bytes) -> Verdict:
        return Verdict("foreign") if self.trusted is None else self.trusted.judge(der, self.host, datetime.now(UTC))

    def _keep(self, pin: Pin, known: Pin | None) -> None:
        self._pin = pin
        if self.path is not None and pin != known:
            pin.store(self.path)

    def _stored(self) -> Pin | None:
        return Pin.read(self.path) if self.path else None


def _read_certificate(der: bytes) -> Certificate:
    try:
        certificate = x509.load_der_x509_certificate(der)
        key = certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        pin = f"spki-sha256:{hashlib.sha256(key).hexdigest()}"
        names, issuer = _names(certificate), certificate.issuer.rfc4514_string()
        return Certificate(certificate.subject.rfc4514_string(), certificate.not_valid_after_utc, pin, names, issuer, der)
    except ValueError:  # firmware that writes certificates its own way: then the whole certificate is the pin
        return Certificate("", None, f"certificate-sha256:{hashlib.sha256(der).hexdigest()}", der=der)


def _names(certificate: x509.Certificate) -> frozenset[str]:
    common = [str(attribute.value) for attribute in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return frozenset(common)
    return frozenset([*common, *alternative.get_values_for_type(x509.DNSName)])
