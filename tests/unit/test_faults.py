"""What a device or the line to it can do wrong: each ends in the right kind of error, in one sentence, within the device's time."""

import asyncio
import contextlib
import os
import subprocess
import sys

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import transport
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import AuthRefused, Garbled, MotcuaError, Refused, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import Outcome, read, reconcile
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.emulators.http import Digest, Response
from tests.unit.test_engine import KINDS
from tests.unit.wire import FACTORY, Managed, Scripted, emulated

USER, PASSWORD = "motcua-admin", "not-a-secret-1"
INFO = '<DeviceInfo version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema"><deviceName>{}</deviceName><model>DS-2CD</model></DeviceInfo>'
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]><DeviceInfo>&b;</DeviceInfo>'
)


class Camera(Scripted):
    """A camera of which one answer, to a login that was accepted, is what the test says."""

    def __init__(self, folder, answer):
        self._digest = Digest("faulty", lambda: {USER: {"password": PASSWORD}}, 20)
        self._faulty = answer
        super().__init__(folder, self._ask)

    async def _ask(self, request):
        if self._digest.user_of(request)[0] is None:
            return Response(401, headers={"WWW-Authenticate": self._digest.challenge()})
        return await self._faulty(request)


def answering(body, status=200):
    async def answer(_request):
        return Response(status, body.encode() if isinstance(body, str) else body)

    return answer


async def silent(_request):
    await asyncio.sleep(30)


async def breaking_off(_request):
    return None


def managed(folder, server, vendor="hikvision"):
    return Managed(
        folder, server, vendor, motcua_user=USER, motcua_password=PASSWORD, motcua_scheme="http", motcua_port=server.ports["http"]
    )


async def bounded(coroutine, seconds):
    async with asyncio.timeout(seconds):
        return await coroutine


FAULTS = {
    "half of a document": (answering(INFO.format("x")[:90]), Garbled),
    "no document": (answering(b"\x00\x01\x02"), Garbled),
    "another device": (answering("<html><body>Router</body></html>"), Garbled),
    "an XML bomb": (answering(BOMB), Garbled),
    "a document of 50 MB": (answering(b"<DeviceInfo>" + b"a" * 50_000_000), Garbled),
    "nothing at all": (answering(b""), Garbled),
    "a broken connection": (breaking_off, Unreachable),
    "busy for ever": (answering("<ResponseStatus><statusCode>2</statusCode></ResponseStatus>", 503), Unreachable),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_sentence_of_the_right_kind(fault, tmp_path, monkeypatch):
    monkeypatch.setattr(transport, "BUSY_SECONDS", (0.01, 0.01))
    answer, kind = FAULTS[fault]
    with Camera(tmp_path, answer) as camera:
        rim = managed(tmp_path, camera).rim()
        with pytest.raises(MotcuaError) as caught:
            asyncio.run(bounded(read(rim.device()), 20))
    assert type(caught.value) is kind
    assert "\n" not in str(caught.value)
    assert "a-cam1" in str(caught.value) or "127.0.0.1" in str(caught.value)
    assert PASSWORD not in str(rim.failure(caught.value))


def test_a_device_that_says_nothing_costs_no_more_than_its_time(tmp_path):
    with Camera(tmp_path, silent) as camera:
        rim = managed(tmp_path, camera).rim()
        begun = asyncio.new_event_loop().time()
        with pytest.raises(TimeoutError) as caught:
            asyncio.run(bounded(read(rim.device()), 2))
        assert asyncio.new_event_loop().time() - begun < 10
    assert rim.failure(caught.value)["unreachable"] is True
    assert "wasn't finished within its time" in rim.failure(caught.value)["msg"]


READER = """
import asyncio, resource, sys
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled
from ansible_collections.motcua.cctv.plugins.plugin_utils.transport import Http
from ansible_collections.motcua.cctv.plugins.plugin_utils.trust import Trust

async def main():
    http = Http(sys.argv[1], Trust("x"), reuse_nonce=True)
    try:
        await http.request("GET", "/")
    except Garbled:
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)

before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
asyncio.run(main())
"""


def test_a_large_answer_is_not_kept(tmp_path):
    with Scripted(tmp_path, answering(b"a" * 200_000_000)) as server:
        command = [sys.executable, "-c", READER, f"http://127.0.0.1:{server.ports['http']}"]
        done = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=60, env=os.environ | {"PYTHONPATH": "collections"}
        )
    assert int(done.stdout) < 60_000, "of an answer of 200 MB more than 60 MB (in KB) were kept"


