"""The callback that takes check mode off, heard by a real ansible-playbook: what is done, and that all else stays a prediction."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

PLAY = """
- hosts: one:two
  gather_facts: false
  roles: [first, second]
  tasks:
    - name: Enter the site at the other
      ansible.builtin.copy: {content: "x", dest: "{folder}/{{ inventory_hostname }}.entered", mode: "0644"}
      delegate_to: two
      when: inventory_hostname == 'one'
"""
FIRST = """
- name: Write the file
  ansible.builtin.copy: {content: "right\\n", dest: "{folder}/{{ inventory_hostname }}.file", mode: "0644"}
  notify: Restart one
- name: Write the other file
  ansible.builtin.copy: {content: "right\\n", dest: "{folder}/{{ inventory_hostname }}.other", mode: "0644"}
  notify: Restart another
- name: Write many files
  motcua.cctv.files:
    files:
      - {content: "right\\n", dest: "{folder}/{{ inventory_hostname }}.a"}
      - {content: "right\\n", dest: "{folder}/{{ inventory_hostname }}.b"}
    only:
      - {path: "{folder}", pattern: "{{ inventory_hostname }}.extra*"}
- name: Make what runs what is written
  motcua.cctv.loaded:
    program: "{folder}/../{{ inventory_hostname }}.program"
- name: Apply what was written
  ansible.builtin.meta: flush_handlers
- name: Write late
  ansible.builtin.copy: {content: "right\\n", dest: "{folder}/{{ inventory_hostname }}.late", mode: "0644"}
  notify: Restart one
"""
SECOND = """
- name: Write the file
  ansible.builtin.copy: {content: "right\\n", dest: "{folder}/{{ inventory_hostname }}.second", mode: "0644"}
"""
HANDLERS = """
- name: Restart one
  ansible.builtin.shell: "echo one >> {folder}/{{ inventory_hostname }}.log"
- name: Restart another
  ansible.builtin.shell: "echo another >> {folder}/{{ inventory_hostname }}.log"
