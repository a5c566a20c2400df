"""`motcua plan`: documents that say what was planned, in the law of their day, whole or not at all."""

import re
import shutil
import subprocess
from datetime import date

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.acts import ACTS, repealed
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.requirements import legal_basis
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from docx import Document
from openpyxl import load_workbook
from typer import Typer
from typer.testing import CliRunner

from cli.plan import plan as command
from documents import pdf
from documents.letters.layout import template
from documents.publish import LETTERS, OURS
from documents.rows.requests import requests
from documents.rows.reuse import sentence
from documents.subject import everything

from . import planned
from .planned import TODAY, published, raw_sites, repacked, subject_of, text_of, write_inventory

LANGUAGES = ("vi", "en")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The small province's documents in both languages: folder and subject, by language."""
    path = write_inventory(tmp_path_factory.mktemp("inventory"))
    found = {}
    for language in LANGUAGES:
        folder = tmp_path_factory.mktemp("documents") / language
        found[language] = folder, published(path, folder, language=language)
    return found


def texts(folder):
    return {path.relative_to(folder).as_posix(): text_of(path) for path in folder.rglob("*.docx")}


# --- what they say -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_documents_are_there_and_say_nothing_unfilled(made, language):
    folder, subject = made[language]
    said = texts(folder)
    assert set(said) == {*(f"{name}.docx" for name in LETTERS), *(f"sites/{name}/dossier.docx" for name in subject.province.sites)}
    secret = (subject.province.masters.devices, subject.province.masters.tunnels, "tunnel/", "{secret", "device/")
    for name, text in said.items():
        for never in ("{{", "}}", "{%", "%}", "None", "nan", "[]", "()", "Decimal", *secret):
            assert never not in text, (name, never)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_table_is_empty(made, language):
    folder, _ = made[language]
    for path in folder.rglob("*.docx"):
        for table in Document(str(path)).tables:
            if table.style.name == "Table Grid":
                head = table.rows[0]._tr.find(f"{planned.W}trPr/{planned.W}tblHeader") is not None
                assert len(table.rows) > head, (path, [cell.text for cell in table.rows[0].cells])
                assert all(cell.text.strip() or cell.text == " " for row in table.rows for cell in row.cells), path


def test_dossiers_contain_every_device_and_figure_of_the_plan(made):
    folder, subject = made["vi"]
    number = subject.speech.number
    for standing in everything(subject.province):
        text = text_of(folder / "sites" / standing.site / "dossier.docx")
        device = standing.device
        for fact in (standing.key, standing.name, device.model, device.firmware, device.build, getattr(device, "address", None)):
            assert fact is None or str(fact) in text, (standing, fact)
    for name, site in subject.province.sites.items():
        text = text_of(folder / "sites" / name / "dossier.docx")
        assert site.name in text
        for device in subject.plan.reuse[name].devices:
            assert all(sentence(subject, reason) in text for reason in device.reasons)
        streams, reuse = subject.plan.streams[name], subject.plan.reuse[name]
        for chosen in streams.cameras.values():
            assert chosen.step.name in text
            assert number(chosen.step.bitrate_kbps) in text
        for line in streams.lines.values():
            for direction in (line.up, line.down, line.night):
                for kbps in (direction.limit_kbps, direction.office_kbps, direction.video_kbps, direction.free_kbps):
                    assert number(round(kbps)) in text
        for amount in (reuse.cost_vnd, reuse.saved_vnd):
            assert not amount or subject.speech.money(amount) in text
        assert str(subject.plan.addresses[name].prefix) in text


def test_letters_contain_every_place_and_total(made):
    folder, subject = made["vi"]
    said = texts(folder)
    for name in subject.province.sites:
        for letter in ("survey-report", "equipment", "addresses", "overall-plan"):
            assert subject.plain(name) in said[f"{letter}.docx"], (name, letter)
    for standing in everything(subject.province):
        text = said["equipment.docx"]
        assert standing.key in text
        assert standing.device.serial is None or standing.device.serial in text
    plan, money = said["overall-plan.docx"], subject.speech.money
    for field in ("cost_vnd", "saved_vnd"):
        total = sum(getattr(reuse, field) for reuse in subject.plan.reuse.values())
        assert total > 0
        assert money(total) in plan
    assert "1.234.567" in plan  # the price of a camera, as the list has it
    centre = subject.plan.storage.centre
    for figure in (subject.speech.volume(centre.gb), subject.speech.volume(centre.grown_gb), subject.speech.number(centre.disks)):
        assert figure in plan
    assert "Xã Cũ" in plan  # closed, and said so
    assert "Chưa có đơn giá" in plan  # prices.yml knows cameras and routers only


