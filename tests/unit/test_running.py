"""motcua.cctv.running: what it makes of a machine's own words, here those of programs that the tests put in their place."""

import base64
import hashlib
import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.modules.running import fingerprints, logins

NFT = """table inet motcua {{
	set tried {{
		type ipv4_addr
		flags dynamic,timeout
		timeout 1m
		elements = {{ 10.0.0.{moving} timeout 1m expires {moving}s }}
	}}
	set allowed {{
		type ipv4_addr
		flags interval
		elements = {{ 10.10.10.0/24 }}
	}}
	chain input {{
		type filter hook input priority filter; policy drop;
		tcp dport 22 accept
	}}
}}
"""
LISTENING = """tcp   LISTEN 0      128    0.0.0.0:22   0.0.0.0:*    users:(("sshd",pid={moving},fd=3))
tcp   LISTEN 0      128    127.0.0.1:45000   0.0.0.0:*    users:(("own",pid={moving},fd=3),("own",pid=7,fd=3))
udp   UNCONN 0      0      0.0.0.0:4{moving:04}  0.0.0.0:*
udp   UNCONN 0      0      127.0.0.53%lo:53  0.0.0.0:*
"""
SAID = {
    "nft": NFT,
    "ip": 'case "$*" in *addr*) echo "wg0@if{moving} UNKNOWN 10.96.0.1/24 fe80::{moving}/64";; *static*) echo "10.0.0.0/8 via 10.1.1.1 dev eth0 linkdown";; esac',
    "wg": "wg0\tPUBLICKEY=\t10.96.0.9/32\n",
    "systemctl": "ssh.service enabled enabled\nfrr.service enabled disabled\n",
    "ss": LISTENING,
}


@pytest.fixture
def machine(tmp_path):
    """Read a machine whose programs say these things; ``moving`` is a number in what changes by itself."""
    programs = tmp_path / "bin"
    programs.mkdir()

    def read(moving, **said):
        for name, text in (SAID | said).items():
            words = text.format(moving=moving) if "{moving" in text else text
            body = words if name in ("ip", *said) else f"cat <<'END'\n{words}END"
            (programs / name).write_text(f"#!/bin/sh\n{body}\n")
            (programs / name).chmod(0o755)
        command = [Path(sys.executable).with_name("ansible"), "localhost", "-c", "local", "-m", "motcua.cctv.running", "--check"]
        environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json", "ANSIBLE_NOCOLOR": "1"}
        environment |= {"PATH": f"{programs}:{os.environ['PATH']}"}
        done = subprocess.run(
            [*command, "-e", f"ansible_python_interpreter={sys.executable}"], capture_output=True, text=True, check=False, env=environment
        )
        result = json.loads("{" + done.stdout.split("=> {", 1)[1])
        assert result["changed"] is False
        sections = result["text"].removeprefix("== ").split("\n== ")
        return {heading: text.strip("\n") for heading, _, text in (section.partition("\n") for section in sections)}

    return read


def test_what_moves_by_itself_is_no_difference(machine):
    first = machine(11)
    assert first == machine(22)
    assert "10.10.10.0/24" in first["firewall"] and "tcp dport 22 accept" in first["firewall"] and "10.0.0.11" not in first["firewall"]
    assert (first["addresses"], first["routes"]) == ("wg0 10.96.0.1/24", "10.0.0.0/8 via 10.1.1.1 dev eth0")
    assert first["listening"].splitlines() == ["tcp 0.0.0.0:22 sshd", "tcp 127.0.0.1:45000 own", "udp 127.0.0.53:53"]
    assert first["boot units"].splitlines() == ["frr.service", "ssh.service"]
    assert first["tunnels"] == "wg0 PUBLICKEY= 10.96.0.9/32"


def test_what_cant_be_read_is_said_and_hinders_nothing(machine):
    said = machine(1, nft="echo 'Operation not permitted' >&2; exit 1")
    assert said["firewall"] == "(couldn't be read: Operation not permitted)"
    assert said["boot units"].splitlines() == ["frr.service", "ssh.service"]


def test_who_may_log_in_by_which_key(tmp_path):
    account = pwd.struct_passwd(("lan", "x", 1001, 1001, "", str(tmp_path), "/bin/bash"))
    nobody = pwd.struct_passwd(("daemon", "x", 1, 1, "", str(tmp_path), "/usr/sbin/nologin"))
    body = base64.b64encode(b"a public key that is long enough for one").decode()
    (tmp_path / ".ssh").mkdir()
    (tmp_path / ".ssh" / "authorized_keys").write_text(f"# old\nno-pty ssh-ed25519 {body} lan@desk\n")
    digest = base64.b64encode(hashlib.sha256(base64.b64decode(body)).digest()).decode().rstrip("=")
    assert list(logins([nobody, account], [], fingerprints)) == ["lan uid=1001 /bin/bash", f"  key ssh-ed25519 SHA256:{digest}"]
