"""From the neutral state to what of the box should be ours; and what can't be, because a package isn't installed."""

from __future__ import annotations

from collections.abc import Iterator
from types import MappingProxyType

from ...secrets import wireguard_public_key
from ...settings import posix_zone
from ..platform import Contradiction
from ..state import RouterState, RouterTunnel, Secret
from . import daemons
from .firewall import firewall_sections
from .fragment import MARK, fragment
from .network import interface_name, network_sections
from .owned import Key, Owned, our_login
from .places import Places
from .running import CHARON, FILES, FRR, HOTPLUG, KEEP, NFT, SERVICE, SHAPING, SNMP_USER, SNMPD, SWANCTL, WATCH, Running
from .scripts import hotplug_script, service_script, shaping_script, watch_script
from .uci import Section, Values

# Which init scripts a service of the neutral state is. A wish to have one off is met where there is none.
SERVICES = {
    "telnet": ("telnet", "telnetd"),
    "ftp": ("vsftpd", "pure-ftpd", "proftpd"),
    "upnp": ("miniupnpd",),
    "discovery": ("umdns", "lldpd", "avahi-daemon"),
    "ddns": ("ddns",),
}
WEB = ("uhttpd", "nginx")
PACKAGES = {
    "wireguard": ("wireguard-tools", "no WireGuard tunnel can be made"),
    "strongswan": ("strongswan-default, strongswan-swanctl and xfrm", "no IPsec tunnel can be made"),
    "tc": ("tc-tiny and kmod-sched", "the office's share of the line isn't kept"),
    "bgp": ("frr-bgpd, frr-zebra and frr-vtysh", "the hubs learn nothing of this site"),
    "snmpd": ("snmpd", "it isn't watched by SNMP"),
}


def buildable(state: RouterState, running: Running) -> tuple[RouterTunnel, ...]:
    """The tunnels that this box can have now: those whose package is there and whose hub is known."""
    kinds = {"wireguard": {"wireguard"}, "ipsec": {"strongswan", "xfrm"}}
    return tuple(
        tunnel
        for tunnel in state.tunnels
        if kinds[tunnel.kind] <= running.programs and (tunnel.kind != "wireguard" or tunnel.hub_public_key)
    )


def lacking(state: RouterState, running: Running) -> Iterator[Contradiction]:
    """What is wished and can't be."""
    kinds = {tunnel.kind for tunnel in state.tunnels}
    needed = {"wireguard": "wireguard" in kinds, "strongswan": "ipsec" in kinds, "tc": bool(state.shaping)}
    needed |= {"bgp": state.routing.mode == "bgp", "snmpd": state.snmp is not None}
    there = set(running.programs) - ({"strongswan"} if "xfrm" not in running.programs else set())
    for name, (packages, consequence) in PACKAGES.items():
        if needed[name] and name not in there:
            yield Contradiction(f"packages.{name}", f"{packages} isn't installed, so {consequence}; install it and run again")
    for tunnel in state.tunnels:
        if tunnel.kind == "wireguard" and not tunnel.hub_public_key:
            message = f"tunnel {tunnel.name} isn't made while the public key of hub {tunnel.hub} is unknown; roll out the hub first"
            yield Contradiction(f"network.{interface_name(tunnel)}", message)
    for account in state.accounts:
        if account.role == "viewer":
            yield Contradiction(f"accounts.{account.name}", "OpenWrt has no account that may only look, so it isn't made; use SNMP to look")


def intended(state: RouterState, running: Running, places: Places) -> Owned:
    """What should be ours on this box."""
    tunnels = buildable(state, running)
    network, firewall = network_sections(state, tunnels, places), firewall_sections(state, tunnels, places)
    sections: dict[tuple[str, str], Section] = {("network", name): section for name, section in network.items()}
    sections |= {("firewall", name): section for name, section in firewall.items()}
    bgp = _routes_by_bgp(state, running)
    accounts = [account for account in state.accounts if account.role == "admin"]
    return Owned(
        sections=MappingProxyType(sections),
        keys=MappingProxyType(_keys(state, running)),
        files=MappingProxyType(_files(state, running, places, tunnels)),
        starts=MappingProxyType({name: False for name in _unwanted(state) if name in running.starts} | _wanted(state, running, bgp=bgp)),
        logins=tuple(dict.fromkeys(our_login(key) for account in accounts for key in account.keys)),
        accounts=frozenset(account.name for account in accounts),
        bgpd="yes" if bgp else None,
        secrets=MappingProxyType(_secrets(state, running, tunnels)),
    )


