"""What goes along on paper, A4: labels with QR codes, the sealed sheet, the work sheet. Pure: self-contained pages, nothing is fetched."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import segno
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..words import Words
from ..worksheet import Worksheet


@dataclass(frozen=True)
class Label:
    """One device of a site; ``role`` is router, camera or nvr."""

    role: str
    name: str
    host: str
    address: IPv4Address


@dataclass(frozen=True)
class Sealed:
    """What lies in the envelope of one router."""

    host: str
    account: str
    password: str
    desk: IPv4Address
    address: IPv4Address

    def __repr__(self) -> str:
        return f"Sealed({self.host!r})"


def labels(site: str, found: Sequence[Label], words: Words) -> str:
    """A sheet of labels to cut out; no secret is on it."""
    rows = [
        {"role": words.say("label", one.role), "name": one.name, "host": one.host, "address": one.address, "qr": qr(one)} for one in found
    ]
    return _page("labels", words, "label", site=site, rows=rows)


def qr(label: Label) -> str:
    """The address as a QR code, SVG; a technician's telephone reads it and knows where the device is."""
    drawn = io.BytesIO()
    segno.make_qr(str(label.address), error="m").save(drawn, kind="svg", xmldecl=False, svgns=True, scale=3, border=2, omitsize=True)
    return drawn.getvalue().decode()


def sealed(site: str, envelope: Sealed, on: date, words: Words) -> str:
    """The sheet that is folded into the envelope."""
    local = words.say("seal", "local", desk=envelope.desk, address=envelope.address)
    return _page("sealed", words, "seal", site=site, envelope=envelope, local=local, once=words.say("seal", "once", day=f"{on:%d/%m/%Y}"))


def work_sheet(site: str, host: str, sheet: Worksheet, words: Words) -> str:
    """The work sheet, with a box behind each value to tick."""
    return _page("worksheet", words, "sheet", site=site, host=host, sheet=sheet)


def _page(name: str, words: Words, part: str, **values: Any) -> str:
    pages = Environment(loader=FileSystemLoader(Path(__file__).parent / "pages"), autoescape=True, undefined=StrictUndefined)
    return pages.get_template(f"{name}.html.j2").render(language=words.language, say=lambda key: words.say(part, key), **values) + "\n"
