"""Dahua's dialect: configuration over CGI with a fresh nonce each time, accounts over RPC2.

``config:NAME`` is a configuration table, ``cgi:PATH`` a reading CGI, ``users:`` the accounts, ``channels:`` a recorder's cameras.
Firmware without RPC2 takes passwords only in a URL: there it is sent over TLS and nowhere else.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from urllib.parse import quote

from ..errors import AuthRefused, Garbled, Refused, Unreachable, Unsupported
from ..settings import Items
from ..transport import Answer, Credential, LoginRefused, multipart
from .dahua_channels import Channels
from .dahua_footage import oldest
from .pairs import Pairs
from .rpc2 import Rpc2, refusal
from .speech import Reply, Target
from .trees import json_object

LITERAL = "[].:"  # IP2M-841B refuses %5B
NOT_THERE = (400, 403, 404, 501)
LINE = re.compile(r"[\w.\[\]:-]+ ?=|\s*$")  # a key, or nothing
IDENTITY = "/cgi-bin/magicBox.cgi?action=getSystemInfo"
UPGRADING, UPGRADE_FAILED = ("preparing", "downloading", "downloaded", "upgrading"), ("fail", "memory", "unmatch", "error")
PROGRESS_SECONDS = 1.0
USERS = "/cgi-bin/userManager.cgi?action="


class Table(Pairs):
    """``key=value`` lines as a document; the table's own name stands before every key on the wire and nowhere here."""

    def rows(self, row: str) -> Sequence[Table]:
        """The rows ``row[0].``, ``row[1].``, and so on, in the order of their numbers."""
        heads = {key[: key.index("]", len(row))] for key in self.values if key.startswith(f"{row}[") and "]" in key[len(row) :]}
        numbers = sorted(int(head[len(row) + 1 :]) for head in heads if head[len(row) + 1 :].isdecimal())
        prefixes = [f"{row}[{number}]." for number in numbers]
        return [
            Table({key.removeprefix(prefix): value for key, value in self.values.items() if key.startswith(prefix)}) for prefix in prefixes
        ]


def parse(text: str, name: str = "") -> Table:
    """Read ``table.NAME.key=value`` or ``key=value`` lines; lines without ``=`` mean nothing to us."""
    pairs = (line.split("=", 1) for line in text.splitlines() if "=" in line)
    values = {}
    for key, value in pairs:
        short = key.removeprefix(f"table.{name}") if name else key
        values[short.removeprefix(".")] = value
    return Table(values)


