"""Every rule on everything that it applies to: findings where something speaks against it, and a tally of all."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from ..catalogue.requirements import requirements
from ..catalogue.rules import RULES, Kind, Question, Rule
from ..desired import Plan, device_host
from ..desired.host import server_host
from ..findings import Finding, Status, in_order
from ..model import Answer, Camera, Nvr, Province, Router, Site
from ..snapshots import Snapshot
from .checklist import OPEN, asked, verdict
from .conditions import WEIGHT, Verdict, all_hold, worst
from .judges import JUDGES
from .subject import UNREAD, Subject

FEATURE, WHOLE, QUESTIONS_OPEN = "rules", "rules", "questions"
PROVINCE = "province"  # whose findings are those of the province as a whole
TROUBLE: tuple[Status, ...] = ("fail", "error", "waived")


@dataclass(frozen=True)
class Judged:
    """What the rules say.

    ``findings`` are those that fail, are waived or could not be told; their check is the rule's id, for a hole in firmware followed by a
    blank and its CVE. One finding ``questions`` for each site and for the province names what nobody has answered. ``tally`` counts all
    by rule and status, a subject once for each rule; ``reasons`` counts by rule why it was skipped.
    """

    findings: tuple[Finding, ...]
    tally: Mapping[str, Mapping[Status, int]]
    reasons: Mapping[str, Mapping[str, int]]


def subject_names(province: Province) -> tuple[str, ...]:
    """What findings of rules are about besides hosts: the sites by their ids, and the province as a whole."""
    return (*province.sites, PROVINCE)


def judge(
    province: Province,
    planned: Plan,
    snapshots: Mapping[str, Snapshot],
    on: date,
    profiles: Iterable[str] = (),
    heard: Iterable[Finding] | None = None,
) -> Judged:
    """Judge a province on a day.

    :param snapshots: what was read, by device. A device without one can't be told.
    :param profiles: judge by these, whatever the policy of the province, a site or a camera says.
    :param heard: what the audit found: only what it asked is judged, and a device that didn't answer isn't named once more.
    """
    rows = None if heard is None else tuple(heard)
    wanted = None if rows is None else {one.device for one in rows}
    book = _Book(on, frozenset(one.device for one in rows or () if one.status == "error"))
    chosen = frozenset(profiles)
    for name, site in province.sites.items():
        hosts = [one for one in _devices(province, planned, snapshots, on, name) if wanted is None or one.name in wanted]
        if not hosts:
            continue
        whole = Subject(name, "site", name, province, planned, on)
        for subject in (whole, *hosts):
            book.judge(subject, chosen or _policy(subject))
        book.ask(name, name, site, site.checklist, chosen or _policy(whole))
    if wanted is None or any(server_host(centre) in wanted for centre in province.centres):
        book.ask(PROVINCE, None, None, province.checklist, chosen or frozenset(province.policy.profiles))
    return book.judged()


def counted(judged: Judged, findings: Iterable[Finding]) -> Mapping[str, Mapping[Status, int]]:
    """The tally once waivers were applied: ``findings`` are those of ``judged``, among others, as they stand then."""
    before, after = _worst(judged.findings), _worst(findings)
    tally = {rule: Counter(counts) for rule, counts in judged.tally.items()}
    for (name, rule), status in before.items():
        tally[rule][status] -= 1
        tally[rule][after.get((name, rule), status)] += 1
    return {rule: {status: count for status, count in sorted(counts.items()) if count} for rule, counts in tally.items()}


def _worst(findings: Iterable[Finding]) -> Mapping[tuple[str, str], Status]:
    found: dict[tuple[str, str], Status] = {}
    for one in findings:
        rule = one.check.partition(" ")[0]
        if one.feature == FEATURE and one.status in TROUBLE and rule != WHOLE:
            key = (one.device, rule)
            found[key] = max(one.status, found.get(key, one.status), key=WEIGHT.__getitem__)
    return found


class _Book:
    """What was judged so far."""

    def __init__(self, on: date, silent: frozenset[str]) -> None:
        self._on, self._silent = on, silent
        self._requirements = {one.id: one for one in requirements(on)}
        self._findings: list[Finding] = []
        self._tally: dict[str, Counter[Status]] = defaultdict(Counter)
        self._reasons: dict[str, Counter[str]] = defaultdict(Counter)

    def judge(self, subject: Subject, profiles: frozenset[str]) -> None:
        """Judge a subject by every rule of the profiles that is about such a thing."""
        before, unread = len(self._findings), 0
        for rule in RULES.values():
            if subject.kind in rule.applies and rule.holds(self._on) and profiles & set(rule.profiles):
                unread += self._enter(subject.name, subject.site, rule, _verdicts(rule, subject), rule.reads)
        if unread and subject.name not in self._silent:
            evidence = f"{unread} rules could not be judged"
            self._findings.append(Finding(subject.name, subject.site, FEATURE, WHOLE, "error", "read", UNREAD, evidence=evidence))
        if subject.kind == "site":
            self._close(subject.name, subject.site, before)

    def ask(self, name: str, site: str | None, place: Site | None, answers: Mapping[str, Answer], profiles: frozenset[str]) -> None:
        """Judge what people answered at a site, or for the province."""
        before, unanswered = len(self._findings), []
        for question in asked(place, profiles):
            said, who = verdict(question, answers, self._on, profiles)
            if said is not None:
                self._enter(name, site, question, [said], [who] if who else [])
                unanswered += [question.id] if said.actual == OPEN else []
        if unanswered:
            self._findings.append(Finding(name, site, FEATURE, QUESTIONS_OPEN, "skipped", ", ".join(unanswered), OPEN))
        if site is None:
            self._close(name, site, before)

    def _enter(self, name: str, site: str | None, rule: Rule | Question, verdicts: Sequence[Verdict], read: Sequence[str]) -> int:
        """Count what a rule says, and keep what speaks against it; 1 where that is only that the device wasn't read."""
        if not verdicts:
            return 0
        grace = rule.grace_until if isinstance(rule, Rule) else None
        rows = [
            replace(one, status="waived") if one.status == "fail" and grace is not None and self._on <= grace else one for one in verdicts
        ]
        whole = worst(rows)
        self._tally[rule.id][whole.status] += 1
        if whole.status == "skipped":
            self._reasons[rule.id][whole.actual] += 1
        unread = any(one.actual == UNREAD for one in rows)
        required = self._requirements[rule.id]
        source = (
            f"{required.source}{' (chưa đối chiếu với văn bản gốc)' if required.unconfirmed else ''}" if required.citations else "advice"
        )
        evidence = "; ".join([source, *([f"read: {', '.join(read)}"] if isinstance(rule, Rule) else read)])
        for one in rows:
            if one.status in TROUBLE and one.actual != UNREAD:
                check = f"{rule.id} {one.part}".strip()
                said = f"{evidence}; grace until {grace}" if one.status == "waived" else evidence
                self._findings.append(Finding(name, site, FEATURE, check, one.status, one.expected, one.actual, evidence=said))
        return int(unread)

    def _close(self, name: str, site: str | None, before: int) -> None:
        """A site was judged even where nothing speaks against it: the history then knows that what it had is gone."""
        if not {"fail", "error"} & {one.status for one in self._findings[before:]}:
            self._findings.append(Finding(name, site, FEATURE, WHOLE, "pass"))

    def judged(self) -> Judged:
        """All of it."""
        tally, reasons = ({rule: dict(counts) for rule, counts in found.items()} for found in (self._tally, self._reasons))
        return Judged(in_order(self._findings), tally, reasons)  # type: ignore[arg-type]  # the first counts by status


def _verdicts(rule: Rule, subject: Subject) -> Sequence[Verdict]:
    """What a rule says of a subject; nothing where it doesn't concern it."""
    if not isinstance(rule.judge, str):
        return [all_hold(subject, rule.judge)]
    said = JUDGES[rule.judge](subject)
    return [] if said is None else [said] if isinstance(said, Verdict) else list(said)


def _policy(subject: Subject) -> frozenset[str]:
    device = subject.device
    return frozenset((device if isinstance(device, Camera) else subject.office).policy.profiles)


def _devices(province: Province, planned: Plan, snapshots: Mapping[str, Snapshot], on: date, name: str) -> Iterator[Subject]:
    """The router, the cameras and the recorders of a site."""
    site = province.sites[name]
    rows: list[tuple[str, Kind, Camera | Nvr | Router]] = [("router", "router", site.router)]
    rows += [(key, "camera" if camera.through is None else "channel", camera) for key, camera in site.cameras.items()]
    rows += [(key, "nvr", nvr) for key, nvr in site.nvrs.items()]
    for key, kind, device in rows:
        host = device_host(name, key)
        yield Subject(host, kind, name, province, planned, on, device, key, snapshots.get(host))
