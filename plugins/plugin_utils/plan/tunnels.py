"""Which tunnels a site has: one over each of its lines to each hub. One value describes both ends, so that they can't disagree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ..errors import ModelError
from ..model import Line, Province, Router, Site, TunnelKind
from .addresses import SiteAddresses, hub_address

# Fits inside PPPoE (1492) and a provider's own encapsulation, so that one value serves nearly every line.
TUNNEL_MTU = 1380
# WireGuard over IPv6 is 80 (60 over IPv4); IKEv2's ESP in UDP with AES-GCM is at most 73 over IPv4.
OVERHEAD_BYTES = 80
TCP_HEADERS_BYTES = 40
KEEPALIVE_SECONDS = 25  # under the 30 s after which carrier NATs forget a UDP flow
LINES = 2
# Platforms that have no WireGuard. RouterOS has it from 7 on; DrayTek's is unproven.
IPSEC_ALONE = ("ios", "fortios", "junos", "draytek")


@dataclass(frozen=True, slots=True)
class Tunnel:
    """A tunnel of one site over one of its lines to one hub; the site always dials out.

    ``slot`` is twice the hub's number plus the line's rank, and names the site's address in the tunnel. ``rank`` orders a site's tunnels:
    the first hub over the best line is 0. ``secret`` names the private key (WireGuard) or the pre-shared key (IPsec).
    """

    site: str
    slot: int
    rank: int
    kind: TunnelKind
    line: str
    line_rank: int
    hub: str
    hub_endpoint: IPv4Address
    hub_port: int
    hub_address: IPv4Address
    hub_public_key: str | None
    site_address: IPv4Address
    site_prefix: IPv4Network
    mtu: int
    secret: str
    local_id: str
    remote_id: str
    reachable: tuple[IPv4Network, ...]
    keepalive_seconds: int = KEEPALIVE_SECONDS

    @property
    def name(self) -> str:
        """What both ends call it."""
        return f"{self.hub}-{self.line}"

    @property
    def interface(self) -> str:
        """The tunnel's interface at the site."""
        return f"{'wg' if self.kind == 'wireguard' else 'xfrm'}{self.slot}"

    @property
    def site_ids(self) -> str:
        """All of the site's ids in IKE: a key that is known by it fits less well than one that is known by the id itself."""
        return f"*.{self.local_id.partition('.')[2]}"

    @property
    def mss_bytes(self) -> int:
        """What a TCP segment in it may carry."""
        return self.mtu - TCP_HEADERS_BYTES


def plan_tunnels(province: Province, addresses: Mapping[str, SiteAddresses]) -> Mapping[str, tuple[Tunnel, ...]]:
    """The tunnels of every site, by site id, the one that is taken first in front.

    :raises ModelError: when no line of a site leads to an endpoint of the storage centre.
    """
    return {name: _site(province, name, site, addresses[name]) for name, site in province.sites.items()}


def _site(province: Province, name: str, site: Site, addresses: SiteAddresses) -> tuple[Tunnel, ...]:
    first, centre = province.storage_centre()
    lines = _lines(site)
    if not any(site.lines[line].kind in centre.endpoints for line in lines):
        kinds = sorted({line.kind for line in site.lines.values()})
        raise ModelError(f"sites.{name}.lines: no line leads to centres.{first}; give the centre an endpoint on {' or '.join(kinds)}")
    found = [
        _tunnel(province, name, addresses, hub, line, rank)
        for hub in province.hubs()
        for rank, line in enumerate(lines)
        if site.lines[line].kind in province.centres[hub].endpoints
    ]
    return tuple(found)


def _lines(site: Site) -> list[str]:
    """The best line of each kind, the government network first: it is apart from the Internet and has a promised rate.

    Two lines of one kind would dial the same endpoint, which a router can't send two ways without policy routing.
    """

    def rank(name: str) -> tuple[bool, float]:
        return site.lines[name].kind == "tslcd", site.lines[name].up_mbps

    best: dict[str, str] = {}
    for line in sorted(site.lines, key=rank, reverse=True):
        best.setdefault(site.lines[line].kind, line)
    return list(best.values())[:LINES]


def tunnel_kind(site: Site, line: Line) -> TunnelKind:
    """What is written for the line; else IPsec where the router has nothing else, and on TSLCD unless WireGuard was accepted there."""
    if line.tunnel is not None:
        return line.tunnel
    if ipsec_alone(site.router):
        return "ipsec"
    return "ipsec" if line.kind == "tslcd" and site.policy.tslcd_wireguard is None else "wireguard"


def ipsec_alone(router: Router) -> bool:
    """Whether a router has no WireGuard, as far as is known."""
    old = router.platform == "routeros" and (router.firmware or "").startswith("6.")
    return router.platform in IPSEC_ALONE or old


def _tunnel(province: Province, name: str, addresses: SiteAddresses, hub: str, line_name: str, line_rank: int) -> Tunnel:
    site, centre, hubs = province.sites[name], province.centres[hub], province.hubs()
    line = site.lines[line_name]
    slot = hubs.index(hub) * LINES + line_rank
    kind, own = tunnel_kind(site, line), hub_address(province, hub, line.kind)
    return Tunnel(
        site=name,
        slot=slot,
        rank=slot,
        kind=kind,
        line=line_name,
        line_rank=line_rank,
        hub=hub,
        hub_endpoint=centre.endpoints[line.kind],
        # One WireGuard interface can have a network at one peer only: each kind of line has its own at the hub.
        hub_port=line.udp_port or centre.port + (line.kind == "tslcd"),
        hub_address=own,
        hub_public_key=province.hub_public_keys.get(hub),
        site_address=addresses.slot(slot),
        site_prefix=addresses.prefix,
        mtu=min(TUNNEL_MTU, line.mtu - OVERHEAD_BYTES),
        secret=f"tunnel/{name}/{_secret(kind, slot, f'{hub}-{line_name}')}",
        local_id=f"{line_name}.{name}.{province.id}.motcua",
        remote_id=f"{hub}.{province.id}.motcua",
        reachable=(IPv4Network(own), *(other.lan for other in province.centres.values())),
    )


def _secret(kind: TunnelKind, slot: int, name: str) -> str:
    """A hub knows what it shares with a site, so that is never what was or will be the site's private key."""
    if kind == "ipsec":
        return f"{name}-shared"
    return "main" if slot == 0 else name
