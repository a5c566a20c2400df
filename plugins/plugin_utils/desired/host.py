"""What a host of the inventory is, and everything that was planned for a province."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from ..plan.access import Flow, SiteAccess
from ..plan.addresses import SiteAddresses
from ..plan.reuse import SiteReuse
from ..plan.storage import Storage
from ..plan.streams import SiteStreams
from ..plan.tunnels import Tunnel

ADMIN, VIEW = "motcua-admin", "motcua-view"


@dataclass(frozen=True)
class Plan:
    """Everything that was planned for a province, by site id."""

    addresses: Mapping[str, SiteAddresses]
    tunnels: Mapping[str, tuple[Tunnel, ...]]
    streams: Mapping[str, SiteStreams]
    access: Mapping[str, SiteAccess]
    storage: Storage
    reuse: Mapping[str, SiteReuse]


@dataclass(frozen=True, slots=True)
class Host:
    """One host of the inventory: where it is reached, what it is, and how it should be.

    A centre's host is ``<id>-server``, because a host and a group of one name confuse Ansible; its SSH key is known by the id.
    """

    name: str
    address: IPv4Address
    role: str
    desired: Mapping[str, Any]
    site: str | None = None
    vendor: str | None = None
    platform: str | None = None
    port: int | None = None
    scheme: str = "https"
    channel: int = 1
    recorder: str | None = None
    recorded_at: Mapping[str, str] | None = None
    model: str | None = None
    key_alias: str | None = None


def device_host(site: str, device: str) -> str:
    """The inventory name of a device, which also names its secrets."""
    return f"{site}-{device}"


def server_host(centre: str) -> str:
    """The inventory name of a centre's machine."""
    return f"{centre}-server"


def flow_row(flow: Flow) -> dict[str, Any]:
    """A flow as templates loop over it."""
    to = {"to": [str(network) for network in flow.to]} if flow.to else {}
    return {
        "from": [str(network) for network in flow.sources],
        **to,
        "protocol": flow.protocol,
        "ports": list(flow.ports),
        "comment": flow.comment,
    }
