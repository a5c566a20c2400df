"""Firmware on emulated devices: sent once, waited for, read back, compared; and what stops everybody."""

import asyncio
import hashlib
import json
import time
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import operations
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import (
    AuthRefused,
    ModelError,
    MotcuaError,
    Postponed,
    Surprised,
    Unreachable,
    Unsupported,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware import timing, upgrading
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.catalogue import Catalogue
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.notes import Note, Notes
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.timing import Circumstances
from ansible_collections.motcua.cctv.plugins.plugin_utils.firmware.upgrading import Upgrade

from tests.unit.test_engine import KINDS
from tests.unit.test_firmware_catalogue import raw_image
from tests.unit.wire import FACTORY, Managed, emulated

ALWAYS = Circumstances("Asia/Ho_Chi_Minh", "00:00-00:00", 1000.0)
SEALS = {"hikvision": b"HKFW %s", "dahua": b"DHFW %s", "axis": b"emulated-axis-firmware %s"}  # what the emulated devices take
VERSIONS = {  # had, wanted, and from which one may go there
    "hikvision": ("V5.7.18", "V5.7.23", ["V5.7.0 .. V5.7.22"]),
    "dahua": ("2.840.0000000.28.R", "2.880.0000000.12.R", ["2.800.0.0 .. 2.840.0.99"]),
    "axis": ("9.80.2.2", "10.12.206", ["9.80.2.2"]),
}
STILL = 1_200_000  # a file that isn't sent again to a device that says that it is busy
FAULTS = {
    "full": "refuses the file of new",
    "old": "came back with the old version",
    "another": "another configuration than before: services.upnp",
    "dead": "hasn't come back in 6 s",
}


def image(vendor, version, **changes):
    content = SEALS[vendor] % version.encode() + b"\n" + bytes(STILL)
    model = f"*{KINDS[vendor].get('model', 'DS-2CD2143G2-I')}"
    row = {"vendor": vendor, "models": [model], "version": version, "file": f"{version}.bin", "reboot_seconds": 20} | changes
    return content, raw_image(content, **row)


class Office:
    """One emulated camera, a catalogue with its files, and who upgrades it."""

    def __init__(self, folder, device, vendor, **changes):
        had, wanted, since = VERSIONS[vendor]
        self.folder, self.device, self.vendor, self.had, self.wanted = folder, device, vendor, had, wanted
        user = KINDS[vendor].get("factory_user", "admin")
        self.managed = Managed(folder, device, vendor, motcua_user=user, motcua_password=FACTORY[1])
        self.notes, self.images, self.told = Notes(folder / "notes"), {}, []
        self.image("new", wanted, **{"from": since} | changes)

    def image(self, name, version, **changes):
        content, self.images[name] = image(self.vendor, version, **changes)
        (self.folder / self.images[name]["file"]).write_bytes(content)

    def upgrade(self, around=ALWAYS, **changes):
        rim = self.managed.rim()
        device = replace(rim.device(), **changes)
        found = Catalogue.model_validate({"images": self.images})
        return Upgrade(device, found, self.folder, self.notes, around, rim.scrubbed, self.told.append)

    def run(self, check=False, seconds=30.0, **changes):
        upgrade = self.upgrade(**changes)

        async def bounded():
            async with asyncio.timeout(seconds) as bound:
                await upgrade.carry_out(bound, check=check)

        asyncio.run(bounded())
        return upgrade

    @property
    def sent(self):
        return self.device.hand("status")["images"]


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch):
    monkeypatch.setattr(upgrading, "WAIT_SECONDS", 0.3)
    monkeypatch.setattr(operations, "WAIT_SECONDS", 0.3)
    monkeypatch.setattr(timing, "OVERHEAD_SECONDS", 1.0)


@pytest.fixture
def office(request, tmp_path):
    vendor, changes, quirks = getattr(request, "param", ("hikvision", {}, {}))
    (tmp_path / "device").mkdir()
    with emulated(f"{vendor}-camera", tmp_path / "device", **KINDS[vendor], quirks=quirks) as device:
        yield Office(tmp_path, device, vendor, **changes)


def of(vendor, fault=None, **changes):
    return (vendor, changes, {"upgrade": fault} if fault else {})


@pytest.mark.parametrize("office", [of("hikvision"), of("dahua"), of("axis")], indirect=True, ids=["hikvision", "dahua", "axis"])
def test_a_device_gets_its_version_once_and_keeps_its_configuration(office):
    asked = office.run(check=True)
    assert (asked.path, asked.last, office.sent) == (["new"], office.wanted, 0), "asking sends nothing"
    assert not office.notes.folder.exists(), "and notes nothing"
    done = office.run()
    assert (done.path, done.first.split(",")[0], done.last.split(",")[0]) == (["new"], office.had, office.wanted)
    assert (office.run().path, office.sent, office.notes.all(), office.notes.stopped()) == ([], 1, {}, None)
    assert any("%" in line for line in office.told)


