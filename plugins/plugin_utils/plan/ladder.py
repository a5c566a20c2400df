"""The ladder: what a camera may send to the centre, from a picture now and then to a full stream, and which of it a camera can do."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from ..model import Camera, Site, StreamReport
from ..vendors import VENDORS

GOP_SECONDS = 2  # at most, so that a viewer who joins sees a picture within two seconds
STILL_SECONDS = 10  # between two pictures of the lowest step
NAMES = {"h264": "H.264", "h265": "H.265", "jpeg": "JPEG"}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the ladder: a stream as it is set on a device. ``bitrate_kbps`` is the cap, not an average."""

    codec: str
    width: int
    height: int
    fps: int
    bitrate_kbps: int

    @property
    def moving(self) -> bool:
        """Whether it is video; the lowest step is a still picture every ``STILL_SECONDS``."""
        return self.codec != "jpeg"

    @property
    def name(self) -> str:
        """As people write it: ``1080p15 H.265``."""
        return f"{self.height}p{self.fps} {NAMES[self.codec]}" if self.moving else f"JPEG / {STILL_SECONDS} s"


# (width, height, frames a second, kbit/s in H.265): domain.md's ladder, lowest first.
RUNGS = ((640, 360, 15, 256), (1280, 720, 12, 512), (1920, 1080, 10, 768), (1920, 1080, 15, 1024), (1920, 1080, 25, 2048))
STILLS = Step("jpeg", 1280, 720, 0, 120)
H265 = (STILLS, *(Step("h265", *rung) for rung in RUNGS))
H264 = (STILLS, *(Step("h264", width, height, fps, 2 * kbps) for width, height, fps, kbps in RUNGS))  # the same picture costs twice
# What a camera on this step is worth to those who watch. A first picture counts most; each further step less for each kbit/s, so
# that everybody has moving pictures before anybody has better ones, also beside cameras that count three times. House figures.
USE = (8.0, 20.0, 25.0, 27.0, 28.0, 29.0)
SUB_STREAM = Step("h264", 640, 360, 12, 256)  # for the site's own screens; it doesn't leave the site


@dataclass(frozen=True, slots=True)
class Option:
    """A step that a camera can do, the stream of the device that does it, and its worth."""

    step: Step
    stream: str
    use: float


def options(site: Site, camera: Camera) -> tuple[Option, ...]:
    """What a camera may send, lowest first; empty where it can do nothing of the ladder.

    Its main stream is touched last where a recorder of the site records it: what is lowered there is lost in those recordings.
    """
    vendor = site.nvrs[camera.through.nvr].vendor if camera.through else camera.vendor
    words = VENDORS[vendor].streams
    streams = ("third", "sub", "main") if camera.recording_channel is not None else ("main", "sub", "third")
    usable = tuple(name for name in streams if name == "main" or (name in words and camera.stream_path is None))
    return _options(usable, camera.policy.codec, tuple(sorted(camera.streams.items())))


@lru_cache(maxsize=4096)
def _options(streams: tuple[str, ...], codec: str, reports: tuple[tuple[str, StreamReport], ...]) -> tuple[Option, ...]:
    known = dict(reports)
    ladders = (H264,) if codec == "h264" else (H265, H264)
    for ladder in ladders:
        found = []
        for step, use in zip(ladder, USE, strict=True):
            able = [stream for stream in streams if _can(known.get(stream), step, nobody_looked=not known and stream == "main")]
            found += [Option(step, able[0], use)] if able else []
        if any(option.step.moving for option in found):
            return tuple(found)
    return ()


def _can(report: StreamReport | None, step: Step, *, nobody_looked: bool) -> bool:
    """Whether a stream can do a step. Where nobody has looked the main stream is taken to; the rollout says what it does instead."""
    if report is None:
        return nobody_looked
    if not step.moving:
        return True
    return step.codec in report.codecs and step.width <= report.width and step.height <= report.height and step.fps <= report.fps
