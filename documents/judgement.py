"""How each place stands: its worst state, and every reason for it, worst first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Decision

from .rows.lines import Used
from .rows.storage import is_short
from .rows.survey import UNKNOWN
from .subject import Subject, devices

# Worst first. What nobody knows is never ready.
STATES = ("bad", "work", "unknown", "good")


@dataclass(frozen=True)
class Remark:
    """One reason: how bad it is, how much it weighs among places of the same state, and its words."""

    state: str
    weight: float
    text: str


@dataclass(frozen=True)
class Judgement:
    """A place's state and the reasons for it."""

    site: str
    state: str
    remarks: tuple[Remark, ...]

    @property
    def weight(self) -> tuple[int, float]:
        """Larger is worse."""
        return -STATES.index(self.state), sum(remark.weight for remark in self.remarks)


def judged(subject: Subject) -> Mapping[str, Judgement]:
    """Every place's judgement, by site id."""
    return {name: _judge(subject, name) for name in subject.province.sites}


def worst(judgements: Mapping[str, Judgement], how_many: int) -> list[Judgement]:
    """The worst places that aren't ready, worst first."""
    order = sorted((one for one in judgements.values() if one.state != "good"), key=lambda one: one.site)
    return sorted(order, key=lambda one: one.weight, reverse=True)[:how_many]


def _judge(subject: Subject, name: str) -> Judgement:
    found = sorted((*_lines(subject, name), *_devices(subject, name)), key=lambda one: (STATES.index(one.state), -one.weight))
    return Judgement(name, found[0].state if found else "good", tuple(found))


def _lines(subject: Subject, name: str) -> Iterator[Remark]:
    speech, streams, site = subject.speech, subject.plan.streams[name], subject.province.sites[name]

    def say(key: str, **values: object) -> str:
        return speech.word("judged", key, **values)

    for line, plan in streams.lines.items():
        one = Used(name, line, plan)
        if not one.ok:
            yield Remark("bad", 100, say("over", line=line, kbps=speech.number(-one.margin_kbps)))
        if not plan.measured or (streams.screens_asked and site.lines[line].p95_down_mbps is None):
            yield Remark("unknown", 3, say("unmeasured", line=line))
    if streams.silent:
        yield Remark("bad", 50 + 5 * len(streams.silent), say("silent", n=len(streams.silent), cameras=len(site.cameras)))
    stills = sum(not chosen.step.moving for chosen in streams.cameras.values())
    if stills:
        yield Remark("bad", 30 + 2 * stills, say("stills", n=stills))
    if streams.screens < streams.screens_asked:
        yield Remark("work", 6, say("screens", screens=streams.screens, asked=streams.screens_asked))
    for key in site.nvrs:
        edge = subject.plan.storage.recorders[device_host(name, key)]
        if is_short(edge):
            yield Remark("work", 4, say("recorder", recorder=key, days=speech.number(edge.days or 0, 1), asked=edge.days_asked))


WORK: Mapping[Decision, tuple[str, float]] = {"replace": ("bad", 20), "upgrade": ("work", 5), "excluded": ("work", 8)}


def _devices(subject: Subject, name: str) -> Iterator[Remark]:
    speech, site, reuse = subject.speech, subject.province.sites[name], subject.plan.reuse[name]
    decided = Counter(device.decision for device in reuse.devices)
    for decision, (state, weight) in WORK.items():
        if decided[decision]:
            yield Remark(state, weight * decided[decision], speech.word("judged", decision, n=decided[decision]))
    if reuse.unwatched:
        zones = ", ".join(speech.word("zones", zone).lower() for zone in reuse.unwatched)
        yield Remark("work", 10 * len(reuse.unwatched), speech.word("judged", "unwatched", zones=zones))
    if site.compliance.open_to_internet:
        yield Remark("bad", 40, speech.word("judged", "open"))
    unknown = sum(UNKNOWN["model"](one.device) or UNKNOWN["firmware"](one.device) for one in devices(name, site))
    if unknown:
        yield Remark("unknown", unknown, speech.word("judged", "unknown_devices", n=unknown))
