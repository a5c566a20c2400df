"""What there is, as rows: places, equipment, lines, and what nobody knows yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Camera, Device, Level, Line, Nvr, Other, Router, Site, Switch

from ..subject import Standing, Subject, devices, everything, maker
from ..tables import Row

LEVELS: tuple[Level, ...] = ("province", "district", "commune")


def counts(sites: Iterable[tuple[str, Site]]) -> Counter[str]:
    """How many devices of each role stand at some sites."""
    return Counter(standing.role for name, site in sites for standing in devices(name, site))


def level_rows(subject: Subject) -> Iterator[Row]:
    """Places and equipment of each level."""
    for level in LEVELS:
        sites = [(name, site) for name, site in subject.province.sites.items() if site.level == level]
        if sites:
            yield _counted(counts(sites), level=subject.speech.word("levels", level), sites=len(sites))
    if subject.province.sites:
        every = counts(subject.province.sites.items())
        yield _counted(every, level=subject.speech.word("totals", "all"), sites=len(subject.province.sites))


def _counted(found: Mapping[str, int], **more: str | int) -> Row:
    numbers = {"cameras": "camera", "recorders": "nvr", "routers": "router", "others": "other"}
    return {**more, **{field: found.get(role, 0) for field, role in numbers.items()}}


def maker_rows(subject: Subject) -> Iterator[Row]:
    """Cameras and recorders of each maker, the most frequent first; what can't join counts as well."""
    found: Counter[tuple[str, str]] = Counter()
    for standing in everything(subject.province):
        kind = standing.device.kind if isinstance(standing.device, Other) else standing.role
        if kind in ("camera", "nvr", "recorder"):
            found[maker(standing.device), "camera" if kind == "camera" else "nvr"] += 1
    makers = sorted({who for who, _ in found}, key=lambda who: (-found[who, "camera"] - found[who, "nvr"], who))
    for who in makers:
        cameras, recorders = found[who, "camera"], found[who, "nvr"]
        yield {"maker": who, "cameras": cameras, "recorders": recorders, "total": cameras + recorders}


def area_rows(subject: Subject) -> Iterator[Row]:
    """Places, equipment and unwatched zones of each area."""
    for area, names in subject.areas.items():
        unwatched = sum(len(subject.plan.reuse[name].unwatched) for name in names)
        found = counts((name, subject.province.sites[name]) for name in names)
        yield _counted(found, area=subject.area_name(area), sites=len(names), unwatched=unwatched)
    if len(subject.areas) > 1:
        unwatched = sum(len(one.unwatched) for one in subject.plan.reuse.values())
        every = counts(subject.province.sites.items())
        yield _counted(every, area=subject.speech.word("totals", "all"), sites=len(subject.province.sites), unwatched=unwatched)


def line_kind_rows(subject: Subject) -> Iterator[Row]:
    """Lines by kind: how many, between which rates, how many are measured, what they cost a month."""
    speech = subject.speech
    for kind in ("tslcd", "ftth"):
        lines = [line for site in subject.province.sites.values() for line in site.lines.values() if line.kind == kind]
        if lines:
            yield {
                "kind": speech.word("services", kind),
                "lines": len(lines),
                "up": _range(subject, [line.up_mbps for line in lines]),
                "measured": sum(_measured(line) for line in lines),
                "monthly": sum(line.monthly_vnd or 0 for line in lines) or None,
            }


def _range(subject: Subject, values: list[float]) -> str:
    ends = [subject.speech.number(value, 1) for value in (min(values), max(values))]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} – {ends[1]}"


def _measured(line: Line) -> bool:
    return line.p95_up_mbps is not None and line.p95_down_mbps is not None


# --- questions of the form, and what is missing -------------------------------------------------------------------------

QUESTIONS: Mapping[str, Callable[[Site], bool | None]] = {
    "ups": lambda site: site.power.ups,
    "surge_protection": lambda site: site.power.surge_protection,
    "rack_locked": lambda site: site.power.rack_locked,
    "passwords_changed": lambda site: site.compliance.passwords_changed,
    "shared_accounts": lambda site: site.compliance.shared_accounts,
    "open_to_internet": lambda site: site.compliance.open_to_internet,
    "sign_present": lambda site: site.compliance.sign_present,
    # A paper that nobody has named may still exist: its absence isn't known.
    "regulation": lambda site: True if site.compliance.regulation else None,
    "level_decision": lambda site: True if site.compliance.level_decision else None,
}


def answer_rows(subject: Subject) -> Iterator[Row]:
    """How many places said yes, no, or haven't been asked."""
    if not subject.province.sites:
        return
    for question, answer in QUESTIONS.items():
        said = Counter(answer(site) for site in subject.province.sites.values())
        yield {"question": subject.speech.word("questions", question), "yes": said[True], "no": said[False], "unknown": said[None]}


def _papers(device: Device) -> bool:
    return isinstance(device, Camera | Nvr)


# What is missing of a device: whether the question makes sense for it, and whether it is unanswered.
UNKNOWN: Mapping[str, Callable[[Device], bool]] = {
    "model": lambda device: not isinstance(device, Switch) and device.model is None,
    "firmware": lambda device: isinstance(device, Camera | Nvr | Router) and device.firmware is None,
    "serial": lambda device: device.serial is None,
    "conformity": lambda device: _papers(device) and device.conformity is None,
    "bought": lambda device: device.bought_year is None,
    "streams": lambda device: isinstance(device, Camera) and not device.streams,
    "zone": lambda device: isinstance(device, Camera) and device.zone is None,
    "disks": lambda device: isinstance(device, Nvr) and not device.disks,
}
UNKNOWN_OF_SITE: Mapping[str, Callable[[Site], int]] = {
    "p95": lambda site: sum(not _measured(line) for line in site.lines.values()),
    "coordinates": lambda site: site.coordinates is None,
    "survey": lambda site: site.office.surveyed is None,
}


def missing_rows(subject: Subject) -> Iterator[Row]:
    """What nobody knows yet: how often, and at how many places."""
    for what, unknown in UNKNOWN.items():
        without = [standing for standing in everything(subject.province) if unknown(standing.device)]
        if without:
            yield _missing(subject, what, len(without), len({standing.site for standing in without}))
    for what, count in UNKNOWN_OF_SITE.items():
        found = [count(site) for site in subject.province.sites.values() if count(site)]
        if found:
            yield _missing(subject, what, sum(found), len(found))


def _missing(subject: Subject, what: str, how_many: int, sites: int) -> Row:
    return {"what": subject.speech.word("missing", what), "devices": how_many, "sites": sites}


def missing_of(subject: Subject, name: str) -> Iterator[str]:
    """What nobody knows of one place, as sentences that name the devices."""
    site = subject.province.sites[name]
    for what, unknown in UNKNOWN.items():
        without = [label(subject, standing) for standing in devices(name, site) if unknown(standing.device)]
        if without:
            yield f"{subject.speech.word('missing', what)}: {', '.join(without)}."
    for what, count in UNKNOWN_OF_SITE.items():
        if count(site):
            yield f"{subject.speech.word('missing', what)}."


def label(subject: Subject, standing: Standing) -> str:
    """A device as a dossier names it: its id, and its name among people."""
    return f"{standing.key} ({standing.name or subject.speech.word('roles', standing.role)})"
