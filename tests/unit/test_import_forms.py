"""Forms that come back: what people and their spreadsheets do to them, and the one sentence for each; nothing is ever half-imported."""

import functools
import io
import shutil
import unicodedata
import zipfile
from datetime import date, time
from pathlib import Path

import openpyxl
import pytest
import typer
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.utils import get_column_letter
from typer.testing import CliRunner

from cli.imports import import_files
from intake.forms.tables import FORM
from intake.forms.workbook import workbook_grids
from intake.forms.writing import FIRST_ROW, HEADING_ROW, form

LAB = Path("inventory/lab")
SITES = "sites/lang-giang.yml"

app = typer.Typer()
app.command()(import_files)


@pytest.fixture
def inventory(tmp_path):
    """A copy of the lab's inventory."""
    (tmp_path / "lab/sites").mkdir(parents=True)
    for name in ("province.yml", SITES):
        shutil.copy(LAB / name, tmp_path / "lab" / name)
    return tmp_path / "lab/province.yml"


def run(inventory, *arguments, answer=None):
    result = CliRunner().invoke(app, [*map(str, arguments), "-i", str(inventory)], input=answer)
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def raw(inventory):
    return yaml.safe_load((inventory.parent / SITES).read_text())["sites"]


@functools.cache
def form_of(*sites):
    known = raw(LAB / "province.yml")
    return form("Lạng Giang", {name: known[name] for name in sites or known})


class Book:
    """A form that somebody has at hand."""

    def __init__(self, *sites):
        self.book = openpyxl.load_workbook(io.BytesIO(form_of(*sites)))

    def sheet(self, letter):
        return self.book[next(table.name for table in FORM if table.letter == letter)]

    def cell(self, letter, key, row=0):
        """The cell of a key (or of an id: '#site', '#0', '#1') in a row, from the first below the example."""
        table = next(table for table in FORM if table.letter == letter)
        keys = ["#site", *(f"#{index}" for index in range(len(table.ids))), *(column.key for column in table.columns)]
        return self.sheet(letter).cell(FIRST_ROW + row, keys.index(key) + 1)

    def put(self, letter, key, value, row=0):
        self.cell(letter, key, row).value = value
        return self

    def heading(self, letter, key):
        return self.sheet(letter).cell(HEADING_ROW, self.cell(letter, key).column)

    def save(self, inventory, name="form.xlsx"):
        path = inventory.parent.parent / name
        self.book.save(path)
        return path


def refused(inventory, path, *sentences, options=()):
    before = (inventory.parent / SITES).read_bytes()
    code, output = run(inventory, path, "--yes", *options)
    assert code == 1
    for sentence in sentences:
        assert sentence in output
    assert (inventory.parent / SITES).read_bytes() == before
    return output


# --- cells --------------------------------------------------------------------------------------------------------------

