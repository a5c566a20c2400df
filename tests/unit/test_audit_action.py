"""motcua.cctv.audit: one task for a whole play, against emulated devices and routers: what it says, what it asks, and what stops it."""

import asyncio
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.plugin_utils import audit as auditing
from ansible_collections.motcua.cctv.plugins.plugin_utils.apply import Outcome
from ansible_collections.motcua.cctv.plugins.plugin_utils.audit import Bounds, audit_all
from ansible_collections.motcua.cctv.plugins.plugin_utils.connection import Rim, outcome_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import MotcuaError, NotConverged
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Task, exit_code, of_audit
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import reconcile
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import from_json, is_volatile
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import of_audit as snapshot_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS

from tests.emulators.routers import server
from tests.unit.platformruns import wish
from tests.unit.routers import KEY
from tests.unit.routers import WISH as ROUTER
from tests.unit.test_engine import KINDS
from tests.unit.wire import FACTORY, Managed, emulated, free_port

# What stands for a secret in the routers' own words.
SECRET = re.compile(r"(?:secret 9|encrypted-password|community) '?(\\S{6,}?)'?(?=\\s|$)", re.MULTILINE)
WISH = {"services": {"upnp": False, "ssh": False}, "time": {"zone": "Asia/Ho_Chi_Minh"}, "users": {"motcua-view": {"role": "viewer"}}}


def variables(folder, port, **changes):
    own = {
        "ansible_host": "127.0.0.1",
        "ansible_connection": "motcua.cctv.device",
        "motcua_vendor": "hikvision",
        "motcua_role": "camera",
        "motcua_site": "a",
        "motcua_user": FACTORY[0],
        "motcua_password": FACTORY[1],
        "motcua_port": port,
        "motcua_state": str(folder / "state"),
        "motcua_desired": WISH,
    }
    return {key: value for key, value in (own | changes).items() if value is not None}


def audited(hosts, **bounds):
    whole = {name: {**own, "hostvars": hosts} for name, own in hosts.items()}
    return asyncio.run(audit_all(whole, DataLoader(), Bounds(**bounds)))


@pytest.fixture
def camera(tmp_path):
    with emulated("hikvision-camera", tmp_path) as running:
        yield running


def test_it_says_what_the_devices_own_action_says(camera, tmp_path):
    own = variables(tmp_path, camera.ports["https"])
    outcome = Outcome()
    asyncio.run(reconcile(Rim("a-cam1", {}, own, DataLoader()).device(), WISH, outcome, check=True))
    said = audited({"a-cam1": own})["a-cam1"]
    assert outcome.changes
    assert {key: said[key] for key in outcome_of(outcome)} == outcome_of(outcome)
    assert (said["failed"], said["read"]["identity"]["model"]) == (False, "DS-2CD2143G2-I")


def test_one_device_never_stops_the_others(camera, tmp_path):
    good = variables(tmp_path, camera.ports["https"])
    hosts = {
        "a-cam1": good,
        "a-cam2": good | {"motcua_port": free_port()},
        "a-cam3": good | {"motcua_vendor": "nobody"},
        "a-cam4": good | {"motcua_desired": {"time": {"zone": "Nowhere/Land"}}},
        "a-linux": {"ansible_connection": "local"},
    }
    said = audited(hosts)
    assert set(said) == {"a-cam1", "a-cam2", "a-cam3", "a-cam4"}
    assert {name: one.get("kind") for name, one in said.items()} == {
        "a-cam1": None, "a-cam2": "unreachable", "a-cam3": "model", "a-cam4": "model",
    }  # fmt: skip
    assert said["a-cam2"]["unreachable"] and not said["a-cam2"]["failed"]
    assert all(name in said[name]["msg"] or name == "a-cam3" for name in ("a-cam2", "a-cam3"))


def test_what_takes_longest_begins_first(tmp_path, monkeypatch):
    begun = []

    def conversation(device):
        begun.append(device.name)
        raise MotcuaError(f"{device.name}: nobody talks here")

    monkeypatch.setattr(auditing, "conversation", conversation)
    camera = variables(tmp_path, 443)
    roles = {"a-cam1": "camera", "a-nvr1": "nvr", "b-cam1": "camera", "b-nvr1": "nvr"}
    audited(
        {name: camera | {"ansible_host": f"127.0.0.{number}", "motcua_role": role} for number, (name, role) in enumerate(roles.items(), 1)}
    )
    assert begun == ["a-nvr1", "b-nvr1", "a-cam1", "b-cam1"]


