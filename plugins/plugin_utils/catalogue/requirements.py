"""What is required of the offices' cameras, with the source that is in force on a day, and how to verify it."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from .acts import ACTS, Act, legal_basis, repealed

__all__ = ["Citation", "Requirement", "legal_basis", "repealed", "requirements"]

# How requirements.csv writes a place in an act: Đ an article, g a group, PL- an annex, x a clause (x. stands for the level's number).
PLACES = (
    ("Đ", "Điều ", "article "),
    ("g", "nhóm ", "group "),
    ("PL-", "Phụ lục ", "annex "),
    ("x", "mục ", "clause "),
    ("", "điểm ", "point "),
)


@dataclass(frozen=True)
class Citation:
    """A place in an act; no places are the act as a whole."""

    act: Act
    places: tuple[str, ...] = ()

    def said(self, language: str = "vi") -> str:
        """``Nghị định 61/2018/NĐ-CP, Điều 13.2.b``."""
        return ", ".join([self.act.short(language), *(_place(place, language) for place in self.places)])


@dataclass(frozen=True)
class Requirement:
    """A requirement as it stands on one day.

    ``citations`` are its sources of that day; none: no act in force asks for it, it is advice. ``confidence``: V read in the source,
    S secondary, M remembered.
    """

    id: str
    applies_to: tuple[str, ...]
    vi: str
    en: str
    citations: tuple[Citation, ...]
    verify: str
    confidence: str
    remark: str

    @property
    def source(self) -> str:
        """The sources in Vietnamese, ``""`` where no act in force asks for it."""
        return self.source_in("vi")

    def source_in(self, language: str) -> str:
        """The sources in ``vi`` or ``en``."""
        return "; ".join(citation.said(language) for citation in self.citations)

    @property
    def unconfirmed(self) -> bool:
        """Whether it has to be shown as unconfirmed: it, or an act that it cites, rests on memory."""
        return "M" in {self.confidence, *(citation.act.confidence for citation in self.citations)}


@lru_cache(maxsize=64)
def requirements(on: date) -> tuple[Requirement, ...]:
    """All requirements in the file's order, each with the sources that are in force on a day.

    Before and after the changes of 2025 and 2026 they are the same; each changes its source on the day of its own acts.
    """
    return tuple(_on(row, on) for row in _ROWS)


def _on(row: Mapping[str, str], on: date) -> Requirement:
    found: list[Citation] = []
    confidence = row["confidence_2023"]
    for regime in ("2023", "2026"):
        cited = [citation for citation in _citations(row[f"sources_{regime}"]) if citation.act.may_be_cited(on)]
        found += cited
        confidence = row[f"confidence_{regime}"] if cited else confidence
    unique = tuple(dict.fromkeys((citation.act.id, citation.places) for citation in found))
    citations = tuple(Citation(ACTS[act], places) for act, places in unique)
    applies_to = tuple(row["applies_to"].split("/"))
    return Requirement(row["id"], applies_to, row["vi"], row["en"], citations, row["verify"], confidence, row["remark"])


def _citations(text: str) -> list[Citation]:
    cited = []
    for part in filter(None, text.split("; ")):
        act, _, places = part.partition(": ")
        cited.append(Citation(ACTS[act], tuple(places.split(", ")) if places else ()))
    return cited


def _place(place: str, language: str) -> str:
    for prefix, vi, en in PLACES:
        if place.startswith(prefix):
            rest = place if place.startswith("x.") else place.removeprefix(prefix)
            return (vi if language == "vi" else en) + rest
    raise AssertionError(place)  # the empty prefix fits every place


with (Path(__file__).parent / "requirements.csv").open(encoding="utf-8", newline="") as _file:
    _ROWS = tuple(csv.DictReader(_file))
