"""`motcua rotate`: what is due, who takes part with which orders, what is refused, and the hubs one after the other."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.rotations import Order
from ansible_collections.motcua.cctv.plugins.plugin_utils.secrets import Journal
from typer import Typer
from typer.testing import CliRunner

from cli import rotate as module
from cli import rotating_hubs, rotating_viewers
from cli.locks import locked
from cli.rotate import Book, together

DEVICES = {
    "lang-giang-cam1",
    "lang-giang-cam2",
    "lang-giang-nvr1",
    "tan-dinh-cam1",
    "tan-dinh-cam2",
    "xuong-lam-cam1",
    "xuong-lam-cam2",
}
ROUTERS = {"lang-giang-router", "tan-dinh-router", "xuong-lam-router"}


@pytest.fixture
def inventory(tmp_path):
    """The lab's, as after its first rollout."""
    shutil.copytree("inventory/lab", tmp_path / "lab", ignore=shutil.ignore_patterns("state", "keys", "secrets"))
    journal = Journal(tmp_path / "lab/state/epochs")
    for host in DEVICES:
        journal.begin(host)
        journal.confirm(host)
    return tmp_path / "lab/province.yml"


@pytest.fixture
def carried(monkeypatch):
    """The campaigns that are carried out, and how they end."""
    calls = {"campaigns": [], "code": 0}

    def carry_out(campaign, inventory, choices):
        province = load(inventory)
        calls["campaigns"].append((campaign, campaign.due(province, desired(province, plan(province))), choices))
        return calls["code"]

    monkeypatch.setattr(module, "carry_out", carry_out)
    return calls


