"""Hubs and routers as packets see them: addresses, routes and tunnels from the plan, rules from what the roles render."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Interface, IPv4Network

from ..desired import Host, Plan
from ..desired.host import server_host
from ..desired.portal import DEVICES
from ..model import Province
from ..plan.addresses import hub_address, viewers_hub_address
from ..plan.tunnels import Tunnel
from ..routers.state import router_state
from .nft import ruleset
from .places import INTERNET, gateway_of, lan_of
from .rows import asked_for, written
from .rules import Ruleset
from .world import Machine, Route, World

ALL = IPv4Network("0.0.0.0/0")
# Platforms of which motcua writes the rules; those of the others it only reads, or hands out a work sheet for.
BY_ROWS = ("routeros", "ios", "vyos", "openwrt")


def world(province: Province, planned: Plan, hosts: Mapping[str, Host], texts: Mapping[str, tuple[str, str]]) -> World:
    """All machines that judge packets.

    :param texts: of each machine with nftables, by host name: the rendered ruleset, and the fragments that its ``include`` brings.
    :raises ModelError: when a ruleset doesn't hold together.
    """
    machines = [_centre(province, planned, name, texts) for name in province.centres]
    machines += [_router(province, planned, name, hosts, texts) for name in province.sites]
    return World({machine.name: machine for machine in machines})


def _rules(name: str, texts: Mapping[str, tuple[str, str]]) -> Ruleset | None:
    return ruleset(*texts[name], where=name) if name in texts else None


def _centre(province: Province, planned: Plan, name: str, texts: Mapping[str, tuple[str, str]]) -> Machine:
    centre, server = province.centres[name], server_host(name)
    own = {centre.address, *centre.endpoints.values()}
    if name in province.hubs():
        own |= {hub_address(province, name, kind) for kind in centre.endpoints}
    first, _ = province.storage_centre()
    if name == first:
        # The other centres' LANs have their way out, and in, at the storage centre.
        own |= {gateway_of(other) for key, other in province.centres.items() if key != first}
        if province.networks.viewers is not None:
            own.add(viewers_hub_address(province.networks.viewers))
    return Machine(server, centre.address, frozenset(own), tuple(_centre_routes(province, planned, name)), _rules(server, texts))


def _centre_routes(province: Province, planned: Plan, name: str) -> Iterator[Route]:
    first, storage = province.storage_centre()
    centre = province.centres[name]
    yield Route(centre.lan, "lan", segment=lan_of(name))
    yield Route(ALL, "line", segment=INTERNET)
    for other_name, other in province.centres.items():
        if other_name == name:
            continue
        if name == first:
            yield Route(IPv4Network(other.address), other_name, machine=server_host(other_name), arrives="lan", source=gateway_of(other))
            yield Route(other.lan, other_name, segment=lan_of(other_name), source=gateway_of(other))
        elif other_name == first:
            yield Route(storage.lan, "lan", machine=server_host(first), arrives=name)
    if name == first and province.networks.viewers is not None:
        yield Route(province.networks.viewers, DEVICES, segment=DEVICES)
    for tunnels in planned.tunnels.values():
        own = [tunnel for tunnel in tunnels if tunnel.hub == name]
        yield from (_towards_site(tunnel, network) for tunnel in own for network in (IPv4Network(tunnel.site_address), tunnel.site_prefix))
    if name not in province.hubs():
        yield Route(province.networks.sites, "lan", machine=server_host(first), arrives=name)


def _towards_site(tunnel: Tunnel, to: IPv4Network) -> Route:
    ends = (IPv4Network(tunnel.site_address), tunnel.site_prefix)
    return Route(to, tunnel.name, machine=f"{tunnel.site}-router", arrives=tunnel.interface, sends=ends, takes=tunnel.reachable)


def _router(province: Province, planned: Plan, name: str, hosts: Mapping[str, Host], texts: Mapping[str, tuple[str, str]]) -> Machine:
    site, host = province.sites[name], hosts[f"{name}-router"]
    own = {site.router.address, *(tunnel.site_address for tunnel in planned.tunnels[name])}
    own |= {line.address.ip for line in site.lines.values() if isinstance(line.address, IPv4Interface)}
    rules = _rules(host.name, texts)
    if rules is None:
        rules = (written if site.router.platform in BY_ROWS else asked_for)(router_state(host.desired["router"]))
    return Machine(host.name, site.router.address, frozenset(own), tuple(_router_routes(province, planned, name)), rules)


def _router_routes(province: Province, planned: Plan, name: str) -> Iterator[Route]:
    site = province.sites[name]
    yield Route(site.lan, site.router.lan_interface, segment=lan_of(name))
    for tunnel in planned.tunnels[name]:
        hub = server_host(tunnel.hub)
        allowed = (IPv4Network(tunnel.site_address), tunnel.site_prefix)
        for network in tunnel.reachable:
            yield Route(network, tunnel.interface, machine=hub, arrives=tunnel.name, sends=tunnel.reachable, takes=allowed)
    for line in site.lines.values():
        networks = (ALL,) if line.kind == "ftth" else province.networks.tslcd
        yield from (Route(network, line.interface, segment=INTERNET) for network in networks)
