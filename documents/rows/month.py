"""A month of audits as rows: how devices stood at its end, what came and went, what breaks a rule, what is accepted, what isn't known."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.requirements import requirements
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import Past, Run
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.rules import rule_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.view import QUESTIONS, RULES, UNJUDGED
from ansible_collections.motcua.cctv.plugins.plugin_utils.report.words import in_words
from ansible_collections.motcua.cctv.plugins.plugin_utils.waivers import waiver_of

from ..subject import Subject, devices
from ..tables import Row

CENTRE = "centre"
ROLES = ("camera", "nvr", "router", CENTRE)
SHOWN_CHECKS, SHOWN_DEVICES = 15, 40


@dataclass(frozen=True)
class Month:
    """What the history knows of one month: its whole audits in their order, and what stood in it.

    ``first`` and ``last`` are days of the province; ``last`` is the month's last day, or today. Times of audits and findings are ISO 8601
    in UTC. ``runs`` holds at least one.
    """

    first: date
    last: date
    zone: ZoneInfo
    runs: tuple[Run, ...]
    stood: tuple[Past, ...]

    @property
    def begun(self) -> str:
        """When the month's first audit was."""
        return self.runs[0].at

    @property
    def ended(self) -> str:
        """When its last audit was."""
        return self.runs[-1].at

    @cached_property
    def standing(self) -> tuple[Past, ...]:
        """What stood when its last audit ended."""
        return tuple(one for one in self.stood if one.first <= self.ended and (one.gone is None or one.gone > self.ended))

    @cached_property
    def came(self) -> tuple[Past, ...]:
        """What its audits were the first to see."""
        return tuple(one for one in self.stood if self.begun <= one.first <= self.ended)

    @cached_property
    def went(self) -> tuple[Past, ...]:
        """What its audits saw to be gone."""
        return tuple(one for one in self.stood if one.gone is not None and self.begun <= one.gone <= self.ended)

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days on which everything was audited."""
        return tuple(sorted({self.local(run.at).date() for run in self.runs}))

    def local(self, at: str) -> datetime:
        """A moment of the history as one of the province."""
        return datetime.fromisoformat(at).astimezone(self.zone)


def differs(one: Finding) -> bool:
    """Whether it is drift: rules are counted apart."""
    return one.status == "fail" and one.feature != RULES


def untold(one: Finding) -> bool:
    """Whether something of a device couldn't be told."""
    return one.status == "error" and one.feature != RULES


# --- devices -----------------------------------------------------------------------------------------------------------


def inventory(subject: Subject) -> Mapping[str, tuple[str, str]]:
    """Device -> (site, role); a centre's machine has no site. Only what an audit asks."""
    found = {f"{name}-server": ("", CENTRE) for name in subject.province.centres}
    for name, site in subject.province.sites.items():
        found |= {device_host(name, one.key): (name, one.role) for one in devices(name, site) if one.role in ROLES}
    return found


def area_rows(subject: Subject, month: Month) -> Iterator[Row]:
    """How the devices of each area stood at the month's end, and for how much of the month they could be told.

    Areas in which nothing was amiss all month are one row.
    """
    known = inventory(subject)
    areas = {
        subject.area_name(area): {device for device, (site, _) in known.items() if site in names} for area, names in subject.areas.items()
    }
    areas[subject.speech.word("month", "centres")] = {device for device, (site, _) in known.items() if not site}
    whole: set[str] = set()
    for name, members in areas.items():
        row = _stood(subject, month, members)
        if members and (row["good"], known_share(month, members) or 1.0) == (len(members), 1.0):
            whole |= members
        elif members:
            yield {"area": name, **row}
    if whole:
        count = sum(bool(members) and members <= whole for members in areas.values())
        yield {"area": subject.speech.word("month", "whole", n=subject.speech.number(count)), **_stood(subject, month, whole)}
    yield {"area": subject.speech.word("totals", "all"), **_stood(subject, month, set(known))}


def role_rows(subject: Subject, month: Month) -> Iterator[Row]:
    """The same by kind of device."""
    known = inventory(subject)
    for role in ROLES:
        members = {device for device, (_, one) in known.items() if one == role}
        if members:
            yield {"role": subject.speech.word("month_roles", role), **_stood(subject, month, members)}


def _stood(subject: Subject, month: Month, members: set[str]) -> Row:
    different = {one.finding.device for one in month.standing if differs(one.finding)} & members
    silent = {one.finding.device for one in month.standing if untold(one.finding)} & members
    share = known_share(month, members)
    # Rounded, 99.96 would be all of it.
    known = None if share is None else subject.speech.percent(min(share, 0.999) if share < 1 else 1)
    return {
        "devices": len(members),
        "good": len(members - different - silent),
        "different": len(different),
        "untold": len(silent),
        "known": known,
    }


