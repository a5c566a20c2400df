"""A survey of emulated devices goes into the inventory as it is."""

import pytest
import typer
import yaml
from typer.testing import CliRunner

from cli.imports import import_files
from tests.unit.provinces import raw_province, raw_site
from tests.unit.surveys import Office

app = typer.Typer()
app.command()(import_files)


@pytest.fixture
def office(tmp_path):
    (tmp_path / "office").mkdir()
    with Office(tmp_path / "office") as office:
        yield office


def inventory_of(tmp_path, **site):
    """A province with one site, whose LAN is where the emulated devices stand."""
    (tmp_path / "sites").mkdir()
    province = raw_province({})
    del province["sites"]
    (tmp_path / "province.yml").write_text(yaml.safe_dump(province, allow_unicode=True))
    router = raw_site(1)["router"] | {"address": "127.0.0.1"}
    raw = raw_site(1, lan="127.0.0.0/24", router=router) | {"nvrs": {}, "cameras": {}} | site
    (tmp_path / "sites/a.yml").write_text(yaml.safe_dump({"sites": {"a": raw}}, allow_unicode=True))
    return tmp_path / "province.yml"


def taken(inventory, office):
    result = CliRunner().invoke(app, [str(office.path), "-i", str(inventory), "--yes"])
    assert result.exit_code == 0, f"{result.output}{result.exception}"
    return yaml.safe_load((inventory.parent / "sites/a.yml").read_text())["sites"]["a"], result.output


def test_what_stands_there_is_in_the_inventory_afterwards(tmp_path, office):
    kinds = ("hikvision-camera", "dahua-camera", "axis-camera", "uniview-camera", "onvif-camera", "hikvision-nvr", "dahua-nvr")
    for number, kind in enumerate(kinds, 1):
        office.add(kind, serial=f"B8A44F00000{number}", mac=f"b8:a4:4f:00:00:0{number}")
    office.survey()
    inventory = inventory_of(tmp_path)
    site, output = taken(inventory, office)
    cameras = {camera.get("address", camera.get("source")): camera for camera in site["cameras"].values()}
    assert [camera["vendor"] for camera in cameras.values()] == ["hikvision", "dahua", "axis", "uniview", "onvif", "hikvision", "dahua"]
    assert {nvr["address"]: nvr["vendor"] for nvr in site["nvrs"].values()} == {"127.0.0.7": "hikvision", "127.0.0.8": "dahua"}
    for address, device in office.devices.items():
        entry = cameras.get(address) or next(nvr for nvr in site["nvrs"].values() if nvr["address"] == address)
        assert device.config["model"] in entry["model"] and entry["serial"] == device.config["serial"]
        assert entry["port"] in device.ports.values()
    assert not [camera for camera in site["cameras"].values() if camera["name"] == "localhost"]
    assert "others" not in site and "is new" in output
    assert "nothing to write" in taken(inventory, office)[1]
