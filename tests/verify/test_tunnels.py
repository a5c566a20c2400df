"""Tunnels: up and fresh at both ends, the right things through them, within the line's rule."""

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host

FRESH_S = 180  # WireGuard renews a session in use every 120 s and drops it after 180 s


def test_tunnel_is_fresh_at_the_site(facts, site):
    (age,) = facts(device_host(site, "router"))["handshake_age_s"]
    assert age is not None and age < FRESH_S, f"expected a handshake within {FRESH_S} s, actual {age}"


def test_tunnel_is_fresh_at_the_hub(facts, province, site):
    age = facts(province.hub.name)["tunnels"].get(facts(device_host(site, "router"))["public_key"])
    assert age is not None and age < FRESH_S, f"expected a handshake within {FRESH_S} s, actual {age}"


def test_line_stays_within_its_share(facts, province, site):
    (line,) = province.planned.streams[site].lines.values()
    rate = facts(device_host(site, "router"))["line_up_kbps"]
    assert rate <= line.up.limit_kbps, f"expected at most {line.up.limit_kbps:.0f} kbit/s, actual {rate:.0f}"
