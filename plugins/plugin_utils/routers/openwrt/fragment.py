"""What fw4 has no option for, as a fragment of its table: prefix translation, silent cameras, segment size, video's class.

fw4 includes ``/etc/nftables.d/*.nft`` inside ``table inet fw4``. Each chain hooks in by itself, a little before fw4's own: a drop there is
final, a translation there is the connection's first, so that a masquerade of the box comes too late for a tunnel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..state import RouterState, RouterTunnel
from .network import interface_name
from .places import Places

MARK = "# motcua: what is changed here by hand is overwritten"
VIDEO_CLASS = "1:10"


def fragment(state: RouterState, tunnels: tuple[RouterTunnel, ...], places: Places) -> str:
    """The whole file."""
    chains = [_prerouting(state, tunnels), _postrouting(state, tunnels, places), _cameras(state), _segment_size(tunnels)]
    chains.append(_video(state, tunnels, places))
    return "\n".join([MARK, *(line for chain in chains for line in chain)]) + "\n"


def _chain(name: str, hook: str, rules: Iterable[str]) -> Iterator[str]:
    lines = list(rules)
    if lines:
        yield from (f"chain motcua_{name} {{", f"\ttype {hook}; policy accept;", *(f"\t{line}" for line in lines), "}")


def _devices(tunnels: Iterable[RouterTunnel]) -> str:
    return _set(f'"{interface_name(tunnel)}"' for tunnel in tunnels)


def _set(values: Iterable[object]) -> str:
    return "{ " + ", ".join(map(str, values)) + " }"


def _prerouting(state: RouterState, tunnels: tuple[RouterTunnel, ...]) -> Iterator[str]:
    inside, outside = state.translate.inside, state.translate.outside
    rule = f"iifname {_devices(tunnels)} ip daddr {outside} dnat ip prefix to ip daddr map {{ {outside} : {inside} }}"
    return _chain("prerouting", "nat hook prerouting priority dstnat - 5", [rule] if tunnels else [])


def _postrouting(state: RouterState, tunnels: tuple[RouterTunnel, ...], places: Places) -> Iterator[str]:
    inside, outside, devices = state.translate.inside, state.translate.outside, _devices(tunnels)
    rules = [
        f'iifname {devices} oifname "{places.lan.device}" snat ip to {state.translate.source}',
        f"oifname {devices} ip saddr {inside} snat ip prefix to ip saddr map {{ {inside} : {outside} }}",
    ]
    return _chain("postrouting", "nat hook postrouting priority srcnat - 5", rules if tunnels else [])


def _cameras(state: RouterState) -> Iterator[str]:
    rules = [f"ct state new ip saddr {_set(state.firewall.cameras)} drop"] if state.firewall.cameras else []
    return _chain("cameras", "filter hook forward priority filter - 5", rules)


def _segment_size(tunnels: tuple[RouterTunnel, ...]) -> Iterator[str]:
    # The kernel only ever lowers a segment size by this, never raises one.
    sizes = sorted({tunnel.mss_bytes for tunnel in tunnels})
    rules = [
        f"{way} {_devices(one for one in tunnels if one.mss_bytes == size)} tcp flags syn tcp option maxseg size set {size}"
        for size in sizes
        for way in ("iifname", "oifname")
    ]
    return _chain("segment_size", "filter hook forward priority mangle", rules)


def _video(state: RouterState, tunnels: tuple[RouterTunnel, ...], places: Places) -> Iterator[str]:
    """A tunnel's packets on its line are video's class; what else leaves there is the office's."""
    rules = []
    for shape in state.shaping:
        ends = sorted({tunnel.endpoint for tunnel in tunnels if tunnel.line == shape.line})
        if ends:
            device = places.lines[shape.line].device
            rules.append(f'oifname "{device}" ip daddr {_set(ends)} meta priority set {VIDEO_CLASS}')
    return _chain("video", "filter hook postrouting priority mangle", rules)
