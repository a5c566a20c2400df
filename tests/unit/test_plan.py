"""The plan's laws."""

from ipaddress import IPv4Address, ip_network

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import desired, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.streams import LADDER, WIRE_FACTOR
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.provinces import province, raw_province, raw_site

numbers = st.sets(st.integers(1, 4095), min_size=1, max_size=12)


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
    tunnels = [tunnel.site_address for tunnel in planned.tunnels.values()]
    assert len({*tunnels, IPv4Address("10.96.0.1")}) == len(tunnels) + 1


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


def test_a_site_without_a_way_to_the_hub_is_refused():
    raw = raw_province({"a": raw_site(1)})
    del raw["centres"]["centre"]["endpoints"]["ftth"]
    with pytest.raises(ModelError, match=r"sites\.a\.lines: no line leads to centres\.centre"):
        plan(Province.model_validate(raw))


def test_the_government_network_carries_the_tunnel_when_there_is_one():
    lines = raw_site(1)["lines"] | {
        "tslcd": {"kind": "tslcd", "provider": "VNPT", "interface": "tslcd", "address": "10.190.1.2/24", "up_mbps": 4, "down_mbps": 4}
    }
    tunnel = plan(province({"a": raw_site(1, lines=lines)})).tunnels["a"]
    assert (tunnel.line, str(tunnel.hub_endpoint)) == ("tslcd", "10.190.0.10")


@pytest.mark.parametrize(("mtu", "expected"), [(1500, 1380), (1492, 1380), (1400, 1320)])
def test_the_tunnels_mtu_fits_its_line(mtu, expected):
    line = raw_site(1)["lines"]["ftth"] | {"mtu": mtu}
    assert plan(province({"a": raw_site(1, lines={"ftth": line})})).tunnels["a"].mtu == expected


@given(
    up_mbps=st.floats(0.1, 100),
    office=st.none() | st.floats(0, 50),
    cameras=st.integers(0, 16),
    share=st.floats(0.05, 1),
)
def test_video_never_goes_over_the_lines_rule(up_mbps, office, cameras, share):
    line = raw_site(1)["lines"]["ftth"] | {"up_mbps": up_mbps, "p95_up_mbps": office}
    rows = {f"cam{n}": raw_site(1)["cameras"]["cam1"] | {"address": f"192.168.1.{20 + n}"} for n in range(cameras)}
    site = raw_site(1, lines={"ftth": line}, cameras=rows, nvrs={}, policy={"line_share": {"ftth": share}})
    streams = plan(province({"a": site})).streams["a"]
    existing = up_mbps / 2 if office is None else office
    total = sum(step.bitrate_kbps * WIRE_FACTOR for step in streams.cameras.values())
    assert total == 0 or total + existing * 1000 <= share * up_mbps * 1000 * (1 + 1e-9)
    if len(streams.cameras) < cameras:
        assert streams.video_limit_kbps - total < LADDER[0].line_kbps


def test_priority_cameras_climb_first():
    line = raw_site(1)["lines"]["ftth"] | {"up_mbps": 4, "p95_up_mbps": 0.3}
    cameras = raw_site(1)["cameras"]
    cameras["cam3"]["class"] = "priority"
    streams = plan(province({"a": raw_site(1, lines={"ftth": line}, cameras=cameras)})).streams["a"].cameras
    assert LADDER.index(streams["cam3"]) > LADDER.index(streams["cam2"])


def test_both_ends_of_a_tunnel_agree():
    value = province({"a": raw_site(7)})
    hosts = {host.name: host for host in desired(value, plan(value))}
    (peer,) = hosts["centre-server"].desired["hub"]["sites"]
    site_end = hosts["a-router"].desired["router"]["tunnel"]
    assert site_end["address"] == f"{peer['address']}/32"
    assert hosts["a-router"].desired["router"]["translate"]["outside"] == peer["prefix"]
    assert site_end["secret"] == peer["secret"]


def test_the_same_model_gives_the_same_plan():
    value = province(numbered({3, 1, 2}))
    assert repr(desired(value, plan(value))) == repr(desired(value, plan(value)))


def test_the_operations_centre_reaches_no_device():
    value = province({"a": raw_site(7)})
    hub = next(host for host in desired(value, plan(value)) if host.role == "hub").desired["hub"]
    flows = [*hub["accept"], *(flow for site in hub["sites"] for flow in site["accept"])]
    assert flows
    assert not [flow for flow in flows if "10.10.20.2/32" in flow["from"]]
