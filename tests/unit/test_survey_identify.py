"""What a device is taken for, from what it says without a login: a table of devices, and of those that say two things."""

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.discovery import Heard
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.ask import Web, candidates
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.identify import identify, told
from ansible_collections.motcua.cctv.plugins.plugin_utils.survey.marks import QUESTIONS, SIGNS
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS

MAC = "44:19:b6:00:00:01"


def heard(how, port=None, **says):
    return Heard("192.168.1.64", MAC, how, port, says)


def answers(*vendors):
    """The usual answers of these vendors' devices to their own questions."""
    texts = {
        "hikvision": (401, {}, "<userCheck><statusValue>401</statusValue></userCheck>"),
        "dahua": (401, {"www-authenticate": 'Digest realm="Login to 4c3f", qop="auth"'}, ""),
        "axis": (401, {"www-authenticate": 'Digest realm="AXIS_ACCC8E000001"'}, ""),
        "uniview": (401, {}, '{"Response": {"ResponseURL": "/LAPI/V1.0/System/DeviceInfo"}}'),
        "hanwha": (401, {"www-authenticate": 'Digest realm="iPolis_00-09-18-52-39-00"'}, ""),
        "onvif": (200, {}, "<s:Envelope><s:Body><tds:GetSystemDateAndTimeResponse/></s:Body></s:Envelope>"),
    }
    found = [told(question, *texts[vendor]) for vendor in vendors for question in QUESTIONS if question.vendor == vendor]
    return [one for one in found if one is not None]


WSD = heard("wsd", types="dn:NetworkVideoTransmitter tds:Device", model="IPC-1200", name="IPC-1200")
PORT = heard("port", 80)
CASES = {
    "a Hikvision by SADP": ([heard("sadp", model="DS-2CD2043G2-I")], (), ("camera", "hikvision")),
    "a Hikvision by its answer alone": ([PORT], ("hikvision",), ("camera", "hikvision")),
    "an old Hikvision by its page": ([heard("http", 80, server="App-webs/")], (), ("camera", "hikvision")),
    "a Hikvision recorder by its model": ([heard("sadp", model="DS-7608NXI-K2")], (), ("recorder", "hikvision")),
    "a Dahua by DHIP": ([heard("dhip", model="KX-C4012S5", **{"class": "IPC"})], (), ("camera", "dahua")),
    "a Dahua recorder by its class": ([heard("dhip", model="KX-8108", **{"class": "NVR"})], (), ("recorder", "dahua")),
    "a Dahua by its realm": ([heard("http", 80, realm="Login to 4c3f")], (), ("camera", "dahua")),
    "an old Dahua by its realm": ([heard("http", 80, realm="Device_CGI")], (), ("camera", "dahua")),
    "an Axis by SSDP": ([heard("ssdp", serial="ACCC8E000001")], (), ("camera", "axis")),
    "another UPnP device is no Axis": ([heard("ssdp", serial="001122334455")], (), ("unknown", None)),
    "a Uniview by its scopes": ([heard("wsd", types="dn:NetworkVideoTransmitter", maker="UNIVIEW")], (), ("camera", "uniview")),
    "a Uniview by its answer": ([WSD], ("uniview", "onvif"), ("camera", "uniview")),
    "a Hanwha by its realm": ([PORT], ("hanwha",), ("camera", "hanwha")),
    "anybody's ONVIF camera": ([WSD], ("onvif",), ("camera", "onvif")),
    "anybody's ONVIF recorder": ([heard("wsd", types="dn:NetworkVideoTransmitter", model="NVR-16")], (), ("recorder", "onvif")),
    "its own protocol outweighs ONVIF": ([WSD, heard("sadp", model="DS-2CD2043G2-I")], ("onvif",), ("camera", "hikvision")),
    "a MikroTik by its page": ([heard("http", 80, title="RouterOS router configuration page")], (), ("router", None)),
    "a MikroTik by Winbox": ([heard("port", 8291)], (), ("router", None)),
    "a DrayTek": ([heard("http", 80, realm="Vigor2926")], (), ("router", None)),
    "a provider's box": ([heard("http", 80, title="GPON Home Gateway")], (), ("router", None)),
    "a printer": ([heard("http", 80, server="HP HTTP Server; HP LaserJet")], (), ("other", None)),
    "a PC that answers nothing": ([heard("neighbour")], (), ("unknown", None)),
    "a camera called Canon stays a camera": ([heard("sadp", model="DS-2CD2043G2-I", name="Canon")], (), ("camera", "hikvision")),
}


@pytest.mark.parametrize("name", CASES)
def test_what_stands_there(name):
    said, answered, expected = CASES[name]
    found = identify(said, answers(*answered))
    assert (found.kind, found.vendor) == expected
    assert (found.why, found.remarks, found.new) == (None, (), False)


