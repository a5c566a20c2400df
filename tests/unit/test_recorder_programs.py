"""The recorder's own programs: what is entered into the index, and what may be deleted and what never."""

import json
import os
import sqlite3
import subprocess
import threading
import time
from datetime import UTC, datetime

import pytest

from tests.unit.footage import DAY, FILES, NOW, pictures, program, save, sha256, written  # isort: skip  it says where the package is

from footage import holds
from footage.clean import clean
from footage.index import open_index
from footage.segment import Segment
from footage.settings import load
from footage.shards import ShardMissing, prepare

INDEX, CLEAN = program("motcua-index"), program("motcua-clean")


class Recordings:
    """A shard; ``free`` has room for so many pieces less than there are."""

    def __init__(self, folder):
        self.root, self.room = folder / "shard", None
        self.root.mkdir()
        (self.root / ".motcua-shard").touch()
        self.settings = load(save(folder / "recorder.json", written(self.root)))
        self.shelf = INDEX.Shelf(self.root)

    def piece(self, camera, age_s, content=None, wrote_s=None):
        """Write a piece as a recorder does; it was last written to at its minute's end."""
        start_s = NOW - age_s
        path = self.root / ".incoming" / camera / f"{datetime.fromtimestamp(start_s, UTC):%Y%m%dT%H%M%SZ}.ts"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(pictures() if content is None else content)
        os.utime(path, (start_s + (60 if wrote_s is None else wrote_s),) * 2)
        return f"{camera}/{path.name}"

    def enter(self, now_s=NOW):
        before = len(self.there())
        assert self.shelf.run(self.settings, now_s), self.shelf.said
        return len(self.there()) - before

    def rows(self, camera="a-cam1"):
        with open_index(self.root, readonly=True) as index:
            return index.segments(camera, 0, NOW + DAY)

    def hold(self, camera, from_age_s, to_age_s):
        holds.add(self.root, holds.Hold(camera, NOW - from_age_s, NOW - to_age_s, "case 7"))

    def there(self):
        """The pieces in their places."""
        return sorted(f"{path.parent.name}/{path.name}" for path in self.root.glob("[!.]*/*.ts"))

    def waiting(self):
        return sorted(f"{path.parent.name}/{path.name}" for path in self.root.glob(".incoming/*/*.ts"))

    def free(self, _shard):
        return 100 if self.room is None or len(self.there()) + len(self.waiting()) <= self.room else 0

    def clean(self):
        with open_index(self.root) as index:
            before = set(self.there() + self.waiting())
            done = clean(index, self.settings, NOW, self.free)
        return sorted(before - {*self.there(), *self.waiting()}), done


@pytest.fixture
def recordings(tmp_path):
    found = Recordings(tmp_path)
    yield found
    found.shelf.close()


def test_finished_pieces_are_entered_once_with_their_hash(recordings):
    finished = recordings.piece("a-cam1", 120)
    growing = recordings.piece("a-cam1", 60, b"grows")
    (recordings.root / "lost+found").mkdir()
    (recordings.root / ".incoming/a-cam1/notes.txt").write_text("not ours")
    assert (recordings.enter(), recordings.enter()) == (1, 0)
    (one,) = recordings.rows()
    assert one == Segment("a-cam1", NOW - 120, NOW - 60, len(pictures()), sha256(pictures()), "live")
    assert (one.path, recordings.there(), recordings.waiting()) == (finished, [finished], [growing])


@pytest.mark.parametrize("since_s", [0.01, 90, 1800])
def test_what_is_written_while_a_round_lasts_still_grows(recordings, since_s):
    """The round's time is older than what is written during it."""
    growing = recordings.piece("a-cam1", 60, wrote_s=60 + since_s)
    assert (recordings.enter(), recordings.waiting()) == (0, [growing])


