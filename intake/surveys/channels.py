"""A recorder's channels -> which camera is on which.

Cameras that stand on no LAN are known from there alone: analogue ones, and those on a recorder's own net.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..matching import free_id
from ..said import Said, devices
from .facts import plain
from .file import Channel, Found
from .new import real_name


def say_channels(file: str, site: str, recorders: Mapping[str, tuple[Found, str]], raw: Mapping[str, Any], said: Said) -> None:
    """Add what the recorders say of their channels.

    :param recorders: the recorders that were found and what their vendors are, by id.
    """
    owners = _owners(site, raw, said)
    on: dict[str, str] = {}
    for nvr, (found, vendor) in recorders.items():
        where = f"{file}: device {found.address}"
        for channel in sorted(found.channels, key=lambda channel: channel.number):
            place = f"{nvr}/{channel.number}"
            collection, camera = owners.get(str(channel.address), ("", ""))
            if not collection:
                _say_hidden(where, site, place, channel, found, vendor, raw, said)
            elif collection == "cameras" and camera in on.values():
                first = next(one for one, owner in on.items() if owner == camera)
                said.remark(f"{where}: {camera} is on channel {place} as well as on {first}; the first is taken")
            elif collection == "cameras":
                on[place] = camera
                said.say((site, "cameras", camera, "recorder"), place, where)
    for camera, device in (raw.get("cameras") or {}).items():
        # Its channel has another camera now, and no channel has it.
        if on.get(device.get("recorder"), camera) != camera and camera not in on.values():
            said.say((site, "cameras", camera, "recorder"), None, file)
            said.remark(f"{file}: {camera} is on no channel any more; {device['recorder']} has {on[device['recorder']]}")


def _owners(site: str, raw: Mapping[str, Any], said: Said) -> dict[str, tuple[str, str]]:
    """Which device, known or new, has an address after this survey, as (collection, id)."""
    addresses = {(collection, name): device.get("address") for collection, name, device in devices(raw)}
    for path, value in said.values.items():
        if path[0] == site and path[-1] == "address" and path[1] != "lines":
            addresses[path[1], path[-2]] = value
    return {str(address): owner for owner, address in addresses.items() if address is not None}


def _say_hidden(where: str, site: str, place: str, channel: Channel, found: Found, vendor: str, raw: Mapping[str, Any], said: Said) -> None:
    """A channel whose camera stands on no LAN: a known one's facts, or a new camera behind the recorder."""
    cameras = raw.get("cameras") or {}
    known = next((name for name, camera in cameras.items() if camera.get("source") == f"nvr:{place}"), None)
    model = {"model": plain(channel.model)} if channel.model and plain(channel.model) else {}
    if known is not None:
        values: dict[str, Any] = model
    elif any(camera.get("recorder") == place for camera in cameras.values()):
        return
    elif channel.online is False:
        at = f" names {channel.address}, where no camera answers, and" if channel.address else ""
        said.remark(f"{where}: channel {channel.number}{at} has no picture; no camera was added for it")
        return
    else:
        taken = {name for _, name, _ in devices(raw)} | {path[2] for path in said.places if path[0] == site and len(path) > 2}
        known = free_id("cam", taken)
        name = real_name((channel.name,), found) or f"Camera kênh {channel.number}"
        values = {"vendor": vendor} | model | {"source": f"nvr:{place}", "name": name}
        said.remark(f"{where}: channel {channel.number} is new: cameras.{known} '{name}'")
    said.places.setdefault((site, "cameras", known), where)
    for key, value in values.items():
        said.say((site, "cameras", known, key), value, where)
