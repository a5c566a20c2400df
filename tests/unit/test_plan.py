"""The plan's laws."""

from ipaddress import IPv4Address, ip_address, ip_network

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.addresses import address_table
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.dangers import dangers
from ansible_collections.motcua.cctv.plugins.plugin_utils.routers.state import router_state
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.provinces import province, raw_province, raw_site

numbers = st.sets(st.integers(1, 4094), min_size=1, max_size=12)


def numbered(chosen):
    return {f"site-{number}": raw_site(number) for number in chosen}


@given(numbers, numbers)
def test_adding_and_removing_sites_moves_nobody_else(first, second):
    one, two = plan(province(numbered(first))), plan(province(numbered(second)))
    for number in first & second:
        name = f"site-{number}"
        assert one.addresses[name] == two.addresses[name]
        assert one.tunnels[name] == two.tunnels[name]


@given(numbers)
def test_no_two_sites_share_an_address(chosen):
    planned = plan(province(numbered(chosen)))
    prefixes = [site.prefix for site in planned.addresses.values()]
    assert len(set(prefixes)) == len(prefixes)
    tunnels = [site.slot(number) for site in planned.addresses.values() for number in range(4)]
    hubs = [IPv4Address("10.96.0.0") + number for number in range(1, 5)]
    assert len({*tunnels, *hubs}) == len(tunnels) + len(hubs)


def test_the_host_part_is_kept_through_translation():
    planned = plan(
        province(
            {"a": raw_site(2, lan="192.168.1.128/25", router=raw_site(1)["router"] | {"address": "192.168.1.129"}, nvrs={}, cameras={})}
        )
    )
    assert planned.addresses["a"].prefix == ip_network("10.64.2.128/25")
    assert planned.addresses["a"].translate(IPv4Address("192.168.1.200")) == IPv4Address("10.64.2.200")


OVERLAPS = {
    "centre and tslcd": ({"networks": {"tslcd": ["10.10.0.0/16"]}}, ["networks.tslcd", "centres.centre.lan"]),
    "sites and tunnels": ({"networks": {"tunnels": "10.64.0.0/16"}}, ["networks.sites", "networks.tunnels"]),
    "sites too small": ({"networks": {"sites": "10.64.0.0/24"}}, ["networks.sites", "sites.a"]),
}


@pytest.mark.parametrize("case", OVERLAPS)
def test_an_overlap_names_both_owners(case):
    changes, names = OVERLAPS[case]
    raw = raw_province({"a": raw_site(1)})
    raw["networks"] |= changes["networks"]
    with pytest.raises(ModelError) as caught:
        plan(Province.model_validate(raw))
    assert all(name in str(caught.value) for name in names)


def test_an_office_lan_inside_the_centres_is_refused():
    site = raw_site(1, lan="10.10.10.0/24", router=raw_site(1)["router"] | {"address": "10.10.10.1"}, nvrs={}, cameras={})
    with pytest.raises(ModelError, match=r"sites\.a\.lan: 10\.10\.10\.0/24 overlaps centres\.centre\.lan"):
        plan(province({"a": site}))


def fixed(address, kind="tslcd"):
    return {"kind": kind, "provider": "VNPT", "interface": kind, "address": address, "up_mbps": 4, "down_mbps": 4}


LINES = {
    "in the office LAN": (
        fixed("192.168.1.77/24"),
        r"sites\.a\.lines\.x\.address: 192\.168\.1\.77/24 overlaps the office LAN 192\.168\.1\.0/24",
    ),
    "in the tunnels' pool": (
        fixed("10.96.4.2/24", "ftth"),
        r"sites\.a\.lines\.x\.address: 10\.96\.4\.2/24 overlaps networks\.tunnels 10\.96\.0\.0/18",
    ),
    "in the centre": (
        fixed("10.10.20.9/24", "ftth"),
        r"sites\.a\.lines\.x\.address: 10\.10\.20\.9/24 overlaps centres\.ioc\.lan 10\.10\.20\.0/24",
    ),
}


@pytest.mark.parametrize("case", LINES)
def test_a_lines_address_that_is_somebody_elses_is_refused(case):
    line, sentence = LINES[case]
    with pytest.raises(ModelError, match=sentence):
        plan(province({"a": raw_site(1, lines=raw_site(1)["lines"] | {"x": line})}))


def test_one_address_allotted_twice_names_both_sites():
    lines = {"x": fixed("10.190.1.2/24")}
    with pytest.raises(ModelError, match=r"sites\.b\.lines\.x\.address: 10\.190\.1\.2 is also sites\.a\.lines\.x\.address"):
        plan(province({"a": raw_site(1, lines=lines), "b": raw_site(2, lines=lines)}))


