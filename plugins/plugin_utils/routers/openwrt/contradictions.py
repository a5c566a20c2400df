"""What is somebody else's on the box and against ours: never touched, always said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import IPv4Network, ip_network

from ..platform import Contradiction
from ..state import RouterState
from .places import OWN, Places, lan_differs
from .running import FRR, Running
from .uci import Package, Section

MANAGEMENT_PORTS = {22, 23, 80, 161, 443, 8291}
RADIO_SILENT = {"icmp", "ipv6-icmp", "icmpv6", "igmp", "esp", "ah"}  # protocols without ports


def contradictions(running: Running, state: RouterState, places: Places) -> Iterator[Contradiction]:
    """Each with its place in the box's own words."""
    firewall = running.package("firewall")
    outside = {place.zone for place in places.lines.values() if place.zone}
    yield from _forwards(firewall, state)
    yield from _zones(firewall, outside, places)
    yield from _rules(firewall, outside, places)
    yield from _offload(firewall)
    yield from _queues(running, state, places)
    yield from _services(running)
    yield from _places(running, state, places)


def _active(sections: Iterable[Section]) -> Iterator[tuple[int, Section]]:
    """Sections that aren't ours and aren't switched off, with their index in their type."""
    for index, section in enumerate(sections):
        if not (section.name or "").startswith(OWN) and section.on("enabled", default=True):
            yield index, section


def _key(kind: str, index: int, section: Section) -> str:
    return f"firewall.{section.name or f'@{kind}[{index}]'}"


def _forwards(firewall: Package, state: RouterState) -> Iterator[Contradiction]:
    cameras = set(map(str, state.firewall.cameras))
    for index, redirect in _active(firewall.of("redirect")):
        to = redirect.text("dest_ip").split("/")[0]
        if redirect.text("target", "DNAT").upper() == "DNAT" and to in cameras:
            message = f"port {redirect.text('src_dport') or 'any'} of zone {redirect.text('src') or '*'} is forwarded to the camera {to}"
            yield Contradiction(_key("redirect", index, redirect), f"{message}; delete it, because the centre comes by the tunnel")


def _zones(firewall: Package, outside: set[str], places: Places) -> Iterator[Contradiction]:
    for index, zone in _active(firewall.of("zone")):
        name = zone.text("name")
        if name in outside and zone.text("input").upper() == "ACCEPT":
            yield Contradiction(_key("zone", index, zone), f"zone {name} accepts everything from its line; set input to REJECT")
        if any(network.startswith(OWN) for network in zone.list("network")):
            yield Contradiction(_key("zone", index, zone), f"zone {name} also has a tunnel of motcua; take it out of its networks")
    for index, forwarding in _active(firewall.of("forwarding")):
        if forwarding.text("src") in {*outside, "motcua"} and forwarding.text("dest") in (places.lan.zone, "*"):
            message = f"everything from zone {forwarding.text('src')} is forwarded into the LAN; delete it"
            yield Contradiction(_key("forwarding", index, forwarding), message)


def _rules(firewall: Package, outside: set[str], places: Places) -> Iterator[Contradiction]:
    for index, rule in _active(firewall.of("rule")):
        if rule.text("target").upper() != "ACCEPT" or rule.text("src") not in {*outside, "*", "motcua"} or rule.text("family") == "ipv6":
            continue
        protocols = set(rule.list("proto")) or {"tcp", "udp"}
        if protocols <= RADIO_SILENT or _only_ours(rule):
            continue
        ports = _ports(rule.text("dest_port"))
        inward = rule.text("dest") in (places.lan.zone, "*")
        if rule.text("dest") and not inward:
            continue
        if inward and not rule.text("src_ip"):
            yield Contradiction(_key("rule", index, rule), f"{_name(rule)} lets {rule.text('src')} into the LAN; delete it or name sources")
        elif not inward and (ports is None or ports & MANAGEMENT_PORTS):
            what = "every service" if ports is None else f"port {', '.join(map(str, sorted(ports & MANAGEMENT_PORTS)))}"
            yield Contradiction(_key("rule", index, rule), f"{_name(rule)} opens {what} of the router to {rule.text('src')}; delete it")


def _name(rule: Section) -> str:
    return f"rule {rule.text('name')!r}" if rule.text("name") else "a rule without a name"


def _only_ours(rule: Section) -> bool:
    """A rule for private sources is the office's own affair."""
    try:
        sources = [ip_network(source) for source in rule.list("src_ip")]
    except ValueError:
        return False
    return bool(sources) and all(isinstance(source, IPv4Network) and source.is_private for source in sources)


def _ports(text: str) -> set[int] | None:
    """The ports of ``22 8000-8010``; None for all. A long range counts as all."""
    found: set[int] = set()
    for word in text.replace(":", "-").split():
        first, _, last = word.partition("-")
        if not first.isdecimal() or (last and not last.isdecimal()):
            return None
        found |= set(range(int(first), int(last or first) + 1))
    return found or None


def _offload(firewall: Package) -> Iterator[Contradiction]:
    for defaults in firewall.of("defaults"):
        if defaults.on("flow_offloading"):
            message = "flow offloading takes packets past the classes of the line, so the office's share isn't kept; set it to 0"
            yield Contradiction("firewall.@defaults[0].flow_offloading", message)


def _queues(running: Running, state: RouterState, places: Places) -> Iterator[Contradiction]:
    shaped = {places.lines[shape.line].device for shape in state.shaping if shape.line in places.lines}
    for queue in running.package("sqm").of("queue"):
        if queue.on("enabled") and queue.text("interface") in shaped:
            message = f"SQM also shapes {queue.text('interface')}, and only one of two can; set its enabled to 0"
            yield Contradiction(f"sqm.{queue.name}", message)


def _services(running: Running) -> Iterator[Contradiction]:
    for index, community in enumerate(running.package("snmpd").of("com2sec")):
        if "snmpd" in running.starts:
            key = f"snmpd.{community.name or f'@com2sec[{index}]'}"
            yield Contradiction(key, "SNMP answers to a community of version 1 or 2c; delete it, motcua uses version 3 alone")
    for index, ssh in enumerate(running.package("dropbear").of("dropbear")):
        bound = ssh.text("DirectInterface") or ssh.text("Interface")
        if bound and ssh.on("enable", default=True):
            message = f"ssh listens on {bound} alone, so the centre can't reach it by the tunnel; delete the option, the firewall limits it"
            yield Contradiction(f"dropbear.{ssh.name or f'@dropbear[{index}]'}", message)
    if running.routes_for_others:
        yield Contradiction(FRR, "FRR routes for somebody else, so motcua doesn't write its file; move that configuration elsewhere")


def _places(running: Running, state: RouterState, places: Places) -> Iterator[Contradiction]:
    other = lan_differs(running.package("network"), places, state)
    if other is not None:
        yield Contradiction(
            f"network.{places.lan.network}", f"the LAN has {other} and not {state.lan.address}; correct the one that is wrong"
        )
    if places.lan.zone is None:
        yield Contradiction(
            f"network.{places.lan.network}", "the LAN is in no firewall zone, so nothing of it can be opened; put it into one"
        )
    for line, place in places.lines.items():
        if place.network is None:
            yield Contradiction(f"lines.{line}", f"{place.device} is none of the router's networks; correct the line's interface")
        elif place.zone is None:
            yield Contradiction(f"network.{place.network}", f"the line {line} is in no firewall zone; put it into one that rejects input")
    for change in sorted(set(running.changes)):
        yield Contradiction(change, "somebody changed it and hasn't committed it; commit or revert it")
