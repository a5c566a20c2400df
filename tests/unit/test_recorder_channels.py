"""A recorder's channels: in every way that firmware takes them, and in step with the cameras' passwords."""

import asyncio
import json
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.apply import Outcome
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import NotConverged, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import read, reconcile

from tests.unit.test_engine import OEM, apply, converge, users
from tests.unit.wire import FACTORY, Managed, emulated

ROW = {"name": "Quầy", "address": "192.168.1.11", "port": 37777, "protocol": "dahua", "user": "motcua-view"}
SECRET = {"secret": "a-cam1/motcua-view"}


@pytest.mark.parametrize("dialect", ["json", "rpc", "config"])
def test_a_dahua_recorders_channels_are_added_changed_and_removed(dialect, tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    more = {**OEM, "channel_dialect": dialect, "generation": "2012" if dialect == "config" else "2020"}
    installers = {"number": 2, "address": "192.168.1.12", "user": "admin", "password": "x1x1x1x1", "name": "cũ"}
    with emulated("dahua-nvr", folder, channels=[installers], **more) as recorder:
        managed = Managed(tmp_path, recorder, "dahua", name="a-nvr1", motcua_role="nvr")
        managed.variables["hostvars"]["a-cam1"] = managed.variables
        wish = {"users": users("dahua"), "channels": {"1": {**ROW, "password": SECRET}}}
        first = converge(managed, wish)
        assert ("channels.1", "applied") in {(change["key"], change["outcome"]) for change in first.changes}
        again, untold = converge(managed, wish), {"channels.1.name"} if dialect == "json" else set()  # whose answer has no name
        assert (again.changes, untold <= set(again.unsupported)) == ([], True)
        rows = asyncio.run(read(managed.rim().device())).rows["channels"]
        assert rows["1"] == {key: value for key, value in ROW.items() if f"channels.1.{key}" not in untold}
        assert rows["2"]["address"] == "192.168.1.12"  # the installer's channel stays
        moved = converge(managed, {"channels": {"1": {**ROW, "address": "192.168.1.13", "password": SECRET}}})
        assert [(change["key"], change["before"]["address"], change["after"]["address"]) for change in moved.changes] == [
            ("channels.1", "192.168.1.11", "192.168.1.13")
        ]
        gone = converge(managed, {"channels": {"2": {"address": "192.168.1.12"}}})
        assert [(change["key"], change["after"], change["outcome"]) for change in gone.changes] == [("channels.1", None, "applied")]
        assert set(asyncio.run(read(managed.rim().device())).rows["channels"]) == {"2"}


def test_who_write_a_recorders_channels_together_have_their_turns(tmp_path):
    """Where it takes its table only whole, nobody's row is written over by who read the table before."""
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated("dahua-nvr", folder, channels=[], **OEM, channel_dialect="rpc", generation="2020") as recorder:
        managed = Managed(tmp_path, recorder, "dahua", name="a-nvr1", motcua_role="nvr")
        managed.variables["hostvars"]["a-cam1"] = managed.variables
        converge(managed, {"users": users("dahua")})
        rows = {str(number): {**ROW, "address": f"192.168.1.{10 + number}", "password": SECRET} for number in range(1, 5)}

        async def together():
            await asyncio.gather(
                *(reconcile(managed.rim().device(), {"channels": {name: row}}, Outcome(), check=False) for name, row in rows.items())
            )

        asyncio.run(together())
        assert set(asyncio.run(read(managed.rim().device())).rows["channels"]) == set(rows)


def test_without_tls_a_password_goes_into_no_url(tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated("dahua-camera", folder, **OEM, generation="2012") as camera:
        managed = Managed(tmp_path, camera, "dahua", motcua_scheme="http", motcua_port=camera.ports["http"])
        _, error = apply(managed, {"users": users("dahua")})
    assert "offers only Basic without TLS" in str(error)  # such firmware isn't even logged in to


# --- one password, two devices ---


@pytest.fixture
def pair(tmp_path):
    """A camera, the recorder that pulls it with the installer's account, and their connections in one province."""
    folders = {name: tmp_path / name for name in ("cam", "nvr")}
    for folder in folders.values():
        folder.mkdir()
    channel = {"number": 1, "address": "192.168.1.11", "user": "admin", "password": FACTORY[1], "name": "Camera 01", "private": False}
    with emulated("hikvision-camera", folders["cam"]) as camera, emulated("hikvision-nvr", folders["nvr"], channels=[channel]) as recorder:
        managed = Managed(tmp_path, camera, "hikvision", motcua_recorded_at={"host": "a-nvr1", "channel": "1"})
        row = {"name": "Quầy", "address": "192.168.1.11", "port": 8000, "protocol": "hikvision", "user": "motcua-view", "password": SECRET}
        wish = {"users": users("hikvision"), "channels": {"1": row}}
        recording = Managed(tmp_path, recorder, "hikvision", name="a-nvr1", motcua_role="nvr", motcua_desired=wish)
        installers = {"master": Managed.MASTER, "initial": {"a-cam1": FACTORY[1], "a-nvr1": FACTORY[1]}}
        (tmp_path / "devices.yml").write_text(yaml.safe_dump(installers))
        both = {"a-cam1": managed, "a-nvr1": recording}  # as in Ansible, a host's variables don't have everybody's in them again
        hostvars = {name: {key: value for key, value in one.variables.items() if key != "hostvars"} for name, one in both.items()}
        for one in both.values():
            one.variables["hostvars"] = hostvars
        yield managed, camera, recording, recorder


def kept(device):
    """What a device keeps over a power cut; nothing before it was changed."""
    path = Path(device.config["state"])
    return json.loads(path.read_text()) if path.exists() else {}


def in_step(camera, recorder):
    """Whether the recorder's channel has the camera's present account."""
    channel = kept(recorder)["channels"]["1"]
    account = kept(camera)["users"].get(channel["user"])
    return account is not None and account["password"] == channel["password"]


def rotate(managed):
    (managed.state / "epochs" / "a-cam1.json").write_text(json.dumps({"confirmed": 1, "pending": 2}))


def test_a_new_password_reaches_camera_and_recorder_in_one_step(pair):
    managed, camera, recording, recorder = pair
    wish = {"users": users("hikvision")}
    first = converge(managed, wish)
    assert ("channels.1", "applied") in {(change["key"], change["outcome"]) for change in first.changes}
    assert kept(recorder)["channels"]["1"]["user"] == "motcua-view"
    assert in_step(camera, recorder)
    converge(recording, recording.variables["motcua_desired"])
    assert in_step(camera, recorder)
    before = kept(recorder)["channels"]["1"]["password"]
    rotate(managed)
    converge(managed, wish)
    assert in_step(camera, recorder)
    assert kept(recorder)["channels"]["1"]["password"] != before
    assert managed.epochs() == {"confirmed": 2, "pending": None}


def test_a_recorder_that_refuses_leaves_the_old_password_on_both(pair):
    managed, camera, _, recorder = pair
    wish = {"users": users("hikvision")}
    converge(managed, wish)
    before = kept(camera)["users"]["motcua-view"]["password"]
    recorder.hand("faults", value=[{"path": "InputProxy/channels/1", "method": "PUT", "kind": "error200"}])
    rotate(managed)
    _, error = apply(managed, wish)
    assert isinstance(error, NotConverged)
    assert "a-nvr1 doesn't take the camera's new account" in str(error)
    assert kept(camera)["users"]["motcua-view"]["password"] == before
    assert in_step(camera, recorder)
    recorder.hand("faults", value=[])
    converge(managed, wish)
    assert in_step(camera, recorder)
    assert kept(camera)["users"]["motcua-view"]["password"] != before


def test_a_recorder_that_breaks_off_is_told_again_by_the_next_run(pair):
    managed, camera, _, recorder = pair
    wish = {"users": users("hikvision")}
    converge(managed, wish)
    rotate(managed)
    recorder.hand("faults", value=[{"path": "InputProxy/channels/1", "method": "PUT", "kind": "cut"}])
    outcome, error = apply(managed, wish)
    assert isinstance(error, NotConverged)
    assert {change["key"]: change["outcome"] for change in outcome.changes}["channels.1"] == "unconfirmed"
    assert managed.epochs() == {"confirmed": 1, "pending": 2}
    recorder.hand("faults", value=[])
    converge(managed, wish)
    assert in_step(camera, recorder)
    assert managed.epochs() == {"confirmed": 2, "pending": None}


def test_a_recorder_that_is_away_keeps_the_camera_from_being_changed(pair):
    managed, camera, _, recorder = pair
    recorder.hand("off")
    before = kept(camera)
    outcome, error = apply(managed, {"users": users("hikvision")})
    assert isinstance(error, Unreachable)
    assert "a-nvr1" in str(error)
    assert outcome.changes == []
    assert kept(camera) == before
    assert not (managed.state / "epochs" / "a-cam1.json").exists()
