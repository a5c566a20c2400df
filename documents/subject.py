"""What all documents are about: a province, its plan, and the language; and the names by which a document calls things."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import Plan
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Camera, Device, Nvr, Other, Province, Router, Site

from .speech import Speech

TOP = ""  # the area of sites that have nobody above and nobody below
FEW = 6  # so many places are named before "and n more"


@dataclass(frozen=True)
class Subject:
    """A province, what was planned for it, and the language to say it in."""

    province: Province
    plan: Plan
    speech: Speech

    @property
    def on(self) -> date:
        """The day whose tree and whose law this is."""
        assert self.province.on is not None  # load said it
        return self.province.on

    @cached_property
    def areas(self) -> Mapping[str, tuple[str, ...]]:
        """Sites by area, area first: everything below a district, or below a commune that has nobody above. ``TOP`` holds the others."""
        children: dict[str | None, list[str]] = defaultdict(list)
        for name, site in self.province.sites.items():
            children[site.parent].append(name)
        found: dict[str, list[str]] = {TOP: []}
        for name in sorted(self.province.sites, key=lambda name: self.province.sites[name].number):
            highest = self._highest(name)
            area = highest if highest and children[highest] else TOP
            found.setdefault(area, []).append(name)
        return {area: tuple(sorted(sites, key=lambda site: site != area)) for area, sites in found.items() if sites}

    def _highest(self, name: str) -> str | None:
        """The highest place above a site or itself that isn't the province's own."""
        chain = [name, *self.province.ancestors(name)]
        return next((above for above in reversed(chain) if self.province.sites[above].level != "province"), None)

    def area_name(self, area: str) -> str:
        """The area as tables call it."""
        return self.short(area) if area else self.speech.word("totals", "top")

    def short(self, name: str) -> str:
        """A site's plain name, and the unit that it serves on that day where that is another."""
        site = self.province.sites[name]
        unit = site.unit_on(self.on)
        other = unit is not None and unit.name.casefold() not in site.name.casefold()
        return f"{self.shortened(site.name)} ({unit.name})" if unit is not None and other else self.plain(name)

    def plain(self, name: str) -> str:
        """A site's name without what all sites are called; two of one name are told apart by where they belong."""
        site = self.province.sites[name]
        short = self.shortened(site.name)
        if self._names[site.name] == 1 or site.parent is None:
            return short
        return f"{short} ({self.shortened(self.province.sites[site.parent].name)})"

    @cached_property
    def _names(self) -> Mapping[str, int]:
        return Counter(site.name for site in self.province.sites.values())

    def shortened(self, name: str) -> str:
        """``Bộ phận Một cửa xã Tân Dĩnh`` -> ``Xã Tân Dĩnh``."""
        rest = name.removeprefix(self.speech.word("frame", "site_prefix"))
        return rest[:1].upper() + rest[1:]

    def line(self, site: str, line: str) -> str:
        """A line by its kind and provider."""
        value = self.province.sites[site].lines[line]
        return f"{self.speech.word('lines', value.kind)} {value.provider}"

    def some(self, names: Iterable[str]) -> str:
        """Some places by their plain names, and how many more there are."""
        short = [self.plain(name) for name in names]
        more = [self.speech.word("totals", "more", n=self.speech.number(len(short) - FEW))] if len(short) > FEW else []
        return ", ".join([*short[:FEW], *more])


def province_name(subject: Subject) -> str:
    """The province's name of that day, the unit that its own office serves where that is written down; in English without ``Tỉnh``."""
    units = (site.unit_on(subject.on) for site in subject.province.sites.values() if site.level == "province")
    name = next((unit.name for unit in units if unit is not None), subject.province.name)
    if subject.speech.language == "vi" or place_name(subject, name) == name:
        return name
    return subject.speech.word("frame", "province", place=place_name(subject, name))


def place_name(subject: Subject, province: str) -> str:
    """``Tỉnh Bắc Giang`` -> ``Bắc Giang``, where a letter is signed."""
    rest = province.removeprefix(subject.speech.word("frame", "place_prefix")).removesuffix(subject.speech.word("frame", "place_suffix"))
    return rest[:1].upper() + rest[1:]


@dataclass(frozen=True)
class Standing:
    """One device where it stands. ``role`` is router, switch, nvr, camera or other."""

    site: str
    key: str
    role: str
    device: Device

    @property
    def name(self) -> str:
        """The device's name among people; a router has none of its own."""
        return getattr(self.device, "name", "")


def devices(site_name: str, site: Site) -> Iterator[Standing]:
    """Everything that stands at a site, the network first."""
    yield Standing(site_name, "router", "router", site.router)
    for role, things in (("switch", site.switches), ("nvr", site.nvrs), ("camera", site.cameras), ("other", site.others)):
        for key, thing in things.items():
            yield Standing(site_name, key, role, thing)


def everything(province: Province) -> Iterator[Standing]:
    """Everything that stands in the province."""
    for name, site in province.sites.items():
        yield from devices(name, site)


def maker(device: Device) -> str:
    """Who made it, as the label says; a router's and a switch's isn't written down apart."""
    if isinstance(device, Nvr | Camera):
        return device.vendor.capitalize()
    return device.maker if isinstance(device, Other) else ""


def make(speech: Speech, device: Device) -> str:
    """Maker and model, as much as is known."""
    who = speech.word("platforms", device.platform) if isinstance(device, Router) else maker(device)
    return " ".join(part for part in (who, device.model) if part)


def address(device: Device) -> str | None:
    """Its LAN address, or the recorder's channel through which it is reached; None where it has neither."""
    if isinstance(device, Camera) and device.through is not None:
        return f"{device.through.nvr}/{device.through.number}"
    at = getattr(device, "address", None)
    return None if at is None else str(at)
