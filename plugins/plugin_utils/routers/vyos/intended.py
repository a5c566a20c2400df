"""The neutral state in VyOS' own words: only what is ours."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import RouterState
from . import firewall, routing
from . import settings as own
from .lines import Line, Words, node
from .running import Running
from .shaping import shaping
from .translation import translation
from .tunnels import tunnels


def intended(state: RouterState, running: Running, words: Words) -> tuple[Line, ...]:
    """Every line that is ours, as it should be, each once."""
    return tuple({line.path: line for line in _parts(state, running, words)}.values())


def lacks(state: RouterState, words: Words) -> tuple[str, ...]:
    """What the wish has and this version can't."""
    return (*own.lacks(state), *routing.lacks(state, words))


def _parts(state: RouterState, running: Running, words: Words) -> Iterator[Line]:
    paths = frozenset(running.paths)
    yield from tunnels(state, words)
    yield from firewall.firewall(state, words, firewall.occupied(state, paths))
    yield from translation(state, words)
    yield from shaping(state, words, shaped_by_others(state, running, words))
    yield from routing.routing(state, words)
    yield from own.settings(state, words, paths)


def shaped_by_others(state: RouterState, running: Running, words: Words) -> frozenset[str]:
    """Interfaces with a shaper of the office's own."""
    found = set()
    for one in state.shaping:
        at = ("qos", "interface", one.interface, "egress") if words.modern else (*node(one.interface), "traffic-policy", "out")
        name = running.value(*at)
        if name is not None and not name.startswith("MOTCUA"):
            found.add(one.interface)
    return frozenset(found)
