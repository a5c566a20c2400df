"""The dead-man: the undoing lines as scripts, one scheduler that runs them when the time is over, and one that does so at every start.

RouterOS keeps every change at once, so that a power cut would keep a half-done one: the scheduler with ``start-time=startup`` undoes it
then. Nothing is rebooted. What the guard can't see: a clock that jumps (the first time from NTP in 1970) may run the scheduler early; then
the router is as before, and the next run finds its clock right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..platform import Command, Guard
from .commands import command
from .menus import KEPT, PARKED, UNDO
from .words import quoted

# A line of a console is no place for a whole rollout's undoing; each script stays well below what one line has been seen to hold.
SCRIPT_LETTERS = 3000
# All that undoing our own changes takes. A script may not have a policy that its author lacks.
POLICY = "read,write,policy,test,password,sensitive"
PARKING = {
    7: (
        ("interface wireguard", "comment"),
        ("ip ipsec identity", "comment"),
        ("user", "name"),
        ("user group", "name"),
        ("snmp community", "name"),
    ),
    6: (("ip ipsec identity", "comment"), ("user", "name"), ("user group", "name"), ("snmp community", "name")),
}


def arm(seconds: int, undo: tuple[Command, ...]) -> tuple[Command, ...]:
    """Store the undoing lines, then the schedulers, the one at start first."""
    chunks = list(_chunks([one.text for one in undo]))
    names = [f"{UNDO}-{number}" for number in range(1, len(chunks) + 1)]
    scripts = [
        _script(name, "\n".join(chunk), f"({len(chunk)} lines that undo this run)") for name, chunk in zip(names, chunks, strict=True)
    ]
    runs = "\n".join(f":do {{ /system script run {name} }} on-error={{}}" for name in names)
    whole = f"{runs}\n{_schedulers_end()}\n{_scripts_end()}" if runs else f"{_schedulers_end()}\n{_scripts_end()}"
    run = quoted(f"/system script run {UNDO}")
    head = f"policy={POLICY} on-event={run}"
    return (
        _plain(_scripts_end()),  # what a broken attempt to arm may have left
        *scripts,
        _script(UNDO, whole, "(runs them and takes the guard away)"),
        _plain(f"/system scheduler add name={UNDO}-start start-time=startup {head}"),
        _plain(f"/system scheduler add name={UNDO} interval={seconds}s {head}"),
    )


def _chunks(lines: list[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    for line in lines:
        if chunk and sum(map(len, chunk)) + len(line) > SCRIPT_LETTERS:
            yield chunk
            chunk = []
        chunk.append(line)
    if chunk:
        yield chunk


def _script(name: str, source: str, shown: str) -> Command:
    head = f"/system script add name={name} policy={POLICY} dont-require-permissions=yes source="
    return command((head + quoted(source), head + shown))


def _plain(text: str) -> Command:
    return Command(text, text)


def _schedulers_end() -> str:
    return f'/system scheduler remove [find name~"^{UNDO}"]'


def _scripts_end() -> str:
    return f'/system script remove [find name~"^({UNDO}|{KEPT})"]'


def guard(major: int) -> Guard:
    """The guard of a major version. Confirming ends the schedulers first: from then on nothing is undone any more."""
    parked = tuple(_plain(f'/{menu} remove [find {by}~"^{PARKED}"]') for menu, by in PARKING[major])
    return Guard(
        arm=arm,
        confirm=(_plain(_schedulers_end()), *parked, _plain(_scripts_end())),
        armed=("/system scheduler print detail without-paging", re.compile(rf'name="?{UNDO}\b')),
        fire=(_plain(f"/system script run {UNDO}"),),
    )
