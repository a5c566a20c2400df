"""Read, compare, apply, read back: once, for every vendor. Everything that differs between vendors stands in their tables."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from .accounts import MINIMUM_TRIES_LEFT, Accounts, Login
from .dialects import Dialect, Document, Reply, Target
from .diff import SECRET, Change, Difference, RowChange, Running, diff, flatten
from .errors import AuthRefused, Garbled, Locked, MotcuaError, NotConverged, Refused, Unreachable, Unsupported
from .settings import Setting
from .transport import Credential
from .vendors.table import Vendor

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
        return any(change["outcome"] in ("applied", "clamped", "predicted") for change in self.changes)

    def note(self, key: str, before: Any, after: Any, outcome: str, words: str = "") -> None:
        """Write one change down."""
        self.changes.append({"key": key, "before": before, "after": after, "outcome": outcome} | ({"words": words} if words else {}))


@dataclass(frozen=True)
class Device:
    """One device as reconcile needs it: where it is, what it is, and who may log in."""

    name: str
    vendor: Vendor
    role: str
    channel: int
    target: Callable[[Login | None], Target]
    logins: Sequence[Login]
    accounts: Accounts | None = None

    @property
    def settings(self) -> dict[str, Setting]:
        """The rows that this role has."""
        return self.vendor.rows(self.role)


class Conversation:
    """A logged-in dialect with the documents that were read already: each is fetched once."""

    def __init__(self, device: Device, dialect: Dialect[Any], target: Target) -> None:
        """Talk about one channel of a device."""
        self._device, self.dialect, self.target = device, dialect, target
        self._documents: dict[str, Document | MotcuaError] = {}

    def place(self, text: str) -> str:
        """A table's place with the channel filled in, counted from 1 and from 0."""
        return text.replace("{n}", str(self._device.channel)).replace("{c}", str(self._device.channel - 1))

    async def document(self, at: str) -> Document:
        """The document, fetched the first time."""
        if at not in self._documents:
            try:
                self._documents[at] = await self.dialect.fetch(at)
            except (Unsupported, Garbled, Refused) as error:
                self._documents[at] = error
        found = self._documents[at]
        if isinstance(found, MotcuaError):
            raise found
        return found

    def forget(self, at: str) -> None:
        """Read the document anew next time."""
        self._documents.pop(at, None)

    async def read(self, keys: Iterable[str], lists: Iterable[str]) -> Running:
        """Every key and list becomes a value or a reason; one that can't be understood doesn't hide the others."""
        values: dict[str, Any] = {}
        rows: dict[str, dict[str, dict[str, Any]]] = {}
        unsupported: dict[str, str] = {}
        unknown: dict[str, MotcuaError] = {}
        settings = self._device.settings
        for key in [*(key for key in keys if key in settings), *lists]:
            try:
                if key in settings:
                    values[key] = await self._value(settings[key])
                else:
                    rows[key] = await self._rows(key)
            except Unsupported as error:
                unsupported[key] = str(error)
            except (Garbled, Refused) as error:
                unknown[key] = error
        return Running(values, unsupported, unknown, rows)

    async def where(self, setting: Setting) -> str:
        """The document that holds a setting: the first of its places that the device has."""
        *others, last = map(self.place, setting.at.split("|"))
        for at in others:
            with contextlib.suppress(Unsupported):
                await self.document(at)
                return at
        return last

    async def _value(self, setting: Setting) -> Any:
        document = await self.document(await self.where(setting))
        native = document.get(self.place(setting.select))
        if native is None:
            raise Unsupported(f"the device doesn't say {setting.select}")
        return self._understood(setting, setting.at, native)

    def _understood(self, setting: Setting, at: str, native: str) -> Any:
        try:
            return setting.form.read(native)
        except (ValueError, OverflowError) as error:
            raise Garbled(f"{self._device.name}: {at}: {setting.select}: {error}") from None

    async def _rows(self, key: str) -> dict[str, dict[str, Any]]:
        items = self._device.vendor.lists(self._device.role)[key]
        document = await self.document(items.at)
        found = {}
        for row in document.rows(items.row):
            values = {}
            for setting in items.settings:
                native = row.get(setting.select)
                if native is not None:
                    values[setting.key] = self._understood(setting, items.at, native)
            found[row.get(items.match) or ""] = values
        return found

    async def store(self, at: str, changes: Sequence[Change]) -> Reply:
        """Write all changes of one document with one request."""
        document = await self.document(at)
        for change in changes:
            for select, name in change.setting.renamed.items():
                document.rename(select, name)
            for select, native in change.setting.also.items():
                document.set(select, native)
            document.set(self.place(change.setting.select), change.setting.form.write(change.after))
        self.forget(at)
        return await self.dialect.store(at, document)

    async def store_row(self, change: RowChange, password: str | None) -> Reply:
        """Write one row of a list with one request."""
        document = await self.document(change.items.at)
        existing = next((row for row in document.rows(change.items.row) if row.get(change.items.match) == change.name), None)
        native = {} if existing is not None else {change.items.match: change.name}
        forms = {setting.key: setting for setting in change.items.settings}
        native |= {forms[key].select: forms[key].form.write(value) for key, value in change.after.items()}
        if password is not None and change.items.secret is not None:
            native[change.items.secret] = password
        self.forget(change.items.at)
        return await self.dialect.store_row(change.items, native, existing)


