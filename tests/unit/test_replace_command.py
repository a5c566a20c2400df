"""`motcua replace`: a real ansible-playbook takes the new device in, and what follows is played."""

import json
import shutil
import sys
from pathlib import Path

import pytest
import yaml
from ansible.constants import DEFAULT_VAULT_ID_MATCH
from ansible.parsing.vault import VaultLib, VaultSecret
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal
from typer import Typer
from typer.testing import CliRunner

from cli import aftermath, exchanges, replace_router
from cli import player as playing
from cli import replace as module
from cli.secrets import VAULT_PASSWORD, create
from tests.unit.authority import certified
from tests.unit.test_engine import OEM
from tests.unit.wire import FACTORY, emulated, free_port

HOST, PLACE, PLUGGED = "tan-dinh-cam1", "127.0.0.64", "127.0.0.108"
SERIAL = "7L0A123PAZ00001"


class Bench:
    """A copy of the lab's inventory whose office is on loopback."""

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.inventory = folder / "inventory" / "province.yml"
        shutil.copytree("inventory/lab", self.inventory.parent, ignore=shutil.ignore_patterns("state", "keys", "secrets"))
        self.sites = self.inventory.parent / "sites" / "lang-giang.yml"
        text = self.sites.read_text(encoding="utf-8")
        text = text.replace("address: 192.168.1.64, name: Quầy số 1", f"address: {PLACE}, port: {self.port}, name: Quầy số 1")
        before, after = text.split("  xuong-lam:")
        begin, end = before.split("  tan-dinh:")
        end = end.replace("192.168.1.65", "127.0.0.65").replace("192.168.1.1,", "127.0.0.1,").replace("192.168.1.0/24", "127.0.0.0/24")
        self.sites.write_text(f"{begin}  tan-dinh:{end}  xuong-lam:{after}", encoding="utf-8")
        create(self.inventory, {})
        self.state = self.inventory.parent / "state"
        for kind, content in (("epochs", {"confirmed": 4, "pending": None}), ("pins", {"tls": "spki-sha256:the-old-one"})):
            (self.state / kind).mkdir(parents=True)
            (self.state / kind / f"{HOST}.json").write_text(json.dumps(content))
        self.after = [Finding(HOST, "tan-dinh", "device", "declared", "pass")]
        self.followed = []

    def know(self, key, password):
        """What a person writes into the vault."""
        path = self.inventory.parent / "secrets" / "devices.yml"
        vault = VaultLib([(DEFAULT_VAULT_ID_MATCH, VaultSecret((path.parent / VAULT_PASSWORD).read_bytes()))])
        content = yaml.safe_load(vault.decrypt(path.read_bytes()))
        path.write_bytes(vault.encrypt(yaml.safe_dump(content | {"initial": {**content["initial"], key: password}})))

    def there(self, command, _):
        """The router of the site is this machine."""
        return [
            str(Path(sys.executable).with_name("ansible-playbook")),
            *command[1:],
            "-e",
            "ansible_connection=local",
            "-e",
            f"ansible_python_interpreter={sys.executable}",
            "-e",
            "motcua_experimental=true",
        ]

    def run(self, *words, device=HOST):
        app = Typer()
        app.command()(module.replace)
        found = CliRunner().invoke(app, [device, *words, "-i", str(self.inventory), "--output", str(self.folder / "reports")])
        assert not isinstance(found.exception, Exception) or isinstance(found.exception, SystemExit) or hasattr(found.exception, "kind"), (
            found.exception
        )
        return found

    @property
    def camera(self):
        return yaml.safe_load(self.sites.read_text(encoding="utf-8"))["sites"]["tan-dinh"]["cameras"]["cam1"]

    @property
    def former(self):
        return yaml.safe_load(self.sites.read_text(encoding="utf-8"))["sites"]["tan-dinh"].get("former", [])


