"""Send firmware to one camera or recorder. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.connection import Rim
from ..plugin_utils.errors import ModelError
from ..plugin_utils.operations import allowed, upgrade
from ..plugin_utils.reconcile import read


class ActionModule(DeviceAction):
    """Does nothing to a device that has the wanted version already."""

    required = ("src", "version")

    async def work(self, rim: Rim, options: dict[str, Any], _variables: Any, bound: asyncio.Timeout) -> None:
        """Bring the task's host to a version."""
        device, wanted = rim.device(), str(options["version"])
        allowed(device, "firmware")
        image = _content(options["src"])
        present = str((await read(device)).values.get("identity.firmware"))
        self.said = {"before": present, "after": present, "changed": present != wanted}
        if present == wanted or self._task.check_mode:
            return
        self.said["before"], self.said["after"] = await upgrade(device, image, lambda percent: _tell(device.name, percent), bound)


def _content(name: str) -> bytes:
    try:
        return Path(name).expanduser().read_bytes()
    except OSError as error:
        raise ModelError(f"src: {name}: can't be read ({error.strerror}); name the firmware's file") from None


def _tell(name: str, percent: int) -> None:
    Display().display(f"{name}: firmware {percent} %")