"""
PROGRAM = '#!/bin/sh\necho "$1"\necho "$1" >>"{folder}/{host}.verbs"\n'


@pytest.fixture
def repair(tmp_path):
    """Play with a choice; what every file of a host holds afterwards."""
    folder = tmp_path / "machine"
    folder.mkdir()
    for host in ("one", "two"):
        for name in ("file", "other", "a", "b", "extra1", "extra2", "late", "second"):
            (folder / f"{host}.{name}").write_text("wrong\n")
        (tmp_path / f"{host}.program").write_text(PROGRAM.replace("{folder}", str(folder)).replace("{host}", host))
        (tmp_path / f"{host}.program").chmod(0o755)
    for place, text in {"first/tasks": FIRST, "first/handlers": HANDLERS, "second/tasks": SECOND}.items():
        (tmp_path / "roles" / place).mkdir(parents=True)
        (tmp_path / "roles" / place / "main.yml").write_text(text.replace("{folder}", str(folder)))
    (tmp_path / "play.yml").write_text(PLAY.replace("{folder}", str(folder)))
    common = f"ansible_connection=local ansible_python_interpreter={sys.executable}"
    (tmp_path / "hosts").write_text(f"one {common}\ntwo {common}\n")

    def run(chosen, *options, ended=0):
        (tmp_path / "chosen.json").write_text(json.dumps(chosen))
        environment = {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_INVENTORY_ENABLED": "ini",
            "ANSIBLE_ROLES_PATH": str(tmp_path / "roles"),
            "ANSIBLE_HOME": str(tmp_path / "home"),
            "ANSIBLE_CALLBACKS_ENABLED": "motcua.cctv.repair",
            "MOTCUA_REPAIRS": str(tmp_path / "chosen.json"),
        }
        command = [
            str(Path(sys.executable).with_name("ansible-playbook")),
            "--check",
            "-i",
            str(tmp_path / "hosts"),
            str(tmp_path / "play.yml"),
        ]
        done = subprocess.run([*command, *options], cwd=ROOT, env=os.environ | environment, capture_output=True, text=True, check=False)
        assert done.returncode == ended, done.stdout + done.stderr
        changed = {path.name for path in folder.iterdir() if path.read_text() != "wrong\n"}
        gone = {f"-{host}.{name}" for host in ("one", "two") for name in ("extra1", "extra2") if not (folder / f"{host}.{name}").exists()}
        logs = {name: (folder / name).read_text().split() for name in changed if name.endswith((".log", ".verbs"))}
        return changed - logs.keys() | gone, logs

    return run


def first(*checks):
    return [{"feature": "first", "check": check} for check in checks]


COMPARED = {"one.verbs": ["compare"], "two.verbs": ["compare"]}


@pytest.mark.parametrize(
    ("chosen", "changed", "logs"),
    [
        ({}, set(), {}),
        (
            {
                # Parts of a task: one file, and one that must go. The handler runs once: later a prediction calls it again.
                "one": first("Write the file", "Write many files: {folder}/one.a", "Write many files: {folder}/one.extra2"),
                # Each host has its own choice of the same tasks, and another role has a task of the same name.
                "two": [*first("Write the other file"), {"feature": "second", "check": "Write the file"}],
            },
            {"one.file", "one.a", "-one.extra2", "two.other", "two.second"},
            {"one.log": ["one"], "two.log": ["another"]},
        ),
        (
            {
                # A name that only begins like a task's isn't it, and what is done at another machine is nobody's.
                "one": [*first("Write", "Write many files"), {"feature": "playbook", "check": "Enter the site at the other"}],
                # A prediction calls the handler before, and what is repaired calls it later.
                "two": first("Make what runs what is written", "Write late"),
            },
            {"one.a", "one.b", "-one.extra1", "-one.extra2", "two.late"},
            {"two.verbs": ["load"], "two.log": ["one"]},
        ),
    ],
    ids=["nothing", "parts", "whole"],
)
def test_what_is_chosen_is_done_and_all_else_is_predicted(repair, tmp_path, chosen, changed, logs):
    filled = json.loads(json.dumps(chosen).replace("{folder}", str(tmp_path / "machine")))
    assert repair(filled) == (changed, COMPARED | logs)


def test_without_check_mode_everything_is_done_as_ever(repair, tmp_path):
    """The callback takes check mode off and never puts it on."""
    (tmp_path / "play.yml").write_text(
        (tmp_path / "play.yml").read_text().replace("gather_facts: false", "gather_facts: false\n  check_mode: false")
    )
    changed, _ = repair({"one": first("Write the file")})
    assert {"two.other", "two.second", "one.b", "-two.extra1"} <= changed


GUARDED = """
- hosts: one:two
  gather_facts: false
  tasks:
    - {name: Arm, ansible.builtin.import_role: {name: guard, tasks_from: arm.yml}}
    - name: Write the file
      ansible.builtin.copy: {content: "right\\n", dest: "{folder}/{{ inventory_hostname }}.file", mode: "0644"}
    - name: Break
      ansible.builtin.fail: {msg: it broke}
      when: broken is defined and inventory_hostname == 'one'
    - name: Confirm
      ansible.builtin.include_role: {name: guard, tasks_from: confirm.yml}
      when: not guard_predicts
- hosts: all
  gather_facts: false
  tasks:
    - {name: Hear, ansible.builtin.include_role: {name: guard, tasks_from: missed.yml}, run_once: true}
"""
GUARD = '#!/bin/sh\necho "$1 $2" >>"{folder}/{host}.log"\ntest "$1" = arm && echo its-mark || true\n'


@pytest.mark.parametrize(
    ("options", "ended", "heard"),
    [
        ([], 0, ["arm", "180", "confirm", "its-mark"]),
        (["-e", "broken=1"], 2, ["arm", "180", "restore", "--heard"]),
    ],
)
def test_the_guard_works_where_something_is_repaired_and_only_there(repair, tmp_path, options, ended, heard):
    folder = tmp_path / "machine"
    (tmp_path / "play.yml").write_text(GUARDED.replace("{folder}", str(folder)))
    for host in ("one", "two"):
        (tmp_path / f"{host}.program").write_text(GUARD.replace("{folder}", str(folder)).replace("{host}", host))
    (tmp_path / "roles" / "guard").symlink_to(ROOT / "roles" / "guard")
    variables = {
        "motcua_repaired": ["one"],
        "guard_program": f"{tmp_path}/{{{{ guard_host | default(inventory_hostname) }}}}.program",
        "guard_files": {"written": []},
    }
    chosen = {"one": [{"feature": "playbook", "check": "Write the file"}]}
    changed, logs = repair(chosen, "-e", json.dumps(variables), *options, ended=ended)
    assert (changed, logs) == ({"one.file"}, {"one.log": heard, "two.log": ["report"]})