def test_the_address_table_has_every_network_once():
    value = province(numbered({1, 2}) | {"c": raw_site(3, lines={"x": fixed("10.190.1.2/24")})})
    rows = address_table(value, plan(value).addresses)
    owners = [row.owner for row in rows]
    assert len(set(owners)) == len(owners)
    assert {"networks.sites", "networks.tunnels", "networks.tslcd", "centres.centre.lan", "centres.ioc.lan"} <= set(owners)
    seen = {row.owner: (row.what, str(row.network), str(row.seen_as)) for row in rows}
    assert seen["sites.site-2.lan"] == ("lan", "192.168.1.0/24", "10.64.2.0/24")
    assert seen["sites.site-2.tunnel"] == ("tunnel", "10.96.0.12/32", "None")
    assert seen["sites.c.lines.x"] == ("line", "10.190.1.0/24", "None")


def test_a_site_without_a_way_to_the_hub_is_refused():
    raw = raw_province({"a": raw_site(1)})
    del raw["centres"]["centre"]["endpoints"]["ftth"]
    with pytest.raises(ModelError, match=r"sites\.a\.lines: no line leads to centres\.centre"):
        plan(Province.model_validate(raw))


TSLCD = {"kind": "tslcd", "provider": "VNPT", "interface": "tslcd", "address": "10.190.1.2/24", "up_mbps": 4, "down_mbps": 4}


def two_hubs(**changes):
    """A province whose operations centre is a hub too, with a site that has both kinds of line."""
    raw = raw_province({"a": raw_site(7, lines=raw_site(7)["lines"] | {"tslcd": TSLCD}, **changes)})
    raw["centres"]["ioc"]["endpoints"] = {"ftth": "203.0.113.20", "tslcd": "10.190.0.20"}
    return Province.model_validate(raw)


def test_a_site_has_a_tunnel_over_each_line_to_each_hub_the_government_network_first():
    tunnels = plan(two_hubs()).tunnels["a"]
    assert [(one.slot, one.rank, one.hub, one.line, one.kind, one.interface) for one in tunnels] == [
        (0, 0, "centre", "tslcd", "ipsec", "xfrm0"),
        (1, 1, "centre", "ftth", "wireguard", "wg1"),
        (2, 2, "ioc", "tslcd", "ipsec", "xfrm2"),
        (3, 3, "ioc", "ftth", "wireguard", "wg3"),
    ]
    assert [str(one.site_address) for one in tunnels] == [f"10.96.0.{32 + slot}" for slot in range(4)]
    assert len({one.hub_address for one in tunnels}) == 4, "a packet to a hub's address should take one line and no other"
    assert [str(one.hub_endpoint) for one in tunnels] == ["10.190.0.10", "203.0.113.10", "10.190.0.20", "203.0.113.20"]
    assert len({one.secret for one in tunnels}) == 4


KINDS = {
    "on the Internet": ({}, "ftth", "wireguard"),
    "on the government network": ({}, "tslcd", "ipsec"),
    "accepted there": ({"policy": {"tslcd_wireguard": "Sở TTTT, 12/QĐ"}}, "tslcd", "wireguard"),
    "Cisco has no WireGuard": ({"router": raw_site(1)["router"] | {"platform": "ios"}}, "ftth", "ipsec"),
    "nor has RouterOS 6": ({"router": raw_site(1)["router"] | {"platform": "routeros", "firmware": "6.49.10"}}, "ftth", "ipsec"),
    "RouterOS 7 has": ({"router": raw_site(1)["router"] | {"platform": "routeros", "firmware": "7.15"}}, "ftth", "wireguard"),
}


@pytest.mark.parametrize("case", KINDS)
def test_the_kind_of_tunnel_is_chosen_per_line(case):
    changes, line, kind = KINDS[case]
    (tunnel,) = (one for one in plan(two_hubs(**changes)).tunnels["a"] if one.line == line and one.hub == "centre")
    assert tunnel.kind == kind


@pytest.mark.parametrize(("mtu", "expected"), [(1500, 1380), (1492, 1380), (1400, 1320)])
def test_the_tunnels_mtu_fits_its_line(mtu, expected):
    line = raw_site(1)["lines"]["ftth"] | {"mtu": mtu}
    (tunnel,) = plan(province({"a": raw_site(1, lines={"ftth": line})})).tunnels["a"]
    assert (tunnel.mtu, tunnel.mss_bytes) == (expected, expected - 40)


