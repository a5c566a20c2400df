"""Wishes that would cut a site off: found in the wish itself, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network

from ..errors import ModelError
from .state import Opening, RouterState, RouterTunnel

IPV4_WIREGUARD_BYTES = 60  # what a packet grows by at least (IPv4 20, UDP 8, WireGuard 32); IPsec's is larger
TCP_HEADERS_BYTES = 40


def refuse_dangers(state: RouterState, ssh_port: int = 22) -> None:
    """Let a wish pass that keeps a way for us to the router.

    :raises ModelError: with all reasons in one sentence, when it doesn't.
    """
    found = tuple(dangers(state, ssh_port))
    if found:
        raise ModelError(f"{state.host}: this wish would cut the site off: {'; '.join(found)}; nothing was sent")


def dangers(state: RouterState, ssh_port: int = 22) -> Iterator[str]:
    """Each reason why nobody would reach the router any more, or the office would lose its network, with what to correct."""
    yield from _ways(state)
    yield from _overlaps(state)
    yield from _sizes(state)
    yield from _logins(state, ssh_port)


def _ways(state: RouterState) -> Iterator[str]:
    complete = [tunnel for tunnel in state.tunnels if tunnel.kind != "wireguard" or tunnel.hub_public_key is not None]
    if not state.tunnels:
        yield "it has no tunnel; give the site a line that leads to a hub"
    elif not complete:
        yield "no hub's public key is known yet; roll out the centre first (-l hubs)"
    lines = {line.name for line in state.lines}
    for tunnel in state.tunnels:
        if tunnel.line not in lines:
            yield f"tunnel {tunnel.name} goes over the line {tunnel.line}, which the site doesn't have"
    for what in ("slot", "interface", "address"):
        values = [getattr(tunnel, what) for tunnel in state.tunnels]
        for value in sorted({str(value) for value in values if values.count(value) > 1}):
            yield f"two tunnels have the {what} {value}"
    for network in state.management:
        if state.tunnels and not any(_within(network, tunnel.reachable) for tunnel in state.tunnels):
            yield f"no tunnel leads back to the management network {network}"
    if state.routing.mode == "bgp" and state.translate.outside not in state.routing.networks:
        yield f"the site's prefix {state.translate.outside} isn't announced to the hubs"


def _overlaps(state: RouterState) -> Iterator[str]:
    lan, outside = state.lan.address.network, state.translate.outside
    if outside.prefixlen != state.translate.inside.prefixlen:
        yield f"{state.translate.inside} and {outside} aren't of one size, so addresses can't be translated one to one"
    if outside.overlaps(lan):
        yield f"the site's prefix {outside} overlaps its LAN {lan}"
    for tunnel in state.tunnels:
        yield from _overlaps_of(tunnel, lan, outside)
    for line in state.lines:
        if line.gateway is not None and line.gateway in lan:
            yield f"the gateway {line.gateway} of line {line.name} lies in the LAN {lan}"


def _overlaps_of(tunnel: RouterTunnel, lan: IPv4Network, outside: IPv4Network) -> Iterator[str]:
    for network in tunnel.reachable:
        if network.overlaps(lan):
            yield f"{network} behind tunnel {tunnel.name} overlaps the LAN {lan}"
        if network.overlaps(outside):
            yield f"{network} behind tunnel {tunnel.name} overlaps the site's prefix {outside}"
        if tunnel.endpoint in network:
            yield f"the endpoint {tunnel.endpoint} of tunnel {tunnel.name} would be looked for within the tunnel itself, in {network}"
    for address, what in ((tunnel.address, "address"), (tunnel.hub_address, "hub's address"), (tunnel.endpoint, "endpoint")):
        if address in lan:
            yield f"the {what} {address} of tunnel {tunnel.name} lies in the LAN {lan}"


def _sizes(state: RouterState) -> Iterator[str]:
    """A tunnel that is larger than its line swallows every full packet: SSH would log in and then stand still."""
    mtu = {line.name: line.mtu for line in state.lines}
    for tunnel in state.tunnels:
        room = mtu.get(tunnel.line, tunnel.mtu + IPV4_WIREGUARD_BYTES) - IPV4_WIREGUARD_BYTES
        if tunnel.mtu > room:
            yield f"tunnel {tunnel.name} has an MTU of {tunnel.mtu} bytes where line {tunnel.line} leaves {room}"
        if tunnel.mss_bytes > tunnel.mtu - TCP_HEADERS_BYTES:
            yield f"tunnel {tunnel.name} clamps TCP to {tunnel.mss_bytes} bytes where {tunnel.mtu - TCP_HEADERS_BYTES} fit in"


def _logins(state: RouterState, ssh_port: int) -> Iterator[str]:
    if not state.services.get("ssh", False):
        yield "ssh would be off; leave services.ssh on"
    if not state.management:
        yield "no network may reach ssh; give the centre its controllers"
    openings = [opening for opening in state.firewall.input if _for_ssh(opening, ssh_port)]
    for network in state.management:
        if not any(_within(network, opening.sources) for opening in openings):
            yield f"the firewall opens port {ssh_port} of the router in no tunnel for {network}"
        if not any(_lets_in(account.sources, network) for account in state.accounts if account.role == "admin"):
            yield f"no administrator's account may log in from {network}"
    if not any(account.keys or account.password for account in state.accounts if account.role == "admin"):
        yield "no administrator's account has a key or a password"


def _for_ssh(opening: Opening, ssh_port: int) -> bool:
    return opening.came_in == "tunnel" and opening.protocol == "tcp" and ssh_port in opening.ports


def _lets_in(sources: Iterable[IPv4Network], network: IPv4Network) -> bool:
    """No sources at all are no limit."""
    allowed = tuple(sources)
    return not allowed or _within(network, allowed)


def _within(network: IPv4Network, wider: Iterable[IPv4Network]) -> bool:
    return any(network.subnet_of(one) for one in wider)
