"""Findings and model -> one self-contained HTML page, Vietnamese and English. Same input, same bytes."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..findings import Finding, in_order
from ..model import Province
from .background import NOTHING_KNOWN, Background
from .chart import bar, map_of
from .rules import Rule, open_questions, rules_of
from .summary import accepted, by_feature, changes_of
from .trend import trend_of
from .view import STATES, TROUBLE, groups_of, places_of, worst
from .words import WORDS, age, both, check, feature, moment, plainly, said, shown, subject

HERE = Path(__file__).parent
UNFOLDED_SITES = 60  # of more of them districts are shown folded


def render(
    findings: Iterable[Finding], province: Province, language_default: str, when: datetime, background: Background = NOTHING_KNOWN
) -> str:
    """The page.

    :param language_default: ``vi`` or ``en``: what is shown until a reader chooses.
    :param when: the time of the audit, in the province's time zone.
    :param background: outlines, history and rules; what is missing isn't shown.
    """
    rows = in_order(findings)
    places = places_of(province, rows)
    devices = tuple(device for place in places for own in place.all for device in own.devices)
    rules = rules_of(rows, background.tally, background.severities, when.date())
    groups = groups_of("fail", places)
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    paper = _paper(province.name, when)
    page = (
        _environment(rules, when)
        .get_template("page.html.j2")
        .render(
            province=province,
            language=language_default,
            times={"vi": f"{when:%H:%M} ngày {when:%d/%m/%Y}", "en": f"{when:%H:%M}, {when.day} {when:%B %Y}"},
            style=Markup(style + paper),  # noqa: S704  our own file, and a name that was made a CSS string
            script=Markup(script),  # noqa: S704  our own file
            style_hash=_hash(style + paper),
            script_hash=_hash(script),
            places=places,
            shown=tuple(place for top in places for place in top.all),
            parents={child.id: place for top in places for place in top.all for child in place.children},
            known={one.name: one for top in places for place in top.all for one in place.subjects},
            state=worst(place.state for top in places for place in top.all),
            counts=Counter(device.state for device in devices),
            states=STATES,
            total=len(devices),
            folded=len(province.sites) > UNFOLDED_SITES,
            groups=groups,
            silent=groups_of("error", places),
            features=by_feature(rows),
            rules=rules,
            accepted=accepted(rows, province),
            before=background.before,
            came=changes_of(background.came),
            gone=changes_of(background.gone),
            trend=trend_of(background.trend),
            questions=open_questions(rows),
            map=map_of(province, places, background.areas, when.date()),
            bar=bar,
        )
    )
    return page + "\n"


def _paper(name: str, when: datetime) -> str:
    """What stands above and below each printed page."""
    quoted = "".join(char if char.isalnum() or char in " -–,." else f"\\{ord(char):x} " for char in name)
    return f"""@page {{ @top-left {{ content: "{quoted}"; }} @top-right {{ content: "{when:%d/%m/%Y %H:%M}"; }} }}
"""


def _environment(rules: Iterable[Rule], when: datetime) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    texts = {rule.id: rule.text for rule in rules}
    environment.globals |= {"t": both, "words": WORDS, "trouble": TROUBLE}
    environment.filters |= {"check": check, "value": shown, "plainly": plainly, "feature": feature, "each": said}
    environment.filters |= {"subject": partial(subject, texts), "moment": moment, "age": partial(age, when)}
    return environment


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
