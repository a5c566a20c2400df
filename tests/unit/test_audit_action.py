"""motcua.cctv.audit: one task for a whole play, against emulated devices and routers: what it says, what it asks, and what stops it."""

import asyncio

import pytest
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.plugin_utils.apply import Outcome
from ansible_collections.motcua.cctv.plugins.plugin_utils.audit import Bounds, audit_all
from ansible_collections.motcua.cctv.plugins.plugin_utils.connection import Rim, outcome_of
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import reconcile

from tests.unit.wire import FACTORY, emulated, free_port

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
