"""Which of several accounts a device takes, without ever coming near its lock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from ..accounts import Login
from ..errors import AuthRefused, Locked

USUAL_TRIES = 5  # after so many failures Hikvision and Dahua lock as delivered; taken for every device that doesn't say
LEFT_FOR_PEOPLE = 2  # tries that are never used up, so that whoever stands there can still log in

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """How it went. ``login``: accepted, refused (by all), locked, stopped (before its lock), not tried.

    ``wrong`` counts the refused tries of this device, earlier runs' too; ``default_password`` is None where nobody tried it.
    """

    login: str
    way: Login | None = None
    value: T | None = None
    wrong: int = 0
    default_password: bool | None = None
    remark: str | None = None


async def first_accepted(
    ways: Sequence[Login],
    attempt: Callable[[Login], Awaitable[T]],
    *,
    default: Login | None = None,
    wrong: int = 0,
    note: Callable[[int], None] = lambda _wrong: None,
) -> Outcome[T]:
    """Try the ways in their order, each once, then the vendor's published default password, if it was asked for.

    :param attempt: logs in; AuthRefused and Locked are answers, every other error ends it all.
    :param default: the default way in, which is tried at most once whatever the others did.
    :param wrong: tries that were refused before, in a run that was cut.
    :param note: is told before each try how many will be refused if this one is, so that a cut can't make anybody forget it.
    """
    chain = _Chain(attempt, note, wrong)
    outcome: Outcome[T] = Outcome("not tried", wrong=wrong)
    for way in ways:
        outcome = await chain.attempt(way)
        if outcome.login != "refused":
            break
    if default is None or outcome.login in ("locked", "stopped"):
        return outcome
    if default in chain.tried:
        return replace(outcome, default_password=outcome.way == default)
    by_default = await chain.attempt(default)
    if outcome.login == "accepted":
        # What people gave works; the default was only asked about.
        answer = {"accepted": True, "refused": False}.get(by_default.login)
        remark = None if by_default.login == "refused" else by_default.remark
        return replace(outcome, default_password=answer, wrong=by_default.wrong, remark=remark)
    return replace(by_default, default_password={"accepted": True, "refused": False}.get(by_default.login))


class _Chain(Generic[T]):
    """The tries of one device, counted together whatever account they were for: some devices lock an address, not an account."""

    def __init__(self, attempt: Callable[[Login], Awaitable[T]], note: Callable[[int], None], wrong: int) -> None:
        self._attempt, self._note, self._wrong = attempt, note, wrong
        self._left = USUAL_TRIES - wrong
        self.tried: list[Login] = []

    async def attempt(self, way: Login) -> Outcome[T]:
        if self._left - 1 < LEFT_FOR_PEOPLE:
            remark = f"its login was refused {self._wrong} times; nothing more is tried, two tries before it may lock itself"
            return Outcome("stopped", wrong=self._wrong, remark=remark)
        self._note(self._wrong + 1)
        self.tried.append(way)
        try:
            value = await self._attempt(way)
        except Locked as locked:
            return Outcome("locked", wrong=self._wrong, remark=str(locked))
        except AuthRefused as refused:
            self._refused(refused.tries_left)
            return Outcome("refused", wrong=self._wrong, remark=str(refused))
        self._note(self._wrong)
        return Outcome("accepted", way, value, self._wrong)

    def _refused(self, said: int | None) -> None:
        """What a device says of its own tries is taken instead of the usual number, but never for more than one try fewer than before."""
        first = self._wrong == 0
        self._wrong += 1
        counted = self._left - 1
        self._left = counted if said is None else said if first else min(counted, said)
