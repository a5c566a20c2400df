"""What only people can say: which questions there are, which are open, and what the answers mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ..catalogue.rules import QUESTIONS, Question
from ..model import Answer, Province, Site
from .conditions import PASS, Verdict, fails, unsaid

OPEN = "nobody has answered"


@dataclass(frozen=True)
class Open:
    """A question without an answer, or whose answer is too old: then ``since`` is that answer's day."""

    site: str | None
    question: Question
    since: date | None = None


def asked(site: Site | None, profiles: frozenset[str]) -> Iterator[Question]:
    """The questions of a site, or of the province for None, in these profiles."""
    lines = set() if site is None else {line.kind for line in site.lines.values()}
    for question in QUESTIONS.values():
        here = question.ask == "province" if site is None else question.ask == "site" or question.ask in lines
        if here and profiles & set(question.profiles):
            yield question


def verdict(question: Question, answers: Mapping[str, Answer], on: date, profiles: frozenset[str]) -> tuple[Verdict | None, str]:
    """What the answer means on a day, and who gave it; None where the question doesn't apply."""
    answer = answers.get(question.id)
    if answer is None or answer.day > on:
        return unsaid(OPEN), ""
    who = f"answered by {answer.by} on {answer.day}{f': {answer.note}' if answer.note else ''}"
    if answer.answer == "no":
        return fails("yes", "no"), who
    if answer.answer == "not_applicable":
        return None, who
    months = question.months(profiles)
    if months is not None and on > after_months(answer.day, months):
        return fails(f"an answer of the last {months} months", "an older answer"), who
    return PASS, who


def open_questions(province: Province, site: str | None, on: date, profiles: frozenset[str]) -> tuple[Open, ...]:
    """What a site, or the province for None, has to answer on a day."""
    place = None if site is None else province.sites[site]
    answers = province.checklist if place is None else place.checklist
    found = []
    for question in asked(place, profiles):
        said, _ = verdict(question, answers, on, profiles)
        if said is not None and (said.status == "skipped" or said.actual == "an older answer"):
            found.append(Open(site, question, answers[question.id].day if said.status == "fail" else None))
    return tuple(found)


def after_months(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where it has no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    for number in range(day.day, 27, -1):
        try:
            return date(day.year + years, month + 1, number)
        except ValueError:
            continue
    return date(day.year + years, month + 1, day.day)
