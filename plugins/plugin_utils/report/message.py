"""What changed since somebody was last told, as a message to people and to programs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from ..findings import ALL_AS_DECLARED, COULD_NOT_TELL, DRIFT
from ..history import Past, Untold
from .words import LANGUAGES, WORDS, in_words, plain_value

SAID: Mapping[str, Mapping[str, str]] = yaml.safe_load((Path(__file__).parent / "message.yml").read_text(encoding="utf-8"))
VERDICTS = {ALL_AS_DECLARED: "pass", COULD_NOT_TELL: "error", DRIFT: "fail"}
LINES = 20
LINES_OF_GONE = 5  # what is gone has so many of them, however much came
TIMES = {"vi": "%H:%M ngày %d/%m/%Y", "en": "%Y-%m-%d %H:%M"}


@dataclass(frozen=True)
class Message:
    """``subject`` and ``text`` are Vietnamese first, English below; ``document`` has the form of Alertmanager's webhooks, version 4."""

    subject: str
    text: str
    document: Mapping[str, Any]


@dataclass(frozen=True)
class Audit:
    """What a message is about; ``when`` in the province's time zone, ``verdict`` an exit code, ``report`` where the report lies."""

    id: str
    province: str
    when: datetime
    verdict: int
    report: str


def of_change(audit: Audit, untold: Untold) -> Message | None:
    """What came, what went and whether the verdict is another one; None when there is nothing to tell."""
    otherwise = untold.verdict not in (None, audit.verdict)
    if not (untold.came or untold.gone or otherwise):
        return None
    counts = {"province": audit.province, "came": len(untold.came), "gone": len(untold.gone)}
    subjects = {language: SAID["subject"][language].format(**counts) for language in LANGUAGES}
    text = "\n\n".join("\n".join(_lines(audit, untold, language)) for language in LANGUAGES)
    alerts = [*(_alert(audit, one, "firing") for one in untold.came), *(_alert(audit, one, "resolved") for one in untold.gone)]
    return _message(audit, subjects, text, alerts, "firing" if audit.verdict != ALL_AS_DECLARED else "resolved")


def of_failure(audit: Audit, why: str) -> Message:
    """That an audit ended before it judged anything; ``why`` is a sentence in English."""
    subjects = {language: SAID["failed_subject"][language].format(province=audit.province) for language in LANGUAGES}
    said = {"province": audit.province, "why": why.rstrip(".")}
    text = "\n\n".join(SAID["failed"][language].format(when=f"{audit.when:{TIMES[language]}}", **said) for language in LANGUAGES)
    return _message(audit, subjects, text, [], "firing")


def _lines(audit: Audit, untold: Untold, language: str) -> Iterator[str]:
    said = {name: row[language] for name, row in SAID.items()}
    verdicts = {code: WORDS["verdicts"][word][language] for code, word in VERDICTS.items()}
    otherwise = untold.verdict not in (None, audit.verdict)
    yield said["audited"].format(province=audit.province, when=f"{audit.when:{TIMES[language]}}")
    concluded = said["concluded_otherwise" if otherwise else "concluded"]
    yield concluded.format(now=verdicts[audit.verdict], before=verdicts.get(untold.verdict or 0, ""))
    shown = untold.came[: LINES - min(len(untold.gone), LINES_OF_GONE)]
    for name, rows, most in (("came", untold.came, len(shown)), ("gone", untold.gone, LINES - len(shown))):
        if rows:
            yield said[name].format(count=len(rows))
            yield from (_row(said["row"], one, language) for one in rows[:most])
            if rows[most:]:
                yield said["more"].format(count=len(rows[most:]))
    yield said["report"].format(report=audit.report)


def _row(said: str, one: Past, language: str) -> str:
    found = one.finding
    values = {side: plain_value(getattr(found, side), language) for side in ("expected", "actual")}
    state = WORDS["states"][found.status][language]
    return said.format(device=found.device, check=in_words(found.check)[language], state=state.lower(), **values)


def _alert(audit: Audit, one: Past, status: str) -> Mapping[str, Any]:
    found = one.finding
    labels = {"alertname": "MotcuaAudit", "province": audit.id, "site": found.site or "", "device": found.device, "check": found.check}
    annotations = {f"summary_{language}": _row(SAID["row"][language], one, language)[2:] for language in LANGUAGES}
    return {
        "status": status,
        "labels": labels | {"status": found.status},
        "annotations": annotations,
        "startsAt": one.first,
        "endsAt": one.gone or "0001-01-01T00:00:00Z",
        "generatorURL": "",
    }


def _message(audit: Audit, subjects: Mapping[str, str], text: str, alerts: Sequence[Mapping[str, Any]], status: str) -> Message:
    document = {
        "version": "4",
        "groupKey": f"motcua-audit/{audit.id}",
        "status": status,
        "receiver": "motcua-audit",
        "groupLabels": {},
        "commonLabels": {"province": audit.id},
        "commonAnnotations": {f"summary_{language}": subjects[language] for language in LANGUAGES} | {"text": text, "report": audit.report},
        "externalURL": "",
        "truncatedAlerts": max(0, len(alerts) - LINES),
        "alerts": list(alerts[:LINES]),
    }
    return Message(" / ".join((subjects["vi"], subjects["en"].removeprefix("[motcua] "))), text + "\n", document)
