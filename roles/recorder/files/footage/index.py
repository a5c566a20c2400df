"""The index of a shard: which camera's footage lies there, from when until when, with its hash and its source.

For 25 million segments: cameras are numbers, times whole milliseconds, hashes bytes; where a piece lies follows from the rest. All of a
camera lies together in the order of time, so that any question about a camera reads one stretch of the file.
"""

import sqlite3
from pathlib import Path

from . import holds
from .former import bring_over, is_former
from .segment import LONGEST_S, SOURCES, Segment

NAME = "index.db"
VERSION = 2
SCHEMA = f"""
CREATE TABLE IF NOT EXISTS camera (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS segment (
  camera_id INTEGER NOT NULL REFERENCES camera, start_ms INTEGER NOT NULL, source INTEGER NOT NULL,
  end_ms INTEGER NOT NULL, bytes INTEGER NOT NULL, sha256 BLOB NOT NULL,
  PRIMARY KEY (camera_id, start_ms, source)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS unread (
  camera_id INTEGER NOT NULL, start_ms INTEGER NOT NULL, source INTEGER NOT NULL, PRIMARY KEY (camera_id, start_ms, source)) WITHOUT ROWID;
PRAGMA user_version = {VERSION};
"""
WAIT_S = 30
ENTER = """INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?)
  ON CONFLICT DO UPDATE SET end_ms = excluded.end_ms, bytes = excluded.bytes, sha256 = excluded.sha256"""
NOT_UNREAD = "DELETE FROM unread WHERE camera_id = ? AND start_ms = ? AND source = ?"
TIMES = """SELECT start_ms, end_ms, source FROM segment
  WHERE camera_id = ? AND start_ms > ? AND start_ms < ? AND end_ms > ? ORDER BY start_ms, source"""
OVERLAP = """SELECT start_ms, end_ms, bytes, sha256, source FROM segment
  WHERE camera_id = ? AND start_ms > ? AND start_ms < ? AND end_ms > ? ORDER BY start_ms, source"""


def open_index(shard, readonly=False):
    """The index of a shard; whoever may write makes it where there is none, and brings the former one over.

    Many may read while one writes. An entry survives a power cut: it is on the disk before the transaction ends.

    :raises sqlite3.DatabaseError: when the file is no index, or there is none to read.
    """
    shard = Path(shard)
    file = shard / NAME
    if readonly:
        return Index(shard, _to_read(file))
    with holds.locked(shard):
        new = not file.exists()
        if not new and is_former(file):
            bring_over(shard, file, lambda draft: Index(shard, _to_write(draft)))
        index = Index(shard, _to_write(file))
        # Where footage already lies and the holds are gone, nobody can say that nothing is held.
        if new and not (shard / holds.NAME).exists() and not any(shard.glob("*/*.ts")):
            holds.write(shard, [])
    return index


def _to_write(file):
    database = sqlite3.connect(file, timeout=WAIT_S, isolation_level=None)
    try:
        file.chmod(0o640)
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("PRAGMA temp_store = MEMORY")
        found = database.execute("PRAGMA user_version").fetchone()[0]
        if found != VERSION:
            database.executescript(f"BEGIN IMMEDIATE; {SCHEMA} COMMIT;")
    except BaseException:
        database.close()
        raise
    return database


def _to_read(file):
    """A reader may write nothing, not even the files beside a database that somebody writes to; when nobody does, they aren't there."""
    alone = file.exists() and not file.with_name(f"{file.name}-wal").exists()
    database = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro{'&immutable=1' if alone else ''}", uri=True, timeout=WAIT_S)
    if database.execute("PRAGMA user_version").fetchone()[0] != VERSION:
        database.close()
        raise sqlite3.DatabaseError(f"{file} is of a former kind; motcua-index.service brings it over")
    return database


