"""What a camera's streams could do and where they are, from what it said. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..vendors.table import Vendor
from .abilities import ABILITIES

STREAMS = ("main", "sub", "third")
CODECS = ("h264", "h265")
RTSP_PORT = 554


def reported(values: Mapping[str, Any], measured: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """``{main: {codecs, width, height, fps, bitrate_kbps}}`` of every stream of which codecs, size and rate are known.

    What a stream could do counts, else what it is set to, else what was seen of it; ``bitrate_kbps`` is what it is set to.

    :param measured: what was seen of each stream, by its name.
    """
    found = {}
    for stream in STREAMS:
        seen = measured.get(stream, {})

        def first(key: str, stream: str = stream, seen: Mapping[str, Any] = seen) -> Any:
            return values.get(f"can.{stream}.{key}") or values.get(f"streams.{stream}.{key}") or seen.get(key)

        codec = values.get(f"streams.{stream}.codec") or seen.get("codec")
        codecs = values.get(f"can.{stream}.codecs") or ([codec] if codec in CODECS else [])
        report = {"codecs": sorted(codecs), "width": first("width"), "height": first("height"), "fps": first("fps")}
        if exists(values, stream) and all(report.values()):
            found[stream] = {**report, "bitrate_kbps": values.get(f"streams.{stream}.bitrate_kbps")}
    return found


def exists(values: Mapping[str, Any], stream: str) -> bool:
    """Whether the device has such a stream; every device has a main one."""
    return stream == "main" or any(key.startswith((f"streams.{stream}.", f"can.{stream}.")) for key in values)


def paths(vendor: Vendor, values: Mapping[str, Any], channel: int | None) -> dict[str, str]:
    """Where each stream is on RTSP: where the device itself says, else where its vendor's devices have it.

    :param channel: a recorder's channel, of which only the main stream is looked at; None for a camera.
    """
    abilities = ABILITIES[vendor.name]
    if channel is not None:
        path = abilities.recorder_path.format(channel=channel) if abilities.recorder_path else vendor.path(channel, "main")
        return {} if path is None else {"main": path}
    found = {}
    for stream in STREAMS:
        path = values.get(f"streams.{stream}.path") or abilities.paths.get(stream, "").replace("{n}", "1")
        path = path or (vendor.path(1, stream) if stream in vendor.streams else None)
        if path and exists(values, stream):
            found[stream] = str(path)
    return found


def unusual(vendor: Vendor, values: Mapping[str, Any], kind: str) -> str | None:
    """The main stream's path, where it isn't the vendor's usual one; a recorder's with ``{channel}``."""
    if kind == "recorder":
        return ABILITIES[vendor.name].recorder_path
    said = values.get("streams.main.path")
    return None if said is None or said == vendor.path(1, "main") else str(said)
