"""RouterOS' guard: without a word from us the router is as before, with it the change stays; also when the power goes in between."""

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.platform import Command
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.routeros.guard import SCRIPT_LETTERS, arm

from tests.emulators.routers.routeros import build
from tests.unit.routeros_boxes import PLATFORMS, ask, compare, lines, rolled_out, run, suits
from tests.unit.routers import wish

KINDS = sorted(PLATFORMS)
SECONDS = 300
OTHER_ENDPOINT = [{**one, "endpoint": "203.0.113.99"} for one in wish()["tunnels"]]


def armed(box, kind):
    command, pattern = PLATFORMS[kind].guard.armed
    return bool(pattern.search(ask(box, command)))


def begun(kind, box, wished, part=1.0):
    """Arm, and apply so much of the change; the configuration as it was."""
    box.tick(10)  # whatever runs by itself has run
    start, comparison = lines(box), compare(box, PLATFORMS[kind], wished)
    assert not armed(box, kind)
    assert run(box, PLATFORMS[kind].guard.arm(SECONDS, comparison.undo)) == {}
    assert armed(box, kind)
    assert run(box, comparison.commands[: int(part * len(comparison.commands))]) == {}
    return start


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0, 0.3, 1])
def test_without_a_word_the_router_is_as_before(kind, part):
    box = build(kind)
    start = begun(kind, box, suits(kind), part)
    box.tick(SECONDS - 10)
    assert armed(box, kind)
    box.tick(20)
    assert not armed(box, kind)
    assert lines(box) == start
    box.power_cut()
    box.tick(2 * SECONDS)
    assert lines(box) == start


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", [0.3, 1])
def test_a_power_cut_before_the_confirmation_ends_in_the_old_state(kind, part):
    box = build(kind)
    start = begun(kind, box, suits(kind), part)
    box.power_cut()
    box.tick(30)
    assert not armed(box, kind)
    assert lines(box) == start


@pytest.mark.parametrize("kind", KINDS)
def test_a_confirmed_change_stays_and_nothing_of_the_guard_does(kind):
    box = build(kind)
    begun(kind, box, suits(kind))
    assert compare(box, PLATFORMS[kind], suits(kind)).commands == (), "reading back while the guard is armed"
    box.tick(SECONDS / 2)
    assert run(box, PLATFORMS[kind].guard.confirm) == {}
    assert not armed(box, kind)
    assert compare(box, PLATFORMS[kind], suits(kind)).commands == ()
    now = lines(box)
    box.power_cut()
    box.tick(2 * SECONDS)
    assert lines(box) == now
    assert "motcua-undo" not in box.export()
    assert "motcua-kept" not in box.export()


@pytest.mark.parametrize("kind", KINDS)
def test_a_guard_of_an_earlier_run_is_fired(kind):
    box = build(kind)
    start = begun(kind, box, suits(kind), 0.5)
    assert run(box, PLATFORMS[kind].guard.fire) == {}
    assert not armed(box, kind)
    assert lines(box) == start


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("account", ["motcua", "admin"])
def test_a_wrong_endpoint_is_undone_and_the_account_of_ours_may_do_it_all(kind, account):
    """The policies of motcua's own group are enough for what its guard runs."""
    box = rolled_out(kind)
    box.tick(10)
    start, comparison = lines(box), compare(box, PLATFORMS[kind], suits(kind, tunnels=OTHER_ENDPOINT))
    for one in (*PLATFORMS[kind].guard.arm(SECONDS, comparison.undo), *comparison.commands):
        assert ask(box, one.text, user=account) == "", one.shown
    assert lines(box) != start
    box.tick(SECONDS + 5)
    assert lines(box) == start


@pytest.mark.parametrize("kind", KINDS)
def test_what_holds_a_secret_comes_back_and_goes_only_when_confirmed(kind):
    """Fewer tunnels, no SNMP, another account: nobody could type those secrets again."""
    box, guard = rolled_out(kind), PLATFORMS[kind].guard
    first = [one for one in wish()["tunnels"] if one["interface"] in ("ipsec0", "wg1")]
    routing = wish()["routing"]
    account = {**wish()["accounts"][0], "name": "motcua-xem", "role": "viewer", "keys": []}
    less = suits(
        kind,
        tunnels=first,
        routing={**routing, "neighbors": routing["neighbors"][:2]},
        snmp=None,
        accounts=[*wish()["accounts"], account],
    )
    start = begun(kind, box, less)
    box.tick(SECONDS + 5)
    assert lines(box) == start
    begun(kind, box, less)
    assert compare(box, PLATFORMS[kind], less).commands == (), "what waits for the confirmation is nothing left to do"
    assert run(box, guard.confirm) == {}
    assert "parked" not in box.export() + ask(box, "/user print detail")
    assert compare(box, PLATFORMS[kind], less).commands == ()
    begun(kind, box, suits(kind))
    assert run(box, guard.confirm) == {}
    assert "motcua-xem" not in ask(box, "/user print detail")
    assert "viewer" not in box.export()


def test_a_replaced_private_key_comes_back():
    box = rolled_out("routeros7")
    other = "QPYh0k1S1kMGPJ8nS+vFAW2DlN0bZiyqgtt1ISyGFng="
    ask(box, f'/interface wireguard set [find name="wg1"] private-key="{other}"')
    start = begun("routeros7", box, suits("routeros7"))
    assert other.rstrip("=") not in "".join(str(found) for key, found in lines(box).items() if key[0] == "/interface wireguard")
    box.power_cut()
    box.tick(30)
    assert lines(box) == start


@pytest.mark.parametrize("kind", KINDS)
def test_what_a_cut_confirmation_left_is_cleared_by_the_next_run(kind):
    box = rolled_out(kind)
    begun(kind, box, suits(kind, snmp=None))
    assert run(box, PLATFORMS[kind].guard.confirm[:1]) == {}
    left = compare(box, PLATFORMS[kind], suits(kind, snmp=None)).commands
    assert [one.text for one in left] == ['/snmp community remove [find name="motcua-parked-motcua"]']
    assert run(box, left) == {}
    assert compare(box, PLATFORMS[kind], suits(kind, snmp=None)).commands == ()


def test_scripts_stay_small_and_keep_the_order():
    undo = tuple(Command(f':do {{ /ip address remove [find comment="motcua:{number}"] }} on-error={{}}', "x") for number in range(200))
    sent = arm(60, undo)
    scripts = [one.text for one in sent if one.text.startswith("/system script add name=motcua-undo-")]
    assert len(scripts) > 1
    assert all(len(text) < 1.5 * SCRIPT_LETTERS for text in scripts)
    assert [f'motcua:{number}\\"' in "".join(scripts) for number in range(200)] == [True] * 200
    assert [text.split()[3] for text in scripts] == [f"name=motcua-undo-{number}" for number in range(1, len(scripts) + 1)]
    assert "\n".join(scripts).index("motcua:0\\") < "\n".join(scripts).index("motcua:199\\")
    assert sent[-1].text.startswith("/system scheduler add name=motcua-undo interval=60s")
    assert sent[-2].text.startswith("/system scheduler add name=motcua-undo-start start-time=startup")


def test_a_guard_is_shown_without_its_script():
    sent = arm(60, (Command(':do { /ip address remove [find comment="x"] } on-error={}', "x"),))
    assert not [one.shown for one in sent if "ip address" in one.shown]
