"""The dead-man of IOS: ``configure terminal revert timer``, which rolls back to the archive without a restart.

The archive's own copy of the running configuration has the secrets, so that it brings back what the undoing commands can't. Nothing is
written to the start-up configuration before the confirmation: a power cut starts from the old state.

Without an archive the box says ``%Turn config archive on before using Rollback Confirmed Change``; there only ``reload in`` is left, and
that restarts it. The confirmation of such a first change makes an archive, so that it happens once at most.
"""

from __future__ import annotations

import re

from ..platform import Command, Guard

ARCHIVE_PATH, ARCHIVE_COPIES = "flash:motcua", 5


def _plain(*lines: str) -> tuple[Command, ...]:
    return tuple(Command(line, line) for line in lines)


def _minutes(seconds: int) -> int:
    return max(1, -(-seconds // 60))


def arm(seconds: int, undo: tuple[Command, ...]) -> tuple[Command, ...]:  # noqa: ARG001  the archive undoes more than they can
    """What arms: the timer counts whole minutes, rounded up. It runs on after ``end``."""
    return _plain(f"configure terminal revert timer {_minutes(seconds)}", "end")


def arm_reload(seconds: int, undo: tuple[Command, ...]) -> tuple[Command, ...]:  # noqa: ARG001  the start-up configuration is the undo
    """What arms where there is no archive. Asked about unsaved changes first, we stop: a colleague's would be lost."""
    line = f"reload in {_minutes(seconds)}"
    return (Command(line, line, expect=r"\[confirm\]", answer=""),)


_SAVE = Command("write memory", "write memory")

REVERT = Guard(
    arm=arm,
    confirm=(*_plain("configure confirm"), _SAVE),
    # "%No Rollback Confirmed Change pending" when there is none.
    armed=("show archive config rollback timer", re.compile(r"Timer value: *\d+ *min")),
    fire=_plain("configure revert now"),
)

RELOAD = Guard(
    arm=arm_reload,
    confirm=(
        *_plain("reload cancel", "configure terminal", "archive", f"path {ARCHIVE_PATH}", f"maximum {ARCHIVE_COPIES}", "end"),
        _SAVE,
    ),
    armed=("show reload", re.compile(r"^Reload scheduled", re.MULTILINE)),
    # A minute is the least; asked for at once, it would ask whether to save what is to be undone.
    fire=(Command("reload in 1", "reload in 1", expect=r"\[yes/no\]", answer="no"), Command("", "(confirm)")),
    reboots=True,
)
