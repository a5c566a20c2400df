"""Numbers, days and words as a reader of Vietnamese or English expects them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

LANGUAGES = ("vi", "en")
# thousands, decimals
MARKS = {"vi": (".", ","), "en": (",", ".")}
NO_BREAK = "\N{NO-BREAK SPACE}"


@cache
def _words() -> dict[str, dict[str, dict[str, str]]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    found: dict[str, dict[str, dict[str, str]]] = {}
    for file in sorted((Path(__file__).parent / "words").glob("*.yml")):
        found |= yaml.load(file.read_text(encoding="utf-8"), loader)  # noqa: S506  a safe loader
    return found


@dataclass(frozen=True)
class Speech:
    """One language, ``vi`` or ``en``."""

    language: str

    def word(self, part: str, key: str, /, **values: Any) -> str:
        """A word or a sentence of words/; KeyError when it isn't there."""
        text = _words()[part][key][self.language]
        return text.format(**values) if values else text

    def number(self, value: float, digits: int = 0) -> str:
        """1234.5 -> 1.234,5 (vi) or 1,234.5 (en); at most ``digits`` decimals, and none that are zero."""
        text = f"{value:,.{digits}f}"
        if digits:
            text = text.rstrip("0").rstrip(".")
        if text in ("-0", ""):
            text = "0"
        thousands, decimal = MARKS[self.language]
        return text.replace(",", "\0").replace(".", decimal).replace("\0", thousands)

    def money(self, vnd: int) -> str:
        """1234567 -> 1.234.567 đồng."""
        return f"{self.number(vnd)}{NO_BREAK}{self.word('units', 'vnd')}"

    def mbps(self, kbps: float) -> str:
        """kbit/s -> 12,5 Mbit/s."""
        return f"{self.number(kbps / 1000, 2)}{NO_BREAK}Mbit/s"

    def volume(self, gb: float) -> str:
        """Decimal GB -> GB, or TB from 1,000 GB on."""
        return f"{self.number(gb / 1000, 1)}{NO_BREAK}TB" if gb >= 1000 else f"{self.number(gb)}{NO_BREAK}GB"

    def percent(self, share: float) -> str:
        """0.7 -> 70 %, written without a gap as both languages' offices do."""
        return f"{self.number(share * 100, 1)}%"

    def day(self, value: date) -> str:
        """dd/mm/yyyy in both languages."""
        return f"{value:%d/%m/%Y}"

    def known(self, value: bool | None) -> str:
        """Yes, no, or that nobody knows."""
        return self.word("known", {True: "yes", False: "no", None: "unknown"}[value])
