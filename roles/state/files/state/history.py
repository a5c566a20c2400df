"""What changed when, and when somebody looked: a small SQLite file. What nobody watched is in no indicator, neither as good nor as bad.

It keeps a rollback journal, because others read it who may write nothing beside it.
"""

import sqlite3

SCHEMA = """
CREATE TABLE IF NOT EXISTS change (
  kind TEXT NOT NULL, id TEXT NOT NULL, state_from TEXT, state TEXT NOT NULL, since_s REAL NOT NULL, cause TEXT, at_s REAL NOT NULL);
CREATE INDEX IF NOT EXISTS change_by_id ON change (kind, id, at_s);
CREATE TABLE IF NOT EXISTS watch (from_s REAL PRIMARY KEY, until_s REAL NOT NULL);
"""
KEPT_SECONDS = 1100 * 86400  # three years


class History:
    """The file, open."""

    def __init__(self, path, readonly=False):
        """:raises sqlite3.Error: when it can't be opened."""
        if readonly:
            self._file = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)
        else:
            self._file = sqlite3.connect(path, timeout=10)
            self._file.executescript(SCHEMA)
        self._watch_s = None

    def close(self):
        """Close it."""
        self._file.close()

    def known(self):
        """Rows (kind, id, state, since_s, cause) of how everything was when it was last looked at."""
        # SQLite takes a row's other columns from where the maximum is.
        return self._file.execute(
            "SELECT kind, id, state, since_s, cause FROM (SELECT *, max(at_s) FROM change GROUP BY kind, id)"
        ).fetchall()

    def write(self, changes, now_s):
        """Enter changes as Memory has them, and that somebody looks until now."""
        with self._file:
            self._file.executemany("INSERT INTO change VALUES (?, ?, ?, ?, ?, ?, ?)", changes)
            if self._watch_s is None:
                self._watch_s = now_s
                self._file.execute(
                    "DELETE FROM change WHERE at_s < ?1 AND at_s < (SELECT max(at_s) FROM change AS later"
                    " WHERE later.kind = change.kind AND later.id = change.id)",
                    (now_s - KEPT_SECONDS,),
                )
                self._file.execute("DELETE FROM watch WHERE until_s < ?", (now_s - KEPT_SECONDS,))
            self._file.execute("INSERT INTO watch VALUES (?1, ?2) ON CONFLICT (from_s) DO UPDATE SET until_s = ?2", (self._watch_s, now_s))

    def watched(self, from_s, until_s):
        """Spans within these bounds in which somebody looked."""
        found = self._file.execute("SELECT from_s, until_s FROM watch WHERE until_s > ? AND from_s < ? ORDER BY from_s", (from_s, until_s))
        return [(max(one, from_s), min(other, until_s)) for one, other in found]

    def spans(self, kind, name, states, from_s, until_s):
        """Spans within these bounds in which a thing was in one of the states, whether or not somebody looked."""
        rows = self._file.execute(
            "SELECT state, at_s FROM change WHERE kind = ? AND id = ? AND at_s < ? ORDER BY at_s, rowid", (kind, name, until_s)
        ).fetchall()
        ends = [at_s for _, at_s in rows[1:]] + [until_s]
        found = [(max(at_s, from_s), min(end_s, until_s)) for (state, at_s), end_s in zip(rows, ends, strict=True) if state in states]
        return [span for span in found if span[0] < span[1]]
