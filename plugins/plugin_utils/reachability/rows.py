"""A router's desired firewall rows -> what a platform without nftables does with them.

Each platform writes the same rows in its own words, beside rules of the office that motcua neither owns nor reads here: what leaves or
comes in by a line, and what the office sends its own router, can't be told.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ..routers.state import Opening, RouterState
from .rules import Chain, Match, Rule, Ruleset, Translation


def written(state: RouterState) -> Ruleset:
    """What comes of a router's desired state where every row is written as it stands."""
    tunnels = frozenset(tunnel.interface for tunnel in state.tunnels)
    lan = frozenset({state.lan.interface})
    cameras = tuple(IPv4Network(address) for address in state.firewall.cameras)
    silent = [Rule(Match(sources=cameras), "no", "a camera opens nothing by itself")] if cameras else []
    inwards = [_opened(one, tunnels if one.came_in == "tunnel" else lan, None) for one in state.firewall.input]
    through = [_opened(one, tunnels, lan) for one in state.firewall.forward]
    by_tunnel = Rule(Match(came_in=tunnels), "no", "nothing else comes in by a tunnel")
    return Ruleset(
        {
            "input": (Chain((*inwards, by_tunnel, *silent), "unknown"),),
            "forward": (Chain((*through, by_tunnel, *silent, *_outwards(state, tunnels, lan)), "unknown"),),
        },
        *_translations(state, tunnels, lan),
    )


def asked_for(state: RouterState) -> Ruleset:
    """What comes of a router that people configure: its addresses as the work sheet asks for them, everything else nobody knows."""
    known = written(state)
    doubt = (Chain((), "unknown"),)
    return Ruleset({"input": doubt, "forward": doubt}, known.arriving, known.leaving)


def _opened(opening: Opening, came_in: frozenset[str], leaves: frozenset[str] | None) -> Rule:
    match = Match(
        came_in,
        leaves,
        opening.sources,
        opening.to or None,
        frozenset({opening.protocol}),
        tuple((port, port) for port in opening.ports),
    )
    return Rule(match, "yes", opening.comment)


def _outwards(state: RouterState, tunnels: frozenset[str], lan: frozenset[str]) -> Iterator[Rule]:
    portal = (IPv4Network(state.firewall.portal),)
    ports = tuple((port, port) for port in state.firewall.portal_ports)
    yield Rule(Match(lan, tunnels, None, portal, frozenset({"tcp"}), ports), "yes", "the portal")
    yield Rule(Match(leaves=tunnels), "no", "nothing else leaves by a tunnel")


def _translations(
    state: RouterState, tunnels: frozenset[str], lan: frozenset[str]
) -> tuple[tuple[Translation, ...], tuple[Translation, ...]]:
    inside, outside = state.translate.inside, state.translate.outside
    arriving = (Translation(Match(came_in=tunnels, to=(outside,)), outside, inside),)
    sender = Translation(Match(came_in=tunnels, leaves=lan), None, IPv4Network(state.translate.source))
    return arriving, (sender, Translation(Match(leaves=tunnels, sources=(inside,)), inside, outside))
