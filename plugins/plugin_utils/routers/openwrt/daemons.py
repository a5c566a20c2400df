"""Configurations of the packages that an OpenWrt box may have: strongSwan, FRR, Net-SNMP. Each is a file of its own, whole and ours."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import Neighbor, RouterState, RouterTunnel, Snmp
from .fragment import MARK
from .network import xfrm_id

IKE = "aes256gcm16-prfsha256-ecp256,aes256-sha256-ecp256,aes256-sha256-modp2048"
ESP = "aes256gcm16-ecp256,aes256-sha256-ecp256,aes256-sha256-modp2048"
DPD_SECONDS = 10
OWN_PREFERENCE, PASSED_ON, RANK_STEP = 300, 100, 10  # as Routing's docstring has them


def swanctl(tunnels: tuple[RouterTunnel, ...]) -> str:
    """The IPsec tunnels without their keys, for /etc/swanctl/conf.d: route-based, everything may go in, routes decide."""
    return "\n".join([MARK, "connections {", *(line for tunnel in tunnels for line in _connection(tunnel)), "}"]) + "\n"


def _connection(tunnel: RouterTunnel) -> Iterator[str]:
    name = f"motcua-{tunnel.name}"
    yield from (f"  {name} {{", "    version = 2", f"    remote_addrs = {tunnel.endpoint}", f"    proposals = {IKE}")
    # Always in UDP, so that address translation on the way and a provider that drops ESP make no difference.
    yield from (f"    dpd_delay = {DPD_SECONDS}s", "    keyingtries = 0", "    mobike = no", "    encap = yes", "    unique = replace")
    yield from ("    local {", "      auth = psk", f"      id = {tunnel.local_id}", "    }")
    yield from ("    remote {", "      auth = psk", f"      id = {tunnel.remote_id}", "    }")
    yield from ("    children {", f"      {name} {{", "        local_ts = 0.0.0.0/0", "        remote_ts = 0.0.0.0/0")
    yield from (f"        if_id_in = {xfrm_id(tunnel)}", f"        if_id_out = {xfrm_id(tunnel)}", f"        esp_proposals = {ESP}")
    yield from ("        start_action = start", "        close_action = start", "        dpd_action = restart", "      }", "    }", "  }")


def swanctl_secret(tunnel: RouterTunnel, key: str) -> str:
    """A tunnel's pre-shared key, in a file of its own that is never read back."""
    ids = f"    id-1 = {tunnel.local_id}\n    id-2 = {tunnel.remote_id}\n"
    return f'{MARK}\nsecrets {{\n  ike-motcua-{tunnel.name} {{\n{ids}    secret = "{key}"\n  }}\n}}\n'


def charon() -> str:
    """For /etc/strongswan.d: with selectors of everything, routes of charon's own would take the office's whole traffic."""
    return f"{MARK}\ncharon {{\n  install_routes = no\n}}\n"


def frr(state: RouterState) -> str:
    """FRR's whole configuration: our networks to each hub, theirs from each within what its tunnel reaches."""
    routing = state.routing
    lines = ["! motcua: what is changed here by hand is overwritten", "frr defaults traditional", f"hostname {state.host}"]
    out = [f"ip prefix-list motcua-out seq {5 * (at + 1)} permit {network}" for at, network in enumerate(routing.networks)]
    lines += [*out, *_origins(state), *(line for one in routing.neighbors for line in _learned(state, one))]
    lines += [f"router bgp {routing.asn}", f" bgp router-id {routing.router_id}", " no bgp default ipv4-unicast"]
    lines += [" no bgp network import-check", *(line for one in routing.neighbors for line in _neighbor(state, one))]
    lines += [" address-family ipv4 unicast", *(f"  network {network}" for network in routing.networks)]
    lines += [line for one in routing.neighbors for line in _family(one)]
    return "\n".join([*lines, " exit-address-family", "exit"]) + "\n"


def _origins(state: RouterState) -> list[str]:
    numbers = sorted({one.asn for one in state.routing.neighbors})
    return [f"bgp as-path access-list motcua-{asn} seq 5 permit ^{asn}$" for asn in numbers]


def _learned(state: RouterState, neighbor: Neighbor) -> Iterator[str]:
    tunnel = next(one for one in state.tunnels if one.name == neighbor.tunnel)
    name = f"motcua-{neighbor.tunnel}"
    for at, network in enumerate(tunnel.reachable):
        yield f"ip prefix-list {name} seq {5 * (at + 1)} permit {network}" + (" le 32" if network.prefixlen < 32 else "")
    preference = OWN_PREFERENCE - RANK_STEP * neighbor.rank
    yield from (f"route-map {name} permit 10", f" match ip address prefix-list {name}", f" match as-path motcua-{neighbor.asn}")
    yield from (f" set local-preference {preference}", "exit", f"route-map {name} permit 20", f" match ip address prefix-list {name}")
    yield from (f" set local-preference {preference - PASSED_ON}", "exit")


def _neighbor(state: RouterState, neighbor: Neighbor) -> Iterator[str]:
    tunnel = next(one for one in state.tunnels if one.name == neighbor.tunnel)
    at = f" neighbor {neighbor.address}"
    yield from (f"{at} remote-as {neighbor.asn}", f"{at} description motcua:{neighbor.tunnel}", f"{at} update-source {tunnel.address}")
    # The hub's end is a single host behind a route, which FRR doesn't count as connected.
    yield from (f"{at} disable-connected-check", f"{at} timers {state.routing.keepalive_seconds} {state.routing.hold_seconds}")


def _family(neighbor: Neighbor) -> Iterator[str]:
    at = f"  neighbor {neighbor.address}"
    yield from (f"{at} activate", f"{at} prefix-list motcua-out out", f"{at} route-map motcua-{neighbor.tunnel} in")


def snmpd(snmp: Snmp) -> str:
    """For /etc/snmp/snmpd.local.conf, which Net-SNMP reads beside the file that OpenWrt makes: one user, authentication and privacy."""
    return f"{MARK}\nrouser {snmp.user} priv\nsysLocation {snmp.location}\nsysContact {snmp.contact}\n"


def snmp_user(snmp: Snmp, authentication: str, privacy: str) -> str:
    """The line that Net-SNMP turns into a user with keys of this box when it starts; never read back."""
    return f'createUser {snmp.user} SHA "{authentication}" AES "{privacy}"'