@contextlib.asynccontextmanager
async def conversation(device: Device, logins: Sequence[Login] | None = None) -> AsyncIterator[Conversation]:
    """Log in with the first way that the device takes; a second one only when it says that enough tries are left."""
    talk = await _log_in(device, (device.logins if logins is None else logins) or [None])
    try:
        yield talk
    finally:
        await talk.dialect.close()


async def _log_in(device: Device, ways: Sequence[Login | None]) -> Conversation:
    for way in ways:
        target = device.target(way)
        dialect = device.vendor.dialect(target)
        try:
            await dialect.open()
        except AuthRefused as refused:
            await dialect.close()
            enough = refused.tries_left is not None and refused.tries_left >= MINIMUM_TRIES_LEFT
            if way is ways[-1] or isinstance(refused, Locked) or not enough:
                raise
        except BaseException:
            await dialect.close()
            raise
        else:
            return Conversation(device, dialect, target)
    raise AssertionError("there was no way to log in with")


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
    device: Device, wish: Mapping[str, Any], outcome: Outcome, *, check: bool, bound: asyncio.Timeout | None = None
) -> None:
    """Make the device match the wish; in check mode only say what would be done.

    :raises NotConverged: when the device kept another value than the wish after it had taken the change.
    """
    accounts = device.accounts
    renew = accounts is not None and accounts.renewing and "users" in wish
    logins = device.logins
    if accounts is not None and renew and not check:
        # Accounts before settings: a recorder that still knows the factory password overwrites settings until its login is refused.
        await _renew(device, accounts, wish["users"], outcome)
        logins, renew = [accounts.working()], False
    async with conversation(device, logins) as talk:
        lists = device.vendor.lists(device.role)
        running = await talk.read(flatten(wish, lists), [key for key in lists if key in wish])
        difference = diff(device.settings, lists, wish, running, renew=renew)
        outcome.unsupported = dict(difference.unsupported)
        if check:
            _predict(difference, outcome)
        else:
            await _apply(talk, device, difference, outcome, bound)
    _tell(difference.unknown)


def _tell(unknown: Mapping[str, MotcuaError]) -> None:
    """End with what could not be compared, after everything else was done."""
    for error in unknown.values():
        raise type(error)("; ".join(dict.fromkeys(map(str, unknown.values()))))


async def _renew(device: Device, accounts: Accounts, users: Mapping[str, Any], outcome: Outcome) -> None:
    """Write every account's password, and prove each by a login; the factory account, our way back, is changed last and alone."""
    lists = {key: items for key, items in device.vendor.lists(device.role).items() if key == "users"}
    ours, factory = accounts.working(), device.vendor.factory_user
    async with conversation(device) as talk:
        running = await talk.read((), lists)
        _tell(running.unknown)
        if "users" not in running.rows:
            reason = running.unsupported.get("users", "no way to them is known")
            raise Unsupported(f"{device.name}: its accounts can't be listed ({reason}), so their passwords can't be set; set them by hand")
        rows = diff({}, lists, {"users": users}, running, renew=True).rows
        accounts.begin()
        others = sorted((row for row in rows if row.name != factory), key=lambda row: row.name == ours.credential.user)
        refused = await _store_rows(talk, device, others, outcome)
    # Only a new login may follow: this one's password may be the one that was just changed.
    async with conversation(device, [ours]) as talk:
        _all_taken(await _read_rows_back(talk, others, refused, outcome))
        last = [row for row in rows if row.name == factory]
        _all_taken(await _read_rows_back(talk, last, await _store_rows(talk, device, last, outcome), outcome))
    for name in users:
        if name != ours.credential.user:
            async with conversation(device, [Login(Credential(name, accounts.password(name)))]):
                pass  # the login itself is the proof
    accounts.confirm()


