"""A real Axis camera, recorded by others, answered from its recording: read as it was, left alone when right, changed in one value."""

import ast
import asyncio
import json
from pathlib import Path
from urllib.parse import parse_qsl, unquote
from xml.etree import ElementTree

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import NotConverged
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import Outcome, read, reconcile

from tests.emulators.http import Digest, Response
from tests.unit.wire import Managed, Scripted, ad_hoc, wish_for

RECORDED = sorted(Path("../shared/fixtures/axis").glob("*.json"))
USER, PASSWORD = "root", "recorded-1"
JSON_APIS = ("ntp.cgi", "time.cgi", "dynamicoverlay.cgi", "basicdeviceinfo.cgi")

pytestmark = pytest.mark.skipif(not RECORDED, reason="the recorded device lies beside the project, and isn't there")


class Replayed(Scripted):
    """The recorded camera. The parameter list is filtered by group as the recording shows it done; unrecorded APIs aren't there."""

    def __init__(self, folder, recording):
        transactions = json.loads(recording.read_text(encoding="utf-8"))["transactions"]
        self.bodies = {one["request"]["path"]: self._response(one)["body"]["string"] for one in transactions}
        self.parameters = dict(line.split("=", 1) for line in self.bodies["/axis-cgi/param.cgi?action=list"].splitlines() if "=" in line)
        self._digest = Digest("recorded", lambda: {USER: {"password": PASSWORD}}, 1800)
        super().__init__(folder, self._replay)

    @staticmethod
    def _response(transaction):
        response = transaction["response"]
        return ast.literal_eval(response) if isinstance(response, str) else response

    async def _replay(self, request):
        if self._digest.user_of(request)[0] is None:
            return Response(401, headers={"WWW-Authenticate": self._digest.challenge()})
        asked = dict(parse_qsl(request.query) + parse_qsl(request.body.decode("latin-1"), encoding="latin-1"))
        if request.path == "/axis-cgi/param.cgi":
            return self._param(asked)
        if request.target in self.bodies:
            return Response(200, self.bodies[request.target].encode("latin-1"))
        return Response(404, b"<html><body>404 Not Found</body></html>", "text/html")

    def _param(self, asked):
        groups = [group.strip() for group in asked.get("group", "root").split(",")]
        match asked["action"]:
            case "list":
                lines = [
                    f"{key}={value}" for key, value in self.parameters.items() if key.startswith(tuple(f"{group}." for group in groups))
                ]
                return Response(200, "\n".join(lines).encode("latin-1") + b"\n", "text/plain")
            case "listdefinitions":
                return Response(200, self._definitions(groups).encode("latin-1"), "text/xml")
            case "update":
                changes = {f"root.{key}": value for key, value in asked.items() if key != "action"}
                assert set(changes) <= set(self.parameters), "the recorded camera has no such parameter"
                self.parameters |= changes
                return Response(200, b"OK\n", "text/plain")
        return Response(200, b"# Error: unknown action\n", "text/plain")

    def _definitions(self, groups):
        whole = self.bodies["/axis-cgi/param.cgi?action=listdefinitions&listformat=xmlschema"]
        root = ElementTree.fromstring(whole.split("?>", 1)[1])
        for top in [element for element in root if element.tag.endswith("group")]:
            for element in list(top):
                if f"root.{element.get('name')}" not in groups:
                    top.remove(element)
        return '<?xml version="1.0" encoding="iso-8859-1" ?>\n' + ElementTree.tostring(root, encoding="unicode")

    def writes(self):
        return [request for request in self.requests if b"action=update" in request.body or b"action=add" in request.body]


