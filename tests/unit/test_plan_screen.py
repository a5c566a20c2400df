"""The province on one screen, how places are judged, and numbers as people write them."""

import io
from datetime import date

import pytest
from rich.console import Console

from documents.judgement import STATES, judged, worst
from documents.rows.lines import tightest
from documents.screen import show
from documents.speech import Speech
from documents.subject import TOP

from .planned import line, raw_sites, subject_of, write_inventory
from .provinces import raw_site


def shown(subject, width=150):
    said = io.StringIO()
    show(subject, Console(width=width, file=said))
    return said.getvalue()


def many(districts, communes):
    sites = {}
    for district in range(districts):
        sites[f"d{district}"] = raw_site(len(sites) + 1, name=f"Bộ phận Một cửa huyện {district}", level="district")
        for commune in range(communes):
            rate = 2 + (district * communes + commune) % 9
            changes = {"parent": f"d{district}", "lines": {"ftth": line(up_mbps=rate)}, "zones": ["counter", "storage"]}
            sites[f"c{district}-{commune}"] = raw_site(len(sites) + 1, name=f"Bộ phận Một cửa xã {district} {commune}", **changes)
    return sites


@pytest.mark.parametrize("width", [60, 80, 100, 150, 250])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_whole_province_fits_on_one_screen(tmp_path, width, language):
    subject = subject_of(write_inventory(tmp_path / "inventory", many(10, 21)), language=language)
    assert len(subject.province.sites) == 220
    lines = shown(subject, width).splitlines()
    assert len(lines) <= 50
    assert max(map(len, lines)) <= width


def test_the_screen_says_what_was_planned(tmp_path):
    subject = subject_of(write_inventory(tmp_path / "inventory"))
    text = " ".join(shown(subject).split())
    number = subject.speech.number
    cost, saved = (sum(getattr(one, field) for one in subject.plan.reuse.values()) for field in ("cost_vnd", "saved_vnd"))
    for figure in (
        "Tỉnh Thử — phương án ngày 26/11/2026",
        "3 (cấp xã 3); đã khảo sát 1; đã đóng 1",
        f"{number(cost)} đồng",
        f"{number(saved)} đồng",
        f"{subject.speech.mbps(sum(one.step.bitrate_kbps for streams in subject.plan.streams.values() for one in streams.cameras.values()))}",
        subject.speech.volume(subject.plan.storage.centre.gb),
        "10.64.0.0/12",
    ):
        assert figure.replace("\N{NO-BREAK SPACE}", " ") in text, figure
    assert "[bold]" not in text


@pytest.mark.parametrize("name", ["Bộ phận Một cửa xã [red]A[/]", "Bộ phận Một cửa xã [/x]"])
def test_a_name_is_never_taken_for_markup(tmp_path, name):
    small = raw_sites()["dong-tien"] | {"name": name, "parent": None}
    text = shown(subject_of(write_inventory(tmp_path / "inventory", {"a": small})))
    assert name.removeprefix("Bộ phận Một cửa xã ") in text


# --- judgement ---------------------------------------------------------------------------------------------------------


def known_site(**changes):
    """A place of which everything is known and nothing is wrong."""
    device = {"model": "M1", "firmware": "V9.9.9", "build": "build 260101", "serial": None, "bought_year": 2025, "conformity": "1"}
    base = raw_site(1, name="Bộ phận Một cửa xã A", zones=["counter"], lines={"ftth": line(up_mbps=50)})
    base["router"] |= device
    base["nvrs"] = {}
    base["cameras"] = {
        "cam1": {"vendor": "axis", "name": "Quầy", "address": "192.168.1.11", "zone": "counter", **device, "model": "M3045-V"}
    }
    base["compliance"] = {"passwords_changed": True, "open_to_internet": False}
    return base | changes


def state(tmp_path, site):
    subject = subject_of(write_inventory(tmp_path / "inventory", {"a": site}))
    return judged(subject)["a"]


def test_a_place_without_a_fault_is_ready(tmp_path):
    assert state(tmp_path, known_site()).state == "good"


