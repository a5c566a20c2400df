"""Clocks: a picture with a wrong time is no evidence."""

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host

ROUTER_S = 2  # level 3 of the security regime: within 2 s
DEVICE_S = 3  # the same, of a clock that is shown in whole seconds


def test_router_has_the_time(facts, site):
    router = facts(device_host(site, "router"))
    assert router["clock_stratum"] > 0, "expected a synchronised clock, actual none"
    assert abs(router["clock_offset_s"]) < ROUTER_S, f"expected at most {ROUTER_S} s, actual {router['clock_offset_s']} s"


def test_device_has_the_time(clock, device):
    ahead = clock(device).total_seconds()
    assert abs(ahead) < DEVICE_S, f"expected at most {DEVICE_S} s, actual {ahead:.0f} s"
