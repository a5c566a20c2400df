"""What someone changed by hand is found, named and repaired; nothing else is."""

import pytest

from tests.lab.conftest import audit, motcua, playbook


def failed(findings):
    return {row["device"] for row in findings if row["status"] == "fail"}


CHANGES = {
    "lang-giang-cam1": ("hand", "lang-giang-cam1", "set", "services.upnp", "true"),
    "lang-giang-nvr1": ("hand", "lang-giang-nvr1", "set", "name", "DVR"),
    "xuong-lam-cam1": ("hand", "xuong-lam-cam1", "set", "time.ntp", "8.8.8.8"),
    "tan-dinh-router": ("ssh", "tan-dinh-router", "nft", "insert", "rule", "inet", "filter", "forward", "accept"),
    "centre-server": ("ssh", "centre", "systemctl", "stop", "motcua-record@xuong-lam-cam2.service"),
    "ioc-server": ("ssh", "ioc", "rm", "/etc/nftables.conf"),
}


@pytest.fixture(scope="module")
def changed_by_hand(tmp_path_factory):
    """The audit of a province in which people changed things by hand: exit code, findings, folder."""
    for command in CHANGES.values():
        done = motcua("lab", *command)
        assert done.code == 0, done.text
    folder = tmp_path_factory.mktemp("changed")
    return *audit(folder), folder


def test_the_audit_finds_exactly_those(changed_by_hand):
    code, findings, _ = changed_by_hand
    assert code == 2
    assert failed(findings) == set(CHANGES)
    # The change, and the rules of hardening guide and standard that it breaks.
    assert {row["check"] for row in findings if row["device"] == "lang-giang-cam1" and row["status"] == "fail"} == {
        "services.upnp", "HD-04", "TC724-12",
    }  # fmt: skip


def test_the_report_stands_alone(changed_by_hand):
    page = (changed_by_hand[2] / "latest/report.html").read_text(encoding="utf-8")
    assert "Lạng Giang" in page
    assert not [word for word in ('src="http', 'href="http', "@import", "url(http") if word in page]


def test_a_rollout_repairs_exactly_those_and_the_audit_is_clean(changed_by_hand, tmp_path):
    repaired = playbook("rollout")
    assert repaired.code == 0, repaired.text[-4000:]
    assert repaired.changed == set(CHANGES)
    code, findings = audit(tmp_path)
    assert not [row for row in findings if row["status"] in ("fail", "error")]
    assert code == 0
