"""The rules of the catalogue: each passes, fails, and says when it could not tell; questions, profiles, grace, and what findings say."""

from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue import rules as catalogue
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.requirements import requirements
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.rules import PROFILES, QUESTIONS, RULES
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, exit_code
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Waiver
from ansible_collections.motcua.cctv.plugins.plugin_utils.rules import PROVINCE, counted
from ansible_collections.motcua.cctv.plugins.plugin_utils.rules.checklist import after_months
from ansible_collections.motcua.cctv.plugins.plugin_utils.rules.judges import JUDGES
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import Snapshot
from ansible_collections.motcua.cctv.plugins.plugin_utils.waivers import waive

from .judging import OLD, TODAY, judged, lacks, says, silent, written

CAMERA, SITE = "sites.a.cameras.cam1", "sites.a"
NARROW = {"kind": "ftth", "provider": "VNPT", "interface": "wan", "address": "cgnat", "up_mbps": 0.3, "down_mbps": 1, "p95_up_mbps": 0.29}


def switched(key, value, device="a-cam1"):
    """A switch that is wrong, and one that can't be told."""
    return [says(device, key, value)], [lacks(device, key)]


def unwritten(path, value):
    """Something in the model that is wrong, and something that nobody has written."""
    return [written(path, value)], [written(path, None)]


# Rule -> (changes by which it fails, changes by which it can't be told): a device is silent about it, or nobody has written it.
CASES = {
    "MC-01": ([written(f"{SITE}.zones", ["counter", "waiting"])], [written(f"{CAMERA}.zone", None)]),
    "MC-02": ([written(f"{SITE}.lines", {"ftth": NARROW})], [silent("a-cam1")]),
    "MC-04": ([written(f"{CAMERA}.model", None)], [written(f"{SITE}.office.surveyed", None)]),
    "MC-05": ([written("viewers", {})], [written("viewers", {}), written(f"{SITE}.office.surveyed", None)]),
    "MC-06": ([written(f"{SITE}.lines", {"ftth": NARROW | {"p95_down_mbps": 0.1}})], [written(f"{SITE}.lines.tslcd.p95_up_mbps", None)]),
    "CT23-04": ([says("a-cam1", key, value) for key, value in OLD.items()], [written(f"{CAMERA}.conformity", None)]),
    "CT23-05": ([written(f"{SITE}.router.firmware", "6.48.1")], [says("a-cam1", "identity.build", None)]),
    "TC724-02": switched("access.lockout", False, "a-nvr1"),
    "TC724-04": unwritten(f"{SITE}.compliance.passwords_changed", False),
    "TC724-11": ([says("a-nvr1", "certificate.expires", "2026-11-25T00:00:00+00:00")], [says("a-nvr1", "certificate.expires", None)]),
    "TC724-12": switched("services.discovery", True),
    "TC724-13": switched("services.p2p", True),
    "TC724-14": ([says("a-cam3", "streams.main.audio", True)], [written(f"{CAMERA}.microphone", None)]),
    "TC724-18": unwritten(f"{SITE}.power.rack_locked", False),
    "QC-01": ([written(f"{CAMERA}.conformity", None)], [written(f"{CAMERA}.bought_year", None)]),
    "LV-03": ([written(f"{SITE}.isolation", "flat")], [written(f"{SITE}.isolation", "device")]),
    "LV-06": unwritten(f"{SITE}.compliance.open_to_internet", True),
    "LV-08": switched("time.mode", "manual"),
    "BW-01": (
        [written(f"{SITE}.lines", {"ftth": NARROW | {"up_mbps": 0.1, "p95_down_mbps": 0.1}})],
        [written(f"{SITE}.lines.tslcd.p95_up_mbps", None)],
    ),
    "BW-03": ([written(f"{SITE}.power.temperature_c", 35)], [written(f"{SITE}.power", {"ups": None})]),
    "BW-05": ([written("networks.tslcd", ["10.191.0.0/16"])], [written("networks.tslcd", [])]),
    "DP-01": (
        [written(f"{SITE}.recording_notice", None), written(f"{SITE}.compliance.sign_present", False)],
        [written(f"{SITE}.recording_notice", None), written(f"{SITE}.compliance.sign_present", None)],
    ),
    "DP-05": switched("streams.sub.audio", True, "a-cam3"),
    "HD-01": switched("time.ntp", ["time.windows.com"]),
    "HD-04": switched("services.upnp", True),
    "HD-05": switched("services.telnet", True),
    "HD-06": switched("services.snmp", True, "a-nvr1"),
    "HD-07": switched("access.tls_min", "1.1"),
    "HD-08": switched("access.rtsp_auth", "digest_basic"),
    "HD-09": ([says("a-cam1", "onvif_users.motcua-onvif.role", "admin")], [lacks("a-cam1", "onvif_users")]),
    "HD-13": switched("access.lockout", False),
    "HD-14": switched("services.p2p", True, "a-nvr1"),
    "HD-15": ([says("a-cam1", "users.motcua-view.role", "admin")], [lacks("a-cam1", "users")]),
}  # fmt: skip


