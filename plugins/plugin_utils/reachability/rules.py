"""What a firewall says of the first packet of a connection: yes, no, or that it can't be told. Default deny is the ruleset's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Literal

Verdict = Literal["yes", "no", "unknown"]
Hook = Literal["input", "forward"]


@dataclass(frozen=True)
class Packet:
    """The first packet of a connection where a machine judges it; ``leaves`` is None for the machine itself."""

    came_in: str
    leaves: str | None
    source: IPv4Address
    to: IPv4Address
    protocol: str
    port: int


@dataclass(frozen=True)
class Addresses:
    """Networks as whole numbers: a province asks millions of times, and IPv4Network takes a microsecond each time."""

    single: frozenset[int]
    wide: tuple[tuple[int, int], ...]  # mask and network

    @classmethod
    def of(cls, networks: Iterable[IPv4Network]) -> Addresses:
        """The same networks."""
        pairs = [(int(network.netmask), int(network.network_address)) for network in networks]
        all_ones = 2**32 - 1
        return cls(frozenset(value for mask, value in pairs if mask == all_ones), tuple(pair for pair in pairs if pair[0] != all_ones))

    def has(self, address: IPv4Address) -> bool:
        """Whether one of them has it."""
        value = int(address)
        return value in self.single or any(value & mask == network for mask, network in self.wide)


@dataclass(frozen=True)
class Match:
    """Which packets a rule is about; None means any. ``unread`` is what of it isn't understood, so that it may match or not."""

    came_in: frozenset[str] | None = None
    leaves: frozenset[str] | None = None
    sources: tuple[IPv4Network, ...] | None = None
    to: tuple[IPv4Network, ...] | None = None
    protocols: frozenset[str] | None = None
    ports: tuple[tuple[int, int], ...] | None = None
    unread: str = ""

    def may(self, packet: Packet) -> bool:
        """Whether all that is understood of it matches."""
        return (
            (self.came_in is None or packet.came_in in self.came_in)
            and (self.leaves is None or packet.leaves in self.leaves)
            and (self.protocols is None or packet.protocol in self.protocols)
            and (self.ports is None or any(first <= packet.port <= last for first, last in self.ports))
            and (self._sources is None or self._sources.has(packet.source))
            and (self._to is None or self._to.has(packet.to))
        )

    @cached_property
    def _sources(self) -> Addresses | None:
        return None if self.sources is None else Addresses.of(self.sources)

    @cached_property
    def _to(self) -> Addresses | None:
        return None if self.to is None else Addresses.of(self.to)


@dataclass(frozen=True)
class Rule:
    """One rule that can end a packet's way through its chain; ``unknown`` ends it nobody knows how."""

    match: Match
    verdict: Verdict
    comment: str = ""


@dataclass(frozen=True)
class Chain:
    """One base chain: the first rule that matches decides, else the policy."""

    rules: tuple[Rule, ...]
    policy: Verdict

    @cached_property
    def _by_address(self) -> tuple[Mapping[IPv4Address, Sequence[int]], Sequence[int]]:
        """Rules by the single hosts that they name, and those that name others: a hub has a thousand rules, a packet meets twenty."""
        single, others = defaultdict[IPv4Address, list[int]](list), []
        for index, rule in enumerate(self.rules):
            networks = rule.match.to
            if networks is not None and all(network.prefixlen == network.max_prefixlen for network in networks):
                for network in networks:
                    single[network.network_address].append(index)
            else:
                others.append(index)
        return single, others

    def judge(self, packet: Packet) -> Verdict:
        """What becomes of a packet. A rule that may match or not decides only where it makes no difference."""
        single, others = self._by_address
        met = sorted({*single.get(packet.to, ()), *others})
        uncertain: set[Verdict] = set()
        for rule in (self.rules[index] for index in met):
            if rule.match.may(packet):
                uncertain.add(rule.verdict)
                if not rule.match.unread:
                    break
        else:
            uncertain.add(self.policy)
        return uncertain.pop() if len(uncertain) == 1 else "unknown"


@dataclass(frozen=True)
class Translation:
    """Addresses that are changed: ``prefix`` one to one from ``of`` to ``into``, else everything that matches becomes ``into``'s only host.

    ``into`` is None where a packet gets the address of the line that it leaves by.
    """

    match: Match
    of: IPv4Network | None
    into: IPv4Network | None

    def new(self, address: IPv4Address) -> IPv4Address | None:
        """What an address becomes; None where nobody knows it."""
        if self.into is None:
            return None
        if self.of is None:
            return self.into.network_address
        return self.into.network_address + (int(address) - int(self.of.network_address)) if address in self.of else address


@dataclass(frozen=True)
class Ruleset:
    """All that one machine does with packets. Every chain of a hook has to let one through."""

    chains: Mapping[Hook, tuple[Chain, ...]] = field(default_factory=dict)
    arriving: tuple[Translation, ...] = ()
    leaving: tuple[Translation, ...] = ()

    def judge(self, hook: Hook, packet: Packet) -> Verdict:
        """What all chains of a hook say together; a hook without a chain lets everything through."""
        return worst(chain.judge(packet) for chain in self.chains.get(hook, ()))

    def without(self, hook: Hook, chain: int, rule: int) -> Ruleset:
        """The same without one rule."""
        chains = list(self.chains[hook])
        rules = chains[chain].rules
        chains[chain] = replace(chains[chain], rules=(*rules[:rule], *rules[rule + 1 :]))
        return replace(self, chains={**self.chains, hook: tuple(chains)})


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """All of them must let a packet through."""
    found = set(verdicts)
    return "no" if "no" in found else "unknown" if "unknown" in found else "yes"


def best(verdicts: Iterable[Verdict]) -> Verdict:
    """One of them is enough."""
    found = set(verdicts)
    return "yes" if "yes" in found else "unknown" if "unknown" in found else "no"


def translated(translations: Iterable[Translation], packet: Packet, address: IPv4Address) -> tuple[IPv4Address | None, bool]:
    """What the first translation that matches makes of an address, and whether that is sure."""
    for one in translations:
        if one.match.may(packet):
            return one.new(address), not one.match.unread
    return address, True
