"""What is done with a device besides setting it, as users call it: first password, reboot, backup, firmware, certificate."""

import asyncio
import json
import ssl
import subprocess
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, Refused, Unsupported
from ansible_collections.motcua.cctv.plugins.plugin_utils.operations import activate, back_up, certify, sign
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import read

from tests.unit.test_engine import KINDS, converge, users
from tests.unit.wire import FACTORY, Managed, ad_hoc, emulated


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where ad-hoc commands keep pins
    (tmp_path / "device").mkdir()
    return tmp_path / "device"


def connection(device, vendor="hikvision", **more):
    user = KINDS[vendor].get("factory_user", "admin")
    return {"host": "127.0.0.1", "port": device.ports["https"], "vendor": vendor, "user": user, "password": FACTORY[1], **more}


@pytest.mark.parametrize("vendor", ["hikvision", "axis"])
def test_a_new_device_gets_its_derived_first_password_and_then_everything_else(vendor, folder, tmp_path):
    with emulated(f"{vendor}-camera", folder, **KINDS[vendor], quirks={"factory": True}) as camera:
        managed = Managed(tmp_path, camera, vendor, initial=None)
        rim = managed.rim()
        device = rim.device(new=True)
        assert asyncio.run(activate(device, lambda: rim.first_password(device), check=True)) is True
        assert not (managed.state / "epochs").exists()
        assert asyncio.run(activate(device, lambda: rim.first_password(device), check=False)) is True
        assert managed.epochs() == {"confirmed": None, "pending": 1, "activated": True}
        assert asyncio.run(activate(device, lambda: rim.first_password(device), check=False)) is False
        converge(managed, {"users": users(vendor)})
        assert managed.epochs() == {"confirmed": 1, "pending": None}


def test_activation_ad_hoc_asks_for_a_password_and_happens_once(folder):
    with emulated("hikvision-camera", folder, quirks={"factory": True}) as camera:
        without = ad_hoc("device_activate", **{key: value for key, value in connection(camera).items() if key != "password"})
        first = ad_hoc("device_activate", **connection(camera))
        second = ad_hoc("device_activate", **connection(camera))
        found = ad_hoc("device_info", **connection(camera))
    assert "password: is missing" in without["msg"]
    assert (first["changed"], second["changed"]) == (True, False)
    assert found["identity"]["vendor"] == "hikvision"
    assert FACTORY[1] not in json.dumps([first, second])


def test_what_is_not_known_for_a_vendor_is_said_and_nothing_is_sent(folder):
    with emulated("onvif-camera", folder, **KINDS["onvif"]) as camera:
        before = camera.hand("status")["requests"]
        told = ad_hoc("device_activate", **connection(camera, "onvif"))
        assert camera.hand("status")["requests"] == before
    assert told["kind"] == "unsupported"
    assert "no way to do 'activate' is known for onvif" in told["msg"]


@pytest.mark.parametrize("vendor", list(KINDS))
def test_a_reboot_ends_when_the_device_is_back(vendor, folder, monkeypatch):
    with emulated(f"{vendor}-camera", folder, **KINDS[vendor]) as camera:
        told = ad_hoc("device_reboot", **connection(camera, vendor))
        assert not told.get("failed"), told
        assert told["changed"] is True
        assert ad_hoc("device_info", **connection(camera, vendor))["identity"]["vendor"] == vendor


@pytest.mark.parametrize("vendor", ["hikvision", "dahua"])
def test_a_backup_is_written_once_and_only_for_its_owner(vendor, folder, tmp_path):
    dest = tmp_path / "kept" / "backup.bin"
    with emulated(f"{vendor}-camera", folder, **KINDS[vendor]) as camera:
        first = ad_hoc("device_backup", dest=str(dest), **connection(camera, vendor))
        content = dest.read_bytes()
        again = ad_hoc("device_backup", dest=str(dest), **connection(camera, vendor))
        nowhere = ad_hoc("device_backup", dest="/dev/null/x", **connection(camera, vendor))
    assert first["changed"] is True
    assert first["size_bytes"] == len(content) > 0
    assert dest.stat().st_mode & 0o777 == 0o600
    assert again["changed"] is (content != dest.read_bytes())
    assert "dest: /dev/null/x: can't be written" in nowhere["msg"]


