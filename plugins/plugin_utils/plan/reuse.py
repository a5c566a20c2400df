"""What becomes of the equipment that offices have: kept, set up anew, upgraded, replaced or left out, with every reason and its cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from ..catalogue.holes import Hole, holes_of
from ..model import Decision, Device, Nvr, Other, Province, Router, Site, Zone
from ..model.values import PriceItem
from .lacks import free_channels, lacks, missing_cameras, short_ports, unwatched_zones
from .reasons import Reason, sentence
from .streams import SiteStreams
from .suitability import (
    CAMERA_YEARS,
    NVR_YEARS,
    Finding,
    camera_findings,
    needs_box,
    nvr_findings,
    other_findings,
    router_findings,
    switch_findings,
)

__all__ = ["CAMERA_YEARS", "LETTERS", "NVR_YEARS", "DevicePlan", "Hole", "Reason", "SiteReuse", "plan_reuse", "sentence"]

Role = Literal["camera", "nvr", "router", "switch", "other"]
LETTERS: Mapping[Decision, str] = {"keep": "A", "reconfigure": "B", "upgrade": "C", "replace": "D", "excluded": "E"}
STAYS = frozenset[Decision]({"keep", "reconfigure", "upgrade"})
PRICED: Mapping[str, PriceItem] = {"camera": "camera", "nvr": "nvr", "recorder": "nvr", "router": "router", "switch": "switch"}
ADDED_SWITCH_PORTS = 4  # PoE ports of the switch that prices.yml prices; house figure


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """What becomes of one device.

    ``reasons`` are all checks, those that ask for most first; each sentence is in reasons.yml. ``cost_vnd`` is what is bought for it,
    without visits; None where its price isn't listed. ``saved_vnd`` is a new one's price where it stays. ``by_people``: the decision
    is that of people; the first reason says theirs and the plan's own.
    """

    site: str
    device: str
    role: Role
    decision: Decision
    reasons: tuple[Reason, ...]
    holes: tuple[Hole, ...]
    cost_vnd: int | None
    saved_vnd: int | None
    by_people: bool = False

    @property
    def letter(self) -> str:
        """A to E of the overall plan."""
        return LETTERS[self.decision]


@dataclass(frozen=True, slots=True)
class SiteReuse:
    """What becomes of an office's equipment, and what it lacks.

    ``bill`` are quantities by the keys of prices.yml: everything that is bought or done, visits included; ``cost_vnd`` is its sum as far
    as prices are listed, ``unpriced`` the keys whose price isn't.
    """

    devices: tuple[DevicePlan, ...]
    unwatched: tuple[Zone, ...]
    channels_free: Mapping[str, int]
    lacks: tuple[Reason, ...]
    bill: Mapping[PriceItem, int]
    cost_vnd: int
    saved_vnd: int
    unpriced: tuple[PriceItem, ...]


def plan_reuse(province: Province, streams: Mapping[str, SiteStreams]) -> Mapping[str, SiteReuse]:
    """What becomes of the equipment of every site, by site id. Devices stand in the order router, switches, recorders, cameras, others.

    Ages and known holes are those of the province's day; without one nothing is too old, and every hole counts.
    """
    return {name: _site(name, site, streams[name], province.on, province.prices_vnd) for name, site in province.sites.items()}


def _site(name: str, site: Site, streams: SiteStreams, on: date | None, prices_vnd: Mapping[PriceItem, int]) -> SiteReuse:
    devices, bill, unsaved = [], Counter[PriceItem](), set[PriceItem]()
    for device, role, value, findings, holes in _judged(site, streams, on):
        decision = value.reuse.decision if value.reuse is not None else _worst(findings)
        bought = _bought(value, role, decision)
        bill.update(bought)
        key = _price_key(value, role)
        saved = 0 if decision not in STAYS or key is None or bought["router"] else prices_vnd.get(key)
        unsaved |= {key} if saved is None and key is not None else set()
        cost = None if any(item not in prices_vnd for item in bought) else _cost(bought, prices_vnd)
        reasons = _reasons(value, findings)
        devices.append(DevicePlan(name, device, role, decision, reasons, holes, cost, saved, by_people=value.reuse is not None))
    added = missing_cameras(site)
    new = added + sum(one.role == "other" and one.decision == "excluded" and site.others[one.device].kind == "camera" for one in devices)
    bill.update(_additions(site, added, new) + _visit(devices))
    return SiteReuse(
        devices=tuple(devices),
        unwatched=unwatched_zones(site),
        channels_free=free_channels(site),
        lacks=tuple(lacks(site, streams, new)),
        bill=dict(bill),
        cost_vnd=_cost(bill, prices_vnd),
        saved_vnd=sum(device.saved_vnd or 0 for device in devices),
        unpriced=tuple(sorted({*bill, *unsaved} - set(prices_vnd))),
    )


Judged = tuple[str, Role, Device, list[Finding], tuple[Hole, ...]]


def _judged(site: Site, streams: SiteStreams, on: date | None) -> Iterator[Judged]:
    """Every device with what its checks say."""
    router, year = site.router, None if on is None else on.year
    holes = holes_of(None, router.model, router.firmware, router.build, platform=router.platform, on=on)
    yield "router", "router", router, router_findings(router, holes), holes
    for name, switch in site.switches.items():
        yield name, "switch", switch, switch_findings(switch), ()
    for name, nvr in site.nvrs.items():
        holes = holes_of(nvr.vendor, nvr.model, nvr.firmware, nvr.build, on=on)
        yield name, "nvr", nvr, nvr_findings(site, nvr, holes, year), holes
    for name, camera in site.cameras.items():
        holes = holes_of(camera.vendor, camera.model, camera.firmware, camera.build, on=on)
        yield name, "camera", camera, camera_findings(site, name, streams, holes, year), holes
    for name, other in site.others.items():
        holes = holes_of(None, other.model, other.firmware, other.build, maker=other.maker, on=on)
        yield name, "other", other, other_findings(other, holes), holes


def _worst(findings: Sequence[Finding]) -> Decision:
    return max((finding.decision for finding in findings), key=lambda decision: LETTERS[decision], default="keep")


def _reasons(device: Device, findings: Sequence[Finding]) -> tuple[Reason, ...]:
    ordered = sorted(findings, key=lambda finding: LETTERS[finding.decision], reverse=True)
    reasons = tuple(finding.reason for finding in ordered)
    if device.reuse is None:
        return reasons
    return (Reason("by_people", {"reason": device.reuse.reason, "letter": LETTERS[_worst(findings)]}), *reasons)


def _price_key(device: Device, role: Role) -> PriceItem | None:
    """Which price a new one has; None for what isn't replaced by one of ours."""
    return PRICED.get(device.kind if isinstance(device, Other) else role)


