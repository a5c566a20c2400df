"""Any playbook as a campaign: who takes part, what is told to it, what is dangerous about it, and what is backed up around it."""

import json
import re

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError

from cli.campaign import Campaign, Choices
from cli.waves import carry_out
from tests.unit.playedprovince import CENTRES, World, played, run

CHOSEN = ("s2-router", "s4-router", "s5-router")


def due(province, hosts):
    """Three routers are to have their third password."""
    return {host.name: {"epoch": 3} for host in hosts if host.name in CHOSEN}


ROTATION = Campaign("rotate", "rotation", "rotate", danger="password", due=due, variables={"rotated": ["passwords"]})


@pytest.fixture
def world(tmp_path, monkeypatch):
    def made(sites, **policy):
        value = World(tmp_path, sites, **policy)
        played(value, monkeypatch.setattr)
        return value

    return made


def carried(value, campaign=ROTATION, **choices):
    return carry_out(campaign, value.inventory, Choices(None, value.output, yes=True, **choices))


def test_only_who_is_due_takes_part_and_hears_what_it_is_to_become(world):
    value = world(6)
    assert carried(value, yes_dangerous=True) == 0
    assert value.log == [["s2-router"], ["s4-router"], ["s5-router"]], "the canary, 5 %, 25 %; each its own wave"
    told = [json.loads(line) for line in (value.folder / "told").read_text().splitlines()]
    assert told == [{"rotated": ["passwords"], "motcua_due": {name: {"epoch": 3} for name in CHOSEN}}] * 3
    assert value.course.dangers == dict.fromkeys(CHOSEN, ("password",))


def test_who_was_due_stays_so_until_it_is_done(world):
    """A rotation that is half done finds fewer due; the plan that was approved is the one that goes on."""
    value = world(6)
    assert carried(value) == 1, "what is dangerous is done at its canary alone"
    plan = value.course.plan
    nobody = Campaign("rotate", "rotation", "rotate", danger="password", due=lambda *_: {}, variables={"rotated": ["passwords"]})
    assert carried(value, nobody, resume=True, yes_dangerous=True) == 0
    assert (value.course.plan, value.new) == (plan, set(CHOSEN))


def test_nothing_due_is_said_and_leaves_nothing(world, capsys):
    value = world(3)
    assert carried(value, Campaign("rotate", "rotation", "rotate", due=lambda *_: {})) == 0
    assert "Nothing is due: this rotation has nothing to do." in capsys.readouterr().out
    assert not value.output.exists()


def test_centres_go_before_and_after_all_that_is_dangerous(world):
    value = world(3)
    one = Campaign("rotate", "rotation", "rotate", danger="password", centres=True)
    assert carried(value, one, yes_dangerous=True) == 0
    assert value.log == [*([name] for name in CENTRES), *([f"s{number}-router"] for number in (1, 2, 3)), *([name] for name in CENTRES)]


def test_another_campaign_is_not_gone_on_with(world):
    value = world(6)
    carried(value)
    for campaign, words in (
        (Campaign("firmware", "upgrade", "firmware"), "holds the last rotation, which goes on with 'motcua rotate'"),
        (Campaign("rotate", "rotation", "rotate", variables={"rotated": ["tunnels"]}), "was told {'rotated': ['passwords']}"),
    ):
        with pytest.raises(MotcuaError, match=re.escape(words)):
            carried(value, campaign, resume=True)


def test_a_campaign_s_own_threshold_is_the_one_that_stops_it(world, capsys):
    value = world(10)
    value.write("broken", "s3-router")
    upgrade = Campaign("firmware", "upgrade", "firmware", danger="firmware", stop_at=1)
    assert carried(value, upgrade, yes_dangerous=True) == 2
    assert "1 site failed, and the limit of this upgrade is 1" in capsys.readouterr().out
    assert "s10-router" not in value.new


# --- backups around it ---


def kept(value):
    path = value.folder / "kept"
    return path.read_text().splitlines() if path.exists() else []


def test_everything_is_backed_up_before_the_first_change_and_each_step_after_it(world):
    value = world(3)
    assert run(value).exit_code == 0
    assert kept(value)[:4] == [
        "before the rollout: all: 0 new",
        "rollout, wave 1, the centre's centre-server: centre-server: 1 new",
        "rollout, wave 2, the centre's ioc-server: ioc-server: 2 new",
        "rollout, wave 3, the canary s1: s1-router: 3 new",
    ]
    assert len(kept(value)) == 1 + len(value.log)


def test_what_was_before_is_kept_once(world):
    value = world(3)
    value.write("broken", "s1-router")
    run(value)
    value.remove("broken")
    assert run(value, "--resume").exit_code == 0
    assert [line for line in kept(value) if line.startswith("before")] == ["before the rollout: all: 0 new"]


@pytest.mark.parametrize(("name", "words"), [("full", "No space left on device"), ("mute", "no device could be read")])
def test_without_a_backup_nothing_is_changed_unless_people_say_so(world, name, words):
    value = world(3)
    value.write(name)
    refused = run(value)
    assert words in str(refused.exception)
    assert "Nothing was changed; --without-backup goes on without one" in str(refused.exception)
    assert (value.log, value.new) == ([], set())
    assert run(value, "--resume", "--without-backup").exit_code == 0
    assert value.new == set(value.all)


def test_a_backup_that_fails_afterwards_is_said_and_stops_nobody(world):
    value = world(3)
    value.write("full-later")
    done = run(value)
    assert done.exit_code == 0, done.output
    assert "rollout, wave 3, the canary s1: there is no backup: /backups: git says 'No space left on device'" in done.output


def test_a_device_that_could_not_be_backed_up_is_named_and_stops_nobody(world):
    value = world(3)
    value.write("unread")
    done = run(value)
    assert done.exit_code == 0, done.output
    assert "1 device couldn't be backed up: no answer (s9-router)" in done.output


def test_where_nothing_held_there_is_nothing_to_back_up(world):
    value = world(3)
    value.write("full")
    value.write("dead", *value.all)
    assert "Nothing held before, so there is nothing to back up." in run(value).output


def test_what_no_case_speaks_of_is_backed_up_all_the_same(world):
    value = world(3)
    value.write("caseless")
    assert run(value).exit_code == 0
    assert kept(value)[0] == "before the rollout: all: 0 new"
