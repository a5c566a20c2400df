"""From where somebody may try, and what: the sources and destinations of a province."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from itertools import count
from typing import Literal

from ..desired import Plan, device_host
from ..desired.host import server_host
from ..desired.monitoring import UI_PORTS
from ..model import Camera, Centre, Nvr, Province, Site
from ..plan.access import NTP_PORT, PORTAL_PORTS, RTSP_PORT, SSH_PORT, web_port
from ..plan.addresses import viewers_hub_address
from .world import Spot

SourceKind = Literal["office", "camera", "controller", "recorder", "operations", "wall", "vms", "profile", "line"]
DestinationKind = Literal["video", "web", "router", "office", "portal", "centre", "operations", "tunnel", "internet"]
INTERNET = "internet"  # the segment of everything that isn't ours
# Addresses for documentation (RFC 5737): any place on the Internet, and any stranger.
ANYWHERE, STRANGER = IPv4Address("203.0.113.80"), IPv4Address("192.0.2.1")
PC_HOST_PART, FILES_PORT = 50, 445  # an office PC that no inventory lists


@dataclass(frozen=True)
class Source:
    """Who tries. ``lan`` is the network whose addresses are neighbours without any router between; ``segment`` its name."""

    name: str
    kind: SourceKind
    spot: Spot
    site: str | None = None
    lan: IPv4Network | None = None
    segment: str | None = None


@dataclass(frozen=True)
class Destination:
    """What is tried. ``at`` is where it stands: a machine or segment, and its address there; ``outside`` is that address as others see it.

    ``public`` ones are tried by strangers alone, who stand for everybody who has a way to them past all tunnels.
    """

    name: str
    kind: DestinationKind
    host: str
    at: tuple[str, IPv4Address]
    outside: IPv4Address
    port: int
    protocol: str = "tcp"
    site: str | None = None
    public: bool = False


def lan_of(name: str) -> str:
    """The segment of a site's or centre's own LAN."""
    return f"{name}/lan"


def sources(province: Province) -> tuple[Source, ...]:
    """All of them: centres first, then site by site."""
    return (*_central_sources(province), *(one for name, site in province.sites.items() for one in _site_sources(name, site)))


def _central_sources(province: Province) -> Iterator[Source]:
    first, storage = province.storage_centre()
    hub, lan = server_host(first), lan_of(first)
    for number, address in enumerate(storage.controllers):
        yield Source(
            "controller" if not number else f"controller{number + 1}", "controller", Spot(hub, "lan", address), None, storage.lan, lan
        )
    yield Source(server_host(first), "recorder", Spot(hub, None, storage.address), None, storage.lan, lan)
    for name, centre in province.centres.items():
        if name != first:
            yield Source(server_host(name), "operations", Spot(server_host(name), None, centre.address), None, centre.lan, lan_of(name))
            wall = _last_free(centre.lan, {centre.address, gateway_of(centre)})
            yield Source(f"{name}-wall", "wall", Spot(hub, name, wall), None, centre.lan, lan_of(name))
    for name, vms in province.vms.items():
        owner = next((key for key, centre in province.centres.items() if vms.address in centre.lan), first)
        came_in = "lan" if owner == first else owner
        yield Source(name, "vms", Spot(hub, came_in, vms.address), None, province.centres[owner].lan, lan_of(owner))
    if province.networks.viewers is not None:
        device = viewers_hub_address(province.networks.viewers) + 1
        yield Source("profile", "profile", Spot(hub, "motcua-viewers", device))
    for name in province.hubs():
        for kind in sorted(province.centres[name].endpoints):
            yield Source(f"{name}-{kind}", "line", Spot(server_host(name), kind, STRANGER))


def _site_sources(name: str, site: Site) -> Iterator[Source]:
    router, lan = device_host(name, "router"), site.router.lan_interface
    yield Source(device_host(name, "pc"), "office", Spot(router, lan, office_pc(site)), name, site.lan, lan_of(name))
    for key, camera in site.cameras.items():
        if camera.address is not None:
            yield Source(device_host(name, key), "camera", Spot(router, lan, camera.address), name, site.lan, lan_of(name))
    for key, line in site.lines.items():
        yield Source(f"{name}-{key}", "line", Spot(router, line.interface, STRANGER), name)


def office_pc(site: Site) -> IPv4Address:
    """An address of the office's LAN that the inventory lists for nothing."""
    taken = {site.router.address, *(device.address for _, device in _devices(site))}
    usual = site.lan.network_address + PC_HOST_PART
    if usual in site.lan and usual not in taken:
        return usual
    return _last_free(site.lan, taken)


