"""`motcua audit`: what it leaves behind and how it ends, with a playbook that is played."""

import json
import re
import resource
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, to_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import to_json as snapshots_to_json
from typer import Typer
from typer.testing import CliRunner

from cli import audit as module
from cli import background
from cli import history as history_module
from cli import player as playing
from tests.unit.provinces import unruled

from .judging import VALUES

LAB = "inventory/lab/province.yml"


@pytest.fixture
def audit(tmp_path, monkeypatch):
    """Run the command with an ansible-playbook that does what the test says."""

    def run(script, *arguments, findings=None, snapshots=()):
        player = tmp_path / "ansible-playbook"
        if findings is not None:
            (tmp_path / "played.json").write_text(to_json(findings, "now"))
            (tmp_path / "read.json").write_text(snapshots_to_json(snapshots, "now"), encoding="utf-8")
            beside = '"$(dirname $MOTCUA_FINDINGS)/snapshots.json"'
            script = f"cp {tmp_path}/played.json $MOTCUA_FINDINGS; cp {tmp_path}/read.json {beside}; {script}"
        player.write_text(f'#!/bin/sh\necho "$@" >{tmp_path}/arguments\n{script}\n')
        player.chmod(0o755)
        monkeypatch.setattr(playing, "at_the_controller", lambda command, _: [str(player), *command[1:]])
        monkeypatch.setenv("COLUMNS", "200")
        app = Typer()
        app.command()(module.audit)
        return CliRunner().invoke(app, ["-i", unruled(tmp_path), "--output", str(tmp_path / "reports"), *arguments])

    return run


def row(status, **values):
    return Finding("lang-giang-cam1", "lang-giang", "services", "services.upnp", status, **values)


@pytest.mark.parametrize(
    ("findings", "ended", "code"),
    [
        ([row("pass")], 0, 0),
        ([row("fail", expected=False, actual=True)], 0, 2),
        ([row("error", actual="no [bold]answer")], 4, 1),
        ([row("fail"), row("error")], 2, 2),
        ([], 0, 1),
        ([row("pass")], 2, 1),
    ],
)
def test_it_ends_as_the_findings_say(audit, tmp_path, findings, ended, code):
    done = audit(f"exit {ended}", findings=findings)
    assert done.exit_code == code, done.output
    latest = tmp_path / "reports" / "latest"
    written = {
        "findings.json",
        "snapshots.json",
        "findings.csv",
        "junit.xml",
        "motcua_audit.prom",
        "report.html",
        "playbook.log",
        "rules.json",
    }
    assert written == {file.name for file in latest.iterdir()}
    assert "Bộ phận Một cửa" in (latest / "report.html").read_text(encoding="utf-8")
    if any(finding.status in ("fail", "error") for finding in findings):
        assert "services.upnp" in done.output
    if code == 1 and findings and findings[0].status == "error":
        assert "no [bold]answer" in done.output


@pytest.mark.parametrize(
    ("upnp", "profile", "code"),
    [(False, "vendor-hardening", 0), (True, "vendor-hardening", 2), (None, "vendor-hardening", 1), (True, "level2", 0)],
    ids=["kept", "broken", "untold", "not asked for"],
)
def test_rules_judge_what_the_audit_read(audit, tmp_path, upnp, profile, code):
    values = VALUES["a-cam1"] | {"time.ntp": ["192.168.5.1"], "services.upnp": upnp}
    read = Snapshot("lang-giang-cam1", {key: value for key, value in values.items() if value is not None})
    done = audit("exit 0", "--profile", profile, findings=[row("pass")], snapshots=[read])
    assert done.exit_code == code, done.output
    counts = json.loads((tmp_path / "reports" / "latest" / "rules.json").read_text())["rules"].get("HD-04")
    assert counts == (None if profile == "level2" else {{False: "pass", True: "fail", None: "error"}[upnp]: 1})
    assert "1 devices:" in done.output
    assert ("HD-04" in done.output) == bool(code)


def test_it_never_applies_and_passes_the_limit_on(audit, tmp_path):
    audit("exit 0", "-l", "site_tan_dinh", findings=[row("pass")])
    arguments = (tmp_path / "arguments").read_text()
    assert "--check" in arguments.split() and "--diff" in arguments.split()
    assert "--limit site_tan_dinh" in arguments


def test_a_playbook_that_dies_is_one_sentence(audit, tmp_path):
    done = audit("echo '[ERROR]: the vault password is wrong.'; exit 1")
    assert done.exit_code == 1
    assert isinstance(done.exception, MotcuaError)
    sentence = str(done.exception)
    assert sentence.startswith("the audit ended with 1 before anything was judged: the vault password is wrong; its whole log is ")
    assert not (tmp_path / "reports" / "latest").exists()


def test_half_a_file_of_findings_is_no_pass(audit):
    done = audit("echo '{' >$MOTCUA_FINDINGS; exit 0")
    assert done.exit_code == 1
    assert isinstance(done.exception, MotcuaError)


