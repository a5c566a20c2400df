"""YAML files -> Province. Every mistake is one line: file, key path, what is wrong, what to write. Nothing after this re-checks."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from .contradictions import contradictions
from .errors import ModelError
from .model import Policy, Province, Site
from .vendors import complaint
from .yaml_file import read_yaml

PLUGIN = "motcua.cctv.province"
BESIDE = {
    "viewers": "viewers.yml",
    "prices_vnd": "prices.yml",
    "waivers": "waivers.yml",
    "checklist": "checklist.yml",
}  # keys that have a file of their own


def load(path: str | Path, on: date | None = None) -> Province:
    """Read ``province.yml``, and the ``sites/*.yml``, ``keys/*.pub`` and the files of ``BESIDE`` that stand beside it.

    :param path: the province file, for example ``inventory/lab/province.yml``.
    :param on: the day whose tree is wanted: units, levels, parents and closed sites have dates. Today in the province unless given.
    :raises ModelError: one line a mistake; nothing has been sent to any device by then.
    """
    path = Path(path)
    root = read_yaml(path)
    if root.pop("plugin", PLUGIN) != PLUGIN:
        raise ModelError(f"{path}: plugin: is not ours; write '{PLUGIN}'")
    files: dict[str, Path] = {}
    root["sites"] = _read_sites(path.parent / "sites", files)
    for key, file in BESIDE.items():
        if (path.parent / file).exists():
            root[key] = _read_beside(path.parent / file, key)
    root["on"] = on or datetime.now(_zone(root.get("timezone"))).date()
    _as_on(root, root["on"])
    _inherit_policy(root)
    _own_key(path.parent, root)
    root["hub_public_keys"] = {file.stem: file.read_text().strip() for file in sorted((path.parent / "keys").glob("*.pub"))}
    try:
        province = Province.model_validate(root)
    except ValidationError as error:
        raise ModelError("\n".join(_sentence(path, files, detail) for detail in error.errors())) from None
    mistakes = [
        f"{files.get(site) or _beside(path, where.split('.')[0])}: {where}: {what}" for site, where, what in contradictions(province)
    ]
    if mistakes:
        raise ModelError("\n".join(mistakes))
    return province


def _own_key(folder: Path, root: dict[str, Any]) -> None:
    """The public half of the controller's key, which routers are told; none where there is no key yet."""
    ssh = root.get("ssh")
    if isinstance(ssh, dict) and isinstance(ssh.get("private_key"), str):
        file = folder / f"{ssh['private_key']}.pub"
        root["ssh"] = ssh | {"public_key": file.read_text().strip() if file.is_file() else None}


def _read_beside(file: Path, key: str) -> Any:
    content = read_yaml(file)
    unknown = [name for name in content if name != key]
    if unknown:
        raise ModelError(f"{file}: {unknown[0]}: this file has one key; write '{key}:' with everything below it")
    return content.get(key, {})


def _read_sites(folder: Path, files: dict[str, Path]) -> dict[str, Any]:
    sites: dict[str, Any] = {}
    for file in sorted(folder.glob("*.yml")):
        content = read_yaml(file)
        unknown = [key for key in content if key != "sites"]
        if unknown or not isinstance(content.get("sites"), dict):
            raise ModelError(f"{file}: {unknown[0] if unknown else 'sites'}: a site file has one key; write 'sites:' with one entry a site")
        for site, value in content["sites"].items():
            if site in sites:
                raise ModelError(f"{file}: sites.{site}: is also in {files[site]}; give one of the two another id")
            sites[site], files[site] = value, file
    return sites


def _zone(name: Any) -> tzinfo:
    try:
        return ZoneInfo(name)
    except (TypeError, KeyError, ValueError, OSError):
        return UTC  # a wrong name is said with all other mistakes


def _as_on(root: dict[str, Any], on: date) -> None:
    """Give every site the level and the parent that it has on that day, and set the closed ones and who watched there apart."""
    root["retired"] = {}
    for name, raw in list(root["sites"].items()):
        if not isinstance(raw, dict):
            continue
        units = raw.get("units")
        for unit in units if isinstance(units, list) else ():
            if isinstance(unit, dict) and _day(unit.get("from"), date.max) <= on <= _day(unit.get("until"), date.max):
                raw |= {key: unit[key] for key in ("level", "parent") if unit.get(key) is not None}
        if _day(raw.get("retired"), date.max) <= on:
            root["retired"][name] = root["sites"].pop(name)
    if isinstance(root.get("viewers"), dict):
        root["viewers"] = {key: viewer for key, viewer in root["viewers"].items() if not _at(viewer) & root["retired"].keys()}
    closed = {*root["retired"], *(f"{name}-{camera}" for name, site in root["retired"].items() for camera in _cameras(site))}
    if isinstance(root.get("vms"), dict):
        root["vms"] = {key: _without(vms, closed) for key, vms in root["vms"].items()}


def _cameras(site: Any) -> Iterable[str]:
    cameras = site.get("cameras")
    return cameras if isinstance(cameras, dict) else ()


def _without(vms: Any, closed: set[str]) -> Any:
    """A VMS without what it pulled from closed sites."""
    if not isinstance(vms, dict) or not isinstance(vms.get("cameras"), list):
        return vms
    return vms | {"cameras": [wished for wished in vms["cameras"] if wished not in closed]}


def _at(viewer: Any) -> set[Any]:
    """The sites that a viewer watches and sits at: with a closed one the viewer goes too."""
    return {viewer.get(key) for key in ("watches", "sits_at")} if isinstance(viewer, dict) else set()


def _day(value: Any, otherwise: date) -> date:
    try:
        return value if isinstance(value, date) else date.fromisoformat(str(value))
    except ValueError:
        return otherwise


def _inherit_policy(root: dict[str, Any]) -> None:
    """Fill each site's and camera's policy from what stands above it: province, parents, site, device. What is kept of closed ones too."""
    sites = {**root["sites"], **root["retired"]}
    policies = _Policies(sites, root.get("policy", {}))
    for site, raw in sites.items():
        policy = policies.of(site)
        if not isinstance(raw, dict):
            continue
        cameras = raw.get("cameras")
        if isinstance(cameras, dict):
            cameras = {
                name: {**camera, "policy": policies.value(_merge(policy, camera["policy"]) if "policy" in camera else policy)}
                if isinstance(camera, dict)
                else camera
                for name, camera in cameras.items()
            }
        home = root["sites" if site in root["sites"] else "retired"]
        home[site] = _part(Site, {**raw, "policy": policies.value(policy)} | ({} if cameras is None else {"cameras": cameras}))


class _Policies:
    """The policy of every site. Who inherits the same has the same value: a nation's cameras are many, and their policies few."""

    def __init__(self, sites: Mapping[str, Any], whole: Any) -> None:
        self._sites, self._whole = sites, whole
        self._resolved: dict[str, Any] = {}
        self._values: dict[int, tuple[Any, Any]] = {}

    def of(self, site: str, below: tuple[str, ...] = ()) -> Any:
        """A site's, as it was read.

        :raises ModelError: when its parents go in a circle.
        """
        if site in below:
            raise ModelError(f"sites.{site}.parent: the parents {' -> '.join((*below, site))} go in a circle; name the real parent")
        if site not in self._resolved:
            raw = self._sites[site] if isinstance(self._sites[site], dict) else {}
            parent = raw.get("parent")
            above = self.of(parent, (*below, site)) if isinstance(parent, str) and parent in self._sites else self._whole
            self._resolved[site] = _merge(above, raw["policy"]) if "policy" in raw else above
        return self._resolved[site]

    def value(self, policy: Any) -> Any:
        """A policy that was read as a value, one for all that have it."""
        if id(policy) not in self._values:
            self._values[id(policy)] = policy, _part(Policy, policy)
        return self._values[id(policy)][1]


def _part(kind: type[BaseModel], raw: Any) -> Any:
    """A part of the province by itself, so that what was read of it needs no room any more.

    As it was read where a mistake is in it: that is said with its whole path when the province is made of its parts.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError:
        return raw


def _merge(above: Any, below: Any) -> Any:
    """The lower level wins key by key; a value that isn't a mapping is left for validation to name."""
    if not isinstance(above, Mapping) or not isinstance(below, Mapping):
        return below
    return {**above, **{key: _merge(above[key], value) if isinstance(above.get(key), Mapping) else value for key, value in below.items()}}


def _sentence(path: Path, files: Mapping[str, Path], detail: ErrorDetails) -> str:
    where = [str(part) for part in detail["loc"] if not str(part).startswith(("literal[", "is-instance", "function-"))]
    if where[0] == "retired":
        where[0] = "sites"
    file = files.get(where[1], path) if len(where) > 1 and where[0] == "sites" else _beside(path, where[0])
    return f"{file}: {'.'.join(where)}: {what_is_wrong(detail, where, Province)}"


def what_is_wrong(detail: ErrorDetails, where: list[str], model: type[BaseModel]) -> str:
    """What is wrong with a value and what to write; ``where`` are the keys down to it, from ``model`` on."""
    if detail["type"] == "extra_forbidden":
        names = _known_keys(where[:-1], model)
        near = difflib.get_close_matches(where[-1], names, n=1)
        return "unknown key; " + (f"did you mean '{near[0]}'?" if near else f"write one of {', '.join(sorted(names))}, or remove it")
    if detail["type"] == "missing":
        return "is missing; add it"
    if detail["type"] == "string_type":
        return f"{detail['input']!r} is not text; write it in quotes"
    if detail["type"] == "literal_error" and where[-1] == "vendor":
        return complaint(str(detail["input"]))
    if detail["type"] == "literal_error":
        return f"{detail['input']!r} is not known; write {detail['ctx']['expected']}"
    if detail["type"] == "string_pattern_mismatch":
        return f"{detail['input']!r} has the wrong form; write it like {detail['ctx']['pattern']}"
    return f"{detail['input']!r} is wrong: {detail['msg'][:1].lower()}{detail['msg'][1:]}; correct the value"


def _beside(path: Path, key: str) -> Path:
    """The file in which a key of the province stands."""
    own = path.parent / BESIDE.get(key, path.name)
    return own if own.exists() else path


def _known_keys(where: list[str], model: Any) -> list[str]:
    """The keys that the model knows at a path; containers are stepped through by their element's model."""
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
