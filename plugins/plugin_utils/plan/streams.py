"""What each camera may send over the line that its site has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ..model import Province, Site
from .tunnels import Tunnel

# Bytes on the line for each byte of video through a tunnel: RTP, TCP, IP, WireGuard, UDP, IP. House figure of the planners.
WIRE_FACTOR = 1.15
GOP_SECONDS = 2


@dataclass(frozen=True)
class Step:
    """One step of the ladder: a stream as it is set on a device. ``bitrate_kbps`` is the cap, not an average."""

    codec: str
    width: int
    height: int
    fps: int
    bitrate_kbps: int

    @property
    def line_kbps(self) -> float:
        """What the step takes of a line, tunnel included."""
        return self.bitrate_kbps * WIRE_FACTOR


# Lowest first. H.264 at the same rate would look half as good: see docs/decisions.
LADDER = (
    Step("h265", 640, 360, 15, 256),
    Step("h265", 1280, 720, 12, 512),
    Step("h265", 1920, 1080, 10, 768),
    Step("h265", 1920, 1080, 15, 1024),
    Step("h265", 1920, 1080, 25, 2048),
)
SUB_STREAM = Step("h264", 640, 360, 12, 256)  # for the site's own screens; it doesn't leave the site


@dataclass(frozen=True)
class SiteStreams:
    """The streams of a site's cameras and what they take of the line. A camera that is absent sends none: the line is too small."""

    line: str
    share: float
    limit_kbps: float
    office_kbps: float
    cameras: Mapping[str, Step]

    @property
    def video_limit_kbps(self) -> float:
        """What is left for video within the line's share once the office has had its own."""
        return max(0.0, self.limit_kbps - self.office_kbps)

    @property
    def video_kbps(self) -> float:
        """What all the site's streams take of the line at most."""
        return sum(step.line_kbps for step in self.cameras.values())


def plan_streams(province: Province, tunnels: Mapping[str, Tunnel]) -> Mapping[str, SiteStreams]:
    """The streams of every site, by site id: ``office + sum(cap * wire) <= share * measured uplink``."""
    return {name: _site(site, tunnels[name].line) for name, site in province.sites.items()}


def _site(site: Site, line_name: str) -> SiteStreams:
    line = site.lines[line_name]
    share: float = getattr(site.policy.line_share, line.kind)
    empty = SiteStreams(line_name, share, share * line.up_mbps * 1000, line.office_up_mbps * 1000, {})
    return SiteStreams(line_name, share, empty.limit_kbps, empty.office_kbps, _climb(site, empty.video_limit_kbps))


def _climb(site: Site, limit_kbps: float) -> dict[str, Step]:
    """Raise everybody one step at a time, priority cameras first, while the sum stays within the limit."""
    order = sorted(site.cameras, key=lambda name: (site.cameras[name].camera_class != "priority", name))
    chosen: dict[str, Step] = {}
    for step in LADDER:
        for name in order:
            others = sum(other.line_kbps for camera, other in chosen.items() if camera != name)
            below = LADDER[LADDER.index(step) - 1] if step is not LADDER[0] else None
            if chosen.get(name) == below and others + step.line_kbps <= limit_kbps:
                chosen[name] = step
    return chosen
