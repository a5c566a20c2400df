"""Model and plan -> the desired state of every host, as plain values that Ansible can carry. No secret is in it, only their names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..model import Camera, Nvr, Province, Site
from ..plan.access import plan_access
from ..plan.addresses import plan_addresses
from ..plan.reuse import plan_reuse
from ..plan.storage import plan_storage
from ..plan.streams import plan_streams
from ..plan.tunnels import plan_tunnels
from .centre import centre_host
from .device import camera_host, nvr_host
from .host import Host, Plan, device_host, server_host
from .router import router_host

__all__ = ["Host", "Place", "Plan", "answering", "desired", "device_host", "host_at", "host_names", "places", "plan", "refuse_overruled"]


def plan(province: Province) -> Plan:
    """Plan a province.

    :raises ModelError: when addresses overlap or a site has no way to the hub.
    """
    addresses = plan_addresses(province)
    tunnels = plan_tunnels(province, addresses)
    streams = plan_streams(province, tunnels)
    return Plan(addresses, tunnels, streams, plan_access(province, streams), plan_storage(province, streams), plan_reuse(province, streams))


class Place(NamedTuple):
    """Where a host of the inventory stands: the machine of a centre, or a device of a site. ``at`` and ``device`` are their ids."""

    name: str
    role: str
    at: str
    device: str = ""


def places(province: Province) -> Iterator[Place]:
    """Every host of a province in a stable order, without any planning: centres, then site by site router, cameras, recorders."""
    for name, centre in province.centres.items():
        yield Place(server_host(name), "hub" if centre.kind == "storage" else "ioc", name)
    for name, site in province.sites.items():
        for role, devices in (("router", ("router",)), ("camera", site.cameras), ("nvr", site.nvrs)):
            yield from (Place(device_host(name, device), role, name, device) for device in devices)


def host_at(province: Province, planned: Plan, place: Place) -> Host:
    """One host with its desired state."""
    if place.role == "camera":
        return camera_host(province, planned, place.at, place.device)
    if place.role == "nvr":
        return nvr_host(province, planned, place.at, place.device)
    return router_host(province, planned, place.at) if place.role == "router" else centre_host(province, planned, place.at)


def answering(site: Site, place: Place) -> Camera | Nvr:
    """The device that answers for a camera or a recorder of a site: the recorder for a camera behind it."""
    if place.role == "nvr":
        return site.nvrs[place.device]
    camera = site.cameras[place.device]
    return camera if camera.through is None else site.nvrs[camera.through.nvr]


def desired(province: Province, planned: Plan) -> tuple[Host, ...]:
    """Every host of a province, in the order of ``places``."""
    return tuple(host_at(province, planned, place) for place in places(province))


def refuse_overruled(province: Province, planned: Plan) -> None:
    """Say now what making all hosts would say: only what was declared for one device can be at odds with the plan.

    :raises ModelError: where it is a value that the plan decides.
    """
    for place in places(province):
        site = province.sites.get(place.at)
        if site is not None and place.role != "router" and (site.cameras.get(place.device) or site.nvrs[place.device]).settings:
            host_at(province, planned, place)


def host_names(province: Province) -> tuple[str, ...]:
    """The names of those hosts, in the same order, without any planning."""
    return tuple(place.name for place in places(province))
