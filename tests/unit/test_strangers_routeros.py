"""Clients that nobody here wrote, over real SSH against the emulated RouterOS: netmiko, paramiko, and the modules of community.routeros."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import paramiko
import pytest
from netmiko import ConnectHandler

from tests.emulators.routers.routeros_schema import PUBLISHED

server = pytest.importorskip("tests.emulators.routers.server", reason="asyncssh is missing; run scripts/setup --dev")
USER, PASSWORD = "motcua", "Kh0ngAiBiet-2026"
KINDS = pytest.mark.parametrize("kind", ["routeros7", "routeros6"])
MODULES = [
    {"community.routeros.command": {"commands": ["/export", "/ip address print count-only"]}, "register": "said"},
    {"community.routeros.facts": {"gather_subset": ["default", "config"]}},
    {
        "ansible.builtin.copy": {"content": "{{ {'said': said.stdout, 'facts': ansible_facts} | to_json }}", "dest": "{{ told }}"},
        "delegate_to": "localhost",
    },
]


def netmiko(router, **options):
    return ConnectHandler(device_type="mikrotik_routeros", host=router.host, port=router.port, username=USER, password=PASSWORD, **options)


@KINDS
def test_netmiko_logs_in_reads_and_configures(kind):
    with server.emulated(kind) as router:
        with netmiko(router) as client:
            assert client.find_prompt() == "[motcua@VP-LangGiang] >"
            assert re.search(r"0 +192\.168\.5\.1/24 +192\.168\.5\.0 +bridge", client.send_command("/ip address print"))
            # The driver asks for 511 columns, and gets lines that long.
            assert "\\" not in client.send_command("/export").replace("m\\E1\\BB\\99t c\\E1\\BB\\ADa web", "")
            said = client.send_config_set(
                ["/ip address add address=10.9.9.9/24 interface=ether3", "/ip address add address=10.9.9.9/24 interface=ether9"]
            )
            assert "input does not match any value of interface" in said
        assert "address=10.9.9.9/24 interface=ether3" in router.export()
        assert router.sessions == 1


@KINDS
def test_netmiko_takes_safe_mode_and_gives_it_back(kind):
    with server.emulated(kind) as router, netmiko(router) as client:
        client.write_channel("\x18")
        assert "[Safe Mode taken]" in client.read_until_pattern(pattern=r"<SAFE> ")
        client.write_channel("/system identity set name=x\n")
        client.read_until_pattern(pattern=r"@x\] <SAFE> ")
        client.write_channel("\x18")
        assert "[Safe Mode released]" in client.read_until_pattern(pattern=r"@x\] > ")


@KINDS
def test_a_bare_client_reads_on_an_exec_channel(kind):
    with server.emulated(kind) as router:
        client = paramiko.SSHClient()
        client.set_missing_host_key_policy(paramiko.AutoAddPolicy())  # a host of this test's own
        client.connect(router.host, router.port, USER, PASSWORD, allow_agent=False, look_for_keys=False)
        _, answer, _ = client.exec_command("/export")
        text = answer.read().decode()
        client.close()
    assert max(map(len, text.splitlines())) <= 79
    assert "\r\n/ip address\r\n" in text
    assert text.startswith("# ")


@pytest.mark.skipif(not PUBLISHED.exists(), reason="scripts/dev_collections hasn't been run")
def test_community_routeros_reads_it(tmp_path):
    with server.emulated("routeros7") as router:
        variables = {
            "ansible_host": router.host, "ansible_port": router.port, "ansible_connection": "ansible.netcommon.network_cli",
            "ansible_network_os": "community.routeros.routeros", "ansible_user": f"{USER}+cet1024w", "ansible_password": PASSWORD,
            "ansible_network_cli_ssh_type": "paramiko", "ansible_host_key_checking": False,
        }  # fmt: skip
        (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"hosts": {"router": variables}}}))
        (tmp_path / "play.yml").write_text(
            json.dumps([{"hosts": "all", "gather_facts": False, "tasks": MODULES, "vars": {"told": str(tmp_path / "told.json")}}])
        )
        (tmp_path / "ansible.cfg").write_text("[defaults]\n")  # not the project's own
        environment = os.environ | {
            "ANSIBLE_CONFIG": str(tmp_path / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": ".venv/dev_collections",
            "ANSIBLE_HOME": str(tmp_path),
        }
        command = [Path(sys.executable).with_name("ansible-playbook"), "-i", tmp_path / "hosts.yml", tmp_path / "play.yml"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    told = json.loads((tmp_path / "told.json").read_text())
    assert "set name=VP-LangGiang" in told["said"][0]
    assert told["said"][1].strip() == "2"
    facts = told["facts"]
    assert (facts["net_hostname"], facts["net_model"], facts["net_serialnum"]) == ("VP-LangGiang", "RB750Gr3", "HE908XYZ123")
    assert facts["net_version"] == "7.16.2 (stable)"
    assert "set name=VP-LangGiang" in facts["net_config_nonverbose"]
