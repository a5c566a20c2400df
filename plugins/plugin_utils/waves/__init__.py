"""A change goes through a province in waves: planned, judged, kept. Pure."""

from .course import Approval, Course, Result, approval_from_json, digests, from_json, ready, refusal, to_json, within
from .dangers import Danger, dangers, untold
from .judged import Came, Outcome, grouped, judge, left
from .steps import Step, alone, neighbours, place_of, steps

__all__ = [
    "Approval",
    "Came",
    "Course",
    "Danger",
    "Outcome",
    "Result",
    "Step",
    "alone",
    "approval_from_json",
    "dangers",
    "digests",
    "from_json",
    "grouped",
    "judge",
    "left",
    "neighbours",
    "place_of",
    "ready",
    "refusal",
    "steps",
    "to_json",
    "untold",
    "within",
]
