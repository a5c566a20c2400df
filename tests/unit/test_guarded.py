"""The engine on a router of no make: what it reads, sends, proves and undoes, in every order in which it can go wrong."""

import re

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import (
    AuthRefused,
    Garbled,
    ModelError,
    MotcuaError,
    NotConverged,
    Postponed,
    Refused,
    RolledBack,
    Unreachable,
    Unsupported,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.guarded import Caution, Outcome, Router, read, reconcile
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.dangers import dangers
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.family import Family, Version
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.platform import Command, Guard

from tests.unit import toyrouter
from tests.unit.routers import WISH, state
from tests.unit.toyrouter import GUARD, START, TUNNEL, Box, Site

WISHED = {**START, **toyrouter.intended(state())}
WRITES = ("set", "unset", "guard ", "confirm", "fire")


def router(site, **platform):
    return Router("a-router", toyrouter.family(**platform), site.connect, clock=site.clock)


def run(site, wish=None, *, check=False, caution=None, **platform):
    """Reconcile; the outcome even when it ends in an error, which is returned too."""
    outcome, failure = Outcome(), None
    try:
        reconcile(router(site, **platform), wish or state(), outcome, check=check, caution=caution or Caution())
    except MotcuaError as error:
        failure = error
    return outcome, failure


def writes(site):
    return [line for line in site.sent if line.startswith(WRITES)]


def test_a_change_is_armed_made_proved_over_a_new_session_confirmed_and_read_back():
    site = Site()
    outcome, failure = run(site)
    assert failure is None
    assert site.box.running == WISHED and site.box.stored == WISHED and site.box.seconds is None
    assert outcome.changed and not outcome.rolled_back
    assert outcome.commands == ["set own.zone Asia/Ho_Chi_Minh", "set own.mtu 1380", f"set {TUNNEL} 10.190.0.10"]
    assert site.sessions == 2
    assert [line.split(" ")[0] for line in site.sent] == [
        "paging", "show", "guard", "guard", "set", "set", "set", "paging", "show", "guard", "confirm", "show", "guard",
    ]  # fmt: skip


def test_a_run_that_changes_nothing_is_one_session_with_only_the_reads_of_the_table():
    site = Site(Box(WISHED))
    outcome, failure = run(site)
    assert (outcome.changed, failure, site.sessions, site.sent) == (False, None, 1, ["paging off", "show", "guard"])


def test_the_second_run_changes_nothing():
    site = Site()
    run(site)
    site.sent.clear()
    assert run(site)[0].commands == [] and not writes(site)


def test_check_mode_says_all_and_sends_nothing():
    site = Site(Box({**START, "bad.forward": "554", "own.new?": "1"}))
    outcome, failure = run(site, check=True)
    assert failure is None and not writes(site)
    assert not outcome.changed and len(outcome.commands) == 3
    assert (outcome.before, outcome.after) == ("own.zone UTC\n", f"own.mtu 1380\n{TUNNEL} 10.190.0.10\nown.zone Asia/Ho_Chi_Minh\n")
    assert outcome.contradictions == [{"key": "bad.forward", "message": "it forwards a port to a camera"}]
    assert outcome.unknown == ["own.new?"]


def test_a_platform_without_guard_gets_a_work_sheet_and_no_command():
    site = Site()
    outcome, failure = run(site, guard=None)
    assert failure is None and not outcome.changed and not outcome.commands
    assert len(outcome.worksheet) == 3 and site.sent == ["paging off", "show"]


# --- the site is never lost ---


def cut_off(box):
    """The path is gone while the tunnel leads elsewhere."""
    return box.running.get(TUNNEL) != "10.190.0.10"


def test_a_wish_that_cuts_the_site_off_is_undone_by_the_site_itself():
    site = Site(reachable=cut_off)
    outcome, failure = run(site)
    assert isinstance(failure, RolledBack) and "no new connection" in str(failure)
    assert site.box.running == START and site.box.seconds is None
    assert outcome.rolled_back and not outcome.changed
    assert "confirm" not in site.sent and "fire" not in site.sent
    assert 290 < site.clock.now - 1000 < 310


def test_a_router_that_never_comes_back_is_unreachable_and_the_sentence_says_when_its_guard_fires():
    site = Site()
    site.reachable = lambda box: "own.mtu" not in site.box.running and site.clock.now < 1005
    _, failure = run(site)
    assert isinstance(failure, Unreachable)
    assert "guard was armed to undo all at" in str(failure)


def test_a_path_that_only_takes_its_time_is_waited_for():
    site = Site()
    site.reachable = lambda box: TUNNEL not in box.running or site.clock.now > 1060
    outcome, failure = run(site)
    assert failure is None and outcome.changed and site.box.stored == WISHED


def test_the_session_may_die_of_the_last_command_when_all_was_done():
    site = Site()
    site.cut_at = f"set {TUNNEL}"
    outcome, failure = run(site)
    assert failure is None and outcome.changed and site.box.stored == WISHED


@pytest.mark.parametrize("where", ["guard 300", "set own.zone", "set own.mtu", f"set {TUNNEL}"])
@pytest.mark.parametrize("how", ["cut_at", "lost_at"])
def test_a_session_that_is_cut_in_the_middle_ends_in_the_old_state(where, how):
    site = Site()
    setattr(site, how, where)
    outcome, failure = run(site)
    if (where, how) == (f"set {TUNNEL}", "cut_at"):
        assert failure is None
        return
    assert isinstance(failure, RolledBack) and "the session" in str(failure)
    assert site.box.running == START and site.box.seconds is None and not outcome.changed
    assert site.clock.now < 1020  # its guard isn't waited for when the router can be told


def test_a_confirmation_that_was_heard_counts_although_its_answer_was_lost():
    site = Site()
    site.cut_at = "confirm"
    outcome, failure = run(site)
    assert failure is None and outcome.changed and site.box.stored == WISHED


def test_a_confirmation_that_never_arrived_is_undone():
    site = Site()
    site.lost_at = "confirm"
    outcome, failure = run(site)
    assert isinstance(failure, RolledBack) and site.box.running == START
    assert outcome.rolled_back and not outcome.changed


def test_power_that_fails_between_arm_and_confirm_ends_in_the_old_state():
    site = Site()
    site.reachable = lambda box: True
    execute = site.box.execute

    def with_power_cut(line):
        answer = execute(line)
        if line.startswith(f"set {TUNNEL}"):
            site.box.power_cut()
        return answer

    site.box.execute = with_power_cut
    outcome, failure = run(site)
    assert isinstance(failure, RolledBack) and "its guard fired" in str(failure)
    assert site.box.running == START and outcome.rolled_back


def test_a_refused_command_stops_and_is_undone_at_once_with_the_devices_words():
    site = Site(Box(quirks={"refuses own.mtu"}))
    outcome, failure = run(site)
    assert isinstance(failure, Refused)
    assert "'set own.mtu 1380' (it says '! no such thing here')" in str(failure)
    assert site.box.running == START and site.box.seconds is None
    assert f"set {TUNNEL} 10.190.0.10" not in site.sent
    assert outcome.rolled_back and not outcome.changed and site.clock.now < 1020


def test_nothing_is_sent_behind_a_guard_that_could_not_be_armed():
    site = Site(Box(quirks={"refuses_guard"}))
    outcome, failure = run(site)
    assert isinstance(failure, Refused) and "'guard 300" in str(failure)
    assert not [line for line in site.sent if line.startswith("set")]
    assert not outcome.rolled_back


def test_a_refused_confirmation_is_undone():
    site = Site(Box(quirks={"refuses_confirm"}))
    _, failure = run(site)
    assert isinstance(failure, RolledBack) and "the confirmation failed" in str(failure)
    assert site.box.running == START


def test_a_value_that_the_router_changes_is_not_converged():
    site = Site(Box(quirks={"clamps own.mtu"}))
    outcome, failure = run(site)
    assert isinstance(failure, NotConverged) and "'set own.mtu 1380'" in str(failure)
    assert outcome.changed


def test_a_router_that_is_not_as_before_after_all_is_said_to_be_so():
    site = Site(Box(quirks={"refuses own.mtu"}))
    forgetful = Guard(arm=lambda seconds, undo: GUARD.arm(seconds, ()), confirm=GUARD.confirm, armed=GUARD.armed, fire=GUARD.fire)
    outcome, failure = run(site, guard=forgetful)
    assert isinstance(failure, NotConverged) and "isn't as it was before" in str(failure)
    assert not outcome.rolled_back


def test_a_login_that_the_change_breaks_is_tried_once_and_then_only_after_the_guard():
    site = Site()
    refusals = []

    def connect():
        if TUNNEL in site.box.running:
            refusals.append(site.clock.now)
            raise AuthRefused("a-router: refuses motcua")
        return Site.connect(site)

    outcome = Outcome()
    with pytest.raises(RolledBack, match="refuses motcua"):
        reconcile(Router("a-router", toyrouter.family(), connect, clock=site.clock), state(), outcome, check=False)
    assert len(refusals) == 1 and site.box.running == START


def test_a_guard_that_is_too_short_for_a_slow_router_is_noticed_before_it_fires():
    site = Site()
    site.answer_seconds = 11
    _, failure = run(site, caution=Caution(guard_seconds=40))
    assert isinstance(failure, RolledBack) and "more guard_seconds" in str(failure)
    assert site.box.running == START


# --- guards that earlier runs left ---


def left_armed():
    site = Site()
    site.lost_at = "paging"
    box = site.box
    box.execute(f"guard 300 set own.zone UTC;unset {TUNNEL}")
    box.execute(f"set {TUNNEL} 198.51.100.1")
    site.lost_at = None
    return site


def test_what_an_earlier_run_never_confirmed_is_undone_first_and_said():
    site = left_armed()
    outcome, failure = run(site)
    assert failure is None and outcome.changed and site.box.stored == WISHED
    assert outcome.findings == ["an earlier run was never confirmed, and the router's guard is armed to undo it"]
    assert site.sent.index("fire") < next(number for number, line in enumerate(site.sent) if line.startswith("set"))
    assert outcome.before == "own.zone UTC\n"


def test_check_mode_leaves_an_armed_guard_alone_and_says_it():
    site = left_armed()
    outcome, failure = run(site, check=True)
    assert failure is None and not writes(site) and len(outcome.findings) == 1 and site.box.seconds is not None


# --- restarts, wishes, reads ---

RESTARTING = Guard(GUARD.arm, GUARD.confirm, GUARD.armed, GUARD.fire, reboots=True)


def test_a_guard_that_restarts_the_router_waits_for_its_window():
    site = Site()
    outcome, failure = run(site, guard=RESTARTING, caution=Caution(may_restart=False, when="between 22:00 and 05:00"))
    assert isinstance(failure, Postponed) and "between 22:00 and 05:00" in str(failure)
    assert not writes(site) and len(outcome.commands) == 3
    assert run(site, guard=RESTARTING)[0].changed


def test_outside_the_window_a_run_that_changes_nothing_is_no_failure():
    site = Site(Box(WISHED))
    assert run(site, guard=RESTARTING, caution=Caution(may_restart=False))[1] is None


def test_a_danger_is_refused_before_anybody_is_called():
    site = Site()
    _, failure = run(site, state(services={"ssh": False}))
    assert isinstance(failure, ModelError) and "ssh would be off" in str(failure)
    assert site.sessions == 0


def test_a_router_that_refuses_to_be_read_says_so_itself():
    _, failure = run(Site(Box(quirks={"no_privilege"})))
    assert isinstance(failure, Refused) and "'show' (it says '! not permitted')" in str(failure)


def test_an_answer_that_is_cut_short_is_no_configuration():
    site = Site()
    site.box.execute = lambda line: "own.zone UTC"
    _, failure = run(site)
    assert isinstance(failure, Garbled) and not writes(site)


def test_versions_are_told_apart_by_the_probe_which_is_read_once():
    site = Site()
    old, new = toyrouter.platform(name="toy1"), toyrouter.platform(name="toy2", reads=("version", "show"))
    family = Family("toy", (Version(re.compile(r"toy 1\."), old), Version(re.compile(r"toy 2\."), new)), "version")
    outcome = Outcome()
    read(Router("a-router", family, site.connect), state(), outcome)
    assert outcome.platform == "toy2" and site.sent == ["paging off", "version", "show", "guard"]
    site.box.execute = lambda line: "toy 3.0"
    with pytest.raises(Unsupported, match=r"'toy 3\.0', which is none of toy1, toy2"):
        read(Router("a-router", family, site.connect), state(), outcome)


def test_no_command_shows_its_secret():
    command = Command("set key hunter2hunter2", "set key (secret tunnel)")
    assert "hunter2" not in repr(command)


# --- dangers, as a table ---


def changed(section, **values):
    return {section: {**WISH[section], **values}}


def tunnels(**values):
    return {"tunnels": [{**tunnel, **values} for tunnel in WISH["tunnels"]]}


DANGERS = {
    "no tunnel": ({"tunnels": []}, "it has no tunnel"),
    "no key of any hub": (tunnels(kind="wireguard", hub_public_key=None), "roll out the centre first"),
    "a line that isn't there": (tunnels(line="vsat"), "the line vsat"),
    "one interface twice": (tunnels(interface="wg0"), "two tunnels have the interface wg0"),
    "no way back to the controllers": (
        tunnels(reachable=["10.10.20.0/24"]),
        "no tunnel leads back to the management network 10.10.10.50/32",
    ),
    "a prefix that nobody hears of": (changed("routing", networks=[]), "isn't announced"),
    "prefixes of two sizes": (changed("translate", outside="10.64.1.0/25"), "aren't of one size"),
    "a prefix like the LAN's": (changed("translate", outside="192.168.5.0/24"), "overlaps its LAN"),
    "a LAN like the centre's": (changed("lan", address="10.10.10.1/24"), "10.10.10.0/24 behind tunnel centre-tslcd overlaps the LAN"),
    "a prefix like the centre's": (changed("translate", outside="10.10.20.0/24"), "overlaps the site's prefix"),
    "an endpoint within its tunnel": (tunnels(endpoint="10.10.20.7"), "would be looked for within the tunnel itself"),
    "an endpoint in the LAN": (tunnels(endpoint="192.168.5.9"), "the endpoint 192.168.5.9 of tunnel centre-tslcd lies in the LAN"),
    "a gateway in the LAN": ({"lines": [{**WISH["lines"][0], "gateway": "192.168.5.254"}, WISH["lines"][1]]}, "the gateway 192.168.5.254"),
    "a tunnel larger than its line": (tunnels(mtu=1480), "where line tslcd leaves 1440"),
    "segments larger than the tunnel": (tunnels(mss_bytes=1380), "clamps TCP to 1380 bytes where 1340 fit in"),
    "ssh off": ({"services": {"ssh": False}}, "ssh would be off"),
    "ssh closed": (changed("firewall", input=[]), "opens port 22"),
    "ssh open to others only": (
        changed("firewall", input=[{**WISH["firewall"]["input"][0], "from": ["10.10.20.2/32"]}]),
        "opens port 22 of the router in no tunnel for 10.10.10.50/32",
    ),
    "nobody may manage": ({"management": []}, "no network may reach ssh"),
    "an account for others only": (
        {"accounts": [{**WISH["accounts"][0], "sources": ["10.10.20.2/32"]}]},
        "no administrator's account may log in from 10.10.10.50/32",
    ),
    "an account without a way in": ({"accounts": [{**WISH["accounts"][0], "keys": [], "password": None}]}, "has a key or a password"),
}


@pytest.mark.parametrize(("changes", "sentence"), DANGERS.values(), ids=DANGERS)
def test_dangers(changes, sentence):
    assert any(sentence in found for found in dangers(state(**changes))), list(dangers(state(**changes)))


def test_the_sample_wish_is_no_danger():
    assert not list(dangers(state()))


def test_another_port_of_ssh_has_to_be_open_too():
    assert "opens port 2222" in next(dangers(state(), ssh_port=2222))
