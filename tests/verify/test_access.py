"""Who may open what: every forbidden way is tried, beside one that shows that the try itself would work."""

import pytest
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host

from tests.verify.model import INTERNET
from tests.verify.probes import CONTROLLER, inside, namespace, stands_here

OPEN, REFUSED, UNREACHABLE = "open", "refused", "unreachable"


def site_of(name, province):
    return province.hosts[name].site


def test_device_answers_the_controller_on_its_translated_address(province, reach, device):
    assert reach(CONTROLLER, province.managed(province.hosts[device])) == OPEN


def test_camera_reaches_no_internet(province, reach, lan_camera):
    assert reach(f"{site_of(lan_camera, province)}-pc", INTERNET) == OPEN, "the office PC beside it should reach the Internet"
    assert reach(lan_camera, INTERNET) == UNREACHABLE


def test_office_pc_reaches_no_camera(province, reach, lan_camera):
    site = site_of(lan_camera, province)
    isolation = province.province.sites[site].isolation
    answer = reach(f"{site}-pc", province.local(province.hosts[lan_camera]))
    if isolation == "flat":
        assert answer == OPEN, "the inventory says flat, but the camera can't be reached: is it on another segment by now?"
        pytest.xfail("flat: every office PC can open this camera; give the cameras a segment of their own")
    assert answer != OPEN, f"expected refused because of isolation '{isolation}', actual open"


def test_office_pc_is_unreachable_from_the_centre(province, reach, site):
    if not stands_here(f"{site}-pc"):
        pytest.skip("this needs an office PC that is surely switched on; try it with a laptop at the site")
    at_home, from_outside = (province.office_pc(site, seen_from_centre=seen) for seen in (False, True))
    assert reach(device_host(site, "router"), at_home) == REFUSED, "the office PC itself should be there"
    assert reach(CONTROLLER, from_outside) == UNREACHABLE
    assert reach(province.hub.name, from_outside) == UNREACHABLE


def test_operations_centre_reaches_no_device_but_streams_that_it_must_show_when_the_centre_is_dead(province, reach, device):
    host = province.hosts[device]
    (ioc,) = [other.name for other in province.hosts.values() if other.role == "ioc"]
    assert reach(ioc, province.portal()) == OPEN, "the operations centre should reach the portal"
    assert reach(ioc, province.managed(host)) == UNREACHABLE
    if not province.stands_in(host):
        assert reach(ioc, province.streaming(host)) == UNREACHABLE


def test_one_site_reaches_no_other(province, reach, site):
    others = [host for host in province.hosts.values() if host.role in ("camera", "nvr") and host.site != site]
    assert {reach(f"{site}-pc", province.managed(host)) for host in others} == {UNREACHABLE}


def test_government_network_reaches_no_internet(province, site):
    value = province.province.sites[site]
    lines = [line for line in value.lines.values() if line.kind == "tslcd"]
    if not lines or len(value.lines) < 2:
        pytest.skip("this site doesn't have both a TSLCD and an Internet line")
    if not stands_here("tslcd"):
        pytest.skip("nothing can be sent from the government network here; try it from a laptop on that line")
    router, address = str(lines[0].address).split("/")[0], INTERNET[0]
    inside("tslcd", "ip", "route", "replace", address, "via", router)
    try:
        (answer,) = namespace("tslcd")("collect_reach.py", [INTERNET]).values()
        assert "lladdr" in inside("tslcd", "ip", "neigh", "show", router), "the try should have been handed to the site's router"
        assert answer == UNREACHABLE
    finally:
        inside("tslcd", "ip", "route", "del", address, "via", router)


def test_portal_is_reached_from_the_office(province, reach, site):
    assert reach(f"{site}-pc", province.portal()) == OPEN


def test_default_password_is_refused(devices, device):
    if not devices.knows_default(device):
        pytest.skip("nobody wrote down the password that the installer left, and we never guess")
    outcome = devices.default_login(device)
    assert outcome == "refused", f"expected the password that the installer left to be refused, actual {outcome}"
