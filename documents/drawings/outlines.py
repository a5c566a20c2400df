"""Outlines of communes, and how degrees become a page."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Coordinates

from .shapes import PAGE_WIDTH

MARGIN, HIGHEST = 20.0, 820.0

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Shapes:
    """Communes' outlines: (name, rings of longitude and latitude), and where they come from."""

    areas: tuple[tuple[str, tuple[Ring, ...]], ...]


def read_shapes(folder: Path) -> Shapes:
    """The outlines of every ``*.geojson`` in a folder; none where there is none.

    :raises ModelError: when a file is no GeoJSON of polygons.
    """
    areas: list[tuple[str, tuple[Ring, ...]]] = []
    for file in sorted(folder.glob("*.geojson")):
        try:
            features = json.loads(file.read_text(encoding="utf-8"))["features"]
            areas += [(str(feature["properties"].get("fullName", "")), tuple(_rings(feature["geometry"]))) for feature in features]
        except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = error.strerror if isinstance(error, OSError) else "is no GeoJSON of polygons"
            raise ModelError(f"{file}: {what}; replace it, or remove it to draw the map without borders") from None
    return Shapes(tuple(areas))


def _rings(geometry: Mapping[str, Any]) -> Iterator[Ring]:
    polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}[geometry["type"]]
    for polygon in polygons:
        for ring in polygon:
            yield tuple((float(longitude), float(latitude)) for longitude, latitude, *_ in ring)


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


def near(shapes: Shapes, places: Iterable[Coordinates]) -> list[tuple[str, tuple[Ring, ...]]]:
    """The communes around the places: a province that has grown isn't drawn where it has none."""
    here = list(places)
    west, east = min(at.longitude for at in here) - 0.03, max(at.longitude for at in here) + 0.03
    south, north = min(at.latitude for at in here) - 0.03, max(at.latitude for at in here) + 0.03

    def overlaps(ring: Ring) -> bool:
        longitudes, latitudes = [x for x, _ in ring], [y for _, y in ring]
        return max(longitudes) >= west and min(longitudes) <= east and max(latitudes) >= south and min(latitudes) <= north

    return [(name, rings) for name, rings in shapes.areas if rings and any(overlaps(ring) for ring in rings)]
