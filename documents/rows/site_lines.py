"""A place's lines and streams, as rows and sentences of its dossier."""

from __future__ import annotations

from collections.abc import Iterator

from ..subject import Subject
from ..tables import Row
from .lines import Used


def line_rows(subject: Subject, name: str) -> Iterator[Row]:
    """The place's lines, in use or not."""
    speech, site, streams = subject.speech, subject.province.sites[name], subject.plan.streams[name]
    for key, line in site.lines.items():
        plan = streams.lines.get(key)
        if plan is None:
            use = speech.word("site_lines", "unused")
        else:
            measured = speech.word("totals", "yes_measured" if plan.measured else "not_measured")
            use = speech.word("site_lines", "used", share=speech.percent(plan.share), measured=measured)
        yield {
            "line": f"{key}: {subject.line(name, key)}",
            "rate": f"{speech.number(line.up_mbps, 1)} / {speech.number(line.down_mbps, 1)}",
            "used": use,
        }


def budget_rows(subject: Subject, name: str) -> Iterator[Row]:
    """The budget of each line in use, direction by direction, kbit/s on the wire."""
    for line, plan in subject.plan.streams[name].lines.items():
        for direction, found in Used(name, line, plan).directions:
            yield {
                "direction": f"{line}: {subject.speech.word('directions', direction).lower()}",
                "limit": round(found.limit_kbps),
                "office": round(found.office_kbps),
                "reserve": round(found.reserve_kbps),
                "video": round(found.video_kbps),
                "free": round(found.free_kbps),
            }


def line_findings(subject: Subject, name: str) -> Iterator[str]:
    """What binds, what one more step needs, and what isn't kept."""
    speech, streams = subject.speech, subject.plan.streams[name]

    def say(key: str, **values: object) -> str:
        return speech.word("site_lines", key, **values)

    for line, plan in streams.lines.items():
        for direction, found in Used(name, line, plan).directions:
            if not found.ok:
                words = speech.word("directions", direction).lower()
                yield say("over", line=line, over=speech.number(-found.free_kbps), direction=words)
        if not plan.measured:
            yield say("unmeasured", line=line)
    yield say(f"binding_{streams.binding}")
    step = streams.next_step
    if step is not None:
        yield say("next", camera=step.camera, step=step.step.name, line=step.line, mbps=speech.number(step.mbps, 1))
    if streams.other_line:
        yield say("other", line=streams.other_line)
    if streams.screens_asked:
        yield say("screens", screens=streams.screens, asked=streams.screens_asked)
    for line, plan in streams.standby.items():
        yield say("standby" if plan.up.ok else "standby_tight", line=line)
    for tunnel in subject.plan.tunnels[name]:
        yield say(tunnel.kind, hub=tunnel.hub, line=tunnel.line)


def stream_rows(subject: Subject, name: str) -> Iterator[Row]:
    """What each camera of a place sends."""
    speech, site, streams = subject.speech, subject.province.sites[name], subject.plan.streams[name]
    for key, camera in site.cameras.items():
        chosen = streams.cameras.get(key)
        yield {
            "camera": f"{key} ({camera.name})",
            "stream": speech.word("streams", chosen.stream) if chosen else None,
            "step": chosen.step.name if chosen else speech.word("drawing", "silent"),
            "rate": chosen.step.bitrate_kbps if chosen else 0,
            "at_most": chosen.at_most.name if chosen else None,
        }


def stream_notes(subject: Subject, name: str) -> Iterator[str]:
    """Cameras that send nothing, and what is lost at the place's recorders."""
    speech, streams = subject.speech, subject.plan.streams[name]
    if streams.silent:
        yield speech.word("site_lines", "silent", names=", ".join(streams.silent))
    for camera, chosen in streams.cameras.items():
        if chosen.recorder_kbps is not None:
            today, planned = (speech.number(kbps) for kbps in chosen.recorder_kbps)
            yield speech.word("site_lines", "lowered", camera=camera, today=today, planned=planned)
