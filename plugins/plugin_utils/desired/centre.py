"""The centres: hubs at which tunnels end, the recorder, and the operations centre that watches and stands in."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Any

from ..model import LineKind, Province
from ..plan.access import NTP_PORT, PORTAL_PORTS, RTSP_PORT, SSH_PORT, Flow, SiteAccess, hosts, translated
from ..plan.addresses import SiteAddresses, hub_address
from ..plan.tunnels import TUNNEL_MTU
from .autonomous import TIMERS, hub_asn, site_asn
from .backfill import backfill
from .host import Host, Plan, flow_row, server_host
from .monitoring import UI_PORTS, monitoring
from .portal import CONNECTIONS_PER_ADDRESS, devices, devices_port, portal
from .pulls import recorded
from .recorder import LIVE_ROOT, recorder
from .router import SLOTS, management
from .state import state
from .vms import republished

IKE_PORTS = (500, 4500)
FALLBACK_PORT = 443  # UDP, where a provider lets little else out
STANDBY = {"check_seconds": 3, "failures": 4, "settle_seconds": 60}
EVERYONE = (IPv4Network("0.0.0.0/0"),)


def centre_host(province: Province, planned: Plan, name: str) -> Host:
    """A centre's server."""
    centre = province.centres[name]
    wish = {"time": _time(province, name), **(_storage(province, planned) if centre.kind == "storage" else _ioc(province, planned, name))}
    if name in province.hubs():
        wish["hub"] = _hub(province, planned, name)
    role = "hub" if centre.kind == "storage" else "ioc"
    return Host(server_host(name), centre.address, role, wish, platform="linux", key_alias=name)


def _time(province: Province, name: str) -> dict[str, Any]:
    """Both hubs ask the sources on the lines: neither's time depends on the other's being alive."""
    own = [str(source) for sources in province.networks.time_sources.values() for source in sources]
    if name not in province.hubs():
        return {"sources": [str(province.storage_centre()[1].address)], "serve": []}
    others = [str(other.lan) for key, other in province.centres.items() if key != name]
    return {"sources": own, "serve": [str(province.networks.tunnels), *others]}


def _storage(province: Province, planned: Plan) -> dict[str, Any]:
    wish = recorder(province, planned)
    return {
        "recorder": wish,
        "backfill": backfill(province, planned),
        "state": state(province, planned),
        "portal": portal(province, planned, wish),
        "vms": republished(province, planned),
        "monitoring": monitoring(province, planned),
    }


def _ioc(province: Province, planned: Plan, name: str) -> dict[str, Any]:
    first, storage = province.storage_centre()
    rows = recorded(province, planned)
    watch = [{"camera": row["camera"], "path": f"/live/{row['camera']}/index.m3u8"} for row in rows]
    wish: dict[str, Any] = {
        "ioc": {"centre": str(storage.address), "centre_id": first, "port": PORTAL_PORTS[0], "watch": watch},
        "input": [flow_row(Flow("controller", hosts(*storage.controllers), (), "tcp", (SSH_PORT,)))],
    }
    if name in province.hubs():
        wish["relay"] = {
            "centre": str(storage.address),
            "centre_id": first,
            "port": PORTAL_PORTS[0],
            "live_root": LIVE_ROOT,
            **STANDBY,
            "viewers": [str(province.centres[name].lan), *(str(address) for address in storage.controllers)],
            "cameras": rows,
        }
    return wish


def _hub(province: Province, planned: Plan, name: str) -> dict[str, Any]:
    centre, tunnels = province.centres[name], province.networks.tunnels
    kinds = sorted(centre.endpoints)
    return {
        "id": name,
        "interfaces": [_interface(province, planned, name, kind) for kind in kinds],
        "sites_prefix": str(province.networks.sites),
        "sites": [_spoke(province, planned, site) for site in _admitted(province)],
        "peers": [row for site in _admitted(province) for row in _peers(province, planned, name, site)],
        "ipsec": [row for site in _admitted(province) for row in _ipsec(province, planned, name, site)],
        "accept": [flow_row(flow) for flow in _between(province, name) if flow.sources and flow.to],
        "input": [flow_row(flow) for flow in _answers(province, name) if flow.sources],
        "fallback": [{"endpoint": str(centre.endpoints["ftth"]), "from": FALLBACK_PORT, "to": centre.port}] if "ftth" in kinds else [],
        "busy": [{"ports": list(PORTAL_PORTS), "connections": CONNECTIONS_PER_ADDRESS}] if centre.kind == "storage" else [],
        "devices": [row] if centre.kind == "storage" and (row := devices(province)) else [],
        "ping_from": [str(network) for network in (*hosts(*province.storage_centre()[1].controllers), tunnels)],
        "tunnels_prefix": str(tunnels),
        "routing": _routing(province, planned, name),
    }


def _admitted(province: Province) -> list[str]:
    """The sites whose tunnels a hub takes: none whose router's keys were revoked."""
    return [name for name, site in province.sites.items() if site.revoked is None]


def _interface(province: Province, planned: Plan, name: str, kind: LineKind) -> dict[str, Any]:
    ending = [tunnel for tunnels in planned.tunnels.values() for tunnel in tunnels if tunnel.hub == name]
    centre = province.centres[name]
    return {
        "name": f"wg{int(kind == 'tslcd')}",
        "kind": kind,
        "address": str(hub_address(province, name, kind)),
        "endpoint": str(centre.endpoints[kind]),
        "port": centre.port + int(kind == "tslcd"),
        "mtu": min((tunnel.mtu for tunnel in ending), default=TUNNEL_MTU),
    }


