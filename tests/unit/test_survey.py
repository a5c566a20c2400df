"""A survey of emulated devices: what each vendor's device turns out to be, to be able to do and to send, and what is kept when it is cut."""

import asyncio
import base64
import json
import os
import signal
import stat

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery import Ended, Heard, Pace, Remark, Settled
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey import device as device_module
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey import everybody
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey import look as look_module
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.abilities import ABILITIES
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.device import Wish
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.journal import Journal, finished
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.reach import AtTheOffice
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.record import parted, scrubbed
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.streams import paths, reported, unusual
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS

from tests.unit.surveys import ACCOUNTS, HEAD, Office, heard, wrong
from tests.unit.test_engine import KINDS, OLDER
from tests.unit.wire import FACTORY, free_port

BOTH = ["h264", "h265"]
MAIN = {"codecs": BOTH, "width": 2560, "height": 1440, "fps": 25, "bitrate_kbps": 4096}
SUB = {"codecs": BOTH, "width": 704, "height": 576, "fps": 25, "bitrate_kbps": 512}
THIRD = {"codecs": BOTH, "width": 1280, "height": 720, "fps": 25, "bitrate_kbps": 256}
STREAMS = {
    "hikvision": {"main": MAIN | {"bitrate_kbps": 6144}, "sub": SUB | {"bitrate_kbps": 768}, "third": THIRD},
    "dahua": {"main": MAIN, "sub": SUB, "third": THIRD},
    "onvif": {"main": MAIN, "sub": SUB},
    "uniview": {"main": MAIN, "sub": SUB},
    "axis": {},  # it doesn't say how many pictures a second it can send, and nothing is measured here
}
CONTRACT = {
    "address", "mac", "kind", "vendor", "maker", "why", "vendors_heard", "scheme", "port", "rtsp_port", "ports", "heard", "identity", "login",
    "user", "default_password", "running", "streams", "measured", "stream_path", "still_jpeg_base64", "channel_count", "channels", "disks",
    "oldest_footage", "remarks", "done",
}  # fmt: skip


async def ctrl_c():
    """What a person's Ctrl-C does to a program."""
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.Event().wait()


@pytest.fixture
def office(tmp_path):
    with Office(tmp_path) as one:
        yield one


# --- what a device is and can do ---


@pytest.mark.parametrize("vendor", list(KINDS))
def test_each_vendors_camera_says_what_it_is_and_can_do(office, vendor):
    camera = office.add(f"{vendor}-camera")
    found = office.one()
    assert set(found) == CONTRACT
    assert (found["kind"], found["vendor"], found["login"], found["done"]) == ("camera", vendor, "accepted", True)
    assert found["user"] == KINDS[vendor].get("factory_user", "admin")
    assert (found["scheme"], found["port"], found["rtsp_port"]) == ("https", camera.ports["https"], camera.ports["rtsp"])
    assert found["mac"] == camera.config["mac"]
    identity = found["identity"]
    assert (identity["serial"], identity["firmware"]) == (camera.config["serial"], camera.config["firmware"])
    assert camera.config["model"] in identity["model"]
    assert found["streams"] == STREAMS[vendor]
    assert base64.b64decode(found["still_jpeg_base64"]).startswith(b"\xff\xd8\xff")
    assert found["running"]["network.address"] == found["address"]
    assert not [key for key in found["running"] if key.startswith(("identity.", "can.", "survey."))]
    assert found["remarks"] == []


@pytest.mark.parametrize(
    ("vendor", "changes", "streams"),
    [
        ("hikvision", OLDER["hikvision"], {"main": (["h264"], 2560, 25), "sub": (["h264"], 704, 25)}),
        ("onvif", OLDER["onvif"], {"main": (["h264"], 2560, 25), "sub": (["h264"], 704, 25)}),
        ("dahua", OLDER["dahua"], {"main": (BOTH, 2560, 25), "sub": (BOTH, 704, 25), "third": (BOTH, 1280, 25)}),
        # Without a document of what it can do, what it is set to is all that is known.
        ("hikvision", {"quirks": {"missing": ["/ISAPI/Streaming/channels/101/capabilities"]}},
         {"main": (["h264"], 2560, 25), "sub": (BOTH, 704, 25), "third": (BOTH, 1280, 25)}),
        ("onvif", {"quirks": {"missing": ["GetVideoEncoderConfigurationOptions"]}}, {"main": (["h264"], 2560, 20), "sub": (["h264"], 704, 20)}),
    ],
)  # fmt: skip
def test_older_firmware_says_it_in_its_own_way(office, vendor, changes, streams):
    office.add(f"{vendor}-camera", **changes)
    found = office.one()["streams"]
    assert {name: (one["codecs"], one["width"], one["fps"]) for name, one in found.items()} == streams


