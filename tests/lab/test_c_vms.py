"""A stranger's player at the VMS's own address sees every recorded camera, from the centre alone; nobody else gets as far as a login."""

import csv
import io
import re

import pytest

from tests.lab.conftest import INVENTORY, MOTCUA, desk, eventually, motcua


def at(node, *command):
    return motcua("lab", "probe", node, *command)


@pytest.fixture(scope="module")
def cameras(tmp_path_factory):
    """The rows of the list with passwords, as whoever keeps the VMS imports them."""
    path = tmp_path_factory.mktemp("vms") / "list.csv"
    ran = desk(MOTCUA, "vms", "list", "vms", "-i", INVENTORY, "--with-passwords", "--yes", "-o", str(path))
    assert ran.code == 0, ran.text
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
    path.unlink()  # what runs after this looks for passwords in everything that is left
    return rows


def with_login(row, password=None):
    return row["url"].replace("rtsp://", f"rtsp://{row['user']}:{password or row['password']}@")


def frames(node, url, count=25):
    """How many frames a stranger's ffmpeg decodes, and what it said."""
    command = ["ffmpeg", "-v", "error", "-nostdin", "-rtsp_transport", "tcp", "-i", url, "-frames:v", str(count), "-f", "framecrc", "-"]
    ran = at(node, "timeout", "40", *command)
    return len(re.findall(r"^0,", ran.text, re.MULTILINE)), ran.text


def test_a_stranger_sees_each_camera(cameras):
    assert len(cameras) >= 7
    for row in cameras:
        assert eventually(lambda row=row: frames("vms", with_login(row))[0] == 25, 60), frames("vms", with_login(row))[1][-500:]


def test_a_pull_opens_no_session_at_the_camera(cameras):
    """One session over the tunnel feeds the recorder and the VMS."""
    row = next(one for one in cameras if one["site"] == "lang-giang")
    sessions = "ss -Htn state established dport = :554 and dst 10.64.0.0/12 | wc -l"
    before = motcua("lab", "ssh", "centre", sessions).text.split()[-1]
    assert frames("vms", with_login(row), 50)[0] == 50
    assert motcua("lab", "ssh", "centre", sessions).text.split()[-1] == before


def test_another_password_sees_nothing(cameras):
    seen, said = frames("vms", with_login(cameras[0], "wrong"))
    assert (seen, "401" in said) == (0, True), said


@pytest.mark.parametrize("node", ["desk", "lang-giang-pc"])
def test_nobody_else_reaches_the_port(node):
    assert at(node, "nc", "-z", "-w", "3", "10.10.10.1", "554").code != 0


def test_the_vms_reaches_nothing_else():
    for address, port in (("10.10.10.1", "22"), ("10.64.1.5", "554"), ("10.64.1.5", "443")):
        assert at("vms", "nc", "-z", "-w", "3", address, port).code != 0, f"{address}:{port} should be closed to the VMS"


def test_the_program_holds_no_more_than_it_needs():
    shown = motcua("lab", "ssh", "centre", "systemctl show -p User,CapabilityBoundingSet,NoNewPrivileges motcua-republish")
    assert "User=motcua-republish" in shown.text and "CapabilityBoundingSet=cap_net_bind_service" in shown.text
    assert motcua("lab", "ssh", "centre", "stat -c %a:%U /etc/motcua/republish.htdigest").text.strip().endswith("400:motcua-republish")
