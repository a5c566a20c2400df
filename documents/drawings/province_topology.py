"""How the province is connected: the centres, and every place under its area."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from ..subject import TOP, Subject, province_name
from .page import CENTRE, DROP, GAP, SPINE, Page, width_of
from .shapes import NORMAL, PAGE_WIDTH, SMALL, Box, Drawing, Label, Line, Text, height_of, labels

FEW_AREAS, ROWS_HEIGHT = 12, 880.0  # so many areas get wide boxes; so high is what an A4 page has for them


def province_topology(subject: Subject) -> tuple[Drawing, ...]:
    """The centres, and every place under its area; in as many parts as can be read at A4."""
    few = len(subject.areas) <= FEW_AREAS
    columns = 2 if few else 3
    boxes = [_area(subject, area, names, width_of(columns)) for area, names in subject.areas.items()]
    parts = list(_parts(boxes, columns)) or [[]]
    return tuple(_part(subject, part, columns, number, len(parts)) for number, part in enumerate(parts, 1))


def _parts(boxes: Sequence[Box], columns: int) -> Iterator[list[Box]]:
    """Whole rows of boxes that fit on a page together."""
    part: list[Box] = []
    height = 0.0
    for first in range(0, len(boxes), columns):
        row = boxes[first : first + columns]
        needed = max(height_of(box.lines) for box in row) + DROP + GAP
        if part and height + needed > ROWS_HEIGHT:
            yield part
            part, height = [], 0.0
        part += row
        height += needed
    if part:
        yield part


def _part(subject: Subject, areas: Sequence[Box], columns: int, number: int, parts: int) -> Drawing:
    speech, province = subject.speech, subject.province
    page = Page()
    which = speech.word("drawing", "part", n=number, all=parts) if parts > 1 else ""
    title = speech.word("drawing", "province_title", province=province_name(subject), part=which)
    page.heading(title)
    centres = _centres(subject, page)
    page.y += 24
    foot, start = centres[0].x + centres[0].width / 2, page.y
    page.shapes.append(Line(foot, centres[0].y + centres[0].height, foot, start, CENTRE[1], 2.4, dashed=True))
    page.shapes.append(Text(foot + 6, start - 8, Label(speech.word("drawing", "tunnel"), SMALL, colour=CENTRE[1])))
    if areas:
        last = page.hang(areas, columns, foot)
        page.shapes.append(Line(SPINE, start, SPINE, last))
    return page.drawing(title, speech.word("drawing", "province_description", sites=speech.number(len(province.sites))))


def _centres(subject: Subject, page: Page) -> list[Box]:
    """The centres side by side, the storage centre first, with the line between them."""
    centres = subject.province.centres
    storage, _ = subject.province.storage_centre()
    order = [storage, *(name for name in centres if name != storage)]
    width = min(330.0, (PAGE_WIDTH - GAP * (len(order) - 1)) / len(order))
    boxes = [
        Box(0, 0, width, 0, labels(width, (centres[name].name, NORMAL, True), (_role(subject, name), SMALL, False)), *CENTRE)
        for name in order
    ]
    placed = page.row(boxes)
    for left, right in pairwise(placed):
        middle = left.y + left.height / 2
        page.shapes.append(Line(left.x + left.width, middle, right.x, middle, CENTRE[1], 2.4))
    return placed


def _role(subject: Subject, centre: str) -> str:
    return subject.speech.word("centres", subject.province.centres[centre].kind)


def _area(subject: Subject, area: str, names: Sequence[str], width: float) -> Box:
    speech = subject.speech
    cameras = sum(len(subject.province.sites[name].cameras) for name in names)
    kbps = sum(subject.plan.streams[name].video_kbps for name in names)
    figures = speech.word("drawing", "area", sites=speech.number(len(names)), cameras=speech.number(cameras), rate=speech.mbps(kbps))
    below = ", ".join(subject.plain(name) for name in names if name != area)
    texts = labels(width, (subject.area_name(area), NORMAL, True), (figures, SMALL, False), (below, SMALL, False))
    return Box(0, 0, width, 0, texts, "#f5f7fa" if area != TOP else "#ffffff", "#37474f")
