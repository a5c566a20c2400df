"""What outlives the gate: accounts, sessions, enrolment links, failed logins, who watched what, and the devices of leaders.

Of sessions and links only hashes are kept: whoever reads the file can't become anybody. Used by the gate, from one thread, and by
motcua-viewer at the same time; each sees what the other wrote (`changed`).
"""

import hashlib
import secrets
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field

LINK_SECONDS = 72 * 3600
FORGET_SECONDS = 24 * 3600  # a failed login
DAY_SECONDS = 86400
FREE_FAILURES = {"account": 3, "address": 20}  # an office may have one address, and Monday mornings
LONGEST_WAIT_SECONDS = 900
BUSY_SECONDS = 10

SCHEMA = """
CREATE TABLE IF NOT EXISTS account (
  account TEXT PRIMARY KEY, viewer TEXT NOT NULL, name TEXT NOT NULL, password TEXT, totp TEXT, totp_step INTEGER NOT NULL DEFAULT 0,
  disabled INTEGER NOT NULL DEFAULT 0, created_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS session (hash BLOB PRIMARY KEY, account TEXT NOT NULL, created_s REAL NOT NULL, used_s REAL NOT NULL);
CREATE INDEX IF NOT EXISTS session_account ON session (account);
CREATE TABLE IF NOT EXISTS link (hash BLOB PRIMARY KEY, account TEXT NOT NULL, totp TEXT, expires_s REAL NOT NULL, used_s REAL);
CREATE TABLE IF NOT EXISTS failure (key TEXT PRIMARY KEY, count INTEGER NOT NULL, last_s REAL NOT NULL);
CREATE TABLE IF NOT EXISTS viewing (
  id INTEGER PRIMARY KEY, account TEXT NOT NULL, viewer TEXT NOT NULL, address TEXT NOT NULL, camera TEXT NOT NULL, kind TEXT NOT NULL,
  from_s REAL NOT NULL, until_s REAL NOT NULL, footage_from_s REAL, footage_until_s REAL);
CREATE INDEX IF NOT EXISTS viewing_until ON viewing (until_s);
CREATE TABLE IF NOT EXISTS event (at_s REAL NOT NULL, account TEXT NOT NULL, address TEXT NOT NULL, what TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS device (
  public_key TEXT PRIMARY KEY, account TEXT NOT NULL, address TEXT NOT NULL UNIQUE, created_s REAL NOT NULL);
"""


WATCHED = """
INSERT INTO viewing (id, account, viewer, address, camera, kind, from_s, until_s, footage_from_s, footage_until_s)
VALUES (:id, :account, :viewer, :address, :camera, :kind, :from_s, :until_s, :footage_from_s, :footage_until_s)
ON CONFLICT (id) DO UPDATE SET until_s = excluded.until_s, footage_from_s = excluded.footage_from_s,
  footage_until_s = excluded.footage_until_s"""
VIEWINGS = """
SELECT * FROM viewing WHERE until_s >= ?1 AND from_s < ?2 AND (?3 IS NULL OR camera = ?3) AND (?4 IS NULL OR account = ?4)
ORDER BY from_s, id"""


@dataclass
class Account:
    """A person: ``viewer`` says whose rights they have; without ``password`` they haven't enrolled yet."""

    account: str
    viewer: str
    name: str
    password: str | None
    totp: str | None
    totp_step: int
    disabled: bool
    created_s: float


@dataclass
class Session:
    """Somebody who is logged in; seconds since 1970."""

    account: str
    created_s: float
    used_s: float


@dataclass
class Viewing:
    """Someone who watched one camera, from first piece to last; ``footage``: the recordings' own time. A machine has no ``account``."""

    id: int
    account: str
    viewer: str
    address: str
    camera: str
    kind: str
    from_s: float
    until_s: float
    footage_from_s: float | None = None
    footage_until_s: float | None = None
    dirty: bool = field(default=True, compare=False)


@dataclass
class Link:
    """An enrolment link; ``state`` is open, used or late."""

    account: str
    totp: str | None
    state: str


def new_token():
    """256 bits that nobody guesses."""
    return secrets.token_urlsafe(32)


def hash_of(token):
    """What is kept of a token. It is random itself, so that nothing slower is needed."""
    return hashlib.sha256(token.encode()).digest()


