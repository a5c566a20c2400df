"""Tables that come in as CSV, one a file, and NetBox's lists of devices."""

import csv
import functools
import io
import json
import shutil
from pathlib import Path

import openpyxl
import pytest
import typer
import yaml
from typer.testing import CliRunner

from cli.imports import import_files
from intake.forms import columns
from intake.forms.csv_file import csv_grid
from intake.forms.headings import csv_sheet
from intake.forms.reading import Sites, read_tables
from intake.forms.tables import FORM
from intake.forms.writing import form
from intake.said import Said

LAB = Path("inventory/lab")
SITES = "sites/lang-giang.yml"
RAW = yaml.safe_load((LAB / SITES).read_text())["sites"]

app = typer.Typer()
app.command()(import_files)


@pytest.fixture
def inventory(tmp_path):
    """A copy of the lab's inventory."""
    (tmp_path / "lab/sites").mkdir(parents=True)
    for name in ("province.yml", SITES):
        shutil.copy(LAB / name, tmp_path / "lab" / name)
    return tmp_path / "lab/province.yml"


def run(inventory, name, content, *options):
    path = inventory.parent.parent / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    result = CliRunner().invoke(app, [str(path), "-i", str(inventory), "--yes", *options])
    return result.exit_code, result.output + (str(result.exception) if result.exception else "")


def taken(inventory, name, content, *options):
    code, output = run(inventory, name, content, *options)
    assert code == 0, output
    return yaml.safe_load((inventory.parent / SITES).read_text())["sites"], output


def refused(inventory, name, content, *sentences, options=()):
    before = (inventory.parent / SITES).read_bytes()
    code, output = run(inventory, name, content, *options)
    assert code == 1
    for sentence in sentences:
        assert sentence in output
    assert (inventory.parent / SITES).read_bytes() == before
    return output


# --- one table of the form ----------------------------------------------------------------------------------------------

CAMERAS = (
    "Mã điểm;Mã camera;Tên, vị trí lắp;Số sê-ri;Năm mua\ntan-dinh;cam1;Quầy số 1;F64;2021\n;;;;\nxuong-lam;cam2;Sân và cổng;F65;2022\n"
)
ENCODINGS = {
    "Excel in Vietnam": CAMERAS.replace("\n", "\r\n").encode("utf-8-sig"),
    "Excel elsewhere": CAMERAS.replace("Tên, vị trí lắp", '"Tên, vị trí lắp"').replace(";", ",").encode("utf-8-sig"),
    "Excel's Unicode text": b"\xff\xfe" + CAMERAS.replace(";", "\t").replace("\n", "\r\n").encode("utf-16-le"),
    "UTF-16 from another end": b"\xfe\xff" + CAMERAS.encode("utf-16-be"),
    "any other program": CAMERAS.encode(),
    "with Excel's own line": f"sep=;\r\n{CAMERAS}".encode(),
    "in quotes": CAMERAS.replace("Quầy số 1", '"Quầy số 1"').encode(),
    "in English": CAMERAS.replace(
        "Mã điểm;Mã camera;Tên, vị trí lắp;Số sê-ri;Năm mua", "site;Camera;Name;Serial number;Bought in"
    ).encode(),
}


@pytest.mark.parametrize("case", ENCODINGS, ids=str)
def test_a_table_is_read_however_it_was_saved(inventory, case):
    sites, _ = taken(inventory, "b.csv", ENCODINGS[case])
    cameras = sites["tan-dinh"]["cameras"]["cam1"], sites["xuong-lam"]["cameras"]["cam2"]
    assert [(camera["serial"], camera["bought_year"]) for camera in cameras] == [("F64", 2021), ("F65", 2022)]


