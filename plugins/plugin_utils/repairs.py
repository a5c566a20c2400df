"""What a repair of chosen findings takes, machine by machine, and what came of it. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from .desired import Host
from .errors import ModelError
from .findings import COULD_NOT_TELL, DRIFT, Finding
from .routers.registry import FAMILIES

Came: TypeAlias = Literal["repaired", "still there", "could not tell"]
DEVICES = ("camera", "nvr")
GUARD = "guard"  # the role that is done at every machine at which anything is: the machine can put itself back then
PARTS = ("motcua.cctv.files", "motcua.cctv.units")  # tasks that can do a part of their work: the files or units that are chosen
CONFIGURATION = "configuration"  # a command-line router's, which is one finding


@dataclass(frozen=True)
class Repairs:
    """By host: the keys of cameras and recorders, the command-line routers, and what is chosen of the tasks of Linux machines."""

    devices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    routers: tuple[str, ...] = ()
    machines: Mapping[str, tuple[Finding, ...]] = field(default_factory=dict)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Everything that is touched."""
        return (*self.machines, *self.routers, *self.devices)


@dataclass(frozen=True)
class Result:
    """What came of one finding; ``why`` is what the device said, where it isn't repaired."""

    finding: Finding
    came: Came
    why: str = ""


def planned(chosen: Iterable[Finding], hosts: Iterable[Host]) -> Repairs:
    """What is to be done.

    :raises ModelError: a line for each finding that nothing motcua does can repair.
    """
    known = {host.name: host for host in hosts}
    devices, machines = defaultdict(list), defaultdict(list)
    routers, mistakes = [], []
    for finding in chosen:
        host = known.get(finding.device)
        mistake = _mistake(finding, host)
        if mistake is not None or host is None:
            mistakes.append(f"{finding.device}:{finding.check}: {mistake}")
        elif host.role in DEVICES:
            devices[host.name].append(finding.check)
        elif host.role == "router" and host.platform != "linux":
            routers.append(host.name)
        else:
            machines[host.name].append(finding)
    if mistakes:
        raise ModelError("\n".join(mistakes))
    return Repairs(
        {name: tuple(keys) for name, keys in devices.items()}, tuple(routers), {name: tuple(rows) for name, rows in machines.items()}
    )


def _mistake(finding: Finding, host: Host | None) -> str | None:
    if host is None:
        return "there is no such device in the inventory any more; audit again"
    if finding.feature == "device":
        return "no setting of the device is behind it; look at the device itself"
    if host.role != "router" or host.platform == "linux":
        return None
    family = FAMILIES.get(str(host.platform))
    if family is None or all(version.platform.guard is None for version in family.versions):
        return f"motcua doesn't set up {host.platform}; its work sheet says what to enter by hand"
    return None if finding.check == CONFIGURATION else "stands in the router's own part, which motcua never touches; change it there"


def along(repairs: Repairs, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What is repaired along, because it can't be apart: the machine's guard, and other items of a loop."""
    rows = [row for row in findings if row.status in ("fail", "waived") and row.device in repairs.machines]
    return tuple(row for row in rows if any(_goes_along(row, chosen) for chosen in repairs.machines[row.device]))


def _goes_along(row: Finding, chosen: Finding) -> bool:
    if row == chosen:
        return False
    same_task = row.feature == chosen.feature and _task(row) == _task(chosen)
    # A task that was told no part of its work does all of it.
    return row.feature == GUARD or (same_task and (not row.evidence.startswith(PARTS) or chosen.check == _task(chosen)))


def _task(finding: Finding) -> str:
    return finding.check.partition(": ")[0]


def to_audit(repairs: Repairs, said: Iterable[Finding]) -> tuple[str, ...]:
    """What to read anew: all but the cameras and recorders that said nothing at all, which a second login could lock."""
    rows = tuple(said)
    failed = {row.device for row in rows if row.status == "error"} - {row.device for row in rows if row.status == "fail"}
    return tuple(host for host in repairs.hosts if host not in failed or host not in repairs.devices)


def came(repairs: Repairs, chosen: Iterable[Finding], after: Iterable[Finding], said: Iterable[Finding]) -> tuple[Result, ...]:
    """What became of each, as a new audit sees it; ``said`` is what was heard while it was repaired.

    A finding is repaired when its device was judged anew, nothing of it is unknown, and it isn't found any more. A machine at which
    anything failed wasn't confirmed and may be on its way back, whatever it looks like now.
    """
    words = tuple(said)
    unsure = [row for row in words if row.status == "error" and row.device in repairs.machines]
    now = (*after, *unsure)
    return tuple(_came(finding, [row for row in now if row.device == finding.device], words) for finding in chosen)


def _came(finding: Finding, now: list[Finding], said: tuple[Finding, ...]) -> Result:
    same = next((row for row in now if _same(row, finding) and row.status in ("fail", "waived")), None)
    unknown = next((row for row in now if row.status == "error"), None)
    if same is not None:
        return Result(finding, "still there", _words(finding, said) or _line(same.actual))
    if unknown is not None:
        return Result(finding, "could not tell", _line(unknown.actual))
    return Result(finding, "repaired") if now else Result(finding, "could not tell", _words(finding, said) or "it wasn't judged again")


def _words(finding: Finding, said: Iterable[Finding]) -> str:
    """Why it didn't go well: the device's words on this one value, else the error that ended its repair."""
    rows = [row for row in said if row.device == finding.device]
    own = [row for row in rows if _same(row, finding) and row.actual != finding.actual]
    return next((_line(row.actual) for row in (*own, *(row for row in rows if row.status == "error"))), "")


def _line(value: object) -> str:
    return next(iter(str(value).strip().splitlines()), "")


def _same(row: Finding, finding: Finding) -> bool:
    return (row.device, row.feature, row.check) == (finding.device, finding.feature, finding.check)


def exit_code(results: Iterable[Result]) -> int:
    """2 when anything is still there, else 1 when anything could not be told, else 0."""
    found = {result.came for result in results}
    return DRIFT if "still there" in found else COULD_NOT_TELL if "could not tell" in found else 0
