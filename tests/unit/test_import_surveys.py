"""Survey files that come in: facts of what is known, ids for what is new, and every doubt as one sentence."""

import copy
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
import typer
import yaml
from typer.testing import CliRunner

from cli.imports import import_files

LAB = Path("inventory/lab")
SITES = "sites/lang-giang.yml"

app = typer.Typer()
app.command()(import_files)


@pytest.fixture
def inventory(tmp_path):
    """A copy of the lab's inventory."""
    (tmp_path / "lab/sites").mkdir(parents=True)
    for name in ("province.yml", SITES):
        shutil.copy(LAB / name, tmp_path / "lab" / name)
    return tmp_path / "lab/province.yml"


def found(address, kind="camera", vendor="hikvision", **changes):
    """A device as the survey writes it, as little as it can say."""
    device = {
        "address": address,
        "mac": None,
        "kind": kind,
        "vendor": vendor,
        "maker": None,
        "why": None,
        "vendors_heard": [vendor] if vendor else [],
        "scheme": None,
        "port": None,
        "rtsp_port": None,
        "ports": [80, 554],
        "heard": [],
        "identity": {},
        "login": "accepted",
        "user": "admin",
        "default_password": None,
        "running": {},
        "streams": {},
        "measured": [],
        "stream_path": None,
        "still_jpeg_base64": None,
        "channel_count": None,
        "channels": [],
        "disks": [],
        "oldest_footage": None,
        "remarks": [],
        "done": True,
    }
    return device | changes


def channel(number, address=None, **changes):
    return {"number": number, "name": "", "address": address, "model": None, "online": True} | changes


CAM1 = found("192.168.1.64", identity={"model": "DS-2CD2043G2-I", "serial": "F64"})
CAM2 = found("192.168.1.65", identity={"model": "DS-2CD2043G2-I", "serial": "F65"})


def survey(*devices, site="tan-dinh", **changes):
    """A finished survey of tan-dinh."""
    prefix = {"tan-dinh": "192.168.1.0/24", "lang-giang": "192.168.5.0/24", "xuong-lam": "192.168.1.0/24"}.get(site)
    head = {"motcua_survey": 1, "site": site, "prefix": prefix, "from": "office", "began": "2026-11-26T08:00:00+07:00"}
    rest = {"ended": "2026-11-26T08:05:00+07:00", "rate_per_s": 50, "router": None, "lines": {}, "remarks": []}
    return head | rest | {"devices": list(devices)} | changes


def run(inventory, content, *options, name="x.survey.json"):
    path = inventory.parent.parent / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    result = CliRunner().invoke(app, [str(path), "-i", str(inventory), "--yes", *options])
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def taken(inventory, content, *options):
    """The site after the import, and what was said."""
    code, output = run(inventory, content, *options)
    assert code == 0, output
    return yaml.safe_load((inventory.parent / SITES).read_text())["sites"][content["site"]], output


def refused(inventory, content, *sentences, options=()):
    before = (inventory.parent / SITES).read_bytes()
    code, output = run(inventory, content, *options)
    assert code == 1
    for sentence in sentences:
        assert sentence in output
    assert (inventory.parent / SITES).read_bytes() == before
    return output


# --- what is known ------------------------------------------------------------------------------------------------------


