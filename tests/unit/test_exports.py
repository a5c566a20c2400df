"""Findings as other programs read them: read back by those programs' own parsers."""

import csv
import io
import shutil
import subprocess
from datetime import datetime
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.exports import to_csv, to_junit, to_prometheus
from hypothesis import given
from hypothesis import strategies as st

WHEN = datetime(2026, 11, 27, 7, 30, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
FINDINGS = (
    Finding("tan-dinh-cam1", "tan-dinh", "services", "services.upnp", "fail", False, True, evidence="read, 07:00"),
    Finding("tan-dinh-cam1", "tan-dinh", "overlay", "overlay.text", "waived", "Quầy <tiếp> nhận", "=cmd|'/C calc'!A0"),
    Finding("xuong-lam-cam1", "xuong-lam", "device", "reachable", "error", "answers", "no answer\x00 \x1b[2J"),
    Finding("centre-server", None, "device", "declared", "pass"),
)
SOME = (("tan-dinh", "fail"), ("tan-dinh", "error"), ("xuong-lam", "error"), ("", "pass"))
TEXTS = st.text(st.characters(blacklist_categories=["Cs"]))
ROWS = st.builds(Finding, st.just("a-cam1"), st.just("a"), st.just("x"), TEXTS, st.sampled_from(["pass", "fail", "error"]), TEXTS, TEXTS)


def test_a_spreadsheet_gets_each_finding_and_no_formula():
    text = to_csv(FINDINGS)
    assert text.startswith("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text[1:])))
    assert [row["device"] for row in rows] == ["centre-server", "tan-dinh-cam1", "tan-dinh-cam1", "xuong-lam-cam1"]
    assert (rows[1]["expected"], rows[1]["actual"]) == ("Quầy <tiếp> nhận", "'=cmd|'/C calc'!A0")
    assert (rows[2]["expected"], rows[2]["actual"], rows[2]["since"]) == ("false", "true", "")


def test_junit_has_each_device_and_no_error_is_a_pass():
    root = ElementTree.fromstring(to_junit(FINDINGS, WHEN))
    suites = {suite.get("name"): suite for suite in root}
    assert {name: [suite.get(key) for key in ("tests", "failures", "errors", "skipped")] for name, suite in suites.items()} == {
        "centre-server": ["1", "0", "0", "0"],
        "tan-dinh-cam1": ["2", "1", "0", "1"],
        "xuong-lam-cam1": ["1", "0", "1", "0"],
    }
    (failure,) = suites["tan-dinh-cam1"].iter("failure")
    assert (failure.get("message"), failure.text) == ("expected false, actual true", "read, 07:00")


@given(st.lists(ROWS, max_size=4))
def test_whatever_a_device_says_can_be_read(findings):
    ElementTree.fromstring(to_junit(findings, WHEN))
    assert len(list(csv.reader(io.StringIO(to_csv(findings)[1:], newline="")))) <= len(findings) + 1


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is missing: scripts/setup --dev brings it with Debian's prometheus")
def test_promtool_accepts_what_is_written():
    checked = subprocess.run(
        ["promtool", "check", "metrics"], input=to_prometheus(FINDINGS, WHEN), text=True, capture_output=True, check=False
    )
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_each_site_is_there_with_its_zeros():
    said = dict(line.rsplit(" ", 1) for line in to_prometheus(FINDINGS, WHEN).splitlines() if not line.startswith("#"))
    shown = [said[f'motcua_audit_findings{{site="{site}",status="{status}"}}'] for site, status in SOME]
    assert (shown, said["motcua_audit_timestamp_seconds"]) == (["1", "0", "1", "1"], "1795739400")