def test_what_a_stream_really_sends_is_measured(office):
    camera = office.add("hikvision-camera")
    found = office.one(seconds=2)
    seen = {one["stream"]: one for one in found["measured"]}
    assert {name: (one["codec"], one["width"], one["height"]) for name, one in seen.items()} == {
        "main": ("h264", 2560, 1440), "sub": ("h264", 704, 576), "third": ("h264", 640, 360),
    }  # fmt: skip
    assert seen["sub"]["path"] == "/Streaming/Channels/102"
    # What is set is 768 kbit/s; the emulated encoder keeps it over its group of 2 seconds.
    assert 600 < seen["sub"]["bitrate_kbps"] < 1000
    assert found["remarks"] == []
    assert camera.hand("status")["most_failed_logins"] == 0


def test_a_camera_that_says_no_rate_is_known_by_what_it_sends(office):
    office.add("axis-camera")
    (measured,) = (found := office.one(seconds=2))["measured"]
    assert measured["path"] == "/axis-media/media.amp"
    assert found["streams"]["main"] == {
        "codecs": BOTH,
        "width": 1920,
        "height": 1080,
        "fps": pytest.approx(25, abs=2),
        "bitrate_kbps": None,
    }
    assert found["stream_path"] is None  # motcua makes a stream of its own there


def test_a_stream_at_an_unusual_place_is_noted(office):
    office.add("onvif-camera")
    assert office.one()["stream_path"] == "/onvif/profile1/media.smp"


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        ("hikvision-nvr", {"oldest_footage": "2026-10-03"}, {"oldest_footage": "2026-10-03", "channel_count": 8, "remarks": []}),
        ("hikvision-nvr", {"oldest_footage": "2026-09-03", "quirks": {"search_days": 40}}, {"oldest_footage": "2026-09-03", "remarks": []}),
        ("hikvision-nvr", {}, {"oldest_footage": None, "remarks": []}),
        ("dahua-nvr", {"oldest_footage": "2026-10-03"}, {"oldest_footage": "2026-10-03", "channel_count": 8, "remarks": []}),
        ("uniview-nvr", {}, {"oldest_footage": None, "stream_path": "/unicast/c{channel}/s0/live",
                             "remarks": ["it doesn't say how many channels it has", "no way to its oldest footage is known"]}),
    ],
)  # fmt: skip
def test_a_recorder_says_its_channels_disks_and_oldest_footage(office, kind, changes, expected):
    office.add(kind, **changes)
    found = office.one()
    assert (found["kind"], found["login"]) == ("recorder", "accepted")
    (channel,) = found["channels"]
    assert (channel["number"], channel["name"], channel["address"]) == (2, "Quầy số 2", "127.0.0.99")
    assert {key: found[key] for key in expected} == expected
    disks = {"hikvision-nvr": [{"size_gb": 2000.4, "health": "ok"}], "dahua-nvr": [{"size_gb": 1000.2, "health": "ok"}], "uniview-nvr": []}
    assert found["disks"] == disks[kind]


def test_a_disk_that_fails_is_said_and_one_in_an_unknown_state_is_not_called_healthy(office):
    office.add("dahua-nvr", quirks={"disks": ["Success", "Error", "Sleeping"]})
    found = office.one()
    assert [disk["health"] for disk in found["disks"]] == ["ok", "failing", None]
    assert "its disk /dev/sdc is in a state that is not known here: sleeping" in found["remarks"]


