"""A site's router: the neutral state that every platform is compared with, and what only Linux is asked for besides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Address
from typing import Any

from ..model import Camera, Nvr, Province, Site
from ..plan.access import NTP_PORT, PORTAL_PORTS, Flow, hosts
from ..plan.streams import SiteStreams
from ..plan.tunnels import Tunnel
from .autonomous import TIMERS, hub_asn, site_asn
from .host import Host, Plan, device_host, flow_row

ACCOUNT = "motcua"
# Whoever stands before the router, with the sealed password of that site, when no tunnel stands.
BREAK_GLASS = "breakglass"
# What an office's router offers besides routing; none of it is needed, each lets somebody in.
SERVICES_OFF = ("telnet", "http", "https", "ftp", "api", "winbox", "upnp", "discovery", "ddns")
# Platforms that take a route's change from BGP; elsewhere each tunnel is a static route that is checked.
NO_BGP = ("openwrt", "draytek", "ont")
LEAST_KBPS = 64
SLOTS = 4


def router_host(province: Province, planned: Plan, name: str) -> Host:
    """The router of a site. It is reached as any device is, by its translated LAN address: whichever tunnel stands, that address holds."""
    site, addresses = province.sites[name], planned.addresses[name]
    tunnels = planned.tunnels[name]
    sources = province.networks.time_sources
    kinds = dict.fromkeys(site.lines[tunnel.line].kind for tunnel in tunnels) | dict.fromkeys(line.kind for line in site.lines.values())
    hubs = dict.fromkeys(str(tunnel.hub_address) for tunnel in tunnels)
    time_sources = [*(str(source) for kind in kinds for source in sources.get(kind, ())), *hubs]
    wish = {
        "router": _state(province, planned, name, time_sources)
        | {"bridge": _bridge(site), "watching": _watching(site, planned, name), "ipsec": list(_ipsec(site, tunnels))},
        "time": {"sources": time_sources, "serve": [str(site.lan)]},
    }
    address = addresses.translate(site.router.address)
    return Host(device_host(name, "router"), address, "router", wish, site=name, platform=site.router.platform, port=site.router.ssh_port)


def _state(province: Province, planned: Plan, name: str, time_sources: Sequence[str]) -> dict[str, Any]:
    site, tunnels, access = province.sites[name], planned.tunnels[name], planned.access[name]
    host = device_host(name, "router")
    controllers = [str(source) for source in access.router.sources]
    return {
        "host": host,
        "site": name,
        "accounts": [
            {
                "name": ACCOUNT,
                "role": "admin",
                "keys": [] if province.ssh.public_key is None else [province.ssh.public_key],
                "password": {"secret": f"device/{host}/{ACCOUNT}"},
                "sources": controllers,
            },
            {
                "name": BREAK_GLASS,
                "role": "admin",
                "keys": [],
                "password": {"secret": f"device/{host}/{BREAK_GLASS}"},
                "sources": [f"{_desk(site)}/32"],
            },
        ],
        "services": {"ssh": True} | dict.fromkeys(SERVICES_OFF, False),
        "management": controllers,
        "zone": province.timezone,
        "time_sources": list(time_sources),
        "lines": list(_lines(site, tunnels)),
        "lan": {"interface": site.router.lan_interface, "address": f"{site.router.address}/{site.lan.prefixlen}"},
        "tunnels": [_tunnel(tunnel) for tunnel in tunnels],
        "translate": {
            "inside": str(site.lan),
            "outside": str(planned.addresses[name].prefix),
            "source": str(site.router.address),
        },
        "firewall": _firewall(province, planned, name),
        "shaping": list(_shaping(site, planned.streams[name], tunnels)),
        "routing": _routing(province, planned, name),
        "snmp": {
            "user": ACCOUNT,
            "authentication": {"secret": f"device/{host}/snmp-auth"},
            "privacy": {"secret": f"device/{host}/snmp-privacy"},
            "sources": controllers,
            "location": site.name,
            "contact": province.name,
        },
        "syslog": [{"address": str(province.storage_centre()[1].address), "port": 514}],
    }


def _desk(site: Site) -> IPv4Address:
    """Where a laptop has to stand on the LAN to reach the router: the first address that is nobody's."""
    devices: list[Nvr | Camera] = [*site.nvrs.values(), *site.cameras.values()]
    taken = {site.router.address, *(device.address for device in devices)}
    return next(address for address in site.lan.hosts() if address not in taken)


def _bridge(site: Site) -> dict[str, list[str]]:
    segment = site.isolation == "segment"
    return {
        "camera_ports": list(site.router.camera_ports) if segment else [],
        "office_ports": list(site.router.office_ports) if segment else [],
    }


def _watching(site: Site, planned: Plan, name: str) -> dict[str, Any]:
    """What leaders' pictures may take of the line downwards: held back where they leave for the LAN, so that their senders slow down."""
    streams, first = planned.streams[name], planned.tunnels[name][0].line
    return {"interface": site.router.lan_interface, "kbps": max(LEAST_KBPS, round(streams.lines[first].down.video_limit_kbps))}


