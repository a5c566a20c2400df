"""What a campaign has left on disk: the last one of a folder, its plan in words, and whether a wave of it is approved."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils import waves
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.waves import Course, Step

FILE = "campaign.json"


def last(output: Path, inventory: Path, limit: str | None, campaign: str | None = None) -> tuple[Path, Course]:
    """The last campaign of a folder, and where it stands; with ``campaign``, which must be that one.

    :raises MotcuaError: when there is none, or it was one of something else.
    """
    folder = output / "latest"
    if not (folder / FILE).exists():
        word = campaign or "campaign"
        raise MotcuaError(f"{output}: there is no {word} to go on with; begin one without --resume or --retry")
    folder = folder.resolve()
    course = read(folder)
    if campaign not in (None, course.campaign):
        raise MotcuaError(
            f"{folder}: holds the last {course.campaign}, which goes on with 'motcua {course.command}'; name another folder with --output"
        )
    if course.inventory != str(inventory.resolve()):
        raise MotcuaError(
            f"{folder}: holds the last {course.campaign} of {course.inventory}; name that one with -i, or another folder with --output"
        )
    if limit not in (None, course.limit):
        raise MotcuaError(f"--limit {limit}: the last {course.campaign} has {course.limit or 'none'}; go on without -l, or begin a new one")
    return folder, course


def read(folder: Path) -> Course:
    """The campaign of a folder.

    :raises MotcuaError: when what is there is none.
    """
    try:
        return waves.from_json((folder / FILE).read_text(encoding="utf-8"))
    except MotcuaError as error:
        raise MotcuaError(f"{folder / FILE}: {error}") from None


def described(course: Course) -> list[str]:
    """The plan, a line a step, and what is dangerous of it, counted."""
    lines = [
        f"Plan {course.plan[:12]}: {count(len(course.digests), 'host')} in {count(course.steps[-1].wave if course.steps else 0, 'wave')}.",
        f"Declared, as 'motcua change' says it: {course.declared}",
    ]
    for step in course.steps:
        left = len(course.todo(step).hosts)
        state = "" if left == len(step.hosts) else ", done" if not left else f", {left} to do"
        lines.append(f"  wave {step.wave}: {step.name}: {count(len(step.hosts), 'place')}, {count(len(step.names), 'host')}{state}")
    counted = Counter(danger for dangers in course.dangers.values() for danger in dangers)
    if counted:
        lines.append("Dangerous: " + ", ".join(f"{danger} at {count(number, 'host')}" for danger, number in sorted(counted.items())) + ".")
    return lines


def demands(step: Step) -> bool:
    """Whether a step belongs to a wave that an approval can be demanded for: all but the centres and the canary."""
    return step.kind == "dangerous" or (step.kind == "site" and not step.first)


def approval_file(folder: Path, step: Step) -> Path:
    """Where the approval of a step's wave stands."""
    return folder / f"approval-{step.wave}.json"


def refusal(folder: Path, course: Course, step: Step) -> str | None:
    """Why a step that demands an approval may not begin; None when its wave is approved.

    :raises MotcuaError: when what stands there is no approval.
    """
    path = approval_file(folder, step)
    try:
        approval = waves.approval_from_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        approval = None
    except MotcuaError as error:
        raise MotcuaError(f"{path}: {error}") from None
    return waves.refusal(approval, course, step)


def count(number: int, word: str) -> str:
    """So many of something."""
    return f"{number} {word}{'' if number == 1 else 's'}"
