"""Tunnels as sections of UCI's ``network``: their interfaces, peers, and the routes to the hubs' ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ..state import RouterState, RouterTunnel
from .places import OWN, Places
from .uci import Section

FIRST_XFRM_ID = 0x6D00  # ours by this number; any but 0 that nobody else on the box uses


def own_name(*words: str) -> str:
    """A name for a section of ours: what UCI doesn't allow becomes an underscore."""
    return OWN + re.sub(r"[^A-Za-z0-9]+", "_", "_".join(words)).strip("_").lower()


def interface_name(tunnel: RouterTunnel) -> str:
    """Section and kernel interface of a tunnel; netifd names both alike."""
    return own_name(tunnel.interface)


def xfrm_id(tunnel: RouterTunnel) -> int:
    """What ties an IPsec tunnel's associations to its interface."""
    return FIRST_XFRM_ID + tunnel.slot


def zone_networks(tunnels: tuple[RouterTunnel, ...]) -> tuple[str, ...]:
    """The networks of our firewall zone; the address of an IPsec tunnel is a network of its own."""
    return tuple(name for tunnel in tunnels for name in (interface_name(tunnel), *_address_name(tunnel)))


def network_sections(state: RouterState, tunnels: tuple[RouterTunnel, ...], places: Places) -> dict[str, Section]:
    """All sections of ours in ``network`` by their name, without secrets."""
    found: dict[str, Section] = {}
    for tunnel in tunnels:
        found |= {str(section.name): section for section in _tunnel(tunnel, places)}
        found |= {str(section.name): section for section in _endpoint(state, tunnel, places)}
    return found


def _tunnel(tunnel: RouterTunnel, places: Places) -> Iterator[Section]:
    name, link = interface_name(tunnel), _link(tunnel, places)
    address = f"{tunnel.address}/32"
    if tunnel.kind == "wireguard":
        yield Section("interface", name, {"proto": "wireguard", "addresses": (address,), "mtu": str(tunnel.mtu), **link})
        peer: dict[str, str | tuple[str, ...]] = {
            "public_key": str(tunnel.hub_public_key),
            "endpoint_host": str(tunnel.endpoint),
            "endpoint_port": str(tunnel.port),
            "persistent_keepalive": str(tunnel.keepalive_seconds),
            "allowed_ips": tuple(dict.fromkeys([f"{tunnel.hub_address}/32", *map(str, tunnel.reachable)])),
            # Routes come by BGP or by the watch; several tunnels lead to the same networks.
            "route_allowed_ips": "0",
        }
        yield Section(f"wireguard_{name}", f"{name}_hub", peer)
    else:
        yield Section("interface", name, {"proto": "xfrm", "ifid": str(xfrm_id(tunnel)), "mtu": str(tunnel.mtu), "multicast": "0", **link})
        yield Section("interface", f"{name}_at", {"proto": "static", "device": f"@{name}", "ipaddr": (address,)})
    carrier = name if tunnel.kind == "wireguard" else f"{name}_at"
    yield Section("route", f"{name}_to_hub", {"interface": carrier, "target": f"{tunnel.hub_address}/32"})


def _address_name(tunnel: RouterTunnel) -> tuple[str, ...]:
    return (f"{interface_name(tunnel)}_at",) if tunnel.kind == "ipsec" else ()


def _link(tunnel: RouterTunnel, places: Places) -> dict[str, str]:
    """``tunlink`` ties a tunnel to its line: netifd sets the route to a WireGuard endpoint by it, and an XFRM interface needs one."""
    network = places.lines[tunnel.line].network
    return {} if network is None else {"tunlink": network}


def _endpoint(state: RouterState, tunnel: RouterTunnel, places: Places) -> Iterator[Section]:
    """The way to an IPsec endpoint by its own line, which nobody sets for strongSwan; over a line without a gateway the default route."""
    line = next(line for line in state.lines if line.name == tunnel.line)
    network = places.lines[line.name].network
    if tunnel.kind == "ipsec" and line.gateway is not None and network is not None:
        options = {"interface": network, "target": f"{tunnel.endpoint}/32", "gateway": str(line.gateway)}
        yield Section("route", own_name("endpoint", tunnel.interface), options)
