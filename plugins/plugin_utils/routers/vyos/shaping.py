"""Video keeps under its ceiling on every line; the office is sure of the rest and may borrow all."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import RouterState
from .lines import Line, Words, node, under

_VIDEO = "10"  # the class


def shaping(state: RouterState, words: Words, occupied: frozenset[str]) -> Iterator[Line]:
    """A shaper a line. ``occupied`` are interfaces that have one of the office's own, which stays."""
    for one in state.shaping:
        name = f"MOTCUA-{one.line}"
        policy = (*words.shaper, name)
        yield from under(
            *policy, bandwidth=f"{one.line_kbps}kbit", default__bandwidth=f"{one.office_kbps}kbit",
            default__ceiling=f"{one.line_kbps}kbit", default__queue_type="fq-codel",
        )  # fmt: skip
        video = f"{one.video_kbps}kbit"
        yield from under(*policy, "class", _VIDEO, bandwidth=video, ceiling=video, queue_type="fq-codel")
        for tunnel in state.tunnels:
            if tunnel.line == one.line:
                yield from under(*policy, "class", _VIDEO, "match", tunnel.name, ip__destination__address=f"{tunnel.endpoint}/32")
        if one.interface not in occupied:
            at = ("qos", "interface", one.interface, "egress") if words.modern else (*node(one.interface), "traffic-policy", "out")
            yield Line((*at, name))
