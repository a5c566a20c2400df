"""Findings and model -> one self-contained HTML page, Vietnamese and English. Same input, same bytes."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from ..findings import Finding, in_order
from ..model import Province
from .chart import bar, map_of
from .view import STATES, TROUBLE, groups_of, places_of, worst
from .words import WORDS, both, check, plainly, shown

HERE = Path(__file__).parent
UNFOLDED_SITES = 30  # with more of them in trouble, districts are shown folded


def render(findings: Iterable[Finding], province: Province, language_default: str, when: datetime) -> str:
    """The page.

    :param language_default: ``vi`` or ``en``: what is shown until a reader chooses.
    :param when: the time of the audit, in the province's time zone.
    """
    places = places_of(province, in_order(findings))
    devices = tuple(device for place in places for own in place.all for device in own.devices)
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
    template = _environment().get_template("page.html.j2")
    page = template.render(
        province=province,
        language=language_default,
        times={"vi": f"{when:%H:%M} ngày {when:%d/%m/%Y}", "en": f"{when:%H:%M}, {when.day} {when:%B %Y}"},
        style=Markup(style),  # noqa: S704  our own file
        script=Markup(script),  # noqa: S704  our own file
        style_hash=_hash(style),
        script_hash=_hash(script),
        places=places,
        shown=tuple(place for top in places for place in top.all),
        parents={child.id: place for top in places for place in top.all for child in place.children},
        state=worst(device.state for device in devices),
        counts=Counter(device.state for device in devices),
        states=STATES,
        total=len(devices),
        folded=sum(place.state in TROUBLE for top in places for place in top.all) > UNFOLDED_SITES,
        groups=groups_of("fail", places),
        silent=groups_of("error", places),
        map=map_of(province, places),
        bar=bar,
    )
    return page + "\n"


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"t": both, "words": WORDS, "trouble": TROUBLE}
    environment.filters |= {"check": check, "value": shown, "plainly": plainly}
    return environment


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