def test_the_head_is_that_of_an_administrative_document(made):
    folder, _ = made["vi"]
    text = text_of(folder / "overall-plan.docx").splitlines()
    head = "\n".join(text[:14])
    for part in ("UBND TỈNH THỬ", "SỞ KHOA HỌC VÀ CÔNG NGHỆ", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"):
        assert part in head
    assert "Thử, ngày 26 tháng 11 năm 2026" in head
    assert "/PA-SKHCN" in head
    document = Document(str(folder / "overall-plan.docx"))
    first = document.sections[0]
    sizes = [
        round(size.mm)
        for size in (first.page_width, first.page_height, first.top_margin, first.bottom_margin, first.left_margin, first.right_margin)
    ]
    assert sizes == [210, 297, 20, 20, 30, 15]
    assert first.different_first_page_header_footer
    assert "PAGE" in first.header._element.xml
    assert document.styles["Normal"].font.name == "Times New Roman"
    assert document.styles["Normal"].font.size.pt == 13


@pytest.mark.parametrize("heading", ["I. CĂN CỨ", "II. HIỆN TRẠNG", "III. ĐÁNH GIÁ", "IV. MỤC TIÊU", "V. MÔ HÌNH", "VI. PHƯƠNG ÁN THEO NHÓM", "VII. ĐƯỜNG TRUYỀN", "VIII. LƯU TRỮ", "IX. QUY HOẠCH ĐỊA CHỈ", "X. BẢO ĐẢM AN TOÀN", "XI. KẾT NỐI", "XII. KHỐI LƯỢNG, KINH PHÍ", "XIII. TIẾN ĐỘ"])  # fmt: skip
def test_the_overall_plan_has_all_headings(made, heading):
    assert re.search(rf"^{re.escape(heading)}", text_of(made["vi"][0] / "overall-plan.docx"), re.MULTILINE)


def test_the_survey_report_has_its_eight_headings(made):
    text = text_of(made["vi"][0] / "survey-report.docx")
    found = re.findall(r"^(I|II|III|IV|V|VI|VII|VIII)\. [A-ZĐÀ-Ỹ]", text, re.MULTILINE)
    assert found == ["I", "II", "III", "IV", "V", "VI", "VII", "VIII"]


def test_sample_data_are_never_taken_for_real(made):
    folder, _ = made["vi"]
    said = texts(folder)
    for name in ("survey-report.docx", "overall-plan.docx", "equipment.docx", "line-request.docx", "sites/huyen-thu/dossier.docx"):
        assert "số liệu mẫu" in said[name], name
    assert "số liệu mẫu" not in said["sites/dong-tien/dossier.docx"]


# --- the law of the day ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("day", "department"), [("2023-10-01", "Sở Thông tin và Truyền thông"), ("2025-03-01", "Sở Khoa học và Công nghệ"), ("2026-11-26", "Sở Khoa học và Công nghệ")])  # fmt: skip
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_act_is_cited_that_is_not_in_force(tmp_path, day, department, language):
    on = date.fromisoformat(day)
    folder = tmp_path / "documents"
    published(write_inventory(tmp_path / "inventory"), folder, on=on, language=language)
    everything_said = "\n".join(texts(folder).values())
    dead = [*repealed(on), *(act for act in ACTS.values() if act.since > on)]
    assert dead
    for act in dead:
        # An act in force may bear another's number in its own title.
        titled = [other for other in legal_basis(on) if act.number and any(act.number in title for title in other.title.values())]
        assert not act.number or titled or not re.search(rf"(?<![\w/]){re.escape(act.number)}(?![\w/])", everything_said), act
    for act in legal_basis(on):
        assert act.number in everything_said
    if language == "vi":
        assert department.upper() in everything_said


def test_what_rests_on_memory_is_shown_as_unconfirmed(made):
    folder, subject = made["vi"]
    unsure = [act for act in legal_basis(subject.on) if act.confidence == "M"]
    lines = text_of(folder / "overall-plan.docx").splitlines()
    assert unsure
    for act in unsure:
        assert any(act.number in line and "chưa đối chiếu" in line for line in lines), act.number


# --- workbook and index ------------------------------------------------------------------------------------------------


def test_the_workbook_has_a_row_for_everything(made):
    folder, subject = made["en"]
    book = load_workbook(folder / "tables.xlsx")
    province = subject.province
    rows = {sheet.title: list(sheet.iter_rows(min_row=2, values_only=True)) for sheet in book}
    assert [row[0] for row in rows["Places"]] == list(province.sites)
    assert {(row[0], row[2]) for row in rows["Equipment"]} == {(standing.site, standing.key) for standing in everything(province)}
    assert {(row[0], row[2]) for row in rows["Lines"]} == {(name, line) for name, site in province.sites.items() for line in site.lines}
    assert {(row[0], row[2]) for row in rows["Streams"]} == {
        (name, camera) for name, site in province.sites.items() for camera in site.cameras
    }
    assert len(rows["Recorders"]) == len(subject.plan.storage.recorders)
    assert [row[0] for row in rows["Viewers"]] == list(province.viewers)
    assert {str(addresses.prefix) for addresses in subject.plan.addresses.values()} <= {row[3] for row in rows["Addresses"]}
    for sheet in book:
        assert sheet.freeze_panes == "C2"
        assert sheet.auto_filter.ref
        assert sheet.print_title_rows == "$1:$1"
        assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f" or cell.value == "None"]


def test_the_workbook_keeps_values_as_values(made):
    folder, subject = made["en"]
    book = load_workbook(folder / "tables.xlsx")
    head, *rows = book["Places"].iter_rows(values_only=True)
    places = [dict(zip(head, row, strict=True)) for row in rows]
    for place in places:
        reuse = subject.plan.reuse[place["Place id"]]
        assert (place["Cost (VND)"], place["Saved (VND)"]) == (reuse.cost_vnd, reuse.saved_vnd)
    assert {place["Place id"]: place["Surveyed"] and place["Surveyed"].date() for place in places} == {
        "huyen-thu": date(2026, 3, 5),
        "dong-tien": None,
        "xa": None,
    }
    serials = [row[6] for row in book["Equipment"].iter_rows(values_only=True)]
    assert "=1+1" in serials  # what a device says of itself, as text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_index_lists_every_file(made, language):
    folder, _ = made[language]
    page = (folder / "index.html").read_text(encoding="utf-8")
    linked = set(re.findall(r'href="([^"]+)"', page))
    assert linked == {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()} - {"index.html"}


def test_equal_provinces_give_equal_bytes(made, tmp_path):
    folder, _ = made["vi"]
    published(write_inventory(tmp_path / "again"), tmp_path / "documents")
    for path in folder.rglob("*"):
        if path.is_file():
            assert path.read_bytes() == (tmp_path / "documents" / path.relative_to(folder)).read_bytes(), path


# --- lines that are too small ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("up_mbps", "office_mbps", "asked_pictures"), [(4, 2.3, 0), (1.5, 1.2, 0), (1, 0.9, 30), (20, 2, 30)])
def test_a_line_as_large_as_requested_is_not_requested_again(tmp_path, up_mbps, office_mbps, asked_pictures):
    raw = raw_sites()
    raw["dong-tien"]["lines"]["ftth"] |= {"up_mbps": up_mbps, "p95_up_mbps": office_mbps, "contract_mbps": 25}
    raw["dong-tien"]["needs"] = {"leaders_watch": asked_pictures}
    subject = subject_of(write_inventory(tmp_path / "small", raw))
    (asked,) = (request for request in requests(subject) if request.site == "dong-tien")
    line = raw["dong-tien"]["lines"]["ftth"]
    assert asked.up_mbps > 25 or asked.down_mbps > 25, "more than the contract promises"
    line |= {"up_mbps": asked.up_mbps, "down_mbps": asked.down_mbps}
    assert "dong-tien" not in {request.site for request in requests(subject_of(write_inventory(tmp_path / "large", raw)))}


def test_no_letter_asks_for_nothing(tmp_path):
    raw = {"a": raw_sites()["huyen-thu"]}
    folder = tmp_path / "documents"
    published(write_inventory(tmp_path / "inventory", raw), folder)
    assert not (folder / "line-request.docx").exists()
    assert "không có đường truyền nào quá nhỏ" in (folder / "index.html").read_text(encoding="utf-8")


# --- templates ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", sorted(OURS.glob("*.yml")), ids=lambda path: path.stem)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_templates_are_those_of_their_sources(source, language):
    made = template(yaml.safe_load(source.read_text(encoding="utf-8")), language)
    assert (OURS / language / f"{source.stem}.docx").read_bytes() == made, "run scripts/make_templates"


@pytest.mark.parametrize("source", sorted(OURS.glob("*.yml")), ids=lambda path: path.stem)
def test_tables_are_as_wide_as_the_text(source):
    raw = yaml.safe_load(source.read_text(encoding="utf-8"))
    landscape = raw.get("landscape", False)
    for block in raw["body"]:
        landscape = landscape or "landscape" in block
        if "tables" in block:
            assert sum(column["width"] for column in block["columns"]) == (257 if landscape else 165), block["tables"]


def own(inventory, name="overall-plan"):
    return inventory.parent / "templates" / "vi" / f"{name}.docx"


def test_an_offices_own_template_is_taken_also_where_word_tore_a_placeholder(tmp_path):
    inventory = write_inventory(tmp_path / "inventory")
    torn = '{{ coun</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">ts.sites }}'
    repacked(
        OURS / "vi" / "overall-plan.docx",
        own(inventory),
        lambda xml: xml.replace("II. HIỆN TRẠNG", "II. THỰC TRẠNG CỦA TỈNH").replace("{{ counts.sites }}", torn),
    )
    published(inventory, tmp_path / "documents")
    text = text_of(tmp_path / "documents" / "overall-plan.docx")
    assert "II. THỰC TRẠNG CỦA TỈNH" in text
    assert "có 3 điểm Bộ phận Một cửa" in text


def misnamed(xml):
    return xml.replace("{{ counts.sites }}", "{{ count.sites }}")


BROKEN = {
    "no Word file": (lambda path: path.write_bytes(b"no zip"), "it is no Word document"),
    "a misspelt name": (lambda path: repacked(OURS / "vi" / path.name, path, misnamed), "did you mean counts"),
    "a misspelt part": (lambda path: repacked(OURS / "vi" / path.name, path, lambda xml: xml.replace("counts.sites", "counts.places")), "places"),
    "half a placeholder": (lambda path: repacked(OURS / "vi" / path.name, path, lambda xml: xml.replace("counts.sites }}", "counts.sites ")), "placeholder"),
    "a loop without an end": (lambda path: repacked(OURS / "vi" / path.name, path, lambda xml: xml.replace("{%p endfor %}", "", 1)), "placeholder"),
    "no document of ours": (lambda path: shutil.copy(OURS / "vi" / path.name, path.with_name("over-plan.docx")), "no document is called so"),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_template_is_one_sentence_and_nothing_is_written(tmp_path, case):
    inventory = write_inventory(tmp_path / "inventory")
    own(inventory).parent.mkdir(parents=True)
    spoil, word = BROKEN[case]
    spoil(own(inventory))
    done = run(tmp_path, "-i", str(inventory))
    assert isinstance(done.exception, ModelError), done.output
    sentence = str(done.exception)
    assert "\n" not in sentence
    assert str(own(inventory).parent) in sentence
    assert word in sentence
    assert not list((tmp_path / "reports").iterdir())


def test_a_broken_map_is_one_sentence(tmp_path):
    inventory = write_inventory(tmp_path / "inventory")
    (inventory.parent / "data").mkdir()
    (inventory.parent / "data" / "communes.geojson").write_text(
        '{"features": [{"properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}]}'
    )
    done = run(tmp_path, "-i", str(inventory))
    assert isinstance(done.exception, ModelError)
    assert "communes.geojson: is no GeoJSON of polygons" in str(done.exception)
    assert not list((tmp_path / "reports").iterdir())


# --- the command -------------------------------------------------------------------------------------------------------


def run(tmp_path, *arguments, pdf_of="none"):
    app = Typer()
    app.command()(command)
    return CliRunner().invoke(app, ["--on", TODAY.isoformat(), "--output", str(tmp_path / "reports"), "--pdf", pdf_of, *arguments])


def test_the_command_leaves_a_whole_folder_and_a_link(tmp_path):
    inventory = write_inventory(tmp_path / "inventory")
    for _ in range(2):
        done = run(tmp_path, "-i", str(inventory), "--site", "dong-tien")
        assert done.exit_code == 0, done.output
    folders = [path for path in (tmp_path / "reports").iterdir() if not path.is_symlink()]
    assert len(folders) == 2
    latest = tmp_path / "reports" / "latest"
    assert latest.resolve() in folders
    assert [path.name for path in (latest / "sites").iterdir()] == ["dong-tien"]
    assert (latest / "overall-plan.docx").exists()
    assert done.output.splitlines()[-1].endswith("index.html")


def test_without_documents_nothing_is_written(tmp_path):
    done = run(tmp_path, "-i", str(write_inventory(tmp_path / "inventory")), "--no-documents")
    assert done.exit_code == 0
    assert "Tỉnh Thử" in done.output
    assert not (tmp_path / "reports").exists()


def test_a_site_that_is_none_is_said(tmp_path):
    done = run(tmp_path, "-i", str(write_inventory(tmp_path / "inventory")), "--site", "cu")
    assert isinstance(done.exception, ModelError)
    assert "--site cu: there is no such site on 2026-11-26" in str(done.exception)


def test_a_folder_that_is_none_is_said(tmp_path):
    (tmp_path / "reports").write_text("a file")
    done = run(tmp_path, "-i", str(write_inventory(tmp_path / "inventory")))
    assert isinstance(done.exception, MotcuaError)
    assert "name another folder" in str(done.exception)


def test_without_libreoffice_it_says_so_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "office", lambda: None)
    done = run(tmp_path, "-i", str(write_inventory(tmp_path / "inventory")), pdf_of="all")
    assert done.exit_code == 0
    assert len([line for line in done.output.splitlines() if "LibreOffice" in line]) == 1
    latest = tmp_path / "reports" / "latest"
    assert (latest / "overall-plan.docx").exists()
    assert not list(latest.rglob("*.pdf"))


def test_a_libreoffice_that_fails_costs_only_the_pdfs(tmp_path, monkeypatch):
    broken = tmp_path / "soffice"
    broken.write_text("#!/bin/sh\necho 'out of order' >&2\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setattr(pdf, "office", lambda: str(broken))
    done = run(tmp_path, "-i", str(write_inventory(tmp_path / "inventory")), pdf_of="province")
    assert done.exit_code == 0
    assert "out of order" in done.output
    assert (tmp_path / "reports" / "latest" / "index.html").exists()


@pytest.mark.skipif(pdf.office() is None or shutil.which("pdftotext") is None, reason="needs LibreOffice and pdftotext")
def test_pdfs_have_the_right_diacritics_and_the_drawings_text(tmp_path):
    inventory = write_inventory(tmp_path / "inventory")
    folder = tmp_path / "documents"
    published(inventory, folder, pdf="all")
    shown = {}
    for path in (*(folder / f"{name}.pdf" for name in LETTERS), folder / "sites" / "dong-tien" / "dossier.pdf"):
        shown[path.stem] = subprocess.run(["pdftotext", "-layout", str(path), "-"], capture_output=True, text=True, check=True).stdout
        assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in shown[path.stem]
        assert "Độc lập - Tự do - Hạnh phúc" in shown[path.stem]
    assert "Quầy <tiếp nhận> & trả kết quả" in " ".join(shown["dossier"].split())
    assert "Sơ đồ kết nối: Xã Đồng Tiến" in shown["dossier"]  # said by the drawing alone
    assert "Mô hình kết nối: Tỉnh Thử" in shown["overall-plan"]


def test_the_small_province_has_its_documents_too(tmp_path):
    """It has a network that the real one has not: for the leaders' own devices."""
    app = Typer()
    app.command()(command)
    words = ["-i", "inventory/lab/province.yml", "--site", "tan-dinh", "--pdf", "none", "--output", str(tmp_path)]
    done = CliRunner().invoke(app, words)
    assert done.exit_code == 0, done.output
    assert (tmp_path / "latest" / "sites" / "tan-dinh" / "dossier.docx").exists()
