"""VAPIX, Axis' dialect: parameters over HTTP digest, and the JSON APIs of newer firmware where the device says that it has them.

``params`` is the whole parameter list, ``profile:NAME`` a stream profile, ``users`` the accounts, ``disks`` the storage, and the
names of APIS a JSON API each. Changes are posted as forms, so that nothing secret stands in a URL. The list is ISO-8859-1.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ..errors import AuthRefused, Garbled, Refused, Unreachable, Unsupported
from ..settings import Items
from ..transport import REFUSED, Answer, LoginRefused, multipart
from .pairs import Pairs
from .speech import Document, Reply, Target
from .trees import JsonDocument, json_object
from .vapix_certificates import Certificates
from .vapix_documents import Overlays, Parameters, Profile, accounts, conform, parameters
from .xml import XmlDocument, parse

PARAM, ACCOUNTS = "/axis-cgi/param.cgi", "/axis-cgi/pwdgrp.cgi"
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
CHARSET = "iso-8859-1"
LINE = re.compile(r"root\.[\w.-]+=|#|\s*$")
RIGHTS = {"admin": "admin:operator:viewer:ptz", "operator": "operator:viewer:ptz", "viewer": "viewer"}


@dataclass(frozen=True)
class Api:
    """A JSON API: its id in the device's list, how it is read and written, and which of what is read is written back."""

    id: str
    path: str
    read: str
    write: str | None = None
    parameters: Mapping[str, str] | None = None


APIS = {
    "info": Api("basic-device-info", "/axis-cgi/basicdeviceinfo.cgi", "getAllProperties"),
    "ntp": Api(
        "ntp",
        "/axis-cgi/ntp.cgi",
        "getNTPInfo",
        "setNTPClientConfiguration",
        {"enabled": "client/enabled", "serversSource": "client/serversSource", "staticServers": "client/staticServers"},
    ),
    "time": Api(
        "time-service",
        "/axis-cgi/time.cgi",
        "getDateTimeInfo",
        "setPosixTimeZone",
        {"posixTimeZone": "posixTimeZone", "enableDst": "dstEnabled"},
    ),
    "overlays": Api("dynamicoverlay", "/axis-cgi/dynamicoverlay/dynamicoverlay.cgi", "list"),
}
UPGRADES = Api("fwmgr", "/axis-cgi/firmwaremanagement.cgi", "status")


class Accounts(Pairs):
    """The accounts as a document of rows."""

    def __init__(self, found: Sequence[Pairs]) -> None:
        super().__init__({})
        self._found = found

    def rows(self, row: str) -> Sequence[Pairs]:  # noqa: ARG002  there is one kind
        """One row an account."""
        return self._found


