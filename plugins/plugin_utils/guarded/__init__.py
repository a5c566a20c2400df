"""Read, compare, change under guard, prove by a new connection, confirm, read back: once, for every router platform.

Before the first change the router itself arms an undo. It is called off only over a connection that was opened after the change, through
the path that the change must keep; whatever goes wrong before that ends in the state from before, with us or without us.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ..errors import Postponed
from ..routers.dangers import refuse_dangers
from ..routers.platform import Comparison, Platform, Standing, hide
from ..routers.state import RouterState
from ..terminal import Session
from .change import Change, undone
from .reading import Router, Seen, begin, look, version

__all__ = ["Caution", "Outcome", "Router", "audit", "read", "reconcile"]

GUARD_SECONDS = 300


@dataclass(frozen=True)
class Caution:
    """``guard_seconds`` is the time until the router puts itself back; ``may_restart`` whether that may restart it now, ``when`` it may."""

    guard_seconds: int = GUARD_SECONDS
    may_restart: bool = True
    when: str = ""


@dataclass
class Outcome:
    """What was found and done, filled as it becomes known. Nothing in it is secret.

    ``commands`` are in the device's words, in the order in which they are sent; ``worksheet`` are those that motcua leaves to people.
    """

    platform: str = ""
    changed: bool = False
    rolled_back: bool = False
    before: str = ""
    after: str = ""
    commands: list[str] = field(default_factory=list)
    worksheet: list[str] = field(default_factory=list)
    contradictions: list[dict[str, str]] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    reboot_required: bool = False

    def note(self, platform: Platform, comparison: Comparison) -> None:
        """What a comparison says."""
        shown = [command.shown for command in comparison.commands]
        self.platform, self.before, self.after = platform.name, comparison.before, comparison.after
        self.commands, self.worksheet = ([], shown) if platform.guard is None else (shown, [])
        self.contradictions = [{"key": one.key, "message": one.message} for one in comparison.contradictions]
        self.unknown = list(comparison.unknown)


def read(router: Router, state: RouterState | None, outcome: Outcome) -> None:
    """Read the router; what of it is ours and against us can only be said with a state to compare it with."""
    session = begin(router)
    try:
        seen = look(router, session)
    finally:
        session.close()
    outcome.platform = seen.platform.name
    if state is not None:
        outcome.note(seen.platform, seen.platform.compare(seen.running, state))
    if seen.armed is not None:
        outcome.findings.append(LEFT_ARMED)


LEFT_ARMED = "an earlier run was never confirmed, and the router's guard is armed to undo it"


@dataclass(frozen=True)
class Whole:
    """All of a router: the firmware and the configuration that run, as text without secrets and without what changes by itself."""

    version: str
    config: str


def audit(router: Router, state: RouterState, outcome: Outcome, standing: Standing = hide) -> Whole:
    """Say what `reconcile` in check mode says, and give all that was read, with what ``standing`` makes of each secret in its place.

    :raises MotcuaError: as `reconcile` does.
    """
    refuse_dangers(state, router.ssh_port)
    session = begin(router)
    try:
        seen = look(router, session)
    finally:
        session.close()
    if seen.armed is not None:
        outcome.findings.append(LEFT_ARMED)
    outcome.note(seen.platform, seen.platform.compare(seen.running, state))
    return Whole(version(seen), seen.platform.whole(seen.answers, standing))


def reconcile(router: Router, state: RouterState, outcome: Outcome, *, check: bool, caution: Caution = Caution()) -> None:
    """Make the router match the state; in check mode only say what would be done.

    :raises ModelError: when the wish would cut the site off; nothing was sent.
    :raises Postponed: when the change could restart the router and may not do so now; nothing was sent.
    :raises Refused: when the router refused a command; it is as it was before.
    :raises RolledBack: when no new connection proved the change; it is as it was before.
    :raises NotConverged: when something else runs now than what was wished.
    """
    if check:
        audit(router, state, outcome)
        return
    refuse_dangers(state, router.ssh_port)
    session = begin(router)
    try:
        seen = look(router, session)
        if seen.armed is not None:
            outcome.findings.append(LEFT_ARMED)
            session, seen = _undo_earlier(router, session, seen, caution)
        comparison = seen.platform.compare(seen.running, state)
        outcome.note(seen.platform, comparison)
        if comparison.commands and seen.platform.guard is not None:
            _change(router, state, session, seen, comparison, outcome, caution)
    finally:
        session.close()


def _change(
    router: Router, state: RouterState, session: Session, seen: Seen, comparison: Comparison, outcome: Outcome, caution: Caution
) -> None:
    guard = seen.platform.guard
    assert guard is not None
    if guard.reboots and not caution.may_restart:
        raise Postponed(f"{router.name}: its guard may restart it, so that nothing was sent; run again {caution.when}, or with now=true")
    change = Change(router, state, seen, guard, comparison, caution.guard_seconds)
    try:
        change.make(session)
    finally:
        outcome.changed, outcome.rolled_back = change.confirmed, change.put_back


def _undo_earlier(router: Router, session: Session, seen: Seen, caution: Caution) -> tuple[Session, Seen]:
    """What an earlier run changed and never proved isn't trusted: it is undone before anything is compared."""
    guard = seen.armed
    assert guard is not None
    if guard.reboots and not caution.may_restart:
        raise Postponed(f"{router.name}: {LEFT_ARMED}, which restarts it; wait until it has, or run with now=true")
    return undone(router, session, guard)
