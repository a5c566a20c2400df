"""Which tunnel a packet takes: BGP, or static routes that ask the hub's end whether it lives."""

from __future__ import annotations

from collections.abc import Iterator

from ..state import Neighbor, RouterState, RouterTunnel
from .tunnels import others, policy_name
from .wanted import Value, Wanted, entry

ANNOUNCED = "motcua-announced"
OUT = "motcua-out"
FOLLOWER = "motcua-follow"
FOLLOW_SECONDS = 3
BFD_SINCE, INSTANCE_SINCE = (7, 11), (7, 20)  # RouterOS 7 had no BFD at first, and moved router-id into an instance later
OWN_PREFERENCE, PASSED_ON_LESS, LESS_A_RANK = 300, 100, 10


def routes(state: RouterState, version: tuple[int, int]) -> Iterator[Wanted]:
    """Routes into the tunnels, and what keeps IPsec's policies in step with them."""
    if state.routing.mode == "static":
        yield from _static(state)
    elif version >= (7, 0):
        yield from _announced(state)
        yield from _bgp_7(state, version)
    else:
        yield from _bgp_6(state)
    if len(state.tunnels) > 1 and any(tunnel.kind == "ipsec" for tunnel in state.tunnels):
        yield _follower(state)


def _static(state: RouterState) -> Iterator[Wanted]:
    for tunnel in state.tunnels:
        for network in others(tunnel):
            yield entry(
                "ip route",
                f"{tunnel.interface}-{network}",
                tunnel.name,
                dst_address=str(network),
                gateway=str(tunnel.hub_address),
                distance=str(tunnel.rank + 1),  # 0 is for the router's own networks
                check_gateway="ping",
            )


def _follower(state: RouterState) -> Wanted:
    """A policy takes its packets whatever their route, so a small script keeps it on only while the route leads into its tunnel."""
    lines = []
    for tunnel in state.tunnels:
        if tunnel.kind == "ipsec":
            for network in others(tunnel):
                policy = f'[/ip ipsec policy find comment="motcua:{policy_name(tunnel, "carry", network)}"]'
                lines += [
                    f":local leads ([:len [/ip route find where active and dst-address={network} and gateway={tunnel.hub_address}]] > 0)",
                    f":if ([/ip ipsec policy get {policy} disabled] = $leads) do={{ /ip ipsec policy set {policy} disabled=(!$leads) }}",
                ]
    script = "".join(f"{{ {one}\n{two} }}\n" for one, two in zip(lines[::2], lines[1::2], strict=True))
    return entry("system scheduler", FOLLOWER, interval=f"{FOLLOW_SECONDS}s", policy="read,write,test", on_event=script.rstrip())


def _announced(state: RouterState) -> Iterator[Wanted]:
    """RouterOS 7 announces what a list names and the table has. The site's prefix is nobody's interface, so it leads nowhere."""
    for network in state.routing.networks:
        yield entry("ip firewall address-list", f"announced-{network}", list=ANNOUNCED, address=str(network))
        yield entry("ip route", f"announced-{network}", blackhole=None, dst_address=str(network))


def _bgp_7(state: RouterState, version: tuple[int, int]) -> Iterator[Wanted]:
    routing = state.routing
    tunnels = {tunnel.name: tunnel for tunnel in state.tunnels}
    announced = " || ".join(f"dst == {network}" for network in routing.networks)
    yield entry("routing filter rule", "out", chain=OUT, rule=f"if ({announced}) {{ accept }}")
    yield entry("routing filter rule", "out-end", chain=OUT, rule="reject")
    if version >= INSTANCE_SINCE:
        yield entry("routing bgp instance", "motcua", **{"as": str(routing.asn)}, router_id=str(routing.router_id))
    bfd = routing.bfd and version >= BFD_SINCE
    for neighbor in sorted(routing.neighbors, key=lambda one: -tunnels[one.tunnel].rank):
        tunnel = tunnels[neighbor.tunnel]
        yield from _preferences_7(neighbor, tunnel)
        if bfd:
            interval = f"{routing.bfd_interval_ms}ms"
            yield entry(
                "routing bfd configuration",
                tunnel.interface,
                addresses=f"{neighbor.address}/32",
                min_tx=interval,
                min_rx=interval,
                multiplier=str(routing.bfd_multiplier),
            )
        yield _connection(state, neighbor, tunnel, bfd=bfd, instance=version >= INSTANCE_SINCE)


