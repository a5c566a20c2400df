"""One-to-one translation of the LAN at the tunnels, and one sender for everything that reaches the LAN from them."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import RouterState
from .lines import FIRST_RULE, Line, Words, host, interface, reachable, under

_SENDER = 10  # after the four tunnels' rules


def translation(state: RouterState, words: Words) -> Iterator[Line]:
    """Rules of our own numbers; a whole network to a whole network keeps the hosts' numbers."""
    translate = state.translate
    for tunnel in state.tunnels:
        rule, name = str(FIRST_RULE + tunnel.slot), interface(tunnel)
        yield from under(
            "nat", "destination", "rule", rule,
            description=f"motcua:{tunnel.name}", destination__address=translate.outside, translation__address=translate.inside,
        )  # fmt: skip
        yield Line(("nat", "destination", "rule", rule, *_place("inbound", name, words)))
        yield from under(
            "nat", "source", "rule", rule,
            description=f"motcua:{tunnel.name}", source__address=translate.inside, translation__address=translate.outside,
        )  # fmt: skip
        yield Line(("nat", "source", "rule", rule, *_place("outbound", name, words)))
    for at, network in enumerate(reachable(state)):
        rule = str(FIRST_RULE + _SENDER + at)
        yield from under(
            "nat", "source", "rule", rule,
            description="motcua:sender", source__address=host(network), destination__address=translate.inside,
            translation__address=translate.source,
        )  # fmt: skip
        yield Line(("nat", "source", "rule", rule, *_place("outbound", state.lan.interface, words)))


def _place(direction: str, name: str, words: Words) -> tuple[str, ...]:
    return (f"{direction}-interface", *(("name",) if words.modern else ()), name)