def test_without_a_picture_the_rest_is_there(office):
    office.add("dahua-camera", quirks={"no_snapshot": True})
    found = office.one()
    assert found["still_jpeg_base64"] is None
    assert found["remarks"] == ["there is no still picture: the device gives no picture (HTTP 400)"]
    assert found["streams"] == STREAMS["dahua"]


def test_a_picture_that_is_too_big_is_not_kept(office, monkeypatch):
    monkeypatch.setattr(look_module, "MAXIMUM_PICTURE_BYTES", 100)
    office.add("hikvision-camera")
    found = office.one()
    assert found["still_jpeg_base64"] is None
    assert found["remarks"] == ["there is no still picture: the device's picture has 611 bytes, and 100 are kept at most"]


def test_pictures_can_be_left_out(office):
    office.add("hikvision-camera")
    found = office.one(pictures=False)
    assert (found["still_jpeg_base64"], found["remarks"]) == (None, [])


# --- who can't be read ---


def test_a_device_that_nobody_gave_a_password_is_new_and_nothing_is_tried(office):
    camera = office.add("hikvision-camera", quirks={"factory": True})
    found = office.one()
    assert (found["vendor"], found["login"]) == ("hikvision", "not tried")
    assert found["remarks"] == ["is new: nobody has given it a password yet, so it lets nobody in"]
    assert camera.hand("status")["most_failed_logins"] == 0


def test_without_an_account_a_device_is_looked_at_from_outside(office):
    office.add("axis-camera")
    found = office.one(())
    assert (found["vendor"], found["identity"]["firmware"], found["login"]) == ("axis", "9.80.2.2", "not tried")
    assert found["remarks"] == ["no account for it was given, so it was only looked at from outside"]


def test_one_broken_device_stops_no_other(office, monkeypatch):
    office.add("hikvision-camera")
    office.add("dahua-camera")
    dead = Heard("127.0.0.9", "44:19:b6:00:00:09", "sadp", says={"model": "DS-2CD2043G2-I", "http_port": str(free_port())})
    silent = Heard("127.0.0.10", "44:19:b6:00:00:10", "neighbour")

    real = device_module.look

    async def breaks(device, **options):
        if device.vendor.name == "dahua":
            raise RecursionError
        return await real(device, **options)

    monkeypatch.setattr(device_module, "look", breaks)
    records = office.survey(found={"127.0.0.9": [dead], "127.0.0.10": [silent]})["devices"]
    assert [(one["address"], one["vendor"], one["login"], one["done"]) for one in records] == [
        ("127.0.0.2", "hikvision", "accepted", True),
        ("127.0.0.3", "dahua", "accepted", True),
        ("127.0.0.9", "hikvision", "not tried", True),
        ("127.0.0.10", None, "not tried", True),
    ]
    assert records[1]["remarks"] == ["could not be surveyed to its end (RecursionError); report what it is, with this file"]
    assert records[2]["remarks"] == ["no web server of it answers, so it can't be asked any more"]
    assert (records[3]["kind"], records[3]["remarks"]) == ("unknown", [])


# --- the file ---


def test_a_cut_survey_goes_on_and_asks_nobody_twice(office, monkeypatch):
    first, second = office.add("hikvision-camera"), office.add("dahua-camera")
    real = device_module.look

    entered, put = asyncio.Event(), Journal.put

    def put_and_tell(journal, record):
        put(journal, record)
        if record["done"]:
            entered.set()

    async def cut(device, **options):
        if device.vendor.name == "dahua":
            await entered.wait()
            await ctrl_c()
        return await real(device, **options)

    monkeypatch.setattr(Journal, "put", put_and_tell)
    monkeypatch.setattr(device_module, "look", cut)
    with pytest.raises(KeyboardInterrupt):
        office.survey()
    half = office.content()
    assert half["ended"] is None
    assert {one["address"]: one["done"] for one in half["devices"]} == {"127.0.0.2": True, "127.0.0.3": False}
    monkeypatch.setattr(device_module, "look", real)
    asked = first.hand("status")["requests"]
    whole = office.survey()
    assert first.hand("status")["requests"] == asked
    assert second.hand("status")["most_failed_logins"] == 0
    assert [one["done"] for one in whole["devices"]] == [True, True]
    assert whole["devices"][0] == half["devices"][0]
    assert set(whole["devices"][1]) == CONTRACT
    assert whole["began"] == half["began"]
    assert whole["ended"] is not None