def test_two_audits_in_one_second_keep_apart(audit, tmp_path):
    for _ in range(3):
        audit("exit 0", findings=[row("pass")])
    folders = [path for path in (tmp_path / "reports").iterdir() if path.is_dir() and not path.is_symlink()]
    assert len(folders) == 3
    assert (tmp_path / "reports" / "latest").resolve() in folders


def test_old_reports_go_and_nothing_else(audit, tmp_path, monkeypatch):
    reports = tmp_path / "reports"
    for name in (
        "2026-01-02T030405",
        "2026-01-02T030405-2",
        "2026-01-02T030405-10",
        "2026-02-01T000000",
        "verify/2026-01-01T000000",
        "of-2025",
    ):
        (reports / name).mkdir(parents=True)
    (reports / "2026-01-01T000000").symlink_to("of-2025")
    audit("exit 0", "--keep", "3", findings=[row("pass")])
    newest = (reports / "latest").resolve().name
    assert sorted(path.name for path in reports.iterdir() if path.is_dir()) == sorted(
        ["2026-01-01T000000", "2026-01-02T030405-10", "2026-02-01T000000", newest, "latest", "of-2025", "verify"]
    )
    assert (reports / "verify/2026-01-01T000000").is_dir()
    audit("exit 0", findings=[row("pass")])
    assert (reports / newest).is_dir(), "without --keep all stay"
    monkeypatch.setattr(shutil, "rmtree", lambda path: (_ for _ in ()).throw(PermissionError(13, "Permission denied")))
    done = audit("exit 0", "--keep", "1", findings=[row("pass")])
    assert done.exit_code == 0
    assert f"{reports}/{newest}: can't be deleted (Permission denied); delete it by hand" in done.output
    assert audit("exit 0", "--keep", "0", findings=[row("pass")]).exit_code == 2


def test_a_folder_that_is_none_is_said(audit, tmp_path):
    (tmp_path / "reports").write_text("a file")
    done = audit("exit 0", findings=[row("pass")])
    assert isinstance(done.exception, MotcuaError)
    assert "name another" in str(done.exception)
    assert not (tmp_path / "arguments").exists()


def test_since_when_a_finding_stands_is_kept_from_one_audit_to_the_next(audit, tmp_path, monkeypatch):
    first = audit("exit 2", findings=[row("fail", expected=False, actual=True)])
    assert first.exit_code == 2
    with closing(sqlite3.connect(tmp_path / "reports/history.db")) as database, database:
        database.execute("UPDATE finding SET first = '2026-03-01T01:30:00Z'")
    second = audit("exit 2", findings=[row("fail", expected=False, actual=True)])
    assert ("1 new, 0 gone" in first.output, "Since the audit before" in second.output) == (True, False)
    assert "01/03/2026 08:30" in (tmp_path / "reports/latest/report.html").read_text(encoding="utf-8")


def test_an_audit_whose_history_cant_be_kept_ends_as_it_would(audit, tmp_path):
    (tmp_path / "reports/history.db").mkdir(parents=True)
    done = audit("exit 0", findings=[row("pass")])
    assert done.exit_code == 0
    assert "history.db: the history can't be used" in done.output and "this audit isn't entered" in done.output
    assert (tmp_path / "reports/latest/report.html").exists()


def test_what_was_read_of_the_devices_is_kept(audit, tmp_path):
    for days, name in enumerate(("Quầy 1", "Quầy 2")):
        done = audit("exit 0", findings=[row("pass")], snapshots=[Snapshot("lang-giang-cam1", {"name": name})])
        assert ("1 configurations changed" in done.output) == bool(days)
    with closing(History(tmp_path / "reports/history.db", "now")) as history:
        assert history.snapshot("lang-giang-cam1").text == 'name: "Quầy 2"\n'


def test_what_is_over_is_forgotten_after_the_days_that_the_province_says(audit, tmp_path, monkeypatch):
    audit("exit 2", findings=[row("fail")])
    audit("exit 0", findings=[row("pass")])
    with closing(sqlite3.connect(tmp_path / "reports/history.db")) as database, database:
        database.execute("UPDATE finding SET gone = '2020-01-01T00:00:00Z'")
    audit("exit 0", findings=[row("pass")])
    with closing(History(tmp_path / "reports/history.db", "now")) as history:
        assert history.of_device("lang-giang-cam1") == ()


def test_a_disk_that_is_full_is_a_sentence_and_no_report_of_half_a_page(audit, tmp_path):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (16_000, hard))  # nothing of an audit but its findings is smaller
    try:
        done = audit("exit 0", findings=[row("pass")])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert done.exit_code == 1
    assert "history.db: the history can't be used" in done.output
    assert re.search(r"report\.html: can't be written \(File too large\); make room", str(done.exception))
    (folder,) = [path for path in (tmp_path / "reports").iterdir() if path.is_dir()]
    assert {path.name for path in folder.iterdir()} == {"playbook.log", "findings.json", "snapshots.json"}


def test_a_clock_that_jumps_back_loses_no_finding(audit, tmp_path, monkeypatch):
    drift = [row("fail", expected=False, actual=True)]
    assert audit("exit 0", findings=drift).exit_code == 2

    class Jumped(datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) - timedelta(days=365)

    monkeypatch.setattr(module, "datetime", Jumped)
    done = audit("exit 0", findings=drift)
    assert done.exit_code == 2 and "services.upnp" in done.output
    assert (tmp_path / "reports/latest").resolve().name.startswith(f"{Jumped.now():%Y}")
    assert audit("exit 0", findings=[row("pass")]).exit_code == 0