def _preferences_7(neighbor: Neighbor, tunnel: RouterTunnel) -> Iterator[Wanted]:
    """A chain's own end rejects: what isn't behind the hub isn't taken."""
    inside = " || ".join(f"dst in {network}" for network in others(tunnel))
    own = OWN_PREFERENCE - LESS_A_RANK * neighbor.rank
    for name, condition, preference in (("own", f"({inside}) && bgp-path-len < 2", own), ("passed-on", inside, own - PASSED_ON_LESS)):
        yield entry(
            "routing filter rule",
            f"in-{tunnel.interface}-{name}",
            chain=f"motcua-in-{tunnel.interface}",
            rule=f"if ({condition}) {{ set bgp-local-pref {preference}; accept }}",
        )
    yield entry("routing filter rule", f"in-{tunnel.interface}-end", chain=f"motcua-in-{tunnel.interface}", rule="reject")


def _connection(state: RouterState, neighbor: Neighbor, tunnel: RouterTunnel, *, bfd: bool, instance: bool) -> Wanted:
    routing = state.routing
    dotted: dict[str, Value] = {
        "local.address": str(tunnel.address),
        "local.role": "ebgp",
        "remote.address": f"{neighbor.address}/32",
        "remote.as": str(neighbor.asn),
        "input.filter": f"motcua-in-{tunnel.interface}",
        "output.filter-chain": OUT,
        "output.network": ANNOUNCED,
    }
    dotted |= {"instance": "motcua"} if instance else {"as": str(routing.asn), "router-id": str(routing.router_id)}
    dotted |= {"use-bfd": "yes"} if bfd else {}
    return entry(
        "routing bgp connection",
        tunnel.interface,
        tunnel.name,
        name=f"motcua-{tunnel.interface}",
        hold_time=f"{routing.hold_seconds}s",
        keepalive_time=f"{routing.keepalive_seconds}s",
        **dotted,
    )


def _bgp_6(state: RouterState) -> Iterator[Wanted]:
    """BGP of RouterOS 6. It has BFD too, but nobody here has seen it run with a Linux hub: failover takes its hold time."""
    routing = state.routing
    tunnels = {tunnel.name: tunnel for tunnel in state.tunnels}
    for network in routing.networks:
        yield entry("routing bgp network", str(network), network=str(network), synchronize="no")
        yield entry("routing filter", f"out-{network}", chain=OUT, prefix=str(network), action="accept")
    yield entry("routing filter", "out-end", chain=OUT, action="discard")
    yield entry("routing bgp instance", "motcua", **{"as": str(routing.asn)}, router_id=str(routing.router_id))
    for neighbor in sorted(routing.neighbors, key=lambda one: -tunnels[one.tunnel].rank):
        tunnel = tunnels[neighbor.tunnel]
        yield from _preferences_6(neighbor, tunnel)
        yield entry(
            "routing bgp peer",
            tunnel.interface,
            tunnel.name,
            name=f"motcua-{tunnel.interface}",
            instance="motcua",
            remote_address=str(neighbor.address),
            remote_as=str(neighbor.asn),
            update_source=str(tunnel.address),
            hold_time=f"{routing.hold_seconds}s",
            keepalive_time=f"{routing.keepalive_seconds}s",
            in_filter=f"motcua-in-{tunnel.interface}",
            out_filter=OUT,
        )


def _preferences_6(neighbor: Neighbor, tunnel: RouterTunnel) -> Iterator[Wanted]:
    chain = f"motcua-in-{tunnel.interface}"
    own = OWN_PREFERENCE - LESS_A_RANK * neighbor.rank
    lengths: tuple[tuple[str, dict[str, Value], int], ...] = (
        ("own", {"bgp_as_path_length": "1"}, own),
        ("passed-on", {}, own - PASSED_ON_LESS),
    )
    for kind, only, preference in lengths:
        for network in others(tunnel):
            yield entry(
                "routing filter",
                f"in-{tunnel.interface}-{kind}-{network}",
                chain=chain,
                prefix=str(network),
                prefix_length=f"{network.prefixlen}-32",
                set_bgp_local_pref=str(preference),
                action="accept",
                **only,
            )
    yield entry("routing filter", f"in-{tunnel.interface}-end", chain=chain, action="discard")
