"""Give one device a certificate of the province's authority. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.connection import Rim
from ..plugin_utils.operations import certify
from ..plugin_utils.reconcile import read

DEFAULT_DAYS = 730
RENEW_DAYS = 60


class ActionModule(DeviceAction):
    """The device's key never leaves it; the authority's key never leaves the controller."""

    required = ("authority", "authority_key")
    more = ("days", "renew_days")

    async def work(self, rim: Rim, options: dict[str, Any], _variables: Any, _bound: asyncio.Timeout) -> None:
        """Sign the task's host."""
        device = rim.device()
        rim.keep(str(options["authority_key"]))
        shown = (await read(device)).values
        self.said = {"changed": False, "subject": shown.get("certificate.subject"), "expires": shown.get("certificate.expires")}
        soon = datetime.now(UTC) + timedelta(days=int(options.get("renew_days") or RENEW_DAYS))
        expires = self.said["expires"]
        if self.said["subject"] == f"CN={rim.label}" and expires is not None and datetime.fromisoformat(expires) > soon:
            return
        key, days = str(options["authority_key"]).encode(), int(options.get("days") or DEFAULT_DAYS)
        self.said["subject"] = await certify(device, Path(options["authority"]), key, days, check=self._task.check_mode)
        self.said["changed"] = True
