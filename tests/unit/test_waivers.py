"""Waivers: what they waive and until when, and which are of no use."""

import shutil
from datetime import date

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import ALL_AS_DECLARED, DRIFT, Finding, exit_code
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Waiver
from ansible_collections.motcua.cctv.plugins.plugin_utils.waivers import waive

LAST = date(2026, 12, 31)


def waiver(devices="a-cam1", checks="services.upnp", until=LAST):
    return Waiver(
        devices=devices.split(),
        checks=checks.split(),
        reason="Đầu ghi cũ, thay trong quý I",
        approver="Nguyễn Văn A, Sở KH&CN",
        until=until,
    )


def finding(status="fail", device="a-cam1", check="services.upnp"):
    return Finding(device, "a", "services", check, status, False, True, evidence="read")


def statuses(findings, on=LAST, **waivers):
    return [one.status for one in waive(findings, waivers, on).findings]


@pytest.mark.parametrize(
    ("devices", "checks", "status"),
    [
        ("a-cam1", "services.upnp", "waived"),
        ("b-cam1 a-*", "users.* services.*", "waived"),
        ("a-cam2", "services.upnp", "fail"),
        ("a-cam1", "services.telnet", "fail"),
        ("A-CAM1", "services.upnp", "fail"),
    ],
)
def test_a_waiver_waives_its_checks_at_its_devices(devices, checks, status):
    assert statuses([finding()], one=waiver(devices, checks)) == [status]


@pytest.mark.parametrize("status", ["pass", "error", "skipped"])
def test_only_what_fails_is_waived(status):
    assert statuses([finding(status)], one=waiver("*", "*")) == [status]


def test_its_last_day_is_included_and_then_it_fails_again_and_says_so():
    waivers = {"one": waiver()}
    (held,) = waive([finding()], waivers, LAST).findings
    assert (held.status, exit_code([held])) == ("waived", ALL_AS_DECLARED)
    assert held.evidence == "read; waiver one of Nguyễn Văn A, Sở KH&CN: Đầu ghi cũ, thay trong quý I; until 2026-12-31"
    (ended,) = waive([finding()], waivers, date(2027, 1, 1)).findings
    assert (ended.status, exit_code([ended])) == ("fail", DRIFT)
    assert ended.evidence.endswith("; ended on 2026-12-31")


def test_the_longest_of_several_holds():
    assert statuses([finding()], LAST, short=waiver(until=date(2026, 1, 1)), long=waiver()) == ["waived"]


@pytest.mark.parametrize(
    ("findings", "idle"),
    [
        ([finding("pass", check="declared")], ("one",)),
        ([finding()], ()),
        ([finding("error", check="reachable")], ()),
        ([finding("fail", check="time.zone")], ("one",)),
        ([finding("pass", device="b-cam1")], ()),
        ([], ()),
    ],
    ids=["all is well", "it is needed", "could not be told", "something else fails", "another was asked", "nothing was asked"],
)
def test_a_waiver_of_no_use_is_said_where_that_can_be_told(findings, idle):
    assert waive(findings, {"one": waiver()}, LAST).idle == idle


MISTAKES = {
    "waivers: {one: {devices: [a-cam1], check: [x], reason: r, approver: a, until: 2026-12-31}}": r"waivers\.yml: waivers\.one\.checks?: ",
    "waivers: {one: {devices: [], checks: [x], reason: r, approver: a, until: 2026-12-31}}": r"waivers\.yml: waivers\.one\.devices: ",
    "waivers: {one: {devices: [a-cam1], checks: [x], reason: r, approver: a, until: 31/12/2026}}": r"waivers\.yml: waivers\.one\.until: ",
    "waivers: {one: {devices: [a-cam1], checks: [x], reason: '', approver: a, until: 2026-12-31}}": r"waivers\.yml: waivers\.one\.reason: ",
    "waiver: {}": r"waivers\.yml: waiver: .*write 'waivers:'",
}


@pytest.mark.parametrize("text", MISTAKES)
def test_a_mistake_in_the_file_is_a_sentence_before_anything_is_asked(tmp_path, text):
    shutil.copytree("inventory/lab", tmp_path / "lab", ignore=shutil.ignore_patterns("state", "secrets"))
    (tmp_path / "lab/waivers.yml").write_text(text, encoding="utf-8")
    with pytest.raises(ModelError, match=MISTAKES[text]):
        load(tmp_path / "lab/province.yml")
