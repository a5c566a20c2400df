"""A page of boxes and lines that grows downwards, from which the topology drawings are made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Decision
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.reuse import LETTERS

from ..rows.reuse import DECISIONS
from ..subject import Subject
from .shapes import LARGE, LINE_HEIGHT, NORMAL, PAGE_WIDTH, SMALL, Box, Drawing, Label, Line, Shape, Text, height_of, labels

GAP, SPINE, DROP = 10.0, 10.0, 9.0
# fill and border of each decision, A to E
COLOURS: Mapping[Decision, tuple[str, str]] = {
    "keep": ("#e8f5e9", "#2e7d32"),
    "reconfigure": ("#e3f2fd", "#1565c0"),
    "upgrade": ("#fff6dc", "#9a6700"),
    "replace": ("#fdecea", "#b3261e"),
    "excluded": ("#eceff1", "#546e7a"),
}
CENTRE = ("#e8eaf6", "#303f9f")


@dataclass
class Page:
    """A drawing that grows downwards."""

    y: float = 0.0
    shapes: list[Shape] = field(default_factory=list)

    def heading(self, text: str) -> None:
        """The drawing's visible title."""
        for label in labels(PAGE_WIDTH, (text, LARGE, True)):
            self.y += LARGE * LINE_HEIGHT
            self.shapes.append(Text(PAGE_WIDTH / 2, self.y, label, "middle"))
        self.y += GAP

    def row(self, boxes: Sequence[Box]) -> list[Box]:
        """Boxes of one height side by side in the middle of the page; their widths are kept."""
        height = max(height_of(box.lines) for box in boxes)
        x = (PAGE_WIDTH - sum(box.width for box in boxes) - GAP * (len(boxes) - 1)) / 2
        placed = []
        for box in boxes:
            placed.append(_at(box, x, self.y, height))
            x += box.width + GAP
        self.shapes += placed
        self.y += height
        return placed

    def hang(self, boxes: Sequence[Box], columns: int, reach: float = 0.0) -> float:
        """Boxes in rows under buses that come off the spine on the left; gives the last one's y. The first goes at least to ``reach``."""
        bus = self.y
        for first in range(0, len(boxes), columns):
            row = boxes[first : first + columns]
            bus, height = self.y, max(height_of(box.lines) for box in row)
            ends = [SPINE + GAP + index * (row[0].width + GAP) for index in range(len(row))]
            middles = [x + row[0].width / 2 for x in ends]
            self.shapes.append(Line(SPINE, bus, max(middles[-1], reach if not first else 0.0), bus))
            for box, x, middle in zip(row, ends, middles, strict=True):
                self.shapes += [Line(middle, bus, middle, bus + DROP), _at(box, x, bus + DROP, height)]
            self.y = bus + DROP + height + GAP
        return bus

    def caption(self, text: str) -> None:
        """A line of text to the right of the spine."""
        for label in labels(PAGE_WIDTH / 2 - GAP, (text, NORMAL, True)):
            self.y += NORMAL * LINE_HEIGHT
            self.shapes.append(Text(SPINE + GAP, self.y, label))
        self.y += 5

    def legend(self, subject: Subject) -> None:
        """What the letters and colours mean."""
        texts = [f"{LETTERS[decision]} {subject.speech.word('decisions', decision)}" for decision in DECISIONS]
        boxes = [Box(0, 0, PAGE_WIDTH / 5 - GAP, 0, (), *COLOURS[decision], dashed=decision == "excluded") for decision in DECISIONS]
        width = boxes[0].width
        self.row([_with(box, labels(width, (text, SMALL, False))) for box, text in zip(boxes, texts, strict=True)])
        self.y += GAP

    def drawing(self, title: str, description: str) -> Drawing:
        """The finished page."""
        return Drawing(PAGE_WIDTH, self.y, title, description, tuple(self.shapes))


def _at(box: Box, x: float, y: float, height: float) -> Box:
    return Box(x, y, box.width, height, box.lines, box.fill, box.stroke, box.dashed, box.title)


def _with(box: Box, lines: tuple[Label, ...]) -> Box:
    return Box(box.x, box.y, box.width, box.height, lines, box.fill, box.stroke, box.dashed, box.title)


def width_of(columns: int) -> float:
    """How wide each of so many boxes in a row is."""
    return (PAGE_WIDTH - SPINE - GAP * columns) / columns - 1
