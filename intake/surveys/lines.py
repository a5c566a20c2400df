"""What a survey measured on a site's lines, and what its router says -> what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..said import Said
from .facts import plain
from .file import LineFacts, Survey

COUNTED_DAYS = 7  # TT 06/2026/TT-BKHCN article 5.6 takes the 95th percentile over 7 days


def say_router(file: str, site: str, survey: Survey, said: Said) -> None:
    """Add what the router says over SSH."""
    if survey.router is not None:
        for key, text in survey.router.model_dump(exclude_none=True).items():
            # Over SSH the router says it better than to whoever asks from the LAN.
            said.values.pop((site, "router", key), None)
            said.say((site, "router", key), plain(text), f"{file}: router")


def say_lines(file: str, site: str, survey: Survey, raw: Mapping[str, Any], said: Said) -> None:
    """Add what was measured on each line; a line that people haven't written can't be made from a measurement."""
    known = raw.get("lines") or {}
    for name, facts in survey.lines.items():
        where = f"{file}: line '{name}'"
        line = name if name in known else next((key for key, one in known.items() if one.get("interface") == facts.interface), None)
        if line is None:
            said.remark(f"{where}: is not in the inventory; write its kind, provider and rate there and import this again")
            continue
        for key, value in _measured(where, facts, said).items():
            said.say((site, "lines", line, key), value, where)
        _remark_cgnat(where, facts, str(known[line].get("address")), said)


def _measured(where: str, facts: LineFacts, said: Said) -> dict[str, Any]:
    keys: tuple[str, ...] = ("up_mbps", "down_mbps", "rtt_ms", "loss_percent", "measured")
    if facts.p95_up_mbps is not None or facts.p95_down_mbps is not None:
        days = facts.counted_days or 0
        if days >= COUNTED_DAYS:
            keys += ("p95_up_mbps", "p95_down_mbps")
        else:
            said.remark(f"{where}: only {days:g} days were counted, not {COUNTED_DAYS}; the P95 was not taken")
    values = {key: getattr(facts, key) for key in keys if getattr(facts, key) is not None}
    return {key: int(value) if isinstance(value, float) and value.is_integer() else value for key, value in values.items()}


def _remark_cgnat(where: str, facts: LineFacts, written: str, said: Said) -> None:
    if facts.cgnat is None or facts.cgnat == (written == "cgnat"):
        return
    seen = f"is behind CGNAT ({facts.address or 'its address'} is seen as {facts.seen_as or 'another'})"
    found = seen if facts.cgnat else "isn't behind CGNAT"
    said.remark(f"{where}: {found}, but the inventory says {written}; nothing was changed, so correct it by hand")
