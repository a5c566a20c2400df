"""Tunnels: up and fresh at both ends, answering, the right things through them, within the line's rule."""

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.tunnels import OVERHEAD_BYTES

FRESH_S = 180  # WireGuard renews a session in use every 120 s and drops it after 180 s


def router(site):
    return device_host(site, "router")


def test_tunnel_is_up_at_the_site(facts, tunnel):
    site, name = tunnel
    shown = facts(router(site))["tunnels"][name]
    assert shown["age_s"] is not None, "expected a tunnel, actual none"
    if "public_key" in shown:
        assert shown["age_s"] < FRESH_S, f"expected a handshake within {FRESH_S} s, actual {shown['age_s']:.0f}"
    else:
        assert "256" in shown["algorithms"], f"expected a key of 256 bits, actual {shown['algorithms']}"


def test_tunnel_answers(facts, tunnel):
    """A heartbeat goes both ways: it shows that the hub's end stands as well."""
    site, name = tunnel
    state = facts(router(site))["tunnels"][name]["heartbeat"]
    assert state == "up", f"expected a heartbeat, actual {state or 'no session'}"


def test_lines_pass_packets_of_the_planned_size(facts, province, site):
    """A line that loses large packets and says nothing (a black hole) lets heartbeats through and no pictures."""
    passes = facts(province.hub.name)["passes_bytes"]
    for tunnel in province.planned.tunnels[site]:
        passed = passes.get(str(tunnel.site_address), tunnel.mtu)  # the other hub's end isn't asked: it has the same lines
        assert passed is not None, f"{tunnel.name}: expected an answer from the site, actual none of any size"
        assert passed >= tunnel.mtu, (
            f"expected packets of {tunnel.mtu} bytes, actual at most {passed}: line {tunnel.line} of {site} loses larger ones and says nothing; "
            f"write mtu: {passed + OVERHEAD_BYTES} there, then roll out"
        )


def test_tunnel_is_fresh_at_the_hub(facts, province, session):
    """What can be asked at the storage centre is; of the other tunnels the heartbeat shows the far end."""
    site, name = session
    shown = facts(router(site))["tunnels"][name]
    age = facts(province.hub.name)["tunnels"].get(shown["public_key"])
    assert age is not None and age < FRESH_S, f"expected a handshake within {FRESH_S} s, actual {age}"


def test_line_stays_within_its_share(facts, province, site):
    streams = province.planned.streams[site]
    for name, line in {**streams.standby, **streams.lines}.items():
        rate = facts(router(site))["line_up_kbps"][name]
        assert rate <= line.up.limit_kbps, f"{name}: expected at most {line.up.limit_kbps:.0f} kbit/s, actual {rate:.0f}"
