"""A drawing inside a Word document: the same shapes as DrawingML, so that it prints sharp and needs no picture file."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from markupsafe import Markup

from .shapes import LINE_HEIGHT, PAPER, Area, Box, Dot, Drawing, Label, Line, Shape, Text, text_width

EMU_PER_UNIT = 9000  # a unit is a quarter of a millimetre
WIDTH_MM, HEIGHT_MM = 165.0, 225.0  # what a page has for it
NAMESPACES = " ".join(
    f'xmlns:{prefix}="{uri}"'
    for prefix, uri in {
        "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
        "wp": "http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing",
        "a": "http://schemas.openxmlformats.org/drawingml/2006/main",
        "wpg": "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup",
        "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    }.items()
)
GROUP = "http://schemas.microsoft.com/office/word/2010/wordprocessingGroup"


def runs(drawing: Drawing, number: int = 1) -> Markup:
    """The drawing as a run for ``{{r picture }}``, as large as the page allows; ``number`` is its own in the document."""
    scale = min(WIDTH_MM * 4 / drawing.width, HEIGHT_MM * 4 / drawing.height, 1.0)
    width, height = _emu(drawing.width, scale), _emu(drawing.height, scale)
    # LibreOffice takes the extent of what is drawn for the drawing's own: a white page behind everything makes them one.
    page = Area((((0, 0), (drawing.width, 0), (drawing.width, drawing.height), (0, drawing.height)),), PAPER, PAPER)
    shapes = "".join(_shape(shape, number * 10_000 + index, scale) for index, shape in enumerate((page, *_flat(drawing.shapes)), 1))
    name = f'<wp:docPr id="{number}" name="drawing {number}" title="{escape(drawing.title)}" descr="{escape(drawing.description)}"/>'
    frame = f'<a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/><a:chOff x="0" y="0"/><a:chExt cx="{width}" cy="{height}"/>'
    group = f"<wpg:wgp><wpg:cNvGrpSpPr/><wpg:grpSpPr><a:xfrm>{frame}</a:xfrm></wpg:grpSpPr>{shapes}</wpg:wgp>"
    inline = (
        f'<wp:inline distT="0" distB="0" distL="0" distR="0"><wp:extent cx="{width}" cy="{height}"/>{name}<wp:cNvGraphicFramePr/>'
        f'<a:graphic><a:graphicData uri="{GROUP}">{group}</a:graphicData></a:graphic></wp:inline>'
    )
    choice = f'<mc:Choice Requires="wpg"><w:drawing>{inline}</w:drawing></mc:Choice>'
    return Markup(f"<w:r><mc:AlternateContent {NAMESPACES}>{choice}</mc:AlternateContent></w:r>")  # noqa: S704  every text in it is escaped


def _flat(shapes: tuple[Shape, ...]) -> Iterator[Shape]:
    """Lines first: Word's connectors would cross the boxes."""
    yield from (shape for shape in shapes if isinstance(shape, Line | Area))
    yield from (shape for shape in shapes if not isinstance(shape, Line | Area))


def _emu(units: float, scale: float) -> int:
    return max(1, round(units * scale * EMU_PER_UNIT))


def _shape(shape: Shape, number: int, scale: float) -> str:
    match shape:
        case Box():
            look = f"{_solid(shape.fill)}{_outline(shape.stroke, 1.2, scale, dashed=shape.dashed)}"
            geometry = '<a:prstGeom prst="roundRect"><a:avLst><a:gd name="adj" fmla="val 5000"/></a:avLst></a:prstGeom>'
            place = _frame(shape.x, shape.y, shape.width, shape.height, scale)
            return _wsp(number, f"{place}{geometry}{look}", _paragraphs(shape.lines, "center", scale))
        case Line():
            return _wsp(number, _line(shape, scale), "")
        case Text():
            return _wsp(number, *_text(shape, scale))
        case Dot():
            place = _frame(shape.x - shape.radius, shape.y - shape.radius, 2 * shape.radius, 2 * shape.radius, scale)
            return _wsp(
                number, f'{place}<a:prstGeom prst="ellipse"><a:avLst/></a:prstGeom>{_solid(shape.fill)}<a:ln><a:noFill/></a:ln>', ""
            )
        case Area():
            return _wsp(number, _area(shape, scale), "")


