"""`motcua backup` and `motcua restore` on emulated devices and a router, played by a real ansible-playbook."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired
from typer import Typer
from typer.testing import CliRunner

from cli import backup as backing
from cli import player as playing
from cli import restore as restoring
from cli.secrets import VAULT_PASSWORD, create
from tests.emulators.routers import server
from tests.unit.test_audit_action import router_variables
from tests.unit.test_engine import OEM
from tests.unit.wire import FACTORY, emulated, free_port

CAM, ROUTER = "lang-giang-cam1", "lang-giang-router"
FILE = "lang-giang/lang-giang/lang-giang-cam1.yml"
GROUPS = ("cameras", "nvrs", "routers", "hubs", "ioc", "platform_linux")
KINDS = {"hikvision": {}, "dahua": OEM}
TURNED = {"services.upnp": "false", "overlay.name": "Quầy số 9"}
LATER = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%d")


class Bench:
    """A copy of the lab's inventory with masters of its own; its playbooks are played against what ``devices`` says."""

    def __init__(self, folder):
        self.folder = folder
        self.inventory = folder / "inventory" / "province.yml"
        shutil.copytree("inventory/lab", self.inventory.parent, ignore=shutil.ignore_patterns("state", "keys", "secrets"))
        create(self.inventory, {})
        self.vault = self.inventory.parent / "secrets" / VAULT_PASSWORD
        self.repository = self.inventory.parent / "state" / "backups"

    def devices(self, group="cameras", **rows):
        masters = {name: str(self.inventory.parent / "secrets" / f"{name}.yml") for name in ("devices", "tunnels")}
        groups = {key: {} for key in GROUPS} | {group: {"hosts": {name: {"motcua_masters": masters} | row for name, row in rows.items()}}}
        (self.folder / "hosts.yml").write_text(yaml.safe_dump({"all": {"children": groups}}))

    def there(self, command, _):
        swapped = {str(self.inventory.resolve()): str(self.folder / "hosts.yml")}
        return [str(Path(sys.executable).with_name("ansible-playbook")), *(swapped.get(word, word) for word in command[1:])]

    def run(self, command, *words):
        app = Typer()
        app.command()(command)
        return CliRunner().invoke(app, [*words, "-i", str(self.inventory)])

    def backup(self, *words):
        return self.run(backing.backup, *words)

    def restore(self, device, *words, day=LATER):
        return self.run(restoring.restore, device, "--day", day, *words)

    def git(self, *words):
        return subprocess.run(["git", "-C", str(self.repository), *words], capture_output=True, check=True, text=True).stdout.strip()

    def moment(self, steps_back):
        """The moment at which the state so many before the newest was kept."""
        return datetime.fromtimestamp(int(self.git("log", "-1", "--format=%ct", f"main~{steps_back}")), UTC).isoformat()


@pytest.fixture
def bench(tmp_path, monkeypatch):
    bench = Bench(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ANSIBLE_INVENTORY_ENABLED", "yaml")
    monkeypatch.setattr(playing, "at_the_controller", bench.there)
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(bench.vault))
    return bench


def variables(device, vendor="hikvision", **more):
    return {
        "ansible_host": "127.0.0.1",
        "ansible_connection": "motcua.cctv.device",
        "motcua_role": "camera",
        "motcua_vendor": vendor,
        "motcua_site": "lang-giang",
        "motcua_user": FACTORY[0],
        "motcua_password": FACTORY[1],
        "motcua_port": device.ports["https"],
        "motcua_experimental": True,
        "motcua_desired": {},
    } | more


@pytest.mark.parametrize("vendor", KINDS)
def test_a_device_is_put_back_to_a_day_and_the_rest_of_it_stays(bench, tmp_path, vendor, monkeypatch):
    original = desired
    monkeypatch.setattr(
        backing, "desired", lambda *given: tuple(replace(one, vendor=vendor) if one.name == CAM else one for one in original(*given))
    )
    with emulated(f"{vendor}-camera", tmp_path, **KINDS[vendor]) as device:
        bench.devices(**{CAM: variables(device, vendor)})
        first = bench.backup("--reason", "before the change")
        assert first.exit_code == 0, first.output
        again = bench.backup()
        assert (again.exit_code, "0 files changed" in again.output) == (0, True), again.output
        assert "before the change" in bench.git("log", "--format=%s")
        then, were = bench.moment(0), {key: device.hand("get", key) for key in TURNED}
        for key, value in TURNED.items():
            device.hand("set", key, value)
        assert were != TURNED
        assert bench.backup().exit_code == 0
        assert len(bench.git("log", "--format=%H").splitlines()) == 2
        done = bench.restore(CAM, "--yes", day=then)
        assert done.exit_code == 0, done.output
        assert "+services.upnp: true" in done.output and "is as it was then" in done.output
        assert {key: device.hand("get", key) for key in TURNED} == were
        assert "was put back to" in bench.git("log", "-1", "--format=%s")
        assert bench.git("diff", "main~2", "main", "--", FILE) == ""
    assert FACTORY[1] not in bench.git("log", "-p")
    assert [path.name for path in bench.repository.glob(".*")] == []


