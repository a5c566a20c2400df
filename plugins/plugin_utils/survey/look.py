"""Everything that a device says of itself to somebody whom it lets in, and one picture. Read only."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from ..conversation import Conversation, Device, conversation
from ..dialects.speech import Remembers, Shows
from ..diff import Running
from ..errors import AuthRefused, Garbled, MotcuaError, Refused, Unsupported
from ..settings import Setting
from .abilities import ABILITIES, CHANNEL_COUNT, KIND, Abilities

JPEG = b"\xff\xd8\xff"
MAXIMUM_PICTURE_BYTES = 300_000
HEALTHY, ABSENT = ("ok", "success", "normal", "good"), ("notexist", "disconnected", "none", "")
FAILING = ("error", "failed", "smartfailed", "abnormal", "bad", "unformatted", "mismatch", "damaged")


@dataclass
class Seen:
    """What a login showed. ``values`` are by neutral key; ``channels``, ``disks`` as the survey file has them."""

    values: dict[str, Any]
    channels: list[dict[str, Any]] = field(default_factory=list)
    disks: list[dict[str, Any]] = field(default_factory=list)
    channel_count: int | None = None
    oldest_footage: date | None = None
    picture: str | None = None
    remarks: list[str] = field(default_factory=list)


async def kind_of(device: Device) -> str | None:
    """Log in, and learn whether it is a camera or a recorder; None when it doesn't say.

    :raises AuthRefused: when it refuses the login.
    """
    async with conversation(device) as talk:
        found = (await talk.read([KIND], ())).values.get(KIND)
    return None if found is None else str(found)


async def look(device: Device, *, pictures: bool) -> Seen:
    """Read all of a device's documents once, and what only a survey asks."""
    abilities = ABILITIES[device.vendor.name]
    async with conversation(device) as talk:
        running = await talk.read(device.settings, [key for key in device.vendor.lists(device.role) if key in ("channels", "disks")])
        seen = _seen(running, abilities)
        if device.role == "nvr":
            await _ask_recorder(talk, abilities, seen)
        if pictures:
            seen.picture = await _picture(talk, abilities.pictures, first_channel(seen.channels), seen.remarks)
        certificate = talk.target.certificate
    if certificate is not None:
        expires = None if certificate.expires is None else certificate.expires.isoformat()
        seen.values |= {"certificate.subject": certificate.subject, "certificate.expires": expires}
    return seen


def _seen(running: Running, abilities: Abilities) -> Seen:
    values = {key: value for key, value in running.values.items() if value is not None}
    seen = Seen(values, channel_count=values.pop(CHANNEL_COUNT, None))
    seen.channels = [_channel(name, row) for name, row in running.rows.get("channels", {}).items() if name.isdecimal()]
    seen.channels.sort(key=lambda row: int(row["number"]))
    for name, row in running.rows.get("disks", {}).items():
        _add_disk(seen, name, row, abilities.disk_unit)
    if running.unknown:
        seen.remarks.append("it answers what can't be understood, or refuses to say it, for " + ", ".join(sorted(running.unknown)))
    return seen


def first_channel(channels: Sequence[Mapping[str, Any]]) -> int:
    """The channel that is looked at in a recorder's stead: the first whose camera answers, or of which nobody knows."""
    answering = [row for row in channels if row["online"] is not False]
    return next((int(row["number"]) for row in (*answering, *channels)), 1)


def _channel(name: str, row: Mapping[str, Any]) -> dict[str, Any]:
    address = row.get("address") or None
    return {
        "number": int(name),
        "name": str(row.get("name") or ""),
        "address": address,
        "model": row.get("model") or None,
        "online": row.get("online"),
    }


def _add_disk(seen: Seen, name: str, row: Mapping[str, Any], unit: int) -> None:
    status, capacity = str(row.get("status", "")).lower(), row.get("capacity_mb")
    if status in ABSENT or not capacity:
        return
    health = "ok" if status in HEALTHY else "failing" if status in FAILING else None
    seen.disks.append({"size_gb": round(capacity * unit / 10**9, 1), "health": health})
    if health is None:
        seen.remarks.append(f"its disk {name} is in a state that is not known here: {status}")


async def _ask_recorder(talk: Conversation, abilities: Abilities, seen: Seen) -> None:
    for row in seen.channels:
        if row["online"] is None and abilities.online is not None:
            row["online"] = await _one(talk, abilities.online, row["number"])
        if not row["name"] and abilities.title is not None:
            row["name"] = await _one(talk, abilities.title, row["number"]) or ""
    if seen.channel_count is None and seen.channels:
        seen.remarks.append("it doesn't say how many channels it has")
    if not isinstance(talk.dialect, Remembers):
        seen.remarks.append("no way to its oldest footage is known")
        return
    found = []
    for row in seen.channels:
        try:
            found.append(await talk.dialect.oldest_footage(row["number"]))
        except (Unsupported, Garbled, Refused) as error:
            seen.remarks.append(f"its oldest footage could not be told: {error}")
            break
    seen.oldest_footage = min((day for day in found if day is not None), default=None)


async def _one(talk: Conversation, setting: Setting, number: int) -> Any:
    """A value of one channel; None where the device doesn't say it."""
    try:
        document = await talk.document(_placed(setting.at, number))
        native = document.get(_placed(setting.select, number))
        return None if native is None else setting.form.read(native)
    except (MotcuaError, ValueError):
        return None


def _placed(text: str, number: int) -> str:
    return text.replace("{n}", str(number)).replace("{c}", str(number - 1))


async def _picture(talk: Conversation, places: Iterable[str], number: int, remarks: list[str]) -> str | None:
    """The first still picture that is one and is small enough, in base64."""
    if not isinstance(talk.dialect, Shows):
        return None
    why = "no way to a still picture is known"
    for place in places:
        at = _placed(place, number)
        try:
            content = await talk.dialect.picture(at)
        except AuthRefused:
            why = "its address wants another login than the device itself"
            break
        except (Unsupported, Garbled, Refused) as error:
            why = str(error)
            continue
        if not content.startswith(JPEG):
            why = "the device gives something that is no JPEG"
        elif len(content) > MAXIMUM_PICTURE_BYTES:
            why = f"the device's picture has {len(content)} bytes, and {MAXIMUM_PICTURE_BYTES} are kept at most"
        else:
            return base64.b64encode(content).decode()
    remarks.append(f"there is no still picture: {why}")
    return None