def _lines(site: Site, tunnels: Sequence[Tunnel]) -> Iterator[dict[str, Any]]:
    ranks = list(dict.fromkeys([*(tunnel.line for tunnel in tunnels), *site.lines]))
    for key, line in site.lines.items():
        yield {
            "name": key,
            "kind": line.kind,
            "interface": line.interface,
            "gateway": None if line.gateway is None else str(line.gateway),
            "mtu": line.mtu,
            "up_kbps": round(line.up_mbps * 1000),
            "down_kbps": round(line.down_mbps * 1000),
            "rank": ranks.index(key),
            "internet": line.kind == "ftth",
        }


def _tunnel(tunnel: Tunnel) -> dict[str, Any]:
    return {
        "name": tunnel.name,
        "slot": tunnel.slot,
        "kind": tunnel.kind,
        "hub": tunnel.hub,
        "line": tunnel.line,
        "interface": tunnel.interface,
        "address": str(tunnel.site_address),
        "hub_address": str(tunnel.hub_address),
        "endpoint": str(tunnel.hub_endpoint),
        "port": tunnel.hub_port,
        "mtu": tunnel.mtu,
        "mss_bytes": tunnel.mss_bytes,
        "keepalive_seconds": tunnel.keepalive_seconds,
        "hub_public_key": tunnel.hub_public_key if tunnel.kind == "wireguard" else None,
        "secret": {"secret": tunnel.secret},
        "local_id": tunnel.local_id,
        "remote_id": tunnel.remote_id,
        "reachable": [str(network) for network in tunnel.reachable],
        "rank": tunnel.rank,
    }


def _ipsec(site: Site, tunnels: Sequence[Tunnel]) -> Iterator[dict[str, Any]]:
    """The site's end of its IPsec tunnels, as the role ipsec takes them."""
    for tunnel in tunnels:
        if tunnel.kind == "ipsec":
            yield {
                "site": tunnel.site,
                "name": tunnel.interface,
                # The number of the interface is that of the hub's end: both ends must agree on it where it travels with the packets.
                "number": site.number * SLOTS + tunnel.slot,
                "dial": str(tunnel.hub_endpoint),
                "start": "start",
                "dead": "restart",
                "at": "%any",
                "local": str(tunnel.site_address),
                "remote": str(tunnel.hub_address),
                "local_id": tunnel.local_id,
                "remote_id": tunnel.remote_id,
                "secret": tunnel.secret,
                "spare": {"half": "private", "local_id": tunnel.site_ids, "remote_id": tunnel.remote_id},
                "mtu": tunnel.mtu,
                "networks": [str(network) for network in tunnel.reachable[1:]],
                "rank": tunnel.rank,
            }


def _firewall(province: Province, planned: Plan, name: str) -> dict[str, Any]:
    site, access = province.sites[name], planned.access[name]
    desk = Flow(BREAK_GLASS, hosts(_desk(site)), (), "tcp", (site.router.ssh_port,))
    lan_time = Flow("time for the office LAN", (site.lan,), (), "udp", (NTP_PORT,))
    return {
        "input": [
            {"came_in": "tunnel", **flow_row(access.router)},
            {"came_in": "lan", **flow_row(lan_time)},
            {"came_in": "lan", **flow_row(desk)},
        ],
        "forward": [
            {"came_in": "tunnel", **flow_row(flow)} for flow in (access.devices, access.streams, access.footage, *access.vms) if flow.to
        ],
        "cameras": [str(address) for address in access.listed],
        "portal": str(province.storage_centre()[1].address),
        "portal_ports": list(PORTAL_PORTS),
    }


def _shaping(site: Site, streams: SiteStreams, tunnels: Sequence[Tunnel]) -> Iterator[dict[str, Any]]:
    """Two classes on each line that has a tunnel.

    Video may take what the share leaves; the office is sure of the rest and may borrow all.
    """
    planned = {**streams.standby, **streams.lines}
    for key in dict.fromkeys(tunnel.line for tunnel in tunnels):
        line_kbps = round(site.lines[key].up_mbps * 1000)
        video_kbps = max(LEAST_KBPS, round(planned[key].shaped_kbps))
        yield {
            "line": key,
            "interface": site.lines[key].interface,
            "line_kbps": line_kbps,
            "video_kbps": video_kbps,
            "office_kbps": max(LEAST_KBPS, line_kbps - video_kbps),
        }


def _routing(province: Province, planned: Plan, name: str) -> dict[str, Any]:
    site, tunnels = province.sites[name], planned.tunnels[name]
    return {
        "mode": "static" if site.router.platform in NO_BGP else "bgp",
        "asn": site_asn(site.number),
        "router_id": str(planned.addresses[name].tunnel),
        "networks": [str(planned.addresses[name].prefix)],
        "neighbors": [
            {"tunnel": one.name, "address": str(one.hub_address), "asn": hub_asn(province, one.hub), "rank": one.line_rank}
            for one in tunnels
        ],
        **TIMERS,
    }


def management(planned: Plan, province: Province, name: str) -> Flow:
    """The flow from the controllers to the router, as the centre sees it."""
    access, addresses = planned.access[name], planned.addresses[name]
    own = hosts(*(tunnel.site_address for tunnel in planned.tunnels[name]), addresses.translate(province.sites[name].router.address))
    return Flow(access.router.comment, access.router.sources, own, access.router.protocol, (province.sites[name].router.ssh_port,))