def test_a_recorder_too(tmp_path):
    (tmp_path / "device").mkdir()
    with emulated("hikvision-nvr", tmp_path / "device", model="DS-7608NI-K2", firmware="V4.75.011") as device:
        office = Office(tmp_path, device, "hikvision")
        office.image("new", "V4.76.000", models=["DS-76*"], **{"from": ["V4.75.011"]})
        office.managed.variables["motcua_role"] = "nvr"
        done = office.run()
        assert (done.first, done.last, office.sent) == ("V4.75.011", "V4.76.000", 1)


def test_it_goes_over_the_steps_that_are_declared(office):
    office.images["new"]["from"] = ["V5.7.20"]
    office.image("step", "V5.7.20", target=False, **{"from": ["V5.7.18"]})
    done = office.run()
    assert (done.path, done.last, office.sent) == (["step", "new"], "V5.7.23", 2)


@pytest.mark.parametrize(
    "office",
    [of(vendor, fault, reboot_seconds=6) for vendor in SEALS for fault in FAULTS],
    indirect=True,
    ids=[f"{vendor} {fault}" for vendor in SEALS for fault in FAULTS],
)
def test_the_first_surprise_stops_everybody_until_somebody_has_looked(office, request):
    words = FAULTS[request.node.callspec.id.split()[1]]
    with pytest.raises(Surprised) as surprised:
        office.run()
    assert words in str(surprised.value)
    device, why, _ = office.notes.stopped()
    assert device == "a-cam1" and words in why
    kept = json.dumps([path.read_text() for path in office.notes.folder.glob("*.json")])
    assert FACTORY[1] not in kept
    for name, kind in (("a-cam1", Surprised), ("a-cam2", Postponed)):
        office.managed.name = name
        with pytest.raises(kind):
            office.run()
    assert office.sent == 1
    office.notes.clear()
    assert (office.notes.stopped(), office.notes.all()) == (None, {})


@pytest.mark.parametrize("office", [of("hikvision", "password")], indirect=True)
def test_a_password_that_is_another_afterwards_is_tried_once_and_stops_everybody(office):
    with pytest.raises(Surprised, match="refuses the login"):
        office.run()
    assert office.notes.stopped()[0] == "a-cam1"
    with pytest.raises(Surprised):
        office.run()
    assert office.device.hand("status")["most_failed_logins"] == 1


def test_a_declared_difference_is_none(tmp_path):
    (tmp_path / "device").mkdir()
    with emulated("hikvision-camera", tmp_path / "device", quirks={"upgrade": "another"}) as device:
        assert Office(tmp_path, device, "hikvision", may_change=["services.upnp"]).run().last == "V5.7.23"


@pytest.mark.parametrize("what", ["another model", "cut off", "another hash", "not there", "a later device"])
def test_bad_files_and_strangers_are_refused_before_anything_is_sent(office, what):
    path = office.folder / office.images["new"]["file"]
    match what:
        case "another model":
            office.images["new"]["models"] = ["DS-76*"]
        case "cut off":
            path.write_bytes(path.read_bytes()[:-1])
        case "another hash":
            path.write_bytes(path.read_bytes()[:-1] + b"x")
        case "not there":
            path.unlink()
        case "a later device":
            office.images["new"] |= {"version": "V5.5.0", "from": ["V5.7.18"]}
    with pytest.raises((ModelError, Unsupported)):
        office.run()
    assert (office.sent, office.notes.stopped(), office.notes.all()) == (0, None, {})


def test_a_file_that_is_no_firmware_is_refused_by_the_device_itself(office):
    content = b"not firmware" + bytes(STILL)
    path = office.folder / office.images["new"]["file"]
    path.write_bytes(content)
    office.images["new"] |= {"sha256": hashlib.sha256(content).hexdigest(), "size_bytes": len(content)}
    with pytest.raises(Surprised, match="badDevType"):
        office.run()
    assert office.notes.stopped()[0] == "a-cam1"


def test_a_device_that_is_off_waits_in_the_queue_until_it_is_done(office):
    office.device.hand("off")
    with pytest.raises(Unreachable):
        office.run()
    first = office.notes.read("a-cam1")
    assert first.phase == "waiting" and "doesn't answer" in first.why
    with pytest.raises(Unreachable):
        office.run()
    assert office.notes.read("a-cam1").since == first.since
    office.device.hand("on")
    assert office.run().last == "V5.7.23"
    assert (office.notes.all(), office.notes.stopped()) == ({}, None)


