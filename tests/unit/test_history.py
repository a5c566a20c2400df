"""The history of what audits found: what comes, stays and goes, two writers at once, and files that can't be used."""

import resource
import shutil
import sqlite3
import threading
from contextlib import closing, suppress
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import history as module
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import MIGRATIONS, Change, History, Kept
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot

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


def audit(history, day, *findings, inventory=CAMERAS, scope="", verdict=2, snapshots=()):
    return history.enter(DAYS[day], scope, verdict, findings, inventory, snapshots)


def camera(device="a-cam1", unknown=(), **values):
    return Snapshot(device, {key.replace("_", "."): value for key, value in values.items()}, {}, dict.fromkeys(unknown, "it didn't answer"))


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
    for day in range(10, 16):
        audit(history, day, finding())
    history.forget(3)
    assert (len(stands(history)), history.of_device("a-cam2"), len(history.runs())) == (1, (), 7)


def test_an_empty_history_has_nothing_to_forget(history):
    history.forget(1)
    assert history.runs() == ()


def test_a_clock_that_is_wrong_for_a_while_makes_nothing_be_forgotten(history):
    audit(history, 0, finding())
    audit(history, 1, fine("a-cam1"))
    history.enter("2099-01-01T00:00:00Z", "", 0, [fine("a-cam1")], CAMERAS)
    history.forget(1)
    assert (len(history.runs()), len(history.of_device("a-cam1"))) == (3, 1)


# --- configurations -----------------------------------------------------------------------------------------------------------


def test_a_configuration_is_kept_when_it_changed_and_only_then(history):
    on, off = camera(services_upnp=True), camera(services_upnp=False)
    changed = [audit(history, day, snapshots=[one]).changed for day, one in enumerate([off, off, on, on, off])]
    assert changed == [0, 0, 1, 0, 1]
    assert [(one.at, one.before, one.after) for one in history.changes("")] == [
        (DAYS[4], on.text, off.text),
        (DAYS[2], off.text, on.text),
    ]
    assert history.changes(DAYS[3], "a-cam2") == ()
    assert [history.snapshot_at("a-cam1", DAYS[day]) for day in (1, 3, 9)] == [
        Kept("a-cam1", off.text, DAYS[0], DAYS[2]),
        Kept("a-cam1", on.text, DAYS[2], DAYS[4]),
        Kept("a-cam1", off.text, DAYS[4], DAYS[4]),
    ]
    assert history.snapshot_at("a-cam1", "2026-10-01T00:00:00Z") is None
    assert history.snapshot("a-cam1", first=True) == history.snapshot_at("a-cam1", DAYS[0])


@pytest.mark.parametrize(
    "silent", [[], [Snapshot("a-cam1")], [camera(unknown=["services.upnp"])], [camera("a-cam2", time_zone="UTC")]], ids=str
)
def test_a_device_that_couldnt_be_read_keeps_its_configuration(history, silent):
    audit(history, 0, snapshots=[camera(services_upnp=True)])
    assert audit(history, 1, finding(status="error"), snapshots=silent).changed == 0
    assert history.snapshot("a-cam1") == Kept("a-cam1", "services.upnp: true\n", DAYS[0], DAYS[0])


def test_what_couldnt_be_told_stands_as_it_was_beside_what_could(history):
    audit(history, 0, snapshots=[camera(users_admin_role="admin", users_ky_role="viewer", name="Quầy 1")])
    audit(history, 1, snapshots=[camera(unknown=["users"], name="Quầy 2")])
    audit(history, 2, snapshots=[camera(unknown=["use"], name="Quầy 3")])
    assert history.snapshot_at("a-cam1", DAYS[1]).text == 'name: "Quầy 2"\nusers.admin.role: "admin"\nusers.ky.role: "viewer"\n'
    assert history.snapshot_at("a-cam1", DAYS[2]).text == 'name: "Quầy 3"\n'


def test_a_router_that_became_a_camera_is_a_change(history):
    audit(history, 0, snapshots=[Snapshot("a-cam1", config="/ip address\nadd: [")])
    audit(history, 1, snapshots=[camera(unknown=["users"], name="Quầy 1")])
    assert history.changes("") == (Change("a-cam1", DAYS[1], "/ip address\nadd: [", 'name: "Quầy 1"\n'),)


