"""Real ONVIF devices, recorded by others, answered from their recordings: read as they were, left alone when right, changed in one value."""

import asyncio
import base64
import copy
import hashlib
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import Outcome, read, reconcile

from tests.emulators.http import Response
from tests.unit.soap import validate
from tests.unit.wire import Managed, Scripted, ad_hoc, wish_for

FOLDER = Path("../shared/fixtures/onvif")
RECORDED = sorted(path for path in FOLDER.glob("*") if path.is_dir())
USER, PASSWORD = "admin", "recorded-1"
KINDS = {
    "http://www.onvif.org/ver10/device/wsdl": "device_management",
    "http://www.onvif.org/ver10/media/wsdl": "media1",
    "http://www.onvif.org/ver20/media/wsdl": "media2",
    "http://www.onvif.org/ver10/recording/wsdl": "recordings",
}
ENVELOPE = '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>{}</s:Body></s:Envelope>'
NOT_THERE = ENVELOPE.format(
    "<s:Fault><s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>ter:ActionNotSupported</s:Value></s:Subcode></s:Code>"
    '<s:Reason><s:Text xml:lang="en">Optional Action Not Implemented</s:Text></s:Reason></s:Fault>'
)
DENIED = NOT_THERE.replace("ActionNotSupported", "NotAuthorized").replace("Optional Action Not Implemented", "Sender not authorized")


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def find(root, name):
    return next(element for element in root.iter() if local(element) == name)


def parts(root, name):
    return [element for element in root.iter() if local(element) == name]


class Replayed(Scripted):
    """A recorded device: whatever wasn't recorded, it doesn't have; what it is told, it does."""

    def __init__(self, folder, recording):
        self.answers = {(path.parent.name, path.stem): ElementTree.parse(path).getroot() for path in recording.glob("*/*Response.xml")}
        self.recorded = copy.deepcopy(self.answers)
        super().__init__(folder, self._replay)

    async def _replay(self, request):
        envelope = ElementTree.fromstring(request.body)
        asked = find(envelope, "Body")[0]
        operation, kind = local(asked), KINDS[asked.tag[1:].split("}")[0]]
        if operation != "GetSystemDateAndTime" and not self._right(envelope):
            return Response(400, DENIED.encode())
        if operation.startswith("Set"):
            self._obey(kind, operation, asked)
            return Response(200, ENVELOPE.format(f"<{operation}Response/>").encode())
        answer = self.answers.get((kind, f"{operation}Response"))
        if answer is None:
            return Response(500, (FOLDER / self.fault).read_bytes() if (FOLDER / self.fault).exists() else NOT_THERE.encode())
        return Response(200, ElementTree.tostring(answer), "application/soap+xml")

    fault = "SUNBA/device_management/Fault.xml"

    def _right(self, envelope):
        """WS-Security: Base64(SHA1(nonce + created + password))."""
        token = {local(element): element.text for element in envelope.iter()}
        if token.get("Username") != USER:
            return False
        expected = hashlib.sha1(base64.b64decode(token["Nonce"]) + token["Created"].encode() + PASSWORD.encode()).digest()
        return base64.b64decode(token["Password"]) == expected

    def _obey(self, kind, operation, asked):
        if operation == "SetVideoEncoderConfiguration":
            told = asked[0]
            for (where, _), answer in self.answers.items():
                for element in answer.iter() if where == kind else ():
                    if element.get("token") == told.get("token"):
                        element[:] = list(told)
                        element.attrib.update(told.attrib)
            return
        answer = self.answers[kind, operation.replace("Set", "Get", 1) + "Response"]
        for name in {local(element) for element in asked}:
            for old, new in zip(parts(answer, name), parts(asked, name), strict=False):
                old[:], old.text = list(new), new.text

    def writes(self):
        bodies = [ElementTree.fromstring(request.body) for request in self.requests]
        return [body for body in bodies if not local(find(body, "Body")[0]).startswith("Get")]