def of(found, rule):
    return [one for one in found.findings if one.check.partition(" ")[0] == rule]


def test_each_requirement_is_a_rule_or_a_question_and_each_rule_has_its_cases():
    assert [one.id for one in requirements(TODAY)] == sorted([*RULES, *QUESTIONS], key=[one.id for one in requirements(TODAY)].index)
    assert not set(RULES) & set(QUESTIONS)
    assert set(CASES) == set(RULES)
    assert all(set(question.why) == {"vi", "en"} for question in QUESTIONS.values())
    assert {rule.judge for rule in RULES.values() if isinstance(rule.judge, str)} == set(JUDGES)


def test_a_province_that_keeps_every_rule_passes_them_all():
    found = judged()
    assert {rule: dict(found.tally[rule]) for rule in RULES} == {rule: {"pass": sum(found.tally[rule].values())} for rule in RULES}
    assert {(one.device, one.check, one.status) for one in found.findings} == {
        ("a", "rules", "pass"), ("a", "questions", "skipped"), (PROVINCE, "rules", "pass"), (PROVINCE, "questions", "skipped"),
    }  # fmt: skip


@pytest.mark.parametrize("rule", CASES)
def test_it_fails_and_says_what_should_be(rule):
    found = judged(*CASES[rule][0])
    assert found.tally[rule].get("fail"), found.tally[rule]
    failed = of(found, rule)
    assert failed
    assert all(one.status == "fail" and one.expected and one.actual for one in failed)
    assert exit_code(found.findings) == 2


@pytest.mark.parametrize("rule", CASES)
def test_what_it_cannot_tell_is_never_a_pass(rule):
    """A device that doesn't say it is an error; what nobody has written is skipped, and says what."""
    found, whole = judged(*CASES[rule][1]), judged()
    counts = found.tally[rule]
    assert not counts.get("fail")
    assert counts.get("error") or counts.get("skipped")
    assert counts.get("pass", 0) < whole.tally[rule]["pass"]
    if counts.get("error"):
        assert exit_code(found.findings) == 1
    else:
        assert found.reasons[rule]


def test_an_administrator_whom_nobody_declared_breaks_a_rule():
    (row,) = of(judged(says("a-cam1", "users.hikadmin.role", "admin")), "HD-15")
    assert (row.device, row.status) == ("a-cam1", "fail")
    assert "hikadmin admin" in row.actual
    assert not of(judged(says("a-cam1", "users.hikwatch.role", "viewer")), "HD-15")


@pytest.mark.parametrize(
    ("key", "value", "actual"),
    [
        ("certificate.expires", f"{TODAY + timedelta(days=30)}T12:00:00+00:00", f"ends on {TODAY + timedelta(days=30)}"),
        ("certificate.expires", f"{TODAY + timedelta(days=31)}T12:00:00+00:00", None),
        ("certificate.ours", False, "another one"),
        ("certificate.ours", True, None),
    ],
)
def test_a_certificate_that_ends_soon_or_is_nobodys_of_ours_is_a_finding(key, value, actual):
    assert [one.actual for one in of(judged(says("a-nvr1", key, value)), "TC724-11")] == ([] if actual is None else [actual])


def test_a_device_that_no_way_is_known_for_needs_no_certificate_of_ours():
    dahua = written("sites.a.nvrs.nvr1.vendor", "dahua")
    assert not of(judged(dahua, says("a-nvr1", "certificate.ours", False)), "TC724-11")


