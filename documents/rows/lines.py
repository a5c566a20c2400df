"""Lines and streams, as rows and sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.ladder import Step
from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.streams import WIRE_FACTOR, CameraStream, Direction, LinePlan

from ..subject import Subject
from ..tables import Row

TIGHT = 10  # so many lines with the smallest margins are named


@dataclass(frozen=True)
class Used:
    """A line in use."""

    site: str
    line: str
    plan: LinePlan

    @property
    def margin_kbps(self) -> float:
        """What the tightest direction leaves; below zero where the rule is broken."""
        return min(direction.free_kbps for _, direction in self.directions)

    @property
    def directions(self) -> tuple[tuple[str, Direction], ...]:
        """Up, down and night."""
        return ("up", self.plan.up), ("down", self.plan.down), ("night", self.plan.night)

    @property
    def ok(self) -> bool:
        """Whether every direction keeps the rule."""
        return all(direction.ok for _, direction in self.directions)


def used(subject: Subject) -> Iterator[Used]:
    """Every line in use, site by site."""
    for name, streams in subject.plan.streams.items():
        for line, plan in streams.lines.items():
            yield Used(name, line, plan)


def sent(subject: Subject) -> Iterator[tuple[str, str, CameraStream]]:
    """Every camera that sends something: site, camera, stream."""
    for name, streams in subject.plan.streams.items():
        for camera, chosen in streams.cameras.items():
            yield name, camera, chosen


def silent(subject: Subject) -> list[tuple[str, str]]:
    """Every camera that sends nothing: site, camera."""
    return [(name, camera) for name, streams in subject.plan.streams.items() for camera in streams.silent]


def line_rows(subject: Subject, names: Iterable[str]) -> Iterator[Row]:
    """The budget of every line in use, kbit/s on the wire."""
    for name in names:
        streams = subject.plan.streams[name]
        for line, plan in streams.lines.items():
            office = subject.speech.number(plan.up.office_kbps)
            yield {
                "number": subject.province.sites[name].number,
                "site": subject.plain(name),
                "line": subject.line(name, line),
                "rate": subject.province.sites[name].lines[line].up_mbps,
                "limit": round(plan.up.limit_kbps),
                "office": office if plan.measured else f"{office}*",
                "reserve": round(plan.up.reserve_kbps),
                "video": round(plan.up.video_kbps),
                "free": round(plan.up.free_kbps),
                "binding": subject.speech.word("bindings", streams.binding),
            }


def tight_rows(subject: Subject) -> Iterator[Row]:
    """The lines with the smallest margins."""
    for one in tightest(subject)[:TIGHT]:
        yield {
            "site": subject.short(one.site),
            "line": subject.line(one.site, one.line),
            "margin": round(one.margin_kbps),
            "why": _why(subject, one),
        }


def tightest(subject: Subject) -> list[Used]:
    """Lines in use, the smallest margin first."""
    return sorted(used(subject), key=lambda one: (one.margin_kbps, one.site, one.line))


def _why(subject: Subject, one: Used) -> str:
    step = subject.plan.streams[one.site].next_step
    direction = min(one.directions, key=lambda found: found[1].free_kbps)[0]
    words = subject.speech.word("directions", direction).lower()
    if step is None or step.line != one.line:
        return words
    more = subject.speech.word("tight", "next", camera=step.camera, step=step.step.name, mbps=subject.speech.number(step.mbps, 1))
    return f"{words}; {more}"


def step_rows(subject: Subject) -> Iterator[Row]:
    """How many cameras send on which step, the highest first."""
    found: Counter[Step] = Counter(chosen.step for _, _, chosen in sent(subject))
    for step, cameras in sorted(found.items(), key=lambda one: (-one[0].bitrate_kbps, one[0].name)):
        yield {"step": step.name, "rate": step.bitrate_kbps, "cameras": cameras, "total": round(cameras * step.bitrate_kbps / 1000, 1)}
    if len(found) > 1:
        kbps = sum(step.bitrate_kbps * cameras for step, cameras in found.items())
        everybody = subject.speech.word("totals", "all")
        yield {"step": everybody, "rate": " ", "cameras": sum(found.values()), "total": round(kbps / 1000, 1)}


def findings(subject: Subject) -> Iterator[str]:
    """What the lines of the province come to."""
    speech, lines, sending = subject.speech, list(used(subject)), list(sent(subject))
    kbps = sum(chosen.step.bitrate_kbps for _, _, chosen in sending)

    def say(key: str, **values: object) -> str:
        return speech.word("line_findings", key, **values)

    yield say("use", lines=speech.number(len(lines)), video=speech.mbps(kbps), cameras=speech.number(len(sending)))
    over = [one for one in lines if not one.ok]
    yield say("over", n=speech.number(len(over)), names=subject.some(one.site for one in over)) if over else say("over_none")
    unmeasured = [one for one in lines if not one.plan.measured]
    if unmeasured:
        yield say("unmeasured", n=speech.number(len(unmeasured)))
    without = silent(subject)
    if without:
        yield say("silent", n=speech.number(len(without)), names=subject.some(dict.fromkeys(name for name, _ in without)))
    stills = sum(not chosen.step.moving for _, _, chosen in sending)
    if stills:
        yield say("stills", n=speech.number(stills))
    lowered = sum(chosen.recorder_kbps is not None for _, _, chosen in sending)
    if lowered:
        yield say("lowered", n=speech.number(lowered))
    bound = Counter(streams.binding for streams in subject.plan.streams.values())
    yield say("binding", **{key: speech.number(bound[key]) for key in ("up", "night", "down", "device", "none")})


def rules(subject: Subject) -> Iterator[str]:
    """The rule of each kind of line that is there, and the formula."""
    speech, share = subject.speech, subject.province.policy.line_share
    kinds = {line.kind for site in subject.province.sites.values() for line in site.lines.values()}
    for kind in ("tslcd", "ftth"):
        if kind in kinds:
            yield speech.word("rules", kind, share=speech.percent(getattr(share, kind)))
    yield speech.word("rules", "formula", wire=speech.number(WIRE_FACTOR, 2))


def notes(subject: Subject) -> Iterator[str]:
    """What the signs in the line table mean."""
    if any(not one.plan.measured for one in used(subject)):
        yield subject.speech.word("line_notes", "star")
    yield subject.speech.word("line_notes", "wire", wire=subject.speech.number(WIRE_FACTOR, 2))
