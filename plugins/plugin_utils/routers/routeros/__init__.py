"""MikroTik RouterOS 7 and 6. One language, two tables of menus: 6 has no WireGuard, another BGP and another NTP client."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..platform import Comparison, Platform
from ..state import RouterState
from .guard import guard
from .remedy import compare
from .running import READS, REFUSAL, Running, understand, whole

__all__ = ["ROUTEROS6", "ROUTEROS7"]


def _platform(major: int) -> Platform:
    def read(answers: Mapping[str, str]) -> Running:
        return understand(answers, major)

    def against(running: Running, state: RouterState) -> Comparison:
        return compare(running, state, major)

    return Platform(
        name=f"routeros{major}",
        driver="mikrotik_routeros",
        channel="exec",  # neither paging, nor log lines, nor the terminal's width
        reads=READS[major],
        understand=read,
        compare=against,
        whole=whole,
        refusal=REFUSAL,
        guard=guard(major),
        version=re.compile(r'^\s*version: "?(\d[^\s"]*)', re.MULTILINE),
    )


ROUTEROS7 = _platform(7)
ROUTEROS6 = _platform(6)
