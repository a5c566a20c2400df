"""From nothing but a prefix and an account: what stands at an office is found, imported, planned, rolled out as planned, and measured."""

import json
import shutil

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

from tests.lab.conftest import INVENTORY, ROOT, desk, motcua, playbook

SITE, LIMIT = "tan-dinh", "site_tan_dinh"
STANDS_THERE = {"192.168.1.1", "192.168.1.64", "192.168.1.65"}  # and the technician's own laptop


@pytest.fixture(scope="module")
def imported(province, tmp_path_factory):
    """The lab's inventory as it was before anybody had looked into the office of Tan Dinh, with the survey imported, and a smaller line."""
    root = tmp_path_factory.mktemp("province")
    folder = root / "inventory/lab"
    shutil.copytree(ROOT / "inventory/lab", folder)
    (root / "lab").symlink_to(ROOT / "lab")
    file = folder / "sites/lang-giang.yml"
    text = file.read_text()
    first, last = text.index("    cameras:", text.index(f"  {SITE}:")), text.index("  xuong-lam:")
    text = text[:first] + text[last:]
    file.write_text(text.replace("up_mbps: 10, down_mbps: 30, p95_up_mbps: 1}", "up_mbps: 3, down_mbps: 30, p95_up_mbps: 0.4}"))
    ran = motcua("import", str(province["surveyed"]), "-i", str(folder / "province.yml"), "--yes")
    assert ran.code == 0, ran.text
    yield folder / "province.yml"
    assert playbook("rollout", "-l", LIMIT).code == 0
    assert playbook("rollout", "-l", LIMIT).changed == set(), "the province should be as it was"


def test_the_survey_finds_exactly_what_stands_there(province):
    found = json.loads(province["surveyed"].read_text())
    assert found["ended"] is not None
    devices = {device["address"]: device for device in found["devices"]}
    assert set(devices) == STANDS_THERE
    for address in ("192.168.1.64", "192.168.1.65"):
        device = devices[address]
        assert (device["kind"], device["vendor"], device["login"]) == ("camera", "hikvision", "accepted")
        assert (device["identity"]["model"], device["identity"]["firmware"]) == ("DS-2CD2043G2-I", "V5.7.18")
        measured = {row["stream"]: row for row in device["measured"]}
        assert (measured["main"]["codec"], measured["main"]["width"]) == ("h264", 2560)
        assert measured["main"]["bitrate_kbps"] > 1000
        assert device["still_jpeg_base64"].startswith("/9j/"), "a still picture, in JPEG"
    assert "hik12345" not in province["surveyed"].read_text()


def test_the_import_gives_the_cameras_that_people_had_written(imported):
    ours, theirs = (load(path).sites[SITE].cameras for path in (imported, ROOT / INVENTORY))
    assert {name: (camera.vendor, camera.model, camera.address) for name, camera in ours.items()} == {
        name: (camera.vendor, camera.model, camera.address) for name, camera in theirs.items()
    }


def test_the_planned_streams_are_set_and_measured(imported):
    province = load(imported)
    planned = plan(province).streams[SITE].cameras
    steps = {name: one.step for name, one in planned.items()}
    assert steps != {name: one.step for name, one in plan(load(ROOT / INVENTORY)).streams[SITE].cameras.items()}, "the line is smaller"
    screen = motcua("plan", "-i", str(imported), "--no-documents")
    assert screen.code == 0, screen.text
    assert all(step.name in screen.text for step in steps.values())
    ran = desk("ansible-playbook", "-i", str(imported), "playbooks/rollout.yml", "-l", LIMIT)
    assert ran.code == 0, ran.text[-4000:]
    assert {"tan-dinh-cam1", "tan-dinh-cam2"} <= ran.changed
    verified = desk(str(ROOT / "scripts/motcua"), "verify", "-i", str(imported), "-l", LIMIT)
    assert verified.code == 0, verified.text[-4000:]
    for name, step in steps.items():
        (line,) = [line for line in verified.text.splitlines() if line.startswith("decoded") and f"{SITE}-{name}" in line]
        assert f"{step.codec} {step.width}x{step.height}" in line


def test_the_centre_surveys_the_office_through_its_router(tmp_path):
    """The routers' firewall keeps the controller from everything that isn't listed; the survey goes through the router itself."""
    file = tmp_path / "survey.json"
    ran = motcua("survey", "-i", INVENTORY, "--site", SITE, "-o", str(file), "--seconds", "2")
    assert ran.code == 0, ran.text[-3000:]
    found = json.loads(file.read_text())
    assert {device["address"] for device in found["devices"]} == {"192.168.1.50", "192.168.1.64", "192.168.1.65"}
    line = found["lines"]["ftth"]
    assert (line["cgnat"], line["address"], line["seen_as"]) == (True, "100.64.2.2", "203.0.113.66")
    assert line["loss_percent"] == 0
