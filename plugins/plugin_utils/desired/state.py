"""What motcua-state at the storage centre watches: sites with their lines as this hub sees them, cameras, and the centre's own lines."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from ..model import Province, Site
from ..plan.tunnels import Tunnel
from .host import Plan, device_host
from .pulls import recorded
from .recorder import LIVE_ROOT, SEGMENT_SECONDS

RUN = "/run/motcua-state"


def state(province: Province, planned: Plan) -> dict[str, Any]:
    """Its settings, as it reads them from /etc/motcua/state.json; no secret is in them."""
    hub, centre = province.storage_centre()
    sources = province.networks.time_sources
    return {
        "hub": hub,
        "timezone": province.timezone,
        "segment_seconds": SEGMENT_SECONDS,
        "live_root": LIVE_ROOT,
        "run": RUN,
        "history": "/var/lib/motcua-state/history.db",
        "gate": "/var/lib/motcua-gate/gate.db",
        # The time sources are what is known to stand beyond the centre's own lines.
        "centre_lines": {kind: [str(source) for source in sources.get(kind, ())] for kind in sorted(centre.endpoints)},
        "sites": {name: _site(province, planned, name, hub) for name in province.sites},
        "cameras": {row["camera"]: _camera(province, row) for row in recorded(province, planned)},
    }


def _site(province: Province, planned: Plan, name: str, hub: str) -> dict[str, Any]:
    site = province.sites[name]
    return {
        "name": site.name,
        "level": site.level,
        "parent": site.parent,
        "units": [
            {
                "code": unit.code,
                "name": unit.name,
                "from": unit.since.isoformat(),
                "until": None if unit.until is None else unit.until.isoformat(),
            }
            for unit in site.units
        ],
        "zones": list(site.zones),
        "router": str(planned.addresses[name].translate(site.router.address)),
        "lines": {tunnel.line: _line(planned, site, tunnel) for tunnel in planned.tunnels[name] if tunnel.hub == hub},
        "mutes": [
            {"from_s": _moment(mute.since, province), "until_s": _moment(mute.until, province), "why": mute.why} for mute in site.mutes
        ],
    }


def _moment(written: datetime, province: Province) -> float:
    zoned = written if written.tzinfo is not None else written.replace(tzinfo=ZoneInfo(province.timezone))
    return zoned.timestamp()


def _line(planned: Plan, site: Site, tunnel: Tunnel) -> dict[str, Any]:
    line, streams = site.lines[tunnel.line], planned.streams[tunnel.site]
    interface = f"wg{int(line.kind == 'tslcd')}" if tunnel.kind == "wireguard" else f"x{site.number}s{tunnel.slot}"
    return {
        "kind": line.kind,
        "provider": line.provider,
        "gateway": None if line.gateway is None else str(line.gateway),
        "tunnel": str(tunnel.site_address),
        "tunnel_kind": tunnel.kind,
        "interface": interface,
        "limit_kbps": round({**streams.standby, **streams.lines}[tunnel.line].shaped_kbps),
    }


def _camera(province: Province, row: dict[str, Any]) -> dict[str, Any]:
    cameras = province.sites[row["site"]].cameras
    camera = next(one for key, one in cameras.items() if device_host(row["site"], key) == row["camera"])
    return {
        "site": row["site"],
        "name": camera.name,
        "zone": camera.zone,
        "device": row["device"],
        "host": row["host"],
        "port": row["port"],
        "bitrate_kbps": row["bitrate_kbps"],
    }
