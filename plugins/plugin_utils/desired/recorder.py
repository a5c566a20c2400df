"""The recorder at the storage centre: what it records, where, how long, in which hours, and what it may pull when somebody asks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..model import Camera, Province
from ..plan.shards import shard_of
from .host import Plan, device_host
from .pulls import main_path, recorded

SEGMENT_SECONDS = 60
MINIMUM_FREE_PERCENT = 5
ON_DEMAND_SECONDS = 300  # so long a main stream goes on after somebody asked; who still watches asks again
LIVE_ROOT = "/run/motcua-live"


def recorder(province: Province, planned: Plan) -> dict[str, Any]:
    """The recorder's role: ``cameras`` with how each is reached, ``settings`` as its programs read them, without any secret."""
    shards = list(province.storage_centre()[1].shards)
    rows = [row | {"main_path": _main(province, row)} for row in recorded(province, planned)]
    return {
        "shards": shards,
        "live_root": LIVE_ROOT,
        "segment_seconds": SEGMENT_SECONDS,
        "cameras": rows,
        "on_demand": [row for row in rows if row["main_path"] is not None],
        "on_demand_seconds": ON_DEMAND_SECONDS,
        "settings": {
            "shards": shards,
            "segment_seconds": SEGMENT_SECONDS,
            "live_root": LIVE_ROOT,
            "minimum_free_percent": MINIMUM_FREE_PERCENT,
            "minimum_days": province.policy.minimum_days,
            "timezone": province.timezone,
            "on_demand_seconds": ON_DEMAND_SECONDS,
            "on_demand_kbps": {name: site.policy.reserve.on_demand_kbps for name, site in province.sites.items()},
            "cameras": {row["camera"]: _camera(province, row, shards) for row in rows},
            "former": dict(_former(province)),
        },
    }


def _former(province: Province) -> Iterator[tuple[str, int]]:
    """Days for which the footage is kept of cameras that none has followed: those that were retired, and those of closed sites."""
    for name, site in {**province.retired, **province.sites}.items():
        gone = [one for one in site.former if one.kept_days is not None and one.device not in site.cameras]
        yield from ((device_host(name, one.device), int(one.kept_days or 0)) for one in gone)
        if name in province.retired:
            yield from ((device_host(name, key), camera.retention_days) for key, camera in site.cameras.items())


def _camera(province: Province, row: dict[str, Any], shards: list[str]) -> dict[str, Any]:
    camera = _model(province, row)
    hours = camera.recording_hours
    return {
        "shard": shard_of(row["camera"], shards),
        "retention_days": row["retention_days"],
        "hours": None if hours is None else [list(span) for span in hours],
        "site": row["site"],
        "main_kbps": camera.streams["main"].bitrate_kbps if row["main_path"] is not None else 0,
    }


def _main(province: Province, row: dict[str, Any]) -> str | None:
    """A camera's main stream where the line keeps room for it; None where it is pulled anyway, is too large, or of unknown size."""
    camera, room_kbps = _model(province, row), province.sites[row["site"]].policy.reserve.on_demand_kbps
    kbps = camera.streams["main"].bitrate_kbps if "main" in camera.streams else None
    path = main_path(province.sites[row["site"]], camera)
    return path if path != row["path"] and kbps is not None and kbps <= room_kbps else None


def _model(province: Province, row: dict[str, Any]) -> Camera:
    cameras = province.sites[row["site"]].cameras
    return next(camera for key, camera in cameras.items() if device_host(row["site"], key) == row["camera"])
