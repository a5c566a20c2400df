"""The report's drawings as numbers: units and sites on a map, states on a bar."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from ..model import Province
from ..outlines import Area, Ring
from .view import STATES, TROUBLE, Place, State, worst

KILOMETRES_A_DEGREE = 111.32  # of latitude, mean
FEW_SITES = 12  # so many fit beside the tree, all with their names
MARGIN = 36.0
LETTER = 6.4  # the mean width of a letter of a unit's name
KINDS = ("Phường ", "Xã ", "Thị trấn ", "Đặc khu ")


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
class Region:
    """A unit on the map: its outline as SVG path data, and the sites that belong to it."""

    code: str
    name: str
    path: str
    x: float
    y: float
    room: float
    places: tuple[Place, ...]

    @property
    def state(self) -> State:
        """The worst of its sites."""
        return worst(place.state for place in self.places)

    @property
    def bad(self) -> int:
        """How many of its sites need attention."""
        return sum(place.state in TROUBLE for place in self.places)

    @property
    def much(self) -> bool:
        """Whether a third of its devices or more need attention."""
        devices = [device for place in self.places for device in place.devices]
        return 3 * sum(bool(device.trouble) for device in devices) >= len(devices) > 0

    @property
    def label(self) -> str:
        """Its name without its kind, where there is room for it."""
        short = next((self.name.removeprefix(kind) for kind in KINDS if self.name.startswith(kind)), self.name)
        return short if len(short) * LETTER <= self.room else ""


@dataclass(frozen=True)
class Map:
    """Units with their sites, and the sites that have coordinates and no unit on it, drawn to scale."""

    width: int
    height: float
    regions: tuple[Region, ...]
    empty: tuple[str, ...]
    points: tuple[Point, ...]
    edges: tuple[tuple[float, float, float, float], ...]
    scale_km: int
    scale_width: float
    missing: int
    few: bool


@dataclass(frozen=True)
class Plane:
    """Degrees -> the drawing: degrees of longitude are shortened by the latitude's cosine, which suits a province."""

    west: float
    north: float
    shrink: float
    unit: float
    indent: float

    @classmethod
    def of(cls, corners: Sequence[tuple[float, float]], width: int, flat: float) -> Plane:
        """One that shows all corners (longitude, latitude) and isn't higher than its width divided by ``flat``."""
        across, down = [x for x, _ in corners], [y for _, y in corners]
        shrink = math.cos(math.radians((min(down) + max(down)) / 2))
        broad = (max(across) - min(across)) * shrink
        unit = (width - 2 * MARGIN) / max(broad, (max(down) - min(down)) * flat, 0.01)
        return cls(min(across), max(down), shrink, unit, (width - broad * unit) / 2)

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        """A place on the drawing."""
        x = self.indent + (longitude - self.west) * self.shrink * self.unit
        return round(x, 1), round(MARGIN + (self.north - latitude) * self.unit, 1)


def map_of(province: Province, places: Sequence[Place], areas: Sequence[Area] = (), on: date | None = None) -> Map | None:
    """Units coloured by their sites; sites without one as points. None where less than two places can be drawn."""
    shown = [place for top in places for place in top.all if place.site is not None]
    members = _members(shown, areas, on)
    loose = [place for place in shown if not any(place in found for found in members.values()) and place.site and place.site.coordinates]
    if not members and len(loose) < 2:
        return None
    mine = [area for area in areas if area.code in members]
    corners = [corner for area in mine for ring in area.rings for corner in ring]
    corners += [
        (place.site.coordinates.longitude, place.site.coordinates.latitude) for place in loose if place.site and place.site.coordinates
    ]
    few = not members and len(loose) <= FEW_SITES
    width = 640 if few else 1120
    plane = Plane.of(corners, width, 1.8 if few else 1.2)
    points = {place.id: _point(plane, place, few) for place in loose}
    regions = tuple(_region(plane, area, tuple(members[area.code])) for area in mine)
    others = [area for area in areas if members and area.code not in members and _within(area, corners)]
    height = round(max(plane.at(*corner)[1] for corner in corners) + MARGIN + 12, 1)
    scale_km = max((km for km in (1, 2, 5, 10, 20, 50, 100) if km / KILOMETRES_A_DEGREE * plane.unit <= 150), default=1)
    missing = len(province.sites) - len(loose) - sum(map(len, members.values()))
    return Map(
        width,
        height,
        regions,
        tuple(_path(plane, area.rings) for area in others),
        # Trouble is drawn last, so that nothing covers it.
        tuple(sorted(points.values(), key=lambda point: -STATES.index(point.place.state))),
        () if members else tuple(_edges(points)),
        scale_km,
        round(scale_km / KILOMETRES_A_DEGREE * plane.unit, 1),
        missing,
        few,
    )


