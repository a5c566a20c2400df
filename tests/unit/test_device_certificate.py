"""A device's certificate of the province's authority: asked for, installed, believed, renewed; and who is believed after that."""

import asyncio
import json
import os
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki, trust
from ansible_collections.motcua.cctv.plugins.plugin_utils.conversation import conversation
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import PinChanged
from ansible_collections.motcua.cctv.plugins.plugin_utils.pins import Pin
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import read
from ansible_collections.motcua.cctv.plugins.plugin_utils.trust import Trust
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.emulators.http import openssl
from tests.unit.authority import Made
from tests.unit.test_engine import KINDS
from tests.unit.wire import FACTORY, Managed, emulated

HOST, LOOPBACK = "a-cam1", pki.Named("lab", (pki.Network("127.0.0.0/8"),))
KEY = generate_private_key(65537, 2048)


@pytest.fixture
def made(tmp_path):
    return Made(tmp_path / "pki", datetime.now(UTC), LOOPBACK)


@pytest.fixture
def camera(tmp_path):
    (tmp_path / "device").mkdir()
    with emulated("hikvision-camera", tmp_path / "device") as one:
        yield one


@pytest.fixture
def managed(tmp_path, camera):
    return Managed(tmp_path, camera, "hikvision", motcua_user=FACTORY[0], motcua_password=FACTORY[1])


def certificate(managed, *more, **options):
    """The action as a playbook calls it: the result that Ansible shows."""
    inventory = managed.state.parent / "hosts.yml"
    variables = {key: value for key, value in managed.variables.items() if key != "hostvars"}
    inventory.write_text(yaml.safe_dump({"all": {"hosts": {HOST: variables}}}))
    program = str(Path(sys.executable).with_name("ansible"))
    command = [
        program,
        HOST,
        "-i",
        str(inventory),
        "-m",
        "motcua.cctv.device_certificate",
        "-a",
        json.dumps({"timeout": 60} | options),
        *more,
    ]
    environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert "=> {" in ran.stdout, ran.stdout + ran.stderr
    return json.loads("{" + ran.stdout.split("=> {", 1)[1])


def pin(managed):
    return json.loads((managed.state / "pins" / f"{HOST}.json").read_text())


