"""The report's drawings as numbers: sites on a map, states on a bar."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ..model import Province
from .view import STATES, Place, State

KILOMETRES_A_DEGREE = 111.32  # of latitude, mean
FEW_SITES = 12  # so many fit beside the tree, all with their names
MARGIN = 36.0


@dataclass(frozen=True)
class Point:
    """A site on the map, in the drawing's units."""

    x: float
    y: float
    place: Place
    few: bool

    @property
    def named(self) -> bool:
        """Among many, only sites with others below them bear their name."""
        return self.few or bool(self.place.children)


@dataclass(frozen=True)
class Map:
    """The sites that have coordinates, drawn to scale."""

    width: int
    height: float
    points: tuple[Point, ...]
    edges: tuple[tuple[float, float, float, float], ...]
    scale_km: int
    scale_width: float
    missing: int
    few: bool


def map_of(province: Province, places: Sequence[Place]) -> Map | None:
    """Sites by their coordinates on a plane: degrees of longitude are shortened by the latitude's cosine."""
    shown = [place for top in places for place in top.all if place.site is not None]
    placed = [(place, place.site.coordinates) for place in shown if place.site and place.site.coordinates]
    if len(placed) < 2:
        return None
    shrink = math.cos(math.radians(sum(at.latitude for _, at in placed) / len(placed)))
    across = [at.longitude * shrink for _, at in placed]
    down = [-at.latitude for _, at in placed]
    few = len(placed) <= FEW_SITES
    width = 640 if few else 1120
    span = max(max(across) - min(across), (max(down) - min(down)) * (1.8 if few else 1.1), 0.01)
    unit = (width - 2 * MARGIN) / span
    indent = (width - (max(across) - min(across)) * unit) / 2
    points = {
        place.id: Point(round(indent + (x - min(across)) * unit, 1), round(MARGIN + (y - min(down)) * unit, 1), place, few)
        for (place, _), x, y in zip(placed, across, down, strict=True)
    }
    edges = tuple(
        (points[place.id].x, points[place.id].y, points[child.id].x, points[child.id].y)
        for place, _ in placed
        for child in place.children
        if child.id in points
    )
    height = round((max(down) - min(down)) * unit + 2 * MARGIN + 12, 1)
    scale_km = max((km for km in (1, 2, 5, 10, 20, 50, 100) if km / KILOMETRES_A_DEGREE * unit <= 150), default=1)
    # Trouble is drawn last, so that nothing covers it.
    drawn = tuple(sorted(points.values(), key=lambda point: -STATES.index(point.place.state)))
    scale_width = round(scale_km / KILOMETRES_A_DEGREE * unit, 1)
    return Map(width, height, drawn, edges, scale_km, scale_width, len(province.sites) - len(placed), few)


def bar(counts: Mapping[str, int]) -> Iterator[tuple[State, float, float]]:
    """(state, start, width) of each part of a bar that is 100 wide; the smallest part stays visible."""
    present = [(state, counts[state]) for state in STATES if counts.get(state)]
    widths = [max(1.2, 100 * count / sum(counts.values())) for _, count in present]
    start = 0.0
    for (state, _), width in zip(present, widths, strict=True):
        part = 100 * width / sum(widths)
        yield state, round(start, 2), round(part, 2)
        start += part
