"""What the report of a month says: the values of its template's placeholders, all of them text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.report.words import in_words

from ..rows import law
from ..rows import month as rows
from ..rows.month import Month, differs, untold
from ..subject import Subject
from ..tables import table
from .province import frame

SOON = timedelta(days=45)  # so long before its end a waiver has to be decided on again
TOP = 3


def month_letter(subject: Subject, month: Month) -> dict[str, Any]:
    """Everything that the template may name."""
    speech = subject.speech
    tables = {
        "month_areas": rows.area_rows(subject, month),
        "month_roles": rows.role_rows(subject, month),
        "month_checks": rows.check_rows(subject, month),
        "month_rules": rows.rule_rows(subject, month),
        "month_waivers": rows.waiver_rows(subject, month),
        "month_silent": rows.silent_rows(subject, month),
    }
    return {
        **frame(subject, subject.province.sites.values()),
        "month_name": speech.word("month", "name", month=f"{month.first:%m}", year=month.first.year),
        "basis": law.basis(subject),
        "audits": list(_audits(subject, month)),
        "changes": list(_changes(subject, month)),
        "proposals": list(_proposals(subject, month)),
        **{name: table(speech, name, found) for name, found in tables.items()},
    }


def _audits(subject: Subject, month: Month) -> Iterator[str]:
    """How much was looked at, and how it stood in the end."""
    speech, last = subject.speech, month.runs[-1]
    every = (month.last - month.first).days + 1
    counts = {"runs": speech.number(len(month.runs)), "days": speech.number(len(month.days)), "every": speech.number(every)}
    yield speech.word("month", "audits", **counts)
    if every > len(month.days):
        yield speech.word("month", "days_missing", n=speech.number(every - len(month.days)))
    known = set(rows.inventory(subject))
    different = {one.finding.device for one in month.standing if differs(one.finding)} & known
    silent = ({one.finding.device for one in month.standing if untold(one.finding)} & known) - different
    numbers = {
        "devices": len(known),
        "good": len(known - different - silent),
        "different": len(different),
        "silent": len(silent),
    }
    when = f"{month.local(last.at):%H:%M} {speech.day(month.local(last.at).date())}"
    yield speech.word("month", "ended", when=when, **{name: speech.number(number) for name, number in numbers.items()})


def _changes(subject: Subject, month: Month) -> Iterator[str]:
    """How many findings came, went and stand, and how that compares with the month's beginning."""
    speech = subject.speech
    came, went, stands = (sum(differs(one.finding) for one in found) for found in (month.came, month.went, month.standing))
    yield speech.word("month", "changes", came=speech.number(came), went=speech.number(went), stands=speech.number(stands))
    first, last = month.runs[0], month.runs[-1]
    if first.at != last.at:
        figures = {name: speech.number(count) for name, count in (("before", first.failed), ("after", last.failed))}
        yield speech.word("month", "compared", **figures, day=speech.day(month.local(first.at).date()))


def _proposals(subject: Subject, month: Month) -> Iterator[str]:
    """What follows from it."""
    speech, province = subject.speech, subject.province
    said = list(_repairs(subject, month))
    broken = len(list(rows.rule_rows(subject, month)))
    if broken:
        said.append(speech.word("month_proposals", "rules", n=speech.number(broken)))
    silent = {one.finding.device for one in month.standing if untold(one.finding)}
    if silent:
        said.append(speech.word("month_proposals", "silent", n=speech.number(len(silent))))
    covered = rows.covered_by(subject, month)
    for name, waiver in sorted(province.waivers.items(), key=lambda row: (row[1].until, row[0])):
        if covered[name] and waiver.until < subject.on + SOON:
            word = "waiver_over" if waiver.until < subject.on else "waiver_ends"
            said.append(speech.word("month_proposals", word, reason=waiver.reason, until=speech.day(waiver.until)))
    if len(month.days) < (month.last - month.first).days + 1:
        said.append(speech.word("month_proposals", "daily"))
    yield from said or [speech.word("month_proposals", "none")]


def _repairs(subject: Subject, month: Month) -> Iterator[str]:
    """The differences that explain the most."""
    speech = subject.speech
    standing = [one.finding for one in month.standing if differs(one.finding)]
    checks = Counter(finding.check for finding in standing)
    for check, count in sorted(checks.items(), key=lambda row: (-row[1], row[0]))[:TOP]:
        sites = {finding.site for finding in standing if finding.check == check and finding.site}
        numbers = {"n": speech.number(count), "sites": speech.number(len(sites))}
        yield speech.word("month_proposals", "repair", check=in_words(check)[speech.language], **numbers)