def test_a_recorder_and_what_hangs_behind_it_share_one_login(tmp_path):
    channels = [
        {
            "number": number,
            "address": f"127.0.0.{number}",
            "user": "admin",
            "password": FACTORY[1],
            "name": f"Camera {number}",
            "private": False,
        }
        for number in (1, 2)
    ]
    with emulated("hikvision-nvr", tmp_path, channels=channels) as recorder:
        own = variables(tmp_path, recorder.ports["https"], motcua_role="nvr", motcua_desired={"time": {"zone": "Asia/Tokyo"}})
        hosts = {"a-nvr1": own} | {
            f"a-cam{number}": own
            | {"motcua_role": "camera", "motcua_recorder": "a-nvr1", "motcua_channel": number, "motcua_desired": {"overlay": {"name": "x"}}}
            for number in (1, 2)
        }
        said = audited(dict(reversed(hosts.items())))
        assert [said[name].get("msg") for name in hosts] == [None] * 3
        assert [[change["key"] for change in said[name]["changes"]] for name in hosts] == [
            ["time.zone"],
            ["overlay.name"],
            ["overlay.name"],
        ]
        refused = audited({name: one | {"motcua_password": "wrong"} for name, one in hosts.items()})
        assert [one["kind"] for one in refused.values()] == ["auth_refused"] * 3
        assert recorder.hand("status")["most_failed_logins"] == 1


