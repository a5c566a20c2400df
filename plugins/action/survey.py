"""Survey a site from its router. The module of the same name is its documentation."""

from __future__ import annotations

import gc
from typing import Any

from ..plugin_utils.action import RouterAction
from ..plugin_utils.connection import plain
from ..plugin_utils.errors import MotcuaError, Unreachable
from ..plugin_utils.survey.site import Site


class ActionModule(RouterAction):
    """Reads only; what it finds goes into a file on the controller."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Survey the site of the task's host, which is its router."""
        gc.freeze()  # a fork shares the controller's whole heap: a collection that walks it would copy it, page by page
        result: dict[str, Any] = super().run(tmp, task_vars) | {"changed": False}
        try:
            return result | Site(plain(self._task.args), task_vars or {}, self._loader, self.far, self.ssh()).survey()
        except MotcuaError as error:
            failed = {"unreachable": True} if isinstance(error, Unreachable) else {"failed": True}
            return result | failed | {"kind": error.kind, "msg": str(error)}
