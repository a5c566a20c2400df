"""Video keeps under its ceiling on every line, and the office is sure of the rest (bandwidth is IOS' guarantee, shape its ceiling)."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import RouterState
from .grammar import Block, block


def maps(state: RouterState) -> Iterator[Block]:
    """Class map and policy maps: the inner one divides what the outer one lets through."""
    if state.shaping:
        yield block("class-map match-any MOTCUA-VIDEO", "match access-group name MOTCUA-VIDEO")
    for shaping in state.shaping:
        yield block(
            f"policy-map MOTCUA-{shaping.line}-CLASSES",
            block("class MOTCUA-VIDEO", f"shape average {shaping.video_kbps * 1000}"),
            block("class class-default", f"bandwidth {shaping.office_kbps}", "fair-queue"),
        )
        yield block(
            f"policy-map MOTCUA-{shaping.line}",
            block("class class-default", f"shape average {shaping.line_kbps * 1000}", f"service-policy MOTCUA-{shaping.line}-CLASSES"),
        )
