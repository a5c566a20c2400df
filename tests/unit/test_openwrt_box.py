"""OpenWrt's commands on an emulated box with a real shell: they lead to the wish, back to where it began, and the guard keeps its word."""

import contextlib
import re
import shutil
import subprocess
import tempfile
import time

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.openwrt import OPENWRT, guard
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.openwrt.uci import parse
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import wireguard_public_key

from tests.emulators.routers import openwrt as emulated
from tests.emulators.routers.openwrt_sandbox import available
from tests.unit.routers import KEY, SECRETS, state, wish

pytestmark = pytest.mark.skipif(not available(), reason="this machine gives us no namespaces")

LINES = [{**wish()["lines"][0], "interface": "ether2"}, {**wish()["lines"][1], "interface": "wan"}]
PATIENCE_SECONDS = 300  # a machine that has much to do besides
TOGETHER = 200  # commands in one shell of the box
LAN = {"interface": "br-lan", "address": "192.168.1.1/24"}
INSIDE = {"inside": "192.168.1.0/24", "outside": "10.64.1.0/24", "source": "192.168.1.1"}


def office(**changes):
    routing = {**wish()["routing"], "mode": "static"}
    return state(**({"lan": LAN, "lines": LINES, "translate": INSIDE, "routing": routing} | changes))


def new_box():
    return emulated.build("openwrt", user="motcua-installer", password="Kh0ngAiBiet-2026")


@pytest.fixture
def box():
    made = new_box()
    yield made
    made.close()


KEPT = ("etc", "lib/upgrade", "usr/lib/snmp")


@pytest.fixture(scope="module")
def as_wished(tmp_path_factory):
    """What a box has stored that was made as ``office()`` wishes, made once."""
    made, kept = new_box(), tmp_path_factory.mktemp("office")
    try:
        send(made, compared(made, office()).commands)
        for place in KEPT:
            shutil.copytree(made.sandbox.root / place, kept / place, symlinks=True)
    finally:
        made.close()
    return kept


@pytest.fixture
def ready(box, as_wished):
    """A box that runs as ``office()`` wishes."""
    for place in KEPT:
        shutil.rmtree(box.sandbox.root / place, ignore_errors=True)
        shutil.copytree(as_wished / place, box.sandbox.root / place, symlinks=True)
    box.power_cut()
    return box


def send(box, commands):
    """As the engine does on exec channels: a question gets its answer, and an exit status or a refusal is a failure.

    Commands that neither ask nor wait go in one shell, which stops at the first that fails.
    """
    together = []
    for command in commands:
        alone = command.expect is not None or "motcua-guard" in command.text or "& wait" in command.text
        if not alone:
            together.append(f"({command.text}\n)")
        if alone or len(together) == TOGETHER:
            taken(box, "\n".join(["set -e", *together]))
            together = []
        if alone:
            said = taken(box, command.text, given="" if command.answer is None else f"{command.answer}\n")
            assert command.expect is None or command.expect in said
    taken(box, "\n".join(["set -e", *together]))


def taken(box, text, given=""):
    said, status = run(box, text, given=given)
    assert not status and not OPENWRT.refusal.search(said), f"{text}: {said}"
    return said


def run(box, text, given=""):
    """One command; whoever sleeps a few seconds in it is woken, so that nobody waits here."""
    sleepers = box.sandbox.root / "run/sleepers"
    asleep = set(sleepers.iterdir())
    with tempfile.TemporaryFile() as said:
        working = subprocess.Popen(box.sandbox.argv("sh", "-c", text), stdin=subprocess.PIPE, stdout=said, stderr=subprocess.STDOUT)
        with contextlib.suppress(BrokenPipeError):  # it didn't ask
            working.stdin.write(given.encode())
            working.stdin.close()
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            with contextlib.suppress(subprocess.TimeoutExpired):
                working.wait(0.05)
                break
            if set(sleepers.iterdir()) - asleep:
                box.tick(1)
        else:
            working.kill()
        said.seek(0)
        return said.read().decode(), working.wait()


def running(box):
    answers = {}
    for read in OPENWRT.reads:
        answers[read], status = box.run(read)
        assert status == 0
    return OPENWRT.understand(answers)


def compared(box, wished):
    return OPENWRT.compare(running(box), wished)


def stored(box):
    """Everything that the box keeps, but for what only tells of the past."""
    root = box.sandbox.root
    places = [place for folder in ("etc", "lib/upgrade", "usr/lib/snmp") for place in sorted((root / folder).rglob("*"))]
    files = [place for place in places if place.is_file() and not place.is_symlink()]
    kept = {str(place.relative_to(root)): place.read_bytes() for place in files if place.name != "ld.so.cache"}
    return kept | {str(place.relative_to(root)): "link" for place in places if place.is_symlink()}


def test_the_commands_lead_to_the_wish_and_a_second_run_has_none(ready):
    again = compared(ready, office())
    assert again.commands == ()
    assert again.undo == ()
    assert again.before == again.after
    assert again.unknown == ()


