"""What every action on one device does: read its options, work within its time, and end in a plain result without any secret.

And what every action does that works through a site's router.
"""

from __future__ import annotations

import asyncio
import gc
import shlex
from typing import Any, ClassVar

from ansible.plugins.action import ActionBase

from .connection import Rim, plain
from .errors import ModelError, MotcuaError, Unreachable
from .exchange.lan import Lan

DEFAULT_SECONDS = 60.0
LAN_SECONDS = 900.0  # a device that starts again is waited for


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


class RouterAction(ActionBase):
    """Runs for a site's Linux router, and reaches what stands behind it over Ansible's own way there."""

    def far(self, command: str, given: bytes) -> str:
        """What a program says at the router that is given to it on standard input; its options may be wrong, which it says with 2."""
        done = self._low_level_execute_command(command, in_data=given)
        if done["rc"] not in (0, 2):
            words = str(done.get("stderr") or done.get("stdout") or "").strip().splitlines()
            raise Unreachable(f"the router can't run a survey ({words[-1] if words else 'no answer'}); it needs Python 3.9 or newer")
        return str(done["stdout"])

    def ssh(self) -> list[str] | None:
        """The command by which Ansible reaches the router, its host last; None where Ansible runs on the router itself."""
        connection = self._connection
        if connection.transport != "ssh":
            return None

        def option(name: str) -> Any:
            return plain(connection.get_option(name))

        words = [word for name in ("ssh_args", "ssh_common_args", "ssh_extra_args") for word in shlex.split(option(name) or "")]
        named = {"IdentityFile": option("private_key_file"), "Port": option("port"), "User": option("remote_user")}
        settings = [part for key, value in named.items() if value for part in ("-o", f"{key}={value}")]
        return [str(option("ssh_executable") or "ssh"), *settings, *words, str(option("host") or plain(self._play_context.remote_addr))]


class LanAction(RouterAction):
    """Works with one device of the router's LAN that the inventory doesn't have yet, or not any more."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Do the action's work, and end in a plain result without any secret."""
        gc.freeze()  # a fork shares the controller's whole heap: a collection that walks it would copy it, page by page
        result: dict[str, Any] = super().run(tmp, task_vars) | {"changed": False}
        self.lan = Lan(task_vars or {}, self._loader, self.far, self.ssh())
        try:
            result |= asyncio.run(self._bounded(plain(self._task.args)))
        except (MotcuaError, TimeoutError) as error:
            if isinstance(error, TimeoutError):
                error = Unreachable("the device wasn't done with within its time; look at the line, then run again")
            result |= {"failed": True, "kind": error.kind, "msg": str(error)}
        for rim in self.lan.rims:
            result = rim.scrubbed(result)
        return result

    async def _bounded(self, options: dict[str, Any]) -> dict[str, Any]:
        async with asyncio.timeout(LAN_SECONDS):
            return await self.work(options)

    async def work(self, options: dict[str, Any]) -> dict[str, Any]:
        """What the action is for; its result."""
        raise NotImplementedError
