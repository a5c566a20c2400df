"""Model and plan -> the desired state of every host, as plain values that Ansible can carry. No secret is in it, only their names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from .model import Camera, Centre, Nvr, Province, Site
from .plan.access import NTP_PORT, PORTAL_PORTS, SSH_PORT, Flow, SiteAccess, hosts, plan_access, translated
from .plan.addresses import SiteAddresses, hub_address, plan_addresses
from .plan.ladder import GOP_SECONDS, SUB_STREAM, Step
from .plan.reuse import SiteReuse, plan_reuse
from .plan.storage import Storage, plan_storage
from .plan.streams import SiteStreams, plan_streams
from .plan.tunnels import TUNNEL_MTU, Tunnel, plan_tunnels
from .vendors import VENDORS
from .vendors.table import Vendor

ADMIN, VIEW = "motcua-admin", "motcua-view"
SEGMENT_SECONDS = 60
MINIMUM_FREE_PERCENT = 5
ONVIF_PORT = 80

# The baseline: what a device at an office has no use for, or what lets a stranger in.
BASELINE_SERVICES = {"https": True, "upnp": False, "p2p": False, "telnet": False, "ssh": False, "snmp": False, "discovery": False}
BASELINE_ACCESS = {"rtsp_auth": "digest", "lockout": True}


@dataclass(frozen=True)
class Plan:
    """Everything that was planned for a province, by site id."""

    addresses: Mapping[str, SiteAddresses]
    tunnels: Mapping[str, Tunnel]
    streams: Mapping[str, SiteStreams]
    access: Mapping[str, SiteAccess]
    storage: Storage
    reuse: Mapping[str, SiteReuse]


@dataclass(frozen=True)
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


def plan(province: Province) -> Plan:
    """Plan a province.

    :raises ModelError: when addresses overlap or a site has no way to the hub.
    """
    addresses = plan_addresses(province)
    tunnels = plan_tunnels(province, addresses)
    streams = plan_streams(province, tunnels)
    return Plan(addresses, tunnels, streams, plan_access(province), plan_storage(province, streams), plan_reuse(province, streams))


def desired(province: Province, planned: Plan) -> tuple[Host, ...]:
    """Every host of a province in a stable order: centres, then site by site router, cameras, recorders."""
    found = [_centre(province, planned, name, centre) for name, centre in province.centres.items()]
    for name, site in province.sites.items():
        found.append(_router(province, planned, name, site))
        found += [_camera(province, planned, name, camera) for camera in site.cameras]
        found += [_nvr(province, planned, name, nvr) for nvr in site.nvrs]
    return tuple(found)


def device_host(site: str, device: str) -> str:
    """The inventory name of a device, which also names its secrets."""
    return f"{site}-{device}"


# --- the centres -------------------------------------------------------------------------------------------------------


def _centre(province: Province, planned: Plan, name: str, centre: Centre) -> Host:
    if centre.kind == "ioc":
        hub_name, hub = province.storage_centre()
        watch = [{"camera": row["camera"], "path": f"/live/{row['camera']}/index.m3u8"} for row in _recorded(province, planned)]
        wish: dict[str, Any] = {
            "ioc": {"centre": str(hub.address), "centre_id": hub_name, "port": PORTAL_PORTS[0], "watch": watch},
            "input": [_flow(Flow("controller", hosts(*hub.controllers), (), "tcp", (SSH_PORT,)))],
            "time": {"sources": [str(hub.address)], "serve": []},
        }
        return Host(f"{name}-server", centre.address, "ioc", wish, platform="linux", key_alias=name)
    wish = {
        "hub": {"id": name, **_hub(province, planned, centre)},
        "time": {
            "sources": [str(source) for sources in province.networks.time_sources.values() for source in sources],
            "serve": [str(province.networks.tunnels), *(str(other.lan) for other in province.centres.values() if other is not centre)],
        },
        "recorder": {
            "root": "/var/lib/motcua/recordings",
            "live_root": "/run/motcua-live",
            "segment_seconds": SEGMENT_SECONDS,
            "minimum_free_percent": MINIMUM_FREE_PERCENT,
            "port": PORTAL_PORTS[0],
            "viewers": [str(other.address) for other in province.centres.values() if other.kind == "ioc"],
            "cameras": _recorded(province, planned),
        },
    }
    return Host(f"{name}-server", centre.address, "hub", wish, platform="linux", key_alias=name)


def _hub(province: Province, planned: Plan, centre: Centre) -> dict[str, Any]:
    tunnels, controllers = province.networks.tunnels, hosts(*centre.controllers)
    others = hosts(*(other.address for other in province.centres.values() if other is not centre))
    everyone = (IPv4Network("0.0.0.0/0"),)
    answers = [
        Flow("tunnels from every line", everyone, (), "udp", (centre.port,)),
        Flow("controller", controllers, (), "tcp", (SSH_PORT,)),
        Flow("time for sites and centres", (tunnels, *(other.lan for other in province.centres.values())), (), "udp", (NTP_PORT,)),
        Flow("other centres watch", others, (), "tcp", PORTAL_PORTS),
        Flow("portal for the office LANs", (province.networks.sites,), (), "tcp", PORTAL_PORTS),
    ]
    return {
        "interface": "wg0",
        "address": f"{hub_address(province)}/{tunnels.prefixlen}",
        "port": centre.port,
        "mtu": min((tunnel.mtu for tunnel in planned.tunnels.values()), default=TUNNEL_MTU),
        "sites_prefix": str(province.networks.sites),
        "sites": [_spoke(planned, name, controllers) for name in province.sites],
        "accept": [_flow(flow) for flow in [Flow("controller to the other centres", controllers, others, "tcp", (SSH_PORT,))] if flow.to],
        "input": [_flow(flow) for flow in answers if flow.sources],
        "ping_from": [str(network) for network in (*controllers, tunnels)],
    }


def _spoke(planned: Plan, name: str, controllers: tuple[IPv4Network, ...]) -> dict[str, Any]:
    """A site's entries at the hub: its peer and what may be opened towards it."""
    tunnel, access = planned.tunnels[name], planned.access[name]
    router = Flow(access.router.comment, controllers, hosts(tunnel.site_address), "tcp", (SSH_PORT,))
    flows = (router, translated(access.devices, planned.addresses[name]))
    return {
        "site": name,
        "address": str(tunnel.site_address),
        "prefix": str(tunnel.site_prefix),
        "secret": tunnel.secret,
        "accept": [_flow(flow) for flow in flows if flow.to],
    }


