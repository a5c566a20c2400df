"""Read, compare, apply, read back: once, for every vendor. Everything that differs between vendors stands in their tables."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .accounts import Login
from .apply import Outcome, apply, shown
from .conversation import Conversation, Device, conversation
from .diff import Difference, Running, chosen, diff, flatten, restricted
from .errors import MotcuaError
from .renewal import renew as renew_accounts

Part = TypeVar("Part")
__all__ = ["Device", "Outcome", "audit", "read", "reconcile"]


async def read(device: Device) -> Running:
    """Everything that the device's table knows how to ask, and the certificate that it showed."""
    async with conversation(device) as talk:
        return await _everything(talk, device)


async def _everything(talk: Conversation, device: Device) -> Running:
    running = await talk.read(device.settings, device.vendor.lists(device.role))
    shown = talk.target.certificate
    if shown is None:
        return replace(running, unsupported={**running.unsupported, "certificate": "it is managed over HTTP, without one"})
    expires = None if shown.expires is None else shown.expires.isoformat()
    said: dict[str, Any] = {"certificate.subject": shown.subject, "certificate.issuer": shown.issuer, "certificate.expires": expires}
    if talk.target.trust.ours is not None:
        said["certificate.ours"] = talk.target.trust.ours
    return replace(running, values={**running.values, **said})


@dataclass
class Seen:
    """What one audit of a device read, filled as it becomes known: all of it, and how many documents that took."""

    running: Running | None = None
    documents: int = 0


async def audit(talk: Conversation, device: Device, wish: Mapping[str, Any], outcome: Outcome, seen: Seen) -> None:
    """Read everything once; say what `reconcile` in check mode says of it. ``talk`` may be that of the recorder that a camera hangs behind.

    :raises MotcuaError: as `reconcile` does; what was read before stands in ``seen``.
    """
    try:
        seen.running = await _everything(talk, device)
    finally:
        seen.documents = talk.documents
    await talk.check_suited()
    difference = _difference(device, wish, _of_wish(device, wish, seen.running), device.logins, renew=_renews(device, wish))
    _predict(difference, outcome)
    _tell(difference.unknown)


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
    accounts, logins = device.accounts, device.logins
    renew = only is None and _renews(device, wish)
    if accounts is not None and renew and not check:
        # Accounts before settings: a recorder that still knows the factory password overwrites settings until its login is refused.
        await renew_accounts(device, accounts, wish, outcome)
        logins, renew = [accounts.working()], False
    async with conversation(device, logins) as talk:
        await talk.check_suited()
        running = await talk.read(flatten(wish, lists), [key for key in lists if key in wish])
        difference = _difference(device, wish, running, logins, renew=renew)
        if only is not None:
            difference = chosen(difference, only)
        if check:
            _predict(difference, outcome)
        else:
            outcome.unsupported = dict(difference.unsupported)
            await apply(talk, device, difference, outcome, bound)
    _tell(difference.unknown)


def _renews(device: Device, wish: Mapping[str, Any]) -> bool:
    return device.accounts is not None and device.accounts.renewing and "users" in wish


def _difference(device: Device, wish: Mapping[str, Any], running: Running, logins: Sequence[Login], *, renew: bool) -> Difference:
    used = {name for login in logins for name in device.vendor.names_of(login.credential.user)} | {device.vendor.factory_user}
    lists = device.vendor.lists(device.role)
    return diff(device.settings, lists, wish, running, renew=renew, experimental=device.experimental, kept=frozenset(used))


def _of_wish(device: Device, wish: Mapping[str, Any], running: Running) -> Running:
    """Only what the wish names: what else the device couldn't say is no trouble of the comparison."""
    lists = device.vendor.lists(device.role)
    named = {*flatten(wish, lists), *(key for key in lists if key in wish)}

    def of(part: Mapping[str, Part]) -> dict[str, Part]:
        return {key: value for key, value in part.items() if key in named}

    return Running(of(running.values), of(running.unsupported), of(running.unknown), of(running.rows))


def _tell(unknown: Mapping[str, MotcuaError]) -> None:
    """End with what could not be compared, after everything else was done."""
    for error in unknown.values():
        raise type(error)("; ".join(dict.fromkeys(map(str, unknown.values()))))


def _predict(difference: Difference, outcome: Outcome) -> None:
    outcome.unsupported = dict(difference.unsupported)
    for change in difference.changes:
        outcome.note(change.key, change.before, change.after, "predicted")
    for row in difference.rows:
        before, after = shown(row)
        outcome.note(row.key, before, after, "predicted")
