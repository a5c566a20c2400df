"""Many devices in one task: each has its own result, and one that fails stops no other."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.unit.test_engine import KINDS
from tests.unit.wire import FACTORY, emulated, free_port

PLAY = """
- hosts: all
  gather_facts: false
  tasks:
    - motcua.cctv.devices_info:
      register: found
    - ansible.builtin.copy:
        content: "{{ found.devices | to_json }}"
        dest: "{{ out }}"
      delegate_to: localhost
      run_once: true
"""


def test_every_device_of_a_play_is_read_and_a_dead_one_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
    with emulated("hikvision-camera", tmp_path / "a") as first, emulated("axis-camera", tmp_path / "b", **KINDS["axis"]) as second:
        rows = {
            "a-cam1": ("hikvision", FACTORY[0], first.ports["https"]),
            "a-cam2": ("axis", "root", second.ports["https"]),
            "a-cam3": ("hikvision", FACTORY[0], free_port()),
        }
        common = f"ansible_host=127.0.0.1 motcua_password={FACTORY[1]} motcua_state={tmp_path}/state"
        lines = [f"{name} motcua_vendor={v} motcua_user={u} motcua_port={p} {common}" for name, (v, u, p) in rows.items()]
        (tmp_path / "hosts.ini").write_text("\n".join([*lines, "a-router ansible_connection=local"]) + "\n")
        (tmp_path / "play.yml").write_text(PLAY)
        playbook = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(tmp_path / "hosts.ini"), str(tmp_path / "play.yml")]
        environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_INVENTORY_ENABLED": "ini"}
        done = subprocess.run([*playbook, "-e", f"out={tmp_path}/out"], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads((tmp_path / "out").read_text())
    assert set(found) == set(rows)
    assert found["a-cam1"]["identity"]["model"] == "DS-2CD2143G2-I"
    assert found["a-cam2"]["identity"]["vendor"] == "axis"
    assert (found["a-cam3"]["kind"], found["a-cam3"]["unreachable"]) == ("unreachable", True)
    assert "check power, line and address of a-cam3" in found["a-cam3"]["msg"]
    assert FACTORY[1] not in json.dumps(found)
