"""What a run of acceptance means, and what its record says: figures beside the plan, nothing passed in silence."""

import json
from datetime import date
from pathlib import Path as File

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance import Office, Path, Pictures, judge, measured, planned_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from documents import pdf
from documents.acceptance import write_record
from documents.publish import OURS

from .planned import repacked, text_of
from .trials import PLANNED, case, pictures, trial

LAB = File("inventory/lab/province.yml")
CAMERA, ROUTER = "lang-giang-cam1", "lang-giang-router"


# --- measured -----------------------------------------------------------------------------------------------------------


def row(at_s, first_s, frames=200, gaps=(), size=200_000, fps=25.0):
    """Some pieces of a camera at a steady rate."""
    return {"camera": "c", "at_s": at_s, "first_s": first_s, "last_s": first_s + (frames - 1) / fps + sum(gaps), "frames": frames, "bytes": size, "gaps": list(gaps)}  # fmt: skip


def of(*rows):
    found, _, ended = measured(rows, ["c"])
    return found["c"], ended


def test_steady_pieces_are_one_steady_stream():
    found, ended = of(row(8, 100), row(16, 108), row(24, 116), {"end_s": 24.0})
    assert ended and found.gaps == 0
    assert (round(found.seen_s, 3), found.frames, found.fps) == (24.0, 600, pytest.approx(25))
    assert found.kbps == pytest.approx(200) == found.peak_kbps


@pytest.mark.parametrize(
    ("rows", "gaps", "longest"),
    [
        ([row(8, 100), row(16, 108, gaps=[3.0]), {"end_s": 20.0}], 1, 3.0),  # within what was read at once
        ([row(8, 100), row(20, 112), {"end_s": 24.0}], 1, 4.04),  # between two readings
        ([row(8, 100), row(16, 109.5), {"end_s": 20.0}], 0, 0.0),  # under 2 s is none
        ([row(8, 100), row(30, 1.0), {"end_s": 36.0}], 1, 14.0),  # its clock began anew: the centre's says how long
        ([row(8, 100), row(16, 1.0), {"end_s": 20.0}], 1, 2.0),  # so does a restart that took no time to speak of
        ([row(8, 100), {"end_s": 300.0}], 1, 292.0),  # silent to the end
        ([row(100, 100), {"end_s": 108.0}], 1, 100.0),  # late
        ([{"end_s": 60.0}], 1, 60.0),  # never
    ],
)
def test_what_is_a_gap(rows, gaps, longest):
    found, _ = of(*rows)
    assert (found.gaps, round(found.longest_gap_s, 2)) == (gaps, pytest.approx(longest, abs=0.05))


def test_rows_in_any_order_are_the_same():
    rows = [row(8, 100), row(16, 108), row(24, 116)]
    assert of(*rows, {"end_s": 24.0}) == of({"end_s": 24.0}, *reversed(rows))


def test_a_reader_that_complains_is_remembered_once():
    found, _ = of({"camera": "c", "at_s": 8, "error": "no moov"}, {"camera": "c", "at_s": 16, "error": "no moov"}, {"end_s": 20.0})
    assert found.errors == ("no moov",)


def test_without_an_end_a_run_isnt_finished():
    assert of(row(8, 100)) == (of(row(8, 100))[0], False)


@pytest.mark.parametrize(
    ("sent", "times", "loss", "p95"),
    [(100, [1.0] * 94 + [50.0] * 6, 0.0, 50.0), (100, [1.0] * 99, 0.01, 1.0), (10, [], 1.0, None), (0, [], 1.0, None)],
)
def test_round_trips(sent, times, loss, p95):
    _, paths, _ = measured([{"tunnel": "centre-ftth", "sent": sent, "round_trips_ms": times}], [])
    assert (round(paths["centre-ftth"].loss, 3), paths["centre-ftth"].p95_ms) == (loss, p95)


# --- judged -------------------------------------------------------------------------------------------------------------


def with_camera(**changes):
    return {"pictures": {name: pictures() for name in PLANNED} | {CAMERA: pictures(**changes)}}


def verified(**phases):
    return {"verified": trial().verified | phases}


def test_a_good_run_is_accepted():
    record = judge(trial(), PLANNED)
    assert record.accepted and record.reasons == ()
    assert {one.status for one in record.findings} == {"pass"}
    assert len(record.findings) == 2 + 4 * len(PLANNED) + 2 * 2 + 1 + 3 + 2
    assert json.loads(record.to_json())["verdict"] == "accepted"