def shown(camera, tmp_path, store):
    """What a stranger sees who believes nobody but the province's root: the names of the certificate."""
    trusted = tmp_path / "trusted.pem"
    trusted.write_bytes((store.folder / "root.pem").read_bytes() + b"".join(pki.pem(one) for one in store.trusted().authorities))
    context = ssl.create_default_context(cafile=str(trusted))
    url = f"https://127.0.0.1:{camera.ports['https']}/"
    ran = subprocess.run(["curl", "-sS", "-o", "/dev/null", "--cacert", str(trusted), url], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    with (
        socket.create_connection(("127.0.0.1", camera.ports["https"]), 5) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as tls,
    ):
        return {value for _, value in tls.getpeercert()["subjectAltName"]}


def test_a_device_gets_a_certificate_that_strangers_believe_and_keeps_it(made, camera, managed, tmp_path):
    predicted = certificate(managed, "--check")
    assert (predicted["changed"], list(made.store.issued())) == (True, [])
    first = certificate(managed)
    assert not first.get("failed"), first
    assert (first["changed"], first["subject"]) == (True, f"CN={HOST}")
    assert shown(camera, tmp_path, made.store) == {f"{HOST}.lab.internal", "127.0.0.1"}
    assert pin(managed)["by"] == "authority"
    again, sooner, asked = certificate(managed), certificate(managed, renew_days=800), certificate(managed, renew=True)
    assert [one["changed"] for one in (again, sooner, asked)] == [False, True, True]
    assert len(list(made.store.issued())) == 3
    assert "PRIVATE KEY" not in json.dumps([predicted, first, again, sooner, asked])
    read_now = asyncio.run(read(managed.rim().device())).values
    assert read_now["certificate.issuer"].startswith("CN=motcua lab issuing authority 1")


AXIS = {**KINDS["axis"], "quirks": {"certificates": True}}


def test_an_axis_camera_makes_a_key_beside_its_own_and_shows_what_was_signed_for_it(made, tmp_path):
    (tmp_path / "device").mkdir()
    with emulated("axis-camera", tmp_path / "device", **AXIS) as camera:
        managed = Managed(tmp_path, camera, "axis", motcua_user="root", motcua_password=FACTORY[1])
        asyncio.run(read(managed.rim().device()))
        pinned = pin(managed)
        first = certificate(managed)
        assert (first.get("changed"), first.get("subject")) == (True, f"CN={HOST}"), first
        assert shown(camera, tmp_path, made.store) == {f"{HOST}.lab.internal", "127.0.0.1"}
        assert pin(managed)["tls"] != pinned["tls"]
        again, renewed, once_more = certificate(managed), certificate(managed, renew=True), certificate(managed, renew=True)
        assert [one["changed"] for one in (again, renewed, once_more)] == [False, True, True], (again, renewed, once_more)


def test_an_older_axis_camera_says_that_it_has_no_way(made, tmp_path):
    (tmp_path / "device").mkdir()
    with emulated("axis-camera", tmp_path / "device", **KINDS["axis"]) as camera:
        told = certificate(Managed(tmp_path, camera, "axis", motcua_user="root", motcua_password=FACTORY[1]))
    assert told["kind"] == "unsupported"
    assert "from AXIS OS 11 on" in told["msg"]
    assert list(made.store.issued()) == []


def test_a_new_authority_makes_certificates_of_the_old_one_due(made, camera, managed):
    certificate(managed)
    assert certificate(managed)["changed"] is False
    made.another(LOOPBACK, datetime.now(UTC))
    assert asyncio.run(read(managed.rim().device())).values["certificate.subject"] == f"CN={HOST}"  # both are believed meanwhile
    assert certificate(managed)["changed"] is True
    assert certificate(managed)["changed"] is False
    made.store.retire(1)
    assert "2" in asyncio.run(read(managed.rim().device())).values["certificate.issuer"]


def test_who_dies_after_the_device_took_the_certificate_goes_on_at_the_next_contact(made, camera, managed):
    asyncio.run(read(managed.rim().device()))
    pinned = pin(managed)
    assert "by" not in pinned
    signed = made.issue(KEY, pki.Wanted(HOST, "lab", (), 730), datetime.now(UTC))  # what the device shows is under another key than the pin
    trust = Trust(HOST, managed.state / "pins" / f"{HOST}.json", None, made.store.trusted())
    assert trust.accept(signed.public_bytes(Encoding.DER))
    assert pin(managed)["tls"] != pinned["tls"]
    assert pin(managed)["by"] == "authority"


def test_without_an_authority_nothing_is_sent_and_the_way_is_named(camera, managed):
    told = certificate(managed)
    assert "the province has no authority yet" in told["msg"]
    assert camera.hand("status")["requests"] == 0


def test_what_no_device_has_confirmed_is_asked_for(made, camera, managed):
    managed.variables["motcua_experimental"] = False
    told = certificate(managed)
    assert told["kind"] == "unsupported"
    assert list(made.store.issued()) == []


# --- who is believed ---


def self_signed(name, key=KEY):
    now = datetime.now(UTC)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key()).serial_number(5)
    return builder.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).sign(key, SHA256())


@pytest.fixture
def case(made, tmp_path):
    """What the cases begin with: a certificate of ours for the host, and files of pins."""
    now = datetime.now(UTC)
    return {
        "ours": made.issue(KEY, pki.Wanted(HOST, "lab", (), 730), now),
        "other host's": made.issue(KEY, pki.Wanted("a-cam2", "lab", (), 730), now),
        "ended": _ended(made, KEY),
        "ended, other key": _ended(made, generate_private_key(65537, 2048)),
        "self-signed": self_signed(HOST),
        "self-signed, other key": self_signed(HOST, generate_private_key(65537, 2048)),
        "stranger's": Made(tmp_path / "stranger", now, LOOPBACK).issue(KEY, pki.Wanted(HOST, "lab", (), 730), now),
    }