def test_the_devices_own_backup_opens_for_who_has_the_masters(bench, tmp_path):
    with emulated("hikvision-camera", tmp_path) as device:
        bench.devices(**{CAM: variables(device)})
        assert bench.backup().exit_code == 0
    target = tmp_path / "own.bin"
    done = bench.restore(CAM, "--blob", str(target))
    assert done.exit_code == 0, done.output
    assert target.stat().st_mode & 0o777 == 0o600 and target.read_bytes()
    sealed = subprocess.run(
        ["git", "-C", bench.repository, "show", f"main:{FILE.replace('.yml', '.sealed')}"], capture_output=True, check=True
    ).stdout
    assert target.read_bytes() not in sealed


def test_what_is_not_confirmed_isn_t_done(bench, tmp_path):
    with emulated("hikvision-camera", tmp_path) as device:
        bench.devices(**{CAM: variables(device)})
        bench.backup()
        device.hand("set", "services.upnp", "false")
        done = bench.restore(CAM, day=bench.moment(0))
        assert done.exit_code == 1 and "+services.upnp: true" in done.output
        assert device.hand("get", "services.upnp") == "false"


def test_a_device_that_answers_well_and_ignores_it_is_still_another(bench, tmp_path):
    with emulated("hikvision-camera", tmp_path, quirks={"ignore": ["/ISAPI/System/Network/UPnP"]}) as device:
        bench.devices(**{CAM: variables(device)})
        bench.backup()
        then = bench.moment(0)
        device.hand("set", "services.upnp", "false")
        done = bench.restore(CAM, "--yes", day=then)
    assert done.exit_code == 2, done.output
    assert "services.upnp is still" in done.output


@pytest.mark.parametrize(
    ("other", "words", "code", "sentence"),
    [
        ({"model": "DS-2CD1023G0E-I"}, ["--another-serial"], 1, "identity.model"),
        ({"serial": "DS-2CD2143G2-I20230101AAWRJ00000002"}, [], 1, "--another-serial takes"),
        ({"serial": "DS-2CD2143G2-I20230101AAWRJ00000002"}, ["--another-serial"], 0, "there is nothing to put back"),
    ],
)
def test_another_device_in_its_place(bench, tmp_path, other, words, code, sentence):
    with emulated("hikvision-camera", tmp_path) as device:
        bench.devices(**{CAM: variables(device)})
        bench.backup()
        then = bench.moment(0)
    (tmp_path / "state.json").unlink(missing_ok=True)
    with emulated("hikvision-camera", tmp_path, **other) as device:
        bench.devices(**{CAM: variables(device)})
        shutil.rmtree(tmp_path / ".local", ignore_errors=True)  # the pin of the device before
        done = bench.restore(CAM, "--yes", *words, day=then)
    assert done.exit_code == code, done.output
    assert sentence in done.output + str(done.exception)


def test_a_device_that_is_off_keeps_what_was_kept_and_is_named(bench, tmp_path):
    with emulated("hikvision-camera", tmp_path) as device:
        own = variables(device)
        bench.devices(**{CAM: own, "lang-giang-cam2": own | {"motcua_port": free_port()}})
        done = bench.backup()
        assert done.exit_code == 1 and "lang-giang-cam2: could not be read" in done.output, done.output
        assert FILE in bench.git("ls-tree", "-r", "--name-only", "main")
    off = bench.restore(CAM, "--yes")
    assert "could not be read" in str(off.exception)
    assert bench.git("ls-tree", "-r", "--name-only", "main").count("cam1.yml") == 1


def test_a_refused_login_is_tried_once(bench, tmp_path):
    with emulated("hikvision-camera", tmp_path) as device:
        bench.devices(**{CAM: variables(device, motcua_password="wrong")})
        done = bench.backup()
        assert device.hand("status")["most_failed_logins"] == 1
    assert (done.exit_code, "0 devices read" in done.output) == (1, True), done.output