def test_outside_its_window_nothing_is_sent_and_it_waits(office):
    now = ALWAYS.now
    closed = replace(ALWAYS, window=f"{(now.hour + 2) % 24:02}:00-{(now.hour + 3) % 24:02}:00")
    with pytest.raises(Postponed, match="waits for its window"):
        office.run(around=closed)
    assert (office.notes.read("a-cam1").phase, office.sent) == ("waiting", 0)
    assert "waits for its window" in office.run(check=True, around=closed).waits


def test_a_login_that_is_refused_is_tried_once(office):
    office.managed.variables["motcua_password"] = "wrong-" + FACTORY[1]
    with pytest.raises(AuthRefused):
        office.run()
    assert (office.device.hand("status")["most_failed_logins"], office.sent, office.notes.stopped()) == (1, 0, None)


# --- the operator's machine dies ---


class Dies(BaseException):
    """As a process that is killed: nothing after it is done."""


def dying(monkeypatch, name, times=1):
    """Whoever upgrades dies when it calls something of the module the so-manieth time."""
    original, calls = getattr(upgrading, name), []

    def call(*arguments, **options):
        calls.append(name)
        if len(calls) == times:
            raise Dies
        return original(*arguments, **options)

    monkeypatch.setattr(upgrading, name, call)


DEATHS = {
    "before it was sent": ("send", 1, 1),
    "before it could wait": ("restarted", 1, 1),
    "before it was compared": ("differences", 1, 1),
}


@pytest.mark.parametrize("name", DEATHS)
@pytest.mark.parametrize(
    "office", [of("hikvision", reboot_seconds=5), of("dahua", reboot_seconds=5)], indirect=True, ids=["hikvision", "dahua"]
)
def test_whoever_comes_after_a_death_ends_the_same_way_and_sends_nothing_twice(office, name, monkeypatch):
    what, times, sent = DEATHS[name]
    with monkeypatch.context() as killed:
        dying(killed, what, times)
        with pytest.raises(Dies):
            office.run()
    assert office.notes.read("a-cam1").phase in ("sending", "restarting")
    if what == "send":
        died = time.monotonic()
        with pytest.raises(Unreachable, match="still has"):
            office.run()
        assert time.monotonic() - died > 4, "it waits as long as a device could need"
        assert (office.sent, office.notes.read("a-cam1").phase) == (0, "waiting")
    assert office.run().last.split(",")[0] == office.wanted
    assert (office.sent, office.notes.all(), office.notes.stopped()) == (sent, {}, None)


@pytest.mark.parametrize("office", [of("dahua", reboot_seconds=15), of("axis", reboot_seconds=15)], indirect=True, ids=["dahua", "axis"])
def test_a_death_after_it_was_sent_and_before_that_was_noted(office, monkeypatch):
    def dies(*_):
        raise Dies

    with monkeypatch.context() as killed:
        killed.setattr(Upgrade, "_noted", dies)
        with pytest.raises(Dies):
            office.run()
    assert (office.notes.read("a-cam1").phase, office.sent) == ("sending", 1)
    assert office.run().last.split(",")[0] == office.wanted
    assert (office.sent, office.notes.all(), office.notes.stopped()) == (1, {}, None)


def test_a_death_before_the_reboot_that_the_device_waits_for(office, monkeypatch):
    async def dies(*_):
        raise Dies

    with monkeypatch.context() as killed:
        killed.setattr(Upgrade, "_rebooted", dies)
        with pytest.raises(Dies):
            office.run()
    assert office.notes.read("a-cam1").phase == "taken"
    assert (office.run().last, office.sent, office.notes.all()) == ("V5.7.23", 1, {})


def test_a_configuration_that_changed_meanwhile_is_still_seen_after_a_death(office, monkeypatch):
    with monkeypatch.context() as killed:
        dying(killed, "differences")
        with pytest.raises(Dies):
            office.run()
    office.images["new"]["reboot_seconds"] = 5
    office.device.hand("set", "services.upnp", "false" if office.device.hand("get", "services.upnp") == "true" else "true")
    with pytest.raises(Surprised, match="another configuration than before"):
        office.run()


@pytest.mark.parametrize("content", ["", "{", "[]", '{"phase": "waiting"}', '{"phase": "waiting", "since": "x", "more": 1}'])
def test_a_note_that_can_not_be_read_stops_the_device_and_nothing_is_guessed(office, content):
    office.notes.folder.mkdir()
    (office.notes.folder / "a-cam1.json").write_text(content)
    with pytest.raises(MotcuaError, match="is no note of an upgrade"):
        office.run()
    assert office.sent == 0


def test_a_step_that_the_catalogue_has_no_more_is_for_people(office):
    office.notes.write("a-cam1", Note("restarting", datetime.now(UTC).isoformat(), "", "gone", "V5.7.18", "", {}))
    with pytest.raises(ModelError, match="was being sent gone, which the catalogue has no more"):
        office.run()
