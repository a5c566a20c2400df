"""The neutral router state: what every platform is compared with, whatever its own words for it are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any, Literal

TunnelKind = Literal["wireguard", "ipsec"]


@dataclass(frozen=True)
class Secret:
    """A secret and its name. ``value`` is None where nobody may derive it, as when a configuration is only shown."""

    name: str
    value: str | None = field(default=None, repr=False)

    def __str__(self) -> str:
        return f"(secret {self.name})"


@dataclass(frozen=True)
class Account:
    """An account on the router that is motcua's own; ``sources`` are the networks that it logs in from."""

    name: str
    role: Literal["admin", "viewer"]
    keys: tuple[str, ...] = ()  # OpenSSH public keys, one line each
    password: Secret | None = None
    sources: tuple[IPv4Network, ...] = ()


@dataclass(frozen=True)
class RouterLine:
    """A line of the office. ``rank`` 0 is the primary one; ``internet`` says that the office's own work leaves over it."""

    name: str
    kind: Literal["tslcd", "ftth"]
    interface: str
    gateway: IPv4Address | None
    mtu: int
    up_kbps: int
    down_kbps: int
    rank: int
    internet: bool


@dataclass(frozen=True)
class Lan:
    """The office's LAN and the router's own address on it."""

    interface: str
    address: IPv4Interface


@dataclass(frozen=True)
class RouterTunnel:
    """The site's end of one tunnel: one line to one hub. The site always dials out.

    ``secret`` is the private key (WireGuard, base64) or the pre-shared key (IPsec). ``rank`` orders a site's tunnels: 0 is taken first.
    ``reachable`` are the networks behind the hub. Both addresses are single hosts; ``mss_bytes`` is what TCP may carry over IPv4 in it.
    """

    name: str  # <hub>-<line>
    slot: int  # 0 to 3: twice the hub's number, plus the line's rank
    kind: TunnelKind
    hub: str
    line: str
    interface: str
    address: IPv4Address
    hub_address: IPv4Address
    endpoint: IPv4Address
    port: int  # UDP of WireGuard; IKE is always at 500 and 4500
    mtu: int
    mss_bytes: int
    keepalive_seconds: int
    hub_public_key: str | None  # WireGuard; None while the hub hasn't been rolled out
    secret: Secret
    local_id: str  # IKE identities, FQDNs
    remote_id: str
    reachable: tuple[IPv4Network, ...]
    rank: int


@dataclass(frozen=True)
class Translation:
    """The LAN's one-to-one prefix; ``source`` is what devices see as the sender, so that one without a gateway answers."""

    inside: IPv4Network
    outside: IPv4Network
    source: IPv4Address


@dataclass(frozen=True)
class Opening:
    """Connections that may be opened. Empty ``to`` means the router itself. Addresses behind the router are those of the LAN."""

    comment: str
    came_in: Literal["tunnel", "lan"]
    sources: tuple[IPv4Network, ...]
    to: tuple[IPv4Network, ...]
    protocol: Literal["tcp", "udp"]
    ports: tuple[int, ...]


@dataclass(frozen=True)
class Firewall:
    """What the plan opens; nothing else comes in by a tunnel. ``cameras`` open nothing by themselves, nowhere."""

    input: tuple[Opening, ...]
    forward: tuple[Opening, ...]
    cameras: tuple[IPv4Address, ...]
    portal: IPv4Address
    portal_ports: tuple[int, ...]


@dataclass(frozen=True)
class Shaping:
    """Two classes on one line's way up, kbit/s: video may take what the share leaves, the office is sure of the rest and may borrow all."""

    line: str
    interface: str
    line_kbps: int
    video_kbps: int
    office_kbps: int


@dataclass(frozen=True)
class Neighbor:
    """The hub's end of one tunnel as a BGP neighbor (eBGP)."""

    tunnel: str
    address: IPv4Address
    asn: int
    rank: int


@dataclass(frozen=True)
class Routing:
    """How the site's prefix is told to the hubs and theirs are learned.

    ``bgp``: ``networks`` are announced. ``static``: every tunnel's ``reachable`` is a route with the tunnel's rank as distance, checked by
    asking the hub's end. What a hub originates itself (an AS path of one) is preferred by 300, less ten times its line's rank; what it only
    passes on by 100 less.
    """

    mode: Literal["bgp", "static"]
    asn: int
    router_id: IPv4Address
    networks: tuple[IPv4Network, ...]
    neighbors: tuple[Neighbor, ...]
    keepalive_seconds: int = 10
    hold_seconds: int = 30
    bfd: bool = True
    bfd_interval_ms: int = 1000
    bfd_multiplier: int = 3


