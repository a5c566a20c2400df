"""Findings and model -> one self-contained HTML page, Vietnamese and English. Same input, same bytes."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from .desired import device_host
from .findings import Finding, Json, in_order
from .model import Province, Site

HERE = Path(__file__).parent
LANGUAGES = ("vi", "en")
WORDS: Mapping[str, Mapping[str, Mapping[str, str]]] = yaml.safe_load((HERE / "report.words.yml").read_text(encoding="utf-8"))

# Worst first; a device's state is the worst of its findings, a site's the worst of its devices.
State = Literal["fail", "error", "unseen", "waived", "pass"]
STATES: tuple[State, ...] = ("fail", "error", "unseen", "waived", "pass")
TROUBLE = ("fail", "error")

CENTRES, OTHER = "centres", "other"
KEY = re.compile(r"[a-z0-9_]+(\.[\w-]+)*")
KILOMETRES_A_DEGREE = 111.32  # of latitude, mean
MAP_MARGIN = 36.0
UNFOLDED_SITES = 30  # with more of them in trouble, districts are shown folded
FEW_SITES = 12  # so many fit beside the map, all with their names


@dataclass(frozen=True)
class Device:
    """One device as the report shows it."""

    name: str
    title: str
    role: str
    model: str
    address: str
    findings: tuple[Finding, ...]

    @property
    def state(self) -> State:
        """The worst of its findings; unseen when this audit says nothing about it."""
        statuses = {finding.status for finding in self.findings}
        return next((state for state in STATES if state in statuses), "unseen")

    @property
    def trouble(self) -> tuple[Finding, ...]:
        """What needs attention."""
        return tuple(finding for finding in self.findings if finding.status in TROUBLE)


@dataclass(frozen=True)
class Place:
    """A site, or the centres together, with the sites below it."""

    id: str
    title: str
    site: Site | None
    devices: tuple[Device, ...]
    children: tuple[Place, ...] = ()

    @property
    def state(self) -> State:
        """The worst of its own devices."""
        return _worst(device.state for device in self.devices)

    @property
    def counts(self) -> Mapping[str, int]:
        """State -> number of its own devices."""
        return Counter(device.state for device in self.devices)

    @property
    def counts_below(self) -> Mapping[str, int]:
        """State -> number of sites below it."""
        return Counter(place.state for place in self.all[1:])

    @property
    def all(self) -> tuple[Place, ...]:
        """Itself and everything below it."""
        return (self, *(place for child in self.children for place in child.all))

    @property
    def state_with_below(self) -> State:
        """The worst of itself and everything below it."""
        return _worst(place.state for place in self.all)


@dataclass(frozen=True)
class Group:
    """One difference, and every device that has it."""

    check: str
    feature: str
    expected: Json
    actual: Json
    devices: tuple[Device, ...]
    sites: int


@dataclass(frozen=True)
class Point:
    """A site on the map, in the drawing's units."""

    x: float
    y: float
    place: Place
    named: bool


@dataclass(frozen=True)
class Map:
    """The sites that have coordinates, drawn to scale."""

    width: int
    height: float
    points: tuple[Point, ...]
    edges: tuple[tuple[float, float, float, float], ...]
    scale_km: int
    scale_width: float
    missing: int
    few: bool


def render(findings: Iterable[Finding], province: Province, language_default: str, when: datetime) -> str:
    """The page.

    :param language_default: ``vi`` or ``en``: what is shown until a reader chooses.
    :param when: the time of the audit, in the province's time zone.
    """
    places = _places(province, in_order(findings))
    devices = tuple(device for place in places for own in place.all for device in own.devices)
    style, script = ((HERE / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    page = _environment().get_template("report.html.j2").render(
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
        state=_worst(device.state for device in devices),
        counts=Counter(device.state for device in devices),
        states=STATES,
        total=len(devices),
        folded=sum(place.state in TROUBLE for top in places for place in top.all) > UNFOLDED_SITES,
        groups=_groups("fail", places),
        silent=_groups("error", places),
        map=_map(province, places),
        bar=_bar,
    )
    return re.sub(r"\n\s*\n", "\n", page) + "\n"


# --- what is shown -----------------------------------------------------------------------------------------------------


def _worst(states: Iterable[State]) -> State:
    """The worst state; a part that this audit left out doesn't darken the rest."""
    seen = set(states)
    if "unseen" in seen and len(seen) > 1:
        seen.discard("unseen")
    return next((state for state in STATES if state in seen), "unseen")


def _worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: ("fail", "error", "waived", "skipped", "pass").index(finding.status)))


