"""Two ways for a change of a router to end that no other device knows."""

from __future__ import annotations

from ..errors import MotcuaError


class RolledBack(MotcuaError):
    """A change couldn't be proved, so the router is as it was before."""

    kind = "rolled_back"


class Postponed(MotcuaError):
    """The change may restart the router, which it may not do now; nothing was sent."""

    kind = "postponed"
