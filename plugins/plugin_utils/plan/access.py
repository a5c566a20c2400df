"""Who may open what: the forwarding matrix of hub and routers, from the same flows, so that they can't disagree. Default deny."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from ..model import Camera, Centre, Nvr, Province, Site
from .addresses import SiteAddresses
from .footage import keepers
from .streams import SiteStreams

PORTAL_PORTS = (443,)
RTSP_PORT = 554
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
    """A site's flows through the tunnel; ``devices``, ``streams``, ``footage`` and ``vms`` have LAN addresses."""

    devices: Flow
    streams: Flow
    footage: Flow
    router: Flow
    listed: tuple[IPv4Address, ...]
    vms: tuple[Flow, ...] = ()


def plan_access(province: Province, streams: Mapping[str, SiteStreams]) -> Mapping[str, SiteAccess]:
    """The flows of every site, by site id."""
    _, centre = province.storage_centre()
    return {name: _site(province, name, site, centre, streams[name]) for name, site in province.sites.items()}


def _site(province: Province, name: str, site: Site, centre: Centre, streams: SiteStreams) -> SiteAccess:
    cameras = [camera for camera in site.cameras.values() if camera.address is not None]
    managed: list[Nvr | Camera] = [*site.nvrs.values(), *cameras]
    listed = tuple(device.address for device in managed if device.address is not None)
    rtsp_ports = tuple(sorted({device.rtsp_port for device in managed}))
    ports = sorted({web_port(device) for device in managed} | {*rtsp_ports})
    through = {camera.through.nvr for camera in site.cameras.values() if camera.through is not None}
    streaming = [nvr.address for key, nvr in site.nvrs.items() if key in through]
    streaming += [camera.address for camera in cameras if camera.address is not None]
    controllers = hosts(*centre.controllers)
    # Each centre that is a hub pulls streams from its address on its own LAN, whichever tunnel they come by: the recorder always, the
    # operations centre when the storage centre is dead.
    recorder = hosts(*(province.centres[hub].address for hub in province.hubs()))
    # What was recorded at the site is asked for by one machine alone, and only where something is recorded.
    keeping = {keeper.device: keeper.source for keeper in keepers(site).values()}
    kept = hosts(*(source.address for source in keeping.values() if source.address is not None))
    kept_ports = {port for source in keeping.values() for port in (web_port(source), source.rtsp_port)}
    return SiteAccess(
        devices=Flow(f"controller to devices of {name}", controllers, hosts(*listed), "tcp", tuple(ports)),
        streams=Flow(f"recorder to cameras of {name}", recorder, hosts(*streaming), "tcp", rtsp_ports),
        footage=Flow(f"storage centre to footage of {name}", hosts(centre.address), kept, "tcp", tuple(sorted(kept_ports))),
        router=Flow(f"controller to router of {name}", controllers, (), "tcp", (site.router.ssh_port,)),
        listed=listed,
        vms=tuple(_pulls(province, name, site, streams)),
    )


def _pulls(province: Province, name: str, site: Site, streams: SiteStreams) -> Iterator[Flow]:
    """A VMS that pulls directly reaches the RTSP ports of the devices whose streams the plan counts for it, and nothing else of them."""
    opened = defaultdict[tuple[str, int], set[IPv4Address]](set)
    for key, chosen in streams.cameras.items():
        if chosen.vms is not None and chosen.step.moving:
            camera = site.cameras[key]
            device = site.nvrs[camera.through.nvr] if camera.through else camera
            assert device.address is not None
            opened[chosen.vms, device.rtsp_port].add(device.address)
    for (vms, port), addresses in sorted(opened.items()):
        yield Flow(f"VMS {vms} to {name} port {port}", hosts(province.vms[vms].address), hosts(*sorted(addresses)), "tcp", (port,))


def web_port(device: Nvr | Camera) -> int:
    """Where a device is asked over HTTP."""
    return device.port or (443 if device.scheme == "https" else 80)


def hosts(*addresses: IPv4Address) -> tuple[IPv4Network, ...]:
    """Single addresses as the networks that flows are made of."""
    return tuple(IPv4Network(address) for address in addresses)


def translated(flow: Flow, addresses: SiteAddresses) -> Flow:
    """The same flow as the centre sees it: LAN addresses become those of the site's own prefix."""
    to = tuple(IPv4Network(addresses.translate(network.network_address)) for network in flow.to)
    return Flow(flow.comment, flow.sources, to, flow.protocol, flow.ports)
