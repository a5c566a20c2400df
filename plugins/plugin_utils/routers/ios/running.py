"""What the answers of an IOS router say, without any secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from ..platform import Standing, hide
from .grammar import Block, hidden, lines_of, parse

READS = ("show version", "show running-config", "show cdp", "show snmp user")

_VERSION = re.compile(r"Version (\d+)\.(\d+)")


@dataclass(frozen=True)
class Running:
    """``gcm``: this version has AES-GCM for IKEv2. SNMP users aren't in the configuration; None where the box doesn't tell them."""

    blocks: tuple[Block, ...]
    gcm: bool
    cdp: bool
    snmp_users: frozenset[str] | None

    def under(self, heading: str) -> tuple[str, ...]:
        """The lines directly under a heading; none where it isn't there."""
        return tuple(inner.text for block in self.blocks if block.text == heading for inner in block.inside)

    def having(self, prefix: str) -> tuple[str, ...]:
        """The lines of the first level that begin so."""
        return tuple(block.text for block in self.blocks if block.text.startswith(prefix))

    @property
    def archive(self) -> bool:
        """Whether an archive keeps copies, which the revert timer needs."""
        return any(line.startswith("path ") for line in self.under("archive"))


def understand(answers: Mapping[str, str]) -> Running:
    """The answers to READS.

    :raises Garbled: when the configuration breaks off.
    """
    users = answers.get("show snmp user", "%")
    cdp = answers.get("show cdp", "")
    return Running(
        blocks=tuple(map(hidden, parse(answers["show running-config"]))),
        gcm=_has_gcm(answers.get("show version", "")),
        # "% CDP is not enabled"; a box that doesn't know the command has none.
        cdp="Global CDP information" in cdp or "Sending CDP packets" in cdp,
        snmp_users=None if users.lstrip().startswith("%") else frozenset(re.findall(r"User name: *(\S+)", users)),
    )


def whole(answers: Mapping[str, str], standing: Standing = hide) -> str:
    """The running configuration without secrets, times of its last change and its size."""
    return lines_of([hidden(block, standing) for block in parse(answers["show running-config"])])


def _has_gcm(version: str) -> bool:
    """IKEv2 learned AES-GCM with 15.4(2)T and IOS-XE 3.12, which calls itself 15.4 too."""
    found = _VERSION.search(version)
    return found is not None and (int(found[1]), int(found[2])) >= (15, 4)
