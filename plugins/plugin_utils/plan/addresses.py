"""Which addresses a site has, seen from the centre.

Nearly every office LAN is 192.168.1.0/24, so each site is translated one to one to a prefix of its own. Everything follows
from the site's stable number alone: adding, removing or merging a site moves nobody else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from ..errors import ModelError
from ..model import LineKind, Province, Site

SITE_PREFIX_LENGTH = 24
TSLCD = "networks.tslcd"
TUNNEL_ADDRESSES_PER_SITE = 4  # two lines times two hubs
HUB_ADDRESSES = 8  # the pool's first ones are the hubs'


@dataclass(frozen=True, slots=True)
class SiteAddresses:
    """A site's LAN, the prefix it is translated to, and the first of its tunnel addresses."""

    lan: IPv4Network
    prefix: IPv4Network
    tunnel: IPv4Address

    def slot(self, number: int) -> IPv4Address:
        """The address of one of its tunnels, 0 to 3."""
        return self.tunnel + number

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


def hub_address(province: Province, hub: str, kind: LineKind) -> IPv4Address:
    """A hub's own address in its tunnels over one kind of line; two, so that a packet to either takes that line and no other."""
    return province.networks.tunnels.network_address + 1 + 2 * province.hubs().index(hub) + (kind == "tslcd")


def viewers_hub_address(network: IPv4Network) -> IPv4Address:
    """The hub's own address among leaders' devices."""
    return network.network_address + 1


def _site(province: Province, name: str) -> SiteAddresses:
    site, networks = province.sites[name], province.networks
    first = int(networks.sites.network_address) + (site.number << (32 - SITE_PREFIX_LENGTH))
    tunnel = int(networks.tunnels.network_address) + HUB_ADDRESSES + (site.number - 1) * TUNNEL_ADDRESSES_PER_SITE
    for pool, address in (("sites", first), ("tunnels", tunnel)):
        network = getattr(networks, pool)
        if IPv4Address(address) not in network:
            what = f"{network} has no place for number {site.number} of sites.{name}"
            raise ModelError(f"networks.{pool}: {what}; write a larger network")
    outside = IPv4Network((first, SITE_PREFIX_LENGTH))
    offset = int(site.lan.network_address) & ((1 << (32 - SITE_PREFIX_LENGTH)) - 1)
    return SiteAddresses(site.lan, IPv4Network((int(outside.network_address) + offset, site.lan.prefixlen)), IPv4Address(tunnel))


def _refuse_overlaps(province: Province) -> None:
    """Office LANs may be alike, because each is translated; nothing else may be."""
    owners = list(_central_networks(province))
    for index, (owner, network) in enumerate(owners):
        for other, second in owners[index + 1 :]:
            if network.overlaps(second):
                raise ModelError(f"{owner}: {network} overlaps {other} {second}; move one of the two")
    taken: dict[IPv4Address, str] = {}
    for name, site in province.sites.items():
        _refuse_central(f"sites.{name}.lan", site.lan, owners)
        for key, line in site.lines.items():
            if isinstance(line.address, IPv4Interface):
                _refuse_line(f"sites.{name}.lines.{key}.address", line.address, site, owners, taken)


def _refuse_central(owner: str, lan: IPv4Network, owners: Iterable[tuple[str, IPv4Network]]) -> None:
    for other, network in owners:
        if lan.overlaps(network):
            raise ModelError(f"{owner}: {lan} overlaps {other} {network}, so the site could not reach it; move {other} to a free network")


def _refuse_line(
    owner: str, address: IPv4Interface, site: Site, owners: Iterable[tuple[str, IPv4Network]], taken: dict[IPv4Address, str]
) -> None:
    """A line lies outside everything that is ours, but for TSLCD, which is where its lines are."""
    if address.network.overlaps(site.lan):
        raise ModelError(f"{owner}: {address} overlaps the office LAN {site.lan}, so the router can't tell them apart; renumber one")
    for other, network in owners:
        if other != TSLCD and address.network.overlaps(network):
            raise ModelError(f"{owner}: {address} overlaps {other} {network}, so the site could not reach it; move {other}")
    if address.ip in taken:
        raise ModelError(f"{owner}: {address.ip} is also {taken[address.ip]}; ask who was allotted it")
    taken[address.ip] = owner


def _central_networks(province: Province) -> Iterator[tuple[str, IPv4Network]]:
    yield "networks.sites", province.networks.sites
    yield "networks.tunnels", province.networks.tunnels
    if province.networks.viewers is not None:
        yield "networks.viewers", province.networks.viewers
    for network in province.networks.tslcd:
        yield TSLCD, network
    for name, centre in province.centres.items():
        yield f"centres.{name}.lan", centre.lan


@dataclass(frozen=True)
class AddressRow:
    """One line of the address table: whose network it is, what for, and as what the centre sees it."""

    owner: str
    what: str
    network: IPv4Network
    seen_as: IPv4Network | None = None


def address_table(province: Province, addresses: Mapping[str, SiteAddresses]) -> tuple[AddressRow, ...]:
    """Every network of the province: pools and centres, then site by site its LAN, tunnel address and fixed lines."""
    pools = [AddressRow(owner, owner.split(".")[0].removesuffix("s"), network) for owner, network in _central_networks(province)]
    return (*pools, *(row for name, site in province.sites.items() for row in _site_rows(f"sites.{name}", site, addresses[name])))


def _site_rows(owner: str, site: Site, addresses: SiteAddresses) -> Iterator[AddressRow]:
    yield AddressRow(f"{owner}.lan", "lan", site.lan, addresses.prefix)
    yield AddressRow(f"{owner}.tunnel", "tunnel", IPv4Network(addresses.tunnel))
    for key, line in site.lines.items():
        if isinstance(line.address, IPv4Interface):
            yield AddressRow(f"{owner}.lines.{key}", "line", line.address.network)