@dataclass(frozen=True)
class Snmp:
    """SNMPv3, authentication and privacy (SHA, AES-128); nothing of v1 or v2c."""

    user: str
    authentication: Secret
    privacy: Secret
    sources: tuple[IPv4Network, ...]
    location: str
    contact: str


@dataclass(frozen=True)
class Syslog:
    """Where the router's log goes, over the tunnel."""

    address: IPv4Address
    port: int = 514


@dataclass(frozen=True)
class RouterState:
    """How one router should be, in nobody's dialect.

    ``services`` name what is on or off: ssh, telnet, http, https, ftp, api, winbox, upnp, discovery, ddns. ``management`` are the networks
    from which ``ssh`` may be reached, by the tunnel alone.
    """

    host: str
    site: str
    accounts: tuple[Account, ...]
    services: Mapping[str, bool]
    management: tuple[IPv4Network, ...]
    zone: str  # IANA
    time_sources: tuple[IPv4Address, ...]
    lines: tuple[RouterLine, ...]
    lan: Lan
    tunnels: tuple[RouterTunnel, ...]
    translate: Translation
    firewall: Firewall
    shaping: tuple[Shaping, ...]
    routing: Routing
    snmp: Snmp | None
    syslog: tuple[Syslog, ...]


def router_state(wish: Mapping[str, Any], secret: Callable[[str], str | None] = lambda _: None) -> RouterState:
    """``motcua_desired.router`` as typed values; ``secret`` gives the value of a named secret, or None to leave it out."""

    def kept(name: Any) -> Secret | None:
        return None if name is None else Secret(str(name["secret"]), secret(str(name["secret"])))

    def named(name: Any) -> Secret:
        return Secret(str(name["secret"]), secret(str(name["secret"])))

    firewall, translate, routing, snmp = wish["firewall"], wish["translate"], wish["routing"], wish.get("snmp")
    return RouterState(
        host=wish["host"],
        site=wish["site"],
        accounts=tuple(
            Account(row["name"], row["role"], tuple(row["keys"]), kept(row.get("password")), _networks(row["sources"]))
            for row in wish["accounts"]
        ),
        services=dict(wish["services"]),
        management=_networks(wish["management"]),
        zone=wish["zone"],
        time_sources=tuple(IPv4Address(source) for source in wish["time_sources"]),
        lines=tuple(_line(row) for row in wish["lines"]),
        lan=Lan(wish["lan"]["interface"], IPv4Interface(wish["lan"]["address"])),
        tunnels=tuple(_tunnel(row, named(row["secret"])) for row in wish["tunnels"]),
        translate=Translation(IPv4Network(translate["inside"]), IPv4Network(translate["outside"]), IPv4Address(translate["source"])),
        firewall=Firewall(
            tuple(_opening(row) for row in firewall["input"]),
            tuple(_opening(row) for row in firewall["forward"]),
            tuple(IPv4Address(address) for address in firewall["cameras"]),
            IPv4Address(firewall["portal"]),
            tuple(firewall["portal_ports"]),
        ),
        shaping=tuple(Shaping(**row) for row in wish["shaping"]),
        routing=_routing(routing),
        snmp=None
        if snmp is None
        else Snmp(
            snmp["user"],
            named(snmp["authentication"]),
            named(snmp["privacy"]),
            _networks(snmp["sources"]),
            snmp["location"],
            snmp["contact"],
        ),
        syslog=tuple(Syslog(IPv4Address(row["address"]), row["port"]) for row in wish["syslog"]),
    )


def _networks(values: Any) -> tuple[IPv4Network, ...]:
    return tuple(IPv4Network(value) for value in values)


def _line(row: Mapping[str, Any]) -> RouterLine:
    gateway = None if row["gateway"] is None else IPv4Address(row["gateway"])
    return RouterLine(**{**row, "gateway": gateway})


def _tunnel(row: Mapping[str, Any], secret: Secret) -> RouterTunnel:
    addresses = {key: IPv4Address(row[key]) for key in ("address", "hub_address", "endpoint")}
    return RouterTunnel(**{**row, **addresses, "secret": secret, "reachable": _networks(row["reachable"])})


def _opening(row: Mapping[str, Any]) -> Opening:
    return Opening(
        row["comment"], row["came_in"], _networks(row["from"]), _networks(row.get("to", ())), row["protocol"], tuple(row["ports"])
    )


def _routing(row: Mapping[str, Any]) -> Routing:
    neighbors = tuple(Neighbor(**{**one, "address": IPv4Address(one["address"])}) for one in row["neighbors"])
    return Routing(**{**row, "router_id": IPv4Address(row["router_id"]), "networks": _networks(row["networks"]), "neighbors": neighbors})
