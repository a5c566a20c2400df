"""Give one new camera or recorder its first password. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from typing import Any

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.connection import Rim
from ..plugin_utils.operations import activate


class ActionModule(DeviceAction):
    """Never part of a rollout by itself: whoever writes the task wants it."""

    async def work(self, rim: Rim, _options: dict[str, Any], _variables: Any, _bound: asyncio.Timeout) -> None:
        """Activate the task's host."""
        device = rim.device(new=True)
        self.said["changed"] = await activate(device, lambda: rim.first_password(device), check=self._task.check_mode)
