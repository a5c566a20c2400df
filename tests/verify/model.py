"""What is to be verified, made from the model: nothing here is written by hand for one province."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, Plan, desired, device_host, plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.load import load
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.access import PORTAL_PORTS
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.tunnels import Tunnel

RTSP_PORT = 554

INVENTORY = Path(os.environ.get("MOTCUA_INVENTORY", "inventory/lab/province.yml"))
CHOSEN = tuple(name for name in os.environ.get("MOTCUA_HOSTS", "").split(",") if name)
Place = tuple[str, int]

INTERNET: Place = ("203.0.113.80", 80)  # documentation address (RFC 5737) on which the lab's Internet answers
PC_HOST_PART = 50  # an office PC that no inventory lists
SILENT_PORT = 9  # nothing listens there, so an answer is "refused", and no answer means that the packet didn't arrive


@dataclass(frozen=True)
class Declared:
    """The province as it should be, and which of its hosts this run is about."""

    province: Province
    planned: Plan
    hosts: dict[str, Host]
    limit: frozenset[str]

    def role(self, *roles: str) -> list[Host]:
        """The hosts of these roles within the limit."""
        return [host for host in self.hosts.values() if host.role in roles and host.name in self.limit]

    def sites(self) -> list[str]:
        """The sites of which the router is within the limit and a machine that can be asked."""
        return [host.site for host in self.role("router") if host.site is not None and host.platform == "linux"]

    def tunnels(self) -> list[Tunnel]:
        """The tunnels of those sites."""
        return [tunnel for site in self.sites() for tunnel in self.planned.tunnels[site]]

    @property
    def storage(self) -> str:
        """The storage centre's id."""
        return self.province.storage_centre()[0]

    @property
    def hub(self) -> Host:
        """The storage centre's server."""
        return next(host for host in self.hosts.values() if host.role == "hub")

    def recorded(self) -> dict[str, dict[str, object]]:
        """What the recorder records, by camera."""
        return {row["camera"]: row for row in self.hub.desired["recorder"]["cameras"]}

    def recording_sites(self) -> list[str]:
        """The sites of which a camera within the limit is recorded."""
        return sorted({str(row["site"]) for name, row in self.recorded().items() if name in self.limit})

    def cases(self) -> dict[str, list[Any]]:
        """What there is one case each of, by the name under which the tests take it."""
        cameras, tunnels = self.role("camera"), self.tunnels()
        return {
            "site": self.sites(),
            "recording_site": self.recording_sites(),
            "tunnel": [(tunnel.site, tunnel.name) for tunnel in tunnels],
            "session": [(one.site, one.name) for one in tunnels if one.hub == self.storage and one.kind == "wireguard"],
            "camera": [host.name for host in cameras],
            "recorded": [name for name in self.recorded() if name in self.limit],
            "device": [host.name for host in self.role("camera", "nvr") if host.recorder is None],
            "lan_camera": [host.name for host in cameras if host.recorder is None],
        }

    # --- places that somebody could try to open ---

    def managed(self, host: Host) -> Place:
        """A device's management port, as the centre sees it."""
        return str(host.address), host.port or (443 if host.scheme == "https" else 80)

    def streaming(self, host: Host) -> Place:
        """A device's stream, as the centre sees it."""
        return str(host.address), int(str(self.recorded().get(host.name, {}).get("port", RTSP_PORT)))

    def stands_in(self, host: Host) -> bool:
        """Whether the operations centre may pull the device's streams: it is a hub, and shows them live when the storage centre is dead."""
        return len(self.province.hubs()) > 1 and host.name in {row["device"] for row in self.recorded().values()}

    def portal(self) -> Place:
        """The portal at the storage centre."""
        return str(self.province.storage_centre()[1].address), PORTAL_PORTS[0]

    def local(self, host: Host) -> Place:
        """A camera's management port, as its neighbours on the office LAN see it."""
        assert host.site is not None
        cameras = self.province.sites[host.site].cameras
        address = next(camera.address for key, camera in cameras.items() if device_host(host.site, key) == host.name)
        return str(address), self.managed(host)[1]

    def office_pc(self, site: str, *, seen_from_centre: bool) -> Place:
        """An office PC that no inventory lists, by a port on which it answers that nothing is there."""
        address: IPv4Address = self.province.sites[site].lan.network_address + PC_HOST_PART
        return str(self.planned.addresses[site].translate(address) if seen_from_centre else address), SILENT_PORT

    def places(self, site: str | None) -> list[Place]:
        """Everything that a host could try to open; from inside a site its LAN as well."""
        devices = [host for host in self.hosts.values() if host.role in ("camera", "nvr") and host.recorder is None]
        places = [place for host in devices for place in (self.managed(host), self.streaming(host))]
        places += [INTERNET, self.portal(), *(self.office_pc(name, seen_from_centre=True) for name in self.province.sites)]
        if site is not None:
            places += [self.local(host) for host in devices if host.site == site and host.role == "camera"]
            places.append(self.office_pc(site, seen_from_centre=False))
        return places


def declared(inventory: Path = INVENTORY, chosen: Iterable[str] = CHOSEN) -> Declared:
    """Load an inventory, limited to the chosen hosts where there are any."""
    province = load(inventory)
    planned = plan(province)
    hosts = {host.name: host for host in desired(province, planned)}
    return Declared(province, planned, hosts, frozenset(chosen) or frozenset(hosts))
