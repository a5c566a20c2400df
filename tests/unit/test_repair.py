"""`motcua repair`: what it takes, what becomes of each finding, and the command on emulated devices, played by a real ansible-playbook."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.diff import Running, chosen, diff, restricted
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, to_json
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.repairs import along, came, exit_code, planned, to_audit
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS
from typer import Typer
from typer.testing import CliRunner

from cli import player as playing
from cli import repair as module
from cli.locks import locked
from tests.unit.provinces import unruled
from tests.unit.test_engine import OEM
from tests.unit.wire import FACTORY, emulated

LAB = Path("inventory/lab/province.yml")
AUDIT = """
- hosts: all
  gather_facts: false
  tasks:
    - name: Make the camera match its desired state
      motcua.cctv.device:
"""
WISH = {"name": "Quầy số 1", "services": {"upnp": False, "p2p": False}, "streams": {"main": {"fps": 12}, "sub": {"fps": 5}}}


def row(device, check, actual=None, status="fail", feature=None, evidence=""):
    return Finding(device, "lang-giang", feature or check.partition(".")[0], check, status, None, actual, evidence=evidence)


HOSTS = desired(load(LAB), plan(load(LAB)))
CAM, ROUTER, CENTRE = "lang-giang-cam1", "lang-giang-router", "centre-server"
FILES, GROUP = "motcua.cctv.files, now", "ansible.builtin.group, now"


def test_each_kind_of_host_is_repaired_in_its_own_way():
    upnp, users = row(CAM, "services.upnp"), row(CAM, "users.motcua-view")
    task = row(ROUTER, "Write the programs: /etc/motcua-router.env", feature="router")
    found = planned([upnp, users, task], HOSTS)
    assert (found.devices, found.machines) == ({CAM: ("services.upnp", "users.motcua-view")}, {ROUTER: (task,)})
    assert found.hosts == (ROUTER, CAM)


@pytest.mark.parametrize(
    ("finding", "sentence"),
    [
        (row("gone-cam1", "services.upnp"), "there is no such device in the inventory any more"),
        (row(CAM, "the device is managed over HTTP", feature="device"), "no setting of the device is behind it"),
    ],
)
def test_what_motcua_can_t_repair_is_said_before_anything_is_done(finding, sentence):
    with pytest.raises(ModelError, match=f"{finding.device}:{finding.check}: {sentence}"):
        planned([finding, row(CAM, "services.upnp")], HOSTS)


@pytest.mark.parametrize(("platform", "check", "sentence"), [
    ("routeros", "configuration", None),
    ("routeros", "ip firewall 3", "stands in the router's own part"),
    ("fortios", "configuration", "its work sheet says"),
    ("draytek", "configuration", "its work sheet says"),
])  # fmt: skip
def test_a_command_line_router_is_repaired_as_a_whole(platform, check, sentence):
    hosts = [replace(host, platform=platform) if host.name == ROUTER else host for host in HOSTS]
    if sentence is None:
        assert planned([row(ROUTER, check, feature="router")], hosts).routers == (ROUTER,)
    else:
        with pytest.raises(ModelError, match=sentence):
            planned([row(ROUTER, check, feature="router")], hosts)


def test_what_goes_along_is_said_before():
    """A file goes alone; an item of a loop brings the others of its loop, and every machine its guard."""
    file, other_file = (row(ROUTER, f"Write: /etc/{name}", feature="router", evidence=FILES) for name in "ab")
    item, other_item = (row(CENTRE, f"Make the groups: {name}", feature="recorder", evidence=GROUP) for name in "ab")
    elsewhere = row(CENTRE, "Make the groups: c", feature="portal", evidence=GROUP)
    guard = row(ROUTER, "Write the guard, which goes forward only: /x", feature="guard", evidence=FILES)
    found = planned([file, item], HOSTS)
    assert along(found, [file, other_file, item, other_item, elsewhere, guard]) == (other_item, guard)


UPNP, TELNET = row(CAM, "services.upnp", True), row(CAM, "services.telnet", True)
SILENT = row(CAM, "reachable", "no route", "error", "device")


@pytest.mark.parametrize(
    ("after", "said", "expected", "code"),
    [
        ([row(CAM, "declared", status="pass", feature="device")], [], [("repaired", ""), ("repaired", "")], 0),
        ([TELNET], [], [("repaired", ""), ("still there", "True")], 2),
        ([TELNET], [row(CAM, "services.telnet", "True (refused: no)")], [("repaired", ""), ("still there", "True (refused: no)")], 2),
        ([TELNET, SILENT], [], [("could not tell", "no route"), ("still there", "True")], 2),
        ([SILENT], [], [("could not tell", "no route")] * 2, 1),
        ([], [SILENT], [("could not tell", "no route")] * 2, 1),
        ([row("other", "declared", status="pass")], [], [("could not tell", "it wasn't judged again")] * 2, 1),
    ],
)
def test_a_new_audit_says_what_became_of_each(after, said, expected, code):
    results = came(planned([UPNP, TELNET], HOSTS), [UPNP, TELNET], after, said)
    assert [(result.came, result.why) for result in results] == expected
    assert exit_code(results) == code


def test_a_machine_at_which_something_failed_isn_t_repaired_however_it_looks():
    """Nobody confirmed it: its guard puts it back, maybe a moment after it was read."""
    task, after = row(ROUTER, "Write: /etc/a", feature="router"), row(ROUTER, "declared", status="pass", feature="device")
    failed = row(ROUTER, "Keep it running", "no such unit", "error")
    repairs = planned([task], HOSTS)
    assert [(one.came, one.why) for one in came(repairs, [task], [after], [failed])] == [("could not tell", "no such unit")]
    assert [one.came for one in came(repairs, [task], [after], [])] == ["repaired"]


def test_a_device_that_took_no_login_isn_t_asked_again():
    """Its tries are few. One that only kept a value is, and so is a machine, whatever failed there."""
    repairs = planned([UPNP, row("lang-giang-cam2", "services.upnp"), row(ROUTER, "Write", feature="router")], HOSTS)
    refused, kept = row(CAM, "Repair", "wrong password", "error"), row("lang-giang-cam2", "Repair", "kept", "error")
    said = [refused, kept, row("lang-giang-cam2", "services.upnp"), row(ROUTER, "Write", "failed", "error")]
    assert to_audit(repairs, said) == (ROUTER, "lang-giang-cam2")


LISTS = VENDORS["hikvision"].lists("nvr")
WHOLE = {
    "name": "a",
    "services": {"upnp": False, "ssh": False},
    "users": {"motcua-view": {"role": "viewer"}, "motcua-admin": {"role": "admin"}},
}


@pytest.mark.parametrize(
    ("only", "left"),
    [
        (["services.upnp"], {"services.upnp": False}),
        (["name", "services.ssh"], {"name": "a", "services.ssh": False}),
        # A row that must go isn't in the wish: it is its absence that is wished.
        (["users.motcua-old"], {"users": WHOLE["users"]}),
        ([], {}),
    ],
)
def test_a_wish_is_restricted_to_keys_and_to_lists_of_named_rows(only, left):
    assert restricted(WHOLE, only, LISTS) == left


@pytest.mark.parametrize("name", ["services.telnet", "services", "channels.1", "onvif_users.x"])
def test_a_key_that_nobody_declared_is_named(name):
    with pytest.raises(ModelError, match=f"only: {name}: nothing is declared for it"):
        restricted(WHOLE, [name], LISTS)


def test_of_a_list_only_the_named_rows_change():
    running = Running(rows={"users": {"motcua-old": {"role": "admin"}, "motcua-older": {"role": "admin"}}})
    difference = diff(VENDORS["hikvision"].rows("nvr"), LISTS, WHOLE, running)
    assert {row.name for row in difference.rows} == {"motcua-view", "motcua-admin", "motcua-old", "motcua-older"}
    assert [row.name for row in chosen(difference, ["users.motcua-old"]).rows] == ["motcua-old"]


# --- the command ---


@pytest.fixture
def bench(tmp_path, monkeypatch):
    """The command, whose playbooks are played against emulated devices instead of the lab's; gives run and audit."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "audit.yml").write_text(AUDIT)

    def there(command, _):
        swapped = {str(LAB.resolve()): str(tmp_path / "hosts.yml"), str(Path("playbooks/audit.yml").resolve()): str(tmp_path / "audit.yml")}
        return [str(Path(sys.executable).with_name("ansible-playbook")), *(swapped.get(word, word) for word in command[1:])]

    monkeypatch.setattr(playing, "at_the_controller", there)
    monkeypatch.setenv("ANSIBLE_INVENTORY_ENABLED", "yaml")
    monkeypatch.setenv("COLUMNS", "200")

    def devices(**rows):
        groups = {"routers": {}, "nvrs": {}, "cameras": {"hosts": rows}}
        (tmp_path / "hosts.yml").write_text(yaml.safe_dump(groups))

    def audit():
        run = module.Run(LAB, tmp_path)
        return [one for one in run.audited([CAM]) if one.status in ("fail", "error")]

    def repair(findings, *names):
        (tmp_path / "findings.json").write_text(to_json(findings, "now"))
        app = Typer()
        app.command()(module.repair)
        options = ["-i", str(LAB), "--from", str(tmp_path / "findings.json"), "--output", str(tmp_path / "repairs"), "--yes"]
        return CliRunner().invoke(app, [*names, *options])

    return devices, audit, repair