def _recorded(province: Province, planned: Plan) -> list[dict[str, Any]]:
    rows = []
    for name, site in province.sites.items():
        for key, chosen in planned.streams[name].cameras.items():
            if not chosen.step.moving:
                continue  # pictures now and then aren't recorded as video
            camera, step = site.cameras[key], chosen.step
            source = site.nvrs[camera.through.nvr] if camera.through else camera
            device = device_host(name, camera.through.nvr if camera.through else key)
            assert source.address is not None
            rows.append(
                {
                    "camera": device_host(name, key),
                    "site": name,
                    "host": str(planned.addresses[name].translate(source.address)),
                    "port": source.rtsp_port,
                    "path": _stream_path(source, camera.through.number if camera.through else 1, chosen.stream),
                    "user": VENDORS[source.vendor].account(VIEW),
                    "secret": f"device/{device}/{VIEW}",
                    "codec": step.codec,
                    "width": step.width,
                    "height": step.height,
                    "fps": step.fps,
                    "bitrate_kbps": step.bitrate_kbps,
                    "retention_days": camera.retention_days,
                }
            )
    return sorted(rows, key=lambda row: str(row["camera"]))


def _stream_path(device: Camera | Nvr, channel: int, stream: str) -> str:
    path = device.stream_path.format(channel=channel) if device.stream_path else VENDORS[device.vendor].path(channel, stream)
    assert path is not None  # load made sure of it
    return path


