"""Findings and model as the report shows them: devices in places, places in a tree, identical findings together."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ..desired import device_host
from ..findings import Finding, Json
from ..model import Province, Site

# Worst first; a device's state is the worst of its findings, a site's the worst of its devices.
State = Literal["fail", "error", "unseen", "waived", "pass"]
STATES: tuple[State, ...] = ("fail", "error", "unseen", "waived", "pass")
TROUBLE = ("fail", "error")

CENTRES, OTHER = "centres", "other"


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
        return worst(device.state for device in self.devices)

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
        return worst(place.state for place in self.all)


@dataclass(frozen=True)
class Group:
    """One difference and every device that has it; or one thing that could not be told, with each device's own reason."""

    check: str
    expected: Json
    cases: tuple[tuple[Device, Json], ...]
    sites: int

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


def groups_of(status: str, places: Iterable[Place]) -> tuple[Group, ...]:
    """Identical findings as one, the most frequent first; errors are identical when the same thing could not be told."""
    having: dict[tuple[str, ...], list[tuple[Place, Device, Finding]]] = defaultdict(list)
    for place in (own for top in places for own in top.all):
        for device in place.devices:
            for finding in device.findings:
                if finding.status == status:
                    values = (finding.expected,) if status == "error" else (finding.expected, finding.actual)
                    having[finding.feature, finding.check, *map(canonical, values)].append((place, device, finding))
    groups = [
        Group(
            rows[0][2].check,
            rows[0][2].expected,
            tuple((device, finding.actual) for _, device, finding in rows),
            len({place.id for place, _, _ in rows}),
        )
        for _, rows in sorted(having.items())
    ]
    return tuple(sorted(groups, key=lambda group: -len(group.cases)))


def canonical(value: Json) -> str:
    """A JSON value as the one text that equal values share."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False)
