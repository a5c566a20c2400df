"""Lists of revoked certificates (CRL, RFC 5280 section 5), for browsers and everybody else who can't look into the store."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from ..errors import ModelError
from .authority import BACKDATED

LIST_DAYS = 14  # made anew every day; a controller that is away for a week does no harm
REASONS = {
    "unspecified": x509.ReasonFlags.unspecified,
    "compromised": x509.ReasonFlags.key_compromise,
    "replaced": x509.ReasonFlags.superseded,
    "retired": x509.ReasonFlags.cessation_of_operation,
}


@dataclass(frozen=True)
class Revoked:
    """A certificate that mustn't be believed any more; ``why`` is one of REASONS."""

    serial: int
    host: str
    when: datetime
    who: str
    why: str


def revocation_list(
    authority: x509.Certificate, key: RSAPrivateKey, revoked: Iterable[Revoked], last: x509.CertificateRevocationList | None, now: datetime
) -> x509.CertificateRevocationList:
    """The next list of an authority after ``last``.

    :raises ModelError: when the last one is from the future: one of both was made under a wrong clock.
    """
    number = 1
    if last is not None:
        if last.last_update_utc > now:
            made = f"{last.last_update_utc:%Y-%m-%d %H:%M} UTC"
            raise ModelError(f"the last list of revoked certificates is from the future ({made}); correct the clock of this machine")
        number = last.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number + 1
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(authority.subject)
        .last_update(now - BACKDATED)
        .next_update(now + timedelta(days=LIST_DAYS))
        .add_extension(x509.CRLNumber(number), critical=False)
    )
    identifier = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
    for one in sorted(revoked, key=lambda one: one.serial):
        row = x509.RevokedCertificateBuilder().serial_number(one.serial).revocation_date(one.when)
        if one.why != "unspecified":  # RFC 5280 section 5.3.1: then the reason stays away
            row = row.add_extension(x509.CRLReason(REASONS[one.why]), critical=False)
        builder = builder.add_revoked_certificate(row.build())
    return builder.sign(key, SHA256())
