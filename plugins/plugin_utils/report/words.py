"""The report's words: every text in both languages, keys of the vocabulary and JSON values for readers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup, escape

from ..findings import Finding, Json
from .view import RULES, canonical

LANGUAGES = ("vi", "en")
WORDS: Mapping[str, Mapping[str, Mapping[str, str]]] = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
LETTERS = 60  # of a value that a message shows
KEY = re.compile(r"[a-z0-9_]+(\.[\w-]+)*")


@cache
def both(part: str, word: str) -> Markup:
    """A word in both languages; the page shows the chosen one."""
    said = WORDS[part][word]
    if said["vi"] == said["en"]:
        return escape(said["vi"])
    return Markup('<span lang="vi">{}</span><span lang="en">{}</span>').format(said["vi"], said["en"])


def said(texts: Mapping[str, str]) -> Markup:
    """A text that comes in both languages, from a catalogue."""
    if texts["vi"] == texts["en"]:
        return escape(texts["vi"])
    return Markup('<span lang="vi">{}</span><span lang="en">{}</span>').format(texts["vi"], texts["en"])


def feature(name: str) -> Markup:
    """What a finding is about: a part of the vocabulary, a role of the centre, or its own name."""
    return both("features", name) if name in WORDS["features"] else check(name)


def subject(rules: Mapping[str, Mapping[str, str]], finding: Finding) -> Markup:
    """What was judged: a rule by its text, everything else by its check."""
    if finding.feature == RULES:
        name, _, part = finding.check.partition(" ")
        if name in rules:
            return Markup("<code>{}</code> {}{}").format(name, said(rules[name]), Markup(" <code>{}</code>").format(part) if part else "")
    return check(finding.check)


@cache
def moment(text: str) -> str:
    """An ISO 8601 time as dd/mm/yyyy hh:mm, which both languages read; anything else as it is."""
    try:
        return f"{datetime.fromisoformat(text):%d/%m/%Y %H:%M}"
    except ValueError:
        return text


def age(now: datetime, text: str) -> Markup:
    """For how many days something has stood; nothing for less than one, or where nobody knows."""
    try:
        days = (now - datetime.fromisoformat(text)).days
    except (ValueError, TypeError):
        return Markup()
    return Markup("{} {}").format(plainly(days), both("counts", "day" if days == 1 else "days")) if days > 0 else Markup()


@cache
def check(name: str) -> Markup:
    """A check in words; the unit or file that a task names, and what has no words, as they are."""
    task, _, subject = name.partition(": ")
    if task in WORDS["tasks"]:
        return both("tasks", task) + (Markup(": <code>{}</code>").format(subject) if subject else Markup())
    words = in_words(name)
    return said(words) if words["vi"] != name else Markup('<bdi lang="en">{}</bdi>').format(name)


def in_words(name: str) -> Mapping[str, str]:
    """A check by language: a task by what it looks after, a key of the vocabulary segment by segment, anything else as it is."""
    task, colon, subject = name.partition(": ")
    if task in WORDS["tasks"]:
        return {language: f"{words}{colon}{subject}" for language, words in WORDS["tasks"][task].items()}
    segments = name.split(".")
    if KEY.fullmatch(name) and segments[0] in WORDS["keys"]:
        return {language: _capitalised(segments, language) for language in LANGUAGES}
    return WORDS["values"].get(name, dict.fromkeys(LANGUAGES, name))


def _capitalised(segments: Sequence[str], language: str) -> str:
    text = " · ".join(WORDS["keys"].get(segment, {}).get(language, segment) for segment in segments)
    return text[:1].upper() + text[1:]


def plain_value(value: Json, language: str) -> str:
    """A JSON value for a message without markup: its first line."""
    if value is None or value in ("", []):
        return WORDS["values"]["nothing"][language]
    if isinstance(value, bool):
        return WORDS["values"]["on" if value else "off"][language]
    if isinstance(value, str) and value in WORDS["values"]:
        return WORDS["values"][value][language]
    first, *more = _plain(value).strip().splitlines() or [""]
    return first if len(first) <= LETTERS and not more else f"{first[:LETTERS]}…"


def shown(value: Json) -> Markup:
    """A JSON value for readers; several lines as lines."""
    if value is None or value in ("", []):
        return Markup("<i>{}</i>").format(both("values", "nothing"))
    if isinstance(value, bool):
        return both("values", "on" if value else "off")
    if isinstance(value, str) and value in WORDS["values"]:
        return both("values", value)
    text = _plain(value)
    if not text.isascii() and "\n" not in text:
        return Markup("<bdi>{}</bdi>").format(text)  # fixed-width fonts misplace Vietnamese marks
    return Markup("<pre>{}</pre>").format(text) if "\n" in text else Markup("<code>{}</code>").format(text)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return "\n".join(
            f"{key}: {canonical(item) if isinstance(item, (list, dict)) else _plain(item)}" for key, item in sorted(value.items())
        )
    return canonical(value)


def plainly(count: int) -> str:
    """A count with a thin space between thousands, which both languages read."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
