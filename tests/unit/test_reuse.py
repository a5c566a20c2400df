"""What becomes of equipment: every check moves the decision as it should, people have the last word, and the sums are right."""

import string
from datetime import date
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.addresses import plan_addresses
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.reasons import SENTENCES, Reason, sentence
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.reuse import CAMERA_YEARS, LETTERS, NVR_YEARS, plan_reuse
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.streams import plan_streams
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.tunnels import plan_tunnels
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.provinces import raw_province, raw_site

LANGUAGES = ("vi", "en")
PRICES = {"camera": 1_000, "nvr": 2_000, "router": 300, "switch": 150, "ups": 220}
MAIN = {"main": {"codecs": ["h264", "h265"], "width": 1920, "height": 1080, "fps": 25, "bitrate_kbps": 2048}}
CAMERA = {
    "vendor": "hikvision", "name": "Quầy 1", "address": "192.168.1.11", "zone": "counter", "model": "DS-2CD2143G2-I", "firmware": "V5.7.15", "build": "build 230313",
    "bought_year": 2022, "condition": "good", "conformity": "CO-CQ 1", "streams": MAIN,
}  # fmt: skip
NVR = {
    "vendor": "hikvision", "name": "Đầu ghi", "address": "192.168.1.5", "channels": 4, "model": "DS-7608NI-K2", "firmware": "V4.75.011", "build": "build 230821",
    "bought_year": 2022, "condition": "good", "conformity": "CO-CQ 2", "disks": [{"size_gb": 2000, "health": "ok"}],
}  # fmt: skip
GOOD = {
    "zones": ["counter"],
    "nvrs": {"nvr1": NVR},
    "cameras": {"cam1": CAMERA},
    "compliance": {"passwords_changed": True},
    "power": {"ups": True},
    "office": {"surveyed": "2026-10-01"},
    "lines": {"ftth": raw_site(1)["lines"]["ftth"] | {"up_mbps": 100, "p95_up_mbps": 1, "p95_down_mbps": 1}},
}


def reuse_of(changes=None, on=date(2026, 11, 26), prices=PRICES, **more):
    """The plan of one site that has nothing to complain of, but for the changes."""
    value = Province.model_validate(raw_province({"a": raw_site(1, **GOOD | (changes or {}) | more)}) | {"on": on})
    value = value.model_copy(update={"prices_vnd": prices})
    streams = plan_streams(value, plan_tunnels(value, plan_addresses(value)))
    return plan_reuse(value, streams)["a"]


def device(plan, name):
    return next(one for one in plan.devices if one.device == name)


def codes(reasons):
    return [reason.code for reason in reasons]


def camera(**changes):
    return device(reuse_of(cameras={"cam1": CAMERA | changes}), "cam1")


def nvr(**changes):
    return device(reuse_of(nvrs={"nvr1": NVR | changes}), "nvr1")


def router(**changes):
    return device(reuse_of(router=raw_site(1)["router"] | changes), "router")