@pytest.fixture
def bench(tmp_path, monkeypatch):
    bench = Bench(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("ANSIBLE_VAULT_PASSWORD_FILE", str(bench.inventory.parent / "secrets" / VAULT_PASSWORD))
    monkeypatch.setattr(playing, "at_the_controller", bench.there)
    for step in ("_rolled_out", "_verified", "_audited"):
        monkeypatch.setattr(aftermath.Aftermath, step, lambda _, step=step: bench.followed.append(step) or tuple(bench.after))
    monkeypatch.setattr(aftermath.Aftermath, "_documented", lambda _: bench.followed.append("_documented"))
    return bench


@pytest.fixture
def dahua(bench):
    (bench.folder / "device").mkdir()
    changes = OEM | {
        "address": PLUGGED,
        "serial": SERIAL,
        "model": "KX-C4012",
        "ports": {"http": free_port(), "https": bench.port, "rtsp": free_port()},
    }
    with emulated("dahua-camera", bench.folder / "device", **changes) as device:
        yield device


NEW = ("--vendor", "dahua", "--model", "KX-C4012", "--serial", SERIAL, "--at", PLUGGED, "--yes")


def test_one_command_replaces_a_camera_by_another_vendors(bench, dahua):
    store = certified(bench.inventory, HOST, "lang-giang-cam1")
    bench.know(f"{HOST}/{SERIAL}", FACTORY[1])
    done = bench.run(*NEW)
    assert done.exit_code == 0, done.output
    assert (bench.camera["vendor"], bench.camera["model"], bench.camera["serial"]) == ("dahua", "KX-C4012", SERIAL)
    assert (bench.camera["address"], bench.camera["name"], bench.camera["zone"]) == (PLACE, "Quầy số 1", "counter")
    assert bench.camera["streams"]["main"]["codecs"] == ["h264", "h265"]
    assert [(row["device"], row["vendor"], row["model"], row["because"]) for row in bench.former] == [
        ("cam1", "hikvision", "DS-2CD2043G2-I", "replaced")
    ]
    assert load(bench.inventory).sites["tan-dinh"].cameras["cam1"].vendor == "dahua"
    epochs = Journal(bench.state / "epochs").read(HOST)
    assert (epochs.confirmed, epochs.spent, epochs.newest, epochs.serial) == (None, 4, 5, SERIAL)
    assert json.loads((bench.state / "pins" / f"{HOST}.json").read_text())["tls"] != "spki-sha256:the-old-one"
    (kept,) = (bench.state / "former").iterdir()
    assert json.loads((kept / "pins" / f"{HOST}.json").read_text()) == {"tls": "spki-sha256:the-old-one"}
    assert bench.followed == ["_rolled_out", "_verified", "_audited", "_documented"]
    assert not (bench.state / "exchanges" / HOST).exists()
    (row,) = [json.loads(line) for line in (bench.state / "exchanges.jsonl").read_text().splitlines()]
    assert (row["what"], row["old"]["vendor"], row["said"]["model"]) == ("replaced", "hikvision", "KX-C4012")
    assert FACTORY[1] not in done.output + (bench.state / "exchanges.jsonl").read_text()
    assert [(one.host, one.why) for one in store.revoked()] == [(HOST, "replaced")]


def test_a_preview_looks_and_changes_nothing(bench, dahua):
    before = bench.sites.read_bytes()
    shown = bench.run(*NEW, "--preview")
    assert shown.exit_code == 0, shown.output
    assert "hikvision DS-2CD2043G2-I -> dahua KX-C4012" in shown.output
    assert "vendor: dahua" in shown.output
    assert bench.sites.read_bytes() == before
    assert dahua.hand("status")["most_failed_logins"] == 0


def test_what_isnt_there_changes_nothing_and_the_same_command_goes_on(bench, dahua):
    before = bench.sites.read_bytes()
    failed = bench.run(*NEW)  # nobody wrote its password down yet
    assert failed.exit_code == 1 and f"initial: {HOST}/{SERIAL}:" in str(failed.exception), failed.output
    assert bench.sites.read_bytes() == before and bench.followed == []
    other = bench.run("--model", "KX-C9999", "--yes")
    assert other.exit_code == 1 and "is being replaced since" in str(other.exception)
    bench.know(f"{HOST}/{SERIAL}", FACTORY[1])
    assert bench.run("--yes").exit_code == 0
    assert bench.camera["vendor"] == "dahua"


def test_a_refused_login_is_not_repeated_until_somebody_says_so(bench, dahua):
    bench.know(f"{HOST}/{SERIAL}", "wrong-password")
    assert "nobody wrote down" in str(bench.run(*NEW).exception)
    assert "say --again" in str(bench.run("--yes").exception)
    assert dahua.hand("status")["most_failed_logins"] == 1
    bench.know(f"{HOST}/{SERIAL}", FACTORY[1])
    assert bench.run("--yes", "--again").exit_code == 0


def test_what_isnt_well_afterwards_is_said_and_gone_on_with(bench, dahua):
    bench.know(f"{HOST}/{SERIAL}", FACTORY[1])
    bench.after = [Finding(HOST, "tan-dinh", "streams", "streams.main.codec", "fail", "h265", "h264")]
    bad = bench.run(*NEW)
    assert bad.exit_code == 2 and "goes on from here" in bad.output, bad.output
    asked = dahua.hand("status")["requests"]
    bench.after = []
    assert bench.run("--yes").exit_code == 0
    assert dahua.hand("status")["requests"] == asked, "it was taken in already"
    assert len(bench.former) == 1


class Died(BaseException):
    """A machine that loses its power."""


@pytest.mark.parametrize("step", ["_declare", "take_over", "leave"])
@pytest.mark.parametrize("moment", ["before", "after"])
def test_it_resumes_wherever_it_died(bench, dahua, monkeypatch, step, moment):
    bench.know(f"{HOST}/{SERIAL}", FACTORY[1])
    home = module.Job if hasattr(module.Job, step) else exchanges.Exchanges
    original = getattr(home, step)

    def dying(self, *arguments):
        if moment == "after":
            original(self, *arguments)
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(home, step, dying)
        with pytest.raises(Died):
            bench.run(*NEW)
    assert bench.run("--yes").exit_code == 0
    assert bench.camera["serial"] == SERIAL and len(bench.former) == 1
    assert Journal(bench.state / "epochs").read(HOST).newest == 5
    assert len(list((bench.state / "former").iterdir())) == 1
    assert dahua.hand("status")["most_failed_logins"] == 0


def test_given_up_nothing_of_it_is_left_but_the_epoch_that_was_given(bench, dahua):
    before = bench.sites.read_bytes()
    bench.know(f"{HOST}/{SERIAL}", "wrong-password")
    bench.run(*NEW)
    Journal(bench.state / "exchanges" / HOST / "epochs").begin(HOST)
    assert bench.run("--give-up").exit_code == 0
    assert bench.sites.read_bytes() == before
    assert not (bench.state / "exchanges" / HOST).exists()
    epochs = Journal(bench.state / "epochs").read(HOST)
    assert (epochs.confirmed, epochs.used) == (4, 5)
    assert "no exchange of it was begun" in str(bench.run("--give-up").exception)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--vendor", "dahua"], "--model: is missing"),
        (["--vendor", "dahuaa", "--model", "x"], "--vendor dahuaa"),
    ],
)
def test_what_is_said_wrongly_is_refused(bench, words, sentence):
    assert sentence in str(bench.run(*words, "--yes").exception)


