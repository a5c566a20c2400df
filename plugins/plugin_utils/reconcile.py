"""Read, compare, apply, read back: once, for every vendor. Everything that differs between vendors stands in their tables."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from .apply import Outcome, apply, shown
from .conversation import Device, conversation
from .diff import Difference, Running, chosen, diff, flatten, restricted
from .errors import MotcuaError
from .renewal import renew as renew_accounts

__all__ = ["Device", "Outcome", "read", "reconcile"]


async def read(device: Device) -> Running:
    """Everything that the device's table knows how to ask, and the certificate that it showed."""
    async with conversation(device) as talk:
        running = await talk.read(device.settings, device.vendor.lists(device.role))
        shown = talk.target.certificate
    if shown is None:
        return replace(running, unsupported={**running.unsupported, "certificate": "it is managed over HTTP, without one"})
    expires = None if shown.expires is None else shown.expires.isoformat()
    return replace(running, values={**running.values, "certificate.subject": shown.subject, "certificate.expires": expires})


async def reconcile(
    device: Device,
    wish: Mapping[str, Any],
    outcome: Outcome,
    *,
    check: bool,
    bound: asyncio.Timeout | None = None,
    only: Collection[str] | None = None,
) -> None:
    """Make the device match the wish; in check mode only say what would be done. ``only`` names the keys and rows that are meant.

    :raises NotConverged: when the device kept another value than the wish after it had taken the change.
    """
    lists = device.vendor.lists(device.role)
    if only is not None:
        wish = restricted(wish, only, lists)
    accounts = device.accounts
    renew = only is None and accounts is not None and accounts.renewing and "users" in wish
    logins = device.logins
    if accounts is not None and renew and not check:
        # Accounts before settings: a recorder that still knows the factory password overwrites settings until its login is refused.
        await renew_accounts(device, accounts, wish, outcome)
        logins, renew = [accounts.working()], False
    async with conversation(device, logins) as talk:
        await talk.check_suited()
        running = await talk.read(flatten(wish, lists), [key for key in lists if key in wish])
        used = {name for login in logins for name in device.vendor.names_of(login.credential.user)} | {device.vendor.factory_user}
        difference = diff(device.settings, lists, wish, running, renew=renew, experimental=device.experimental, kept=frozenset(used))
        if only is not None:
            difference = chosen(difference, only)
        outcome.unsupported = dict(difference.unsupported)
        if check:
            _predict(difference, outcome)
        else:
            await apply(talk, device, difference, outcome, bound)
    _tell(difference.unknown)


def _tell(unknown: Mapping[str, MotcuaError]) -> None:
    """End with what could not be compared, after everything else was done."""
    for error in unknown.values():
        raise type(error)("; ".join(dict.fromkeys(map(str, unknown.values()))))


def _predict(difference: Difference, outcome: Outcome) -> None:
    for change in difference.changes:
        outcome.note(change.key, change.before, change.after, "predicted")
    for row in difference.rows:
        before, after = shown(row)
        outcome.note(row.key, before, after, "predicted")
