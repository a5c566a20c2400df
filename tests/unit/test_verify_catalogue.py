"""`motcua verify --list`, its findings, and two runs beside each other."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.comparison import compare
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, from_json, to_json
from typer import Typer
from typer.testing import CliRunner

from cli import verify as module
from tests.verify.cases import Case, cases
from tests.verify.model import declared
from tests.verify.outcomes import findings

LAB = Path("inventory/lab/province.yml")
WHEN = "2026-11-26T08:00:00+07:00"


# --- the catalogue ------------------------------------------------------------------------------------------------------


def test_the_catalogue_is_what_pytest_would_try():
    command = [sys.executable, "-m", "pytest", "-q", "--collect-only", "-p", "no:cacheprovider", "tests/verify"]
    environment = os.environ | {"MOTCUA_INVENTORY": str(LAB.resolve()), "MOTCUA_HOSTS": ""}
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    collected = sorted(line.split("::")[-1] for line in shown.splitlines() if "::" in line)
    assert len(collected) > 100
    assert sorted(f"{case.test}[{case.ident}]" for case in cases(declared(LAB, ()))) == collected


@pytest.mark.parametrize(("language", "words"), [("vi", ("đường hầm", "phép kiểm tra")), ("en", ("tunnel", "cases"))])
def test_the_list_says_each_case_in_a_sentence_site_by_site(language, words):
    text = module.catalogue(LAB, (), language)
    count = len(cases(declared(LAB, ())))
    assert text.endswith(f"{count} {words[1]}") and text.count("\n  [") == count
    assert words[0] in text and "{" not in text
    assert "lang-giang: Bộ phận Một cửa huyện Lạng Giang" in text
    assert "10.64.2.64:443" in text and "192.168.5.11:443" in text  # from where to where


def test_a_limit_lists_the_cases_of_its_hosts_alone():
    of_site = cases(declared(LAB, ("tan-dinh-router",)))
    assert {case.device for case in of_site} == {"tan-dinh-router"}
    assert {case.feature for case in of_site} >= {"tunnels", "time", "access"}


# --- what came of them, as findings -------------------------------------------------------------------------------------

CASE = Case(
    "time",
    "test_device_has_the_time",
    "a-cam1",
    "a",
    "a-cam1",
    "",
    {"vi": "Hỏi", "en": "Ask the clock"},
    {"vi": "đúng", "en": "within 3 s"},
)


def report(message="", node="tests/verify/test_time.py::test_device_has_the_time[a-cam1]", **values):
    return SimpleNamespace(nodeid=node, longrepr=SimpleNamespace(reprcrash=SimpleNamespace(message=message)), **values)


@pytest.mark.parametrize(
    ("stats", "status", "actual"),
    [
        ({"passed": [report()]}, "pass", None),
        ({"failed": [report("AssertionError: expected at most 3 s, actual 90 s\nassert 90 < 3")]}, "fail", "90 s"),
        ({"failed": [report("assert 'open' == 'refused'")]}, "fail", "assert 'open' == 'refused'"),
        ({"error": [report("RuntimeError: a-cam1: no route")]}, "error", "RuntimeError: a-cam1: no route"),
        ({"xfailed": [report(wasxfail="flat: every office PC can open it")]}, "waived", "flat: every office PC can open it"),
        ({"skipped": [SimpleNamespace(nodeid=report().nodeid, longrepr=("f", 1, "Skipped: try it there"))]}, "skipped", "try it there"),
        ({"passed": [report()], "error": [report("RuntimeError: the end broke")]}, "error", "RuntimeError: the end broke"),
        ({}, "error", "the run ended before this case"),
    ],
)
def test_each_case_is_one_finding(stats, status, actual):
    (found,) = findings(stats, [CASE], WHEN)
    assert (found.device, found.site, found.feature, found.check) == ("a-cam1", "a", "time", "device has the time")
    assert (found.status, found.expected, found.actual) == (status, "within 3 s", actual)
    assert found.evidence.startswith("Ask the clock: within 3 s.") and found.evidence.endswith(f"Verified {WHEN}")


# --- two runs beside each other -----------------------------------------------------------------------------------------


def row(status, check="tunnel answers", device="a-router"):
    return Finding(device, "a", "tunnels", check, status, "it answers", None if status == "pass" else "down")


@pytest.mark.parametrize(
    ("before", "now", "kind", "verdict"),
    [
        ("pass", "pass", None, 0),
        ("pass", "fail", "broken", 2),
        ("waived", "fail", "broken", 2),
        ("pass", "error", "unknown", 1),
        ("pass", "skipped", "unknown", 1),
        ("pass", None, "gone", 1),
        ("fail", "pass", "mended", 0),
        ("error", "pass", "mended", 0),
        ("fail", "fail", "still", 0),
        ("fail", "error", "still", 0),
        ("skipped", "fail", "still", 0),
        ("skipped", "skipped", None, 0),
        (None, "pass", "new", 0),
        (None, "fail", "new", 2),
        (None, "error", "new", 1),
    ],
)
def test_what_changed_between_two_runs(before, now, kind, verdict):
    compared = compare([row(before)] if before else [], [row(now)] if now else [])
    kinds = [name for name in ("broken", "unknown", "gone", "mended", "new", "still") if getattr(compared, name)]
    assert kinds == ([kind] if kind else [])
    assert compared.verdict == verdict


def test_one_case_of_two_devices_is_two_cases():
    compared = compare([row("pass"), row("fail", device="b-router")], [row("fail"), row("pass", device="b-router")])
    assert [one.device for one in compared.broken] == ["a-router"]
    assert [one.device for one in compared.mended] == ["b-router"]


# --- the command --------------------------------------------------------------------------------------------------------


@pytest.fixture
def verify(tmp_path, monkeypatch):
    """Run the command with a pytest that leaves these findings."""

    def run(found, *arguments):
        junit = "<failure/>" if any(one.status == "fail" for one in found) else "<testsuite/>"
        code = any(one.status in ("fail", "error") for one in found)
        player = tmp_path / "player"
        (tmp_path / "played.json").write_text(to_json(found, WHEN))
        player.write_text(
            f"#!/bin/sh\ncp {tmp_path}/played.json $MOTCUA_VERIFIED\necho '{junit}' >{tmp_path}/out/junit.xml\nexit {int(code)}\n"
        )
        player.chmod(0o755)
        monkeypatch.setattr(module, "at_the_controller", lambda command, _: [str(player)])
        app = Typer()
        app.command()(module.verify)
        return CliRunner().invoke(app, ["-i", str(LAB), "--output", str(tmp_path / "out"), *arguments])

    return run


def test_before_and_after_a_rollout(verify, tmp_path):
    kept = str(tmp_path / "before.json")
    holds, broke = row("pass"), row("fail")
    known = row("fail", "lines pass packets of the planned size")
    assert verify([holds, known], "--save", kept).exit_code == 2
    assert len(from_json(Path(kept).read_text())) == 2
    same = verify([holds, known], "--compare", kept)
    assert same.exit_code == 0 and "failed before, fails now: a-router: lines pass" in same.output
    worse = verify([broke, replace(known, status="pass")], "--compare", kept)
    assert worse.exit_code == 2
    assert "held before, fails now: a-router: tunnel answers (down)" in worse.output
    assert "holds now, didn't before: a-router: lines pass packets of the planned size" in worse.output
    assert verify([replace(broke, status="error"), known], "--compare", kept).exit_code == 1


@pytest.mark.parametrize(("content", "said"), [(None, "can't be read"), ("{", "not a document of findings")])
def test_a_file_to_compare_with_that_is_none_is_said_before_anything_is_tried(verify, tmp_path, content, said):
    file = tmp_path / "before.json"
    if content:
        file.write_text(content)
    done = verify([row("pass")], "--compare", str(file))
    assert isinstance(done.exception, MotcuaError) and said in str(done.exception) and str(file) in str(done.exception)
    assert not (tmp_path / "out").exists()


def test_a_place_to_save_that_isnt_there_is_said_before_anything_is_tried(verify, tmp_path):
    done = verify([row("pass")], "--save", str(tmp_path / "none" / "before.json"))
    assert isinstance(done.exception, ModelError)
    assert not (tmp_path / "out").exists()


def test_findings_lie_beside_junit(verify, tmp_path):
    assert verify([row("pass")]).exit_code == 0
    assert json.loads((tmp_path / "out/findings.json").read_text())["findings"][0]["check"] == "tunnel answers"
