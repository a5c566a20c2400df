"""What a run means: each figure beside what was planned, and whether the site is accepted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from ..desired import Plan, device_host
from ..desired.pulls import recorded
from ..findings import Finding, Status
from ..model import Province
from .measured import Pictures, Trial

VERSION = 1
FEATURE = "acceptance"
FPS_WITHIN = 0.1  # as the verification has it
SEEN = 0.95  # of the run
OVER_CAP = 1.1  # rate control aims at the cap and swings around it
LOSS, ROUND_TRIP_MS = 0.01, 150.0  # house figures: a viewer notices more
OFFICE_GETS = 0.95
NOT_ASKED = ("not_allowed", "not_here")  # nobody named a receiver; no program can be run at this router
PHASES = ("before", "during", "after")
Json: TypeAlias = Any


@dataclass(frozen=True)
class Planned:
    """What one camera is to send: frames a second, and the cap of its stream in kbit/s."""

    fps: float
    cap_kbps: float


@dataclass(frozen=True)
class Record:
    """A run and what was judged of it. ``planned`` is by camera; ``findings`` are in the order of a record."""

    trial: Trial
    planned: Mapping[str, Planned]
    findings: tuple[Finding, ...]

    @property
    def accepted(self) -> bool:
        """Whether the site is accepted: nothing failed, and nothing that had to be told couldn't be."""
        return not self.reasons

    @property
    def reasons(self) -> tuple[Finding, ...]:
        """What speaks against it."""
        return tuple(one for one in self.findings if one.status in ("fail", "error"))

    def to_json(self) -> str:
        """The whole record as a document, for programs and for whoever checks it later."""
        verdict = "accepted" if self.accepted else "not accepted"
        document = {"version": VERSION, "kind": FEATURE, "verdict": verdict, **asdict(self)}
        return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def planned_of(province: Province, planned: Plan, site: str) -> Mapping[str, Planned]:
    """What the site's cameras are to send to the centre, by host name."""
    rows = (row for row in recorded(province, planned) if row["site"] == site)
    return {str(row["camera"]): Planned(float(row["fps"]), float(row["bitrate_kbps"])) for row in rows}


def judge(trial: Trial, planned: Mapping[str, Planned]) -> Record:
    """Judge a run. Whatever is missing in it is a reason against acceptance, never silence."""
    return Record(trial, planned, tuple(_findings(trial, planned)))


def _findings(trial: Trial, planned: Mapping[str, Planned]) -> Iterator[Finding]:
    router = device_host(trial.site, "router")

    def found(device: str, check: str, status: Status, expected: Json = None, actual: Json = None) -> Finding:
        return Finding(device, trial.site, FEATURE, check, status, expected, actual, evidence=f"run from {trial.begun} to {trial.ended}")

    yield found(router, "finished", "error" if trial.unfinished else "pass", trial.minutes, trial.unfinished or trial.minutes)
    yield found(router, "notice", "pass" if trial.notice else "fail", "a day", trial.notice)
    if not planned:
        yield found(router, "cameras", "fail", "at least one", 0)
    for name, plan in planned.items():
        for row in _of_camera(trial.pictures.get(name, Pictures()), plan, trial.minutes * 60):
            yield found(name, *row)
    if not trial.paths:
        yield found(router, "loss", "error", LOSS, "nobody sent anything through a tunnel")
    for name, path in trial.paths.items():
        yield found(router, f"loss: {name}", _within(path.loss <= LOSS), LOSS, round(path.loss, 4))
        late = path.p95_ms is None or path.p95_ms > ROUND_TRIP_MS
        yield found(router, f"round trip: {name}", _within(not late), ROUND_TRIP_MS, path.p95_ms)
    for row in _of_office(trial):
        yield found(router, *row)
    for phase in PHASES:
        yield found(router, f"verification {phase}", *_of_verification(trial.verified.get(phase)))
    for name, wrong in (trial.rebooted or {}).items():
        yield found(name, "reboot", "fail" if wrong else "pass", "comes back", wrong or "comes back")


def _of_camera(pictures: Pictures, plan: Planned, run_s: float) -> Iterator[tuple[str, Status, Json, Json]]:
    """What a camera showed; where its pieces couldn't be read, nothing else is known of it."""
    if pictures.errors:
        yield "readable", "error", "pictures", pictures.errors[0]
    share = pictures.seen_s / run_s if run_s else 0.0
    yield "seen", _within(share >= SEEN), SEEN, round(min(share, 1.0), 3)
    if pictures.frames:
        yield "gaps", _within(not pictures.gaps), 0, pictures.gaps
        yield "fps", _within(abs(pictures.fps - plan.fps) <= FPS_WITHIN * plan.fps), plan.fps, round(pictures.fps, 1)
        yield "bitrate", _within(pictures.kbps <= plan.cap_kbps * OVER_CAP), plan.cap_kbps, round(pictures.kbps)


def _of_office(trial: Trial) -> Iterator[tuple[str, Status, Json, Json]]:
    if trial.office is None:
        yield "office", "skipped" if trial.office_why in NOT_ASKED else "error", None, trial.office_why
        return
    least = trial.office.offered_kbps * OFFICE_GETS
    yield f"office: {trial.office.line}", _within(trial.office.kbps >= least), round(least), round(trial.office.kbps)


def _of_verification(findings: tuple[Finding, ...] | None) -> tuple[Status, Json, Json]:
    """2 beats 1: what failed is known."""
    if not findings:
        return "error", "every case", "it couldn't be tried"
    against = [one for one in findings if one.status in ("fail", "error")]
    status: Status = "pass" if not against else "fail" if any(one.status == "fail" for one in against) else "error"
    return status, 0, len(against)


def _within(good: bool) -> Status:
    return "pass" if good else "fail"
