"""Forty and more things that people change by hand: the audit names each of them and nothing else, and a rollout undoes them."""

import json

import pytest

from lab.drift import drifts, unexplained, unnamed
from tests.lab.conftest import INVENTORY, audit, motcua, playbook

MADE = drifts()


def of(findings, status):
    """(device, check) of the findings of a status; the rules that a change also breaks have tests of their own."""
    return [(row["device"], row["check"]) for row in findings if row["status"] == status and row["feature"] != "rules"]


@pytest.fixture(scope="module")
def drifted(tmp_path_factory):
    """The audit of a province in which everything of the table was changed: exit code, findings, folder."""
    made = motcua("lab", "drift", "--all")
    assert made.code == 0, made.text
    folder = tmp_path_factory.mktemp("drifted")
    return (*audit(folder), folder)


def test_each_of_forty_changes_is_named(drifted):
    code, findings, _ = drifted
    assert len(MADE) >= 40
    assert unnamed(MADE, of(findings, "fail")) == []
    assert code == 2


def test_nothing_else_is(drifted):
    _, findings, _ = drifted
    assert unexplained(MADE, of(findings, "fail")) == []
    assert of(findings, "error") == []


CHOSEN = {
    ("lang-giang-cam1", "services.upnp"),
    ("lang-giang-nvr1", "channels.1"),
    ("tan-dinh-router", "Write how routes are told and learned: /etc/frr/frr.conf"),
    ("xuong-lam-router", "Load the firewall where it differs from what is written"),
    ("centre-server", "Write nginx's configuration: /etc/nginx/conf.d/motcua.conf"),
}


def test_a_repair_undoes_the_chosen_ones_and_no_other(drifted, tmp_path):
    _, findings, folder = drifted
    named = ("--from", str(folder / "latest/findings.json"), "--output", str(tmp_path / "repairs"))
    done = motcua("repair", "-i", INVENTORY, "--yes", *named, *map(":".join, CHOSEN))
    assert done.code == 0, done.text
    _, left = audit(tmp_path)
    assert set(of(findings, "fail")) - set(of(left, "fail")) == CHOSEN
    assert set(of(left, "fail")) <= set(of(findings, "fail"))


def test_a_rollout_undoes_all_of_them(drifted, tmp_path):
    repaired = playbook("rollout")
    assert repaired.code == 0, repaired.text[-4000:]
    assert repaired.changed == {change.at for change in MADE}
    code, findings = audit(tmp_path)
    assert (of(findings, "fail"), of(findings, "error")) == ([], [])
    assert code == 0


LIE = json.dumps([{"path": ".*", "method": "PUT", "kind": "lie"}])


@pytest.fixture
def liar():
    """A camera that says yes to everything and keeps nothing."""
    assert motcua("lab", "drift", "telnet").code == 0
    assert motcua("lab", "hand", "lang-giang-cam1", "faults", "all", LIE).code == 0
    yield "lang-giang-cam1"
    assert motcua("lab", "hand", "lang-giang-cam1", "faults", "all", "[]").code == 0
    assert playbook("rollout", "-l", "lang-giang-cam1").code == 0


def test_a_camera_that_lies_is_never_clean(liar, tmp_path):
    told = playbook("rollout", "-l", liar)
    assert told.recap[liar]["failed"] == 1
    assert "services.telnet" in told.text
    ran = motcua("audit", "-i", INVENTORY, "-l", liar, "--output", str(tmp_path))
    findings = json.loads((tmp_path / "latest/findings.json").read_text())["findings"]
    assert of(findings, "fail") == [(liar, "services.telnet")]
    assert ran.code == 2


def test_drift_beside_a_device_that_is_off_is_drift(liar, tmp_path):
    assert motcua("lab", "hand", "lang-giang-cam2", "off").code == 0
    try:
        ran = motcua("audit", "-i", INVENTORY, "-l", f"{liar},lang-giang-cam2", "--output", str(tmp_path))
    finally:
        assert motcua("lab", "hand", "lang-giang-cam2", "on").code == 0
    findings = json.loads((tmp_path / "latest/findings.json").read_text())["findings"]
    assert {device for device, _ in of(findings, "error")} == {"lang-giang-cam2"}
    assert ran.code == 2
