"""The map: places by their coordinates on the communes' shapes, without a network and without tiles."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ansible_collections.motcua.cctv.plugins.plugin_utils.outlines import Area as Unit

from ..judgement import STATES, Judgement
from ..subject import Subject, province_name
from .outlines import MARGIN, Projection, near
from .shapes import FAINT, LARGE, LINE_HEIGHT, NORMAL, PAGE_WIDTH, SMALL, Area, Dot, Drawing, Label, Line, Shape, Text, labels, text_width

KILOMETRES_A_DEGREE = 111.32  # of latitude, mean
LAND, BORDER = "#f1f4ee", "#b8c2b0"
COLOURS = {"bad": "#c62828", "work": "#e08a00", "unknown": "#7b8794", "good": "#2e7d32"}
FEW, NAMED = 14, 24  # so many places all bear their names; of more than so many the names stand below, by numbers


def province_map(subject: Subject, judgements: Mapping[str, Judgement], areas: Sequence[Unit]) -> Drawing:
    """Every place that has coordinates; the others are listed below."""
    speech, sites = subject.speech, subject.province.sites
    placed = {name: site.coordinates for name, site in sites.items() if site.coordinates is not None}
    title = speech.word("drawing", "map_title", province=province_name(subject))
    drawn: list[Shape] = []
    y = MARGIN
    for label in labels(PAGE_WIDTH, (title, LARGE, True)):
        y += LARGE * LINE_HEIGHT
        drawn.append(Text(PAGE_WIDTH / 2, y, label, "middle"))
    y += MARGIN
    if placed:
        shown = near(areas, placed.values())
        points = [corner for one in shown for ring in one.rings for corner in ring]
        points += [(at.longitude, at.latitude) for at in placed.values()]
        projection = Projection.of(points, y)
        drawn += [
            Area(tuple(tuple(projection.at(*corner) for corner in ring) for ring in one.rings), LAND, BORDER, one.name) for one in shown
        ]
        drawn += _dots(subject, judgements, {name: projection.at(at.longitude, at.latitude) for name, at in placed.items()})
        bottom = max(projection.at(*point)[1] for point in points)
        drawn += _north(speech.word("drawing", "north"), y)
        drawn += _scale(projection, bottom + 2 * MARGIN)
        y = bottom + 3 * MARGIN
    y = _legend(subject, judgements, drawn, y)
    heads = _heads(subject, placed)
    if len(heads) > NAMED:
        key, y = _key(subject, heads, y + 6)
        drawn += key
    missing = [name for name in sites if name not in placed]
    if missing:
        names = ", ".join(subject.short(name) for name in missing)
        text = speech.word("drawing", "no_place", n=speech.number(len(missing)), names=names)
        for label in labels(PAGE_WIDTH - MARGIN, (text, SMALL, False)):
            y += SMALL * LINE_HEIGHT
            drawn.append(Text(MARGIN, y, label))
    description = speech.word("drawing", "map_description", sites=speech.number(len(placed)), missing=speech.number(len(missing)))
    return Drawing(PAGE_WIDTH, y + MARGIN, title, description, tuple(drawn))


# --- dots and names ----------------------------------------------------------------------------------------------------


def _heads(subject: Subject, places: Iterable[str]) -> list[str]:
    """The places that bear a name: all of few, of many those with others below them."""
    names = list(places)
    return [name for name in names if len(names) <= FEW or name in subject.areas or subject.province.sites[name].level != "commune"]


def _dots(subject: Subject, judgements: Mapping[str, Judgement], places: Mapping[str, tuple[float, float]]) -> Iterator[Shape]:
    """Dots, the worst last so that nothing covers it, and names or numbers where there is room."""
    heads = _heads(subject, places)
    size = {name: 5.0 if name in heads else 3.4 for name in places}
    for name in sorted(places, key=lambda name: -STATES.index(judgements[name].state)):
        state = subject.speech.word("states", judgements[name].state)
        x, y = places[name]
        yield Dot(x, y, size[name], COLOURS[judgements[name].state], f"{subject.short(name)}: {state}")
    taken = [(x - size[name], y - size[name], x + size[name], y + size[name]) for name, (x, y) in places.items()]
    for number, name in enumerate(heads, 1):
        yield from _name(subject.short(name) if len(heads) <= NAMED else str(number), places[name], taken)


def _key(subject: Subject, heads: Sequence[str], y: float) -> tuple[list[Shape], float]:
    """Names of the numbers on the map, in columns; gives where the next line may stand."""
    texts = [f"{number}. {subject.short(name)}" for number, name in enumerate(heads, 1)]
    columns = next((count for count in (3, 2) if max(text_width(text, SMALL) for text in texts) <= (PAGE_WIDTH - 2 * MARGIN) / count), 1)
    rows = -(-len(texts) // columns)
    width = (PAGE_WIDTH - 2 * MARGIN) / columns
    step = SMALL * LINE_HEIGHT + 1
    drawn: list[Shape] = [
        Text(MARGIN + (index // rows) * width, y + (index % rows) * step, Label(text, SMALL)) for index, text in enumerate(texts)
    ]
    return drawn, y + rows * step + 4


Frame = tuple[float, float, float, float]


def _name(text: str, place: tuple[float, float], taken: list[Frame]) -> Iterator[Shape]:
    """A name at the first free spot around its dot, the nearest first; far ones get a line to the dot."""
    width, height = text_width(text, SMALL, bold=True), SMALL * LINE_HEIGHT
    for radius in (8.0, 16.0, 28.0, 42.0, 60.0, 80.0, 105.0):
        for turn in range(16):
            angle = 2 * math.pi * turn / 16
            x, y = place[0] + radius * math.cos(angle), place[1] + radius * math.sin(angle)
            left = x if math.cos(angle) > 0.3 else x - width if math.cos(angle) < -0.3 else x - width / 2
            frame = (left - 2, y - height / 2, left + width + 2, y + height / 2)
            if frame[0] < 2 or frame[2] > PAGE_WIDTH - 2 or any(_overlap(frame, other) for other in taken):
                continue
            taken.append(frame)
            if radius > 16:
                yield Line(*place, x, y, FAINT, 0.7)
            yield Text(left, y + SMALL * 0.35, Label(text, SMALL, bold=True))
            return
    yield Text(place[0] + 8, place[1] + SMALL * 0.35, Label(text, SMALL, bold=True))  # better crowded than missing


def _overlap(one: Frame, other: Frame) -> bool:
    return one[0] < other[2] and one[2] > other[0] and one[1] < other[3] and one[3] > other[1]


# --- north, scale, legend ----------------------------------------------------------------------------------------------


def _north(letter: str, y: float) -> tuple[Shape, ...]:
    x = PAGE_WIDTH - 2 * MARGIN
    arrow = Area((((x, y + 14), (x + 7, y + 40), (x, y + 33), (x - 7, y + 40)),), FAINT, FAINT)
    return arrow, Text(x, y + 10, Label(letter, NORMAL, bold=True), "middle")


def _scale(projection: Projection, y: float) -> Iterator[Shape]:
    a_kilometre = projection.unit / KILOMETRES_A_DEGREE
    kilometres = max((km for km in (1, 2, 5, 10, 20, 50) if km * a_kilometre <= 170), default=1)
    width = kilometres * a_kilometre
    yield Line(MARGIN, y, MARGIN + width, y, FAINT, 2)
    for x in (MARGIN, MARGIN + width):
        yield Line(x, y - 4, x, y + 4, FAINT, 2)
    yield Text(MARGIN + width + 8, y + 4, Label(f"{kilometres} km", SMALL))


def _legend(subject: Subject, judgements: Mapping[str, Judgement], drawn: list[Shape], y: float) -> float:
    """The states with how many places have each; gives where the next line may stand."""
    counts = Counter(judgement.state for judgement in judgements.values())
    for index, state in enumerate(STATES):
        x = MARGIN + (index % 2) * PAGE_WIDTH / 2
        line = y + (index // 2) * 18
        text = f"{subject.speech.word('states', state)}: {subject.speech.number(counts[state])}"
        drawn += [Dot(x + 5, line - 4, 5, COLOURS[state]), Text(x + 16, line, Label(text, NORMAL))]
    return y + 18 * ((len(STATES) + 1) // 2)
