"""A Hikvision camera breaks, a Dahua one is plugged in at its factory address, and one command does the rest; then back again.

About 12 minutes after the lab's rollout: each exchange rolls out the site and the centres, verifies and audits.
"""

import json
import os
import signal
import subprocess
import time
import zipfile

import pytest
import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret

from tests.lab.conftest import INVENTORY, MOTCUA, ROOT, eventually, motcua, playbook, whole
from tests.lab.test_d_monitoring import state

HOST, FACTORY_ADDRESS = "tan-dinh-cam1", "192.168.1.108"
DAHUA, HIKVISION = ("dahua", "KX-C4012"), ("hikvision", "DS-2CD2043G2-I")
SITES = ROOT / "inventory/lab/sites/lang-giang.yml"
EXCHANGE = ROOT / "inventory/lab/state/exchanges" / HOST


@pytest.fixture(scope="module", autouse=True)
def _inventory():
    """The inventory is people's own; its state and the devices are back where they were when the last exchange has ended."""
    text = SITES.read_text(encoding="utf-8")
    yield
    SITES.write_text(text, encoding="utf-8")


def plug_in(vendor, model, *more):
    """Another device in the camera's place; its serial number."""
    ran = motcua("lab", "exchange", HOST, vendor, model, *more)
    assert ran.code == 0, ran.text
    return ran.text.strip().splitlines()[-1]


def know(key, password):
    """What a person writes into the vault with ansible-vault edit."""
    folder = ROOT / "inventory/lab/secrets"
    vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret((folder / ".vault-password").read_bytes().strip()))])
    content = yaml.safe_load(vault.decrypt((folder / "devices.yml").read_bytes()))
    content["initial"][key] = password
    (folder / "devices.yml").write_bytes(vault.encrypt(yaml.safe_dump(content)))


def replace(vendor, model, *more):
    return motcua("replace", HOST, "--vendor", vendor, "--model", model, "--yes", *more, timeout=1200)


def killed_after_the_proof(vendor, model, serial):
    """The operator's machine dies as soon as the new device stands in its place."""
    command = [MOTCUA, "replace", HOST, "--vendor", vendor, "--model", model, "--serial", serial, "--yes"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    assert eventually(lambda: (EXCHANGE / "proof.json").exists() or process.poll() is not None, 180)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert (EXCHANGE / "proof.json").exists()


def shown_live():
    return state()["cameras"][HOST]["state"] == "live"


def test_a_hikvision_camera_is_replaced_by_a_dahua_one_in_one_command():
    serial = plug_in(*DAHUA, "--at", FACTORY_ADDRESS)
    know(f"{HOST}/{serial}", "admin123")
    before = SITES.read_text(encoding="utf-8")

    wrong = replace("dahua", "KX-C9999", "--serial", serial)
    assert wrong.code == 1 and "is a KX-C4012 and not a KX-C9999" in wrong.text, wrong.text[-2000:]
    assert SITES.read_text(encoding="utf-8") == before
    assert motcua("replace", HOST, "--give-up").code == 0

    killed_after_the_proof(*DAHUA, serial)
    done = replace(*DAHUA)
    print(done.text)
    assert done.code == 0, done.text[-4000:]
    assert "is replaced" in done.text and not EXCHANGE.exists()

    camera = yaml.safe_load(SITES.read_text(encoding="utf-8"))["sites"]["tan-dinh"]["cameras"]["cam1"]
    assert (camera["vendor"], camera["model"], camera["serial"], camera["address"]) == (*DAHUA, serial, "192.168.1.64")
    former = yaml.safe_load(SITES.read_text(encoding="utf-8"))["sites"]["tan-dinh"]["former"]
    assert [(row["device"], row["vendor"], row["because"]) for row in former] == [("cam1", "hikvision", "replaced")]
    epochs = json.loads((ROOT / f"inventory/lab/state/epochs/{HOST}.json").read_text())
    assert epochs["confirmed"] > 1 and epochs["spent"] >= 1, "a password of the old device's was used again"


def test_recording_portal_audit_and_documents_follow():
    since = time.time()
    assert eventually(shown_live, 120), state()["cameras"][HOST]
    assert eventually(lambda: whole(HOST, since, since + 60)["listed"] if time.time() > since + 150 else False, 240)
    second = playbook("rollout", "-l", "site_tan_dinh:centre:ioc")
    assert second.code == 0 and second.changed == set(), second.text[-3000:]
    motcua("audit", "-i", INVENTORY, "-l", HOST)
    findings = json.loads((ROOT / "reports/latest/findings.json").read_text())["findings"]
    mine = [row for row in findings if row["device"] == HOST]
    assert mine and [row for row in mine if row["status"] in ("fail", "error")] == []
    with zipfile.ZipFile(ROOT / "reports/plan/latest/sites/tan-dinh/dossier.docx") as dossier:
        assert "KX-C4012" in dossier.read("word/document.xml").decode()


def test_the_way_back_gives_a_device_without_any_password_its_first():
    serial = plug_in(*HIKVISION, "--at", "192.168.1.64")
    done = replace(*HIKVISION, "--serial", serial, "--at", "192.168.1.64")
    assert done.code == 0, done.text[-4000:]
    assert eventually(shown_live, 120)
