"""Let another camera or recorder come into an old one's place. The module of the same name is its documentation."""

from __future__ import annotations

from typing import Any

from ..plugin_utils.action import LanAction
from ..plugin_utils.exchange.one import Exchange


class ActionModule(LanAction):
    """Runs for the site's router, because the newcomer may stand where nobody but the router reaches it."""

    async def work(self, options: dict[str, Any]) -> dict[str, Any]:
        """Take the newcomer in."""
        return await Exchange(options, self.lan).take_in(check=self._task.check_mode)
