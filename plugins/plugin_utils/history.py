"""What every audit found and read, over time, in one SQLite file: runs, findings from first seen to gone, changed configurations.

The order of audits is that in which they were entered: a clock may jump. Two may write at once. A file that isn't readable is set aside
and said; one that a newer motcua wrote is left as it is.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from pathlib import Path

from .database import Database
from .findings import Finding, Json, Status, in_order
from .snapshots import Snapshot

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
    """
    CREATE TABLE snapshot (
      id INTEGER PRIMARY KEY, device TEXT NOT NULL, text TEXT NOT NULL,
      first TEXT NOT NULL, gone TEXT, first_run INTEGER NOT NULL, gone_run INTEGER) STRICT;
    CREATE UNIQUE INDEX snapshot_stands ON snapshot (device) WHERE gone IS NULL;
    CREATE INDEX snapshot_device ON snapshot (device, id);
    CREATE INDEX snapshot_run ON snapshot (first_run);
    CREATE TABLE read (device TEXT PRIMARY KEY, last TEXT NOT NULL) STRICT;
    CREATE TABLE told (receiver TEXT PRIMARY KEY, run INTEGER NOT NULL) STRICT;
    CREATE INDEX finding_first ON finding (first_run);
    CREATE INDEX finding_gone ON finding (gone_run);
    ALTER TABLE run ADD COLUMN waived INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE run ADD COLUMN differing INTEGER NOT NULL DEFAULT 0;
    UPDATE run SET
      waived = (SELECT count(*) FROM finding WHERE status = 'waived' AND run.id BETWEEN first_run AND last_run),
      differing = (SELECT count(DISTINCT device) FROM finding WHERE status = 'fail' AND run.id BETWEEN first_run AND last_run)
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
RUN = """
    INSERT INTO run (at, scope, verdict, devices, failed, untold, waived, differing)
    VALUES (:at, :scope, :verdict, :devices, :failed, :untold, :waived, :differing)"""
OVER = "UPDATE snapshot SET gone = max(first, :at), gone_run = :run WHERE gone IS NULL AND device = :device"
READ = "INSERT INTO read VALUES (:device, :at) ON CONFLICT DO UPDATE SET last = :at"
KEPT = """
    SELECT device, text, first, ifnull(gone, (SELECT last FROM read WHERE read.device = snapshot.device)) AS last FROM snapshot
    WHERE device = ?"""
CHANGED = """
    SELECT device, first AS at, text AS after, (
      SELECT text FROM snapshot AS old WHERE old.device = new.device AND old.id < new.id ORDER BY id DESC LIMIT 1) AS before
    FROM snapshot AS new WHERE first >= ? AND before IS NOT NULL {whose} ORDER BY id DESC"""
# A clock that is wrong for less than so many audits makes nothing be forgotten.
CLOCK_RUNS = 7
ROW = "SELECT device, site, feature, name, status, expected, actual, evidence, first, last, gone FROM finding"


@dataclass(frozen=True)
class Run:
    """One audit: its time (ISO 8601 in UTC), what it was limited to ("" for everything), its exit code, and what it counted.

    ``failed``, ``untold`` and ``waived`` count findings; ``differing`` the devices with one that failed.
    """

    id: int
    at: str
    scope: str
    verdict: int
    devices: int
    failed: int
    untold: int
    waived: int
    differing: int


@dataclass(frozen=True)
class News:
    """What is new in an audit, whose number is ``run``.

    How many findings it was the first to see, how many it was the first not to see any more, and at how many devices the configuration
    was another one than before.
    """

    came: int
    gone: int
    changed: int
    run: int


@dataclass(frozen=True)
class Past:
    """A finding with its time: when it was first and last seen, and when it was seen to be gone, None while it stands."""

    finding: Finding
    first: str
    last: str
    gone: str | None


@dataclass(frozen=True)
class Kept:
    """A device's configuration: when it was first read so, and when it was last, or was seen to be another one."""

    device: str
    text: str
    first: str
    last: str


@dataclass(frozen=True)
class Change:
    """A device's configuration, before and after the change that an audit saw."""

    device: str
    at: str
    before: str
    after: str


@dataclass(frozen=True)
class Untold:
    """What a receiver doesn't know yet: what came and stands, what it knew and is gone, and the verdict that it knows, None for none."""

    came: tuple[Past, ...]
    gone: tuple[Past, ...]
    verdict: int | None