def test_the_last_configuration_is_that_of_the_last_audit_whatever_the_clock_says(history):
    audit(history, 9, snapshots=[camera(name="1")])
    audit(history, 2, snapshots=[camera(name="2")])
    assert history.snapshot("a-cam1").text == 'name: "2"\n'
    assert [one.after for one in history.changes("")] == ['name: "2"\n']


def test_the_configuration_that_stands_outlives_any_retention(history):
    for day, name in enumerate("aab"):
        audit(history, day, snapshots=[camera(name=name)])
    for day in range(20, 28):
        audit(history, day)
    history.forget(3)
    assert history.snapshot("a-cam1", first=True) == Kept("a-cam1", 'name: "b"\n', DAYS[2], DAYS[2])


def test_a_device_that_the_inventory_no_longer_has_is_forgotten_with_its_configuration(history):
    audit(history, 0, snapshots=[camera("b-cam1", name="b")])
    for day in range(20, 29):
        audit(history, day, inventory=["a-cam1"])
    assert history.snapshot("b-cam1") is not None
    history.forget(1)
    assert history.snapshot("b-cam1") is None


# --- over time, and who was told what -----------------------------------------------------------------------------------------


def test_a_day_is_that_of_the_province_and_counts_as_its_last_whole_audit_did(history):
    history.enter("2026-11-01T16:00:00Z", "", 2, [finding(), finding("a-cam2"), finding(check="osd.text")], CAMERAS)
    history.enter("2026-11-01T18:00:00Z", "", 2, [finding(), finding("a-cam2", "waived")], CAMERAS)
    history.enter("2026-11-02T01:00:00Z", "a-cam1", 2, [], CAMERAS)
    trend = history.trend("", ZoneInfo("Asia/Ho_Chi_Minh"))
    assert [(day, run.devices, run.failed, run.differing, run.waived) for day, run in trend.items()] == [
        (date(2026, 11, 1), 2, 3, 2, 0),
        (date(2026, 11, 2), 2, 1, 1, 1),
    ]


def told(history, receiver="mail"):
    untold = history.untold(receiver, len(history.runs()))
    return [[(one.finding.device, one.finding.check) for one in side] for side in (untold.came, untold.gone)], untold.verdict


def test_a_receiver_is_told_what_changed_since_it_was_last_told(history):
    audit(history, 0, finding())
    assert told(history) == ([[("a-cam1", "time.zone")], []], None)
    history.tell("mail", 1)
    audit(history, 1, finding(), finding("a-cam2"), finding("b-cam1"))  # nobody was told of this one
    audit(history, 2, fine("a-cam1"), finding("a-cam2"), fine("b-cam1"), verdict=0)
    assert told(history) == ([[("a-cam2", "time.zone")], [("a-cam1", "time.zone")]], 2)
    assert told(history, "webhook")[0] == [[("a-cam2", "time.zone")], []]
    history.tell("mail", 3)
    history.tell("mail", 2)  # one that was slower
    assert told(history) == ([[], []], 0)
    audit(history, 3, scope="b-cam1")
    assert told(history)[1] is None, "of these limits nobody was ever told"


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


def test_an_audit_that_is_stopped_while_it_is_entered_isnt_entered(history):
    with pytest.raises(ZeroDivisionError):
        audit(history, 0, finding(), snapshots=(1 / 0 for _ in "a"))
    assert (history.runs(), stands(history)) == ((), [])
    audit(history, 1, finding())
    assert len(history.runs()) == 1


def test_a_full_disk_is_a_sentence_and_nothing_is_half_written(history):
    audit(history, 0, finding())
    pages = history._database.execute("PRAGMA page_count").fetchone()["page_count"]
    history._database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(MotcuaError, match=r"history.db: the history can't be used \(database or disk is full\)"):
        audit(history, 1, *(finding(check=f"osd.{'x' * 500}{number}") for number in range(50)))
    assert (len(history.runs()), stands(history)) == (1, [("time.zone", "fail", DAYS[0], DAYS[0])])


