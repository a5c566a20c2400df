"""When an office is at work: nothing may fill its line then. Pure."""

from __future__ import annotations

import re
from datetime import datetime, time

from ..errors import ModelError

OFFICE = "07:00-17:30"
SATURDAY = 5  # of datetime.weekday()


def is_open(span: str, now: datetime) -> bool:
    """Whether the office is at work at its own local time; on Saturdays and Sundays it isn't.

    :param span: ``07:00-17:30``.
    :raises ModelError: when it is written in another way.
    """
    match = re.fullmatch(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)", span)
    if not match:
        raise ModelError(f"office_hours: {span!r} is no span of a day; write it like {OFFICE}")
    opens, closes = time(int(match[1]), int(match[2])), time(int(match[3]), int(match[4]))
    return now.weekday() < SATURDAY and opens <= now.time().replace(tzinfo=None) <= closes
