"""The real province: its places and units are those of the lists, its tree has dates, and its samples are what offices have."""

import csv
import json
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from typer.testing import CliRunner
from yamllint import linter
from yamllint.config import YamlLintConfig

from cli.site import app

FOLDER = Path("inventory/bac_giang")
LETTER, MERGERS, TODAY = date(2023, 9, 15), date(2025, 3, 1), date(2026, 1, 15)
CENTRE = "hanh-chinh-cong"
DISTRICTS = ["bac-giang", "yen-the", "tan-yen", "lang-giang", "luc-nam", "luc-ngan", "son-dong", "yen-dung", "viet-yen", "hiep-hoa"]


@pytest.fixture(scope="module")
def on():
    """The province on each of the three days."""
    return {day: load(FOLDER / "province.yml", on=day) for day in (LETTER, MERGERS, TODAY)}


def rows(name):
    with (FOLDER / "data" / name).open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def units(province):
    return {name: site.unit_on(province.on) for name, site in province.sites.items()}


def test_every_place_of_the_list_is_a_site(on):
    province = on[LETTER]
    assert Counter(site.level for site in province.sites.values()) == {"province": 1, "district": 10, "commune": 209}
    assert sorted(site.number for site in province.sites.values()) == list(range(1, 221))
    assert all(site.sample for site in province.sites.values())
    listed = {(row["commune_code_2023"], row["commune_name_2023"]) for row in rows("bacgiang_communes_2023_209.csv")}
    named = units(province)
    assert {(unit.code, unit.name) for name, unit in named.items() if province.sites[name].level == "commune"} == listed


def test_ids_are_names_and_never_codes(on):
    sites = on[LETTER].sites
    assert not [name for name in sites if any(sign.isdigit() for sign in name)]
    twice = {
        name: sites[name].name.removeprefix("Bộ phận Một cửa ")
        for name in sites
        if name.startswith(("phuc-son", "dong-son", "quang-minh", "phuong-son"))
    }
    assert twice == {
        "phuc-son": "xã Phúc Sơn", "phuc-son-son-dong": "xã Phúc Sơn", "dong-son": "xã Đông Sơn", "dong-son-bac-giang": "xã Đồng Sơn",
        "quang-minh": "xã Quảng Minh", "quang-minh-hiep-hoa": "xã Quang Minh",
        "phuong-son": "thị trấn Phương Sơn", "phuong-son-luc-ngan": "xã Phượng Sơn",
    }  # fmt: skip


def test_a_district_is_a_file(on):
    files = {path.stem for path in (FOLDER / "sites").glob("*.yml")}
    assert files == {CENTRE, *DISTRICTS}
    for district in DISTRICTS:
        below = [name for name, site in on[LETTER].sites.items() if site.parent == district]
        text = (FOLDER / f"sites/{district}.yml").read_text()
        assert all(f"\n  {name}:\n" in text for name in [district, *below])


def test_the_tree_of_2023_has_three_levels(on):
    province = on[LETTER]
    assert [name for name, site in province.sites.items() if site.parent == CENTRE] == sorted(DISTRICTS, key=list(province.sites).index)
    by_district = {row["commune_code_2023"]: row["district_name_2023"] for row in rows("bacgiang_communes_2023_209.csv")}
    named = units(province)
    for name, site in province.sites.items():
        if site.level == "commune":
            assert named[site.parent].name == by_district[named[name].code]


def test_the_mergers_of_2025_01_put_yen_dung_below_the_city(on):
    before, after = on[LETTER].sites, on[MERGERS].sites
    yen_dung = {name for name, site in before.items() if site.parent == "yen-dung"}
    assert len(yen_dung) == 18
    assert {after[name].parent for name in yen_dung | {"yen-dung"}} == {"bac-giang"}
    assert units(on[MERGERS])["phi-dien"].name == "Thị trấn Phì Điền"
    moved = {name for name in before if before[name].parent != after[name].parent}
    assert moved == yen_dung | {"yen-dung"}


