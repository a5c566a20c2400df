"""Weeks of audits as small charts: a line a status, with gaps where nobody audited."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from .background import Day

WIDTH, HEIGHT, MARGIN = 260.0, 64.0, 5.0
STATUSES = {"fail": "failed", "error": "untold", "waived": "waived"}
A_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Spark:
    """One status over time: SVG path data of its line and of the area below, and the figures that a reader wants."""

    status: str
    line: str
    area: str
    end: tuple[float, float]
    now: int
    least: int
    most: int
    change: int


@dataclass(frozen=True)
class Trend:
    """The same span for every status, and the last day of each week as a table."""

    first: date
    last: date
    sparks: tuple[Spark, ...]
    weeks: tuple[Day, ...]


def trend_of(days: Sequence[Day]) -> Trend | None:
    """The charts; None for less than two days, which are no trend."""
    shown = sorted({day.day: day for day in days}.values(), key=lambda day: day.day)
    if len(shown) < 2:
        return None
    sparks = tuple(_spark(status, shown, [getattr(day, field) for day in shown]) for status, field in STATUSES.items())
    weeks = {day.day.isocalendar()[:2]: day for day in shown}
    return Trend(shown[0].day, shown[-1].day, sparks, tuple(reversed(weeks.values())))


def _spark(status: str, days: Sequence[Day], counts: Sequence[int]) -> Spark:
    most, span = max(counts), (days[-1].day - days[0].day).days
    unit = (HEIGHT - 2 * MARGIN) / max(most, 1)
    points = [
        (day.day, round(MARGIN + (day.day - days[0].day).days / span * (WIDTH - 2 * MARGIN), 1), round(HEIGHT - MARGIN - count * unit, 1))
        for day, count in zip(days, counts, strict=True)
    ]
    parts = list(_parts(points))
    line = "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in part) for part in parts)
    floor = HEIGHT - MARGIN
    area = "".join(
        f"M{part[0][0]:g} {floor:g}L" + "L".join(f"{x:g} {y:g}" for x, y in part) + f"L{part[-1][0]:g} {floor:g}Z" for part in parts
    )
    week_ago = [count for day, count in zip(days, counts, strict=True) if day.day <= days[-1].day - A_WEEK]
    return Spark(
        status, line, area, points[-1][1:], counts[-1], min(counts), most, counts[-1] - (week_ago or counts)[-1 if week_ago else 0]
    )


def _parts(points: Sequence[tuple[date, float, float]]) -> Iterator[list[tuple[float, float]]]:
    """Runs of days without a gap of more than a week; one day alone is a line of no length, which a round end makes a dot."""
    part: list[tuple[float, float]] = []
    before: date | None = None
    for day, x, y in points:
        if before is not None and day - before > A_WEEK:
            yield part if len(part) > 1 else part * 2
            part = []
        part.append((x, y))
        before = day
    yield part if len(part) > 1 else part * 2