def test_a_device_that_was_not_read_is_named_once():
    found = judged(silent("a-cam1"))
    (row,) = [one for one in found.findings if one.device == "a-cam1"]
    assert (row.check, row.status, row.actual) == ("rules", "error", "nothing was read of it")
    assert found.tally["HD-04"] == {"error": 1, "pass": 1}
    heard = [Finding("a-cam1", "a", "device", "reachable", "error"), Finding("a-nvr1", "a", "device", "declared", "pass")]
    assert not [one for one in judged(silent("a-cam1"), heard=heard).findings if one.device == "a-cam1"]


def test_only_what_the_audit_asked_is_judged():
    heard = [Finding("a-nvr1", "a", "device", "declared", "pass")]
    found = judged(says("a-cam1", "services.upnp", True), heard=heard)
    assert found.tally["HD-04"] == {"pass": 1}
    assert "CT23-01" not in found.tally  # the province's own questions: no centre was asked
    assert "CT23-01" in judged(heard=[*heard, Finding("centre-server", None, "device", "declared", "pass")]).tally
    assert not judged(heard=[]).tally


def test_what_a_device_does_not_have_is_off_there_and_otherwise_skipped():
    found = judged(
        lacks("a-cam1", "services.telnet", "unsupported", "no such thing"), lacks("a-cam1", "access.lockout", "unsupported", "no")
    )
    assert found.tally["HD-05"] == {"pass": 2}
    assert found.tally["HD-13"] == {"pass": 1, "skipped": 1}
    assert found.reasons["HD-13"] == {"no": 1}


def test_what_no_one_knows_how_to_ask_is_skipped():
    dahua = written(f"{CAMERA}.vendor", "dahua")
    assert judged(dahua, says("a-cam1", "access.rtsp_auth", None)).reasons["HD-08"] == {
        "no way to read access.rtsp_auth is known for this kind of device": 1
    }


def test_a_rule_of_which_a_part_cannot_be_judged_has_not_passed():
    dahua = written(f"{CAMERA}.vendor", "dahua")
    found = judged(dahua, says("a-cam1", "access.tls_min", None))
    assert found.tally["HD-07"] == {"pass": 1, "skipped": 1}
    assert found.reasons["HD-07"] == {"no way to read access.tls_min is known for this kind of device": 1}
    assert judged(dahua, says("a-cam1", "access.tls_min", None), says("a-cam1", "services.https", False)).tally["HD-07"] == {
        "pass": 1,
        "fail": 1,
    }


def test_alike_failures_are_alike_wherever_they_are():
    found = judged(*(says(device, "services.upnp", True) for device in ("a-cam1", "a-nvr1")))
    first, second = of(found, "HD-04")
    assert (first.expected, first.actual) == (second.expected, second.actual) == ("services.upnp: off", "services.upnp: on")
    assert {first.device, second.device} == {"a-cam1", "a-nvr1"}


@pytest.mark.parametrize(
    ("on", "cited"), [(date(2023, 10, 1), "Nghị định 13/2023/NĐ-CP"), (TODAY, "Luật 91/2025/QH15")], ids=["2023", "today"]
)
def test_a_finding_cites_what_is_in_force_on_its_day(on, cited):
    (row,) = of(judged(*CASES["DP-01"][0], on=on), "DP-01")
    assert cited in row.evidence
    assert "recording_notice" in row.evidence


def test_each_hole_is_a_finding_of_its_own_and_a_device_counts_once():
    found = judged(*(says("a-cam1", key, value) for key, value in OLD.items()))
    checks = {one.check: one for one in of(found, "CT23-05")}
    assert "CT23-05 CVE-2017-7921" in checks
    assert "exploited since 2026-03-05" in checks["CT23-05 CVE-2017-7921"].expected
    assert sum(found.tally["CT23-05"].values()) == 3  # camera, recorder, router
    assert "exploited" in of(found, "CT23-04")[0].actual


def test_what_a_router_says_of_its_firmware_counts_more_than_what_somebody_wrote():
    read = {"a-router": Snapshot("a-router", {"identity.firmware": "6.48.1"}, config="/ip")}
    (row,) = [one for one in of(judged(lambda _, snapshots: snapshots | read), "CT23-05") if one.status == "fail"]
    assert (row.device, row.actual) == ("a-router", "6.48.1")
    assert judged(written(f"{SITE}.router.firmware", None)).reasons["CT23-05"] == {"nobody has written router.firmware": 1}


