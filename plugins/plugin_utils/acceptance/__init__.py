"""Acceptance of a site: what a run under load measured, and what that means. Pure; the rim that measures is cli/measuring."""

from __future__ import annotations

from .judged import Record, judge, planned_of
from .measured import Office, Path, Pictures, Trial, measured

__all__ = ["Office", "Path", "Pictures", "Record", "Trial", "judge", "measured", "planned_of"]
