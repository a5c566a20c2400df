"""Who can reach what once the plan is rolled out, computed from the rules themselves before any packet is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address

from ..desired import Plan
from ..model import Province, Site
from .machines import world
from .places import Destination, Source, destinations, sources
from .rules import Verdict, best
from .world import Aim, Spot, World

__all__ = ["Destination", "Reachability", "Source", "Verdict", "World", "reachability", "world"]
Pair = tuple[str, str]


@dataclass(frozen=True)
class Reachability:
    """The matrix by names. A pair that is in neither set can't be opened: that is the default."""

    sources: Mapping[str, Source]
    destinations: Mapping[str, Destination]
    reached: frozenset[Pair]
    unknown: frozenset[Pair]

    def verdict(self, source: str, destination: str) -> Verdict:
        """Of one pair: ``yes``, ``no``, or ``unknown`` where a rule or a router isn't understood."""
        pair = source, destination
        return "yes" if pair in self.reached else "unknown" if pair in self.unknown else "no"


def reachability(province: Province, planned: Plan, passed: World) -> Reachability:
    """Try every source against every destination that is for it. A host isn't tried against itself."""
    trying = sources(province)
    tried = destinations(province, planned)
    found: dict[Verdict, set[Pair]] = {"yes": set(), "no": set(), "unknown": set()}
    by_site: dict[str | None, list[Destination]] = {}
    for destination in tried:
        by_site.setdefault(destination.site, []).append(destination)
    for source in trying:
        sites = by_site if _leads_further(province, source, passed) else (None, source.site)
        for destination in (one for site in sites for one in by_site[site]):
            if destination.host != source.name and (source.kind == "line" or not destination.public):
                found[_verdict(province, passed, source, destination)].add((source.name, destination.name))
    return Reachability(
        {source.name: source for source in trying},
        {destination.name: destination for destination in tried},
        frozenset(found["yes"]),
        frozenset(found["unknown"]),
    )


def _leads_further(province: Province, source: Source, passed: World) -> bool:
    """False where the first machine of a site has no way to any other site, so that none needs to be tried."""
    if source.site is None:
        return True
    others = province.networks.sites
    return any(route.machine is not None and route.to.overlaps(others) for route in passed.machines[source.spot.machine].routes)


def _verdict(province: Province, passed: World, source: Source, destination: Destination) -> Verdict:
    if source.segment is not None and source.segment == destination.at[0]:
        return _neighbours(province, source, destination)
    return best(
        passed.arrives(_spot(source, destination, passed), Aim(address, destination.protocol, destination.port, destination.at))
        for address in _tries(source, destination)
    )


def _spot(source: Source, destination: Destination, passed: World) -> Spot:
    """A machine on the same LAN is asked straight away, without the gateway."""
    machine, address = destination.at
    if source.lan is not None and address in source.lan and machine in passed.machines and machine != source.spot.machine:
        return Spot(machine, "lan", source.spot.source)
    return source.spot


def _tries(source: Source, destination: Destination) -> Iterator[IPv4Address]:
    """Whoever stands on a site's line can hand its router any address; its LAN uses its own; all others the translated one."""
    if source.site is not None and source.site == destination.site:
        yield destination.at[1]
    if source.kind == "line" or source.site is None or source.site != destination.site:
        yield destination.outside


def _neighbours(province: Province, source: Source, destination: Destination) -> Verdict:
    """Two hosts of one LAN: no router stands between them, only what the switch or the router's own ports keep apart."""
    if source.site is None:
        return "yes"
    site = province.sites[source.site]
    sides = {source.kind == "office", destination.kind == "office"}
    return _kept_apart(site) if len(sides) == 2 else "yes"


def _kept_apart(site: Site) -> Verdict:
    if site.isolation == "flat":
        return "yes"
    # Elsewhere than on a Linux router people keep the segments apart, or the device itself does.
    return "no" if site.isolation == "segment" and site.router.platform == "linux" else "unknown"