class Index:
    """An open index. Times are seconds since 1970; close it, or use it in a ``with``."""

    def __init__(self, shard, database):
        self.shard, self.database = Path(shard), database
        self._ids = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Close it."""
        self.database.close()

    def cameras(self):
        """The names of all cameras that ever had footage here."""
        return [name for (name,) in self.database.execute("SELECT name FROM camera ORDER BY name")]

    def add(self, *segments):
        """Enter pieces, all or none, whose files must already be safe on the disk; what is entered again is renewed."""
        too_long = next((one for one in segments if not 0 <= one.end_s - one.start_s <= LONGEST_S), None)
        if too_long:
            raise ValueError(f"{too_long.path}: lasts {too_long.end_s - too_long.start_s:.0f} s; a piece lasts 0 to {LONGEST_S} s")
        with Transaction(self.database):
            for one in segments:
                key = self._key(one)
                self.database.execute(ENTER, (*key, _ms(one.end_s), one.bytes, bytes.fromhex(one.sha256)))
                if one.sha256:
                    self.database.execute(NOT_UNREAD, key)
                else:
                    self.database.execute("INSERT OR IGNORE INTO unread VALUES (?, ?, ?)", key)

    def remove(self, *segments):
        """Forget pieces, all or none."""
        with Transaction(self.database):
            rows = [self._key(one) for one in segments]
            self.database.executemany("DELETE FROM segment WHERE camera_id = ? AND start_ms = ? AND source = ?", rows)
            self.database.executemany(NOT_UNREAD, rows)

    def segments(self, camera, from_s, until_s):
        """The pieces that overlap that time, in its order."""
        return [
            Segment(camera, a / 1000, b / 1000, size, sha256.hex(), SOURCES[source])
            for a, b, size, sha256, source in self._rows(camera, from_s, until_s)
        ]

    def spans(self, camera, from_s, until_s, tolerance_s=2):
        """[(from, until, source)]: what is there within that time, each source by itself, in the order of time."""
        open_spans, found = {}, []
        from_ms, until_ms, tolerance_ms = _ms(from_s), _ms(until_s), _ms(tolerance_s)
        for start, end, source in self._times(camera, from_ms, until_ms):
            last = open_spans.get(source)
            if last is None or start - last[1] > tolerance_ms:
                open_spans[source] = last = [start, end, source]
                found.append(last)
            elif end > last[1]:
                last[1] = end
        return sorted((max(start, from_ms) / 1000, min(end, until_ms) / 1000, SOURCES[source]) for start, end, source in found)

    def gaps(self, camera, from_s, until_s, tolerance_s=2):
        """[(from, until)]: what of that time isn't there."""
        reached, until_ms, tolerance_ms = _ms(from_s), _ms(until_s), _ms(tolerance_s)
        found = []
        for start, end, _ in self._times(camera, reached, until_ms):
            if start - reached > tolerance_ms:
                found.append((reached / 1000, start / 1000))
            reached = max(reached, end)
        return [*found, (reached / 1000, until_ms / 1000)] if until_ms - reached > tolerance_ms else found

    def held(self, camera, from_s, until_s):
        """Whether any of that time is held.

        :raises holds.HoldsUnknown: when nobody can say.
        """
        return any(hold.camera == camera and hold.covers(from_s, until_s) for hold in holds.read(self.shard))

    def oldest(self, camera, after_s=None, limit=500):
        """Up to so many pieces of a camera, from the oldest on, or from those on that begin later than ``after_s``."""
        asked = """SELECT start_ms, end_ms, bytes, sha256, source FROM segment WHERE camera_id = ? AND start_ms > ?
          ORDER BY start_ms, source LIMIT ?"""
        rows = self.database.execute(asked, (self._id(camera), -(1 << 62) if after_s is None else _ms(after_s), limit))
        return [Segment(camera, a / 1000, b / 1000, size, sha256.hex(), SOURCES[source]) for a, b, size, sha256, source in rows]

    def latest(self, camera):
        """When the newest piece of a camera ends; None when there is none."""
        asked = "SELECT end_ms FROM segment WHERE camera_id = ? ORDER BY start_ms DESC LIMIT 1"
        row = self.database.execute(asked, (self._id(camera),)).fetchone()
        return None if row is None else row[0] / 1000

    def starts(self, camera, source):
        """When each piece of a camera from one source begins, in whole seconds: what the names of the files say as well."""
        asked = "SELECT start_ms FROM segment WHERE camera_id = ? AND source = ?"
        return {ms // 1000 for (ms,) in self.database.execute(asked, (self._id(camera), SOURCES.index(source)))}

    def unread(self, limit):
        """Up to so many pieces that were entered from their names only."""
        asked = """SELECT name, start_ms, end_ms, bytes, source FROM unread JOIN segment USING (camera_id, start_ms, source)
          JOIN camera ON camera.id = camera_id LIMIT ?"""
        return [
            Segment(name, a / 1000, b / 1000, size, "", SOURCES[kind]) for name, a, b, size, kind in self.database.execute(asked, (limit,))
        ]

    def _rows(self, camera, from_s, until_s):
        return self.database.execute(OVERLAP, (self._id(camera), _ms(from_s - LONGEST_S) - 1, _ms(until_s), _ms(from_s)))

    def _times(self, camera, from_ms, until_ms):
        return self.database.execute(TIMES, (self._id(camera), from_ms - LONGEST_S * 1000 - 1, until_ms, from_ms))

    def _key(self, segment):
        return self._id(segment.camera, make=True), _ms(segment.start_s), SOURCES.index(segment.source)

    def _id(self, camera, make=False):
        if camera not in self._ids:
            row = self.database.execute("SELECT id FROM camera WHERE name = ?", (camera,)).fetchone()
            if row is None and not make:
                return -1
            number = row[0] if row else self.database.execute("INSERT INTO camera (name) VALUES (?)", (camera,)).lastrowid
            if self.database.in_transaction and not row:
                return number  # it may be rolled back yet
            self._ids[camera] = number
        return self._ids[camera]


class Transaction:
    """All or nothing; waits for whoever writes."""

    def __init__(self, database):
        self._database = database

    def __enter__(self):
        self._database.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind, *_):
        self._database.execute("COMMIT" if kind is None else "ROLLBACK")


def _ms(seconds):
    return round(seconds * 1000)
