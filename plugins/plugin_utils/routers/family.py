"""The platforms that one name in the inventory stands for, told apart by what the device says of its version."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ..errors import Unsupported
from .platform import Platform


@dataclass(frozen=True)
class Version:
    """A platform, and the pattern in the probe's answer that shows it."""

    pattern: re.Pattern[str]
    platform: Platform


@dataclass(frozen=True)
class Family:
    """Versions of one platform; all take the same driver and channel.

    ``probe`` is the read that tells them apart, None where there is only one.
    """

    name: str
    versions: tuple[Version, ...]
    probe: str | None = None

    @property
    def first(self) -> Platform:
        """The platform whose driver opens the session, before anybody knows the version."""
        return self.versions[0].platform

    def choose(self, said: str) -> Platform:
        """The platform of a device that answers the probe so.

        :raises Unsupported: when it is none of those that are known.
        """
        if self.probe is None:
            return self.first
        found = next((version.platform for version in self.versions if version.pattern.search(said)), None)
        if found is None:
            words = " ".join(said.split())[:120] or "nothing"
            known = ", ".join(version.platform.name for version in self.versions)
            raise Unsupported(f"'{self.probe}' says {words!r}, which is none of {known}; correct the router's platform, or ask for support")
        return found
