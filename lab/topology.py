"""Inventory -> which namespaces there are, what joins them, and which of them are whole machines. Pure: nothing is touched here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network

from ansible_collections.motcua.cctv.plugins.plugin_utils.desired import device_host
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Line, Province, Site

INTERNET = IPv4Network("203.0.113.0/24")
GATEWAY, WEB, NTP, CARRIER = (INTERNET.network_address + part for part in (1, 80, 123, 66))
PROVIDER = IPv4Interface("198.51.100.1/24")  # the gateway of lines with a fixed address
CARRIER_INSIDE = IPv4Interface("100.64.0.1/10")  # RFC 6598, shared address space
TSLCD_GATEWAY = IPv4Interface("10.190.0.1/16")
TSLCD_NTP = IPv4Interface("10.190.0.123/16")
POE = IPv4Interface("192.168.254.1/24")  # a recorder's own PoE net
PC_HOST_PART = 50  # an office PC that no inventory lists
NO_GATEWAY = {"tan-dinh-cam2"}  # installers often leave a camera's gateway empty


@dataclass(frozen=True)
class Port:
    """One end of a link: the interface ``name`` in a node, with its addresses; ``bridge`` puts it into one of the node's bridges."""

    node: str
    name: str
    addresses: tuple[IPv4Interface, ...] = ()
    bridge: str | None = None
    rate_mbps: float | None = None


@dataclass(frozen=True)
class Node:
    """A namespace. ``bridges`` are made in it; ``machine`` says that a whole system boots in it and configures itself."""

    name: str
    machine: bool = False
    forwards: bool = False
    bridges: Mapping[str, tuple[IPv4Interface, ...]] = field(default_factory=dict)
    routes: tuple[tuple[str, IPv4Address], ...] = ()


@dataclass(frozen=True)
class Topology:
    """All of it: each link joins two ports."""

    nodes: tuple[Node, ...]
    links: tuple[tuple[Port, Port], ...]

    def machines(self) -> list[Node]:
        """The nodes that boot."""
        return [node for node in self.nodes if node.machine]

    def ports(self, node: str) -> list[Port]:
        """The ports of one node."""
        return [port for link in self.links for port in link if port.node == node]


def topology(province: Province) -> Topology:
    """The lab of a province whose centres are called ``centre`` and ``ioc``."""
    nodes = list(_outside(province))
    links = list(_outside_links(province))
    for name, site in province.sites.items():
        nodes += _site_nodes(name, site)
        links += _site_links(name, site)
    return Topology(tuple(nodes), tuple(_named(links)))


def _outside(province: Province) -> Iterator[Node]:
    default = "default"
    hub = province.centres["centre"]
    yield Node("internet", forwards=True, bridges={"net": tuple(IPv4Interface(f"{a}/24") for a in (GATEWAY, WEB)), "isp": (PROVIDER,)})
    yield Node("cgn", forwards=True, bridges={"inside": (CARRIER_INSIDE,)}, routes=((default, GATEWAY),))
    yield Node("tslcd", forwards=True, bridges={"net": (TSLCD_GATEWAY, IPv4Interface("10.190.1.1/24"))})
    yield Node("ntp", routes=((default, GATEWAY),))
    # The centre's LAN: its switch is in the desk's node, which every lab has.
    yield Node("desk", bridges={"lan": (_in(hub.controllers[0], hub.lan.prefixlen),)}, routes=((default, hub.address),))
    for vms in _on_the_lan(province):
        yield Node(vms, routes=((default, hub.address),))
    yield Node("centre", machine=True, routes=((default, GATEWAY),))
    ioc = province.centres["ioc"]
    yield Node("ioc", machine=True, routes=((default, GATEWAY), (str(hub.lan), next(iter(ioc.lan.hosts())))))


def _outside_links(province: Province) -> Iterator[tuple[Port, Port]]:
    hub, ioc = province.centres["centre"], province.centres["ioc"]
    ioc_gateway = next(iter(ioc.lan.hosts()))
    wan, tslcd = hub.endpoints["ftth"], hub.endpoints["tslcd"]
    yield Port("centre", "wan", (_in(wan, INTERNET.prefixlen),)), Port("internet", "", bridge="net")
    yield Port("centre", "tslcd", (_in(tslcd, TSLCD_GATEWAY.network.prefixlen),)), Port("tslcd", "", bridge="net")
    switch = Port("desk", "", bridge="lan")
    yield Port("centre", "lan", (_in(hub.address, hub.lan.prefixlen),)), switch
    for vms in _on_the_lan(province):
        yield Port(vms, "lan", (_in(province.vms[vms].address, hub.lan.prefixlen),)), switch
    yield Port("ioc", "wan", (_in(ioc.endpoints["ftth"], INTERNET.prefixlen),)), Port("internet", "", bridge="net")
    yield Port("ioc", "tslcd", (_in(ioc.endpoints["tslcd"], TSLCD_GATEWAY.network.prefixlen),)), Port("tslcd", "", bridge="net")
    yield Port("centre", "ioc", (_in(ioc_gateway, ioc.lan.prefixlen),)), Port("ioc", "lan", (_in(ioc.address, ioc.lan.prefixlen),))
    yield Port("cgn", "out", (_in(CARRIER, INTERNET.prefixlen),)), Port("internet", "", bridge="net")
    yield Port("ntp", "net", (_in(NTP, INTERNET.prefixlen),)), Port("internet", "", bridge="net")
    yield Port("ntp", "tslcd", (TSLCD_NTP,)), Port("tslcd", "", bridge="net")


