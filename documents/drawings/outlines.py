"""How degrees become a page, and which units are drawn on it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Coordinates
from ansible_collections.motcua.cctv.plugins.plugin_utils.outlines import Area, Ring

from .shapes import PAGE_WIDTH

MARGIN, HIGHEST = 20.0, 820.0


@dataclass(frozen=True)
class Projection:
    """Degrees -> the page. Degrees of longitude are shortened by the latitude's cosine, which suits a province."""

    west: float
    north: float
    shrink: float
    unit: float  # of the page, for a degree of latitude
    left: float
    top: float

    @classmethod
    def of(cls, points: Sequence[tuple[float, float]], top: float) -> Projection:
        """One that shows all points (longitude, latitude)."""
        longitudes, latitudes = [x for x, _ in points], [y for _, y in points]
        shrink = math.cos(math.radians((min(latitudes) + max(latitudes)) / 2))
        across = max((max(longitudes) - min(longitudes)) * shrink, 0.02)
        down = max(max(latitudes) - min(latitudes), 0.02)
        unit = min((PAGE_WIDTH - 2 * MARGIN) / across, HIGHEST / down)
        left = (PAGE_WIDTH - (max(longitudes) - min(longitudes)) * shrink * unit) / 2
        return cls(min(longitudes), max(latitudes), shrink, unit, left, top)

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        """A place on the page."""
        return self.left + (longitude - self.west) * self.shrink * self.unit, self.top + (self.north - latitude) * self.unit


def near(areas: Iterable[Area], places: Iterable[Coordinates]) -> list[Area]:
    """The communes around the places: a province that has grown isn't drawn where it has none."""
    here = list(places)
    west, east = min(at.longitude for at in here) - 0.03, max(at.longitude for at in here) + 0.03
    south, north = min(at.latitude for at in here) - 0.03, max(at.latitude for at in here) + 0.03

    def overlaps(ring: Ring) -> bool:
        longitudes, latitudes = [x for x, _ in ring], [y for _, y in ring]
        return max(longitudes) >= west and min(longitudes) <= east and max(latitudes) >= south and min(latitudes) <= north

    return [area for area in areas if any(overlaps(ring) for ring in area.rings)]
