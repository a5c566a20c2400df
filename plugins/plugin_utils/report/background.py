"""What stands around the findings of one audit. Whatever is missing isn't shown; nothing here changes how anything is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ..findings import Status
from ..history import Past
from ..outlines import Area


@dataclass(frozen=True)
class Day:
    """How the last audit of a day ended: how many devices it asked, and how many findings differed, weren't told and were waived."""

    day: date
    devices: int
    failed: int
    untold: int
    waived: int


@dataclass(frozen=True)
class Background:
    """Outlines of the units, what the history knows, and what the rules counted.

    ``before``: ISO 8601 time of the audit before; ``came`` and ``gone``: what changed since. ``tally``: rule id -> status -> how many
    devices. ``severities``: rule id -> ``critical``, ``high``, ``medium`` or ``low``.
    """

    areas: tuple[Area, ...] = ()
    trend: tuple[Day, ...] = ()
    before: str | None = None
    came: tuple[Past, ...] = ()
    gone: tuple[Past, ...] = ()
    tally: Mapping[str, Mapping[Status, int]] = field(default_factory=dict)
    severities: Mapping[str, str] = field(default_factory=dict)


NOTHING_KNOWN = Background()
