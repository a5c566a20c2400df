"""`motcua rules`: what it prints of the catalogue, which questions are open, and how answers get into the inventory."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.rules import QUESTIONS, RULES
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from typer.testing import CliRunner

from cli.rule_tables import FILES, document
from cli.rules import app

BY = ("--by", "Nguyễn Văn A, Sở KHCN")
HAND_MADE = """\
# What the department answered.
checklist:
  CT23-01: {answer: "yes", by: 'Trần B, Sở KHCN', day: 2026-11-01} # decision 12
"""


@pytest.fixture
def lab(tmp_path):
    """The lab's inventory, as a copy that may be changed."""
    shutil.copytree("inventory/lab", tmp_path / "lab", ignore=shutil.ignore_patterns("state", "secrets", "keys"))
    return tmp_path / "lab"


def run(*arguments):
    return CliRunner().invoke(app, arguments)


def answer(lab, *arguments):
    return run("answer", *arguments, *BY, "-i", str(lab / "province.yml"))


def printed(text):
    """Words of a table, whatever the width of its columns broke."""
    return " ".join(text.split())


@pytest.mark.parametrize("language", FILES)
def test_the_tables_of_the_pages_are_current(language):
    text = FILES[language].read_text(encoding="utf-8")
    assert text == document(language), "run 'scripts/motcua rules document' and commit docs/rules*.md"
    assert all(f"\n| {name} | " in text for name in (*RULES, *QUESTIONS))


@pytest.mark.parametrize(
    ("on", "there", "gone"), [("2023-10-01", "61/2018/NĐ-CP", "118/2025/NĐ-CP"), ("2026-11-26", "118/2025/NĐ-CP", "61/2018/NĐ-CP")]
)
def test_the_catalogue_cites_what_is_in_force_on_the_day(on, there, gone):
    said = printed(run("list", "--on", on).output)
    assert "MC-01" in said
    assert there in said
    assert gone not in said


def test_the_catalogue_is_printed_by_profile_and_language():
    vietnamese, english = (printed(run("list", "--profile", "vendor-hardening", "--language", one).output) for one in ("vi", "en"))
    assert "HD-13" in vietnamese
    assert "LV-04" not in vietnamese
    assert "Khóa đăng nhập sai" in vietnamese
    assert "Illegal-login lock on" in english
    assert "QC-01" not in run("list", "--on", "2025-12-31").output


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["list", "--profile", "level4"], "--profile level4: is no profile of rules; did you mean 'level3'?"),
        (["list", "--language", "fr"], "--language fr: is not known; write vi or en"),
        (
            ["checklist", "tan-din"],
            "tan-din: is no site of Tỉnh thử nghiệm trên một máy; name one, or write 'province' for what is asked once",
        ),
    ],
)
def test_a_wrong_word_is_one_sentence(arguments, sentence):
    done = run(*arguments)
    assert isinstance(done.exception, ModelError)
    assert str(done.exception) == sentence


def test_open_questions_are_printed_until_somebody_answers(lab):
    inventory = ("-i", str(lab / "province.yml"))
    before = run("checklist", "tan-dinh", *inventory).output
    assert "HD-03" in before
    assert "chưa có cách đọc" in printed(before)
    assert "BW-04" not in before  # it has no line of the government network
    assert "BW-04" in run("checklist", "lang-giang", *inventory).output
    assert answer(lab, "tan-dinh", "HD-03", "yes").exit_code == 0
    assert "HD-03" not in run("checklist", "tan-dinh", *inventory).output
    assert "LV-04" in run("checklist", "province", *inventory, "--profile", "level3", "--language", "en").output


def test_an_answer_that_is_too_old_is_asked_for_again(lab):
    assert answer(lab, "province", "LV-10", "yes", "--on", "2026-01-02").exit_code == 0
    said = printed(run("checklist", "province", "-i", str(lab / "province.yml"), "--language", "en").output)
    assert "answered on 2026-01-02, which is too long ago" in said


def test_an_answer_of_a_site_stands_in_its_file_and_comments_stay(lab):
    file = lab / "sites" / "lang-giang.yml"
    before = file.read_text(encoding="utf-8")
    done = answer(lab, "tan-dinh", "HD-03", "no", "--note", "DDNS còn bật trên đầu ghi", "--on", "2026-11-20")
    assert done.exit_code == 0, done.exception
    after = file.read_text(encoding="utf-8")
    assert [line for line in before.splitlines() if line not in after.splitlines()] == []
    added = [line for line in after.splitlines() if line not in before.splitlines()]
    assert added[0].strip() == "checklist:"
    (given,) = load(lab / "province.yml").sites["tan-dinh"].checklist.values()
    assert (given.answer, given.by, given.day, given.note) == ("no", BY[1], date(2026, 11, 20), "DDNS còn bật trên đầu ghi")


def test_an_answer_of_the_province_stands_beside_it_and_comments_stay(lab):
    file = lab / "checklist.yml"
    file.write_text(HAND_MADE, encoding="utf-8")
    assert answer(lab, "province", "LV-15", "not_applicable", "--on", "2026-11-20").exit_code == 0
    assert file.read_text(encoding="utf-8").startswith(HAND_MADE)
    answers = load(lab / "province.yml").checklist
    assert {name: one.answer for name, one in answers.items()} == {"CT23-01": "yes", "LV-15": "not_applicable"}


def test_the_first_answer_makes_the_file_and_the_next_one_replaces_it(lab):
    for said in ("no", "yes"):
        assert answer(lab, "province", "CT23-01", said).exit_code == 0
    assert load(lab / "province.yml").checklist["CT23-01"].answer == "yes"
    assert (lab / "checklist.yml").read_text(encoding="utf-8").count("CT23-01") == 1


@pytest.mark.parametrize(
    ("place", "question", "sentence"),
    [
        ("province", "CT23-1", "checklist.CT23-1: is no question of the catalogue; did you mean 'CT23-01'?"),
        ("province", "HD-03", "checklist.HD-03: is asked of each site; move it to the sites"),
        ("tan-dinh", "CT23-01", "sites.tan-dinh.checklist.CT23-01: is asked once for the province; move it to checklist.yml"),
        ("tan-din", "HD-03", "sites.tan-din: there is no such site; did you mean 'tan-dinh'?"),
    ],
)
def test_an_answer_that_nobody_asked_for_is_refused_and_nothing_is_written(lab, place, question, sentence):
    before = {file: file.read_bytes() for file in lab.rglob("*.yml")}
    done = answer(lab, place, question, "yes")
    assert isinstance(done.exception, ModelError), done.output
    assert str(done.exception).endswith(sentence)
    assert {file: file.read_bytes() for file in lab.rglob("*.yml")} == before


def test_what_no_template_may_see_is_refused(lab):
    done = run("answer", "province", "CT23-01", "yes", "--by", "{{ A }}", "-i", str(lab / "province.yml"))
    assert isinstance(done.exception, ModelError)
    assert "checklist.CT23-01.by: '{{ A }}' is wrong" in str(done.exception)
    assert not Path(lab / "checklist.yml").exists()
