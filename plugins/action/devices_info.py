"""Read all cameras and recorders of a play in one process. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.action import DEFAULT_SECONDS
from ..plugin_utils.connection import Rim, own, plain, shown
from ..plugin_utils.errors import ModelError, MotcuaError
from ..plugin_utils.reconcile import read

AT_ONCE = 32


class ActionModule(ActionBase):
    """Runs once for the play: a fork for each device costs four times what reading it does."""

    _requires_connection = False
    _supports_check_mode = True
    BYPASS_HOST_LOOP = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Read every device of the play that has a vendor."""
        result: dict[str, Any] = super().run(tmp, task_vars)
        options, variables = plain(self._task.args), task_vars or {}
        unknown = sorted(set(options) - {"timeout", "at_once"})
        if unknown:
            return result | {
                "failed": True,
                "kind": "model",
                "msg": f"{unknown[0]}: is not an option of this module; it has timeout, at_once",
            }
        hostvars = variables["hostvars"]
        wanted = {name: own(hostvars[name]) for name in plain(variables.get("ansible_play_hosts") or [])}
        devices = {name: theirs | {"hostvars": hostvars} for name, theirs in wanted.items() if "motcua_vendor" in theirs}
        seconds, at_once = float(options.get("timeout") or DEFAULT_SECONDS), int(options.get("at_once") or AT_ONCE)
        return result | {"changed": False, "devices": asyncio.run(self._all(devices, seconds, at_once))}

    async def _all(self, devices: Mapping[str, dict[str, Any]], seconds: float, at_once: int) -> dict[str, Any]:
        room = asyncio.Semaphore(at_once)

        async def one(name: str) -> dict[str, Any]:
            async with room:
                return await self._one(name, devices[name], seconds)

        return dict(zip(devices, await asyncio.gather(*map(one, devices)), strict=True))

    async def _one(self, name: str, variables: dict[str, Any], seconds: float) -> dict[str, Any]:
        """One device's result, whatever became of it: one that fails never stops the others."""
        rim = None
        try:
            rim = Rim(name, {}, variables, self._loader)
            device = rim.device()
            async with asyncio.timeout(seconds):
                return dict(rim.scrubbed(shown(device, await read(device))))
        except (MotcuaError, TimeoutError) as error:
            failure = {"failed": True, "kind": ModelError.kind, "msg": str(error)} if rim is None else rim.failure(error)
            return failure if rim is None else dict(rim.scrubbed(failure))
