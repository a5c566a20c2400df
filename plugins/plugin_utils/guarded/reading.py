"""A router as the engine sees it: how to get in again, and what one session reads of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..errors import Garbled, MotcuaError, Refused, Unreachable, Unsupported
from ..routers.family import Family
from ..routers.platform import Guard, Platform
from ..terminal import Answer, Session

PAUSE_SECONDS = 2.0  # between two tries to get back in
LETTERS_SHOWN = 300


class Clock(Protocol):
    """Seconds that pass."""

    def monotonic(self) -> float:
        """Seconds since some time."""

    def sleep(self, seconds: float) -> None:
        """Let so many pass."""


class _OwnClock:
    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@dataclass(frozen=True)
class Router:
    """One router: ``connect`` opens a new session each time, through the path that has to hold."""

    name: str
    family: Family
    connect: Callable[[], Session]
    ssh_port: int = 22
    clock: Clock = field(default_factory=_OwnClock)


@dataclass(frozen=True)
class Seen:
    """What one session read: the platform, what ``understand`` made of the answers, and the guard that is armed, if one is.

    ``answers`` are those to the platform's reads, secrets included: only ``Platform.whole`` makes of them what people may see.
    """

    platform: Platform
    running: Any
    armed: Guard | None
    answers: Mapping[str, str] = field(default_factory=dict, repr=False)


def begin(router: Router) -> Session:
    """A new session in which answers come whole."""
    session = router.connect()
    try:
        for command in router.family.first.prepare:
            session.send(command)
    except BaseException:
        session.close()
        raise
    return session


def look(router: Router, session: Session) -> Seen:
    """Read everything that the platform's table lists, each once.

    :raises Garbled: when an answer is incomplete.
    :raises Refused: when that is because the router refused a read.
    """
    probe = router.family.probe
    answers = {} if probe is None else {probe: session.read(probe)}
    platform = _chosen(router, answers)
    # Of every version: a change may itself bring what the next run then chooses another guard for.
    guards = [version.platform.guard for version in router.family.versions if version.platform.guard is not None]
    for command in dict.fromkeys([*platform.reads, *(guard.armed[0] for guard in guards)]):
        if command not in answers:
            answers[command] = session.read(command)
    try:
        said = {command: answers[command] for command in platform.reads}
        running = platform.understand(said)
    except Garbled as error:
        raise _refused_read(router, answers) or error from None
    return Seen(platform, running, next((guard for guard in guards if guard.armed[1].search(answers[guard.armed[0]])), None), said)


def _chosen(router: Router, answers: dict[str, str]) -> Platform:
    try:
        return router.family.choose("".join(answers.values()))
    except Unsupported as error:
        raise _refused_read(router, answers) or error from None


def _refused_read(router: Router, answers: dict[str, str]) -> MotcuaError | None:
    for command, answer in answers.items():
        if router.family.first.refusal.search(answer):
            return Refused(f"{router.name}: refuses '{command}' ({words(answer)}); give the account the right to read the configuration")
    return None


def version(seen: Seen) -> str:
    """The firmware that runs; empty where the router doesn't say it."""
    found = seen.platform.version.search("\n".join(seen.answers.values()))
    return "" if found is None else next(filter(None, found.groups()), "")


def look_again(router: Router, until: float) -> tuple[Session, Seen]:
    """A new session and what it reads; ``until`` is when to stop trying, by the router's clock.

    :raises Unreachable: when there is none until then.
    """
    while True:
        session = None
        try:
            session = begin(router)
            return session, look(router, session)
        except Unreachable:
            if session is not None:
                session.close()
            if router.clock.monotonic() + PAUSE_SECONDS > until:
                raise
            router.clock.sleep(PAUSE_SECONDS)
        except BaseException:
            if session is not None:
                session.close()
            raise


def is_refusal(platform: Platform, answer: Answer) -> bool:
    """Whether a command was refused: by its words, or by its exit status where it has one."""
    return bool(answer.status) or platform.refusal.search(answer.text) is not None


def words(answer: str) -> str:
    """The device's own words in one line."""
    spoken = " ".join(answer.split())
    return f"it says {spoken[:LETTERS_SHOWN]!r}" if spoken else "it gives no reason"


def few(shown: Iterable[str], most: int = 3) -> str:
    """The first of several commands, for a sentence."""
    rows = [repr(row) for row in shown]
    return ", ".join(rows[:most]) + (f" and {len(rows) - most} more" if len(rows) > most else "")
