"""A site's acceptance record: the values of its template's placeholders, all of them text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance.judged import (
    FPS_WITHIN,
    LOSS,
    OVER_CAP,
    PHASES,
    ROUND_TRIP_MS,
    SEEN,
    Record,
)
from ansible_collections.motcua.cctv.plugins.plugin_utils.acceptance.measured import GAP_S
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.acts import ACTS
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.findings import Finding

from ..rows import law
from ..subject import Subject, devices, make
from ..tables import Row, shown, table
from .province import frame

PURPOSES = ("acceptance", "investment", "paperwork")
ARTICLES = "decree-224-2026"
STATUSES = ("pass", "fail", "error", "skipped", "waived")
SHARES = ("seen", "loss")  # checks whose figures are shares of one
CASES = 20  # so many are named of each verification
Sentences = Mapping[tuple[str, str], str]


def acceptance(subject: Subject, record: Record, cases: Sentences) -> dict[str, Any]:
    """Everything that the record's template may name.

    :param cases: what each case of the verification tries and expects, in the record's language, by device and check.
    """
    speech, site = subject.speech, subject.province.sites[record.trial.site]
    return {
        **frame(subject, [site]),
        "site": site.name,
        "title": speech.word("acceptance_title", _word(record), site=site.name),
        "basis": list(_basis(subject)),
        "parties": [
            _pair(speech.word("acceptance_parties", side), speech.word("acceptance_parties", "blank")) for side in ("delivers", "accepts")
        ],
        "about_site": list(_about(subject, record)),
        "method": list(_method(subject, record)),
        "cameras": table(speech, "acceptance_cameras", _camera_rows(subject, record)),
        "paths": table(speech, "acceptance_paths", _path_rows(subject, record)),
        "office": [_office(subject, record)],
        "verification": table(speech, "acceptance_verification", _phase_rows(subject, record)),
        "reboots": list(_reboots(subject, record)),
        "reasons": list(_reasons(subject, record, cases)) or [speech.word("acceptance_reasons", "none")],
        "verdict": [speech.word("acceptance_verdict", _word(record), site=site.name)],
        "signed": [speech.word("acceptance_verdict", "signed")],
    }


def _word(record: Record) -> str:
    return "accepted" if record.accepted else "rejected"


def _basis(subject: Subject) -> Iterator[str]:
    yield from law.basis(subject, PURPOSES)
    if ACTS[ARTICLES].may_be_cited(subject.on):
        yield subject.speech.word("acceptance_law", ARTICLES)


def _pair(what: str, value: str) -> dict[str, str]:
    return {"what": what, "value": value}


def _about(subject: Subject, record: Record) -> Iterator[dict[str, str]]:
    name = record.trial.site
    speech, site = subject.speech, subject.province.sites[name]
    unit = site.unit_on(subject.on)
    equipment = Counter(
        f"{standing.key}: {make(speech, standing.device)}" for standing in devices(name, site) if make(speech, standing.device)
    )
    counts = {"cameras": speech.number(len(record.planned)), "recorders": speech.number(len(site.nvrs))}
    rows = {
        "site": f"{site.name} ({name})",
        "unit": None if unit is None else f"{unit.name} ({unit.code})",
        "parent": site.parent and subject.short(site.parent),
        "lines": "; ".join(subject.line(name, line) for line in site.lines),
        "equipment": "; ".join([speech.word("acceptance_site", "counts", **counts), *equipment]),
        "notice": record.trial.notice and date.fromisoformat(record.trial.notice),
    }
    for key, cell in rows.items():
        yield _pair(speech.word("acceptance_site", key), shown(speech, cell))


def _method(subject: Subject, record: Record) -> Iterator[str]:
    speech, trial = subject.speech, record.trial
    begun, ended = (_moment(moment) for moment in (trial.begun, trial.ended))
    yield speech.word("acceptance_method", "run", begun=begun, ended=ended, minutes=speech.number(trial.minutes, 1))
    yield speech.word(
        "acceptance_method",
        "limits",
        fps=speech.percent(FPS_WITHIN),
        over=speech.percent(OVER_CAP - 1),
        seen=speech.percent(SEEN),
        gap=speech.number(GAP_S),
        loss=speech.percent(LOSS),
        trip=speech.number(ROUND_TRIP_MS),
    )


def _moment(moment: str) -> str:
    return f"{datetime.fromisoformat(moment):%H:%M:%S %d/%m/%Y}"


def _camera_rows(subject: Subject, record: Record) -> Iterator[Row]:
    number, run_s, site = subject.speech.number, record.trial.minutes * 60, record.trial.site
    names = {device_host(site, key): camera.name for key, camera in subject.province.sites[site].cameras.items()}
    for name, planned in record.planned.items():
        one = record.trial.pictures[name]
        yield {
            "camera": f"{name} ({names[name]})",
            "fps": f"{number(one.fps, 1)} / {number(planned.fps, 1)}",
            "mean": f"{number(one.kbps)} / {number(planned.cap_kbps)}",
            "peak": number(one.peak_kbps),
            "seen": subject.speech.percent(min(1.0, one.seen_s / run_s)),
            "gaps": number(one.gaps),
            "longest": number(one.longest_gap_s, 1),
        }


def _path_rows(subject: Subject, record: Record) -> Iterator[Row]:
    for name, path in record.trial.paths.items():
        trip = None if path.p95_ms is None else subject.speech.number(path.p95_ms, 1)
        yield {"tunnel": name, "sent": path.sent, "lost": subject.speech.percent(path.loss), "trip": trip}


def _office(subject: Subject, record: Record) -> str:
    speech, office, why = subject.speech, record.trial.office, record.trial.office_why
    if office is not None:
        figures = {"offered": speech.number(office.offered_kbps), "kbps": speech.number(office.kbps)}
        return speech.word("acceptance_office", "sent", line=subject.line(record.trial.site, office.line), **figures)
    return (
        speech.word("acceptance_office", why) if why in ("not_allowed", "not_here") else speech.word("acceptance_office", "wrong", said=why)
    )


def _phase_rows(subject: Subject, record: Record) -> Iterator[Row]:
    for phase in PHASES:
        found = record.trial.verified.get(phase)
        if found is not None:
            counts = Counter[str](one.status for one in found)
            yield {"phase": subject.speech.word("acceptance_phases", phase), **{status: str(counts[status]) for status in STATUSES}}


def _reboots(subject: Subject, record: Record) -> Iterator[str]:
    word = subject.speech.word
    for device, wrong in (record.trial.rebooted or {}).items():
        yield word("acceptance_reboots", "wrong" if wrong else "back", device=device, said=_said(subject, wrong))
    if not record.trial.rebooted:
        yield word("acceptance_reboots", "none")


# --- what speaks against it ---------------------------------------------------------------------------------------------


def _reasons(subject: Subject, record: Record, cases: Sentences) -> Iterator[str]:
    for one in record.reasons:
        kind = one.check.partition(":")[0]
        if kind.startswith("verification "):
            yield from _of_phase(subject, record, one, kind.removeprefix("verification "), cases)
        else:
            yield _reason(subject, one, kind, record.trial.site)


def _reason(subject: Subject, one: Finding, kind: str, site: str) -> str:
    untold = {"office": "office_untold", "loss": "path_untold"} if one.status == "error" else {}
    expected, actual = (_figure(subject, kind, value) for value in (one.expected, one.actual))
    what = one.check.partition(": ")[2] or (site if one.device == device_host(site, "router") else one.device)
    key = untold.get(kind, kind.replace(" ", "_"))
    return subject.speech.word("acceptance_reasons", key, device=one.device, what=what, expected=expected, actual=actual)


def _of_phase(subject: Subject, record: Record, one: Finding, phase: str, cases: Sentences) -> Iterator[str]:
    word, when = subject.speech.word, subject.speech.word("acceptance_phases", phase)
    found = record.trial.verified.get(phase)
    if not found:
        yield word("acceptance_reasons", "verification_untold", phase=when)
        return
    yield word("acceptance_reasons", "verification", phase=when, actual=one.actual)
    for case in [case for case in found if case.status in ("fail", "error")][:CASES]:
        check = cases.get((case.device, case.check), case.check).rstrip(".")
        yield word("acceptance_reasons", "case", device=case.device, actual=case.actual or case.status, check=check)


def _figure(subject: Subject, kind: str, value: Any) -> str:
    if not isinstance(value, int | float):
        return _said(subject, str(value))
    return subject.speech.percent(value) if kind in SHARES else subject.speech.number(value, 1)


def _said(subject: Subject, words: str) -> str:
    """Our own words in the record's language; those of a device or a program as they are."""
    try:
        return subject.speech.word("acceptance_said", words)
    except KeyError:
        return words
