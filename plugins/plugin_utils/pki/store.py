"""What the controller keeps of its authority, in a folder beside the inventory.

::

    root.pem                       the root's certificate; its key is never here
    authorities/<n>.{csr,key,pem}  what the root is asked to sign, the vaulted key, and what it signed; the highest with a .pem signs
    authorities/retired/           those that nothing uses any more
    issued/<serial>.pem            every certificate that was ever signed, there before anybody gets it
    revoked/<serial>.json          those that mustn't be believed any more
    crl/<n>.pem                    the last list of them of each authority

A serial is taken by making its file, which fails when it is there: it is never given twice, however many sign at once and whoever dies.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..errors import ModelError, Refused
from .authority import SERIAL_BYTES, check_authority, common_name, pem
from .issuing import Wanted, issue
from .revocation import REASONS, Revoked
from .vouching import Trusted
from .writing import take, write

BY_REQUEST, BY_BUNDLE = "request", "bundle"
WAY = "way: "


@dataclass(frozen=True)
class Authority:
    """An authority of the store: its number, its certificate (None while the root hasn't signed it), and where its vaulted key is."""

    number: int
    certificate: x509.Certificate | None
    key: Path


@dataclass(frozen=True)
class Issued:
    """A certificate that was signed; ``way`` says whether the machine asked for it or got the key with it, ``signed`` when, in ISO 8601."""

    host: str
    certificate: x509.Certificate
    way: str
    signed: str


class Store:
    """The folder. Nothing in it is changed once it is written, but the list of revoked certificates."""

    def __init__(self, folder: Path) -> None:
        """Keep everything in ``folder``, which is made when something is written."""
        self.folder = folder

    # --- authorities ---

    @property
    def exists(self) -> bool:
        """Whether there is an authority that the root has signed."""
        return any(one.certificate is not None for one in self.authorities())

    def root(self) -> x509.Certificate:
        """The root's certificate.

        :raises ModelError: when there is none.
        """
        return _read(self.folder / "root.pem")

    def authorities(self) -> tuple[Authority, ...]:
        """All that aren't retired, in the order of their numbers."""
        numbers = sorted(int(path.stem) for path in (self.folder / "authorities").glob("*.csr") if path.stem.isdecimal())
        return tuple(self._authority(number) for number in numbers)

    def signing(self, now: datetime) -> Authority:
        """The one that signs.

        :raises ModelError: when there is none, or it isn't the root's, or its time is over.
        """
        signed = [one for one in self.authorities() if one.certificate is not None]
        if not signed:
            raise ModelError(f"{self.folder}: there is no issuing authority yet; make one with 'motcua pki request', see docs/pki.md")
        assert signed[-1].certificate is not None
        check_authority(self.root(), signed[-1].certificate, str(self._at(signed[-1].number, "pem")), now)
        return signed[-1]

    def chain(self, now: datetime) -> tuple[x509.Certificate, x509.Certificate]:
        """What stands above a new certificate: the authority that signs, and the root."""
        certificate = self.signing(now).certificate
        assert certificate is not None
        return certificate, self.root()

    def begin(self, request: x509.CertificateSigningRequest, key: str, number: int) -> Path:
        """Keep a new authority's vaulted key and, after it, its request; where the request is."""
        write(self._at(number, "key"), key.encode())
        write(self._at(number, "csr"), pem(request))
        return self._at(number, "csr")

    def next_number(self) -> int:
        """The number of the next authority; a retired one's is never used again.

        :raises Refused: when one still waits for the root's signature.
        """
        waiting = next((one for one in self.authorities() if one.certificate is None), None)
        if waiting is not None:
            raise Refused(f"{self._at(waiting.number, 'csr')}: still waits for the root; sign that with 'motcua pki sign-ca'")
        kept = [int(path.stem) for path in (self.folder / "authorities").rglob("*.csr") if path.stem.isdecimal()]
        return max(kept, default=0) + 1

    def install(self, certificate: x509.Certificate, root: x509.Certificate, now: datetime) -> Authority:
        """Take what the root signed for a request that waits here.

        :raises ModelError: when it isn't for one, or isn't this root's.
        """
        if (self.folder / "root.pem").exists() and self.root() != root:
            raise ModelError(f"{self.folder / 'root.pem'}: is another root; one province has one, see docs/pki.md for changing it")
        check_authority(root, certificate, "the signed certificate", now)
        for one in self.authorities():
            request = x509.load_pem_x509_csr(self._at(one.number, "csr").read_bytes())
            if request.public_key() == certificate.public_key():
                write(self.folder / "root.pem", pem(root))
                write(self._at(one.number, "pem"), pem(certificate))
                return replace(one, certificate=certificate)
        raise ModelError(f"{self.folder}: '{common_name(certificate.subject)}' answers no request of this province; take that of its own")

    def retire(self, number: int) -> None:
        """Believe an authority no more. The key goes first, so that what is half retired can't sign, then what makes it be listed."""
        retired = self.folder / "authorities" / "retired"
        retired.mkdir(mode=0o700, exist_ok=True)
        self._at(number, "key").unlink(missing_ok=True)
        for ending in ("csr", "pem"):
            self._at(number, ending).replace(retired / f"{number}.{ending}")

    def trusted(self) -> Trusted:
        """All that is believed, and what isn't any more.

        :raises ModelError: when something in the folder can't be read: a list that is guessed would let revoked ones in.
        """
        signed = tuple(one.certificate for one in self.authorities() if one.certificate is not None)
        root = self.root()
        for one in signed:
            check_authority(
                root, one, f"{self.folder}: {common_name(one.subject)}", max(root.not_valid_before_utc, one.not_valid_before_utc)
            )
        try:
            revoked = frozenset(int(path.stem, 16) for path in (self.folder / "revoked").glob("*.json"))
        except ValueError:
            raise ModelError(f"{self.folder / 'revoked'}: holds a file that is none of ours; remove it") from None
        return Trusted(root, signed, revoked)

    # --- certificates ---

    def issue(self, opened: str, public: CertificatePublicKeyTypes, wanted: Wanted, way: str, now: datetime) -> x509.Certificate:
        """Sign for a key, and keep what was signed before anybody gets it. ``opened`` is the authority's key in PEM.

        :raises ModelError: when the authority can't sign this.
        """
        authority = self.signing(now)
        assert authority.certificate is not None
        key = key_from(opened, authority)
        while True:
            serial = int.from_bytes(secrets.token_bytes(SERIAL_BYTES)) >> 1  # positive, RFC 5280 section 4.1.2.2
            certificate = issue(authority.certificate, key, public, wanted, now, serial)
            try:
                text = f"host: {wanted.host}\n{WAY}{way}\nsigned: {now.isoformat(timespec='microseconds')}\n".encode()
                take(self._issued(serial), text + pem(certificate))
            except FileExistsError:
                continue
            return certificate

    def issued(self) -> Iterator[Issued]:
        """Everything that was ever signed."""
        for path in sorted((self.folder / "issued").glob("*.pem")):
            head, _, _ = path.read_text(encoding="ascii").partition("-----BEGIN")
            said = dict(line.split(": ", 1) for line in head.splitlines() if ": " in line)
            yield Issued(said.get("host", ""), _read(path), said.get("way", ""), said.get("signed", ""))

    def current(self) -> dict[str, Issued]:
        """The newest certificate of each host, by host."""
        # A certificate's own times are whole seconds, in which two can be signed.
        rows = sorted(self.issued(), key=lambda one: (one.certificate.not_valid_before_utc, one.signed))
        return {one.host: one for one in rows}

    def revoke(self, one: Issued, who: str, why: str, now: datetime) -> bool:
        """Believe a certificate no more; False when it was revoked before."""
        revoked = Revoked(one.certificate.serial_number, one.host, now, who, why)
        content = asdict(revoked) | {"serial": f"{revoked.serial:x}", "when": now.isoformat(timespec="seconds")}
        try:
            take(self.folder / "revoked" / f"{revoked.serial:040x}.json", json.dumps(content, ensure_ascii=False).encode())
        except FileExistsError:
            return False
        return True

    def revoked(self) -> Iterator[Revoked]:
        """Everything that was revoked.

        :raises ModelError: when one can't be read.
        """
        for path in sorted((self.folder / "revoked").glob("*.json")):
            try:
                said = json.loads(path.read_text(encoding="utf-8"))
                when, why = datetime.fromisoformat(said["when"]), REASONS[said["why"]] and said["why"]
                yield Revoked(int(said["serial"], 16), said["host"], when, said["who"], why)
            except (ValueError, KeyError, TypeError) as error:
                raise ModelError(f"{path}: can't be read ({error}); restore it from the backup of the inventory") from None

    def last_list(self, number: int) -> x509.CertificateRevocationList | None:
        """The last list of revoked certificates of an authority; None before the first."""
        path = self.folder / "crl" / f"{number}.pem"
        try:
            return x509.load_pem_x509_crl(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as error:
            raise ModelError(f"{path}: can't be read ({error}); restore it from the backup of the inventory") from None

    def keep_list(self, number: int, made: x509.CertificateRevocationList) -> None:
        """Keep a new list in the place of the last."""
        write(self.folder / "crl" / f"{number}.pem", pem(made))

    def _authority(self, number: int) -> Authority:
        path = self._at(number, "pem")
        return Authority(number, _read(path) if path.exists() else None, self._at(number, "key"))

    def _at(self, number: int, ending: str) -> Path:
        return self.folder / "authorities" / f"{number}.{ending}"

    def _issued(self, serial: int) -> Path:
        return self.folder / "issued" / f"{serial:040x}.pem"


def key_from(opened: str, authority: Authority) -> RSAPrivateKey:
    """An authority's key, from its PEM.

    :raises ModelError: when it isn't that of the authority's certificate.
    """
    assert authority.certificate is not None
    try:
        key = load_pem_private_key(opened.encode(), password=None)
    except (ValueError, TypeError):
        raise ModelError(f"{authority.key}: holds no private key; restore it from the backup of the inventory") from None
    if key.public_key() != authority.certificate.public_key():
        raise ModelError(f"{authority.key}: isn't the key of the certificate beside it; restore both from the backup of the inventory")
    assert isinstance(key, RSAPrivateKey)
    return key


def _read(path: Path) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except FileNotFoundError:
        raise ModelError(f"{path}: isn't there; make an authority with 'motcua pki request', see docs/pki.md") from None
    except (ValueError, OSError) as error:
        raise ModelError(f"{path}: can't be read ({error}); restore it from the backup of the inventory") from None