class Vapix:
    """A conversation with an Axis device."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._http = target.http(reuse_nonce=True)
        self._parameters: Parameters | None = None
        self._apis: frozenset[str] | None = None
        self._certificates = Certificates(target.name, self._ask)

    async def open(self) -> None:
        """Log in by reading the parameters, which a read needs anyway."""
        self._parameters = None
        if (await self._list()).get("Brand.Brand") != "AXIS":
            raise Garbled(f"{self._target.name}: doesn't answer as an Axis device; check its vendor and its address")

    async def fetch(self, at: str) -> Document:
        """Read a document."""
        kind, _, name = at.partition(":")
        if kind == "params":
            return Parameters((await self._list()).values)
        if kind == "profile":
            groups = [row for row in (await self._list()).rows("StreamProfile.S") if row.get("Name") == name]
            return Profile(name, groups[0].get("group"), groups[0].get("Parameters") or "") if groups else Profile(name, None, "")
        if kind == "users":
            return Accounts(accounts(self._text(await self._form(ACCOUNTS, {"action": "get"}), "the accounts")))
        if kind == "disks":
            answer = await self._ask("GET", "/axis-cgi/disks/list.cgi?diskid=all")
            if answer.status != 200:
                raise Unsupported(f"the device lists no disks (HTTP {answer.status})")
            return parse(answer.body, f"{self._target.name}: disks")
        data = await self._call(APIS[kind], APIS[kind].read, {})
        return Overlays(data.get("textOverlays") or []) if kind == "overlays" else JsonDocument(data)

    async def store(self, at: str, document: Document) -> Reply:
        """Write the changed parts of a document."""
        self._parameters = None
        if isinstance(document, Profile):
            await self._store_profile(document)
        elif isinstance(document, Parameters):
            await self._update(document.changed)
        elif isinstance(document, Overlays):
            for corner, text in document.changed.items():
                await self._store_overlay(corner, text, document.identities.get(corner))
        else:
            assert isinstance(document, JsonDocument)
            api = APIS[at]
            assert api.write is not None
            assert api.parameters is not None
            leaves = {name: _leaf(document.tree, place) for name, place in api.parameters.items()}
            await self._call(api, api.write, leaves)
        return Reply()

    async def store_row(self, items: Items, row: Mapping[str, str], existing: Document | None) -> Reply:
        """Add an account or change one; the password travels in the body."""
        name = row.get(items.match) or (existing.get(items.match) if existing else None) or ""
        asked = {"action": "add" if existing is None else "update", "user": name}
        if items.write_only is not None and items.write_only in row:
            asked["pwd"] = row[items.write_only]
        if "role" in row or existing is None:
            asked |= {"grp": "users", "sgrp": RIGHTS[row.get("role", "viewer")]}
        self._text(await self._form(ACCOUNTS, asked), name)
        return Reply()

    async def remove_row(self, items: Items, row: Document) -> Reply:
        """Remove an account."""
        name = row.get(items.match) or ""
        self._text(await self._form(ACCOUNTS, {"action": "remove", "user": name}), name)
        return Reply()

    async def is_new(self) -> bool:
        """Whether it has no account yet; firmware before 7 doesn't say."""
        body = json.dumps({"apiVersion": "1.0", "method": "systemready", "params": {"timeout": 1}}).encode()
        answer = await self._http.plain("POST", "/axis-cgi/systemready.cgi", body, JSON)
        if answer.status != 200:
            raise Unsupported("the device doesn't say whether it is new")
        return bool((json_object(answer, self._target.name).get("data") or {}).get("needsetup") == "yes")

    async def activate(self, password: str) -> None:
        """Make the first account, which is root."""
        body = f"action=add&user=root&pwd={quote(password, safe='')}&grp=root&sgrp={RIGHTS['admin']}".encode()
        self._text(await self._http.plain("POST", ACCOUNTS, body, FORM), "the first account")

    async def upgrade(self, image: bytes, progress: Callable[[int], None]) -> Reply:
        """Post firmware; the device looks at it, answers, and restarts by itself."""
        await self._need(UPGRADES)
        asked = b'{"apiVersion": "1.0", "method": "upgrade"}'
        kind, body = multipart({"data": (None, JSON, asked), "fileData": ("firmware.bin", "application/octet-stream", image)})
        answer = await self._ask("POST", UPGRADES.path, body, kind)
        self._result(json_object(answer, self._target.name) if answer.status == 200 else None, UPGRADES, "upgrade")
        progress(100)
        return Reply()

    async def certificate_request(self, name: str) -> bytes:
        """Let the device make a key and a request."""
        return await self._certificates.request(name)

    async def install_certificate(self, pem: bytes) -> None:
        """Put what was signed for it, and show it."""
        await self._certificates.install(pem)

    async def picture(self, at: str) -> bytes:
        """A still picture."""
        answer = await self._ask("GET", at)
        if answer.status != 200:
            raise Unsupported(f"the device gives no picture at {at} (HTTP {answer.status})")
        return answer.body

    async def reboot(self) -> None:
        """Ask for a reboot."""
        try:
            await self._ask("GET", "/axis-cgi/restart.cgi")
        except Unreachable:
            return

    async def close(self) -> None:
        """Let go of the device."""
        await self._http.close()

    # --- parameters ---

    async def _list(self) -> Parameters:
        if self._parameters is None:
            answer = await self._ask("GET", f"{PARAM}?action=list")
            if answer.status != 200:
                raise Garbled(
                    f"{self._target.name}: doesn't answer as an Axis device (HTTP {answer.status}); check its vendor and its address"
                )
            text = answer.body.decode(CHARSET)
            if not all(LINE.match(line) for line in text.split("\n")) or not text.endswith("\n"):
                raise Garbled(f"{self._target.name}: answers something that is no list of parameters; check its vendor and its address")
            self._parameters = parameters(text)
        return self._parameters

    async def _update(self, changed: Mapping[str, str]) -> None:
        """Write parameters in the spelling that their own definitions give."""
        definitions = await self._definitions(sorted({key.split(".", 1)[0] for key in changed}))
        conforming = {key: conform(definitions, key, value, self._target.name) if definitions else value for key, value in changed.items()}
        self._text(await self._form(PARAM, {"action": "update", **conforming}), ", ".join(changed), "OK")

    async def _definitions(self, groups: Sequence[str]) -> XmlDocument | None:
        target = f"{PARAM}?action=listdefinitions&listformat=xmlschema&group={','.join(f'root.{group}' for group in groups)}"
        answer = await self._ask("GET", target)
        if answer.status != 200 or answer.body.lstrip().startswith(b"#"):
            return None
        text = answer.body.decode(CHARSET).split("?>", 1)[-1]  # it says that it is ISO-8859-1
        return parse(text.encode(), f"{self._target.name}: listdefinitions")

    async def _store_profile(self, profile: Profile) -> None:
        if profile.group is not None:
            await self._form_ok({"action": "update", f"{profile.group}.Parameters": profile.encode()}, profile.name)
            return
        fields = {"Name": profile.name, "Description": "motcua", "Parameters": profile.encode()}
        asked = {"action": "add", "template": "streamprofile", "group": "StreamProfile"}
        await self._form_ok(asked | {f"StreamProfile.S.{key}": value for key, value in fields.items()}, profile.name)

    async def _form_ok(self, fields: Mapping[str, str], what: str) -> None:
        self._text(await self._form(PARAM, fields), what, "OK")

    async def _form(self, path: str, fields: Mapping[str, str]) -> Answer:
        try:
            body = "&".join(f"{key}={quote(value, safe='', encoding=CHARSET, errors='strict')}" for key, value in fields.items())
        except UnicodeEncodeError as error:
            raise Refused(f"{self._target.name}: a parameter can't hold {error.object[error.start]!r}: the list is {CHARSET}") from None
        return await self._ask("POST", path, body.encode("ascii"), FORM)

    def _text(self, answer: Answer, what: str, ending: str = "") -> str:
        """A text answer; an error is one with status 200 that begins with ``# Error`` or ``Error``."""
        text = answer.body.decode(CHARSET).strip()
        if answer.status != 200 or text.lower().startswith(("# error", "error")) or not text.endswith(ending):
            words = " ".join(text.split())[:120] if answer.status == 200 else f"HTTP {answer.status}"
            raise Refused(f"{self._target.name}: {what}: the device refuses: {words}")
        return text

    # --- JSON APIs ---

    async def _store_overlay(self, corner: str, text: str, identity: object) -> None:
        api = APIS["overlays"]
        if identity is None:
            await self._call(api, "addText", {"camera": 1, "text": text, "position": corner})
        elif text:
            await self._call(api, "setText", {"identity": identity, "text": text})
        else:
            await self._call(api, "remove", {"identity": identity})

    async def _call(self, api: Api, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """What a method of an API gives, if the device's own list has the API."""
        await self._need(api)
        return self._result(await self._post(api.path, method, params), api, method)

    async def _need(self, api: Api) -> None:
        if self._apis is None:
            listed = await self._post("/axis-cgi/apidiscovery.cgi", "getApiList", {})
            apis = listed.get("data", {}).get("apiList") if listed else None
            self._apis = frozenset(str(one.get("id")) for one in apis if isinstance(one, dict)) if isinstance(apis, list) else frozenset()
        if api.id not in self._apis:
            raise Unsupported(f"the device has no API {api.id}")

    def _result(self, said: dict[str, Any] | None, api: Api, method: str) -> dict[str, Any]:
        if said is None:
            raise Unsupported(f"the device lists the API {api.id} and doesn't have it")
        if "error" in said:
            error = said["error"] if isinstance(said["error"], dict) else {}
            raise Refused(f"{self._target.name}: {method}: the device refuses: {error.get('message')} (code {error.get('code')})")
        data = said.get("data")
        return data if isinstance(data, dict) else {}

    async def _post(self, path: str, method: str, params: Mapping[str, Any]) -> dict[str, Any] | None:
        """The answer of a JSON API; None where the device has none there."""
        body = {"apiVersion": "1.0", "method": method} | ({"params": params} if params else {})
        answer = await self._ask("POST", path, json.dumps(body).encode(), JSON)
        return json_object(answer, f"{self._target.name}: {path}") if answer.status == 200 else None

    async def _ask(self, method: str, target: str, body: bytes = b"", content_type: str = FORM) -> Answer:
        try:
            return await self._http.request(method, target, body, content_type)
        except LoginRefused:
            raise AuthRefused(f"{self._target.name}: {REFUSED}") from None


def _leaf(tree: Any, place: str) -> Any:
    for step in place.split("/"):
        tree = tree.get(step) if isinstance(tree, dict) else None
    return tree
