"""A province's authority for tests: the ceremony as people do it, and what strangers' tools think of what comes out."""

import shutil
import subprocess
from datetime import UTC, datetime
from functools import partial
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from typer.testing import CliRunner

PASSPHRASE = "bốn con ngựa gỗ xanh"


NOW = datetime(2026, 11, 27, 4, 0, tzinfo=UTC)
LIMITS = pki.Named("lab", (IPv4Network("10.64.0.0/12"), IPv4Network("10.10.10.0/24")))
CAMERA = pki.Wanted("lang-giang-cam1", "lab", (IPv4Address("10.64.12.21"),), 730)


def text(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


class Made:
    """An authority without commands around it: its store, and the issuing key as it comes out of the vault."""

    def __init__(self, folder, now=NOW, named=LIMITS):
        self.store = pki.Store(folder)
        self.root_key, self.root = pki.root_authority(named.province, now, bits=2048)
        self.opened = self.another(named, now)

    def another(self, named=LIMITS, now=NOW):
        number = self.store.next_number()
        key, request = pki.request_authority(named, number, bits=2048)
        self.store.begin(request, text(key), number)
        self.store.install(pki.sign_authority(self.root, self.root_key, request, now), self.root, now)
        return text(key)

    def issue(self, key, wanted=CAMERA, now=NOW):
        return self.store.issue(self.opened, key.public_key(), wanted, pki.BY_REQUEST, now)

    def judge(self, certificate, host="lang-giang-cam1", now=NOW):
        return self.store.trusted().judge(certificate.public_bytes(Encoding.DER), host, now).standing


def province(folder, monkeypatch):
    """The lab's province in a folder of its own, with a vault password: its province.yml."""
    shutil.copytree("inventory/lab", folder / "lab", ignore=shutil.ignore_patterns("state", "keys", "secrets", "pki", "staging"))
    (folder / "vault").write_text("for tests")
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(folder / "vault"))
    return folder / "lab" / "province.yml"


def run(*words, given=None):
    """`motcua pki` as people type it; ``given`` is what they type when asked."""
    from cli.pki import app

    return CliRunner().invoke(app, [str(word) for word in words], input=given)


def done(*words, given=None):
    """The same where it must work: what it prints."""
    ran = run(*words, given=given)
    assert ran.exit_code == 0, (ran.output, ran.exception)
    return ran.output


def quick(monkeypatch):
    """Smaller keys, which are made faster."""
    monkeypatch.setattr(pki, "root_authority", partial(pki.root_authority, bits=2048))
    monkeypatch.setattr(pki, "request_authority", partial(pki.request_authority, bits=2048))


def ceremony(stick, inventory):
    """Root, request, signature, installation: the store beside the inventory."""
    if not (stick / "root.pem").exists():
        done("root", stick, "--province", "lab", given=f"{PASSPHRASE}\n{PASSPHRASE}\n")
    path = Path(done("request", "-i", inventory).split(": ", 1)[0])
    carried = stick / path.name
    shutil.copy(path, carried)
    done("sign-ca", carried, "--root", stick, given=f"y\n{PASSPHRASE}\n")
    done("install", carried.with_suffix(".pem"), "--root", stick / "root.pem", "-i", inventory)
    return pki.Store(inventory.parent / "pki")


def certified(inventory, *hosts):
    """The store beside an inventory, with a certificate for each host."""
    made = Made(inventory.parent / "pki", datetime.now(UTC))
    for number, host in enumerate(hosts, 1):
        wanted = pki.Wanted(host, "lab", (IPv4Address("10.64.12.0") + number,), 730)
        made.issue(generate_private_key(65537, 2048), wanted, datetime.now(UTC))
    return made.store


def openssl(*words, given=None):
    """A stranger: (whether it is content, what it says)."""
    ran = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False, input=given)
    return ran.returncode == 0, ran.stdout + ran.stderr
