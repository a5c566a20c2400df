"""The history of what audits found: what comes, stays and goes, two writers at once, and files that can't be used."""

import sqlite3
import threading
from contextlib import closing

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import history as module
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import MIGRATIONS, History

DAYS = [f"2026-11-{day:02}T01:00:00Z" for day in range(1, 31)]
CAMERAS = ("a-cam1", "a-cam2", "b-cam1")


def finding(device="a-cam1", status="fail", check="time.zone", actual="UTC", **more):
    return Finding(device, device[0], check.partition(".")[0], check, status, "UTC+7", actual, **more)


def fine(device):
    return Finding(device, device[0], "device", "declared", "pass")


@pytest.fixture
def history(tmp_path):
    with closing(History(tmp_path / "history.db", DAYS[0])) as opened:
        yield opened


def audit(history, day, *findings, inventory=CAMERAS, scope=""):
    history.enter(DAYS[day], scope, 2, findings, inventory)


def stands(history, device="a-cam1"):
    return [(one.finding.check, one.finding.status, one.first, one.last) for one in history.of_device(device) if one.gone is None]


def test_a_finding_has_its_first_and_its_last_day_and_is_one(history):
    for day in range(3):
        audit(history, day, finding(), fine("a-cam2"))
    assert stands(history) == [("time.zone", "fail", DAYS[0], DAYS[2])]
    assert history.of_device("a-cam2") == ()
    (dated,) = history.dated([finding()])
    assert dated.since == DAYS[0]
    assert history.dated([finding(check="osd.text")])[0].since is None


def test_what_was_repaired_is_gone_and_what_comes_back_is_new(history):
    audit(history, 0, finding())
    audit(history, 1, fine("a-cam1"))
    audit(history, 2, finding())
    assert [(one.first, one.gone) for one in history.of_device("a-cam1")] == [(DAYS[2], None), (DAYS[0], DAYS[1])]
    assert history.dated([finding()])[0].since == DAYS[2]
    assert [one.first for one in history.of_device("a-cam1", DAYS[2])] == [DAYS[2]]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param([], id="not asked"),
        pytest.param([finding("b-cam1")], id="another was asked"),
        pytest.param([finding(status="error", check="reachable")], id="it was silent"),
        pytest.param([finding(status="error", check="reachable"), finding(check="osd.text")], id="it answered by half"),
    ],
)
def test_nothing_is_taken_for_repaired_that_wasnt_seen_to_be(history, second):
    audit(history, 0, finding())
    audit(history, 1, *second)
    assert ("time.zone", "fail", DAYS[0], DAYS[0]) in stands(history)


def test_a_silence_ends_when_the_device_is_heard_again(history):
    audit(history, 0, finding(status="error", check="reachable"))
    audit(history, 1, finding())
    assert stands(history) == [("time.zone", "fail", DAYS[1], DAYS[1])]


def test_a_device_that_the_inventory_no_longer_has_keeps_nothing(history):
    audit(history, 0, finding(), finding("b-cam1"))
    audit(history, 1, fine("a-cam2"), inventory=["a-cam2", "b-cam1"], scope="a-cam2")
    assert (stands(history), len(stands(history, "b-cam1"))) == ([], 1)


def test_two_findings_of_one_name_are_two(history):
    audit(history, 0, finding(actual="UTC"), finding(actual="UTC+1"))
    assert sorted(one.finding.actual for one in history.of_device("a-cam1")) == ["UTC", "UTC+1"]


def test_what_it_says_now_is_what_is_kept(history):
    audit(history, 0, finding(actual="UTC"))
    audit(history, 1, finding(actual={"zone": "Giờ Hà Nội"}, evidence="read"))
    (one,) = history.of_device("a-cam1")
    assert (one.finding.actual, one.finding.evidence, one.finding.expected) == ({"zone": "Giờ Hà Nội"}, "read", "UTC+7")


def test_a_clock_that_jumps_back_loses_nothing(history):
    audit(history, 9, finding(), finding(check="osd.text"))
    audit(history, 2, finding())
    assert stands(history) == [("time.zone", "fail", DAYS[9], DAYS[9])]
    assert all(one.gone is None or one.gone >= one.first for one in history.of_device("a-cam1"))
    assert len(history.runs()) == 2


