"""Which addresses a site has, seen from the centre.

Nearly every office LAN is 192.168.1.0/24, so each site is translated one to one to a prefix of its own. Everything follows
from the site's stable number alone: adding, removing or merging a site moves nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ..errors import ModelError
from ..model import Province

SITE_PREFIX_LENGTH = 24
TUNNEL_ADDRESSES_PER_SITE = 4  # two lines times two hubs


@dataclass(frozen=True)
class SiteAddresses:
    """A site's LAN, the prefix it is translated to, and its first tunnel address."""

    lan: IPv4Network
    prefix: IPv4Network
    tunnel: IPv4Address

    def translate(self, address: IPv4Address) -> IPv4Address:
        """The address under which the centre sees ``address`` of the office LAN: same host part, other prefix."""
        return self.prefix.network_address + (int(address) - int(self.lan.network_address))


def plan_addresses(province: Province) -> Mapping[str, SiteAddresses]:
    """Addresses of every site, by site id.

    :raises ModelError: when a pool is too small, or two networks overlap; both owners are named.
    """
    addresses = {name: _site(province, name) for name in province.sites}
    _refuse_overlaps(province)
    return addresses


def hub_address(province: Province) -> IPv4Address:
    """The hub's own address in the tunnels; site numbers start at 1, so the first four are free for hubs."""
    return province.networks.tunnels.network_address + 1


def _site(province: Province, name: str) -> SiteAddresses:
    site, networks = province.sites[name], province.networks
    first = int(networks.sites.network_address) + (site.number << (32 - SITE_PREFIX_LENGTH))
    tunnel = int(networks.tunnels.network_address) + site.number * TUNNEL_ADDRESSES_PER_SITE
    for pool, address in (("sites", first), ("tunnels", tunnel)):
        network = getattr(networks, pool)
        if IPv4Address(address) not in network:
            what = f"{network} has no place for number {site.number} of sites.{name}"
            raise ModelError(f"networks.{pool}: {what}; write a larger network")
    outside = IPv4Network((first, SITE_PREFIX_LENGTH))
    offset = int(site.lan.network_address) & ((1 << (32 - SITE_PREFIX_LENGTH)) - 1)
    return SiteAddresses(site.lan, IPv4Network((int(outside.network_address) + offset, site.lan.prefixlen)), IPv4Address(tunnel))


def _refuse_overlaps(province: Province) -> None:
    owners = list(_central_networks(province))
    for index, (owner, network) in enumerate(owners):
        for other, second in owners[index + 1 :]:
            if network.overlaps(second):
                raise ModelError(f"{owner}: {network} overlaps {other} {second}; move one of the two")
    for name, site in province.sites.items():
        for other, network in owners:
            if site.lan.overlaps(network):
                what = f"{site.lan} overlaps {other} {network}, so the site could not reach it"
                raise ModelError(f"sites.{name}.lan: {what}; move {other} to a free network")


def _central_networks(province: Province) -> Iterator[tuple[str, IPv4Network]]:
    yield "networks.sites", province.networks.sites
    yield "networks.tunnels", province.networks.tunnels
    for network in province.networks.tslcd:
        yield "networks.tslcd", network
    for name, centre in province.centres.items():
        yield f"centres.{name}.lan", centre.lan
