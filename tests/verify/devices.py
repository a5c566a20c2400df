"""The devices as the engine sees them: with the accounts of the inventory, and once with the password that the installer left."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ansible import constants
from ansible.cli import CLI
from ansible.parsing.dataloader import DataLoader
from ansible_collections.motcua.cctv.plugins.inventory.province import variables
from ansible_collections.motcua.cctv.plugins.plugin_utils.accounts import Login
from ansible_collections.motcua.cctv.plugins.plugin_utils.connection import Rim
from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import AuthRefused, Locked, MotcuaError
from ansible_collections.motcua.cctv.plugins.plugin_utils.reconcile import Device, conversation
from ansible_collections.motcua.cctv.plugins.plugin_utils.transport import Credential
from ansible_collections.motcua.cctv.plugins.plugin_utils.vault import open_masters

from tests.verify.model import INVENTORY, Declared

SECONDS = 30
AGAIN_AFTER = timedelta(hours=24)


class Devices:
    """Logs in to devices of the inventory as an action would."""

    def __init__(self, declared: Declared) -> None:
        self._loader = DataLoader()
        self._loader.set_vault_secrets(CLI.setup_vault_secrets(self._loader, constants.DEFAULT_VAULT_IDENTITY_LIST, auto_prompt=False))
        folder = INVENTORY.resolve().parent
        self._variables = {name: variables(declared.province, host, folder) for name, host in declared.hosts.items()}

    def clocks(self, names: Iterable[str], zone: ZoneInfo) -> dict[str, timedelta | MotcuaError]:
        """How far each device's clock is ahead of this machine's, or why that isn't known; all asked at the same time."""
        return asyncio.run(_together({name: _clock(self._device(name), zone) for name in names}))

    def default_login(self, name: str) -> str:
        """``refused`` or ``accepted``: what the device says to the password that its installer left. At most one try in 24 hours.

        :raises Locked: when it didn't judge the try.
        """
        stamp = Path(self._variables[name]["motcua_state"]) / "default-tried" / name
        if stamp.exists() and datetime.fromtimestamp(stamp.stat().st_mtime, UTC) > datetime.now(UTC) - AGAIN_AFTER:
            return stamp.read_text()
        device = self._device(name)
        outcome = asyncio.run(asyncio.wait_for(_try(device, Login(Credential(device.vendor.factory_user, self._initial(name)))), SECONDS))
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.write_text(outcome)
        return outcome

    def knows_default(self, name: str) -> bool:
        """Whether anybody wrote down what the installer left."""
        return name in self._masters(name).initial

    def _initial(self, name: str) -> str:
        return self._masters(name).initial[name]

    def _masters(self, name: str) -> Any:
        return open_masters(self._variables[name]["motcua_masters"], self._loader)

    def _device(self, name: str) -> Device:
        return Rim(name, {}, {**self._variables[name], "hostvars": self._variables}, self._loader).device()


async def _together(asked: dict[str, Any]) -> dict[str, Any]:
    answers = await asyncio.gather(*(asyncio.wait_for(question, SECONDS) for question in asked.values()), return_exceptions=True)
    return dict(zip(asked, answers, strict=True))


async def _clock(device: Device, zone: ZoneInfo) -> timedelta:
    async with conversation(device) as talk:
        shown = (await talk.read(["time.clock"], ())).values["time.clock"]
    # Only the digits of the wall clock mean anything: many recorders put a wrong offset behind them.
    wall = datetime.fromisoformat(str(shown).replace(" ", "T")[:19])
    return wall - datetime.now(zone).replace(tzinfo=None)


async def _try(device: Device, login: Login) -> str:
    try:
        async with conversation(device, [login]):
            return "accepted"
    except Locked:
        raise
    except AuthRefused:
        return "refused"
