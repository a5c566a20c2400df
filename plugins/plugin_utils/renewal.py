"""New passwords: every account's, proved by logins, and in step with the recorder that uses one of them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from .accounts import Accounts, Login
from .apply import Outcome, all_taken, read_rows_back, store_rows, write_rows
from .conversation import Conversation, Device, Recorder, conversation
from .diff import RowChange, diff, row_change
from .errors import AuthRefused, Locked, MotcuaError, NotConverged, Unsupported
from .transport import Credential

LISTS = ("users", "onvif_users")  # with passwords of the device's own


async def renew(device: Device, accounts: Accounts, wish: Mapping[str, Any], outcome: Outcome) -> None:
    """Write every account's password, and prove each by a login; the factory account, our way back, is changed last and alone."""
    lists = {key: items for key, items in device.vendor.lists(device.role).items() if key in LISTS and key in wish}
    factory = device.vendor.factory_user
    async with conversation(device) as talk, _listening(device.recorder) as recorder:
        await talk.check_suited()
        running = await talk.read((), lists)
        for error in running.unknown.values():
            raise error
        if "users" not in running.rows:
            reason = running.unsupported.get("users", "no way to them is known")
            raise Unsupported(f"{device.name}: its accounts can't be listed ({reason}), so their passwords can't be set; set them by hand")
        named = {key: {name: row for name, row in wish[key].items() if row is not None} for key in lists}
        present = frozenset(name for rows in running.rows.values() for name in rows)  # nothing goes before the new accounts are proved
        difference = diff({}, lists, named, running, renew=True, experimental=device.experimental, kept=present)
        if "users" in difference.unsupported or any(f"users.{name}" in difference.unsupported for name in named["users"]):
            raise Unsupported(f"{device.name}: its accounts can't be set: {next(iter(difference.unsupported.values()))}")
        accounts.begin()
        ours = accounts.working()
        last = [row for row in difference.rows if row.key == f"users.{factory}"]
        others = sorted((row for row in difference.rows if row not in last), key=lambda row: row.key == f"users.{ours.credential.user}")
        refused: dict[str, str] = {}
        with outcome.listing() as sent:
            for row in others:
                refused |= await store_rows(talk, device, [row], sent, outcome)
                if recorder is not None and row.key not in refused:
                    await _tell_recorder(talk, recorder, device, row, outcome)
    # Only a new login may follow: this one's password may be the one that was just changed.
    with outcome.listing() as sent:
        sent.extend(others)
        async with conversation(device, [ours]) as talk:
            all_taken(await read_rows_back(talk, others, refused, outcome))
            all_taken(await write_rows(talk, device, last, outcome))
    for name in named["users"]:
        if name != ours.credential.user:
            async with conversation(device, [Login(Credential(name, accounts.password(name)))]):
                pass  # the login itself is the proof
    accounts.confirm()


async def prove_former_refused(device: Device, accounts: Accounts) -> None:
    """Try the password that was replaced, once, and see it refused; the login after it leaves no failed try behind at the device.

    It comes right after a login that succeeded, when a device has all its tries left.

    :raises NotConverged: when the device still takes it.
    :raises Locked: when one failed try locks the device.
    """
    former, ours = accounts.former(), accounts.working()
    if former is None:
        return
    async with conversation(device, [ours]):
        pass
    try:
        async with conversation(device, [former]):
            pass
    except Locked:
        raise
    except AuthRefused:
        async with conversation(device, [ours]):
            return
    raise NotConverged(f"{device.name}: takes its old password beside the new one; look at its accounts by hand")


@contextlib.asynccontextmanager
async def _listening(recorder: Recorder | None) -> AsyncIterator[Conversation | None]:
    """The recorder, logged in to before its camera gets a new password: one that can't be told about it mustn't lose the camera."""
    if recorder is None:
        yield None
        return
    async with conversation(recorder.device) as talk:
        await talk.document(recorder.device.vendor.lists("nvr")["channels"].at)
        yield talk


async def _tell_recorder(talk: Conversation, recorder: Conversation, device: Device, row: RowChange, outcome: Outcome) -> None:
    """Give the recorder the account that its channel uses, right after the camera got it; else the camera gets the old one back."""
    assert device.recorder is not None
    assert device.accounts is not None
    channel, wish = device.recorder.channel, device.recorder.wish
    if row.key != f"users.{wish.get('user')}":
        return
    items = device.recorder.device.vendor.lists("nvr")["channels"]
    running = (await recorder.read((), ["channels"])).rows.get("channels", {}).get(channel)
    change = None if running is None else row_change(items, channel, wish, running, renew=True)
    if change is None:  # the recorder doesn't have the channel yet, and gets it whole when it is configured itself
        return
    known = True
    try:
        kept = await write_rows(recorder, device.recorder.device, [change], outcome)
    except MotcuaError as error:
        kept, known = [str(error)], False
    if not kept:
        return
    old = device.accounts.proven(row.name)
    if old is not None:
        await talk.store_row(row, old)
        if known:  # else the recorder may have taken it, and the next run writes both again
            device.accounts.abandon()
    name = device.recorder.device.name
    raise NotConverged(
        f"{device.name}: {name} doesn't take the camera's new account ({kept[0]}), so the old one stays on both; look at {name}"
    )