def test_a_device_that_gives_no_backup_without_a_key_says_so(folder, tmp_path):
    with emulated("hikvision-camera", folder, quirks={"backup_key": True}) as camera:
        managed = Managed(tmp_path, camera, "hikvision", motcua_user=FACTORY[0], motcua_password=FACTORY[1])
        with pytest.raises(Unsupported, match="gives no backup without a key"):
            asyncio.run(back_up(managed.rim().device()))


def test_firmware_is_sent_read_back_and_not_sent_again(folder, tmp_path):
    image = tmp_path / "new.dav"
    image.write_bytes(b"HKFW V5.7.23\n" + b"x" * 3_000_000)
    wrong = tmp_path / "wrong.dav"
    wrong.write_bytes(b"not firmware")
    with emulated("hikvision-camera", folder) as camera:
        options = connection(camera, experimental=True)
        careful = ad_hoc("device_firmware", src=str(image), version="V5.7.23", **connection(camera))
        refused = ad_hoc("device_firmware", src=str(wrong), version="V5.7.23", **options)
        first = ad_hoc("device_firmware", src=str(image), version="V5.7.23", **options)
        again = ad_hoc("device_firmware", src=str(image), version="V5.7.23", **options)
    assert "set motcua_experimental: true" in careful["msg"]
    assert refused["kind"] == "refused"
    assert (first["before"], first["after"], first["changed"]) == ("V5.7.18", "V5.7.23", True)
    assert (again["after"], again["changed"]) == ("V5.7.23", False)


@pytest.fixture
def authority(tmp_path):
    """The province's own: (certificate, key)."""
    pem, key = tmp_path / "authority.pem", tmp_path / "authority.key"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", "/CN=Bac Giang"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(pem)], check=True, capture_output=True)
    return pem, key.read_text()


def test_a_certificate_is_signed_for_the_device_and_believed_by_those_who_know_the_authority(folder, tmp_path, authority):
    pem, key = authority
    with emulated("hikvision-camera", folder) as camera:
        managed = Managed(tmp_path, camera, "hikvision", motcua_user=FACTORY[0], motcua_password=FACTORY[1])
        before = asyncio.run(read(managed.rim().device())).values["certificate.subject"]
        subject = asyncio.run(certify(managed.rim().device(), pem, key.encode(), 730, check=False))
        assert (before, subject) == ("CN=hikvision-camera", "CN=a-cam1")
        asyncio.run(read(managed.rim().device()))  # the new key is the pin now
        signed = Managed(tmp_path, camera, "hikvision", motcua_user=FACTORY[0], motcua_password=FACTORY[1], motcua_ca=str(pem))
        assert asyncio.run(read(signed.rim().device())).values["certificate.subject"] == "CN=a-cam1"
        context = ssl.create_default_context(cafile=str(pem))
        context.check_hostname = False
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        import socket

        with socket.create_connection(("127.0.0.1", camera.ports["https"]), 5) as plain, context.wrap_socket(plain) as secured:
            assert dict(pair for (pair,) in secured.getpeercert()["subject"])["commonName"] == "a-cam1"


def test_a_certificate_that_lasts_is_left_alone(folder, tmp_path, authority):
    pem, key = authority
    with emulated("hikvision-camera", folder) as camera:
        options = {"authority": str(pem), "authority_key": key, **connection(camera, experimental=True)}
        first = ad_hoc("device_certificate", **options)
        again = ad_hoc("device_certificate", **options)
        soon = ad_hoc("device_certificate", renew_days=800, **options)
    assert not first.get("failed"), first
    assert [one["changed"] for one in (first, again, soon)] == [True, False, True]
    assert "PRIVATE KEY" not in json.dumps([first, again, soon])


def test_what_can_not_be_signed_is_one_sentence(tmp_path, authority):
    pem, key = authority
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    signer = load_pem_private_key(key.encode(), None)
    with pytest.raises(ModelError, match=r"its request, or .* can't be read"):
        sign(b"nothing", "a-cam1", pem, signer, 1)
    request = tmp_path / "request.pem"
    subprocess.run(
        ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "/dev/null", "-subj", "/CN=x", "-out", str(request)],
        check=True,
        capture_output=True,
    )
    broken = bytearray(Path(request).read_bytes())
    at = broken.index(b"\n-----END") - 12
    broken[at] = ord("A") if broken[at] != ord("A") else ord("B")
    with pytest.raises((ModelError, Refused)):
        sign(bytes(broken), "a-cam1", pem, signer, 1)
