"""What every action on one device does: read its options, work within its time, and end in a plain result without any secret."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase

from .connection import Rim, plain
from .errors import ModelError, MotcuaError

DEFAULT_SECONDS = 60.0


class DeviceAction(ActionBase):
    """Runs in process: a device can't run Python, and a module on the controller would cost a fork and an interpreter."""

    _requires_connection = False
    _supports_check_mode = True
    required: ClassVar[tuple[str, ...]] = ()
    more: ClassVar[tuple[str, ...]] = ()

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Do the action's work for the task's host."""
        gc.freeze()  # a fork shares the controller's whole heap: a collection that walks it would copy it, page by page
        result: dict[str, Any] = super().run(tmp, task_vars) | {"changed": False}
        options, variables = plain(self._task.args), task_vars or {}
        self.said: dict[str, Any] = {}
        rim = None
        try:
            rim = Rim(str(variables.get("inventory_hostname", "")), options, variables, self._loader, (*self.required, *self.more))
            for option in self.required:
                if not options.get(option):
                    raise ModelError(f"{option}: is missing; give it")
            asyncio.run(self._bounded(rim, options, variables))
        except (MotcuaError, TimeoutError) as error:
            result |= rim.failure(error) if rim else {"failed": True, "kind": "model", "msg": str(error)}
        result |= self.said
        result["findings"] = [*self.said.get("findings", ()), *(rim.warnings() if rim else ())]
        return rim.scrubbed(result) if rim else result

    async def _bounded(self, rim: Rim, options: dict[str, Any], variables: Any) -> None:
        async with asyncio.timeout(float(options.get("timeout") or DEFAULT_SECONDS)) as bound:
            await self.work(rim, options, variables, bound)

    async def work(self, rim: Rim, options: dict[str, Any], variables: Any, bound: asyncio.Timeout) -> None:
        """What the action is for; what it has to say goes to ``self.said`` as it becomes known."""
        raise NotImplementedError