# tan-dinh's form: cam1 in row 5, cam2 in row 6, empty rows below; columns as the tables say.
WRONG = {
    "a date that is none": ("K", "office.surveyed", "25.6", "cell B5: '25.6' is not a date; write it like 26/11/2026"),
    "a date that isn't in the calendar": ("K", "office.surveyed", "30/02/2026", "'30/02/2026' is not a date"),
    "a date with two digits for the year": ("K", "office.surveyed", "1/2/26", "'1/2/26' is not a date"),
    "a number for a date": ("K", "office.surveyed", 46000, "'46000' is not a date"),
    "a line of nothing": ("E", "up_mbps", 0, "cell H5: '0' is wrong: input should be greater than 0"),
    "another unit": ("E", "up_mbps", "1 Gbps", "'1 Gbps' is not a number of Mbit/s; write it like 12,5"),
    "a number that can be two": ("E", "up_mbps", "1.500", "'1.500' can be 1,5 or 1500; write one of these two"),
    "a number that became a date": ("E", "up_mbps", date(2026, 5, 12), "was made a date (12/05/2026) by the spreadsheet; format the cell as a number"),
    "a text that became a date": ("B", "firmware", date(2026, 5, 12), "was made a date (12/05/2026) by the spreadsheet; format the cell as text"),
    "a half camera": ("C", "channels", 2.5, "'2.5' is not a whole number"),
    "a truth for a number": ("A", "office.counters", True, "'True' is not a number"),
    "words for a number": ("A", "office.counters", "bốn", "'bốn' is not a number"),
    "latitude of another planet": ("A", "coordinates.latitude", 121.31, "'121.31' is wrong: input should be less than or equal to 90"),
    "an address with a hole": ("B", "address", "192.168.1", "'192.168.1' can't be understood; write it like 192.168.1.64"),
    "an address that became a number": ("B", "address", 192168100200, "'192168100200' can't be understood; write it like 192.168.1.64"),
    "a line's address without its length": ("E", "address", "10.1.2.3", "can't be understood: the length of its net is missing; write it like 10.190.1.2/24"),
    "a MAC that is too short": ("B", "mac", "4c:bd:8f", "'4c:bd:8f' can't be understood; write it like 4c:bd:8f:12:34:56"),
    "a serial that lost digits": ("B", "serial", 1.2345678901234567e18, "was made a number"),
    "a telephone without its 0": ("A", "office.phone", 2043854123, "a telephone number begins with 0 or +"),
    "a time of day that is none": ("A", "office.opens", "25:00", "'25:00' can't be understood; write it like 07:30"),
    "a zone that isn't in the list": ("B", "zone", "sân vận động", "'sân vận động' is not in the list; choose one of Quầy giao dịch"),
    "a brand that can't join": ("B", "vendor", "Tapo", "'Tapo' can't join: it is a Tapo"),
    "a vendor that nobody knows": ("B", "vendor", "Sony", "'Sony' is not known; write one of axis, dahua"),
    "a channel without a number": ("B", "recorder", "nvr1", "'nvr1' can't be understood; write it like nvr1/3"),
    "a disk without a size": ("C", "disks", "hỏng", "'hỏng' can't be understood; write it like 4000 GB"),
    "braces": ("B", "name", "Quầy {{ 1 }}", "'Quầy {{ 1 }}' has the wrong form"),
    "a name that is a letter": ("B", "name", "Quầy " * 30, "is wrong: string should have at most 120 characters"),
    "a formula": ("B", "name", "=B5", "cell C5: holds a formula; copy the cell and paste it as a value"),
    "an error of Excel": ("B", "name", "#REF!", "cell C5: holds the error #REF!; write the value itself"),
    "a site that isn't there": ("B", "#site", "tan-din", "cell A5: there is no site 'tan-din'; did you mean 'tan-dinh'?"),
    "an id with blanks": ("B", "#0", "Camera 1", "cell B5: 'Camera 1' is no id; write it like cam1; leave the cell empty and a free one is taken"),
    "a stream of no camera": ("B2", "#0", "cam9", "cell B5: there is no camera 'cam9'; correct the id"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_a_wrong_cell_is_named(inventory, case):
    letter, key, value, sentence = WRONG[case]
    book = Book("lang-giang" if letter == "C" else "tan-dinh").put(letter, key, value)
    if letter == "B2":
        book.put("B2", "#1", "Luồng chính").put("B2", "codecs", "H.264").put("B2", "width", 1920).put("B2", "height", 1080).put(
            "B2", "fps", 25
        )
    sheet = book.sheet(letter).title
    place = f"cell {book.cell(letter, key).coordinate}"
    output = refused(inventory, book.save(inventory), sentence)
    assert f"form.xlsx: sheet '{sheet}', {place}: " in output


def test_all_wrong_cells_are_named_at_once(inventory):
    book = Book().put("K", "office.surveyed", "25.6").put("E", "up_mbps", 0).put("B", "zone", "x").put("D", "lan", "?")
    output = refused(inventory, book.save(inventory))
    assert [line.partition(": sheet ")[2][:17] for line in output.splitlines() if "form.xlsx" in line] == [
        "'B. Camera', cell",
        "'D. Mạng LAN', ce",
        "'E. Đường truyền'",
        "'K. Xác nhận', ce",
    ]


def test_what_the_model_says_besides_is_named_at_once_too(inventory):
    """A date that is none is found in the cell, a serial that is at two sites only in the whole."""
    book = Book().put("K", "office.surveyed", "25.6")
    book.put("B", "serial", "F123", row=3).put("B", "serial", "F123", row=5)
    output = refused(inventory, book.save(inventory))
    assert "cell B5: '25.6' is not a date" in output
    assert "sheet 'B. Camera', cell L10: F123 is also the serial of sites.tan-dinh.cameras.cam1 (" in output
    assert "form.xlsx: sheet 'B. Camera', cell B8); remove it where the device isn't" in output


# --- what only the whole shows -------------------------------------------------------------------------------------------

CONTRADICTIONS = {
    "a serial that is at two sites": (lambda book: book.put("B", "serial", "F1", 0).put("B", "serial", "F1", 3), "'B. Camera', cell L8: F1 is also the serial of sites.lang-giang.cameras.cam1"),
    "an address twice": (lambda book: book.put("B", "address", "192.168.1.65", 3), "'B. Camera', cell G9: 192.168.1.65 is also the address of cameras.cam1"),
    "an address outside the LAN": (lambda book: book.put("B", "address", "192.168.9.5", 3), "'B. Camera', cell G8: 192.168.9.5 is not a host address of the office LAN 192.168.1.0/24"),
    "a channel that the recorder hasn't got": (lambda book: book.put("B", "recorder", "nvr1/9", 0), "'B. Camera', cell I5: channel 9 does not exist; 'nvr1' has 8"),
    "a recorder that isn't there": (lambda book: book.put("B", "recorder", "nvr2/1", 0), "'B. Camera', cell I5: there is no NVR 'nvr2'"),
    "a parent that isn't there": (lambda book: book.put("A", "parent", "bac-giang", 1), "'A. Đơn vị', cell D6: there is no site 'bac-giang'"),
    "no address for a camera on the LAN": (
        lambda book: book.put("B", "#site", "tan-dinh", 7).put("B", "name", "Sân", 7).put("B", "vendor", "hikvision", 7),
        "'B. Camera', cell G12: is missing; add it, or say 'source: nvr:<id>/<channel>'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CONTRADICTIONS, ids=str)
def test_a_contradiction_is_named_by_its_cell(inventory, case):
    spoil, sentence = CONTRADICTIONS[case]
    book = Book()
    spoil(book)
    refused(inventory, book.save(inventory), sentence)


def test_a_mistake_that_shows_elsewhere_names_the_cell_too(inventory):
    """The model blames the second of two sites; the form spoke of the first."""
    assert run(inventory, Book("tan-dinh").put("B", "serial", "F64").save(inventory), "--yes")[0] == 0
    office = inventory.parent.parent / "a.csv"
    office.write_text("Mã điểm;Số quầy\ntan-dinh;4\n")
    path = Book("lang-giang").put("B", "serial", "F64").save(inventory)
    output = refused(inventory, path, "form.xlsx: sheet 'B. Camera', cell B5); remove it where the device isn't", options=[str(office)])
    assert "lang-giang.yml: sites.tan-dinh.cameras.cam1.serial: F64 is also the serial of sites.lang-giang.cameras.cam1 (" in output


def test_coordinates_outside_the_province_are_named_by_their_cell(inventory):
    province = yaml.safe_load(inventory.read_text()) | {"extent": {"south": 21, "west": 105.8, "north": 21.7, "east": 107.1}}
    inventory.write_text(yaml.safe_dump(province, allow_unicode=True))
    book = Book("tan-dinh").put("A", "coordinates.latitude", 10.77).put("A", "coordinates.longitude", 106.7)
    refused(
        inventory, book.save(inventory), "'A. Đơn vị', cell F5: 10.77, 106.7 is outside the province's extent; correct it (latitude first)"
    )


# --- rows and sheets ----------------------------------------------------------------------------------------------------


def test_a_half_filled_row_names_what_a_new_device_needs(inventory):
    book = Book("tan-dinh").put("C", "name", "Đầu ghi mới").put("C", "address", "192.168.1.9")
    output = refused(inventory, book.save(inventory))
    assert "sheet 'C. Đầu ghi', cell D5: is empty; a new recorder needs its 'Hãng'" in output
    assert "sheet 'C. Đầu ghi', cell F5: is empty; a new recorder needs its 'Số kênh'" in output


def test_a_row_of_a_district_says_whose_it_is(inventory):
    book = Book().put("B", "name", "Sân", row=7)
    refused(inventory, book.save(inventory), "sheet 'B. Camera', cell A12: is empty; write the id of the site that the row is about")


def test_one_thing_in_two_rows_is_said(inventory):
    book = Book("tan-dinh").put("B", "#0", "cam1", row=1)
    refused(inventory, book.save(inventory), "sheet 'B. Camera', cell B6: is about the same camera as row 5; keep one of the two rows")


@pytest.mark.parametrize("area", ["C5:D5", "A5:A6", "E3:F3"])
def test_merged_cells_are_said_once(inventory, area):
    book = Book("tan-dinh")
    book.sheet("B").merge_cells(area)
    output = refused(inventory, book.save(inventory), f"form.xlsx: sheet 'B. Camera', cells {area}: are merged; take them apart")
    assert output.count("are merged") == 1


def test_a_sheet_that_is_missing_is_said(inventory):
    book = Book("tan-dinh")
    book.book.remove(book.sheet("F"))
    refused(inventory, book.save(inventory), "form.xlsx: the sheet 'F. Nguồn, môi trường' is missing; 'motcua survey form' makes a new one")


def test_a_sheet_that_was_renamed_is_said(inventory):
    book = Book("tan-dinh")
    book.sheet("B").title = "Camera moi"
    refused(
        inventory,
        book.save(inventory),
        "form.xlsx: sheet 'Camera moi': is none of the form's; name it 'B. Camera' if it is that, or remove it",
    )


def test_a_sheet_of_ones_own_is_passed_over_and_said(inventory):
    book = Book("tan-dinh")
    book.book.create_sheet("Ghi chú")["A1"] = "Gọi lại thứ hai"
    code, output = run(inventory, book.save(inventory), "--yes")
    assert code == 0 and "sheet 'Ghi chú': is none of the form's and was not read" in output


def test_a_heading_that_was_renamed_is_said(inventory):
    book = Book("tan-dinh").put("B", "serial", "F1")
    book.heading("B", "serial").value = "Số sêri máy"
    refused(
        inventory,
        book.save(inventory),
        "sheet 'B. Camera', cell L3: 'Số sêri máy' is no heading of the form; write 'Số sê-ri' if it is that, or remove the column",
    )


def test_a_heading_that_is_needed_and_missing_is_said(inventory):
    book = Book("tan-dinh")
    book.sheet("B").delete_cols(book.cell("B", "vendor").column)
    refused(inventory, book.save(inventory), "sheet 'B. Camera': the heading 'Hãng' is missing; write it over its column again")


def test_a_column_that_nobody_needs_may_be_missing(inventory):
    book = Book("tan-dinh")
    book.sheet("B").delete_cols(book.cell("B", "conformity").column)
    code, output = run(inventory, book.save(inventory), "--yes")
    assert code == 0 and "sheet 'B. Camera': the heading 'Hợp quy, CO/CQ' is missing, so nothing was read of it" in output


def test_a_heading_that_is_there_twice_is_said(inventory):
    book = Book("tan-dinh")
    book.heading("B", "firmware").value = "Model"
    refused(
        inventory, book.save(inventory), "sheet 'B. Camera', cell P3: the heading 'Model' is there twice; remove one of the two columns"
    )


# --- files --------------------------------------------------------------------------------------------------------------

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
FILES = {
    "an empty file": (b"", "form.xlsx: is empty; send or save it again"),
    "old Excel": (OLE, "form.xlsx: is a workbook of old Excel (.xls); save it as .xlsx"),
    "a password": (OLE + "EncryptedPackage".encode("utf-16-le"), "form.xlsx: is protected with a password; take it off in Excel"),
    "another office program's": (None, "form.xlsx: is no Excel workbook; save it as .xlsx"),
    "a picture": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "form.xlsx: is damaged, or is no workbook"),
}


@pytest.mark.parametrize("case", FILES, ids=str)
def test_a_file_that_is_no_form_is_one_sentence(inventory, case):
    content, sentence = FILES[case]
    path = inventory.parent.parent / "form.xlsx"
    if content is None:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("content.xml", "<office/>")
    else:
        path.write_bytes(content)
    output = refused(inventory, path, sentence)
    assert "Traceback" not in output and len(output.strip().splitlines()) == 1


@pytest.mark.parametrize("cut", [10, 400, -30, -3000])
def test_a_damaged_file_is_one_sentence(inventory, cut):
    path = Book("tan-dinh").save(inventory)
    path.write_bytes(path.read_bytes()[:cut])
    assert "form.xlsx: is damaged; send or save it again" in refused(inventory, path)


def test_a_sheet_whose_name_rotted_in_the_directory_isnt_lost_silently(inventory):
    path = Book("tan-dinh").save(inventory)
    content = bytearray(path.read_bytes())
    content[content.rindex(b"xl/worksheets/sheet8.xml") + 2] ^= 1
    path.write_bytes(content)
    assert "form.xlsx: is damaged; send or save it again" in refused(inventory, path)


@functools.cache
def grids_of(site):
    return workbook_grids("form.xlsx", form_of(site))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_byte_that_rotted_is_found_or_does_no_harm(data):
    content = bytearray(form_of("tan-dinh"))
    content[data.draw(st.integers(4, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    sentence = "form.xlsx: "
    grids = whole = grids_of("tan-dinh")
    try:
        grids = workbook_grids("form.xlsx", bytes(content))
    except ModelError as error:
        sentence = str(error)
    assert grids == whole
    assert sentence.startswith("form.xlsx: ") and "\n" not in sentence


def test_a_workbook_that_is_no_form_is_one_sentence(inventory):
    path = inventory.parent.parent / "form.xlsx"
    openpyxl.Workbook().save(path)
    refused(
        inventory,
        path,
        "form.xlsx: is no survey form: it has no sheet 'A. Đơn vị' and none of the others; 'motcua survey form' makes a new one",
    )


def test_a_file_that_isnt_there_is_one_sentence(inventory):
    refused(inventory, inventory.parent / "none.xlsx", "none.xlsx: can't be read (No such file or directory); name a file that is there")


def test_a_sheet_that_somebody_formatted_to_its_last_row_is_read_as_fast_as_any(inventory):
    book = Book("tan-dinh")
    book.sheet("B").cell(1_048_576, 16_000).number_format = "0.00"
    code, _ = run(inventory, book.save(inventory), "--yes")
    assert code == 0


# --- what is taken ------------------------------------------------------------------------------------------------------

TAKEN = {
    "blanks at both ends": ("B", "serial", "  F123 \xa0", ("cameras", "cam1", "serial"), "F123"),
    "a hard blank and a line end inside": ("B", "name", "Quầy\xa0số\n 1\u200b", ("cameras", "cam1", "name"), "Quầy số 1"),
    "decomposed diacritics": ("B", "name", unicodedata.normalize("NFD", "Quầy tiếp nhận"), ("cameras", "cam1", "name"), "Quầy tiếp nhận"),
    "a number for a text": ("B", "model", 2143, ("cameras", "cam1", "model"), "2143"),
    "a unit behind a number": ("E", "up_mbps", "20 Mbps", ("lines", "ftth", "up_mbps"), 20),
    "a decimal comma": ("E", "up_mbps", "12,5", ("lines", "ftth", "up_mbps"), 12.5),
    "thousands": ("E", "monthly_vnd", "1.234.567 đ", ("lines", "ftth", "monthly_vnd"), 1234567),
    "thousands of a whole number": ("E", "monthly_vnd", "660.000", ("lines", "ftth", "monthly_vnd"), 660000),
    "a latitude in English writing": ("A", "coordinates.latitude", "21.311", ("coordinates", "latitude"), 21.311),
    "a date that is one": ("E", "measured", date(2026, 11, 26), ("lines", "ftth", "measured"), date(2026, 11, 26)),
    "a date as text": ("E", "measured", "26/11/2026", ("lines", "ftth", "measured"), date(2026, 11, 26)),
    "a date with dashes": ("E", "measured", "2026-11-26", ("lines", "ftth", "measured"), date(2026, 11, 26)),
    "a time that is one": ("A", "office.opens", time(7, 30), ("office", "opens"), "07:30"),
    "a time as people say it": ("A", "office.closes", "17h", ("office", "closes"), "17:00"),
    "a MAC in Windows' writing": ("B", "mac", "4C-BD-8F-12-34-56", ("cameras", "cam1", "mac"), "4c:bd:8f:12:34:56"),
    "a choice in other case": ("B", "zone", "khu vực  CHỜ", ("cameras", "cam1", "zone"), "waiting"),
    "a brand": ("B", "vendor", "kbvision", ("cameras", "cam1", "vendor"), "dahua"),
    "yes and no": ("F", "power.ups", "không", ("power", "ups"), False),
    "a truth": ("F", "power.ups", True, ("power", "ups"), True),
    "several zones": ("I", "zones", "Quầy giao dịch; ngoài trời", ("zones",), ["counter", "outdoor"]),
}


@pytest.mark.parametrize("case", TAKEN, ids=str)
def test_what_people_write_is_understood(inventory, case):
    letter, key, value, path, expected = TAKEN[case]
    code, output = run(inventory, Book("tan-dinh").put(letter, key, value).save(inventory), "--yes")
    assert code == 0, output
    node = raw(inventory)["tan-dinh"]
    for part in path:
        node = node[part]
    assert node == expected


def test_a_percentage_is_what_people_see(inventory):
    """Excel keeps a hundredth of what it shows."""
    book = Book("tan-dinh").put("E", "loss_percent", 0.005)
    book.cell("E", "loss_percent").number_format = "0.0%"
    assert run(inventory, book.save(inventory), "--yes")[0] == 0
    assert raw(inventory)["tan-dinh"]["lines"]["ftth"]["loss_percent"] == 0.5


def test_a_sheet_that_somebody_hid_is_read(inventory):
    book = Book("tan-dinh").put("F", "power.ups", "Có")
    book.sheet("F").sheet_state = "hidden"
    assert run(inventory, book.save(inventory), "--yes")[0] == 0
    assert raw(inventory)["tan-dinh"]["power"] == {"ups": True}


def test_disks_are_read_in_any_unit(inventory):
    code, output = run(inventory, Book("lang-giang").put("C", "disks", "4 TB; 2.000 GB hỏng").save(inventory), "--yes")
    assert code == 1 and "'2.000' can be 2 or 2000" in output
    code, _ = run(inventory, Book("lang-giang").put("C", "disks", "4 TB; 2000 GB hỏng").save(inventory), "--yes")
    assert code == 0
    assert raw(inventory)["lang-giang"]["nvrs"]["nvr1"]["disks"] == [{"size_gb": 4000}, {"size_gb": 2000, "health": "failing"}]


def test_a_form_that_nobody_changed_changes_nothing(inventory):
    before = (inventory.parent / SITES).read_bytes()
    code, output = run(inventory, Book().save(inventory))
    assert (code, output.strip()) == (0, "The inventory says all of this already; nothing to write.")
    assert (inventory.parent / SITES).read_bytes() == before


def test_empty_cells_take_nothing_away_and_a_dash_does(inventory):
    book = Book("tan-dinh").put("B", "model", None).put("B", "zone", None).put("B", "model", "-", row=1)
    assert run(inventory, book.save(inventory), "--yes")[0] == 0
    cameras = raw(inventory)["tan-dinh"]["cameras"]
    assert (cameras["cam1"]["model"], cameras["cam1"]["zone"]) == ("DS-2CD2043G2-I", "counter")
    assert "model" not in cameras["cam2"]


def new_camera(book, row, **values):
    for key, value in ({"name": "Sân", "vendor": "hikvision", "address": "192.168.1.70", "serial": "F70"} | values).items():
        book.put("B", key, value, row=row)
    return book


def test_a_new_device_gets_a_free_id_and_the_same_one_the_second_time(inventory):
    path = new_camera(Book("tan-dinh"), 2).save(inventory)
    assert run(inventory, path, "--yes")[0] == 0
    added = raw(inventory)["tan-dinh"]["cameras"]["cam3"]
    assert added == {"name": "Sân", "vendor": "hikvision", "address": "192.168.1.70", "serial": "F70"}
    assert "nothing to write" in run(inventory, path, "--yes")[1]


def test_the_ids_of_recorders_are_not_given_to_cameras(inventory):
    book = Book("tan-dinh").put("B3", "#0", "cam3").put("B3", "name", "Tapo").put("B3", "kind", "Camera")
    new_camera(book.put("B3", "maker", "TP-Link").put("B3", "why", "Chỉ dùng qua đám mây"), 2)
    assert run(inventory, book.save(inventory), "--yes")[0] == 0
    site = raw(inventory)["tan-dinh"]
    assert list(site["others"]) == ["cam3"] and list(site["cameras"]) == ["cam1", "cam2", "cam4"]


def test_comments_and_order_stay(inventory):
    path = inventory.parent / SITES
    path.write_text(
        path.read_text().replace(
            "cam1: {vendor: hikvision, model: DS-2CD2043G2-I", "# nhìn ra cửa\n      cam1: {vendor: hikvision, model: DS-2CD2043G2-I"
        )
    )
    before = path.read_text()
    assert run(inventory, Book("tan-dinh").put("B", "serial", "F123").save(inventory), "--yes")[0] == 0
    assert path.read_text() == before.replace("2043G2-I, address: 192.168.1.64", "2043G2-I, serial: F123, address: 192.168.1.64")


# --- asking -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "answer", "written"), [(["--preview"], "y\n", False), ([], "n\n", False), ([], "y\n", True), (["--yes"], None, True)]
)
def test_the_change_is_shown_and_asked_for(inventory, options, answer, written):
    path = Book("tan-dinh").put("B", "serial", "F123").save(inventory)
    before = (inventory.parent / SITES).read_bytes()
    _, output = run(inventory, path, *options, answer=answer)
    assert (
        "+      cam1: {vendor: hikvision, model: DS-2CD2043G2-I, serial: F123, address: 192.168.1.64, name: Quầy số 1, zone: counter}"
        in output
    )
    assert ((inventory.parent / SITES).read_bytes() != before) is written


def test_two_files_that_disagree_are_refused(inventory):
    one = Book("tan-dinh").put("B", "serial", "F1").save(inventory, "one.xlsx")
    two = Book("tan-dinh").put("B", "serial", "F2").save(inventory, "two.xlsx")
    refused(
        inventory,
        one,
        "two.xlsx: sheet 'B. Camera', cell L5: says F2, but ",
        "one.xlsx: sheet 'B. Camera', cell L5 says F1; correct one of the two",
        options=[str(two)],
    )


def test_one_wrong_file_stops_all(inventory):
    right = Book("tan-dinh").put("B", "serial", "F1").save(inventory, "right.xlsx")
    wrong = Book("xuong-lam").put("K", "office.surveyed", "mai").save(inventory, "wrong.xlsx")
    refused(inventory, right, "wrong.xlsx: sheet 'K. Xác nhận', cell B5: 'mai' is not a date", options=[str(wrong)])


def test_a_form_of_another_site_than_was_said_is_refused(inventory):
    path = Book("tan-dinh").save(inventory)
    refused(
        inventory, path, "sheet 'A. Đơn vị', cell A5: is about 'tan-dinh', but --site says 'xuong-lam'", options=["--site", "xuong-lam"]
    )


def new_site():
    """The form of tan-dinh, with everybody's id changed: an office that nobody has written down yet."""
    book = Book("tan-dinh")
    for table in FORM:
        for cells in book.book[table.name].iter_rows(min_row=FIRST_ROW, max_col=1):
            cells[0].value = "dai-lam"
    return book.put("A", "name", "Bộ phận Một cửa xã Đại Lâm").put("A", "coordinates.latitude", 21.35)


def test_a_new_site_is_added_where_people_say(inventory):
    path = new_site().save(inventory)
    assert run(inventory, path, "--yes", "--file", "them")[0] == 0
    added = yaml.safe_load((inventory.parent / "sites/them.yml").read_text())["sites"]["dai-lam"]
    assert (added["number"], added["name"], list(added["cameras"])) == (4, "Bộ phận Một cửa xã Đại Lâm", ["cam1", "cam2"])


def test_a_new_site_is_not_taken_for_a_misspelt_one(inventory):
    refused(
        inventory,
        new_site().save(inventory),
        "cell A5: there is no site 'dai-lam'; correct the id, or say with --file where a new site goes",
    )


def test_a_new_site_needs_what_every_site_has(inventory):
    book = new_site().put("D", "lan", None).put("A", "level", None)
    output = refused(inventory, book.save(inventory), options=["--file", "them"])
    assert "sheet 'A. Đơn vị', cell C5: is empty; a new site needs its 'Cấp'" in output
    assert "sheet 'D. Mạng LAN', cell B5: is empty; a new office LAN needs its 'Dải mạng LAN'" in output
    assert not (inventory.parent / "sites/them.yml").exists()


@pytest.mark.parametrize("name", ["them.yml", "../them", "Thêm"])
def test_a_file_for_new_sites_is_named_without_its_folder(inventory, name):
    refused(
        inventory,
        new_site().save(inventory),
        f"--file {name}: is no name of a file of sites; write it like lang-giang",
        options=["--file", name],
    )


def test_a_column_is_found_wherever_it_stands(inventory):
    """People move columns, put rows above the headings, and keep the example."""
    book = Book("tan-dinh").put("B", "serial", "F123")
    sheet = book.sheet("B")
    sheet.insert_rows(1, 2)
    column = next(cell.column for cell in sheet[HEADING_ROW + 2] if str(cell.value).startswith("Số sê-ri"))
    for row in range(HEADING_ROW + 2, 12):
        first, moved = sheet.cell(row, 3), sheet.cell(row, column)
        first.value, moved.value = moved.value, first.value
    assert get_column_letter(column) == "L"
    assert run(inventory, book.save(inventory), "--yes")[0] == 0
    assert raw(inventory)["tan-dinh"]["cameras"]["cam1"]["serial"] == "F123"
