"""The province's own authority: the ceremony, what it signs, what it refuses, and what strangers' tools think of it."""

import errno
import json
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, Refused
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.unit.authority import CAMERA, LIMITS, NOW, PASSPHRASE, Made, ceremony, done, openssl, province, quick, run, text

KEY = generate_private_key(65537, 2048)


@pytest.fixture
def made(tmp_path):
    return Made(tmp_path / "pki")


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two provinces' authorities of the same name, as somebody would make who wants to be believed."""
    return tuple(Made(tmp_path_factory.mktemp(name)) for name in ("ours", "theirs"))


# --- the ceremony ---


def test_the_ceremony_ends_in_certificates_that_strangers_believe(tmp_path, monkeypatch):
    quick(monkeypatch)
    inventory, stick = province(tmp_path, monkeypatch), tmp_path / "stick"
    store = ceremony(stick, inventory)
    done("issue", "lang-giang-cam1", "-o", tmp_path / "bundle", "-i", inventory)
    key, leaf = tmp_path / "bundle" / "key.pem", tmp_path / "bundle" / "certificate.pem"
    assert key.stat().st_mode & 0o777 == 0o600
    assert "ENCRYPTED" in (stick / "root.key").read_text()
    assert (store.folder / "authorities" / "1.key").read_text().startswith("$ANSIBLE_VAULT")
    assert openssl("x509", "-in", leaf, "-noout", "-pubkey")[1] == openssl("pkey", "-in", key, "-pubout")[1]
    above = ("-CAfile", stick / "root.pem", "-untrusted", store.folder / "authorities" / "1.pem")
    for purpose in (("-verify_hostname", "lang-giang-cam1.lab.internal"), ("-purpose", "sslserver"), ("-x509_strict",)):
        assert openssl("verify", *above, *purpose, leaf)[0], purpose
    assert not openssl("verify", *above, "-verify_hostname", "lang-giang-cam2.lab.internal", leaf)[0]
    assert not openssl("verify", *above, "-purpose", "sslclient", leaf)[0]
    told = done("list", "-i", inventory)
    assert "lang-giang-cam1: until" in told
    assert "1 hosts use it" in told
    everything = "".join(path.read_text(errors="replace") for path in store.folder.rglob("*") if path.is_file()) + told
    assert "PRIVATE KEY" not in everything


def test_who_is_revoked_is_on_a_list_that_strangers_read(tmp_path, monkeypatch):
    quick(monkeypatch)
    inventory = province(tmp_path, monkeypatch)
    store = ceremony(tmp_path / "stick", inventory)
    for name in ("old", "new"):
        done("issue", "lang-giang-cam1", "-o", tmp_path / name, "-i", inventory)
    done("revoke", "lang-giang-cam1", "-i", inventory, "--why", "compromised")
    authority = store.folder / "authorities" / "1.pem"
    both = tmp_path / "both.pem"
    both.write_bytes((store.folder / "root.pem").read_bytes() + authority.read_bytes())
    crl = store.folder / "crl" / "1.pem"
    assert openssl("crl", "-in", crl, "-CAfile", both, "-noout")[0]
    assert "Key Compromise" in openssl("crl", "-in", crl, "-noout", "-text")[1]
    checked = ("-CAfile", both, "-CRLfile", crl, "-crl_check")
    new, told = openssl("verify", *checked, tmp_path / "new" / "certificate.pem")
    old, why = openssl("verify", *checked, tmp_path / "old" / "certificate.pem")
    assert (new, old) == (True, False), told
    assert "revoked" in why
    before = store.last_list(1).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
    done("crl", "-i", inventory)
    assert store.last_list(1).extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == before + 1
    refused = run("revoke", "lang-giang-cam1", "-i", inventory)
    assert refused.exit_code == 0  # the old one is on the list already
    alone = run("issue", "lang-giang-cam2", "-o", tmp_path / "alone", "-i", inventory)
    assert alone.exit_code == 0
    newest = run("revoke", "lang-giang-cam2", "-i", inventory)
    assert "has no certificate but its newest" in str(newest.exception)
    done("revoke", "lang-giang-cam2", "-i", inventory, "--newest-too")
    assert store.current()["lang-giang-cam2"].certificate.serial_number in store.trusted().revoked


