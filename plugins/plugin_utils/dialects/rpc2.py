"""RPC2, the JSON conversation of Dahua's own web pages: a login that says how many tries are left, and calls within its session."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from ..errors import AuthRefused, Locked, Refused, Unsupported
from ..transport import REFUSED, UNAUTHORIZED, Credential, Http
from .trees import json_object

LOCKED, WRONG_PASSWORD = 268632081, 268632085  # error codes of logins, coded by others
REFUSALS = (LOCKED, WRONG_PASSWORD)
NOT_THERE = (400, 404, 405, 501)
CLIENT = "Web3.0"


class Rpc2:
    """One session."""

    def __init__(self, name: str, http: Http) -> None:
        self._name, self._http = name, http
        self._session: Any = None
        self._realm, self._number = "", 0

    async def login(self, credential: Credential) -> None:
        """Log in with a challenge.

        :raises Unsupported: when the device doesn't speak RPC2; nothing of the password was sent then.
        """
        self._session = None
        first = await self._ask("global.login", {"userName": credential.user, "password": "", "clientType": CLIENT}, "/RPC2_Login")
        if code(first) == LOCKED:
            raise refusal(self._name, first)
        challenge = _mapping(first.get("params"))
        self._realm, self._session = str(challenge.get("realm", "")), first.get("session")
        # UPPER(MD5(user:random:UPPER(MD5(user:realm:password)))), coded by others
        answer = _hashed(f"{credential.user}:{challenge.get('random', '')}:{self.half(credential.user, credential.password)}")
        login = {
            "userName": credential.user,
            "password": answer,
            "clientType": CLIENT,
            "authorityType": "Default",
            "passwordType": "Default",
        }
        second = await self._ask("global.login", login, "/RPC2_Login")
        if second.get("result") is not True:
            if code(second) not in REFUSALS:
                raise Refused(f"{self._name}: refuses the login with error {code(second)}, and not for the password; look at the device")
            raise refusal(self._name, second)

    async def call(self, method: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
        """What a method gives.

        :raises Refused: with the device's words.
        """
        said = await self._ask(method, params)
        if said.get("result") is not True:
            words = _mapping(said.get("error")).get("message") or f"error {code(said)}"
            raise Refused(f"{self._name}: {method}: the device refuses: {words}")
        return _mapping(said.get("params"))

    def half(self, user: str, password: str) -> str:
        """The form in which the device keeps a password: UPPER(MD5(user:realm:password))."""
        return _hashed(f"{user}:{self._realm}:{password}")

    async def _ask(self, method: str, params: Mapping[str, Any], path: str = "/RPC2") -> dict[str, Any]:
        self._number += 1
        body = {"method": method, "params": params, "id": self._number} | ({"session": self._session} if self._session else {})
        content = json.dumps(body).encode()
        answer = await self._http.plain("POST", path, content, "application/json")
        if answer.status in NOT_THERE:
            raise Unsupported("the device doesn't speak RPC2")
        if answer.status == UNAUTHORIZED:
            raise AuthRefused(f"{self._name}: {REFUSED}")
        return json_object(answer, self._name)


def code(said: Mapping[str, Any]) -> int | None:
    """The error code of an answer, at either of its two places."""
    error = said.get("error")
    return _whole_number(error.get("code") if isinstance(error, Mapping) else said.get("ErrorCode"))


def refusal(name: str, said: Mapping[str, Any], status: int | None = None) -> AuthRefused:
    """What a refused login says: locked and for how long, or how many tries are left. A lock's HTTP status is 403."""
    details = {**said, **_mapping(said.get("params")), **_mapping(said.get("error"))}
    seconds = _whole_number(details.get("remainLockSecond", details.get("RmLock")))
    if code(said) == LOCKED or status == 403:
        shown = "an unknown number of" if seconds is None else seconds
        return Locked(f"{name}: is locked for {shown} s after failed logins; wait, then run again", seconds)
    left = _whole_number(details.get("remainLoginTimes"))
    shown = "doesn't say how many tries are left" if left is None else f"{left} tries are left"
    return AuthRefused(f"{name}: refuses the login; {shown}; nothing more is tried", left)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _whole_number(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) else None


def _hashed(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest().upper()
