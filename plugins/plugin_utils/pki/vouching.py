"""Whether a certificate that somebody shows is ours, and of the one whom we mean."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.x509.oid import ExtendedKeyUsageOID

from .authority import common_name

# ours: signed by our authority for this very host, in time, not revoked. untimely: the same, but its time is over or hasn't begun.
# refused: ours, and mustn't be believed. foreign: not of our authority.
Standing = Literal["ours", "untimely", "refused", "foreign"]


@dataclass(frozen=True)
class Verdict:
    """What is to be thought of a certificate; ``why`` ends a sentence, "" where it is ours."""

    standing: Standing
    why: str = ""


@dataclass(frozen=True)
class Trusted:
    """The province's authorities, of which the last one signs, and what they have revoked: serials by authority."""

    root: x509.Certificate
    authorities: tuple[x509.Certificate, ...]
    revoked: Collection[int]

    def judge(self, der: bytes, host: str, now: datetime) -> Verdict:
        """Whether it speaks for ``host`` today."""
        try:
            certificate = x509.load_der_x509_certificate(der)
            above = self._above(certificate)
        except ValueError:
            return Verdict("foreign", "shows a certificate that can't be read")
        if above is None:
            return Verdict("foreign", f"shows a certificate that the province's authority didn't sign ({common_name(certificate.issuer)})")
        if certificate.serial_number in self.revoked:
            return Verdict("refused", "shows a certificate that was revoked")
        if not _speaks_for(certificate, host, _zones(above)):
            return Verdict(
                "refused", f"shows a certificate that speaks for {common_name(certificate.subject) or 'nobody'} and not for {host}"
            )
        begins = max(one.not_valid_before_utc for one in (certificate, above, self.root))
        ends = min(one.not_valid_after_utc for one in (certificate, above, self.root))
        if now > ends:
            return Verdict("untimely", f"shows a certificate that ended on {ends:%Y-%m-%d}")
        if now < begins:
            return Verdict("untimely", f"shows a certificate that begins on {begins:%Y-%m-%d %H:%M} UTC only; look at this machine's clock")
        return Verdict("ours")

    def due(self, der: bytes, host: str, now: datetime, renew_days: int) -> bool:
        """Whether a host needs another certificate: this is none of ours, of an authority that signs no more, or ends soon."""
        if self.judge(der, host, now).standing != "ours":
            return True
        certificate = x509.load_der_x509_certificate(der)
        return certificate.not_valid_after_utc <= now + timedelta(days=renew_days) or self._above(certificate) != self.authorities[-1]

    def _above(self, certificate: x509.Certificate) -> x509.Certificate | None:
        return next((authority for authority in self.authorities if _signed(certificate, authority)), None)


def _signed(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True


def _zones(authority: x509.Certificate) -> list[str]:
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    return [one.value for one in limits if isinstance(one, x509.DNSName)]


def _speaks_for(certificate: x509.Certificate, host: str, zones: Collection[str]) -> bool:
    """Whether a server's certificate is this host's own, by the name that our authority gave it."""
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(x509.DNSName)
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (x509.ExtensionNotFound, ValueError):
        return False
    named = any(f"{host}.{zone}" in names for zone in zones)
    return named and not basic.ca and ExtendedKeyUsageOID.SERVER_AUTH in purposes
