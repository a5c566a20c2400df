"""What NetBox exports of its devices, as rows: the CSV of the device list, and the JSON of ``/api/dcim/devices/``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError

from ..cells.grids import Grid
from ..cells.kinds import folded, tidy

# By what the list shows over a column, and by what the import form calls it; releases 2 to 4.
HEADINGS = {
    "name": "name",
    "status": "status",
    "site": "site",
    "role": "role",
    "device role": "role",
    "device_role": "role",
    "manufacturer": "maker",
    "type": "model",
    "device type": "model",
    "device_type": "model",
    "platform": "platform",
    "serial": "serial",
    "serial number": "serial",
    "ip address": "address",
    "ipv4 address": "address",
    "primary ip": "address",
    "primary_ip": "address",
    "primary_ip4": "address",
}
CUSTOM = "cf_"


@dataclass(frozen=True)
class Boxed:
    """A device as NetBox has it: ``values`` by our word for them, ``custom`` fields by their own name, each with its place."""

    where: str
    values: Mapping[str, str] = field(default_factory=dict)
    custom: Mapping[str, Any] = field(default_factory=dict)
    places: Mapping[str, str] = field(default_factory=dict)
    site_slug: str = ""

    def place(self, key: str) -> str:
        """Where a value stands."""
        return self.places.get(key, self.where)


def is_netbox(grid: Grid) -> bool:
    """Whether a CSV file is NetBox's list of devices."""
    found = set(_headings(grid).values())
    return {"name", "site", "role"} <= found and bool(found & {"maker", "model"})


def rows_of_csv(grid: Grid) -> list[Boxed]:
    """The devices of a CSV file that :func:`is_netbox`."""
    first, headings = min(grid.rows), _headings(grid)
    rows = []
    for number in grid.rows:
        cells = {name: grid.cell(number, index) for index, name in headings.items() if not grid.cell(number, index).is_empty}
        places = {name: grid.place(number, index) for index, name in headings.items()}
        texts = {name: tidy(str(cell.value)) for name, cell in cells.items()}
        values = {name: text for name, text in texts.items() if not name.startswith(CUSTOM) and text not in ("—", "-")}
        custom = {name.removeprefix(CUSTOM): text for name, text in texts.items() if name.startswith(CUSTOM)}
        if number > first and texts:
            rows.append(Boxed(grid.place(number, 0), values, custom, places))
    return rows


def _headings(grid: Grid) -> dict[int, str]:
    """Our word for each column of the first row that has one."""
    cells = grid.rows[min(grid.rows)] if grid.rows else ()
    names = {index: folded(str(cell.value or "")) for index, cell in enumerate(cells)}
    return {index: HEADINGS.get(name, name) for index, name in names.items() if name in HEADINGS or name.startswith(CUSTOM)}


def rows_of_json(file: str, value: Any) -> list[Boxed]:
    """The devices of an answer of NetBox's API.

    :raises ModelError: when it is none, or only one page of several.
    """
    devices = value.get("results") if isinstance(value, dict) else value
    if not isinstance(devices, list) or not all(isinstance(one, dict) and {"device_type", "site"} <= one.keys() for one in devices):
        raise ModelError(f"{file}: is neither a survey nor NetBox's list of devices; ask NetBox for /api/dcim/devices/?limit=0")
    if isinstance(value, dict) and value.get("next"):
        raise ModelError(f"{file}: holds {len(devices)} of {value.get('count')} devices; ask NetBox for /api/dcim/devices/?limit=0")
    return [_boxed(file, index, one) for index, one in enumerate(devices)]


def _boxed(file: str, index: int, device: Mapping[str, Any]) -> Boxed:
    kind = device["device_type"] or {}
    address = (device.get("primary_ip4") or device.get("primary_ip") or {}).get("address")
    found = {
        "name": device.get("name") or device.get("display"),
        "status": _named(device.get("status"), "value"),
        "site": _named(device["site"], "name"),
        "role": _named(device.get("role") or device.get("device_role"), "slug"),
        "maker": _named(kind.get("manufacturer"), "name"),
        "model": kind.get("model"),
        "platform": _named(device.get("platform"), "slug"),
        "serial": device.get("serial"),
        "address": address,
    }
    values = {name: tidy(str(text)) for name, text in found.items() if text}
    custom = {name: one for name, one in (device.get("custom_fields") or {}).items() if one not in (None, "")}
    where = f"{file}: device {index + 1} '{values.get('name', '')}'"
    return Boxed(where, values, custom, {name: f"{where}, {name}" for name in values}, _named(device["site"], "slug") or "")


def _named(part: Any, key: str) -> str | None:
    """The name inside a nested object; older releases and brief answers give the name itself."""
    return part.get(key) or part.get("name") or part.get("display") if isinstance(part, dict) else part
