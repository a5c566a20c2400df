"""Make one camera or recorder match its desired state. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from typing import Any

import yaml
from ansible.plugins.action import ActionBase

from ..plugin_utils.apply import Outcome
from ..plugin_utils.connection import Rim, plain
from ..plugin_utils.conversation import Device
from ..plugin_utils.errors import MotcuaError
from ..plugin_utils.reconcile import reconcile

DEFAULT_SECONDS = 60.0


class ActionModule(ActionBase):
    """Runs in process: a device can't run Python, and a module on the controller would cost a fork and an interpreter."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Reconcile the task's host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        options, variables = plain(self._task.args), task_vars or {}
        outcome = Outcome()
        rim = None
        try:
            rim = Rim(str(variables.get("inventory_hostname", "")), options, variables, self._loader)
            wish = options.get("desired") or plain(variables.get("motcua_desired")) or {}
            asyncio.run(_bounded(rim.device(), wish, outcome, self._task.check_mode, float(options.get("timeout") or DEFAULT_SECONDS)))
        except (MotcuaError, TimeoutError) as error:
            result |= rim.failure(error) if rim else {"failed": True, "kind": "model", "msg": str(error)}
        result |= {
            "changed": outcome.changed,
            "changes": outcome.changes,
            "unsupported": [{"key": key, "reason": reason} for key, reason in sorted(outcome.unsupported.items())],
            "reboot_required": outcome.reboot_required,
            "findings": rim.warnings() if rim else [],
        }
        if outcome.changes:
            result["diff"] = {side: _text(outcome, side) for side in ("before", "after")}
        return rim.scrubbed(result) if rim else result


async def _bounded(device: Device, wish: dict[str, Any], outcome: Outcome, check: bool, seconds: float) -> None:
    async with asyncio.timeout(seconds) as bound:
        await reconcile(device, wish, outcome, check=check, bound=bound)


def _text(outcome: Outcome, side: str) -> str:
    return yaml.safe_dump({change["key"]: change[side] for change in outcome.changes}, allow_unicode=True, sort_keys=True)
