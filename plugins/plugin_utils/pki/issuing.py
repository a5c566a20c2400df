"""Certificates of machines: for one host name and its planned addresses, whatever a request says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..errors import ModelError, Refused
from .authority import BACKDATED, ZONE, common_name, in_time, pem

# Browsers take no longer: 825 days from any authority (support.apple.com/103769), 398 and falling from public ones.
SHORT_DAYS = 397
LONGEST_NAME = 63  # of a label in DNS, RFC 1035 section 2.3.4; a common name takes one more


@dataclass(frozen=True)
class Wanted:
    """For whom a certificate is to speak, and for how many days."""

    host: str
    province: str
    addresses: tuple[IPv4Address, ...]
    days: int

    @property
    def names(self) -> tuple[str, ...]:
        """The DNS name that it is for."""
        return (f"{self.host}.{self.province}.{ZONE}",)


def request_for(request: bytes, host: str) -> x509.CertificateSigningRequest:
    """A request that a machine made for itself.

    :raises Refused: when it isn't signed with its own key, or is made for somebody else.
    """
    try:
        asked = x509.load_pem_x509_csr(request)
        said = common_name(asked.subject)
        valid = asked.is_signature_valid
    except ValueError as error:
        raise Refused(f"{host}: its request can't be read ({error}); look at the device") from None
    if not valid:
        raise Refused(f"{host}: made a request that its own key didn't sign; look at the device")
    if said and said != host:
        raise Refused(f"{host}: its request is for another name, {said}; nothing was signed. Look at the device")
    return asked


def issue(
    authority: x509.Certificate,
    key: RSAPrivateKey,
    public: CertificatePublicKeyTypes,
    wanted: Wanted,
    now: datetime,
    serial: int,
) -> x509.Certificate:
    """A certificate for a server's key; never longer than the authority's own.

    :raises ModelError: when the authority's time is over, or it may not sign for this name and these addresses.
    """
    in_time(authority, "the issuing authority", now)
    if len(wanted.host) > LONGEST_NAME:
        raise ModelError(
            f"{wanted.host}: is longer than the {LONGEST_NAME} characters that a name in a certificate may have; shorten its ids"
        )
    _check_limits(authority, wanted)
    until = min(now + timedelta(days=wanted.days), authority.not_valid_after_utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, wanted.host)]))
        .issuer_name(authority.subject)
        .public_key(public)
        .serial_number(serial)
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
    )
    for extension, critical in _extensions(authority, public, wanted):
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(key, SHA256())


def bundle(certificate: x509.Certificate, chain: Sequence[x509.Certificate]) -> bytes:
    """A certificate and those above it, as servers show them."""
    return b"".join(map(pem, (certificate, *chain)))


def _extensions(
    authority: x509.Certificate, public: CertificatePublicKeyTypes, wanted: Wanted
) -> tuple[tuple[x509.ExtensionType, bool], ...]:
    usage = dict.fromkeys(("content_commitment", "data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"), False)
    # TLS 1.2 without forward secrecy, which old cameras speak, enciphers with the server's key.
    usage |= {"encipher_only": False, "decipher_only": False, "digital_signature": True, "key_encipherment": True}
    above = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    return (
        (x509.SubjectAlternativeName([*map(x509.DNSName, wanted.names), *map(x509.IPAddress, wanted.addresses)]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.KeyUsage(**usage), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectKeyIdentifier.from_public_key(public), False),
        (x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(above), False),
    )


def _check_limits(authority: x509.Certificate, wanted: Wanted) -> None:
    limits = authority.extensions.get_extension_for_class(x509.NameConstraints).value.permitted_subtrees or []
    networks = [one.value for one in limits if isinstance(one, x509.IPAddress)]
    outside = [address for address in wanted.addresses if not any(address in network for network in networks)]  # type: ignore[operator]  # a constraint's is a network
    if outside:
        raise ModelError(
            f"{wanted.host}: {outside[0]} is in no network that the issuing authority may sign for; "
            "the networks of the province changed: make a new authority with 'motcua pki request'"
        )
    zones = [one.value for one in limits if isinstance(one, x509.DNSName)]
    if not all(any(name.endswith(f".{zone}") for zone in zones) for name in wanted.names):
        raise ModelError(f"{wanted.host}: the issuing authority may sign for {', '.join(zones)} only; take that of this province")
