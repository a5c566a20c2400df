"""From whom the storage centre brings in what it missed, when, and how much of each line that may take."""

from __future__ import annotations

from typing import Any

from ..model import Camera, Province
from ..plan.access import web_port
from ..plan.footage import Keeper, keepers
from ..plan.streams import CameraStream, LinePlan
from ..vendors import VENDORS
from .host import VIEW, Plan, device_host

STATE, SECRETS = "/var/lib/motcua/backfill", "/etc/motcua/backfill"
USUAL_KBPS = 4096  # a main stream whose rate nobody has looked at


def backfill(province: Province, planned: Plan) -> dict[str, Any]:
    """What the role of the same name takes: the program's settings, and the name of each device's secret."""
    cameras: dict[str, Any] = {}
    devices: dict[str, Any] = {}
    logins: dict[str, dict[str, str]] = {}
    for name, site in province.sites.items():
        sent = planned.streams[name].cameras
        for key, keeper in keepers(site).items():
            if key not in sent or not sent[key].step.moving:
                continue  # what isn't recorded as video at the centre leaves no gaps there
            device, camera = device_host(name, keeper.device), site.cameras[key]
            cameras[device_host(name, key)] = {
                "device": device,
                "channel": keeper.channel,
                "oldest_days": camera.retention_days,
                "bitrate_kbps": _kbps(camera, sent[key]),
            }
            devices[device] = _device(planned, name, keeper) | {"window": site.policy.backfill}
            user = VENDORS[keeper.source.vendor].account(VIEW)
            logins[device] = {"device": device, "user": user, "secret": f"device/{device}/{VIEW}"}
    settings = {"timezone": province.timezone, "state": STATE, "secrets": SECRETS, "cameras": cameras, "devices": devices}
    return {"settings": settings, "logins": [logins[device] for device in sorted(logins)]}


def _device(planned: Plan, name: str, keeper: Keeper) -> dict[str, Any]:
    source, line = keeper.source, planned.tunnels[name][0].line
    assert source.address is not None
    return {
        "way": keeper.way,
        "host": str(planned.addresses[name].translate(source.address)),
        "scheme": source.scheme,
        "port": web_port(source),
        "rtsp_port": source.rtsp_port,
        "line": f"{name}/{line}",
        "share_kbps": _share_kbps(planned.streams[name].lines[line]),
    }


def _share_kbps(line: LinePlan) -> int:
    """What the night leaves beside the streams, which go on; the router holds all video to its own class, so that it bounds this, too."""
    night = line.night.limit_kbps - line.night.office_kbps - line.night.reserve_kbps
    return max(0, round(min(night, line.shaped_kbps) - line.up.video_kbps))


def _kbps(camera: Camera, sent: CameraStream) -> int:
    """What the device plays back: its main stream as it is recorded."""
    if sent.stream == "main":
        return sent.step.bitrate_kbps
    known = camera.streams.get("main")
    return (known.bitrate_kbps if known else None) or USUAL_KBPS
