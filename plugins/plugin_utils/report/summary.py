"""What the findings come to: drift by feature, what came and went, what is waived by whom."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..findings import Finding
from ..history import Past
from ..model import Province, Waiver
from ..waivers import waiver_of
from .view import RULES


@dataclass(frozen=True)
class Row:
    """One feature: how many findings are missing, different, extra, couldn't be told and are waived."""

    feature: str
    counts: Mapping[str, int]

    @property
    def failed(self) -> int:
        """All that differ."""
        return sum(self.counts[kind] for kind in ("missing", "different", "extra"))


@dataclass(frozen=True)
class Change:
    """One check that came or went, and where."""

    feature: str
    check: str
    status: str
    cases: tuple[Past, ...]


@dataclass(frozen=True)
class Accepted:
    """One waiver of the province and the findings that it covers today."""

    name: str
    waiver: Waiver
    findings: tuple[Finding, ...]


def by_feature(findings: Iterable[Finding]) -> tuple[Row, ...]:
    """A row a feature in which anything differs, wasn't told or is waived, the worst first; rules are told apart elsewhere."""
    counts: dict[str, Counter[str]] = {}
    for finding in findings:
        if finding.feature != RULES and finding.status in ("fail", "error", "waived"):
            kind = finding.difference if finding.status == "fail" else finding.status
            counts.setdefault(finding.feature, Counter())[str(kind)] += 1
    return tuple(sorted((Row(feature, found) for feature, found in counts.items()), key=lambda row: (-row.failed, row.feature)))


def changes_of(past: Sequence[Past]) -> tuple[Change, ...]:
    """What came or went, by check, the most frequent first."""
    cases: dict[tuple[str, str, str], list[Past]] = {}
    for one in past:
        cases.setdefault((one.finding.feature, one.finding.check, one.finding.status), []).append(one)
    changes = [Change(*key, tuple(sorted(rows, key=lambda row: row.finding.device))) for key, rows in sorted(cases.items())]
    return tuple(sorted(changes, key=lambda change: -len(change.cases)))


def accepted(findings: Iterable[Finding], province: Province) -> tuple[Accepted, ...]:
    """The waivers that cover something today, the first to end first."""
    covered: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.status == "waived" and (name := waiver_of(finding, province.waivers)) is not None:
            covered.setdefault(name, []).append(finding)
    rows = [Accepted(name, province.waivers[name], tuple(found)) for name, found in covered.items()]
    return tuple(sorted(rows, key=lambda row: (row.waiver.until, row.name)))
