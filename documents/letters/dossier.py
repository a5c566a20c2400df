"""A place's dossier: the values of its template's placeholders, all of them text."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Site

from ..drawings.in_word import runs
from ..drawings.site_topology import site_topology
from ..rows import address as address_rows
from ..rows import storage as storage_rows
from ..rows.reuse import priced_names, sentence
from ..rows.site_lines import budget_rows, line_findings, line_rows, stream_notes, stream_rows
from ..rows.survey import QUESTIONS, label, missing_of
from ..subject import Subject, address, devices, make
from ..tables import Cell, Row, shown, table
from .province import frame


def dossier(subject: Subject, name: str) -> dict[str, Any]:
    """Everything that the dossier's template may name."""
    speech, site = subject.speech, subject.province.sites[name]
    rows = {
        "devices": device_rows(subject, name),
        "lines": line_rows(subject, name),
        "budget": budget_rows(subject, name),
        "streams": stream_rows(subject, name),
        "recorders": storage_rows.recorder_rows(subject, name),
        "addresses": address_rows.device_rows(subject, name),
    }
    zones = table(speech, "zones_of_site", _zone_rows(subject, name))
    return {
        **frame(subject, [site]),
        "site": site.name,
        "topology": [runs(site_topology(subject, name))],
        "about_site": list(_about(subject, name)),
        "zones": zones,
        **{field: table(speech, field, found) for field, found in rows.items()},
        "reasons": list(reasons(subject, name)),
        "costs": list(_costs(subject, name)),
        "lacks": [sentence(subject, reason) for reason in subject.plan.reuse[name].lacks],
        "line_findings": list(line_findings(subject, name)),
        "stream_notes": list(stream_notes(subject, name)),
        "answers": list(_answers(subject, site)),
        "needs": list(_needs(subject, site)),
        "unknown": list(_unknown(subject, name)) or [speech.word("unknown_nothing", "none")],
    }


def _facts(subject: Subject, name: str) -> Mapping[str, Cell]:
    speech, site, office = subject.speech, subject.province.sites[name], subject.province.sites[name].office
    unit = site.unit_on(subject.on)
    at, opening = site.coordinates, [time for time in (office.opens, office.closes) if time]
    return {
        "id": f"{name} ({site.number})",
        "level": speech.word("levels", site.level),
        "unit": None if unit is None else f"{unit.name} ({unit.code})",
        "parent": site.parent and subject.short(site.parent),
        "address": office.address,
        "coordinates": None if at is None else f"{at.latitude:.5f}; {at.longitude:.5f}",
        "contact": ", ".join(part for part in (office.contact, office.phone) if part),
        "counters": office.counters,
        "hours": " – ".join(opening),
        "surveyed": office.surveyed,
        "surveyed_by": office.surveyed_by,
        "confirmed_by": office.confirmed_by,
        "isolation": speech.word("isolations", site.isolation),
        "wave": site.wave,
    }


def _about(subject: Subject, name: str) -> Iterator[Row]:
    for what, value in _facts(subject, name).items():
        if value not in (None, ""):
            yield {"what": subject.speech.word("about", what), "value": shown(subject.speech, value)}


NEEDLESS = ("parent",)  # the highest place has nobody above


def _unknown(subject: Subject, name: str) -> Iterator[str]:
    facts = [what for what, value in _facts(subject, name).items() if value in (None, "") and what not in NEEDLESS]
    if facts:
        names = ", ".join(subject.speech.word("about", what).lower() for what in facts)
        yield subject.speech.word("unknown_nothing", "facts", names=names)
    yield from missing_of(subject, name)


# --- equipment ---------------------------------------------------------------------------------------------------------


def device_rows(subject: Subject, name: str) -> Iterator[Row]:
    """The place's devices with their decisions."""
    decided = {device.device: device for device in subject.plan.reuse[name].devices}
    for standing in devices(name, subject.province.sites[name]):
        device, plan = standing.device, decided.get(standing.key)
        yield {
            "device": label(subject, standing),
            "model": make(subject.speech, device),
            "firmware": " ".join(part for part in (device.firmware, device.build) if part),
            "address": address(device),
            "group": None if plan is None else plan.letter,
        }


def reasons(subject: Subject, name: str) -> Iterator[str]:
    """Every decision's reasons; devices that have the same ones share a paragraph."""
    alike: dict[tuple[str, str], list[str]] = defaultdict(list)
    for plan in subject.plan.reuse[name].devices:
        alike[plan.letter, " ".join(sentence(subject, reason) for reason in plan.reasons)].append(plan.device)
    for (letter, said), names in alike.items():
        yield f"{', '.join(names)} – {letter}: {said}"


def _costs(subject: Subject, name: str) -> Iterator[str]:
    speech, reuse = subject.speech, subject.plan.reuse[name]
    if reuse.cost_vnd or reuse.saved_vnd:
        yield speech.word("costs", "site", cost=speech.money(reuse.cost_vnd), saved=speech.money(reuse.saved_vnd))
    else:
        yield speech.word("costs", "none")
    if reuse.unpriced:
        yield speech.word("costs", "unpriced", names=priced_names(subject, reuse.unpriced))


def _zone_rows(subject: Subject, name: str) -> Iterator[Row]:
    speech, site = subject.speech, subject.province.sites[name]

    def watching(zone: str | None) -> str:
        return ", ".join(f"{key} ({camera.name})" for key, camera in site.cameras.items() if camera.zone == zone)

    for zone in site.zones:
        # The plan says who watches: a camera that can't join or is broken doesn't.
        cameras = "" if zone in subject.plan.reuse[name].unwatched else watching(zone)
        yield {"zone": speech.word("zones", zone), "cameras": cameras or speech.word("zone_cameras", "none")}
    for other in sorted({camera.zone or "" for camera in site.cameras.values()} - set(site.zones)):
        yield {"zone": speech.word("zones", other or "unknown"), "cameras": watching(other or None)}


# --- the form's other tables -------------------------------------------------------------------------------------------


def _answers(subject: Subject, site: Site) -> Iterator[Row]:
    speech, power = subject.speech, site.power
    papers = {"regulation": site.compliance.regulation, "level_decision": site.compliance.level_decision}
    for question, answer in QUESTIONS.items():
        value = papers[question] or speech.word("known", "unknown") if question in papers else speech.known(answer(site))
        yield {"what": speech.word("questions", question), "value": value}
    for field in ("ups_minutes", "temperature_c", "humidity_percent"):
        yield {"what": speech.word("about", field), "value": shown(speech, getattr(power, field))}


def _needs(subject: Subject, site: Site) -> Iterator[str]:
    speech, needs = subject.speech, site.needs
    said = [
        speech.word("needs", "cameras", n=needs.cameras) if needs.cameras else "",
        speech.word("needs", "leaders", n=needs.leaders_watch) if needs.leaders_watch else "",
        needs.remark or "",
    ]
    found = [text for text in said if text]
    yield from found or [speech.word("needs", "none")]
