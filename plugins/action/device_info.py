"""Read one camera or recorder. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from typing import Any

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.connection import Rim, shown
from ..plugin_utils.reconcile import read


class ActionModule(DeviceAction):
    """Reads only, so check mode is the same as without."""

    async def work(self, rim: Rim, _options: dict[str, Any], _variables: Any, _bound: asyncio.Timeout) -> None:
        """Read the task's host."""
        device = rim.device()
        self.said = shown(device, await read(device))