@pytest.mark.parametrize(
    ("content", "wrote_s", "seconds"),
    [
        (pictures(60), 60, 60),
        (pictures(20), 60, 20),  # the camera stalled, and the file was closed at its next picture
        (pictures(40, jump_at=20, jump_s=20), 60, 20),  # what came after the stall isn't counted
        (pictures(60, jump_at=30, jump_s=365 * DAY), 60, 30),  # the camera's clock jumps by a year
        (pictures(60, jump_at=30, jump_s=-600), 60, 30),
        (pictures(60, begin_s=(1 << 33) / 90000 - 30), 60, 60),  # the counter of an MPEG stream begins again every 26 hours
        (pictures(120), 60, 61),  # a clock that runs at double speed films nothing in the future
        (pictures(30) + b"garbage" * 500, 30, 30),
        (pictures(30)[: 188 * 40 + 100], 30, 20),  # the power went in the middle of a packet
    ],
)
def test_a_piece_lasts_as_long_as_its_pictures_do(recordings, content, wrote_s, seconds):
    recordings.piece("a-cam1", 600, content, wrote_s)
    assert recordings.enter() == 1
    (one,) = recordings.rows()
    assert one.end_s - one.start_s == pytest.approx(seconds, abs=0.6)


def test_what_holds_no_picture_is_said_and_not_listed(recordings, capsys):
    recordings.piece("a-cam1", 600, b"\x00garbage" * 1000)
    recordings.piece("a-cam1", 500, b"")
    whole = recordings.piece("a-cam1", 400)
    assert recordings.enter() == 1
    assert [one.path for one in recordings.rows()] == recordings.there() == [whole]
    assert capsys.readouterr().out.count("there is no picture in it") == 2


def test_a_clock_that_was_set_back_overwrites_nothing(recordings):
    first = recordings.piece("a-cam1", 600, pictures(salt=b"first"))
    recordings.enter()
    recordings.piece("a-cam1", 600, pictures(salt=b"second"))
    recordings.enter()
    assert (recordings.root / first).read_bytes() == pictures(salt=b"first")
    assert [(one.start_s, one.sha256) for one in recordings.rows()] == [
        (NOW - 600, sha256(pictures(salt=b"first"))),
        (NOW - 599, sha256(pictures(salt=b"second"))),
    ]


def test_a_piece_that_still_grows_isnt_entered_though_the_clock_was_set_back(recordings):
    recordings.piece("a-cam1", -365 * DAY, wrote_s=-365 * DAY - 500)  # named in a year from now, written some minutes ago
    growing = recordings.piece("a-cam1", 60, wrote_s=58)
    assert recordings.enter() == 1
    assert recordings.waiting() == [growing]


@pytest.mark.parametrize(
    ("day", "clock", "kept"),
    [(26, "09:59", True), (26, "10:00", True), (26, "10:29", True), (26, "10:30", False), (28, "10:15", False), (26, "09:58", False)],
)
def test_outside_its_hours_nothing_is_kept(tmp_path, day, clock, kept):
    """Thursday the 26th from 17:00 to 17:30 in Việt Nam; a piece that reaches into the hours stays."""
    recordings = Recordings(tmp_path)
    cameras = {"a-cam1": {"shard": str(recordings.root), "retention_days": 30, "hours": [[3, "17:00", "17:30"]]}}
    recordings.settings = load(save(tmp_path / "recorder.json", written(recordings.root, cameras=cameras)))
    start_s = datetime.fromisoformat(f"2026-11-{day}T{clock}:30+00:00").timestamp()
    recordings.piece("a-cam1", NOW - start_s)
    assert recordings.enter(NOW + 7 * DAY) == int(kept)
    assert recordings.waiting() == []


def test_footage_goes_when_its_retention_ends_and_not_before(recordings):
    kept = [recordings.piece("a-cam1", 29 * DAY), recordings.piece("b-cam1", 1 * DAY), recordings.piece("left-cam1", 29 * DAY)]
    old = [recordings.piece("a-cam1", 31 * DAY), recordings.piece("b-cam1", 3 * DAY), recordings.piece("left-cam1", 31 * DAY)]
    recordings.enter()
    gone, done = recordings.clean()
    assert (gone, done.aged, done.spaced) == (sorted(old), 3, 0)
    assert recordings.there() == sorted(kept)
    assert recordings.clean()[0] == []


