"""What an audit read of a device, once, for everybody who judges it: drift, rules, firmware and history. Pure; secrets are gone before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from fnmatch import translate
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from .errors import MotcuaError
from .findings import Json

VERSION = 1
PLAIN_KEY = re.compile(r"[A-Za-z][\w.-]*")
JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True)
VOLATILE = re.compile("|".join(map(translate, yaml.safe_load((Path(__file__).parent / "catalogue" / "volatile.yml").read_text("utf-8")))))


@dataclass(frozen=True)
class Snapshot:
    """One device as it was read.

    ``values``: of cameras and recorders, vocabulary key -> JSON value, rows of lists as ``users.admin.role``; ``unsupported`` and
    ``unknown`` say why a key has none: the device doesn't have it, or it couldn't be told. ``config``: of routers and machines, what
    runs, as text; a router has ``identity.platform`` and ``identity.firmware`` beside it.
    """

    device: str
    values: Mapping[str, Json] = field(default_factory=dict)
    unsupported: Mapping[str, str] = field(default_factory=dict)
    unknown: Mapping[str, str] = field(default_factory=dict)
    config: str = ""

    @property
    def text(self) -> str:
        """What people and `git diff` read: without what changes by itself, such as free space on a disk."""
        if self.config:
            return self.config
        return _written(self.values)

    def text_after(self, before: str) -> str:
        """The text; what couldn't be told now stands in it as in the text of the time before, "" for none. "" when nothing was read."""
        if self.config or not self.unknown or not self.values or not before:
            return self.text
        known = {key: value for key, value in values_of(before).items() if any(f"{key}.".startswith(f"{one}.") for one in self.unknown)}
        return _written({**known, **self.values})


def _written(values: Mapping[str, Json]) -> str:
    """A line a value, key and JSON: YAML that is the same wherever it is written, for a tenth of what a YAML writer costs."""
    named = ((_lasting(key), value) for key, value in sorted(values.items()))
    return "".join(f"{key}: {JSON.encode(value)}\n" for key, value in named if key)


@lru_cache(maxsize=10_000)  # a province has a hundred thousand keys, and few different ones
def _lasting(key: str) -> str:
    """The key as it is written, "" for one whose value changes by itself."""
    if is_volatile(key):
        return ""
    return key if PLAIN_KEY.fullmatch(key) else JSON.encode(key)


def values_of(text: str) -> Mapping[str, Json]:
    """The values of a text; none of a router's, which the device may have been before."""
    try:
        found = yaml.safe_load(text)
    except yaml.YAMLError:
        return {}
    return found if isinstance(found, dict) else {}


def is_volatile(key: str) -> bool:
    """Whether a value changes by itself, by catalogue/volatile.yml."""
    return bool(VOLATILE.match(key))


def of_running(device: str, said: Mapping[str, Any]) -> Snapshot:
    """What an action's ``identity``, ``running``, ``unsupported`` and ``unknown`` say, flattened."""
    values: dict[str, Json] = {}

    def descend(prefix: str, value: Json) -> None:
        if isinstance(value, Mapping) and value:
            for key, below in value.items():
                descend(f"{prefix}.{key}" if prefix else str(key), below)
        else:
            values[prefix] = value

    descend("", {"identity": said.get("identity") or {}, **(said.get("running") or {})})
    unsupported, unknown = ({str(row["key"]): str(row["reason"]) for row in said.get(what) or ()} for what in ("unsupported", "unknown"))
    return Snapshot(device, values, unsupported, unknown)


def of_audit(device: str, said: Mapping[str, Any]) -> Snapshot | None:
    """What the action ``motcua.cctv.audit`` read of one device; None where it read nothing."""
    if "read" in said:
        return of_running(device, said["read"])
    if "config" in said:
        return Snapshot(device, {"identity.platform": said["platform"], "identity.firmware": said["version"]}, config=said["config"])
    return None


def to_json(snapshots: Iterable[Snapshot], when: str) -> str:
    """The snapshots as a document; ``when`` is the ISO 8601 time of the audit."""
    devices = {one.device: {key: value for key, value in asdict(one).items() if key != "device" and value} for one in snapshots}
    return json.dumps({"version": VERSION, "when": when, "devices": dict(sorted(devices.items()))}, ensure_ascii=False, indent=1) + "\n"


def from_json(text: str) -> Mapping[str, Snapshot]:
    """Device -> its snapshot.

    :raises MotcuaError: when the text is no such document, or one of another version.
    """
    try:
        document = json.loads(text)
        if document["version"] != VERSION:
            raise MotcuaError(f"snapshots: version {document['version']!r} is not {VERSION}; run the audit again")
        return {name: Snapshot(name, **row) for name, row in document["devices"].items()}
    except (ValueError, TypeError, KeyError) as error:
        raise MotcuaError(f"snapshots: not a document of snapshots ({error}); run the audit again") from None
