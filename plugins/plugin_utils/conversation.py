"""A logged-in device: its documents, each read once, and its values, rows and writes as its vendor's table says."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from .accounts import MINIMUM_TRIES_LEFT, Accounts, Login
from .dialects import DIALECTS, Dialect, Document, Reply, Target
from .diff import Change, RowChange, Running
from .errors import AuthRefused, Garbled, Locked, ModelError, MotcuaError, Refused, Unsupported
from .settings import Setting
from .vendors.table import Vendor
from .vendors.unsuited import recognised

MAKER, MODEL = "identity.maker", "identity.model"


@dataclass(frozen=True)
class Recorder:
    """The recorder that logs in to a camera: its row for the camera, and how that row should be."""

    device: Device
    channel: str
    wish: Mapping[str, Any]


@dataclass(frozen=True)
class Device:
    """One device as reconcile needs it: where it is, what it is, who may log in, and which recorder has to learn its new password.

    ``turn`` is the file that who writes a row of its lists holds; None where nobody else can be at it.
    """

    name: str
    vendor: Vendor
    role: str
    channel: int
    target: Callable[[Login | None], Target]
    logins: Sequence[Login]
    accounts: Accounts | None = None
    recorder: Recorder | None = None
    experimental: bool = False
    model: str | None = None
    turn: Path | None = None

    @cached_property
    def settings(self) -> dict[str, Setting]:
        """The rows that this role has."""
        return self.vendor.rows(self.role)


class Conversation:
    """A logged-in dialect with the documents that were read already: each is fetched once."""

    def __init__(self, device: Device, dialect: Dialect[Any], target: Target) -> None:
        """Talk about one channel of a device."""
        self._device, self.dialect, self.target = device, dialect, target
        self._documents: dict[str, Document | MotcuaError] = {}
        self._asked: set[str] = set()

    def beside(self, device: Device) -> Conversation:
        """The same login about another device behind it: a recorder's channel. What was read already isn't read again."""
        other = Conversation(device, self.dialect, self.target)
        other._documents = self._documents
        return other

    @property
    def device(self) -> Device:
        """Whom it is held with."""
        return self._device

    @property
    def documents(self) -> int:
        """How many documents were needed until now, also those that were read already."""
        return len(self._asked)

    async def check_suited(self) -> None:
        """Stop before anything is set at a device that can't join, or that is another model than people wrote.

        :raises Unsupported: with what the camera is; only a vendor whose devices may be anybody's has a maker to look at.
        :raises ModelError: when it is another one.
        """
        name, expected = self._device.name, self._device.model
        if MAKER not in self._device.settings and expected is None:
            return
        said = (await self.read([MAKER, MODEL, "identity.firmware"] if MAKER in self._device.settings else [MODEL], ())).values
        kind = recognised(said)
        if kind is not None:
            raise Unsupported(f"{name}: {kind.sentence}")
        model = str(said.get(MODEL, ""))
        if expected is not None and model and expected.lower() not in model.lower():
            raise ModelError(f"{name}: is a {model} and the inventory says {expected}; correct its model, or look at what stands there")

    def place(self, text: str) -> str:
        """A table's place with the channel filled in, counted from 1 and from 0."""
        return text.replace("{n}", str(self._device.channel)).replace("{c}", str(self._device.channel - 1))

    async def document(self, at: str) -> Document:
        """The document, fetched the first time."""
        self._asked.add(at)
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
        """The document that holds a setting: the first of its places where the device has it, else the first document that it has."""
        places = [self.place(at) for at in setting.at.split("|")]
        there: list[str] = []
        for at in places if len(places) > 1 else ():
            with contextlib.suppress(Unsupported):
                if (await self.document(at)).get(self.place(setting.select)) is not None:
                    return at
                there.append(at)
        return (there or places)[0]

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
            found[items.names.read(row.get(items.match) or "")] = values
        return found

    async def store(self, at: str, changes: Sequence[Change]) -> Reply:
        """Write all changes of one document with one request."""
        document = await self.document(at)
        for change in changes:
            setting = change.setting.written(change.after, at)
            for select, name in setting.renamed.items():
                document.rename(select, name)
            for select, native in setting.also.items():
                document.set(self.place(select), native)
            document.set(self.place(setting.select), setting.form.write(change.after))
        self.forget(at)
        return await self.dialect.store(at, document)

    async def store_row(self, change: RowChange, password: str | None) -> Reply:
        """Add, write or remove one row of a list with one request."""
        document = await self.document(change.items.at)
        name = change.items.names.write(change.name)
        existing = next((row for row in document.rows(change.items.row) if row.get(change.items.match) == name), None)
        if change.after is None:
            self.forget(change.items.at)
            assert existing is not None  # diff found it
            return await self.dialect.remove_row(change.items, existing)
        native = {} if existing is not None else {change.items.match: name}
        forms = {setting.key: setting for setting in change.items.settings}
        native |= {forms[key].select: forms[key].form.write(value) for key, value in change.after.items()}
        if password is not None and change.items.write_only is not None:
            native[change.items.write_only] = password
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
        dialect = DIALECTS[device.vendor.dialect](target)
        try:
            await dialect.open()
        except AuthRefused as refused:
            await dialect.close()
            enough = refused.tries_left is not None and refused.tries_left >= MINIMUM_TRIES_LEFT
            if way is ways[-1] or isinstance(refused, Locked) or not enough:
                if way is not ways[-1] and device.accounts is not None and refused.tries_left is None:
                    device.accounts.turn()
                raise
        except BaseException:
            await dialect.close()
            raise
        else:
            return Conversation(device, dialect, target)
    raise AssertionError("there was no way to log in with")
