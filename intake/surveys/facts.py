"""The facts that a survey knows of one device, as the inventory writes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..cells.choices import MAC
from ..cells.kinds import Wrong, tidy
from .file import Found

NAME_SIGNS, REASON_SIGNS = 120, 300  # at most, of a name and of a reason of the model
DEFAULT_PORTS = {"https": 443, "http": 80}
RTSP_PORT = 554
CODECS = ("h264", "h265")
STREAMS = ("main", "sub", "third")


def plain(text: str, signs: int = NAME_SIGNS) -> str:
    """A device's own words as a text of the model: no braces or control signs, not too long."""
    clean = "".join(sign if sign.isprintable() else " " for sign in tidy(text)).replace("{", "(").replace("}", ")").strip()
    return clean if len(clean) <= signs else clean[: signs - 1].rstrip() + "…"


def facts(found: Found, collection: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """What a survey knows of a device, by key; a value that is usual is left out where people left it out too."""
    identity = found.identity
    told = {"model": identity.model, "serial": identity.serial, "firmware": identity.firmware, "build": identity.build}
    values: dict[str, Any] = {key: plain(text) for key, text in told.items() if text and plain(text)}
    values |= {"mac": mac} if (mac := mac_of(found)) else {}
    if collection != "switches":
        values["address"] = str(found.address)
    if collection in ("cameras", "nvrs"):
        values |= _reached(found, known)
    if collection == "cameras" and (streams := _streams(found)):
        values["streams"] = streams
    if collection == "nvrs":
        values |= _stored(found)
    return values


def mac_of(found: Found) -> str | None:
    """Its MAC address, written as ours are; None when it isn't known or is none."""
    for text in filter(None, (found.identity.mac, found.mac)):
        try:
            return str(MAC.read(text))
        except Wrong:
            continue
    return None


def _reached(found: Found, known: Mapping[str, Any]) -> dict[str, Any]:
    scheme = found.scheme or known.get("scheme", "https")
    usual = {"scheme": "https", "port": DEFAULT_PORTS[scheme], "rtsp_port": RTSP_PORT, "stream_path": None}
    told = {"scheme": found.scheme, "port": found.port, "rtsp_port": found.rtsp_port, "stream_path": found.stream_path}
    return {key: value for key, value in told.items() if value is not None and (value != usual[key] or key in known)}


def _streams(found: Found) -> dict[str, dict[str, Any]]:
    seen = {one.stream: one.bitrate_kbps for one in found.measured if one.bitrate_kbps}
    streams = {}
    for name in STREAMS:
        one = found.streams.get(name)
        codecs = [codec for codec in CODECS if one and codec in one.codecs]
        if one and codecs and one.width and one.height and one.fps:
            kbps = seen.get(name) or one.bitrate_kbps
            rate = int(one.fps) if one.fps.is_integer() else one.fps
            streams[name] = {"codecs": codecs, "width": one.width, "height": one.height, "fps": rate}
            streams[name] |= {"bitrate_kbps": max(1, round(kbps))} if kbps else {}
    return streams


def _stored(found: Found) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if found.channel_count:
        values["channels"] = found.channel_count
    if found.disks:
        values["disks"] = [_disk(disk.size_gb, disk.health) for disk in found.disks]
    if found.oldest_footage:
        values["oldest_footage"] = found.oldest_footage
    return values


def _disk(size_gb: float, health: str | None) -> dict[str, Any]:
    return {"size_gb": int(size_gb) if size_gb.is_integer() else size_gb} | ({"health": health} if health else {})
