"""Both kinds of tunnels, and how a packet comes to the line that its tunnel goes over.

An IPsec tunnel of RouterOS is a set of policies and no interface. It gets an empty bridge, named as the wish names its interface: routes
point there, rules match there, and what no policy takes is lost there instead of leaving in clear text.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ...errors import Unsupported
from ..state import RouterState, RouterTunnel
from .wanted import Wanted, entry, slug

LIST = "motcua-tunnels"
PROFILE = "motcua"
DPD_SECONDS = 10


def tunnels(state: RouterState, version: tuple[int, int]) -> Iterator[Wanted]:
    """Interfaces, peers and policies; the tunnel that is taken first comes last, because it may be the one that we come by.

    :raises Unsupported: for WireGuard on RouterOS 6, and for IPsec before 6.44, whose menus were others.
    """
    kinds = {tunnel.kind for tunnel in state.tunnels}
    if "wireguard" in kinds and version < (7, 0):
        raise Unsupported(f"{state.host}: RouterOS {version[0]}.{version[1]} has no WireGuard; plan IPsec for its lines, or update it to 7")
    if "ipsec" in kinds and version < (6, 44):
        raise Unsupported(f"{state.host}: RouterOS {version[0]}.{version[1]} has no IPsec identities; update it to 6.49 or 7")
    yield entry("interface list", "tunnels", name=LIST)
    if "ipsec" in kinds:
        yield from _algorithms()
    last = sorted(state.tunnels, key=lambda tunnel: -tunnel.rank)
    yield from _endpoints(state, last)
    for tunnel in last:
        yield from _wireguard(tunnel) if tunnel.kind == "wireguard" else _ipsec(state, tunnel)


def _endpoints(state: RouterState, ordered: list[RouterTunnel]) -> Iterator[Wanted]:
    """Each hub's end is reached over the tunnel's own line, where that has a fixed gateway."""
    gateways = {line.name: line.gateway for line in state.lines}
    routed = {}
    for tunnel in ordered:
        gateway = gateways.get(tunnel.line)
        if gateway is not None:
            routed[tunnel.endpoint] = entry(
                "ip route", f"endpoint-{tunnel.endpoint}", tunnel.name, dst_address=f"{tunnel.endpoint}/32", gateway=str(gateway)
            )
    yield from routed.values()


def _interface(tunnel: RouterTunnel) -> Iterator[Wanted]:
    """The tunnel's own address, with the hub's as its other end, and its place in the list that all rules name."""
    name = tunnel.interface
    yield entry("interface list member", name, tunnel.name, interface=tunnel.interface, list=LIST)
    yield entry(
        "ip address", name, tunnel.name, address=f"{tunnel.address}/32", interface=tunnel.interface, network=str(tunnel.hub_address)
    )


def _wireguard(tunnel: RouterTunnel) -> Iterator[Wanted]:
    name = tunnel.interface
    yield entry("interface wireguard", name, tunnel.name, name=tunnel.interface, mtu=str(tunnel.mtu), private_key=tunnel.secret)
    yield from _interface(tunnel)
    if tunnel.hub_public_key is not None:
        yield entry(
            "interface wireguard peers",
            name,
            tunnel.name,
            interface=tunnel.interface,
            public_key=tunnel.hub_public_key,
            endpoint_address=str(tunnel.endpoint),
            endpoint_port=str(tunnel.port),
            allowed_address=",".join(map(str, _reachable(tunnel))),
            persistent_keepalive=f"{tunnel.keepalive_seconds}s",
        )


def _reachable(tunnel: RouterTunnel) -> list[IPv4Network]:
    return sorted({IPv4Network(tunnel.hub_address), *tunnel.reachable})


def _algorithms() -> Iterator[Wanted]:
    yield entry(
        "ip ipsec profile",
        PROFILE,
        dh_group="ecp256,modp2048",
        enc_algorithm="aes-256",
        hash_algorithm="sha256",
        dpd_interval=f"{DPD_SECONDS}s",
        dpd_maximum_failures="3",
    )
    yield entry(
        "ip ipsec proposal", PROFILE, auth_algorithms="sha256", enc_algorithms="aes-256-gcm,aes-256-cbc", pfs_group="ecp256", lifetime="1h"
    )


def _ipsec(state: RouterState, tunnel: RouterTunnel) -> Iterator[Wanted]:
    name, peer = tunnel.interface, f"motcua-{tunnel.interface}"
    yield entry("interface bridge", name, tunnel.name, name=tunnel.interface, protocol_mode="none")
    yield from _interface(tunnel)
    yield entry("ip ipsec peer", peer, tunnel.name, address=f"{tunnel.endpoint}/32", exchange_mode="ike2", profile=PROFILE)
    yield entry(
        "ip ipsec identity",
        slug(tunnel.secret.name),  # another secret is another entry: what an identity holds can't be read
        tunnel.name,
        peer=peer,
        secret=tunnel.secret,
        my_id=f"fqdn:{tunnel.local_id}",
        remote_id=f"fqdn:{tunnel.remote_id}",
    )
    yield from _policies(state, tunnel, peer)


def _policies(state: RouterState, tunnel: RouterTunnel, peer: str) -> Iterator[Wanted]:
    # Two enabled policies of the same packets are one too many: where there is a choice, routes.py's follower turns on what is to be on.
    first = min(other.rank for other in state.tunnels)
    for source, kind in ((IPv4Network(tunnel.address), "own"), (state.translate.outside, "carry")):
        for network in _reachable(tunnel):
            waits = kind == "carry" and tunnel.rank > first and network in others(tunnel)
            yield entry(
                "ip ipsec policy",
                policy_name(tunnel, kind, network),
                tunnel.name,
                peer=peer,
                tunnel="yes",
                src_address=str(source),
                dst_address=str(network),
                proposal=PROFILE,
                level="unique",
                **({"disabled": "yes"} if waits else {}),
            )


def others(tunnel: RouterTunnel) -> list[IPv4Network]:
    """What lies behind the hub; its own end is there by the tunnel's address."""
    return [network for network in tunnel.reachable if network != IPv4Network(tunnel.hub_address)]


def policy_name(tunnel: RouterTunnel, kind: str, network: IPv4Network) -> str:
    """``own``: from the tunnel's own address, always on. ``carry``: from the site's prefix, on while the route leads here."""
    return f"{kind}-{tunnel.interface}-{network}"