def test_a_book_of_rows_is_printed_by_check(audit):
    rows = [Finding(f"cam{number:03}", None, "services", "services.upnp", "fail") for number in range(400)]
    rows += [Finding(f"cam{number:03}", None, "system", "system.name", "error") for number in range(100)]
    said = audit("exit 2", findings=rows).output
    assert "cam399" in said and "cam099" in said, "500 rows are printed one by one"
    said = audit("exit 2", findings=[*rows, Finding("cam777", None, "system", "system.name", "fail")]).output
    assert re.search(r"services\.upnp +400 +cam000\b", said) and re.search(r"system\.name +1 +100 +cam777\b", said)
    assert said.index("services.upnp") < said.index("system.name"), "what most devices have comes first"
    assert "501 rows, by check" in said and "cam399" not in said


def test_snapshots_that_are_missing_are_no_pass(audit):
    done = audit("rm $(dirname $MOTCUA_FINDINGS)/snapshots.json; exit 0", findings=[row("pass")])
    assert done.exit_code == 1
    assert isinstance(done.exception, MotcuaError)


@pytest.fixture
def past(audit, tmp_path, monkeypatch):
    """Run `motcua history` over the reports of one audit with one finding and one without."""
    audit("exit 2", findings=[row("fail", expected="[bold]off", actual=None)])
    assert "0 new, 1 gone" in audit("exit 0", findings=[row("pass")]).output
    app = Typer()
    app.command()(history_module.history)
    return lambda *arguments: CliRunner().invoke(app, ["-i", LAB, "--output", str(tmp_path / "reports"), *arguments])


def test_what_was_found_at_a_device_is_shown_with_its_times(past):
    said = past("lang-giang-cam1").output
    assert "services.upnp" in said and "differs" in said and "[bold]off" in said
    assert said.count(f"{datetime.now(ZoneInfo('Asia/Ho_Chi_Minh')):%Y-%m-%d}") == 3, "first seen, last seen, gone"
    assert "lang-giang-cam1" in past().output, "without a device each row says whose it is"
    assert past("tan-dinh-cam1").output == "Nothing was found in this time at tan-dinh-cam1.\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nobody"], "nobody: is no device of"),
        (["--since", "yesterday"], "--since yesterday: is no time; write 36h"),
        (["--output", "/nowhere"], "--output /nowhere: has no history.db; run 'motcua audit' first"),
    ],
)
def test_what_cant_be_shown_is_a_sentence(past, arguments, sentence):
    assert str(past(*arguments).exception).startswith(sentence)


def test_how_far_back():
    now = datetime(2026, 3, 10, 7, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
    said = [history_module.utc(history_module.began(since, now)) for since in ("36h", "7d", "1w", "2026-03-01")]
    assert said == ["2026-03-08T12:00:00Z", "2026-03-03T00:00:00Z", "2026-03-03T00:00:00Z", "2026-02-28T17:00:00Z"]


def test_the_report_says_what_came_and_went_since_the_audit_before(audit, tmp_path):
    audit("exit 2", findings=[row("fail", expected=False, actual=True)])
    first = (tmp_path / "reports/latest/report.html").read_text(encoding="utf-8")
    yesterday = (f"{datetime.now(UTC) - timedelta(days=1):%Y-%m-%dT%H:%M:%SZ}",)
    with closing(sqlite3.connect(tmp_path / "reports/history.db")) as database, database:
        database.execute("UPDATE finding SET first = ?", yesterday)
        database.execute("UPDATE run SET at = ?", yesterday)
    other = Finding("lang-giang-cam2", "lang-giang", "time", "time.zone", "fail", "Asia/Ho_Chi_Minh", "UTC")
    passed = Finding("lang-giang-cam1", "lang-giang", "device", "declared", "pass")
    audit("exit 2", findings=[passed, other])
    second = (tmp_path / "reports/latest/report.html").read_text(encoding="utf-8")
    assert 'id="news"' not in first
    news = second[second.index('id="news"') : second.index('id="causes"')]
    came, gone = news[: news.index("Đã hết")], news[news.index("Đã hết") :]
    assert ("lang-giang-cam2" in came, "lang-giang-cam1" in came) == (True, False)
    assert ("lang-giang-cam1" in gone, "lang-giang-cam2" in gone) == (True, False)


def test_a_broken_outline_is_said_and_takes_no_audit_away(audit, tmp_path, monkeypatch):
    def broken(folder):
        raise ModelError(f"{folder}/communes.geojson: is no GeoJSON of polygons; replace it")

    monkeypatch.setattr(background, "read_areas", broken)
    done = audit("exit 2", findings=[row("fail", expected=False, actual=True)])
    assert done.exit_code == 2
    assert "communes.geojson: is no GeoJSON of polygons" in done.output
    assert (tmp_path / "reports/latest/report.html").exists()
