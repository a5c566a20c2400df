"""Cisco IOS and IOS-XE, read by ``show running-config`` and changed line by line under its own revert timer."""

from __future__ import annotations

import re
from dataclasses import replace

from ..platform import Command, Comparison, Platform
from ..state import RouterState
from .contradictions import contradictions
from .editing import edits
from .grammar import lines_of
from .guard import RELOAD, REVERT
from .intended import intended, lacks
from .ours import owned
from .remedy import remedy
from .running import READS, Running, understand, whole


def compare(running: Running, state: RouterState) -> Comparison:
    """The way from what runs to the wish, and back.

    :raises ModelError: when the wish has what IOS can't, or one of our numbers is in use by something else.
    """
    wanted = intended(state, running)
    ours = owned(running, state, wanted)
    there = edits(ours.blocks, wanted, ours.numbers)
    back = edits(wanted, ours.blocks, there.numbers)
    return Comparison(
        commands=remedy(ours.blocks, wanted, there),
        undo=remedy(wanted, ours.blocks, back),
        before=lines_of(sorted(ours.blocks, key=lambda block: block.text)),
        after=lines_of(sorted(wanted, key=lambda block: block.text)),
        contradictions=contradictions(running, state),
        unknown=(*ours.unknown, *lacks(state)),
    )


IOS = Platform(
    name="ios",
    driver="cisco_ios",
    channel="shell",
    prepare=(Command("terminal length 0", "terminal length 0"), Command("terminal width 0", "terminal width 0")),
    reads=READS,
    understand=understand,
    compare=compare,
    whole=whole,
    # Most refusals begin with "%"; log lines, warnings, confirmations and answers of reads do too.
    refusal=re.compile(
        r"^\s*% ?(?![A-Z0-9_]+-[0-7]-|No Rollback Confirmed Change|CDP is not enabled|Generating|Warning|Please|You already|The key|SSH)\S"
        r"|^\s*(?:ERROR:|Configuration mode is locked by|Error(?: opening|:)|Command rejected)|Save\? \[yes/no\]",
        re.MULTILINE,
    ),
    guard=REVERT,
    version=re.compile(r"Version ([0-9][^\s,]*)|^version (\S+)", re.MULTILINE),
    enter=(Command("configure terminal", "configure terminal"),),
    leave=(Command("end", "end"),),
    noise=re.compile(r"^(?:\*|\d{6}: )?\*?[A-Z][a-z]{2} +\d+ (?:\d{4} )?\d\d:\d\d:\d\d.*: %[A-Z0-9_]+-\d-[A-Z0-9_]+:.*$", re.MULTILINE),
)

# For a router without an archive, whose revert timer refuses to start: its guard restarts it. The first change configures an archive.
IOS_RELOAD = replace(IOS, guard=RELOAD)
