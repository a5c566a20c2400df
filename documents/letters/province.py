"""What the province's letters say: the values of their templates' placeholders, all of them text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Site

from ..rows import access as access_rows
from ..rows import address as address_rows
from ..rows import law
from ..rows import lines as line_rows
from ..rows import requests as line_requests
from ..rows import reuse as reuse_rows
from ..rows import storage as storage_rows
from ..rows import survey as survey_rows
from ..rows.equipment import equipment_rows
from ..subject import Subject, place_name, province_name
from ..tables import Row, table, tables

MERGED = date(2025, 3, 1)  # the province's departments for information and for science became one


def frame(subject: Subject, sample: Iterable[Site]) -> dict[str, Any]:
    """Head and place line, which all letters share, and the warning where data are made up."""
    speech, on = subject.speech, subject.on
    name = province_name(subject)
    era = "until_2025_02" if on < MERGED else "since_2025_03"
    issuer = speech.word("issuers", era)
    made_up = sum(site.sample for site in sample)
    return {
        "parent_body": speech.word("frame", "parent_body", province=name.upper()),
        "issuer": issuer.upper(),
        "issuer_name": issuer,
        "issuer_code": speech.word("issuer_codes", era),
        "place": place_name(subject, name),
        # Decree 30/2020: days under 10 and the months 1 and 2 have a zero before them.
        "day": f"{on.day:02}",
        "month": f"{on.month:02}" if on.month < 3 else str(on.month),
        "year": str(on.year),
        "on": speech.day(on),
        "province": name[:1].lower() + name[1:] if speech.language == "vi" else name,
        "sample": [speech.word("frame", "sample", n=speech.number(made_up))] if made_up else [],
    }


def province_letters(subject: Subject) -> dict[str, Any]:
    """Everything that a template of the province may name."""
    speech, networks = subject.speech, address_rows.table_of(subject)
    simple = {
        "levels": survey_rows.level_rows(subject),
        "makers": survey_rows.maker_rows(subject),
        "areas": survey_rows.area_rows(subject),
        "line_kinds": survey_rows.line_kind_rows(subject),
        "answers": survey_rows.answer_rows(subject),
        "missing": survey_rows.missing_rows(subject),
        "decisions": reuse_rows.decision_rows(subject),
        "reasons": reuse_rows.reason_rows(subject),
        "holes": reuse_rows.hole_rows(subject),
        "zones": reuse_rows.zone_rows(subject),
        "groups": reuse_rows.group_rows(subject),
        "costs": reuse_rows.cost_rows(subject),
        "tight_lines": line_rows.tight_rows(subject),
        "steps": line_rows.step_rows(subject),
        "requests": line_requests.request_rows(subject),
        "storage_classes": storage_rows.class_rows(subject),
        "recorders_short": storage_rows.short_rows(subject),
        "pools": address_rows.pool_rows(subject, networks),
        "line_addresses": address_rows.line_rows(subject),
        "centres": access_rows.centre_rows(subject),
        "viewers": access_rows.viewer_rows(subject),
        "waves": access_rows.wave_rows(subject),
        "requirements": law.requirement_rows(subject),
    }
    sentences = {
        "basis": law.basis(subject),
        "line_basis": law.basis(subject, law.NETWORK),
        "closed": _closed(subject),
        "survey_state": _survey_state(subject),
        "conclusions": _conclusions(subject),
        "proposals": _proposals(subject),
        "line_rules": line_rows.rules(subject),
        "line_findings": line_rows.findings(subject),
        "line_notes": line_rows.notes(subject),
        "line_request_notes": [speech.word("requests", "note_lowest")],
        "storage_findings": storage_rows.findings(subject),
        "security": access_rows.security(subject),
        "screens": access_rows.screens(subject),
        "cost_notes": reuse_rows.cost_notes(subject),
    }
    return {
        **frame(subject, subject.province.sites.values()),
        "counts": _counts(subject),
        "line_request": {"sites": speech.number(len({one.site for one in line_requests.requests(subject)}))},
        **{name: table(speech, name, rows) for name, rows in simple.items()},
        **{name: list(said) for name, said in sentences.items()},
        **_by_area(subject),
    }


def _by_area(subject: Subject) -> dict[str, Any]:
    """Tables of all places, one for each area."""
    made = {
        "site_list": _site_rows,
        "line_table": line_rows.line_rows,
        "equipment": equipment_rows,
        "site_addresses": address_rows.site_rows,
    }
    areas = [(subject.area_name(area), names) for area, names in subject.areas.items()]
    return {
        field: tables(subject.speech, field, [(caption, list(rows(subject, names))) for caption, names in areas])
        for field, rows in made.items()
    }


def _site_rows(subject: Subject, names: Iterable[str]) -> Iterator[Row]:
    for name in names:
        site = subject.province.sites[name]
        lines = [
            f"{key}: {subject.speech.number(line.up_mbps, 1)} / {subject.speech.number(line.down_mbps, 1)}"
            for key, line in site.lines.items()
        ]
        yield {
            "number": site.number,
            "site": subject.short(name),
            "cameras": len(site.cameras),
            "recorders": len(site.nvrs),
            "group": reuse_rows.group_of(subject, name),
            "lines": "; ".join(lines),
            "unwatched": ", ".join(subject.speech.word("zones", zone) for zone in subject.plan.reuse[name].unwatched),
            "surveyed": site.office.surveyed,
        }


def _counts(subject: Subject) -> dict[str, str]:
    found = survey_rows.counts(subject.province.sites.items())
    figures = {
        "sites": len(subject.province.sites),
        "cameras": found["camera"],
        "recorders": found["nvr"],
        "routers": found["router"],
        "lines": sum(len(site.lines) for site in subject.province.sites.values()),
    }
    return {name: subject.speech.number(figure) for name, figure in figures.items()}


def _closed(subject: Subject) -> Iterator[str]:
    if subject.province.retired:
        names = ", ".join(subject.shortened(site.name) for site in subject.province.retired.values())
        yield subject.speech.word("closed", "some", names=names)


def _survey_state(subject: Subject) -> Iterator[str]:
    days = sorted(site.office.surveyed for site in subject.province.sites.values() if site.office.surveyed is not None)
    if not days:
        yield subject.speech.word("survey_state", "none")
        return
    counts = {"n": subject.speech.number(len(days)), "sites": subject.speech.number(len(subject.province.sites))}
    yield subject.speech.word("survey_state", "done", **counts, first=subject.speech.day(days[0]), last=subject.speech.day(days[-1]))


def _conclusions(subject: Subject) -> Iterator[str]:
    speech, reuses = subject.speech, subject.plan.reuse
    decided = Counter(device.decision for device in reuse_rows.planned(subject))
    every, kept = sum(decided.values()), sum(decided[decision] for decision in ("keep", "reconfigure", "upgrade"))
    if every:
        numbers = {decision: speech.number(decided[decision]) for decision in reuse_rows.DECISIONS}
        totals = {"devices": speech.number(every), "kept": speech.number(kept), "share": speech.percent(kept / every)}
        yield speech.word("conclusions", "kept", **numbers, **totals)
    unwatched = [len(reuse.unwatched) for reuse in reuses.values() if reuse.unwatched]
    zones = {"zones": speech.number(sum(unwatched)), "sites": speech.number(len(unwatched))}
    yield speech.word("conclusions", "zones", **zones) if unwatched else speech.word("conclusions", "zones_none")
    cost, saved = (reuse_rows.total(getattr(reuse, field) for reuse in reuses.values()) for field in ("cost_vnd", "saved_vnd"))
    yield speech.word("conclusions", "money", cost=speech.money(cost), saved=speech.money(saved))


def _proposals(subject: Subject) -> Iterator[str]:
    speech, every = subject.speech, reuse_rows.planned(subject)
    for decision in reuse_rows.DECISIONS:
        devices = [device for device in every if device.decision == decision]
        cost = speech.money(reuse_rows.total(device.cost_vnd for device in devices))
        if devices:
            yield speech.word("proposals", decision, n=speech.number(len(devices)), cost=cost)
    asked = line_requests.requests(subject)
    yield speech.word("proposals", "lines", n=speech.number(len(asked))) if asked else speech.word("proposals", "lines_none")
    disks = subject.plan.storage.centre.disks
    if disks:
        yield speech.word("proposals", "storage", disks=speech.number(disks), size=speech.number(subject.province.disks.disk_tb, 1))
    if any(survey_rows.missing_rows(subject)):
        yield speech.word("proposals", "unknown")
