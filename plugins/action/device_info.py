"""Read one camera or recorder. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.connection import Rim, plain
from ..plugin_utils.conversation import Device
from ..plugin_utils.diff import Running
from ..plugin_utils.errors import MotcuaError
from ..plugin_utils.reconcile import read

DEFAULT_SECONDS = 60.0


class ActionModule(ActionBase):
    """Reads only, so check mode is the same as without."""

    _requires_connection = False
    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Read the task's host."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        options, variables = plain(self._task.args), task_vars or {}
        rim = None
        try:
            rim = Rim(str(variables.get("inventory_hostname", "")), options, variables, self._loader)
            device = rim.device()
            running = asyncio.run(_bounded(device, float(options.get("timeout") or DEFAULT_SECONDS)))
            result |= {"changed": False, "findings": rim.warnings(), **_shown(device, running)}
        except (MotcuaError, TimeoutError) as error:
            result |= rim.failure(error) if rim else {"failed": True, "kind": "model", "msg": str(error)}
        return rim.scrubbed(result) if rim else result


async def _bounded(device: Device, seconds: float) -> Running:
    async with asyncio.timeout(seconds):
        return await read(device)


def _shown(device: Device, running: Running) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in running.values.items():
        *path, last = key.split(".")
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    identity = {"vendor": device.vendor.name, **tree.pop("identity", {})}
    unsupported = [{"key": key, "reason": reason} for key, reason in sorted(running.unsupported.items())]
    unknown = [{"key": key, "reason": str(error)} for key, error in sorted(running.unknown.items())]
    return {"identity": identity, "running": {**tree, **running.rows}, "unsupported": unsupported, "unknown": unknown}
