"""What the device itself calls the office's LAN and lines: names of networks, devices and firewall zones that were there before us."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_interface

from ...errors import ModelError
from ..state import RouterState
from .uci import Package, Section

OWN = "motcua_"


@dataclass(frozen=True)
class Place:
    """One of the router's networks: its section, its firewall zone (None: it is in none), and the kernel's device."""

    network: str | None
    zone: str | None
    device: str


@dataclass(frozen=True)
class Places:
    """The LAN, and each line by its name."""

    lan: Place
    lines: Mapping[str, Place] = field(default_factory=dict)


def find_places(host: str, network: Package, firewall: Package, state: RouterState) -> Places:
    """Find LAN and lines by the interface's name, device or network; the LAN also by the router's address on it.

    :raises ModelError: when none of the router's networks is the LAN, because every rule would be about another.
    """
    interfaces = [one for one in network.of("interface") if one.name and not one.name.startswith(OWN)]
    lan = _by_name(interfaces, state.lan.interface) or next((one for one in interfaces if _has(one, state)), None)
    if lan is None:
        names = ", ".join(sorted(str(one.name) for one in interfaces)) or "none"
        what = f"{host}: router.lan_interface: {state.lan.interface!r} is none of the router's networks ({names})"
        raise ModelError(f"{what}; correct it in the inventory")
    lines = {line.name: _place(_by_name(interfaces, line.interface), firewall, line.interface) for line in state.lines}
    return Places(_place(lan, firewall, state.lan.interface), lines)


def _by_name(interfaces: list[Section], name: str) -> Section | None:
    ways = (lambda one: device(one) == name, lambda one: one.name == name, lambda one: name in (*one.list("device"), *one.list("ifname")))
    return next((one for way in ways for one in interfaces if way(one)), None)


def _has(interface: Section, state: RouterState) -> bool:
    return str(state.lan.address.ip) in {address.split("/")[0] for address in interface.list("ipaddr")}


def _place(interface: Section | None, firewall: Package, name: str) -> Place:
    if interface is None:
        return Place(None, None, name)
    zones = (zone for zone in firewall.of("zone") if interface.name in zone.list("network"))
    return Place(interface.name, next((zone.text("name") for zone in zones), None), device(interface))


def device(interface: Section) -> str:
    """The device that packets of a network leave by: PPP has one of its own, ``pppoe-<network>``."""
    if interface.text("proto").startswith("ppp"):
        return f"{interface.text('proto')}-{interface.name}"
    return interface.text("device") or (interface.list("ifname") or (str(interface.name),))[0]


def lan_differs(network: Package, places: Places, state: RouterState) -> str | None:
    """The address that the LAN has instead of the one in the inventory; None when it is that, or nobody can tell (DHCP)."""
    section = network.named(places.lan.network or "")
    if section is None or not section.list("ipaddr"):
        return None
    mask = section.text("netmask")
    found = [address if "/" in address else f"{address}/{mask or 32}" for address in section.list("ipaddr")]
    return None if str(state.lan.address) in {str(ip_interface(address)) for address in found} else ", ".join(found)
