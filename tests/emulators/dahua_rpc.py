"""RPC2: JSON in sessions, after a login by challenge."""

import json
import secrets

from tests.emulators import dahua_documents as documents
from tests.emulators.dahua_accounts import upper
from tests.emulators.dahua_answers import BAD, BAD_TABLE, CHALLENGE, LOCKED, NO_METHOD, NO_RIGHT, NO_SIZE, WRONG, error
from tests.emulators.http import Response


class Rpc:
    """The part of a device that answers RPC2; firmware of 2012 has none of it."""

    async def _rpc(self, request):
        try:
            asked = json.loads(request.body)
            method, params, session = asked["method"], asked.get("params") or {}, asked.get("session")
        except (ValueError, KeyError, TypeError):
            return Response(400, BAD, "text/plain")
        if method == "global.login":
            said = self._login(request, params, session)
        elif self._sessions.get(session, {}).get("user") is None:
            said = error(287637504, "Invalid session in request data!")
        else:
            said = await self._call(method, params, self._sessions[session]["user"])
        said = {"id": asked.get("id", 0), "session": said.pop("session", session), **said}
        return Response(200, json.dumps(said).encode(), "application/json")

    def _login(self, request, params, session):
        user = str(params.get("userName", ""))
        if session not in self._sessions:
            new = secrets.token_hex(8)
            self._sessions[new] = {"user": None, "random": str(secrets.randbelow(10**10))}
            challenge = {"encryption": "Default", "random": self._sessions[new]["random"], "realm": self.realm}
            return {
                "session": new,
                "result": False,
                "error": {"code": CHALLENGE, "message": "Component error: login challenge!"},
                "params": challenge,
            }
        left, wait = self.digest.state(request.peer, user)
        if wait:
            return error(LOCKED, "Component error: User locked!", remainLockSecond=wait)
        expected = user in self.users() and upper(user, self._sessions[session]["random"], self._hashed(user))
        if not expected or expected != params.get("password"):
            self.digest.failed(request.peer, user)
            left, wait = self.digest.state(request.peer, user)
            return error(WRONG, "Component error: User or password not valid!", remainLoginTimes=left, remainLockSecond=wait)
        self.digest.succeeded(request.peer, user)
        self._sessions[session]["user"] = user
        return {"result": True, "params": {"keepAliveInterval": 60}}

    async def _call(self, method, params, user):
        if str(method).startswith("userManager."):
            return await self._call_accounts(method, params, user)
        admin = self.users()[user]["group"] == "admin"
        match method:
            case "configManager.getConfig":
                name = str(params.get("name"))
                rows = {key.removeprefix(name): value for key, value in self.rows(name, "rpc").items()}
                return (
                    {"result": True, "params": {"table": documents.nested(rows)}} if rows else error(NO_RIGHT, "Unknown name or no right")
                )
            case "configManager.setConfig" if admin:
                return await self._set_table(str(params.get("name")), params.get("table"))
            case "global.logout" | "global.keepAlive":
                return {"result": True}
        return error(NO_METHOD if admin else NO_RIGHT, "Unknown method or no right")

    async def _set_table(self, name, table):
        """Only the whole table is taken."""
        new = documents.flat(table, name)
        if not self.rows(name, "rpc") or self.rows(name, "rpc").keys() - new.keys():
            return error(BAD_TABLE, "Component error: bad table")
        refusal = await self.change(new, "rpc")
        if refusal:
            return error(NO_SIZE if refusal == "size" else BAD_TABLE, "Component error: set config failed")
        return {"result": True}
