"""Why something is planned as it is: a code with values, and its sentence in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import yaml


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason: a code of reasons.yml and the values of its sentence."""

    code: str
    values: Mapping[str, str | int | float] = field(default_factory=dict)


SENTENCES: Mapping[str, Mapping[str, str]] = yaml.safe_load((Path(__file__).parent / "reasons.yml").read_text(encoding="utf-8"))


def sentence(reason: Reason, language: str = "vi") -> str:
    """The reason in words.

    :param language: ``vi`` or ``en``.
    """
    return SENTENCES[reason.code][language].format(**reason.values)


@lru_cache(maxsize=256)
def plain(code: str) -> Reason:
    """The reason of a code without values; one value for all devices that have it."""
    return Reason(code)