def test_a_state_that_somebody_made_isn_t_put_into_a_device(bench, tmp_path):
    with emulated("hikvision-camera", tmp_path) as device:
        bench.devices(**{CAM: variables(device)})
        bench.backup()
        text = bench.git("show", f"main:{FILE}").replace("services.upnp: true", "services.upnp: false")
        (tmp_path / "clone").mkdir()
        environment = os.environ | {"GIT_DIR": str(bench.repository), "GIT_INDEX_FILE": str(tmp_path / "index")}

        def git(*words, said=""):
            command = ["git", "-c", "user.name=x", "-c", "user.email=x@x", *words]
            return subprocess.run(command, input=said, capture_output=True, check=True, text=True, env=environment).stdout.strip()

        git("read-tree", "main")
        git("update-index", "--cacheinfo", f"100644,{git('hash-object', '-w', '--stdin', said=text)},{FILE}")
        git(
            "update-ref",
            "refs/heads/main",
            git("commit-tree", git("write-tree"), "-p", "main", "-m", git("log", "-1", "--format=%B", "main")),
        )
        refused = bench.restore(CAM, "--yes")
        assert "wasn't made by motcua" in str(refused.exception)
        next_one = bench.backup("--reason", "next")
        assert next_one.exit_code == 0 and "nothing of it is taken over" in next_one.output


def test_under_new_masters_the_old_days_are_named_and_a_new_beginning_is_made(bench, tmp_path):
    with emulated("hikvision-camera", tmp_path) as device:
        bench.devices(**{CAM: variables(device)})
        bench.backup()
        shutil.rmtree(bench.inventory.parent / "secrets")
        create(bench.inventory, {})
        refused = bench.restore(CAM, "--yes")
        assert "was made under other master secrets" in str(refused.exception)
        blob = bench.restore(CAM, "--unproved", "--blob", str(tmp_path / "own.bin"))
        assert "was sealed under other master secrets" in str(blob.exception)
        assert not (tmp_path / "own.bin").exists()
        new = bench.backup()
        assert new.exit_code == 0 and "(1 file" not in new.output and "2 files changed" in new.output, new.output
        assert bench.restore(CAM, "--yes").exit_code == 0


def test_a_machine_is_roles_work_and_a_stranger_is_nobody(bench):
    assert "roles make it out of the inventory" in str(bench.restore("centre-server").exception)
    assert "is no device of this province" in str(bench.restore("nobody").exception)
    assert "nothing was kept until" in str(bench.restore(CAM).exception)
    assert "is no day" in str(bench.restore(CAM, day="yesterday").exception)


@pytest.fixture
def router(bench, tmp_path, monkeypatch):
    """An emulated RouterOS in the lab's place; gives its variables."""
    with server.emulated("routeros7") as running:
        own = router_variables(tmp_path, "routeros7", running.port)
        bench.devices("routers", **{ROUTER: own | {"ansible_connection": "motcua.cctv.device"}})
        original = desired

        def hosts(*given):
            swap = {ROUTER: {"platform": "routeros", "desired": own["motcua_desired"]}}
            return tuple(replace(one, **swap.get(one.name, {})) for one in original(*given))

        monkeypatch.setattr(backing, "desired", hosts)
        yield own


def test_of_a_router_that_was_not_as_declared_no_way_back_is_known(bench, router):
    assert bench.backup().exit_code == 0
    assert bench.git("ls-tree", "-r", "--name-only", "main") == FILE.replace("cam1.yml", "router.conf")
    assert server.PASSWORD not in bench.git("log", "-p")
    assert "wasn't as declared on that day" in str(bench.restore(ROUTER, "--yes").exception)


@pytest.mark.parametrize(("ended", "code"), [(0, 0), (2, 1)])
def test_a_router_is_told_what_was_declared_then(bench, router, monkeypatch, ended, code):
    """The engine proves and undoes by itself; here it is only heard what it is told, and that its failure is one."""
    then = {**router["motcua_desired"]["router"], "zone": "Asia/Tokyo"}
    kept = {"platform": "routeros", "router": then}
    store = backing.opened(bench.inventory)
    with store.repository.alone():
        files = {FILE.replace("cam1.yml", "router.conf"): b"/ip\n", FILE.replace("cam1.yml", "router.wish.json"): json.dumps(kept).encode()}
        store.repository.keep(None, files, "then", datetime.now(UTC) - timedelta(days=1))
    told = []

    def play(name, _inventory, _heard, _log, limit, _option, file):
        told.append((name, limit, json.loads(Path(file[1:]).read_text())))
        return ended

    monkeypatch.setattr(restoring, "play", play)
    done = bench.restore(ROUTER, "--yes", day=(datetime.now(UTC) - timedelta(hours=1)).isoformat())
    assert done.exit_code == code, done.output
    assert told == [("restore", ROUTER, {"motcua_restored": {"router": then}})]
    assert "it is declared otherwise today" in done.output and "the router's own part" in done.output
