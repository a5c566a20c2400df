"""Routers that nobody can configure by program: what a person enters, field by field; and where nothing can be entered, what stands behind.

DrayOS has no text that is its configuration, and a provider's box belongs to the provider. Menus are generally known [K], none was tried
on a device; the sheet says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Network

from .state import RouterState, RouterTunnel
from .words import Words

TUNNEL_MENU, PORTS_OF_IKE, FALLBACK_PORT = "VPN and Remote Access >> LAN to LAN", (500, 4500), 443
OFFICE_NETWORKS = tuple(IPv4Network(f"192.168.{third}.0/24") for third in (1, 100, 10))


@dataclass(frozen=True)
class Row:
    """One field: its menu, its name as the device has it, and the exact value; a secret by its name."""

    menu: str
    field: str
    value: str


@dataclass(frozen=True)
class Part:
    """Rows that belong together."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Worksheet:
    """``unproven`` where the menus are known from hearsay only."""

    parts: tuple[Part, ...]
    unproven: bool


def worksheet(platform: str, state: RouterState, words: Words) -> Worksheet | None:
    """The sheet of a router, None for a platform that needs none."""
    way = SHEETS.get(platform)
    return None if way is None else way(state, words)


# --- DrayTek -----------------------------------------------------------------------------------------------------------


def _draytek(state: RouterState, words: Words) -> Worksheet:
    parts = [_tunnel(tunnel, state, words) for tunnel in sorted(state.tunnels, key=lambda one: one.rank)]
    parts += [_management(state, words), _time(state, words), _off(state, words), _cameras(state, words), *_shares(state, words)]
    return Worksheet((*parts, *_watching(state, words)), unproven=True)


def _tunnel(tunnel: RouterTunnel, state: RouterState, words: Words) -> Part:
    wan = 1 + next(at for at, line in enumerate(sorted(state.lines, key=lambda one: one.rank)) if line.name == tunnel.line)
    inside, outside = state.translate.inside, state.translate.outside
    values = {
        "1. Common Settings: Enable this profile": "☑",
        "Profile Name": f"motcua{tunnel.slot}",
        "Call Direction": "Dial-Out, Always on ☑",
        "VPN Dial-Out Through": f"WAN{wan} Only ({tunnel.line})",
        "2. Dial-Out Settings: Type of Server": "IPsec Tunnel, IKEv2",
        "Server IP/Host Name": str(tunnel.endpoint),
        "Pre-Shared Key": words.say("sheet", "secret", name=tunnel.secret.name),
        "Local ID (FQDN)": tunnel.local_id,
        "Peer ID (FQDN)": tunnel.remote_id,
        "IKE phase 1": "AES256 / SHA256 / DH Group 19 (ECP256), else Group 14",
        "IKE phase 2": "AES256-GCM, else AES256 / SHA256; PFS ☑",
        "Dead Peer Detection": "10 s",
        "TCP/IP Network Settings: Local Network": f"{inside.network_address} / {inside.netmask}",
        "Translate Local Network": f"☑ {inside} → {outside}",
        "Remote Network": ", ".join(f"{one.network_address} / {one.netmask}" for one in tunnel.reachable),
        "Mode": "Routing",
    }
    return Part(words.say("part", "tunnel", name=tunnel.name), tuple(Row(TUNNEL_MENU, field, value) for field, value in values.items()))


def _management(state: RouterState, words: Words) -> Part:
    menu, networks = "System Maintenance >> Management", ", ".join(map(str, state.management))
    rows = [
        Row(menu, "Router Name", state.host),
        Row(menu, "Allow management from the Internet", "☐ HTTP, HTTPS, FTP, Telnet, SSH, SNMP, TR-069"),
    ]
    rows += [Row(menu, "Access List (LAN / VPN): SSH", networks), Row(menu, "Disable PING from the Internet", "☑")]
    for account in state.accounts:
        if account.password is not None:
            value = words.say("sheet", "secret", name=account.password.name)
            rows.append(Row("System Maintenance >> Administrator Password", account.name, value))
    return Part(words.say("part", "management"), tuple(rows))


def _time(state: RouterState, words: Words) -> Part:
    menu = "System Maintenance >> Time and Date"
    servers = [Row(menu, f"{what} Server", str(one)) for what, one in zip(("Primary", "Secondary"), state.time_sources, strict=False)]
    return Part(words.say("part", "time"), (Row(menu, "Time Zone", state.zone), *servers))


