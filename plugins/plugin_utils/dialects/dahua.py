"""Dahua's dialect: configuration over CGI with a fresh nonce each time, accounts over RPC2.

``config:NAME`` is a configuration table, ``cgi:PATH`` a reading CGI, ``users`` the accounts. No password ever stands in a URL.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from ..errors import AuthRefused, Garbled, Locked, Refused, Unreachable, Unsupported
from ..settings import Items
from ..transport import Answer, Credential, LoginRefused
from . import Reply, Target

LOCKED, WRONG_PASSWORD, CHALLENGE = 268632081, 268632085, 268632079  # error codes of RPC2 logins, coded by others
LITERAL = "[]"  # IP2M-841B refuses %5B


class Table:
    """``key=value`` lines as a document; the table's own name stands before every key on the wire and nowhere here."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)
        self.changed: dict[str, str] = {}

    def get(self, select: str) -> str | None:
        """The value of the first alternative that is there."""
        return next((self.values[key] for key in select.split("|") if key in self.values), None)

    def set(self, select: str, value: str) -> None:
        """Note a new value for a key that the device has."""
        key = next((key for key in select.split("|") if key in self.values), None)
        if key is None:
            raise Unsupported(f"the device's table has no {select}")
        self.values[key] = self.changed[key] = value

    def rename(self, select: str, name: str) -> None:
        """Keys of a table have one name."""

    def rows(self, row: str) -> Sequence[Table]:
        """The rows ``row[0].``, ``row[1].``, and so on, in the order of their numbers."""
        numbers = sorted({int(key[len(row) + 1 : key.index("]")]) for key in self.values if key.startswith(f"{row}[") and "]" in key})
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
        self._session: str | None = None
        self._realm = ""
        self._number = 0

    async def open(self) -> None:
        """Log in over RPC2, which says how many tries are left."""
        credential = self._target.credential
        if credential is None:
            raise AuthRefused(f"{self._target.name}: wants a login and none was given; name user and password")
        first = await self._rpc("global.login", {"userName": credential.user, "password": "", "clientType": "Web3.0"}, "/RPC2_Login")
        if _code(first) == LOCKED:
            raise self._refusal(first)
        challenge = first.get("params") or {}
        self._realm, self._session = str(challenge.get("realm", "")), first.get("session")
        login = {
            "userName": credential.user,
            "password": _answer(credential, self._realm, str(challenge.get("random", ""))),
            "clientType": "Web3.0",
            "authorityType": "Default",
            "passwordType": "Default",
        }
        second = await self._rpc("global.login", login, "/RPC2_Login")
        if second.get("result") is not True:
            raise self._refusal(second)

    async def fetch(self, at: str) -> Table:
        """Read a table, a CGI, or the accounts."""
        kind, _, name = at.partition(":")
        if kind == "users":
            return await self._users()
        target = f"/cgi-bin/configManager.cgi?action=getConfig&name={name}" if kind == "config" else f"/cgi-bin/{name}"
        answer = await self._ask(target)
        if answer.status != 200 or answer.text.startswith("Error"):
            # 403 "Authority:check failure." means an unknown name or no right: the device doesn't say which.
            raise Unsupported(f"the device has no {name}, or the account no right to it (HTTP {answer.status})")
        return parse(answer.text, name if kind == "config" else "")

    async def store(self, at: str, document: Table) -> Reply:
        """Send the changed keys of a table in one request."""
        name = at.partition(":")[2]
        changes = "&".join(f"{_whole(name, key)}={quote(value, safe='')}" for key, value in document.changed.items())
        answer = await self._ask(f"/cgi-bin/configManager.cgi?action=setConfig&{changes}")
        if answer.status != 200 or answer.text.strip() != "OK":
            words = " ".join(answer.text.split())[:80]
            raise Refused(f"{self._target.name}: {name}: the device refuses: {words or f'HTTP {answer.status}'}")
        return Reply()

    async def store_row(self, items: Items, row: Mapping[str, str], existing: Table | None) -> Reply:
        """Add an account, or change its group or password, with the password in its hashed form."""
        values = dict(row)
        name = values.get(items.match) or (existing.get(items.match) if existing else None)
        assert name is not None
        password = values.pop(items.secret or "", None)
        hashed = None if password is None else _hashed(name, self._realm, password)
        if existing is None:
            fixed = {"Memo": "motcua", "Sharable": True, "Reserved": False, "AuthorityList": []}
            user: dict[str, Any] = {**values, **fixed, "Password": hashed}
            return await self._change("userManager.addUser", {"user": user})
        if any(existing.get(key) != value for key, value in values.items()):
            await self._change("userManager.modifyUser", {"name": name, "user": {**existing.values, **values}})
        if hashed is not None:
            await self._change(
                "userManager.modifyPassword", {"name": name, "pwd": hashed, "pwdOld": self._present(name), "authorityType": "Default"}
            )
        return Reply()

    def _present(self, name: str) -> str:
        """The hashed password that an account has now, which the device wants to see where one changes its own."""
        credential = self._target.credential
        return _hashed(name, self._realm, credential.password) if credential is not None and credential.user == name else ""

    async def reboot(self) -> None:
        """Ask for a reboot."""
        try:
            await self._ask("/cgi-bin/magicBox.cgi?action=reboot")
        except Unreachable:
            return

    async def close(self) -> None:
        """Log out and let go of the device."""
        await self._http.close()

    async def _users(self) -> Table:
        said = await self._rpc("userManager.getUserInfoAll", {})
        users = (said.get("params") or {}).get("users")
        if not isinstance(users, list):
            raise Unsupported("the device doesn't list its accounts over RPC2")
        return Table({f"users[{n}].{key}": str(value) for n, user in enumerate(users) for key, value in user.items()})

    async def _change(self, method: str, params: Mapping[str, Any]) -> Reply:
        said = await self._rpc(method, params)
        if said.get("result") is not True:
            words = (said.get("error") or {}).get("message") or f"error {_code(said)}"
            raise Refused(f"{self._target.name}: {method}: the device refuses: {words}")
        return Reply()

    async def _ask(self, target: str) -> Answer:
        try:
            answer = await self._http.request("GET", target)
        except LoginRefused as refused:
            raise self._refusal({}, refused.answer) from None
        if answer.status == 403 and "RmLock" in answer.text:
            raise self._refusal(_json(answer, self._target.name), answer)
        return answer

    async def _rpc(self, method: str, params: Mapping[str, Any], path: str = "/RPC2") -> dict[str, Any]:
        self._number += 1
        body = {"method": method, "params": params, "id": self._number} | ({"session": self._session} if self._session else {})
        answer = await self._http.plain("POST", path, json.dumps(body).encode(), "application/json")
        if answer.status == 404:
            raise Unsupported("the device doesn't speak RPC2")
        return _json(answer, self._target.name)

    def _refusal(self, said: Mapping[str, Any], answer: Answer | None = None) -> AuthRefused:
        name, details = self._target.name, {**said, **(said.get("params") or {}), **(said.get("error") or {})}
        seconds = _whole_number(details.get("remainLockSecond", details.get("RmLock")))
        if _code(said) == LOCKED or (answer is not None and answer.status == 403):
            shown = "an unknown number of" if seconds is None else seconds
            return Locked(f"{name}: is locked for {shown} s after failed logins; wait, then run again", seconds)
        left = _whole_number(details.get("remainLoginTimes"))
        shown = "doesn't say how many tries are left" if left is None else f"{left} tries are left"
        return AuthRefused(f"{name}: refuses the login; {shown}; nothing more is tried", left)


def _json(answer: Answer, name: str) -> dict[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise Garbled(f"{name}: answers something that is not JSON (HTTP {answer.status})") from None
    if not isinstance(said, dict):
        raise Garbled(f"{name}: answers JSON that is no object")
    return said


def _code(said: Mapping[str, Any]) -> int | None:
    error = said.get("error")
    return _whole_number(error.get("code") if isinstance(error, Mapping) else said.get("ErrorCode"))


def _whole_number(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _whole(name: str, key: str) -> str:
    """The key as the URL wants it: table and key, brackets literal."""
    return quote(f"{name}{'' if key.startswith('[') else '.'}{key}", safe=LITERAL + ".")


def _hashed(user: str, realm: str, password: str) -> str:
    return hashlib.md5(f"{user}:{realm}:{password}".encode(), usedforsecurity=False).hexdigest().upper()


def _answer(credential: Credential, realm: str, challenge: str) -> str:
    """UPPER(MD5(user:random:UPPER(MD5(user:realm:password)))), coded by others."""
    inner = _hashed(credential.user, realm, credential.password)
    return hashlib.md5(f"{credential.user}:{challenge}:{inner}".encode(), usedforsecurity=False).hexdigest().upper()
