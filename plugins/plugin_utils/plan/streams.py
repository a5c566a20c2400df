"""What each camera may send over the line that its site has, and what its leaders may watch over it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from ..model import Camera, Line, Policy, Province, Site
from .ladder import Option, Step, options
from .optimum import Offer, Taken, optimum
from .tunnels import Tunnel

# Bytes on the line for each byte of video through a tunnel: RTP, TCP, IP, WireGuard, UDP, IP. House figure of the planners.
WIRE_FACTOR = 1.15


@dataclass(frozen=True, slots=True)
class Direction:
    """One direction of a line: what its rule allows, and who uses it at the 95th percentile, in kbit/s on the wire."""

    limit_kbps: float
    office_kbps: float
    reserve_kbps: float
    video_kbps: float

    @property
    def video_limit_kbps(self) -> float:
        """What is left for always-on video."""
        return max(0.0, self.limit_kbps - self.office_kbps - self.reserve_kbps)

    @property
    def free_kbps(self) -> float:
        """What is left of it; below zero where the office alone is over the rule."""
        return self.limit_kbps - self.office_kbps - self.reserve_kbps - self.video_kbps

    @property
    def ok(self) -> bool:
        """Whether the rule is kept."""
        return self.free_kbps >= -1e-6


@dataclass(frozen=True, slots=True)
class LinePlan:
    """A line in use. ``night`` is the upward direction while the office is silent and the day's gaps are brought in.

    ``measured`` says that the office's own traffic was counted; else half the line was taken for it.
    """

    share: float
    measured: bool
    up: Direction
    down: Direction
    night: Direction

    @property
    def shaped_kbps(self) -> float:
        """What the video class of the line may take: its streams and what somebody asks for on demand."""
        return self.up.video_limit_kbps + self.up.reserve_kbps


@dataclass(frozen=True, slots=True)
class CameraStream:
    """What one camera sends to the centre: the step, the device's stream that carries it, the line.

    ``recorder_kbps`` is (today, planned) where the site's own recorder records the main stream and it is lowered. ``vms`` pulls it from the
    device besides the centre.
    """

    step: Step
    stream: str
    line: str
    at_most: Step
    recorder_kbps: tuple[int, int] | None = None
    vms: str | None = None

    @property
    def kbps(self) -> int:
        """What it takes of the line, before the wire's own share."""
        return _kbps(self.step, self.vms)


@dataclass(frozen=True, slots=True)
class NextStep:
    """What one more step would need: the upward rate of a line, in Mbit/s."""

    camera: str
    step: Step
    line: str
    mbps: float


@dataclass(frozen=True, slots=True)
class SiteStreams:
    """The streams of a site. A camera that is absent sends none: the line is too small, or it can do no step of the ladder.

    ``binding`` is the constraint that holds back the next step: the line upwards (``up``), the night in which gaps are brought in
    (``night``), what the devices can do (``device``), the leaders' pictures downwards (``down``), or ``none``. ``other_line`` is one that
    isn't in use yet and would raise the streams. ``standby`` are the lines that take over when the first is cut, with the same streams:
    one that isn't ``ok`` would squeeze them, because the office keeps its part. ``squeezed`` are the cameras that send less, or nothing,
    because a VMS pulls directly from the site.
    """

    cameras: Mapping[str, CameraStream]
    lines: Mapping[str, LinePlan]
    silent: tuple[str, ...]
    binding: str
    next_step: NextStep | None = None
    other_line: str | None = None
    standby: Mapping[str, LinePlan] = field(default_factory=dict)
    screens: int = 0
    screens_asked: int = 0
    squeezed: tuple[str, ...] = ()

    @property
    def video_kbps(self) -> float:
        """What all the site's streams take of its lines at most."""
        return sum(line.up.video_kbps for line in self.lines.values())


def plan_streams(province: Province, tunnels: Mapping[str, tuple[Tunnel, ...]]) -> Mapping[str, SiteStreams]:
    """The streams of every site, by site id: in each direction ``office + reserve + sum(cap * wire) <= share * measured rate``."""
    pulled = _pulled(province)
    upwards = {name: _with_standby(site, tunnels[name], pulled[name]) for name, site in province.sites.items()}
    screens_kbps = _screens(province, _peaks(province, upwards))
    return {name: _downwards(upwards[name], screens_kbps.get(name, ())) for name in province.sites}


# --- upwards: what the cameras send -------------------------------------------------------------------------------------


def _pulled(province: Province) -> Mapping[str, Mapping[str, str]]:
    """Which VMS pulls a camera from its device, by site and camera; load made sure that there is one at most."""
    found = defaultdict[str, dict[str, str]](dict)
    for vms, value in province.vms.items():
        if value.way == "direct":
            for name, camera in province.cameras_of(vms):
                found[name][camera] = vms
    return found


def _kbps(step: Step, vms: str | None) -> int:
    """What a stream takes of the line: twice its cap where a VMS pulls it as well; nobody but the centre fetches pictures now and then."""
    return step.bitrate_kbps * (1 + (vms is not None and step.moving))


