# ruff: noqa: E402, F403  the assertions of an imported module are only explained when that is asked for before
"""The engine with RouterOS, IOS and VyOS: see platformruns.py."""

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import Garbled, Refused

pytest.register_assert_rewrite("tests.unit.platformruns")

from tests.unit.platformruns import *
from tests.unit.platformruns import converged, fresh, timeless


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