def test_a_hole_that_cannot_be_ruled_out_could_not_be_told():
    found = judged(says("a-cam1", "identity.build", None))
    assert {one.status for one in of(found, "CT23-05")} == {"error"}
    assert exit_code(found.findings) == 1


@pytest.mark.parametrize(
    ("profiles", "judged_by"),
    [((), {"qcvn", "level2", "level3", "vendor-hardening"}), (("level3",), {"level3"}), (("qcvn", "level2"), {"qcvn", "level2"})],
)
def test_only_the_rules_of_the_profiles_are_judged(profiles, judged_by):
    tally = judged(profiles=profiles).tally
    assert set(tally) == {name for name, one in {**RULES, **QUESTIONS}.items() if judged_by & set(one.profiles)}


def test_a_site_and_a_camera_may_have_profiles_of_their_own():
    loud = (says("a-cam1", "services.upnp", True), says("a-nvr1", "services.upnp", True))
    assert (
        of(
            judged(*loud, written(f"{SITE}.policy", {"profiles": ["level2"]}), written(f"{CAMERA}.policy", {"profiles": ["level2"]})),
            "HD-04",
        )
        == []
    )
    (row,) = of(
        judged(*loud, written(f"{SITE}.policy", {"profiles": ["level2"]}), written(f"{CAMERA}.policy", {"profiles": ["vendor-hardening"]})),
        "HD-04",
    )
    assert row.device == "a-cam1"


def test_a_rule_is_judged_from_its_day_on():
    assert "QC-01" not in judged(on=date(2025, 12, 31)).tally
    assert "QC-01" in judged(on=date(2026, 1, 1)).tally


@pytest.mark.parametrize(("on", "status"), [(TODAY, "waived"), (date(2026, 12, 31), "waived"), (date(2027, 1, 1), "fail")])
def test_until_the_grace_date_what_fails_is_waived(monkeypatch, on, status):
    monkeypatch.setitem(RULES, "HD-04", RULES["HD-04"].model_copy(update={"grace_until": date(2026, 12, 31)}))
    found = judged(says("a-cam1", "services.upnp", True), on=on)
    (row,) = of(found, "HD-04")
    assert row.status == status
    assert ("grace until 2026-12-31" in row.evidence) == (status == "waived")
    assert found.tally["HD-04"] == {status: 1, "pass": 1}


def test_grace_waives_nothing_that_could_not_be_told(monkeypatch):
    monkeypatch.setitem(RULES, "HD-04", RULES["HD-04"].model_copy(update={"grace_until": date(2026, 12, 31)}))
    assert of(judged(lacks("a-cam1", "services.upnp")), "HD-04")[0].status == "error"


def test_waivers_move_the_tally():
    found = judged(*(says(device, "services.upnp", True) for device in ("a-cam1", "a-nvr1")))
    waiver = Waiver(devices=["a-nvr1"], checks=["HD-04"], reason="cũ", approver="A", until=TODAY)
    waived = waive(found.findings, {"old": waiver}, TODAY)
    assert counted(found, waived.findings)["HD-04"] == {"fail": 1, "waived": 1}
    assert found.tally["HD-04"] == {"fail": 2}


# --- questions -----------------------------------------------------------------------------------------------------------


def answer(question, said="yes", on=date(2026, 11, 1), where="checklist", note=None):
    return written(where, {question: {"answer": said, "by": "Trần B, Sở KHCN", "day": on} | ({"note": note} if note else {})})


@pytest.mark.parametrize(
    ("question", "given", "status"),
    [
        ("CT23-01", {}, "pass"),
        ("CT23-01", {"said": "no"}, "fail"),
        ("CT23-01", {"said": "not_applicable"}, None),
        ("CT23-01", {"on": date(2026, 11, 27)}, "skipped"),  # not yet given
        ("LV-09", {"on": date(2026, 5, 26)}, "pass"),
        ("LV-09", {"on": date(2026, 5, 25)}, "fail"),
        ("HD-03", {"where": "sites.a.checklist"}, "pass"),
        ("HD-03", {"where": "sites.a.checklist", "said": "no"}, "fail"),
        ("BW-04", {"where": "sites.a.checklist", "said": "no"}, "fail"),
    ],
)
def test_answers_are_judged(question, given, status):
    found = judged(answer(question, note="số 12", **given))
    assert found.tally.get(question, {}) == ({} if status is None else {status: 1})
    if status == "fail":
        (row,) = of(found, question)
        assert row.device == ("a" if "where" in given else PROVINCE)
        assert "Trần B, Sở KHCN on" in row.evidence
        assert "số 12" in row.evidence