CAMERAS = {
    "as it is": ({}, "A", "stream_as_is"),
    "broken": ({"condition": "broken"}, "D", "broken"),
    "worn": ({"condition": "worn"}, "A", "worn"),
    "one year too old": ({"bought_year": 2026 - CAMERA_YEARS - 1}, "D", "too_old"),
    "as old as it may be": ({"bought_year": 2026 - CAMERA_YEARS}, "A", "age_ok"),
    "a certain hole that is exploited": ({"model": "DS-2CD2032F-I", "firmware": "V5.3.3", "build": "build 150916"}, "C", "hole_in_range"),
    "a hole, build unknown": ({"model": "DS-2CD2143G0-I", "firmware": None, "build": None}, "C", "hole_build_unknown"),
    "a hole that no upgrade closes": ({"vendor": "onvif", "stream_path": "/live", "model": "AVM1203", "firmware": "FullImg-1023-1007-1011-1009", "build": None}, "D", "hole_in_range"),
    "firmware unknown": ({"model": "HDS-2221IRP8", "firmware": None, "build": None}, "B", "firmware_unknown"),
    "model unknown": ({"model": None}, "B", "model_unknown"),
    "streams unknown": ({"streams": {}}, "B", "streams_unknown"),
    "no stream of the ladder": ({"streams": {"main": MAIN["main"] | {"width": 352, "height": 288}}}, "D", "no_usable_stream"),
    "a small picture": ({"streams": {"main": MAIN["main"] | {"width": 704, "height": 576, "bitrate_kbps": 128}}}, "A", "small_picture"),
    "too much for the line": ({"streams": {"main": MAIN["main"] | {"bitrate_kbps": 6144}}}, "B", "stream_set_main"),
    "plain HTTP": ({"scheme": "http"}, "B", "plain_http"),
    "a vendor without the baseline": ({"vendor": "hanwha", "model": "QNV-6012R", "firmware": "1.41.02"}, "B", "baseline_by_hand"),
    "nothing known": (dict.fromkeys(("model", "firmware", "build", "bought_year", "condition")) | {"streams": {}}, "B", "not_surveyed"),
}  # fmt: skip


@pytest.mark.parametrize("case", CAMERAS)
def test_a_camera(case):
    changes, letter, code = CAMERAS[case]
    plan = camera(**changes)
    assert (plan.letter, code in codes(plan.reasons)) == (letter, True), codes(plan.reasons)


NVRS = {
    "as it is": ({}, "A", "disks_ok"),
    "one year too old": ({"bought_year": 2026 - NVR_YEARS - 1}, "D", "too_old"),
    "a failing disk": ({"disks": [{"size_gb": 2000, "health": "failing"}]}, "B", "disk_failing"),
    "a disk that nobody looked at": ({"disks": [{"size_gb": 2000}]}, "B", "disk_unchecked"),
    "no disk known": ({"disks": []}, "B", "disks_unknown"),
    "a certain hole": ({"model": "DS-7608NI-M2/8P", "firmware": "V5.01.100", "build": "build 230811"}, "C", "hole_in_range"),
    "nothing known": (
        dict.fromkeys(("model", "firmware", "build", "bought_year", "condition")) | {"disks": []},
        "B",
        "not_surveyed",
    ),
}


@pytest.mark.parametrize("case", NVRS)
def test_a_recorder(case):
    changes, letter, code = NVRS[case]
    plan = nvr(**changes)
    assert (plan.letter, code in codes(plan.reasons)) == (letter, True), codes(plan.reasons)


ROUTERS = {
    "linux": ({}, "B", "router_managed", 0),
    "broken": ({"condition": "broken"}, "D", "broken", 300),
    "the provider's box": ({"platform": "ont", "model": "ZTE F670Y"}, "B", "router_provider_box", 300),
    "the provider's box with a hole": ({"platform": "ont", "model": "DASAN H646EW"}, "B", "provider_must_act", 300),
    "DrayTek": ({"platform": "draytek", "model": "Vigor2960", "firmware": "1.5.1.4"}, "C", "router_no_tunnel", 300),
    "Cisco": ({"platform": "ios", "model": "C1111-4P"}, "B", "router_no_tunnel", 300),
    "RouterOS 6": ({"platform": "routeros", "firmware": "6.49.10 (stable)"}, "C", "router_too_old", 0),
    "RouterOS 7": ({"platform": "routeros", "firmware": "7.11.2"}, "B", "router_by_hand", 0),
    "RouterOS, nobody knows which": ({"platform": "routeros"}, "C", "router_version_unknown", 0),
    "OpenWrt": ({"platform": "openwrt"}, "B", "router_by_hand", 0),
}


@pytest.mark.parametrize("case", ROUTERS)
def test_a_router(case):
    changes, letter, code, cost = ROUTERS[case]
    plan = router(**changes)
    assert (plan.letter, plan.cost_vnd, code in codes(plan.reasons)) == (letter, cost, True), codes(plan.reasons)
    assert plan.saved_vnd == (0 if cost else 300)