def variables(device, vendor):
    return {
        "ansible_host": "127.0.0.1",
        "motcua_role": "camera",
        "motcua_vendor": vendor,
        "motcua_user": FACTORY[0],
        "motcua_password": FACTORY[1],
        "motcua_port": device.ports["https"],
        "motcua_experimental": True,
        "motcua_desired": WISH,
    }


KINDS = {"hikvision": {}, "dahua": OEM}
IGNORED = {"hikvision": "/ISAPI/System/Network/UPnP", "dahua": "UPnP.Enable"}


@pytest.mark.parametrize("vendor", KINDS)
def test_two_of_five_are_repaired_and_three_stay(bench, tmp_path, vendor):
    devices, audit, repair = bench
    with emulated(f"{vendor}-camera", tmp_path, **KINDS[vendor]) as device:
        devices(**{CAM: variables(device, vendor)})
        before = audit()
        checks = [one.check for one in before]
        assert {"services.upnp", "streams.main.fps"} < set(checks)
        assert len(checks) == 5
        done = repair(before, f"{CAM}:services.upnp", next(one.id for one in before if one.check == "streams.main.fps"))
        assert done.exit_code == 0, done.output
        assert done.output.count("repaired") >= 2
        assert f"  {CAM}: services.upnp, streams.main.fps" in done.output
        assert {one.check for one in audit()} == {*checks} - {"services.upnp", "streams.main.fps"}
    assert FACTORY[1] not in "".join(path.read_text() for path in (tmp_path / "repairs").rglob("*") if path.is_file())