def run(inventory, *arguments):
    app = Typer()
    app.command()(module.rotate)
    result = CliRunner().invoke(app, [*arguments, "-i", str(inventory), "--output", str(inventory.parent / "reports"), "--yes"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def ended(inventory, subject, days_ago, to=2):
    ledger = Book(inventory).ledger
    ledger.order(subject, Order("an@desk", "x", "before", to))
    ledger.ended(subject, (datetime.now(UTC) - timedelta(days=days_ago)).isoformat(), "seen")


def test_every_device_takes_part_with_an_order_and_cameras_behind_a_recorder_come_along(inventory, carried):
    assert run(inventory, "--what", "devices", "--reason", "an installer left").exit_code == 0
    ((campaign, due, _),) = carried["campaigns"]
    assert set(due) == DEVICES | {"lang-giang-cam3"}
    assert due["lang-giang-cam3"] == []
    (order,) = due["lang-giang-nvr1"]
    assert (order["subject"], order["why"], order["to"]) == ("lang-giang-nvr1", "an installer left", 2)
    assert campaign.danger == "password"
    assert not list(Book(inventory).ledger.open())  # what is only planned orders nothing


def test_a_site_s_devices_change_in_one_step_and_its_router_in_another(inventory):
    province = load(inventory)
    words = {host.name: together(host) for host in desired(province, plan(province)) if host.site == "lang-giang"}
    assert words.pop("lang-giang-router") == "lang-giang-router"
    assert set(words.values()) == {"devices"}


def test_every_tunnel_is_an_order_of_its_router(inventory, carried):
    run(inventory, "--what", "tunnels", "--reason", "x")
    ((_, due, _),) = carried["campaigns"]
    assert set(due) == ROUTERS
    subjects = {order["subject"] for order in due["lang-giang-router"]}
    assert subjects == {f"lang-giang.{name}" for name in ("centre-tslcd-shared", "centre-ftth", "ioc-tslcd-shared", "ioc-ftth")}
    assert {order["to"] for orders in due.values() for order in orders} == {2}


def test_a_device_that_was_never_rolled_out_doesn_t_take_part(inventory, carried):
    (inventory.parent / "state/epochs/tan-dinh-cam1.json").unlink()
    run(inventory, "--what", "devices", "--reason", "x")
    assert "tan-dinh-cam1" not in carried["campaigns"][0][1]


@pytest.mark.usefixtures("hubs")
def test_a_site_that_was_revoked_waits_until_it_is_readmitted(inventory, carried):
    sites = inventory.parent / "sites/lang-giang.yml"
    sites.write_text(sites.read_text().replace("    number: 2\n", "    number: 2\n    revoked: 2026-11-20\n"))
    run(inventory, "--reason", "x")
    assert not [host for host in carried["campaigns"][0][1] if host.startswith("tan-dinh")]


def test_only_what_is_older_than_the_policy_allows_is_due(inventory, carried):
    with pytest.raises(ModelError, match=r"policy\.rotate_days: isn't written"):
        run(inventory, "--due")
    inventory.write_text(inventory.read_text().replace("policy:\n", "policy:\n  rotate_days: 90\n"))
    for device in DEVICES - {"tan-dinh-cam1", "tan-dinh-cam2"}:
        ended(inventory, device, 89)
    ended(inventory, "tan-dinh-cam1", 91)
    run(inventory, "--what", "devices", "--due")
    assert set(carried["campaigns"][0][1]) == {"tan-dinh-cam1", "tan-dinh-cam2"}  # of which nobody noted one


def test_only_what_is_open_is_taken_up_again_as_it_was_ordered(inventory, carried):
    Book(inventory).ledger.order("tan-dinh-cam1", Order("an@desk", "then", "an installer left", 2))
    run(inventory, "--open")
    ((_, due, _),) = carried["campaigns"]
    assert due == {"tan-dinh-cam1": [{"subject": "tan-dinh-cam1", "who": "an@desk", "when": "then", "why": "an installer left", "to": 2}]}


def test_what_is_open_and_what_was_done_is_listed(inventory):
    assert run(inventory, "--list").output.strip() == "Nothing was rotated yet."
    ledger = Book(inventory).ledger
    ended(inventory, "tan-dinh-cam2", 1)
    assert run(inventory, "--list").exit_code == 0
    ledger.order("tan-dinh-cam1", Order("an@desk", "2026-11-27", "an installer left", 2))
    ledger.failed("tan-dinh-cam1", "doesn't answer", "unreachable")
    said = run(inventory, "--list")
    assert said.exit_code == 1
    assert "open  tan-dinh-cam1: ordered by an@desk at 2026-11-27 (an installer left): doesn't answer" in said.output
    assert "done  tan-dinh-cam2: 1 -> 2" in said.output


def test_a_reason_is_asked_for(inventory, carried):
    with pytest.raises(ModelError, match="--reason: is missing"):
        run(inventory)
    assert carried["campaigns"] == []


def test_two_rotations_at_once_are_refused(inventory, carried):
    with locked(inventory, {module.LOCK}), pytest.raises(MotcuaError, match=r"rotation: .* has been changing it"):
        run(inventory, "--reason", "x")
    assert carried["campaigns"] == []


@pytest.fixture
def hubs(monkeypatch):
    """What becomes of each hub that is played."""
    calls = {"played": [], "missing": set()}

    def play_holding(_held, name, inventory, heard, log, _limit, *_options):
        host = json.loads((heard.parent / "variables.json").read_text())["rotated_hub"]
        calls["played"].append(host)
        assert name == "rotate_hub"
        log.write_text("x\n")
        subject, ledger = f"{host.removesuffix('-server')}.hub", Book(inventory).ledger
        if host in calls["missing"]:
            ledger.failed(subject, "2 tunnels didn't come back", "error")
        else:
            ledger.ended(subject, datetime.now(UTC).isoformat(), "seen")
        return 0

    monkeypatch.setattr(rotating_hubs, "play_holding", play_holding)
    return calls


def test_the_hubs_are_rotated_one_after_the_other(inventory, hubs):
    assert run(inventory, "--what", "hubs", "--reason", "x").exit_code == 0
    assert hubs["played"] == ["centre-server", "ioc-server"]


def test_the_second_hub_waits_until_every_site_is_back_at_the_first(inventory, hubs):
    hubs["missing"] = {"centre-server"}
    said = run(inventory, "--what", "hubs", "--reason", "x")
    assert said.exit_code == 1
    assert "2 tunnels didn't come back" in said.output
    assert hubs["played"] == ["centre-server"]
    hubs["missing"] = set()
    assert run(inventory, "--what", "hubs", "--open").exit_code == 0
    assert hubs["played"] == ["centre-server", "centre-server"]  # the other one was never ordered


def test_a_hub_that_is_half_done_goes_first(inventory, hubs):
    Book(inventory).ledger.order("ioc.hub", Order("an@desk", "x", "y", 2))
    run(inventory, "--what", "hubs", "--reason", "x")
    assert hubs["played"] == ["ioc-server", "centre-server"]


def test_the_hubs_come_only_after_everything_else_went_well(inventory, carried, hubs):
    carried["code"] = 2
    assert run(inventory, "--reason", "x").exit_code == 2
    assert hubs["played"] == []
    carried["code"] = 0
    assert run(inventory, "--reason", "x").exit_code == 0
    assert hubs["played"] == ["centre-server", "ioc-server"]


@pytest.fixture
def portal(monkeypatch):
    """The centre's gate: two people, and what happened there."""
    said = {"events": [], "added": []}

    def ask_centre(_inventory, program, command, *words):
        assert program == "motcua-viewer"
        if command == "list":
            row = {"name": "Nguyễn Văn A", "viewer": "tan-dinh", "state": "active"}
            return [row | {"account": "nguyen-van-a"}, row | {"account": "b"}, row | {"account": "c", "state": "disabled"}]
        if command == "log":
            since, until = map(float, words)
            return {"events": [event for event in said["events"] if since <= event["at_s"] < until]}
        said["added"].append(words)
        return {"name": words[1], "account": words[2], "expires": "2026-11-30", "link": f"https://portal/#{words[2]}"}

    monkeypatch.setattr(rotating_viewers, "ask_centre", ask_centre)
    return said


def test_a_viewer_s_rotation_is_over_when_the_person_has_used_the_link(inventory, portal):
    first = run(inventory, "--what", "viewers", "--reason", "a tablet was lost")
    assert first.exit_code == 1
    assert "https://portal/#nguyen-van-a" in first.output
    assert portal["added"] == [("tan-dinh", "Nguyễn Văn A", account) for account in ("nguyen-van-a", "b")]
    portal["events"] = [{"account": "b", "at_s": datetime.now(UTC).timestamp(), "what": "login"}]
    assert run(inventory, "--what", "viewers", "--open").exit_code == 1
    portal["events"] += [{"account": one, "at_s": datetime.now(UTC).timestamp(), "what": "enrolled"} for one in ("b", "nguyen-van-a")]
    second = run(inventory, "--what", "viewers", "--open")
    assert second.exit_code == 0, second.output
    (done,) = Book(inventory).ledger.read("nguyen-van-a.viewer").done
    assert (done.why, done.before, done.to) == ("a tablet was lost", 1, 2)
    assert len(portal["added"]) == 2
    assert "portal/#" not in "".join(path.read_text() for path in (inventory.parent / "state").rglob("*.json"))


def test_an_enrolment_before_the_link_was_ordered_ends_nothing(inventory, portal):
    portal["events"] = [{"account": "b", "at_s": (datetime.now(UTC) - timedelta(hours=1)).timestamp(), "what": "enrolled"}]
    run(inventory, "--what", "viewers", "--reason", "x")
    assert run(inventory, "--what", "viewers", "--open").exit_code == 1
