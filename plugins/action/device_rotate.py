"""Give one camera or recorder the new passwords that were ordered. The module of the same name is its documentation."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

from ..plugin_utils.action import DeviceAction
from ..plugin_utils.apply import Outcome
from ..plugin_utils.connection import Rim, outcome_of, plain
from ..plugin_utils.errors import ModelError, MotcuaError
from ..plugin_utils.renewal import prove_former_refused, renew
from ..plugin_utils.rotations import Ledger, Order

PROVED = "the new password was taken and the old one refused"


class ActionModule(DeviceAction):
    """Does nothing without an open order or one that is due, so that a run that died can simply be repeated."""

    _supports_diff = True

    async def work(self, rim: Rim, _options: dict[str, Any], variables: Any, _bound: asyncio.Timeout) -> None:
        """Rotate the task's host."""
        name, ledger = str(variables["inventory_hostname"]), Ledger(rim.state / "rotations")
        due = plain(variables.get("motcua_due")) or {}
        order = ledger.read(name).order if self._task.check_mode else ledger.taken(name, due.get(name, ()))
        self.said["changed"] = order is not None
        if order is None or self._task.check_mode:
            return
        try:
            await self._rotate(rim, plain(variables["motcua_desired"]), order)
        except (MotcuaError, TimeoutError) as error:
            failure = rim.scrubbed(rim.failure(error))
            ledger.failed(name, failure["msg"], failure["kind"])
            raise
        ledger.ended(name, datetime.now(UTC).isoformat(timespec="seconds"), PROVED)

    async def _rotate(self, rim: Rim, wish: dict[str, Any], order: Order) -> None:
        device, outcome = rim.device(renew=True), Outcome()
        accounts = device.accounts
        if accounts is None or accounts.epochs.confirmed is None:
            raise ModelError(f"{device.name}: has no password of ours yet that could be replaced; roll it out first")
        if accounts.epochs.confirmed < order.to:
            try:
                await renew(device, accounts, wish, outcome)
            finally:
                self.said |= outcome_of(outcome)
        await prove_former_refused(device, accounts)
