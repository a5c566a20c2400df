"""The role pki on a machine whose certificates and web pages are the test's own: self-signed first, then of the province's authority."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils import pki
from cryptography import x509

from tests.unit.authority import LIMITS, Made, openssl

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give the role a machine of its own")
PLAY = [
    {
        "hosts": "centre-server",
        "gather_facts": False,
        "tasks": [
            {"ansible.builtin.include_role": {"name": "motcua.cctv.pki"}, "vars": {"pki_id": "centre", "pki_keys": "{{ motcua_keys }}"}},
        ],
    }
]
# What reloads the web server, as far as Ansible asks: a unit that runs; what was done is kept.
SYSTEMCTL = """#!/bin/sh
echo "$*" >>$STATE/log
[ "$1" = show ] && printf 'Id=nginx.service\\nLoadState=loaded\\nActiveState=active\\nUnitFileState=enabled\\n'
exit 0
"""


class Machine:
    """What of it the role writes to, in folders of the test."""

    PLACES = ("/etc/ssl/private", "/etc/ssl/certs", "/usr/local/share")

    def __init__(self, folder):
        self.folder = folder
        for place in ("bin", "keys", *(place.strip("/") for place in self.PLACES)):
            (folder / place).mkdir(parents=True)
        (folder / "bin/systemctl").write_text(SYSTEMCTL)
        (folder / "bin/systemctl").chmod(0o755)
        own = {
            "motcua_pki": str(folder / "pki"),
            "motcua_province": "lab",
            "motcua_certificate_days": 730,
            "motcua_keys": str(folder / "keys"),
        }
        python = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
        hosts = {"centre-server": {"ansible_host": "10.10.10.1", **own, **python}}
        (folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"hosts": hosts}}))
        (folder / "play.yml").write_text(yaml.safe_dump(PLAY))

    def play(self, *more):
        """Play the role: how many tasks changed something, and what was said."""
        mounts = " && ".join(f"mount --bind {self.folder}{place} {place}" for place in self.PLACES)
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = ["unshare", "-m", "sh", "-c", f'{mounts} && exec "$@"', "sh", program, "-i", str(self.folder / "hosts.yml")]
        path = f"{self.folder}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "STATE": str(self.folder), "ANSIBLE_CONFIG": str(Path("ansible.cfg").resolve())}
        ran = subprocess.run(
            [*command, str(self.folder / "play.yml"), *more],
            env=environment | {"ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return int(re.search(r"centre-server +: ok=\d+ +changed=(\d+)", ran.stdout)[1]), ran.stdout

    @property
    def shown(self):
        return self.folder / "etc/ssl/certs/motcua-portal.pem"

    @property
    def reloads(self):
        log = self.folder / "log"
        return log.read_text().count("reload nginx.service") if log.exists() else 0


def test_a_portal_signs_for_itself_until_there_is_an_authority_and_then_shows_and_publishes_what_that_signed(tmp_path):
    machine = Machine(tmp_path)
    machine.play()
    own = x509.load_pem_x509_certificate(machine.shown.read_bytes())
    assert own.issuer == own.subject
    assert machine.play()[0] == 0
    kept = tmp_path / "keys/centre.crt"
    assert kept.read_text() == machine.shown.read_text()
    key = (tmp_path / "etc/ssl/private/motcua-portal.key").read_text()

    made = Made(tmp_path / "pki", datetime.now(UTC), LIMITS)
    authority = made.store.signing(datetime.now(UTC))
    made.store.keep_list(1, pki.revocation_list(authority.certificate, pki.key_from(made.opened, authority), (), None, datetime.now(UTC)))
    before = machine.reloads
    assert machine.play("--check")[0] > 0
    assert list(made.store.issued()) == []
    changed, said = machine.play()
    assert changed > 0
    assert "PRIVATE KEY" not in said
    assert machine.reloads == before + 1
    assert (tmp_path / "etc/ssl/private/motcua-portal.key").read_text() == key
    above = ("-CAfile", made.store.folder / "root.pem", "-untrusted", machine.shown)
    assert openssl("verify", *above, "-verify_ip", "10.10.10.1", "-verify_hostname", "centre.lab.internal", machine.shown)[0]
    # Who believes what is kept beside the inventory believes what was shown before, too, for as long as it may be shown.
    assert pki.pem(own).decode() in kept.read_text()
    published = tmp_path / "usr/local/share/motcua/pki"
    assert {path.name for path in published.iterdir()} == {"root.pem", "1.crl.pem"}
    assert openssl("crl", "-in", published / "1.crl.pem", "-noout", "-CAfile", made.store.folder / "authorities/1.pem")[0]
    assert (published / "root.pem").read_bytes() == pki.pem(made.root)

    machine.play()
    assert pki.pem(own).decode() not in kept.read_text()
    assert openssl("verify", "-CAfile", kept, machine.shown)[0]
    assert machine.play()[0] == 0
    assert machine.reloads == before + 1
    assert len(list(made.store.issued())) == 1
