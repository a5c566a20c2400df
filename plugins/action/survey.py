"""Survey a site from its router. The module of the same name is its documentation."""

from __future__ import annotations

import gc
import shlex
from typing import Any

from ansible.plugins.action import ActionBase

from ..plugin_utils.connection import plain
from ..plugin_utils.errors import MotcuaError, Unreachable
from ..plugin_utils.survey.site import Site


class ActionModule(ActionBase):
    """Reads only; what it finds goes into a file on the controller."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Survey the site of the task's host, which is its router."""
        gc.freeze()  # a fork shares the controller's whole heap: a collection that walks it would copy it, page by page
        result: dict[str, Any] = super().run(tmp, task_vars) | {"changed": False}
        try:
            return result | Site(plain(self._task.args), task_vars or {}, self._loader, self._far, self._ssh()).survey()
        except MotcuaError as error:
            failed = {"unreachable": True} if isinstance(error, Unreachable) else {"failed": True}
            return result | failed | {"kind": error.kind, "msg": str(error)}

    def _far(self, command: str, given: bytes) -> str:
        """What a program says at the router that is given to it on standard input; its options may be wrong, which it says with 2."""
        done = self._low_level_execute_command(command, in_data=given)
        if done["rc"] not in (0, 2):
            words = str(done.get("stderr") or done.get("stdout") or "").strip().splitlines()
            raise Unreachable(f"the router can't run a survey ({words[-1] if words else 'no answer'}); it needs Python 3.9 or newer")
        return str(done["stdout"])

    def _ssh(self) -> list[str] | None:
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
