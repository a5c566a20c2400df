"""Who is logged in, in memory, so that a piece of video costs no question to the database."""

import hmac
import re

from .database import Session, hash_of

COOKIE = "__Host-motcua"
_TOKEN = re.compile(rf"(?:^|;\s*){COOKIE}=([A-Za-z0-9_-]{{43}})(?=;|$)")


class People:
    """Accounts and sessions as the database has them, and when each was last used."""

    def __init__(self, accounts, sessions):
        self.accounts, self._sessions, self._used = accounts, sessions, {}

    def renew(self, accounts, sessions):
        """Take over what the database has now."""
        for hashed, session in sessions.items():
            if hashed in self._sessions:
                session.used_s = max(session.used_s, self._sessions[hashed].used_s)
        self.accounts, self._sessions = accounts, sessions

    def who(self, header, rights, now_s):
        """(account, viewer, token) of a Cookie header; None when nobody who may still be here is logged in with it."""
        found = _TOKEN.search(header or "")
        if found is None:
            return None
        hashed = hash_of(found[1])
        session = self._sessions.get(hashed)
        account = None if session is None else self.accounts.get(session.account)
        if account is None or account.disabled:
            return None
        viewer = rights.viewers.get(account.viewer)
        if viewer is None or over(session, viewer, rights.sessions, now_s):
            return None
        if now_s - session.used_s >= 1:
            session.used_s = now_s
            self._used[hashed] = now_s
        return account, viewer, found[1]

    def begin(self, token, account, now_s):
        """Somebody has logged in."""
        self._sessions[hash_of(token)] = Session(account, now_s, now_s)

    def end(self, token):
        """Somebody has logged out."""
        self._sessions.pop(hash_of(token), None)

    def used(self):
        """[(hash, when)] of what was used since this was last asked."""
        used, self._used = self._used, {}
        return list(used.items())

    def gone(self, rights, now_s):
        """The hashes of sessions that are over."""
        return [hashed for hashed, session in self._sessions.items() if self._over(session, rights, now_s)]

    def _over(self, session, rights, now_s):
        account = self.accounts.get(session.account)
        viewer = None if account is None else rights.viewers.get(account.viewer)
        return viewer is None or over(session, viewer, rights.sessions, now_s)


def over(session, viewer, sessions, now_s):
    """Whether a session was idle too long or is too old; those who need a code have less time."""
    kept = sessions["with_code" if viewer.needs_code else "others"]
    return now_s - session.used_s >= kept["idle_seconds"] or now_s - session.created_s >= kept["longest_seconds"]


def token_for_posts(token):
    """What a page of ours knows and a stranger's doesn't: it follows from the session, so that nothing has to be kept."""
    return hmac.digest(token.encode(), b"posts", "sha256").hex()
