"""SUNAPI, Hanwha's own API beside ONVIF: lines of keys and values, only read, because nobody recorded a device."""

from __future__ import annotations

from ..errors import Unsupported
from ..transport import Answer
from .beside import Beside
from .pairs import Pairs
from .speech import Document


class Sunapi(Beside):
    """A conversation with a Hanwha device."""

    own = "/stw-cgi/"
    identity = "/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view"

    def _understood(self, at: str, answer: Answer) -> Document:
        text = answer.text.strip()
        if answer.status != 200 or text.startswith("NG"):
            raise Unsupported(f"the device has no {at.split('?', maxsplit=1)[0]} for this account (HTTP {answer.status})")
        return Pairs(dict(line.split("=", 1) for line in text.splitlines() if "=" in line))
