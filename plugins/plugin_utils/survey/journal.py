"""The survey's file: whole after each device, so that a cut loses nothing but the device that was being asked."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from ..errors import ModelError
from ..files import replace_file

VERSION = 1


class Journal:
    """One site's survey. A file of the same site and prefix that has no end yet is gone on with."""

    def __init__(self, path: Path, head: Mapping[str, Any]) -> None:
        """``head`` are site, prefix, from and rate_per_s.

        :raises ModelError: when the file is another survey's, or is finished.
        """
        self.path = path
        self._devices: dict[str, dict[str, Any]] = {}
        self._whole: dict[str, Any] = {"motcua_survey": VERSION, **head, "began": _now(), "ended": None}
        self._rest: dict[str, Any] = {"router": None, "lines": {}, "remarks": []}
        if path.exists():
            self._resume(head)

    def _resume(self, head: Mapping[str, Any]) -> None:
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            version, ended = found["motcua_survey"], found["ended"]
            devices = {str(one["address"]): one for one in found["devices"]}
        except (OSError, ValueError, KeyError, TypeError):
            raise ModelError(f"{self.path}: is no survey file; name another one") from None
        if version != VERSION or any(found.get(key) != head[key] for key in ("site", "prefix")):
            raise ModelError(f"{self.path}: is the survey of {found.get('site')}, {found.get('prefix')}; name another file")
        if ended is not None:
            raise ModelError(f"{self.path}: is finished since {ended}; name another file, or remove this one to survey anew")
        self._devices, self._whole["began"] = devices, found["began"]

    @property
    def resumed(self) -> bool:
        """Whether there is something from before."""
        return bool(self._devices)

    def is_done(self, address: str) -> bool:
        """Whether a device needs not be asked again."""
        return bool(self._devices.get(address, {}).get("done"))

    def wrong_logins(self, address: str) -> int:
        """How many logins a device has refused in a run that was cut; only an entry that isn't done holds that."""
        return int(self._devices.get(address, {}).get("wrong_logins", 0))

    def put(self, record: Mapping[str, Any]) -> None:
        """Enter what became of a device."""
        self._devices[str(record["address"])] = dict(record)
        self._write()

    def add(self, *, router: Mapping[str, Any] | None = None, lines: Mapping[str, Any] | None = None, remarks: Sequence[str] = ()) -> None:
        """Enter what isn't a device's."""
        self._rest["router"] = router or self._rest["router"]
        self._rest["lines"] = lines or self._rest["lines"]
        self._rest["remarks"] += [remark for remark in remarks if remark not in self._rest["remarks"]]
        self._write()

    def end(self) -> None:
        """All is done."""
        self._whole["ended"] = _now()
        self._write()

    def content(self) -> dict[str, Any]:
        """The file as it is now."""
        devices = sorted(self._devices.values(), key=lambda record: IPv4Address(record["address"]))
        return {**self._whole, "devices": devices, **self._rest}

    def _write(self) -> None:
        replace_file(str(self.path), json.dumps(self.content(), ensure_ascii=False, indent=1).encode() + b"\n", write=True)


def finished(path: Path) -> str | None:
    """When the survey in a file was finished; None when it wasn't, or there is no such file."""
    try:
        ended = json.loads(path.read_text(encoding="utf-8"))["ended"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return None if ended is None else str(ended)


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="seconds")
