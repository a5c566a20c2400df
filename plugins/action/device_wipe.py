"""Let a camera or recorder that leaves forget everything. The module of the same name is its documentation."""

from __future__ import annotations

from typing import Any

from ..plugin_utils.action import LanAction
from ..plugin_utils.errors import ModelError
from ..plugin_utils.exchange.wiping import Leaver, wipe


class ActionModule(LanAction):
    """Runs for the site's router: what has left the inventory, its firewall lets nobody else reach."""

    async def work(self, options: dict[str, Any]) -> dict[str, Any]:
        """Wipe it."""
        if not options.get("leaver"):
            raise ModelError("leaver: is missing; 'motcua retire' gives it")
        return await wipe(Leaver.of(options["leaver"]), self.lan, check=self._task.check_mode)
