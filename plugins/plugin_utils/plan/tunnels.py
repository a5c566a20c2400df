"""Which tunnel a site has. One value describes both ends, so that they can't disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ..errors import ModelError
from ..model import Centre, Line, Province, Site
from .addresses import SiteAddresses, hub_address

# Fits inside PPPoE (1492) and a provider's own encapsulation, so that one value serves nearly every line.
TUNNEL_MTU = 1380
WIREGUARD_OVERHEAD_BYTES = 80  # over IPv6; 60 over IPv4
KEEPALIVE_SECONDS = 25  # under the 30 s after which carrier NATs forget a UDP flow


@dataclass(frozen=True)
class Tunnel:
    """A WireGuard tunnel of one site over one of its lines; the site always dials out."""

    site: str
    line: str
    hub: str
    hub_endpoint: IPv4Address
    hub_port: int
    hub_address: IPv4Address
    hub_public_key: str | None
    site_address: IPv4Address
    site_prefix: IPv4Network
    mtu: int
    secret: str
    reachable: tuple[IPv4Network, ...]
    keepalive_seconds: int = KEEPALIVE_SECONDS


def plan_tunnels(province: Province, addresses: Mapping[str, SiteAddresses]) -> Mapping[str, Tunnel]:
    """The tunnel of every site over its best line, by site id.

    :raises ModelError: when no line of a site leads to an endpoint of the storage centre.
    """
    hub, centre = province.storage_centre()
    reachable = (IPv4Network(hub_address(province)), *(other.lan for other in province.centres.values()))
    tunnels = {}
    for name, site in province.sites.items():
        line = _best_line(name, site, hub, centre)
        tunnels[name] = Tunnel(
            site=name,
            line=line,
            hub=hub,
            hub_endpoint=centre.endpoints[site.lines[line].kind],
            hub_port=centre.port,
            hub_address=hub_address(province),
            hub_public_key=province.hub_public_keys.get(hub),
            site_address=addresses[name].tunnel,
            site_prefix=addresses[name].prefix,
            mtu=min(TUNNEL_MTU, site.lines[line].mtu - WIREGUARD_OVERHEAD_BYTES),
            secret=f"tunnel/{name}/main",
            reachable=reachable,
        )
    return tunnels


def _best_line(name: str, site: Site, hub: str, centre: Centre) -> str:
    """The government network first: it is apart from the Internet and has a promised rate; then the faster line."""

    def rank(line: Line) -> tuple[bool, float]:
        return line.kind == "tslcd", line.up_mbps

    usable = [line for line in site.lines if site.lines[line].kind in centre.endpoints]
    if not usable:
        kinds = sorted({line.kind for line in site.lines.values()})
        raise ModelError(f"sites.{name}.lines: no line leads to centres.{hub}; give the centre an endpoint on {' or '.join(kinds)}")
    return max(usable, key=lambda line: rank(site.lines[line]))