def test_facts_are_updated_and_what_people_wrote_stays(inventory):
    device = found(
        "192.168.1.64",
        scheme="http",
        port=8080,
        rtsp_port=8554,
        stream_path="/live",
        identity={
            "model": "DS-2CD2043G2-IU",
            "serial": "F64",
            "mac": "4C-BD-8F-00-00-64",
            "firmware": "V5.7.3",
            "build": "build 220112",
            "name": "Khác",
        },
        streams={
            "main": {"codecs": ["h264", "h265", "mjpeg"], "width": 2688, "height": 1520, "fps": 25, "bitrate_kbps": 4096},
            "sub": {"codecs": ["h264"], "width": 704, "height": 576, "fps": 12.5},
            "third": {"codecs": ["mjpeg"], "width": 704, "height": 576, "fps": 25},
        },
        measured=[{"stream": "main", "path": "/x", "codec": "h265", "width": 2688, "height": 1520, "bitrate_kbps": 3210.4, "seconds": 10}],
    )
    site, _ = taken(inventory, survey(device, CAM2))
    assert site["cameras"]["cam1"] == {
        "vendor": "hikvision",
        "model": "DS-2CD2043G2-IU",
        "address": "192.168.1.64",
        "name": "Quầy số 1",
        "zone": "counter",
        "serial": "F64",
        "mac": "4c:bd:8f:00:00:64",
        "firmware": "V5.7.3",
        "build": "build 220112",
        "scheme": "http",
        "port": 8080,
        "rtsp_port": 8554,
        "stream_path": "/live",
        "streams": {
            "main": {"codecs": ["h264", "h265"], "width": 2688, "height": 1520, "fps": 25, "bitrate_kbps": 3210},
            "sub": {"codecs": ["h264"], "width": 704, "height": 576, "fps": 12.5},
        },
    }


def test_what_is_usual_is_not_written(inventory):
    site, _ = taken(inventory, survey(CAM1 | {"scheme": "https", "port": 443, "rtsp_port": 554}, CAM2))
    assert not {"scheme", "port", "rtsp_port"} & site["cameras"]["cam1"].keys()


def test_the_same_survey_again_changes_nothing(inventory):
    content = survey(CAM1, CAM2, found("192.168.1.70"), found("192.168.1.71", kind="unknown", vendor=None))
    taken(inventory, content)
    assert "nothing to write" in taken(inventory, content)[1]


MATCHES = {
    "by serial, wherever it stands now": ([found("192.168.1.80", identity={"serial": "F64"}), CAM2], {"cam1": "192.168.1.80"}),
    "two that changed places": (
        [CAM1 | {"address": "192.168.1.65"}, CAM2 | {"address": "192.168.1.64"}],
        {"cam1": "192.168.1.65", "cam2": "192.168.1.64"},
    ),
    "by MAC before the address": (
        [found("192.168.1.80", mac="4c:bd:8f:00:00:64"), CAM2],
        {"cam1": "192.168.1.80", "cam2": "192.168.1.65"},
    ),
    "a new one where an old one was": (
        [found("192.168.1.64", identity={"serial": "NEW"}), CAM1 | {"address": "192.168.1.90"}, CAM2],
        {"cam1": "192.168.1.90", "cam3": "192.168.1.64"},
    ),
    "new ones in the order of their addresses": (
        [found("192.168.1.200"), CAM1, CAM2, found("192.168.1.9"), found("192.168.1.100")],
        {"cam3": "192.168.1.9", "cam4": "192.168.1.100", "cam5": "192.168.1.200"},
    ),
}


@pytest.mark.parametrize("case", MATCHES, ids=str)
def test_a_device_is_found_again(inventory, case):
    devices, expected = MATCHES[case]
    taken(inventory, survey(CAM1 | {"mac": "4c:bd:8f:00:00:64"}, CAM2))
    site, _ = taken(inventory, survey(*devices))
    assert {name: site["cameras"][name]["address"] for name in expected} == expected


def test_another_device_at_the_same_address_keeps_the_name_and_is_said(inventory):
    taken(inventory, survey(CAM1, CAM2))
    site, output = taken(inventory, survey(found("192.168.1.64", identity={"serial": "NEW"}), CAM2))
    assert (site["cameras"]["cam1"]["serial"], site["cameras"]["cam1"]["name"]) == ("NEW", "Quầy số 1")
    assert "device 192.168.1.64: cameras.cam1 is another device than before (serial F64, now NEW)" in output


def test_what_was_not_found_is_said_and_stays(inventory):
    site, output = taken(inventory, survey(CAM1))
    assert "x.survey.json: not found by the survey: router, cam2; nothing was removed" in output
    assert list(site["cameras"]) == ["cam1", "cam2"]