def test_what_changed_since_a_day(history):
    audit(history, 0, finding(), finding("a-cam2"))
    audit(history, 1, finding(), finding("b-cam1"), fine("a-cam2"))
    assert [(one.finding.device, one.gone is None) for one in history.changed(DAYS[1])] == [("b-cam1", True), ("a-cam2", False)]


def test_the_runs_say_what_they_counted(history):
    audit(history, 0, finding(), finding("b-cam1", status="error"), fine("a-cam2"), scope="under_a")
    (run,) = history.runs()
    assert (run.at, run.scope, run.verdict, run.devices, run.failed, run.untold) == (DAYS[0], "under_a", 2, 3, 1, 1)


def test_what_is_over_is_forgotten_and_what_stands_is_not(history):
    audit(history, 0, finding(), finding("a-cam2"))
    audit(history, 1, finding(), fine("a-cam2"))
    audit(history, 9, finding())
    history.forget(DAYS[5])
    assert (len(stands(history)), history.of_device("a-cam2"), [run.at for run in history.runs()]) == (1, (), [DAYS[9]])


# --- the file -----------------------------------------------------------------------------------------------------------------


def test_two_audits_at_once_are_both_kept(tmp_path):
    ready = threading.Barrier(4)

    def write(device):
        ready.wait()
        for day in range(8):
            with closing(History(tmp_path / "history.db", DAYS[0])) as own:
                own.enter(DAYS[day], device, 2, [finding(device)], [])

    writers = [threading.Thread(target=write, args=(f"a-cam{number}",)) for number in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    with closing(History(tmp_path / "history.db", DAYS[0])) as own:
        assert len(own.runs()) == 32


def test_a_newer_ones_file_is_left_alone(tmp_path):
    path = tmp_path / "history.db"
    History(path, DAYS[0]).close()
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.raises(MotcuaError, match=r"a newer motcua wrote it \(version 99"):
        History(path, DAYS[1])
    assert path.read_bytes() == before


def test_an_older_ones_file_is_brought_up_with_all_that_it_has(tmp_path, monkeypatch):
    path = tmp_path / "history.db"
    with closing(History(path, DAYS[0])) as old:
        audit(old, 0, finding())
    monkeypatch.setattr(module, "MIGRATIONS", (*MIGRATIONS, "ALTER TABLE run ADD COLUMN later TEXT"))
    with closing(History(path, DAYS[1])) as new:
        assert len(stands(new)) == 1
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT later FROM run").fetchall() == [(None,)]


@pytest.mark.parametrize("content", [b"no database at all, but long enough to be looked at as one" * 20, None], ids=["text", "damaged"])
def test_a_file_that_isnt_readable_is_kept_aside_and_said(tmp_path, content):
    path = tmp_path / "history.db"
    with closing(History(path, DAYS[0])) as old:
        audit(old, 0, finding())
    damaged = content or b"\xff" * 100 + path.read_bytes()[100:]
    path.write_bytes(damaged)
    with closing(History(path, DAYS[1])) as new:
        assert "was set aside as history.db.broken-2026-11-02T010000Z" in new.notice
        audit(new, 1, finding())
    assert (tmp_path / "history.db.broken-2026-11-02T010000Z").read_bytes() == damaged


def test_a_full_disk_is_a_sentence_and_nothing_is_half_written(history):
    audit(history, 0, finding())
    pages = history._database.execute("PRAGMA page_count").fetchone()["page_count"]
    history._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(MotcuaError, match=r"history.db: the history can't be used \(database or disk is full\)"):
        audit(history, 1, *(finding(check=f"osd.{'x' * 500}{number}") for number in range(50)))
    assert (len(history.runs()), stands(history)) == (1, [("time.zone", "fail", DAYS[0], DAYS[0])])


def test_a_folder_that_cant_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MotcuaError, match="can't be used"):
        History(tmp_path / "file/history.db", DAYS[0])