# --- a site's router ---------------------------------------------------------------------------------------------------


def _router(province: Province, planned: Plan, name: str, site: Site) -> Host:
    tunnel, access = planned.tunnels[name], planned.access[name]
    sources = province.networks.time_sources
    line_kinds = dict.fromkeys([site.lines[tunnel.line].kind, *(line.kind for line in site.lines.values())])
    segment = site.isolation == "segment"
    lan = (site.lan,)
    wish = {
        "router": {
            "hostname": device_host(name, "router"),
            "bridge": {
                "camera_ports": list(site.router.camera_ports) if segment else [],
                "office_ports": list(site.router.office_ports) if segment else [],
            },
            "lan": {"interface": site.router.lan_interface, "address": str(site.router.address), "prefix": str(site.lan)},
            "lines": [_line(key, site, tunnel) for key in site.lines],
            "tunnel": _site_end(tunnel),
            "translate": {"inside": str(site.lan), "outside": str(tunnel.site_prefix), "source": str(site.router.address)},
            "accept": [_flow(flow) for flow in (access.devices, access.streams) if flow.to],
            "portal": {"address": str(province.storage_centre()[1].address), "ports": list(PORTAL_PORTS)},
            "cameras": [str(address) for address in access.listed],
            "input": [
                {"interface": "tunnel", **_flow(access.router)},
                {"interface": "lan", **_flow(Flow("time for the office LAN", lan, (), "udp", (NTP_PORT,)))},
            ],
            "shaping": _shaping(site, planned.streams[name], tunnel.line),
        },
        "time": {
            "sources": [*(str(address) for kind in line_kinds for address in sources.get(kind, ())), str(tunnel.hub_address)],
            "serve": [str(site.lan)],
        },
    }
    return Host(device_host(name, "router"), tunnel.site_address, "router", wish, site=name, platform=site.router.platform)


def _line(key: str, site: Site, tunnel: Tunnel) -> dict[str, Any]:
    line = site.lines[key]
    return {
        "name": key,
        "kind": line.kind,
        "interface": line.interface,
        "gateway": None if line.gateway is None else str(line.gateway),
        "mtu": line.mtu,
        "up_kbps": round(line.up_mbps * 1000),
        "tunnel": key == tunnel.line,
        "internet": line.kind == "ftth",
    }


def _site_end(tunnel: Tunnel) -> dict[str, Any]:
    return {
        "interface": "wg0",
        "address": f"{tunnel.site_address}/32",
        "mtu": tunnel.mtu,
        "endpoint": str(tunnel.hub_endpoint),
        "port": tunnel.hub_port,
        "hub_address": str(tunnel.hub_address),
        "hub_public_key": tunnel.hub_public_key,
        "allowed": [str(network) for network in tunnel.reachable],
        "secret": tunnel.secret,
        "keepalive_seconds": tunnel.keepalive_seconds,
    }


def _shaping(site: Site, streams: SiteStreams, line_name: str) -> dict[str, Any]:
    """Two classes on the line: video may take what the share leaves, the office is sure of the rest and may borrow all."""
    line = site.lines[line_name]
    line_kbps = round(line.up_mbps * 1000)
    video_kbps = max(64, round(streams.lines[line_name].shaped_kbps))
    return {"interface": line.interface, "line_kbps": line_kbps, "video_kbps": video_kbps, "office_kbps": max(64, line_kbps - video_kbps)}


# --- devices -----------------------------------------------------------------------------------------------------------


def _camera(province: Province, planned: Plan, name: str, key: str) -> Host:
    site = province.sites[name]
    camera = site.cameras[key]
    chosen = planned.streams[name].cameras.get(key)
    streams = {} if chosen is None or not chosen.step.moving else {chosen.stream: _sent(chosen.step)}
    if camera.through is not None:
        return _channel_camera(planned, name, site, key, camera, streams)
    assert camera.address is not None
    local = {} if "sub" in streams else {"sub": _stream(SUB_STREAM)}
    wish = {**_baseline(province, site, device_host(name, key), VENDORS[camera.vendor]), "streams": {**streams, **local}}
    wish["overlay"] = {"name": camera.name, "clock": True}
    host = _device(planned, name, device_host(name, key), camera, camera.address, "camera", wish)
    at = camera.recorded_at
    return host if at is None else replace(host, recorded_at={"host": device_host(name, at.nvr), "channel": str(at.number)})


