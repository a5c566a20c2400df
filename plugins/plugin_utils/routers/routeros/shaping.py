"""Mangle and queues: TCP fits into the tunnels, video stays in its class, load balancing of the office leaves tunnels alone."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import RouterState, RouterTunnel, Shaping
from .firewall import ENDPOINTS, HUBS
from .tunnels import LIST
from .wanted import Wanted, entry

MANGLE = "ip firewall mangle"
VIDEO = "motcua-video"
QUEUE = "motcua-fair"
# A flow's own queue for each of the office's connections, so that one download doesn't hold up the others.
QUEUE_KINDS = {7: "fq-codel", 6: "sfq"}


def marks(state: RouterState) -> Iterator[Wanted]:
    """Mangle rules, before any of the office's.

    Offices with two lines often share them out by marking routes; what is a tunnel's, inside or out, goes by the main table instead.
    """
    yield entry(MANGLE, "tunnel-out", chain="prerouting", action="accept", dst_address_list=HUBS)
    yield entry(MANGLE, "tunnel-in", chain="prerouting", action="accept", in_interface_list=LIST)
    yield entry(MANGLE, "tunnel-outer", chain="output", action="accept", dst_address_list=ENDPOINTS)
    lines = {line.name: line.interface for line in state.lines}
    seen = set()
    for tunnel in sorted(state.tunnels, key=lambda tunnel: tunnel.rank):
        yield _clamp(tunnel, f"mss-out-{tunnel.interface}", out_interface=tunnel.interface)
        if tunnel.kind == "wireguard":
            yield _clamp(tunnel, f"mss-in-{tunnel.interface}", in_interface=tunnel.interface)
        elif tunnel.line not in seen:  # tunnels over one line share their way in
            seen.add(tunnel.line)
            yield _clamp(
                tunnel, f"mss-in-line-{tunnel.line}", in_interface=lines[tunnel.line], ipsec_policy="in,ipsec", src_address_list=HUBS
            )
    for one in state.shaping:
        yield entry(
            MANGLE,
            f"video-{one.line}",
            chain="postrouting",
            action="mark-packet",
            new_packet_mark=VIDEO,
            passthrough="no",
            dst_address_list=ENDPOINTS,
            out_interface=one.interface,
        )


def _clamp(tunnel: RouterTunnel, name: str, **wished: str) -> Wanted:
    """MSS of a connection's first packets, lowered only: 65535 is the largest that TCP can name."""
    return entry(
        MANGLE,
        name,
        chain="forward",
        action="change-mss",
        new_mss=str(tunnel.mss_bytes),
        passthrough="yes",
        protocol="tcp",
        tcp_flags="syn",
        tcp_mss=f"{tunnel.mss_bytes + 1}-65535",
        **wished,
    )


def queues(state: RouterState, major: int) -> Iterator[Wanted]:
    """The line's rate, and below it two classes; what has no mark is the office's.

    Packets that FastTrack takes pass no queue. The office loses nothing by it: video's ceiling leaves its share free.
    The type stays also where nothing is shaped any more: a queue of the office's own may have come to use it.
    """
    yield entry("queue type", QUEUE, kind=QUEUE_KINDS[major])
    for one in state.shaping:
        yield from _classes(one)


def _classes(one: Shaping) -> Iterator[Wanted]:
    line = f"motcua-{one.line}"
    rate = {name: f"{getattr(one, name)}k" for name in ("line_kbps", "video_kbps", "office_kbps")}
    yield entry("queue tree", line, parent=one.interface, max_limit=rate["line_kbps"])
    yield entry(
        "queue tree",
        f"{line}-office",
        parent=line,
        packet_mark="no-mark",
        limit_at=rate["office_kbps"],
        max_limit=rate["line_kbps"],
        queue=QUEUE,
    )
    yield entry(
        "queue tree",
        f"{line}-video",
        parent=line,
        packet_mark=VIDEO,
        limit_at=rate["video_kbps"],
        max_limit=rate["video_kbps"],
        queue=QUEUE,
    )
