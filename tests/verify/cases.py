"""The catalogue: every case that the model implies, as a sentence in Vietnamese and English. Nothing is asked of anybody to make it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Host, device_host

from tests.verify.model import INTERNET, Declared, Place

FILE = Path(__file__).with_name("cases.yml")
WORDS = "words"


@dataclass(frozen=True)
class Case:
    """One case. ``test`` and ``ident`` are its test and what pytest shows in brackets; ``device`` is the host that it judges.

    ``tries`` and ``expects`` are a sentence in two parts, by language.
    """

    feature: str
    test: str
    ident: str
    site: str
    device: str
    tunnel: str
    tries: Mapping[str, str]
    expects: Mapping[str, str]

    @property
    def check(self) -> str:
        """What a finding of this case is called: the same of every device, so that reports can group them."""
        said = self.test.removeprefix("test_").replace("_", " ")
        return f"{said}: {self.tunnel}" if self.tunnel else said

    def sentence(self, language: str) -> str:
        """What is tried and what must come of it."""
        return f"{self.tries[language]}: {self.expects[language]}."


def cases(declared: Declared) -> tuple[Case, ...]:
    """Every case of the hosts within the limit, in the order in which the tests stand."""
    over = declared.cases()
    return tuple(
        _case(declared, feature, test, row, value)
        for feature, tests in _written().items()
        if feature != WORDS
        for test, row in tests.items()
        for value in over[row["over"]]
    )


def word(key: str, language: str) -> str:
    """A word of the catalogue."""
    said: str = _written()[WORDS][key][language]
    return said


@cache
def _written() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def ident(value: str | tuple[str, ...]) -> str:
    """What pytest shows of a case's value."""
    return value if isinstance(value, str) else "-".join(value)


def _case(declared: Declared, feature: str, test: str, row: Mapping[str, Any], value: Any) -> Case:
    kind, tunnel = row["over"], value[1] if isinstance(value, tuple) else ""
    site = value[0] if tunnel else value if kind in ("site", "recording_site") else declared.hosts[value].site
    device = device_host(site, "router") if kind in ("site", "recording_site") or tunnel else value
    facts = {"site": site, "device": device, "tunnel": tunnel, **dict(_facts(declared, kind, site, device, tunnel))}
    tries, expects = (
        {language: row[part][language].format(**_in(facts, language)) for language in ("vi", "en")} for part in ("tries", "expects")
    )
    return Case(feature, test, ident(value), site, device, tunnel, tries, expects)


def _in(facts: Mapping[str, Any], language: str) -> dict[str, Any]:
    return {key: word("yes" if value else "no", language) if isinstance(value, bool) else value for key, value in facts.items()}


def _facts(declared: Declared, kind: str, site: str, device: str, tunnel: str) -> Iterator[tuple[str, Any]]:
    yield "internet", _place(INTERNET)
    yield "portal", _place(declared.portal())
    if kind in ("device", "lan_camera"):
        host: Host = declared.hosts[device]
        yield from (("managed", _place(declared.managed(host))), ("streaming", _place(declared.streaming(host))))
        yield "stands_in", declared.stands_in(host)
        yield "isolation", declared.province.sites[site].isolation
    if kind == "lan_camera":
        yield "local", _place(declared.local(declared.hosts[device]))
    if kind == "recorded":
        yield from ((key, declared.recorded()[device][key]) for key in ("codec", "width", "height", "fps"))
    if kind == "site":
        streams = declared.planned.streams[site]
        yield "limits", ", ".join(f"{name} {line.up.limit_kbps:.0f} kbit/s" for name, line in {**streams.standby, **streams.lines}.items())
    if tunnel:
        yield "hub", next(one.hub for one in declared.planned.tunnels[site] if one.name == tunnel)


def _place(place: Place) -> str:
    return f"{place[0]}:{place[1]}"
