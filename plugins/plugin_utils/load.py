"""YAML files -> Province. Every mistake is one line: file, key path, what is wrong, what to write. Nothing after this re-checks."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Hashable, Iterator, Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from .errors import ModelError
from .model import Province, Site
from .vendors import VENDORS, complaint

PLUGIN = "motcua.cctv.province"


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's loader where it was built
    """SafeLoader that refuses a key written twice: YAML keeps the last silently, and a site would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' is written twice; keep one of the two", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)  # type: ignore[no-any-return]  # an untyped base


def load(path: str | Path) -> Province:
    """Read ``province.yml`` and the ``sites/*.yml``, ``viewers.yml`` and ``keys/*.pub`` beside it.

    :param path: the province file, for example ``inventory/lab/province.yml``.
    :raises ModelError: one line a mistake; nothing has been sent to any device by then.
    """
    path = Path(path)
    root = _read(path)
    if root.pop("plugin", PLUGIN) != PLUGIN:
        raise ModelError(f"{path}: plugin: is not ours; write '{PLUGIN}'")
    files: dict[str, Path] = {}
    root["sites"] = _read_sites(path.parent / "sites", files)
    viewers = path.parent / "viewers.yml"
    if viewers.exists():
        root["viewers"] = _read(viewers).get("viewers", {})
    _inherit_policy(root)
    root["hub_public_keys"] = {file.stem: file.read_text().strip() for file in sorted((path.parent / "keys").glob("*.pub"))}
    try:
        province = Province.model_validate(root)
    except ValidationError as error:
        raise ModelError("\n".join(_sentence(path, files, detail) for detail in error.errors())) from None
    mistakes = [f"{files.get(site, path)}: {where}: {what}" for site, where, what in _contradictions(province)]
    if mistakes:
        raise ModelError("\n".join(mistakes))
    return province


def _read(path: Path) -> dict[str, Any]:
    try:
        content = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506  _Loader is a SafeLoader
    except FileNotFoundError:
        raise ModelError(f"{path}: does not exist; name the province's province.yml") from None
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ModelError(f"{path}:{line}: {error.problem}; correct the YAML there") from None
    except yaml.YAMLError as error:
        raise ModelError(f"{path}: {str(error).splitlines()[0]}; correct the YAML there") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path}: holds no keys; write 'key: value' lines")
    return content


def _read_sites(folder: Path, files: dict[str, Path]) -> dict[str, Any]:
    sites: dict[str, Any] = {}
    for file in sorted(folder.glob("*.yml")):
        content = _read(file)
        unknown = [key for key in content if key != "sites"]
        if unknown or not isinstance(content.get("sites"), dict):
            raise ModelError(f"{file}: {unknown[0] if unknown else 'sites'}: a site file has one key; write 'sites:' with one entry a site")
        for site, value in content["sites"].items():
            if site in sites:
                raise ModelError(f"{file}: sites.{site}: is also in {files[site]}; give one of the two another id")
            sites[site], files[site] = value, file
    return sites


def _inherit_policy(root: dict[str, Any]) -> None:
    """Fill each site's and camera's policy from what stands above it: province, parents, site, device."""
    sites = root["sites"]
    resolved: dict[str, Any] = {}

    def policy_of(site: str, below: tuple[str, ...] = ()) -> Any:
        if site in below:
            raise ModelError(f"sites.{site}.parent: the parents {' -> '.join((*below, site))} go in a circle; name the real parent")
        if site not in resolved:
            raw = sites[site] if isinstance(sites[site], dict) else {}
            parent = raw.get("parent")
            above = policy_of(parent, (*below, site)) if isinstance(parent, str) and parent in sites else root.get("policy", {})
            resolved[site] = _merge(above, raw.get("policy", {}))
        return resolved[site]

    for site, raw in sites.items():
        policy = policy_of(site)
        if not isinstance(raw, dict):
            continue
        cameras = raw.get("cameras")
        if isinstance(cameras, dict):
            cameras = {
                name: {**camera, "policy": _merge(policy, camera.get("policy", {}))} if isinstance(camera, dict) else camera
                for name, camera in cameras.items()
            }
        sites[site] = {**raw, "policy": policy} | ({} if cameras is None else {"cameras": cameras})


