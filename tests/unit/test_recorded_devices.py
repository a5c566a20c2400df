"""Real devices, recorded by others, answered from their recordings over HTTP: the two actions read them, and change nothing that is right."""

import asyncio
import json
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape, quoteattr

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import Outcome, read, reconcile

from tests.emulators.http import Digest, Response
from tests.unit.wire import Managed, Scripted, ad_hoc, wish_for

FOLDER = Path("../shared/fixtures/hikvision")
RECORDED = sorted(FOLDER.glob("*.json"))
USER, PASSWORD = "admin", "recorded-1"
NOT_SUPPORTED = '<ResponseStatus version="2.0"><statusCode>4</statusCode><statusString>Invalid Operation</statusString><subStatusCode>notSupport</subStatusCode></ResponseStatus>'
DONE = '<ResponseStatus version="2.0"><statusCode>1</statusCode><statusString>OK</statusString><subStatusCode>ok</subStatusCode></ResponseStatus>'
PROLOG = b'<?xml version="1.0" encoding="UTF-8"?>\n'
RECORDERS = ("NVR", "DVR", "HybirdNVR")
READ_ONLY = ("clock",)
NOT_SETTINGS = ("users", "certificate", "disks")


def xml(name, value):
    """An xmltodict tree as XML."""
    if isinstance(value, list):
        return "".join(xml(name, item) for item in value)
    if not isinstance(value, dict):
        return f"<{name}>{'' if value is None else escape(str(value))}</{name}>"
    attributes = "".join(f" {key[1:]}={quoteattr(str(text))}" for key, text in value.items() if key.startswith("@"))
    inner = "".join(escape(str(child)) if key == "#text" else xml(key, child) for key, child in value.items() if not key.startswith("@"))
    return f"<{name}{attributes}>{inner}</{name}>"


class Replayed(Scripted):
    """A recorded device: whatever wasn't recorded, it doesn't have."""

    def __init__(self, folder, recording):
        self.documents = json.loads(recording.read_text(encoding="utf-8"))["data"]["ISAPI"]
        answered = {path: value["response"] for path, value in self.documents.items() if "response" in value}
        self.bodies = {f"/ISAPI/{path}": PROLOG + "".join(xml(*root) for root in tree.items()).encode() for path, tree in answered.items()}
        self._digest = Digest("recorded", lambda: {USER: {"password": PASSWORD}}, 1800)
        super().__init__(folder, self._replay)

    @property
    def kind(self):
        return self.documents["System/deviceInfo"]["response"]["DeviceInfo"]["deviceType"]

    async def _replay(self, request):
        user, _, _ = self._digest.user_of(request)
        if user is None:
            return Response(401, headers={"WWW-Authenticate": self._digest.challenge()})
        if request.method == "PUT" and request.path in self.bodies:
            self.bodies[request.path] = request.body  # a device that does what it is told
            return Response(200, DONE.encode())
        if request.method != "GET" or request.path not in self.bodies:
            recorded = self.documents.get(request.path.removeprefix("/ISAPI/"), {})
            return Response(recorded.get("status_code", 403), NOT_SUPPORTED.encode())
        return Response(200, self.bodies[request.path])

    def writes(self):
        return [request for request in self.requests if request.method != "GET"]


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def device(request, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))  # where ad-hoc commands keep pins
    with Replayed(tmp_path, request.param) as replayed:
        yield replayed


def connection(device):
    return {
        "host": "127.0.0.1",
        "port": device.ports["https"],
        "vendor": "hikvision",
        "user": USER,
        "password": PASSWORD,
        "role": "nvr" if device.kind in RECORDERS else "camera",
    }


@pytest.mark.skipif(not RECORDED, reason="the recorded devices lie beside the project, and aren't there")
def test_a_recorded_device_is_read_and_what_it_already_is_sends_no_write(device):
    found = ad_hoc("device_info", **connection(device))
    info = device.documents["System/deviceInfo"]["response"]["DeviceInfo"]
    assert not found.get("failed"), found
    assert (found["identity"]["model"], found["identity"]["serial"]) == (info["model"], info["serialNumber"])
    assert found["identity"]["firmware"] == info["firmwareVersion"]
    assert found["running"]["services"]["http"] is True

    wish = {
        key: {inner: value for inner, value in section.items() if inner not in READ_ONLY} if isinstance(section, dict) else section
        for key, section in found["running"].items()
        if key not in NOT_SETTINGS
    }
    told = ad_hoc("device", desired=wish, **connection(device))
    assert not told.get("failed"), told
    assert told["changed"] is False, told["changes"]
    assert device.writes() == []
    assert PASSWORD not in json.dumps([found, told])


