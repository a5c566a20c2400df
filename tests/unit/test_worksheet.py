"""Work sheets: exact values for people, secrets by their name alone, and the small router behind a provider's box."""

import ipaddress

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.bootstrap.paper import work_sheet
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.state import router_state
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.words import LANGUAGES, Words
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.worksheet import worksheet

from tests.unit.routers import SECRETS, state, wish


def office(**changes):
    """A wish as a DrayTek has it: IPsec alone."""
    tunnels = [{**one, "kind": "ipsec", "hub_public_key": None} for one in wish()["tunnels"]]
    return state(**({"tunnels": tunnels} | changes))


def values(sheet, field):
    return [row.value for part in sheet.parts for row in part.rows if row.field == field]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("platform", ["draytek", "ont"])
def test_no_secret_is_printed_in_any_language(platform, language):
    words = Words(language)
    page = work_sheet("Bộ phận Một cửa xã Tân Dĩnh", "tan-dinh-router", worksheet(platform, office(), words), words)
    assert not any(secret in page for secret in SECRETS.values())
    assert "Bộ phận Một cửa xã Tân Dĩnh" in page
    assert "{" not in page.split("</style>")[1]  # no value was left out of a sentence


def test_each_tunnel_has_its_exact_values():
    sheet = worksheet("draytek", office(), Words("en"))
    assert values(sheet, "Server IP/Host Name") == ["10.190.0.10", "203.0.113.10", "10.190.0.20", "203.0.113.20"]
    assert values(sheet, "Pre-Shared Key")[0] == "(secret tunnel/lang-giang/main)"
    assert values(sheet, "Local ID (FQDN)")[1] == "ftth.lang-giang.lab.motcua"
    assert values(sheet, "Translate Local Network")[0] == "☑ 192.168.5.0/24 → 10.64.1.0/24"
    assert values(sheet, "VPN Dial-Out Through") == ["WAN1 Only (tslcd)", "WAN2 Only (ftth)"] * 2


def test_every_camera_is_closed_and_the_office_keeps_its_share():
    sheet = worksheet("draytek", office(), Words("en"))
    assert [row.value for part in sheet.parts for row in part.rows if "Source IP" in row.field] == ["Block Immediately"] * 2
    assert values(sheet, "Class 2 (office): Reserved Bandwidth Ratio") == ["25 % (5000 Kbps)", "50 % (20000 Kbps)"]


def test_menus_that_nobody_tried_are_marked():
    assert worksheet("draytek", office(), Words("vi")).unproven
    assert "chưa thử trên thiết bị thật" in work_sheet("X", "x", worksheet("draytek", office(), Words("vi")), Words("vi"))
    assert "chưa thử" not in work_sheet("X", "x", worksheet("ont", office(), Words("vi")), Words("vi"))


def test_a_providers_box_lets_out_what_the_tunnels_need():
    sheet = worksheet("ont", state(), Words("en"))
    assert values(sheet, "Must be let out") == [
        "UDP 500, 4500 → 10.190.0.10 (centre-tslcd)",
        "UDP 51820, 443 → 203.0.113.10 (centre-ftth)",
        "UDP 500, 4500 → 10.190.0.20 (ioc-tslcd)",
        "UDP 51820, 443 → 203.0.113.20 (ioc-ftth)",
    ]
    assert "20 Mbit/s" in values(sheet, "Class")[0]


@pytest.mark.parametrize("lan", ["192.168.1.1/24", "192.168.5.1/24", "192.168.100.1/23"])
def test_the_box_and_the_small_router_never_share_a_network(lan):
    sheet = worksheet("ont", state(lan={"interface": "br-lan", "address": lan}), Words("en"))
    other = ipaddress.ip_network(values(sheet, "LAN address")[0].rsplit(" ", 1)[1])
    assert not other.overlaps(ipaddress.ip_interface(lan).network)


@pytest.mark.parametrize("platform", ["linux", "routeros", "ios", "vyos", "openwrt"])
def test_what_is_loaded_needs_no_sheet(platform):
    assert worksheet(platform, office(), Words("vi")) is None


def test_a_wish_without_snmp_has_no_empty_part():
    sheet = worksheet("draytek", router_state(wish(snmp=None, syslog=[], shaping=[]), SECRETS.get), Words("en"))
    assert all(part.rows for part in sheet.parts)
