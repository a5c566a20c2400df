"""What an office lacks besides what stands there: zones without a camera, channels, ports, power, and what nobody has found out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..model import Site, Switch, Zone
from .reasons import Reason, plain
from .streams import SiteStreams


def unwatched_zones(site: Site) -> tuple[Zone, ...]:
    """Zones that must be watched and that no camera watches, as far as people have said what cameras watch."""
    watched = {camera.zone for camera in site.cameras.values()}
    return tuple(zone for zone in site.zones if zone not in watched)


def free_channels(site: Site) -> Mapping[str, int]:
    """The channels of each recorder that no camera takes."""
    # As they are written (nvr1/3): parsing each would cost more than everything else here.
    used = {camera.source.removeprefix("nvr:") for camera in site.cameras.values()} | {camera.recorder for camera in site.cameras.values()}
    taken = [channel.partition("/")[0] for channel in used if channel is not None]
    return {name: max(0, nvr.channels - taken.count(name)) for name, nvr in site.nvrs.items()}


def missing_cameras(site: Site) -> int:
    """How many cameras are to be bought besides replacements.

    A zone that a camera watches which can't join gets that one's replacement. A camera of which nobody has said what it watches may
    watch one of the zones: none is bought for that one before somebody has looked.
    """
    outside = {other.zone for other in site.others.values() if other.kind == "camera"}
    unsaid = sum(camera.zone is None for camera in site.cameras.values())
    without = sum(zone not in outside for zone in unwatched_zones(site))
    return max(without - unsaid, site.needs.cameras, 0)


def lacks(site: Site, streams: SiteStreams, cameras_to_add: int) -> Iterator[Reason]:
    """All that an office lacks.

    :param cameras_to_add: cameras that need a new port and a channel.
    """
    if site.office.surveyed is None:
        yield plain("site_not_surveyed")
    yield from (plain(f"zone_unwatched_{zone}") for zone in unwatched_zones(site))
    unsaid = [camera.name for camera in site.cameras.values() if camera.zone is None]
    if unsaid:
        yield Reason("zones_unsaid", {"count": len(unsaid), "cameras": ", ".join(unsaid)})
    yield from _connections(site, cameras_to_add)
    if site.power.ups is not True:
        yield plain("no_ups" if site.power.ups is False else "ups_unknown")
    papers = sum(device.conformity is None for device in (*site.cameras.values(), *site.nvrs.values()))
    if papers:
        yield Reason("no_papers", {"count": papers})
    if site.compliance.open_to_internet:
        yield plain("open_to_internet")
    if streams.squeezed:
        cameras = ", ".join(site.cameras[key].name for key in streams.squeezed)
        yield Reason("vms_squeezes", {"count": len(streams.squeezed), "cameras": cameras})
    yield from (Reason("line_unmeasured", {"line": name}) for name, line in streams.lines.items() if not line.measured)


def short_ports(site: Site, needed: int) -> int:
    """PoE ports that are lacking for so many more cameras; 0 where nobody knows what the switches have."""
    return max(0, needed - _free_ports(site.switches.values())) if site.switches else 0


def _free_ports(switches: Iterable[Switch]) -> int:
    return sum(switch.poe_ports_free for switch in switches)


def _connections(site: Site, needed: int) -> Iterator[Reason]:
    if not needed:
        return
    free = sum(free_channels(site).values())
    if site.nvrs and free < needed:
        yield Reason("channels_short", {"need": needed, "free": free})
    if not site.switches:
        yield Reason("switch_unknown", {"need": needed})
    elif short_ports(site, needed):
        yield Reason("poe_short", {"need": needed, "free": _free_ports(site.switches.values())})
