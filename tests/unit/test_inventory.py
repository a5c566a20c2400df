"""What Ansible sees: names that playbooks, tests and users rely on, and no secret among them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ANSIBLE_INVENTORY = str(Path(sys.executable).with_name("ansible-inventory"))


def ansible_inventory(path, *arguments):
    environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg"}
    return subprocess.run([ANSIBLE_INVENTORY, "-i", str(path), *arguments], capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def listed():
    done = ansible_inventory("inventory/lab/province.yml", "--list")
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return json.loads(done.stdout)


GROUPS = {
    "centre": ["centre-server"],
    "hubs": ["centre-server", "ioc-server"],
    "ioc": ["ioc-server"],
    "routers": ["lang-giang-router", "tan-dinh-router", "xuong-lam-router"],
    "nvrs": ["lang-giang-nvr1"],
    "site_tan_dinh": ["tan-dinh-cam1", "tan-dinh-cam2", "tan-dinh-router"],
    "under_xuong_lam": ["xuong-lam-cam1", "xuong-lam-cam2", "xuong-lam-router"],
    "level_district": ["lang-giang-cam1", "lang-giang-cam2", "lang-giang-cam3", "lang-giang-nvr1", "lang-giang-router"],
    "vendor_dahua": ["xuong-lam-cam1", "xuong-lam-cam2"],
}


@pytest.mark.parametrize("group", GROUPS)
def test_groups(listed, group):
    assert sorted(listed[group]["hosts"]) == GROUPS[group]


def test_under_a_district_stand_its_communes(listed):
    assert len(listed["under_lang_giang"]["hosts"]) == 11


def test_two_cameras_at_one_lan_address_have_two_addresses(listed):
    variables = listed["_meta"]["hostvars"]
    assert variables["tan-dinh-cam1"]["ansible_host"] == "10.64.2.64"
    assert variables["xuong-lam-cam1"]["ansible_host"] == "10.64.3.64"


def test_a_camera_behind_a_recorder_is_reached_through_it(listed):
    camera = listed["_meta"]["hostvars"]["lang-giang-cam3"]
    assert (camera["motcua_recorder"], camera["motcua_channel"]) == ("lang-giang-nvr1", 3)
    assert camera["ansible_host"] == listed["_meta"]["hostvars"]["lang-giang-nvr1"]["ansible_host"]


def test_a_mistake_ends_the_run_with_one_line(tmp_path):
    (tmp_path / "province.yml").write_text("plugin: motcua.cctv.province\nid: x\nname: X\n")
    done = ansible_inventory(tmp_path / "province.yml", "--list")
    assert done.returncode == 1
    assert done.stdout == ""
    assert all(line.startswith(str(tmp_path / "province.yml")) for line in done.stderr.splitlines())


def test_a_program_for_a_camera_runs_nowhere_and_ends_in_one_sentence(tmp_path):
    ansible = str(Path(sys.executable).with_name("ansible"))
    mark = tmp_path / "ran"
    command = [ansible, "-i", "inventory/lab/province.yml", "tan-dinh-cam1", "-m", "ansible.builtin.command", "-a", f"touch {mark}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {"ANSIBLE_CONFIG": "ansible.cfg"})
    assert done.returncode == 2
    assert "a camera or recorder runs no programs; use motcua.cctv.device" in done.stdout
    assert not mark.exists()
