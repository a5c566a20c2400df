"""The registry of dialects, by the name that a vendor's table gives."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .dahua import Dahua
from .isapi import Isapi
from .speech import Dialect, Document, Reply, Target

__all__ = ["DIALECTS", "Dialect", "Document", "Reply", "Target"]

DIALECTS: Mapping[str, Callable[[Target], Dialect[Any]]] = {"isapi": Isapi, "dahua": Dahua}