def test_the_tree_of_2025_07_has_two_levels_of_units(on):
    province = on[TODAY]
    named = units(province)
    wanted = {(row["code"], row["name"]) for row in rows("bacninh_units_2025_07_99.csv") if row["from_bac_giang"] == "1"}
    main = {name for name, site in province.sites.items() if site.parent == CENTRE}
    assert len(main) == 58
    assert {(named[name].code, named[name].name) for name in main} == wanted
    assert set(DISTRICTS) <= main
    for name, site in province.sites.items():
        if name != CENTRE and name not in main:
            assert site.parent in main
            assert named[site.parent].code == named[name].code
    assert {site.level for name, site in province.sites.items() if name != CENTRE} == {"commune"}
    # Where no district's office is: the commune with the unit's name, by its name of 2023 or of 2025-01, and not the one with its code.
    assert {"xuan-luong", "canh-nau", "xa-ly", "phong-minh", "vo-tranh", "truong-son"} & main == {"xuan-luong", "xa-ly", "truong-son"}


def test_every_commune_comes_to_the_unit_that_the_list_says(on):
    then, now = units(on[LETTER]), units(on[TODAY])
    successor = {then[name].code: now[name] for name, site in on[LETTER].sites.items() if site.level == "commune"}
    for row in rows("bacgiang_communes_2023_209.csv"):
        if row["unit_code_2025_07"]:
            unit = successor[row["commune_code_2023"]]
            assert (unit.code, unit.name) == (row["unit_code_2025_07"], row["unit_name_2025_07"])


@pytest.mark.parametrize("day", ["2023-09-01", "2024-12-31", "2025-01-01", "2025-06-30", "2025-07-01", "2030-01-01"])
def test_on_every_day_every_site_serves_one_unit(on, day):
    day = date.fromisoformat(day)
    for site in on[LETTER].sites.values():
        assert sum(unit.holds(day) for unit in site.units) == 1


def test_addresses_and_tunnels_stay_when_the_tree_changes(on):
    then, now = plan(on[LETTER]), plan(on[TODAY])
    assert len(then.addresses) == 220
    assert then.addresses == now.addresses
    assert then.tunnels == now.tunnels


def test_places_that_nobody_is_sure_of_are_marked():
    sure = {row["commune_code_2023"]: row["coord_quality"] == "ok" for row in rows("bacgiang_communes_2023_209.csv")}
    text = "".join(path.read_text() for path in sorted((FOLDER / "sites").glob("*.yml")))
    sites = [block for block in text.split("    number: ") if "level: commune\n    parent" in block]
    marked = {block.split('code: "')[1][:5]: "# rough, the fallback point" in block for block in sites}
    assert marked == {code: not certain for code, certain in sure.items()}
    assert text.count("# the list has no unit of 2025-07-01") == 5


def test_every_place_lies_in_its_province(on):
    extent = on[LETTER].extent
    assert all(site.coordinates and extent.contains(site.coordinates) for site in on[LETTER].sites.values())
    assert not extent.contains(
        on[LETTER].sites["tan-dinh"].coordinates.model_copy(update={"latitude": 21.03, "longitude": 105.85})
    )  # Hà Nội


