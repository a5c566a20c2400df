"""Findings: one shape, one order, exit codes that never call silence a pass, and what task results say."""

import json

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import (
    SECRET,
    Finding,
    Task,
    exit_code,
    from_json,
    in_order,
    of_device,
    of_failure,
    of_host,
    of_silence,
    of_task,
    to_json,
)
from hypothesis import given
from hypothesis import strategies as st

TASK = Task("a-cam1", "a", "camera", "Make the camera match its desired state")
WORDS = st.text(max_size=8)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | WORDS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3)
)
STATUSES = st.sampled_from(["pass", "fail", "error", "skipped", "waived"])
FINDINGS = st.lists(
    st.builds(Finding, WORDS, st.none() | WORDS, WORDS, WORDS, STATUSES, VALUES, VALUES, st.none() | WORDS, WORDS), max_size=6
)


def finding(status, device="a-cam1", check="services.upnp", **values):
    return Finding(device, "a", "services", check, status, **values)


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        (["pass"], 0),
        (["pass", "skipped", "waived"], 0),
        (["waived"], 0),
        (["pass", "error"], 1),
        ([], 1),
        (["skipped"], 1),
        (["pass", "fail"], 2),
        (["fail", "error", "pass"], 2),
    ],
)
def test_exit_codes(statuses, code):
    assert exit_code(finding(status) for status in statuses) == code


@given(FINDINGS)
def test_there_and_back(findings):
    assert from_json(to_json(findings, "2026-01-01T00:00:00+00:00")) == in_order(findings)


@given(FINDINGS, st.randoms())
def test_the_order_of_arrival_leaves_no_trace(findings, random):
    shuffled = random.sample(findings, len(findings))
    assert to_json(findings, "now") == to_json(shuffled, "now")


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"version": 2, "findings": []}', '{"version": 1, "findings": [{"device": "x"}]}', '{"version": 1}'],
)
def test_what_is_no_document_of_findings_is_one_sentence(text):
    with pytest.raises(MotcuaError, match=r"^findings: .+; .+") as caught:
        from_json(text)
    assert "\n" not in str(caught.value)


def test_an_unknown_status_is_refused():
    row = json.loads(to_json([finding("pass")], "now"))
    row["findings"][0]["status"] = "fine"
    with pytest.raises(MotcuaError, match="'fine' is not one of pass, fail, error, skipped, waived"):
        from_json(json.dumps(row))


def test_a_device_gives_one_finding_a_key():
    result = {
        "changes": [
            {"key": "services.upnp", "before": True, "after": False, "outcome": "predicted"},
            {"key": "streams.main.fps", "before": 25, "after": 12, "outcome": "clamped", "words": "invalid value"},
        ],
        "unsupported": [{"key": "services.p2p", "reason": "the device doesn't report it"}],
        "findings": ["the device is managed over HTTP without TLS"],
    }
    assert [(row.feature, row.check, row.status, row.expected, row.actual) for row in of_device(TASK, result)] == [
        ("services", "services.upnp", "fail", False, True),
        ("streams", "streams.main.fps", "fail", 12, "25 (clamped: invalid value)"),
        ("services", "services.p2p", "skipped", None, "the device doesn't report it"),
        ("device", "the device is managed over HTTP without TLS", "fail", None, None),
    ]


def sides(result):
    (row,) = of_task(TASK, {"changed": True, **result})
    return row.expected, row.actual


def test_each_unit_and_each_file_is_a_finding_of_its_own():
    units = {"changed": True, "actions": {"start": ["a.service", "b.service"], "disable": ["c.service"]}}
    files = {
        "changed": True,
        "diff": [
            {"before_header": "/etc/x", "before": "old\n", "after": "new\n"},
            {"before_header": "/etc/y", "before": "", "after": "y\n"},
        ],
    }
    assert [(row.check.rpartition(": ")[2], row.expected, row.actual) for result in (units, files) for row in of_task(TASK, result)] == [
        ("a.service", "running", "not running"),
        ("b.service", "running", "not running"),
        ("c.service", "doesn't start at boot", "starts at boot"),
        ("/etc/x", "new", "old"),
        ("/etc/y", "y", ""),
    ]