def _off(state: RouterState, words: Words) -> Part:
    rows = [Row("Applications >> UPnP", "Enable UPnP Service", "☐"), Row("Applications >> Dynamic DNS", "Enable Dynamic DNS Setup", "☐")]
    cameras = ", ".join(map(str, state.firewall.cameras))
    rows += [Row("NAT >> Port Redirection, Open Ports, DMZ Host", cameras or str(state.lan.address.network), "☐")]
    return Part(words.say("part", "close"), tuple(rows))


def _cameras(state: RouterState, words: Words) -> Part:
    menu = "Firewall >> Filter Setup"
    rows = [Row(menu, f"LAN → WAN: Source IP {address}", "Block Immediately") for address in state.firewall.cameras]
    ports = ", ".join(map(str, state.firewall.portal_ports))
    rows.append(Row(menu, f"LAN → VPN: Destination IP {state.firewall.portal}, TCP {ports}", "Pass Immediately"))
    return Part(words.say("part", "cameras"), tuple(rows))


def _shares(state: RouterState, words: Words) -> Iterator[Part]:
    for shape in state.shaping:
        menu = "Bandwidth Management >> Quality of Service"
        percent = round(100 * shape.video_kbps / shape.line_kbps)
        ends = ", ".join(str(one.endpoint) for one in state.tunnels if one.line == shape.line)
        rows = (
            Row(menu, "Outbound Bandwidth", f"{shape.line_kbps} Kbps"),
            Row(menu, "Class 1 (motcua): Reserved Bandwidth Ratio", f"{percent} % ({shape.video_kbps} Kbps)"),
            Row(menu, "Class 1 Rule: Remote Address", ends),
            Row(menu, "Class 2 (office): Reserved Bandwidth Ratio", f"{100 - percent} % ({shape.office_kbps} Kbps)"),
        )
        yield Part(words.say("part", "shaping", name=shape.line), rows)


def _watching(state: RouterState, words: Words) -> Iterator[Part]:
    rows = [Row("System Maintenance >> SysLog / Mail Alert", "Server IP Address", f"{one.address}:{one.port}") for one in state.syslog[:1]]
    if state.snmp is not None:
        menu, snmp = "System Maintenance >> SNMP", state.snmp
        rows += [Row(menu, "Enable SNMP Agent (V1 / V2c)", "☐"), Row(menu, "Enable SNMPV3 Agent", "☑"), Row(menu, "USM User", snmp.user)]
        rows.append(Row(menu, "Auth Algorithm: SHA; Auth Password", words.say("sheet", "secret", name=snmp.authentication.name)))
        rows.append(Row(menu, "Privacy Algorithm: AES; Privacy Password", words.say("sheet", "secret", name=snmp.privacy.name)))
        rows.append(Row(menu, "Manager Host IP", ", ".join(map(str, snmp.sources))))
    if rows:
        yield Part(words.say("part", "watching"), tuple(rows))


# --- a provider's box --------------------------------------------------------------------------------------------------


def _ont(state: RouterState, words: Words) -> Worksheet:
    def row(part: str, key: str, **values: object) -> Row:
        return Row(words.say("part", part), words.say("small", key), words.say("small", f"{key}_value", **values))

    kinds = " / ".join(sorted({{"wireguard": "WireGuard", "ipsec": "IPsec (AES-256)"}[one.kind] for one in state.tunnels}))
    mbps = -(-max((shape.video_kbps for shape in state.shaping), default=1000) // 1000)
    other = next(str(one) for one in OFFICE_NETWORKS if not one.overlaps(state.lan.address.network))
    parts = {
        "small": (row("small", "class", kinds=kinds, mbps=mbps),),
        "cabling": (row("cabling", "first"), row("cabling", "second"), row("cabling", "others")),
        "addresses": (row("addresses", "wan"), row("addresses", "lan", address=state.lan.address, other=other)),
        "box": (
            *(Row(words.say("part", "box"), words.say("small", "out"), value) for value in _outward(state)),
            row("box", "shut"),
            row("box", "bridge"),
        ),
    }
    return Worksheet(tuple(Part(words.say("part", key), rows) for key, rows in parts.items()), unproven=False)


def _outward(state: RouterState) -> Iterator[str]:
    """What the box must let out, for each tunnel once."""
    for tunnel in sorted(state.tunnels, key=lambda one: one.rank):
        ports = PORTS_OF_IKE if tunnel.kind == "ipsec" else dict.fromkeys((tunnel.port, FALLBACK_PORT))
        yield f"UDP {', '.join(map(str, ports))} → {tunnel.endpoint} ({tunnel.name})"


SHEETS: dict[str, Callable[[RouterState, Words], Worksheet]] = {"draytek": _draytek, "ont": _ont}