@pytest.mark.parametrize(
    ("table", "path", "expected"),
    [
        ("Mã điểm;Giờ mở cửa\ntan-dinh;7h30", ("office", "opens"), "07:30"),
        ("Mã điểm;Mã đường truyền;Tải lên (Mbit/s)\ntan-dinh;ftth;12,5", ("lines", "ftth", "up_mbps"), 12.5),
        ("Mã điểm;Có chống sét\ntan-dinh;Có", ("power", "surge_protection"), True),
        ("Mã điểm;Mã camera;Luồng;Mã hóa hỗ trợ;Chiều ngang (điểm ảnh);Chiều dọc (điểm ảnh);Khung hình/giây\ntan-dinh;cam1;luồng chính;H.265;2688;1520;25", ("cameras", "cam1", "streams", "main", "width"), 2688),
        ("Loại router;Model\nMikroTik RouterOS;RB750Gr3", ("router", "model"), "RB750Gr3"),
    ],
)  # fmt: skip
def test_the_headings_say_which_table_it_is(inventory, table, path, expected):
    sites, _ = taken(inventory, "t.csv", table, "--site", "tan-dinh")
    node = sites["tan-dinh"]
    for part in path:
        node = node[part]
    assert node == expected


@functools.cache
def book():
    return openpyxl.load_workbook(io.BytesIO(form("Lạng Giang", RAW)))


@pytest.mark.parametrize("table", FORM, ids=lambda table: table.letter)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_sheet_of_the_form_saved_as_csv_says_what_it_says(inventory, table, delimiter):
    out = io.StringIO()
    sheet = book()[table.name]
    csv.writer(out, delimiter=delimiter).writerows(sheet.iter_rows(values_only=True))
    said = Said()
    read_tables(csv_sheet(csv_grid("x.csv", out.getvalue().encode()), said), Sites(RAW), said)
    expected = {
        (name, *table.place(ids), *column.path): columns.value_at(thing, column.path)
        for name, raw in RAW.items()
        for ids, thing in table.things(raw)
        for column in table.columns
    }
    assert (said.mistakes, said.values) == ([], {path: value for path, value in expected.items() if value not in (None, [])})