@pytest.mark.parametrize(
    ("changes", "expected", "word"),
    [
        ({"lines": {"ftth": line(up_mbps=50, p95_up_mbps=None)}}, "unknown", "chưa đo"),
        ({"lines": {"ftth": line(up_mbps=50, p95_down_mbps=None)}, "needs": {"leaders_watch": 1}}, "unknown", "chưa đo"),
        ({"lines": {"ftth": line(up_mbps=1, p95_up_mbps=0.9)}}, "bad", "vượt mức"),
        ({"lines": {"ftth": line(up_mbps=1, p95_up_mbps=0.65)}}, "bad", "chưa gửi được hình"),
        ({"zones": ["counter", "waiting"]}, "work", "khu vực chờ"),
        ({"compliance": {"open_to_internet": True}}, "bad", "Internet"),
        ({"needs": {"leaders_watch": 64}}, "work", "hình"),
        ({"others": {"o": {"kind": "camera", "maker": "X", "name": "Y", "why": "z", "model": "m"}}}, "work", "không tham gia"),
    ],
)
def test_a_place_is_as_good_as_its_worst(tmp_path, changes, expected, word):
    judgement = state(tmp_path, known_site(**changes))
    assert judgement.state == expected
    assert word in "; ".join(remark.text for remark in judgement.remarks)


def test_what_nobody_knows_is_never_ready(tmp_path):
    site = known_site()
    site["cameras"]["cam1"].pop("firmware")
    assert state(tmp_path, site).state != "good"


def test_the_worst_come_first(tmp_path):
    judgements = judged(subject_of(write_inventory(tmp_path / "inventory", many(3, 9))))
    order = worst(judgements, 12)
    assert [STATES.index(one.state) for one in order] == sorted(STATES.index(one.state) for one in order)
    assert len(order) == 12
    assert all(one.remarks for one in order)


def test_the_tightest_line_is_named_first(tmp_path):
    subject = subject_of(write_inventory(tmp_path / "inventory", many(2, 5)))
    margins = [one.margin_kbps for one in tightest(subject)]
    assert margins == sorted(margins)
    plans = [plan for streams in subject.plan.streams.values() for plan in streams.lines.values()]
    assert margins[0] == min(min(plan.up.free_kbps, plan.down.free_kbps, plan.night.free_kbps) for plan in plans)


# --- names and numbers -------------------------------------------------------------------------------------------------


def test_areas_hold_every_place_once_and_their_head_first(tmp_path):
    sites = many(3, 2) | {"alone": raw_site(90, name="Bộ phận Một cửa xã lẻ"), "province": raw_site(91, name="Trung tâm", level="province")}
    for district in range(3):
        sites[f"d{district}"]["parent"] = "province"
    subject = subject_of(write_inventory(tmp_path / "inventory", sites))
    assert sorted(name for names in subject.areas.values() for name in names) == sorted(sites)
    assert set(subject.areas[TOP]) == {"alone", "province"}
    assert all(names[0] == area for area, names in subject.areas.items() if area)


def test_two_places_of_one_name_are_told_apart(tmp_path):
    sites = many(2, 1)
    for district in range(2):
        sites[f"c{district}-0"]["name"] = "Bộ phận Một cửa xã Phúc Sơn"
    subject = subject_of(write_inventory(tmp_path / "inventory", sites))
    assert subject.plain("c0-0") == "Xã Phúc Sơn (Huyện 0)"
    assert subject.plain("c1-0") == "Xã Phúc Sơn (Huyện 1)"


@pytest.mark.parametrize(
    ("value", "digits", "vi", "en"),
    [
        (1234567, 0, "1.234.567", "1,234,567"),
        (12.5, 1, "12,5", "12.5"),
        (1234.5, 2, "1.234,5", "1,234.5"),
        (2.0, 1, "2", "2"),
        (-0.4, 0, "0", "0"),
        (-1500, 0, "-1.500", "-1,500"),
        (100, 1, "100", "100"),
        (0, 0, "0", "0"),
    ],
)
def test_numbers(value, digits, vi, en):
    assert Speech("vi").number(value, digits) == vi
    assert Speech("en").number(value, digits) == en


def test_amounts_and_days():
    speech = Speech("vi")
    assert speech.money(1234567) == "1.234.567\N{NO-BREAK SPACE}đồng"
    assert speech.mbps(12500) == "12,5\N{NO-BREAK SPACE}Mbit/s"
    assert speech.volume(305400) == "305,4\N{NO-BREAK SPACE}TB"
    assert speech.volume(20) == "20\N{NO-BREAK SPACE}GB"
    assert speech.day(date(2026, 3, 5)) == "05/03/2026"
    assert [speech.known(value) for value in (True, False, None)] == ["Có", "Không", "Chưa rõ"]


def test_every_word_is_there_in_both_languages():
    from documents.speech import _words

    for part, words in _words().items():
        for key, said in words.items():
            assert set(said) == {"vi", "en"}, (part, key)
            assert all(text or key.endswith(("suffix", "prefix")) for text in said.values()), (part, key)