def test_what_a_cut_run_has_tried_still_counts(office, monkeypatch):
    camera = office.add("hikvision-camera")

    async def cut(_device):
        await ctrl_c()

    monkeypatch.setattr(device_module, "kind_of", cut)
    with pytest.raises(KeyboardInterrupt):
        office.survey(wrong("wrong-1"))
    assert office.content()["devices"][0]["wrong_logins"] == 1
    monkeypatch.undo()
    (found,) = office.survey(wrong("wrong-1", "wrong-2", "wrong-3", "wrong-4"))["devices"]
    assert (found["login"], camera.hand("status")["most_failed_logins"]) == ("stopped", 2)  # and the one that was cut
    assert "wrong_logins" not in found


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "is no survey file"),
        ("{", "is no survey file"),
        (json.dumps({"motcua_survey": 1, "ended": None, "devices": [], "site": "b", "prefix": HEAD["prefix"], "began": "x"}), "is the survey of b"),
        (json.dumps({"motcua_survey": 1, "ended": "2026-11-26T10:00:00+07:00", "devices": [], **HEAD, "began": "x"}), "is finished since"),
    ],
)  # fmt: skip
def test_another_file_is_not_written_over(tmp_path, content, words):
    path = tmp_path / "a.survey.json"
    path.write_text(content)
    with pytest.raises(ModelError, match=words):
        Journal(path, HEAD)
    assert path.read_text() == content


def test_the_file_is_its_owners_and_knows_when_it_was_finished(office):
    office.add("hikvision-camera")
    office.survey(end=False)
    assert stat.S_IMODE(office.path.stat().st_mode) == 0o600
    assert finished(office.path) is None
    whole = office.survey()
    assert finished(office.path) == whole["ended"]
    assert finished(office.folder / "none") is None


def test_a_file_that_cant_be_written_stops_the_survey_with_a_sentence(office):
    office.add("hikvision-camera")
    office.path = office.folder / "127.0.0.2" / "config.json" / "a.survey.json"
    with pytest.raises(ModelError, match="can't be written"):
        office.survey()


def test_no_password_is_in_the_file(office):
    office.add("hikvision-camera")
    office.add("onvif-camera")
    office.add("dahua-camera", factory_password="Another-1")
    office.survey((*wrong("Never-Right-1"), *ACCOUNTS))
    text = office.path.read_text()
    assert not [secret for secret in (FACTORY[1], "Never-Right-1", "Another-1") if secret in text]


def test_a_password_that_a_device_repeats_is_left_out_and_names_are_kept():
    record = {
        "user": "s3cret-1",
        "identity": {"serial": "xs3cret-1"},
        "stream_path": "/user=a&password=s3cret-1",
        "remarks": ["a s3cret-1"],
    }
    assert scrubbed(record, {"s3cret-1", "abc"}) == record | {"stream_path": "/user=a&password=(secret)", "remarks": ["a (secret)"]}
    assert scrubbed({"remarks": ["abc"]}, {"abc"}) == {"remarks": ["abc"]}


# --- all together ---


def test_what_discovery_heard_becomes_devices_and_remarks():
    found = everybody.Found()
    for said in (
        Heard("192.168.1.20", None, "port", 80),
        Heard("192.168.1.3", "44:19:b6:00:00:03", "sadp"),
        Heard("192.168.5.64", "44:19:b6:00:00:04", "sadp", says={"model": "DS-2CD2043"}, outside=True),
        Heard("192.168.1.30", "44:19:b6:00:00:05", "neighbour", says={"state": "stale"}),
        Heard("192.168.1.1", "44:19:b6:00:00:06", "neighbour"),
        Remark("no group was asked"),
    ):
        found.add(said)
    assert list(found.inside(["192.168.1.1"])) == ["192.168.1.3", "192.168.1.20"]
    assert found.all_remarks() == [
        "no group was asked",
        "192.168.5.64 answers although it isn't in the prefix: DS-2CD2043",
        "192.168.1.30 was there lately and doesn't answer now",
        "the search for devices was cut before its end, so some may be missing",
    ]
    found.add(Ended(1, 1, 1.0))
    assert len(found.all_remarks()) == 3


