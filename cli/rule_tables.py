"""The tables of docs/rules.md and docs/rules.vi.md: what is judged and what is asked, from the catalogue, between two marks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.requirements import Requirement, requirements
from ansible_collections.motcua.cctv.plugins.plugin_utils.catalogue.rules import PROFILES, QUESTIONS, RULES, Question, Rule

DOCS = Path(__file__).resolve().parent.parent / "docs"
FILES = {"en": DOCS / "rules.md", "vi": DOCS / "rules.vi.md"}
BEGIN, END = "<!-- made by `scripts/motcua rules document` -->", "<!-- end -->"
# Sources of both regimes, so that the table is the same whenever it is made.
REGIMES = (date(2023, 10, 1), date(2026, 11, 1))
HEADS = {
    "en": ("id", "severity", "profiles", "requirement", "source 2023", "source 2026"),
    "vi": ("mã", "mức", "bộ quy tắc", "yêu cầu", "căn cứ 2023", "căn cứ 2026"),
}
PARTS = {
    "en": ("What is judged", "reads", "What is asked", "asked of", "why"),
    "vi": ("Tự động đánh giá", "đọc", "Hỏi con người", "hỏi ở", "vì sao"),
}
SEVERITIES = {
    "en": {name: name for name in ("critical", "high", "medium", "low")},
    "vi": {"critical": "rất cao", "high": "cao", "medium": "trung bình", "low": "thấp"},
}
EVERY = {"en": "all", "vi": "mọi bộ"}
ADVICE = {"en": "advice, no act in force", "vi": "khuyến nghị, không có văn bản còn hiệu lực"}
UNCONFIRMED = {"en": " (not checked against the text)", "vi": " (chưa đối chiếu với văn bản gốc)"}  # it, or its act, rests on memory
PLACES = {
    "en": {"province": "the province", "site": "each site", "tslcd": "each site with a TSLCD line"},
    "vi": {"province": "toàn tỉnh", "site": "từng địa điểm", "tslcd": "từng địa điểm có TSLCD"},
}


def tables(language: str) -> str:
    """Both tables in a language."""
    head, (judged, reads, asked, of, why) = HEADS[language], PARTS[language]
    rules, questions = _rows(language, RULES), _rows(language, QUESTIONS)
    return "\n".join([f"## {judged}", "", *_table((*head, reads), rules), "", f"## {asked}", "", *_table((*head, of, why), questions), ""])


def _rows(language: str, entries: Mapping[str, Rule] | Mapping[str, Question]) -> Iterator[tuple[str, ...]]:
    before, now = ({one.id: one for one in requirements(on)} for on in REGIMES)
    for name, entry in entries.items():
        sources = (source(requirement, language) for requirement in (before[name], now[name]))
        last = ", ".join(f"`{key}`" for key in entry.reads) if isinstance(entry, Rule) else PLACES[language][entry.ask]
        why = (entry.why[language],) if isinstance(entry, Question) else ()
        profiles = EVERY[language] if entry.profiles == PROFILES else ", ".join(entry.profiles)
        yield name, SEVERITIES[language][entry.severity], profiles, text(now[name], language), *sources, last, *why


def text(one: Requirement, language: str) -> str:
    """What is required."""
    return one.vi if language == "vi" else one.en


def source(one: Requirement, language: str) -> str:
    """Where it is required, on the requirement's day."""
    if not one.citations:
        return ADVICE[language]
    return one.source_in(language) + (UNCONFIRMED[language] if one.unconfirmed else "")


def _table(head: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    yield from (f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |" for row in rows)


def document(language: str) -> str:
    """The whole page with today's tables between its marks."""
    page = FILES[language].read_text(encoding="utf-8")
    return f"{page[: page.index(BEGIN)]}{BEGIN}\n\n{tables(language)}\n{END}{page[page.index(END) + len(END) :]}"


def write_tables() -> None:
    """Renew both pages."""
    for language, file in FILES.items():
        file.write_text(document(language), encoding="utf-8")