WRONG = {
    "a wrong cell": (CAMERAS.replace("2021", "năm ngoái"), "b.csv: cell E2: 'năm ngoái' is not a number; write it like 12"),
    "a wrong cell behind a line break in quotes": (CAMERAS.replace("Quầy số 1", '"Quầy\nsố 1"').replace("2022", "x"), "b.csv: cell E4: 'x' is not a number"),
    "a wrong cell below Excel's own line": ("sep=;\n" + CAMERAS.replace("2021", "x"), "b.csv: cell E2: 'x' is not a number"),
    "an unknown site": (CAMERAS.replace("tan-dinh", "tan-dien"), "b.csv: cell A2: there is no site 'tan-dien'; did you mean 'tan-dinh'?"),
    "an unknown heading": (CAMERAS.replace("Năm mua", "Năm"), "b.csv: cell E1: 'Năm' is no heading of the form; write 'Năm mua' if it is that, or remove the column"),
    "a new camera that lacks what it needs": ("Mã điểm;Tên, vị trí lắp;Số sê-ri\ntan-dinh;Sân;F9\n", "b.csv: cell A2: is empty; a new camera needs its 'Hãng'"),
    "a stream without its name": ("Mã điểm;Mã camera;Tốc độ (kbit/s)\ntan-dinh;cam1;2048\n", "b.csv: the heading 'Luồng' is missing; write it over its column again"),
    "no headings": ("1;2;3\n4;5;6\n", "b.csv: has no headings of the form, such as "),
    "another encoding": ("Site;Camera;Name\ntan-dinh;cam1;x\n".encode("utf-16-le"), "b.csv: holds bytes that no text has"),
    "an encoding of before Unicode": ("Mã điểm".encode("cp1258", "replace"), "b.csv: byte 3 is not UTF-8; save it in Excel as 'CSV UTF-8'"),
    "a quote that never ends": (CAMERAS.replace("Quầy số 1", '"Quầy số 1'), "b.csv: is no CSV (unexpected end of data); save it in Excel as .xlsx or as 'CSV UTF-8'"),
    "nothing but blanks": (" \n\r\n", "b.csv: is empty; send or save it again"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG, ids=str)
def test_a_wrong_table_is_one_sentence(inventory, case):
    content, sentence = WRONG[case]
    assert "Traceback" not in refused(inventory, "b.csv", content, sentence)


# --- NetBox -------------------------------------------------------------------------------------------------------------

HEAD = "Name,Status,Tenant,Site,Location,Rack,Role,Manufacturer,Type,IP Address,Serial number,cf_zone,cf_channels\n"


def netbox_csv(*rows):
    return HEAD + "".join(f"{row}\n" for row in rows)


def nested(name):
    return {"id": 1, "name": name, "slug": name.lower().replace(" ", "-"), "display": name}


def netbox_json(
    name="Sân", site="tan-dinh", role="Camera", maker="Hikvision", model="DS-2CD", address=None, serial="", status="active", **custom
):
    """A device as release 4 of the API answers it."""
    return {
        "id": 7,
        "name": name,
        "device_type": {"id": 1, "manufacturer": nested(maker), "model": model, "slug": model.lower()},
        "role": nested(role),
        "platform": None,
        "serial": serial,
        "site": {"id": 2, "name": site, "slug": site},
        "status": {"value": status, "label": status.title()},
        "primary_ip": None,
        "primary_ip4": address and {"id": 3, "address": f"{address}/24"},
        "custom_fields": custom,
    }


def page(*devices, following=None, count=None):
    return json.dumps({"count": count or len(devices), "next": following, "previous": None, "results": list(devices)})


def test_a_csv_of_netbox_adds_devices_and_facts(inventory):
    content = netbox_csv(
        "tan-dinh-cam1,Active,—,Bộ phận Một cửa xã Tân Dĩnh,—,—,IP Camera,HiLook,HiLook IPC-B140H,192.168.1.64/24,F64,,",
        "Sân sau,Active,—,tan-dinh,—,—,IP Camera,KBVision,KX-C4012,192.168.1.70/24,F70,Ngoài trời,",
        "Đầu ghi,Active,—,tan-dinh,—,—,NVR,Hikvision,DS-7608NXI-K2,192.168.1.5/24,N5,,8",
        "Tapo cửa,Failed,—,tan-dinh,—,—,IP Camera,Tapo,C200,192.168.1.90/24,,,",
        "SW1,Active,—,tan-dinh,—,—,Access switch,Hikvision,DS-3E0109P,,S1,,",
        "PDU,Active,—,tan-dinh,—,—,PDU,APC,AP8853,,,,",
        "Cũ,Decommissioning,—,tan-dinh,—,—,IP Camera,Hikvision,DS-2CD,192.168.1.91/24,,,",
    )
    sites, output = taken(inventory, "devices.csv", content)
    site = sites["tan-dinh"]
    assert (site["cameras"]["cam1"]["model"], site["cameras"]["cam1"]["serial"], site["cameras"]["cam1"]["name"]) == (
        "IPC-B140H",
        "F64",
        "Quầy số 1",
    )
    assert site["cameras"]["cam3"] == {
        "model": "KX-C4012",
        "serial": "F70",
        "name": "Sân sau",
        "address": "192.168.1.70",
        "vendor": "dahua",
        "zone": "outdoor",
    }
    assert (site["nvrs"]["nvr1"]["vendor"], site["nvrs"]["nvr1"]["channels"]) == ("hikvision", 8)
    assert (site["others"]["other1"]["maker"], site["others"]["other1"]["condition"]) == ("Tapo", "broken")
    assert site["switches"]["switch1"] == {"model": "DS-3E0109P", "serial": "S1", "name": "SW1"}
    assert "devices.csv: not imported: 1 of role PDU, 1 of status decommissioning" in output


def test_an_answer_of_netbox_adds_devices_and_facts(inventory):
    content = page(
        netbox_json("Sân", address="192.168.1.70", serial="F70", zone="outdoor", bought_year=2021),
        netbox_json("R", role="Router", maker="Linux", model="APU2", address="192.168.1.1", serial="R1") | {"platform": nested("linux")},
        netbox_json("R2", role="Firewall", maker="Fortinet", model="40F", address="192.168.1.2"),
    )
    sites, output = taken(inventory, "devices.json", content)
    site = sites["tan-dinh"]
    assert site["cameras"]["cam3"] | {"zone": "outdoor", "bought_year": 2021, "address": "192.168.1.70"} == site["cameras"]["cam3"]
    assert (site["router"]["model"], site["router"]["serial"], site["router"]["platform"]) == ("APU2", "R1", "linux")
    assert "device 3 'R2': is not the site's router (192.168.1.1); not imported" in output


def test_an_older_answer_and_a_bare_list_are_read_too(inventory):
    device = netbox_json(address="192.168.1.70")
    device["device_role"] = device.pop("role")
    sites, _ = taken(inventory, "devices.json", json.dumps([device]))
    assert sites["tan-dinh"]["cameras"]["cam3"]["address"] == "192.168.1.70"


def test_the_same_export_again_changes_nothing(inventory):
    content = page(
        netbox_json(address="192.168.1.70", serial="F70"), netbox_json("Tapo", maker="Tapo", model="C200", address="192.168.1.90")
    )
    taken(inventory, "devices.json", content)
    assert "nothing to write" in taken(inventory, "devices.json", content)[1]


def test_only_one_sites_devices_are_taken_when_that_is_wished(inventory):
    content = page(netbox_json(address="192.168.1.70"), netbox_json(site="xuong-lam", address="192.168.1.70"))
    sites, _ = taken(inventory, "devices.json", content, "--site", "xuong-lam")
    assert len(sites["tan-dinh"]["cameras"]) == 2 and len(sites["xuong-lam"]["cameras"]) == 3


NETBOX_WRONG = {
    "an unknown site": (netbox_csv("Sân,Active,,Hà Nội,,,Camera,Hikvision,DS,192.168.1.70/24,,,"), "devices.csv: cell D2: there is no site 'Hà Nội'; name or slug must be a site's in the inventory"),
    "a wrong address": (netbox_csv("Sân,Active,,tan-dinh,,,Camera,Hikvision,DS,fe80::1/64,,,"), "devices.csv: cell J2: 'fe80::1' can't be understood; write it like 192.168.1.64"),
    "a wrong custom field": (netbox_csv("Sân,Active,,tan-dinh,,,Camera,Hikvision,DS,192.168.1.70/24,,quầy 3,"), "devices.csv: cell L2: 'quầy 3' is not in the list"),
    "a recorder without its channels": (netbox_csv("Ghi,Active,,tan-dinh,,,NVR,Hikvision,DS,192.168.1.5/24,,,"), "devices.csv: cell A2: channels: is missing; add it"),
    "a camera without an address": (netbox_csv("Sân,Active,,tan-dinh,,,Camera,Hikvision,DS,,,,"), "devices.csv: cell A2: address: is missing; add it, or say 'source: nvr:<id>/<channel>'"),
    "one page of several": (page(netbox_json(), following="https://netbox/api/dcim/devices/?offset=50", count=120), "holds 1 of 120 devices; ask NetBox for /api/dcim/devices/?limit=0"),
    "another list": (json.dumps({"count": 1, "results": [{"name": "x"}]}), "is neither a survey nor NetBox's list of devices; ask NetBox for /api/dcim/devices/?limit=0"),
}  # fmt: skip


@pytest.mark.parametrize("case", NETBOX_WRONG, ids=str)
def test_what_netbox_has_wrong_is_one_sentence(inventory, case):
    content, sentence = NETBOX_WRONG[case]
    name = "devices.csv" if content.startswith("Name") else "devices.json"
    assert "Traceback" not in refused(inventory, name, content, sentence)
