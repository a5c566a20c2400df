"""What a rule is judged of, a device or a site, and what it says of a key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from ..catalogue.rules import Kind
from ..desired import Plan
from ..findings import Json
from ..model import Camera, Nvr, Province, Router, Site
from ..snapshots import Snapshot
from ..vendors import VENDORS

NO_WAY = "no way to read {key} is known for this kind of device"
UNREAD = "nothing was read of it"
UNWRITTEN = "nobody has written {key}"


@dataclass(frozen=True)
class Said:
    """A value, or why there is none.

    ``absent``: the device has no such thing. ``untold``: it could not be told. ``unsaid``: nobody knows a way to ask, or nobody has written
    it in the model yet.
    """

    state: Literal["known", "absent", "untold", "unsaid"]
    value: Json = None
    why: str = ""


@dataclass(frozen=True)
class Subject:
    """A device or a site with all that there is to judge it by. ``device`` is None for a site; ``key`` is its id in the site."""

    name: str
    kind: Kind
    site: str
    province: Province
    planned: Plan
    on: date
    device: Camera | Nvr | Router | None = None
    key: str = ""
    snapshot: Snapshot | None = None

    @property
    def office(self) -> Site:
        """The site that it is, or stands at."""
        return self.province.sites[self.site]

    def said(self, key: str) -> Said:
        """What it says of a key of the vocabulary, or of a path in the site's model."""
        return self._written(key) if self.kind == "site" else self._read(key)

    def rows(self, items: str, setting: str) -> Said:
        """What each row of a list has, by the row's name: ``rows("users", "role")``."""
        if self.snapshot is not None and items not in self.snapshot.values:
            found = {
                key.removeprefix(f"{items}.").removesuffix(f".{setting}"): value
                for key, value in self.snapshot.values.items()
                if key.startswith(f"{items}.") and key.endswith(f".{setting}")
            }
            return Said("known", found) if found else self._read(items)
        return self._read(items)

    def _read(self, key: str) -> Said:
        if self.snapshot is None:
            return Said("untold", why=UNREAD)
        if key in self.snapshot.values:
            return Said("known", self.snapshot.values[key])
        if key in self.snapshot.unknown:
            return Said("untold", why=self.snapshot.unknown[key])
        if not self._has_a_row(key):
            return Said("unsaid", why=NO_WAY.format(key=key))
        reason = self.snapshot.unsupported.get(key)
        return Said("untold", why="the device doesn't say it") if reason is None else Said("absent", why=reason)

    def _has_a_row(self, key: str) -> bool:
        vendor = VENDORS[self.device.vendor] if isinstance(self.device, Camera | Nvr) else None
        return vendor is not None and (key in vendor.rows(self.kind) or key in vendor.lists(self.kind) or key.startswith("certificate."))

    def _written(self, key: str) -> Said:
        value: Any = self.office
        for part in key.split("."):
            value = value.get(part) if isinstance(value, Mapping) else getattr(value, part)
        return Said("unsaid", why=UNWRITTEN.format(key=key)) if value is None else Said("known", value)
