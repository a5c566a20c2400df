"""Rules of known holes: whom one concerns, which firmware has it, and how sure that is for one device."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from .firmware import Version, read_version

Action = Literal["upgrade", "upgrade_or_replace", "replace", "provider"]
Certainty = Literal["certain", "possible"]
# Anything else that keeps a hole from being ruled out leaves it possible: "could not tell" is never "fine".
CERTAIN = frozenset({"in_range", "always"})


@dataclass(frozen=True, slots=True)
class Hole:
    """A hole that a device has or may have.

    ``cve`` has all numbers of the rule; ``kev`` is the day on which CISA listed it as exploited. ``why`` is a word of plan/reasons.yml;
    ``seen`` and ``limit`` are what the device says and what is affected, in no language. ``advice`` is the rule's own, in English.
    """

    cve: str
    kev: date | None
    cvss: float | None
    action: Action
    certainty: Certainty
    why: str
    seen: str
    limit: str
    advice: str


@dataclass(frozen=True, slots=True)
class Device:
    """What is known of a device: its model without blanks, ``""`` where nobody knows it, and its firmware, read."""

    names: str
    platform: str | None
    unnamed: bool
    model: str
    firmware: str | None
    version: Version | None
    build: date | None
    track: str | None
    ports: frozenset[int]
    banners: tuple[str, ...]

    @property
    def seen(self) -> str:
        """Its firmware as people read it."""
        build = None if self.build is None else f"build {self.build.isoformat()}"
        return ", ".join(part for part in (self.firmware, build) if part)


@dataclass(frozen=True)
class Range:
    """One line of what is affected; without bounds it is all (``always``) or not known (``unknown``)."""

    models: re.Pattern[str] | None
    family: re.Pattern[str] | None
    versions: tuple[Version | None, Version | None, Version | None]  # from, until (both belong to it), before
    builds: tuple[date | None, date | None, date | None]
    track: str | None
    always: bool
    unknown: bool
    doubt: str | None  # why a match isn't certain: remembered, only some models of a series, something that no version says
    limit: str

    def why(self, device: Device) -> str | None:
        """A word for why the device has or may have the hole; None when it hasn't."""
        if self.models is not None and not self.models.search(device.model):
            return None
        version = device.version
        if self.family is not None and device.firmware is not None:
            family = self.family.match(device.firmware)
            if family is None:
                return None
            version = read_version(device.firmware[family.end() :])
        if self.track is not None and device.track not in {None, self.track}:
            return None
        why = "always" if self.always else "condition_unknown" if self.unknown else self._in_range(version, device.build)
        if why not in CERTAIN:
            return why
        return self.doubt or ("track_unknown" if self.track is not None and device.track is None else why)

    def _in_range(self, version: Version | None, build: date | None) -> str | None:
        """Version and build name the two ends of one range: either decides, both where they are known."""
        by_version, by_build = _place(version, *self.versions), _place(build, *self.builds)
        if "outside" in {by_version, by_build}:
            return None
        if by_build == "inside" or (by_version == "inside" and self._decides(version)):
            return "in_range"
        return "build_unknown"

    def _decides(self, version: Version | None) -> bool:
        """Whether the version alone says it: the version at the end of the range was mended by a later build of the same number."""
        until = self.versions[1]
        return not any(self.builds[1:]) or (until is not None and version is not None and version < until)


def _place(value: Any, lowest: Any, until: Any, before: Any) -> str:
    if lowest is None and until is None and before is None:
        return "unbounded"
    if value is None:
        return "unknown"
    outside = (lowest is not None and value < lowest) or (until is not None and value > until) or (before is not None and value >= before)
    return "outside" if outside else "inside"


@dataclass(frozen=True)
class Rule:
    """A known hole and whom it concerns; ``alone`` are models that name their maker by themselves."""

    cve: str
    makers: re.Pattern[str] | None
    platforms: frozenset[str]
    models: re.Pattern[str] | None
    alone: re.Pattern[str] | None
    ports: frozenset[int]
    banner: re.Pattern[str] | None
    affected: tuple[Range, ...]
    kev: date | None
    cvss: float | None
    action: Action
    advice: str

    def concerns(self, device: Device) -> bool:
        """Whether it says anything of such a device, whatever its firmware is."""
        return self._is_named(device) or bool(self.ports & device.ports)

    def hole(self, device: Device) -> Hole | None:
        """The hole as far as the device has it or may have it."""
        named = self._is_named(device)
        if not named and not self.ports & device.ports:
            return None
        found = [(why if named or why not in CERTAIN else "port", line.limit) for line in self.affected if (why := line.why(device))]
        if not found:
            return None
        why, limit = min(found, key=lambda pair: pair[0] not in CERTAIN)
        certainty: Certainty = "certain" if why in CERTAIN else "possible"
        return Hole(self.cve, self.kev, self.cvss, self.action, certainty, why, device.seen, limit, self.advice)

    def _is_named(self, device: Device) -> bool:
        if self.banner is not None and any(self.banner.search(text) for text in (*device.banners, device.model)):
            return True
        if device.platform in self.platforms or (self.makers is not None and self.makers.search(device.names)):
            return self.models is None or bool(self.models.search(device.model))
        return device.unnamed and self.alone is not None and bool(self.alone.search(device.model))


def _range(raw: Mapping[str, Any]) -> Range:
    doubts = {"needs": raw.get("needs"), "some_models": raw.get("some_models"), "range_unconfirmed": raw["confidence"] != "V"}
    bounds = [raw.get(f"{kind}_{end}") for kind in ("firmware", "build") for end in ("from", "until", "before")]
    versions, builds = [read_version(text) for text in bounds[:3]], [text and date.fromisoformat(text) for text in bounds[3:]]
    limit = ", ".join(part for part in (_limit("", *bounds[:3]), _limit("build ", *bounds[3:])) if part)
    models, family = (raw.get(key) and re.compile(raw[key], re.IGNORECASE) for key in ("models", "family"))
    always, unknown = bool(raw.get("always")), bool(raw.get("unknown"))
    doubt = next((word for word, there in doubts.items() if there), None)
    return Range(models, family, tuple(versions), tuple(builds), raw.get("track"), always, unknown, doubt, limit)  # type: ignore[arg-type]  # three each


def _limit(word: str, lowest: str | None, until: str | None, before: str | None) -> str:
    ends = [f"≥ {lowest}" if lowest else "", f"≤ {until}" if until else "", f"< {before}" if before else ""]
    return word + ", ".join(end for end in ends if end) if any(ends) else ""


def rule_of(raw: Mapping[str, Any]) -> Rule:
    """A rule from its entry in vuln_rules.json."""
    patterns = {key: raw.get(key) and re.compile(raw[key], re.IGNORECASE) for key in ("models", "alone", "banner")}
    return Rule(
        cve=", ".join(raw["cves"]),
        makers=re.compile(rf"(?<![a-z0-9])({'|'.join(raw['makers'])})(?![a-z0-9])") if raw["makers"] else None,
        platforms=frozenset(raw.get("platforms", ())),
        ports=frozenset(raw.get("ports", ())),
        affected=tuple(_range(line) for line in raw["affected"]),
        kev=raw["kev"] and date.fromisoformat(raw["kev"]),
        cvss=raw["cvss"],
        action=raw["action"],
        advice=raw["advice"],
        **patterns,
    )
