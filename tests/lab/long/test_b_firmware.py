"""Firmware in the lab: three cameras of two sites go through a campaign, and a file that is none stops it. Takes about 8 minutes."""

import hashlib
import shutil
from pathlib import Path

import pytest
import yaml

from tests.lab.conftest import INVENTORY, ROOT, audit, motcua

CAMERAS = ("lang-giang-cam1", "xuong-lam-cam1", "xuong-lam-cam2")
LIMIT = ",".join(CAMERAS)
FOLDER = ROOT / "inventory" / "lab" / "firmware"
NOTES = ROOT / "inventory" / "lab" / "state" / "firmware"
RUN = ("firmware", "run", "-l", LIMIT, "--yes", "--yes-dangerous")


def _image(vendor, model, version, since, content):
    (FOLDER / f"{version}.bin").write_bytes(content)
    return {
        "vendor": vendor,
        "models": [model],
        "version": version,
        "file": f"{version}.bin",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "source": "made for the lab's emulated cameras",
        "from": [since],
        "target": True,
        "reboot_seconds": 40,
    }


def _supply(*images):
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "firmware.yml").write_text(yaml.safe_dump({"images": {f"i{n}": _image(*image) for n, image in enumerate(images)}}))


@pytest.fixture(autouse=True)
def _always_in_the_window():
    """The lab's province with a window that never closes, and without what earlier campaigns left."""
    province = Path(INVENTORY)
    written = province.read_text(encoding="utf-8")
    province.write_text(written.replace("policy:\n", "policy:\n  maintenance: 00:00-00:00\n", 1), encoding="utf-8")
    shutil.rmtree(NOTES, ignore_errors=True)
    FOLDER.mkdir(exist_ok=True)
    yield
    province.write_text(written, encoding="utf-8")
    shutil.rmtree(FOLDER)


def _hand(camera, *words):
    ran = motcua("lab", "hand", camera, *words)
    assert ran.code == 0, ran.text
    return ran.text


def test_a_campaign_upgrades_and_a_file_that_is_no_firmware_stops_it(tmp_path):
    fill = bytes(1_200_000)
    dahua = ("dahua", "KX-C4012", "2.880.0000000.12.R", "2.840.0000000.28.R", b"DHFW 2.880.0000000.12.R\n" + fill)
    _supply(("hikvision", "DS-2CD2143G2-I", "V5.7.23", "V5.7.18", b"HKFW V5.7.23\n" + fill), dahua)
    assert motcua("firmware", "check").code == 0
    planned = motcua("firmware", "plan", "-l", LIMIT)
    assert planned.code == 0 and "3 of 3 devices would be upgraded" in planned.text, planned.text
    done = motcua(*RUN)
    print(done.text, flush=True)
    assert done.code == 0 and "Everything is done" in done.text, done.text
    assert all('"images": 1' in _hand(camera, "status") for camera in CAMERAS)
    again = motcua("firmware", "plan", "-l", LIMIT)
    assert "0 of 3 devices would be upgraded" in again.text, again.text
    code, findings = audit(tmp_path)
    mine = [row for row in findings if row["device"] in CAMERAS and row["status"] in ("fail", "error")]
    assert mine == [], (code, mine)

    _supply(("hikvision", "DS-2CD2143G2-I", "V5.7.30", "V5.7.23", b"not firmware" + fill), dahua)
    stopped = motcua(*RUN)
    print(stopped.text, flush=True)
    assert stopped.code == 2 and "refuses the file" in stopped.text, stopped.text
    refused = motcua(*RUN)
    assert refused.code == 1 and "firmware stopped at lang-giang-cam1" in refused.text, refused.text
    assert motcua("firmware", "clear", "--yes").code == 0
    assert motcua("firmware", "queue").code == 0