def test_what_stands_outside_the_surveyed_net_is_not_missed(inventory):
    _, output = taken(inventory, survey(CAM1, prefix="192.168.1.64/32"))
    assert "not found" not in output


def test_a_vendor_that_differs_is_said_and_decided_by_people(inventory):
    content = survey(CAM1 | {"vendor": "dahua"}, CAM2)
    site, output = taken(inventory, content)
    assert site["cameras"]["cam1"]["vendor"] == "hikvision"
    assert (
        "cameras.cam1 is hikvision in the inventory, but answers as dahua; its vendor stays; if the survey is right, decide with --vendor 192.168.1.64=dahua"
        in output
    )
    assert taken(inventory, content, "--vendor", "192.168.1.64=dahua")[0]["cameras"]["cam1"]["vendor"] == "dahua"


# --- what is new --------------------------------------------------------------------------------------------------------

NAMES = {
    "of its picture": ({"running": {"overlay.name": "Quầy số 5"}, "identity": {"name": "Camera 01"}}, "Quầy số 5"),
    "of the device": ({"identity": {"name": "Sảnh chờ"}}, "Sảnh chờ"),
    "the maker's": ({"identity": {"name": "IPCamera 01"}}, "Camera 77"),
    "the model's": ({"identity": {"name": "HIKVISION DS-2CD1", "model": "DS-2CD1"}}, "Camera 77"),
    "none": ({}, "Camera 77"),
    "one that a program could be": ({"running": {"overlay.name": "Quầy {{ 5 }}\n"}}, "Quầy (( 5 ))"),
    "one that is too long": ({"running": {"overlay.name": "Q" * 200}}, "Q" * 119 + "…"),
}


@pytest.mark.parametrize("case", NAMES, ids=str)
def test_a_new_camera_has_a_name(inventory, case):
    changes, expected = NAMES[case]
    site, output = taken(inventory, survey(CAM1, CAM2, found("192.168.1.77", **changes)))
    camera = site["cameras"]["cam3"]
    assert (camera["vendor"], camera["address"], camera["name"], camera.get("zone")) == ("hikvision", "192.168.1.77", expected, None)
    assert f"device 192.168.1.77: is new: cameras.cam3 '{expected}'" in output


@pytest.mark.parametrize(
    "name",
    [
        "Camera 01",
        "IPC",
        "CH 2",
        "Network Camera",
        "Embedded Net DVR",
        "IP CAMERA",
        "Kênh 3",
        "D1",
        "12",
        "-",
        "IPdome",
        "Camera",
        "localhost",
        "192.168.1.77",
    ],
)
def test_a_name_that_devices_are_sold_with_is_none(inventory, name):
    site, _ = taken(inventory, survey(CAM1, CAM2, found("192.168.1.77", identity={"name": name})))
    assert site["cameras"]["cam3"]["name"] == "Camera 77"


@pytest.mark.parametrize("name", ["Cổng", "Dũng Liệt", "Cảnh quan", "Hành lang", "A12 Kho", "Camera cổng chính"])
def test_a_name_that_people_gave_is_one(inventory, name):
    site, _ = taken(inventory, survey(CAM1, CAM2, found("192.168.1.77", identity={"name": name})))
    assert site["cameras"]["cam3"]["name"] == name


