"""What is done with a device besides setting it, as users call it: first password, reboot, backup, firmware."""

import asyncio
import json

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Unsupported
from ansible_collections.motcua.cctv.plugins.plugin_utils.operations import activate, back_up

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
