"""A rotation is over when the new password works and the old one fails; whatever comes between, an order stays open and is taken up again."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from ansible_collections.motcua.cctv.plugins.action.device_rotate import ActionModule
from ansible_collections.motcua.cctv.plugins.plugin_utils.accounts import Login
from ansible_collections.motcua.cctv.plugins.plugin_utils.conversation import conversation
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import AuthRefused, ModelError, NotConverged, Unreachable
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotations import KEPT, Done, Ledger, Order
from ansible_collections.motcua.cctv.plugins.plugin_utils.transport import Credential

from tests.unit.test_engine import KINDS, converge, users
from tests.unit.test_recorder_channels import in_step, kept, pair  # noqa: F401  a fixture
from tests.unit.wire import Managed, emulated

NAME = "a-cam1"


@pytest.fixture(params=list(KINDS))
def vendor(request):
    return request.param


@pytest.fixture
def camera(vendor, tmp_path):
    folder = tmp_path / "device"
    folder.mkdir()
    with emulated(f"{vendor}-camera", folder, **KINDS[vendor]) as running:
        yield running


@pytest.fixture
def managed(camera, vendor, tmp_path):
    found = Managed(tmp_path, camera, vendor, motcua_desired={"users": users(vendor)}, inventory_hostname=NAME)
    converge(found, found.variables["motcua_desired"])
    return found


def ordered(managed, to=2):
    ledger = Ledger(managed.state / "rotations")
    ledger.order(NAME, Order("an@desk", "2026-11-27T05:00:00+00:00", "an installer left", to))
    return ledger


def act(managed, check=False):
    """What the action says; it raises what the task fails with."""
    action = ActionModule.__new__(ActionModule)
    action._task, action.said = SimpleNamespace(args={}, check_mode=check), {}
    asyncio.run(action.work(managed.rim(), {}, managed.variables | {"inventory_hostname": NAME}, None))
    return action.said


def password(managed):
    """The one that is known to hold now."""
    (login,) = managed.rim().device().logins
    return login.credential.password


def logs_in(managed, secret):
    async def once():
        async with conversation(managed.rim().device(), [Login(Credential("motcua-admin", secret))]):
            pass

    try:
        asyncio.run(once())
    except AuthRefused:
        return False
    return True


def test_a_rotation_ends_with_the_new_password_taken_and_the_old_one_refused(managed):
    old, ledger = password(managed), ordered(managed)
    said = act(managed)
    assert said["changed"] is True
    assert f"users.{'motcua-admin'}" in {change["key"] for change in said["changes"]}
    assert managed.epochs() == {"confirmed": 2, "pending": None}
    assert logs_in(managed, password(managed))
    assert not logs_in(managed, old)
    record = ledger.read(NAME)
    assert record.order is None
    (done,) = record.done
    assert (done.who, done.why, done.before, done.to) == ("an@desk", "an installer left", 1, 2)
    assert "old one refused" in done.proved
    written = "".join(path.read_text() for path in managed.state.rglob("*.json"))
    assert old not in written
    assert password(managed) not in written + json.dumps(said)


def test_without_an_order_nothing_is_asked(managed, camera):
    before = camera.hand("status")["requests"]
    assert act(managed) == {"changed": False}
    assert camera.hand("status")["requests"] == before


def test_check_mode_sends_nothing(managed, camera):
    ordered(managed)
    before = camera.hand("status")["requests"]
    assert act(managed, check=True) == {"changed": True}
    assert camera.hand("status")["requests"] == before


def test_a_device_that_is_off_keeps_its_epoch_and_is_caught_up_with_one_way_in(managed, camera):
    ledger = ordered(managed)
    camera.hand("off")
    with pytest.raises(Unreachable):
        act(managed)
    assert managed.epochs() == {"confirmed": 1, "pending": None}
    assert "check power" in ledger.read(NAME).trouble
    assert [subject for subject, _ in ledger.open()] == [NAME]
    camera.hand("on")
    assert len(managed.rim().device(renew=True).logins) == 1
    act(managed)
    assert managed.epochs() == {"confirmed": 2, "pending": None}
    assert list(ledger.open()) == []
    assert camera.hand("status")["most_failed_logins"] <= 1  # the one that proves


def test_a_run_that_died_before_its_proof_only_proves(managed):
    ordered(managed)
    act(managed)
    ledger = ordered(managed, to=2)  # as if the last note had never been written
    said = act(managed)
    assert "changes" not in said
    assert managed.epochs() == {"confirmed": 2, "pending": None}
    assert ledger.read(NAME).order is None


def test_an_old_password_that_still_works_leaves_the_order_open(managed, monkeypatch):
    ledger = ordered(managed)
    device = managed.rim().device()
    monkeypatch.setattr("ansible_collections.motcua.cctv.plugins.plugin_utils.accounts.Accounts.former", lambda self: self.working())
    with pytest.raises(NotConverged, match="old password beside the new one"):
        act(managed)
    assert device.name in ledger.read(NAME).trouble
    assert ledger.read(NAME).order is not None


def test_a_device_that_was_never_rolled_out_is_refused(camera, vendor, tmp_path):
    managed = Managed(tmp_path, camera, vendor, motcua_desired={"users": users(vendor)})
    ordered(managed)
    before = camera.hand("status")["requests"]
    with pytest.raises(ModelError, match="roll it out first"):
        act(managed)
    assert camera.hand("status")["requests"] == before


def test_camera_and_recorder_are_rotated_in_one_step(pair):  # noqa: F811  the fixture
    managed, camera, _, recorder = pair
    managed.variables["motcua_desired"] = {"users": users("hikvision")}
    converge(managed, managed.variables["motcua_desired"])
    before = kept(recorder)["channels"]["1"]["password"]
    ordered(managed)
    act(managed)
    assert in_step(camera, recorder)
    assert kept(recorder)["channels"]["1"]["password"] != before


def test_the_last_five_changes_are_kept_and_what_is_due_is_told(tmp_path):
    ledger, now = Ledger(tmp_path), datetime(2026, 11, 27, tzinfo=UTC)
    assert ledger.read(NAME).due(90, now)
    for number in range(1, KEPT + 3):
        ledger.order(NAME, Order("an@desk", "x", f"reason {number}", number + 1))
        ledger.ended(NAME, (now - timedelta(days=30 - number)).isoformat(), "seen")
    done = ledger.read(NAME).done
    assert [one.why for one in done] == [f"reason {number}" for number in range(3, KEPT + 3)]
    assert isinstance(done[-1], Done)
    assert not ledger.read(NAME).due(24, now)
    assert ledger.read(NAME).due(23, now)


def test_an_open_order_stays_as_it_was_given_and_a_done_one_is_not_given_again(tmp_path):
    ledger, row = Ledger(tmp_path), {"subject": NAME, "who": "binh@desk", "when": "y", "why": "second", "to": 2}
    ledger.order(NAME, Order("an@desk", "x", "first", 2))
    assert ledger.taken(NAME, [row]).why == "first"
    ledger.ended(NAME, "z", "seen")
    assert ledger.taken(NAME, [row]) is None
    assert ledger.taken(NAME, [row | {"to": 3}]).why == "second"
    assert ledger.taken("another", [row]) is None


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"order": {"who": 1}, "done": [], "trouble": "", "kind": ""}'])
def test_a_damaged_record_is_named(tmp_path, content):
    (tmp_path / f"{NAME}.json").write_text(content)
    with pytest.raises(ModelError, match=r"a-cam1\.json: is no record of rotations"):
        Ledger(tmp_path).read(NAME)