def _with_standby(site: Site, tunnels: Sequence[Tunnel], pulled: Mapping[str, str]) -> SiteStreams:
    """Everything goes over the line that is taken first; what the others would carry is the same."""
    first, *others = dict.fromkeys(tunnel.line for tunnel in tunnels)
    streams = _upwards(site, (first,), pulled)
    if pulled:
        alone = _upwards(site, (first,), {}).cameras
        less = [key for key, one in alone.items() if key not in streams.cameras or streams.cameras[key].step != one.step]
        streams = replace(streams, squeezed=tuple(less))
    return replace(streams, standby={line: _Room.of(site.lines[line], site.policy).plan(streams.video_kbps) for line in others})


def _upwards(site: Site, lines: tuple[str, ...], pulled: Mapping[str, str]) -> SiteStreams:
    able = {name: options(site, site.cameras[name]) for name in _by_weight(site)}
    rooms = {line: _Room.of(site.lines[line], site.policy) for line in lines}
    chosen = _choose(site, able, rooms, pulled)
    taken = {line: sum(one.kbps for one in chosen.values() if one.line == line) * WIRE_FACTOR for line in lines}
    streams = SiteStreams(
        cameras={name: chosen[name] for name in site.cameras if name in chosen},
        lines={line: room.plan(taken[line]) for line, room in rooms.items()},
        silent=tuple(name for name in site.cameras if name not in chosen),
        binding="none",
    )
    waiting = [name for name, offers in able.items() if offers and (name not in chosen or chosen[name].step != offers[-1].step)]
    if not waiting:
        top = all(one.step.height == 1080 and one.step.fps == 25 for one in chosen.values()) and not streams.silent
        return replace(streams, binding="none" if top else "device")
    return replace(
        streams,
        binding=min((rooms[line].tightest(taken[line]) for line in lines), key=lambda found: found[1])[0],
        next_step=_next_step(able, chosen, rooms, taken, waiting, pulled),
        other_line=_other_line(site, lines, able, waiting, pulled),
    )


def _by_weight(site: Site) -> list[str]:
    return sorted(site.cameras, key=lambda name: (-_weight(site.cameras[name]), name))


def _weight(camera: Camera) -> float:
    return camera.policy.class_weights.get(camera.camera_class, 1.0)


@dataclass(frozen=True)
class _Room:
    """A line's room for streams: what its rule leaves, by day and by night."""

    line: Line
    share: float
    limit_kbps: float
    office_kbps: float
    reserve_kbps: float
    backfill: float  # what the night carries besides, as a part of the streams

    @classmethod
    def of(cls, line: Line, policy: Policy) -> _Room:
        share: float = getattr(policy.line_share, line.kind)
        reserve = policy.reserve
        return cls(
            line=line,
            share=share,
            limit_kbps=share * line.up_mbps * 1000,
            office_kbps=(line.office_up_mbps + line.vms_pull_mbps) * 1000,
            reserve_kbps=reserve.on_demand_kbps * WIRE_FACTOR,
            backfill=reserve.backfill_hours / reserve.night_hours,
        )

    @property
    def day_kbps(self) -> float:
        return max(0.0, self.limit_kbps - self.office_kbps - self.reserve_kbps)

    @property
    def night_kbps(self) -> float:
        """What the streams alone may take at night, so that streams and backfill together keep the rule."""
        return max(0.0, self.limit_kbps - self.line.vms_pull_mbps * 1000 - self.reserve_kbps) / (1 + self.backfill)

    @property
    def capacity_kbps(self) -> float:
        """The sum of caps that the line carries."""
        return min(self.day_kbps, self.night_kbps) / WIRE_FACTOR

    def tightest(self, video_kbps: float) -> tuple[str, float]:
        """Which of day and night leaves less, and how much."""
        return min((("up", self.day_kbps - video_kbps), ("night", self.night_kbps - video_kbps)), key=lambda found: found[1])

    def needed_mbps(self, video_kbps: float) -> float:
        """The line's rate with which so much video keeps the rule."""
        day = self.office_kbps + self.reserve_kbps + video_kbps
        night = self.line.vms_pull_mbps * 1000 + self.reserve_kbps + video_kbps * (1 + self.backfill)
        return max(day, night) / self.share / 1000

    def plan(self, video_kbps: float) -> LinePlan:
        down_kbps = self.share * self.line.down_mbps * 1000
        return LinePlan(
            share=self.share,
            measured=self.line.p95_up_mbps is not None,
            up=Direction(self.limit_kbps, self.office_kbps, self.reserve_kbps, video_kbps),
            down=Direction(down_kbps, self.line.office_down_mbps * 1000, 0.0, 0.0),
            night=Direction(self.limit_kbps, self.line.vms_pull_mbps * 1000, self.reserve_kbps, video_kbps * (1 + self.backfill)),
        )


