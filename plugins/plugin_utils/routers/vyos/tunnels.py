"""The tunnels: WireGuard, or IKEv2 with a pre-shared key to a virtual tunnel interface."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from ...secrets import wireguard_public_key
from ..state import RouterState, RouterTunnel
from .grammar import HIDDEN, public
from .lines import Line, Words, hidden_line, interface, under

KEY_FOLDER = "/config/auth/wireguard"  # VyOS 1.3 keeps private keys in files there


def tunnels(state: RouterState, words: Words) -> Iterator[Line]:
    """Every tunnel, and the groups that all IPsec ones share."""
    for tunnel in state.tunnels:
        yield from _wireguard(tunnel, words) if tunnel.kind == "wireguard" else _ipsec(state, tunnel, words)
    if any(tunnel.kind == "ipsec" for tunnel in state.tunnels):
        yield from _groups(words)


def _interface(tunnel: RouterTunnel, words: Words, *root: str) -> Iterator[Line]:
    yield from under(*root, address=f"{tunnel.address}/32", description=f"motcua:{tunnel.name}", mtu=tunnel.mtu)
    if words.modern:
        yield from under(*root, ip__adjust_mss=tunnel.mss_bytes)
    else:
        yield from under("firewall", "options", "interface", interface(tunnel), adjust_mss=tunnel.mss_bytes)


def _wireguard(tunnel: RouterTunnel, words: Words) -> Iterator[Line]:
    root = ("interfaces", "wireguard", interface(tunnel))
    yield from _interface(tunnel, words, *root)
    yield _private_key(tunnel, words, *root)
    yield from under(
        *root,
        "peer",
        tunnel.name,
        address=tunnel.endpoint,
        port=tunnel.port,
        allowed_ips=tunnel.reachable,
        persistent_keepalive=tunnel.keepalive_seconds,
    )
    if tunnel.hub_public_key is not None:
        yield Line((*root, "peer", tunnel.name, words.public_key, tunnel.hub_public_key))


def _private_key(tunnel: RouterTunnel, words: Words, *root: str) -> Line:
    """1.4 has the key itself, and prints it; 1.3 has the name of its file, which we take from the public key so that it changes with it."""
    value = tunnel.secret.value
    if value is None:
        return Line((*root, "private-key", HIDDEN), tunnel.secret)
    if words.modern:
        return Line((*root, "private-key", public(value)), tunnel.secret)
    return Line((*root, "private-key", key_name(value)), tunnel.secret)


def key_name(private_key: str) -> str:
    """The name of a key file, which tells one key from another and nothing else about it."""
    return f"motcua-{hashlib.sha256(wireguard_public_key(private_key).encode()).hexdigest()[:16]}"


def _ipsec(state: RouterState, tunnel: RouterTunnel, words: Words) -> Iterator[Line]:
    yield from _interface(tunnel, words, "interfaces", "vti", interface(tunnel))
    line = next(one for one in state.lines if one.name == tunnel.line)
    yield Line((*words.ipsec_interface, line.interface))
    name = f"motcua-{tunnel.name}" if words.modern else str(tunnel.endpoint)
    peer = ("vpn", "ipsec", "site-to-site", "peer", name)
    if words.modern:
        psk = ("vpn", "ipsec", "authentication", "psk", name)
        yield from under(*psk, id=(tunnel.local_id, tunnel.remote_id))
        yield hidden_line(*psk, "secret", secret=tunnel.secret)
        yield from under(*peer, authentication__local_id=tunnel.local_id, remote_address=tunnel.endpoint)
    else:
        # The "@" says that an identity is a name and not an address (strongSwan).
        yield from under(*peer, authentication__id=f"@{tunnel.local_id}")
        yield hidden_line(*peer, "authentication", "pre-shared-secret", secret=tunnel.secret)
    yield from under(
        *peer,
        authentication__mode="pre-shared-secret",
        authentication__remote_id=tunnel.remote_id if words.modern else f"@{tunnel.remote_id}",
        connection_type="initiate",
        description=f"motcua:{tunnel.name}",
        ike_group="MOTCUA",
        local_address="any",
        vti__bind=interface(tunnel),
        vti__esp_group="MOTCUA",
    )


def _groups(words: Words) -> Iterator[Line]:
    """AES-256-GCM with ECP-256; the hubs accept it first."""
    ipsec = ("vpn", "ipsec")
    yield from under(
        *ipsec, "ike-group", "MOTCUA", key_exchange="ikev2", lifetime=28800, dead_peer_detection__action="restart",
        dead_peer_detection__interval=10, dead_peer_detection__timeout=60,
        close_action="start" if words.modern else "restart",
    )  # fmt: skip
    yield from under(*ipsec, "ike-group", "MOTCUA", "proposal", "10", dh_group=19, encryption="aes256gcm128", hash="sha256")
    yield from under(*ipsec, "esp-group", "MOTCUA", lifetime=3600, mode="tunnel", pfs="dh-group19")
    yield from under(*ipsec, "esp-group", "MOTCUA", "proposal", "10", encryption="aes256gcm128", hash="sha256")
