"""The lab's devices, set up by our own engine as its inventory wants them, keep every rule by which the lab is judged."""

import asyncio
from datetime import date

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.connection import shown
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding, exit_code
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import Outcome, read, reconcile
from ansible_collections.motcua.cctv.plugins.plugin_utils.rules import judge
from ansible_collections.motcua.cctv.plugins.plugin_utils.snapshots import of_running

from .wire import Managed, emulated

ON = date(2026, 11, 26)
# A camera of each vendor, a recorder, and the camera behind it.
DEVICES = {"lang-giang-cam1": "hikvision-camera", "xuong-lam-cam1": "dahua-camera", "lang-giang-nvr1": "hikvision-nvr"}
SAYS = {
    "hikvision": {"firmware": "V5.7.18", "firmware_date": "build 240826"},
    "dahua": {"firmware": "2.840.0000000.28.R", "firmware_date": "2022-08-26"},
}
CHANNELS = [
    {"number": number, "address": f"192.168.254.{number}", "user": "admin", "password": "poe12345", "name": "", "private": True}
    for number in (1, 2, 3)
]


@pytest.fixture(scope="module")
def province():
    return load("inventory/lab/province.yml", on=ON)


@pytest.fixture(scope="module")
def planned(province):
    return plan(province)


def snapshots(folder, province, planned, name):
    """What is read of a device and, where it is a recorder, of the camera behind it, once the engine has set them up."""
    hosts = {host.name: host for host in desired(province, planned)}
    served = [hosts[name], *(host for host in hosts.values() if host.recorder == name)]
    (folder / "device").mkdir()
    vendor = served[0].vendor
    config = {"model": served[0].model, **SAYS[vendor]} | ({"channels": CHANNELS} if served[0].role == "nvr" else {})
    with emulated(DEVICES[name], folder / "device", **config) as device:
        managed = Managed(folder, device, vendor, name=name, motcua_role=served[0].role)
        known = {host.name: {**managed.variables, "motcua_role": host.role} for host in hosts.values()}
        for host in served:
            behind = {"motcua_channel": host.channel, "motcua_recorder": host.recorder} if host.recorder else {}
            managed.name, managed.variables = host.name, known[host.name] | behind | {"hostvars": known}
            asyncio.run(reconcile(managed.rim().device(), host.desired, Outcome(), check=False))
        found = {}
        for host in served:
            behind = {"motcua_channel": host.channel, "motcua_recorder": host.recorder} if host.recorder else {}
            managed.name, managed.variables = host.name, known[host.name] | behind | {"hostvars": known}
            one = managed.rim().device()
            found[host.name] = of_running(host.name, shown(one, asyncio.run(read(one))))
        return found


@pytest.mark.parametrize("name", DEVICES)
def test_a_device_as_the_lab_wants_it_keeps_every_rule(tmp_path, province, planned, name):
    found = snapshots(tmp_path, province, planned, name)
    heard = [Finding(device, None, "device", "declared", "pass") for device in found]
    judged = judge(province, planned, found, ON, heard=heard)
    assert not [one for one in judged.findings if one.status in ("fail", "error")]
    assert exit_code(judged.findings) == 0
    assert judged.tally["DP-05"]["pass"] == sum(not device.endswith("nvr1") for device in found)


def test_the_lab_itself_keeps_the_rules_of_sites(province, planned):
    heard = [Finding(f"{name}-router", name, "device", "declared", "pass") for name in province.sites]
    assert exit_code(judge(province, planned, {}, ON, heard=heard).findings) == 0
