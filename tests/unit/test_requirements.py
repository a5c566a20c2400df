"""The requirements and the acts: all load on every day, and nothing is ever cited outside the days on which it is in force."""

import csv
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.acts import ACTS, PURPOSES, legal_basis, repealed
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.requirements import requirements
from hypothesis import given
from hypothesis import strategies as st

LETTER, TODAY = date(2023, 10, 1), date(2026, 11, 26)
DAYS = st.dates(date(2016, 1, 1), date(2031, 12, 31))
# Written down once more and apart from acts.yml: the first day on which each is no longer in force, and the day before which it wasn't.
ENDED = {
    "61/2018/NĐ-CP": date(2025, 7, 1),
    "13/2023/NĐ-CP": date(2026, 1, 1),
    "73/2019/NĐ-CP": date(2026, 3, 1),
    "45/2026/NĐ-CP": date(2026, 7, 1),
    "85/2016/NĐ-CP": date(2026, 8, 19),
    "86/2015/QH13": date(2026, 7, 1),
    "12/2022/TT-BTTTT": date(2026, 8, 19),
    "19/2023/TT-BTTTT": date(2026, 3, 30),
    "16/2024/TT-BTTTT": date(2026, 7, 1),
    "08/2023/QĐ-TTg": date(2026, 1, 1),
    "QCVN 135:2024": date(2026, 7, 1),
    "TCVN 11930:2017": date(2026, 7, 24),
}
BEGAN = {
    "61/2018/NĐ-CP": date(2018, 6, 21),
    "12/2022/TT-BTTTT": date(2022, 10, 1),
    "23/CT-TTg": date(2022, 12, 26),
    "13/2023/NĐ-CP": date(2023, 7, 1),
    "19/2023/TT-BTTTT": date(2023, 12, 1),
    "724/QĐ-BTTTT": date(2024, 5, 7),
    "QCVN 135:2024": date(2025, 2, 15),
    "118/2025/NĐ-CP": date(2025, 7, 1),
    "33/2025/QĐ-TTg": date(2025, 9, 15),
    "91/2025/QH15": date(2026, 1, 1),
    "356/2025/NĐ-CP": date(2026, 1, 1),
    "06/2026/TT-BKHCN": date(2026, 3, 30),
    "116/2025/QH15": date(2026, 7, 1),
    "224/2026/NĐ-CP": date(2026, 7, 1),
    "QCVN 11:2026": date(2026, 7, 1),
    "TCVN 14423:2026": date(2026, 7, 24),
    "331/2026/NĐ-CP": date(2026, 8, 19),
    "333/2026/NĐ-CP": date(2026, 8, 19),
}


def cited_text(on):
    """Everything that a document of that day would print of acts, in both languages."""
    acts = [act.cited(language) for act in legal_basis(on) for language in ("vi", "en")]
    return "\n".join([*acts, *(one.source_in(language) for one in requirements(on) for language in ("vi", "en"))])


# In 2023 no act asked for what 19 say of cameras themselves, 4 of lines and 5 of levels; in 2026 for 3.
@pytest.mark.parametrize(("on", "with_source"), [(LETTER, 44), (TODAY, 69)])
def test_all_requirements_load_in_both_regimes(on, with_source):
    found = requirements(on)
    assert len(found) == len({one.id for one in found}) == 72
    assert all(one.vi and one.en and one.verify and one.applies_to and one.confidence in ("V", "S", "M") for one in found)
    assert sum(bool(one.citations) for one in found) == with_source


@given(DAYS)
def test_nothing_is_cited_outside_its_days(on):
    text = cited_text(on)
    assert not [number for number, day in ENDED.items() if on >= day and number in text]
    assert not [number for number, day in BEGAN.items() if on < day and number in text]
    years = [int(year) for year in re.findall(r"\d+[/:](20\d\d)\b", text)]
    assert not [year for year in years if year > on.year]
    assert len(requirements(on)) == 72


def test_every_day_on_which_something_changes_is_kept_too():
    """The law once more on the days where it would break: the first and last of every act and their neighbours."""
    edges = {day for act in ACTS.values() for day in (act.since, act.until, act.signed) if day} | set(ENDED.values()) | set(BEGAN.values())
    for day in edges:
        for on in (day - timedelta(days=1), day, day + timedelta(days=1)):
            test_nothing_is_cited_outside_its_days.hypothesis.inner_test(on)


def test_what_is_named_above_is_really_in_the_file():
    numbers = " ".join(act.number for act in ACTS.values())
    assert not [number for number in {*ENDED, *BEGAN} if number not in numbers]
    for act in ACTS.values():
        assert act.signed is None or act.signed <= act.since, act.id
        assert act.until is None or act.since <= act.until, act.id
        assert act.what_for in PURPOSES, act.id


