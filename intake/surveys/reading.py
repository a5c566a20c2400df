"""A survey file -> what it says: facts of devices that are known, new ones under the next free ids, and what it didn't find.

Nothing is renamed or removed, and what people wrote (name, zone, class, policy) stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError

from ..forms.reading import Sites
from ..matching import free_id, matched
from ..said import Said, devices
from .channels import say_channels
from .facts import facts, mac_of
from .file import Found, Survey
from .lines import say_lines, say_router
from .new import NOTHING_KNOWN, collection_of, described, lacking, why_not

MARKS = ("serial", "mac", "address")
HEAD = ("vendor", "kind", "maker", "model", "address", "name")  # what a device's line begins with
PREFIXES = {"cameras": "cam", "nvrs": "nvr", "others": "other"}


@dataclass(frozen=True)
class Placed:
    """A found device and what it is in the inventory: ``collection`` and ``id``, and its vendor if it is one of ours."""

    found: Found
    vendor: str | None
    collection: str
    id: str
    known: Mapping[str, Any] | None  # as the inventory has it; None for a new one
    why: str = ""  # a new one can't join


def read_survey(file: str, survey: Survey, sites: Sites, unfinished: bool, vendors: Mapping[str, str], said: Said) -> None:
    """Add what one survey says.

    :param vendors: what people decided on devices that answer as two vendors, by address.
    :raises ModelError: when it isn't a survey of a site that is there.
    """
    site = _site(file, survey, sites)
    raw = sites.known[site]
    read, skipped = _finished(file, survey, unfinished, said)
    decided = {found.address: _vendor(file, found, vendors, said) for found in read}
    placed = _placed([*read, *skipped], decided, raw)
    fresh = [one for one in placed if one.found.address in decided]
    named = {channel.address: channel.name for found in read for channel in found.channels if channel.address}
    for one in fresh:
        _say_device(file, site, one, named.get(one.found.address), said)
    recorders = {one.id: (one.found, one.vendor or str((one.known or {})["vendor"])) for one in fresh if one.collection == "nvrs"}
    say_channels(file, site, recorders, raw, said)
    say_router(file, site, survey, said)
    say_lines(file, site, survey, raw, said)
    _say_absent(file, survey, placed, raw, said)
    for sentence in survey.remarks:
        said.remark(f"{file}: {sentence}")


def _site(file: str, survey: Survey, sites: Sites) -> str:
    site = survey.site or sites.only
    if site is None:
        raise ModelError(f"{file}: site: is missing; say with --site whose survey it is")
    if sites.only not in (None, site):
        raise ModelError(f"{file}: is a survey of '{site}', but --site says '{sites.only}'; correct one of the two")
    if site not in sites.known:
        raise ModelError(f"{file}: there is no site '{site}' in the inventory; add it first, with the survey form, and import this again")
    return site


def _finished(file: str, survey: Survey, unfinished: bool, said: Said) -> tuple[list[Found], list[Found]]:
    """The devices that were read to the end, in the order of their addresses, and the others."""
    ordered = sorted(survey.devices, key=lambda found: found.address)
    done, undone = [one for one in ordered if one.done], [one for one in ordered if not one.done]
    names = ", ".join(str(one.address) for one in undone)
    if survey.ended is None and not unfinished:
        missing = f" and left {names} unread" if names else " and doesn't say what it had yet to read"
        began = f" on {survey.began:%d/%m/%Y at %H:%M}" if survey.began else ""
        how = "run it again, which goes on from there, or take what there is with --unfinished"
        said.wrong(file, f"the survey was cut in the middle: it began{began}{missing}; {how}")
    elif undone:
        said.remark(f"{file}: not read to the end and not imported: {names}")
    return done, undone


def _vendor(file: str, found: Found, vendors: Mapping[str, str], said: Said) -> str | None:
    address, where = str(found.address), f"{file}: device {found.address}"
    if address in vendors:
        if said.decided.setdefault(address, file) != file:
            said.wrong(where, f"--vendor decides on it, but {said.decided[address]} has the address too; import one file after the other")
        return vendors[address]
    if found.vendor is None and found.why is None and len(found.vendors_heard) > 1:
        heard = " and as ".join(found.vendors_heard)
        said.wrong(where, f"answers as {heard}; look at it, and decide with --vendor {address}={found.vendors_heard[0]}, for example")
    return found.vendor


def _placed(found: list[Found], decided: Mapping[IPv4Address, str | None], raw: Mapping[str, Any]) -> list[Placed]:
    known = {f"{collection}/{name}": device for collection, name, device in devices(raw)}
    marks = [{"serial": one.identity.serial, "mac": mac_of(one), "address": one.address} for one in found]
    taken = {name.partition("/")[2] for name in known}
    placed = []
    for one, match in zip(found, matched(marks, known, MARKS), strict=True):
        vendor = decided.get(one.address)
        if match is not None:
            collection, _, name = match.partition("/")
            placed.append(Placed(one, vendor, collection, name, known[match]))
        else:
            new = _new(one, vendor, raw, taken)
            taken.add(new.id)
            placed.append(new)
    return placed


def _new(found: Found, vendor: str | None, raw: Mapping[str, Any], taken: set[str]) -> Placed:
    collection, why = collection_of(found, vendor), ""
    if collection == "router":
        collection, why = "others", f"is a router, but not the site's own ({raw['router']['address']})"
    elif collection == "others":
        why = why_not(found, vendor)
    elif vendor is not None and (lack := lacking(found, vendor, collection)):
        collection, why = "others", lack
    return Placed(found, vendor, collection, free_id(PREFIXES[collection], taken), None, why)


def _say_device(file: str, site: str, placed: Placed, channel_name: str | None, said: Said) -> None:
    where, found, collection = f"{file}: device {placed.found.address}", placed.found, placed.collection
    base = (site, "router") if collection == "router" else (site, collection, placed.id)
    said.places.setdefault(base, where)
    values = facts(found, collection, placed.known or {})
    if placed.known is None:
        new = described(found, placed.vendor, collection, placed.why, channel_name)
        values |= new
        values = {key: values[key] for key in HEAD if key in values} | values
        said.remark(f"{where}: is new: {collection}.{placed.id} '{new['name']}'" + (f", which {placed.why}" if placed.why else ""))
    else:
        _remark_changes(where, placed, placed.known, said)
        if str(found.address) in said.decided and collection in ("cameras", "nvrs"):
            values["vendor"] = placed.vendor
    for key, value in values.items():
        said.say((*base, key), value, where)
    for sentence in found.remarks:
        said.remark(f"{where}: {sentence}")
    if found.default_password:
        said.remark(f"{where}: still has its maker's password; change it")


def _remark_changes(where: str, placed: Placed, known: Mapping[str, Any], said: Said) -> None:
    """Say what is odd about a device that is known: another one in its place, or another kind or vendor than people wrote."""
    found, name = placed.found, f"{placed.collection}.{placed.id}"
    before, now = known.get("serial"), found.identity.serial
    if before and now and before != now:
        said.remark(f"{where}: {name} is another device than before (serial {before}, now {now}); its name and what else people wrote stay")
    belongs = collection_of(found, placed.vendor)
    if placed.collection in ("cameras", "nvrs") and found.kind == "unknown":
        said.remark(f"{where}: is {name} in the inventory, but {NOTHING_KNOWN}")
    if placed.collection == "others" and belongs in ("cameras", "nvrs"):
        said.remark(f"{where}: {name} can join now, as {placed.vendor}; move it to '{belongs}' by hand")
    elif placed.collection in ("cameras", "nvrs", "router", "switches") and belongs not in (placed.collection, "others"):
        said.remark(f"{where}: is {name} in the inventory, but answers as a {found.kind}; nothing was moved, so correct it by hand")
    elif placed.vendor and known.get("vendor") not in (None, placed.vendor) and str(found.address) not in said.decided:
        how = f"if the survey is right, decide with --vendor {found.address}={placed.vendor}"
        said.remark(f"{where}: {name} is {known['vendor']} in the inventory, but answers as {placed.vendor}; its vendor stays; {how}")


def _say_absent(file: str, survey: Survey, placed: list[Placed], raw: Mapping[str, Any], said: Said) -> None:
    """Name what the inventory has within the surveyed net and the survey didn't find."""
    there = {(one.collection, one.id) for one in placed}
    absent = [
        name
        for collection, name, device in devices(raw)
        if (collection, name) not in there and device.get("address") and _within(survey, str(device["address"]))
    ]
    if absent and survey.ended is None:
        said.remark(f"{file}: the survey was cut before it found {', '.join(absent)}; nothing was removed")
    elif absent:
        said.remark(f"{file}: not found by the survey: {', '.join(absent)}; nothing was removed")


def _within(survey: Survey, address: str) -> bool:
    return survey.prefix is None or IPv4Address(address) in survey.prefix