def test_the_next_authority_is_believed_beside_the_one_before_it_until_nothing_uses_that(tmp_path, monkeypatch):
    quick(monkeypatch)
    inventory = province(tmp_path, monkeypatch)
    store = ceremony(tmp_path / "stick", inventory)
    done("issue", "lang-giang-cam1", "-o", tmp_path / "one", "-i", inventory)
    first = store.current()["lang-giang-cam1"].certificate
    ceremony(tmp_path / "stick", inventory)
    assert store.trusted().judge(first.public_bytes(Encoding.DER), "lang-giang-cam1", datetime.now(UTC)).standing == "ours"
    assert "1 still use it (lang-giang-cam1)" in str(run("retire-ca", "1", "-i", inventory).exception)
    assert "is the one that signs" in str(run("retire-ca", "2", "-i", inventory).exception)
    done("issue", "lang-giang-cam1", "-o", tmp_path / "two", "-i", inventory)
    assert "is the one that signs" in str(run("retire-ca", "2", "-i", inventory, "--anyway").exception)
    done("retire-ca", "1", "-i", inventory)
    now = datetime.now(UTC)
    assert store.trusted().judge(first.public_bytes(Encoding.DER), "lang-giang-cam1", now).standing == "foreign"
    second = store.current()["lang-giang-cam1"].certificate
    assert store.trusted().judge(second.public_bytes(Encoding.DER), "lang-giang-cam1", now).standing == "ours"
    assert not list(store.folder.rglob("1.key"))
    assert store.next_number() == 3


def test_what_was_handed_out_by_hand_is_renewed_by_hand_before_it_ends(tmp_path, monkeypatch):
    quick(monkeypatch)
    inventory = province(tmp_path, monkeypatch)
    store = ceremony(tmp_path / "stick", inventory)
    done("issue", "lang-giang-cam1", "-o", tmp_path / "one", "-i", inventory)
    assert "0 certificates" in done("renew", "-o", tmp_path / "none", "-i", inventory)
    assert "1 certificates" in done("renew", "-o", tmp_path / "some", "-i", inventory, "--within-days", "800")
    assert (tmp_path / "some" / "lang-giang-cam1" / "key.pem").exists()
    assert len(list(store.issued())) == 2


# --- what the root's machine refuses ---


def test_a_roots_key_never_lies_in_a_repository_and_is_never_made_twice(tmp_path, monkeypatch):
    quick(monkeypatch)
    (tmp_path / "clone" / ".git").mkdir(parents=True)
    twice = f"{PASSPHRASE}\n{PASSPHRASE}\n"
    for folder in (tmp_path / "clone" / "root", "root-here"):
        assert "lies in a repository" in str(run("root", folder, "--province", "lab", given=twice).exception)
    assert "fewer than 14" in str(run("root", tmp_path / "stick", "--province", "lab", given="kurz\nkurz\n").exception)
    assert not (tmp_path / "stick").exists()
    done("root", tmp_path / "stick", "--province", "lab", given=twice)
    kept = (tmp_path / "stick" / "root.key").read_bytes()
    assert "holds a root already" in str(run("root", tmp_path / "stick", "--province", "lab", given=twice).exception)
    assert (tmp_path / "stick" / "root.key").read_bytes() == kept


def test_a_wrong_passphrase_signs_nothing(tmp_path, monkeypatch):
    quick(monkeypatch)
    done("root", tmp_path / "stick", "--province", "lab", given=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    _, request = pki.request_authority(LIMITS, 1)
    (tmp_path / "1.csr").write_bytes(pki.pem(request))
    ran = run("sign-ca", tmp_path / "1.csr", "--root", tmp_path / "stick", "--yes", given="mở ra đi\n")
    assert "doesn't open it" in str(ran.exception)
    assert "mở ra đi" not in str(ran.exception) + ran.output
    assert not (tmp_path / "1.pem").exists()
    assert not (tmp_path / "stick" / "signed").exists()


def unlimited():
    name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "motcua lab"), x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    return x509.CertificateSigningRequestBuilder().subject_name(name).sign(KEY, SHA256())


@pytest.mark.parametrize(
    ("request_of", "now", "error", "says"),
    [
        (lambda: pki.request_authority(pki.Named("bac-ninh", LIMITS.networks), 1, bits=2048)[1], NOW, Refused, "take the root of that province"),
        (unlimited, NOW, Refused, "doesn't say for whom it may sign"),
        (lambda: pki.request_authority(pki.Named("lab", ()), 1, bits=2048)[1], NOW, Refused, "doesn't say for whom it may sign"),
        (lambda: pki.request_authority(LIMITS, 1, bits=2048)[1], NOW + timedelta(days=8000), ModelError, "root.pem: ended on"),
        (lambda: pki.request_authority(LIMITS, 1, bits=2048)[1], NOW - timedelta(days=2), ModelError, "correct the clock"),
    ],
)  # fmt: skip
def test_the_root_signs_nothing_else(made, request_of, now, error, says):
    with pytest.raises(error, match=says):
        pki.sign_authority(made.root, made.root_key, request_of(), now)


