"""Findings and model as the report shows them: devices in places, places in a tree, identical findings together."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..desired import device_host
from ..findings import Finding, Json
from ..model import Device as Equipment
from ..model import Province, Site

# Worst first; a device's state is the worst of its findings, a site's the worst of its devices.
State = Literal["fail", "error", "unseen", "waived", "pass"]
STATES: tuple[State, ...] = ("fail", "error", "unseen", "waived", "pass")
TROUBLE = ("fail", "error")

# The feature of findings that say that a rule is broken. Their checks are the rules' ids, but for two: that rules couldn't be judged, and
# that people haven't answered their questions.
RULES, UNJUDGED, QUESTIONS = "rules", "rules", "questions"
PROVINCE = "province"  # whose findings are those of the province as a whole
CENTRES, OTHER = "centres", "other"


@dataclass(frozen=True)
class Device:
    """One device as the report shows it."""

    name: str
    title: str
    role: str
    model: str
    firmware: str
    serial: str
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

    @property
    def evidence(self) -> str:
        """What all its findings rest on that rest on anything; "" where it isn't one and the same."""
        return _only(finding.evidence for finding in self.findings if finding.evidence)

    @property
    def since(self) -> str:
        """Since when all stands that isn't as declared, ISO 8601; "" where each has its own time."""
        return _only(finding.since or "" for finding in self.findings if finding.status != "pass")


def _only(texts: Iterable[str]) -> str:
    different = set(texts)
    return different.pop() if len(different) == 1 else ""


@dataclass(frozen=True)
class Place:
    """A site, or the centres together, with the sites below it. ``own``: what was found about itself rather than one of its devices."""

    id: str
    title: str
    site: Site | None
    devices: tuple[Device, ...]
    children: tuple[Place, ...] = ()
    own: tuple[Device, ...] = ()

    @property
    def subjects(self) -> tuple[Device, ...]:
        """Itself, where anything was found about it, and its devices."""
        return self.own + self.devices

    @property
    def state(self) -> State:
        """The worst of itself and its own devices."""
        return worst(device.state for device in self.subjects)

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
    def heads(self) -> bool:
        """Whether sites below it have others below them."""
        return any(child.children for child in self.children)

    @property
    def state_with_below(self) -> State:
        """The worst of itself and everything below it."""
        return worst(place.state for place in self.all)


@dataclass(frozen=True)
class Group:
    """One difference and every device that has it; or one thing that could not be told, with each device's own reason.

    ``since``: when the first of them was first seen, ISO 8601. ``share``: of all findings of its status, 0 to 1.
    """

    check: str
    expected: Json
    cases: tuple[tuple[Device, Json], ...]
    sites: int
    since: str | None
    share: float

    @property
    def alike(self) -> bool:
        """Every case has the same actual value or reason."""
        return len({canonical(actual) for _, actual in self.cases}) == 1


def worst(states: Iterable[State]) -> State:
    """The worst state; a part that this audit left out doesn't darken the rest."""
    seen = set(states)
    if "unseen" in seen and len(seen) > 1:
        seen.discard("unseen")
    return next((state for state in STATES if state in seen), "unseen")


def _worst_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(findings, key=lambda finding: ("fail", "error", "waived", "skipped", "pass").index(finding.status)))


def places_of(province: Province, findings: Sequence[Finding]) -> tuple[Place, ...]:
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
        devices = tuple(_devices(name, site, by_device))
        return Place(f"site/{name}", site.name, site, devices, tuple(place(child) for child in below), _own(name, by_device))

    centres = tuple(
        Device(f"{name}-server", centre.name, "centre", "", "", "", str(centre.address), tuple(by_device.pop(f"{name}-server", ())))
        for name, centre in province.centres.items()
    )
    tops = [place(name) for name in sorted(children[None], key=lambda child: province.sites[child].number)]
    whole = _own(PROVINCE, by_device)
    strangers = tuple(Device(name, name, "unknown", "", "", "", "", tuple(rows)) for name, rows in sorted(by_device.items()))
    return (
        Place(CENTRES, "", None, centres, (), whole),
        *tops,
        *([Place(OTHER, "", None, strangers)] if strangers else []),
    )


def _own(name: str, by_device: dict[str, list[Finding]]) -> tuple[Device, ...]:
    rows = tuple(by_device.pop(name, ()))
    return (Device(name, "", "whole" if name == PROVINCE else "site", "", "", "", "", rows),) if rows else ()


def _devices(name: str, site: Site, by_device: dict[str, list[Finding]]) -> Iterator[Device]:
    def device(key: str, title: str, role: str, model: str, thing: Equipment, address: object) -> Device:
        host = device_host(name, key)
        firmware = " ".join(part for part in (thing.firmware, thing.build) if part)
        return Device(host, title, role, model, firmware, thing.serial or "", str(address), tuple(by_device.pop(host, ())))

    router = site.router
    yield device("router", "", "router", f"{router.platform.capitalize()} {router.model or ''}".strip(), router, router.address)
    for key, nvr in site.nvrs.items():
        yield device(key, nvr.name, "nvr", f"{nvr.vendor.capitalize()} {nvr.model or ''}".strip(), nvr, nvr.address)
    for key, camera in site.cameras.items():
        model = f"{camera.vendor.capitalize()} {camera.model or ''}".strip()
        yield device(key, camera.name, "camera", model, camera, camera.address or camera.source.removeprefix("nvr:"))


def groups_of(status: str, places: Iterable[Place]) -> tuple[Group, ...]:
    """Identical findings as one, the most frequent first, but for rules. Errors are identical when the same thing could not be told."""
    having: dict[tuple[str, ...], list[tuple[Place, Device, Finding]]] = defaultdict(list)
    for place in (own for top in places for own in top.all):
        for device in place.subjects:
            for finding in device.findings:
                if finding.status == status and (finding.feature != RULES or finding.check == UNJUDGED):
                    values = (finding.expected,) if status == "error" else (finding.expected, finding.actual)
                    having[finding.feature, finding.check, *map(canonical, values)].append((place, device, finding))
    every = sum(map(len, having.values()))
    groups = [
        Group(
            rows[0][2].check,
            rows[0][2].expected,
            tuple((device, finding.actual) for _, device, finding in rows),
            len({place.id for place, _, _ in rows}),
            min((finding.since for _, _, finding in rows if finding.since), default=None),
            len(rows) / every,
        )
        for _, rows in sorted(having.items())
    ]
    return tuple(sorted(groups, key=lambda group: -len(group.cases)))


def canonical(value: Json) -> str:
    """A JSON value as the one text that equal values share."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
