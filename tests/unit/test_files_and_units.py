"""The modules that keep a machine's files, units and packages, called as a role calls them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml


@pytest.fixture
def play(tmp_path):
    """Play one task of a role on this machine; what the module returned."""
    role = tmp_path / "roles" / "r"
    for folder in ("tasks", "templates", "files"):
        (role / folder).mkdir(parents=True)
    (role / "templates" / "greeting.j2").write_text("Chào {{ who.name }}\n")
    (role / "files" / "plain").write_text("{{ not a template }}\n")

    def run(module, arguments, *options):
        result = tmp_path / "result.json"
        copy = {
            "ansible.builtin.copy": {"content": "{{ done | to_json }}", "dest": str(result)},
            "delegate_to": "localhost",
            "check_mode": False,
            "diff": False,
        }
        task = {"name": "Run it", f"motcua.cctv.{module}": arguments, "register": "done", "ignore_errors": True}
        (role / "tasks" / "main.yml").write_text(yaml.safe_dump([task, copy]))
        play = [{"hosts": "localhost", "connection": "local", "gather_facts": False, "roles": ["r"]}]
        (tmp_path / "play.yml").write_text(yaml.safe_dump(play))
        command = [str(Path(sys.executable).with_name("ansible-playbook")), str(tmp_path / "play.yml"), *options]
        environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "ANSIBLE_ROLES_PATH": str(tmp_path / "roles"), "ANSIBLE_NOCOLOR": "1"}
        environment["PATH"] = f"{tmp_path}/bin:{environment['PATH']}"
        ran = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return json.loads(result.read_text()), ran.stdout

    return run


def files(tmp_path, **more):
    out = tmp_path / "out"
    return {
        "each": [{"name": "Lan", "id": 1}, {"name": "Minh", "id": 2}],
        "as": "who",
        "files": [{"template": "greeting.j2", "dest": f"{out}/{{id}}.conf", "mode": "0600"}],
        "only": [{"path": str(out), "pattern": "*.conf"}],
    } | more


def test_files_are_rendered_written_and_the_second_time_left_alone(play, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "gone.conf").write_text("of a site that left\n")
    (out / "other.txt").write_text("not ours\n")
    done, _ = play("files", files(tmp_path))
    assert (out / "1.conf").read_text() == "Chào Lan\n"
    assert (out / "1.conf").stat().st_mode & 0o777 == 0o600
    assert (done["written"], done["removed"]) == ([f"{out}/1.conf", f"{out}/2.conf"], [f"{out}/gone.conf"])
    assert (out / "other.txt").exists()
    again, _ = play("files", files(tmp_path))
    assert (again["changed"], again["written"], again["removed"]) == (False, [], [])


def test_check_mode_says_it_and_touches_nothing(play, tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "gone.conf").write_text("of a site that left\n")
    done, shown = play("files", files(tmp_path), "--check", "--diff")
    assert (done["changed"], done["written"], done["removed"]) == (True, [f"{out}/1.conf", f"{out}/2.conf"], [f"{out}/gone.conf"])
    assert sorted(path.name for path in out.iterdir()) == ["gone.conf"]
    assert "+Chào Lan" in shown


def test_a_wrong_mode_is_a_change(play, tmp_path):
    play("files", files(tmp_path))
    (tmp_path / "out" / "1.conf").chmod(0o644)
    done, _ = play("files", files(tmp_path))
    assert (done["changed"], done["written"]) == (True, [])
    assert (tmp_path / "out" / "1.conf").stat().st_mode & 0o777 == 0o600


def test_a_source_is_copied_as_it_is_and_a_draft_that_isnt_accepted_changes_nothing(play, tmp_path):
    dest = tmp_path / "out" / "plain"
    one = {"files": [{"src": "plain", "dest": str(dest), "validate": "grep -q nonsense %s"}]}
    done, _ = play("files", one)
    assert done["failed"] is True
    assert "the draft isn't accepted" in done["msg"]
    assert list((tmp_path / "out").iterdir()) == []
    one["files"][0]["validate"] = "test -s %s"
    done, _ = play("files", one)
    assert (done["changed"], dest.read_text()) == (True, "{{ not a template }}\n")


SYSTEMCTL = """#!/bin/sh
echo "$@" >>{log}
case "$1" in
  show)
    shift 2
    for unit; do [ "$unit" = "*" ] && unit=.loaded; cat {folder}/"$unit"; echo; done ;;
