"""What a newly found device is for the inventory: where it belongs, why it can't join if it can't, and a name for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import VENDORS

from .facts import REASON_SIGNS, plain
from .file import Found

NOTHING_KNOWN = "answers nothing that we know"
CALLED = {"camera": "Camera", "recorder": "Đầu ghi", "other": "Thiết bị"}
# Names that devices are sold with: "IPCamera 01", "Camera 3", "CH2", "Embedded Net DVR", "Network Video Recorder".
FACTORY = re.compile(
    r"(ip|hd|network|embedded net|video|dome|bullet|mini|smart|[\W_])*"
    r"(camera|cam|ipc|ipcam|dome|ptz|channel|chan|ch|kênh|device|encoder|recorder|nvr|dvr|xvr|hvr|a|d|localhost|default|unknown)?[\W\d_]*",
    re.IGNORECASE,
)


def real_name(names: Sequence[Any], found: Found) -> str | None:
    """The first name that somebody gave, not the maker."""
    made = [part.lower() for part in (found.identity.model, found.identity.serial, found.vendor, found.maker) if part]
    for name in (plain(name) for name in names if isinstance(name, str)):
        if not FACTORY.fullmatch(name) and not any(part in name.lower() for part in made):
            return name
    return None


def collection_of(found: Found, vendor: str | None) -> str:
    """Where a device belongs: ``cameras``, ``nvrs``, ``router`` or ``others``."""
    if found.kind == "router":
        return "router"
    ours = {"camera": "cameras", "recorder": "nvrs"}.get(found.kind)
    return ours if ours and vendor and not found.why else "others"


def lacking(found: Found, vendor: str, collection: str) -> str | None:
    """Why a new device of ours can't be managed yet; None when everything is known."""
    login = "" if found.login == "accepted" else f" (login {found.login})"
    if VENDORS[vendor].stream_path is None and found.stream_path is None:
        return f"speaks {vendor} only, and its stream's path couldn't be read{login}"
    if collection == "nvrs" and channel_count(found) is None:
        return f"doesn't say how many channels it has{login}"
    return None


def channel_count(found: Found) -> int | None:
    """How many channels a recorder has, as far as it says."""
    return found.channel_count or max((channel.number for channel in found.channels), default=None)


def why_not(found: Found, vendor: str | None) -> str:
    """Why something can't join."""
    if found.why:
        return plain(found.why, REASON_SIGNS)
    if found.kind == "unknown":
        return NOTHING_KNOWN
    if found.kind == "other":
        return "is neither a camera nor a recorder"
    return "speaks no vendor's language that we know" if vendor is None else "can't join"


def described(found: Found, vendor: str | None, collection: str, why: str, channel_name: str | None) -> dict[str, Any]:
    """What a new device is called and what else the inventory must have of it.

    :param channel_name: what the recorder that records it calls it.
    """
    octet = str(found.address).rpartition(".")[2]
    if collection == "cameras":
        names = (found.running.get("overlay.name"), channel_name, found.identity.name, found.running.get("name"))
        return {"vendor": vendor, "name": real_name(names, found) or f"Camera {octet}"}
    name = real_name((found.identity.name, found.running.get("name")), found)
    if collection == "nvrs":
        return {"vendor": vendor, "name": name or f"Đầu ghi {octet}", "channels": channel_count(found)}
    kind = found.kind if found.kind in ("camera", "recorder") else "other"
    maker = plain(found.maker or vendor or "") or "không rõ"
    return {"kind": kind, "maker": maker, "name": name or f"{CALLED[kind]} {octet}", "why": why}
