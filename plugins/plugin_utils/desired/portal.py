"""The portal at the storage centre: what the gate has to know of sites, cameras and rights, and what nginx has to serve."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..model import Province
from ..plan.access import PORTAL_PORTS
from ..plan.addresses import viewers_hub_address
from ..plan.matrix import Right, plan_matrix
from ..plan.tunnels import KEEPALIVE_SECONDS, TUNNEL_MTU
from .host import Plan, device_host
from .pulls import recorded

LANGUAGE = "vi"
LOG_DAYS = 365
CONNECTIONS_PER_ADDRESS = 100
# The wall and a leader's telephone stay logged in for a week; whoever sees recordings, for a working day.
SESSIONS = {
    "others": {"idle_seconds": 8 * 3600, "longest_seconds": 7 * 86400},
    "with_code": {"idle_seconds": 3600, "longest_seconds": 12 * 3600},
}
DEVICES = "motcua-viewers"  # no name that the tunnels of the sites have
ENROL_PAGE = "/enrol.html#"  # behind the sign, so that no log has the token


def portal(province: Province, planned: Plan, recorder: Mapping[str, Any]) -> dict[str, Any]:
    """What the role portal takes; ``recorder`` is what the role recorder takes, so that both mean the same folders."""
    _, centre = province.storage_centre()
    return {
        "port": PORTAL_PORTS[0],
        "live_root": recorder["live_root"],
        "shards": recorder["shards"],
        "connections_per_address": CONNECTIONS_PER_ADDRESS,
        "devices": [row] if (row := devices(province)) else [],
        "settings": {
            "address": f"https://{centre.address}",
            "enrol_page": ENROL_PAGE,
            "language": LANGUAGE,
            "timezone": province.timezone,
            "shards": recorder["shards"],
            "log_days": LOG_DAYS,
            "sessions": SESSIONS,
            "watchers": [str(other.address) for other in province.centres.values() if other.kind == "ioc"],
            "devices": devices(province),
            "sites": [
                {"id": name, "name": site.name, "level": site.level, "parent": site.parent}
                for name, site in sorted(province.sites.items(), key=lambda pair: pair[1].number)
            ],
            "cameras": _cameras(province, planned),
            "viewers": _viewers(province, planned),
        },
    }


def devices(province: Province) -> dict[str, Any] | None:
    """The interface at which leaders' own devices dial in; None where the province gives them no network."""
    network = province.networks.viewers
    if network is None:
        return None
    _, centre = province.storage_centre()
    own, port = viewers_hub_address(network), devices_port(province)
    return {
        "interface": DEVICES,
        "network": str(network),
        "address": f"{own}/{network.prefixlen}",
        "port": port,
        "portal": str(centre.address),
        "portal_ports": list(PORTAL_PORTS),
        "endpoint": f"{centre.endpoints.get('ftth', next(iter(centre.endpoints.values())))}:{port}",
        "mtu": TUNNEL_MTU,
        "keepalive_seconds": KEEPALIVE_SECONDS,
    }


def devices_port(province: Province) -> int:
    """The port beside those of the sites' tunnels."""
    return province.storage_centre()[1].port + 2


def _cameras(province: Province, planned: Plan) -> list[dict[str, Any]]:
    rows = {row["camera"]: row for row in recorded(province, planned)}
    return [
        {
            "id": row["camera"],
            "site": name,
            "name": camera.name,
            "zone": camera.zone,
            **{key: row[key] for key in ("codec", "width", "height")},
        }
        for name, site in province.sites.items()
        for key, camera in site.cameras.items()
        if (row := rows.get(device_host(name, key))) is not None
    ]


def _viewers(province: Province, planned: Plan) -> dict[str, dict[str, Any]]:
    pulled = {row["camera"] for row in recorded(province, planned)}
    return {
        name: {
            "name": province.viewers[name].name,
            "kind": province.viewers[name].kind,
            "screens": province.viewers[name].screens,
            "live": [camera for camera in right.live if camera in pulled],
            "playback": [camera for camera in right.playback if camera in pulled],
            **_days(right),
        }
        for name, right in plan_matrix(province).items()
    }


def _days(right: Right) -> dict[str, str]:
    days = {"from": right.since, "until": right.until}
    return {key: day.isoformat() for key, day in days.items() if day is not None}