@pytest.mark.parametrize(
    ("changes", "device", "check", "status"),
    [
        ({"unfinished": "stopped at the desk"}, ROUTER, "finished", "error"),
        ({"notice": None}, ROUTER, "notice", "fail"),
        (with_camera(frames=26000), CAMERA, "fps", "fail"),
        (with_camera(frames=33000), CAMERA, "fps", "fail"),
        (with_camera(kbps=2300.0), CAMERA, "bitrate", "fail"),
        (with_camera(gaps=1, longest_gap_s=2.5), CAMERA, "gaps", "fail"),
        (with_camera(seen_s=1100.0, frames=27500), CAMERA, "seen", "fail"),
        (with_camera(errors=("no moov",)), CAMERA, "readable", "error"),
        ({"paths": {"centre-ftth": Path(1200, 1180, 9.0)}}, ROUTER, "loss: centre-ftth", "fail"),
        ({"paths": {"centre-ftth": Path(1200, 1200, 151.0)}}, ROUTER, "round trip: centre-ftth", "fail"),
        ({"paths": {}}, ROUTER, "loss", "error"),
        ({"office": Office("ftth", 8000.0, 7500.0)}, ROUTER, "office: ftth", "fail"),
        ({"office": None, "office_why": "web:5001: Connection refused"}, ROUTER, "office", "error"),
        (verified(before=(case("fail"),)), ROUTER, "verification before", "fail"),
        (verified(during=(case(), case("error", "another"))), ROUTER, "verification during", "error"),
        (verified(after=None), ROUTER, "verification after", "error"),
        (verified(after=()), ROUTER, "verification after", "error"),
        ({"verified": {"before": (case(),), "during": (case(),)}}, ROUTER, "verification after", "error"),
        ({"rebooted": {CAMERA: "no picture came afterwards"}}, CAMERA, "reboot", "fail"),
    ],
)
def test_each_thing_that_is_wrong_is_one_reason_against(changes, device, check, status):
    record = judge(trial(**changes), PLANNED)
    assert not record.accepted
    assert [(one.device, one.check, one.status) for one in record.reasons] == [(device, check, status)]
    assert json.loads(record.to_json())["verdict"] == "not accepted"


@pytest.mark.parametrize(
    "changes",
    [
        {"office": None, "office_why": "not_allowed"},
        {"office": None, "office_why": "not_here"},
        {"rebooted": None},
        with_camera(frames=27500),  # 8 % under
        with_camera(kbps=2240.0),  # 9 % over the cap
        verified(during=(case(), case("waived", "office pc reaches no camera", "flat"))),
    ],
)
def test_what_wasnt_asked_for_or_is_within_its_limits_speaks_against_nothing(changes):
    assert judge(trial(**changes), PLANNED).accepted


def test_a_camera_that_was_never_seen_fails_and_no_figure_is_made_up_for_it():
    checks = {one.check: one.status for one in judge(trial(pictures={}), PLANNED).findings if one.device == CAMERA}
    assert checks == {"seen": "fail", "reboot": "pass"}


def test_a_site_without_planned_cameras_is_never_accepted():
    assert not judge(trial(pictures={}), {}).accepted


def test_the_plan_says_what_the_cameras_are_to_send():
    province = load(LAB)
    found = planned_of(province, plan(province), "lang-giang")
    assert set(found) == set(PLANNED)
    assert all(one.fps > 0 and one.cap_kbps > 0 for one in found.values())


# --- the record as people read it ---------------------------------------------------------------------------------------