def _bought(device: Device, role: Role, decision: Decision) -> Counter[PriceItem]:
    """What is bought for a device: another one, a small router behind a box that can't hold the tunnel, disks."""
    key = _price_key(device, role)
    if decision not in STAYS:
        return Counter({key: 1}) if key is not None else Counter()
    if decision == "keep":
        return Counter()
    if isinstance(device, Router) and needs_box(device):
        return Counter({"router": 1})
    failing_tb = [math.ceil(disk.size_gb / 1000) for disk in device.disks if disk.health == "failing"] if isinstance(device, Nvr) else []
    return Counter({"disk_tb": sum(failing_tb)}) if failing_tb else Counter()


def _additions(site: Site, cameras: int, ports: int) -> Counter[PriceItem]:
    switches = math.ceil(short_ports(site, ports) / ADDED_SWITCH_PORTS)
    return +Counter[PriceItem](
        {"camera": cameras, "switch": switches, "ups": int(site.power.ups is False)}
    )  # what isn't needed has no place on a bill


def _visit(devices: Sequence[DevicePlan]) -> Counter[PriceItem]:
    """One visit an office: with firmware to upgrade, or only to set things up. What is bought is priced mounted."""
    decisions = {device.decision for device in devices}
    visits: Mapping[Decision, PriceItem] = {"upgrade": "visit_firmware", "reconfigure": "visit_reconfigure"}
    return Counter([visit for decision, visit in visits.items() if decision in decisions][:1])


def _cost(bill: Mapping[PriceItem, int], prices_vnd: Mapping[PriceItem, int]) -> int:
    return sum(count * prices_vnd.get(key, 0) for key, count in bill.items())
