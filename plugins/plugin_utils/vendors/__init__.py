"""The registry of vendors: a table each, and the one place where a vendor's name decides anything."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import ModelError
from .axis import AXIS
from .dahua import DAHUA
from .hanwha import HANWHA
from .hikvision import HIKVISION
from .onvif import ONVIF
from .table import Vendor
from .uniview import UNIVIEW

VENDORS: Mapping[str, Vendor] = {vendor.name: vendor for vendor in (HIKVISION, DAHUA, AXIS, UNIVIEW, HANWHA, ONVIF)}


def vendor_named(name: str) -> Vendor:
    """The vendor's table.

    :raises ModelError: when there is none of that name.
    """
    if name not in VENDORS:
        raise ModelError(f"vendor: {name!r} is not known; write one of {', '.join(sorted(VENDORS))}")
    return VENDORS[name]