@pytest.mark.parametrize("days", [10, 90])
def test_footage_of_a_camera_that_was_retired_stays_as_long_as_was_said_then_and_no_longer(tmp_path, days):
    recordings = Recordings(tmp_path)
    recordings.settings = load(save(tmp_path / "recorder.json", written(recordings.root) | {"former": {"left-cam1": days}}))
    kept, old = (recordings.piece("left-cam1", age * DAY) for age in (days - 1, days + 1))
    recordings.enter()
    assert recordings.clean()[0] == [old]
    assert recordings.there() == [kept]


def test_a_full_disk_costs_the_oldest_first_whoever_owns_it(recordings):
    pieces = [
        recordings.piece(camera, hours * 3600)
        for camera, hours in (("a-cam1", 9), ("b-cam1", 8), ("a-cam1", 7), ("b-cam1", 6), ("a-cam1", 1), ("b-cam1", 1))
    ]
    recordings.enter()
    recordings.room = 4
    gone, done = recordings.clean()
    assert (gone, done.spaced, done.young, done.first) == (pieces[:2], 2, 2, pieces[0])
    assert recordings.there() == sorted(pieces[2:])


def test_what_is_held_is_never_deleted(recordings):
    old, oldest = recordings.piece("a-cam1", 40 * DAY), recordings.piece("a-cam1", 50 * DAY)
    recordings.enter()
    recordings.hold("a-cam1", 51 * DAY, 49 * DAY)
    recordings.room = 0
    assert recordings.clean()[0] == [old]
    assert recordings.there() == [oldest]


def test_where_the_holds_cant_be_read_nothing_is_deleted(recordings):
    recordings.piece("a-cam1", 40 * DAY)
    recordings.enter()
    (recordings.root / "holds.json").write_text('[{"camera": "a-c')
    recordings.room = 0
    with pytest.raises(holds.HoldsUnknown, match=r"holds\.json: can't be read, so what is held isn't known and nothing is deleted"):
        recordings.clean()
    assert len(recordings.there()) == 1


def test_a_disk_too_full_to_enter_anything_is_cleaned_all_the_same(recordings):
    recordings.enter()  # an empty index
    first, second = recordings.piece("a-cam1", 600), recordings.piece("a-cam1", 300)
    growing = recordings.piece("a-cam1", 30)
    recordings.room = 2
    assert recordings.clean()[0] == [first]
    recordings.room = 0
    assert recordings.clean()[0] == [second]
    assert recordings.waiting() == [growing]


def test_a_piece_that_cant_be_read_keeps_no_other_from_being_entered(recordings):
    recordings.piece("a-cam1", 600)
    broken = recordings.piece("b-cam1", 600)
    whole = recordings.piece("c-cam1", 600)
    (recordings.root / ".incoming" / broken).unlink()
    (recordings.root / ".incoming" / broken).mkdir()
    os.utime(recordings.root / ".incoming" / broken, (NOW - 600,) * 2)
    assert not recordings.shelf.run(recordings.settings, NOW)
    assert "Is a directory" in recordings.shelf.said
    assert len(recordings.rows()) == len(recordings.rows("c-cam1")) == 1
    assert whole in recordings.there()


# --- an index that is gone or of another kind ------------------------------------------------------------------------------