@pytest.mark.parametrize("vendor", KINDS)
def test_a_device_that_answers_well_and_ignores_it_still_has_it(bench, tmp_path, vendor):
    devices, audit, repair = bench
    with emulated(f"{vendor}-camera", tmp_path, quirks={"ignore": [IGNORED[vendor]]}, **KINDS[vendor]) as device:
        devices(**{CAM: variables(device, vendor)})
        done = repair(audit(), f"{CAM}:services.upnp", f"{CAM}:streams.main.fps")
    assert done.exit_code == 2, done.output
    lines = [line for line in done.output.splitlines() if CAM in line and ("still there" in line or "repaired" in line)]
    assert ["still there" in line for line in lines] == ["services.upnp" in line for line in lines]
    assert len(lines) == 2


def test_a_device_that_is_off_could_not_be_told(bench, tmp_path):
    devices, audit, repair = bench
    with emulated("hikvision-camera", tmp_path) as device:
        devices(**{CAM: variables(device, "hikvision")})
        before = audit()
    done = repair(before, f"{CAM}:services.upnp")
    assert done.exit_code == 1, done.output
    assert "could not tell" in done.output
    assert "check power, line and address" in done.output


def test_nothing_is_done_before_somebody_said_yes(monkeypatch, tmp_path):
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: pytest.fail("it was done"))
    report = tmp_path / "findings.json"
    report.write_text(to_json([UPNP], "now"))
    app = Typer()
    app.command()(module.repair)
    done = CliRunner().invoke(app, [UPNP.id, "-i", str(LAB), "--from", str(report), "--output", str(tmp_path / "repairs")], input="n\n")
    assert done.exit_code == 1
    assert f"  {CAM}: services.upnp" in done.output
    assert not (tmp_path / "repairs").exists()


def test_a_site_that_somebody_is_changing_is_left_alone(tmp_path):
    inventory, report = Path(unruled(tmp_path)), tmp_path / "findings.json"
    report.write_text(to_json([UPNP], "now"), encoding="utf-8")
    app = Typer()
    app.command()(module.repair)
    with locked(inventory, ["lang-giang"]):
        done = CliRunner().invoke(app, [UPNP.id, "-i", str(inventory), "--from", str(report), "--output", str(tmp_path / "r"), "--yes"])
    assert "lang-giang: " in str(done.exception)
    assert "has been changing it since" in str(done.exception)
    assert not (tmp_path / "r").exists()
