"""What no single value of a model shows to be wrong: references to nothing, duplicates, addresses outside their net, units at odds."""

from __future__ import annotations

import difflib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any
from zoneinfo import ZoneInfo

from .catalogue.rules import QUESTIONS
from .model import Camera, Device, Nvr, Province, Site, Viewer
from .overrides import complaint
from .settings import Setting
from .vendors import VENDORS

EVERYTHING = ("public_administration", "ioc", "operator")
LIVE_ONLY = ("public_administration", "ioc")
LINUX, LONGEST_INTERFACE = ("linux", "openwrt", "vyos"), 15


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
        for path, what in (*_tree_contradictions(province, site), *_site_contradictions(site), *_misplaced(site.checklist, "site")):
            yield name, f"sites.{name}.{path}", what
    yield from _twins(province)
    for name, viewer in province.viewers.items():
        for path, what in _viewer_contradictions(province, viewer):
            yield "", f"viewers.{name}.{path}", what
    for vms in province.vms:
        for key, what in _vms_contradictions(province, vms):
            yield "", f"vms.{vms}.{key}", what
    yield from _pulled_twice(province)
    yield from _rollout_contradictions(province)
    for path, what in _misplaced(province.checklist, "province"):
        yield "", path, what


def _misplaced(checklist: Iterable[str], place: str) -> Iterator[tuple[str, str]]:
    """Answers to what nobody asks there."""
    for name in checklist:
        question = QUESTIONS.get(name)
        if question is None:
            near = difflib.get_close_matches(name, QUESTIONS, n=1, cutoff=0.5)
            hint = f"did you mean '{near[0]}'?" if near else "'motcua rules checklist' prints the questions"
            yield f"checklist.{name}", f"is no question of the catalogue; {hint}"
        elif (question.ask == "province") != (place == "province"):
            right = (
                "once for the province; move it to checklist.yml" if question.ask == "province" else "of each site; move it to the sites"
            )
            yield f"checklist.{name}", f"is asked {right}"


def _rollout_contradictions(province: Province) -> Iterator[tuple[str, str, str]]:
    known = {*province.sites, *province.retired}
    canary = province.rollout.canary
    if canary is not None and canary not in known:
        yield "", "rollout.canary", f"there is no site '{canary}'; name one, or leave it out"
    if sum(province.rollout.shares) >= 100:
        yield "", "rollout.shares", f"they are {sum(province.rollout.shares)} per cent together; leave something for the last wave"
    for name, site in province.sites.items():
        for other in site.backed_up_by:
            if other not in known or other == name:
                yield name, f"sites.{name}.backed_up_by", f"'{other}' is no other site; name a neighbour, or remove it"


def _vms_contradictions(province: Province, name: str) -> Iterator[tuple[str, str]]:
    vms = province.vms[name]
    lans = [str(centre.lan) for centre in province.centres.values()]
    if all(vms.address not in centre.lan for centre in province.centres.values()):
        yield "address", f"{vms.address} is on no centre's LAN ({', '.join(lans)}); sites know the way to these alone: move the VMS there"
    for key, centre in province.centres.items():
        if vms.address == centre.address:
            yield "address", f"{vms.address} is the address of the server of '{key}'; a VMS is a host of its own"
    for other, value in province.vms.items():
        if other == name:
            break
        if value.address == vms.address:
            yield "address", f"{vms.address} is also the address of '{other}'; one host is one VMS: describe it once"
    known = {*province.sites, *(f"{key}-{camera}" for key, site in province.sites.items() for camera in site.cameras)}
    for wished in () if vms.cameras == "all" else vms.cameras:
        if wished not in known:
            yield "cameras", f"there is no site or camera '{wished}'; name a site, or a camera as <site>-<camera>"
    if vms.way == "direct" and vms.streams is not None:
        yield "streams", "can be kept only where the centre hands the streams out; remove it, or write 'way: republished'"