def _members(places: Sequence[Place], areas: Sequence[Area], on: date | None) -> Mapping[str, list[Place]]:
    """Code of a unit -> its sites: by the code of the unit that a site serves on that day, else by where it stands."""
    codes = {area.code for area in areas if area.code and area.rings}
    members: dict[str, list[Place]] = {}
    for place in places:
        if place.site is None:
            continue
        unit, where = place.site.unit_on(on) if on else None, place.site.coordinates
        code = unit.code if unit and unit.code in codes else None
        if code is None and where is not None:
            code = next((area.code for area in areas if area.code in codes and area.contains(where.longitude, where.latitude)), None)
        if code is not None:
            members.setdefault(code, []).append(place)
    return members


def _point(plane: Plane, place: Place, few: bool) -> Point:
    assert place.site is not None
    assert place.site.coordinates is not None
    return Point(*plane.at(place.site.coordinates.longitude, place.site.coordinates.latitude), place, few)


def _edges(points: Mapping[str, Point]) -> Iterator[tuple[float, float, float, float]]:
    for point in points.values():
        for child in point.place.children:
            if child.id in points:
                yield point.x, point.y, points[child.id].x, points[child.id].y


def _region(plane: Plane, area: Area, places: tuple[Place, ...]) -> Region:
    largest = max(area.rings, key=lambda ring: abs(_balance(ring)[0]))
    _, longitude, latitude = _balance(largest)
    across = [plane.at(*corner)[0] for corner in largest]
    return Region(area.code, area.name, _path(plane, area.rings), *plane.at(longitude, latitude), max(across) - min(across), places)


def _path(plane: Plane, rings: Sequence[Ring]) -> str:
    return "".join("M" + "L".join(f"{x:g} {y:g}" for x, y in (plane.at(*corner) for corner in ring)) + "Z" for ring in rings)


def _balance(ring: Ring) -> tuple[float, float, float]:
    """Signed area and centre of gravity."""
    pairs = list(zip(ring, (*ring[1:], *ring[:1]), strict=True))
    # Measured from a corner of its own: degrees are large and a commune is small.
    x0, y0 = ring[0]
    crosses = [(x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) for (x1, y1), (x2, y2) in pairs]
    twice = sum(crosses)
    if not twice:
        return 0.0, x0, y0
    x = sum((x1 + x2 - 2 * x0) * cross for ((x1, _), (x2, _)), cross in zip(pairs, crosses, strict=True)) / (3 * twice)
    y = sum((y1 + y2 - 2 * y0) * cross for ((_, y1), (_, y2)), cross in zip(pairs, crosses, strict=True)) / (3 * twice)
    return twice / 2, x0 + x, y0 + y


def _within(area: Area, corners: Sequence[tuple[float, float]]) -> bool:
    """Whether any of it lies in the frame that the corners span: a province that has grown isn't drawn where it has no site."""
    west, east = min(x for x, _ in corners), max(x for x, _ in corners)
    south, north = min(y for _, y in corners), max(y for _, y in corners)
    return any(west <= x <= east and south <= y <= north for ring in area.rings for x, y in ring)


def bar(counts: Mapping[str, int]) -> Iterator[tuple[State, float, float]]:
    """(state, start, width) of each part of a bar that is 100 wide; the smallest part stays visible."""
    present = [(state, counts[state]) for state in STATES if counts.get(state)]
    widths = [max(1.2, 100 * count / sum(counts.values())) for _, count in present]
    start = 0.0
    for (state, _), width in zip(present, widths, strict=True):
        part = 100 * width / sum(widths)
        yield state, round(start, 2), round(part, 2)
        start += part
