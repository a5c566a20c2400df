"""Bring one camera or recorder to what the firmware catalogue wants. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from ansible.utils.display import Display

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.connection import Rim, plain
from ..plugin_utils.errors import ModelError
from ..plugin_utils.firmware.catalogue import read_catalogue
from ..plugin_utils.firmware.notes import Notes
from ..plugin_utils.firmware.timing import Circumstances
from ..plugin_utils.firmware.upgrading import Upgrade


class ActionModule(DeviceAction):
    """One device of a site at a time, whoever else is at work."""

    required = ("catalogue",)
    more = ("sha256",)

    async def work(self, rim: Rim, options: dict[str, Any], variables: Any, bound: asyncio.Timeout) -> None:
        """Upgrade the task's host."""
        path, around = Path(options["catalogue"]), plain(variables.get("motcua_firmware"))
        if around is None:
            raise ModelError("motcua_firmware: is missing; run with the province's inventory")
        _same(path, options.get("sha256"))
        notes = Notes(Path(plain(variables["motcua_state"])) / "firmware")
        upgrade = Upgrade(rim.device(), read_catalogue(path), path.parent, notes, Circumstances.of(around), rim.scrubbed, Display().display)
        try:
            async with _alone(notes.folder / f".{plain(variables['motcua_site'])}.lock", bound, check=self._task.check_mode):
                await upgrade.carry_out(bound, check=self._task.check_mode)
        finally:
            self.said = {"changed": bool(upgrade.path), "path": upgrade.path, "before": upgrade.first, "after": upgrade.last}
            self.said |= {"waits": upgrade.waits} if upgrade.waits else {}
            self.said |= {"diff": {"before": f"{upgrade.first}\n", "after": f"{upgrade.last}\n"}} if upgrade.path else {}


def _same(path: Path, sha256: str | None) -> None:
    """Whether the catalogue is the one that was planned with."""
    if sha256 and path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() != sha256:
        raise ModelError(f"{path}: is another than when this upgrade was planned; begin a new one")


@contextlib.asynccontextmanager
async def _alone(path: Path, bound: asyncio.Timeout, *, check: bool) -> AsyncIterator[None]:
    """Nobody else upgrades anything of the site meanwhile; waiting for that is no part of the device's time."""
    if check:
        yield
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    file, within = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o664), (bound.when() or 0.0) - asyncio.get_running_loop().time()
    try:
        bound.reschedule(None)
        await asyncio.to_thread(fcntl.flock, file, fcntl.LOCK_EX)
        bound.reschedule(asyncio.get_running_loop().time() + within)
        yield
    finally:
        os.close(file)
