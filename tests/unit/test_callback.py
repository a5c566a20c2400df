"""The callback, heard by a real ansible-playbook: what it writes, and that it says nothing unless it is asked."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

HOSTS = """
[all:vars]
ansible_connection=local
ansible_python_interpreter={python}
[all]
clean motcua_site=a
drift motcua_site=a
failing motcua_site=a
rescued motcua_site=b
silent motcua_site=b ansible_connection=ssh ansible_host=127.0.0.1 ansible_port=9
forgotten motcua_site=b
camera motcua_site=b
hub
"""

PLAYBOOK = """
- name: Audit
  hosts: clean:drift:failing:rescued:silent
  gather_facts: false
  tasks:
    - name: Write the file
      ansible.builtin.copy: {content: "policy drop\\n", dest: "{folder}/{{ inventory_hostname }}.conf", mode: "0644"}
      notify: Reload
    - name: Write the key
      ansible.builtin.copy: {content: "hunter2\\n", dest: "{folder}/{{ inventory_hostname }}.key", mode: "0644"}
      no_log: true
    - name: Make the folders
      ansible.builtin.file: {path: "{folder}/{{ inventory_hostname }}/{{ item }}", state: directory, mode: "0755"}
      loop: [one, two]
    - name: Try what may fail
      ansible.builtin.command: "false"
      check_mode: false
      changed_when: false
      ignore_errors: true
    - name: Read the running state
      ansible.builtin.command: "{{ 'false' if inventory_hostname == 'failing' else 'true' }}"
      check_mode: false
      changed_when: false
    - name: Read with a second way
      when: inventory_hostname == 'rescued'
      block:
        - {name: First way, ansible.builtin.fail: {msg: rescued}}
      rescue:
        - {name: Second way, ansible.builtin.command: "true"}
    - name: Enter the site at the hub
      ansible.builtin.copy: {content: "site\\n", dest: "{folder}/hub.site", mode: "0644"}
      delegate_to: hub
      when: inventory_hostname == 'clean'
  handlers:
    - {name: Reload, ansible.builtin.command: "true", changed_when: true}

- name: Only talk
  hosts: forgotten
  gather_facts: false
  tasks:
    - {name: Talk, ansible.builtin.debug: {msg: hello}}

- name: Devices
  hosts: camera
  gather_facts: false
  tasks:
    - {name: Make the camera match, device: }

- name: Hub
  hosts: hub
  gather_facts: false
  tasks:
    - {name: Look, ansible.builtin.file: {path: "{folder}", state: directory}}
"""

DEVICE = """
from ansible.plugins.action import ActionBase

class ActionModule(ActionBase):
    def run(self, tmp=None, task_vars=None):
        changes = [{"key": "services.upnp", "before": True, "after": False, "outcome": "predicted"}]
        return {"changed": True, "changes": changes, "unsupported": [{"key": "services.p2p", "reason": "not there"}], "findings": [],
                "diff": {"before": "a", "after": "b"}}
"""


def run(folder, *arguments, **environment):
    own = {"ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"), "ANSIBLE_INVENTORY_ENABLED": "ini", "ANSIBLE_HOME": str(folder / "home")}
    command = [
        str(Path(sys.executable).with_name("ansible-playbook")),
        "--check",
        "--diff",
        "-i",
        str(folder / "hosts"),
        str(folder / "audit.yml"),
        *arguments,
    ]
    return subprocess.run(command, cwd=ROOT, env=os.environ | own | environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    (folder / "hosts").write_text(HOSTS.replace("{python}", sys.executable))
    (folder / "audit.yml").write_text(PLAYBOOK.replace("{folder}", str(folder / "machine")))
    (folder / "action_plugins").mkdir()
    (folder / "action_plugins" / "device.py").write_text(DEVICE)
    for host in ("clean", "failing", "rescued", "drift"):
        (folder / "machine" / host / "one").mkdir(parents=True)
        (folder / "machine" / f"{host}.conf").write_text("policy accept\n" if host == "drift" else "policy drop\n")
        (folder / "machine" / f"{host}.key").write_text("hunter1\n" if host == "drift" else "hunter2\n")
        if host != "drift":
            (folder / "machine" / host / "two").mkdir()
    return folder


@pytest.fixture(scope="module")
def rows(folder):
    path = folder / "reports" / "findings.json"
    done = run(folder, MOTCUA_FINDINGS=str(path))
    assert path.exists(), done.stdout + done.stderr
    assert {file.name for file in path.parent.iterdir()} == {"findings.json", "snapshots.json"}
    return json.loads(path.read_text())["findings"]


def of(rows, device):
    return [(row["check"], row["status"]) for row in rows if row["device"] == device]


def test_a_clean_host_passes_once(rows):
    assert of(rows, "clean") == [("declared", "pass")]


def test_each_difference_is_one_finding_and_a_handler_is_none(rows, folder):
    machine = folder / "machine"
    assert of(rows, "drift") == [
        (f"Make the folders: {machine}/drift/two", "fail"),
        (f"Write the file: {machine}/drift.conf", "fail"),
        (f"Write the key: {machine}/drift.key", "fail"),
    ]
    written = next(row for row in rows if row["check"].startswith("Write the file"))
    assert (written["expected"], written["actual"], written["site"], written["feature"]) == (
        "policy drop",
        "policy accept",
        "a",
        "playbook",
    )


def test_what_is_not_logged_is_not_told(rows):
    secret = next(row for row in rows if row["check"].startswith("Write the key"))
    assert (secret["expected"], secret["actual"]) == ("(secret)", "(secret)")
    assert "hunter" not in json.dumps(rows)


def test_a_failed_task_is_an_error_unless_it_was_ignored_or_rescued(rows):
    assert of(rows, "failing") == [("Read the running state", "error")]
    assert of(rows, "rescued") == [("declared", "pass")]


def test_silence_is_an_error(rows):
    assert of(rows, "silent") == [("reachable", "error")]


def test_a_host_that_nothing_judged_is_an_error(rows):
    assert of(rows, "forgotten") == [("judged", "error")]


def test_a_device_speaks_in_keys(rows):
    assert of(rows, "camera") == [("services.p2p", "skipped"), ("services.upnp", "fail")]


def test_a_delegated_difference_belongs_to_where_it_is(rows, folder):
    assert of(rows, "hub") == [(f"Enter the site at the hub: {folder}/machine/hub.site", "fail")]


def test_a_limit_limits_who_is_closed(folder, tmp_path):
    run(folder, "--limit", "camera", MOTCUA_FINDINGS=str(tmp_path / "findings.json"))
    rows = json.loads((tmp_path / "findings.json").read_text())["findings"]
    assert {row["device"] for row in rows} == {"camera"}


def test_nothing_is_written_or_said_unless_it_is_asked(folder):
    before = {path for path in folder.rglob("*") if "home" not in path.parts}
    done = run(folder, "--limit", "camera")
    assert {path for path in folder.rglob("*") if "home" not in path.parts} == before
    assert "findings" not in done.stderr


def test_what_cant_be_written_is_said(folder):
    done = run(folder, "--limit", "camera", MOTCUA_FINDINGS="/dev/null/findings.json")
    assert "/dev/null: the findings can't be written (File exists); make room and audit again" in " ".join(done.stderr.split())