def test_what_asks_for_most_stands_first():
    reasons = codes(camera(condition="broken", scheme="http", model="DS-2CD2032F-I", firmware="V5.3.3", build="150916").reasons)
    order = [reasons.index(code) for code in ("broken", "hole_in_range", "plain_http", "baseline_ok")]
    assert order == sorted(order) and order[0] == 0


def test_people_decide_and_the_plans_own_decision_stays_visible():
    plan = camera(condition="broken", reuse={"decision": "keep", "reason": "Đã sửa ngày 20/11"})
    assert (plan.letter, plan.by_people, plan.cost_vnd, plan.saved_vnd) == ("A", True, 0, 1_000)
    assert plan.reasons[0] == Reason("by_people", {"reason": "Đã sửa ngày 20/11", "letter": "D"})
    assert "broken" in codes(plan.reasons)
    assert sentence(plan.reasons[0]) == "Quyết định của người phụ trách: Đã sửa ngày 20/11 (phương án tự động đề xuất nhóm D)."
    replaced = camera(reuse={"decision": "replace", "reason": "Không nhìn rõ quầy"})
    assert (replaced.letter, replaced.cost_vnd, replaced.saved_vnd) == ("D", 1_000, 0)


def test_a_camera_that_can_only_talk_to_its_cloud_is_left_out_and_its_place_is_filled():
    others = {"o1": {"kind": "camera", "maker": "EZVIZ", "name": "Wi-Fi", "zone": "waiting", "why": "chỉ gửi hình về đám mây"}}
    plan = reuse_of(zones=["counter", "waiting"], others=others)
    other = device(plan, "o1")
    assert (other.letter, other.cost_vnd, other.saved_vnd) == ("E", 1_000, 0)
    assert plan.unwatched == ("waiting",)
    assert plan.bill["camera"] == 1  # the one in its place, not another one for the zone
    assert sentence(other.reasons[0]) == "Không kết nối được vào hệ thống: chỉ gửi hình về đám mây."


def test_a_camera_behind_a_recorder_isnt_asked_for_what_the_recorder_is():
    plan = camera(address=None, source="nvr:nvr1/1", model=None, firmware=None, build=None, scheme="http")
    assert not set(codes(plan.reasons)) & {"model_unknown", "firmware_unknown", "plain_http", "baseline_ok"}


def test_passwords_that_nobody_changed_make_every_device_a_task():
    for compliance, code in ({"passwords_changed": False}, "factory_password"), ({}, "passwords_unknown"):
        plan = reuse_of(compliance=compliance)
        assert {device(plan, name).letter for name in ("cam1", "nvr1")} == {"B"}
        assert code in codes(device(plan, "cam1").reasons)


@pytest.mark.parametrize(("up_mbps", "code"), [(0.1, "no_room"), (0.4, "stills_only")])
def test_a_line_without_room_costs_no_camera(up_mbps, code):
    line = GOOD["lines"]["ftth"] | {"up_mbps": up_mbps, "p95_up_mbps": 0.05}
    one = device(reuse_of(lines={"ftth": line}), "cam1")
    assert (one.letter, code in codes(one.reasons)) == ("A", True), codes(one.reasons)


def test_what_a_lowered_main_stream_costs_the_recorder_is_said():
    streams = {"main": MAIN["main"] | {"bitrate_kbps": 4096}}
    plan = reuse_of(cameras={"cam1": CAMERA | {"recorder": "nvr1/1", "streams": streams}})
    lowered = next(reason for reason in device(plan, "cam1").reasons if reason.code == "recording_lowered")
    assert lowered.values == {"today": 4096, "planned": 2048}


def test_an_office_that_lacks_nothing():
    plan = reuse_of()
    assert plan.lacks == () and plan.unwatched == () and plan.channels_free == {"nvr1": 4}
    assert plan.bill == {"visit_reconfigure": 1}  # the router is set up


