"""Cameras that can't join, how they give themselves away, and why: so that nobody looks for a mistake of their own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Unsuited:
    """A kind of camera; ``marks`` are patterns of what it says about itself over ONVIF, by the last word of the key."""

    name: str
    reason: str
    marks: Mapping[str, str]

    @property
    def sentence(self) -> str:
        """What it is, and what to do."""
        return f"is a {self.name}, {self.reason}; replace it"


CLOUD = "which is made for its maker's cloud and can't be managed, or only by an app"
UNSUITED = (
    Unsuited("Tapo", f"{CLOUD}: over ONVIF it takes nearly no setting", {"maker": r"tp-?link", "model": r"tapo"}),
    Unsuited(
        "Yoosee", f"{CLOUD}: its accounts and its video belong to the app", {"maker": r"yoosee|gwell|gwipc", "model": r"yoosee|gwell|gwipc"}
    ),
    Unsuited("EZVIZ", f"{CLOUD}: only models that answer ISAPI can join, as 'hikvision'", {"maker": r"ezviz", "model": r"^cs-|ezviz"}),
    Unsuited(
        "Imou", f"{CLOUD}: only models that answer the HTTP API can join, as 'dahua'", {"maker": r"imou|lechange", "model": r"imou|^lc-"}
    ),
    Unsuited(
        "Xiongmai",
        "whose firmware has hidden accounts and holes that its maker doesn't close",
        # OEM firmware says H264 for a maker, and the board for a model (recorded: XM530).
        {"maker": r"xiongmai|^h264$", "model": r"^xm\d{3}|^nbd|^ipc_?xm", "firmware": r"^v\d\.\d\d\.r\d\d\."},
    ),
)


# Compiled once: every task's fork would have to do it anew.
MARKS = tuple((kind, key, re.compile(pattern, re.IGNORECASE)) for kind in UNSUITED for key, pattern in kind.marks.items())


def recognised(values: Mapping[str, object]) -> Unsuited | None:
    """Which of them a device is, by its values under ``identity``; None for all others."""
    return next((kind for kind, key, mark in MARKS if mark.search(str(values.get(f"identity.{key}", "")).strip())), None)
