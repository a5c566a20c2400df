"""Known holes in firmware: what a device's maker, model, version and build say, and how sure that is. Nothing is ever probed."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from functools import lru_cache
from pathlib import Path

from .firmware import read_build, read_track, read_version
from .hole_rules import Device, Hole, Rule, rule_of

__all__ = ["RULES", "Hole", "device_of", "holes_of"]

FILE = Path(__file__).parent / "vuln_rules.json"
_READ = json.loads(FILE.read_text(encoding="utf-8"))
RULES = tuple(rule_of(raw) for raw in _READ["rules"])
UNNAMED = frozenset(_READ["unnamed"])  # vendors of ours that name no maker


def device_of(
    vendor: str | None = None,
    model: str | None = None,
    firmware: str | None = None,
    build: str | None = None,
    *,
    platform: str | None = None,
    maker: str | None = None,
    ports: tuple[int, ...] = (),
    banners: tuple[str, ...] = (),
) -> Device:
    """Read what a label or a survey says of a device. Never fails: what can't be read is unknown."""
    names = " ".join(part.lower() for part in (vendor, maker, model) if part)
    unnamed = maker is None and platform is None and (vendor is None or vendor in UNNAMED)
    stripped = re.sub(r"\s", "", model or "")
    version, track = read_version(firmware), read_track(firmware)
    return Device(names, platform, unnamed, stripped, firmware, version, read_build(build, firmware), track, frozenset(ports), banners)


@lru_cache(maxsize=65536)
def holes_of(
    vendor: str | None = None,
    model: str | None = None,
    firmware: str | None = None,
    build: str | None = None,
    *,
    platform: str | None = None,
    maker: str | None = None,
    ports: tuple[int, ...] = (),
    banners: tuple[str, ...] = (),
    on: date | None = None,
) -> tuple[Hole, ...]:
    """The holes that a device has or may have, worst first: certain ones, exploited ones, by CVSS.

    A rule for models says nothing of a device whose model isn't known: whoever asks has to say that nobody has looked.

    :param on: what was known on that day, for a document of that day: no CVE of a later year, no listing of a later day.
    """
    device = device_of(vendor, model, firmware, build, platform=platform, maker=maker, ports=ports, banners=banners)
    found: dict[str, Hole] = {}
    for rule in _rules_of(replace(device, firmware=None, version=None, build=None, track=None)):
        hole = rule.hole(device)
        if hole is not None and (rule.cve not in found or hole.certainty == "certain"):
            found[rule.cve] = hole
    if on is not None:
        found = {cve: _as_on(hole, on) for cve, hole in found.items() if int(cve[4:8]) <= on.year}
    return tuple(sorted(found.values(), key=lambda hole: (hole.certainty != "certain", hole.kev is None, -(hole.cvss or 0), hole.cve)))


@lru_cache(maxsize=4096)
def _rules_of(label: Device) -> tuple[Rule, ...]:
    """The rules that concern whatever has such a label, with any firmware."""
    return tuple(rule for rule in RULES if rule.concerns(label))


def _as_on(hole: Hole, on: date) -> Hole:
    return replace(hole, kev=None) if hole.kev is not None and hole.kev > on else hole