def test_a_disk_that_is_full_for_the_log_too_is_a_sentence(tmp_path):
    """No file may grow any more, as on a full disk; afterwards everything goes on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with closing(History(tmp_path / "history.db", DAYS[0])) as history:
        audit(history, 0, finding(), snapshots=[camera(name="1")])
        resource.setrlimit(resource.RLIMIT_FSIZE, (history._path.with_name("history.db-wal").stat().st_size, hard))
        try:
            with pytest.raises(MotcuaError, match=r"history\.db: the history can't be used"):
                audit(history, 1, finding(check="osd.text"), snapshots=[camera(name="2" * 50_000)])
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert (len(history.runs()), history.snapshot("a-cam1").text) == (1, 'name: "1"\n')
        audit(history, 2, finding())
    with closing(History(tmp_path / "history.db", DAYS[3])) as history:
        assert (history.notice, len(history.runs()), stands(history)) == (None, 2, [("time.zone", "fail", DAYS[0], DAYS[2])])


def test_a_folder_that_cant_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(MotcuaError, match="can't be used"):
        History(tmp_path / "file/history.db", DAYS[0])


def test_damage_in_the_middle_is_seen_when_it_is_opened(tmp_path):
    path = tmp_path / "history.db"
    with closing(History(path, DAYS[0])) as old:
        audit(old, 0, *(finding(check=f"osd.{number}", actual="x" * 300) for number in range(200)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2 :] = b"\x55" * (len(content) - len(content) // 2)
    path.write_bytes(content)
    with closing(History(path, DAYS[1])) as new:
        assert "was set aside" in new.notice


def test_two_that_find_a_broken_file_at_once_begin_one_new_history(tmp_path, monkeypatch):
    set_aside, both = History._set_aside, threading.Barrier(2)

    def with_another_beside_it(self, at):
        with suppress(threading.BrokenBarrierError):
            both.wait(0.5)
        return set_aside(self, at)

    monkeypatch.setattr(History, "_set_aside", with_another_beside_it)
    path = tmp_path / "history.db"
    path.write_bytes(b"no database at all, but long enough to be looked at as one" * 20)
    ready, notices = threading.Barrier(4), []

    def write(device):
        ready.wait()
        with closing(History(path, DAYS[0])) as own:
            notices.append(own.notice)
            own.enter(DAYS[0], device, 2, [finding(device)], [])

    writers = [threading.Thread(target=write, args=(f"a-cam{number}",)) for number in range(4)]
    for one in writers:
        one.start()
    for one in writers:
        one.join()
    with closing(History(path, DAYS[0])) as own:
        assert (len(own.runs()), len(notices), sum(bool(one) for one in notices)) == (4, 4, 1)


def test_a_power_cut_at_any_moment_leaves_whole_audits(tmp_path):
    """What a disk holds when the power goes: the file and any part of its log; also while an audit is being written."""
    path = tmp_path / "history.db"
    with closing(History(path, DAYS[0])) as history:
        for day in range(3):
            audit(history, day, finding(), finding(check=f"osd.{day}"), snapshots=[camera(name=str(day))])
        with history.writing() as database:
            database.execute("DELETE FROM finding")
            shutil.copytree(tmp_path, tmp_path / "cut", dirs_exist_ok=False, ignore=lambda *_: ["history.db-shm", "cut"])
    log = (tmp_path / "cut/history.db-wal").read_bytes()
    seen = set()
    for size in [*range(0, len(log), 2048), len(log)]:
        copy = tmp_path / f"at-{size}"
        copy.mkdir()
        shutil.copy(tmp_path / "cut/history.db", copy)
        (copy / "history.db-wal").write_bytes(log[:size])
        with closing(History(copy / "history.db", DAYS[9])) as left:
            assert left.notice is None
            runs = len(left.runs())
            assert len(left.of_device("a-cam1")) == (runs + 1 if runs else 0)
            assert (left.snapshot("a-cam1") is None) == (runs == 0)
            seen.add(runs)
    assert seen == {0, 1, 2, 3}