@pytest.mark.parametrize("damage", ["missing", "garbage", "torn"])
def test_an_index_that_is_gone_is_made_again_from_the_footage_and_the_holds_stay(recordings, damage, capsys):
    for minutes in range(10, 20):
        recordings.piece("a-cam1", minutes * 60, pictures(60 if minutes != 15 else 20), 60 if minutes != 15 else 20)
    recordings.piece("b-cam1", 600)
    recordings.enter()
    recordings.hold("a-cam1", 900, 800)
    before = recordings.rows() + recordings.rows("b-cam1")
    recordings.shelf.close()
    file = recordings.root / "index.db"
    if damage == "missing":
        file.unlink()
    elif damage == "garbage":
        file.write_bytes(b"no database, surely not one" * 400)
    else:
        file.write_bytes(file.read_bytes()[:4096] + b"\xff" * (file.stat().st_size - 4096))
    recordings.shelf.run(recordings.settings, NOW)
    recordings.enter()
    assert recordings.rows() + recordings.rows("b-cam1") == before
    said = capsys.readouterr().out
    assert "a-cam1: 10 pieces that weren't listed are" in said
    assert damage == "missing" or "it is set aside as index.db.broken-" in said
    with open_index(recordings.root, readonly=True) as index:
        assert index.held("a-cam1", NOW - 850, NOW - 840)


def test_an_index_and_holds_that_are_both_gone_delete_nothing(recordings):
    recordings.piece("a-cam1", 40 * DAY)
    recordings.enter()
    recordings.shelf.close()
    (recordings.root / "index.db").unlink()
    (recordings.root / "holds.json").unlink()
    recordings.enter()
    with pytest.raises(holds.HoldsUnknown):
        recordings.clean()


def test_what_was_deleted_by_hand_is_no_longer_listed(recordings):
    gone, stays = recordings.piece("a-cam1", 600), recordings.piece("a-cam1", 500)
    recordings.enter()
    (recordings.root / gone).unlink()
    recordings.enter()
    assert [one.path for one in recordings.rows()] == [stays]


FORMER = """
CREATE TABLE segment (path TEXT PRIMARY KEY, camera TEXT NOT NULL, start_s REAL NOT NULL, end_s REAL NOT NULL,
  bytes INTEGER NOT NULL, sha256 TEXT NOT NULL, source TEXT NOT NULL);
CREATE INDEX segment_by_time ON segment (camera, start_s);
CREATE TABLE hold (camera TEXT NOT NULL, start_s REAL NOT NULL, end_s REAL NOT NULL, reason TEXT NOT NULL);
"""


def test_the_former_index_is_brought_over_with_its_holds(recordings):
    content = pictures(60)
    for minutes in (10, 20):
        recordings.piece("a-cam1", minutes * 60, content)
    (recordings.root / ".incoming/a-cam1").rename(recordings.root / "a-cam1")
    ((name, start_s), (unlisted, _)) = [
        (path.name, NOW - age) for path, age in zip(sorted((recordings.root / "a-cam1").iterdir()), (1200, 600), strict=True)
    ]
    with sqlite3.connect(recordings.root / "index.db") as former:
        former.execute("PRAGMA journal_mode=WAL")
        former.executescript(FORMER)
        former.execute(
            "INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?)",
            (f"a-cam1/{name}", "a-cam1", start_s, start_s + 60.5, len(content), sha256(content), "live"),
        )
        former.execute("INSERT INTO hold VALUES ('a-cam1', ?, ?, 'case 7')", (start_s, start_s + 30))
    former.close()
    recordings.enter()
    first, second = recordings.rows()
    assert first == Segment("a-cam1", start_s, start_s + 60.5, len(content), sha256(content), "live")
    assert (second.path, second.sha256) == (f"a-cam1/{unlisted}", sha256(content))
    assert holds.read(recordings.root) == [holds.Hold("a-cam1", start_s, start_s + 30, "case 7")]


# --- the programs ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def installed(recordings, monkeypatch, tmp_path):
    """Run a program's main as the timer does: (exit code)."""
    monkeypatch.setattr("footage.settings.PATH", tmp_path / "recorder.json")
    monkeypatch.setattr(CLEAN, "STATE", tmp_path / "run/clean.json")
    monkeypatch.setattr(CLEAN.footage_settings.load, "__defaults__", (tmp_path / "recorder.json",))

    def run(module, *arguments):
        monkeypatch.setattr(module.sys, "argv", ["program", *arguments])
        with pytest.raises(SystemExit) as ended:
            module.main()
        return ended.value.code

    return run


