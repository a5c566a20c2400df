"""docs/benchmarks.md is what its rows and its prose make of it, and says nothing that nobody measured."""

import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.bench import document
from tests.bench.plot import PANELS, plot
from tests.bench.words import FACTS, WHO


def cost(what, devices, cpu_s, section="audit", **more):
    return {
        "section": section,
        "what": what,
        "measured": "2026-11-27",
        "load": 1.5,
        "devices": devices,
        "wall_s": 2 * cpu_s,
        "cpu_s": cpu_s,
    } | more


ROWS = [
    cost("motcua", 10, 3.0, memory_mb=112),
    cost("floor", 10, 1.0),
    cost("motcua", 1000, 300.0),
    cost("floor", 1000, 200.0),
    cost("uri", 2, 100.0),
    cost("floor", 1000, 250.0, rtt_ms=150),
]


def test_the_document_and_its_picture_are_in_step_with_the_rows():
    rows = document.read()
    assert document.DOCUMENT.read_text(encoding="utf-8") == document.render(rows), "run scripts/bench --render"
    assert document.PICTURE.read_text(encoding="utf-8") == plot(rows), "run scripts/bench --render"


def test_both_languages_show_every_section_that_is_measured():
    english, _, vietnamese = document.PROSE.read_text(encoding="utf-8").partition(document.VIETNAMESE)
    places = [sorted(document.PLACE.findall(half)) for half in (english, vietnamese)]
    assert places[0] == places[1]
    assert {row["section"] for row in document.read()} <= {section for _, section in places[0]}
    source = "".join(path.read_text(encoding="utf-8") for path in Path("tests/bench").glob("test_*.py"))
    measured = set(re.findall(r'(?:Told|fact|keep)\("(\w+)"', source))
    assert measured == {section for _, section in places[0]}


def test_every_figure_has_words():
    source = "".join(path.read_text(encoding="utf-8") for path in Path("tests/bench").glob("test_*.py"))
    assert set(re.findall(r'fact\("\w+", "(\w+)"', source)) <= set(FACTS)
    assert {row["what"] for row in document.read()} <= {*WHO, *FACTS}


@pytest.mark.parametrize(
    ("value", "english", "vietnamese"),
    [(1540, "1,540", "1.540"), (0.014, "0.01", "0,01"), (24.83, "24.8", "24,8"), (391.4, "391", "391"), (22, "22", "22"), (None, "", "")],
)
def test_figures_are_written_as_each_language_does(value, english, vietnamese):
    assert (document.number(value, 0), document.number(value, 1)) == (english, vietnamese)


def test_ratios_are_to_the_floor_with_as_many_devices_and_lines_as_long():
    lines = document.placed(ROWS, "costs", "audit", 0).splitlines()[2:]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    found = {(row[0], row[1], row[2]): row[-1] for row in cells}
    assert found["**motcua**", "10", "0 ms"] == "3.00"
    assert found["**motcua**", "1,000", "0 ms"] == "1.50"
    assert found[WHO["uri"][0], "2", "0 ms"] == "250"  # a device, beside the largest floor
    assert found[WHO["floor"][0], "1,000", "150 ms"] == ""


def test_growth_is_the_power_of_the_number_of_devices():
    assert document.exponent(ROWS)[:3] == ("motcua", 10, 1000)
    assert document.exponent(ROWS)[3] == pytest.approx(1.0)
    assert document.exponent(ROWS[:2]) is None


def test_a_peer_is_compared_with_ours_a_device():
    said = document.placed(ROWS, "peers", "audit", 0)
    assert said == "A device costs `ansible.builtin.uri` 167 times motcua's time and 167 times its CPU."


def test_what_is_measured_anew_replaces_its_whole_section_and_no_other():
    other = {"section": "report", "what": "report_s"}
    new = [cost("motcua", 10, 1.0)]
    assert document.merged([*ROWS, other], new) == [*new, other]


def test_a_section_without_rows_says_so():
    assert document.placed([], "costs", "audit", 0) == "*not measured yet*"


def test_the_picture_is_svg_with_a_line_for_each_who_was_measured_at_several_sizes():
    root = ElementTree.fromstring(plot([*ROWS, cost("static", 1102, 8.0, "plan")]))
    panels = root.findall("{http://www.w3.org/2000/svg}g")
    assert len(panels) == 2 < len(PANELS)
    lines = [one for one in panels[0].iter("{http://www.w3.org/2000/svg}path") if "line" in one.get("class")]
    assert [one.get("d").count("L") for one in lines] == [1, 1, 0]
    assert "prefers-color-scheme: dark" in plot([])


@pytest.mark.parametrize("wrong", [("--only", "audits"), ("--devices", "many")])
def test_a_section_that_is_none_is_refused_before_anything_is_measured(wrong):
    done = subprocess.run([sys.executable, "scripts/bench", *wrong], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1 and done.stderr.startswith(f"scripts/bench: {wrong[0]} {wrong[1]}: ")
