"""NetBox's devices -> what they say. NetBox is another's record: it adds devices and facts, and changes no name or zone that people wrote.

===================  =====================================================================================================
NetBox               here
===================  =====================================================================================================
site                 the site whose id is the slug, or whose name is the name
role                 a word in it: camera -> ``cameras``; nvr, dvr, recorder -> ``nvrs``; router, gateway, firewall -> ``router``;
                     switch -> ``switches``; any other role isn't imported, and counted in a remark
manufacturer         ``vendor``, by its name or a brand of it; a camera or recorder of another maker goes to ``others``
device type          ``model``
serial, primary IP   ``serial``, ``address``; with the device's name as ``<site>-<id>`` they say which device is meant
platform             the router's ``platform``, where we have the same word
name                 the name of a new device
status               ``failed`` -> ``condition: broken``; planned, staged, inventory and decommissioning aren't imported
custom fields        those called as our own keys (``channels``, ``zone``, ``firmware``, ``mac`` ...)
===================  =====================================================================================================
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, get_args

from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Platform
from ansible_collections.motcua.cctv.plugins.plugin_utils.vendors import complaint

from ..cells.choices import ADDRESS, vendor_of
from ..cells.kinds import Wrong, folded
from ..forms import columns
from ..forms.equipment_tables import CAMERA, NETWORK, NVR, OTHER, SWITCH
from ..forms.reading import Sites
from ..matching import free_id, matched
from ..said import Said, devices
from ..surveys.facts import plain
from .file import Boxed

ROLES = {
    "cameras": {"camera", "cameras", "cam", "ipcam", "ipc"},
    "nvrs": {"nvr", "dvr", "xvr", "recorder"},
    "router": {"router", "gateway", "firewall"},
    "switches": {"switch"},
}
PREFIXES = {"cameras": "cam", "nvrs": "nvr", "switches": "switch", "others": "other"}
TABLES = {"cameras": CAMERA, "nvrs": NVR, "switches": SWITCH, "others": OTHER, "router": NETWORK}
NOT_THERE = ("planned", "staged", "inventory", "decommissioning")
MARKS = ("host", "serial", "address")


def read_netbox(file: str, rows: list[Boxed], sites: Sites, names: Mapping[str, str], said: Said) -> None:
    """Add what NetBox's devices say.

    :param names: the sites' names, by id.
    """
    passed: Counter[str] = Counter()
    here: dict[str, list[tuple[Boxed, str, dict[str, Any]]]] = defaultdict(list)
    for row in rows:
        collection, status = _collection(row), folded(row.values.get("status", ""))
        if collection is None or status in NOT_THERE:
            passed[f"status {status}" if collection else f"role {row.values.get('role', 'none')}"] += 1
        elif (site := _site(row, sites, names, said)) is not None:
            here[site].append((row, *_values(row, collection, said)))
    for site, found in here.items():
        _say(site, found, sites.known[site], said)
    if passed:
        kinds = ", ".join(f"{count} of {kind}" for kind, count in sorted(passed.items()))
        said.remark(f"{file}: not imported: {kinds}")


def _collection(row: Boxed) -> str | None:
    words = set(re.split(r"[\W_]+", folded(row.values.get("role", ""))))
    return next((collection for collection, names in ROLES.items() if words & names), None)


def _site(row: Boxed, sites: Sites, names: Mapping[str, str], said: Said) -> str | None:
    """The site's id; None when there is none of that name, or it isn't wanted."""
    name = row.values.get("site", "")
    meant = [site for site, called in names.items() if site in (row.site_slug, name) or folded(called) == folded(name)]
    if len(meant) != 1:
        what = "several sites are called" if meant else "there is no site"
        said.wrong(row.place("site"), f"{what} '{name}'; name or slug must be a site's in the inventory")
        return None
    return meant[0] if sites.only in (None, meant[0]) else None


def _values(row: Boxed, collection: str, said: Said) -> tuple[str, dict[str, Any]]:
    """What a row says, by our keys, and where it belongs."""
    values: dict[str, Any] = {key: plain(row.values[key]) for key in ("model", "serial", "name") if key in row.values}
    maker = row.values.get("maker", "")
    if "model" in values and folded(values["model"]).startswith(folded(maker) + " "):
        values["model"] = values["model"][len(maker) :].strip()
    if "address" in row.values and collection != "switches":
        try:
            values["address"] = ADDRESS.read(row.values["address"].partition("/")[0])
        except Wrong as wrong:
            said.wrong(row.place("address"), str(wrong))
    if collection in ("cameras", "nvrs"):
        vendor = vendor_of(maker)
        if vendor is None:
            kind = "camera" if collection == "cameras" else "recorder"
            values |= {"kind": kind, "maker": plain(maker) or "không rõ", "why": plain(complaint(maker))}
            collection = "others"
        else:
            values["vendor"] = vendor
    if collection == "router" and row.values.get("platform") in get_args(Platform):
        values["platform"] = row.values["platform"]
    if folded(row.values.get("status", "")) == "failed":
        values["condition"] = "broken"
    return collection, values | _custom(row, collection, said)


def _custom(row: Boxed, collection: str, said: Said) -> dict[str, Any]:
    table, before = TABLES[collection], "router." if collection == "router" else ""
    asked = {column.key.removeprefix(before): column for column in table.columns if column.key.startswith(before)}
    values = {}
    for name in sorted(asked.keys() & row.custom.keys()):
        try:
            values[name] = columns.read(table, asked[name], row.custom[name])
        except Wrong as wrong:
            said.wrong(row.place(f"cf_{name}"), str(wrong))
    return values


def _say(site: str, found: list[tuple[Boxed, str, dict[str, Any]]], raw: Mapping[str, Any], said: Said) -> None:
    known = {f"{collection}/{name}": {**device, "host": f"{site}-{name}"} for collection, name, device in devices(raw)}
    taken = {name.partition("/")[2] for name in known}
    marks = [{**values, "host": values.get("name")} for _, _, values in found]
    for (row, collection, values), match in zip(found, matched(marks, known, MARKS), strict=True):
        if match is None and collection == "router":
            said.remark(f"{row.where}: is not the site's router ({raw['router']['address']}); not imported")
            continue
        place, _, name = match.partition("/") if match else (collection, "", free_id(PREFIXES[collection], taken))
        taken.add(name)
        base = (site, "router") if place == "router" else (site, place, name)
        said.places.setdefault(base, row.where)
        for key, value in values.items():
            if match is None or key not in ("name", "vendor", "kind", "maker", "why"):
                said.say((*base, key), value, row.place(key))
