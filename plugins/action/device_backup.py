"""Keep one device's configuration. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Any

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.connection import Rim
from ..plugin_utils.files import replace_file
from ..plugin_utils.operations import back_up


class ActionModule(DeviceAction):
    """The configuration holds secrets in the device's own encryption, so only its owner may read the file."""

    required = ("dest",)

    async def work(self, rim: Rim, options: dict[str, Any], _variables: Any, _bound: asyncio.Timeout) -> None:
        """Back up the task's host."""
        content = await back_up(rim.device())
        self.said = {"dest": options["dest"], "size_bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
        self.said["changed"] = replace_file(options["dest"], content, write=not self._task.check_mode)
