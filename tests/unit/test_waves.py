"""Waves: how they are planned, what is dangerous, how a step is judged, and what a rollout keeps. Laws and tables, without any device."""

from dataclasses import replace

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import waves
from ansible_collections.motcua.cctv.plugins.plugin_utils.contradictions import contradictions
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.waves import Approval, Course, Outcome, Step
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.provinces import province, raw_province, raw_site

NUMBERS = range(1, 31)
ALL = province({f"s{number}": raw_site(number) for number in NUMBERS})
HOSTS = desired(ALL, plan(ALL))
CENTRES = ("centre-server", "ioc-server")


def finding(device, check, status="fail", feature=None, expected=None, actual=None):
    return Finding(device, device.partition("-")[0], feature or check.partition(".")[0], check, status, expected, actual)


def with_policy(neighbours=(), numbers=None, **policy):
    sites = {
        name: site.model_copy(
            update={"backed_up_by": tuple(b for a, b in neighbours if a == name), "wave": (numbers or {}).get(name, site.wave)}
        )
        for name, site in ALL.sites.items()
    }
    return ALL.model_copy(update={"sites": sites, "rollout": ALL.rollout.model_copy(update=policy)})


def planned(province, hosts, rows, **more):
    """The steps, by what a prediction said."""
    return waves.steps(province, hosts, waves.dangers(rows), waves.untold(rows), **more)


names = st.sampled_from(sorted(ALL.sites))
risky = st.lists(st.sampled_from([host.name for host in HOSTS if host.site]), unique=True, max_size=25)
neighbourhoods = st.lists(st.tuples(names, names).filter(lambda pair: pair[0] != pair[1]), max_size=40)
policies = st.fixed_dictionaries({
    "by": st.sampled_from(["share", "district", "wave"]),
    "shares": st.sampled_from([(), (5, 25), (50,), (1, 1, 1)]),
    "at_once": st.integers(1, 30),
    "canary": st.none() | names,
})  # fmt: skip


@given(policies, neighbourhoods, risky, st.dictionaries(names, st.integers(0, 3)), st.sets(names, min_size=1))
def test_the_laws_of_a_plan(policy, pairs, dangerous, numbers, chosen):
    value = with_policy(pairs, numbers, **policy)
    hosts = [host for host in HOSTS if host.site is None or host.site in chosen]
    dangerous = [name for name in dangerous if name in {host.name for host in hosts}]
    found = planned(value, hosts, [finding(name, "network.address") for name in dangerous])
    once = [name for step in found if step.kind != "again" for name in step.names]
    assert sorted(once) == sorted(host.name for host in hosts), "everything once, and nothing else"
    assert [kind for kind in ("centre", "site", "dangerous", "again") if kind in {step.kind for step in found}] == list(
        dict.fromkeys(step.kind for step in found)
    ), "in this order"
    assert [step.names for step in found if step.kind == "centre"] == [(name,) for name in CENTRES], "hubs stand in for each other"
    for step in found:
        assert step.hosts
        assert len(step.hosts) <= policy["at_once"]
        for one in step.hosts:
            assert step.kind in ("centre", "again") or not any(waves.neighbours(value.sites, one, other) for other in step.hosts)
        if step.kind == "dangerous":
            assert all(len(names) == 1 for names in step.hosts.values()), "never two at once on one site"
            assert set(step.names) <= set(dangerous)
        else:
            assert not set(step.names) & set(dangerous)
    for kind in ("site", "dangerous"):
        own = [step for step in found if step.kind == kind]
        assert not own or own[0].first
        assert len({place for step in own if step.first for place in step.hosts}) == bool(own), "one canary"
    assert [step.wave for step in found] == sorted(step.wave for step in found)


def test_five_per_cent_then_a_quarter_then_the_rest():
    found = [step for step in planned(with_policy(at_once=100), HOSTS, ()) if step.kind == "site"]
    assert [(step.name, len(step.hosts)) for step in found] == [("the canary s1", 1), ("5 %", 2), ("25 %", 8), ("the rest", 19)]
    small = [step for step in planned(with_policy(at_once=10), HOSTS, ()) if step.name.startswith("the rest")]
    assert [(step.name, len(step.hosts), step.wave) for step in small] == [
        ("the rest, part 1 of 2", 10, 6),
        ("the rest, part 2 of 2", 9, 6),
    ]