# --- routers ---


ROUTER = "tan-dinh-router"
MIKROTIK = ("--vendor", "routeros", "--model", "hEX S", "--interface", "wan=ether1", "--interface", "br-lan=bridge", "--yes")


@pytest.fixture
def router(bench, monkeypatch):
    """What the hubs are told, and what is staged."""
    done = []
    monkeypatch.setattr(replace_router.Admission, "told", lambda self, what: done.append((self.name, what)) or 0)
    monkeypatch.setattr(replace_router.RouterJob, "_stage", lambda self: done.append(("staged", self.bootstrap.name)))
    known = bench.state / "known_hosts"
    known.write_text(f"{ROUTER} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBZ1Y0Rr6Qz8v0ZQqz3x0Jc0b1S2c3d4e5f6g7h8i9j0\n")
    return done


def test_a_routers_keys_end_at_both_hubs_and_the_site_follows_when_the_new_one_is_loaded(bench, router):
    first = bench.run(*MIKROTIK, device=ROUTER)
    assert first.exit_code == 1, first.output
    assert "run 'motcua replace tan-dinh-router' again" in " ".join(first.output.split())
    assert router == [("tan-dinh", "taken its new keys"), ("staged", "tan-dinh")]
    site = yaml.safe_load(bench.sites.read_text(encoding="utf-8"))["sites"]["tan-dinh"]
    assert (site["router"]["platform"], site["router"]["model"], site["router"]["lan_interface"]) == ("routeros", "hEX S", "bridge")
    assert site["lines"]["ftth"]["interface"] == "ether1"
    assert [(row["device"], row["vendor"], row["because"]) for row in site["former"]] == [("router", "linux", "replaced")]
    assert ROUTER not in (bench.state / "known_hosts").read_text()
    journal = Journal(bench.state / "epochs")
    keys = [path.stem for path in (bench.state / "epochs").glob("tan-dinh.*.json")]
    assert keys and all(journal.read(key).confirmed == 2 for key in keys), "the old router's tunnel keys"
    assert journal.read(ROUTER).confirmed == 2
    bench.after = [Finding(ROUTER, "tan-dinh", "device", "reachable", "error", None, "no answer")]
    assert bench.run("--yes", device=ROUTER).exit_code == 1
    bench.after = []
    assert bench.run("--yes", device=ROUTER).exit_code == 0
    assert len(router) == 2 and not (bench.state / "exchanges" / ROUTER).exists()


@pytest.mark.parametrize("step", ["_declare", "_new_keys"])
def test_a_router_that_was_begun_is_gone_on_with(bench, router, monkeypatch, step):
    original = getattr(replace_router.RouterJob, step)

    def dying(self, *arguments):
        original(self, *arguments)
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(replace_router.RouterJob, step, dying)
        with pytest.raises(Died):
            bench.run(*MIKROTIK, device=ROUTER)
    assert bench.run("--yes", device=ROUTER).exit_code == 1
    site = yaml.safe_load(bench.sites.read_text(encoding="utf-8"))["sites"]["tan-dinh"]
    assert (site["router"]["platform"], len(site["former"])) == ("routeros", 1)
    assert router[-1] == ("staged", "tan-dinh")