def _between(province: Province, name: str) -> Iterator[Flow]:
    """What passes through a hub between centres."""
    controllers = hosts(*province.storage_centre()[1].controllers)
    others = hosts(*(other.address for key, other in province.centres.items() if key != name))
    yield Flow("controller to the other centres", controllers, others, "tcp", (SSH_PORT, *PORTAL_PORTS))


def _answers(province: Province, name: str) -> Iterator[Flow]:
    centre, tunnels = province.centres[name], province.networks.tunnels
    lans = tuple(other.lan for other in province.centres.values())
    others = hosts(*(other.address for key, other in province.centres.items() if key != name))
    ports = tuple(centre.port + index for index in range(len(centre.endpoints)))
    yield Flow("tunnels from every line", EVERYONE, (), "udp", ports)
    yield Flow("IKE and what it carries from every line", EVERYONE, (), "udp", IKE_PORTS)
    yield Flow("controller", hosts(*province.storage_centre()[1].controllers), (), "tcp", (SSH_PORT,))
    yield Flow("time for sites and centres", (tunnels, *lans), (), "udp", (NTP_PORT,))
    yield Flow("the other hub's routes", others, (), "tcp", (179,))
    yield Flow("the other hub's heartbeat", others, (), "udp", (3784, 4784))
    if centre.kind == "storage":
        yield Flow("other centres watch", others, (), "tcp", PORTAL_PORTS)
        yield Flow("portal for the offices and the centre's own LAN", (province.networks.sites, centre.lan), (), "tcp", PORTAL_PORTS)
        pulling = (vms.address for vms in province.vms.values() if vms.way == "republished")
        yield Flow("VMS pull what the recorder has", hosts(*pulling), (), "tcp", (RTSP_PORT,))
        yield Flow("controllers look at the figures", hosts(*centre.controllers), (), "tcp", UI_PORTS)
        if province.networks.viewers is not None:
            yield Flow("tunnels of the leaders' own devices", EVERYONE, (), "udp", (devices_port(province),))
    else:
        yield Flow("the wall watches", (centre.lan, *hosts(*province.storage_centre()[1].controllers)), (), "tcp", PORTAL_PORTS)


def _peers(province: Province, planned: Plan, name: str, site: str) -> Iterator[dict[str, Any]]:
    """The hub's end of a site's WireGuard tunnels."""
    for tunnel in planned.tunnels[site]:
        if tunnel.hub == name and tunnel.kind == "wireguard":
            yield {
                "site": site,
                "interface": f"wg{int(province.sites[site].lines[tunnel.line].kind == 'tslcd')}",
                "address": str(tunnel.site_address),
                "prefix": str(tunnel.site_prefix),
                "secret": tunnel.secret,
                "rank": tunnel.line_rank,
            }


def _spoke(province: Province, planned: Plan, site: str) -> dict[str, Any]:
    """What may be opened towards a site."""
    access, addresses = planned.access[site], planned.addresses[site]
    flows = [flow_row(flow) for flow in (management(planned, province, site), *_translated(access, addresses)) if flow.to]
    return {
        "site": site,
        "prefix": str(addresses.prefix),
        "accept": flows,
    }


def _translated(access: SiteAccess, addresses: SiteAddresses) -> tuple[Flow, ...]:
    return tuple(translated(flow, addresses) for flow in (access.devices, access.streams, access.footage, *access.vms))


def _ipsec(province: Province, planned: Plan, name: str, site: str) -> Iterator[dict[str, Any]]:
    """The hub's end of a site's IPsec tunnels, as the role ipsec takes them."""
    number = province.sites[site].number
    for tunnel in planned.tunnels[site]:
        if tunnel.hub == name and tunnel.kind == "ipsec":
            yield {
                "site": site,
                "name": f"x{number}s{tunnel.slot}",
                "number": number * SLOTS + tunnel.slot,
                "dial": "%any",
                "start": "none",
                "dead": "clear",
                "at": str(tunnel.hub_endpoint),
                "local": str(tunnel.hub_address),
                "remote": str(tunnel.site_address),
                "local_id": tunnel.remote_id,
                "remote_id": tunnel.local_id,
                "secret": tunnel.secret,
                "spare": {"half": "next-private", "local_id": tunnel.remote_id, "remote_id": tunnel.site_ids},
                "mtu": tunnel.mtu,
                "networks": [str(planned.addresses[site].prefix)],
                "rank": tunnel.line_rank,
            }


def _routing(province: Province, planned: Plan, name: str) -> dict[str, Any]:
    centre = province.centres[name]
    sites = [
        {
            "site": site,
            "number": province.sites[site].number,
            "asn": site_asn(province.sites[site].number),
            "prefix": str(planned.addresses[site].prefix),
            "neighbors": [
                {"address": str(tunnel.site_address), "source": str(tunnel.hub_address)}
                for tunnel in planned.tunnels[site]
                if tunnel.hub == name
            ],
        }
        for site in _admitted(province)
    ]
    return {
        "asn": hub_asn(province, name),
        "router_id": str(centre.address),
        "source": str(centre.address),
        "networks": [str(centre.lan)],
        "lans": [str(other.lan) for other in province.centres.values()],
        "sites_prefix": str(province.networks.sites),
        "sites": sites,
        "hubs": [
            {"name": other, "address": str(province.centres[other].address), "asn": hub_asn(province, other)}
            for other in province.hubs()
            if other != name
        ],
        **TIMERS,
    }
