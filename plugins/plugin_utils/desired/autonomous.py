"""The numbers by which routers know each other in BGP. All are private: RFC 6996."""

from __future__ import annotations

from ..model import Province

FIRST_HUB, FIRST_SITE = 64901, 4_200_000_000
KEEPALIVE_SECONDS, HOLD_SECONDS = 10, 30
BFD_INTERVAL_MS, BFD_MULTIPLIER = 1000, 3


def hub_asn(province: Province, hub: str) -> int:
    """A hub's number. Each has its own, so that what it only passes on has a longer path than what is its own."""
    return FIRST_HUB + province.hubs().index(hub)


def site_asn(number: int) -> int:
    """A site's, from its stable number."""
    return FIRST_SITE + number


TIMERS = {
    "keepalive_seconds": KEEPALIVE_SECONDS,
    "hold_seconds": HOLD_SECONDS,
    "bfd": True,
    "bfd_interval_ms": BFD_INTERVAL_MS,
    "bfd_multiplier": BFD_MULTIPLIER,
}