OTHERS = {
    "answers nothing": (found("192.168.1.77", "unknown", None), {"kind": "other", "maker": "không rõ", "name": "Thiết bị 77", "why": "answers nothing that we know"}),
    "a cloud camera": (
        found("192.168.1.77", "camera", None, maker="Tapo", why="made for its maker's cloud", identity={"model": "C200", "name": "Sân sau"}),
        {"kind": "camera", "maker": "Tapo", "name": "Sân sau", "why": "made for its maker's cloud", "model": "C200"},
    ),
    "a printer": (found("192.168.1.77", "other", None, maker="HP"), {"kind": "other", "maker": "HP", "name": "Thiết bị 77", "why": "is neither a camera nor a recorder"}),
    "a camera of no vendor": (found("192.168.1.77", "camera", None), {"kind": "camera", "maker": "không rõ", "name": "Camera 77", "why": "speaks no vendor's language that we know"}),
    "another router": (found("192.168.1.77", "router", None, maker="TP-Link"), {"kind": "other", "maker": "TP-Link", "name": "Thiết bị 77", "why": "is a router, but not the site's own (192.168.1.1)"}),
    "a recorder that lets nobody in": (
        found("192.168.1.77", "recorder", "dahua", login="refused"),
        {"kind": "recorder", "maker": "dahua", "name": "Đầu ghi 77", "why": "doesn't say how many channels it has (login refused)"},
    ),
    "an ONVIF camera that lets nobody in": (
        found("192.168.1.77", "camera", "onvif", login="not tried"),
        {"kind": "camera", "maker": "onvif", "name": "Camera 77", "why": "speaks onvif only, and its stream's path couldn't be read (login not tried)"},
    ),
    "a reason that is too long": (found("192.168.1.77", "camera", None, why="w" * 400), {"kind": "camera", "maker": "không rõ", "name": "Camera 77", "why": "w" * 299 + "…"}),
}  # fmt: skip


@pytest.mark.parametrize("case", OTHERS, ids=str)
def test_what_cant_join_is_kept_with_the_reason(inventory, case):
    device, expected = OTHERS[case]
    site, output = taken(inventory, survey(CAM1, CAM2, device))
    assert site["others"] == {"other1": expected | {"address": "192.168.1.77"}}
    assert f"is new: others.other1 '{expected['name']}', which {expected['why']}" in output


def test_what_can_join_now_is_said_and_not_moved(inventory):
    taken(inventory, survey(CAM1, CAM2, found("192.168.1.77", "unknown", None)))
    site, output = taken(inventory, survey(CAM1, CAM2, found("192.168.1.77", identity={"serial": "F77"})))
    assert site["others"]["other1"]["serial"] == "F77" and list(site["cameras"]) == ["cam1", "cam2"]
    assert "others.other1 can join now, as hikvision; move it to 'cameras' by hand" in output


# --- recorders ----------------------------------------------------------------------------------------------------------

NVR = found("192.168.5.5", "recorder", identity={"model": "DS-7608NXI-K2", "serial": "N5"}, channel_count=8)
CAMERAS = [found("192.168.5.11"), found("192.168.5.12")]


def of_recorder(*channels, cameras=CAMERAS, **changes):
    return survey(NVR | {"channels": list(channels)} | changes, *cameras, site="lang-giang")


def test_a_recorders_facts(inventory):
    disks = [{"size_gb": 4000.0, "health": "ok"}, {"size_gb": 3999.5, "health": None}]
    site, _ = taken(inventory, of_recorder(channel_count=16, disks=disks, oldest_footage="2026-11-01"))
    nvr = site["nvrs"]["nvr1"]
    assert (nvr["name"], nvr["channels"], nvr["serial"]) == ("Đầu ghi Lạng Giang", 16, "N5")
    assert (nvr["disks"], nvr["oldest_footage"]) == ([{"size_gb": 4000, "health": "ok"}, {"size_gb": 3999.5}], date(2026, 11, 1))


def test_channels_say_which_camera_is_recorded_where(inventory):
    content = of_recorder(
        channel(1, "192.168.5.12"), channel(2, "192.168.5.11"), channel(3), channel(4, "192.168.5.90", name="Sân", online=True)
    )
    cameras = [*CAMERAS, found("192.168.5.90")]
    site, _ = taken(inventory, content | {"devices": [content["devices"][0], *cameras]})
    assert {name: camera.get("recorder") for name, camera in site["cameras"].items()} == {
        "cam1": "nvr1/2",
        "cam2": "nvr1/1",
        "cam3": None,
        "cam4": "nvr1/4",
    }
    assert site["cameras"]["cam4"]["name"] == "Sân"


