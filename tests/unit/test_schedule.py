"""The audit of every morning: its units, and the playbook that writes them where systemd runs."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import jinja2
import pytest
import yaml

TEMPLATES = Path("roles/schedule/templates")
ROOT = Path.cwd()
VALUES = {
    "ansible_managed": "ours",
    "schedule_root": ROOT,
    "schedule_inventory": ROOT / "inventory/lab/province.yml",
    "schedule_output": "/srv/reports of the province",
    "schedule_vault_password_file": "/home/ky/vault password",
    "schedule_user": "daemon",
    "schedule_home": "/home/ky",
    "schedule_at": "*-*-* 05:30",
    "schedule_backup_at": "*-*-* 02:30",
    "schedule_pki_at": "*-*-* 04:30",
    "schedule_zone": "Asia/Ho_Chi_Minh",
    "schedule_delay": "10min",
    "schedule_keep": 90,
}
ANALYZE = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="Debian's systemd isn't installed")
# What the module asks and tells, kept in files: a unit is known when its file is there.
SYSTEMCTL = """#!/bin/sh
verb=$1; shift
echo "$verb $*" >>$STATE/log
for name in "$@"; do case $name in
  --*) ;;
  '*') echo NeedDaemonReload=no ;;
  *) case $verb in
    show) [ -e /etc/systemd/system/$name ] && load=loaded || load=not-found
      [ -e $STATE/$name.enabled ] && file=enabled || file=disabled
      [ -e $STATE/$name.active ] && run=active || run=inactive
      printf 'Id=%s\\nLoadState=%s\\nUnitFileState=%s\\nActiveState=%s\\nNeedDaemonReload=no\\n\\n' $name $load $file $run ;;
    enable) touch $STATE/$name.enabled ;;
    start|restart) touch $STATE/$name.active ;;
  esac ;;
