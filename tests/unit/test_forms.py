"""The survey form: its tables ask for all that a person can know, and what is written into it is what is read from it."""

import functools
import io
import typing
import unicodedata
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
import typer
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Site
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from typer.testing import CliRunner

from cli.survey_form import form as form_command
from intake.cells import choices
from intake.cells.kinds import Choice, Day, Several, Wrong, folded
from intake.cells.number import Number
from intake.forms import columns
from intake.forms.columns import SITE
from intake.forms.headings import form_sheets
from intake.forms.reading import Sites, read_tables
from intake.forms.tables import FORM, NOT_ASKED
from intake.forms.workbook import workbook_grids
from intake.forms.writing import EXAMPLE_ROW, FIRST_ROW, HEADING_ROW, form
from intake.said import Said

LAB = Path("inventory/lab/province.yml")
COLUMNS = [(table, column) for table in FORM for column in table.columns]
IDS = [f"{table.letter}-{column.key}" for table, column in COLUMNS]
RAW = yaml.safe_load((LAB.parent / "sites/lang-giang.yml").read_text())["sites"]

app = typer.Typer()
app.command()(form_command)


def element(annotation):
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in typing.get_args(annotation) if (found := element(part))), None)


def leaves(model, path=()):
    """Every key that the model has, as its path; '*' is the id of one of several."""
    for name, field in model.model_fields.items():
        key, inner = field.alias or name, element(field.annotation)
        if key in NOT_ASKED:
            continue
        if inner is None or key == "disks":
            yield (*path, key), field
        else:
            several = typing.get_origin(field.annotation) is not None and "Mapping" in str(field.annotation)
            yield from leaves(inner, (*path, key, *(["*"] * several)))


def place(table, column):
    return (*(part for collection in table.below for part in (collection, "*")), *column.path)


FIELDS = dict(leaves(Site))


# --- the tables ---------------------------------------------------------------------------------------------------------


def test_every_key_of_the_model_is_asked_for_or_named_as_not_asked():
    assert Counter(place(table, column) for table, column in COLUMNS) == Counter(FIELDS.keys())


def literals(annotation):
    if typing.get_origin(annotation) is typing.Literal:
        return set(typing.get_args(annotation))
    if annotation is bool:
        return {True, False}
    return set().union(*(literals(part) for part in typing.get_args(annotation)))


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=IDS)
def test_a_list_offers_what_the_model_takes_and_no_list_is_missing(table, column):
    kind = column.kind.of if isinstance(column.kind, Several) else column.kind
    asked = literals(FIELDS[place(table, column)].annotation)
    if column.kind is not choices.LINE_ADDRESS:  # an address, or the word cgnat
        assert asked == (set(kind.labels) if isinstance(kind, Choice) else set())


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=IDS)
def test_an_example_is_right(table, column):
    value = columns.read(table, column, column.example)
    assert column.kind.read(column.kind.write(value)) == value


def test_a_disk_with_three_decimals_is_not_taken_for_thousands():
    disks = [{"size_gb": 145.508, "health": "failing"}, {"size_gb": 1000.5}, {"size_gb": 4000}]
    assert choices.DISKS.write(disks) == "145,5080 GB sắp hỏng; 1000,5 GB; 4000 GB"
    assert choices.DISKS.read(choices.DISKS.write(disks)) == disks


@pytest.mark.parametrize("table", FORM, ids=lambda table: table.letter)
def test_headings_tell_columns_apart_in_both_languages(table):
    names = [{folded(column.heading), folded(column.english)} for column in table.all_columns]
    assert not [name for name, count in Counter(name for pair in names for name in pair).items() if count > 1]
    assert all(len(table.name) <= 31 and len(column.hint) <= 255 for column in table.all_columns)


# --- written and read ---------------------------------------------------------------------------------------------------


def read_back(content, known, only=None):
    said = Said()
    read_tables(form_sheets("form.xlsx", workbook_grids("form.xlsx", content), said), Sites(known, only), said)
    return said


def stated(name, raw):
    """What a site's YAML says of what the form asks, as the form's reader must say it."""
    found = {}
    for table, column in COLUMNS:
        for ids, thing in table.things(raw):
            value = columns.value_at(thing, column.path)
            if value not in (None, []):
                found[name, *table.place(ids), *column.path] = value
    return found


def test_the_labs_sites_come_back_as_they_are():
    said = read_back(form("Lạng Giang", RAW), RAW)
    assert said.mistakes == [] and said.remarks == []
    assert said.values == {path: value for name, raw in RAW.items() for path, value in stated(name, raw).items()}