def test_a_letter_of_2023_rests_on_the_acts_of_2023_and_one_of_2026_on_those_of_2026():
    then, now = ({act.number for act in legal_basis(on)} for on in (LETTER, TODAY))
    assert {"61/2018/NĐ-CP", "85/2016/NĐ-CP", "12/2022/TT-BTTTT", "13/2023/NĐ-CP", "73/2019/NĐ-CP", "23/CT-TTg", "30/2020/NĐ-CP"} <= then
    assert {
        "118/2025/NĐ-CP",
        "331/2026/NĐ-CP",
        "91/2025/QH15",
        "224/2026/NĐ-CP",
        "06/2026/TT-BKHCN",
        "116/2025/QH15",
        "30/2020/NĐ-CP",
    } <= now
    assert then & now == {"30/2020/NĐ-CP"}


def test_both_regimes_have_an_act_for_what_letters_need():
    needed = {"one_stop", "investment", "acceptance", "security", "network", "personal_data", "paperwork", "cameras"}
    for on in (LETTER, TODAY):
        assert needed <= {act.what_for for act in legal_basis(on)}, on


def test_an_act_is_cited_as_a_letter_writes_it():
    assert ACTS["decree-118-2025"].cited() == (
        "Nghị định số 118/2025/NĐ-CP ngày 09 tháng 6 năm 2025 của Chính phủ về thực hiện thủ tục hành chính theo cơ chế một cửa, "
        "một cửa liên thông tại Bộ phận Một cửa và Cổng Dịch vụ công quốc gia"
    )
    assert ACTS["law-116-2025"].cited() == "Luật An ninh mạng số 116/2025/QH15 ngày 10 tháng 12 năm 2025"
    assert ACTS["decree-45-2026"].cited().startswith("Nghị định số 45/2026/NĐ-CP ngày 26 tháng 01 năm 2026 của Chính phủ")
    assert ACTS["circular-19-2023"].cited() == "Thông tư số 19/2023/TT-BTTTT của Bộ trưởng Bộ Thông tin và Truyền thông"
    assert ACTS["code-11-2026"].cited().startswith("QCVN 11:2026/BCA về thiết bị camera giám sát")
    assert (
        ACTS["decree-331-2026"].cited("en") == "Decree 331/2026/NĐ-CP of 2026-08-19, on the cybersecurity protection of information systems"
    )


@pytest.mark.parametrize(
    "on",
    [date(2025, 6, 30), date(2025, 7, 1), date(2025, 12, 31), date(2026, 1, 1), date(2026, 2, 28), date(2026, 3, 1), date(2026, 6, 30)],
)
def test_where_one_act_ends_and_the_next_begins_there_is_no_day_without(on):
    found = [act.what_for for act in legal_basis(on)]
    assert [found.count(purpose) for purpose in ("one_stop", "personal_data", "investment")] in ([1, 1, 1], [1, 2, 1]), found


def test_laws_come_first():
    kinds = [act.kind for act in legal_basis(TODAY)]
    assert kinds == sorted(
        kinds, key=["Luật", "Nghị định", "Quyết định", "Thông tư", "Quy chuẩn kỹ thuật quốc gia", "Tiêu chuẩn quốc gia"].index
    )


def test_a_requirement_names_the_source_of_its_day():
    def one(name, on):
        return next(requirement for requirement in requirements(on) if requirement.id == name)

    assert one("MC-01", LETTER).source == "Nghị định 61/2018/NĐ-CP, Điều 13.2.b"
    assert one("MC-01", TODAY).source == "Nghị định 118/2025/NĐ-CP" and one("MC-01", TODAY).unconfirmed
    assert one("BW-01", TODAY).source == "Thông tư 06/2026/TT-BKHCN, Điều 5.6" and not one("BW-01", TODAY).unconfirmed
    assert one("BW-01", LETTER).source == ""  # circular 19/2023 was not there yet
    assert one("LV-03", TODAY).source_in("en") == "TCVN 14423:2026, clause 4.12"
    assert one("LV-05", TODAY).source == "TCVN 14423:2026, mục x.6.2.4"
    assert one("TC724-13", TODAY).source == "QCVN 11:2026/BCA, nhóm 4, nhóm 7"
    assert one("LV-14", TODAY).source == "TCVN 14423:2026, Phụ lục A"
    assert one("DP-03", LETTER).confidence == "M" and one("DP-03", LETTER).unconfirmed
    assert one("HD-03", LETTER).source == one("HD-03", TODAY).source != ""


def test_what_was_cited_in_2023_is_listed_as_repealed_with_its_day():
    ended = {act.number: act.until + timedelta(days=1) for act in repealed(TODAY) if not act.assumed}
    assert ended["61/2018/NĐ-CP"] == date(2025, 7, 1) and ended["19/2023/TT-BTTTT"] == date(2026, 3, 30)
    assert "85/2016/NĐ-CP" in {act.number for act in repealed(TODAY) if act.assumed}
    assert not repealed(date(2016, 1, 1))


def test_the_file_has_stable_columns_and_no_repeated_text():
    with Path("plugins/plugin_utils/catalogue/requirements.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == [
        "id",
        "applies_to",
        "vi",
        "en",
        "sources_2023",
        "sources_2026",
        "confidence_2023",
        "confidence_2026",
        "verify",
        "remark",
    ]
    assert len({row["vi"] for row in rows}) == len(rows) == 72