def test_a_channel_without_a_camera_on_the_lan_is_a_camera_behind_the_recorder(inventory):
    site, output = taken(
        inventory, of_recorder(channel(3, model="DS-2CE"), channel(5, name="Kho lưu trữ", model="DS-2CE16"), channel(6, "192.168.254.6"))
    )
    assert site["cameras"]["cam3"] == {
        "vendor": "hikvision",
        "model": "DS-2CE",
        "source": "nvr:nvr1/3",
        "name": "Cửa ra vào",
        "zone": "entrance",
    }
    assert site["cameras"]["cam4"] == {"vendor": "hikvision", "model": "DS-2CE16", "source": "nvr:nvr1/5", "name": "Kho lưu trữ"}
    assert site["cameras"]["cam5"] == {"vendor": "hikvision", "source": "nvr:nvr1/6", "name": "Camera kênh 6"}
    assert "channel 5 is new: cameras.cam4 'Kho lưu trữ'" in output


def test_a_channel_that_doesnt_say_its_camera_keeps_the_one_that_people_wrote(inventory):
    site, _ = taken(inventory, of_recorder(channel(1), channel(2)))
    assert {name: camera.get("recorder") for name, camera in site["cameras"].items()} == {"cam1": "nvr1/1", "cam2": "nvr1/2", "cam3": None}


def test_a_channel_without_a_picture_is_no_camera_and_is_said(inventory):
    site, output = taken(inventory, of_recorder(channel(7, "192.168.5.70", online=False), channel(8, "0.0.0.0", online=False)))
    assert list(site["cameras"]) == ["cam1", "cam2", "cam3"]
    assert "channel 7 names 192.168.5.70, where no camera answers, and has no picture; no camera was added for it" in output
    assert "channel 8 has no picture; no camera was added for it" in output


def test_a_camera_that_lost_its_channel_to_another_is_on_none(inventory):
    site, output = taken(inventory, of_recorder(channel(2, "192.168.5.11")))
    assert site["cameras"]["cam1"]["recorder"] == "nvr1/2" and "recorder" not in site["cameras"]["cam2"]
    assert "cam2 is on no channel any more; nvr1/2 has cam1" in output


def test_a_camera_on_two_channels_keeps_the_first(inventory):
    site, output = taken(inventory, of_recorder(channel(4, "192.168.5.11"), channel(6, "192.168.5.11")))
    assert site["cameras"]["cam1"]["recorder"] == "nvr1/4"
    assert "cam1 is on channel nvr1/6 as well as on nvr1/4; the first is taken" in output


def test_a_channel_that_is_at_odds_with_the_inventory_is_refused_by_its_device(inventory):
    """Channel 3 has a camera on the LAN now, and cam3 is said to be behind it: only people know whether they are one."""
    content = of_recorder(channel(3, "192.168.5.13"), cameras=[*CAMERAS, found("192.168.5.13")])
    refused(inventory, content, "device 192.168.5.5: channel 3 of 'nvr1' is already cam3's; name a free one")


def test_a_new_recorder_and_its_cameras_come_together(inventory):
    nvr = found(
        "192.168.1.5",
        "recorder",
        "dahua",
        identity={"name": "Đầu ghi phòng 1"},
        channels=[channel(1, "192.168.1.64"), channel(4, name="Cổng")],
    )
    site, _ = taken(inventory, survey(nvr, CAM1, CAM2))
    assert site["nvrs"]["nvr1"] == {"vendor": "dahua", "address": "192.168.1.5", "name": "Đầu ghi phòng 1", "channels": 4}
    assert site["cameras"]["cam1"]["recorder"] == "nvr1/1"
    assert site["cameras"]["cam3"] == {"vendor": "dahua", "source": "nvr:nvr1/4", "name": "Cổng"}


# --- router and lines ---------------------------------------------------------------------------------------------------