def _places(province: Province, findings: Sequence[Finding]) -> tuple[Place, ...]:
    """Centres and the tree of sites; devices that the model doesn't know come last, so that no finding is lost."""
    by_device: dict[str, list[Finding]] = defaultdict(list)
    for finding in _worst_first(findings):
        by_device[finding.device].append(finding)
    children: dict[str | None, list[str]] = defaultdict(list)
    for name, site in province.sites.items():
        children[site.parent].append(name)

    def place(name: str) -> Place:
        site = province.sites[name]
        below = sorted(children[name], key=lambda child: province.sites[child].number)
        return Place(f"site/{name}", site.name, site, tuple(_devices(name, site, by_device)), tuple(place(child) for child in below))

    centres = tuple(
        Device(f"{name}-server", centre.name, "centre", "", str(centre.address), tuple(by_device.pop(f"{name}-server", ())))
        for name, centre in province.centres.items()
    )
    tops = [place(name) for name in sorted(children[None], key=lambda child: province.sites[child].number)]
    strangers = tuple(Device(name, name, "unknown", "", "", tuple(rows)) for name, rows in sorted(by_device.items()))
    return (
        Place(CENTRES, "", None, centres),
        *tops,
        *([Place(OTHER, "", None, strangers)] if strangers else []),
    )


def _devices(name: str, site: Site, by_device: dict[str, list[Finding]]) -> Iterator[Device]:
    def device(key: str, title: str, role: str, model: str, address: object) -> Device:
        host = device_host(name, key)
        return Device(host, title, role, model, str(address), tuple(by_device.pop(host, ())))

    yield device("router", "", "router", site.router.platform.capitalize(), site.router.address)
    for key, nvr in site.nvrs.items():
        yield device(key, nvr.name, "nvr", f"{nvr.vendor.capitalize()} {nvr.model or ''}".strip(), nvr.address)
    for key, camera in site.cameras.items():
        model = f"{camera.vendor.capitalize()} {camera.model or ''}".strip()
        yield device(key, camera.name, "camera", model, camera.address or camera.source.removeprefix("nvr:"))


def _groups(status: str, places: Iterable[Place]) -> tuple[Group, ...]:
    """Identical findings as one, the most frequent first."""
    having: dict[tuple[str, str, str, str], list[tuple[Device, str, Finding]]] = defaultdict(list)
    for place in (own for top in places for own in top.all):
        for device in place.devices:
            for finding in device.findings:
                if finding.status == status:
                    what = (finding.feature, finding.check, _key(finding.expected), _key(finding.actual))
                    having[what].append((device, place.id, finding))
    groups = []
    for rows in having.values():
        finding = rows[0][2]
        owners = tuple({device.name: device for device, _, _ in rows}.values())
        groups.append(
            Group(finding.check, finding.feature, finding.expected, finding.actual, owners, len({place for _, place, _ in rows}))
        )
    return tuple(sorted(groups, key=lambda group: (-len(group.devices), group.check, _key(group.expected), _key(group.actual))))


