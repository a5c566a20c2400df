"""What every audit found, over time: the runs, and each finding from when it was first seen until it was gone. One SQLite file.

Two audits may write at once. A file that isn't readable is set aside and said; one that a newer motcua wrote is left as it is.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import MotcuaError
from .findings import Finding, Json, Status, in_order

WAIT_S = 30.0
COUNTS = tuple(f"SELECT count(*) AS n FROM finding WHERE {what}_run = ?" for what in ("first", "gone"))  # noqa: S608  two words of our own
TROUBLE = ("fail", "error", "waived")
# One entry a version; an entry that was ever released is never changed.
MIGRATIONS = (
    """
    CREATE TABLE run (
      id INTEGER PRIMARY KEY, at TEXT NOT NULL, scope TEXT NOT NULL, verdict INTEGER NOT NULL,
      devices INTEGER NOT NULL, failed INTEGER NOT NULL, untold INTEGER NOT NULL) STRICT;
    CREATE TABLE finding (
      id INTEGER PRIMARY KEY, device TEXT NOT NULL, site TEXT, feature TEXT NOT NULL, name TEXT NOT NULL, status TEXT NOT NULL,
      nth INTEGER NOT NULL, expected TEXT NOT NULL, actual TEXT NOT NULL, evidence TEXT NOT NULL,
      first TEXT NOT NULL, last TEXT NOT NULL, gone TEXT, first_run INTEGER NOT NULL, last_run INTEGER NOT NULL, gone_run INTEGER) STRICT;
    CREATE UNIQUE INDEX finding_open ON finding (device, feature, name, status, nth) WHERE gone IS NULL;
    CREATE INDEX finding_device ON finding (device, first);
    """,
)
ENTER = """
    INSERT INTO finding (device, site, feature, name, status, nth, expected, actual, evidence, first, last, first_run, last_run)
    VALUES (:device, :site, :feature, :name, :status, :nth, :expected, :actual, :evidence, :at, :at, :run, :run)
    ON CONFLICT (device, feature, name, status, nth) WHERE gone IS NULL
    DO UPDATE SET site = :site, expected = :expected, actual = :actual, evidence = :evidence, last = max(last, :at), last_run = :run"""
GONE = """
    UPDATE finding SET gone = max(first, :at), gone_run = :run
    WHERE gone IS NULL AND last_run < :run AND device {condition} (SELECT device FROM meant)"""
ROW = "SELECT device, site, feature, name, status, expected, actual, evidence, first, last, gone FROM finding"


@dataclass(frozen=True)
class Run:
    """One audit: its time (ISO 8601 in UTC), what it was limited to ("" for everything), its exit code, and what it counted."""

    at: str
    scope: str
    verdict: int
    devices: int
    failed: int
    untold: int


@dataclass(frozen=True)
class News:
    """How many findings an audit was the first to see, and how many it was the first not to see any more."""

    came: int
    gone: int


@dataclass(frozen=True)
class Past:
    """A finding with its time: when it was first and last seen, and when it was seen to be gone, None while it stands."""

    finding: Finding
    first: str
    last: str
    gone: str | None


class History:
    """The file; ``notice`` is a sentence about one that had to be set aside, else None.

    :raises MotcuaError: when it can't be opened, or a newer motcua wrote it.
    """

    def __init__(self, path: Path, at: str) -> None:
        self._path, self.notice = path, None
        try:
            self._database = self._opened()
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.OperationalError):
                raise self._trouble(error) from None
            self.notice = self._set_aside(at)
            self._database = self._opened()

    def close(self) -> None:
        """Nothing of it is open any more."""
        self._database.close()

    def enter(self, at: str, scope: str, verdict: int, findings: Iterable[Finding], inventory: Iterable[str]) -> News:
        """Enter what an audit found; what is new in it.

        What was found before is gone when this audit judged its device and didn't find it again: a device of which anything could not be
        told keeps what it had. A device that the inventory no longer has keeps nothing.

        :param at: the audit's time, ISO 8601 in UTC. :param inventory: every device of the province, whatever the audit was limited to.
        :raises MotcuaError: when nothing could be written; then nothing was.
        """
        rows, statuses = in_order(findings), Counter[str]()
        statuses.update(finding.status for finding in rows)
        devices = {finding.device for finding in rows}
        told = devices - {finding.device for finding in rows if finding.status == "error"}
        with self._writing() as database:
            run = database.execute(
                "INSERT INTO run (at, scope, verdict, devices, failed, untold) VALUES (?, ?, ?, ?, ?, ?)",
                (at, scope, verdict, len(devices), statuses["fail"], statuses["error"]),
            ).lastrowid
            database.executemany(ENTER, [row | {"at": at, "run": run} for row in _rows(rows)])
            database.execute("CREATE TEMP TABLE IF NOT EXISTS meant (device TEXT PRIMARY KEY)")
            for names, condition in ((told, "IN"), (set(inventory) | devices, "NOT IN")):
                database.execute("DELETE FROM meant")
                database.executemany("INSERT INTO meant VALUES (?)", [(name,) for name in sorted(names)])
                database.execute(GONE.format(condition=condition), {"at": at, "run": run})
            came, gone = (database.execute(question, (run,)).fetchone()["n"] for question in COUNTS)
        return News(came, gone)

    def dated(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The same findings, each that stands with when it was first seen."""
        stands = {
            (row["device"], row["feature"], row["name"], row["status"]): row["first"]
            for row in self._asked(
                "SELECT device, feature, name, status, min(first) AS first FROM finding WHERE gone IS NULL GROUP BY 1, 2, 3, 4"
            )
        }
        return tuple(
            replace(finding, since=stands.get((finding.device, finding.feature, finding.check, finding.status))) for finding in findings
        )

    def of_device(self, device: str, since: str = "") -> tuple[Past, ...]:
        """What was found at a device and still stood after ``since``, the newest first."""
        rows = self._asked(f"{ROW} WHERE device = ? AND (gone IS NULL OR gone >= ?) ORDER BY first DESC, id DESC", device, since)
        return tuple(_past(row) for row in rows)

    def changed(self, since: str) -> tuple[Past, ...]:
        """What came or went after ``since`` in the whole province, the newest first."""
        rows = self._asked(f"{ROW} WHERE first >= ?1 OR gone >= ?1 ORDER BY max(first, ifnull(gone, '')) DESC, id DESC", since)
        return tuple(_past(row) for row in rows)

    def stood(self, since: str, until: str) -> tuple[Past, ...]:
        """What stood at any time between two times, both included, the oldest first."""
        rows = self._asked(f"{ROW} WHERE first <= ? AND (gone IS NULL OR gone >= ?) ORDER BY first, id", until, since)
        return tuple(_past(row) for row in rows)

    def runs(self, since: str = "") -> tuple[Run, ...]:
        """The audits after ``since``, in the order in which they were entered."""
        rows = self._asked("SELECT at, scope, verdict, devices, failed, untold FROM run WHERE at >= ? ORDER BY id", since)
        return tuple(Run(**row) for row in rows)

    def forget(self, before: str) -> None:
        """Delete what was over before a day; what stands is kept however old it is."""
        with self._writing() as database:
            database.execute("DELETE FROM finding WHERE gone < ?", (before,))
            database.execute("DELETE FROM run WHERE at < ?", (before,))

    # --- the file ---------------------------------------------------------------------------------------------------------

    def _opened(self) -> sqlite3.Connection:
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._trouble(error) from None
        database = sqlite3.connect(self._path, timeout=WAIT_S, isolation_level=None)
        database.row_factory = lambda cursor, row: {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            if self._version(database) != len(MIGRATIONS):
                self._migrate(database)
        except BaseException:
            database.close()
            raise
        return database

    @staticmethod
    def _version(database: sqlite3.Connection) -> int:
        return int(database.execute("PRAGMA user_version").fetchone()["user_version"])

    def _migrate(self, database: sqlite3.Connection) -> None:
        database.execute("BEGIN IMMEDIATE")  # another audit may be doing the same
        version = self._version(database)
        if version > len(MIGRATIONS):
            newer = f"a newer motcua wrote it (version {version}, this one knows {len(MIGRATIONS)})"
            raise MotcuaError(f"{self._path}: {newer}; update motcua, or name another file")
        for number, script in enumerate(MIGRATIONS[version:], version + 1):
            for statement in script.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
        database.execute("COMMIT")

    def _set_aside(self, at: str) -> str:
        aside = self._path.with_name(f"{self._path.name}.broken-{at.replace(':', '')}")
        try:
            for end in ("-wal", "-shm"):
                self._path.with_name(self._path.name + end).unlink(missing_ok=True)
            self._path.replace(aside)
        except OSError as error:
            raise self._trouble(error) from None
        return f"{self._path}: isn't readable and was set aside as {aside.name}; a new history begins, so that 'since' begins today"

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing."""
        try:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield self._database
                self._database.execute("COMMIT")
            except BaseException:
                if self._database.in_transaction:
                    self._database.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise self._trouble(error) from None

    def _asked(self, question: str, *values: str) -> list[dict[str, Json]]:
        try:
            with closing(self._database.execute(question, values)) as found:
                return found.fetchall()
        except sqlite3.Error as error:
            raise self._trouble(error) from None

    def _trouble(self, error: Exception) -> MotcuaError:
        return MotcuaError(f"{self._path}: the history can't be used ({error}); make room, or give it to who runs the audit")


def _rows(findings: Iterable[Finding]) -> Iterator[dict[str, Json]]:
    """What stands against a device. Several of one name are told apart by their number, so that none is lost."""
    seen: Counter[tuple[str, str, str, Status]] = Counter()
    for one in findings:
        if one.status in TROUBLE:
            key = (one.device, one.feature, one.check, one.status)
            expected, actual = (json.dumps(value, ensure_ascii=False, sort_keys=True) for value in (one.expected, one.actual))
            yield {
                "device": one.device,
                "site": one.site,
                "feature": one.feature,
                "name": one.check,
                "status": one.status,
                "nth": seen[key],
                "expected": expected,
                "actual": actual,
                "evidence": one.evidence,
            }
            seen[key] += 1


def _past(row: dict[str, Json]) -> Past:
    said = {key: json.loads(row[key]) for key in ("expected", "actual")}
    finding = Finding(
        row["device"], row["site"], row["feature"], row["name"], row["status"], **said, since=row["first"], evidence=row["evidence"]
    )
    return Past(finding, row["first"], row["last"], row["gone"])
