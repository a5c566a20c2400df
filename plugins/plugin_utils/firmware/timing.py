"""When a site's devices may be upgraded: inside its maintenance window, with time enough, and in no announced power cut. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ..model import Province
from ..waves import within
from .catalogue import Image

# An upload isn't as fast as the line, and the device looks at the file before it restarts.
OVERHEAD_SECONDS, SHARE_OF_LINE = 30.0, 0.5


@dataclass(frozen=True)
class Outage:
    """An announced power cut: ISO 8601 in the province's own time."""

    since: str
    until: str
    why: str


@dataclass(frozen=True)
class Circumstances:
    """What a site's devices are upgraded under: window ``HH:MM-HH:MM``, power cuts, and Mbit/s that the line has free towards the site."""

    timezone: str
    window: str
    down_mbps: float
    outages: tuple[Outage, ...] = ()

    @property
    def now(self) -> datetime:
        """The time at the site."""
        return datetime.now(ZoneInfo(self.timezone)).replace(tzinfo=None)

    def plain(self) -> dict[str, Any]:
        """As JSON types, for a variable."""
        return asdict(self)

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Circumstances:
        """Of a variable."""
        return cls(**{**said, "outages": tuple(Outage(**one) for one in said.get("outages") or ())})


def circumstances(province: Province, site: str) -> Circumstances:
    """Those of a site. A line that office work fills has a twentieth left."""
    place, zone = province.sites[site], ZoneInfo(province.timezone)
    free = max(max(line.down_mbps - line.office_down_mbps, line.down_mbps / 20) for line in place.lines.values())
    outages = tuple(Outage(_local(one.since, zone), _local(one.until, zone), one.why) for one in place.power.outages)
    return Circumstances(province.timezone, place.policy.maintenance, free, outages)


def _local(moment: datetime, zone: ZoneInfo) -> str:
    return (moment.astimezone(zone).replace(tzinfo=None) if moment.tzinfo else moment).isoformat(timespec="minutes")


def upload_seconds(image: Image, around: Circumstances) -> float:
    """How long sending takes, estimated."""
    return OVERHEAD_SECONDS + image.size_bytes * 8 / 1e6 / (around.down_mbps * SHARE_OF_LINE)


def needed_seconds(images: Iterable[Image], around: Circumstances) -> float:
    """How long a device's way takes, at most."""
    return sum(upload_seconds(image, around) + image.reboot_seconds for image in images)


def power_cut(around: Circumstances, now: datetime, seconds: float) -> str | None:
    """The announced power cut that something of so many seconds would run into; None when there is none."""
    end = now + timedelta(seconds=seconds)
    for outage in around.outages:
        if now < datetime.fromisoformat(outage.until) and end > datetime.fromisoformat(outage.since):
            return f"the power is announced to be cut from {outage.since} to {outage.until} ({outage.why})"
    return None


def hindrance(around: Circumstances, now: datetime, seconds: float) -> str | None:
    """Why something of so many seconds may not begin now; None when it may. ``now`` is the site's own time."""
    cut = power_cut(around, now, seconds)
    if cut is not None:
        return cut
    if not within(around.window, f"{now:%H:%M}"):
        return f"it waits for its window, {around.window}"
    left = _seconds_left(around.window, now)
    if left is not None and seconds > left:
        return f"it needs {_minutes(seconds)} min and its window, {around.window}, has {_minutes(left)} left"
    return None


def _seconds_left(window: str, now: datetime) -> float | None:
    """Of an open window; None of one that never closes."""
    begins, ends = window.split("-")
    if begins == ends:
        return None
    hour, minute = map(int, ends.split(":"))
    closes = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    return (closes + timedelta(days=closes <= now) - now).total_seconds()


def _minutes(seconds: float) -> int:
    return max(1, round(seconds / 60))
