"""Drawings: valid, complete, readable; nothing covers anything."""

import json
import math
from dataclasses import replace
from itertools import combinations
from xml.etree import ElementTree

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils import desired
from ansible_collections.motcua.cctv.plugins.plugin_utils.outlines import read_areas
from docx.oxml.parser import parse_xml
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.drawings.chart import province_map
from documents.drawings.in_word import runs
from documents.drawings.outlines import Projection
from documents.drawings.province_topology import province_topology
from documents.drawings.shapes import PAGE_WIDTH, Box, Dot, Drawing, Label, Line, Text, svg, text_width, wrapped
from documents.drawings.site_topology import site_topology
from documents.judgement import judged
from documents.speech import Speech
from documents.subject import Subject, everything

from .planned import TODAY, subject_of, write_inventory
from .provinces import province, raw_site

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def subject(tmp_path_factory):
    return subject_of(write_inventory(tmp_path_factory.mktemp("inventory")))


def said(drawing):
    """The drawing's texts as one: a label may be broken into lines."""
    root = ElementTree.fromstring(svg(drawing))
    return " ".join(" ".join(text.text for text in root.iter(f"{SVG}text")).split())


def word(drawing):
    """The drawing's run as it stands in a Word document."""
    return parse_xml(f'<w:p xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">{runs(drawing)}</w:p>')


def drawings(subject):
    yield from (site_topology(subject, name) for name in subject.province.sites)
    yield from province_topology(subject)
    yield province_map(subject, judged(subject), ())


def test_every_drawing_is_accessible_xml_without_foreign_parts(subject):
    for drawing in drawings(subject):
        root = ElementTree.fromstring(svg(drawing))
        assert root.find(f"{SVG}title").text == drawing.title
        assert root.find(f"{SVG}desc").text == drawing.description
        assert root.get("role") == "img"
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "title", "desc", "rect", "g", "text", "line", "circle", "path"}
        assert "http" not in svg(drawing).replace("http://www.w3.org/2000/svg", "")


def test_a_site_shows_every_device_line_and_step(subject):
    for name, site in subject.province.sites.items():
        text = said(site_topology(subject, name)).replace(" ", "")
        labels = [standing.name for standing in everything(subject.province) if standing.site == name]
        labels += [standing.key for standing in everything(subject.province) if standing.site == name]
        labels += [*site.lines, *(line.provider for line in site.lines.values()), str(site.lan), str(subject.plan.addresses[name].prefix)]
        labels += [str(device.address) for device in (site.router, *site.nvrs.values(), *site.cameras.values()) if device.address]
        labels += [chosen.step.name for chosen in subject.plan.streams[name].cameras.values()]
        for label in labels:
            assert label.replace(" ", "") in text, (name, label)


def test_the_province_shows_every_centre_and_place(subject):
    text = " ".join(said(part) for part in province_topology(subject))
    for label in (*(centre.name for centre in subject.province.centres.values()), *map(subject.plain, subject.province.sites)):
        assert label in text


def boxes(drawing):
    return [shape for shape in drawing.shapes if isinstance(shape, Box)]


def apart(one, other):
    return (
        one.x + one.width <= other.x or other.x + other.width <= one.x or one.y + one.height <= other.y or other.y + other.height <= one.y
    )


def readable(drawing):
    """No box covers another, every text fits into its box, everything is on the page, and letters are as large as paper needs."""
    for one, other in combinations(boxes(drawing), 2):
        assert apart(one, other), (one, other)
    for box in boxes(drawing):
        assert box.x >= 0
        assert box.x + box.width <= drawing.width
        assert box.y + box.height <= drawing.height
        assert sum(line.size * 1.25 for line in box.lines) <= box.height
        for line in box.lines:
            assert line.size >= 10  # 7 points where 760 units are 190 mm
            assert text_width(line.text, line.size, line.bold) <= box.width or len(line.text) == 1
    for text in drawing.shapes:
        if isinstance(text, Text):
            width = text_width(text.label.text, text.label.size, text.label.bold)
            left = text.x - {"start": 0, "middle": width / 2, "end": width}[text.anchor]
            frame = Box(left, text.y - text.label.size, width, text.label.size, ())
            assert all(apart(frame, box) for box in boxes(drawing)), text


