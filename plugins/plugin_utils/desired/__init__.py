"""Model and plan -> the desired state of every host, as plain values that Ansible can carry. No secret is in it, only their names."""

from __future__ import annotations

from ..model import Province
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

__all__ = ["Host", "Plan", "desired", "device_host", "host_names", "plan"]


def plan(province: Province) -> Plan:
    """Plan a province.

    :raises ModelError: when addresses overlap or a site has no way to the hub.
    """
    addresses = plan_addresses(province)
    tunnels = plan_tunnels(province, addresses)
    streams = plan_streams(province, tunnels)
    return Plan(addresses, tunnels, streams, plan_access(province, streams), plan_storage(province, streams), plan_reuse(province, streams))


def desired(province: Province, planned: Plan) -> tuple[Host, ...]:
    """Every host of a province in a stable order: centres, then site by site router, cameras, recorders."""
    found = [centre_host(province, planned, name) for name in province.centres]
    for name, site in province.sites.items():
        found.append(router_host(province, planned, name))
        found += [camera_host(province, planned, name, camera) for camera in site.cameras]
        found += [nvr_host(province, planned, name, nvr) for nvr in site.nvrs]
    return tuple(found)


def host_names(province: Province) -> tuple[str, ...]:
    """The names of those hosts, in the same order, without any planning."""
    devices = ((name, device) for name, site in province.sites.items() for device in ("router", *site.cameras, *site.nvrs))
    return (*(server_host(name) for name in province.centres), *(device_host(*names) for names in devices))
