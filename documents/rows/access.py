"""Centres, viewers, waves, and the sentences on security, as rows and sentences."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from ansible_collections.motcua.cctv.plugins.plugin_utils.plan.matrix import plan_matrix

from ..subject import Subject
from ..tables import Row
from .survey import LEVELS


def centre_rows(subject: Subject) -> Iterator[Row]:
    """The centres and what they are for."""
    for centre in subject.province.centres.values():
        yield {"name": centre.name, "role": subject.speech.word("centres", centre.kind), "address": str(centre.address)}


def viewer_rows(subject: Subject) -> Iterator[Row]:
    """Who watches what, and from where. Leaders who watch their own place and all below it are counted together, level by level."""
    speech = subject.speech
    leaders: Counter[tuple[str, int, str]] = Counter()
    for name, viewer in subject.province.viewers.items():
        if viewer.kind == "leader" and viewer.sits_at is not None and viewer.watches == viewer.sits_at:
            leaders[subject.province.sites[viewer.sits_at].level, viewer.screens, sees(subject, name)] += 1
            continue
        everything = viewer.watches == "all"
        yield {
            "name": subject.shortened(viewer.name),
            "watches": speech.word("totals", "everything") if everything else subject.short(viewer.watches),
            "sees": sees(subject, name),
            "screens": viewer.screens,
            "sits_at": speech.word("totals", "at_centre") if viewer.sits_at is None else subject.short(viewer.sits_at),
        }
    for level in LEVELS:
        for (at, pictures, what), count in sorted(leaders.items()):
            if at == level:
                name = speech.word("viewers", "leaders", level=speech.word("levels", level).lower(), n=speech.number(count))
                places = {"watches": speech.word("viewers", "below"), "sits_at": speech.word("viewers", "there")}
                yield {"name": name, "screens": pictures, "sees": what, **places}
    for key, vms in subject.province.vms.items():
        cameras = len(list(subject.province.cameras_of(key)))
        yield {
            "name": speech.word("viewers", vms.way, name=vms.name),
            "watches": speech.word("viewers", "cameras", n=speech.number(cameras)),
            "screens": vms.streams or cameras,
            "sees": speech.word("sees", "live"),
            "sits_at": speech.word("totals", "at_centre"),
        }


def sees(subject: Subject, viewer: str) -> str:
    """Whether a viewer sees live pictures or recordings too, and by which agreement from when until when."""
    speech, right = subject.speech, plan_matrix(subject.province)[viewer]
    what = speech.word("sees", "both" if right.playback else "live")
    agreement = subject.province.viewers[viewer].agreement
    if agreement is None:
        return what
    days = {"since": speech.day(agreement.since), "until": speech.day(agreement.until)}
    return speech.word("sees", "agreement", what=what, paper=agreement.paper, **days)


def right_rows(subject: Subject) -> Iterator[Row]:
    """The matrix for approval: a row for each viewer and each camera that they see. What has no row is refused."""
    speech, viewers = subject.speech, subject.province.viewers
    for name, right in plan_matrix(subject.province).items():
        agreement = viewers[name].agreement
        who: Row = {"viewer": name, "name": viewers[name].name, "viewer_kind": speech.word("kinds", viewers[name].kind)}
        seen = dict.fromkeys((*right.live, *right.playback))
        live, playback = set(right.live), set(right.playback)
        for site, host in ((site, f"{site}-{camera}") for site, value in subject.province.sites.items() for camera in value.cameras):
            if host in seen:
                yield {
                    **who,
                    "camera": host,
                    "place": subject.short(site),
                    "live": speech.known(host in live),
                    "recordings": speech.known(host in playback),
                    "since": right.since,
                    "until": right.until,
                    "paper": None if agreement is None else agreement.paper,
                }


def screens(subject: Subject) -> Iterator[str]:
    """How many of the leaders' pictures the lines carry."""
    streams, speech = subject.plan.streams, subject.speech
    asked = sum(one.screens_asked for one in streams.values())
    if not asked:
        return
    yield speech.word("screens", "all", asked=speech.number(asked), granted=speech.number(sum(one.screens for one in streams.values())))
    short = [name for name, one in streams.items() if one.screens < one.screens_asked]
    if short:
        yield speech.word("screens", "short", names=subject.some(short))


def wave_rows(subject: Subject) -> Iterator[Row]:
    """Places by wave."""
    waves: dict[int, list[str]] = defaultdict(list)
    for name, site in subject.province.sites.items():
        waves[site.wave].append(name)
    for wave, names in sorted(waves.items()):
        cameras = sum(len(subject.province.sites[name].cameras) for name in names)
        yield {"wave": wave, "sites": len(names), "cameras": cameras, "names": subject.some(names)}


def security(subject: Subject) -> Iterator[str]:
    """What the plan does for security, and what is open at the places."""
    speech, sites = subject.speech, subject.province.sites
    for key in ("level", "level3", "devices"):
        yield speech.word("security", key)
    flat = [name for name, site in sites.items() if site.isolation == "flat"]
    opened = [name for name, site in sites.items() if site.compliance.open_to_internet]
    for key, names in (("flat", flat), ("open", opened)):
        if names:
            yield speech.word("security", key, n=speech.number(len(names)), names=subject.some(names))
    decided = sum(site.compliance.level_decision is not None for site in sites.values())
    yield speech.word("security", "decisions", n=speech.number(decided), sites=speech.number(len(sites)))