def _merge(above: Any, below: Any) -> Any:
    """The lower level wins key by key; a value that isn't a mapping is left for validation to name."""
    if not isinstance(above, Mapping) or not isinstance(below, Mapping):
        return below
    return {**above, **{key: _merge(above[key], value) if isinstance(above.get(key), Mapping) else value for key, value in below.items()}}


def _sentence(path: Path, files: Mapping[str, Path], detail: ErrorDetails) -> str:
    where = [str(part) for part in detail["loc"] if not str(part).startswith(("literal[", "is-instance", "function-"))]
    file = files.get(where[1], path) if len(where) > 1 and where[0] == "sites" else path
    if detail["type"] == "extra_forbidden":
        names = _known_keys(where[:-1])
        near = difflib.get_close_matches(where[-1], names, n=1)
        what = "unknown key; " + (f"did you mean '{near[0]}'?" if near else f"write one of {', '.join(sorted(names))}, or remove it")
    elif detail["type"] == "missing":
        what = "is missing; add it"
    elif detail["type"] == "string_type":
        what = f"{detail['input']!r} is not text; write it in quotes"
    elif detail["type"] == "literal_error" and where[-1] == "vendor":
        what = complaint(str(detail["input"]))
    elif detail["type"] == "literal_error":
        what = f"{detail['input']!r} is not known; write {detail['ctx']['expected']}"
    elif detail["type"] == "string_pattern_mismatch":
        what = f"{detail['input']!r} has the wrong form; write it like {detail['ctx']['pattern']}"
    else:
        what = f"{detail['input']!r} is wrong: {detail['msg'][:1].lower()}{detail['msg'][1:]}; correct the value"
    return f"{file}: {'.'.join(where)}: {what}"


def _known_keys(where: list[str]) -> list[str]:
    """The keys that the model knows at a path; containers are stepped through by their element's model."""
    model: Any = Province
    for part in where:
        field = model.model_fields.get(part) if isinstance(model, type) and issubclass(model, BaseModel) else None
        if field is not None:
            model = _element(field.annotation)
    known: Mapping[str, FieldInfo] = getattr(model, "model_fields", {})
    return [field.alias or name for name, field in known.items()]


def _element(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = [_element(argument) for argument in getattr(annotation, "__args__", ())]
    return next((model for model in inner if isinstance(model, type) and issubclass(model, BaseModel)), None)


def _contradictions(province: Province) -> Iterator[tuple[str, str, str]]:
    """(site or '', key path, sentence) for what no single value shows: references, duplicates, addresses outside their net."""
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
    owners: dict[int, str] = {}
    for name, site in province.sites.items():
        where = f"sites.{name}"
        if site.number in owners:
            yield name, f"{where}.number", f"{site.number} is also the number of '{owners[site.number]}'; give the newer site a free one"
        owners.setdefault(site.number, name)
        if site.parent is not None and site.parent not in province.sites:
            yield name, f"{where}.parent", f"there is no site '{site.parent}'; name one, or remove the key"
        for path, what in _site_contradictions(site):
            yield name, f"{where}.{path}", what
    for viewer, value in province.viewers.items():
        if value.watches != "all" and value.watches not in province.sites:
            yield "", f"viewers.{viewer}.watches", f"there is no site '{value.watches}'; name one, or write 'all'"


def _site_contradictions(site: Site) -> Iterator[tuple[str, str]]:
    if site.lan.prefixlen < 24:
        yield "lan", f"{site.lan} is larger than the /24 that a site is translated to; name the /24 that holds router and cameras"
    if site.isolation == "segment" and not site.router.camera_ports:
        yield "router.camera_ports", "is empty, but isolation is 'segment'; name the router's ports that cameras are on"
    owners: dict[Any, str] = {}
    addresses = [("router", site.router.address)]
    addresses += [(f"nvrs.{name}", nvr.address) for name, nvr in site.nvrs.items()]
    addresses += [(f"cameras.{name}", camera.address) for name, camera in site.cameras.items() if camera.address is not None]
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