def kept_secrets(wanted: Owned, running: Running) -> dict[str, Secret]:
    """The wished secrets that the box already has: WireGuard's told by its public half, all others by being there."""
    kept = {}
    for place, secret in wanted.secrets.items():
        if place.startswith("/"):
            there = running.files.get(place) == wanted.files.get(place) if place in FILES else place in running.secrets
        elif place.startswith("password:"):
            there = place.removeprefix("password:") in running.accounts
        else:
            public = running.publics.get(place.split(".")[1], "")
            there = bool(public) and (secret.value is None or public == wireguard_public_key(secret.value))
        if there:
            kept[place] = secret
    return kept


def _keys(state: RouterState, running: Running) -> dict[Key, Values | None]:
    system = {
        "hostname": state.host,
        "zonename": state.zone.replace("_", " "),
        "timezone": posix_zone("<{east}>{sign}{short}").write(state.zone),
    }
    if state.syslog:  # OpenWrt sends its log to one place
        system |= {"log_ip": str(state.syslog[0].address), "log_port": str(state.syslog[0].port), "log_proto": "udp"}
    found: dict[Key, Values | None] = {Key("system", "@system[0]", option): value for option, value in system.items()}
    time: dict[str, Values] = {"enabled": "1", "enable_server": "1", "server": tuple(map(str, state.time_sources))}
    found |= {Key("system", "ntp", option): value for option, value in time.items()}
    if "strongswan" in running.programs and "ipsec" in running.packages:
        found[Key("ipsec", "globals", "rtinstall_enabled")] = "0"
    return found


def _files(state: RouterState, running: Running, places: Places, tunnels: tuple[RouterTunnel, ...]) -> dict[str, str]:
    found = {NFT: fragment(state, tunnels, places), SERVICE: service_script()}
    if "tc" in running.programs and state.shaping:
        found |= {SHAPING: shaping_script(state, places), HOTPLUG: hotplug_script()}
    if state.routing.mode == "static":
        found[WATCH] = watch_script(tunnels)
    elif _routes_by_bgp(state, running):
        found[FRR] = daemons.frr(state)
    ipsec = tuple(tunnel for tunnel in tunnels if tunnel.kind == "ipsec")
    if ipsec:
        found |= {SWANCTL: daemons.swanctl(ipsec), CHARON: daemons.charon()}
    if state.snmp is not None and "snmpd" in running.programs:
        found |= {SNMPD: daemons.snmpd(state.snmp), SNMP_USER: f"{MARK}\n{state.snmp.user}\n"}
    kept = sorted({*found, *(secret_path(tunnel) for tunnel in ipsec)})
    return found | {KEEP: "".join(f"{path}\n" for path in [KEEP, *kept])}


def _routes_by_bgp(state: RouterState, running: Running) -> bool:
    return state.routing.mode == "bgp" and "bgp" in running.programs and not running.routes_for_others


def secret_path(tunnel: RouterTunnel) -> str:
    """The file that holds an IPsec tunnel's pre-shared key."""
    return f"/etc/swanctl/conf.d/motcua-{tunnel.name}.conf"


def _secrets(state: RouterState, running: Running, tunnels: tuple[RouterTunnel, ...]) -> dict[str, Secret]:
    found: dict[str, Secret] = {}
    for tunnel in tunnels:
        wireguard = tunnel.kind == "wireguard"
        found[f"network.{interface_name(tunnel)}.private_key" if wireguard else secret_path(tunnel)] = tunnel.secret
    found |= {f"password:{account.name}": account.password for account in state.accounts if account.password and account.role == "admin"}
    if state.snmp is not None and "snmpd" in running.programs:
        found[SNMP_USER] = state.snmp.authentication
    return found


def _unwanted(state: RouterState) -> tuple[str, ...]:
    names = [name for service, names in SERVICES.items() if state.services.get(service) is False for name in names]
    web = [state.services.get(name) for name in ("http", "https")]
    return (*names, *(WEB if web == [False, False] else ()))


def _wanted(state: RouterState, running: Running, *, bgp: bool) -> dict[str, bool]:
    """Services that must start for ours to work."""
    needed = {"motcua": True, "frr": bgp, "snmpd": state.snmp is not None and "snmpd" in running.programs}
    needed["swanctl"] = any(tunnel.kind == "ipsec" for tunnel in buildable(state, running))
    return {name: True for name, wanted in needed.items() if wanted}
