"""`motcua report month`: a letter that says how a month of audits went, in the law of its last day."""

from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.acts import repealed
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, exit_code
from ansible_collections.motcua.cctv.plugins.plugin_utils.history import History
from typer.testing import CliRunner

from cli import report
from documents.rows.month import Month, known_share

from .planned import text_of, write_inventory

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DEVICES = ("huyen-thu-cam1", "dong-tien-router", "dong-tien-cam1")
WAIVERS = {
    "upnp-cu": {"devices": ["dong-tien-*"], "checks": ["services.upnp"], "reason": "Camera cũ không tắt được", "approver": "Nguyễn Văn A, Sở Khoa học và Công nghệ", "until": date(2026, 10, 20)},
    "khac": {"devices": ["huyen-thu-*"], "checks": ["services.snmp"], "reason": "Chờ thay", "approver": "Trần Thị B", "until": date(2027, 6, 30)},
}  # fmt: skip


def finding(device, check, status="fail", expected=False, actual=True, feature=None):
    return Finding(device, device.rpartition("-")[0] or device, feature or check.partition(".")[0], check, status, expected, actual)


def passing(*devices):
    return [finding(device, "declared", "pass", None, None, "device") for device in devices]


SILENT = finding("dong-tien-router", "reachable", "error", "answers", "no answer within 5 s", "device")
UPNP = finding("dong-tien-cam1", "services.upnp")
RULE = finding("dong-tien", "MC-01", feature="rules")
HOLE = finding("huyen-thu-cam1", "CT23-05 CVE-2021-36260", feature="rules")
# September's audit found a wrong time; October's three found what is below, and November's is none of October's business.
AUDITS = {
    "2026-09-30T00:00:00Z": [finding("huyen-thu-cam1", "time.zone", expected="Asia/Ho_Chi_Minh", actual="UTC"), *passing(*DEVICES[1:])],
    "2026-10-01T00:00:00Z": [*passing(DEVICES[0]), SILENT, UPNP],
    "2026-10-06T00:00:00Z": [*passing(*DEVICES[:2]), UPNP, RULE],
    "2026-10-11T00:00:00Z": [HOLE, SILENT, UPNP, RULE],
    "2026-11-02T00:00:00Z": [*passing(*DEVICES), finding("huyen-thu-cam1", "streams.main.fps", expected=15, actual=25)],
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A province with waivers, and the folder of its reports with a history."""
    path = write_inventory(tmp_path_factory.mktemp("inventory"))
    (path.parent / "waivers.yml").write_text(yaml.safe_dump({"waivers": WAIVERS}, allow_unicode=True), encoding="utf-8")
    reports = tmp_path_factory.mktemp("reports")
    with closing(History(reports / "history.db", "2026-09-30T00:00:00Z")) as history:
        for at, rows in AUDITS.items():
            history.enter(at, "", exit_code(rows), rows, [*DEVICES, "dong-tien"])
        history.enter("2026-10-20T00:00:00Z", "site_xa", 0, passing("xa-router"), [*DEVICES, "dong-tien", "xa-router"])
    return path, reports


@pytest.fixture(scope="module")
def ask(made):
    def run(*arguments):
        path, reports = made
        return CliRunner().invoke(report.app, ["month", *arguments, "-i", str(path), "--output", str(reports), "--no-pdf"])

    return run


@pytest.fixture(scope="module")
def letter(made, ask):
    def said(month, language="vi"):
        done = ask(month, "--language", language)
        assert done.exit_code == 0, done.exception
        return text_of(made[1] / f"month-{month}-{language}.docx")

    return said


@pytest.mark.parametrize("language", ["vi", "en"])
def test_nothing_is_unfilled_and_no_act_that_is_over_is_cited(letter, language):
    text = letter("2026-10", language)
    for never in ("{{", "{%", "None", "nan", "[]"):
        assert never not in text
    assert not [act.number for act in repealed(date(2026, 10, 31)) if act.number in text]


def test_a_month_of_the_former_law_cites_the_former_law(letter, made, tmp_path):
    with closing(History(tmp_path / "history.db", "2023-10-05T00:00:00Z")) as history:
        history.enter("2023-10-05T00:00:00Z", "", 2, [RULE], [*DEVICES, "dong-tien"])
    done = CliRunner().invoke(report.app, ["month", "2023-10", "-i", str(made[0]), "--output", str(tmp_path), "--no-pdf"])
    assert done.exit_code == 0, done.exception
    assert "61/2018/NĐ-CP" in text_of(tmp_path / "month-2023-10-vi.docx")
    assert "61/2018/NĐ-CP" not in letter("2026-10")


def test_it_says_how_the_month_went(letter):
    text = letter("2026-10")
    assert "tháng 10 năm 2026" in text
    assert "kiểm tra toàn bộ 3 lần, trong 3/31 ngày" in text  # the one of a single site isn't one of the whole
    assert "28 ngày không có lần kiểm tra toàn bộ nào" in text
    assert "07:00 11/10/2026" in text
    assert "có 1 sai lệch mới và 1 sai lệch đã hết; cuối tháng còn 1 sai lệch" in text
    assert "Luồng hình" not in text  # November's


def test_rules_waivers_and_what_could_not_be_told_are_named(letter):
    lines = letter("2026-10").splitlines()
    assert lines[lines.index("MC-01") + 3] == "1"
    assert lines[lines.index("CT23-05") + 3] == "1"
    covered = lines.index("Camera cũ không tắt được")
    assert lines[covered : covered + 5] == [
        "Camera cũ không tắt được",
        "Nguyễn Văn A, Sở Khoa học và Công nghệ",
        "20/10/2026",
        "1",
        "Đã hết hạn",
    ]
    idle = lines.index("Chờ thay")
    assert lines[idle + 4] == "Không còn áp dụng"
    silent = lines.index("dong-tien-router")
    assert lines[silent : silent + 4] == ["dong-tien-router", "Xã Đồng Tiến", "11/10/2026", "no answer within 5 s"]


def test_proposals_follow_from_what_was_found(letter):
    text = letter("2026-10")
    proposals = text[text.index("VI. ĐỀ XUẤT") :]
    for said in (
        "Khắc phục “Dịch vụ · UPnP” tại 1 thiết bị",
        "hết hạn ngày 20/10/2026",
        "Khôi phục kết nối tới 1 thiết bị",
        "Xử lý 2 yêu cầu",
        "hằng ngày",
    ):
        assert said in proposals


def test_time_that_could_not_be_told_counts_once(made):
    with closing(History(made[1] / "history.db", "2026-12-01T00:00:00Z")) as history:
        runs = tuple(run for run in history.runs("2026-10") if run.at < "2026-11" and not run.scope)
        stood = history.stood("2026-10-01", "2026-11-01")
    month = Month(date(2026, 10, 1), date(2026, 10, 31), ZONE, runs, stood)
    assert known_share(month, {"dong-tien-router"}) == pytest.approx(0.5)
    assert known_share(month, {"dong-tien-router", "huyen-thu-cam1"}) == pytest.approx(0.75)
    twice = Month(month.first, month.last, ZONE, runs, stood + stood)
    assert known_share(twice, {"dong-tien-router"}) == pytest.approx(0.5)
    alone = Month(month.first, month.last, ZONE, runs[:1], stood)
    assert known_share(alone, {"dong-tien-router"}) is None


@pytest.mark.parametrize(
    ("month", "sentence"),
    [
        ("2026-13", "is no month; write it as 2026-11"),
        ("november", "is no month; write it as 2026-11"),
        (f"{datetime.now(UTC) + timedelta(days=40):%Y-%m}", "hasn't begun yet"),
        ("2024-05", "has no audit of the whole province between 2024-05-01 and 2024-05-31"),
    ],
)
def test_what_is_no_month_or_was_never_audited_is_one_sentence(ask, month, sentence):
    done = ask(month)
    assert isinstance(done.exception, ModelError)
    assert sentence in str(done.exception)


def test_without_a_history_there_is_no_letter(made, tmp_path):
    done = CliRunner().invoke(report.app, ["month", "2026-10", "-i", str(made[0]), "--output", str(tmp_path), "--no-pdf"])
    assert isinstance(done.exception, ModelError)
    assert "has no history.db; run 'motcua audit' first" in str(done.exception)


def test_an_offices_own_template_takes_its_place(made, ask):
    own = made[0].parent / "templates" / "vi"
    own.mkdir(parents=True)
    (own / "month-report.docx").write_bytes(b"no Word")
    done = ask("2026-10")
    (own / "month-report.docx").unlink()
    assert "month-report.docx: it is no Word document" in str(done.exception)