esac
"""
STATES = {
    "runs.service": "LoadState=loaded\nUnitFileState=enabled\nActiveState=active\nNeedDaemonReload=no",
    "stands.service": "LoadState=loaded\nUnitFileState=disabled\nActiveState=inactive\nNeedDaemonReload=no",
    "failed.service": "LoadState=loaded\nUnitFileState=enabled\nActiveState=failed\nNeedDaemonReload=no",
    "stale.service": "LoadState=loaded\nUnitFileState=static\nActiveState=active\nNeedDaemonReload=yes",
    "masked.service": "LoadState=masked\nUnitFileState=masked\nActiveState=inactive\nNeedDaemonReload=no",
    "unknown.service": "LoadState=not-found\nUnitFileState=\nActiveState=inactive\nNeedDaemonReload=no",
}


@pytest.fixture
def systemctl(tmp_path):
    """A systemd that only says its units' states and notes what it was told."""
    folder, log = tmp_path / "units", tmp_path / "told"
    folder.mkdir()
    (folder / ".loaded").write_text("NeedDaemonReload=no\n\nNeedDaemonReload=no\n")
    for name, state in STATES.items():
        (folder / name).write_text(f"Id={name}\n{state}\n")
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(SYSTEMCTL.format(folder=folder, log=log))
    program.chmod(0o755)
    log.touch()
    return lambda: [line for line in log.read_text().splitlines() if not line.startswith("show")]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"running": ["runs.service"]}, []),
        (
            {"running": ["runs.service", "stands.service", "failed.service"]},
            ["enable stands.service", "start stands.service failed.service"],
        ),
        ({"running": ["masked.service"]}, ["unmask masked.service", "enable masked.service", "start masked.service"]),
        ({"running": ["stale.service"]}, ["daemon-reload"]),
        ({"restarted": ["runs.service", "stands.service"]}, ["enable stands.service", "restart runs.service stands.service"]),
        ({"try_restarted": ["runs.service", "stands.service"]}, ["try-restart runs.service"]),
        (
            {"stopped": ["runs.service", "stands.service", "unknown.service"]},
            ["daemon-reload", "disable runs.service", "stop runs.service"],
        ),
    ],
)
def test_units_are_told_only_what_they_need(play, systemctl, arguments, told):
    predicted, _ = play("units", arguments, "--check")
    assert systemctl() == []
    done, _ = play("units", arguments)
    assert systemctl() == told
    assert predicted["changed"] == done["changed"] == bool([line for line in told if line != "daemon-reload"])


def test_what_a_timer_starts_is_read_anew_when_its_file_is(play, systemctl, tmp_path):
    (tmp_path / "units/.loaded").write_text("NeedDaemonReload=no\n\nNeedDaemonReload=yes\n")
    play("units", {"running": ["runs.service"]})
    assert systemctl() == ["daemon-reload"]


def test_an_unknown_unit_that_should_run_is_one_sentence(play, systemctl):
    done, _ = play("units", {"running": ["unknown.service"]})
    assert done["failed"] is True
    assert done["msg"] == "unknown.service: systemd knows no such unit; was its file written?"


def test_a_program_compares_in_check_mode_and_loads_else(play, tmp_path):
    program = tmp_path / "a program"
    program.write_text(f'#!/bin/sh\necho "$1 differs"\necho "$1" >>{tmp_path}/verbs\necho "bad $1" >&2\nexit 1\n')
    program.chmod(0o755)
    done, _ = play("loaded", {"program": str(program)}, "--check")
    assert (done["changed"], done["stdout_lines"], done.get("failed", False)) == (True, ["compare differs"], False)
    done, _ = play("loaded", {"program": str(program)})
    assert (done["failed"], done["msg"]) == (True, "bad load")
    assert (tmp_path / "verbs").read_text() == "compare\nload\n"
    program.unlink()  # before the first rollout
    done, _ = play("loaded", {"program": str(program)}, "--check")
    assert (done["changed"], done.get("failed", False)) == (False, False)


DPKG = """#!/bin/sh
cat <<END
ii  chrony
rc  frr
un  nftables
hi  curl
END
exit 1
"""
APT = """#!/bin/sh
echo "$DEBIAN_FRONTEND" "$@" >>{log}
exit {code}
"""


@pytest.fixture
def debian(tmp_path):
    """A machine with chrony and curl, on which apt-get notes what it was told, and ends as it is told to."""
    log = tmp_path / "told"
    log.touch()

    def end_with(code):
        (tmp_path / "bin").mkdir(exist_ok=True)
        for name, text in (("dpkg-query", DPKG), ("apt-get", APT.format(log=log, code=code))):
            (tmp_path / "bin" / name).write_text(text)
            (tmp_path / "bin" / name).chmod(0o755)
        return log.read_text

    return end_with


@pytest.mark.parametrize(
    ("names", "installed"),
    [
        (["chrony", "curl"], []),
        (["chrony", "frr", "nftables", "unheard-of"], ["frr", "nftables", "unheard-of"]),
    ],
)
def test_only_missing_packages_are_installed(play, debian, names, installed):
    told = debian(0)
    predicted, _ = play("packages", {"names": names}, "--check")
    assert told() == ""
    done, _ = play("packages", {"names": names, "recommends": False})
    assert predicted["installed"] == done["installed"] == installed
    assert predicted["changed"] == done["changed"] == bool(installed)
    assert told().startswith("noninteractive install ") == bool(installed)
    assert told().strip().endswith(" ".join(["--no-install-recommends", *installed]) if installed else "")


def test_packages_that_cant_be_had_are_one_sentence(play, debian):
    debian(100)
    done, _ = play("packages", {"names": ["frr"]})
    assert done["failed"] is True
    assert done["msg"].startswith("frr: apt-get couldn't install them (")
