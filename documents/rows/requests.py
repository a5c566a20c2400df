"""Lines that are too small, and what to ask for."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Line
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.ladder import options
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.streams import WIRE_FACTOR, LinePlan, SiteStreams

from ..subject import Subject
from ..tables import Row


@dataclass(frozen=True)
class LineRequest:
    """One line, and the least rate in Mbit/s with which every camera sends video and the office keeps its part."""

    site: str
    line: str
    up_mbps: float
    down_mbps: float
    waiting: int  # cameras that send no video although they could
    over: bool


def requests(subject: Subject) -> tuple[LineRequest, ...]:
    """Every line that is too small: over its rule, too narrow for some camera's lowest video, or for the leaders' pictures."""
    return tuple(request for name in subject.province.sites for request in _of_site(subject, name))


def _of_site(subject: Subject, name: str) -> Iterator[LineRequest]:
    streams = subject.plan.streams[name]
    waiting = dict(_waiting(subject, name, streams))
    for index, (key, plan) in enumerate(streams.lines.items()):
        line = subject.province.sites[name].lines[key]
        # The first line is the one that the tunnel takes; what doesn't fit anywhere is asked of it, and the leaders watch over it.
        added_kbps = sum(waiting.values()) * WIRE_FACTOR if index == 0 else 0.0
        up_short = bool(added_kbps) or not (plan.up.ok and plan.night.ok)
        up = _more(line.up_mbps, line, _up_mbps(plan, added_kbps)) if up_short else line.up_mbps
        shown_kbps = _pictures_kbps(subject, name, grown=up_short) if index == 0 else 0.0
        down_needed = _down_mbps(plan, max(shown_kbps, plan.down.video_kbps))
        # Cameras that may send more are larger pictures on the leaders' screens.
        down_short = (
            not plan.down.ok or (index == 0 and streams.screens < streams.screens_asked) or (up_short and down_needed > line.down_mbps)
        )
        down = _more(line.down_mbps, line, down_needed) if down_short else line.down_mbps
        if up_short or down_short:
            yield LineRequest(name, key, up, down, len(waiting), over=not (plan.up.ok and plan.down.ok and plan.night.ok))


def _more(measured_mbps: float, line: Line, needed_mbps: int) -> int:
    """What to ask for: more than the contract promises, else the provider would only be asked to keep it."""
    return max(needed_mbps, math.floor(max(measured_mbps, line.contract_mbps or 0)) + 1)


def _waiting(subject: Subject, name: str, streams: SiteStreams) -> Iterator[tuple[str, int]]:
    """Cameras that send no video although they could, and the kbit/s that their lowest video takes more than what they send now."""
    site = subject.province.sites[name]
    for key, camera in site.cameras.items():
        chosen = streams.cameras.get(key)
        if chosen is not None and chosen.step.moving:
            continue
        moving = [option.step.bitrate_kbps for option in options(site, camera) if option.step.moving]
        if moving:
            yield key, moving[0] - (0 if chosen is None else chosen.step.bitrate_kbps)


def _up_mbps(plan: LinePlan, added_kbps: float) -> int:
    day = plan.up.office_kbps + plan.up.reserve_kbps + plan.up.video_kbps + added_kbps
    backfill = plan.night.video_kbps / plan.up.video_kbps if plan.up.video_kbps else 1.0
    night = plan.night.office_kbps + plan.night.reserve_kbps + (plan.up.video_kbps + added_kbps) * backfill
    return math.ceil(max(day, night) / plan.share / 1000)


def _down_mbps(plan: LinePlan, video_kbps: float) -> int:
    return math.ceil((plan.down.office_kbps + plan.down.reserve_kbps + video_kbps) / plan.share / 1000)


def _pictures_kbps(subject: Subject, name: str, *, grown: bool) -> float:
    """What all pictures that leaders ask for at a place take, each as large as the largest that it may show.

    ``grown``: the place's own cameras may climb to what they can do, because its line is to be enlarged upwards as well.
    """
    watched = {viewer.watches for viewer in subject.province.viewers.values() if viewer.sits_at == name} | {name}
    sites = [site for site in subject.province.sites if watched & {"all", site, *subject.province.ancestors(site)}]
    largest = max(_largest_kbps(subject, site, grown=grown and site == name) for site in sites)
    return largest * WIRE_FACTOR * subject.plan.streams[name].screens_asked


def _largest_kbps(subject: Subject, name: str, *, grown: bool) -> int:
    if grown:
        site = subject.province.sites[name]
        able = [options(site, camera) for camera in site.cameras.values()]
        return max((steps[-1].step.bitrate_kbps for steps in able if steps), default=0)
    return max((chosen.step.bitrate_kbps for chosen in subject.plan.streams[name].cameras.values()), default=0)


def request_rows(subject: Subject) -> Iterator[Row]:
    """The requests as the form asks them."""
    for number, request in enumerate(requests(subject), 1):
        line, speech = subject.province.sites[request.site].lines[request.line], subject.speech
        yield {
            "number": number,
            "site": subject.short(request.site),
            "service": f"{speech.word('services', line.kind)}, {line.provider}",
            "today": f"{speech.number(line.up_mbps, 1)} / {speech.number(line.down_mbps, 1)}",
            "asked": f"{speech.number(request.up_mbps, 1)} / {speech.number(request.down_mbps, 1)}",
            "why": "; ".join(_reasons(subject, request)),
        }


def _reasons(subject: Subject, request: LineRequest) -> Iterator[str]:
    line, speech, streams = subject.province.sites[request.site].lines[request.line], subject.speech, subject.plan.streams[request.site]
    if request.waiting:
        yield speech.word("requests", "silent", n=request.waiting)
    if request.over:
        yield speech.word("requests", "over")
    if streams.screens < streams.screens_asked:
        yield speech.word("requests", "screens", screens=streams.screens, asked=streams.screens_asked)
    if line.p95_up_mbps is None:
        yield speech.word("requests", "unmeasured")
    growth = max(request.up_mbps / line.up_mbps, request.down_mbps / line.down_mbps) - 1
    if growth > 0:
        yield speech.word("requests", "growth", percent=speech.percent(round(growth, 2)))
