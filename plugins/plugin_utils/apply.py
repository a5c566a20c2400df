"""Changes on their way: written document by document, read back, and each one's outcome noted as it happens."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from .conversation import Conversation, Device
from .diff import SECRET, Change, Difference, RowChange, diff, row_change
from .errors import NotConverged, Refused, Unreachable, Unsupported
from .turns import turn

REBOOT_SECONDS, POLL_SECONDS = 180.0, 1.0


@dataclass
class Outcome:
    """What was found and done, filled in as it happens, so that a failure in the middle can say what was done before."""

    changes: list[dict[str, Any]] = field(default_factory=list)
    unsupported: dict[str, str] = field(default_factory=dict)
    reboot_required: bool = False

    @property
    def changed(self) -> bool:
        """Whether the device is, or in check mode would be, another than before."""
        return any(change["outcome"] in ("applied", "clamped", "predicted", "unconfirmed") for change in self.changes)

    def note(self, key: str, before: Any, after: Any, outcome: str, words: str = "") -> None:
        """Write one change down."""
        self.changes.append({"key": key, "before": before, "after": after, "outcome": outcome} | ({"words": words} if words else {}))

    @contextlib.contextmanager
    def listing(self) -> Iterator[list[Change | RowChange]]:
        """A list for what is on its way: when the device breaks off before it was read back, it may have been taken, and is told so."""
        sent: list[Change | RowChange] = []
        noted = len(self.changes)
        try:
            yield sent
        except BaseException:
            told = {change["key"] for change in self.changes[noted:]}
            for change in sent:
                if change.key not in told:
                    before, after = shown(change) if isinstance(change, RowChange) else (change.before, change.after)
                    self.note(change.key, before, after, "unconfirmed")
            raise


async def apply(talk: Conversation, device: Device, difference: Difference, outcome: Outcome, bound: asyncio.Timeout | None) -> None:
    """Documents in the order of their riskiest change, rows before them; then what the device made of it."""
    kept = await write_rows(talk, device, difference.rows, outcome)
    documents: dict[str, list[Change]] = defaultdict(list)
    for change in difference.changes:
        documents[await talk.where(change.setting)].append(change)
    with outcome.listing() as sent:
        refused = await _store(talk, device, documents, sent, outcome)
        if outcome.reboot_required:
            await reboot(talk, bound)
            outcome.reboot_required = False
        read_back = await _read_back(talk, difference.changes, refused, outcome)
    all_taken([*kept, *read_back])


async def _store(
    talk: Conversation, device: Device, documents: Mapping[str, list[Change]], sent: list[Change | RowChange], outcome: Outcome
) -> dict[str, str]:
    """Write document by document, noting in ``sent`` what was on its way; the words of what the device refused."""
    order = {key: position for position, key in enumerate(device.settings)}
    refused: dict[str, str] = {}
    for at, changes in sorted(documents.items(), key=lambda entry: max(change.risk for change in entry[1])):
        sent += changes
        try:
            reply = await talk.store(at, sorted(changes, key=lambda change: order[change.key]))
            outcome.reboot_required |= reply.reboot
        except (Refused, Unsupported) as error:
            refused |= {change.key: str(error) for change in changes}
    return refused


def all_taken(kept: Sequence[str]) -> None:
    """End with what the device kept instead of what it was told.

    :raises NotConverged: when there is any.
    """
    if kept:
        raise NotConverged(f"the device kept its own values: {'; '.join(kept)}; plan what it can do, or replace it")


async def write_rows(talk: Conversation, device: Device, rows: Sequence[RowChange], outcome: Outcome) -> list[str]:
    """Write rows and read them back; what the device kept instead."""
    with outcome.listing() as sent:
        refused = await store_rows(talk, device, rows, sent, outcome)
        return await read_rows_back(talk, rows, refused, outcome)


async def store_rows(
    talk: Conversation, device: Device, rows: Sequence[RowChange], sent: list[Change | RowChange], outcome: Outcome
) -> dict[str, str]:
    """Write rows one by one, noting in ``sent`` what was on its way; the words of those that the device refused."""
    refused: dict[str, str] = {}
    for row in rows:
        password = None
        if row.secret is not None:
            if device.accounts is None:
                raise Refused(f"{device.name}: {row.key}: its password is a derived secret; run it with the province's inventory")
            password = device.accounts.password(row.secret)
        sent.append(row)
        try:
            async with turn(device.turn):
                outcome.reboot_required |= (await talk.store_row(row, password)).reboot
        except (Refused, Unsupported) as error:
            refused[row.key] = str(error)
    return refused


async def read_rows_back(talk: Conversation, rows: Sequence[RowChange], refused: Mapping[str, str], outcome: Outcome) -> list[str]:
    """Say of each row what came of it; what the device kept instead."""
    lists = {row.items.key: row.items for row in rows}
    running = await talk.read((), lists)
    kept = []
    for row in rows:
        before, after = shown(row)
        now = running.rows.get(row.items.key, {}).get(row.name)
        as_wished = now is None if row.after is None else now is not None and row_change(row.items, row.name, row.after, now) is None
        taken = as_wished and row.items.key in running.rows and row.key not in refused
        kept += _came_of(outcome, row.key, before, after if taken else row.after, now, refused.get(row.key, ""), taken=taken)
    return kept


def shown(row: RowChange) -> tuple[Any, Any]:
    """A row before and after as people see it, without its password."""
    password = {"password": SECRET} if row.secret else {}
    return (None if row.before is None else dict(row.before)), (None if row.after is None else {**row.after, **password})


def _came_of(outcome: Outcome, key: str, before: Any, after: Any, now: Any, words: str, *, taken: bool) -> list[str]:
    """Note what came of one change; a sentence when the device kept something else."""
    if taken:
        outcome.note(key, before, after, "applied")
        return []
    outcome.note(key, before, now, "refused" if words or now in (None, before) else "clamped", words)
    return [f"{key} should be {after!r} and is {now!r}{f' ({words})' if words else ''}"]


async def reboot(talk: Conversation, bound: asyncio.Timeout | None) -> None:
    """Reboot and wait until the device takes a login again; that wait is no part of the device's time bound."""
    loop = asyncio.get_running_loop()
    if bound is not None:
        bound.reschedule(loop.time() + REBOOT_SECONDS + 60)
    await talk.dialect.reboot()
    end = loop.time() + REBOOT_SECONDS
    while True:
        await asyncio.sleep(POLL_SECONDS)  # a rebooting device announces nothing
        try:
            await talk.dialect.open()
        except Unreachable:
            if loop.time() > end:
                raise
        else:
            return


async def _read_back(talk: Conversation, changes: Sequence[Change], refused: Mapping[str, str], outcome: Outcome) -> list[str]:
    """Say of each change what came of it; what the device kept instead."""
    running = await talk.read([change.key for change in changes], ())
    settings = {change.key: change.setting for change in changes}
    wish = {change.key: change.after for change in changes}
    still = {change.key for change in diff(settings, {}, wish, running, experimental=True).changes}
    kept = []
    for change in changes:
        now = running.values.get(change.key)
        taken = change.key not in still and change.key in running.values
        kept += _came_of(outcome, change.key, change.before, change.after, now, refused.get(change.key, ""), taken=taken)
    return kept
