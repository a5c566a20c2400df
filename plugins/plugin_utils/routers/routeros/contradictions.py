"""What isn't motcua's and defeats what is: said with its place in the router's own words, never changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from ipaddress import IPv4Address, IPv4Network, ip_network

from ..platform import Contradiction
from ..state import RouterState
from .access import key_owner
from .commands import legible
from .menus import MENUS
from .running import Row, Running, fingerprint
from .tunnels import LIST
from .wanted import Wanted

FILTER, NAT, MANGLE = "ip firewall filter", "ip firewall nat", "ip firewall mangle"
# What doesn't narrow down which packets a rule is about.
NO_MATCHERS = frozenset(("chain", "action", "comment", "disabled", "log", "log-prefix", "hw-offload"))
OPEN_PORTS = {"21": "ftp", "22": "ssh", "23": "telnet", "80": "http", "443": "https", "8291": "winbox", "8728": "api", "8729": "api"}
# Services that nobody's wish names, and that let others in or through: menu, field, value, what it is.
SERVERS = (
    ("ip proxy", "enabled", "a web proxy"),
    ("ip socks", "enabled", "a SOCKS proxy"),
    ("tool romon", "enabled", "RoMON, a management that no firewall sees"),
    ("ip smb", "enabled", "a file share"),
    ("interface pptp-server server", "enabled", "a PPTP server, whose encryption is broken"),
)
MOVES = "the next run moves motcua's own first"
NAME_KEYS = {
    "interface wireguard": "name",
    "interface bridge": "name",
    "interface list": "name",
}


def contradictions(running: Running, state: RouterState, wanted: tuple[Wanted, ...]) -> tuple[Contradiction, ...]:
    """All of them, in the router's order. A disabled rule contradicts nothing."""
    checks: tuple[Callable[[Running, RouterState], Iterator[Contradiction]], ...] = (
        _forwarded_cameras,
        _above_ours,
        _open_management,
        _servers,
        _other_ways,
        _settings,
        _keys,
    )
    found = [one for check in checks for one in check(running, state)]
    return tuple(dict.fromkeys([*found, *_taken(running, wanted), *_twins(running)]))


def _enabled(running: Running, menu: str) -> Iterator[Row]:
    for row in running.of(menu):
        if row.values.get("disabled", "no") == "no" and not (menu in MENUS and MENUS[menu].marks(row.mark)):
            yield row


def _key(row: Row, *names: str) -> str:
    shown = [name for name in (*names, "comment") if row.values.get(name)]
    return " ".join([f"/{row.menu}", *(f"{name}={legible(name, str(row.values[name]))}" for name in shown)])


def _said(row: Row, name: str) -> str:
    return str(row.values.get(name) or "")


def _forwarded_cameras(running: Running, state: RouterState) -> Iterator[Contradiction]:
    for row in _enabled(running, NAT):
        if _said(row, "chain") != "dstnat":
            continue
        for camera in state.firewall.cameras:
            if _holds(_said(row, "to-addresses"), camera):
                message = f"a port is forwarded to the camera {camera}, which then is open to whoever the rule lets in; remove the rule"
                yield Contradiction(_key(row, "chain", "action", "dst-port", "to-addresses"), message)


def _holds(addresses: str, one: IPv4Address) -> bool:
    first, _, last = addresses.partition("-")
    try:
        if last:
            return IPv4Address(first) <= one <= IPv4Address(last)
        return bool(first) and one in ip_network(first, strict=False)
    except ValueError:
        return False


def _above_ours(running: Running, state: RouterState) -> Iterator[Contradiction]:
    """Rules of others that stand before our first one of the same chain, and take what should have come to ours."""
    for menu in (FILTER, NAT, MANGLE):
        first = {_said(row, "chain"): number for number, row in reversed(list(enumerate(running.of(menu)))) if MENUS[menu].marks(row.mark)}
        above = [row for number, row in enumerate(running.of(menu)) if number < first.get(_said(row, "chain"), -1)]
        for row in above:
            if row.values.get("disabled", "no") == "no" and (message := _takes_ours(row, state)):
                yield Contradiction(_key(row, "chain", "action"), message)


def _takes_ours(row: Row, state: RouterState) -> str | None:
    action, chain = _said(row, "action") or "accept", _said(row, "chain")
    interfaces = {tunnel.interface for tunnel in state.tunnels} | {LIST, "all", ""}
    goes_by_tunnel = {_said(row, "out-interface"), _said(row, "out-interface-list")} <= interfaces
    if action == "fasttrack-connection":
        return f"FastTrack stands above motcua's rules, so that video passes no queue; {MOVES}"
    if row.menu == FILTER and action == "accept" and not set(row.values) - NO_MATCHERS:
        return f"a rule that accepts everything stands above motcua's in {chain}, so that none of those counts; {MOVES}"
    if row.menu == NAT and action in ("masquerade", "src-nat") and chain == "srcnat" and goes_by_tunnel:
        return "a masquerade above motcua's translation also takes what goes into the tunnels; limit it to the line, as out-interface=…"
    if row.menu == MANGLE and action == "mark-routing":
        return f"a rule that shares out the lines stands above motcua's, so that it may lead tunnel traffic elsewhere; {MOVES}"
    return None


