"""The optimiser's laws: never over a line's rule, as good as trying everything, and it says what holds it back."""

from itertools import product

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.ladder import H264, H265, STILLS, options
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.optimum import Offer, optimum
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.provinces import province, raw_province, raw_site

WIRE = 1.15
CAMERA = raw_site(1)["cameras"]["cam1"]
FULL = {"codecs": ["h264", "h265"], "width": 2560, "height": 1440, "fps": 25, "bitrate_kbps": 4096}
D1 = {"codecs": ["h264", "h265"], "width": 704, "height": 576, "fps": 25, "bitrate_kbps": 512}


def office(cameras, policy=None, line=None, **changes):
    """A site whose line and cameras are given by what differs; its cameras have its policy, as after loading."""
    own = {"policy": policy or {}}
    rows = {f"cam{n}": CAMERA | own | {"address": f"192.168.1.{20 + n}"} | camera for n, camera in enumerate(cameras, 1)}
    lines = {"ftth": raw_site(1)["lines"]["ftth"] | (line or {})}
    return raw_site(1, cameras=rows, lines=lines, policy=policy or {}, **changes)


def streams(site, **changes):
    return plan(province({"a": site} | changes)).streams["a"]


# --- the optimum ---------------------------------------------------------------------------------------------------------

offers = st.lists(
    st.lists(st.builds(Offer, st.sampled_from([120, 256, 512, 768, 1024, 2048]), st.integers(1, 40).map(float)), max_size=3).map(tuple),
    max_size=4,
).map(tuple)


def exhaustive(cameras, capacities):
    """The best worth that any choice has, by trying all of them."""
    lines = range(len(capacities))
    best = 0.0
    for choice in product(*[[None, *product(range(len(mine)), lines)] for mine in cameras]):
        used = [sum(cameras[n][one[0]].kbps for n, one in enumerate(choice) if one and one[1] == line) for line in lines]
        if all(kbps <= capacity + 1e-9 for kbps, capacity in zip(used, capacities, strict=True)):
            best = max(best, sum(cameras[n][one[0]].worth for n, one in enumerate(choice) if one))
    return best


@settings(max_examples=150, deadline=None)
@given(offers, st.lists(st.floats(0, 6000), min_size=1, max_size=2).map(tuple))
def test_the_choice_is_as_good_as_trying_everything(cameras, capacities):
    taken = optimum(cameras, capacities)
    worth = sum(cameras[n][one.offer].worth for n, one in enumerate(taken) if one)
    assert worth == pytest.approx(exhaustive(cameras, capacities))


@settings(max_examples=150, deadline=None)
@given(offers, st.lists(st.floats(0, 6000), min_size=1, max_size=2).map(tuple))
def test_no_choice_is_over_a_capacity(cameras, capacities):
    taken = optimum(cameras, capacities)
    for line, capacity in enumerate(capacities):
        assert sum(cameras[n][one.offer].kbps for n, one in enumerate(taken) if one and one.line == line) <= capacity + 1e-6


# --- the rule ------------------------------------------------------------------------------------------------------------

reports = st.fixed_dictionaries(
    {},
    optional={
        name: st.fixed_dictionaries(
            {
                "codecs": st.sampled_from([["h264"], ["h265"], ["h264", "h265"]]),
                "width": st.sampled_from([352, 704, 1280, 1920, 2560]),
                "height": st.sampled_from([288, 576, 720, 1080, 1440]),
                "fps": st.sampled_from([6, 12, 15, 25]),
                "bitrate_kbps": st.integers(64, 8192),
            }
        )
        for name in ("main", "sub", "third")
    },
)
cameras = st.lists(
    st.fixed_dictionaries(
        {"streams": reports, "class": st.sampled_from(["standard", "priority"])}, optional={"recorder": st.just("nvr1/1")}
    ),
    max_size=9,
)
policies = st.fixed_dictionaries(
    {
        "line_share": st.fixed_dictionaries({"ftth": st.floats(0.05, 1)}),
        "codec": st.sampled_from(["h264", "h265"]),
        "reserve": st.fixed_dictionaries(
            {"on_demand_kbps": st.integers(0, 4096), "backfill_hours": st.floats(0, 24), "night_hours": st.floats(4, 12)}
        ),
    }
)


