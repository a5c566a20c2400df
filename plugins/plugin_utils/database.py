"""One SQLite file that people rely on: brought up to date, written whole or not at all by several at once, set aside when it is broken."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from .errors import MotcuaError

WAIT_S = 30.0


class Database:
    """The file; ``notice`` is a sentence about one that had to be set aside, else None.

    :param at: the time in the name of a file that is set aside. :param migrations: one script a version.
    :raises MotcuaError: when it can't be opened, or a newer motcua wrote it.
    """

    def __init__(self, path: Path, at: str, migrations: Sequence[str]) -> None:
        self._path, self._migrations = path, migrations
        self.notice: str | None = None
        try:
            with self._alone():
                self._database = self._whole(at)
        except (OSError, sqlite3.DatabaseError) as error:
            raise self._trouble(error) from None

    def close(self) -> None:
        """Nothing of it is open any more."""
        self._database.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """All or nothing.

        :raises MotcuaError: when nothing could be written; then nothing was.
        """
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

    def asked(self, question: str, *values: object) -> list[dict[str, Any]]:
        """The rows that answer.

        :raises MotcuaError: when it can't be read.
        """
        try:
            with closing(self._database.execute(question, values)) as found:
                return found.fetchall()
        except sqlite3.Error as error:
            raise self._trouble(error) from None

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While no other audit opens it: SQLite waits for nobody when it makes a new file's log, and says that it is locked."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _whole(self, at: str) -> sqlite3.Connection:
        """The file, or a new one in the place of a broken one."""
        try:
            return self._opened()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError:
            self.notice = self._set_aside(at)
            return self._opened()

    def _opened(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=WAIT_S, isolation_level=None)
        database.row_factory = lambda cursor, row: {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            if self._version(database) != len(self._migrations):
                self._migrate(database)
            self._check(database)
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
        if version > len(self._migrations):
            newer = f"a newer motcua wrote it (version {version}, this one knows {len(self._migrations)})"
            raise MotcuaError(f"{self._path}: {newer}; update motcua, or name another file")
        for number, script in enumerate(self._migrations[version:], version + 1):
            for statement in script.split(";"):
                database.execute(statement)
            database.execute(f"PRAGMA user_version = {number}")
        database.execute("COMMIT")

    @staticmethod
    def _check(database: sqlite3.Connection) -> None:
        """Damage in the middle would otherwise show only in the audit that reads there."""
        said = database.execute("PRAGMA quick_check(1)").fetchone()["quick_check"]
        if said != "ok":
            raise sqlite3.DatabaseError(said)

    def _set_aside(self, at: str) -> str:
        aside = self._path.with_name(f"{self._path.name}.broken-{at.replace(':', '')}")
        self._path.with_name(f"{self._path.name}-shm").unlink(missing_ok=True)
        log = self._path.with_name(f"{self._path.name}-wal")
        if log.exists():
            log.replace(aside.with_name(f"{aside.name}-wal"))
        self._path.replace(aside)
        return f"{self._path}: isn't readable and was set aside as {aside.name}; a new history begins, so that 'since' begins today"

    def _trouble(self, error: Exception) -> MotcuaError:
        return MotcuaError(f"{self._path}: the history can't be used ({error}); make room, or give it to who runs the audit")