def _last_free(network: IPv4Network, taken: Collection[IPv4Address | None]) -> IPv4Address:
    addresses = (network.broadcast_address - number for number in count(1))
    return next(address for address in addresses if address not in taken)


def gateway_of(centre: Centre) -> IPv4Address:
    """The storage centre's address on another centre's LAN, which is the way out of it: the first that isn't that centre's server."""
    return next(address for address in centre.lan.hosts() if address != centre.address)


def _devices(site: Site) -> Iterator[tuple[str, Nvr | Camera]]:
    yield from site.nvrs.items()
    yield from site.cameras.items()


def destinations(province: Province, planned: Plan) -> tuple[Destination, ...]:
    """All of them: centres first, then site by site."""
    return (*_central(province), *(one for name in province.sites for one in _of_site(province, planned, name)))


def _central(province: Province) -> Iterator[Destination]:
    first, storage = province.storage_centre()
    yield Destination("internet", "internet", "internet", (INTERNET, ANYWHERE), ANYWHERE, 80)
    for name, centre in province.centres.items():
        server = server_host(name)
        kind: DestinationKind = "centre" if name == first else "operations"
        services = [("ssh", SSH_PORT, "tcp"), ("portal", PORTAL_PORTS[0], "tcp"), ("time", NTP_PORT, "udp")]
        services += [("rtsp", RTSP_PORT, "tcp"), ("figures", UI_PORTS[0], "tcp")] if name == first else []
        for service, port, protocol in services:
            own: DestinationKind = "portal" if service == "portal" and name == first else kind
            yield Destination(f"{server}:{service}", own, server, (server, centre.address), centre.address, port, protocol)
        for number, (line, endpoint) in enumerate(sorted(centre.endpoints.items())):
            yield Destination(
                f"{server}:tunnel-{line}", "tunnel", server, (server, endpoint), endpoint, centre.port + number, "udp", public=True
            )
            yield Destination(f"{server}:ssh-{line}", kind, server, (server, endpoint), endpoint, SSH_PORT, public=True)
    for address in storage.controllers[:1]:
        yield Destination("controller:ssh", "centre", "controller", (lan_of(first), address), address, SSH_PORT)


def _of_site(province: Province, planned: Plan, name: str) -> Iterator[Destination]:
    site, addresses = province.sites[name], planned.addresses[name]
    for key, device in _devices(site):
        if device.address is not None:
            host, at, outside = device_host(name, key), (lan_of(name), device.address), addresses.translate(device.address)
            yield Destination(f"{host}:rtsp", "video", host, at, outside, device.rtsp_port, site=name)
            yield Destination(f"{host}:web", "web", host, at, outside, web_port(device), site=name)
    router, own = device_host(name, "router"), site.router.address
    yield Destination(f"{router}:ssh", "router", router, (router, own), addresses.translate(own), site.router.ssh_port, site=name)
    for key, line in site.lines.items():
        if isinstance(line.address, IPv4Interface):
            fixed = line.address.ip
            yield Destination(f"{router}:ssh-{key}", "router", router, (router, fixed), fixed, site.router.ssh_port, site=name, public=True)
    pc = office_pc(site)
    yield Destination(
        f"{device_host(name, 'pc')}:files",
        "office",
        device_host(name, "pc"),
        (lan_of(name), pc),
        addresses.translate(pc),
        FILES_PORT,
        site=name,
    )
