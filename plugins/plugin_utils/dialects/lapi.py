"""LAPI, Uniview's own API beside ONVIF: JSON in an envelope that says how it went."""

from __future__ import annotations

import json
from collections.abc import Mapping

from ..errors import Garbled, Refused, Unsupported
from ..transport import Answer
from .beside import Beside
from .speech import Document, Reply
from .trees import JsonDocument, json_object


class Lapi(Beside):
    """A conversation with a Uniview device; what is put is the envelope's ``Data``."""

    own = "/LAPI/"
    identity = "/LAPI/V1.0/System/DeviceInfo"

    def _understood(self, at: str, answer: Answer) -> Document:
        said = self._succeeded(at, answer)
        data = said.get("Data")
        if not isinstance(data, dict):
            raise Unsupported(f"the device's {at} is empty")
        return JsonDocument(data)

    async def _store(self, at: str, document: Document) -> Reply:
        assert isinstance(document, JsonDocument)
        self._succeeded(at, await self._ask("PUT", at, json.dumps(document.tree, ensure_ascii=False).encode()))
        return Reply()

    def _succeeded(self, at: str, answer: Answer) -> Mapping[str, object]:
        said = json_object(answer, f"{self._target.name}: {at}").get("Response")
        if not isinstance(said, dict):
            raise Garbled(f"{self._target.name}: {at}: answers no LAPI envelope; check its vendor and its address")
        if said.get("ResponseCode") != 0 or said.get("StatusCode") not in (0, None):
            raise Refused(f"{self._target.name}: {at}: the device refuses: {said.get('StatusString')} (code {said.get('StatusCode')})")
        return said
