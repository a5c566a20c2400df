# ruff: noqa: F403  each platform has the same tests
"""The engine with RouterOS, IOS and VyOS: see platformruns.py."""

import re

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled, ModelError, Postponed, Refused
from ansible_collections.motcua.cctv.plugins.plugin_utils.guarded import Caution
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.platform import Command
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.registry import FAMILIES, family_named

from tests.unit.platformruns import *
from tests.unit.platformruns import GUARD_SECONDS, converged, fresh, timeless


@pytest.fixture(scope="module", params=["routeros7", "routeros6", "ios", "vyos14"])
def site(request, tmp_path_factory):
    with converged(request.param, tmp_path_factory.mktemp(request.param)) as one:
        yield one


REFUSALS = {
    ("routeros7", "no_privilege"): (Refused, "not enough permissions"),
    ("routeros7", "safe_mode_open"): (Refused, "safe mode"),
    ("routeros7", "interrupted"): (Garbled, "#interrupted"),
    ("routeros7", "full_flash"): (Refused, "flash"),
    ("ios", "no_privilege"): (Refused, "refuses 'show running-config'"),
    ("ios", "safe_mode_open"): (Refused, ""),
    ("ios", "interrupted"): (Garbled, "breaks off"),
    ("ios", "full_flash"): (Refused, "No space left"),
    ("vyos14", "no_privilege"): (Refused, "refuses 'show configuration commands'"),
    ("vyos14", "safe_mode_open"): (Refused, "locked"),
    ("vyos14", "full_flash"): (Refused, "No space left"),
}


@pytest.mark.parametrize(("kind", "quirk"), REFUSALS)
def test_a_router_that_cannot_be_changed_is_said_to_be_so_and_stays_as_it_is(kind, quirk, tmp_path):
    error, words = REFUSALS[kind, quirk]
    with fresh(kind, tmp_path, quirks={quirk}) as site:
        before = timeless(site.emulated.export())
        outcome, failure = site.run()
        assert isinstance(failure, error), failure
        assert words in str(failure) and "lang-giang-router" in str(failure) + "lang-giang-router" * isinstance(failure, Garbled)
        assert not outcome.changed and timeless(site.emulated.export()) == before


@pytest.mark.parametrize(("kind", "quirk"), [("routeros7", "narrow"), ("ios", "log_lines")])
def test_log_lines_and_a_narrow_screen_are_no_part_of_what_runs(kind, quirk, tmp_path):
    found = []
    for number, quirks in enumerate((set(), {quirk})):
        with fresh(kind, tmp_path / str(number), quirks=quirks) as site:
            outcome, failure = site.run(check=True)
            assert failure is None
            found.append((outcome.before, outcome.commands))
    assert [len(commands) for _, commands in found] == [len(found[0][1])] * 2 and found[0][0] == found[1][0]


def test_a_clock_in_1970_and_a_version_that_we_do_not_know_change_nothing(tmp_path):
    with fresh("routeros7", tmp_path, quirks={"clock_1970", "wrong_minor"}) as site:
        outcome, failure = site.run()
        assert failure is None and outcome.changed
        assert site.is_as_wished()


ARCHIVE = re.compile(r"^archive\n(?: .*\n)+", re.MULTILINE)


@pytest.fixture
def without_archive(tmp_path):
    """An IOS router whose revert timer has nothing to go back to, so that only a timed restart is left."""
    with fresh("ios", tmp_path / "office") as office:
        config = ARCHIVE.sub("", office.emulated.export())
    with fresh("ios", tmp_path / "here", config=config) as site:
        yield site


def test_ios_without_an_archive_is_guarded_by_a_restart_that_is_called_off(without_archive):
    outcome, failure = without_archive.run(caution=Caution(GUARD_SECONDS, may_restart=False, when="tonight"))
    assert isinstance(failure, Postponed) and outcome.commands and "tonight" in str(failure)
    outcome, failure = without_archive.run()
    assert failure is None and outcome.changed and without_archive.emulated.box.boots == 0
    assert without_archive.is_as_wished()
    assert "show reload" in without_archive.emulated.sent and "reload cancel" in without_archive.emulated.sent


def test_ios_without_an_archive_restarts_into_the_old_state(without_archive):
    before, refused = timeless(without_archive.emulated.export()), iter([False] * 60 + [True])
    without_archive.before = lambda _session, command: Command("motcua-nonsense", command.shown) if next(refused, False) else command
    without_archive.minute(0.5)
    outcome, failure = without_archive.run()
    assert isinstance(failure, Refused) and outcome.rolled_back, failure
    assert without_archive.emulated.box.boots == 1 and timeless(without_archive.emulated.export()) == before


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_versions_of_a_platform_open_the_same_session_and_read_what_tells_them_apart(family):
    openings = {(one.platform.driver, one.platform.channel, one.platform.prepare, one.platform.noise) for one in family.versions}
    assert len(openings) == 1
    assert family.probe is None or all(family.probe in one.platform.reads for one in family.versions)


def test_a_platform_without_a_command_line_is_a_sentence():
    with pytest.raises(ModelError, match="'draytek' is none of routeros, ios"):
        family_named("draytek")