@pytest.fixture(params=RECORDED, ids=lambda path: path.name)
def device(request, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with Replayed(tmp_path, request.param) as replayed:
        replayed.name = request.param.name
        yield replayed


pytestmark = pytest.mark.skipif(not RECORDED, reason="the recorded devices lie beside the project, and aren't there")


def managed(folder, device):
    return Managed(folder, device, "onvif", motcua_user=USER, motcua_password=PASSWORD)


# Read by eye from the recordings.
STATES = {
    "DCS-6511": {
        "identity.maker": "D-Link Corporation",
        "identity.model": "DCS-6511",
        "identity.firmware": "1.16.00",
        "identity.serial": "F07D68099FCA",
        "name": "DCS-6511",
        "time.zone": "UTC-05:00",
        "time.mode": "ntp",
        "time.ntp": [],
        "network.dns": ["192.168.1.1"],
        "ports.rtsp": 554,
        "services.http": True,
        "services.https": False,
        "services.discovery": True,
        "streams.main.codec": "h264",
        "streams.main.width": 1280,
        "streams.main.height": 1024,
        "streams.main.fps": 7,
        "streams.main.bitrate_kbps": 4096,
        "streams.main.gop_frames": 30,
        "streams.sub.width": 640,
    },
    "ENP1A14-IR_25X": {
        "identity.model": "ENP1A14-IR/25X",
        "identity.firmware": "V5.5.3 build 180822",
        "name": "localhost",
        "time.zone": "UTC-05:00 with summer time",
        "time.mode": "manual",
        "time.ntp": ["ca.pool.ntp.org"],
        "network.dns": ["192.168.1.1"],
        "services.https": False,
        "streams.main.codec": "h265",
        "streams.main.width": 2560,
        "streams.main.height": 1440,
        "streams.main.fps": 25,
        "streams.main.bitrate_kbps": 8192,
        "streams.main.path": "/Streaming/Channels/101?transportmode=mcast&profile=Profile_1",
        "streams.sub.fps": 10,
    },
    "IPG-8150PSS": {
        "identity.maker": "ONVIF_IPNC",
        "identity.serial": "I207215E7840DFDA9877E8B",
        "time.zone": "UTC+08:00",
        "time.ntp": ["pool.ntp.org"],
        "network.dns": ["10.200.1.1"],
        "ports.http": 80,
        # Media 1 of this device says H264: it doesn't know the other word.
        "streams.main.codec": "h265",
        "streams.main.width": 2560,
        "streams.main.height": 1920,
        "streams.main.fps": 20,
        "streams.main.bitrate_mode": "vbr",
        "streams.main.gop_frames": 100,
        "streams.main.path": "/live/0/MAIN",
        "streams.sub.width": 800,
    },
    "SUNBA": {
        "identity.firmware": "QIPC-B2202.3.73.C06290.NB.230628",
        "name": "IPC",
        "time.zone": "UTC-05:00",
        "time.ntp": [],
        "network.dns": ["8.8.8.8"],
        "streams.main.width": 2592,
        "streams.main.height": 1944,
        "streams.main.fps": 12,
        "streams.main.bitrate_kbps": 6144,
        "streams.main.bitrate_mode": "cbr",
        "streams.sub.height": 576,
        "streams.sub.bitrate_kbps": 1024,
    },
}
USERS = {"ENP1A14-IR_25X": {"admin": {"role": "admin"}, "ssci": {"role": "admin"}}}
RECORDINGS = {"ENP1A14-IR_25X": {"OnvifRecordingToken_1": {"source": "IpCamera_1"}}}


def test_a_recorded_device_is_in_the_state_that_its_recording_shows(device, tmp_path):
    running = asyncio.run(read(managed(tmp_path, device).rim().device()))
    expected = STATES.get(device.name, {})
    assert {key: running.values.get(key) for key in expected} == expected
    assert running.unknown == {}
    assert running.rows["users"] == USERS.get(device.name, {"admin": {"role": "admin"}})
    assert running.rows.get("recordings", {}) == RECORDINGS.get(device.name, {})
    asked = [
        ElementTree.tostring(find(ElementTree.fromstring(request.body), "Body"))
        for request in device.requests
        if b"UsernameToken" in request.body
    ]
    assert len(asked) == len(set(asked)), "something was asked twice"


def test_what_a_recorded_device_already_is_sends_no_write(device):
    connection = {"host": "127.0.0.1", "port": device.ports["https"], "vendor": "onvif", "user": USER, "password": PASSWORD}
    found = ad_hoc("device_info", **connection)
    assert not found.get("failed"), found
    sections = {key: value for key, value in found["running"].items() if key not in ("users", "recordings", "certificate")}
    told = ad_hoc("device", desired=sections, **connection)
    assert not told.get("failed"), told
    assert (told["changed"], device.writes()) == (False, [])


def flat(element):
    """Every leaf and attribute below an element, with its place; namespaces of the elements at the top differ by operation."""
    found = [(f"@{key}", value) for key, value in element.attrib.items()]
    for number, child in enumerate(element):
        name = f"{number}:{local(child)}"
        found += [(f"{name}/{place}", text) for place, text in flat(child)] or [(name, (child.text or "").strip())]
    return sorted(found)


CHANGES = {
    "name": ("quay-so-7", "SetHostname", "HostnameInformation"),
    "services.discovery": (None, "SetDiscoveryMode", "GetDiscoveryModeResponse"),
    "streams.main.fps": (9, "SetVideoEncoderConfiguration", None),
    "streams.sub.bitrate_kbps": (300, "SetVideoEncoderConfiguration", None),
    "services.rtsp": (False, "SetNetworkProtocols", "GetNetworkProtocolsResponse"),
}


@pytest.mark.parametrize("key", CHANGES)
def test_a_wish_for_one_change_sends_one_request_that_differs_in_that_value_alone(device, key, tmp_path):
    value, operation, holder = CHANGES[key]
    running = asyncio.run(read(managed(tmp_path, device).rim().device()))
    wished = (not running.values[key]) if value is None else value
    wish = wish_for(key, wished)
    outcome = Outcome()
    asyncio.run(reconcile(managed(tmp_path, device).rim().device(), wish, outcome, check=False))
    assert [(change["key"], change["outcome"]) for change in outcome.changes] == [(key, "applied")]
    (sent,) = device.writes()
    # This one's Media 1 says H265, which Media 1 doesn't know: it gets its own word back.
    own = "'H265'" if device.name == "ENP1A14-IR_25X" else "nothing"
    assert [error for error in validate(ElementTree.tostring(sent)) if own not in error] == []
    body = find(sent, "Body")[0]
    assert local(body) == operation
    if holder is None:
        body = body[0]
        before = next(one for answer in device.recorded.values() for one in answer.iter() if _is_same(one, body))
    else:
        before = find(device.recorded["device_management", f"{operation.replace('Set', 'Get')}Response"], holder)
    before = [(place, text) for place, text in flat(before) if not re.search("FromDHCP", place)]
    after = [(place, text) for place, text in flat(body) if not re.search("ForcePersistence", place)]
    old, new = {text for _, text in before}, {text for _, text in after}
    assert [_named(place) for place, _ in before] == [_named(place) for place, _ in after], "elements were added, lost or moved"
    assert sum(one != two for (_, one), (_, two) in zip(before, after, strict=True)) == 1, old ^ new


def _named(place):
    return re.sub(r"\d+:", "", place)


def _is_same(recorded, sent):
    """Whether it is the same configuration, in the same service's way of writing it."""
    return recorded.get("token") == sent.get("token") and {local(one) for one in recorded} == {local(one) for one in sent}
