"""The action motcua.cctv.stage, as its playbook calls it: a folder for one person, this site's secrets alone, none of them said."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import device_password, masters_from, tunnel_private_key
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors.table import ROUTER_PASSWORDS

from tests.unit.routers import staged_wish, wish
from tests.unit.wire import Managed

HOST = "lang-giang-router"
ROOT = Path(__file__).resolve().parent.parent.parent
MASTERS = masters_from({"master": Managed.MASTER}, {"master": Managed.MASTER}, ("devices", "tunnels"))
GLASS = device_password(MASTERS, "lang-giang", HOST, "breakglass", 1, ROUTER_PASSWORDS)


class Province:
    """A router and a camera of a made-up province, and the play that stages them."""

    def __init__(self, folder):
        self.folder, self.staging = folder, folder / "staging"
        for kind in ("devices", "tunnels"):
            (folder / f"{kind}.yml").write_text(yaml.safe_dump({"master": Managed.MASTER}))
        camera = {"motcua_role": "camera", "ansible_host": "10.64.1.11", "motcua_desired": {"overlay": {"name": "Quầy tiếp nhận"}}}
        self.variables = {
            "motcua_site": "lang-giang",
            "motcua_platform": "routeros",
            "motcua_role": "router",
            "motcua_masters": {kind: str(folder / f"{kind}.yml") for kind in ("devices", "tunnels")},
            "motcua_state": str(folder / "state"),
            "motcua_desired": {"router": staged_wish()},
        }
        self.hosts = {HOST: self.variables, "lang-giang-cam1": camera}

    def stage(self, *arguments, **options):
        inventory, playbook = self.folder / "hosts.yml", self.folder / "play.yml"
        inventory.write_text(yaml.safe_dump({"all": {"children": {"site_lang_giang": {"hosts": self.hosts}}}}))
        task = {"name": "Stage", "motcua.cctv.stage": {"dest": str(self.staging), **options}}
        playbook.write_text(yaml.safe_dump([{"name": "Play", "hosts": HOST, "gather_facts": False, "tasks": [task]}]))
        environment = os.environ | {
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default",
            "ANSIBLE_CALLBACK_RESULT_FORMAT": "json",
            "ANSIBLE_NOCOLOR": "1",
            "MOTCUA_FINDINGS": str(self.folder / "findings.json"),
        }
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-vvv", "-i", str(inventory), str(playbook), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT, timeout=300)
        return done.returncode, done.stdout + done.stderr

    def files(self):
        return {path.name: path for path in self.staging.iterdir()} if self.staging.exists() else {}

    def secrets(self):
        names = ("motcua", "snmp-auth", "snmp-privacy", "breakglass")
        passwords = {device_password(MASTERS, "lang-giang", HOST, name, 1, ROUTER_PASSWORDS) for name in names}
        return passwords | {tunnel_private_key(MASTERS, "lang-giang", name) for name in ("main", "centre-ftth", "ioc-tslcd", "ioc-ftth")}


@pytest.fixture
def province(tmp_path):
    return Province(tmp_path)


def test_a_folder_for_one_person_and_nothing_said(province):
    code, said = province.stage()
    assert code == 0, said
    assert "changed=1" in said
    assert set(province.files()) == {f"{HOST}.routeros7.rsc", f"{HOST}.routeros6.rsc", "labels.html"}
    assert stat.S_IMODE(province.staging.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in province.files().values()} == {0o600}
    assert not [secret for secret in province.secrets() if secret in said]
    text = province.files()[f"{HOST}.routeros7.rsc"].read_text()
    assert tunnel_private_key(MASTERS, "lang-giang", "main") in text
    assert GLASS in text
    page = province.files()["labels.html"].read_text()
    assert "Bộ phận Một cửa huyện Lạng Giang" in page and "Quầy tiếp nhận" in page and "192.168.5.11" in page
    assert not [secret for secret in province.secrets() if secret in page]
    code, said = province.stage()
    assert code == 0 and "changed=0" in said


def test_a_prediction_writes_nothing(province):
    code, said = province.stage("--check", print_secret=True)
    assert code == 0 and "changed=1" in said
    assert not province.files()
    assert not (province.folder / "state").exists()


def test_the_envelope_is_printed_once(province):
    code, said = province.stage(print_secret=True)
    assert code == 0 and GLASS not in said
    page = province.files()[f"{HOST}.sealed.html"]
    assert GLASS in page.read_text()
    page.unlink()
    code, said = province.stage(print_secret=True)
    assert code != 0 and "a second sheet isn't made" in said
    assert not page.exists()
    code, said = province.stage()
    assert code == 0
    (province.folder / "state/epochs").mkdir(parents=True)
    (province.folder / f"state/epochs/{HOST}.json").write_text(json.dumps({"confirmed": 2, "pending": None}))
    code, said = province.stage(print_secret=True)
    assert code == 0, said
    assert GLASS not in page.read_text()
    assert device_password(MASTERS, "lang-giang", HOST, "breakglass", 2, ROUTER_PASSWORDS) in page.read_text()


@pytest.mark.parametrize(
    ("platform", "files"),
    [("draytek", {f"{HOST}.worksheet.html", "labels.html"}), ("ont", {f"{HOST}.worksheet.html", "labels.html"})],
)
def test_what_nobody_can_load_is_a_sheet_without_secrets(province, platform, files):
    province.variables["motcua_platform"] = platform
    code, said = province.stage()
    assert code == 0, said
    assert set(province.files()) == files
    assert not [secret for secret in province.secrets() for path in province.files().values() if secret in path.read_text()]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda one: one.variables.pop("motcua_desired"), "has no router's state"),
        (lambda one: one.variables.pop("motcua_masters"), "motcua_masters"),
        (lambda one: (one.folder / "tunnels.yml").unlink(), "tunnels.yml: the master secret is missing"),
        (lambda one: one.staging.write_text("a file"), "can't be made"),
        (
            lambda one: one.variables.update(motcua_platform="ios", motcua_desired={"router": wish(tunnels=wish()["tunnels"][1:2])}),
            "IOS has no WireGuard",
        ),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_half_written(province, change, words):
    change(province)
    code, said = province.stage()
    assert code != 0
    assert words in said.replace("\\n", " ")
    assert "Traceback" not in said
    assert province.staging.is_file() or not province.files()