NAMES = st.text(st.characters(categories=("L", "N", "P", "S"), exclude_characters="{}"), min_size=1, max_size=40).map(
    lambda text: unicodedata.normalize("NFC", text).strip()
)
TEXTS = (
    NAMES | st.sampled_from(["Quầy số 1", "=1+1", "#REF!", "007", "1e5", "26/11/2026", "TRUE", "Đầu ghi  hai", "+84 204", "@nơi", "'x"])
).filter(lambda text: text and text not in ("-", "–", "—"))
ADDRESSES = st.ip_addresses(v=4).map(str)
PARSED = {
    id(choices.ADDRESS): ADDRESSES,
    id(choices.NETWORK): st.integers(0, 255).map(lambda part: f"192.168.{part}.0/24"),
    id(choices.LINE_ADDRESS): st.just("cgnat") | st.tuples(ADDRESSES, st.integers(1, 32)).map("{0[0]}/{0[1]}".format),
    id(choices.MAC): st.binary(min_size=6, max_size=6).map(lambda mac: mac.hex(":")),
    id(choices.CLOCK): st.times().map("{:%H:%M}".format),
    id(choices.PHONE): st.from_regex(r"0[0-9]{9}", fullmatch=True),
    id(choices.CHANNEL): st.integers(1, 64).map("nvr1/{}".format),
    id(choices.SOURCE): st.just("direct") | st.integers(1, 64).map("nvr:nvr1/{}".format),
    id(choices.INTERFACES): st.lists(st.from_regex(r"[a-z0-9._-]{1,15}", fullmatch=True), min_size=1, max_size=3),
    id(choices.DISKS): st.lists(
        st.fixed_dictionaries(
            {"size_gb": st.integers(1, 20000) | st.floats(0.5, 20000).map(lambda size: round(size, 3))},
            optional={"health": st.sampled_from(["ok", "failing"])},
        ),
        min_size=1,
        max_size=4,
    ),
}
FORMED = {"parent": "lang-giang", "interface": "wan", "lan_interface": "br-lan", "stream_path": "/live/main"}


def of_kind(column):
    kind = column.kind
    if column.path[-1] in FORMED:
        return st.just(FORMED[column.path[-1]])
    if isinstance(kind, Choice):
        return st.sampled_from(list(kind.labels))
    if isinstance(kind, Several):
        return st.lists(st.sampled_from(list(kind.of.labels)), min_size=1, unique=True)
    if isinstance(kind, Day):
        return st.dates()
    if isinstance(kind, Number):
        return st.integers(-100, 70000) if kind.whole else st.floats(-200, 100000).map(lambda number: round(number, 6)) | st.integers(0, 90)
    return PARSED.get(id(kind), TEXTS)


def is_taken(table, column):
    def check(value):
        try:
            columns._adapter(table.below, column.path).validate_python(value)
        except ValueError:
            return False
        return True

    return check


@functools.cache
def thing(table):
    values = {column: of_kind(column).filter(is_taken(table, column)) for column in table.columns}
    return st.fixed_dictionaries({}, optional=values).filter(bool)


def put(root, path, value):
    for part in path[:-1]:
        root = root.setdefault(part, {})
    root[path[-1]] = value


@st.composite
def raw_sites(draw):
    site = {}
    for table in FORM:
        places = st.just([()])
        if table.below:
            names = {"streams": ["main", "sub", "third"]}.get(table.below[-1], ["one", "b2", "c-3"])
            there = sorted(site.get("cameras", {})) if len(table.below) > 1 else None
            ids = (
                st.sampled_from(names).map(lambda name: (name,))
                if there is None
                else st.tuples(st.sampled_from(there or ["one"]), st.sampled_from(names))
            )
            places = st.lists(ids, unique=True, max_size=2) if there is None or there else st.just([])
        for at in draw(places):
            for column, value in draw(thing(table)).items():
                put(site, (*table.place(at), *column.path), value)
    return site


@settings(
    max_examples=12,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
)
@given(raw_sites())
def test_any_site_comes_back_as_it_was_written(raw):
    said = read_back(form("Tỉnh", {"tan-dinh": raw}), {"tan-dinh": raw})
    assert said.mistakes == []
    assert said.values == stated("tan-dinh", raw)


def test_a_district_of_the_real_province_comes_back_as_it_is():
    """26 offices with what people write about them: nothing of a form that nobody touched is a change."""
    raw = yaml.safe_load(Path("inventory/bac_giang/sites/hiep-hoa.yml").read_text())["sites"]
    said = read_back(form("Hiệp Hòa", raw), raw)
    assert said.mistakes == [] and len(said.values) > 1000
    assert said.values == {path: value for name, site in raw.items() for path, value in stated(name, site).items()}


@given(st.integers(0, 10**12))
def test_a_whole_number_is_read_in_any_writing(number):
    english = f"{number:,}"
    for text in (str(number), english, english.replace(",", "."), english.replace(",", " "), f" {number}\xa0đ"):
        assert Number(whole=True, units=("đồng", "đ")).read(text) == number