# --- what the issuing authority signs ---


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    host=st.from_regex(r"[a-z][a-z0-9]{0,12}(-[a-z0-9]{1,12}){0,3}", fullmatch=True),
    address=st.integers(int(IPv4Address("10.64.0.0")), int(IPv4Address("10.79.255.255"))).map(IPv4Address),
    days=st.integers(60, 4000),
    which=st.integers(0, 1),
)
def test_whatever_is_signed_verifies_under_its_own_authority_for_its_own_name_and_nowhere_else(pair, tmp_path, host, address, days, which):
    own, other = pair[which], pair[1 - which]
    certificate = own.issue(KEY, pki.Wanted(host, "lab", (address,), days))
    assert own.judge(certificate, host) == "ours"
    assert own.judge(certificate, f"{host}x") == "refused"
    assert other.judge(certificate, host) == "foreign"
    assert certificate.not_valid_after_utc <= own.store.signing(NOW).certificate.not_valid_after_utc
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(pki.pem(certificate))
    at = ("-attime", int(NOW.timestamp()), "-x509_strict", "-verify_ip", address)
    for one, believed in ((own, True), (other, False)):
        folder = one.store.folder
        content, why = openssl("verify", *at, "-CAfile", folder / "root.pem", "-untrusted", folder / "authorities" / "1.pem", leaf)
        assert content is believed, why


def test_a_device_with_a_slow_clock_believes_a_new_certificate(made):
    certificate = made.issue(KEY)
    assert certificate.not_valid_before_utc == NOW - timedelta(hours=1)
    assert made.judge(certificate, now=NOW - timedelta(minutes=59)) == "ours"
    assert made.judge(certificate, now=NOW - timedelta(hours=2)) == "untimely"
    assert made.judge(certificate, now=NOW + timedelta(days=731)) == "untimely"


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        (pki.Wanted("a-cam1", "lab", (IPv4Address("192.168.1.21"),), 730), "is in no network"),
        (pki.Wanted("a-cam1", "bac-ninh", (IPv4Address("10.64.1.2"),), 730), "may sign for lab.internal only"),
        (pki.Wanted("a" * 64, "lab", (IPv4Address("10.64.1.2"),), 730), "longer than the 63 characters"),
    ],
)
def test_nothing_is_signed_that_nobody_would_believe(made, wanted, says):
    with pytest.raises(ModelError, match=says):
        made.issue(KEY, wanted)
    assert not list(made.store.issued())


def test_strangers_keep_the_authoritys_limits_too(made, tmp_path):
    """A stolen issuing key can't make a certificate of somebody else's that anybody believes."""
    authority = made.store.signing(NOW).certificate
    key = pki.key_from(made.opened, made.store.signing(NOW))
    forged = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bank")]))
        .issuer_name(authority.subject)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(NOW - timedelta(hours=1))
        .not_valid_after(NOW + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("www.bank.example")]), critical=False)
        .sign(key, SHA256())
    )
    (tmp_path / "forged.pem").write_bytes(pki.pem(forged))
    folder = made.store.folder
    above = ("-CAfile", folder / "root.pem", "-untrusted", folder / "authorities" / "1.pem", "-attime", int(NOW.timestamp()))
    content, why = openssl("verify", *above, tmp_path / "forged.pem")
    assert not content
    assert "permitted subtree violation" in why


def request(name, key=KEY):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    return pki.pem(x509.CertificateSigningRequestBuilder().subject_name(subject).sign(key, SHA256()))


def test_a_request_for_another_name_is_refused():
    assert pki.request_for(request("a-cam1"), "a-cam1").public_key() == KEY.public_key()
    with pytest.raises(Refused, match="for another name, a-cam2"):
        pki.request_for(request("a-cam2"), "a-cam1")
    broken = request("a-cam1").replace(b"\n-----END", b"\n-----END", 1)
    at = broken.index(b"\n-----END") - 12
    broken = broken[:at] + (b"A" if broken[at : at + 1] != b"A" else b"B") + broken[at + 1 :]
    with pytest.raises(Refused):
        pki.request_for(broken, "a-cam1")
    with pytest.raises(Refused, match="can't be read"):
        pki.request_for(b"nothing", "a-cam1")


# --- what is kept ---


def test_a_serial_is_never_given_twice(made, monkeypatch):
    drawn = iter([b"\x01" * 20, b"\x01" * 20, b"\x01" * 20, b"\x02" * 20])
    monkeypatch.setattr(secrets, "token_bytes", lambda _: next(drawn))
    first, second = made.issue(KEY), made.issue(KEY)
    assert first.serial_number != second.serial_number
    assert len(list(made.store.issued())) == 2