esac; done
"""


@pytest.fixture
def units(tmp_path):
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(TEMPLATES), trim_blocks=True, undefined=jinja2.StrictUndefined)
    environment.filters["dirname"] = os.path.dirname
    for unit in yaml.safe_load(Path("roles/schedule/vars/main.yml").read_text())["schedule_units"]:
        item = {key: environment.from_string(value).render(VALUES) for key, value in unit.items()}
        for template in TEMPLATES.glob("motcua.*.j2"):
            text = environment.get_template(template.name).render(VALUES, item=item)
            (tmp_path / template.stem.replace("motcua", f"motcua-{item['name']}")).write_text(text + "\n")
    return tmp_path


def analyze(*arguments):
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


@ANALYZE
@pytest.mark.parametrize("unit", ["audit", "backup", "pki"])
def test_systemd_understands_the_units(units, unit):
    names = (str(units / f"motcua-{unit}.{kind}") for kind in ("timer", "service"))
    done = analyze("verify", "--man=no", "--recursive-errors=no", *names)
    assert (done.returncode, done.stderr) == (0, "")


@ANALYZE
def test_it_may_do_little_besides_its_work(units):
    done = analyze("security", "--offline=yes", "--no-pager", str(units / "motcua-audit.service"))
    found = re.search(r"Overall exposure level.*: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= 4.0, done.stdout[-3000:]


@ANALYZE
def test_it_runs_in_the_morning_of_the_province(units):
    (at,) = re.findall(r"^OnCalendar=(.*)$", (units / "motcua-audit.timer").read_text(), re.MULTILINE)
    said = analyze("calendar", "--base-time=2026-11-27 12:00:00 UTC", at).stdout
    assert re.search(r"Sat 2026-11-28 05:30:00 \+07|Fri 2026-11-27 22:30:00 UTC", said), said


def test_it_calls_what_there_is_and_takes_a_difference_for_no_failure(units):
    text = (units / "motcua-audit.service").read_text()
    assert (
        f'ExecStart="{ROOT}/scripts/motcua" audit --tell -i "{ROOT}/inventory/lab/province.yml" --output "/srv/reports of the province"'
        in text
    )
    assert "\nSuccessExitStatus=2\n" in text and "\nUser=daemon\n" in text
    shown = subprocess.run([sys.executable, "scripts/motcua", "audit", "--help"], capture_output=True, text=True, check=True).stdout
    assert "--tell" in shown and "--output" in shown


def test_the_night_keeps_what_changed(units):
    text = (units / "motcua-backup.service").read_text()
    assert f'ExecStart="{ROOT}/scripts/motcua" backup -i "{ROOT}/inventory/lab/province.yml" --reason nightly\n' in text
    shown = subprocess.run([sys.executable, "scripts/motcua", "backup", "--help"], capture_output=True, text=True, check=True).stdout
    assert "--reason" in shown and "--inventory" in shown
    assert "OnCalendar=*-*-* 02:30 Asia/Ho_Chi_Minh" in (units / "motcua-backup.timer").read_text()


def test_the_portals_certificates_and_the_lists_are_renewed(units):
    text = (units / "motcua-pki.service").read_text()
    assert f'ExecStart="{ROOT}/scripts/motcua" pki crl --publish -i "{ROOT}/inventory/lab/province.yml"\n' in text
    shown = subprocess.run([sys.executable, "scripts/motcua", "pki", "crl", "--help"], capture_output=True, text=True, check=True).stdout
    assert "--publish" in shown and "--inventory" in shown


def play(tmp_path, *arguments, lives=True, secret="vault"):
    """Run the playbook on a machine whose /etc and /run are the test's own; the units that it left, and what it said."""
    (tmp_path / "bin").mkdir(exist_ok=True)
    (tmp_path / "etc").mkdir(exist_ok=True)
    (tmp_path / "bin/systemctl").write_text(SYSTEMCTL)
    (tmp_path / "bin/systemctl").chmod(0o755)
    (tmp_path / "vault").write_text("open")
    script = f"mount -t tmpfs none /run && {'mkdir -p /run/systemd/system' if lives else 'true'} && mount --bind {tmp_path}/etc /etc/systemd/system"
    command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", "inventory/lab/province.yml", "playbooks/schedule.yml"]
    command += ["-e", f"schedule_output={tmp_path}/reports", *arguments]
    environment = os.environ | {
        "PATH": f"{tmp_path}/bin:{Path(sys.executable).parent}:{os.environ['PATH']}",
        "STATE": str(tmp_path),
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_VAULT_PASSWORD_FILE": str(tmp_path / secret),
    }
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", f'{script} && exec "$@"', "sh", *command],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give the playbook a machine of its own")
class TestThePlaybook:
    """Played in a mount namespace."""

    def test_it_shows_writes_and_then_has_nothing_to_do(self, tmp_path):
        shown = play(tmp_path, "--check", "--diff")
        assert shown.returncode == 0, shown.stdout + shown.stderr
        assert "+OnCalendar=*-*-* 05:30 Asia/Ho_Chi_Minh" in shown.stdout
        assert list((tmp_path / "etc").iterdir()) == [] and not (tmp_path / "reports").exists()
        done = play(tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        assert {path.name for path in (tmp_path / "etc").iterdir()} == {
            f"motcua-{unit}.{kind}" for unit in ("audit", "backup", "pki") for kind in ("service", "timer")
        }
        assert f'"ANSIBLE_VAULT_PASSWORD_FILE={tmp_path}/vault"' in (tmp_path / "etc/motcua-audit.service").read_text()
        for unit in ("audit", "backup", "pki"):
            assert (tmp_path / f"motcua-{unit}.timer.enabled").exists() and (tmp_path / f"motcua-{unit}.timer.active").exists()
        again = play(tmp_path)
        assert re.search(r"localhost +: ok=\d+ +changed=0 ", again.stdout), again.stdout

    def test_a_machine_without_systemd_is_a_sentence(self, tmp_path):
        done = play(tmp_path, lives=False)
        assert done.returncode != 0
        assert "This machine runs no systemd" in done.stdout + done.stderr

    def test_a_vault_password_that_isnt_there_is_a_sentence(self, tmp_path):
        done = play(tmp_path, "-e", "schedule_vault_password_file=/nowhere/vault")
        assert done.returncode != 0
        assert "/nowhere/vault: isn't a file that root can read" in " ".join((done.stdout + done.stderr).split())
