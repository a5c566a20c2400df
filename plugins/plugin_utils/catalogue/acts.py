"""The acts that requirements and letters cite, with the days between which each may be cited."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import yaml

# In the order in which a letter lists them; by these words acts.yml names a kind.
KINDS = {
    "Luật": "Law",
    "Bộ luật": "Code",
    "Nghị định": "Decree",
    "Quyết định": "Decision",
    "Chỉ thị": "Directive",
    "Thông tư": "Circular",
    "Quy chuẩn kỹ thuật quốc gia": "National technical regulation",
    "Tiêu chuẩn quốc gia": "National standard",
    "Công văn": "Letter",
    "Hướng dẫn": "Guide",
}
NUMBERED_ONLY = {"Quy chuẩn kỹ thuật quốc gia", "Tiêu chuẩn quốc gia"}  # "QCVN 11:2026/BCA" says its kind
NAMED_BY_TITLE = {"Luật", "Bộ luật"}  # "Luật An ninh mạng số 116/2025/QH15"


@dataclass(frozen=True)
class Act:
    """An act; ``title`` by language, empty where it isn't known.

    ``since`` and ``until`` are the first and last day on which it may be cited, set so that it is never cited too early or too long.
    ``assumed``: nobody has read that it was repealed; it is no longer cited out of care. ``confidence`` is that of days and title: V read
    in the act, S secondary, M remembered: a letter shows what rests on M as unconfirmed. ``what_for`` is a key of ``PURPOSES``.
    """

    id: str
    kind: str
    number: str
    issuer: str | None
    signed: date | None
    since: date
    until: date | None
    assumed: bool
    title: Mapping[str, str]
    what_for: str
    basis: bool
    confidence: str

    def may_be_cited(self, on: date) -> bool:
        """Whether it is sure to be in force on a day."""
        return self.since <= on and (self.until is None or on <= self.until)

    def short(self, language: str = "vi") -> str:
        """As a table cites it: ``Nghị định 61/2018/NĐ-CP``."""
        if self.kind in NUMBERED_ONLY:
            return self.number
        kind = self.kind if language == "vi" else KINDS[self.kind]
        return f"{kind} {self.number or self.title[language]}"

    def cited(self, language: str = "vi") -> str:
        """As a letter cites it among its bases, without ``Căn cứ``: kind, number, day, issuer and title, as far as they are known."""
        title = self.title.get(language)
        if language != "vi":
            day = f" of {self.signed.isoformat()}" if self.signed else ""
            return f"{self.short(language)}{day}{f', {title}' if title else ''}"
        day = f" ngày {_day(self.signed)}" if self.signed else ""
        if self.kind in NAMED_BY_TITLE:
            return f"{title or self.kind} số {self.number}{day}"
        if self.kind in NUMBERED_ONLY:
            return f"{self.number}{f' {title}' if title else ''}"
        minister = "Bộ trưởng " if self.kind == "Thông tư" else ""  # a circular is the minister's
        issuer = f" của {minister}{self.issuer}" if self.issuer else ""
        return f"{self.kind} số {self.number}{day}{issuer}{f' {title}' if title else ''}"


def _day(day: date) -> str:
    """A day as decree 30/2020 wants it: days under 10 and months under 3 with a zero before."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"{day.day:02} tháng {month} năm {day.year}"


def _act(name: str, raw: Mapping[str, Any]) -> Act:
    return Act(
        id=name,
        kind=raw["kind"],
        number=raw["number"],
        issuer=raw.get("issuer"),
        signed=raw.get("signed"),
        since=raw["from"],
        until=raw.get("until"),
        assumed=raw.get("assumed", False),
        title={language: raw[language] for language in ("vi", "en") if language in raw},
        what_for=raw["for"],
        basis=raw.get("basis", True),
        confidence=raw["confidence"],
    )


_FILE = yaml.safe_load((Path(__file__).parent / "acts.yml").read_text(encoding="utf-8"))
ACTS: Mapping[str, Act] = {name: _act(name, raw) for name, raw in _FILE["acts"].items()}
PURPOSES: Mapping[str, Mapping[str, str]] = _FILE["purposes"]
_RANKS = list(KINDS)


def legal_basis(on: date) -> tuple[Act, ...]:
    """The acts that a letter of that day may name as its basis: laws first, then by the day of signing."""
    acts = [act for act in ACTS.values() if act.basis and act.may_be_cited(on)]
    return tuple(sorted(acts, key=lambda act: (_RANKS.index(act.kind), act.signed or act.since, act.number)))


def repealed(on: date) -> tuple[Act, ...]:
    """The acts that were cited once and are no longer on that day, in the order in which they ended."""
    acts = [act for act in ACTS.values() if act.until is not None and act.until < on]
    return tuple(sorted(acts, key=lambda act: (act.until, act.id)))
