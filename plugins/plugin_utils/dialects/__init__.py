"""The registry of dialects, by the name that a vendor's table gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .dahua import Dahua
from .isapi import Isapi
from .lapi import Lapi
from .onvif import Onvif
from .speech import Dialect, Document, Reply, Target
from .sunapi import Sunapi
from .vapix import Vapix

__all__ = ["DIALECTS", "Dialect", "Document", "Reply", "Target"]

DIALECTS: Mapping[str, Callable[[Target], Dialect[Any]]] = {
    "isapi": Isapi,
    "dahua": Dahua,
    "vapix": Vapix,
    "onvif": Onvif,
    "lapi": Lapi,
    "sunapi": Sunapi,
}
