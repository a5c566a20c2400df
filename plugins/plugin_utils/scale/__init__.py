"""From a province to a nation on paper: hubs, recorders, addresses, audits and their cost, from assumptions that anybody may change."""

from .assumptions import FILE, Assumptions, read
from .simulation import Addresses, Audit, Centre, Cost, addresses, audits, centre, cost, lane_seconds, reading_seconds

__all__ = [
    "FILE",
    "Addresses",
    "Assumptions",
    "Audit",
    "Centre",
    "Cost",
    "addresses",
    "audits",
    "centre",
    "cost",
    "lane_seconds",
    "read",
    "reading_seconds",
]
