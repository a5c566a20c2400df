"""The recorder's own programs: what is entered into the index, and what may be deleted and what never."""

import hashlib
import json
import os
import sqlite3
import subprocess
import time
from datetime import UTC, datetime
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader

import pytest

DAY = 86400
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC).timestamp()
SETTINGS = {"retention_days": {"a-cam1": 30, "b-cam1": 2}, "minimum_free_percent": 5, "segment_seconds": 60}


def program(name):
    loader = SourceFileLoader(name.replace("-", "_"), f"roles/recorder/files/{name}")
    module = module_from_spec(spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


INDEX, CLEAN = program("motcua-index"), program("motcua-clean")


class Recordings:
    """A recordings' folder; ``free`` has room for so many pieces less than there are."""

    def __init__(self, root):
        self.root, self.room = root, None

    def piece(self, camera, age_s, content=b"video"):
        path = self.root / camera / f"{datetime.fromtimestamp(NOW - age_s, UTC):%Y%m%dT%H%M%SZ}.ts"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return f"{camera}/{path.name}"

    def enter(self):
        return INDEX.enter(self.root, 60, NOW)

    def rows(self, table="segment"):
        with sqlite3.connect(self.root / "index.db") as index:
            return index.execute(f"SELECT * FROM {table} ORDER BY start_s").fetchall()

    def hold(self, camera, from_age_s, to_age_s):
        with sqlite3.connect(self.root / "index.db") as index:
            index.execute("INSERT INTO hold VALUES (?, ?, ?, 'case 7')", (camera, NOW - from_age_s, NOW - to_age_s))

    def there(self):
        return sorted(f"{path.parent.name}/{path.name}" for path in self.root.glob("*/*.ts"))

    def free(self, _root):
        return 100 if self.room is None or len(self.there()) <= self.room else 0

    def clean(self):
        return CLEAN.clean(self.root, SETTINGS, NOW, self.free)


@pytest.fixture
def recordings(tmp_path):
    return Recordings(tmp_path)


def test_finished_pieces_are_entered_once_with_their_hash(recordings):
    finished = recordings.piece("a-cam1", 120, b"first")
    recordings.piece("a-cam1", 60, b"grows")
    (recordings.root / "lost+found").mkdir()
    (recordings.root / "a-cam1" / "notes.txt").write_text("not ours")
    assert (recordings.enter(), recordings.enter()) == (1, 0)
    ((path, camera, start_s, _, size, digest, source),) = recordings.rows()
    assert (path, camera, start_s, size, source) == (finished, "a-cam1", NOW - 120, 5, "live")
    assert digest == hashlib.sha256(b"first").hexdigest()


def test_footage_goes_when_its_retention_ends_and_not_before(recordings):
    kept = [recordings.piece("a-cam1", 29 * DAY), recordings.piece("b-cam1", 1 * DAY), recordings.piece("left-cam1", 29 * DAY)]
    old = [recordings.piece("a-cam1", 31 * DAY), recordings.piece("b-cam1", 3 * DAY), recordings.piece("left-cam1", 31 * DAY)]
    newest = [recordings.piece(camera, 0) for camera in ("a-cam1", "b-cam1", "left-cam1")]
    recordings.enter()
    aged, spaced = recordings.clean()
    assert (sorted(aged), spaced) == (sorted(old), [])
    assert recordings.there() == sorted(kept + newest)
    assert recordings.clean() == ([], [])


def test_a_full_disk_costs_the_oldest_first_whoever_owns_it(recordings):
    pieces = [
        recordings.piece(camera, hours * 3600)
        for camera, hours in (("a-cam1", 9), ("b-cam1", 8), ("a-cam1", 7), ("b-cam1", 6), ("a-cam1", 0), ("b-cam1", 0))
    ]
    recordings.enter()
    recordings.room = 4
    assert recordings.clean() == ([], pieces[:2])
    assert recordings.there() == sorted(pieces[2:])


def test_what_is_held_is_never_deleted(recordings):
    old, oldest = recordings.piece("a-cam1", 40 * DAY), recordings.piece("a-cam1", 50 * DAY)
    recordings.piece("a-cam1", 0)
    recordings.enter()
    recordings.hold("a-cam1", 51 * DAY, 49 * DAY)
    recordings.room = 0
    aged, _ = recordings.clean()
    assert aged == [old]
    assert oldest in recordings.there()


def test_a_disk_too_full_to_enter_anything_is_cleaned_all_the_same(recordings):
    recordings.enter()  # an empty index
    first, second = recordings.piece("a-cam1", 600), recordings.piece("a-cam1", 300)
    growing = recordings.piece("a-cam1", 30)
    recordings.room = 2
    assert recordings.clean() == ([], [first])
    recordings.room = 0
    assert recordings.clean() == ([], [second])
    assert recordings.there() == [growing]


def test_on_a_full_disk_there_is_room_to_open_the_index(recordings, monkeypatch, tmp_path):
    (settings := tmp_path / "recorder.json").write_text(json.dumps(SETTINGS | {"root": str(recordings.root)}))
    monkeypatch.setattr(CLEAN, "SETTINGS", settings)
    monkeypatch.setattr(CLEAN.sys, "argv", ["motcua-clean"])
    recordings.enter()
    spare, seen = recordings.root / ".spare", []
    monkeypatch.setattr(CLEAN, "clean", lambda *_: seen.append(spare.exists()) or ([], []))
    CLEAN.main()
    assert spare.stat().st_blocks * 512 >= 8 * 1024 * 1024, "the room should really be taken"
    CLEAN.main()
    assert seen == [False, False]


def test_an_index_that_cant_be_read_deletes_nothing(recordings, monkeypatch, capsys):
    recordings.piece("a-cam1", 40 * DAY)
    (recordings.root / "index.db").write_bytes(b"no database, surely not one" * 100)
    with pytest.raises(sqlite3.Error):
        recordings.clean()
    assert len(recordings.there()) == 1


@pytest.mark.parametrize(("age_s", "restarted"), [(200, True), (5, False)])
def test_a_recorder_that_writes_nothing_is_restarted(tmp_path, age_s, restarted):
    """On a machine that has been up for longer than 36 minutes as well: its microseconds don't fit awk's integers."""
    (etc := tmp_path / "etc/recorder").mkdir(parents=True)
    (etc / "a-cam1.ffconcat").touch()
    (etc.parent / "recorder.env").write_text(f"ROOT={tmp_path}/root\n")
    (piece := tmp_path / "root/a-cam1/20261125T120000Z.ts").parent.mkdir(parents=True)
    piece.touch()
    os.utime(piece, (time.time() - age_s,) * 2)
    (tools := tmp_path / "bin").mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\n[ "$1" != show ] || echo 1\n[ "$1" != restart ] || echo "$2" >>{tmp_path}/restarted\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    program = ["sh", "roles/recorder/files/motcua-fresh", str(etc.parent)]
    done = subprocess.run(program, capture_output=True, text=True, check=False, env={"PATH": f"{tools}:{os.environ['PATH']}"})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "restarted").exists() == restarted