def _open_management(running: Running, state: RouterState) -> Iterator[Contradiction]:
    lines = {line.interface for line in state.lines}
    for row in _enabled(running, FILTER):
        ports = set(_said(row, "dst-port").split(","))
        services = sorted({OPEN_PORTS[port] for port in ports & set(OPEN_PORTS)})
        narrowed = any(name in row.values for name in ("src-address", "src-address-list", "src-mac-address", "ipsec-policy"))
        by = {_said(row, "in-interface"), _said(row, "in-interface-list")} - {""}
        outside = not by or by & lines or any("wan" in one.lower() and not one.startswith("!") for one in by)
        if _said(row, "chain") == "input" and (_said(row, "action") or "accept") == "accept" and services and not narrowed and outside:
            what = " and ".join(services)
            yield Contradiction(
                _key(row, "chain", "protocol", "dst-port"),
                f"{what} of the router is open to the Internet by this rule; remove it, management comes by the tunnel",
            )


def _servers(running: Running, _state: RouterState) -> Iterator[Contradiction]:
    for menu, name, what in SERVERS:
        if running.setting(menu).get(name) == "yes":
            yield Contradiction(f"/{menu} {name}=yes", f"{what} runs on the router; if nobody at the office needs it, turn it off")


def _other_ways(running: Running, state: RouterState) -> Iterator[Contradiction]:
    """Addresses and routes of others inside what belongs to the tunnels."""
    tunnelled = {network for tunnel in state.tunnels for network in tunnel.reachable} | {state.translate.outside}
    for menu, name in (("ip address", "address"), ("ip route", "dst-address"), ("ip ipsec policy", "dst-address")):
        for row in _enabled(running, menu):
            network = _network(_said(row, name))
            hit = next((one for one in sorted(tunnelled) if network is not None and _takes(network, one, menu)), None)
            if hit is not None:
                message = (
                    f"{network} takes packets that belong to motcua's {hit} another way; give it another prefix, or change the address plan"
                )
                yield Contradiction(_key(row, name), message)


def _takes(network: IPv4Network, ours: IPv4Network, menu: str) -> bool:
    """A route that is wider than ours loses against it; an address's network or a policy needn't."""
    if menu == "ip ipsec policy":
        return network.prefixlen > 0 and network.overlaps(ours)
    return network.subnet_of(ours)


def _network(text: str) -> IPv4Network | None:
    try:
        return IPv4Network(text, strict=False)
    except ValueError:
        return None


def _settings(running: Running, _state: RouterState) -> Iterator[Contradiction]:
    if running.setting("ip settings").get("rp-filter") == "strict":
        yield Contradiction("/ip settings rp-filter=strict", "packets that come back by another tunnel are dropped; set it to loose or no")


def _keys(running: Running, state: RouterState) -> Iterator[Contradiction]:
    """Keys of our accounts that the wish hasn't: removing one can't be undone, so a person does it."""
    for account in state.accounts:
        prints = {fingerprint(key) for key in account.keys}
        owners = {key_owner(key) for key in account.keys}
        for row in running.of("user ssh-keys"):
            if row.values["user"] == account.name and row.mark not in owners and row.values["fingerprint"] not in prints:
                which = row.mark or _said(row, "fingerprint")
                message = f"the key {which} lets somebody in as {account.name} and isn't in the plan; remove it if nobody knows it"
                yield Contradiction(f"/user ssh-keys user={account.name} {which}", message)


def _taken(running: Running, wanted: tuple[Wanted, ...]) -> Iterator[Contradiction]:
    """Names that motcua needs and somebody else has."""
    names = {(one.menu, one.values.get(key)) for one in wanted if (key := NAME_KEYS.get(one.menu))}
    for menu, key in NAME_KEYS.items():
        for row in running.of(menu):
            if not MENUS[menu].marks(row.mark) and (menu, row.values.get(key)) in names:
                message = "motcua needs this name and the entry isn't motcua's; rename it; what refers to it follows"
                yield Contradiction(_key(row, key), message)


def _twins(running: Running) -> Iterator[Contradiction]:
    """Copies of our entries: Winbox's button Copy copies the mark too."""
    for menu in MENUS:
        seen: set[str] = set()
        for row in running.of(menu):
            if MENUS[menu].mark == "comment" and MENUS[menu].marks(row.mark) and row.mark in seen:
                yield Contradiction(
                    f"/{menu} {row.mark}", "a second entry carries the same mark of motcua's; remove the copy, or its comment"
                )
            seen.add(row.mark)
