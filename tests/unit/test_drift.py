"""The table of changes made by hand: each is told apart, each knob turns, and what is missed or too much is said."""

import json
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from cli.controller import LAB
from lab.devices import configs
from lab.drift import Drift, drifts, unexplained, unnamed
from tests.unit.wire import emulated


def test_forty_changes_are_told_apart():
    made = drifts()
    assert len(made) >= 40
    assert len({(drift.at, drift.checks[0]) for drift in made}) == len(made)
    assert all(drift.knob or drift.command for drift in made)


ONE = Drift("one", "", "cam1", ("a", "b"), None, "")
TWO = Drift("two", "", "cam1", ("c",), None, "")


@pytest.mark.parametrize(
    ("found", "missed", "more"),
    [
        ([], ["one", "two"], []),
        ([("cam1", "a"), ("cam1", "c")], [], []),
        ([("cam1", "b"), ("cam1", "c")], ["one"], []),
        ([("cam2", "a"), ("cam1", "c")], ["one"], [("cam2", "a")]),
        ([("cam1", "a"), ("cam1", "c"), ("cam1", "d")], [], [("cam1", "d")]),
    ],
)
def test_what_is_missed_and_what_is_too_much(found, missed, more):
    assert unnamed((ONE, TWO), found) == missed
    assert unexplained((ONE, TWO), found) == more


LISTS = ("users.", "channels.")  # rows are set, and shown in the list alone


def kinds():
    """The kinds of emulated devices in the lab, with the knobs that are turned there."""
    of = {config["name"]: config["kind"] for config in configs(load(LAB), Path())}
    knobs = [(of[drift.at], drift.knob) for drift in drifts() if drift.knob]
    return {kind: [knob for where, knob in knobs if where == kind] for kind, _ in knobs}


@pytest.mark.parametrize(("kind", "knobs"), kinds().items())
def test_every_knob_turns(kind, knobs, tmp_path):
    given = [{"number": n, "address": "127.0.0.2", "user": "admin", "password": "x", "name": "", "private": False} for n in (1, 2)]
    with emulated(kind, tmp_path, channels=given if kind.endswith("nvr") else []) as device:
        for key, value in knobs:
            device.hand("set", key, value)
            if not key.startswith(LISTS):
                assert device.hand("get", key) == value
    kept = json.loads((tmp_path / "state.json").read_text())
    for key, value in knobs:
        if key.startswith(LISTS):
            assert value in json.dumps(kept.get(key.split(".")[0])), key
    assert kind != "hikvision-nvr" or list(kept["channels"]) == ["2"]