CHANGES = {
    "another endpoint": lambda one: one["tunnels"][1].update(endpoint="203.0.113.99"),
    "a tunnel less": lambda one: one["tunnels"].pop(3),
    "routes by BGP": lambda one: one["routing"].update(mode="bgp"),
    "another key of ours": lambda one: one["accounts"][0].update(keys=[KEY.replace("IJdD7y", "IJdD8z")]),
    "a key with a comment that isn't ours": lambda one: one["accounts"][0].update(
        keys=[f"{KEY.rpartition(' ')[0].replace('IJdD7y', 'IJdD8z')} tuan@so-tttt"]
    ),
    "a key without a comment": lambda one: one["accounts"][0].update(keys=[KEY.rpartition(" ")[0].replace("IJdD7y", "IJdD8z")]),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_small_and_its_undo_leads_back(ready, name):
    """The undo is part of a change: the guard's copy is there while it may be needed."""
    changed = wish(lan=LAN, lines=LINES, translate=INSIDE, routing={**wish()["routing"], "mode": "static"})
    CHANGES[name](changed)
    start = stored(ready)
    send(ready, guard.arm(300, ()))
    comparison = compared(ready, state(**changed))
    assert 1 <= len(comparison.commands) < 35
    send(ready, comparison.commands)
    assert compared(ready, state(**changed)).commands == ()
    send(ready, comparison.undo)
    assert compared(ready, office()).commands == ()
    run(ready, "rm -rf /etc/motcua-guard /etc/rc.d/S10motcua-guard /etc/init.d/motcua-guard")
    assert alike(start, stored(ready))


def alike(before, after):
    """Two states of the flash: options may stand in another order in their section, and a service's link for shutdown may be new."""
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    return not {path for path in changed if not path.startswith(("etc/config/", "etc/rc.d/K"))}


@pytest.mark.parametrize("reached", [100])
def test_the_undo_leads_back_however_far_the_commands_came(box, reached):
    comparison, packages, start = compared(box, office()), running(box).packages, stored(box)
    assert len(comparison.commands) > reached
    send(box, comparison.commands[:reached])
    send(box, comparison.undo)
    assert running(box).packages == packages
    after = stored(box)
    assert not after.pop("etc/dropbear/authorized_keys", b"")
    assert alike(start, after)


def test_secrets_reach_the_box_and_no_answer_gives_them_back(ready):
    box = ready
    assert box.run("uci get network.motcua_wg1.private_key")[0].strip() == SECRETS["tunnel/lang-giang/centre-ftth"]
    assert SECRETS["tunnel/lang-giang/main"] in box.run("cat /etc/swanctl/conf.d/motcua-centre-tslcd.conf")[0]
    assert box.run("ls -l /etc/swanctl/conf.d/motcua-centre-tslcd.conf")[0].startswith("-rw-------")
    assert box.admits("motcua", password=SECRETS["device/lang-giang-router/motcua"])
    said = "".join(box.run(read)[0] for read in OPENWRT.reads)
    assert not any(secret in said for secret in SECRETS.values())
    assert running(box).publics["motcua_wg1"] == wireguard_public_key(SECRETS["tunnel/lang-giang/centre-ftth"])


def test_what_isnt_ours_is_not_touched(box, as_wished):
    made = {place.name: place.read_text(encoding="utf-8") for place in (as_wished / "etc/config").iterdir()}
    for package in running(box).packages.values():
        (after,) = parse(f"package {package.name}\n{made[package.name]}")
        foreign = tuple(one for one in after.sections if not (one.name or "").startswith("motcua_"))
        if package.name in ("network", "firewall", "dropbear", "uhttpd"):
            assert foreign == package.sections


def test_the_emulated_office_has_two_things_against_us(box):
    firewall = {**wish()["firewall"], "cameras": ["192.168.1.64"]}
    keys = {one.key for one in compared(box, office(firewall=firewall)).contradictions}
    assert keys == {"firewall.@redirect[0]", "firewall.@defaults[0].flow_offloading"}


def test_what_somebody_typed_and_did_not_commit_is_said(box):
    box.run("uci set network.lan.ipaddr=192.168.77.1")
    assert "network.lan.ipaddr" in {one.key for one in compared(box, office()).contradictions}


# --- the guard ---------------------------------------------------------------------------------------------------------


def armed(box):
    read, pattern = OPENWRT.guard.armed
    said, status = box.run(read)
    assert status == 0
    return bool(pattern.search(said))


def changed_under_guard(box, seconds=300):
    """A change that nobody has confirmed; what was stored before it."""
    start = stored(box)
    send(box, guard.arm(seconds, ()))
    assert armed(box)
    tunnels = wish()["tunnels"]
    tunnels[1]["endpoint"] = "203.0.113.250"
    send(box, compared(box, office(tunnels=tunnels)).commands)
    assert "203.0.113.250" in box.export()
    return start


def settled(box, seconds):
    for _ in range(int(seconds)):
        box.tick(1)


def put_back(box):
    """Time goes on until the guard that has fired is done."""
    until = time.monotonic() + PATIENCE_SECONDS
    while (box.sandbox.root / "etc/init.d/motcua-guard").exists() and time.monotonic() < until:
        box.tick(1)
        time.sleep(0.02)  # its programs need real time


def test_nobody_confirms_and_the_box_puts_itself_back_in_time(ready):
    start = changed_under_guard(ready)
    settled(ready, 290)
    assert "203.0.113.250" in ready.export()
    settled(ready, 20)
    put_back(ready)
    assert "203.0.113.250" not in ready.export()
    assert not armed(ready)
    assert stored(ready) == start
    assert compared(ready, office()).commands == ()


def test_a_power_cut_between_change_and_confirmation_ends_in_the_old_state(ready):
    start = changed_under_guard(ready)
    ready.power_cut()
    assert "203.0.113.250" not in ready.export()
    assert not armed(ready)
    assert stored(ready) == start


def test_a_power_cut_in_the_middle_of_putting_back_ends_in_the_old_state(ready):
    start = changed_under_guard(ready)
    ready.run("cp -a /etc/motcua-guard/copy/etc/config/network /etc/config/network")  # so far it came
    ready.power_cut()
    assert stored(ready) == start


def test_a_confirmed_change_stays_over_time_and_power_cuts(ready):
    changed_under_guard(ready)
    send(ready, OPENWRT.guard.confirm)
    assert not armed(ready)
    settled(ready, 400)
    ready.power_cut()
    assert "203.0.113.250" in ready.export()
    assert not any("motcua-guard" in place for place in stored(ready))


def test_an_old_timer_never_fires_at_a_newer_change(ready):
    changed_under_guard(ready, 100)
    send(ready, OPENWRT.guard.confirm)
    settled(ready, 50)
    send(ready, guard.arm(300, ()))
    settled(ready, 60)
    assert armed(ready)
    assert "203.0.113.250" in ready.export()


def test_a_guard_that_is_armed_isnt_armed_again(ready):
    send(ready, guard.arm(300, ()))
    said, status = ready.run(guard.arm(300, ())[-1].text)
    assert status and OPENWRT.refusal.search(said)


def test_a_guard_that_is_fired_undoes_at_once(ready):
    start = changed_under_guard(ready)
    send(ready, OPENWRT.guard.fire)
    assert stored(ready) == start
    assert "203.0.113.250" not in ready.export()


def test_a_confirmation_that_comes_too_late_is_refused(ready):
    changed_under_guard(ready, 100)
    settled(ready, 110)
    put_back(ready)
    _, status = run(ready, OPENWRT.guard.confirm[0].text)
    assert status


def test_a_full_flash_is_noticed_before_anything_is_changed(ready):
    start = stored(ready)
    ready.sandbox.program("bin/cp", '#!/bin/sh\necho "cp: write error: No space left on device" >&2\nexit 1\n')
    commands = guard.arm(300, ())
    for command in commands[:-1]:
        ready.run(command.text)
    said, status = ready.run(commands[-1].text)
    assert status and "the flash has no room" in said and OPENWRT.refusal.search(said)
    assert not armed(ready)
    assert {place: text for place, text in stored(ready).items() if "motcua-guard" not in place} == start


def test_the_watch_keeps_the_routes_of_hubs_that_answer(ready):
    """The watch itself, with an ip and a ping that write down what they are asked."""
    script = ready.run("cat /etc/motcua/watch")[0]
    once = re.sub(
        r"while :; do\n(.*)\n\tsleep \d+\ndone",
        r"for round in 1 2 3 4 5 6; do\n[ $round -gt 3 ] && touch /tmp/dead\n\1\ndone",
        script,
        flags=re.DOTALL,
    )
    ready.sandbox.program("bin/ping", "#!/bin/sh\n[ ! -e /tmp/dead ]\n")
    ready.sandbox.program("bin/ip", '#!/bin/sh\necho "$@" >> /tmp/routes\n')
    ready.sandbox.write("tmp/watch", once, 0o755)
    said, _ = ready.run("/tmp/watch; cat /tmp/routes")
    mine = [line for line in said.splitlines() if "motcua_wg1" in line and "10.10.10.0/24" in line]
    assert mine == [
        "route del 10.10.10.0/24 dev motcua_wg1 metric 11",
        "route del 10.10.10.0/24 dev motcua_wg1 metric 11",
        "route replace 10.10.10.0/24 dev motcua_wg1 metric 11",
        "route replace 10.10.10.0/24 dev motcua_wg1 metric 11",
        "route replace 10.10.10.0/24 dev motcua_wg1 metric 11",
        "route del 10.10.10.0/24 dev motcua_wg1 metric 11",
    ]