def test_many_at_once_sign_each_their_own(made):
    with ThreadPoolExecutor(8) as pool:
        signed = list(pool.map(lambda number: made.issue(KEY, pki.Wanted(f"a-cam{number}", "lab", (), 730)), range(24)))
    assert len({one.serial_number for one in signed}) == 24
    assert set(made.store.current()) == {f"a-cam{number}" for number in range(24)}


@pytest.mark.parametrize("broken", ["link", "fsync"])
def test_what_could_not_be_kept_was_never_signed(made, monkeypatch, broken):
    def full(*_arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, broken, full)
    with pytest.raises(ModelError, match="can't be written"):
        made.issue(KEY)
    monkeypatch.undo()
    assert not list((made.store.folder / "issued").iterdir())


def test_a_list_from_the_future_stops_the_next_one(made):
    authority = made.store.signing(NOW)
    key = pki.key_from(made.opened, authority)
    later = pki.revocation_list(authority.certificate, key, (), None, NOW + timedelta(days=400))
    made.store.keep_list(1, later)
    with pytest.raises(ModelError, match="from the future"):
        pki.revocation_list(authority.certificate, key, (), made.store.last_list(1), NOW)


def test_a_certificate_of_another_root_or_for_no_request_is_not_installed(made, tmp_path):
    stranger = Made(tmp_path / "stranger")
    theirs = stranger.store.signing(NOW).certificate
    with pytest.raises(ModelError, match="is another root"):
        made.store.install(theirs, stranger.root, NOW)
    _, unasked = pki.request_authority(LIMITS, 7, bits=2048)
    signed = pki.sign_authority(made.root, made.root_key, unasked, NOW)
    with pytest.raises(ModelError, match="answers no request"):
        made.store.install(signed, made.root, NOW)
    with pytest.raises(ModelError, match="isn't an authority that this root signed"):
        made.store.install(made.issue(KEY), made.root, NOW)


def test_one_waits_for_the_root_at_a_time_and_its_request_survives(made):
    number = made.store.next_number()
    _, asked = pki.request_authority(LIMITS, number, bits=2048)
    made.store.begin(asked, "vaulted", number)
    with pytest.raises(Refused, match="still waits for the root"):
        made.store.next_number()
    assert made.store.signing(NOW).number == 1


def test_a_half_installed_or_half_retired_authority_is_none_and_both_are_finished_by_doing_it_again(tmp_path, monkeypatch):
    made = Made(tmp_path / "pki")
    store = pki.Store(tmp_path / "half")
    key, asked = pki.request_authority(LIMITS, 1, bits=2048)
    signed = pki.sign_authority(made.root, made.root_key, asked, NOW)
    store.begin(asked, text(key), 1)
    (store.folder / "root.pem").write_bytes(pki.pem(made.root))  # where it died
    assert not store.exists
    store.install(signed, made.root, NOW)
    assert store.exists
    made.another()
    moved, replace = [], type(tmp_path).replace

    def dies(path, target):
        moved.append(target)
        if len(moved) > 1:
            raise KeyboardInterrupt
        return replace(path, target)

    monkeypatch.setattr(type(tmp_path), "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        made.store.retire(1)
    monkeypatch.undo()
    assert [one.number for one in made.store.authorities()] == [2]
    assert made.store.next_number() == 3


def test_what_was_revoked_stays_so_and_a_broken_note_of_it_is_no_pardon(made):
    certificate = made.issue(KEY)
    one = made.store.current()["lang-giang-cam1"]
    assert made.store.revoke(one, "an@may", "compromised", NOW) is True
    assert made.store.revoke(one, "an@may", "replaced", NOW) is False
    assert made.judge(certificate) == "refused"
    note = next((made.store.folder / "revoked").iterdir())
    assert json.loads(note.read_text())["who"] == "an@may"
    note.write_text("{")
    assert made.judge(certificate) == "refused"
    with pytest.raises(ModelError, match="can't be read"):
        list(made.store.revoked())


def test_the_wrong_key_in_the_vault_signs_nothing(made):
    with pytest.raises(ModelError, match="isn't the key of the certificate beside it"):
        made.store.issue(text(KEY), KEY.public_key(), CAMERA, pki.BY_REQUEST, NOW)
    with pytest.raises(ModelError, match="holds no private key"):
        made.store.issue("nothing", KEY.public_key(), CAMERA, pki.BY_REQUEST, NOW)
