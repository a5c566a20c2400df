"""Words of what is printed for a site: Vietnamese and English side by side in words.yml."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

LANGUAGES = ("vi", "en")


@cache
def _all() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
    return found


@dataclass(frozen=True)
class Words:
    """One language, ``vi`` or ``en``."""

    language: str

    def say(self, part: str, key: str, **values: object) -> str:
        """A word or a sentence; KeyError when it isn't there."""
        return _all()[part][key][self.language].format(**values)
