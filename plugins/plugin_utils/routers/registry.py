"""Which platforms there are, by the names that an inventory has for them."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import ModelError
from .family import Family, Version
from .fortios import FORTIOS
from .ios import IOS, IOS_RELOAD
from .junos import JUNOS
from .openwrt import OPENWRT
from .platform import Platform
from .routeros import ROUTEROS6, ROUTEROS7
from .vyos import VYOS13, VYOS14


def _alone(platform: Platform) -> Family:
    return Family(platform.name, (Version(re.compile(""), platform),))


FAMILIES: Mapping[str, Family] = {
    "routeros": Family(
        "routeros",
        (Version(re.compile(r"version: \"?7\."), ROUTEROS7), Version(re.compile(r"version: \"?6\."), ROUTEROS6)),
        "/system resource print",
    ),
    # An archive with a path is what the revert timer rolls back to.
    "ios": Family(
        "ios",
        (Version(re.compile(r"^archive\n(?: .*\n)*? path \S", re.MULTILINE), IOS), Version(re.compile(r"^end$", re.MULTILINE), IOS_RELOAD)),
        "show running-config",
    ),
    "vyos": Family(
        "vyos",
        # Rolling releases are called by their year, and speak as 1.4 does.
        (Version(re.compile(r"Version: +VyOS 1\.3"), VYOS13), Version(re.compile(r"Version: +VyOS (?:1\.[45]|20\d\d|999)"), VYOS14)),
        "show version",
    ),
    "openwrt": _alone(OPENWRT),
    # Read and compared only.
    "fortios": _alone(FORTIOS),
    "junos": _alone(JUNOS),
}


def family_named(name: str) -> Family:
    """The platform that the inventory names.

    :raises ModelError: when motcua has no command line for it.
    """
    if name not in FAMILIES:
        raise ModelError(f"platform: {name!r} is none of {', '.join(FAMILIES)}; correct it, or take its work sheet (playbooks/stage.yml)")
    return FAMILIES[name]
