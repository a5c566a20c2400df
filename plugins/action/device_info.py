"""Read one camera or recorder. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from typing import Any

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.connection import Rim
from ..plugin_utils.conversation import Device
from ..plugin_utils.diff import Running
from ..plugin_utils.reconcile import read
from ..plugin_utils.vendors.unsuited import recognised


class ActionModule(DeviceAction):
    """Reads only, so check mode is the same as without."""

    async def work(self, rim: Rim, _options: dict[str, Any], _variables: Any, _bound: asyncio.Timeout) -> None:
        """Read the task's host."""
        device = rim.device()
        running = await read(device)
        kind = recognised(running.values)
        self.said = _shown(device, running) | {"findings": [] if kind is None else [f"it {kind.sentence}"]}


def _shown(device: Device, running: Running) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in running.values.items():
        *path, last = key.split(".")
        node = tree
        for part in path:
            node = node.setdefault(part, {})
        node[last] = value
    identity = {"vendor": device.vendor.name, **tree.pop("identity", {})}
    unsupported = [{"key": key, "reason": reason} for key, reason in sorted(running.unsupported.items())]
    unknown = [{"key": key, "reason": str(error)} for key, error in sorted(running.unknown.items())]
    return {"identity": identity, "running": {**tree, **running.rows}, "unsupported": unsupported, "unknown": unknown}
