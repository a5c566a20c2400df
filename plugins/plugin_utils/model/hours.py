"""Opening hours as people write them: ``Mon-Fri 07:00-17:30, Sat 07:00-11:30``, in local time."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MIDNIGHT = "24:00"
_SPAN = re.compile(rf"({'|'.join(DAYS)})(?:-({'|'.join(DAYS)}))? ([01]\d|2[0-3]):([0-5]\d)-(?:([01]\d|2[0-3]):([0-5]\d)|(24:00))")

# (weekday, from, until): Monday is 0; within one day, until at most 24:00
HoursSpan = tuple[int, str, str]


def spans_of(written: str) -> tuple[HoursSpan, ...]:
    """The spans of a week, in its order; one that ends on the next day becomes two.

    :raises ValueError: when it isn't written so.
    """
    found: list[HoursSpan] = []
    for part in written.split(","):
        matched = _SPAN.fullmatch(part.strip())
        if matched is None:
            raise ValueError(f"'{part.strip()}' are no hours; write 'Mon-Fri 07:00-17:30' or 'Sat 07:00-11:30', separated by commas")
        first, last = DAYS.index(matched[1]), DAYS.index(matched[2] or matched[1])
        begins, ends = f"{matched[3]}:{matched[4]}", matched[7] or f"{matched[5]}:{matched[6]}"
        if begins == ends:
            raise ValueError(f"'{part.strip()}' lasts no time; write 00:00-24:00 for a whole day")
        for day in range(first, last + 1 if last >= first else last + 8):
            found += [(day % 7, begins, ends)] if begins < ends else [(day % 7, begins, MIDNIGHT), ((day + 1) % 7, "00:00", ends)]
    return tuple(sorted(span for span in found if span[1] != span[2]))


def _checked(written: str) -> str:
    spans_of(written)
    return written


Hours = Annotated[str, AfterValidator(_checked)]
