"""What the rules of the catalogue say of a province: its model, its plan and what an audit read of its devices. Pure."""

from __future__ import annotations

from .checklist import Open, open_questions
from .judged import PROVINCE, Judged, counted, judge, subject_names

__all__ = ["PROVINCE", "Judged", "Open", "counted", "judge", "open_questions", "subject_names"]