def _choose(
    site: Site, able: Mapping[str, Sequence[Option]], rooms: Mapping[str, _Room], pulled: Mapping[str, str]
) -> dict[str, CameraStream]:
    offers = tuple(
        tuple(Offer(_kbps(option.step, pulled.get(name)), option.use * _weight(site.cameras[name])) for option in able[name])
        for name in able
    )
    names, lines = list(able), list(rooms)
    taken = optimum(offers, tuple(rooms[line].capacity_kbps for line in lines))
    return {
        name: _stream(site.cameras[name], able[name], lines, one, pulled.get(name))
        for name, one in zip(names, taken, strict=True)
        if one is not None
    }


def _stream(camera: Camera, able: Sequence[Option], lines: Sequence[str], taken: Taken, vms: str | None) -> CameraStream:
    option = able[taken.offer]
    today = camera.streams["main"].bitrate_kbps if "main" in camera.streams else None
    records_it = camera.recording_channel is not None and option.stream == "main" and option.step.moving
    planned = option.step.bitrate_kbps
    cost = (today, planned) if records_it and today is not None and today > planned else None
    return _same(option.step, option.stream, lines[taken.line], able[-1].step, cost, vms)


@lru_cache(maxsize=4096)
def _same(step: Step, stream: str, line: str, at_most: Step, recorder_kbps: tuple[int, int] | None, vms: str | None) -> CameraStream:
    """One value for all cameras that send alike."""
    return CameraStream(step, stream, line, at_most, recorder_kbps, vms)


def _next_step(
    able: Mapping[str, Sequence[Option]],
    chosen: Mapping[str, CameraStream],
    rooms: Mapping[str, _Room],
    taken: Mapping[str, float],
    waiting: Iterable[str],
    pulled: Mapping[str, str],
) -> NextStep:
    """The step that needs the smallest rise of a line; where the rise is equal, the camera that counts most."""

    def steps() -> Iterable[NextStep]:
        for name in waiting:
            ladder = [option.step for option in able[name]]
            now = chosen.get(name)
            step = ladder[0] if now is None else next(after for before, after in pairwise(ladder) if before == now.step)
            more_kbps = (_kbps(step, pulled.get(name)) - (0 if now is None else now.kbps)) * WIRE_FACTOR
            for line in rooms if now is None else (now.line,):
                yield NextStep(name, step, line, rooms[line].needed_mbps(taken[line] + more_kbps))

    return min(steps(), key=lambda step: step.mbps - rooms[step.line].line.up_mbps)


def _other_line(
    site: Site, lines: tuple[str, ...], able: Mapping[str, Sequence[Option]], waiting: Iterable[str], pulled: Mapping[str, str]
) -> str | None:
    """The best line that isn't in use, where it alone would carry some camera at a step that it doesn't have now."""
    others = sorted(set(site.lines) - set(lines), key=lambda name: (-site.lines[name].up_mbps, name))
    if not others:
        return None
    capacity_kbps = _Room.of(site.lines[others[0]], site.policy).capacity_kbps
    return others[0] if any(_kbps(able[name][-1].step, pulled.get(name)) <= capacity_kbps for name in waiting) else None


# --- downwards: what the leaders watch ----------------------------------------------------------------------------------


def _peaks(province: Province, upwards: Mapping[str, SiteStreams]) -> Mapping[str, float]:
    """The largest stream of each site and everything below it, on the wire, by site id."""
    own = {name: max((one.step.bitrate_kbps for one in streams.cameras.values()), default=0) for name, streams in upwards.items()}
    peaks = dict(own)
    for name in province.sites:
        for above in province.ancestors(name):
            peaks[above] = max(peaks[above], own[name])
    return {name: kbps * WIRE_FACTOR for name, kbps in peaks.items()}


def _screens(province: Province, peaks_kbps: Mapping[str, float]) -> Mapping[str, list[float]]:
    """What each live picture that is asked for at a site takes of its line, by site id: the largest of those that it may show."""
    asked = defaultdict[str, list[float]](list)
    for viewer in province.viewers.values():
        if viewer.sits_at is not None:
            peak = max(peaks_kbps.values()) if viewer.watches == "all" else peaks_kbps[viewer.watches]
            asked[viewer.sits_at] += [peak] * viewer.screens
    for name, site in province.sites.items():
        wished = site.needs.leaders_watch - len(asked.get(name, ()))
        if wished > 0:
            asked[name] += [peaks_kbps[name]] * wished
    return asked


def _downwards(streams: SiteStreams, asked: Sequence[float]) -> SiteStreams:
    """Grant the leaders who sit at the site as many pictures as its line carries; a picture from their own site comes back as well."""
    if not asked:
        return streams
    line, plan = next(iter(streams.lines.items()))
    granted_kbps: list[float] = []
    for kbps in asked:
        if sum(granted_kbps) + kbps <= plan.down.video_limit_kbps:
            granted_kbps.append(kbps)
    down = replace(plan.down, video_kbps=sum(granted_kbps))
    short = len(granted_kbps) < len(asked)
    return replace(
        streams,
        lines={**streams.lines, line: replace(plan, down=down)},
        screens=len(granted_kbps),
        screens_asked=len(asked),
        binding="down" if short and streams.binding in ("none", "device") else streams.binding,
    )
