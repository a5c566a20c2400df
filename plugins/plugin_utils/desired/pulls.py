"""Which streams a centre pulls, and how it reaches each."""

from __future__ import annotations

from typing import Any

from ..model import Camera, Nvr, Province, Site
from ..vendors import VENDORS
from .host import VIEW, Plan, device_host


def recorded(province: Province, planned: Plan) -> list[dict[str, Any]]:
    """What is pulled from each site, a row a camera that sends video."""
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
                    "device": device,
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


def main_path(site: Site, camera: Camera) -> str | None:
    """Where a camera's main stream is pulled from."""
    source = site.nvrs[camera.through.nvr] if camera.through else camera
    return _stream_path(source, camera.through.number if camera.through else 1, "main")


def _stream_path(device: Camera | Nvr, channel: int, stream: str) -> str:
    path = device.stream_path.format(channel=channel) if device.stream_path else VENDORS[device.vendor].path(channel, stream)
    assert path is not None  # load made sure of it
    return path
