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
from .unsuited import UNSUITED

VENDORS: Mapping[str, Vendor] = {vendor.name: vendor for vendor in (HIKVISION, DAHUA, AXIS, UNIVIEW, HANWHA, ONVIF)}


def vendor_named(name: str) -> Vendor:
    """The vendor's table.

    :raises ModelError: when there is none of that name.
    """
    if name not in VENDORS:
        raise ModelError(f"vendor: {complaint(name)}")
    return VENDORS[name]


def complaint(name: str) -> str:
    """Why there is no vendor of that name, and what to write instead: many names are brands of a vendor's devices."""
    for unsuited in UNSUITED:
        if unsuited.name.lower() == name.lower():
            return f"{name!r} can't join: it {unsuited.sentence}"
    for vendor in VENDORS.values():
        if name.lower() in {brand.split()[0].lower() for brand in vendor.brands}:
            return f"{name!r} is a brand of {vendor.name}'s devices; write '{vendor.name}'"
    return f"{name!r} is not known; write one of {', '.join(sorted(VENDORS))}"