TROUBLES = {
    "half a document": ([{"kind": "half", "path": "System/time$"}], {}, ("garbled", 2)),
    "an answer cut off": ([{"kind": "cut", "path": "System/time$"}], {}, ("unreachable", 1)),
    "no answer": ([{"kind": "silent", "path": "System/time$"}], {}, ("unreachable", 1)),
    "somebody else's page": ([{"kind": "foreign", "path": "."}], {}, ("garbled", 1)),
    "garbage": ([{"kind": "garbage", "path": "Network/UPnP"}], {}, ("garbled", 2)),
    "a wrong password": ([], {"motcua_password": "wrong"}, ("auth_refused", 1)),
    "another model": ([], {"motcua_model": "DS-7604"}, ("model", 1)),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_what_couldnt_be_told_is_an_error_beside_what_could(camera, tmp_path, trouble):
    faults, changes, (kind, code) = TROUBLES[trouble]
    camera.hand("faults", value=faults)
    said = audited({"a-cam1": variables(tmp_path, camera.ports["https"], **changes)}, seconds=5)["a-cam1"]
    found = list(of_audit(Task("a-cam1", "a", "camera", "Make the camera match its desired state", said["evidence"]), said))
    assert (said["kind"], exit_code(found)) == (kind, code)
    assert "pass" not in {one.status for one in found} and "error" in {one.status for one in found}
    assert all(one.evidence == said["evidence"] for one in found)


def test_what_nobody_wished_for_may_stay_unknown(camera, tmp_path):
    camera.hand("faults", value=[{"kind": "garbage", "path": "ONVIF/users"}])
    said = audited({"a-cam1": variables(tmp_path, camera.ports["https"])})["a-cam1"]
    assert (said["failed"], said.get("msg")) == (False, None)
    assert "onvif_users" in snapshot_of("a-cam1", said).unknown


def test_a_locked_device_and_one_that_is_off_are_errors(camera, tmp_path):
    hosts = {"a-cam1": variables(tmp_path, camera.ports["https"])}
    camera.hand("lock")
    assert audited(hosts)["a-cam1"]["kind"] == "locked"
    camera.hand("unlock")
    camera.hand("off")
    assert audited(hosts)["a-cam1"]["kind"] == "unreachable"


def test_a_device_that_takes_everything_and_keeps_nothing_still_differs(camera, tmp_path):
    own = variables(tmp_path, camera.ports["https"])
    camera.hand("faults", value=[{"kind": "lie", "path": ".", "method": "PUT"}])
    with pytest.raises(NotConverged):
        asyncio.run(reconcile(Rim("a-cam1", {}, own, DataLoader()).device(), {"services": {"upnp": False}}, Outcome(), check=False))
    assert "services.upnp" in {change["key"] for change in audited({"a-cam1": own})["a-cam1"]["changes"]}


def test_two_audits_at_once_see_the_same(camera, tmp_path):
    hosts = {"a-cam1": variables(tmp_path, camera.ports["https"])}
    with ThreadPoolExecutor(2) as both:
        first, second = (future.result() for future in [both.submit(audited, hosts), both.submit(audited, hosts)])
    assert first["a-cam1"]["changes"] and first["a-cam1"]["changes"] == second["a-cam1"]["changes"]


VOLATILE = {"hikvision-camera": {}, "hikvision-nvr": {}, "dahua-camera": KINDS["dahua"], "axis-camera": KINDS["axis"]}


@pytest.mark.parametrize("kind", VOLATILE)
def test_an_hour_later_the_snapshot_is_the_same(tmp_path, kind):
    vendor, _, role = kind.partition("-")
    ports = {name: free_port() for name in ("http", "https", "rtsp")}

    def read(offset):
        with emulated(kind, tmp_path, **VOLATILE[kind] | {"ports": ports, "clock_offset_s": offset}):
            user = VOLATILE[kind].get("factory_user", FACTORY[0])
            own = {"motcua_vendor": vendor, "motcua_role": role, "motcua_user": user, "motcua_desired": {}}
            return snapshot_of("a-1", audited({"a-1": variables(tmp_path, ports["https"], **own)})["a-1"])

    first, second = read(0), read(3600)
    assert first.values["time.clock"] != second.values["time.clock"]
    assert first.text == second.text and "identity.model" in first.text


def test_of_every_vendor_what_moves_by_itself_is_left_out_and_nothing_else():
    keys = {setting.key for vendor in VENDORS.values() for setting in vendor.settings}
    keys |= {f"{items.key}.row.{one.key}" for vendor in VENDORS.values() for items in vendor.items for one in items.settings}
    assert {key for key in keys if is_volatile(key)} == {"time.clock", "disks.row.free_mb", "disks.row.used_mb"}


# Which firmware runs, and what the office has for itself.
ROUTERS = {"routeros7": ("7.", "192.168.5."), "ios": ("17.", "192.168.5."), "vyos14": ("1.4", "192.168.5."), "openwrt": ("23.05", "tslcd")}


def router_variables(folder, kind, port, *more):
    """As a province's inventory has them; SSH is open at the port where the router is reached, and at ``more``."""
    for name in ("devices", "tunnels"):
        (folder / f"{name}.yml").write_text(json.dumps({"master": Managed.MASTER}))
    management = [{**ROUTER["firewall"]["input"][0], "ports": sorted({22, port, *more})}]
    return {
        "ansible_host": "127.0.0.1",
        "motcua_site": "lang-giang",
        "motcua_platform": kind.rstrip("0123456789"),
        "motcua_user": "motcua",
        "motcua_password": server.PASSWORD,
        "motcua_port": port,
        "motcua_known_hosts": str(folder / "known_hosts"),
        "motcua_state": str(folder),
        "motcua_masters": {name: str(folder / f"{name}.yml") for name in ("devices", "tunnels")},
        "motcua_desired": {"router": {**ROUTER, **wish(kind, KEY), "firewall": {**ROUTER["firewall"], "input": management}}},
    }


@pytest.mark.parametrize("kind", ROUTERS)
def test_a_router_is_read_whole_and_without_its_secrets(tmp_path, kind):
    dead = free_port()
    with server.emulated(kind) as router:
        own = router_variables(tmp_path, kind, router.port, dead)
        hosts = {"lang-giang-router": own, "b-router": own | {"motcua_port": dead, "motcua_site": "b"}}
        first, second = audited(hosts), audited(hosts)
        secrets = SECRET.findall(router.export())
    one = first["lang-giang-router"]
    assert one.get("msg") is None and one["commands"]
    assert one["config"] == second["lang-giang-router"]["config"]
    version, office = ROUTERS[kind]
    assert one["version"].startswith(version) and office in one["config"]
    assert [secret for secret in [*secrets, server.PASSWORD] if secret in one["config"]] == []
    assert first["b-router"]["unreachable"]


def test_a_router_that_is_too_slow_is_given_up(tmp_path):
    with server.emulated("ios", quirks={"slow"}) as router:
        hosts = {"lang-giang-router": router_variables(tmp_path, "ios", router.port)}
        said = audited(hosts, router_seconds=0.5)["lang-giang-router"]
    assert said["unreachable"] and said["msg"].startswith("lang-giang-router: wasn't finished within its time")


PLAY = """
- hosts: cameras
  gather_facts: false
  tasks:
    - {name: Read and compare them all, motcua.cctv.audit: }
- hosts: machines
  gather_facts: false
  tasks:
    - {name: Read what runs, motcua.cctv.running: }
"""


def test_a_play_leaves_findings_and_snapshots(camera, tmp_path):
    good = variables(tmp_path, camera.ports["https"])
    clean = good | {"motcua_desired": {"services": {"upnp": True}}}
    off = good | {"motcua_port": free_port()}
    machine = {"ansible_connection": "local", "ansible_python_interpreter": sys.executable}
    groups = {"cameras": {"hosts": {"a-cam1": good, "a-cam2": clean, "a-cam3": off}}, "machines": {"hosts": {"hub": machine}}}
    (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"children": groups}}))
    (tmp_path / "play.yml").write_text(PLAY)
    path = tmp_path / "reports" / "findings.json"
    command = [Path(sys.executable).with_name("ansible-playbook"), "--check", "-i", tmp_path / "hosts.yml", tmp_path / "play.yml"]
    environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "MOTCUA_FINDINGS": str(path)}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {}
    for row in json.loads(path.read_text())["findings"]:
        found.setdefault(row["device"], {}).setdefault(row["status"], []).append(row)
    assert {row["check"] for row in found["a-cam1"]["fail"]} >= {"services.upnp"}
    assert re.fullmatch(r"motcua.cctv.audit: \d\d documents, \d{4}-.*", found["a-cam1"]["fail"][0]["evidence"])
    assert [row["check"] for row in found["a-cam2"]["pass"]] == ["declared"]
    assert [row["check"] for row in found["a-cam3"]["error"]] == ["reachable"]
    assert [row["check"] for row in found["hub"]["error"]] == ["judged"], "to read what runs judges nothing"
    snapshots = from_json(path.with_name("snapshots.json").read_text())
    assert set(snapshots) == {"a-cam1", "a-cam2", "hub"}
    assert "services.upnp: true" in snapshots["a-cam1"].text and "== listening" in snapshots["hub"].text
    assert FACTORY[1] not in path.with_name("snapshots.json").read_text() + path.read_text()