def known_share(month: Month, members: set[str]) -> float | None:
    """Of the time between the month's first and last audit, the part in which the devices could be told; None for a single audit."""
    begin, end = (datetime.fromisoformat(at).timestamp() for at in (month.begun, month.ended))
    if end <= begin or not members:
        return None
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for one in month.stood:
        if untold(one.finding) and one.finding.device in members:
            first = datetime.fromisoformat(one.first).timestamp()
            last = datetime.fromisoformat(one.gone).timestamp() if one.gone else end
            spans[one.finding.device].append((max(first, begin), min(last, end)))
    lost = sum(_covered(found) for found in spans.values())
    return 1 - lost / ((end - begin) * len(members))


def _covered(spans: Iterable[tuple[float, float]]) -> float:
    """The length of what the spans cover together."""
    whole, reached = 0.0, float("-inf")
    for first, last in sorted(spans):
        whole += max(0.0, last - max(first, reached))
        reached = max(reached, last)
    return whole


def silent_rows(subject: Subject, month: Month) -> Iterator[Row]:
    """The devices that couldn't be told at the month's end, longest first, with the reason."""
    known = inventory(subject)
    seen: set[str] = set()
    for one in sorted(month.standing, key=lambda one: (one.first, one.finding.device)):
        device = one.finding.device
        if untold(one.finding) and device not in seen and len(seen) < SHOWN_DEVICES:
            seen.add(device)
            site = known.get(device, (one.finding.site or "", ""))[0]
            name = subject.plain(site) if site in subject.province.sites else subject.speech.word("month", "centres")
            yield {"device": device, "site": name, "since": month.local(one.first).date(), "reason": str(one.finding.actual or "")}


# --- drift, rules, waivers ---------------------------------------------------------------------------------------------


def check_rows(subject: Subject, month: Month) -> Iterator[Row]:
    """What came, went and stands, by check, the most widespread first."""
    parts = {"came": month.came, "went": month.went, "stands": month.standing}
    counts = {part: Counter(one.finding.check for one in found if differs(one.finding)) for part, found in parts.items()}
    checks = sorted(set().union(*counts.values()), key=lambda check: (-counts["stands"][check], -counts["came"][check], check))
    for check in checks[:SHOWN_CHECKS]:
        yield {"check": in_words(check)[subject.speech.language], **{part: found[check] for part, found in counts.items()}}


def rule_rows(subject: Subject, month: Month) -> Iterator[Row]:
    """The rules that are broken at the month's end, with the source that is in force on its last day."""
    known = {one.id: one for one in requirements(subject.on)}
    broken: dict[str, set[str]] = defaultdict(set)
    for finding in (one.finding for one in month.standing):
        if finding.feature == RULES and finding.status == "fail" and finding.check not in (UNJUDGED, QUESTIONS):
            broken[rule_of(finding)].add(finding.device)
    for name, devices_of_it in sorted(broken.items(), key=lambda row: (-len(row[1]), row[0])):
        one = known.get(name)
        text = (one.vi if subject.speech.language == "vi" else one.en) if one else name
        source = one.source_in(subject.speech.language) if one else ""
        doubt = subject.speech.word("law", "unconfirmed") if one and source and one.unconfirmed else ""
        source = f"{source}{doubt}" if source else subject.speech.word("law", "advice")
        yield {"id": name, "rule": text, "source": source, "devices": len(devices_of_it)}


def waiver_rows(subject: Subject, month: Month) -> Iterator[Row]:
    """Every waiver of the province: who answers for it, until when, and what it covers."""
    covered = covered_by(subject, month)
    for name, waiver in sorted(subject.province.waivers.items(), key=lambda row: (row[1].until, row[0])):
        over = "over" if waiver.until < subject.on else "holds" if covered[name] else "idle"
        state = subject.speech.word("waiver_states", over)
        yield {"reason": waiver.reason, "approver": waiver.approver, "until": waiver.until, "findings": covered[name], "state": state}


def covered_by(subject: Subject, month: Month) -> Counter[str]:
    """Waiver -> how many standing findings it covers, or covered until it ended."""
    standing = (one.finding for one in month.standing if one.finding.status in ("waived", "fail"))
    return Counter(name for finding in standing if (name := waiver_of(finding, subject.province.waivers)) is not None)