BAD = {
    "unfinished": "stopped at the desk",
    "notice": None,
    "pictures": {CAMERA: Pictures(gaps=1, longest_gap_s=1200.0), "lang-giang-cam2": pictures(frames=20000, kbps=2500.4, gaps=2), "lang-giang-cam3": pictures(errors=("no moov",))},
    "paths": {"centre-ftth": Path(1200, 1100, 190.0)},
    "verified": {"before": (case(),), "during": (case("fail", actual="down"),), "after": None},
    "office": None,
    "office_why": "web:5001: Connection refused",
    "rebooted": {CAMERA: "no picture came afterwards"},
}  # fmt: skip
SENTENCES = {language: {(case().device, case().check): f"Case in {language}: it answers."} for language in ("vi", "en")}
SAID = {
    "vi": ("CHƯA NGHIỆM THU", "người vận hành dừng giữa chừng", "biển báo ghi hình", "16,7 hình/giây, quy hoạch 25", "2.500 kbit/s, trần 2.048 kbit/s", "mất 8,3% số gói", "190 ms", "không đọc được hình (no moov)", "lang-giang-router: down (phép kiểm tra: Case in vi: it answers)", "Sau khi thử: không kiểm tra được", "không còn hình về trung tâm"),
    "en": ("NOT ACCEPTED", "stopped at the desk", "notice that people are recorded", "16.7 frames a second, planned 25", "2,500 kbit/s on average, cap 2,048 kbit/s", "8.3% of the packets lost", "190 ms", "can't be read (no moov)", "lang-giang-router: down (case: Case in en: it answers)", "After: the verification couldn't be tried", "no picture came afterwards"),
}  # fmt: skip


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Write a record without LibreOffice, which costs seconds; gives its texts by language."""
    monkeypatch.setattr(pdf, "office", lambda: None)

    def write(record, on=date(2026, 11, 26)):
        province = load(LAB, on)
        names, remark = write_record(province, plan(province), record, SENTENCES, LAB.parent, tmp_path)
        assert remark and names == ["acceptance.json", "acceptance-vi.docx", "acceptance-en.docx"]
        return {language: text_of(tmp_path / f"acceptance-{language}.docx") for language in ("vi", "en")}

    return write


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_record_that_accepts_says_so_with_every_figure(written, language):
    text = written(judge(trial(), PLANNED))[language]
    figures = {
        "vi": ("2.011 / 2.048", "99,8%", "9,4", "0,3%", "7.950 kbit/s"),
        "en": ("2,011 / 2,048", "99.8%", "9.4", "0.3%", "7,950 kbit/s"),
    }
    words = {"vi": ("ĐỦ ĐIỀU KIỆN NGHIỆM THU", "Quầy tiếp nhận", "ĐẠI DIỆN BÊN GIAO", "ĐẠI DIỆN BÊN NHẬN", "Không có."), "en": ("ACCEPTED:", "FOR THE SIDE THAT DELIVERS", "FOR THE SIDE THAT ACCEPTS", "Nothing.")}  # fmt: skip
    for part in (*figures[language], *words[language], "lang-giang-cam3", "01/09/2026", "21:30:05 26/11/2026"):
        assert part in text, part
    for never in ("CHƯA NGHIỆM THU", "NOT ACCEPTED", "{{", "None", "{%"):
        assert never not in text


@pytest.mark.parametrize("language", ["vi", "en"])
def test_a_record_that_accepts_nothing_says_why_in_its_language(written, language):
    text = written(judge(trial(**BAD), PLANNED))[language]
    for part in SAID[language]:
        assert part in text, part
    assert "ĐỦ ĐIỀU KIỆN" not in text and "\nACCEPTED" not in text
    assert "{{" not in text and "None" not in text


@pytest.mark.parametrize(
    ("on", "cited", "not_yet"),
    [
        (date(2023, 11, 26), ("24/2020/TT-BTTTT", "73/2019/NĐ-CP"), "224/2026"),
        (date(2026, 11, 26), ("224/2026/NĐ-CP", "Điều 55, Điều 56 và Điều 57", "41/2026/TT-BKHCN"), "24/2020"),
    ],
)
def test_the_law_is_that_of_its_day(written, on, cited, not_yet):
    text = written(judge(trial(), PLANNED), on)["vi"]
    assert all(part in text for part in cited)
    assert not_yet not in text


def test_the_record_for_programs_holds_what_the_words_say(written, tmp_path):
    record = judge(trial(**BAD), PLANNED)
    written(record)
    document = json.loads((tmp_path / "acceptance.json").read_text())
    assert (document["kind"], document["verdict"], document["trial"]["site"]) == ("acceptance", "not accepted", "lang-giang")
    assert document["trial"]["pictures"][CAMERA]["longest_gap_s"] == 1200.0
    assert len(document["findings"]) == len(record.findings)


def test_an_offices_own_template_is_used(tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "office", lambda: None)
    own = tmp_path / "templates/vi/acceptance.docx"
    repacked(OURS / "vi/acceptance.docx", own, lambda text: text.replace("BIÊN BẢN", "BIÊN BẢN CỦA SỞ"))
    province = load(LAB, date(2026, 11, 26))
    write_record(province, plan(province), judge(trial(), PLANNED), SENTENCES, tmp_path, tmp_path)
    assert "BIÊN BẢN CỦA SỞ" in text_of(tmp_path / "acceptance-vi.docx")