def test_waves_by_number_and_a_canary_of_ones_own():
    value = with_policy(numbers={"s3": 0, "s4": 2}, by="wave", canary="s4", at_once=100)
    found = [(step.name, len(step.hosts)) for step in planned(value, HOSTS, ()) if step.kind == "site"]
    assert found == [("the canary s4", 1), ("wave 0", 1), ("wave 1", 28)]


def test_behind_a_dangerous_router_the_devices_come_after_it_and_else_before():
    rows = [finding("s1-router", "Load it", feature="firewall"), finding("s1-cam1", "ports.rtsp")]
    unknown = finding("s1-cam2", "reachable", "error", "device")
    found = [step.names for step in planned(ALL, HOSTS, [*rows, unknown]) if step.kind == "dangerous"]
    assert found == [("s1-cam1",), ("s1-router",), ("s1-cam2",)]
    found = planned(ALL, HOSTS, [unknown])
    assert not [step for step in found if step.kind == "dangerous"], "a camera that is off isn't dangerous"


def test_dangerous_devices_that_belong_together_change_in_one_step():
    rows = [finding(name, "users.admin") for name in ("s1-cam1", "s1-cam2", "s1-router", "s2-cam1")]
    found = planned(ALL, HOSTS, rows, together=lambda host: f"{host.site}'s devices")
    assert [step.names for step in found if step.kind == "dangerous"] == [("s1-cam1", "s1-cam2"), ("s1-router",), ("s2-cam1",)]


@pytest.mark.parametrize(
    ("row", "kinds"),
    [
        (finding("s1-cam1", "network.address"), ("address",)),
        (finding("s1-cam1", "ports.rtsp"), ("port",)),
        (finding("s1-cam1", "services.https"), ("TLS",)),
        (finding("s1-cam1", "users.motcua-view"), ("password",)),
        (finding("s1-cam1", "access.tls_min", "waived"), ("TLS",)),
        (finding("s1-cam1", "services.upnp"), ()),
        (finding("s1-cam1", "overlay.name"), ()),
        (finding("s1-cam1", "network.address", "pass"), ()),
        (finding("s1-cam1", "network.address", "error"), ()),
        (finding("s1-router", "Make the running firewall what is written", feature="firewall"), ("firewall",)),
        (finding("s1-router", "Write the site's ends of the tunnels: /etc/wireguard/wg0.conf", feature="router"), ("tunnel",)),
        (finding("s1-router", "Write the clock's sources and whom it serves: /etc/chrony.conf", feature="time"), ()),
        (finding("s1-router", "configuration", feature="router", expected="/ip firewall filter add chain=input"), ("firewall",)),
        (finding("s1-router", "configuration", feature="router", expected="username motcua secret x"), ("password",)),
        (finding("s1-router", "configuration", feature="router", expected="/queue simple add name=x"), ()),
    ],
)
def test_what_is_dangerous(row, kinds):
    assert waves.dangers([row]) == ({row.device: kinds} if kinds else {})


STEP = Step("x", 1, "site", False, {"s1": ("s1-router", "s1-cam1"), "s2": ("s2-router",)})


def cases(**statuses):
    """``s1_cam1="pass"``: the case of a host."""
    return [finding(name.replace("_", "-"), "answers", status, "device") for name, status in statuses.items()]


SILENT = finding("s1-cam1", "reachable", "error", "device", actual="no answer")


