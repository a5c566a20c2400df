"""The engine against emulated devices over HTTP: what it reads, writes, reads back, and when it stops."""

import asyncio
import json

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import (
    AuthRefused,
    Garbled,
    Locked,
    ModelError,
    NotConverged,
    PinChanged,
    Refused,
    Unreachable,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import Outcome, read, reconcile

from tests.emulators.http import Response
from tests.unit.wire import FACTORY, Managed, Scripted, emulated

USERS = {
    "motcua-admin": {"role": "admin", "password": {"secret": "motcua-admin"}},
    "motcua-view": {"role": "viewer", "password": {"secret": "motcua-view"}},
    "admin": {"role": "admin", "password": {"secret": "admin"}},
}
MAIN = {
    "codec": "h265",
    "width": 1920,
    "height": 1080,
    "fps": 15,
    "bitrate_kbps": 1024,
    "bitrate_mode": "cbr",
    "gop_frames": 30,
    "audio": False,
}
WISHES = {
    "hikvision": {
        "name": "Quầy số 1",
        "time": {"zone": "Asia/Ho_Chi_Minh", "mode": "ntp", "ntp": ["192.168.1.1"]},
        "services": {"upnp": False, "p2p": False, "telnet": False, "ssh": False, "snmp": False, "discovery": False},
        "access": {"rtsp_auth": "digest", "lockout": True},
        "overlay": {"name": "Quầy tiếp nhận", "clock": True, "text": "Phường Bắc Giang"},
        "streams": {"main": {**MAIN, "smart_codec": True}, "sub": {"fps": 5, "bitrate_kbps": 128}},
        "motion": {"enabled": True, "sensitivity": 40},
        "recording": {"enabled": True},
        "ports": {"rtsp": 10554},
        "onvif_users": {"motcua-onvif": {"role": "viewer", "password": {"secret": "motcua-onvif"}}},
    },
    "dahua": {
        "name": "a-cam1",
        "time": {"zone": "Asia/Ho_Chi_Minh", "mode": "ntp", "ntp": ["192.168.1.1"]},
        "services": {"upnp": False, "p2p": False, "snmp": False, "telnet": False},
        "access": {"lockout": True},
        "overlay": {"name": "Quầy một cửa", "clock": True, "text": "Phường Bắc Giang"},
        "streams": {"main": {**MAIN, "smart_codec": True}, "sub": {"fps": 5, "bitrate_kbps": 128}},
        "motion": {"enabled": False},
        "recording": {"mode": "continuous"},
        "network": {"dns": ["192.168.1.1"]},
    },
}
PICTURE = {
    "overlay": {"name": "Quầy tiếp nhận", "clock": True},
    "streams": {"main": {key: value for key, value in MAIN.items() if key != "audio"}},
}
ZONE = {"zone": "Asia/Ho_Chi_Minh", "mode": "ntp", "ntp": ["192.168.1.1"]}
WISHES |= {
    "axis": {
        "name": "a-cam1",
        "time": ZONE,
        "services": {"upnp": False, "p2p": False, "snmp": False, "discovery": False, "telnet": False},
        "access": {"lockout": True},
        **PICTURE,
    },
    "onvif": {"name": "a-cam1", "time": ZONE, "services": {"discovery": False}, **PICTURE},
    "uniview": {"name": "a-cam1", "time": ZONE, "services": {"discovery": False, "ssh": False}, **PICTURE},
}
OEM = {
    "model": "KX-C4012",
    "serial": "KX-C4012ABCDEF012",
    "mac": "3c:ef:8c:00:00:02",
    "firmware": "2.840.0000000.28.R",
    "firmware_date": "2022-08-26",
}


# A vendor's emulated camera, and those of another firmware generation, which speak differently.
KINDS = {
    "hikvision": {},
    "dahua": OEM,
    "axis": {"factory_user": "root", "model": "P3245-LV", "serial": "ACCC8E000001", "mac": "ac:cc:8e:00:00:01", "firmware": "9.80.2.2"},
    "onvif": {"model": "IPC-T", "firmware": "1.3.0"},
    "uniview": {"model": "IPC2124LE", "firmware": "QIPC-B2202.3"},
}
OLD_WISHES = {
    "hikvision": {"time": ZONE, "services": {"upnp": False, "telnet": False}, "streams": {"main": {"fps": 12, "bitrate_kbps": 1024}}},
    "dahua": {"name": "a-cam1", "time": ZONE, "services": {"upnp": False}, "streams": {"main": {"fps": 12, "bitrate_kbps": 1024}}},
    "axis": {"name": "a-cam1", "time": ZONE, "services": {"upnp": False}, "overlay": {"name": "Quay 1", "clock": True}},
    "onvif": {"name": "a-cam1", "time": ZONE, "services": {"discovery": False}, "streams": {"main": {"fps": 12, "bitrate_kbps": 1024}}},
    "uniview": {"name": "a-cam1", "time": ZONE, "services": {"ssh": False}},
}
OLDER = {
    "hikvision": {"generation": "5.2", "firmware": "V5.2.0"},
    "dahua": {**OEM, "generation": "2012"},
    "axis": {**KINDS["axis"], "generation": "5.51", "firmware": "5.51.7"},
    "onvif": {**KINDS["onvif"], "generation": "media1"},
    "uniview": {**KINDS["uniview"], "generation": "nvr302"},
}


COUNTING = ("hikvision", "dahua")  # these say how many tries are left, and that they are locked


def users(vendor):
    """The accounts that motcua wants, by the factory account that the vendor has."""
    factory = KINDS[vendor].get("factory_user", "admin")
    return {
        name if name != "admin" else factory: {**row, "password": {"secret": factory if name == "admin" else name}}
        for name, row in USERS.items()
    }


@pytest.fixture(params=list(KINDS))
def vendor(request):
    return request.param


@pytest.fixture
def camera(vendor, tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated(f"{vendor}-camera", folder, **KINDS[vendor]) as running:
        yield running


@pytest.fixture
def managed(camera, vendor, tmp_path):
    return Managed(tmp_path, camera, vendor)


def apply(managed, wish, check=False):
    """What reconcile did, and what it raised."""
    outcome = Outcome()
    try:
        asyncio.run(reconcile(managed.rim().device(), wish, outcome, check=check))
    except Exception as error:  # noqa: BLE001  the test looks at it
        return outcome, error
    return outcome, None


def converge(managed, wish):
    outcome, error = apply(managed, wish)
    assert error is None, error
    return outcome


def writes_since(camera, before):
    return camera.hand("status")["requests"] - before


def test_from_the_box_to_the_wish_and_then_nothing(managed, vendor):
    wish = {**WISHES[vendor], "users": users(vendor)}
    first = converge(managed, wish)
    assert {change["outcome"] for change in first.changes} == {"applied"}
    keys = {change["key"] for change in first.changes}
    assert {*(f"users.{name}" for name in users(vendor)), "streams.main.codec", "overlay.name"} <= keys
    assert managed.epochs() == {"confirmed": 1, "pending": None}
    second = converge(managed, wish)
    assert (second.changes, second.changed) == ([], False)
    running = asyncio.run(read(managed.rim().device()))
    assert running.values["overlay.name"] == wish["overlay"]["name"]
    assert running.values["streams.main.fps"] == 15
    assert running.rows["users"]["motcua-view"] == {"role": "viewer"}
    assert running.values["certificate.subject"] == f"CN={vendor}-camera"
    assert running.values["certificate.expires"] > "2030-01-01T00:00:00+00:00"


def test_check_mode_predicts_exactly_what_is_then_done(managed, vendor):
    wish = {**WISHES[vendor], "users": users(vendor)}
    predicted, error = apply(managed, wish, check=True)
    assert error is None
    assert {change["outcome"] for change in predicted.changes} == {"predicted"}
    assert not (managed.state / "epochs").exists()
    done = converge(managed, wish)
    key = "key"
    assert sorted(change[key] for change in predicted.changes) == sorted(change[key] for change in done.changes)
    assert [(c["before"], c["after"]) for c in sorted(predicted.changes, key=lambda c: c[key])] == [
        (c["before"], c["after"]) for c in sorted(done.changes, key=lambda c: c[key])
    ]


def test_the_installers_password_doesnt_work_any_more(managed, vendor, camera):
    converge(managed, {"users": users(vendor)})
    again = Managed(
        managed.state.parent, camera, vendor, motcua_user=KINDS[vendor].get("factory_user", "admin"), motcua_password=FACTORY[1]
    )
    with pytest.raises(AuthRefused):
        asyncio.run(read(again.rim().device()))


IGNORED = {
    "hikvision": ("/ISAPI/System/Network/UPnP", "services.upnp", False),
    "dahua": ("UPnP.Enable", "services.upnp", False),
    "axis": ("Network.UPnP.Enabled", "services.upnp", False),
    "onvif": ("SetDiscoveryMode", "services.discovery", False),
    "uniview": ("Network/SSH", "services.ssh", False),
}


def test_a_value_that_the_device_ignores_is_not_converged(vendor, tmp_path):
    ignored, key, value = IGNORED[vendor]
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated(f"{vendor}-camera", folder, **KINDS[vendor], quirks={"ignore": [ignored]}) as camera:
        managed = Managed(tmp_path, camera, vendor)
        converge(managed, {"users": users(vendor)})
        outcome, error = apply(managed, {"services": {key.removeprefix("services."): value}, "name": "a-cam9"})
    assert isinstance(error, NotConverged)
    assert f"{key} should be {value} and is {not value}" in str(error)
    assert {change["key"]: change["outcome"] for change in outcome.changes} == {key: "refused", "name": "applied"}


@pytest.mark.parametrize("vendor", [name for name in KINDS if name != "axis"], indirect=True)  # whose profiles keep what they are told
def test_a_value_that_the_device_clamps_is_named_with_what_it_took(managed, vendor):
    converge(managed, {"users": users(vendor)})
    outcome, error = apply(managed, {"streams": {"main": {"bitrate_mode": "cbr", "bitrate_kbps": 20000}}})
    assert isinstance(error, NotConverged)
    (clamped,) = [change for change in outcome.changes if change["outcome"] == "clamped"]
    assert (clamped["key"], clamped["after"]) == ("streams.main.bitrate_kbps", 8192)  # all these devices end there


@pytest.mark.parametrize("vendor", [name for name in KINDS if name != "axis"], indirect=True)  # as above
def test_a_size_that_the_device_doesnt_have_is_refused_in_its_words(managed, vendor):
    converge(managed, {"users": users(vendor)})
    outcome, error = apply(managed, {"streams": {"main": {"width": 1000, "height": 1000}}, "name": "x"})
    assert isinstance(error, NotConverged)
    assert {change["outcome"] for change in outcome.changes if change["key"].startswith("streams")} == {"refused"}
    assert all("refuses" in change["words"] for change in outcome.changes if change["key"].startswith("streams"))
    assert ("name", "applied") in {(change["key"], change["outcome"]) for change in outcome.changes}


MISSING = {
    "hikvision": ("/ISAPI/System/Network/ssh", "ssh"),
    "dahua": ("SNMP.Enable", "snmp"),
    "axis": ("SNMP", "snmp"),
    "onvif": ("GetDiscoveryMode", "discovery"),
    "uniview": ("Network/SSH", "ssh"),
}


def test_a_wish_that_the_device_has_no_place_for_is_said_and_a_switch_off_is_met(vendor, tmp_path):
    place, service = MISSING[vendor]
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated(f"{vendor}-camera", folder, **KINDS[vendor], quirks={"missing": [place]}) as camera:
        managed = Managed(tmp_path, camera, vendor)
        converge(managed, {"users": users(vendor)})
        outcome = converge(managed, {"services": {"carrier_pigeon": True, service: False}, "motion": {"zones": 3}})
        assert set(outcome.unsupported) == {"services.carrier_pigeon", "motion.zones"}
        assert set(converge(managed, {"services": {service: True}}).unsupported) == {f"services.{service}"}


def test_one_refused_login_ends_everything(camera, vendor, tmp_path):
    managed = Managed(tmp_path, camera, vendor, initial="not-this-1")
    before = camera.hand("status")["requests"]
    outcome, error = apply(managed, {"users": users(vendor), "name": "x"})
    assert type(error) is AuthRefused
    if vendor in COUNTING:
        assert error.tries_left == 4  # five are allowed: exactly one was used
    assert "not-this-1" not in str(error)
    assert outcome.changes == []
    assert writes_since(camera, before) <= 3


@pytest.mark.parametrize("vendor", COUNTING, indirect=True)
def test_a_locked_device_says_for_how_long(managed, camera):
    camera.hand("lock")
    _, error = apply(managed, {"name": "x"})
    assert isinstance(error, Locked)
    assert error.locked_for_s is not None
    assert 0 < error.locked_for_s <= 20
    assert f"locked for {error.locked_for_s} s" in str(error)


def test_a_changed_key_stops_before_any_credential(managed, camera, tmp_path, vendor):
    converge(managed, {"users": users(vendor)})
    (pin,) = (managed.state / "pins").iterdir()
    pin.write_text(json.dumps({"tls": "spki-sha256:" + "0" * 64}))
    before = camera.hand("status")["requests"]
    _, error = apply(managed, {"name": "x"})
    assert isinstance(error, PinChanged)
    assert str(pin) in str(error)
    assert writes_since(camera, before) == 0


def test_a_device_that_is_off_is_unreachable_in_one_sentence(managed, camera):
    camera.hand("off")
    _, error = apply(managed, {"name": "x"})
    assert isinstance(error, Unreachable)
    assert "check power, line and address of a-cam1" in str(error)


def test_an_interrupted_renewal_is_taken_up_with_two_logins_at_most(managed, camera, vendor):
    converge(managed, {"users": users(vendor)})
    journal = managed.state / "epochs" / "a-cam1.json"
    journal.write_text(json.dumps({"confirmed": 1, "pending": 2}))  # died after the note, before the first write
    converge(managed, {"users": users(vendor)})
    assert managed.epochs() == {"confirmed": 2, "pending": None}
    journal.write_text(json.dumps({"confirmed": 1, "pending": 2}))  # died after the last write, before the confirmation
    if vendor not in COUNTING:  # nothing is tried after a refused login here; the next run begins with the other password
        _, error = apply(managed, {"users": users(vendor)})
        assert type(error) is AuthRefused
    converge(managed, {"users": users(vendor)})
    assert managed.epochs() == {"confirmed": 2, "pending": None}


@pytest.mark.parametrize("vendor", COUNTING, indirect=True)
def test_a_second_login_is_not_tried_when_few_tries_are_left(managed, camera, vendor):
    converge(managed, {"users": users(vendor)})
    for _ in range(2):  # two tries are gone, as after somebody's typos
        wrong = Managed(managed.state.parent, camera, vendor, motcua_user="motcua-admin", motcua_password="not-this-1")
        with pytest.raises(AuthRefused):
            asyncio.run(read(wrong.rim().device()))
    (managed.state / "epochs" / "a-cam1.json").write_text(json.dumps({"confirmed": 3, "pending": 1}))
    _, error = apply(managed, {"users": users(vendor)})
    assert type(error) is AuthRefused
    assert error.tries_left == 2


def test_a_new_device_with_an_unknown_password_is_asked_nothing(camera, vendor, tmp_path):
    managed = Managed(tmp_path, camera, vendor, initial=None)
    before = camera.hand("status")["requests"]
    with pytest.raises(ModelError, match="initial: a-cam1:"):
        managed.rim().device()
    assert writes_since(camera, before) == 0


def test_nothing_secret_stands_in_a_result(managed, vendor):
    rim = managed.rim()
    device, outcome = rim.device(), Outcome()
    asyncio.run(reconcile(device, {**WISHES[vendor], "users": users(vendor)}, outcome, check=False))
    secrets = {device.accounts.password(name) for name in users(vendor)} | {FACTORY[1], managed.MASTER}
    shown = json.dumps(rim.scrubbed({"changes": outcome.changes}))
    assert not [secret for secret in secrets if secret in shown]
    leak = json.dumps(rim.scrubbed({"msg": f"the device says {device.accounts.password('motcua-view')}"}))
    assert not [secret for secret in secrets if secret in leak]


@pytest.mark.parametrize("vendor", ["hikvision", "dahua"], indirect=True)
def test_what_can_only_be_read_is_read_and_never_written(managed, camera, vendor):
    converge(managed, {"users": users(vendor)})
    running = asyncio.run(read(managed.rim().device()))
    network = {key.removeprefix("network."): value for key, value in running.values.items() if key.startswith("network.")}
    assert {key: value for key, value in network.items() if key != "dns"} == {
        "mode": "static",
        "address": "127.0.0.1",
        "prefix": 24,
        "gateway": "0.0.0.0",
    }
    assert running.values["ports.rtsp"] == 554
    outcome = converge(managed, {"network": {"address": "192.168.1.77", "prefix": 24}})
    assert outcome.changes == []
    assert outcome.unsupported == {"network.address": "it is '127.0.0.1' and can only be read"}


@pytest.mark.parametrize("older", OLDER)
def test_older_firmware_is_brought_to_the_wish_and_then_left_alone(older, tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated(f"{older}-camera", folder, **OLDER[older]) as camera:
        managed = Managed(tmp_path, camera, older)
        wish = {**OLD_WISHES[older], "users": users(older)}
        first = converge(managed, wish)
        assert {change["outcome"] for change in first.changes} == {"applied"}
        assert converge(managed, wish).changes == []
        running = asyncio.run(read(managed.rim().device()))
        assert running.rows["users"]["motcua-view"] == {"role": "viewer"}
        assert running.unknown == {}


def test_what_no_device_has_confirmed_is_written_only_when_people_ask(tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated("hikvision-camera", folder) as camera:
        careful = Managed(tmp_path, camera, "hikvision", motcua_experimental=False)
        converge(careful, {"users": users("hikvision")})
        wish = {"overlay": {"name": "Quầy", "clock": True}}
        outcome = converge(careful, wish)
        assert [change["key"] for change in outcome.changes] == ["overlay.name"]
        assert "set motcua_experimental: true" in outcome.unsupported["overlay.clock"]
        asked = converge(Managed(tmp_path, camera, "hikvision"), wish)
        assert [(change["key"], change["outcome"]) for change in asked.changes] == [("overlay.clock", "applied")]


def test_what_no_device_has_confirmed_is_read_back_like_everything_else(tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated("hikvision-camera", folder, quirks={"ignore": ["/ISAPI/System/Video/inputs/channels/1/overlays"]}) as camera:
        managed = Managed(tmp_path, camera, "hikvision")
        converge(managed, {"users": users("hikvision")})
        outcome, error = apply(managed, {"overlay": {"clock": True}})
    assert isinstance(error, NotConverged)
    assert [(change["key"], change["outcome"]) for change in outcome.changes] == [("overlay.clock", "refused")]


def test_accounts_of_ours_go_when_nobody_wishes_them_and_others_stay(managed, vendor):
    named = users(vendor)
    converge(managed, {"users": {**named, "motcua-old": {"role": "viewer", "password": {"secret": "motcua-old"}}}})
    rows = asyncio.run(read(managed.rim().device())).rows["users"]
    assert "motcua-old" in rows
    without = {name: row for name, row in named.items() if name == "motcua-admin"}  # the factory account isn't named, and not ours
    predicted, _ = apply(managed, {"users": without}, check=True)
    done = converge(managed, {"users": without})
    gone = {"users.motcua-old": (None, "predicted"), "users.motcua-view": (None, "predicted")}
    assert {change["key"]: (change["after"], change["outcome"]) for change in predicted.changes} == gone
    assert {change["key"]: change["outcome"] for change in done.changes} == dict.fromkeys(gone, "applied")
    assert set(asyncio.run(read(managed.rim().device())).rows["users"]) == set(rows) - {"motcua-old", "motcua-view"}
    stranger = {**without, "installer": {"role": "viewer", "password": {"secret": "motcua-view"}}}
    converge(managed, {"users": stranger})
    assert converge(managed, {"users": without}).changes == []  # a stranger's account is left alone
    assert [change["outcome"] for change in converge(managed, {"users": {**without, "installer": None}}).changes] == ["applied"]


@pytest.mark.parametrize("vendor", ["hikvision", "axis", "onvif"], indirect=True)
def test_a_time_server_may_be_named_or_addressed(managed, vendor):
    converge(managed, {"users": users(vendor)})
    for server in ("time.bacgiang.gov.vn", "192.168.1.1", "time.bacgiang.gov.vn"):
        wish = {"time": {"ntp": [server]}}
        assert [(change["key"], change["outcome"]) for change in converge(managed, wish).changes] == [("time.ntp", "applied")]
        assert converge(managed, wish).changes == []


# --- one vendor's own ways ---


def test_a_reboot_is_waited_for(tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated("hikvision-camera", folder, quirks={"reboot_for": ["/ISAPI/System/Network/UPnP"]}) as camera:
        managed = Managed(tmp_path, camera, "hikvision")
        converge(managed, {"users": users("hikvision")})
        outcome = converge(managed, {"services": {"upnp": False}})
    assert [change["outcome"] for change in outcome.changes] == ["applied"]
    assert outcome.reboot_required is False


def test_a_busy_device_is_asked_again(tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated("hikvision-camera", folder, quirks={"busy_once": True}) as camera:
        managed = Managed(tmp_path, camera, "hikvision")
        outcome = converge(managed, {"users": users("hikvision"), "name": "Quầy"})
    assert ("name", "applied") in {(change["key"], change["outcome"]) for change in outcome.changes}


def test_a_recorders_channels_get_the_cameras_accounts(tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    channel = {"number": 1, "address": "127.0.0.2", "user": "admin", "password": FACTORY[1], "name": "Camera 01", "private": False}
    with emulated("hikvision-nvr", folder, channels=[channel]) as recorder:
        managed = Managed(tmp_path, recorder, "hikvision", name="a-nvr1", motcua_role="nvr")
        managed.variables["hostvars"]["a-cam1"] = managed.variables
        row = {"name": "Quầy", "address": "192.168.1.11", "port": 8000, "protocol": "hikvision", "user": "motcua-view"}
        wish = {"users": users("hikvision"), "channels": {"1": {**row, "password": {"secret": "a-cam1/motcua-view"}}}}
        first = converge(managed, wish)
        assert ("channels.1", "applied") in {(change["key"], change["outcome"]) for change in first.changes}
        assert converge(managed, wish).changes == []
        assert asyncio.run(read(managed.rim().device())).rows["channels"]["1"] == row


# --- servers that are no camera ---


async def redirecting(request):
    return Response(302, headers={"Location": "http://127.0.0.9:1/ISAPI/System/deviceInfo"})


async def open_to_everybody(request):
    return Response(200, b"<html>welcome</html>", "text/html")


async def basic_only(request):
    return Response(401, headers={"WWW-Authenticate": 'Basic realm="camera"'})


@pytest.mark.parametrize(
    ("answer", "scheme", "kind", "words"),
    [
        (redirecting, "https", Refused, "redirects to elsewhere, which is not followed"),
        (open_to_everybody, "https", Garbled, "doesn't answer as a Hikvision device"),
        (basic_only, "http", AuthRefused, "offers only Basic without TLS"),
    ],
)
def test_who_is_no_camera_gets_no_password(tmp_path, answer, scheme, kind, words):
    with Scripted(tmp_path, answer) as server:
        managed = Managed(tmp_path, server, "hikvision", motcua_scheme=scheme, motcua_port=server.ports[scheme])
        _, error = apply(managed, {"name": "x"})
    assert type(error) is kind
    assert words in str(error)
    assert not [request for request in server.requests if "authorization" in request.headers]
