"""Conditions on what a device or a site says, and what they say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ..catalogue.rules import Operator
from ..findings import Status
from .subject import Said, Subject

SWITCH = {True: "on", False: "off"}
# The worst of several conditions counts: a rule of which a part can't be judged hasn't passed.
WEIGHT: Mapping[Status, int] = {"fail": 4, "error": 3, "waived": 2, "skipped": 1, "pass": 0}
HOLDS: Mapping[Operator, Callable[[Any, Any], bool]] = {
    "equals": lambda value, bound: type(value) is type(bound) and bool(value == bound),
    "in": lambda value, bound: value in bound,
    "at_least": lambda value, bound: bool(value >= bound),
    "at_most": lambda value, bound: bool(value <= bound),
    "between": lambda value, bound: bool(bound[0] <= value <= bound[1]),
    "absent": lambda _value, _bound: False,  # a value is there
}


@dataclass(frozen=True)
class Verdict:
    """What a rule says of a subject; ``part`` tells several verdicts of one rule apart."""

    status: Status
    expected: str = ""
    actual: str = ""
    part: str = ""


PASS = Verdict("pass")


def fails(expected: str, actual: str, part: str = "") -> Verdict:
    """It isn't as it should be."""
    return Verdict("fail", expected, actual, part)


def untold(expected: str, why: str, part: str = "") -> Verdict:
    """It could not be told, which is neither fine nor wrong."""
    return Verdict("error", expected, why, part)


def unsaid(why: str) -> Verdict:
    """There is nothing to judge it by: nobody has written it, or nobody knows how to ask."""
    return Verdict("skipped", actual=why)


def without_value(said: Said, expected: str) -> Verdict:
    """The verdict on a key that has no value."""
    return untold(expected, said.why) if said.state == "untold" else unsaid(said.why)


def all_hold(subject: Subject, conditions: Mapping[str, Mapping[Operator, Any]]) -> Verdict:
    """The verdict on conditions of which each must hold."""
    return worst(_one(subject, key, *next(iter(condition.items()))) for key, condition in conditions.items())


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """One verdict of several: the worst, with what all the equally bad ones say."""
    rows = list(verdicts)
    status = max((one.status for one in rows), key=WEIGHT.__getitem__)
    same = [one for one in rows if one.status == status]
    return Verdict(
        status, *("; ".join(dict.fromkeys(filter(None, texts))) for texts in zip(*((o.expected, o.actual) for o in same), strict=True))
    )


def _one(subject: Subject, key: str, operator: Operator, bound: Any) -> Verdict:
    said = subject.said(key)
    expected = f"{key}: {_wanted(operator, bound)}"
    # What a device doesn't have is switched off there.
    if said.state == "absent" and (operator == "absent" or (operator == "equals" and bound is False)):
        return PASS
    if said.state != "known":
        return without_value(said, expected)
    return PASS if HOLDS[operator](said.value, bound) else fails(expected, f"{key}: {shown(said.value)}")


def _wanted(operator: Operator, bound: Any) -> str:
    match operator:
        case "equals":
            return shown(bound)
        case "in":
            return " or ".join(map(shown, bound))
        case "between":
            return f"{shown(bound[0])} to {shown(bound[1])}"
        case "absent":
            return "none"
    return f"{operator.replace('_', ' ')} {shown(bound)}"


def shown(value: Any) -> str:
    """A value as people read it."""
    if isinstance(value, bool):
        return SWITCH[value]
    if isinstance(value, list | tuple):
        return ", ".join(map(shown, value)) or "none"
    return str(value)