@pytest.fixture(params=RECORDED, ids=lambda path: path.stem)
def device(request, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    with Replayed(tmp_path, request.param) as replayed:
        replayed.name = request.param.stem
        yield replayed


def managed(folder, device):
    return Managed(folder, device, "axis", motcua_user=USER, motcua_password=PASSWORD)


# Read by eye from the recording.
STATES = {
    "companion-bullet-9.80.2.2": {
        "identity.model": "AXIS Companion Bullet LE",
        "identity.firmware": "9.80.2.2",
        "identity.build": "Jul 09 2020 08:35",
        "identity.serial": "ACCC8EF7DE6B",
        "identity.mac": "ac:cc:8e:f7:de:6b",
        "name": "axis-accc8ef7de6b",
        "time.zone": "UTC-06:00 with summer time",
        "time.mode": "ntp",
        "time.from_dhcp": True,
        "time.ntp": [],
        "network.mode": "dhcp",
        "network.address": "172.16.4.30",  # the live one; 192.168.0.90 is what it would fall back to
        "network.prefix": 24,
        "network.gateway": "172.16.4.1",
        "network.dns": ["172.16.4.1"],
        "ports.http": 80,
        "ports.https": 443,
        "ports.rtsp": 554,
        "services.https": True,
        "services.rtsp": True,
        "services.upnp": False,
        "services.discovery": False,
        "services.ws_discovery": True,
        "services.p2p": True,
        "services.snmp": False,
        "access.http_auth": "digest",
        "access.lockout": False,
        "access.tls_min": "1.1",
        "overlay.name": "",
        "overlay.clock": False,
        "streams.main.codec": None,  # none of its two profiles is ours
    }
}


def test_the_recorded_camera_is_in_the_state_that_its_recording_shows(device, tmp_path):
    running = asyncio.run(read(managed(tmp_path, device).rim().device()))
    expected = STATES.get(device.name, {})
    assert {key: running.values.get(key, "missing") for key in expected} == expected
    assert running.rows["disks"] == {
        "SD_DISK": {"status": "ok", "capacity_mb": 116109036 / 1024, "free_mb": 63126240 / 1024},
        "NetworkShare": {"status": "ok", "capacity_mb": 1048576, "free_mb": 920987392 / 1024},
    }
    targets = [request.target for request in device.requests if "authorization" in request.headers]
    assert len(targets) == len(set(targets)), "a document was fetched twice"


def test_what_the_recorded_camera_already_is_sends_no_write(device):
    connection = {"host": "127.0.0.1", "port": device.ports["https"], "vendor": "axis", "user": USER, "password": PASSWORD}
    found = ad_hoc("device_info", **connection)
    assert not found.get("failed"), found
    sections = {key: value for key, value in found["running"].items() if key not in ("disks", "certificate", "streams")}
    told = ad_hoc("device", desired=sections, **connection)
    assert not told.get("failed"), told
    assert (told["changed"], device.writes()) == (False, [])


@pytest.mark.parametrize(
    ("key", "wished", "parameter", "sent"),
    [
        ("name", "quay-so-7", "Network.HostName", "quay-so-7"),
        ("services.upnp", True, "Network.UPnP.Enabled", "yes"),
        ("services.ws_discovery", False, "WebService.DiscoveryMode.Discoverable", "No"),
        ("access.lockout", True, "System.PreventDoSAttack.ActivatePasswordThrottling", "On"),
        ("services.p2p", False, "RemoteService.Enabled", "no"),
        ("time.zone", "Asia/Ho_Chi_Minh", "Time.POSIXTimeZone", "<+07>-7"),
        ("ports.rtsp", 10554, "Network.RTSP.Port", "10554"),
    ],
)
def test_a_wish_for_one_change_sends_that_parameter_alone_in_the_cameras_own_spelling(device, key, wished, parameter, sent, tmp_path):
    wish = wish_for(key, wished)
    outcome = Outcome()
    asyncio.run(reconcile(managed(tmp_path, device).rim().device(), wish, outcome, check=False))
    assert [(change["key"], change["outcome"]) for change in outcome.changes] == [(key, "applied")]
    (write,) = device.writes()
    assert "?" not in write.target
    assert [tuple(map(unquote, pair.split("="))) for pair in write.body.decode().split("&")] == [("action", "update"), (parameter, sent)]


def test_what_the_cameras_own_definition_forbids_is_not_sent(device, tmp_path):
    outcome = Outcome()
    with pytest.raises(NotConverged, match=r"the device takes .* and not 'sometimes'"):
        asyncio.run(reconcile(managed(tmp_path, device).rim().device(), {"access": {"http_auth": "sometimes"}}, outcome, check=False))
    assert device.writes() == []
    assert [change["outcome"] for change in outcome.changes] == ["refused"]
