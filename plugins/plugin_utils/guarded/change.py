"""One change of one router: armed first, proved by a connection that is newer than the change, and put back whenever that fails."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..errors import AuthRefused, MotcuaError, NotConverged, PinChanged, Refused, RolledBack, Unreachable
from ..routers.platform import Command, Comparison, Guard
from ..routers.state import RouterState
from ..terminal import Session
from .reading import PAUSE_SECONDS, Router, Seen, few, is_refusal, look, look_again, words

SPARE_SECONDS = 20  # before the guard fires, in which nothing new is sent and nothing is confirmed
GRACE_SECONDS = 60  # after it has fired, until the router answers again
RESTART_SECONDS = 600  # the same where firing restarts it: a small router takes 2 to 5 minutes


def grace_seconds(guard: Guard) -> int:
    """How long the router may take to be back after its guard has fired."""
    return RESTART_SECONDS if guard.reboots else GRACE_SECONDS


def fire(session: Session, guard: Guard) -> None:
    """Undo now. That may end the session, or find nothing armed any more: what came of it is read afterwards."""
    try:
        for command in guard.fire:
            session.send(command)
    except Unreachable:
        return


def undone(router: Router, session: Session, guard: Guard) -> tuple[Session, Seen]:
    """Fire an armed guard, once, and come back when it is armed no more.

    :raises NotConverged: when it stays armed.
    """
    fire(session, guard)
    until = router.clock.monotonic() + grace_seconds(guard)
    while True:
        session.close()
        session, seen = look_again(router, until)
        if seen.armed is None:
            return session, seen
        if router.clock.monotonic() + PAUSE_SECONDS > until:
            session.close()
            raise NotConverged(f"{router.name}: its guard stays armed after it was fired; look at the router")
        router.clock.sleep(PAUSE_SECONDS)


def _alike(one: Comparison, other: Comparison) -> bool:
    """Whether two comparisons with one wish are of the same state.

    Undoing adds what was removed at another place of a list; where its order means something, the way to the wish is another one.
    """
    return _unordered(one) == _unordered(other)


def _unordered(comparison: Comparison) -> tuple[list[str], list[str]]:
    return sorted(comparison.before.splitlines()), sorted(command.text for command in comparison.commands)


@dataclass
class Change:
    """``seen`` and ``comparison`` are the state from before. ``put_back`` says afterwards whether the change was undone."""

    router: Router
    state: RouterState
    seen: Seen
    guard: Guard
    comparison: Comparison
    guard_seconds: int
    begun: bool = False
    put_back: bool = False
    confirmed: bool = False

    def make(self, session: Session) -> None:
        """Arm, change, prove, confirm, read back.

        :raises Refused: when the router refused a command; it is as it was before.
        :raises RolledBack: when the change couldn't be proved; it is as it was before.
        :raises NotConverged: when it is as nobody wished.
        :raises Unreachable: when it doesn't come back.
        """
        self._fires = self.router.clock.monotonic() + self.guard_seconds
        self._fires_at = f"{datetime.now().astimezone() + timedelta(seconds=self.guard_seconds):%H:%M:%S}"
        broken = self._send_all(session)
        session.close()
        session = self._proved(broken)
        try:
            left = self._left(look(self.router, session))
        finally:
            session.close()
        if left:
            raise NotConverged(f"{self.router.name}: took the change and still needs {few(left)}; look whether its version knows these")

    def _send_all(self, session: Session) -> Unreachable | None:
        """Guard and change. A session that breaks off proves nothing yet: a change of the path itself may do that and be right."""
        platform = self.seen.platform
        try:
            self._send(session, self.guard.arm(self.guard_seconds, self.comparison.undo))
            self.begun = True
            self._send(session, (*platform.enter, *self.comparison.commands, *platform.leave))
        except Refused as refusal:
            session.close()
            self._put_back(str(refusal))
            raise
        except Unreachable as broken:
            return broken
        return None

    def _send(self, session: Session, commands: Iterable[Command]) -> None:
        for command in commands:
            if self.router.clock.monotonic() > self._last_moment:
                raise Unreachable(f"{self.router.name}: took too long for a guard of {self.guard_seconds} s; give more guard_seconds")
            answer = session.send(command)
            if is_refusal(self.seen.platform, answer):
                said = f"{self.router.name}: refuses '{command.shown}' ({words(answer.text)})"
                raise Refused(f"{said}; it is as it was before. Look at its version and at the account's rights")

    @property
    def _last_moment(self) -> float:
        return self._fires - min(SPARE_SECONDS, self.guard_seconds / 4)

    def _left(self, seen: Seen) -> list[str]:
        return [command.shown for command in seen.platform.compare(seen.running, self.state).commands]

    def _proved(self, broken: Unreachable | None) -> Session:
        """A new session through the path that must hold, over which the change was confirmed."""
        try:
            session, seen = look_again(self.router, self._last_moment)
        except MotcuaError as error:
            if not isinstance(error, Unreachable):  # a second refused login could lock us out for longer than the guard takes
                self.router.clock.sleep(max(0.0, self._fires + SPARE_SECONDS - self.router.clock.monotonic()))
            self._give_up(f"no new connection came about through the path that it must keep ({broken or error})")
        why = self._unproved(seen, broken)
        if why is None:
            try:
                self._send(session, self.guard.confirm)
                self.confirmed = True
            except Refused as error:
                why = f"the confirmation failed ({error})"
            except Unreachable as error:
                session.close()
                session = self._confirmed_anyway(error)
        if why is not None:
            session.close()
            self._give_up(why)
        return session

    def _unproved(self, seen: Seen, broken: Unreachable | None) -> str | None:
        if broken is not None and self._left(seen):
            return f"the session ended before all was changed ({broken})"
        return None if seen.armed is not None else "its guard fired before the change was confirmed"

    def _confirmed_anyway(self, error: Unreachable) -> Session:
        """The connection broke off at the confirmation: the router says whether it had heard it, and is told to save once more."""
        try:
            session, seen = look_again(self.router, self._last_moment)
        except Unreachable:
            self._give_up(f"the connection broke off at the confirmation ({error})")
        if seen.armed is not None or self._left(seen):
            session.close()
            self._give_up(f"the connection broke off at the confirmation ({error})")
        self.confirmed = True
        for command in self.guard.confirm:
            session.send(command)
        return session

    def _give_up(self, why: str) -> None:
        self._put_back(why)
        raise RolledBack(f"{self.router.name}: {why}; all was undone and it is as it was before. Look at the wish, then run again")

    def _put_back(self, why: str) -> None:
        """Undo over a new session, or wait until the router has done it by itself; then make sure of it."""
        try:
            session, seen = look_again(self.router, self._fires + grace_seconds(self.guard))
            if seen.armed is not None:
                session, seen = undone(self.router, session, seen.armed)
            self._make_sure(session, seen, why)
        except (AuthRefused, PinChanged, Unreachable) as error:
            since = f"since then it can't be read ({error}), and its guard was armed to undo all at {self._fires_at}"
            raise Unreachable(f"{self.router.name}: {why}; {since}. Look at the router") from None
        self.put_back = self.begun

    def _make_sure(self, session: Session, seen: Seen, why: str) -> None:
        """Undoing takes its time on some platforms, and has no end that could be awaited."""
        until = self.router.clock.monotonic() + grace_seconds(self.guard)
        while True:
            session.close()
            now = seen.platform.compare(seen.running, self.state)
            if _alike(now, self.comparison):
                return
            if self.router.clock.monotonic() + PAUSE_SECONDS > until:
                other = few(line for line in difflib.ndiff(self.comparison.before.splitlines(), now.before.splitlines()) if line[0] in "+-")
                raise NotConverged(f"{self.router.name}: {why}; it was put back and isn't as it was before: {other}. Look at the router")
            self.router.clock.sleep(PAUSE_SECONDS)
            session, seen = look_again(self.router, until)
