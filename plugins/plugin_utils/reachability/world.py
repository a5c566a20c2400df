"""The machines that packets pass, with their routes and tunnels, and the way of one packet through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network

from .rules import Packet, Ruleset, Verdict, best, translated, worst

HOPS = 6  # a site, its hub, the other hub, a site, and two to spare


@dataclass(frozen=True)
class Route:
    """Where packets to a network go: out of an interface, into a segment or to the ``machine`` at which they arrive by ``arrives``.

    ``sends`` and ``takes`` are what a tunnel's two ends allow: packets to the one, from the other; None where there is no tunnel.
    ``source`` is the machine's own address there, where it isn't its usual one.
    """

    to: IPv4Network
    leaves: str
    segment: str | None = None
    machine: str | None = None
    arrives: str = ""
    sends: tuple[IPv4Network, ...] | None = None
    takes: tuple[IPv4Network, ...] | None = None
    source: IPv4Address | None = None

    def carries(self, source: IPv4Address | None, to: IPv4Address) -> bool:
        """Whether the tunnel's ends allow a packet; a source that nobody knows is allowed."""
        sent = self.sends is None or any(to in network for network in self.sends)
        return sent and (self.takes is None or source is None or any(source in network for network in self.takes))


@dataclass(frozen=True)
class Machine:
    """A machine that judges packets; ``rules`` is None where nobody can say what it does. ``own`` is its address as a sender."""

    name: str
    own: IPv4Address
    addresses: frozenset[IPv4Address]
    routes: tuple[Route, ...]
    rules: Ruleset | None

    def ways(self, to: IPv4Address) -> Sequence[Route]:
        """The routes of the longest prefix; more than one where another takes over when the first dies."""
        for mask, routes in self._by_prefix:
            if found := routes.get(int(to) & mask):
                return found
        return ()

    @cached_property
    def _by_prefix(self) -> Sequence[tuple[int, Mapping[int, Sequence[Route]]]]:
        """Mask and routes by network, the longest first: a hub has a thousand routes."""
        tables: dict[int, dict[int, list[Route]]] = {}
        for route in self.routes:
            tables.setdefault(int(route.to.netmask), {}).setdefault(int(route.to.network_address), []).append(route)
        return sorted(tables.items(), key=lambda pair: -pair[0])


@dataclass(frozen=True)
class Spot:
    """Where a packet is before a machine judges it. ``came_in`` is None for what the machine sends itself, which nothing filters."""

    machine: str
    came_in: str | None
    source: IPv4Address


@dataclass(frozen=True)
class Aim:
    """Where a packet is sent, and ``at`` what machine or segment and address it should end."""

    to: IPv4Address
    protocol: str
    port: int
    at: tuple[str, IPv4Address]


@dataclass(frozen=True)
class World:
    """All machines by name."""

    machines: Mapping[str, Machine]

    def arrives(self, spot: Spot, aim: Aim) -> Verdict:
        """Whether the first packet of a connection ends where it should.

        A way that takes over when another dies counts as well: the answer is yes when any way leads there.
        """
        return best(self._walk(spot, aim, HOPS))

    def _walk(self, spot: Spot, aim: Aim, hops: int) -> Iterator[Verdict]:
        if not hops:
            return
        machine = self.machines[spot.machine]
        rules, sure = machine.rules or Ruleset(), machine.rules is not None
        if spot.came_in is not None:
            changed, certain = translated(rules.arriving, _packet(spot, None, aim), aim.to)
            sure = sure and certain and changed is not None
            aim = replace(aim, to=changed or aim.to)
        known: Verdict = "yes" if sure else "unknown"
        if aim.to in machine.addresses:
            if aim.at == (machine.name, aim.to):
                yield worst((known, _judged(rules, spot, None, aim)))
            return
        for route in machine.ways(aim.to):
            here = worst((known, _judged(rules, spot, route, aim)))
            if here != "no":
                yield from (worst((here, further)) for further in self._further(spot, rules, route, aim, hops))

    def _further(self, spot: Spot, rules: Ruleset, route: Route, aim: Aim, hops: int) -> Iterator[Verdict]:
        if spot.came_in is None and route.source is not None:
            spot = replace(spot, source=route.source)
        source, certain = translated(rules.leaving, _packet(spot, route, aim), spot.source)
        known: Verdict = "yes" if certain else "unknown"
        if not route.carries(source if certain else None, aim.to):
            return
        if route.machine is None:
            yield known if aim.at == (route.segment, aim.to) else "no"
        else:
            onward = Spot(route.machine, route.arrives, source or spot.source)
            yield from (worst((known, further)) for further in self._walk(onward, aim, hops - 1))


def _packet(spot: Spot, route: Route | None, aim: Aim) -> Packet:
    return Packet(spot.came_in or "", route.leaves if route else None, spot.source, aim.to, aim.protocol, aim.port)


def _judged(rules: Ruleset, spot: Spot, route: Route | None, aim: Aim) -> Verdict:
    if spot.came_in is None:
        return "yes"
    return rules.judge("input" if route is None else "forward", _packet(spot, route, aim))
