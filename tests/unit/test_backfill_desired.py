"""Of whom the storage centre may ask for footage, by which way, and what the plan lets through for it."""

import shutil
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

LAB = Path("inventory/lab")


def planned(folder, change=lambda _sites: None):
    """The lab's hosts by name, after a change of its first site."""
    shutil.copytree(LAB, folder / "lab", ignore=shutil.ignore_patterns("state", "secrets"))
    path = folder / "lab/sites/lang-giang.yml"
    said = yaml.safe_load(path.read_text())
    change(said["sites"])
    path.write_text(yaml.safe_dump(said, allow_unicode=True))
    province = load(str(folder / "lab/province.yml"))
    return {host.name: host.desired for host in desired(province, plan(province))}


def flows(rows, word="footage"):
    return [row for row in rows if word in row["comment"]]


def test_recorders_are_asked_and_nobody_else(tmp_path):
    hosts = planned(tmp_path)
    settings = hosts["centre-server"]["backfill"]["settings"]
    assert {name: (row["device"], row["channel"]) for name, row in settings["cameras"].items()} == {
        f"lang-giang-cam{number}": ("lang-giang-nvr1", number) for number in (1, 2, 3)
    }
    (device,) = settings["devices"].values()
    assert (device["way"], device["host"], device["port"], device["rtsp_port"]) == ("hikvision", "10.64.1.5", 443, 554)
    assert device["window"] == "20:00-06:00"
    # 20 Mbit/s at 0.9, of which the office's 3 aren't video's, less three streams of 2 Mbit/s on the wire.
    assert 0 < device["share_kbps"] < 20_000 * 0.9 - 3_000 - 3 * 2048
    assert "password" not in str(hosts["centre-server"]["backfill"])


def test_only_the_storage_centre_reaches_footage_and_only_where_some_is(tmp_path):
    hosts = planned(tmp_path)
    (row,) = flows(hosts["lang-giang-router"]["router"]["firewall"]["forward"])
    assert (row["from"], row["to"], row["ports"]) == (["10.10.10.1/32"], ["192.168.5.5/32"], [443, 554])
    for other in ("tan-dinh-router", "xuong-lam-router"):
        assert flows(hosts[other]["router"]["firewall"]["forward"]) == []
    for hub in ("centre-server", "ioc-server"):
        sites = {row["site"]: flows(row["accept"]) for row in hosts[hub]["hub"]["sites"]}
        assert [(row["from"], row["to"]) for row in sites["lang-giang"]] == [(["10.10.10.1/32"], ["10.64.1.5/32"])]
        assert sites["tan-dinh"] == sites["xuong-lam"] == []


def card(sites):
    sites["tan-dinh"]["cameras"]["cam1"]["card_gb"] = 64


def axis(sites):
    card(sites)
    sites["tan-dinh"]["cameras"]["cam1"]["vendor"] = "axis"


@pytest.mark.parametrize(("change", "ways"), [(card, {"tan-dinh-cam1": "hikvision"}), (axis, {})])
def test_a_camera_with_a_card_is_asked_itself_where_its_vendor_can_be(tmp_path, change, ways):
    hosts = planned(tmp_path, change)
    devices = hosts["centre-server"]["backfill"]["settings"]["devices"]
    assert {name: row["way"] for name, row in devices.items() if name != "lang-giang-nvr1"} == ways
    assert len(flows(hosts["tan-dinh-router"]["router"]["firewall"]["forward"])) == len(ways)


def test_a_site_has_its_own_hours(tmp_path):
    hosts = planned(tmp_path, lambda sites: sites["lang-giang"].update(policy={"backfill": "01:00-04:00"}))
    (device,) = hosts["centre-server"]["backfill"]["settings"]["devices"].values()
    assert device["window"] == "01:00-04:00"