def test_on_a_full_disk_there_is_room_to_open_the_index(recordings, monkeypatch, installed):
    recordings.enter()
    spare, seen = recordings.root / ".spare", []
    really = CLEAN.clean
    monkeypatch.setattr(CLEAN, "clean", lambda *given: seen.append(spare.exists()) or really(*given))
    installed(CLEAN)
    assert spare.stat().st_blocks * 512 >= 8 * 1024 * 1024, "the room should really be taken"
    installed(CLEAN)
    assert seen == [False, False]


def test_below_the_minimum_of_days_it_is_said_loudly(recordings, monkeypatch, installed, tmp_path, capsys):
    recordings.piece("a-cam1", 3 * DAY)
    recordings.piece("a-cam1", 2 * DAY)
    recordings.enter()
    recordings.room = 1
    really = CLEAN.clean
    monkeypatch.setattr(CLEAN, "clean", lambda index, settings, _: really(index, settings, NOW, recordings.free))
    assert installed(CLEAN) == 0
    row = json.loads((tmp_path / "run/clean.json").read_text())["shards"][str(recordings.root)]
    assert (row["spaced"], row["error"]) == (1, None)
    assert "ALARM: 1 pieces went for space that were younger than the minimum of 7 days" in row["alarm"]
    said = capsys.readouterr().out
    assert "pieces went before their retention ended" in said
    assert "<1>" in said
    installed(CLEAN)
    again = json.loads((tmp_path / "run/clean.json").read_text())["shards"][str(recordings.root)]
    assert (again["spaced"], again["alarm"]) == (0, row["alarm"]), "an alarm should still be there when somebody looks"


def test_a_shard_that_isnt_mounted_is_an_error_and_nothing_is_written_to_what_lies_below(recordings, installed, capsys):
    (recordings.root / ".motcua-shard").unlink()
    recordings.piece("a-cam1", 600)
    assert (installed(INDEX, "--once"), installed(CLEAN), installed(CLEAN, "--check")) == (1, 1, 1)
    said = capsys.readouterr()
    assert (said.out + said.err).count("this shard isn't mounted") == 3
    assert sorted(path.name for path in recordings.root.iterdir()) == [".incoming"]
    assert recordings.waiting()


def test_an_index_that_cant_be_read_deletes_nothing(recordings, installed, capsys):
    recordings.piece("a-cam1", 40 * DAY)
    recordings.enter()
    recordings.shelf.close()
    (recordings.root / "index.db").write_bytes(b"no database, surely not one" * 100)
    assert installed(CLEAN) == 1
    assert "can't be used (file is not a database), so nothing is deleted" in capsys.readouterr().err
    assert len(recordings.there()) == 1


def test_who_only_reads_needs_no_right_to_write(recordings, tmp_path):
    """With the indexer there and without it."""
    recordings.piece("a-cam1", 600)
    recordings.enter()
    for path in (tmp_path, *tmp_path.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    asked = "import sys; sys.path[:0] = sys.argv[1:2]\nfrom footage.index import open_index\nprint(len(open_index(sys.argv[2], readonly=True).segments('a-cam1', 0, 1e11)))"
    for closed in (False, True):
        if closed:
            recordings.shelf.close()
        run = ["python3", "-B", "-c", asked, str(FILES), str(recordings.root)]
        if os.geteuid() == 0:
            for parent in tmp_path.parents[:3]:
                parent.chmod(0o755)
            run = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *run]
        done = subprocess.run(run, capture_output=True, text=True, check=False)
        assert (done.stdout.strip(), done.stderr) == ("1", "")