@pytest.mark.parametrize(
    ("played", "before", "after", "came", "why"),
    [
        ([], cases(s1_router="pass", s1_cam1="pass"), cases(s1_router="pass", s1_cam1="pass"), "done", ""),
        ([], cases(s1_router="pass", s1_cam1="pass"), cases(s1_router="pass", s1_cam1="fail"), "failed", "s1-cam1"),
        ([], cases(s1_router="pass", s1_cam1="pass"), cases(s1_router="pass", s1_cam1="error"), "failed", "s1-cam1"),
        ([SILENT], cases(s1_router="pass", s1_cam1="pass"), cases(s1_router="pass", s1_cam1="error"), "failed", "no answer"),
        ([SILENT], cases(s1_router="pass", s1_cam1="error"), cases(s1_router="pass", s1_cam1="error"), "done", "silent before and now"),
        ([SILENT], cases(s1_router="pass", s1_cam1="error"), cases(s1_router="fail", s1_cam1="error"), "failed", "s1-router"),
        ([SILENT], [], [], "failed", "no answer"),
        ([], cases(s1_router="fail", s1_cam1="fail"), cases(s1_router="fail", s1_cam1="pass"), "failed", "s1-router"),
        ([], cases(s1_router="fail", s1_cam1="fail"), cases(s1_router="pass", s1_cam1="pass"), "done", ""),
        (
            [SILENT, replace(SILENT, device="s1-router")],
            cases(s1_router="error", s1_cam1="error"),
            cases(s1_router="error", s1_cam1="error"),
            "absent",
            "no answer",
        ),
        ([finding("s1-cam1", "judged", "error", "device")], [], cases(s1_router="pass"), "done", ""),
    ],
)
def test_what_came_of_a_site(played, before, after, came, why):
    outcomes = waves.judge(STEP, played, [*before, *cases(s2_router="pass")], [*after, *cases(s2_router="pass")], 3)
    assert outcomes["s1"].came == came
    assert why in outcomes["s1"].why
    assert bool(why) == bool(outcomes["s1"].why)
    assert outcomes["s2"] == Outcome("done"), "another site's trouble is its own"


def test_a_router_s_mistake_shows_at_its_cameras():
    step = replace(STEP, hosts={"s1": ("s1-router",)})
    held = cases(s1_router="pass", s1_cam1="pass", s1_cam2="fail")
    assert waves.judge(step, [], held, held, 3)["s1"].came == "done", "a camera that isn't part of it may be as it was"
    assert waves.judge(step, [], held, cases(s1_router="pass", s1_cam1="fail"), 3)["s1"].came == "failed"
    assert waves.judge(step, [], [], cases(s1_cam1="fail"), 3)["s1"].came == "done", "its turn comes later"


def test_a_centre_fails_when_sites_lost_something():
    step = Step("x", 1, "centre", True, {"centre-server": ("centre-server",)})
    before = cases(s1_router="pass", s2_router="pass", s3_router="fail")
    assert waves.judge(step, [], before, cases(s1_router="fail", s2_router="pass", s3_router="fail"), 2)["centre-server"].came == "done"
    found = waves.judge(step, [], before, cases(s1_router="fail", s2_router="error", s3_router="fail"), 2)["centre-server"]
    assert (found.came, found.why) == ("failed", "2 sites have lost something since, the first of it s1-router: answers: without a word")
    assert waves.judge(step, [], [], cases(s1_router="fail"), 1)["centre-server"].came == "done", "a province that is being set up"
    error = finding("centre-server", "Write the file", "error", actual="no room")
    assert waves.judge(step, [error], [], [], 9)["centre-server"].came == "failed"


def test_identical_failures_stand_together():
    key = "the host key is SHA256:{}, and the pinned one is another"
    reasons = {f"s{number}": f"s{number}-router: Write the file: 192.168.{number}.1: {key.format('x' * number)}" for number in range(1, 18)}
    found = waves.grouped(reasons | {"s99": "s99-cam1: reachable: no answer"})
    assert [len(places) for _, places in found] == [17, 1]
    assert found[1] == ("s99-cam1: reachable: no answer", ("s99",))


@given(st.dictionaries(names, st.text(max_size=30)))
def test_grouping_loses_nobody(reasons):
    assert sorted(place for _, places in waves.grouped(reasons) for place in places) == sorted(reasons)


@given(st.lists(st.tuples(st.integers(1, 30), st.floats(0.1, 1e4)), max_size=8), st.lists(st.integers(0, 30), max_size=8))
def test_an_estimate_comes_of_measuring_and_is_a_range(measured, rest):
    found = waves.left(measured, rest)
    if not measured:
        assert found is None
        return
    low, high = found
    assert 0 <= low <= high
    assert bool(high) == any(rest)


