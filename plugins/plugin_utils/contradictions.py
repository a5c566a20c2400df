"""What no single value of a model shows to be wrong: references to nothing, duplicates, addresses outside their net, units at odds."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from .model import Device, Province, Site
from .vendors import VENDORS


def contradictions(province: Province) -> Iterator[tuple[str, str, str]]:
    """Every contradiction as (site or '', key path, sentence)."""
    kinds = Counter(centre.kind for centre in province.centres.values())
    if kinds["storage"] != 1:
        yield "", "centres", f"{kinds['storage']} centres have 'kind: storage'; exactly one holds hub and recorder"
    try:
        ZoneInfo(province.timezone)
    except (KeyError, ValueError, OSError):
        yield "", "timezone", f"{province.timezone!r} is not an IANA time zone; write for example 'Asia/Ho_Chi_Minh'"
    for name, centre in province.centres.items():
        if centre.address not in centre.lan:
            yield "", f"centres.{name}.address", f"{centre.address} is outside its lan {centre.lan}; correct one of the two"
    yield from _numbers(province)
    for name, site in province.sites.items():
        for path, what in (*_tree_contradictions(province, site), *_site_contradictions(site)):
            yield name, f"sites.{name}.{path}", what
    yield from _twins(province)
    for viewer, value in province.viewers.items():
        if value.watches != "all" and value.watches not in province.sites:
            yield "", f"viewers.{viewer}.watches", f"there is no site '{value.watches}'; name one, or write 'all'"
        if value.sits_at is not None and value.sits_at not in province.sites:
            yield "", f"viewers.{viewer}.sits_at", f"there is no site '{value.sits_at}'; name one, or remove the key"


def _numbers(province: Province) -> Iterator[tuple[str, str, str]]:
    """A closed site keeps its number: its addresses stand in old footage and logs."""
    owners: dict[int, str] = {}
    for name, site in (*province.retired.items(), *province.sites.items()):
        if site.number in owners:
            what = f"{site.number} is also the number of '{owners[site.number]}'; give the newer site a free one"
            yield name, f"sites.{name}.number", what
        owners.setdefault(site.number, name)


def _tree_contradictions(province: Province, site: Site) -> Iterator[tuple[str, str]]:
    if site.parent is not None and site.parent in province.retired:
        yield "parent", f"'{site.parent}' is closed since {province.retired[site.parent].retired}; name another"
    elif site.parent is not None and site.parent not in province.sites:
        yield "parent", f"there is no site '{site.parent}'; name one, or remove the key"
    if province.extent and site.coordinates and not province.extent.contains(site.coordinates):
        at = f"{site.coordinates.latitude}, {site.coordinates.longitude}"
        yield "coordinates", f"{at} is outside the province's extent; correct it (latitude first)"
    yield from _unit_contradictions(site)


def _unit_contradictions(site: Site) -> Iterator[tuple[str, str]]:
    ordered = sorted(site.units, key=lambda unit: unit.since)
    for unit in ordered:
        if unit.until is not None and unit.until < unit.since:
            yield "units", f"{unit.name} ends on {unit.until}, before it begins on {unit.since}; correct one of the two"
    for before, after in itertools.pairwise(ordered):
        if before.until is None or before.until >= after.since:
            yield "units", f"{before.name} and {after.name} both hold on {after.since}; end the first with 'until' the day before"


def _twins(province: Province) -> Iterator[tuple[str, str, str]]:
    """Serial numbers and MAC addresses that are at two places: one of the two was copied, or the device has moved."""
    owners: dict[tuple[str, str], str] = {}
    for name, site in province.sites.items():
        devices: dict[str, Device] = {"router": site.router}
        for kind in ("switches", "nvrs", "cameras", "others"):
            devices |= {f"{kind}.{key}": device for key, device in getattr(site, kind).items()}
        for path, device in devices.items():
            for key in ("serial", "mac"):
                value = getattr(device, key)
                if value is None:
                    continue
                where = f"sites.{name}.{path}"
                if (key, value) in owners:
                    yield name, f"{where}.{key}", f"{value} is also the {key} of {owners[key, value]}; remove it where the device isn't"
                owners.setdefault((key, value), where)


def _site_contradictions(site: Site) -> Iterator[tuple[str, str]]:
    if site.lan.prefixlen < 24:
        yield "lan", f"{site.lan} is larger than the /24 that a site is translated to; name the /24 that holds router and cameras"
    if site.isolation == "segment" and not site.router.camera_ports:
        yield "router.camera_ports", "is empty, but isolation is 'segment'; name the router's ports that cameras are on"
    owners: dict[Any, str] = {}
    addresses = [("router", site.router.address)]
    addresses += [(f"nvrs.{name}", nvr.address) for name, nvr in site.nvrs.items()]
    addresses += [(f"cameras.{name}", camera.address) for name, camera in site.cameras.items() if camera.address is not None]
    addresses += [(f"others.{name}", other.address) for name, other in site.others.items() if other.address is not None]
    for owner, address in addresses:
        if address not in site.lan or address in (site.lan.network_address, site.lan.broadcast_address):
            yield f"{owner}.address", f"{address} is not a host address of the office LAN {site.lan}; correct one of the two"
        elif address in owners:
            yield f"{owner}.address", f"{address} is also the address of {owners[address]}; two devices can't share one"
        owners.setdefault(address, owner)
    both = sorted(set(site.nvrs) & set(site.cameras))
    if both:
        yield f"cameras.{both[0]}", "is also the id of an NVR of this site; give one of the two another id"
    if "router" in {*site.nvrs, *site.cameras}:
        yield "cameras.router", "'router' is the router's own id; choose another"
    for kind, devices in (("nvrs", site.nvrs), ("cameras", site.cameras)):
        for name, device in devices.items():
            if device.stream_path is None and VENDORS[device.vendor].stream_path is None:
                yield f"{kind}.{name}.stream_path", f"is missing; only the device knows it ({device.vendor}): 'device_info' shows it"
    yield from _channel_contradictions(site)


def _channel_contradictions(site: Site) -> Iterator[tuple[str, str]]:
    used: dict[tuple[str, int], str] = {}
    for name, camera in site.cameras.items():
        if camera.through is None and camera.address is None:
            yield f"cameras.{name}.address", "is missing; add it, or say 'source: nvr:<id>/<channel>'"
        if camera.through is not None and camera.address is not None:
            yield f"cameras.{name}.address", "a camera behind a recorder has no LAN address; remove it, or write 'source: direct'"
        for key, channel in (("source", camera.through), ("recorder", camera.recorded_at)):
            if channel is None:
                continue
            nvr = site.nvrs.get(channel.nvr)
            if nvr is None:
                yield f"cameras.{name}.{key}", f"there is no NVR '{channel.nvr}' at this site; add it under nvrs, or correct the id"
            elif channel.number > nvr.channels:
                yield f"cameras.{name}.{key}", f"channel {channel.number} does not exist; '{channel.nvr}' has {nvr.channels}"
            place = (channel.nvr, channel.number)
            if place in used:
                yield f"cameras.{name}.{key}", f"channel {channel.number} of '{channel.nvr}' is already {used[place]}'s; name a free one"
            used[place] = name
