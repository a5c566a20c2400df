"""Read one router. The module of the same name is its documentation."""

from __future__ import annotations

from typing import Any

from ..plugin_utils.console import Console
from ..plugin_utils.guarded import Outcome, read
from .router import RouterAction


class ActionModule(RouterAction):
    """Reads only, so check mode is the same as without."""

    def work(self, console: Console, outcome: Outcome) -> dict[str, Any]:
        """Read the task's host."""
        router = console.router()
        read(router, console.state(needed=False), outcome)
        return {
            "changed": False,
            "identity": {"platform": outcome.platform},
            "running": outcome.before,
            "contradictions": outcome.contradictions,
            "unknown": outcome.unknown,
            "findings": outcome.findings,
        }
