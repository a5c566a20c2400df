"""How much disk the footage needs, at the centre and in the sites' own recorders, and what fits on the disks that are there.

GB and TB are decimal, as disks are sold.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ..model import Camera, Disks, Nvr, Province, Site
from .ladder import RUNGS
from .streams import CameraStream, SiteStreams

GB_PER_DAY_PER_KBPS = 0.0108  # 86,400 s / 8 bits / 1,000,000
PARITY_DISKS = {"none": 0, "raid5": 1, "raid6": 2}  # of one group; raid1 keeps everything twice


@dataclass(frozen=True, slots=True)
class ClassStorage:
    """A class of cameras at the centre; ``days`` is the longest retention in it."""

    cameras: int
    kbps: int
    days: int
    gb: float


@dataclass(frozen=True, slots=True)
class CentreStorage:
    """The storage centre: ``gb`` once every camera's retention is full, ``grown_gb`` with growth and free space.

    ``days_on_existing`` is how long today's disks hold today's streams; None where nobody has said what they hold.
    """

    classes: Mapping[str, ClassStorage]
    cameras: int
    kbps: int
    gb: float
    grown_gb: float
    disks: int
    groups: int
    raw_tb: float
    write_mbytes_per_s: float
    write_limit_mbytes_per_s: float
    existing_gb: float | None
    days_on_existing: float | None
    line_mbps: float | None


@dataclass(frozen=True, slots=True)
class EdgeStorage:
    """One recorder at a site; ``days`` is what its disks hold, None where nobody has looked at them.

    ``measured`` says that the rates of all its streams are known; else the highest was taken for the others.
    """

    kbps: int
    measured: bool
    days_asked: int
    gb: float
    disks_gb: float
    days: float | None


@dataclass(frozen=True, slots=True)
class Storage:
    """The centre's, and each recorder's by host name."""

    centre: CentreStorage
    recorders: Mapping[str, EdgeStorage]


def plan_storage(province: Province, streams: Mapping[str, SiteStreams]) -> Storage:
    """The disks of a province."""
    recorders = {
        f"{name}-{key}": _edge(site, key, nvr, streams[name]) for name, site in province.sites.items() for key, nvr in site.nvrs.items()
    }
    return Storage(_centre(province, streams), recorders)


def _centre(province: Province, streams: Mapping[str, SiteStreams]) -> CentreStorage:
    sent = list(_sent(province, streams))
    classes: dict[str, ClassStorage] = {
        name: _class([one for one in sent if one[0].camera_class == name]) for name in sorted({one[0].camera_class for one in sent})
    }
    kbps, gb = sum(one.kbps for one in classes.values()), sum(one.gb for one in classes.values())
    disks, (_, centre) = province.disks, province.storage_centre()
    growth: float = (1 + disks.growth_percent_per_year / 100) ** disks.years
    grown_gb = gb * growth / (1 - disks.free_percent / 100)
    written = kbps * growth / 8 / 1000
    groups, data_disks = _groups(disks, grown_gb, written)
    return CentreStorage(
        classes=classes,
        cameras=len(sent),
        kbps=kbps,
        gb=gb,
        grown_gb=grown_gb,
        disks=groups * disks.group_disks,
        groups=groups,
        raw_tb=groups * disks.group_disks * disks.disk_tb,
        write_mbytes_per_s=written,
        write_limit_mbytes_per_s=groups * data_disks * disks.write_mbytes_per_disk,
        existing_gb=centre.footage_gb,
        days_on_existing=None if centre.footage_gb is None or not kbps else centre.footage_gb / (kbps * GB_PER_DAY_PER_KBPS),
        line_mbps=centre.line_mbps,
    )


def _sent(province: Province, streams: Mapping[str, SiteStreams]) -> Iterator[tuple[Camera, CameraStream]]:
    for name, site in province.sites.items():
        for key, chosen in streams[name].cameras.items():
            yield site.cameras[key], chosen


def _class(sent: Iterable[tuple[Camera, CameraStream]]) -> ClassStorage:
    rows = [(chosen.step.bitrate_kbps, camera.retention_days) for camera, chosen in sent]
    return ClassStorage(
        cameras=len(rows),
        kbps=sum(kbps for kbps, _ in rows),
        days=max(days for _, days in rows),
        gb=sum(kbps * GB_PER_DAY_PER_KBPS * days for kbps, days in rows),
    )


def _groups(disks: Disks, gb: float, mbytes_per_s: float) -> tuple[int, int]:
    """How many RAID groups hold and write so much, and how many disks' worth of data one of them has."""
    data = disks.group_disks // 2 if disks.raid == "raid1" else disks.group_disks - PARITY_DISKS[disks.raid]
    for_space = math.ceil(gb / (data * disks.disk_tb * 1000))
    for_writing = math.ceil(mbytes_per_s / (data * disks.write_mbytes_per_disk))
    return max(for_space, for_writing), data


def _edge(site: Site, key: str, nvr: Nvr, streams: SiteStreams) -> EdgeStorage:
    rates = [_recorded_kbps(camera, streams.cameras.get(name)) for name, camera in site.cameras.items() if _recorder(camera) == key]
    kbps, disks_gb = sum(kbps for kbps, _ in rates), sum(disk.size_gb for disk in nvr.disks if disk.health != "failing")
    return EdgeStorage(
        kbps=kbps,
        measured=all(measured for _, measured in rates),
        days_asked=site.policy.edge_days,
        gb=kbps * GB_PER_DAY_PER_KBPS * site.policy.edge_days,
        disks_gb=disks_gb,
        days=disks_gb / (kbps * GB_PER_DAY_PER_KBPS) if nvr.disks and kbps else None,
    )


def _recorder(camera: Camera) -> str | None:
    channel = camera.recording_channel
    return None if channel is None else channel.nvr


def _recorded_kbps(camera: Camera, chosen: CameraStream | None) -> tuple[int, bool]:
    """What a recorder stores of a camera, and whether that is known: its main stream, at the centre's rate where that one goes up."""
    if chosen is not None and chosen.stream == "main" and chosen.step.moving:
        return chosen.step.bitrate_kbps, True
    main = camera.streams.get("main")
    if main is None or main.bitrate_kbps is None:
        return RUNGS[-1][3], False
    return main.bitrate_kbps, True