def _key(value: Json) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def _map(province: Province, places: Sequence[Place]) -> Map | None:
    """Sites by their coordinates on a plane: degrees of longitude are shortened by the latitude's cosine."""
    shown = [place for top in places for place in top.all if place.site is not None]
    placed = [(place, place.site.coordinates) for place in shown if place.site and place.site.coordinates]
    if len(placed) < 2:
        return None
    shrink = math.cos(math.radians(sum(at.latitude for _, at in placed) / len(placed)))
    across = [at.longitude * shrink for _, at in placed]
    down = [-at.latitude for _, at in placed]
    few = len(placed) <= FEW_SITES
    width = 640 if few else 1120
    span = max(max(across) - min(across), (max(down) - min(down)) * (1.8 if few else 1.1), 0.01)
    unit = (width - 2 * MAP_MARGIN) / span
    indent = (width - (max(across) - min(across)) * unit) / 2
    points = {
        place.id: Point(round(indent + (x - min(across)) * unit, 1), round(MAP_MARGIN + (y - min(down)) * unit, 1), place, few or bool(place.children))
        for (place, _), x, y in zip(placed, across, down, strict=True)
    }
    edges = tuple(
        (points[place.id].x, points[place.id].y, points[child.id].x, points[child.id].y)
        for place, _ in placed
        for child in place.children
        if child.id in points
    )
    height = round((max(down) - min(down)) * unit + 2 * MAP_MARGIN + 12, 1)
    scale_km = max((km for km in (1, 2, 5, 10, 20, 50, 100) if km / KILOMETRES_A_DEGREE * unit <= 150), default=1)
    # Trouble is drawn last, so that nothing covers it.
    drawn = tuple(sorted(points.values(), key=lambda point: -STATES.index(point.place.state)))
    return Map(width, height, drawn, edges, scale_km, round(scale_km / KILOMETRES_A_DEGREE * unit, 1), len(province.sites) - len(placed), few)


def _bar(counts: Mapping[str, int]) -> Iterator[tuple[State, float, float]]:
    """(state, start, width) of each part of a bar that is 100 wide; the smallest part stays visible."""
    present = [(state, counts[state]) for state in STATES if counts.get(state)]
    widths = [max(1.2, 100 * count / sum(counts.values())) for _, count in present]
    start = 0.0
    for (state, _), width in zip(present, widths, strict=True):
        part = 100 * width / sum(widths)
        yield state, round(start, 2), round(part, 2)
        start += part


# --- how it is written -------------------------------------------------------------------------------------------------


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.globals |= {"t": _both, "words": WORDS, "trouble": TROUBLE}
    environment.filters |= {"check": _check, "value": _value, "plainly": _plainly}
    return environment


def _both(part: str, word: str) -> Markup:
    """A word in both languages; the page shows the chosen one."""
    said = WORDS[part][word]
    if said["vi"] == said["en"]:
        return escape(said["vi"])
    return Markup('<span lang="vi">{}</span><span lang="en">{}</span>').format(said["vi"], said["en"])


def _check(name: str) -> Markup:
    """A key of the vocabulary in words, segment by segment; a task's name, which is English, as it is."""
    if name in WORDS["values"]:
        return _both("values", name)
    segments = name.split(".")
    if not KEY.fullmatch(name) or segments[0] not in WORDS["keys"]:
        return Markup('<bdi lang="en">{}</bdi>').format(name)
    sides = [" · ".join(WORDS["keys"].get(segment, {}).get(language, segment) for segment in segments) for language in LANGUAGES]
    vi, en = (side[:1].upper() + side[1:] for side in sides)
    return escape(vi) if vi == en else Markup('<span lang="vi">{}</span><span lang="en">{}</span>').format(vi, en)


def _value(value: Json) -> Markup:
    """A JSON value for readers; several lines as lines."""
    if value is None or value in ("", []):
        return Markup("<i>{}</i>").format(_both("values", "nothing"))
    if isinstance(value, bool):
        return _both("values", "on" if value else "off")
    if isinstance(value, str) and value in WORDS["values"]:
        return _both("values", value)
    text = _plain(value)
    return Markup("<pre>{}</pre>" if "\n" in text else "<code>{}</code>").format(text)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, list) and not any(isinstance(item, (list, dict)) for item in value):
        return ", ".join(_plain(item) for item in value)
    if isinstance(value, dict):
        return "\n".join(f"{key}: {_key(item) if isinstance(item, (list, dict)) else _plain(item)}" for key, item in sorted(value.items()))
    return _key(value)


def _plainly(count: int) -> str:
    """A count with a thin space between thousands, which both languages read."""
    return f"{count:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
