"""In which steps a change goes through a province: centres, the canary, the waves, what is dangerous last, the centres once more."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ..desired import Host
from ..model import Province, Site

Kind: TypeAlias = Literal["centre", "site", "dangerous", "again"]
Group: TypeAlias = tuple[str, list[str]]


@dataclass(frozen=True)
class Step:
    """What is changed before anything is verified.

    ``wave`` counts from 1, and a wave may take several steps; ``hosts`` by place, which is a site's id or the host of a centre.
    ``first`` is a step at which one failure is enough to stop: a centre, or the canary of the kind.
    """

    name: str
    wave: int
    kind: Kind
    first: bool
    hosts: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """All hosts of the step."""
        return tuple(host for hosts in self.hosts.values() for host in hosts)

    def key(self, host: str) -> str:
        """Under which a host's result is kept: a centre is done twice."""
        return f"again:{host}" if self.kind == "again" else host


def place_of(host: Host) -> str:
    """The site of a host, or the host itself where it is a centre's."""
    return host.site or host.name


def alone(host: Host) -> str:
    """What is dangerous is changed together with nothing else."""
    return host.name


def steps(
    province: Province,
    hosts: Sequence[Host],
    risky: Collection[str],
    untold: Collection[str] = (),
    together: Callable[[Host], str] = alone,
) -> tuple[Step, ...]:
    """The steps for some hosts of a province.

    ``risky`` are those at which something dangerous is changed, ``untold`` those of which that couldn't be predicted; risky devices of a
    site for which ``together`` gives the same word are one change.
    """
    sites = {host.site: province.sites[host.site] for host in hosts if host.site is not None}
    centres = [host.name for host in hosts if host.site is None]
    last = _last(hosts, risky, untold, together)
    late = {name for turns in last.values() for names in turns for name in names}
    early = _by_place(host for host in hosts if host.site is not None and host.name not in late)
    found: list[tuple[str, Kind, bool, Mapping[str, tuple[str, ...]]]] = []
    # Hubs stand in for each other: never two at once.
    found += [(f"the centre's {name}", "centre", True, {name: (name,)}) for name in centres]
    found += [(name, "site", first, {site: early[site] for site in group}) for name, first, group in _waves(province, sites, early)]
    for name, first, group in _waves(province, sites, last):
        for turn in range(max(len(last[site]) for site in group)):
            rows = {site: last[site][turn] for site in group if turn < len(last[site])}
            found.append((f"dangerous, {name}", "dangerous", first, rows))
    if sites:
        found += [(f"the centre's {name} once more", "again", True, {name: (name,)}) for name in centres]
    waves = {name: number for number, name in enumerate(dict.fromkeys(_wave_name(row[0]) for row in found), 1)}
    return tuple(Step(name, waves[_wave_name(name)], kind, first, rows) for name, kind, first, rows in found)


def _wave_name(name: str) -> str:
    return name.partition(", part ")[0]


def _by_place(hosts: Iterable[Host]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = defaultdict(list)
    for host in hosts:
        found[place_of(host)].append(host.name)
    return {place: tuple(names) for place, names in found.items()}


def _last(
    hosts: Sequence[Host], risky: Collection[str], untold: Collection[str], together: Callable[[Host], str]
) -> dict[str, tuple[tuple[str, ...], ...]]:
    """By site the hosts that are changed one change after the other and last: devices before the router that carries them.

    Where the router itself is dangerous, what couldn't be predicted behind it may be so too, and comes after it.
    """
    found: dict[str, tuple[tuple[str, ...], ...]] = {}
    for site in dict.fromkeys(host.site for host in hosts if host.site is not None):
        own = [host for host in hosts if host.site == site]
        routers = [host for host in own if host.role == "router" and host.name in risky]
        devices = [host for host in own if host.role != "router" and host.name in risky]
        behind = [host for host in own if routers and host.name in untold and host not in (*routers, *devices)]
        if routers or devices:
            found[site] = (*_turns(devices, together), *_turns(routers, alone), *_turns(behind, alone))
    return found


def _turns(hosts: Iterable[Host], together: Callable[[Host], str]) -> tuple[tuple[str, ...], ...]:
    found: dict[str, list[str]] = defaultdict(list)
    for host in hosts:
        found[together(host)].append(host.name)
    return tuple(tuple(names) for names in found.values())


def _waves(province: Province, sites: Mapping[str, Site], chosen: Collection[str]) -> Iterator[tuple[str, bool, tuple[str, ...]]]:
    """The canary and the waves after it, as (name, whether it is the canary, sites), each small enough and without neighbours."""
    ordered = sorted(chosen, key=lambda site: (sites[site].wave, sites[site].number))
    if not ordered:
        return
    policy = province.rollout
    canary = policy.canary if policy.canary in ordered else ordered[0]
    yield f"the canary {canary}", True, (canary,)
    for name, group in _groups(province, [site for site in ordered if site != canary], len(ordered)):
        parts = _parts(sites, group, policy.at_once)
        for number, part in enumerate(parts, 1):
            yield name if len(parts) == 1 else f"{name}, part {number} of {len(parts)}", False, tuple(part)


def _groups(province: Province, rest: list[str], total: int) -> Iterator[Group]:
    policy = province.rollout
    if policy.by == "share":
        for share in policy.shares:
            size = math.ceil(total * share / 100)
            if rest[:size]:
                yield f"{share} %", rest[:size]
            rest = rest[size:]
        yield from [("the rest", rest)] if rest else []
        return
    groups: dict[str, list[str]] = defaultdict(list)
    for site in rest:
        groups[_district(province, site) if policy.by == "district" else f"wave {province.sites[site].wave}"].append(site)
    yield from groups.items()


def _district(province: Province, site: str) -> str:
    """The district that a site belongs to; where there are none any more, what stands directly below the province."""
    chain = (site, *province.ancestors(site))
    return next((name for name in chain if province.sites[name].level == "district"), chain[-2] if len(chain) > 1 else site)


def _parts(sites: Mapping[str, Site], group: Sequence[str], at_once: int) -> list[list[str]]:
    """A group in as few parts as come of taking each site into the first part that has room and none of its neighbours."""
    parts: list[list[str]] = []
    for site in group:
        fitting = (part for part in parts if len(part) < at_once and not any(neighbours(sites, site, other) for other in part))
        part = next(fitting, None)
        if part is None:
            parts.append([site])
        else:
            part.append(site)
    return parts


def neighbours(sites: Mapping[str, Site], one: str, other: str) -> bool:
    """Whether one of two sites stands in for the other."""
    return other in sites[one].backed_up_by or one in sites[other].backed_up_by