class History(Database):
    """The file; ``notice`` is a sentence about one that had to be set aside, else None.

    :raises MotcuaError: when it can't be opened, or a newer motcua wrote it.
    """

    def __init__(self, path: Path, at: str) -> None:
        super().__init__(path, at, MIGRATIONS)

    def enter(
        self,
        at: str,
        scope: str,
        verdict: int,
        findings: Iterable[Finding],
        inventory: Iterable[str],
        snapshots: Iterable[Snapshot] = (),
    ) -> News:
        """Enter what an audit found and read; what is new in it.

        What was found before is gone when this audit judged its device and didn't find it again: a device of which anything could not be
        told keeps what it had, one that wasn't read its configuration. A device that the inventory no longer has keeps nothing.

        :param at: the audit's time, ISO 8601 in UTC. :param inventory: every device of the province, whatever the audit was limited to.
        :raises MotcuaError: when nothing could be written; then nothing was.
        """
        rows = in_order(findings)
        devices = {finding.device for finding in rows}
        told = devices - {finding.device for finding in rows if finding.status == "error"}
        there = set(inventory) | devices
        with self.writing() as database:
            run = database.execute(RUN, {"at": at, "scope": scope, "verdict": verdict, **_counted(rows)}).lastrowid or 0
            database.executemany(ENTER, [row | {"at": at, "run": run} for row in _rows(rows)])
            database.execute("CREATE TEMP TABLE IF NOT EXISTS meant (device TEXT PRIMARY KEY)")
            for names, condition in ((told, "IN"), (there, "NOT IN")):
                database.execute("DELETE FROM meant")
                database.executemany("INSERT INTO meant VALUES (?)", [(name,) for name in sorted(names)])
                database.execute(GONE.format(condition=condition), {"at": at, "run": run})
            changed = _keep(database, at, run, snapshots, there)
            came, gone = (database.execute(question, (run,)).fetchone()["n"] for question in COUNTS)
        return News(came, gone, changed, run)

    def dated(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The same findings, each that stands with when it was first seen."""
        stands = {
            (row["device"], row["feature"], row["name"], row["status"]): row["first"]
            for row in self.asked(
                "SELECT device, feature, name, status, min(first) AS first FROM finding WHERE gone IS NULL GROUP BY 1, 2, 3, 4"
            )
        }
        return tuple(
            replace(finding, since=stands.get((finding.device, finding.feature, finding.check, finding.status))) for finding in findings
        )

    def of_device(self, device: str, since: str = "") -> tuple[Past, ...]:
        """What was found at a device and still stood after ``since``, the newest first."""
        rows = self.asked(f"{ROW} WHERE device = ? AND (gone IS NULL OR gone >= ?) ORDER BY first DESC, id DESC", device, since)
        return tuple(_past(row) for row in rows)

    def changed(self, since: str) -> tuple[Past, ...]:
        """What came or went after ``since`` in the whole province, the newest first."""
        rows = self.asked(f"{ROW} WHERE first >= ?1 OR gone >= ?1 ORDER BY max(first, ifnull(gone, '')) DESC, id DESC", since)
        return tuple(_past(row) for row in rows)

    def stood(self, since: str, until: str) -> tuple[Past, ...]:
        """What stood at any time between two times, both included, the oldest first."""
        rows = self.asked(f"{ROW} WHERE first <= ? AND (gone IS NULL OR gone >= ?) ORDER BY first, id", until, since)
        return tuple(_past(row) for row in rows)

    def runs(self, since: str = "") -> tuple[Run, ...]:
        """The audits after ``since``, in the order in which they were entered."""
        return tuple(Run(**row) for row in self.asked("SELECT * FROM run WHERE at >= ? ORDER BY id", since))

    # --- over time ----------------------------------------------------------------------------------------------------------

    def trend(self, since: str, zone: tzinfo) -> Mapping[date, Run]:
        """The last audit of everything on each day of ``zone``, from the earliest day to the latest."""
        days = {datetime.fromisoformat(run.at).astimezone(zone).date(): run for run in self.runs(since) if not run.scope}
        return dict(sorted(days.items()))

    # --- configurations -----------------------------------------------------------------------------------------------------

    def snapshot_at(self, device: str, when: str) -> Kept | None:
        """What a device's configuration was at a time, None where it hadn't been read yet."""
        found = self.asked(f"{KEPT} AND first <= ? ORDER BY id DESC LIMIT 1", device, when)
        return Kept(**found[0]) if found else None

    def snapshot(self, device: str, *, first: bool = False) -> Kept | None:
        """The last configuration of a device that was read, or the first that is kept."""
        found = self.asked(f"{KEPT} ORDER BY id {'ASC' if first else 'DESC'} LIMIT 1", device)
        return Kept(**found[0]) if found else None

    def changes(self, since: str, device: str | None = None) -> tuple[Change, ...]:
        """The changes of configurations that were seen after ``since``, in the whole province or of one device, the newest first."""
        whose = ("AND device = ?", (device,)) if device is not None else ("", ())
        return tuple(Change(**row) for row in self.asked(CHANGED.format(whose=whose[0]), since, *whose[1]))

    # --- who was told what --------------------------------------------------------------------------------------------------

    def untold(self, receiver: str, run: int) -> Untold:
        """What came and went since a receiver was last told, for a message about an audit; all that stands for one who never was.

        The verdict that it knows is that of the last audit with the same limits.
        """
        known = self.asked("SELECT run FROM told WHERE receiver = ?", receiver)
        told = known[0]["run"] if known else 0
        question = "SELECT verdict FROM run WHERE id <= ? AND scope = (SELECT scope FROM run WHERE id = ?) ORDER BY id DESC LIMIT 1"
        verdicts = [row["verdict"] for row in self.asked(question, told, run)]
        came = self.asked(f"{ROW} WHERE first_run > ? AND gone IS NULL ORDER BY device, feature, name, nth", told)
        gone = self.asked(f"{ROW} WHERE first_run <= ?1 AND gone_run > ?1 ORDER BY device, feature, name, nth", told)
        return Untold(tuple(_past(row) for row in came), tuple(_past(row) for row in gone), *verdicts or [None])

    def tell(self, receiver: str, run: int) -> None:
        """Note that a receiver was told everything up to an audit."""
        with self.writing() as database:
            database.execute("INSERT INTO told VALUES (?1, ?2) ON CONFLICT DO UPDATE SET run = max(run, ?2)", (receiver, run))

    def forget(self, days: int) -> None:
        """Delete what was over so many days before the last audits; what stands is kept however old it is."""
        (last,) = self.asked("SELECT min(at) AS at FROM (SELECT at FROM run ORDER BY id DESC LIMIT ?)", CLOCK_RUNS)
        if last["at"] is None:
            return
        before = f"{datetime.fromisoformat(last['at']) - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"
        with self.writing() as database:
            database.execute("DELETE FROM finding WHERE gone < ?", (before,))
            database.execute("DELETE FROM snapshot WHERE gone < ?", (before,))
            database.execute("DELETE FROM run WHERE at < ?", (before,))


def _keep(database: sqlite3.Connection, at: str, run: int, snapshots: Iterable[Snapshot], there: Iterable[str]) -> int:
    """Keep each configuration that isn't the one that stands; at how many devices it is another one than before."""
    stands = {row["device"]: row["text"] for row in database.execute("SELECT device, text FROM snapshot WHERE gone IS NULL")}
    texts = {one.device: one.text_after(stands.get(one.device, "")) for one in snapshots}
    read = [device for device, text in texts.items() if text]
    new = {device for device in read if texts[device] != stands.get(device)}
    over = [device for device in stands if device in new or device not in there]
    database.executemany(OVER, [{"device": device, "at": at, "run": run} for device in over])
    database.executemany(
        "INSERT INTO snapshot (device, text, first, first_run) VALUES (?, ?, ?, ?)",
        [(device, texts[device], at, run) for device in sorted(new)],
    )
    database.executemany(READ, [{"device": device, "at": at} for device in read])
    return sum(device in stands for device in new)


def _counted(findings: Iterable[Finding]) -> dict[str, int]:
    """What a run counts."""
    rows = tuple(findings)
    statuses = Counter[str](finding.status for finding in rows)
    return {
        "devices": len({finding.device for finding in rows}),
        "failed": statuses["fail"],
        "untold": statuses["error"],
        "waived": statuses["waived"],
        "differing": len({finding.device for finding in rows if finding.status == "fail"}),
    }


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
