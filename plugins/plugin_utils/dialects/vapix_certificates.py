"""A certificate for an Axis device: a REST API (AXIS OS 11 and later) makes key and request, a SOAP API says which one is shown.

After Keyfactor/axis-ipcamera-orchestrator, which does the same with an M2035-LE under AXIS OS 12.2.62.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote
from xml.etree.ElementTree import Element

from ..errors import Refused, Unsupported
from ..transport import Answer
from .soap import CONTENT_TYPE, envelope, response
from .trees import json_object
from .xml import XmlDocument

REST, SOAP = "/config/rest/cert/v1beta", "/vapix/services"
WEB_SERVER = "http://www.axis.com/vapix/ws/webserver"
KEY_TYPE, JSON = "RSA-2048", "application/json"
ALIASES = ("motcua-1", "motcua-2")  # one is shown while the other is made
SHOWN = "Configuration/CertificateSet/Certificates/Id"

Ask = Callable[[str, str, bytes, str], Awaitable[Answer]]


class Certificates:
    """The certificates of one device; ``ask`` sends a request with the login."""

    def __init__(self, name: str, ask: Ask) -> None:
        self._name, self._ask, self._alias = name, ask, ""

    async def request(self, host: str) -> bytes:
        """Let the device make a new key beside the one that it uses, and ask for its request."""
        there = await self._rest("GET", "/certificates")
        shown = (await self._web_server()).get(SHOWN)
        self._alias = next(alias for alias in ALIASES if alias != shown)
        if any(isinstance(one, dict) and one.get("alias") == self._alias for one in there or ()):  # of a run that died
            await self._rest("DELETE", f"/certificates/{self._alias}")
        keystore = await self._rest("GET", "/settings/keystore")
        wish = {"alias": self._alias, "key_type": KEY_TYPE, "keystore": keystore, "subject": f"CN={host}"}
        await self._rest("POST", "/create_certificate", wish | {"subject_alt_names": [f"DNS:{host}"], "valid_from": 0, "valid_to": 0})
        return str(await self._rest("POST", f"/certificates/{self._alias}/get_csr", {})).encode()

    async def install(self, pem: bytes) -> None:
        """Put the signed certificate in the place of the one that the device signed itself, and let the web server show it."""
        await self._rest("PATCH", f"/certificates/{self._alias}", {"certificate": pem.decode()})
        document = await self._web_server()
        document.set(SHOWN, self._alias)
        configuration = document.find("Configuration")
        assert configuration is not None  # SHOWN lies in it
        body = Element(f"{{{WEB_SERVER}}}SetWebServerTlsConfiguration")
        body.append(copy.deepcopy(configuration))
        await self._soap(body, "SetWebServerTlsConfiguration")

    async def _web_server(self) -> XmlDocument:
        operation = "GetWebServerTlsConfiguration"
        return await self._soap(Element(f"{{{WEB_SERVER}}}{operation}"), operation)

    async def _soap(self, body: Element, operation: str) -> XmlDocument:
        answer = await self._ask("POST", SOAP, envelope(body, None, datetime.now(UTC)), CONTENT_TYPE)
        return response(answer, self._name, operation)

    async def _rest(self, method: str, path: str, data: Any = None) -> Any:
        """The data of an answer.

        :raises Unsupported: when the device has no such API. :raises Refused: with its words.
        """
        body = b"" if data is None else json.dumps({"data": data}).encode()
        answer = await self._ask(method, f"{REST}{quote(path)}", body, JSON)
        if answer.status == 404:
            raise Unsupported("the device has no API for certificates (HTTP 404): it is there from AXIS OS 11 on; give it one by hand")
        said = json_object(answer, f"{self._name}: {path}")
        if said.get("status") != "success":
            error = said.get("error")
            words = error.get("message") if isinstance(error, dict) else f"HTTP {answer.status}"
            raise Refused(f"{self._name}: {path}: the device refuses: {words}")
        return said.get("data")
