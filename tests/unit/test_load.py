"""The door: what people write wrongly, and the one line they get for it."""

from datetime import date
from pathlib import Path

import pytest
import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load

LAB = Path("inventory/lab")


@pytest.fixture
def inventory(tmp_path):
    """A copy of the lab's inventory, as raw values that a case may spoil: (province, sites, save)."""
    province = yaml.safe_load((LAB / "province.yml").read_text())
    sites = yaml.safe_load((LAB / "sites/lang-giang.yml").read_text())

    def save():
        (tmp_path / "sites").mkdir(exist_ok=True)
        (tmp_path / "province.yml").write_text(yaml.safe_dump(province, allow_unicode=True))
        (tmp_path / "sites/lang-giang.yml").write_text(yaml.safe_dump(sites, allow_unicode=True))
        return tmp_path / "province.yml"

    return province, sites["sites"], save


def put(*path):
    """A spoiler that sets the last element at the path of the sites' tree."""

    def spoil(province, sites):
        *where, key, value = path
        node = sites
        for part in where:
            node = node[part]
        node[key] = value

    return spoil


def closed(site, **changes):
    """A spoiler that closes a site, and changes it besides."""
    return lambda province, sites: sites[site].update({"retired": "2024-01-01"} | changes)


def put_province(*path):
    def spoil(province, sites):
        put(*path)(None, province)

    return spoil


def unit(code, since, until=None):
    return {"code": code, "name": code, "from": since} | ({"until": until} if until else {})


def both(*spoilers):
    def spoil(province, sites):
        for one in spoilers:
            one(province, sites)

    return spoil


def drop(*path):
    def spoil(province, sites):
        node = sites
        for part in path[:-1]:
            node = node[part]
        del node[path[-1]]

    return spoil


