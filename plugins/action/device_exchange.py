"""Let another camera or recorder come into an old one's place. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

from ..plugin_utils.action import RouterAction
from ..plugin_utils.connection import plain
from ..plugin_utils.errors import MotcuaError, Unreachable
from ..plugin_utils.exchange.site import Exchange

SECONDS = 900.0


class ActionModule(RouterAction):
    """Runs for the site's router, because the newcomer may stand where nobody but the router reaches it."""

    _supports_check_mode = True

    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        """Take the newcomer in."""
        gc.freeze()  # a fork shares the controller's whole heap: a collection that walks it would copy it, page by page
        result: dict[str, Any] = super().run(tmp, task_vars) | {"changed": False}
        exchange = None
        try:
            exchange = Exchange(plain(self._task.args), task_vars or {}, self._loader, self.far, self.ssh())
            result |= asyncio.run(self._bounded(exchange))
        except (MotcuaError, TimeoutError) as error:
            if isinstance(error, TimeoutError):
                error = Unreachable("the new device wasn't taken in within its time; look at the line, then run again")
            result |= {"failed": True, "kind": error.kind, "msg": str(error)}
        for rim in exchange.rims if exchange is not None else ():
            result = rim.scrubbed(result)
        return result

    async def _bounded(self, exchange: Exchange) -> dict[str, Any]:
        async with asyncio.timeout(SECONDS):
            return await exchange.take_in(check=self._task.check_mode)