@settings(deadline=None)
@given(
    st.floats(0.1, 100),
    st.floats(0.1, 100),
    st.none() | st.floats(0, 50),
    st.none() | st.floats(0, 50),
    st.floats(0, 5),
    cameras,
    policies,
    st.integers(0, 6),
)
def test_no_plan_is_over_its_lines_rule(up, down, office_up, office_down, vms, rows, policy, screens):
    seen = set()
    for row in rows:  # a channel belongs to one camera
        if row.get("recorder", "none") in seen:
            del row["recorder"]
        seen.add(row.get("recorder"))
    line = {"up_mbps": up, "down_mbps": down, "p95_up_mbps": office_up, "p95_down_mbps": office_down, "vms_pull_mbps": vms}
    found = streams(office(rows, policy, line, needs={"leaders_watch": screens}))
    share, reserve = policy["line_share"]["ftth"], policy["reserve"]
    video = sum(one.step.bitrate_kbps for one in found.cameras.values()) * WIRE
    own = (up / 2 if office_up is None else office_up) * 1000 + vms * 1000 + reserve["on_demand_kbps"] * WIRE
    assert video == 0 or own + video <= share * up * 1000 + 1e-3
    night = video * (1 + reserve["backfill_hours"] / reserve["night_hours"]) + vms * 1000 + reserve["on_demand_kbps"] * WIRE
    assert video == 0 or night <= share * up * 1000 + 1e-3
    peak = max((one.step.bitrate_kbps for one in found.cameras.values()), default=0) * WIRE
    assert found.screens <= found.screens_asked == screens
    own_down = (down / 2 if office_down is None else office_down) * 1000
    assert found.screens * peak == 0 or own_down + found.screens * peak <= share * down * 1000 + 1e-3
    assert set(found.cameras) | set(found.silent) == {f"cam{n}" for n in range(1, len(rows) + 1)}
    for name, one in found.cameras.items():
        report = rows[int(name[3:]) - 1]["streams"].get(one.stream)
        assert (
            report is None
            or not one.step.moving
            or (one.step.codec in report["codecs"] and one.step.width <= report["width"] and one.step.height <= report["height"])
        )


# --- what a camera may send ----------------------------------------------------------------------------------------------

ABLE = {
    "nobody looked": ({}, [("main", step) for step in H265]),
    "only H.264": ({"streams": {"main": FULL | {"codecs": ["h264"]}}}, [("main", step) for step in H264]),
    "a browser must play it": ({"streams": {"main": FULL}, "policy": {"codec": "h264"}}, [("main", step) for step in H264]),
    "an old analogue camera": ({"streams": {"main": D1}}, [("main", STILLS), ("main", H265[1])]),
    "too slow for the upper steps": ({"streams": {"main": FULL | {"fps": 12}}}, [("main", H265[0]), ("main", H265[2]), ("main", H265[3])]),
    "recorded at the site: the sub stream goes up as far as it can": (
        {"streams": {"main": FULL, "sub": D1}, "recorder": "nvr1/1"},
        [("sub", STILLS), ("sub", H265[1]), *(("main", step) for step in H265[2:])],
    ),
    "recorded at the site, and its sub stream can do more": (
        {"streams": {"main": FULL, "sub": FULL | {"width": 1280, "height": 720}}, "recorder": "nvr1/1"},
        [("sub", STILLS), ("sub", H265[1]), ("sub", H265[2]), *(("main", step) for step in H265[3:])],
    ),
    "its own path": (
        {"streams": {"main": FULL, "sub": FULL}, "recorder": "nvr1/1", "stream_path": "/live"},
        [("main", step) for step in H265],
    ),
    "nothing of the ladder": ({"streams": {"main": {"codecs": ["h264"], "width": 320, "height": 240, "fps": 10}}}, []),
}


@pytest.mark.parametrize("case", ABLE)
def test_what_a_device_can_do_limits_it(case):
    camera, expected = ABLE[case]
    site = province({"a": office([camera])}).sites["a"]
    assert [(option.stream, option.step) for option in options(site, site.cameras["cam1"])] == expected


def test_each_step_in_h264_takes_twice_the_rate():
    assert [step.bitrate_kbps for step in H265] == [120, 256, 512, 768, 1024, 2048]
    assert [step.bitrate_kbps for step in H264] == [120, 512, 1024, 1536, 2048, 4096]


def test_what_goes_up_is_what_the_device_is_set_to():
    value = province({"a": office([{"streams": {"main": FULL, "sub": FULL}, "recorder": "nvr1/1"}, {}])})
    hosts = {host.name: host for host in desired(value, plan(value))}
    sub = hosts["a-cam1"].desired["streams"]["sub"]
    assert hosts["a-cam1"].desired["streams"]["main"] == {"audio": False}, "the recorder's own pictures stay as they are, without sound"
    assert (sub["codec"], sub["height"], sub["fps"], sub["gop_frames"], sub["smart_codec"]) == ("h265", 1080, 25, 50, False)
    rows = {row["camera"]: row for row in hosts["centre-server"].desired["recorder"]["cameras"]}
    assert rows["a-cam1"]["path"] == "/Streaming/Channels/102"
    assert rows["a-cam2"]["path"] == "/Streaming/Channels/101"


def test_what_lowering_the_main_stream_costs_the_sites_recorder_is_said():
    rows = [{"streams": {"main": FULL, "sub": D1}, "recorder": "nvr1/1"}, {"streams": {"main": FULL}}]
    found = streams(office(rows)).cameras
    assert (found["cam1"].stream, found["cam1"].recorder_kbps) == ("main", (4096, 2048))
    assert found["cam2"].recorder_kbps is None


# --- what holds it back --------------------------------------------------------------------------------------------------


