"""A province's authority for tests: the ceremony as people do it, and what strangers' tools think of what comes out."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from typer.testing import CliRunner

PASSPHRASE = "bốn con ngựa gỗ xanh"


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


def openssl(*words, given=None):
    """A stranger: (whether it is content, what it says)."""
    ran = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False, input=given)
    return ran.returncode == 0, ran.stdout + ran.stderr
