"""The machines that packets pass, with their routes and tunnels, and the way of one packet through them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
        found = [route for route in self.routes if to in route.to]
        longest = max((route.to.prefixlen for route in found), default=0)
        return [route for route in found if route.to.prefixlen == longest]


@dataclass(frozen=True)
class Spot:
    """Where a packet is before a machine judges it. ``came_in`` is None for what the machine sends itself, which nothing filters."""

    machine: str
    came_in: str | None
    source: IPv4Address


@dataclass(frozen=True)
class World:
    """All machines by name."""

    machines: Mapping[str, Machine]

    def arrives(self, spot: Spot, to: IPv4Address, protocol: str, port: int, at: tuple[str, IPv4Address]) -> Verdict:
        """Whether the first packet of a connection gets to ``at``: a machine or a segment, and the address that it has there.

        A way that takes over when another dies counts as well: the answer is yes when any way leads there.
        """
        return best(self._walk(spot, to, protocol, port, at, HOPS))

    def _walk(self, spot: Spot, to: IPv4Address, protocol: str, port: int, at: tuple[str, IPv4Address], hops: int) -> Iterator[Verdict]:
        machine, sure = self.machines[spot.machine], "yes" if self.machines[spot.machine].rules is not None else "unknown"
        rules = machine.rules or Ruleset()
        if not hops:
            return
        if spot.came_in is not None:
            arrived = Packet(spot.came_in, None, spot.source, to, protocol, port)
            changed, certain = translated(rules.arriving, arrived, to)
            to, sure = changed or to, sure if certain and changed is not None else "unknown"
        if to in machine.addresses:
            if at == (machine.name, to):
                yield worst([_verdict(sure), self._judged(rules, spot, None, to, protocol, port)])
            return
        for route in machine.ways(to):
            here = worst([_verdict(sure), self._judged(rules, spot, route.leaves, to, protocol, port)])
            if here != "no":
                yield from (worst([here, further]) for further in self._further(spot, rules, route, to, protocol, port, at, hops))

    def _judged(self, rules: Ruleset, spot: Spot, leaves: str | None, to: IPv4Address, protocol: str, port: int) -> Verdict:
        if spot.came_in is None:
            return "yes"
        return rules.judge("input" if leaves is None else "forward", Packet(spot.came_in, leaves, spot.source, to, protocol, port))

    def _further(
        self, spot: Spot, rules: Ruleset, route: Route, to: IPv4Address, protocol: str, port: int, at: tuple[str, IPv4Address], hops: int
    ) -> Iterator[Verdict]:
        if route.sends is not None and not any(to in network for network in route.sends):
            return
        sender = route.source or spot.source if spot.came_in is None else spot.source
        packet = Packet(spot.came_in or "", route.leaves, sender, to, protocol, port)
        source, certain = translated(rules.leaving, packet, sender)
        sure: Verdict = "yes" if certain else "unknown"
        if route.takes is not None and source is not None and not any(source in network for network in route.takes):
            return
        if route.machine is None:
            yield sure if at == (route.segment, to) else "no"
        else:
            onward = Spot(route.machine, route.arrives, source or sender)
            yield from (worst([sure, further]) for further in self._walk(onward, to, protocol, port, at, hops - 1))


def _verdict(said: str) -> Verdict:
    return "yes" if said == "yes" else "unknown"