def test_a_success_that_is_an_error_is_refused_in_the_devices_words(tmp_path):
    risky = "<ResponseStatus><statusCode>4</statusCode><statusString>Invalid Operation</statusString><subStatusCode>riskPassword</subStatusCode></ResponseStatus>"

    async def answer(request):
        return Response(200, (INFO.format("x") if request.method == "GET" else risky).encode())

    with Camera(tmp_path, answer) as camera:
        outcome = Outcome()
        with pytest.raises(MotcuaError, match="riskPassword"):
            asyncio.run(reconcile(managed(tmp_path, camera).rim().device(), {"name": "y"}, outcome, check=False))
    assert [(change["key"], change["outcome"]) for change in outcome.changes] == [("name", "refused")]


def test_one_key_that_cant_be_understood_doesnt_hide_the_others(tmp_path):
    async def answer(request):
        if request.path == "/ISAPI/System/time":
            return Response(200, b"<Time><timeMode>NTP</timeMode><timeZone>nowhere</timeZone></Time>")
        return Response(200, INFO.format("x").encode()) if request.path == "/ISAPI/System/deviceInfo" else Response(403)

    with Camera(tmp_path, answer) as camera:
        running = asyncio.run(read(managed(tmp_path, camera).rim().device()))
        outcome = Outcome()
        with pytest.raises(Garbled, match="'nowhere' is no POSIX time zone"):
            asyncio.run(
                reconcile(
                    managed(tmp_path, camera).rim().device(), {"name": "y", "time": {"zone": "Asia/Ho_Chi_Minh"}}, outcome, check=True
                )
            )
    assert (running.values["name"], running.values["time.mode"]) == ("x", "ntp")
    assert set(running.unknown) == {"time.zone"}
    assert [change["key"] for change in outcome.changes] == ["name"]


def test_an_account_without_the_right_is_said(tmp_path):
    async def answer(request):
        if request.path == "/ISAPI/System/deviceInfo":
            return Response(200, INFO.format("x").encode())
        return Response(403, b"<ResponseStatus><statusCode>4</statusCode><subStatusCode>lowPrivilege</subStatusCode></ResponseStatus>")

    with Camera(tmp_path, answer) as camera:
        running = asyncio.run(read(managed(tmp_path, camera).rim().device()))
    assert isinstance(running.unknown["time.zone"], Refused)
    assert "give it administrator rights" in str(running.unknown["time.zone"])


