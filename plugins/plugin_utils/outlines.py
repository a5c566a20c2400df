"""Outlines of administrative units out of GeoJSON files, for maps that need no network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import ModelError

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Area:
    """One unit: its administrative code ("" where the file has none), its name, and rings of longitude and latitude, WGS 84."""

    code: str
    name: str
    rings: tuple[Ring, ...]

    def contains(self, longitude: float, latitude: float) -> bool:
        """Whether a place lies in it; one in a hole doesn't."""
        return sum(_crosses(ring, longitude, latitude) for ring in self.rings) % 2 == 1


def read_areas(folder: Path) -> tuple[Area, ...]:
    """The units of every ``*.geojson`` in a folder; none where there is none.

    :raises ModelError: when a file is no GeoJSON of polygons.
    """
    areas: list[Area] = []
    for file in sorted(folder.glob("*.geojson")):
        try:
            areas += [_area(feature) for feature in json.loads(file.read_text(encoding="utf-8"))["features"]]
        except (OSError, UnicodeDecodeError, ValueError, KeyError, TypeError, AttributeError) as error:
            what = error.strerror if isinstance(error, OSError) else "is no GeoJSON of polygons"
            raise ModelError(f"{file}: {what}; replace it, or remove it to draw the map without borders") from None
    return tuple(areas)


def _area(feature: Mapping[str, Any]) -> Area:
    known = feature["properties"]
    return Area(str(known.get("code", "")), str(known.get("fullName", "")), tuple(_rings(feature["geometry"])))


def _rings(geometry: Mapping[str, Any]) -> Iterator[Ring]:
    polygons = {"Polygon": [geometry["coordinates"]], "MultiPolygon": geometry["coordinates"]}[geometry["type"]]
    for polygon in polygons:
        for ring in polygon:
            yield tuple((float(longitude), float(latitude)) for longitude, latitude, *_ in ring)


def _crosses(ring: Ring, x: float, y: float) -> bool:
    """Whether a ray to the east crosses the ring an odd number of times."""
    inside = False
    for (x1, y1), (x2, y2) in zip(ring, (*ring[1:], *ring[:1]), strict=True):
        if (y1 > y) != (y2 > y) and x < (x2 - x1) * (y - y1) / (y2 - y1) + x1:
            inside = not inside
    return inside
