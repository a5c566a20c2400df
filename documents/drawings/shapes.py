"""Drawings as shapes, and as SVG. Lengths are units of a page: 760 of them are as wide as the text of an A4 page (190 mm)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape

PAGE_WIDTH = 760.0
LINE_HEIGHT = 1.25  # of a font's size
PADDING = 6.0
SMALL, NORMAL, LARGE = 10.0, 11.0, 14.0

INK, FAINT, PAPER = "#1b2733", "#5b6b7a", "#ffffff"


@dataclass(frozen=True)
class Label:
    """One line of text."""

    text: str
    size: float = NORMAL
    bold: bool = False
    colour: str = INK


@dataclass(frozen=True)
class Box:
    """A rectangle with lines of text in its middle. ``title`` is what a pointer over it shows."""

    x: float
    y: float
    width: float
    height: float
    lines: tuple[Label, ...]
    fill: str = PAPER
    stroke: str = INK
    dashed: bool = False
    title: str = ""


@dataclass(frozen=True)
class Line:
    """A straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    stroke: str = FAINT
    width: float = 1.4
    dashed: bool = False


@dataclass(frozen=True)
class Text:
    """Text whose base line begins, is centred or ends at a point: ``anchor`` is start, middle or end."""

    x: float
    y: float
    label: Label
    anchor: str = "start"


@dataclass(frozen=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    fill: str
    title: str = ""


@dataclass(frozen=True)
class Area:
    """A closed shape of one or more rings."""

    rings: tuple[tuple[tuple[float, float], ...], ...]
    fill: str
    stroke: str
    title: str = ""


Shape = Box | Line | Text | Dot | Area


@dataclass(frozen=True)
class Drawing:
    """Shapes on a page, first drawn first; ``title`` and ``description`` are for those who can't see it."""

    width: float
    height: float
    title: str
    description: str
    shapes: tuple[Shape, ...]


# --- how wide a text is ------------------------------------------------------------------------------------------------

# Of Arial and its metric twin Liberation Sans, in parts of the font's size, rounded up.
NARROW, WIDE, WIDEST = "iljtfrI.,:;'|!()[]/ -\N{NO-BREAK SPACE}", "mwMW@%", "—…"
SAFETY = 1.06  # another font may serve where neither is installed


@cache
def _sign_width(sign: str) -> float:
    """Of one sign with its marks, in parts of the font's size."""
    base = unicodedata.normalize("NFD", sign)[0]
    if unicodedata.combining(base):
        return 0.0
    if base in NARROW:
        return 0.34
    if base in WIDE:
        return 0.86
    if base in WIDEST:
        return 1.0
    return 0.72 if base.isupper() else 0.56


def text_width(text: str, size: float, bold: bool = False) -> float:
    """How wide a line of text is at most."""
    return sum(map(_sign_width, text)) * size * SAFETY * (1.07 if bold else 1)


def wrapped(text: str, width: float, size: float = NORMAL, bold: bool = False) -> Iterator[str]:
    """The text in lines that fit; a word that doesn't fit alone is broken, so that nothing is ever cut off."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer, size, bold) <= width:
            line = longer
            continue
        if line:
            yield line
        *whole, line = _broken(word, width, size, bold)
        yield from whole
    if line:
        yield line


def _broken(word: str, width: float, size: float, bold: bool) -> list[str]:
    """A word in pieces that fit; a piece has one sign at least."""
    pieces = [""]
    for sign in word:
        if pieces[-1] and text_width(pieces[-1] + sign, size, bold) > width:
            pieces.append("")
        pieces[-1] += sign
    return pieces


def labels(width: float, *texts: tuple[str, float, bool]) -> tuple[Label, ...]:
    """Texts (text, size, bold) as the lines of a box that is so wide."""
    return tuple(Label(line, size, bold) for text, size, bold in texts if text for line in wrapped(text, width - 2 * PADDING, size, bold))


def height_of(lines: tuple[Label, ...]) -> float:
    """How high a box must be for its lines."""
    return sum(line.size * LINE_HEIGHT for line in lines) + 2 * PADDING


# --- SVG ---------------------------------------------------------------------------------------------------------------


def svg(drawing: Drawing) -> str:
    """The drawing as a file of its own: no script, no font, no link."""
    body = "\n".join(_shape(shape) for shape in drawing.shapes)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_n(drawing.width)} {_n(drawing.height)}" '
        f'width="{_n(drawing.width / 4)}mm" height="{_n(drawing.height / 4)}mm" role="img" aria-labelledby="title desc" '
        f"font-family=\"Arial, 'Liberation Sans', Helvetica, sans-serif\">\n"
        f'<title id="title">{escape(drawing.title)}</title>\n<desc id="desc">{escape(drawing.description)}</desc>\n'
        f'<rect width="100%" height="100%" fill="{PAPER}"/>\n{body}\n</svg>\n'
    )


def _shape(shape: Shape) -> str:
    match shape:
        case Box():
            return _box(shape)
        case Line():
            dash = ' stroke-dasharray="5 4"' if shape.dashed else ""
            ends = f'x1="{_n(shape.x1)}" y1="{_n(shape.y1)}" x2="{_n(shape.x2)}" y2="{_n(shape.y2)}"'
            return f'<line {ends} stroke="{shape.stroke}" stroke-width="{_n(shape.width)}"{dash}/>'
        case Text():
            return _text(shape.x, shape.y, shape.label, shape.anchor)
        case Dot():
            circle = f'<circle cx="{_n(shape.x)}" cy="{_n(shape.y)}" r="{_n(shape.radius)}" fill="{shape.fill}" stroke="{PAPER}"'
            return f'{circle} stroke-width="0.8">{_title(shape.title)}</circle>'
        case Area():
            path = " ".join("M" + " L".join(f"{_n(x)} {_n(y)}" for x, y in ring) + "Z" for ring in shape.rings)
            outline = f'stroke="{shape.stroke}" stroke-width="0.6"'
            return f'<path d="{path}" fill="{shape.fill}" fill-rule="evenodd" {outline}>{_title(shape.title)}</path>'


def _box(box: Box) -> str:
    dash = ' stroke-dasharray="5 4"' if box.dashed else ""
    rectangle = f'<rect x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}" rx="4"'
    parts = [f'<g>{_title(box.title)}{rectangle} fill="{box.fill}" stroke="{box.stroke}" stroke-width="1.2"{dash}/>']
    top = box.y + (box.height - sum(line.size * LINE_HEIGHT for line in box.lines)) / 2
    for line in box.lines:
        parts.append(_text(box.x + box.width / 2, top + line.size, line, "middle"))
        top += line.size * LINE_HEIGHT
    return "".join(parts) + "</g>"


def _text(x: float, y: float, label: Label, anchor: str) -> str:
    weight = ' font-weight="bold"' if label.bold else ""
    place = f'x="{_n(x)}" y="{_n(y)}" font-size="{_n(label.size)}" text-anchor="{anchor}"'
    return f'<text {place} fill="{label.colour}"{weight}>{escape(label.text)}</text>'


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""


def _n(value: float) -> str:
    """A number as short as it can be: equal drawings are equal bytes."""
    return f"{value:.2f}".rstrip("0").rstrip(".")