def test_everybody_gets_something_before_anybody_gets_more():
    found = streams(office([{"class": "priority"}, {}, {}, {}], line={"up_mbps": 3, "p95_up_mbps": 0.8})).cameras
    assert {name: one.step.height for name, one in found.items()} == {"cam1": 360, "cam2": 360, "cam3": 360, "cam4": 360}


def test_priority_cameras_climb_first():
    found = streams(office([{}, {}, {"class": "priority"}], line={"up_mbps": 4, "p95_up_mbps": 0.3})).cameras
    assert found["cam3"].step.bitrate_kbps > found["cam2"].step.bitrate_kbps


def test_a_weight_of_the_policy_decides():
    policy = {"class_weights": {"standard": 1, "priority": 0.2}}
    found = streams(office([{"class": "priority"}, {}], policy, line={"up_mbps": 2, "p95_up_mbps": 0.5})).cameras
    assert found["cam2"].step.bitrate_kbps > found["cam1"].step.bitrate_kbps


BINDING = {
    "none": ({}, {}, {}, "none"),
    "the line": ({"up_mbps": 4}, {}, {}, "up"),
    "the night": ({"up_mbps": 9, "p95_up_mbps": 0}, {"reserve": {"backfill_hours": 10}}, {}, "night"),
    "the device": ({}, {}, {"streams": {"main": D1}}, "device"),
    "the leaders": ({"down_mbps": 8, "p95_down_mbps": 3}, {}, {"leaders": 4}, "down"),
}


@pytest.mark.parametrize("case", BINDING)
def test_it_says_which_constraint_binds(case):
    line, policy, camera, expected = BINDING[case]
    needs = {"leaders_watch": camera.get("leaders", 0)}
    camera = {key: value for key, value in camera.items() if key != "leaders"}
    found = streams(office([camera] * 3, policy, line, needs=needs))
    assert found.binding == expected
    assert (found.next_step is not None) == (expected in ("up", "night"))


@settings(deadline=None)
@given(st.floats(0.5, 8), st.integers(1, 5), st.floats(0, 4))
def test_the_line_that_one_more_step_needs_is_enough_for_it(up, count, backfill):
    policy = {"reserve": {"backfill_hours": backfill}}
    before = streams(office([{}] * count, policy, {"up_mbps": up, "p95_up_mbps": 0.2}))
    if before.next_step is None:
        return
    after = streams(office([{}] * count, policy, {"up_mbps": before.next_step.mbps + 1e-6, "p95_up_mbps": 0.2}))

    def worth(found):
        return sum(18 if one.step == H265[-1] else one.step.bitrate_kbps / 1000 for one in found.cameras.values())

    assert before.next_step.mbps > up
    assert after.video_kbps > before.video_kbps or worth(after) > worth(before)


def test_an_office_whose_traffic_nobody_counted_keeps_half_the_line():
    found = streams(office([{}], line={"up_mbps": 20, "p95_up_mbps": None}))
    assert found.lines["ftth"].up.office_kbps == 10_000
    assert not found.lines["ftth"].measured


def test_a_second_line_is_named_where_it_would_help():
    lines = {
        "ftth": raw_site(1)["lines"]["ftth"] | {"up_mbps": 40},
        "tslcd": {
            "kind": "tslcd",
            "provider": "VNPT",
            "interface": "tslcd",
            "address": "10.190.1.2/24",
            "up_mbps": 4,
            "down_mbps": 4,
            "p95_up_mbps": 1,
        },
    }
    assert streams(raw_site(1, lines=lines)).other_line == "ftth"
    assert streams(raw_site(1, lines=lines | {"tslcd": lines["tslcd"] | {"up_mbps": 40}})).other_line is None


def test_pictures_from_the_leaders_own_site_come_back_over_its_line():
    raw = raw_province({"a": office([{}], line={"up_mbps": 20, "down_mbps": 20, "p95_down_mbps": 10}), "b": raw_site(2, parent="a")})
    raw["viewers"] = {"chair": {"name": "Chủ tịch", "watches": "a", "sits_at": "a", "screens": 3}}
    found = plan(type(province({})).model_validate(raw)).streams["a"]
    assert (found.screens, found.screens_asked, found.binding) == (1, 3, "down")
    assert found.lines["ftth"].down.video_kbps == pytest.approx(2048 * WIRE)


def test_a_site_with_no_room_at_all_sends_nothing_and_says_so():
    found = streams(office([{}, {}], line={"up_mbps": 1, "p95_up_mbps": 2}))
    assert (found.silent, dict(found.cameras), found.binding) == (("cam1", "cam2"), {}, "up")
    assert not found.lines["ftth"].up.ok, "an office that is over the rule by itself is said"


def test_a_picture_now_and_then_is_no_stream_to_record():
    value = province({"a": office([{}], line={"up_mbps": 1, "p95_up_mbps": 0.5})})
    planned = plan(value)
    assert planned.streams["a"].cameras["cam1"].step is STILLS
    hosts = {host.name: host for host in desired(value, planned)}
    assert hosts["centre-server"].desired["recorder"]["cameras"] == []
    assert hosts["a-cam1"].desired["streams"]["main"] == {"audio": False}