@pytest.mark.parametrize("vendor", sorted(VENDORS))
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    body=st.one_of(
        st.binary(max_size=200), st.sampled_from([b"{}", b"[]", b'{"result": true}', b"table.Encode[=1", b"<a><b/></a>", b"null", b'"x"'])
    ),
    status=st.sampled_from([200, 401, 403, 500]),
)
def test_whatever_is_answered_ends_in_our_errors_or_in_a_state(vendor, body, status, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    with Scripted(folder, answering(body, status)) as server:
        try:
            asyncio.run(bounded(read(managed(folder, server, vendor).rim().device()), 20))
        except (MotcuaError, AuthRefused):
            return


# --- faults of the emulated devices ---

WRITES = {
    "hikvision": {"path": "deviceInfo", "method": "PUT"},
    "dahua": {"path": "setConfig"},
    "axis": {"path": "param.cgi", "method": "POST"},
}
AWAY = {"to": "http://127.0.0.9:1/"}
READING = [
    ("hikvision", {"kind": "half"}, "Garbled"),
    ("hikvision", {"kind": "cut"}, "Unreachable"),
    ("hikvision", {"kind": "busy"}, "Unreachable"),
    ("hikvision", {"kind": "stale"}, "AuthRefused"),
    ("hikvision", {"kind": "stale", "challenge": "none"}, "AuthRefused"),
    ("hikvision", {"kind": "redirect", **AWAY}, "Refused"),
    ("hikvision", {"kind": "huge"}, "Garbled"),
    ("hikvision", {"kind": "bomb"}, "Garbled"),
    ("hikvision", {"kind": "garbage"}, "Garbled"),
    ("hikvision", {"kind": "reboot", "times": 1}, "Unreachable"),
    ("hikvision", {"kind": "foreign"}, "Garbled"),
    ("hikvision", {"kind": "error200"}, "Refused"),
    ("dahua", {"kind": "half"}, "Garbled"),
    ("dahua", {"kind": "busy"}, "Unreachable"),
    ("dahua", {"kind": "cut"}, "Unreachable"),
    ("dahua", {"kind": "cut", "path": "/cgi-bin/"}, "Unreachable"),
    ("dahua", {"kind": "stale", "path": "/cgi-bin/"}, "AuthRefused"),
    ("dahua", {"kind": "stale", "path": "/cgi-bin/", "challenge": "none"}, "AuthRefused"),
    ("dahua", {"kind": "redirect", **AWAY}, "Refused"),
    ("dahua", {"kind": "huge"}, "Garbled"),
    ("dahua", {"kind": "bomb"}, "Garbled"),
    ("dahua", {"kind": "garbage"}, "Garbled"),
    ("dahua", {"kind": "reboot", "times": 1}, "Unreachable"),
    ("dahua", {"kind": "reboot", "times": 1, "path": "/cgi-bin/"}, "Unreachable"),
    ("dahua", {"kind": "foreign"}, "Garbled"),
    *(
        (vendor, {"kind": kind, **more}, error)
        for vendor in ("axis", "onvif", "uniview")
        for kind, more, error in (
            ("half", {}, "Garbled"),
            ("cut", {}, "Unreachable"),
            ("busy", {}, "Unreachable"),
            ("stale", {}, "AuthRefused"),
            ("redirect", AWAY, "Refused"),
            ("huge", {}, "Garbled"),
            ("bomb", {}, "Garbled"),
            ("garbage", {}, "Garbled"),
            ("reboot", {"times": 1}, "Unreachable"),
            ("foreign", {}, "Garbled"),
        )
    ),
]
WRITING = [
    ("hikvision", {"kind": "half"}, "Garbled"),
    ("hikvision", {"kind": "cut"}, "Unreachable"),
    ("hikvision", {"kind": "busy"}, "Unreachable"),
    ("hikvision", {"kind": "error200"}, "NotConverged"),
    ("hikvision", {"kind": "lie"}, "NotConverged"),
    ("hikvision", {"kind": "huge"}, "Garbled"),
    ("hikvision", {"kind": "bomb"}, "Garbled"),
    ("hikvision", {"kind": "garbage"}, "Garbled"),
    ("hikvision", {"kind": "reboot", "times": 1}, "Unreachable"),
    ("hikvision", {"kind": "foreign"}, "Garbled"),
    ("dahua", {"kind": "busy"}, "Unreachable"),
    ("dahua", {"kind": "bomb"}, "Garbled"),
    ("dahua", {"kind": "garbage"}, "Garbled"),
    ("dahua", {"kind": "foreign"}, "Garbled"),
    ("dahua", {"kind": "cut"}, "Unreachable"),
    ("dahua", {"kind": "error200"}, "NotConverged"),
    ("dahua", {"kind": "lie"}, "NotConverged"),
    ("dahua", {"kind": "huge"}, "Garbled"),
    ("dahua", {"kind": "reboot", "times": 1}, "Unreachable"),
    ("axis", {"kind": "cut"}, "Unreachable"),
    ("axis", {"kind": "busy"}, "Unreachable"),
    ("axis", {"kind": "error200"}, "NotConverged"),
    ("axis", {"kind": "lie"}, "NotConverged"),
    ("axis", {"kind": "reboot", "times": 1}, "Unreachable"),
]


def named(value):
    return "-".join(str(word) for key, word in value.items() if key != "to") if isinstance(value, dict) else value


@pytest.fixture(scope="module")
def cameras(tmp_path_factory):
    """One emulated camera of each vendor, with the installer's account."""
    with contextlib.ExitStack() as stack:
        yield {
            vendor: stack.enter_context(emulated(f"{vendor}-camera", tmp_path_factory.mktemp(vendor), **more))
            for vendor, more in KINDS.items()
        }


@pytest.fixture
def faulty(cameras, tmp_path, monkeypatch):
    """Sets a fault; gives the connection."""
    monkeypatch.setattr(transport, "BUSY_SECONDS", (0.01, 0.01))

    def start(vendor, fault):
        cameras[vendor].hand("faults", value=[{"path": ".", "login": True, **fault}])
        return managed_by_installer(tmp_path, cameras[vendor], vendor).rim()

    yield start
    for camera in cameras.values():
        camera.hand("faults", value=[])
        camera.hand("wait")


def managed_by_installer(folder, device, vendor, scheme="http"):
    login = {"motcua_user": KINDS[vendor].get("factory_user", FACTORY[0]), "motcua_password": FACTORY[1]}
    return Managed(folder, device, vendor, **login, motcua_scheme=scheme, motcua_port=device.ports[scheme])


@pytest.mark.parametrize(("vendor", "fault", "kind"), READING, ids=named)
def test_reading_through_a_fault_ends_in_one_sentence_of_the_right_kind(faulty, vendor, fault, kind):
    rim = faulty(vendor, fault)
    with pytest.raises(MotcuaError) as caught:
        asyncio.run(bounded(read(rim.device()), 20))
    assert type(caught.value).__name__ == kind
    assert "\n" not in str(caught.value)
    assert "a-cam1" in str(caught.value) or "127.0.0.1" in str(caught.value)
    assert FACTORY[1] not in str(rim.failure(caught.value))


PASSING = [
    ("hikvision", {"kind": "busy", "times": 1}),
    ("hikvision", {"kind": "stale", "times": 1}),
    ("hikvision", {"kind": "stale", "times": 1, "challenge": "none", "path": "time"}),
    ("dahua", {"kind": "busy", "times": 1}),
    ("dahua", {"kind": "busy", "times": 1, "path": "/cgi-bin/"}),
    ("dahua", {"kind": "stale", "times": 1, "path": "/cgi-bin/"}),
]


@pytest.mark.parametrize(("vendor", "fault"), PASSING, ids=named)
def test_what_passes_is_waited_for(faulty, vendor, fault):
    running = asyncio.run(bounded(read(faulty(vendor, fault).device()), 20))
    assert running.unknown == {}
    assert running.values["name"]


# A table or a CGI that isn't what it should be is never taken for a device that hasn't got it.
UNTOLD = [{"kind": kind, "path": "/cgi-bin/"} for kind in ("half", "bomb", "garbage", "foreign")]


@pytest.mark.parametrize("fault", UNTOLD, ids=named)
def test_an_answer_that_is_none_leaves_its_settings_unknown(faulty, fault):
    running = asyncio.run(bounded(read(faulty("dahua", fault).device()), 20))
    assert {"identity.model", "time.clock"} <= set(running.unknown)
    assert not {"identity.model", "time.clock"} & {*running.values, *running.unsupported}


@pytest.mark.parametrize(("vendor", "fault", "kind"), WRITING, ids=named)
def test_writing_through_a_fault_ends_in_one_sentence_of_the_right_kind(faulty, cameras, vendor, fault, kind):
    rim, outcome = faulty(vendor, WRITES[vendor] | fault), Outcome()
    wish = {"name": f"not {cameras[vendor].hand('get', 'name')}"[:30]}
    with pytest.raises(MotcuaError) as caught:
        asyncio.run(bounded(reconcile(rim.device(), wish, outcome, check=False), 20))
    assert type(caught.value).__name__ == kind
    assert "\n" not in str(caught.value)
    assert FACTORY[1] not in str(rim.failure(caught.value))
    # What was on its way is listed, whatever became of it.
    outcomes = {change["key"]: change["outcome"] for change in outcome.changes}
    assert outcomes == {"name": "refused" if kind == "NotConverged" else "unconfirmed"}


@pytest.mark.parametrize("vendor", WRITES)
@pytest.mark.parametrize("fault", [{"kind": "silent"}, {"kind": "slow", "seconds": 1}], ids=named)
def test_a_device_that_takes_too_long_is_left_when_its_time_is_over(faulty, vendor, fault):
    rim = faulty(vendor, fault)
    with pytest.raises(TimeoutError) as caught:
        asyncio.run(bounded(read(rim.device()), 1))
    assert "wasn't finished within its time" in rim.failure(caught.value)["msg"]


@pytest.mark.parametrize("vendor", WRITES)
def test_a_certificate_may_end_and_another_key_may_not_come(vendor, tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    ends = []
    for tls in ("own", "expired"):
        with emulated(f"{vendor}-camera", folder, **KINDS[vendor], tls=tls) as device:
            running = asyncio.run(read(managed_by_installer(tmp_path, device, vendor, "https").rim().device()))
            ends.append(running.values["certificate.expires"][:4])
    assert ends[1] == "2016" < ends[0]
    with emulated(f"{vendor}-camera", folder, **KINDS[vendor], tls="foreign") as device:
        rim = managed_by_installer(tmp_path, device, vendor, "https").rim()
        with pytest.raises(MotcuaError) as caught:
            asyncio.run(bounded(read(rim.device()), 20))
        assert device.hand("status")["requests"] == 0
    assert type(caught.value).__name__ == "PinChanged"