def test_entries_and_deletions_go_on_beside_each_other(recordings):
    """While a cleaner deletes, nobody who enters waits longer than a moment."""
    with open_index(recordings.root) as index:
        index.add(*(Segment("a-cam1", NOW - 40 * DAY + n * 60, NOW - 40 * DAY + n * 60 + 60, 1, "", "live") for n in range(4000)))
    waits, over = [], threading.Event()

    def enter():
        with open_index(recordings.root) as other:
            while not over.is_set():
                begin = time.monotonic()
                other.add(Segment("a-cam1", NOW + len(waits) * 60, NOW + len(waits) * 60 + 60, 1, "", "live"))
                waits.append(time.monotonic() - begin)

    writer = threading.Thread(target=enter)
    writer.start()
    try:
        with open_index(recordings.root) as index:
            assert clean(index, recordings.settings, NOW).aged == 4000
    finally:
        over.set()
        writer.join()
    with open_index(recordings.root, readonly=True) as index:
        assert index.segments("a-cam1", 0, NOW) == []
        assert len(index.segments("a-cam1", NOW, NOW + 365 * DAY)) == len(waits) > 5
    assert max(waits) < 2


# --- what is there and what is missing ---------------------------------------------------------------------------------------


ROWS = [(0, 60, "live"), (60, 120.5, "live"), (121.9, 180, "live"), (200, 260, "live"), (170, 230, "backfill"), (300, 301, "backfill")]


@pytest.mark.parametrize(
    ("from_s", "until_s", "spans", "gaps"),
    [
        (0, 400, [(0, 180, "live"), (170, 230, "backfill"), (200, 260, "live"), (300, 301, "backfill")], [(260, 300), (301, 400)]),
        (30, 210, [(30, 180, "live"), (170, 210, "backfill"), (200, 210, "live")], []),
        (-50, 10, [(0, 10, "live")], [(-50, 0)]),
        (261, 299, [], [(261, 299)]),
        (301, 302, [], []),  # not worth a gap
    ],
)
def test_spans_and_gaps(tmp_path, from_s, until_s, spans, gaps):
    with open_index(tmp_path) as index:
        index.add(*(Segment("a-cam1", NOW + a, NOW + b, 1, "", source) for a, b, source in ROWS))
        index.add(Segment("b-cam1", NOW + 260, NOW + 300, 1, "", "live"))
        assert index.spans("a-cam1", NOW + from_s, NOW + until_s) == [(NOW + a, NOW + b, source) for a, b, source in spans]
        assert index.gaps("a-cam1", NOW + from_s, NOW + until_s) == [(NOW + a, NOW + b) for a, b in gaps]
        assert index.gaps("nobody", NOW, NOW + 9) == [(NOW, NOW + 9)]
        with pytest.raises(ValueError, match="a piece lasts 0 to 600 s"):
            index.add(Segment("a-cam1", NOW, NOW + 601, 1, "", "live"))


@pytest.mark.parametrize(
    ("mounted", "known", "default", "made"),
    [
        (False, False, True, True),
        (False, True, True, False),
        (False, False, False, False),
        (True, False, False, True),
        (True, True, True, True),
    ],
)
def test_only_a_mounted_shard_is_marked_and_the_default_may_be_a_folder_until_it_was_mounted_once(
    tmp_path, monkeypatch, mounted, known, default, made
):
    shard, listed = tmp_path / "shard", tmp_path / "etc/shards.known"
    listed.parent.mkdir()
    listed.write_text(f"{shard}\n" if known else "")
    monkeypatch.setattr("footage.shards.os.path.ismount", lambda _path: mounted)
    own = (os.getuid(), os.getgid(), shard if default else tmp_path / "another")
    if made:
        assert prepare(shard, listed, *own)
        assert not prepare(shard, listed, *own), "a second rollout changes nothing"
        assert (shard / ".motcua-shard").is_file()
        assert (str(shard) in listed.read_text()) is (mounted or known)
    else:
        with pytest.raises(ShardMissing, match="no file system is mounted on this shard"):
            prepare(shard, listed, *own)
        assert not shard.exists()
