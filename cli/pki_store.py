"""What the commands of the authority do with its store: keys in and out of the vault, bundles, lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.vault import open_vaulted_text
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from cli.locks import locked, operator
from cli.survey import loader

FOLDER = "pki"
AUTHORITY_DAYS = 365  # before its end, it signs for shorter and shorter: time for the next one
KEY_BITS = 2048  # what every camera reads; a certificate holds two years


def store_of(inventory: Path) -> pki.Store:
    """The store beside an inventory."""
    return pki.Store(inventory.resolve().parent / FOLDER)


def disbelieve(inventory: Path, host: str, why: str) -> int:
    """Believe no certificate of a device that has left its place; how many. The next list, made daily, says so to everybody else."""
    store, now = store_of(inventory), datetime.now(UTC)
    with locked(inventory, ["pki"]):
        return sum(store.revoke(one, operator(), why, now) for one in store.issued() if one.host == host)


def make_key() -> RSAPrivateKey:
    """A machine's key that is made here, because it can't make one itself."""
    return generate_private_key(65537, KEY_BITS)


def sealed_key(key: RSAPrivateKey) -> str:
    """A key in the vault.

    :raises ModelError: when no vault password is named: a key never lies open.
    """
    secrets = getattr(loader(), "_vault").secrets  # noqa: B009  Ansible's loader has no other way to them
    if not secrets:
        raise ModelError("the vault password is missing; name it with ANSIBLE_VAULT_PASSWORD_FILE")
    return str(VaultLib([(DEFAULT_VAULT_ID_MATCH, secrets[0][1])]).encrypt(_text(key)).decode())


def opened_key(store: pki.Store, now: datetime) -> str:
    """The key of the authority that signs, out of the vault.

    :raises ModelError: when there is none, or the vault password doesn't open it.
    """
    return open_vaulted_text(str(store.signing(now).key), loader(), "the issuing authority's key")


def host_named(inventory: Path, name: str) -> tuple[str, Host, int]:
    """The province's id, a host of it, and for how many days its certificates hold.

    :raises ModelError: when there is no such host.
    """
    province = load(inventory)
    host = next((one for one in desired(province, plan(province)) if one.name == name), None)
    if host is None:
        raise ModelError(f"{name}: is no host of {inventory}; 'ansible-inventory --graph' lists them")
    policy = province.policy if host.site is None else province.sites[host.site].policy
    return province.id, host, policy.certificate_days


def wanted(inventory: Path, name: str) -> pki.Wanted:
    """For whom a host's certificate is to speak."""
    province, host, days = host_named(inventory, name)
    return pki.Wanted(name, province, (host.address,), days)


def bundled(folder: Path, signed: x509.Certificate, chain: Sequence[x509.Certificate], key: RSAPrivateKey | None) -> None:
    """Write what a person puts into a device's page; the key's file is its owner's alone.

    :raises ModelError: when the folder is there already, or can't be written.
    """
    try:
        folder.mkdir(parents=True, mode=0o700)
    except FileExistsError:
        raise ModelError(f"--output {folder}: is there already; name a new folder") from None
    except OSError as error:
        raise ModelError(f"--output {folder}: can't be made ({error.strerror}); name another place") from None
    if key is not None:
        pki.write(folder / "key.pem", _text(key).encode())
    pki.write(folder / "certificate.pem", pki.pem(signed))
    pki.write(folder / "chain.pem", pki.bundle(signed, chain))


def next_list(store: pki.Store, authority: pki.Authority, now: datetime) -> x509.CertificateRevocationList:
    """Make an authority's next list of revoked certificates, and keep it.

    :raises ModelError: when the last one is from the future, or the key can't be opened.
    """
    assert authority.certificate is not None
    opened = open_vaulted_text(str(authority.key), loader(), "the issuing authority's key")
    by_serial = {one.certificate.serial_number: one.certificate.issuer for one in store.issued()}
    mine = [one for one in store.revoked() if by_serial.get(one.serial) == authority.certificate.subject]
    made = pki.revocation_list(authority.certificate, pki.key_from(opened, authority), mine, store.last_list(authority.number), now)
    store.keep_list(authority.number, made)
    return made


def days(certificate: x509.Certificate, now: datetime) -> int:
    """Whole days until a certificate ends; negative when it has."""
    return (certificate.not_valid_after_utc - now).days


def listed(store: pki.Store, now: datetime, soon_days: int) -> tuple[list[str], bool]:
    """The store as lines, and whether something in it ends soon."""
    trusted, current = store.trusted(), store.current()
    lines, soon = [f"root: until {trusted.root.not_valid_after_utc:%Y-%m-%d}, {pki.fingerprint(trusted.root)}"], False
    for authority in store.authorities():
        if authority.certificate is None:
            lines.append(f"authority {authority.number}: waits for the root's signature")
            continue
        users = sum(one.certificate.issuer == authority.certificate.subject for one in current.values())
        lists = store.last_list(authority.number)
        listing = "no list of revoked ones yet" if lists is None else f"its list holds until {lists.next_update_utc:%Y-%m-%d}"
        soon |= lists is None or lists.next_update_utc is None or lists.next_update_utc < now
        until = authority.certificate.not_valid_after_utc
        soon |= days(authority.certificate, now) <= AUTHORITY_DAYS
        lines.append(f"authority {authority.number}: until {until:%Y-%m-%d}, {users} hosts use it; {listing}")
    for host, one in sorted(current.items()):
        left, gone = days(one.certificate, now), one.certificate.serial_number in trusted.revoked
        soon |= left <= soon_days and not gone
        state = "revoked" if gone else "ended" if left < 0 else f"{left} days left"
        lines.append(
            f"  {host}: until {one.certificate.not_valid_after_utc:%Y-%m-%d}, {state}, by {one.way}, {one.certificate.serial_number:x}"
        )
    return lines, soon


def _text(key: RSAPrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
