"""The registry of vendors: a table each, and the one place where a vendor's name decides anything."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ModelError
from .dahua import DAHUA
from .hikvision import HIKVISION
from .table import Vendor

VENDORS: Mapping[str, Vendor] = {"hikvision": HIKVISION, "dahua": DAHUA}


def vendor_named(name: str) -> Vendor:
    """The vendor's table.

    :raises ModelError: when there is none of that name.
    """
    if name not in VENDORS:
        raise ModelError(f"vendor: {name!r} is not known; write one of {', '.join(sorted(VENDORS))}")
    return VENDORS[name]
