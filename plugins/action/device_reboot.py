"""Reboot one camera or recorder. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from typing import Any

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.connection import Rim
from ..plugin_utils.operations import allowed, reboot


class ActionModule(DeviceAction):
    """Ends when the device takes a login again."""

    async def work(self, rim: Rim, _options: dict[str, Any], _variables: Any, bound: asyncio.Timeout) -> None:
        """Reboot the task's host."""
        device = rim.device()
        allowed(device, "reboot")
        self.said["changed"] = True
        if not self._task.check_mode:
            await reboot(device, bound)
