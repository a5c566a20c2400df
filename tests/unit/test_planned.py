"""Hosts are worked out when somebody asks, and Ansible sees the same as if all had been written down before."""

import pickle

import pytest
import yaml
from ansible.inventory.data import InventoryData
from ansible.inventory.host import Host
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.inventory.province import InventoryModule, variables
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.planned import HostVariables, planned

from tests.unit.provinces import LAB, raw_province, raw_site

PROVINCE = LAB / "province.yml"


@pytest.fixture
def asked():
    return []


@pytest.fixture
def said(asked):
    return HostVariables("a-cam1", lambda name: asked.append(name) or {"motcua_role": "camera", "motcua_desired": {"name": name}})


def test_nothing_is_worked_out_before_somebody_asks(said, asked):
    """Ansible joins every host's variables with what stands in host_vars, and asks whether they are empty."""
    assert (said | {}) is said
    assert said != {}
    assert not asked
    assert said["motcua_role"] == "camera"
    assert {"x": 1} | said == {"x": 1, "motcua_role": "camera", "motcua_desired": {"name": "a-cam1"}}
    assert set(asked) == {"a-cam1"}


def test_the_nearer_word_wins(said):
    assert (said | {"motcua_role": "mine"})["motcua_role"] == "mine"
    assert ({"motcua_role": "mine"} | said)["motcua_role"] == "camera"


def test_ansible_takes_it_for_its_own(said):
    host = Host("a-cam1")
    host.vars = said
    host.set_variable("added", {"a": 1})
    host.set_variable("added", {"b": 2})
    assert host.get_vars() | {} == {
        "motcua_role": "camera", "motcua_desired": {"name": "a-cam1"}, "added": {"b": 2},
        "inventory_hostname": "a-cam1", "inventory_hostname_short": "a-cam1", "group_names": [],
    }  # fmt: skip
    assert type(host.get_vars()) is dict
    assert pickle.loads(pickle.dumps(said)) == dict(said)


def relations(inventory):
    groups = {
        name: (group.depth, [host.name for host in group.hosts], [one.name for one in group.child_groups], [one.name for one in group.parent_groups])
        for name, group in inventory.groups.items()
    }  # fmt: skip
    return groups, {name: {group.name for group in host.groups} for name, host in inventory.hosts.items()}


def test_what_is_left_behind_is_what_ansibles_own_way_leaves():
    ours = InventoryData()
    InventoryModule().parse(ours, DataLoader(), str(PROVINCE))
    theirs = InventoryData()
    for name in ours.groups:
        theirs.add_group(name)
    for name, host in ours.hosts.items():
        theirs.add_host(name)
        for group in host.groups:
            if group.name != "all":
                theirs.add_child(group.name, name)
    theirs.reconcile_inventory()
    ours.reconcile_inventory()
    assert relations(ours) == relations(theirs)
    assert [host.name for host in ours.groups["all"].get_hosts()] == [host.name for host in theirs.groups["all"].get_hosts()]


def test_actions_read_the_same_as_plain_values_without_ansible():
    inventory = InventoryData()
    InventoryModule().parse(inventory, DataLoader(), str(PROVINCE))
    province = load(PROVINCE)
    hosts = desired(province, plan(province))
    assert [host.name for host in hosts] == list(inventory.hosts)
    for host in hosts:
        own = planned()[host.name]
        assert own == variables(province, host, PROVINCE.resolve().parent)
        assert {key: inventory.hosts[host.name].vars[key] for key in own} == own
        assert type(own["ansible_host"]) is str


def test_what_is_at_odds_with_the_plan_ends_the_run_before_anything_is_sent(tmp_path, capsys):
    """It is said when the host is worked out, which would be too late."""
    site = raw_site(1)
    site["cameras"]["cam2"]["settings"] = {"streams.main.fps": 3}
    raw = raw_province({"a": site})
    (tmp_path / "sites").mkdir()
    (tmp_path / "sites/a.yml").write_text(yaml.safe_dump({"sites": raw.pop("sites")}))
    (tmp_path / "province.yml").write_text(yaml.safe_dump(raw))
    with pytest.raises(SystemExit) as ended:
        InventoryModule().parse(InventoryData(), DataLoader(), str(tmp_path / "province.yml"))
    assert ended.value.code == 1
    assert "sites.a.cameras.cam2.settings.streams.main.fps: this stream goes up, and the plan decides it" in capsys.readouterr().err