def _pulled_twice(province: Province) -> Iterator[tuple[str, str, str]]:
    """Each direct pull takes the site's line once more: the plan counts one, and the centre can serve the others without any."""
    if any(site.parent is not None and site.parent not in province.sites for site in province.sites.values()):
        return  # the tree is wrong, which is said elsewhere
    owners: dict[tuple[str, str], str] = {}
    for name, vms in province.vms.items():
        if vms.way != "direct":
            continue
        taken = next((one for one in province.cameras_of(name) if one in owners), None)
        if taken is not None:
            what = f"'{'-'.join(taken)}' is also pulled directly by '{owners[taken]}'; write 'way: republished' for one of the two"
            yield "", f"vms.{name}.cameras", what
        owners |= {one: name for one in province.cameras_of(name) if one not in owners}


def _viewer_contradictions(province: Province, viewer: Viewer) -> Iterator[tuple[str, str]]:
    if viewer.watches != "all" and viewer.watches not in province.sites:
        yield "watches", f"there is no site '{viewer.watches}'; name one, or write 'all'"
    elif viewer.kind in EVERYTHING and not _watches_everything(province, viewer):
        yield "watches", f"'{viewer.kind}' sees all sites, but some don't stand below '{viewer.watches}'; write 'all'"
    if viewer.sits_at is not None and viewer.sits_at not in province.sites:
        yield "sits_at", f"there is no site '{viewer.sits_at}'; name one, or remove the key"
    if viewer.playback and viewer.kind in LIVE_ONLY:
        yield "playback", f"'{viewer.kind}' sees live pictures only; remove the key, or name an operator for recordings"
    agreement = viewer.agreement
    if viewer.kind == "police" and agreement is None:
        yield "agreement", "is missing, and the police see nothing without one; write its 'paper', 'from' and 'until'"
    elif viewer.kind != "police" and agreement is not None:
        yield "agreement", f"only 'kind: police' has one, and this is '{viewer.kind}'; correct one of the two"
    elif agreement is not None and agreement.until < agreement.since:
        yield "agreement.until", f"{agreement.until} is before it begins on {agreement.since}; correct one of the two"


def _watches_everything(province: Province, viewer: Viewer) -> bool:
    return viewer.watches == "all" or all(viewer.watches in (name, *_above(province, name)) for name in province.sites)


def _above(province: Province, name: str) -> Iterator[str]:
    """The sites above one, as far as they are there."""
    parent = province.sites[name].parent
    while parent is not None and parent in province.sites:
        yield parent
        parent = province.sites[parent].parent


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
    yield from _interface_contradictions(site)
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
    yield from _setting_contradictions(site)


def _interface_contradictions(site: Site) -> Iterator[tuple[str, str]]:
    """Names that a router with Linux's kernel can't have (IFNAMSIZ of if.h, and a folder of /sys/class/net each)."""
    router = site.router
    if router.platform not in LINUX:
        return
    named = [("router.lan_interface", router.lan_interface)]
    named += [(f"router.{key}", name) for key in ("office_ports", "camera_ports") for name in getattr(router, key)]
    named += [(f"lines.{key}.interface", line.interface) for key, line in site.lines.items()]
    for path, name in named:
        if "/" in name or len(name) > LONGEST_INTERFACE:
            why = f"{router.platform} takes at most {LONGEST_INTERFACE} characters, none of them '/'"
            yield path, f"{name!r} is no interface: {why}; write the name that the router shows"


def _setting_contradictions(site: Site) -> Iterator[tuple[str, str]]:
    devices: dict[str, Nvr | Camera] = {f"nvrs.{name}": nvr for name, nvr in site.nvrs.items()}
    devices |= {f"cameras.{name}": camera for name, camera in site.cameras.items()}
    for path, device in devices.items():
        for key, value in device.settings.items():
            what = complaint(key, value, settable(site, device))
            if what is not None:
                yield f"{path}.settings.{key}", what


def settable(site: Site, device: Nvr | Camera) -> dict[str, Setting]:
    """The settings that a device has; those of a camera behind a recorder are the recorder's."""
    if isinstance(device, Nvr):
        return VENDORS[device.vendor].rows("nvr")
    recorder = None if device.through is None else site.nvrs.get(device.through.nvr)
    return VENDORS[device.vendor].rows("camera") if recorder is None else VENDORS[recorder.vendor].rows("channel")


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
