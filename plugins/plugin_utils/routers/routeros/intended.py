"""The neutral state in RouterOS' words, in the order in which it is made."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import RouterState
from .access import access, services
from .firewall import addresses, rules, translations
from .reports import clock, reports
from .routes import routes
from .shaping import marks, queues
from .tunnels import tunnels
from .wanted import Wanted


def intended(state: RouterState, version: tuple[int, int]) -> tuple[Wanted, ...]:
    """All that motcua wants on this version.

    What others name comes before them: a list before its rules, a chain before the jump into it. Services close last.

    :raises ModelError: Unsupported: when the state can't be had on RouterOS, or on this version.
    """
    return tuple(_parts(state, version))


def _parts(state: RouterState, version: tuple[int, int]) -> Iterator[Wanted]:
    major = version[0]
    yield from clock(state, major)
    yield from access(state, major)
    yield from addresses(state)
    yield from tunnels(state, version)
    yield from marks(state)
    yield from queues(state, major)
    yield from rules(state, major)
    yield from translations(state)
    yield from routes(state, version)
    yield from reports(state)
    yield from services(state)