def test_what_is_secret_stays_so():
    hidden = {"changed": True, "_ansible_no_log": True, "diff": [{"before_header": "/etc/k", "before": "old-key", "after": "new-key"}]}
    (row,) = of_task(TASK, hidden)
    assert (row.expected, row.actual) == (SECRET, SECRET)


COMPARED = "--- /var/lib/known\n+++ /tmp/now\n@@ -1,2 +1,3 @@\n chain forward {\n+\taccept\n-\tdrop\n }"


@pytest.mark.parametrize(
    ("result", "expected", "actual"),
    [
        ({"diff": {"before": "a\nb\nc\n", "after": "a\nB\nc\n"}}, "B", "b"),
        ({"diff": [{"before": "", "after": "a\nb\n"}, {}]}, "a\nb", ""),
        ({"diff": {"before": {"mode": "0644", "path": "/x"}, "after": {"mode": "0600", "path": "/x"}}}, "mode: 0600", "mode: 0644"),
        ({"diff": {"prepared": "--- a\n+++ b\n@@\n-old\n+new\n same"}}, "new", "old"),
        (
            {"diff": [], "state": "started", "enabled": True, "status": {"ActiveState": "inactive", "UnitFileState": "enabled"}},
            "started, enabled",
            "inactive, enabled",
        ),
        ({"enabled": False, "status": {"ActiveState": "active"}}, "disabled", "active, no unit file"),
        ({"stdout": "the running peers are others", "rc": 1}, "as declared", "the running peers are others"),
        ({"stdout": COMPARED, "rc": 1}, "\tdrop", "\taccept"),
        ({}, "as declared", "differs"),
        ({"censored": "hidden", "diff": {"before": "key", "after": "other"}}, SECRET, SECRET),
    ],
)
def test_a_changed_task_says_what_is_declared_and_what_is_there(result, expected, actual):
    assert sides(result) == (expected, actual)


def test_a_long_diff_is_cut_and_says_so():
    expected, _ = sides({"diff": {"before": "", "after": "\n".join(str(number) for number in range(1000))}})
    assert expected.splitlines()[-1] == "… 960 more lines"


def test_a_loop_gives_one_finding_for_each_changed_item():
    rows = [
        {"changed": True, "item": "clock", "diff": {"before": "", "after": "x"}},
        {"changed": False, "item": "shaping"},
        {"changed": True, "item": {"key": "secret"}, "_ansible_no_log": True, "censored": "hidden"},
        {
            "changed": True,
            "name": "wg-quick@wg0.service",
            "state": "started",
            "status": {"ActiveState": "failed", "UnitFileState": "enabled"},
        },
    ]
    found = list(of_task(TASK, {"changed": True, "results": rows}))
    assert [(row.check.removeprefix(TASK.name), row.expected) for row in found] == [
        (": clock", "x"),
        ("", SECRET),
        (": wg-quick@wg0.service", "started"),
    ]


def test_what_could_not_be_told_is_an_error_with_its_words():
    rows = [
        *of_failure(TASK, {"msg": "non-zero return code", "stderr": "no such table"}),
        *of_failure(TASK, {"results": [{"failed": False}, {"failed": True, "msg": "disk full"}]}),
        *of_failure(TASK, {"censored": "hidden"}),
        *of_silence(TASK, {"msg": "no answer"}),
    ]
    assert [(row.status, row.actual) for row in rows] == [
        ("error", "no such table"),
        ("error", "disk full"),
        ("error", SECRET),
        ("error", "no answer"),
    ]


@pytest.mark.parametrize(
    ("judged", "statuses", "said"),
    [
        (True, [], ["pass"]),
        (True, ["skipped"], ["pass"]),
        (False, [], ["error"]),
        (False, ["error"], []),
        (True, ["fail"], []),
        (True, ["error"], []),
    ],
)
def test_the_closing_word_on_a_host(judged, statuses, said):
    assert [row.status for row in of_host(TASK, judged, [finding(status) for status in statuses])] == said
