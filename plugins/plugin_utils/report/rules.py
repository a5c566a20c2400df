"""The rules as the report shows them: what each asks, by which act of that day, and which devices break it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from ..catalogue.requirements import requirements
from ..findings import Finding, Status
from .view import QUESTIONS, RULES, UNJUDGED

SEVERITIES = ("critical", "high", "medium", "low")
COUNTED: tuple[Status, ...] = ("pass", "fail", "error", "waived")


@dataclass(frozen=True)
class Rule:
    """One rule on one day. ``source`` is empty where no act in force asks for it; ``severity`` is empty where nobody graded it.

    ``counts``: status -> how many devices. ``findings``: those that break it or couldn't be told, as the audit found them.
    """

    id: str
    text: Mapping[str, str]
    source: Mapping[str, str]
    severity: str
    unconfirmed: bool
    counts: Mapping[Status, int]
    findings: tuple[Finding, ...]

    @property
    def state(self) -> str:
        """The worst of its counts."""
        return next((status for status in ("fail", "error", "waived") if self.counts.get(status)), "pass")


def rule_of(finding: Finding) -> str:
    """The rule's id: a hole in firmware has its CVE behind it."""
    return finding.check.partition(" ")[0]


def open_questions(findings: Iterable[Finding]) -> int:
    """How many of the rules' questions nobody has answered, each site's own counted."""
    asked = [row.expected for row in findings if row.feature == RULES and row.check == QUESTIONS and row.status == "skipped"]
    return sum(len(str(names).split(", ")) for names in asked)


def rules_of(
    findings: Iterable[Finding], tally: Mapping[str, Mapping[Status, int]], severities: Mapping[str, str], on: date
) -> tuple[Rule, ...]:
    """The rules that were judged or broken, the broken first, then by severity and by how many devices break them."""
    known = {one.id: one for one in requirements(on)}
    broken: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.feature == RULES and finding.check not in (UNJUDGED, QUESTIONS):
            broken.setdefault(rule_of(finding), []).append(finding)
    rules = []
    for name in sorted({*tally, *broken}):
        found, one = broken.get(name, []), known.get(name)
        text = {"vi": one.vi, "en": one.en} if one else {"vi": name, "en": name}
        source = {language: one.source_in(language) if one else "" for language in ("vi", "en")}
        counted = tally.get(name, _devices(found))
        counts = {status: counted.get(status, 0) for status in COUNTED}
        shown = tuple(row for row in found if row.status in ("fail", "error"))
        rules.append(Rule(name, text, source, severities.get(name, ""), bool(one and one.unconfirmed), counts, shown))
    return tuple(sorted(rules, key=_worst_first))


def _devices(findings: Iterable[Finding]) -> Mapping[Status, int]:
    """Status -> how many devices, where nobody counted: a device with several holes is one."""
    return Counter(status for _, status in {(row.device, row.status) for row in findings})


def _worst_first(rule: Rule) -> tuple[int, int, int, str]:
    state = ("fail", "error", "waived", "pass").index(rule.state)
    severity = SEVERITIES.index(rule.severity) if rule.severity in SEVERITIES else len(SEVERITIES)
    return state, severity, -rule.counts["fail"], rule.id
