"""The province's own authority in the lab: portals and devices get certificates of it, strangers believe them, the audit stays clean.

Takes about 10 minutes. It begins and ends with a converged province; the portals get their self-signed certificates back at the end.
"""

import json
import shutil
from datetime import UTC, datetime

import pytest

from tests.lab.conftest import INVENTORY, ROOT, audit, motcua, run
from tests.unit.authority import ceremony, done, openssl
from tests.unit.authority import run as pki

PLAYBOOK = ("lab", "run", ".venv/bin/ansible-playbook", "-i", INVENTORY, "playbooks/certificates.yml")
PORTAL, CAMERA, DAHUA = "https://10.10.10.1", "lang-giang-cam1", "xuong-lam-cam1"
FORGET = "rm -f /etc/ssl/certs/motcua-portal.pem /etc/ssl/private/motcua-portal.key; rm -rf /usr/local/share/motcua/pki"


def address(host):
    return json.loads(run(".venv/bin/ansible-inventory", "-i", INVENTORY, "--host", host).text)["ansible_host"]


def pin(host):
    return json.loads((ROOT / f"inventory/lab/state/pins/{host}.json").read_text())


@pytest.fixture(scope="module")
def stick(tmp_path_factory):
    return tmp_path_factory.mktemp("stick")


@pytest.fixture(scope="module")
def store(stick):
    """The authority beside the lab's inventory, made as people make it."""
    folder = ROOT / "inventory/lab/pki"
    shutil.rmtree(folder, ignore_errors=True)
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(ROOT / "inventory/lab/secrets/.vault-password"))
        yield ceremony(stick, ROOT / INVENTORY)
        for centre in ("centre", "ioc"):
            motcua("lab", "ssh", centre, FORGET)
        shutil.rmtree(folder)
        assert motcua("lab", "run", ".venv/bin/ansible-playbook", "-i", INVENTORY, "playbooks/rollout.yml", "-l", "hubs").code == 0


def test_portals_and_devices_show_certificates_that_strangers_believe_and_the_audit_is_clean(store, tmp_path):
    ran = motcua(*PLAYBOOK)
    assert ran.code == 0, ran.text[-3000:]
    root, both = tmp_path / "root.pem", tmp_path / "both.pem"
    shutil.copy(store.folder / "root.pem", root)
    both.write_bytes(root.read_bytes() + (store.folder / "authorities/1.pem").read_bytes())

    def office(trusted, url):
        return motcua("lab", "probe", "tan-dinh-pc", "curl", "-sS", "-m", "20", "--cacert", str(trusted), url)

    assert office(root, f"{PORTAL}/alive").text.endswith("motcua\n")
    assert openssl("x509", "-noout", given=office(root, f"{PORTAL}/pki/root.pem").text)[0]
    assert openssl("crl", "-noout", given=office(root, f"{PORTAL}/pki/1.crl.pem").text)[0]
    asked = ("curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{ssl_verify_result}", "--cacert", str(both))
    seen = motcua("lab", "run", *asked, f"https://{address(CAMERA)}/")
    assert seen.text.endswith("0"), seen.text
    assert pin(CAMERA)["by"] == "authority"
    assert "by" not in pin(DAHUA)
    again = motcua(*PLAYBOOK)
    assert again.code == 0
    # What the operations centre trusted besides, while both were shown, is forgotten by the second run.
    assert again.changed <= {"centre-server", "ioc-server"}
    assert motcua(*PLAYBOOK).changed == set()
    code, findings = audit(tmp_path)
    assert code == 0, [row for row in findings if row["status"] not in ("pass", "skipped")]


def test_the_next_authority_takes_over_and_the_one_before_is_retired(store, stick):
    inventory = ROOT / INVENTORY
    ceremony(stick, inventory)
    assert "still use it" in str(pki("retire-ca", "1", "-i", inventory).exception)
    ran = motcua(*PLAYBOOK)
    assert ran.code == 0, ran.text[-3000:]
    done("retire-ca", "1", "-i", inventory)
    assert motcua(*PLAYBOOK).code == 0
    assert pin(CAMERA)["by"] == "authority"
    assert {one.certificate.issuer for one in store.current().values()} == {store.signing(datetime.now(UTC)).certificate.subject}