def test_the_routers_facts(inventory):
    device = found("192.168.1.1", "router", None, mac="02:00:00:00:00:01", identity={"model": "as heard"})
    said = {"platform": "linux", "model": "APU2", "firmware": "Debian GNU/Linux 13", "serial": "R1", "lan_interface": "br-lan"}
    site, _ = taken(inventory, survey(CAM1, CAM2, device, router=said))
    assert site["router"] == {
        "platform": "linux",
        "address": "192.168.1.1",
        "lan_interface": "br-lan",
        "office_ports": ["lan"],
        "camera_ports": ["cam"],
        "model": "APU2",
        "firmware": "Debian GNU/Linux 13",
        "serial": "R1",
        "mac": "02:00:00:00:00:01",
    }


LINE = {"interface": "wan", "address": "100.64.0.9", "seen_as": "203.0.113.9", "cgnat": True, "rtt_ms": 11.5, "loss_percent": 0.0, "up_mbps": None, "down_mbps": 32.0, "p95_up_mbps": None, "p95_down_mbps": None, "counted_days": 2.1, "measured": "2026-11-26"}  # fmt: skip


def lined(name="ftth", **changes):
    return survey(CAM1, CAM2, lines={name: LINE | changes})


@pytest.mark.parametrize("name", ["ftth", "wan0"])
def test_a_line_is_known_by_its_name_or_its_interface(inventory, name):
    line = taken(inventory, lined(name))[0]["lines"]["ftth"]
    assert {key: line.get(key) for key in ("rtt_ms", "loss_percent", "up_mbps", "down_mbps", "measured", "address", "p95_up_mbps")} == {
        "rtt_ms": 11.5,
        "loss_percent": 0,
        "up_mbps": 10,
        "down_mbps": 32,
        "measured": date(2026, 11, 26),
        "address": "cgnat",
        "p95_up_mbps": 1,
    }


@pytest.mark.parametrize(("days", "taken_over"), [(6.9, False), (7, True), (None, False)])
def test_p95_is_taken_from_seven_days_only(inventory, days, taken_over):
    site, output = taken(inventory, lined(p95_up_mbps=2.5, p95_down_mbps=8.0, counted_days=days))
    line = site["lines"]["ftth"]
    assert (line["p95_up_mbps"], line.get("p95_down_mbps")) == ((2.5, 8) if taken_over else (1, None))
    assert ("the P95 was not taken" in output) is not taken_over


def test_a_line_that_nobody_wrote_down_is_said(inventory):
    _, output = taken(inventory, lined("lte", interface="wwan0"))
    assert "line 'lte': is not in the inventory; write its kind, provider and rate there and import this again" in output


def test_an_address_that_isnt_the_lines_is_said(inventory):
    _, output = taken(inventory, lined(cgnat=False))
    assert "line 'ftth': isn't behind CGNAT, but the inventory says cgnat; nothing was changed, so correct it by hand" in output


def test_a_line_of_nothing_is_named(inventory):
    refused(inventory, lined(up_mbps=0), "x.survey.json: line 'ftth': 0 is wrong: input should be greater than 0")


# --- refusals -----------------------------------------------------------------------------------------------------------

UNREAD = found("192.168.1.66", done=False)


def test_a_survey_that_was_cut_is_refused(inventory):
    sentence = "the survey was cut in the middle: it began on 26/11/2026 at 08:00 and left 192.168.1.66 unread; run it again, which goes on from there, or take what there is with --unfinished"
    refused(inventory, survey(CAM1, UNREAD, ended=None), f"x.survey.json: {sentence}")


def test_a_survey_that_was_cut_is_taken_as_far_as_it_went(inventory):
    site, output = taken(inventory, survey(CAM1, UNREAD, ended=None), "--unfinished")
    assert site["cameras"]["cam1"]["serial"] == "F64" and list(site["cameras"]) == ["cam1", "cam2"]
    assert "not read to the end and not imported: 192.168.1.66" in output
    assert "the survey was cut before it found router, cam2; nothing was removed" in output


TWO = found("192.168.1.77", vendor=None, vendors_heard=["hikvision", "dahua"])


