"""Who may open what: the forwarding matrix of hub and routers, from the same flows, so that they can't disagree. Default deny."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ..model import Camera, Centre, Nvr, Province, Site
from .addresses import SiteAddresses

PORTAL_PORTS = (443,)
SSH_PORT = 22
NTP_PORT = 123


@dataclass(frozen=True)
class Flow:
    """Connections that may be opened. Empty ``to`` means the machine itself."""

    comment: str
    sources: tuple[IPv4Network, ...]
    to: tuple[IPv4Network, ...]
    protocol: str
    ports: tuple[int, ...]


@dataclass(frozen=True)
class SiteAccess:
    """A site's flows through the tunnel; ``devices`` and ``streams`` have LAN addresses."""

    devices: Flow
    streams: Flow
    router: Flow
    listed: tuple[IPv4Address, ...]


def plan_access(province: Province) -> Mapping[str, SiteAccess]:
    """The flows of every site, by site id."""
    _, centre = province.storage_centre()
    return {name: _site(province, name, site, centre) for name, site in province.sites.items()}


def _site(province: Province, name: str, site: Site, centre: Centre) -> SiteAccess:
    cameras = [camera for camera in site.cameras.values() if camera.address is not None]
    managed: list[Nvr | Camera] = [*site.nvrs.values(), *cameras]
    listed = tuple(device.address for device in managed if device.address is not None)
    rtsp_ports = tuple(sorted({device.rtsp_port for device in managed}))
    ports = sorted({device.port or (443 if device.scheme == "https" else 80) for device in managed} | {*rtsp_ports})
    through = {camera.through.nvr for camera in site.cameras.values() if camera.through is not None}
    streaming = [nvr.address for key, nvr in site.nvrs.items() if key in through]
    streaming += [camera.address for camera in cameras if camera.address is not None]
    controllers = hosts(*centre.controllers)
    # Each centre that is a hub pulls streams from its address on its own LAN, whichever tunnel they come by: the recorder always, the
    # operations centre when the storage centre is dead.
    recorder = hosts(*(province.centres[hub].address for hub in province.hubs()))
    return SiteAccess(
        devices=Flow(f"controller to devices of {name}", controllers, hosts(*listed), "tcp", tuple(ports)),
        streams=Flow(f"recorder to cameras of {name}", recorder, hosts(*streaming), "tcp", rtsp_ports),
        router=Flow(f"controller to router of {name}", controllers, (), "tcp", (SSH_PORT,)),
        listed=listed,
    )


def hosts(*addresses: IPv4Address) -> tuple[IPv4Network, ...]:
    """Single addresses as the networks that flows are made of."""
    return tuple(IPv4Network(address) for address in addresses)


def translated(flow: Flow, addresses: SiteAddresses) -> Flow:
    """The same flow as the centre sees it: LAN addresses become those of the site's own prefix."""
    to = tuple(IPv4Network(addresses.translate(network.network_address)) for network in flow.to)
    return Flow(flow.comment, flow.sources, to, flow.protocol, flow.ports)