def _on_the_lan(province: Province) -> list[str]:
    """The VMS that stand on the storage centre's LAN."""
    return [name for name, vms in province.vms.items() if vms.address in province.centres["centre"].lan]


def _in(address: IPv4Address, length: int) -> IPv4Interface:
    return IPv4Interface(f"{address}/{length}")


def _site_nodes(name: str, site: Site) -> Iterator[Node]:
    gateway = ("default", site.router.address)
    ports = _router_bridge(site)
    bridges = {site.router.lan_interface: (_in(site.router.address, site.lan.prefixlen),)} if ports else {}
    yield Node(device_host(name, "router"), machine=True, bridges=bridges, routes=tuple(_router_routes(site)))
    for line in site.lines:
        yield Node(f"{name}-{line}", bridges={"ont": ()})
    yield Node(f"{name}-office", bridges={"switch": ()})
    if site.isolation == "segment":
        yield Node(f"{name}-cameras", bridges={"switch": ()})
    yield Node(device_host(name, "pc"), routes=(gateway,))
    for key in site.nvrs:
        poe = any(camera.through is not None and camera.through.nvr == key for camera in site.cameras.values())
        yield Node(device_host(name, key), bridges={"poe": (POE,)} if poe else {}, routes=(gateway,))
    for key, camera in site.cameras.items():
        host = device_host(name, key)
        routes = () if host in NO_GATEWAY else (gateway,) if camera.through is None else (("default", POE.ip),)
        yield Node(host, routes=routes)


def _router_bridge(site: Site) -> tuple[str, ...]:
    """The router's ports that form its LAN; none when the LAN interface is itself a port."""
    ports = (*site.router.office_ports, *site.router.camera_ports)
    return () if site.router.lan_interface in ports else ports


def _router_routes(site: Site) -> Iterator[tuple[str, IPv4Address]]:
    for line in site.lines.values():
        if line.kind == "ftth":
            yield "default", line.gateway or CARRIER_INSIDE.ip
        elif line.gateway is not None:
            yield str(TSLCD_GATEWAY.network), line.gateway


def _site_links(name: str, site: Site) -> Iterator[tuple[Port, Port]]:
    router = device_host(name, "router")
    for key, line in site.lines.items():
        ont = f"{name}-{key}"
        yield Port(router, line.interface, (_line_address(site, line),)), Port(ont, "home", bridge="ont", rate_mbps=line.down_mbps)
        yield Port(ont, "line", bridge="ont", rate_mbps=line.up_mbps), _far_end(line)
    office = Port(f"{name}-office", "", bridge="switch")
    cameras = Port(f"{name}-cameras", "", bridge="switch") if site.isolation == "segment" else office
    bridged = _router_bridge(site)
    own = () if bridged else (_in(site.router.address, site.lan.prefixlen),)
    for ports, switch in ((site.router.office_ports, office), (site.router.camera_ports, cameras)):
        for port in ports:
            yield Port(router, port, own, bridge=site.router.lan_interface if bridged else None), switch
    length = site.lan.prefixlen
    yield Port(device_host(name, "pc"), "lan", (_in(site.lan.network_address + PC_HOST_PART, length),)), office
    for key, nvr in site.nvrs.items():
        yield Port(device_host(name, key), "lan", (_in(nvr.address, length),)), cameras
    for key, camera in site.cameras.items():
        host = device_host(name, key)
        if camera.through is not None:
            recorder = device_host(name, camera.through.nvr)
            yield Port(host, "lan", (_in(poe_address(camera.through.number), POE.network.prefixlen),)), Port(recorder, "", bridge="poe")
        elif camera.address is not None:
            yield Port(host, "lan", (_in(camera.address, length),)), cameras


def poe_address(channel: int) -> IPv4Address:
    """The address of a camera on a recorder's private PoE net."""
    return POE.network.network_address + 100 + channel


def _line_address(site: Site, line: Line) -> IPv4Interface:
    if isinstance(line.address, IPv4Interface):
        return line.address
    return _in(CARRIER_INSIDE.network.network_address + (site.number << 8) + 2, CARRIER_INSIDE.network.prefixlen)


def _far_end(line: Line) -> Port:
    if line.kind == "tslcd":
        return Port("tslcd", "", bridge="net")
    return Port("internet", "", bridge="isp") if isinstance(line.address, IPv4Interface) else Port("cgn", "", bridge="inside")


def _named(links: list[tuple[Port, Port]]) -> Iterator[tuple[Port, Port]]:
    """Give the ports of bridges, which nobody calls by name, a number."""
    for number, (left, right) in enumerate(links):
        yield left, Port(right.node, right.name or f"p{number}", right.addresses, right.bridge, right.rate_mbps)