def _ended(made, key):
    """One that was signed and held, and ended yesterday: the store itself signs none like it."""
    authority = made.store.signing(datetime.now(UTC))
    now = authority.certificate.not_valid_before_utc + timedelta(hours=1)
    wanted = pki.Wanted(HOST, "lab", (), 730)
    real = pki.issue(authority.certificate, pki.key_from(made.opened, authority), key.public_key(), wanted, now, 77)
    builder = x509.CertificateBuilder(
        real.issuer,
        real.subject,
        real.public_key(),
        real.serial_number,
        now - timedelta(days=9),
        now - timedelta(days=1),
        list(real.extensions),
    )
    return builder.sign(pki.key_from(made.opened, authority), SHA256())


KEY_PIN = trust._read_certificate(self_signed("x").public_bytes(Encoding.DER)).pin
OURS, PINNED, OTHER = Pin(KEY_PIN, by_authority=True), Pin(KEY_PIN), Pin("spki-sha256:00")


@pytest.mark.parametrize(
    ("before", "shows", "believed", "after", "says"),
    [
        (None, "ours", True, OURS, ""),
        (PINNED, "ours", True, OURS, ""),
        (OTHER, "ours", True, OURS, ""),
        (None, "other host's", False, None, "speaks for a-cam2 and not for a-cam1"),
        (PINNED, "other host's", False, PINNED, "speaks for a-cam2 and not for a-cam1"),
        (OURS, "other host's", False, OURS, "speaks for a-cam2 and not for a-cam1"),
        (None, "self-signed", True, PINNED, ""),
        (PINNED, "self-signed", True, PINNED, ""),
        (PINNED, "self-signed, other key", False, PINNED, "another key answers"),
        (OURS, "self-signed", False, OURS, "although it had one of the province's authority"),
        (OURS, "stranger's", False, OURS, "although it had one of the province's authority"),
        (PINNED, "ended", True, PINNED, ""),
        (OURS, "ended", True, OURS, ""),
        (OURS, "ended, other key", False, OURS, "ended on"),
    ],
)
def test_who_is_believed_after_what_was_known(made, case, tmp_path, before, shows, believed, after, says):
    file = tmp_path / "pin.json"
    if before is not None:
        before.store(file)
    trust = Trust(HOST, file, None, made.store.trusted())
    assert trust.accept(case[shows].public_bytes(Encoding.DER)) is believed
    assert Pin.read(file) == after
    assert says in trust.complaint


def test_a_revoked_certificate_is_believed_by_nobody_whatever_was_pinned(made, case, tmp_path):
    file = tmp_path / "pin.json"
    OURS.store(file)
    made.store.revoke(
        next(one for one in made.store.issued() if one.certificate == case["ours"]), "an@may", "compromised", datetime.now(UTC)
    )
    trust = Trust(HOST, file, None, made.store.trusted())
    assert not trust.accept(case["ours"].public_bytes(Encoding.DER))
    assert "revoked" in trust.complaint


def test_a_device_that_shows_another_ones_certificate_gets_no_login(made, camera, managed, tmp_path):
    certificate(managed)
    request = openssl("req", "-new", "-key", tmp_path / "device" / "hikvision-camera.key", "-subj", "/CN=a-cam2")
    other = made.issue(pki.request_for(request, "a-cam2"), pki.Wanted("a-cam2", "lab", (), 730), datetime.now(UTC))

    async def install():
        async with conversation(managed.rim().device()) as talk:
            await talk.dialect.install_certificate(pki.pem(other))

    asyncio.run(install())
    before = camera.hand("status")["requests"]
    with pytest.raises(PinChanged, match="speaks for a-cam2 and not for a-cam1"):
        asyncio.run(read(managed.rim().device()))
    assert camera.hand("status")["requests"] == before


def test_a_request_for_another_name_stops_before_anything_is_signed(made, tmp_path):
    (tmp_path / "device").mkdir()
    with emulated("hikvision-camera", tmp_path / "device", quirks={"request_name": "a-cam2"}) as camera:
        managed = Managed(tmp_path, camera, "hikvision", motcua_user=FACTORY[0], motcua_password=FACTORY[1])
        told = certificate(managed)
    assert told["kind"] == "refused"
    assert "its request is for another name, a-cam2; nothing was signed" in told["msg"]
    assert list(made.store.issued()) == []