# Read by eye from the recordings: (a device's own settings, those of its first stream).
STATES = {
    "DS-2CD2386G2-IU": (
        {
            "name": "yard",
            "identity.build": "build 240201",
            "identity.mac": "a6:63:9e:f8:01:09",
            "services.https": True,
            "services.discovery": False,
            "ports.rtsp": 10554,
            "access.rtsp_auth": "digest",
            "motion.enabled": False,
        },
        {
            "codec": "h264",
            "width": 3840,
            "height": 2160,
            "fps": 25,
            "bitrate_mode": "vbr",
            "bitrate_kbps": 12288,
            "gop_frames": 50,
            "audio": False,
        },
    ),
    "DS-2CD2443G0-IW": (
        {"name": "Pietro", "identity.firmware": "V5.6.5", "services.rtsp": True, "ports.rtsp": 554, "access.rtsp_auth": "digest_basic"},
        {
            "codec": "h265",
            "width": 2688,
            "height": 1520,
            "fps": 25,
            "bitrate_mode": "vbr",
            "bitrate_kbps": 3072,
            "gop_frames": 50,
            "audio": False,
        },
    ),
    "DS-7616NI-K2": (
        {"name": "NVR", "services.https": True, "ports.https": 443, "ports.rtsp": 554, "motion.enabled": False, "motion.sensitivity": 60},
        {"codec": "h265", "width": 3840, "height": 2160, "fps": 0, "bitrate_mode": "vbr", "bitrate_kbps": 3072, "audio": True},
    ),
    "DS-7608NXI-I2": (
        {"name": "nvr", "identity.firmware": "V4.62.210", "ports.rtsp": 10554},
        {
            "codec": "h264",
            "width": 3840,
            "height": 2160,
            "fps": 0,
            "bitrate_mode": "vbr",
            "bitrate_kbps": 12288,
            "gop_frames": 50,
            "audio": False,
        },
    ),
    "iDS-7204HUHI-M1": (
        {"name": "Embedded Net DVR", "services.https": False, "motion.enabled": True},
        {
            "codec": "h264",
            "width": 2560,
            "height": 1440,
            "fps": 15,
            "bitrate_mode": "vbr",
            "bitrate_kbps": 2048,
            "gop_frames": 15,
            "audio": False,
        },
    ),
}
DISKS = {
    "DS-7616NI-K2": {"hdd1": {"status": "ok", "capacity_mb": 7630885, "free_mb": 0}},
    "DS-2CD2386G2-IU": {"hdde": {"status": "ok", "capacity_mb": 30436, "free_mb": 27392}},
    "DS-2CD2443G0-IW": {},
    "iDS-7204HUHI-M1": {"hdd1": {"status": "ok", "capacity_mb": 953869, "free_mb": 814080}},
}


@pytest.mark.skipif(not RECORDED, reason="the recorded devices lie beside the project, and aren't there")
@pytest.mark.parametrize("device", [path for path in RECORDED if path.stem in STATES], ids=lambda path: path.stem, indirect=True)
def test_a_recorded_device_is_in_the_state_that_its_recording_shows(device, tmp_path, request):
    name = request.node.callspec.id
    own, stream = STATES[name]
    recorder = device.kind in RECORDERS

    def running(role):
        managed = Managed(tmp_path, device, "hikvision", motcua_user=USER, motcua_password=PASSWORD, motcua_role=role)
        return asyncio.run(read(managed.rim().device()))

    whole = running("nvr" if recorder else "camera")
    first = running("channel") if recorder else whole
    seen = first.values | whole.values
    assert {key: seen.get(key) for key in own} == own
    assert {key: first.values.get(f"streams.main.{key}") for key in stream} == stream
    assert whole.unknown == first.unknown == {}
    if name in DISKS:
        assert whole.rows["disks"] == DISKS[name]


CHANNELS = [path for path in RECORDED if path.stem.startswith(("DS-7", "iDS"))]


@pytest.mark.skipif(not CHANNELS, reason="the recorded devices lie beside the project, and aren't there")
@pytest.mark.parametrize("device", CHANNELS, ids=lambda path: path.stem, indirect=True)
def test_a_camera_behind_a_recorded_recorder_is_read_through_it(device):
    options = connection(device) | {"role": "channel", "channel": 1}
    found = ad_hoc("device_info", **options)
    assert not found.get("failed"), found
    video = device.documents["Streaming/channels/101"]["response"]["StreamingChannel"]["Video"]
    assert found["running"]["streams"]["main"]["width"] == int(video["videoResolutionWidth"])
    told = ad_hoc("device", desired={"streams": found["running"]["streams"]}, **options)
    assert (told["changed"], device.writes()) == (False, [])


def texts(body):
    """Every text and attribute of a document, with the place that it stands at."""
    found = []

    def walk(place, element):
        found.append((place, (element.text or "").strip()))
        found.extend((f"{place}@{key}", value) for key, value in sorted(element.attrib.items()))
        for number, child in enumerate(element):
            walk(f"{place}/{number}:{child.tag}", child)

    walk("", ElementTree.fromstring(body))
    return found


def other(key, value):
    """A value that the recorded one isn't, and that any device takes."""
    match key:
        case "name":
            return "Quầy số 7"
        case "streams.main.fps":
            return 12 if value != 12 else 10
        case "streams.main.bitrate_kbps":
            return 1024 if value != 1024 else 768
    return not value


@pytest.mark.skipif(not RECORDED, reason="the recorded devices lie beside the project, and aren't there")
@pytest.mark.parametrize("key", ["name", "services.rtsp", "streams.main.fps", "streams.main.bitrate_kbps"])
def test_a_wish_for_one_change_sends_one_document_that_differs_in_that_value_alone(device, key, tmp_path):
    streams = key.startswith("streams")
    role = ("channel" if device.kind in RECORDERS else "camera") if streams else ("nvr" if device.kind in RECORDERS else "camera")
    managed = Managed(tmp_path, device, "hikvision", motcua_user=USER, motcua_password=PASSWORD, motcua_role=role)
    running = asyncio.run(read(managed.rim().device()))
    if key not in running.values:
        assert key in running.unsupported
        return
    before, wish, outcome = dict(device.bodies), wish_for(key, other(key, running.values[key])), Outcome()
    asyncio.run(reconcile(managed.rim().device(), wish, outcome, check=False))
    assert [(change["key"], change["outcome"]) for change in outcome.changes] == [(key, "applied")]
    (write,) = device.writes()
    old, new = texts(before[write.path]), texts(write.body)
    assert [place for place, _ in old] == [place for place, _ in new], "elements were added, lost or moved"
    assert sum(one != two for one, two in zip(old, new, strict=True)) == 1
