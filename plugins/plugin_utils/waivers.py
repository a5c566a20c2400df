"""What somebody answers for until a day: findings that fail and are waived. What could not be told is never waived."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase

from .findings import Finding
from .model import Waiver


@dataclass(frozen=True)
class Waived:
    """The findings as they stand with the waivers of a day.

    ``idle``: waivers whose devices were all judged and at which nothing of theirs failed, expired ones too: they can be deleted.
    """

    findings: tuple[Finding, ...]
    idle: tuple[str, ...]


def waive(findings: Iterable[Finding], waivers: Mapping[str, Waiver], on: date) -> Waived:
    """Apply the waivers of a day; the last day of one is included. An expired one waives nothing, and what it waived says so."""
    rows, used = [], set()
    for finding in findings:
        matching = [name for name, waiver in waivers.items() if finding.status == "fail" and _matches(waiver, finding)]
        used |= set(matching)
        name = max(matching, key=lambda one: waivers[one].until, default=None)
        rows.append(finding if name is None else _judged(finding, name, waivers[name], on))
    return Waived(tuple(rows), tuple(name for name, waiver in waivers.items() if name not in used and _judged_all(waiver, rows)))


def waiver_of(finding: Finding, waivers: Mapping[str, Waiver]) -> str | None:
    """The name of the waiver that covers a finding, the one that ends last; None where there is none."""
    return max((name for name, waiver in waivers.items() if _matches(waiver, finding)), key=lambda one: waivers[one].until, default=None)


def _judged(finding: Finding, name: str, waiver: Waiver, on: date) -> Finding:
    said = f"waiver {name} of {waiver.approver}: {waiver.reason}"
    if on <= waiver.until:
        return replace(finding, status="waived", evidence=_joined(finding.evidence, f"{said}; until {waiver.until}"))
    return replace(finding, evidence=_joined(finding.evidence, f"{said}; ended on {waiver.until}"))


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _matches(waiver: Waiver, finding: Finding) -> bool:
    return _meant(waiver, finding.device) and any(fnmatchcase(finding.check, pattern) for pattern in waiver.checks)


def _meant(waiver: Waiver, device: str) -> bool:
    return any(fnmatchcase(device, pattern) for pattern in waiver.devices)


def _judged_all(waiver: Waiver, findings: Iterable[Finding]) -> bool:
    """Whether each of its devices that this audit asked could be judged; False when it asked none of them."""
    errors = [finding.status == "error" for finding in findings if _meant(waiver, finding.device)]
    return bool(errors) and not any(errors)
