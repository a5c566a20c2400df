"""VyOS 1.4 and 1.3, read by ``show configuration commands`` and changed by one commit under a timer of our own."""

from __future__ import annotations

import re
from dataclasses import replace

from ..platform import Command, Comparison, Platform
from ..state import RouterState
from .contradictions import contradictions
from .grammar import render
from .guard import GUARD
from .intended import intended, lacks
from .lines import WORDS13, WORDS14, Words
from .ours import owned
from .remedy import after, remedy, undoing
from .running import READS, Running, understand, whole


def _compare(running: Running, state: RouterState, words: Words) -> Comparison:
    wanted = intended(state, running, words)
    ours = owned(running, state, words, wanted)
    reached = after(ours.roots, wanted, running.paths)
    return Comparison(
        commands=remedy(ours.roots, wanted, running.paths),
        undo=undoing(owned(Running(reached), state, words, wanted).roots, tuple(ours.roots), reached),
        before=render(sorted(ours.roots)),
        after=render(sorted(line.path for line in wanted)),
        contradictions=contradictions(running, state, words, ours),
        unknown=lacks(state, words),
    )


def compare14(running: Running, state: RouterState) -> Comparison:
    """The way from what runs to the wish, and back, in the words of 1.4.

    :raises ModelError: when one of our numbers is in use by something else.
    """
    return _compare(running, state, WORDS14)


def compare13(running: Running, state: RouterState) -> Comparison:
    """The same in the words of 1.3."""
    return _compare(running, state, WORDS13)


VYOS14 = Platform(
    name="vyos14",
    driver="vyos",
    channel="shell",
    prepare=(Command("set terminal length 0", "set terminal length 0"), Command("set terminal width 512", "set terminal width 512")),
    reads=READS,
    understand=understand,
    compare=compare14,
    whole=whole,
    refusal=re.compile(
        r"Commit failed|Set failed|Delete failed|Configuration path: \[.*\] is not valid|Invalid (?:command|value)|is not valid|Cannot exit"
        r"|already locked|No space left on device|Permission denied|command not found|Load failed|Unit .* already",
        re.IGNORECASE,
    ),
    guard=GUARD,
    version=re.compile(r"^Version: +VyOS (\S+)", re.MULTILINE),
    enter=(Command("configure", "configure"),),
    leave=(Command("commit", "commit"), Command("exit", "exit")),
    noise=re.compile(
        r"^(?:Broadcast message from .*(?:\n\n.*)?|[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d .*|Message from syslogd@.*)$", re.MULTILINE
    ),
)

VYOS13 = replace(VYOS14, name="vyos13", compare=compare13)