def _channel_camera(planned: Plan, name: str, site: Site, key: str, camera: Camera, streams: Mapping[str, Any]) -> Host:
    """A camera without a LAN address: its recorder is the device that answers for it."""
    assert camera.through is not None
    nvr = site.nvrs[camera.through.nvr]
    wish = {"overlay": {"name": camera.name}, "streams": streams}
    host = _device(planned, name, device_host(name, key), nvr, nvr.address, "camera", wish)
    recorder = device_host(name, camera.through.nvr)
    return replace(host, channel=camera.through.number, recorder=recorder)


def _nvr(province: Province, planned: Plan, name: str, key: str) -> Host:
    site = province.sites[name]
    nvr = site.nvrs[key]
    wish = _baseline(province, site, device_host(name, key), VENDORS[nvr.vendor])
    channels = {
        str(camera.recorded_at.number): _channel(name, camera_key, camera, nvr)
        for camera_key, camera in site.cameras.items()
        if camera.recorded_at is not None and camera.recorded_at.nvr == key
    }
    if channels:
        wish["channels"] = channels
    return _device(planned, name, device_host(name, key), nvr, nvr.address, "nvr", wish)


def _channel(site: str, key: str, camera: Camera, nvr: Nvr) -> dict[str, Any]:
    """A recorder's channel: its vendor's own protocol towards cameras of the same vendor, ONVIF towards all others."""
    private = VENDORS[camera.vendor].recorder_port if camera.vendor == nvr.vendor else None
    return {
        "name": camera.name,
        "address": str(camera.address),
        "port": private or ONVIF_PORT,
        "protocol": camera.vendor if private else "onvif",
        "user": VIEW,
        "password": {"secret": f"{device_host(site, key)}/{VIEW}"},
    }


def _baseline(province: Province, site: Site, name: str, vendor: Vendor) -> dict[str, Any]:
    return {
        "name": name,
        "time": {"zone": province.timezone, "mode": "ntp", "ntp": [str(site.router.address)]},
        "services": dict(BASELINE_SERVICES),
        "access": dict(BASELINE_ACCESS),
        "users": {
            ADMIN: {"role": "admin", "password": {"secret": ADMIN}},
            VIEW: {"role": "viewer", "password": {"secret": VIEW}},
            vendor.factory_user: {"role": "admin", "password": {"secret": vendor.factory_user}},
        },
    }


def _stream(step: Step) -> dict[str, Any]:
    return {
        "codec": step.codec,
        "width": step.width,
        "height": step.height,
        "fps": step.fps,
        "bitrate_kbps": step.bitrate_kbps,
        "bitrate_mode": "cbr",
        "gop_frames": step.fps * GOP_SECONDS,
        "audio": False,
    }


def _sent(step: Step) -> dict[str, Any]:
    """A stream that goes up: no codec that stretches its GOP as it likes, because a viewer who joins waits for the next whole picture."""
    return _stream(step) | {"smart_codec": False}


def _device(planned: Plan, site: str, host: str, device: Camera | Nvr, address: IPv4Address, role: str, wish: Mapping[str, Any]) -> Host:
    outside = planned.addresses[site].translate(address)
    return Host(host, outside, role, wish, site=site, vendor=device.vendor, port=device.port, scheme=device.scheme, model=device.model)


def _flow(flow: Flow) -> dict[str, Any]:
    """A flow as templates loop over it."""
    to = {"to": [str(network) for network in flow.to]} if flow.to else {}
    return {
        "from": [str(network) for network in flow.sources],
        **to,
        "protocol": flow.protocol,
        "ports": list(flow.ports),
        "comment": flow.comment,
    }
