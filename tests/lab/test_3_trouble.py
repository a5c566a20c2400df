"""Devices, sites and machines that fail: one clear sentence each, and the others go on."""

from pathlib import Path

import pytest

from tests.lab.conftest import INVENTORY, ROOT, audit, eventually, heartbeats, motcua, playbook, run


@pytest.fixture(scope="module")
def camera_off():
    assert motcua("lab", "hand", "tan-dinh-cam1", "off").code == 0
    yield
    assert motcua("lab", "hand", "tan-dinh-cam1", "on").code == 0


def test_a_camera_that_is_off_is_the_audits_only_error(camera_off, tmp_path):
    code, findings = audit(tmp_path)
    assert {row["device"] for row in findings if row["status"] == "error"} == {"tan-dinh-cam1"}
    assert code == 1


@pytest.fixture
def line_cut():
    """The provider's line of one office is dead; the technician's cable to its router still works."""
    assert motcua("lab", "probe", "xuong-lam-ftth", "ip", "link", "set", "line", "down").code == 0
    yield
    assert motcua("lab", "probe", "xuong-lam-ftth", "ip", "link", "set", "line", "up").code == 0


def test_a_site_that_is_down_and_a_camera_that_is_off_stop_nobody_else(camera_off, line_cut):
    ran = playbook("rollout")
    bad = {host for host, counts in ran.recap.items() if counts["failed"] or counts["unreachable"]}
    assert bad == {"xuong-lam-router", "xuong-lam-cam1", "xuong-lam-cam2", "tan-dinh-cam1"}
    assert ran.code != 0
    assert ran.recap["centre-server"]["ok"] > 30, "the centre should have been rolled out to its end"
    assert ran.recap["ioc-server"]["ok"] > 8
    assert ran.changed == set()


# The line's largest packets vanish without a word, as behind a provider's PPPoE that filters ICMP.
BLACK_HOLE = "table inet hole { chain line { type filter hook forward priority 0; ip saddr 100.64.3.2 meta length > 1400 drop; }; }"


@pytest.fixture
def black_hole():
    assert motcua("lab", "probe", "cgn", "nft", "-f", "-", stdin=BLACK_HOLE).code == 0
    yield
    assert motcua("lab", "probe", "cgn", "nft", "delete", "table", "inet", "hole").code == 0


def test_a_line_that_swallows_large_packets_is_told_from_a_dead_one(black_hole):
    assert eventually(lambda: len(heartbeats("xuong-lam")) == 2, 60), "heartbeats should pass"
    verified = motcua("verify", "-i", INVENTORY, "-l", "site_xuong_lam")
    assert verified.code in (1, 2), "what comes through the line can't be told either"
    assert "line ftth of xuong-lam loses larger ones" in verified.text, verified.text[-3000:]
    assert "write mtu: 1400 there" in verified.text
    assert "Traceback" not in verified.text


def test_a_locked_camera_is_named_with_its_wait():
    assert motcua("lab", "hand", "tan-dinh-cam2", "lock").code == 0
    ran = playbook("rollout", "-l", "tan-dinh-cam2")
    assert motcua("lab", "hand", "tan-dinh-cam2", "unlock").code == 0
    assert ran.recap["tan-dinh-cam2"]["failed"] == 1
    assert "locked" in ran.text
    assert "Traceback" not in ran.text


def test_a_wrong_model_stops_before_anything_is_sent(tmp_path):
    copy = tmp_path / "lab"
    run("cp", "-r", str(ROOT / "inventory/lab"), str(copy))
    file = copy / "sites/lang-giang.yml"
    file.write_text(file.read_text().replace("vendor: dahua", "vendor: dahau", 1))
    ran = run(str(ROOT / ".venv/bin/ansible-playbook"), "-i", str(copy / "province.yml"), "playbooks/rollout.yml")
    assert ran.code == 1
    (line,) = [line for line in ran.text.splitlines() if "dahau" in line]
    assert "sites.xuong-lam.cameras.cam1.vendor: 'dahau' is not known; write one of axis, dahua, hanwha, hikvision, onvif, uniview" in line
    assert "PLAY" not in ran.text
    assert "Traceback" not in ran.text


def test_a_missing_master_is_one_sentence():
    master = ROOT / "inventory/lab/secrets/devices.yml"
    aside = master.with_suffix(".aside")
    master.rename(aside)
    try:
        ran = playbook("rollout", "-l", "xuong-lam-cam1")
    finally:
        aside.rename(master)
    assert ran.code != 0
    assert "the master secret is missing" in ran.text
    assert "Traceback" not in ran.text


def test_without_root_the_lab_says_so():
    ran = run("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", str(ROOT / "scripts/demo"))
    assert ran.code == 1
    assert "root" in ran.text.splitlines()[-1]


FILL = """
set -eu
systemctl start motcua-clean.service  # its timer counts from here, so that for five minutes nothing cleans by itself
cd /var/lib/motcua/recordings
findmnt -n . >/dev/null || exit 9
size=$(df --output=size -B1 . | tail -1) free=$(df --output=avail -B1 . | tail -1)
fallocate -l $((free - size / 50)) .fill
"""


def test_a_full_disk_at_the_centre_is_said_and_heals(tmp_path):
    fill = motcua("lab", "ssh", "centre", "sh", "-s", stdin=FILL)
    assert fill.code == 0, "the lab's recordings should stand on a file system of their own, so that filling it fills nothing else"
    try:
        audited = motcua("audit", "-i", INVENTORY, "-l", "centre-server", "--output", str(tmp_path))
        ran = playbook("rollout", "-l", "centre-server")
        cleaning = motcua("lab", "ssh", "centre", "systemctl", "start", "motcua-clean.service")
        cleaned = motcua("lab", "ssh", "centre", "journalctl", "-u", "motcua-clean.service", "--no-pager", "-o", "cat").text
    finally:
        motcua("lab", "ssh", "centre", "rm", "-f", "/var/lib/motcua/recordings/.fill")
    assert audited.code == 2
    assert "at least 5 % should be free; add disks, or shorten" in (tmp_path / "latest/findings.json").read_text()
    assert (ran.code, ran.recap["centre-server"]["failed"]) == (2, 1)
    assert "at least 5 % should be free; add disks, or shorten" in ran.text
    assert cleaning.code == 0, cleaned
    assert "pieces went before their retention ended" in cleaned
    assert playbook("rollout", "-l", "centre-server").code == 0


def test_nothing_half_written_is_left():
    assert not list(Path(ROOT / "inventory/lab/state").rglob(".*"))