def test_what_an_office_lacks():
    unknown = CAMERA | {"zone": None, "conformity": None}
    plan = reuse_of(
        zones=["counter", "waiting", "entrance"],
        cameras={
            "cam1": CAMERA | {"recorder": "nvr1/2"},
            "cam2": unknown | {"address": "192.168.1.12", "name": "Hành lang", "recorder": "nvr1/3"},
        },
        nvrs={"nvr1": NVR | {"channels": 3}},
        switches={"sw1": {"name": "sw", "poe_ports_free": 1}},
        needs={"cameras": 3},
        power={"ups": False},
        office={},
        compliance={"passwords_changed": True, "open_to_internet": True},
        lines={"ftth": GOOD["lines"]["ftth"] | {"p95_up_mbps": None}},
    )
    assert [sentence(reason, language) for reason in plan.lacks for language in LANGUAGES]
    assert codes(plan.lacks) == [
        "site_not_surveyed", "zone_unwatched_waiting", "zone_unwatched_entrance", "zones_unsaid", "channels_short", "poe_short", "no_ups", "no_papers",
        "open_to_internet", "line_unmeasured",
    ]  # fmt: skip
    values = {reason.code: reason.values for reason in plan.lacks}
    assert values["zones_unsaid"] == {"count": 1, "cameras": "Hành lang"}
    assert values["channels_short"] == {"need": 3, "free": 1} and values["poe_short"] == {"need": 3, "free": 1}
    assert plan.unwatched == ("waiting", "entrance") and plan.channels_free == {"nvr1": 1}
    assert {key: plan.bill[key] for key in ("camera", "switch", "ups")} == {"camera": 3, "switch": 1, "ups": 1}


def test_a_camera_whose_zone_nobody_has_said_may_watch_the_zone():
    plan = reuse_of(zones=["counter", "waiting"], cameras={"cam1": CAMERA, "cam2": CAMERA | {"address": "192.168.1.12", "zone": None}})
    assert plan.unwatched == ("waiting",) and "camera" not in plan.bill


def test_what_nobody_knows_of_switch_and_power_is_said():
    plan = reuse_of(zones=["counter", "waiting"], power={})
    assert {"switch_unknown", "ups_unknown"} <= set(codes(plan.lacks))
    assert "ups" not in plan.bill and "switch" not in plan.bill


def test_sums_and_prices_that_are_not_listed():
    cameras = {"cam1": CAMERA | {"condition": "broken"}, "cam2": CAMERA | {"address": "192.168.1.12"}}
    disks = [{"size_gb": 3500, "health": "failing"}, {"size_gb": 1000, "health": "ok"}]
    plan = reuse_of(cameras=cameras, nvrs={"nvr1": NVR | {"disks": disks}})
    assert plan.bill == {"camera": 1, "disk_tb": 4, "visit_reconfigure": 1}
    assert device(plan, "nvr1").cost_vnd is None  # disk_tb has no price here
    assert plan.unpriced == ("disk_tb", "visit_reconfigure")
    assert plan.cost_vnd == 1_000 and plan.saved_vnd == 1_000 + 2_000 + 300
    unpriced = reuse_of(cameras=cameras, prices={})
    assert (device(unpriced, "cam1").cost_vnd, device(unpriced, "cam1").saved_vnd) == (None, 0)
    assert (device(unpriced, "cam2").cost_vnd, device(unpriced, "cam2").saved_vnd) == (0, None)
    assert unpriced.cost_vnd == unpriced.saved_vnd == 0
    assert unpriced.unpriced == ("camera", "nvr", "router", "visit_reconfigure")


def test_one_visit_an_office_the_longer_one_where_firmware_is_upgraded():
    upgraded = reuse_of(cameras={"cam1": CAMERA | {"model": "DS-2CD2032F-I", "firmware": "V5.3.3", "build": None}}, compliance={})
    assert upgraded.bill == {"visit_firmware": 1}


