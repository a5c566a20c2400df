"""Devices that `scripts/record` wrote down, answered from what was written."""

import json

from cli.record import asked
from tests.emulators.http import Digest, Response
from tests.unit.wire import Scripted

USER, PASSWORD = "recorded", "recorded-1"


class Recording(Scripted):
    """A recorded device: whatever wasn't recorded, it doesn't have."""

    def __init__(self, folder, path):
        self.content = json.loads(path.read_text(encoding="utf-8"))
        self._answers = {(one["method"], one["target"], one["asked"]): one for one in self.content["exchanges"]}
        self._digest = Digest("recorded", lambda: {USER: {"password": PASSWORD}}, 1800)
        super().__init__(folder, self._replay)

    async def _replay(self, request):
        if request.path == "/RPC2_Login":
            return self._log_in(request)
        own_login = b"UsernameToken" in request.body or request.path == "/RPC2" or "device_service" in request.path
        if not own_login and self._digest.user_of(request)[0] is None:
            return Response(401, headers={"WWW-Authenticate": self._digest.challenge()})
        found = self._answers.get((request.method, request.target, asked(request.body)))
        if found is None:
            return Response(404)
        return Response(found["status"], found["answer"].encode(), found["content_type"] or "text/plain")

    def _log_in(self, request):
        if not any(target == "/RPC2" for _, target, _ in self._answers):
            return Response(404)
        new = json.loads(request.body).get("session") is None
        challenge = {"result": False, "session": "1", "params": {"realm": "r", "random": "1"}, "error": {"code": 268632079}}
        return Response(200, json.dumps(challenge if new else {"result": True, "session": "1"}).encode(), "application/json")
