"""VyOS' dead-man: the running configuration is kept in a file, and a systemd timer loads it back unless it is stopped.

Loading a file commits only what differs: no reboot, no cut of the office. Nothing is saved before the confirmation, so a power cut starts
from ``config.boot``, which is the old state. The snapshot has the secrets that an export for people hides, so that it brings back what the
undoing commands can't.

``commit-confirm N`` is the platform's own way and needs ``system config-management commit-revisions``; its expiry restarts the box
(a soft rollback is only asked for, vyos.dev T8469), so that it would belong in the maintenance window. We don't use it.
"""

from __future__ import annotations

import re

from ..platform import Command, Guard

SNAPSHOT = "/config/motcua-guard.boot"
SCRIPT = "/config/scripts/motcua-guard"
UNIT = "motcua-guard"

# A configuration session belongs to the group vyattacfg; without it the files that a commit leaves behind belong to root, and the next
# commit of a person fails (VyOS documentation, command scripting).
LINES = (
    "#!/bin/vbash",
    'if [ "$(id -g -n)" != vyattacfg ]; then exec sg vyattacfg -c "/bin/vbash $0"; fi',
    "source /opt/vyatta/etc/functions/script-template",
    "configure",
    f"load {SNAPSHOT}",
    "commit",
    "exit",
    f"rm -f {SNAPSHOT}",
)


def arm(seconds: int, undo: tuple[Command, ...]) -> tuple[Command, ...]:  # noqa: ARG001  the snapshot undoes more than they can
    """What arms: the snapshot, the script that loads it, and the timer (``seconds`` from now) that starts the script."""
    script = " ".join(f"'{line}'" for line in LINES)
    return _plain(
        "configure",
        f"save {SNAPSHOT}",
        "exit",
        f"printf '%s\\n' {script} > {SCRIPT}",
        f"chmod 750 {SCRIPT}",
        f"sudo systemd-run --collect --unit={UNIT} --on-active={seconds} {SCRIPT}",
    )


def _plain(*lines: str) -> tuple[Command, ...]:
    return tuple(Command(line, line) for line in lines)


GUARD = Guard(
    arm=arm,
    confirm=_plain(f"sudo systemctl stop {UNIT}.timer", "configure", "save", "exit", f"rm -f {SNAPSHOT}"),
    armed=(f"systemctl is-active {UNIT}.timer", re.compile(r"^active\s*$", re.MULTILINE)),
    fire=_plain(f"sudo systemctl stop {UNIT}.timer", SCRIPT),
)