class Dahua:
    """A conversation with a Dahua device."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._http = target.http(reuse_nonce=False)
        self._rpc: Rpc2 | None = None
        self._channels: Channels | None = None

    async def open(self) -> None:
        """Log in over RPC2, which says how many tries are left; over CGI where the firmware is older than that."""
        rpc = Rpc2(self._target.name, self._http)
        try:
            await rpc.login(self._credential)
        except Unsupported:
            answer = await self._ask(IDENTITY)
            if answer.status != 200 or "=" not in answer.text:
                raise Garbled(f"{self._target.name}: doesn't answer as a Dahua device; check its vendor and its address") from None
        else:
            self._rpc = rpc
        self._channels = Channels(self._target.name, self._ask, self._rpc, encrypted=self._http.encrypted)

    async def fetch(self, at: str) -> Table:
        """Read a table, a CGI, the accounts, or a recorder's cameras."""
        kind, _, name = at.partition(":")
        if kind == "users":
            return await self._users()
        if kind == "channels":
            assert self._channels is not None
            return Table(await self._channels.read())
        if kind == "config" and self._rpc is not None:
            return await self._table(self._rpc, name)
        target = f"/cgi-bin/configManager.cgi?action=getConfig&name={name}" if kind == "config" else f"/cgi-bin/{name}"
        return parse(self._lines(name, await self._ask(target)), name if kind == "config" else "")

    async def store(self, at: str, document: Table) -> Reply:
        """Send the changed keys of a table in one request."""
        name = at.partition(":")[2]
        changes = "&".join(f"{_whole(name, key)}={quote(value, safe='')}" for key, value in document.changed.items())
        return self._taken(name, await self._ask(f"/cgi-bin/configManager.cgi?action=setConfig&{changes}"))

    async def store_row(self, items: Items, row: Mapping[str, str], existing: Table | None) -> Reply:
        """Add or change a recorder's camera, or an account."""
        values = dict(row)
        name = values.get(items.match) or (existing.get(items.match) if existing else None)
        assert name is not None
        password = values.pop(items.write_only or "", None)
        if items.key == "channels":
            assert self._channels is not None
            await self._channels.write(name, {**(existing.values if existing else {}), **values}, password, new=existing is None)
        elif self._rpc is not None:
            await self._account(self._rpc, name, values, password, existing)
        else:
            await self._old_account(name, values, password, existing)
        return Reply()

    async def remove_row(self, items: Items, row: Table) -> Reply:
        """Take out a recorder's camera, or an account."""
        name = row.get(items.match) or ""
        if items.key == "channels":
            assert self._channels is not None
            await self._channels.remove(name)
        elif self._rpc is not None:
            await self._rpc.call("userManager.deleteUser", {"name": name})
        else:
            self._taken("deleteUser", await self._ask(f"{USERS}deleteUser&name={quote(name, safe='')}"))
        return Reply()

    async def reboot(self) -> None:
        """Ask for a reboot."""
        try:
            await self._ask("/cgi-bin/magicBox.cgi?action=reboot")
        except Unreachable:
            return

    async def backup(self) -> bytes:
        """The whole configuration as the device keeps it."""
        answer = await self._ask("/cgi-bin/Config.backup?action=All")
        if answer.status != 200 or answer.body.startswith(b"Error"):
            raise Unsupported(f"the device gives no backup (HTTP {answer.status})")
        return answer.body

    async def upgrade(self, image: bytes, progress: Callable[[int], None]) -> Reply:
        """Post firmware, then ask how far it is until it says so or is gone: it restarts by itself."""
        target = "/cgi-bin/upgrader.cgi?action=uploadFirmware"
        kind, body = multipart({"upgradeFile": ("firmware.bin", "application/octet-stream", image)})
        self._taken("uploadFirmware", await self._ask(target, body, kind))
        while True:
            try:
                answer = await self._ask("/cgi-bin/upgrader.cgi?action=getState")
            except Unreachable:
                return Reply()
            said = parse(answer.text)
            state = said.get("state.State") or ""
            if any(word in state.lower() for word in UPGRADE_FAILED):
                raise Refused(f"{self._target.name}: uploadFirmware: the device refuses: {state}")
            if answer.status != 200 or state.lower() not in UPGRADING:
                return Reply()  # it doesn't say; the version after its restart does
            percent = said.get("state.Progress") or "0"
            progress(int(percent) if percent.isdecimal() else 0)
            await asyncio.sleep(PROGRESS_SECONDS)

    async def picture(self, at: str) -> bytes:
        """A still picture."""
        answer = await self._ask(at)
        if answer.status != 200 or answer.body.startswith(b"Error"):
            raise Unsupported(f"the device gives no picture (HTTP {answer.status})")
        return answer.body

    async def oldest_footage(self, channel: int) -> date | None:
        """The first day of a channel."""
        return await oldest(self._target.name, channel, self._ask)

    async def close(self) -> None:
        """Let go of the device."""
        await self._http.close()

    @property
    def _credential(self) -> Credential:
        if self._target.credential is None:
            raise AuthRefused(f"{self._target.name}: wants a login and none was given; name user and password")
        return self._target.credential

    def _lines(self, name: str, answer: Answer) -> str:
        """A reading answer: whole lines of keys and values, or else it says that there is nothing, or it is no answer at all."""
        if answer.status in NOT_THERE or answer.text.startswith("Error"):
            # 403 "Authority:check failure." means an unknown name or no right: the device doesn't say which.
            raise Unsupported(f"the device has no {name}, or the account no right to it (HTTP {answer.status})")
        lines = answer.text.splitlines(keepends=True)
        if answer.status != 200 or not lines or not lines[-1].endswith("\n") or not all(LINE.match(line) for line in lines):
            raise Garbled(f"{self._target.name}: {name}: answers something that is not keys and values (HTTP {answer.status})")
        return answer.text

    async def _table(self, rpc: Rpc2, name: str) -> Table:
        """A table over RPC2: one request, where CGI needs a connection for the challenge and another for the answer."""
        try:
            table = (await rpc.call("configManager.getConfig", {"name": name})).get("table")
        except Refused as error:
            # As over CGI: an unknown name and a missing right are one answer.
            raise Unsupported(f"the device has no {name}, or the account no right to it ({error})") from None
        return Table(dict(_flat("", table)))

    async def _users(self) -> Table:
        if self._rpc is None:
            return parse(self._lines("accounts", await self._ask(f"{USERS}getUserInfoAll")))
        users = (await self._rpc.call("userManager.getUserInfoAll", {})).get("users")
        if not isinstance(users, list) or not all(isinstance(user, dict) for user in users):
            raise Unsupported("the device doesn't list its accounts over RPC2")
        return Table({f"users[{n}].{key}": str(value) for n, user in enumerate(users) for key, value in user.items()})

    async def _account(self, rpc: Rpc2, name: str, values: Mapping[str, str], password: str | None, existing: Table | None) -> None:
        """Add an account, or change its group or password, with the password in its hashed form."""
        hashed = None if password is None else rpc.half(name, password)
        if existing is None:
            fixed = {"Memo": "motcua", "Sharable": True, "Reserved": False, "AuthorityList": []}
            await rpc.call("userManager.addUser", {"user": {**values, **fixed, "Password": hashed}})
            return
        if values:
            await rpc.call("userManager.modifyUser", {"name": name, "user": {**existing.values, **values}})
        if hashed is not None:
            # Whoever changes the own password has to show the present one.
            present = rpc.half(name, self._credential.password) if name == self._credential.user else ""
            await rpc.call("userManager.modifyPassword", {"name": name, "pwd": hashed, "pwdOld": present, "authorityType": "Default"})

    async def _old_account(self, name: str, values: Mapping[str, str], password: str | None, existing: Table | None) -> None:
        if password is not None and not self._http.encrypted:
            raise Refused(
                f"{self._target.name}: takes passwords only in a URL, which is not sent without TLS; switch HTTPS on at the device"
            )
        mine, asked = self._credential, {"name": name}
        group = {f"user.{key}": value for key, value in values.items() if key != "Name"}
        if existing is None:
            fixed = {"user.Name": name, "user.Password": password or "", "user.Sharable": "true", "user.Reserved": "false"}
            await self._manage("addUser", fixed | group)
            return
        if group:
            await self._manage("modifyUser", asked | group)
        if password is not None and name == mine.user:
            await self._manage("modifyPassword", asked | {"pwd": password, "pwdOld": mine.password})
        elif password is not None:
            manager = {"managerName": mine.user, "managerPwd": mine.password}
            await self._manage("modifyPasswordByManager", asked | {"pwd": password} | manager)

    async def _manage(self, action: str, asked: Mapping[str, str]) -> None:
        pairs = "&".join(f"{key}={quote(value, safe='')}" for key, value in asked.items())
        self._taken(action, await self._ask(f"{USERS}{action}&{pairs}"))

    def _taken(self, what: str, answer: Answer) -> Reply:
        """Success is exactly ``OK``: a 200 may hold an error."""
        if answer.status != 200 or answer.text.strip() != "OK":
            words = " ".join(answer.text.split())[:80]
            if not words.isprintable() or "<" in words:
                raise Garbled(f"{self._target.name}: {what}: answers something that is neither OK nor an error (HTTP {answer.status})")
            raise Refused(f"{self._target.name}: {what}: the device refuses: {words or f'HTTP {answer.status}'}")
        return Reply()

    async def _ask(self, target: str, body: bytes = b"", kind: str = "application/json") -> Answer:
        try:
            answer = await self._http.request("POST" if body else "GET", target, body, kind)
        except LoginRefused as refused:
            raise refusal(self._target.name, {}, refused.answer.status) from None
        if answer.status == 403 and "RmLock" in answer.text:
            raise refusal(self._target.name, json_object(answer, self._target.name), answer.status)
        return answer


def _whole(name: str, key: str) -> str:
    """The key as the URL wants it: table and key, brackets literal."""
    return quote(f"{name}{'' if key.startswith('[') else '.'}{key}", safe=LITERAL)


def _flat(place: str, value: object) -> Iterator[tuple[str, str]]:
    """A JSON table as the keys that CGI gives it: ``[0].MainFormat[0].Video.FPS``."""
    if isinstance(value, dict):
        for key, below in value.items():
            yield from _flat(f"{place}.{key}" if place else str(key), below)
    elif isinstance(value, list):
        for number, below in enumerate(value):
            yield from _flat(f"{place}[{number}]", below)
    elif value is not None:
        yield place, str(value).lower() if isinstance(value, bool) else str(value)
