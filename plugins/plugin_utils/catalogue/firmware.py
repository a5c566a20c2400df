"""Firmware as devices write it, read into what can be compared: versions, days of a build, release tracks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

NUMBERS = re.compile(r"\d+(?:[.-]\d+)+")  # FullImg-1023-1007-1011-1009 and 3.1.0.71-11 are versions too
EARLIER = re.compile(r"\s*_?(?:rc|beta|alpha)(\d*)", re.IGNORECASE)  # 6.42rc27, 1.4.4_Beta: before the release of that number
ISO_DAY = re.compile(r"(?<!\d)(20\d\d)[-/.](\d\d)[-/.](\d\d)(?!\d)")
LONG_DAY = re.compile(r"(?<!\d)(20\d\d)(\d\d)(\d\d)(?!\d)")
SHORT_DAY = re.compile(r"(?<!\d)(\d\d)(\d\d)(\d\d)(?!\d)")  # build 210625, .R.210630, B181219
TRACKS = {"stable": "stable", "long-term": "long-term", "longterm": "long-term", "bugfix": "long-term"}


@dataclass(frozen=True, order=True)
class Version:
    """A version; a release candidate stands before the release. Zeros at the end don't count: 6.42 is 6.42.0."""

    numbers: tuple[int, ...]
    released: bool = True
    candidate: int = 0


def read_version(text: str | None) -> Version | None:
    """The first version in a text; None where there is none. A day is no version."""
    if text is None:
        return None
    match = NUMBERS.search(ISO_DAY.sub("", text))
    if match is None:
        return None
    numbers = [int(part) for part in re.split(r"[.-]", match.group())]
    while len(numbers) > 1 and numbers[-1] == 0:
        numbers.pop()
    earlier = EARLIER.match(ISO_DAY.sub("", text), match.end())
    if earlier is None:
        return Version(tuple(numbers))
    return Version(tuple(numbers), released=False, candidate=int(earlier.group(1) or 0))


def read_build(*texts: str | None) -> date | None:
    """The day of the build, from the first text that says one: ``build 210625``, ``2022-08-26``, ``2.800.0000000.29.R.210630``."""
    for text in texts:
        for pattern in (ISO_DAY, LONG_DAY, SHORT_DAY):
            for match in pattern.finditer(text or ""):
                year, month, day = (int(part) for part in match.groups())
                try:
                    return date(year if year > 99 else 2000 + year, month, day)
                except ValueError:
                    continue  # six digits that are no day
    return None


def read_track(text: str | None) -> str | None:
    """``stable`` or ``long-term``, where the text says it: ``6.49.6 (stable)``."""
    return next((track for word, track in TRACKS.items() if word in (text or "").lower()), None)