def test_what_stands_there_is_the_typical_mix(on):
    sites = on[LETTER].sites.values()
    cameras = [camera for site in sites for camera in site.cameras.values()]
    others = [other for site in sites for other in site.others.values()]
    nvrs = [nvr for site in sites for nvr in site.nvrs.values()]
    lines = [line for site in sites for line in site.lines.values()]
    assert 450 <= len(cameras) <= 600
    assert 0.85 <= sum(camera.vendor in ("hikvision", "dahua") for camera in cameras) / len(cameras) <= 0.96
    assert {"hikvision", "dahua", "uniview", "axis", "hanwha", "onvif"} == {camera.vendor for camera in cameras}
    assert {"EZVIZ", "Imou", "TP-Link", "Yoosee", "Xiongmai"} <= {other.maker for other in others}
    assert sum(str(site.lan) == "192.168.1.0/24" for site in sites) >= 0.9 * 220
    platforms = Counter(site.router.platform for site in sites)
    assert sum(platforms[name] for name in ("ont", "draytek", "routeros")) >= 0.75 * 220
    assert {"linux", "ios", "fortios"} <= platforms.keys()
    assert {len(site.cameras) + len(site.others) for site in sites if site.level == "province"} == {24}
    assert all(4 <= len(site.cameras) <= 8 for site in sites if site.level == "district")
    assert any(line.up_mbps <= 4 for line in lines)
    for some in (
        [camera.streams for camera in cameras], [camera.build for camera in cameras], [camera.zone for camera in cameras],
        [camera.through for camera in cameras], [camera.recorded_at for camera in cameras], [nvr.disks for nvr in nvrs],
        [line.p95_up_mbps for line in lines], [line.address != "cgnat" for line in lines], [site.nvrs for site in sites],
    ):  # fmt: skip
        assert 0 < sum(bool(one) for one in some) < len(some)
    assert {kind for site in sites for kind in [tuple(sorted(line.kind for line in site.lines.values()))]} == {
        ("ftth",),
        ("tslcd",),
        ("ftth", "tslcd"),
    }
    assert any(disk.health == "failing" for nvr in nvrs for disk in nvr.disks)


def test_leaders_of_every_office_see_it(on):
    province = on[LETTER]
    assert {viewer.watches for viewer in province.viewers.values() if viewer.sits_at} == province.sites.keys()
    assert all(viewer.sits_at == viewer.watches for viewer in province.viewers.values() if viewer.sits_at)
    assert {name for name, viewer in province.viewers.items() if viewer.watches == "all"} == {"ioc", "luu-tru"}


def test_prices_are_samples(on):
    keys = {"camera", "nvr", "router", "switch", "ups", "disk_tb", "visit_reconfigure", "visit_firmware"}
    assert on[LETTER].prices_vnd.keys() == keys
    lines = [line for line in (FOLDER / "prices.yml").read_text().splitlines() if line.startswith("  ")]
    assert len(lines) == len(keys)
    assert all("# sample" in line for line in lines)


def test_made_again_it_is_the_same_bytes(tmp_path):
    subprocess.run(
        ["scripts/sample_province", "--output", str(tmp_path)],
        check=True,
        env={"MOTCUA_OWN_PYTHON": "1", "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"},
    )
    made = {path.relative_to(tmp_path): path.read_bytes() for path in tmp_path.rglob("*.yml")}
    assert len(made) == 12
    assert made == {path: (FOLDER / path).read_bytes() for path in made}


def test_it_reads_like_what_people_write():
    """yamllint looks at all files in CI; here at those that aren't made by the same lines as the others."""
    config = YamlLintConfig(file=".yamllint")
    for name in ("province.yml", "prices.yml", f"sites/{CENTRE}.yml", "sites/viet-yen.yml"):
        assert not list(linter.run((FOLDER / name).read_text(), config, name))
    for path in (FOLDER / "sites").glob("*.yml"):
        text = path.read_text()
        assert max(len(line) for line in text.splitlines()) <= 160
        assert " &" not in text  # no anchor: a program's sign


def test_the_lists_are_named_with_their_licences():
    data = FOLDER / "data"
    text = (data / "ATTRIBUTION.md").read_text()
    for path in data.iterdir():
        assert path.suffix == ".md" or path.name in text
    assert text.count("MIT") >= 3
    assert len(json.loads((data / "bacninh_communes_2025.geojson").read_text())["features"]) == 99


def test_a_site_of_it_is_moved_in_its_own_file_only(tmp_path):
    shutil.copytree(FOLDER, tmp_path / "copy")
    done = CliRunner().invoke(
        app, ["move", "dai-lam", "--parent", "lang-giang", "--from", "2026-03-01", "--yes", "-i", str(tmp_path / "copy/province.yml")]
    )
    assert done.exit_code == 0, done.output
    changed = [
        path.name for path in (tmp_path / "copy/sites").iterdir() if path.read_bytes() != (FOLDER / "sites" / path.name).read_bytes()
    ]
    assert changed == ["lang-giang.yml"]
    assert "no longer       Lãnh đạo tại Bộ phận Một cửa xã Tân Dĩnh" in done.output
