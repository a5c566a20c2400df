"""What a platform has to say of itself. The engine knows no platform's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from .state import RouterState

Standing = Callable[[str], str]


def hide(_secret: str) -> str:
    """What stands where a secret was, for those who needn't know whether it is the same one as before."""
    return "(secret)"


@dataclass(frozen=True)
class Command:
    """One line as it is sent, and as people may see it: without any secret.

    ``expect`` is a question of the device, ``answer`` ours to it.
    """

    text: str
    shown: str
    expect: str | None = None
    answer: str | None = None

    def __repr__(self) -> str:
        return f"Command({self.shown!r})"


@dataclass(frozen=True)
class Contradiction:
    """Something that isn't motcua's and is against what is: never touched, always said. ``key`` is its place in the device's own words."""

    key: str
    message: str


@dataclass(frozen=True)
class Comparison:
    """The smallest ordered way from what runs to what should, and back.

    ``commands`` is empty exactly when nothing of ours differs; ``undo`` takes each of them back, however far they came. ``before`` and
    ``after`` are our own configuration as text in the device's words, without secrets, for ``--diff``: equal where nothing differs, and
    then perhaps empty. ``unknown`` are fields of our own entries that this version has and we don't know: they are left alone.
    """

    commands: tuple[Command, ...]
    undo: tuple[Command, ...]
    before: str
    after: str
    contradictions: tuple[Contradiction, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Guard:
    """The dead-man: the device puts itself back unless it is told in time that all is well.

    ``arm`` gets the seconds and the undoing commands and gives what arms; it must also hold over a power cut. ``confirm`` ends it and keeps
    the change. ``armed`` is the read, and the pattern in its answer, that shows one left by an earlier run. ``fire`` undoes at once what
    such a one would. ``reboots`` says that its expiry restarts the box, so that it belongs in the maintenance window.
    """

    arm: Callable[[int, tuple[Command, ...]], tuple[Command, ...]]
    confirm: tuple[Command, ...]
    armed: tuple[str, re.Pattern[str]]
    fire: tuple[Command, ...]
    reboots: bool = False


@dataclass(frozen=True)
class Platform:
    """A router platform as a table of functions and texts.

    ``reads`` are all commands of a run that changes nothing, in this order. ``understand`` makes of their answers what the others work on,
    and raises Garbled when an answer is incomplete. ``compare`` is pure. ``enter`` and ``leave`` stand around commands where a platform
    has a mode for changes. ``guard`` is None where motcua reads and compares, and changes nothing. ``whole`` makes of the answers what
    people keep: the whole configuration as text, motcua's part and everybody's, without what changes by itself, and
    with what the second argument makes of it in each secret's place, as far as the device shows one at all.
    ``version`` finds in the answers which firmware runs.
    """

    name: str
    driver: str  # netmiko's device_type
    channel: Literal["exec", "shell"]
    reads: tuple[str, ...]
    understand: Callable[[Mapping[str, str]], Any]
    compare: Callable[[Any, RouterState], Comparison]
    whole: Callable[[Mapping[str, str], Standing], str]
    refusal: re.Pattern[str]  # an answer that says that a command was refused
    guard: Guard | None
    version: re.Pattern[str]
    prepare: tuple[Command, ...] = ()  # once a session, before the first read: paging off
    enter: tuple[Command, ...] = ()
    leave: tuple[Command, ...] = ()
    noise: re.Pattern[str] | None = None  # lines that the device prints into a session by itself
