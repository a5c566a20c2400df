"""Make one camera or recorder match its desired state. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from typing import Any

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.apply import Outcome
from ..plugin_utils.connection import Rim, outcome_of, plain
from ..plugin_utils.reconcile import reconcile


class ActionModule(DeviceAction):
    """Says what was done also when it failed in the middle."""

    _supports_diff = True
    more = ("desired",)

    async def work(self, rim: Rim, options: dict[str, Any], variables: Any, bound: asyncio.Timeout) -> None:
        """Reconcile the task's host."""
        outcome = Outcome()
        self._say(outcome)
        wish = options.get("desired") or plain(variables.get("motcua_desired")) or {}
        try:
            await reconcile(rim.device(), wish, outcome, check=self._task.check_mode, bound=bound)
        finally:
            self._say(outcome)

    def _say(self, outcome: Outcome) -> None:
        self.said = outcome_of(outcome)
