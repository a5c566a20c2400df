"""How a step went: what the playbook and the verification say of each of its places, and what many of them have in common."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..comparison import HOLDS, compare
from ..findings import Finding
from .steps import Step

Came: TypeAlias = Literal["done", "failed", "absent"]


@dataclass(frozen=True)
class Outcome:
    """What came of a place: ``absent`` didn't answer before the rollout either; ``why`` is one sentence, empty where all went well."""

    came: Came
    why: str = ""


def judge(step: Step, played: Iterable[Finding], before: Iterable[Finding], after: Iterable[Finding], stop_at: int) -> dict[str, Outcome]:
    """What came of every place of a step.

    ``before`` are the cases before the whole rollout, ``after`` those of now: of the sites, or of all sites after a step at a centre,
    which fails when ``stop_at`` sites lost something meanwhile. What failed before may fail on, unless nothing at all held at a device of
    the step: then it is being set up, and all must hold.
    """
    played, before, after = list(played), list(before), list(after)
    if step.kind in ("centre", "again"):
        lost = _lost(before, after)
        return {place: _centre(_errors(played, hosts), lost, stop_at) for place, hosts in step.hosts.items()}
    return {
        place: _site(set(hosts), _errors(played, hosts), *([row for row in rows if row.site == place] for rows in (before, after)))
        for place, hosts in step.hosts.items()
    }


def _errors(played: Sequence[Finding], hosts: Collection[str]) -> list[Finding]:
    """What failed at some hosts; that no task had anything to do there isn't among it, the verification speaks of such."""
    return [row for row in played if row.device in hosts and row.status == "error" and row.check != "judged"]


def _lost(before: Sequence[Finding], after: Sequence[Finding]) -> list[Finding]:
    """What held before and fails or can't be tried now."""
    compared = compare(before, after)
    return [*compared.broken, *compared.unknown]


def _centre(errors: Sequence[Finding], lost: Sequence[Finding], stop_at: int) -> Outcome:
    sites = {row.site for row in lost}
    if errors:
        return Outcome("failed", _said(errors[0]))
    if len(sites) < stop_at:
        return Outcome("done")
    return Outcome("failed", f"{len(sites)} sites have lost something since, the first of it {_said(lost[0])}")


def _site(hosts: set[str], errors: Sequence[Finding], old: Sequence[Finding], new: Sequence[Finding]) -> Outcome:
    held = {row.device for row in old if row.status in HOLDS}
    dead = {row.device for row in old} - held
    silent = {row.device for row in errors if row.check == "reachable" and row.device in dead}
    if silent == hosts:
        return Outcome("absent", _said(errors[0]))
    wrong = [row for row in errors if row.device not in silent] + _lost(old, new)
    tried = [row for row in new if row.device in hosts - silent - held]
    wrong += [row for row in tried if row.status in ("fail", "error")]
    return Outcome("failed", _said(wrong[0])) if wrong else Outcome("done", _left_over(silent))


def _left_over(silent: Iterable[str]) -> str:
    names = ", ".join(sorted(silent))
    return f"{names}: silent before and now, so it wasn't changed" if names else ""


def _said(finding: Finding) -> str:
    words = " ".join(str(finding.actual or finding.evidence or "without a word").split())
    return f"{finding.device}: {finding.check}: {words}"


def grouped(reasons: Mapping[str, str]) -> list[tuple[str, tuple[str, ...]]]:
    """Why places failed, as (what the first of them said, places): those that differ by names, addresses and numbers alone are one."""
    found: dict[str, list[str]] = defaultdict(list)
    for place in sorted(reasons):
        found[_without_names(reasons[place], place)].append(place)
    rows = [(reasons[places[0]], tuple(places)) for places in found.values()]
    return sorted(rows, key=lambda row: (-len(row[1]), row[1]))


def _without_names(reason: str, place: str) -> str:
    """A reason without what is the place's or the device's own."""
    text = re.sub(rf"\b{re.escape(place)}\b[\w-]*", "…", reason)
    text = re.sub(r"SHA256:\S+|\b(?:[0-9a-f]{2}:)+[0-9a-f]{2}\b|\b[0-9a-f]{12,}\b", "…", text)
    return re.sub(r"\d+(?:[.:]\d+)*", "…", text)


def left(measured: Sequence[tuple[int, float]], rest: Sequence[int]) -> tuple[float, float] | None:
    """Seconds that the rest takes, at least and at most, by what was measured; None while nothing was.

    ``measured`` are (places, seconds) of steps that ended; ``rest`` are the places of each step to come. Places of a step go at the same
    time as far as the controller can: at least each step takes as long as the quickest, at most each place as long as the slowest alone.
    """
    real = [(places, seconds) for places, seconds in measured if places]
    if not real:
        return None
    quickest, slowest = min(seconds for _, seconds in real), max(seconds / places for places, seconds in real)
    at_most = sum(places * slowest for places in rest)
    return min(quickest * sum(1 for places in rest if places), at_most), at_most