def test_a_device_that_answers_as_two_vendors_is_refused_until_people_decide(inventory):
    refused(
        inventory,
        survey(CAM1, CAM2, TWO),
        "device 192.168.1.77: answers as hikvision and as dahua; look at it, and decide with --vendor 192.168.1.77=hikvision, for example",
    )
    site, _ = taken(inventory, survey(CAM1, CAM2, TWO), "--vendor", "192.168.1.77=dahua")
    assert site["cameras"]["cam3"]["vendor"] == "dahua"


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ("192.168.1.77", "--vendor 192.168.1.77: is not ADDRESS=NAME; write it like 192.168.1.64=dahua"),
        ("cam1=dahua", "--vendor cam1=dahua: is not ADDRESS=NAME"),
        ("192.168.1.77=kbvision", "'kbvision' is a brand of dahua's devices; write 'dahua'"),
        ("192.168.1.78=dahua", "--vendor 192.168.1.78: no survey among the files has this address; correct it"),
    ],
)
def test_a_wrong_decision_is_one_sentence(inventory, wish, sentence):
    refused(inventory, survey(CAM1, CAM2, TWO), sentence, options=["--vendor", wish])


def test_a_decision_on_an_address_that_two_surveys_have_is_refused(inventory):
    other = inventory.parent.parent / "y.survey.json"
    other.write_text(json.dumps(survey(found("192.168.1.77", vendor=None, vendors_heard=["axis", "dahua"]), site="xuong-lam")))
    sentence = "--vendor decides on it, but"
    refused(inventory, survey(CAM1, CAM2, TWO), sentence, options=[str(other), "--vendor", "192.168.1.77=dahua"])


def test_a_serial_that_is_at_two_sites_is_named_by_its_device(inventory):
    taken(inventory, survey(CAM1, CAM2))
    content = survey(found("192.168.1.64", vendor="dahua", identity={"serial": "F64"}), site="xuong-lam")
    refused(
        inventory, content, "device 192.168.1.64: F64 is also the serial of sites.tan-dinh.cameras.cam1; remove it where the device isn't"
    )


def spoiled(**changes):
    return json.dumps(survey(CAM1, CAM2) | changes)


BROKEN = {
    "cut by a full disk": (spoiled()[:300], "x.survey.json: is no JSON (line 1: "),
    "of a newer program": (spoiled(motcua_survey=2), "motcua_survey: version 2 is not known, only 1; update this program"),
    "of a site that isn't there": (
        spoiled(site="tan-din"),
        "there is no site 'tan-din' in the inventory; add it first, with the survey form",
    ),
    "of no site": (spoiled(site=None), "site: is missing; say with --site whose survey it is"),
    "with an address that is none": (
        spoiled(devices=[CAM1 | {"address": "x"}]),
        "x.survey.json: devices.0.address: input is not a valid IPv4 address",
    ),
    "that is something else": ('{"hello": 1}', "is neither a survey nor NetBox's list of devices"),
    "nested without an end": ("[" * 100_000, "is no JSON (nested too deeply)"),
}


@pytest.mark.parametrize("case", BROKEN, ids=str)
def test_a_file_that_isnt_whole_is_one_sentence(inventory, case):
    content, sentence = BROKEN[case]
    output = refused(inventory, content, sentence)
    assert "Traceback" not in output


def test_a_survey_of_another_site_than_was_said_is_refused(inventory):
    refused(
        inventory,
        survey(CAM1),
        "is a survey of 'tan-dinh', but --site says 'xuong-lam'; correct one of the two",
        options=["--site", "xuong-lam"],
    )


def test_what_a_survey_remarks_is_passed_on(inventory):
    device = copy.deepcopy(CAM1) | {"remarks": ["its sub stream could not be watched: no answer"], "default_password": True}
    _, output = taken(inventory, survey(device, CAM2, remarks=["the hub answers no ping"]))
    for sentence in (
        "device 192.168.1.64: its sub stream could not be watched",
        "still has its maker's password; change it",
        "x.survey.json: the hub answers no ping",
    ):
        assert sentence in output