def test_devices_are_surveyed_while_latecomers_are_looked_for(office):
    """A device is done before discovery ends; one that was silent the first time follows, and nobody is surveyed twice."""
    early, late = office.add("hikvision-camera"), office.add("dahua-camera")

    async def run():
        done, entered = asyncio.Event(), []

        class Watched(Journal):
            def put(self, record):
                super().put(record)
                if record["done"]:
                    entered.append(record["address"])
                    done.set()

        async def said():
            for one in heard(early):
                yield one
            yield Settled(("127.0.0.2",))
            await done.wait()
            for one in heard(late):
                yield one
            yield Ended(1, 1, 1.0)

        async with asyncio.timeout(60):
            journal = Watched(office.path, HEAD)
            await everybody.find_and_survey(said(), Wish("a", ACCOUNTS, seconds=0), AtTheOffice(), journal, Pace(500))
        return entered

    assert asyncio.run(run()) == ["127.0.0.2", "127.0.0.3"]
    assert {device["login"] for device in office.content()["devices"]} == {"accepted"}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"firmware": "2.840.0000000.28.R,build:2022-08-26"}, {"firmware": "2.840.0000000.28.R", "build": "2022-08-26"}),
        ({"firmware": "V5.5.3 build 180822"}, {"firmware": "V5.5.3", "build": "build 180822"}),
        ({"firmware": "V5.7.18", "build": "build 240826"}, {"firmware": "V5.7.18", "build": "build 240826"}),
        ({"firmware": "QIPC-B2202.3"}, {"firmware": "QIPC-B2202.3"}),
        ({}, {}),
    ],
)
def test_firmware_and_build_are_two_things(said, expected):
    assert parted(said) == expected


def test_every_vendor_has_its_part_of_a_survey():
    assert set(ABILITIES) == set(VENDORS)


@pytest.mark.parametrize(
    ("values", "measured", "expected"),
    [
        ({}, {}, {}),
        ({"streams.main.codec": "h264", "streams.main.width": 640, "streams.main.height": 360, "streams.main.fps": 10},
         {}, {"main": {"codecs": ["h264"], "width": 640, "height": 360, "fps": 10, "bitrate_kbps": None}}),
        # What it could do outweighs what it is set to, and that what was seen.
        ({"can.main.width": 1920, "can.main.height": 1080, "streams.main.width": 640, "streams.main.height": 360, "streams.main.fps": 10},
         {"main": {"codec": "h265", "width": 1, "height": 1, "fps": 25}},
         {"main": {"codecs": ["h265"], "width": 1920, "height": 1080, "fps": 10, "bitrate_kbps": None}}),
        # A codec that no browser plays is none of ours.
        ({"streams.main.codec": "mjpeg", "streams.main.width": 640, "streams.main.height": 360, "streams.main.fps": 10}, {}, {}),
        ({}, {"sub": {"codec": "h264", "width": 640, "height": 360, "fps": 10}}, {}),
    ],
)  # fmt: skip
def test_streams_are_reported_by_what_is_known_best(values, measured, expected):
    assert reported(values, measured) == expected


def test_where_streams_are():
    third = {"streams.sub.codec": "h264", "streams.third.codec": "h264"}
    assert paths(VENDORS["hikvision"], third, None) == {
        "main": "/Streaming/Channels/101", "sub": "/Streaming/Channels/102", "third": "/Streaming/Channels/103",
    }  # fmt: skip
    assert paths(VENDORS["hikvision"], {}, None) == {"main": "/Streaming/Channels/101"}
    assert paths(VENDORS["hikvision"], {}, 3) == {"main": "/Streaming/Channels/301"}
    assert paths(VENDORS["onvif"], {"streams.main.path": "/a"}, None) == {"main": "/a"}
    assert paths(VENDORS["onvif"], {}, None) == {}
    assert unusual(VENDORS["uniview"], {"streams.main.path": "/media/video1"}, "camera") is None
    assert unusual(VENDORS["uniview"], {"streams.main.path": "/x"}, "camera") == "/x"
