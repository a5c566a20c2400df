"""The tunnels: IKEv2 with a pre-shared key to a virtual tunnel interface, a session per line and hub."""

from __future__ import annotations

from collections.abc import Iterator

from ...errors import ModelError
from ..state import RouterState, RouterTunnel
from .grammar import HIDDEN, Block, block
from .running import Running

FIRST_TUNNEL = 640  # our own range, so that no office's Tunnel0 is in the way
BFD_MAX_MS = 999  # the longest interval that every release takes


def number(tunnel: RouterTunnel) -> int:
    """The number of its interface, route map, probe and tracked object."""
    return FIRST_TUNNEL + tunnel.slot


def name(tunnel: RouterTunnel) -> str:
    """The name of its interface."""
    return f"Tunnel{number(tunnel)}"


def refuse_wireguard(state: RouterState) -> None:
    """Let a wish pass that has IPsec alone.

    :raises ModelError: when it has WireGuard, which IOS can't.
    """
    found = sorted(tunnel.name for tunnel in state.tunnels if tunnel.kind == "wireguard")
    if found:
        raise ModelError(f"{state.host}: IOS has no WireGuard, which {', '.join(found)} would be; set tunnel: ipsec for its lines")


def crypto(state: RouterState, running: Running) -> Iterator[Block]:
    """Proposals and profiles. The hubs accept all of them; AES-CBC stands in where a version has no AES-GCM."""
    if not state.tunnels:
        return
    ike = ("encryption aes-gcm-256", "prf sha256") if running.gcm else ("encryption aes-cbc-256", "integrity sha256")
    esp = "esp-gcm 256" if running.gcm else "esp-aes 256 esp-sha256-hmac"
    yield block("crypto ikev2 proposal MOTCUA", *ike, "group 19")
    yield block("crypto ikev2 policy MOTCUA", "proposal MOTCUA")
    for tunnel in state.tunnels:
        yield _keyring(tunnel)
    for tunnel in state.tunnels:
        yield block(
            f"crypto ikev2 profile MOTCUA-{tunnel.name}",
            f"match identity remote fqdn {tunnel.remote_id}",
            f"identity local fqdn {tunnel.local_id}",
            "authentication remote pre-share",
            "authentication local pre-share",
            f"keyring local MOTCUA-{tunnel.name}",
            "dpd 10 3 periodic",
        )
    yield block(f"crypto ipsec transform-set MOTCUA {esp}", "mode tunnel")
    for tunnel in state.tunnels:
        yield block(
            f"crypto ipsec profile MOTCUA-{tunnel.name}",
            "set transform-set MOTCUA",
            "set pfs group19",
            f"set ikev2-profile MOTCUA-{tunnel.name}",
        )


def _keyring(tunnel: RouterTunnel) -> Block:
    key = block(f"pre-shared-key {HIDDEN}", secrets=(tunnel.secret,))
    return block(
        f"crypto ikev2 keyring MOTCUA-{tunnel.name}",
        block(f"peer {tunnel.name}", f"address {tunnel.endpoint}", f"identity fqdn {tunnel.remote_id}", key),
    )


def interfaces(state: RouterState) -> Iterator[Block]:
    """The interfaces, the best tunnel last: it is likely the one that carries us.

    A point-to-point interface takes a single host's address. That every release has BFD on a tunnel is unproven; one that hasn't refuses
    the line, and the change is undone.
    """
    lines = {line.name: line for line in state.lines}
    for tunnel in sorted(state.tunnels, key=lambda one: -one.rank):
        interval = min(state.routing.bfd_interval_ms, BFD_MAX_MS)
        bfd = (f"bfd interval {interval} min_rx {interval} multiplier {state.routing.bfd_multiplier}",)
        yield block(
            f"interface {name(tunnel)}",
            f"description motcua:{tunnel.name}",
            f"ip address {tunnel.address} 255.255.255.255",
            f"ip mtu {tunnel.mtu}",
            "ip nat outside",
            "ip access-group MOTCUA-TUNNEL in",
            f"ip tcp adjust-mss {tunnel.mss_bytes}",
            f"tunnel source {lines[tunnel.line].interface}",
            "tunnel mode ipsec ipv4",
            f"tunnel destination {tunnel.endpoint}",
            f"tunnel protection ipsec profile MOTCUA-{tunnel.name}",
            *(bfd if state.routing.bfd and state.routing.mode == "bgp" else ()),
        )