UNSUITED = {
    "an EZVIZ that only SADP knows": ([heard("sadp", model="CS-C6N")], (), "camera", "EZVIZ", "only models that answer ISAPI can join"),
    "a Tapo": ([heard("wsd", types="dn:NetworkVideoTransmitter", model="Tapo C200", maker="tp-link")], ("onvif",), "camera", "tp-link",
               "it takes nearly no setting"),
    "a Yoosee by the name that its app gave": ([heard("wsd", types="dn:NetworkVideoTransmitter", name="GwIPCam")], (), "camera", "Yoosee",
                                               "belong to the app"),
    "a Xiongmai recorder by its port": ([heard("port", 34567)], (), "recorder", "Xiongmai", "hidden accounts"),
    "a Xiongmai camera": ([heard("port", 34567), WSD], ("onvif",), "camera", "Xiongmai", "hidden accounts"),
}  # fmt: skip


@pytest.mark.parametrize("name", UNSUITED)
def test_what_cant_join_says_why_and_has_no_vendor(name):
    said, answered, kind, maker, words = UNSUITED[name]
    found = identify(said, answers(*answered))
    assert (found.kind, found.vendor, found.maker) == (kind, None, maker)
    assert words in found.why


@pytest.mark.parametrize(
    ("said", "vendor"), [([heard("sadp", model="CS-C6N")], "hikvision"), ([heard("dhip", model="IPC-A22E", vendor="Imou")], "dahua")]
)
def test_a_brand_that_answers_its_makers_own_interface_can_join(said, vendor):
    assert identify(said, ()).vendor is None
    found = identify(said, answers(vendor))
    assert (found.vendor, found.why) == (vendor, None)


@pytest.mark.parametrize(
    ("said", "answered", "vendors"),
    [
        ([heard("sadp"), heard("dhip")], (), ("hikvision", "dahua")),
        ([heard("sadp"), WSD], ("dahua", "onvif"), ("hikvision", "dahua", "onvif")),
        ([PORT], ("axis", "uniview"), ("axis", "uniview")),
    ],
)
def test_a_device_that_answers_as_two_vendors_has_none(said, answered, vendors):
    found = identify(said, answers(*answered))
    assert found.vendor is None
    assert set(found.vendors_heard) == set(vendors)
    own = [vendor for vendor in found.vendors_heard if vendor != "onvif"]
    assert found.remarks == (
        f"answers as {own[0]} and as {own[1]}, which no device is at once; look at what stands there, then name its vendor",
    )


def test_facts_come_from_whom_is_to_be_believed_first():
    said = [
        heard("wsd", types="x", model="IPC-T", name="N"),
        heard("sadp", model="DS-2CD2043G2-I", serial="S1", firmware="V5.7.18", build="build 240826"),
    ]
    assert identify(said, ()).facts == {
        "model": "DS-2CD2043G2-I", "serial": "S1", "firmware": "V5.7.18", "build": "build 240826", "name": "N", "mac": MAC,
    }  # fmt: skip
    (answer,) = answers("axis")
    assert answer.facts == {"serial": "ACCC8E000001"}


def test_a_hardware_address_that_is_none_is_left_out():
    assert "mac" not in identify([Heard("192.168.1.64", None, "sadp", says={"mac": "none"})], ()).facts


@pytest.mark.parametrize(
    ("said", "new"),
    [
        (heard("sadp", activated="false"), True),
        (heard("sadp", activated="true"), False),
        (heard("dhip", init="1161"), True),
        (heard("dhip", init="1162"), False),
        (heard("dhip", init="x"), False),
    ],
)
def test_whether_a_device_is_new(said, new):
    assert identify([said], ()).new is new


def test_every_vendor_gives_itself_away():
    assert {sign.vendor for sign in SIGNS} | {question.vendor for question in QUESTIONS} == set(VENDORS)


def test_no_vendors_question_is_answered_by_anothers_device():
    for vendor in VENDORS:
        assert {one.question.vendor for one in answers(vendor)} == {vendor}


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([heard("port", 80), heard("port", 443), heard("port", 554)], [Web("https", 443), Web("http", 80)]),
        ([heard("port", 8000), heard("port", 37777)], []),
        ([heard("port", 8443)], [Web("https", 8443)]),
        ([heard("sadp", http_port="85"), heard("port", 80)], [Web("https", 85), Web("http", 80), Web("http", 85)]),
        ([heard("http", 88)], [Web("https", 88), Web("http", 88)]),
        ([heard("sadp", http_port="none")], []),
    ],
)
def test_where_a_web_server_is_looked_for(said, expected):
    assert candidates(said) == expected