def test_both_ends_of_each_tunnel_agree():
    value = two_hubs()
    hosts = {host.name: host.desired for host in desired(value, plan(value))}
    router = hosts["a-router"]["router"]
    for tunnel in router["tunnels"]:
        hub = hosts[f"{tunnel['hub']}-server"]["hub"]
        if tunnel["kind"] == "wireguard":
            (peer,) = (peer for peer in hub["peers"] if peer["address"] == tunnel["address"])
            (interface,) = (one for one in hub["interfaces"] if one["name"] == peer["interface"])
            assert (interface["address"], interface["endpoint"]) == (tunnel["hub_address"], tunnel["endpoint"])
            assert (interface["port"], peer["secret"]) == (tunnel["port"], tunnel["secret"]["secret"])
            assert peer["prefix"] == router["translate"]["outside"]
        else:
            (theirs,) = (row for row in hub["ipsec"] if row["remote"] == tunnel["address"])
            (ours,) = (row for row in router["ipsec"] if row["name"] == tunnel["interface"])
            assert (theirs["local"], theirs["local_id"], theirs["remote_id"]) == (ours["remote"], ours["remote_id"], ours["local_id"])
            assert (theirs["number"], theirs["secret"], theirs["at"]) == (ours["number"], ours["secret"], ours["dial"])
    for neighbor, tunnel in zip(router["routing"]["neighbors"], router["tunnels"], strict=True):
        theirs = hosts[f"{tunnel['hub']}-server"]["hub"]["routing"]
        assert neighbor["asn"] == theirs["asn"]
        (site,) = theirs["sites"]
        assert (site["asn"], site["prefix"]) == (router["routing"]["asn"], router["translate"]["outside"])
        assert {"address": tunnel["address"], "source": tunnel["hub_address"]} in site["neighbors"]


def test_what_is_wished_of_a_router_is_a_neutral_state_without_any_secret():
    value = two_hubs()
    wish = next(host for host in desired(value, plan(value)) if host.role == "router").desired["router"]
    state = router_state(wish)
    assert [tunnel.name for tunnel in state.tunnels] == ["centre-tslcd", "centre-ftth", "ioc-tslcd", "ioc-ftth"]
    assert not [tunnel.secret for tunnel in state.tunnels if tunnel.secret.value is not None]
    assert state.shaping[0].video_kbps + state.shaping[0].office_kbps == state.shaping[0].line_kbps


def test_the_local_way_in_is_an_address_of_the_lan_that_is_nobodys():
    value = two_hubs()
    router = next(host for host in desired(value, plan(value)) if host.role == "router").desired["router"]
    (source,) = next(account for account in router["accounts"] if account["name"] == "breakglass")["sources"]
    site = value.sites["a"]
    taken = {site.router.address, *(device.address for device in (*site.cameras.values(), *site.nvrs.values()))}
    assert ip_address(source.removesuffix("/32")) in set(site.lan.hosts()) - taken
    (opening,) = (row for row in router["firewall"]["input"] if row["comment"] == "breakglass")
    assert (opening["came_in"], opening["from"], opening["ports"]) == ("lan", [source], [22])


def test_the_firewall_opens_the_port_that_the_routers_ssh_has():
    raw = raw_site(1)
    value = province({"a": raw | {"router": raw["router"] | {"platform": "routeros", "ssh_port": 2222}}})
    router = next(host for host in desired(value, plan(value)) if host.role == "router")
    assert router.port == 2222
    assert not [danger for danger in dangers(router_state(router.desired["router"]), 2222) if "2222" in danger]


def test_a_router_is_reached_by_an_address_that_holds_whichever_tunnel_stands():
    value = two_hubs()
    hosts = {host.name: host for host in desired(value, plan(value))}
    assert str(hosts["a-router"].address) == "10.64.7.1"
    flows = [flow for site in hosts["centre-server"].desired["hub"]["sites"] for flow in site["accept"]]
    assert any("10.64.7.1/32" in flow["to"] and flow["ports"] == [22] for flow in flows)


def test_a_line_that_takes_over_carries_the_same_streams():
    streams = plan(two_hubs()).streams["a"]
    assert (list(streams.lines), list(streams.standby)) == (["tslcd"], ["ftth"])
    assert streams.standby["ftth"].up.video_kbps == streams.lines["tslcd"].up.video_kbps


def test_the_same_model_gives_the_same_plan():
    value = province(numbered({3, 1, 2}))
    assert repr(desired(value, plan(value))) == repr(desired(value, plan(value)))


def test_the_operations_centre_reaches_no_device():
    value = province({"a": raw_site(7)})
    hub = next(host for host in desired(value, plan(value)) if host.role == "hub").desired["hub"]
    flows = [*hub["accept"], *(flow for site in hub["sites"] for flow in site["accept"])]
    assert flows
    assert not [flow for flow in flows if "10.10.20.2/32" in flow["from"]]