CASES = {
    "unknown vendor": (
        put("tan-dinh", "cameras", "cam1", "vendor", "hikvison"),
        "sites.tan-dinh.cameras.cam1.vendor",
        "'hikvison' is not known; write one of axis, dahua, hanwha, hikvision, onvif, uniview",
    ),
    "a brand of a vendor": (
        put("tan-dinh", "cameras", "cam1", "vendor", "kbvision"),
        "sites.tan-dinh.cameras.cam1.vendor",
        "'kbvision' is a brand of dahua's devices; write 'dahua'",
    ),
    "a camera that can't join": (
        put("tan-dinh", "cameras", "cam1", "vendor", "tapo"),
        "sites.tan-dinh.cameras.cam1.vendor",
        "'tapo' can't join: it is a Tapo, which is made for its maker's cloud",
    ),
    "a stream that only the device knows": (
        put("tan-dinh", "cameras", "cam1", "vendor", "onvif"),
        "sites.tan-dinh.cameras.cam1.stream_path",
        "is missing; only the device knows it (onvif): 'device_info' shows it",
    ),
    "a stream's path that would be a program": (
        put("tan-dinh", "cameras", "cam1", "stream_path", "/live'; reboot"),
        "sites.tan-dinh.cameras.cam1.stream_path",
        "has the wrong form",
    ),
    "unknown key": (
        put("tan-dinh", "cameras", "cam1", "adress", "1.2.3.4"),
        "sites.tan-dinh.cameras.cam1.adress",
        "unknown key; did you mean 'address'?",
    ),
    "unknown key of a line": (
        put("tan-dinh", "lines", "ftth", "zzz", 1),
        "sites.tan-dinh.lines.ftth.zzz",
        "unknown key; write one of address",
    ),
    "missing key": (drop("tan-dinh", "lan"), "sites.tan-dinh.lan", "is missing; add it"),
    "one number twice": (
        put("tan-dinh", "number", 1),
        "sites.tan-dinh.number",
        "1 is also the number of 'lang-giang'; give the newer site a free one",
    ),
    "address outside the LAN": (
        put("tan-dinh", "cameras", "cam1", "address", "192.168.2.64"),
        "sites.tan-dinh.cameras.cam1.address",
        "not a host address of the office LAN 192.168.1.0/24",
    ),
    "broadcast address": (
        put("tan-dinh", "cameras", "cam1", "address", "192.168.1.255"),
        "sites.tan-dinh.cameras.cam1.address",
        "not a host address",
    ),
    "no address at all": (
        put("tan-dinh", "cameras", "cam1", "address", "192.168.1"),
        "sites.tan-dinh.cameras.cam1.address",
        "not a valid IPv4 address",
    ),
    "one address twice": (
        put("tan-dinh", "cameras", "cam1", "address", "192.168.1.1"),
        "sites.tan-dinh.cameras.cam1.address",
        "is also the address of router",
    ),
    "parent that isn't there": (put("tan-dinh", "parent", "hiep-hoa"), "sites.tan-dinh.parent", "there is no site 'hiep-hoa'"),
    "a unit that ends before it begins": (
        put("tan-dinh", "units", [unit("07432", "2023-09-01", "2022-01-01")]),
        "sites.tan-dinh.units",
        "ends on 2022-01-01, before it begins on 2023-09-01",
    ),
    "two units on one day": (
        put("tan-dinh", "units", [unit("07432", "2023-09-01", "2025-07-01"), unit("07375", "2025-07-01")]),
        "sites.tan-dinh.units",
        "07432 and 07375 both hold on 2025-07-01; end the first with 'until' the day before",
    ),
    "a parent that is closed": (
        closed("lang-giang"),
        "sites.tan-dinh.parent",
        "'lang-giang' is closed since 2024-01-01",
    ),
    "a closed site's number": (
        closed("xuong-lam", number=2),
        "sites.tan-dinh.number",
        "2 is also the number of 'xuong-lam'",
    ),
    "a mistake in a closed site": (closed("xuong-lam", lan="x"), "sites.xuong-lam.lan", "is wrong"),
    "one serial at two sites": (
        both(put("tan-dinh", "cameras", "cam1", "serial", "F123"), put("xuong-lam", "cameras", "cam2", "serial", "F123")),
        "sites.xuong-lam.cameras.cam2.serial",
        "F123 is also the serial of sites.tan-dinh.cameras.cam1",
    ),
    "coordinates outside the province": (
        both(
            put_province("extent", {"south": 21.0, "west": 105.8, "north": 21.7, "east": 107.1}),
            put("tan-dinh", "coordinates", {"latitude": 106.24, "longitude": 21.31}),
        ),
        "sites.tan-dinh.coordinates",
        "latitude",
    ),
    "coordinates of the next province": (
        both(
            put_province("extent", {"south": 21.0, "west": 105.8, "north": 21.7, "east": 107.1}),
            put("tan-dinh", "coordinates", {"latitude": 20.9, "longitude": 106.2}),
        ),
        "sites.tan-dinh.coordinates",
        "20.9, 106.2 is outside the province's extent; correct it (latitude first)",
    ),
    "something found at a camera's address": (
        put(
            "tan-dinh", "others", {"wifi": {"kind": "camera", "maker": "Imou", "name": "Wi-Fi", "address": "192.168.1.64", "why": "cloud"}}
        ),
        "sites.tan-dinh.others.wifi.address",
        "192.168.1.64 is also the address of cameras.cam1",
    ),
    "code as a number": (
        put("tan-dinh", "units", [{"code": 7432, "name": "Xã Tân Dĩnh", "from": "2023-09-01"}]),
        "sites.tan-dinh.units.0.code",
        "7432 is not text; write it in quotes",
    ),
    "line of nothing": (put("tan-dinh", "lines", "ftth", "up_mbps", 0), "sites.tan-dinh.lines.ftth.up_mbps", "greater than 0"),
    "camera without an address": (
        drop("tan-dinh", "cameras", "cam1", "address"),
        "sites.tan-dinh.cameras.cam1.address",
        "is missing; add it, or say 'source: nvr:<id>/<channel>'",
    ),
    "channel beyond the recorder": (
        put("lang-giang", "cameras", "cam3", "source", "nvr:nvr1/9"),
        "sites.lang-giang.cameras.cam3.source",
        "channel 9 does not exist; 'nvr1' has 8",
    ),
    "recorder that isn't there": (
        put("lang-giang", "cameras", "cam3", "source", "nvr:nvr7/1"),
        "sites.lang-giang.cameras.cam3.source",
        "there is no NVR 'nvr7'",
    ),
    "one channel twice": (
        put("lang-giang", "cameras", "cam2", "recorder", "nvr1/1"),
        "sites.lang-giang.cameras.cam2.recorder",
        "already cam1's",
    ),
    "segment without a port": (
        put("tan-dinh", "router", "camera_ports", []),
        "sites.tan-dinh.router.camera_ports",
        "isolation is 'segment'",
    ),
    "a Cisco's port at a Linux router": (
        put("tan-dinh", "router", "lan_interface", "Gi0/0/0"),
        "sites.tan-dinh.router.lan_interface",
        "linux takes at most 15",
    ),
    "a line's port that Linux can't name": (
        put("tan-dinh", "lines", "ftth", "interface", "GigabitEthernet0"),
        "sites.tan-dinh.lines.ftth.interface",
        "at most 15 characters",
    ),
    "no port at all": (put("tan-dinh", "router", "lan_interface", "/dev/null"), "sites.tan-dinh.router.lan_interface", "wrong form"),
    "bad id": (lambda province, sites: sites.update({"Tan Dinh": sites.pop("tan-dinh")}), "sites.Tan Dinh", "wrong form"),
    "large LAN": (put("tan-dinh", "lan", "192.168.0.0/16"), "sites.tan-dinh.lan", "larger than the /24"),
    "two storage centres": (put_province("centres", "ioc", "kind", "storage"), "centres", "2 centres have 'kind: storage'"),
    "time zone": (put_province("timezone", "Asia/Hanoi"), "timezone", "not an IANA time zone"),
    "policy of a site": (
        put("tan-dinh", "policy", {"recording_days": 0}),
        "sites.tan-dinh.policy.recording_days",
        "greater than or equal to 1",
    ),
    "site that is a word": (lambda province, sites: sites.update({"tan-dinh": "soon"}), "sites.tan-dinh", "'soon' is wrong"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_is_a_line_with_file_path_and_remedy(inventory, case):
    province, sites, save = inventory
    spoil, where, what = CASES[case]
    spoil(province, sites)
    path = save()
    with pytest.raises(ModelError) as caught:
        load(path)
    lines = [line for line in str(caught.value).splitlines() if where in line]
    assert lines
    file = "province.yml" if where.split(".")[0] in ("centres", "timezone") else "lang-giang.yml"
    assert file in lines[0]
    assert what in lines[0]


def test_a_router_of_cisco_has_ports_with_long_names(inventory):
    _, sites, save = inventory
    sites["tan-dinh"]["router"] |= {"platform": "ios", "lan_interface": "Vlan1", "camera_ports": ["GigabitEthernet0/1/0"]}
    sites["tan-dinh"]["lines"]["ftth"] |= {"interface": "GigabitEthernet0/0/0", "tunnel": "ipsec"}
    site = load(save()).sites["tan-dinh"]
    assert (site.lines["ftth"].interface, site.router.camera_ports) == ("GigabitEthernet0/0/0", ("GigabitEthernet0/1/0",))


def test_every_mistake_is_listed(inventory):
    _, sites, save = inventory
    sites["tan-dinh"]["number"] = "x"
    del sites["xuong-lam"]["lan"]
    with pytest.raises(ModelError) as caught:
        load(save())
    assert len(str(caught.value).splitlines()) == 2


TEXTS = {
    "tab": ("sites:\n\ta: 1\n", "line 2"),
    "key twice": ("sites:\n  a: {number: 1}\n  a: {number: 2}\n", "the key 'a' is written twice"),
    "other key": ("places: {}\n", "places"),
    "empty": ("", "holds no keys"),
    "unclosed": ("sites: {a: [1\n", "line"),
}


@pytest.mark.parametrize("case", TEXTS)
def test_broken_yaml_names_its_place(inventory, tmp_path, case):
    _, _, save = inventory
    path = save()
    text, what = TEXTS[case]
    (tmp_path / "sites/other.yml").write_text(text)
    with pytest.raises(ModelError) as caught:
        load(path)
    assert "other.yml" in str(caught.value)
    assert what in str(caught.value)


def test_one_site_in_two_files(inventory, tmp_path):
    _, _, save = inventory
    path = save()
    (tmp_path / "sites/x.yml").write_text((tmp_path / "sites/lang-giang.yml").read_text())
    with pytest.raises(ModelError, match=r"x\.yml: sites\.lang-giang: is also in .*lang-giang\.yml"):
        load(path)


def test_a_file_that_is_not_utf8(inventory, tmp_path):
    _, _, save = inventory
    path = save()
    (tmp_path / "sites/old.yml").write_bytes("sites: {a: {name: Tân Dĩnh}}".encode("cp1258", "ignore") + b"\xff")
    with pytest.raises(ModelError, match="UTF-8"):
        load(path)


def test_parents_in_a_circle(inventory):
    _, sites, save = inventory
    sites["lang-giang"]["parent"] = "tan-dinh"
    with pytest.raises(ModelError, match="go in a circle"):
        load(save())


def test_policy_is_inherited_key_by_key(inventory):
    province, sites, save = inventory
    province["policy"] = {"recording_days": 20, "line_share": {"ftth": 0.6}}
    sites["lang-giang"]["policy"] = {"recording_days": 40}
    sites["tan-dinh"]["policy"] = {"line_share": {"tslcd": 0.8}}
    sites["tan-dinh"]["cameras"]["cam1"]["policy"] = {"recording_days": 90}
    loaded = load(save())
    tan_dinh = loaded.sites["tan-dinh"]
    assert tan_dinh.policy.recording_days == 40
    assert (tan_dinh.policy.line_share.ftth, tan_dinh.policy.line_share.tslcd) == (0.6, 0.8)
    assert tan_dinh.cameras["cam1"].policy.recording_days == 90
    assert tan_dinh.cameras["cam2"].policy.recording_days == 40


def test_names_keep_their_diacritics():
    assert load(LAB / "province.yml").sites["tan-dinh"].cameras["cam1"].name == "Quầy số 1"


def test_hub_key_is_read_from_keys(inventory, tmp_path):
    _, _, save = inventory
    path = save()
    assert load(path).hub_public_keys == {}
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys/centre.pub").write_text("AAAA=\n")
    assert load(path).hub_public_keys == {"centre": "AAAA="}


# --- the tree changes, sites stay ---


def merged(sites):
    """The merge of 2025 as people write it: other parents and levels from a day on; the old district is a commune's second place."""
    sites["lang-giang"]["units"] = [
        {"code": "217", "name": "Huyện Lạng Giang", "from": "2023-09-01", "until": "2025-06-30"},
        {"code": "07375", "name": "Xã Lạng Giang", "level": "commune", "from": "2025-07-01"},
    ]
    sites["xuong-lam"]["units"][1] |= {"parent": "tan-dinh"}
    sites["tan-dinh"]["units"] = [
        {"code": "07432", "name": "Xã Tân Dĩnh", "from": "2023-09-01", "until": "2025-06-30"},
        {"code": "07432", "name": "Xã Tân Dĩnh", "level": "province", "from": "2025-07-01"},
    ]


@pytest.mark.parametrize(
    ("on", "parent", "level"), [(date(2025, 6, 30), "lang-giang", "district"), (date(2025, 7, 1), "tan-dinh", "commune")]
)
def test_a_site_has_the_parent_and_the_level_of_the_day(inventory, on, parent, level):
    _, sites, save = inventory
    merged(sites)
    loaded = load(save(), on=on)
    assert (loaded.on, loaded.sites["xuong-lam"].parent, loaded.sites["lang-giang"].level) == (on, parent, level)


def test_policy_comes_from_the_parent_of_the_day(inventory):
    _, sites, save = inventory
    merged(sites)
    sites["tan-dinh"]["policy"] = {"recording_days": 77}
    path = save()
    assert load(path, on=date(2024, 1, 1)).sites["xuong-lam"].policy.recording_days == 30
    assert load(path, on=date(2026, 1, 1)).sites["xuong-lam"].policy.recording_days == 77


def test_the_merge_moves_no_address_and_no_tunnel(inventory):
    _, sites, save = inventory
    merged(sites)
    path = save()
    before, after = plan(load(path, on=date(2024, 1, 1))), plan(load(path, on=date(2026, 1, 1)))
    assert (before.addresses, before.tunnels) == (after.addresses, after.tunnels)


def test_a_closed_site_is_set_apart_and_its_number_stays_taken(inventory):
    _, sites, save = inventory
    sites["xuong-lam"]["retired"] = "2025-07-01"
    path = save()
    assert "xuong-lam" in load(path, on=date(2025, 6, 30)).sites
    later = load(path, on=date(2025, 7, 1))
    assert (set(later.sites), set(later.retired)) == ({"lang-giang", "tan-dinh"}, {"xuong-lam"})


def test_who_watches_a_closed_site_goes_with_it(inventory, tmp_path):
    _, sites, save = inventory
    sites["xuong-lam"]["retired"] = "2025-07-01"
    path = save()
    (tmp_path / "viewers.yml").write_text("viewers: {a: {name: A, watches: xuong-lam}, b: {name: B, watches: all, sits_at: tan-dinh}}")
    assert set(load(path, on=date(2025, 6, 30)).viewers) == {"a", "b"}
    assert set(load(path, on=date(2025, 7, 1)).viewers) == {"b"}


def test_prices_stand_beside_the_province(inventory, tmp_path):
    _, _, save = inventory
    path = save()
    (tmp_path / "prices.yml").write_text("prices_vnd: {camera: 1800000}\n")
    assert load(path).prices_vnd == {"camera": 1_800_000}