NAMES = st.text(st.characters(categories=["Lu", "Ll", "Nd"], include_characters=" -Đđấ<&"), min_size=1, max_size=90).filter(str.strip)


@settings(max_examples=80, deadline=None)
@given(
    cameras=st.integers(0, 33),
    behind=st.integers(0, 5),
    others=st.integers(0, 5),
    lines=st.integers(1, 4),
    name=NAMES,
)
def test_nothing_covers_anything_at_any_site(cameras, behind, others, lines, name):
    line = raw_site(1)["lines"]["ftth"]
    raw = raw_site(
        1,
        name=name,
        lines={f"line{index}": {**line, "up_mbps": 900, "provider": name[:40]} for index in range(lines)},
        cameras={
            f"cam{index}": {"vendor": "axis", "name": name, "model": name, "address": f"192.168.1.{20 + index}"} for index in range(cameras)
        }
        | {f"behind{index}": {"vendor": "dahua", "name": name, "source": f"nvr:nvr1/{index + 1}"} for index in range(behind)},
        others={f"other{index}": {"kind": "other", "maker": name, "name": name, "why": "?"} for index in range(others)},
        switches={"sw1": {"name": name}},
    )
    value = province({"here": raw}).model_copy(update={"on": TODAY})
    subject = Subject(value, desired.plan(value), Speech("vi"))
    readable(site_topology(subject, "here"))
    word(site_topology(subject, "here"))


@settings(max_examples=15, deadline=None)
@given(areas=st.lists(st.integers(0, 12), min_size=0, max_size=35))
def test_nothing_covers_anything_in_any_province(areas):
    sites = {}
    for index, communes in enumerate(areas):
        sites[f"area{index}"] = raw_site(len(sites) + 1, name=f"Bộ phận Một cửa huyện {index}", level="district")
        for commune in range(communes):
            sites[f"site{index}-{commune}"] = raw_site(len(sites) + 1, name=f"Bộ phận Một cửa xã {index} {commune}", parent=f"area{index}")
    value = province(sites).model_copy(update={"on": TODAY})
    subject = Subject(value, desired.plan(value), Speech("vi"))
    parts = province_topology(subject)
    for part in parts:
        readable(part)
        assert part.height <= 1108 or len(boxes(part)) <= 2 + 3  # A4, unless one row alone is larger
    text = " ".join(said(part) for part in parts)
    assert all(subject.plain(name) in text for name in sites)


# --- the map -----------------------------------------------------------------------------------------------------------


def test_the_map_shows_places_by_their_worst_state_and_lists_the_others(subject):
    judgements = judged(subject)
    drawing = province_map(subject, judgements, ())
    dots = {shape.title: shape for shape in drawing.shapes if isinstance(shape, Dot) and shape.title}
    placed = [name for name, site in subject.province.sites.items() if site.coordinates]
    assert len(dots) == len(placed)
    for name in placed:
        state = subject.speech.word("states", judgements[name].state)
        assert f"{subject.short(name)}: {state}" in dots
    text = said(drawing)
    assert "Chưa có tọa độ (1): Xã Xa" in text
    assert "km" in text
    assert all(subject.speech.word("states", state) in text for state in ("bad", "work", "unknown", "good"))


def test_a_place_farther_east_is_farther_right_and_farther_north_is_higher():
    projection = Projection.of([(105.9, 21.1), (107.0, 21.6)], 0)
    assert projection.at(106.5, 21.3)[0] > projection.at(106.0, 21.3)[0]
    assert projection.at(106.0, 21.5)[1] < projection.at(106.0, 21.2)[1]
    across = projection.at(106.1, 21.35)[0] - projection.at(106.0, 21.35)[0]
    down = projection.at(106.0, 21.3)[1] - projection.at(106.0, 21.4)[1]
    assert across / down == pytest.approx(math.cos(math.radians(21.35)), rel=1e-3)