def _wsp(number: int, look: str, paragraphs: str) -> str:
    text = f"<wps:txbx><w:txbxContent>{paragraphs}</w:txbxContent></wps:txbx>" if paragraphs else ""
    body = '<wps:bodyPr wrap="square" lIns="0" tIns="0" rIns="0" bIns="0" anchor="ctr"/>'
    return f'<wps:wsp><wps:cNvPr id="{number}" name="{number}"/><wps:cNvSpPr/><wps:spPr>{look}</wps:spPr>{text}{body}</wps:wsp>'


def _frame(x: float, y: float, width: float, height: float, scale: float, flip: str = "") -> str:
    off = f'<a:off x="{round(x * scale * EMU_PER_UNIT)}" y="{round(y * scale * EMU_PER_UNIT)}"/>'
    return f'<a:xfrm{flip}>{off}<a:ext cx="{_emu(width, scale)}" cy="{_emu(height, scale)}"/></a:xfrm>'


def _line(line: Line, scale: float) -> str:
    flip = ' flipV="1"' if (line.x2 - line.x1) * (line.y2 - line.y1) < 0 else ""
    x, y = min(line.x1, line.x2), min(line.y1, line.y2)
    place = _frame(x, y, abs(line.x2 - line.x1), abs(line.y2 - line.y1), scale, flip)
    outline = _outline(line.stroke, line.width, scale, dashed=line.dashed)
    return f'{place}<a:prstGeom prst="line"><a:avLst/></a:prstGeom>{outline}'


def _text(text: Text, scale: float) -> tuple[str, str]:
    width, height = text_width(text.label.text, text.label.size, text.label.bold) + 4, text.label.size * LINE_HEIGHT
    x = text.x - {"start": 0.0, "middle": width / 2, "end": width}[text.anchor]
    place = _frame(x, text.y - text.label.size, width, height, scale)
    align = {"start": "left", "middle": "center", "end": "right"}[text.anchor]
    look = f'{place}<a:prstGeom prst="rect"><a:avLst/></a:prstGeom><a:noFill/><a:ln><a:noFill/></a:ln>'
    return look, _paragraphs((text.label,), align, scale)


def _area(area: Area, scale: float) -> str:
    xs, ys = [x for ring in area.rings for x, _ in ring], [y for ring in area.rings for _, y in ring]
    left, top, width, height = min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)

    def point(x: float, y: float) -> str:
        return f'<a:pt x="{round((x - left) * scale * EMU_PER_UNIT)}" y="{round((y - top) * scale * EMU_PER_UNIT)}"/>'

    steps = "".join(
        f"<a:moveTo>{point(*ring[0])}</a:moveTo>{''.join(f'<a:lnTo>{point(*corner)}</a:lnTo>' for corner in ring[1:])}<a:close/>"
        for ring in area.rings
    )
    path = f'<a:path w="{_emu(width, scale)}" h="{_emu(height, scale)}">{steps}</a:path>'
    geometry = f'<a:custGeom><a:avLst/><a:rect l="0" t="0" r="r" b="b"/><a:pathLst>{path}</a:pathLst></a:custGeom>'
    return f"{_frame(left, top, width, height, scale)}{geometry}{_solid(area.fill)}{_outline(area.stroke, 0.6, scale)}"


def _solid(colour: str) -> str:
    return f'<a:solidFill><a:srgbClr val="{colour[1:]}"/></a:solidFill>'


def _outline(colour: str, width: float, scale: float, *, dashed: bool = False) -> str:
    dash = '<a:prstDash val="dash"/>' if dashed else ""
    return f'<a:ln w="{_emu(width, scale)}">{_solid(colour)}{dash}</a:ln>'


def _paragraphs(lines: tuple[Label, ...], align: str, scale: float) -> str:
    return "".join(_paragraph(line, align, scale) for line in lines)


def _paragraph(line: Label, align: str, scale: float) -> str:
    half_points = max(2, round(line.size * scale * 0.25 / 25.4 * 72 * 2))
    bold = "<w:b/>" if line.bold else ""
    font = '<w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="Arial" w:cs="Arial"/>'
    form = f'{font}{bold}<w:color w:val="{line.colour[1:]}"/><w:sz w:val="{half_points}"/>'
    spacing = f'<w:pPr><w:spacing w:before="0" w:after="0" w:line="240" w:lineRule="auto"/><w:jc w:val="{align}"/></w:pPr>'
    return f'<w:p>{spacing}<w:r><w:rPr>{form}</w:rPr><w:t xml:space="preserve">{escape(line.text)}</w:t></w:r></w:p>'
