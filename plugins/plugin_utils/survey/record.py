"""A device's entry in the survey file. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ..diff import SECRET
from ..discovery import Heard
from .ask import Web
from .identify import FACTS, Identity
from .look import Seen
from .streams import RTSP_PORT, reported

SHORTEST_SECRET = 4  # characters; shorter ones stand in half of all words
UNTOUCHED = ("identity", "user", "still_jpeg_base64")  # where a password can't stand, but its letters may
PRIVATE = ("identity.", "can.", "survey.")  # what stands elsewhere in the entry
WATCHED = ("codec", "width", "height", "bitrate_kbps", "seconds")
OTHER_RTSP_PORT = 8554


def entry(address: str, heard: Sequence[Heard], identity: Identity, web: Web | None) -> dict[str, Any]:
    """What is known before a login; ``done`` is still false."""
    ports = sorted({one.port for one in heard if one.port is not None and one.how in ("port", "http", "rtsp")})
    spoken = [one for one in heard if one.how != "port"]
    return {
        "address": address,
        "mac": identity.facts.get("mac"),
        "kind": identity.kind,
        "vendor": identity.vendor,
        "maker": identity.maker,
        "why": identity.why,
        "vendors_heard": list(identity.vendors_heard),
        "scheme": None if web is None else web.scheme,
        "port": None if web is None else web.port,
        "rtsp_port": next((port for port in (_rtsp(heard), RTSP_PORT, OTHER_RTSP_PORT) if port in ports), None),
        "ports": ports,
        "heard": [{"how": one.how, "says": dict(one.says) | ({"port": str(one.port)} if one.port else {})} for one in spoken],
        "identity": {key: identity.facts[key] for key in FACTS if key in identity.facts},
        "login": "not tried",
        "user": None,
        "default_password": None,
        "running": {},
        "streams": {},
        "measured": [],
        "stream_path": None,
        "still_jpeg_base64": None,
        "channel_count": None,
        "channels": [],
        "disks": [],
        "oldest_footage": None,
        "remarks": list(identity.remarks),
        "done": False,
    }


def _rtsp(heard: Sequence[Heard]) -> int | None:
    return next((one.port for one in heard if one.how == "rtsp"), None)


def add_seen(record: dict[str, Any], seen: Seen) -> None:
    """What a login showed."""
    values = seen.values
    said = {key: str(values[f"identity.{key}"]) for key in FACTS if values.get(f"identity.{key}")}
    said |= {"name": str(values["name"])} if values.get("name") else {}
    record["identity"] |= parted(said)
    record["mac"] = record["mac"] or record["identity"].get("mac")
    record["maker"] = str(values["identity.maker"]) if values.get("identity.maker") else record["maker"]
    record["running"] = {key: value for key, value in sorted(values.items()) if not key.startswith(PRIVATE)}
    said_port = values.get("ports.rtsp")
    # A device behind an address translation says its own port, which isn't the one that is open here.
    record["rtsp_port"] = said_port if said_port in record["ports"] else record["rtsp_port"] or said_port
    record["channel_count"], record["channels"], record["disks"] = seen.channel_count, seen.channels, seen.disks
    record["oldest_footage"] = None if seen.oldest_footage is None else seen.oldest_footage.isoformat()
    record["still_jpeg_base64"] = seen.picture
    record["remarks"] += seen.remarks


def parted(said: Mapping[str, str]) -> dict[str, str]:
    """Firmware and build apart, where a device says both in one: ``2.840.0000000.28.R,build:2022-08-26``, ``V5.5.3 build 180822``."""
    both = re.fullmatch(r"(.*?)[,;\s]+(build\b.*)", said.get("firmware", ""), re.IGNORECASE)
    if both is None or "build" in said:
        return dict(said)
    return {**said, "firmware": both[1], "build": re.sub(r"^build:\s*", "", both[2], flags=re.IGNORECASE)}


def add_watched(record: dict[str, Any], values: Mapping[str, Any], paths: Mapping[str, str], found: Sequence[Mapping[str, Any]]) -> None:
    """What was seen of the streams, in the order of their paths, and what they could do."""
    seen = dict(zip(paths, found, strict=True))
    for stream, one in seen.items():
        if "why" in one:
            record["remarks"].append(f"its {stream} stream could not be watched: {one['why']}")
        else:
            record["measured"].append({"stream": stream, "path": paths[stream], **{key: one[key] for key in WATCHED}})
    record["streams"] = reported(values, {stream: _rounded(one) for stream, one in seen.items() if "why" not in one})


def _rounded(one: Mapping[str, Any]) -> dict[str, Any]:
    return {**one, "fps": round(one["fps"])}


def scrubbed(value: Any, secrets: Collection[str]) -> Any:
    """The entry without any password: a device may repeat it, as in the address of a stream."""
    if isinstance(value, Mapping):
        return {key: one if key in UNTOUCHED else scrubbed(one, secrets) for key, one in value.items()}
    if isinstance(value, list):
        return [scrubbed(one, secrets) for one in value]
    if isinstance(value, str):
        for secret in sorted(secrets, key=len, reverse=True):
            value = value.replace(secret, SECRET) if len(secret) >= SHORTEST_SECRET else value
    return value