def test_a_plan_of_an_earlier_day_knows_what_was_known_then():
    old = {"vendor": "dahua", "model": "IPC-HFW1230S", "firmware": "2.820.0000000.18.R", "build": "2021-09-22", "bought_year": 2021}
    then = device(reuse_of(cameras={"cam1": CAMERA | old}, on=date(2023, 10, 1)), "cam1")
    now = device(reuse_of(cameras={"cam1": CAMERA | old}), "cam1")
    assert (then.holes, then.letter) == ((), "A")
    assert [hole.cve for hole in now.holes] == ["CVE-2025-31700", "CVE-2025-31701"] and now.letter == "C"
    exploited = CAMERA | {"model": "DS-2CD2032F-I", "firmware": "V5.3.3", "build": None}
    assert device(reuse_of(cameras={"cam1": exploited}, on=date(2026, 3, 4)), "cam1").holes[0].kev is None
    assert device(reuse_of(cameras={"cam1": exploited}, on=date(2026, 3, 5)), "cam1").holes[0].kev == date(2026, 3, 5)


def test_without_a_day_nothing_is_too_old():
    assert "too_old" not in codes(device(reuse_of(cameras={"cam1": CAMERA | {"bought_year": 2001}}, on=None), "cam1").reasons)


KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "model": st.sampled_from(["DS-2CD2032F-I", "DS-2CD2143G0-I", "DS-2CD2143G2-I", None]),
        "firmware": st.sampled_from(["V5.3.3", "V5.7.15", None]),
        "build": st.sampled_from(["build 150916", "build 230313", None]),
        "bought_year": st.sampled_from([2010, 2024, None]),
        "condition": st.sampled_from(["good", "worn", "broken", None]),
        "streams": st.sampled_from([MAIN, {}]),
        "scheme": st.sampled_from(["https", "http"]),
        "zone": st.sampled_from(["counter", None]),
    },
)


@given(KNOWN)
def test_a_device_is_kept_as_it_is_only_where_enough_is_known_and_nothing_speaks_against_it(changes):
    known = CAMERA | {"scheme": "https"} | changes
    plan = reuse_of(cameras={"cam1": known})
    one = device(plan, "cam1")
    if one.letter == "A":
        assert known["model"] and (known["firmware"] or known["build"]) and known["streams"] and known["scheme"] == "https"
        assert known["condition"] != "broken" and not one.holes
    assert one.reasons
    assert all(
        sentence(reason, language)
        for where in (plan.lacks, *(each.reasons for each in plan.devices))
        for reason in where
        for language in LANGUAGES
    )
    assert plan == reuse_of(cameras={"cam1": known})
    again = reuse_of(cameras={"cam1": known | {"condition": "broken"}})
    assert LETTERS[device(again, "cam1").decision] >= one.letter  # bad news never makes a decision milder


def test_every_reason_has_a_sentence_in_both_languages_with_the_same_values():
    def fields(text):
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    for code, said in SENTENCES.items():
        assert set(said) == {"vi", "en"} and fields(said["vi"]) == fields(said["en"]), code
        assert all(text.endswith(".") for text in said.values()), code


def test_every_reason_that_the_plan_can_give_can_be_said():
    """All codes of the room's files are in reasons.yml, and every reason of the cases above fills its sentence."""
    for changes, *_ in CAMERAS.values():
        said = [sentence(reason, language) for reason in camera(**changes).reasons for language in LANGUAGES]
        assert said and not [text for text in said if "{" in text]
    whys = {
        "in_range",
        "always",
        "build_unknown",
        "condition_unknown",
        "range_unconfirmed",
        "some_models",
        "needs",
        "track_unknown",
        "port",
    }
    assert {f"hole_{why}" for why in whys} <= set(SENTENCES)
    assert {f"stream_set_{stream}" for stream in ("main", "sub", "third")} <= set(SENTENCES)
    assert {f"zone_unwatched_{zone}" for zone in ("counter", "waiting", "entrance", "outdoor", "storage")} <= set(SENTENCES)


def test_reasons_stand_once_in_the_file():
    text = Path("plugins/plugin_utils/plan/reasons.yml").read_text(encoding="utf-8")
    keys = [line.split(":")[0] for line in text.splitlines() if line and line[0].isalpha()]
    assert len(keys) == len(set(keys)) == len(yaml.safe_load(text))
