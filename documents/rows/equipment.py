"""The equipment of some places, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Camera, Other
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.reuse import LETTERS

from ..subject import Standing, Subject, address, devices, make
from ..tables import Row


def equipment_rows(subject: Subject, names: Iterable[str]) -> Iterator[Row]:
    """Every device with what is known of it and its decision's letter; numbered from 1."""
    number = 0
    for name in names:
        decided = {device.device: device.decision for device in subject.plan.reuse[name].devices}
        for standing in devices(name, subject.province.sites[name]):
            number += 1
            device = standing.device
            decision = decided.get(standing.key)
            yield {
                "number": number,
                "site": subject.plain(name),
                "device": f"{standing.key}: {standing.name or subject.speech.word('roles', standing.role)}",
                "model": make(subject.speech, device),
                "serial": device.serial,
                "firmware": " ".join(part for part in (device.firmware, device.build) if part),
                "address": address(device),
                "purpose": purpose(subject, standing),
                "group": None if decision is None else LETTERS[decision],
            }


def purpose(subject: Subject, standing: Standing) -> str:
    """What a device is for: a camera's zone, another's role."""
    device = standing.device
    if isinstance(device, Camera):
        return subject.speech.word("zones", device.zone or "unknown")
    if isinstance(device, Other) and device.zone is not None:
        return subject.speech.word("zones", device.zone)
    return subject.speech.word("roles", standing.role)