def test_the_playbook_reads_devices_and_routers_of_a_part(camera, tmp_path):
    """Of the centre, which isn't in the part, only what everybody knows is needed."""
    with server.emulated("routeros7") as router:
        connection = {"ansible_connection": "motcua.cctv.device"}
        groups = {
            "hubs": {"hosts": {"centre-server": {"hub_public_key": "known", "motcua_desired": {}}}},
            "centre": {"hosts": {"centre-server": {}}},
            "ioc": {},
            "nvrs": {},
            "platform_linux": {},
            "cameras": {"hosts": {"a-cam1": variables(tmp_path, camera.ports["https"])}},
            "routers": {"hosts": {"lang-giang-router": router_variables(tmp_path, "routeros7", router.port) | connection}},
        }
        (tmp_path / "hosts.yml").write_text(json.dumps({"all": {"children": groups}}))
        path = tmp_path / "reports" / "findings.json"
        command = [Path(sys.executable).with_name("ansible-playbook"), "--check", "-i", tmp_path / "hosts.yml", "playbooks/audit.yml"]
        environment = os.environ | {"ANSIBLE_CONFIG": "ansible.cfg", "MOTCUA_FINDINGS": str(path)}
        done = subprocess.run([*command, "-l", "cameras:routers"], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    rows = json.loads(path.read_text())["findings"]
    assert {row["device"] for row in rows} == {"a-cam1", "lang-giang-router"}
    assert {row["feature"] for row in rows if row["status"] == "fail"} >= {"services", "router"}
    assert set(from_json(path.with_name("snapshots.json").read_text())) == {"a-cam1", "lang-giang-router"}
