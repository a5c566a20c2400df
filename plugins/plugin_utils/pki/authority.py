"""Authorities: a root that stays offline, and an issuing authority below it that can sign for this province's machines and no others.

RSA, because the firmware of old cameras reads nothing else; whether it takes an elliptic signature nobody has seen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Network

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from ..errors import ModelError, Refused

ROOT_DAYS, ISSUING_DAYS = 7305, 1826  # 20 years, and 5
ROOT_BITS, ISSUING_BITS = 4096, 3072
BACKDATED = timedelta(hours=1)  # a device's clock may be a little behind
ZONE = "internal"  # reserved for private networks by ICANN's resolution 2024.07.29.06: no public name ends so
SERIAL_BYTES = 20  # RFC 5280, section 4.1.2.2


@dataclass(frozen=True)
class Named:
    """What an authority may sign for: names within a zone of the province, and addresses of its networks."""

    province: str
    networks: tuple[IPv4Network, ...]

    @property
    def zone(self) -> str:
        """The domain that all names of the province's machines end with."""
        return f"{self.province}.{ZONE}"

    def constraints(self) -> x509.NameConstraints:
        """The same as an extension, in one order."""
        names: list[x509.GeneralName] = [x509.DNSName(self.zone)]
        return x509.NameConstraints([*names, *map(x509.IPAddress, sorted(set(self.networks)))], None)


def root_authority(province: str, now: datetime, bits: int = ROOT_BITS) -> tuple[RSAPrivateKey, x509.Certificate]:
    """A new root: its key and its certificate, which it signed itself."""
    key = generate_private_key(65537, bits)
    name = _name(province, "root authority")
    builder = _authority(name, now, now + timedelta(days=ROOT_DAYS), path_length=1)
    builder = builder.issuer_name(name).public_key(key.public_key()).serial_number(x509.random_serial_number())
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return key, builder.add_extension(identifier, critical=False).sign(key, SHA256())


def request_authority(named: Named, number: int, bits: int = ISSUING_BITS) -> tuple[RSAPrivateKey, x509.CertificateSigningRequest]:
    """A new issuing authority's key, and what the root is asked to sign: who it is, and for whom it may sign."""
    key = generate_private_key(65537, bits)
    builder = x509.CertificateSigningRequestBuilder().subject_name(_name(named.province, f"issuing authority {number}"))
    return key, builder.add_extension(named.constraints(), critical=True).sign(key, SHA256())


def sign_authority(root: x509.Certificate, key: RSAPrivateKey, request: x509.CertificateSigningRequest, now: datetime) -> x509.Certificate:
    """The certificate of an issuing authority; path length 0, so that it makes no authority itself.

    :raises Refused: when the request is of another province, asks for no limits, or isn't signed by its own key.
    :raises ModelError: when the root's time is over, or the key isn't the root's.
    """
    if key.public_key() != root.public_key():
        raise ModelError("root.key: doesn't belong to root.pem; take both from the same folder")
    in_time(root, "root.pem", now)
    limits = _limits(root, request)
    until = min(now + timedelta(days=ISSUING_DAYS), root.not_valid_after_utc)
    return (
        _authority(request.subject, now, until, path_length=0)
        .issuer_name(root.subject)
        .public_key(request.public_key())
        .serial_number(x509.random_serial_number())
        .add_extension(limits, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(request.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key()), critical=False)
        .sign(key, SHA256())
    )


def check_authority(root: x509.Certificate, certificate: x509.Certificate, where: str, now: datetime) -> None:
    """Whether this is an issuing authority of this root.

    :raises ModelError: when it isn't, or the time of one of both is over.
    """
    in_time(root, "the root's certificate", now)
    in_time(certificate, where, now)
    belongs(root, certificate, where)


def belongs(root: x509.Certificate, certificate: x509.Certificate, where: str) -> None:
    """The same, whatever the time.

    :raises ModelError: when it isn't.
    """
    try:
        certificate.verify_directly_issued_by(root)
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        certificate.extensions.get_extension_for_class(x509.NameConstraints)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        raise ModelError(f"{where}: isn't an authority that this root signed; sign its request with 'motcua pki sign-ca'") from None
    if not basic.ca or basic.path_length != 0:
        raise ModelError(f"{where}: is no issuing authority of path length 0; sign its request with 'motcua pki sign-ca'")


def in_time(certificate: x509.Certificate, what: str, now: datetime) -> None:
    """Whether a certificate holds now.

    :raises ModelError: when its time is over or hasn't begun.
    """
    if certificate.not_valid_after_utc <= now:
        raise ModelError(f"{what}: ended on {certificate.not_valid_after_utc:%Y-%m-%d}; make a new one, see docs/pki.md")
    if certificate.not_valid_before_utc > now:
        begins = certificate.not_valid_before_utc
        raise ModelError(f"{what}: begins on {begins:%Y-%m-%d %H:%M} UTC only; correct the clock of this machine")


def fingerprint(certificate: x509.Certificate) -> str:
    """What people compare by eye and by telephone: SHA-256 in groups of four."""
    text = certificate.fingerprint(SHA256()).hex()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def pem(what: x509.Certificate | x509.CertificateSigningRequest | x509.CertificateRevocationList) -> bytes:
    """In PEM."""
    return what.public_bytes(Encoding.PEM)


def common_name(name: x509.Name) -> str:
    """Whom a certificate speaks for, by its first common name; "" without one."""
    return next((str(one.value) for one in name.get_attributes_for_oid(NameOID.COMMON_NAME)), "")


def _name(province: str, what: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"motcua {province}")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, f"motcua {province} {what}")])


def _authority(name: x509.Name, now: datetime, until: datetime, path_length: int) -> x509.CertificateBuilder:
    usage = dict.fromkeys(("content_commitment", "key_encipherment", "data_encipherment", "key_agreement"), False)
    usage |= {"encipher_only": False, "decipher_only": False, "digital_signature": True, "key_cert_sign": True, "crl_sign": True}
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .not_valid_before(now - BACKDATED)
        .not_valid_after(until)
        .add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
        .add_extension(x509.KeyUsage(**usage), critical=True)
    )


def _limits(root: x509.Certificate, request: x509.CertificateSigningRequest) -> x509.NameConstraints:
    """The limits that a request asks for itself."""
    said = common_name(request.subject)
    if not request.is_signature_valid:
        raise Refused("the request isn't signed by its own key; carry it over again")
    if _organisation(request.subject) != _organisation(root.subject):
        raise Refused(f"the request is of '{said}', and this root is '{common_name(root.subject)}'; take the root of that province")
    try:
        limits = request.extensions.get_extension_for_class(x509.NameConstraints).value
    except x509.ExtensionNotFound:
        limits = None
    if limits is None or not _limited(limits.permitted_subtrees or ()):
        raise Refused(f"the request of '{said}' doesn't say for whom it may sign; make it with 'motcua pki request'")
    return limits


def _limited(subtrees: Iterable[x509.GeneralName]) -> bool:
    """Whether names and addresses are limited, each to something."""
    kinds = {type(one) for one in subtrees}
    return kinds >= {x509.DNSName, x509.IPAddress}


def _organisation(name: x509.Name) -> str:
    return next((str(one.value) for one in name.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)), "")