def _predict(difference: Difference, outcome: Outcome) -> None:
    for change in difference.changes:
        outcome.note(change.key, change.before, change.after, "predicted")
    for row in difference.rows:
        before, after = _shown(row)
        outcome.note(row.key, before, after, "predicted")


def _shown(row: RowChange) -> tuple[Any, Any]:
    password = {"password": SECRET} if row.secret else {}
    return (None if row.before is None else dict(row.before)), {**row.after, **password}


async def _apply(talk: Conversation, device: Device, difference: Difference, outcome: Outcome, bound: asyncio.Timeout | None) -> None:
    """Documents in the order of their riskiest change, rows before them; then what the device made of it."""
    kept = await _read_rows_back(talk, difference.rows, await _store_rows(talk, device, difference.rows, outcome), outcome)
    documents: dict[str, list[Change]] = defaultdict(list)
    for change in difference.changes:
        documents[await talk.where(change.setting)].append(change)
    order = {key: position for position, key in enumerate(device.settings)}
    refused: dict[str, str] = {}
    for at, changes in sorted(documents.items(), key=lambda entry: max(change.risk for change in entry[1])):
        try:
            reply = await talk.store(at, sorted(changes, key=lambda change: order[change.key]))
            outcome.reboot_required |= reply.reboot
        except (Refused, Unsupported) as error:
            refused |= {change.key: str(error) for change in changes}
    if outcome.reboot_required:
        await _reboot(talk, bound)
        outcome.reboot_required = False
    _all_taken([*kept, *await _read_back(talk, difference.changes, refused, outcome)])


def _all_taken(kept: Sequence[str]) -> None:
    if kept:
        raise NotConverged(f"the device kept its own values: {'; '.join(kept)}; plan what it can do, or replace it")


async def _store_rows(talk: Conversation, device: Device, rows: Sequence[RowChange], outcome: Outcome) -> dict[str, str]:
    """Write rows one by one; the words of those that the device refused."""
    refused: dict[str, str] = {}
    for row in rows:
        password = None
        if row.secret is not None:
            if device.accounts is None:
                raise Refused(f"{device.name}: {row.key}: its password is a derived secret; run it with the province's inventory")
            password = device.accounts.password(row.secret)
        try:
            outcome.reboot_required |= (await talk.store_row(row, password)).reboot
        except (Refused, Unsupported) as error:
            refused[row.key] = str(error)
    return refused


async def _read_rows_back(talk: Conversation, rows: Sequence[RowChange], refused: Mapping[str, str], outcome: Outcome) -> list[str]:
    """Say of each row what came of it; what the device kept instead."""
    lists = {row.items.key: row.items for row in rows}
    wish: dict[str, dict[str, Any]] = {key: {row.name: row.after for row in rows if row.items.key == key} for key in lists}
    running = await talk.read((), lists)
    still = {row.key for row in diff({}, lists, wish, running).rows} | set(refused)
    kept = []
    for row in rows:
        before, after = _shown(row)
        now = running.rows.get(row.items.key, {}).get(row.name)
        taken = row.key not in still and now is not None
        kept += _came_of(outcome, row.key, before, after if taken else row.after, now, refused.get(row.key, ""), taken=taken)
    return kept


def _came_of(outcome: Outcome, key: str, before: Any, after: Any, now: Any, words: str, *, taken: bool) -> list[str]:
    """Note what came of one change; a sentence when the device kept something else."""
    if taken:
        outcome.note(key, before, after, "applied")
        return []
    outcome.note(key, before, now, "refused" if words or now in (None, before) else "clamped", words)
    return [f"{key} should be {after!r} and is {now!r}{f' ({words})' if words else ''}"]


async def _reboot(talk: Conversation, bound: asyncio.Timeout | None) -> None:
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
    still = {change.key for change in diff(settings, {}, wish, running).changes}
    kept = []
    for change in changes:
        now = running.values.get(change.key)
        taken = change.key not in still and change.key in running.values
        kept += _came_of(outcome, change.key, change.before, change.after, now, refused.get(change.key, ""), taken=taken)
    return kept