@given(st.integers(-(10**6), 10**6), st.sampled_from([1, 2, 4, 6]))
def test_a_decimal_is_read_with_a_comma_and_with_a_point(number, places):
    value = number / 10**places
    for text in (f"{value:.{places}f}", f"{value:.{places}f}".replace(".", ",")):
        assert Number().read(text) == value


@given(st.integers(1, 999), st.integers(0, 999))
def test_what_can_be_two_numbers_is_never_taken_for_one(left, right):
    for mark in ".,":
        with pytest.raises(Wrong, match="can be"):
            Number().read(f"{left}{mark}{right:03}")


def test_an_empty_form_says_nothing():
    assert read_back(form("Tỉnh", {"tan-dinh": {}}), {"tan-dinh": {}}).values == {}


# --- the workbook -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def book():
    return openpyxl.load_workbook(io.BytesIO(form("Huyện Lạng Giang", RAW)))


def test_the_workbook_has_the_tables_and_no_macros(book):
    assert [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"] == [table.name for table in FORM]
    assert book.vba_archive is None and not [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


@pytest.mark.parametrize("table", FORM, ids=lambda table: table.letter)
def test_a_sheet_can_be_filled_in_and_printed(book, table):
    sheet = book[table.name]
    assert int(sheet.freeze_panes.lstrip("ABCDEFGH")) == FIRST_ROW
    assert sheet.page_setup.orientation == "landscape" and sheet.page_setup.paperSize == 9
    assert sheet.print_title_rows == f"${HEADING_ROW}:${HEADING_ROW}"
    assert sheet.cell(EXAMPLE_ROW, 1).value == "Ví dụ"
    # What looks like a number or a date to a spreadsheet stays what people typed.
    formats = [sheet.cell(FIRST_ROW, index).number_format for index in range(1, len(table.all_columns) + 1)]
    assert formats == ["@" if column.kind.is_text else "General" for column in table.all_columns]
    assert not [area for area in sheet.merged_cells.ranges if area.max_row >= HEADING_ROW]


def offered(book, sheet, column):
    """The drop-down list of a column's first row that people fill in."""
    rule = next(
        rule
        for rule in sheet.data_validations.dataValidation
        if rule.type == "list" and (FIRST_ROW, column) in {(row, col) for area in rule.sqref.ranges for row, col in area.cells}
    )
    target = book.defined_names[rule.formula1.removeprefix("=")].attr_text
    title, cells = target.split("!")
    return [row[0].value for row in book[title.strip("'")][cells.replace("$", "")]]


@pytest.mark.parametrize(
    ("table", "column"), [(table, column) for table in FORM for column in table.all_columns if column.kind.offers or column is SITE]
)
def test_a_choice_is_a_drop_down_list(book, table, column):
    expected = list(RAW) if column is SITE else list(column.kind.offers)
    assert offered(book, book[table.name], table.all_columns.index(column) + 1) == expected


# --- the command --------------------------------------------------------------------------------------------------------


def run(*arguments):
    return CliRunner().invoke(app, ["-i", str(LAB), *arguments])


def sites_in(path):
    sheet = openpyxl.load_workbook(path)[FORM[0].name]
    return [row[0] for row in sheet.iter_rows(min_row=FIRST_ROW, values_only=True)]


@pytest.mark.parametrize(
    ("which", "expected"), [(["--site", "tan-dinh"], ["tan-dinh"]), (["--district", "lang-giang"], list(load(LAB).sites))]
)
def test_the_form_is_for_a_site_or_for_a_district(tmp_path, which, expected):
    path = tmp_path / "form.xlsx"
    result = run(*which, "-o", str(path))
    assert result.exit_code == 0, result.output
    assert sites_in(path) == expected


@pytest.mark.parametrize(
    ("which", "sentence"),
    [
        ([], "name either one site with --site, or a district with --district"),
        (["--site", "tan-dinh", "--district", "lang-giang"], "name either one site"),
        (["--site", "tan-din"], "there is no such site; did you mean 'tan-dinh'?"),
    ],
)
def test_a_wrong_wish_is_one_sentence(tmp_path, which, sentence):
    result = run(*which, "-o", str(tmp_path / "form.xlsx"))
    assert sentence in str(result.exception)
    assert not list(tmp_path.iterdir())


def test_a_form_that_may_be_filled_in_is_not_written_over(tmp_path):
    path = tmp_path / "form.xlsx"
    path.write_bytes(b"filled in")
    assert "is there already and may be filled in" in str(run("--site", "tan-dinh", "-o", str(path)).exception)
    assert path.read_bytes() == b"filled in"
