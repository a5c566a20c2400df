"""Differences in words, Vietnamese and English side by side in words.yml."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import yaml

from .changes import SOMETHING_CHANGES, Change, Changes

SHOWN = 8  # names of a group; the rest is counted


@cache
def _all() -> dict[str, dict[str, dict[str, str]]]:
    found: dict[str, dict[str, dict[str, str]]] = yaml.safe_load((Path(__file__).parent / "words.yml").read_text(encoding="utf-8"))
    return found


def say(part: str, key: str, language: str, **values: object) -> str:
    """A word or a sentence, ``vi`` or ``en``; KeyError when it isn't there."""
    return _all()[part][key][language].format(**values)


def told(found: Changes, language: str, shown: int = SHOWN) -> Iterator[str]:
    """Line by line what people decide about; the last line is the plan's hash before and after."""
    for group in found.groups:
        yield _sentence(group, language) + ":"
        yield "    " + _listed(group.names, language, shown)
        if group.depends is not None:
            counts = {key: len(getattr(group.depends, key)) for key in ("sites", "cameras", "viewers")}
            yield "    " + say("say", "depends", language, **counts) + f": {_listed(group.depends.sites, language, shown)}"
    if found.untold:
        yield say("say", "untold", language, count=len(found.untold)) + ":"
        yield "    " + _listed([f"{source} → {destination}" for source, destination in found.untold], language, shown)
    if not found.groups and not found.untold:
        yield say("say", "unseen" if found.verdict == SOMETHING_CHANGES else "nothing", language)
    yield say("say", "hash", language, before=found.before, after=found.after)


def _sentence(group: Change, language: str) -> str:
    parts = {key: say(key, str(value), language) for key, value in group.values.items() if key in ("who", "what", "way")}
    return say("change", group.code, language, **{**group.values, **parts})


def _listed(names: Sequence[str], language: str, shown: int) -> str:
    more = len(names) - shown
    return ", ".join([*names[:shown], *([say("say", "more", language, count=more)] if more > 0 else [])])