class Database:
    """One connection to the file.

    :raises sqlite3.Error: when the file can't be used.
    """

    def __init__(self, path):
        self._db = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.executescript(SCHEMA)
        self._version = None

    def close(self):
        """Close the file."""
        self._db.close()

    def changed(self):
        """Whether somebody else wrote since the last time that this was asked."""
        (version,) = self._db.execute("PRAGMA data_version").fetchone()
        before, self._version = self._version, version
        return before is not None and before != version

    # --- people -------------------------------------------------------------------------------------------------------

    def accounts(self):
        """All accounts, by name."""
        asked = "SELECT account, viewer, name, password, totp, totp_step, disabled, created_s FROM account ORDER BY account"
        found = [Account(**row) for row in self._db.execute(asked)]
        for one in found:
            one.disabled = bool(one.disabled)
        return {one.account: one for one in found}

    def invite(self, account, viewer, name, totp, now_s):
        """Make an account, or let its person enrol anew; the token of the link. What was valid stays so until the link is used."""
        token = new_token()
        with self._write():
            self._db.execute(
                "INSERT INTO account (account, viewer, name, created_s) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (account) DO UPDATE SET viewer = excluded.viewer, name = excluded.name",
                (account, viewer, name, now_s),
            )
            self._db.execute("DELETE FROM link WHERE account = ?", (account,))
            values = (hash_of(token), account, totp, now_s + LINK_SECONDS)
            self._db.execute("INSERT INTO link (hash, account, totp, expires_s) VALUES (?, ?, ?, ?)", values)
            self._event(account, "", "invited", now_s)
        return token

    def link(self, token, now_s):
        """An enrolment link; None when there is none of that token."""
        row = self._db.execute("SELECT * FROM link WHERE hash = ?", (hash_of(token),)).fetchone()
        if row is None:
            return None
        state = "used" if row["used_s"] is not None else "late" if row["expires_s"] <= now_s else "open"
        return Link(row["account"], row["totp"], state)

    def enrol(self, token, password, totp_step, address, now_s):
        """Use a link up: the password is new, whoever was logged in with the old one no longer is. Whether the link was still open."""
        with self._write():
            used = "UPDATE link SET used_s = ? WHERE hash = ? AND used_s IS NULL AND expires_s > ? RETURNING account, totp"
            row = self._db.execute(used, (now_s, hash_of(token), now_s)).fetchone()
            if row is None:
                return False
            values = (password, row["totp"], totp_step or 0, row["account"])
            self._db.execute("UPDATE account SET password = ?, totp = ?, totp_step = ?, disabled = 0 WHERE account = ?", values)
            self._db.execute("DELETE FROM session WHERE account = ?", (row["account"],))
            self._event(row["account"], address, "enrolled", now_s)
        return True

    def disable(self, account, now_s):
        """Let an account in no longer: sessions, links and devices end. Whether there was one of that name."""
        with self._write():
            done = self._db.execute("UPDATE account SET disabled = 1 WHERE account = ?", (account,)).rowcount
            self._db.execute("DELETE FROM session WHERE account = ?", (account,))
            self._db.execute("DELETE FROM link WHERE account = ?", (account,))
            self._db.execute("DELETE FROM device WHERE account = ?", (account,))
            if done:
                self._event(account, "", "disabled", now_s)
        return bool(done)

    # --- logging in ---------------------------------------------------------------------------------------------------

    def sessions(self):
        """All sessions, by the hash of their token."""
        rows = self._db.execute("SELECT hash, account, created_s, used_s FROM session")
        return {row["hash"]: Session(row["account"], row["created_s"], row["used_s"]) for row in rows}

    def attempt(self, account, address, now_s):
        """Count an attempt as failed before it is made, so that a hundred at once aren't free; `forgive` takes it back.

        :return: the seconds to wait, then it isn't counted; 0 to go on.
        """
        keys = _keys(account, address)
        with self._write():
            wait_s = max(self._wait(kind, key, now_s) for kind, key in keys.items())
            if wait_s <= 0:
                for key in keys.values():
                    self._db.execute(
                        "INSERT INTO failure VALUES (?, 1, ?) ON CONFLICT (key) DO UPDATE SET count = count + 1, last_s = excluded.last_s",
                        (key, now_s),
                    )
        return max(0.0, wait_s)

    def _wait(self, kind, key, now_s):
        row = self._db.execute("SELECT count, last_s FROM failure WHERE key = ?", (key,)).fetchone()
        if row is None:
            return 0.0
        if row["last_s"] < now_s - FORGET_SECONDS:
            self._db.execute("DELETE FROM failure WHERE key = ?", (key,))
            return 0.0
        over = row["count"] - FREE_FAILURES[kind]
        return row["last_s"] + min(LONGEST_WAIT_SECONDS, 2.0 ** min(over + 1, 20)) - now_s if over >= 0 else 0.0

    def forgive(self, account, address, all_of_account=False):
        """Take an attempt back that didn't fail; after a login all that failed for this account from this address."""
        keys = _keys(account, address)
        with self._write():
            for kind, key in keys.items():
                if all_of_account and kind == "account":
                    self._db.execute("DELETE FROM failure WHERE key = ?", (key,))
                else:
                    self._db.execute("UPDATE failure SET count = count - 1 WHERE key = ? AND count > 0", (key,))

    def take_step(self, account, step):
        """Whether a code's step is newer than every one that was used; then it is used now."""
        taken = "UPDATE account SET totp_step = ? WHERE account = ? AND totp_step < ?"
        return self._db.execute(taken, (step, account, step)).rowcount == 1

    def begin(self, account, password, address, now_s, replaced=None):
        """Begin a session; None when the account was disabled or got another password meanwhile. The one that it replaces ends.

        :return: its token.
        """
        token = new_token()
        with self._write():
            here = "SELECT 1 FROM account WHERE account = ? AND password = ? AND disabled = 0"
            if self._db.execute(here, (account, password)).fetchone() is None:
                return None
            if replaced is not None:
                self._db.execute("DELETE FROM session WHERE hash = ?", (replaced,))
            self._db.execute("INSERT INTO session VALUES (?, ?, ?, ?)", (hash_of(token), account, now_s, now_s))
            self._event(account, address, "login", now_s)
        return token

    def end(self, hashed, account, address, now_s):
        """End a session."""
        with self._write():
            self._db.execute("DELETE FROM session WHERE hash = ?", (hashed,))
            self._event(account, address, "logout", now_s)

    def failed(self, account, address, now_s):
        """Write down a login that was refused."""
        self._event(account, address, "refused", now_s)

    def keep_sessions(self, used, gone):
        """Write when sessions were last used, and forget those that are over."""
        with self._write():
            self._db.executemany("UPDATE session SET used_s = ? WHERE hash = ?", [(used_s, hashed) for hashed, used_s in used])
            self._db.executemany("DELETE FROM session WHERE hash = ?", [(hashed,) for hashed in gone])

    # --- who watched what ---------------------------------------------------------------------------------------------

    def last_viewing(self):
        """The number of the last viewing."""
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM viewing").fetchone()
        return last

    def watched(self, viewings):
        """Write viewings, new ones and those that went on."""
        with self._write():
            self._db.executemany(WATCHED, [{key: value for key, value in vars(one).items() if key != "dirty"} for one in viewings])

    def viewings(self, from_s, until_s, camera=None, account=None):
        """The viewings that lie between, the oldest first."""
        return [dict(row) for row in self._db.execute(VIEWINGS, (from_s, until_s, camera, account))]

    def events(self, from_s, until_s, account=None):
        """Logins, refusals, enrolments and ends that lie between, the oldest first."""
        asked = "SELECT * FROM event WHERE at_s >= ?1 AND at_s < ?2 AND (?3 IS NULL OR account = ?3) ORDER BY at_s, rowid"
        return [dict(row) for row in self._db.execute(asked, (from_s, until_s, account))]

    def forget(self, log_days, now_s):
        """Delete what was kept long enough."""
        with self._write():
            self._db.execute("DELETE FROM viewing WHERE until_s < ?", (now_s - log_days * DAY_SECONDS,))
            self._db.execute("DELETE FROM event WHERE at_s < ?", (now_s - log_days * DAY_SECONDS,))
            self._db.execute("DELETE FROM failure WHERE last_s < ?", (now_s - FORGET_SECONDS,))
            self._db.execute("DELETE FROM link WHERE expires_s < ?", (now_s - LINK_SECONDS,))

    # --- devices ------------------------------------------------------------------------------------------------------

    def devices(self):
        """The devices that may dial in."""
        return [dict(row) for row in self._db.execute("SELECT * FROM device ORDER BY created_s, public_key")]

    def add_device(self, public_key, account, free, now_s):
        """Enter a device of an account that isn't disabled, at the first of ``free`` that is nobody's; None when all are taken."""
        with self._write():
            taken = {row["address"] for row in self._db.execute("SELECT address FROM device")}
            address = next((one for one in free if one not in taken), None)
            here = "SELECT 1 FROM account WHERE account = ? AND disabled = 0"
            if address is not None and self._db.execute(here, (account,)).fetchone() is not None:
                self._db.execute("INSERT INTO device VALUES (?, ?, ?, ?)", (public_key, account, address, now_s))
                self._event(account, address, "device", now_s)
                return address
        return None

    # --- how it is written --------------------------------------------------------------------------------------------

    def _event(self, account, address, what, now_s):
        self._db.execute("INSERT INTO event VALUES (?, ?, ?, ?)", (now_s, account, address, what))

    def _write(self):
        return _Transaction(self._db)


class _Transaction:
    """All or nothing; the lock is taken at once, so that what was read in it still holds when it is written."""

    def __init__(self, db):
        self._db = db

    def __enter__(self):
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind, error, trace):
        self._db.execute("ROLLBACK" if kind else "COMMIT")


def _keys(account, address):
    """Whose failures count together: of one account from one address, so that no stranger locks anybody out, and of one address."""
    return {"account": f"{address} {account}", "address": address}


def stored(path):
    """The database for a short time.

    :return: a context manager.
    """
    return closing(Database(path))