def test_the_strictest_profile_says_how_old_an_answer_may_be():
    old = answer("LV-09", on=date(2026, 1, 1))
    assert judged(old, profiles=["level2"]).tally["LV-09"] == {"pass": 1}
    assert judged(old, profiles=["level2", "level3"]).tally["LV-09"] == {"fail": 1}


def test_what_nobody_has_answered_is_named():
    (row,) = [one for one in judged(answer("CT23-01")).findings if (one.device, one.check) == (PROVINCE, "questions")]
    assert row.status == "skipped"
    assert "CT23-02" in row.expected
    assert "CT23-01" not in row.expected


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2026, 11, 26), 2, date(2027, 1, 26)),
        (date(2026, 12, 1), 12, date(2027, 12, 1)),
    ],
)
def test_months_end_where_a_calendar_ends_them(day, months, then):
    assert after_months(day, months) == then


# --- mistakes ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "name", "value", "sentence"),
    [
        ("rules", "HD-04", {"severity": "hgh"}, "rules.yml: rules.HD-04.severity: Input should be 'critical', 'high', 'medium' or 'low'; correct it"),
        ("rules", "HD-04", {"graze_until": "2026-01-01"}, "rules.yml: rules.HD-04.graze_until: is no key of a rule; correct its spelling, or remove it"),
        ("rules", "HD-04", {"applies": None}, "rules.yml: rules.HD-04.applies: "),
        ("rules", "HD-04", {"judge": {"services.upnp": {"equal": False}}}, "rules.yml: rules.HD-04.judge"),
        ("rules", "HD-04", {"judge": {"services.upnp": {"between": [1]}}}, "rules.yml: rules.HD-04.judge: services.upnp: between wants a list"),
        ("rules", "HD-99", {}, "rules.yml: HD-99: is no requirement of requirements.csv; correct the id"),
        ("questions", "HD-03", {"why": "becuase"}, "rules.yml: questions.HD-03.why: 'becuase' is none of reasons; write one of by_design, "),
        ("questions", "HD-04", {}, "rules.yml: HD-04: is both a rule and a question; make it one of them"),
    ],
)  # fmt: skip
def test_a_mistake_in_the_catalogue_is_one_sentence_with_file_and_key(tmp_path, part, name, value, sentence):
    whole = yaml.safe_load(catalogue.FILE.read_text(encoding="utf-8"))
    pattern = whole[part].get(name) or whole[part]["HD-03" if part == "questions" else "HD-06"]
    whole[part][name] = pattern | value
    file = tmp_path / "rules.yml"
    file.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        catalogue.read(file)
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("place", "question", "sentence"),
    [
        ("checklist.yml", "CT23-1", "checklist.CT23-1: is no question of the catalogue; did you mean 'CT23-01'?"),
        ("checklist.yml", "HD-03", "checklist.HD-03: is asked of each site; move it to the sites"),
        ("sites/lang-giang.yml", "CT23-01", "sites.lang-giang.checklist.CT23-01: is asked once for the province; move it to checklist.yml"),
    ],
)
def test_an_answer_that_nobody_asked_for_is_a_mistake_of_the_model(lab, place, question, sentence):
    given = {question: {"answer": True, "by": "A", "day": date(2026, 11, 1)}}
    file = lab / place
    whole = yaml.safe_load(file.read_text(encoding="utf-8")) if file.exists() else {"checklist": given}
    if "sites" in whole:
        whole["sites"]["lang-giang"]["checklist"] = given
    file.write_text(yaml.safe_dump(whole, allow_unicode=True), encoding="utf-8")
    with pytest.raises(ModelError) as caught:
        load(lab / "province.yml")
    assert str(caught.value) == f"{file}: {sentence}"


@pytest.fixture
def lab(tmp_path):
    """A copy of the lab's inventory that may be changed."""
    for file in Path("inventory/lab").rglob("*.yml"):
        target = tmp_path / file.relative_to("inventory/lab")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(file.read_text(encoding="utf-8"), encoding="utf-8")
    return tmp_path


def test_every_profile_has_rules():
    for profile in PROFILES:
        assert [rule for rule in RULES.values() if profile in rule.profiles]