@pytest.mark.parametrize(
    ("window", "now", "open_"),
    [
        ("22:00-05:00", "23:10", True),
        ("22:00-05:00", "04:59", True),
        ("22:00-05:00", "05:00", False),
        ("22:00-05:00", "12:00", False),
        ("08:00-09:00", "08:00", True),
        ("08:00-09:00", "09:00", False),
        ("00:00-00:00", "12:00", True),
    ],
)
def test_a_window(window, now, open_):
    assert waves.within(window, now) is open_


def course(**changes):
    found = planned(with_policy(at_once=100), HOSTS, [finding("s1-cam1", "network.address"), finding("s2-cam1", "network.address")])
    return replace(Course("x", None, waves.digests(HOSTS, "code"), found, {"s1-cam1": ("address",)}), **changes)


def test_a_course_survives_being_written():
    value = course()
    value = value.ended(value.steps[2], {"s1": Outcome("failed", "không trả lời")}, 12.5)
    again = waves.from_json(waves.to_json(value))
    assert again == value
    assert again.plan == value.plan
    for text in ("", "[]", "{}", '{"version": 9}', waves.to_json(value).replace('"steps"', '"stops"')):
        with pytest.raises(MotcuaError, match="rollout: "):
            waves.from_json(text)


def test_a_plan_is_another_when_anything_is_to_be_otherwise_and_not_when_something_came_of_it():
    value = course()
    assert value.ended(value.steps[0], {CENTRES[0]: Outcome("done")}, 1).plan == value.plan
    assert replace(value, digests=waves.digests(HOSTS, "other code")).plan != value.plan
    assert replace(value, steps=value.steps[:-1]).plan != value.plan


def test_what_was_done_counts_only_while_it_is_to_be_the_same():
    value = course()
    done = value.ended(value.steps[2], {"s1": Outcome("done")}, 1)
    assert not done.todo(value.steps[2]).hosts
    changed = done.replanned(done.digests | {"s1-cam2": "other"}, done.steps, {})
    assert set(changed.todo(value.steps[2]).hosts) == {"s1"}
    failed = value.ended(value.steps[2], {"s1": Outcome("failed", "x")}, 1)
    assert set(failed.todo(value.steps[2]).hosts) == set(failed.todo(value.steps[2], ("failed",)).hosts) == {"s1"}
    assert not failed.todo(value.steps[3], ("failed", "absent")).hosts, "what wasn't tried yet isn't tried again"


def test_what_is_dangerous_waits_for_everything_before_it():
    value = course()
    first, then = (number for number, step in enumerate(value.steps) if step.kind == "dangerous")
    assert not waves.ready(value, first, "s1")
    for step in value.steps[:first]:
        value = value.ended(step, dict.fromkeys(step.hosts, Outcome("done")), 1)
    assert waves.ready(value, first, "s1")
    assert not waves.ready(value, then, "s2"), "the canary comes first"
    value = value.ended(value.steps[first], {"s1": Outcome("done")}, 1)
    assert waves.ready(value, then, "s2")


def test_an_approval_is_for_one_wave_of_one_plan():
    value = course()
    step = value.steps[3]
    good = Approval(step.wave, "Nguyễn Văn A", "2026-11-27T08:00:00+07:00", value.plan)
    assert waves.refusal(good, value, step) is None
    assert "nobody approved it" in waves.refusal(None, value, step)
    assert "is for wave" in waves.refusal(replace(good, wave=9), value, step)
    assert "Nguyễn Văn A approved another plan" in waves.refusal(replace(good, plan="0"), value, step)
    with pytest.raises(MotcuaError, match="not an approval"):
        waves.approval_from_json("{}")


@pytest.mark.parametrize(
    ("changes", "site", "where"),
    [
        ({"rollout": {"canary": "nobody"}}, {}, "rollout.canary"),
        ({"rollout": {"shares": [50, 50]}}, {}, "rollout.shares"),
        ({}, {"backed_up_by": ["nobody"]}, "sites.s1.backed_up_by"),
        ({}, {"backed_up_by": ["s1"]}, "sites.s1.backed_up_by"),
    ],
)
def test_a_policy_of_nothing_is_a_mistake(changes, site, where):
    value = type(ALL).model_validate(raw_province({"s1": raw_site(1, **site)}) | changes)
    assert where in [path for _, path, _ in contradictions(value)]