@settings(max_examples=80, deadline=None)
@given(places=st.lists(st.tuples(st.floats(21.1, 21.6), st.floats(105.9, 107.0)), min_size=1, max_size=30))
def test_names_on_the_map_cover_neither_each_other_nor_dots(places):
    sites = {
        f"site{index}": raw_site(index + 1, name=f"Bộ phận Một cửa xã {index}", coordinates={"latitude": latitude, "longitude": longitude})
        for index, (latitude, longitude) in enumerate(places)
    }
    value = province(sites).model_copy(update={"on": TODAY})
    subject = Subject(value, desired.plan(value), Speech("vi"))
    drawing = province_map(subject, judged(subject), ())
    names = [shape for shape in drawing.shapes if isinstance(shape, Text) and shape.label.bold and shape.label.size == 10]
    frames = [Box(text.x, text.y - 9, text_width(text.label.text, 10, bold=True), 11, ()) for text in names]
    crowded = len(places) > 8  # many dots at one spot leave no room: better crowded than missing
    assert crowded or all(apart(one, other) for one, other in combinations(frames, 2))
    for dot in (shape for shape in drawing.shapes if isinstance(shape, Dot)):
        assert 0 <= dot.x <= PAGE_WIDTH
        assert 0 <= dot.y <= drawing.height


def test_outlines_are_drawn_only_around_the_places(tmp_path, subject):
    def square(name, longitude):
        ring = [[longitude, 21.3], [longitude + 0.1, 21.3], [longitude + 0.1, 21.4], [longitude, 21.3]]
        return {"properties": {"fullName": name}, "geometry": {"type": "MultiPolygon", "coordinates": [[ring]]}}

    content = {"features": [square("Xã gần", 106.2), square("Xã xa", 108.9)]}
    (tmp_path / "communes.geojson").write_text(json.dumps(content), encoding="utf-8")
    page = svg(province_map(subject, judged(subject), read_areas(tmp_path)))
    assert "<title>Xã gần</title>" in page
    assert "Xã xa" not in page


def test_without_any_coordinates_there_is_still_a_page(tmp_path):
    subject = subject_of(write_inventory(tmp_path / "inventory", {"a": raw_site(1, name="Bộ phận Một cửa xã A")}))
    assert "Chưa có tọa độ (1): Xã A" in said(province_map(subject, judged(subject), ()))


# --- what drawings are made of -----------------------------------------------------------------------------------------


@given(text=st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200), width=st.floats(20, 400))
def test_a_wrapped_text_loses_nothing_and_fits(text, width):
    lines = list(wrapped(text, width))
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(text_width(line, 11) <= width or len(line) == 1 for line in lines)


def test_a_word_is_broken_no_sooner_than_it_must():
    assert list(wrapped("a" * 25, text_width("a" * 10, 11) + 0.1)) == ["a" * 10, "a" * 10, "a" * 5]
    assert list(wrapped("hai chữ", 1000)) == ["hai chữ"]


def test_texts_are_escaped_in_both_forms():
    drawing = Drawing(
        100, 100, "<&>", "\"'", (Box(1, 1, 90, 40, (Label("a<b>&c"),), title="<i>"), Line(1, 1, 2, 2), Text(1, 90, Label("&")))
    )
    root = ElementTree.fromstring(svg(drawing))
    assert [text.text for text in root.iter(f"{SVG}text")] == ["a<b>&c", "&"]
    assert "a<b>&c" in "".join(word(drawing).itertext())


def test_a_drawing_in_word_is_never_larger_than_its_page():
    drawing = Drawing(760, 5000, "t", "d", (Box(0, 0, 760, 5000, ()),))
    for one in (drawing, replace(drawing, height=100)):
        extent = next(element for element in word(one).iter() if element.tag.endswith("}extent"))
        assert int(extent.get("cx")) <= 165 * 36000
        assert int(extent.get("cy")) <= 225 * 36000
