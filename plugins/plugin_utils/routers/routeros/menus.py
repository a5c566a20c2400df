"""The menus in which motcua has entries: how its own are known there, and what a field counts as that nobody set.

Fields and defaults are those that the collection community.routeros publishes for RouterOS 6 and 7, and those of recorded exports.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from types import MappingProxyType

MARK = "motcua"
PARKED = "motcua-parked"  # what is to go, kept disabled until the change is confirmed: nobody else knows its secret
UNDO = "motcua-undo"
KEPT = "motcua-kept"
RESERVED = (PARKED, UNDO, KEPT)


class Field(Enum):
    """A field without a default.

    ``!name`` takes away an UNSET one. A DEVICE one is the router's to fill in, or can't be read: it is given when an entry is made, and
    never compared. An UNKNOWN one isn't in our tables.
    """

    UNSET = "unset"
    DEVICE = "device"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Menu:
    """``mark`` is the property by which our entries are known; None where the menu is one set of values, or its rows are always there.

    ``ordered``: the place within a chain counts. ``carries``: a change here can cut the path that it comes by. ``parks``: an entry holds a
    secret that no export shows, or is named by such a one, so that it is disabled first and removed only when the change is confirmed.
    """

    mark: str | None
    fields: Mapping[str, str | Field]
    ordered: bool = False
    carries: bool = False
    parks: bool = False

    def default(self, name: str) -> str | Field:
        """What the field counts as where an export doesn't name it."""
        return self.fields.get(name, Field.UNKNOWN)

    @property
    def prefix(self) -> str:
        """What the mark of every entry of ours begins with."""
        return f"{MARK}:" if self.mark == "comment" else MARK

    def marks(self, value: str) -> bool:
        """Whether the mark is one of ours; what the guard keeps meanwhile isn't."""
        return value.startswith(self.prefix) and not value.startswith(RESERVED)


def _fields(text: str) -> Mapping[str, str | Field]:
    """``name=default name! name*``: a default, one that ``!name`` unsets, one that the router fills in."""
    found: dict[str, str | Field] = {}
    for word in text.split():
        name, sign, default = word.partition("=")
        if sign:
            found[name] = default
        else:
            found[word[:-1]] = Field.UNSET if word.endswith("!") else Field.DEVICE
    return MappingProxyType(found)


MATCHERS = """disabled=no log=no log-prefix= comment! action=accept
    address-list! address-list-timeout! connection-bytes! connection-limit! connection-mark! connection-nat-state! connection-rate!
    connection-state! connection-type! content! dscp! dst-address! dst-address-list! dst-address-type! dst-limit! dst-port! fragment!
    hotspot! icmp-options! in-bridge-port! in-bridge-port-list! in-interface! in-interface-list! ingress-priority! ipsec-policy!
    ipv4-options! jump-target! layer7-protocol! limit! nth! out-bridge-port! out-bridge-port-list! out-interface! out-interface-list! p2p!
    packet-mark! packet-size! per-connection-classifier! port! priority! protocol! psd! random! realm! routing-mark! routing-table!
    src-address! src-address-list! src-address-type! src-mac-address! src-port! tcp-flags! tcp-mss! time! tls-host! ttl!"""
MANGLE = """passthrough=yes new-connection-mark! new-dscp! new-mss! new-packet-mark! new-priority! new-routing-mark! new-ttl! route-dst!
    sniff-id! sniff-target! sniff-target-port!"""
ROUTE = """gateway= distance=1 routing-table=main scope* target-scope* suppress-hw-offload=no pref-src= check-gateway! type! vrf-interface!
    blackhole! routing-mark! route-tag!"""
# The follower of routes.py turns policies on and off, so that whether one is on is nobody's wish.
POLICY = """disabled* action=encrypt dst-port=any src-port=any protocol=all ipsec-protocols=esp group* template! sa-src-address*
    sa-dst-address*"""
IDENTITY = """auth-method=pre-shared-key generate-policy=no match-by=remote-id mode-config! notrack-chain! policy-template-group*
    secret*"""
PROFILE = """nat-traversal=yes lifetime=1d proposal-check=obey lifebytes! prf-algorithm=auto dpd-interval=2m dpd-maximum-failures=5"""
INSTANCE = """disabled=no client-to-client-reflection* ignore-as-path-len=no redistribute-connected=no redistribute-static=no
    redistribute-ospf=no redistribute-rip=no redistribute-other-bgp=no out-filter= vrf* routing-table*"""
PEER = """address-families=ip default-originate=never passive=no multihop=no nexthop-choice=default ttl=default as-override=no
    route-reflect=no remove-private-as=no use-bfd=no tcp-md5-key= max-prefix-limit! allow-as-in!"""
FILTER = """action=passthrough invert-match=no prefix=0.0.0.0/0 prefix-length! protocol! bgp-as-path! bgp-as-path-length! bgp-local-pref!
    set-bgp-local-pref! set-distance! set-scope! set-in-nexthop* set-bgp-prepend-path="""
COMMUNITY = """disabled=no addresses=::/0 security=none read-access=yes write-access=no authentication-protocol=MD5
    encryption-protocol=DES authentication-password* encryption-password* comment!"""
LOG_ACTION = """remote=0.0.0.0 remote-port=514 src-address=0.0.0.0 bsd-syslog=no syslog-facility=daemon syslog-severity=auto
    syslog-time-format=bsd-syslog remote-log-format=default remote-protocol=udp vrf*"""
QUEUE = """disabled=no limit-at=0 max-limit=0 packet-mark= priority=8 queue=default-small burst-limit=0 burst-threshold=0 burst-time=0s
    bucket-size=0.1 comment!"""
USER = "disabled=no address= password* comment! last-logged-in* expired* inactivity-timeout* inactivity-policy* flags*"


def _entries(text: str, *, mark: str = "comment", ordered: bool = False, carries: bool = False, parks: bool = False) -> Menu:
    enabled = "disabled=no " if mark == "comment" and "disabled" not in text else ""
    return Menu(mark, _fields(enabled + text), ordered, carries, parks)


def _values(text: str, *, carries: bool = False) -> Menu:
    return Menu(None, _fields(text), carries=carries)


# In the order in which entries need each other: what goes is removed from the end.
MENUS: dict[str, Menu] = {
    "system identity": _values("name=MikroTik"),
    "system clock": _values("time-zone-name=manual time-zone-autodetect=yes"),
    "system ntp client": _values("enabled=no primary-ntp=0.0.0.0 secondary-ntp=0.0.0.0"),
    "system ntp client servers": _entries("iburst=yes max-poll=10 min-poll=6 auth-key=none"),
    "system ntp server": _values("enabled=no"),
    "user group": _entries("skin=default comment!", mark="name", parks=True),
    "user": _entries(USER, mark="name", parks=True),
    "user ssh-keys": _entries("key* fingerprint*", mark="key-owner"),
    "ip service": _values("disabled=no address=", carries=True),
    "tool mac-server": _values("allowed-interface-list=all"),
    "tool mac-server mac-winbox": _values("allowed-interface-list=all"),
    "tool mac-server ping": _values("enabled=yes"),
    "tool bandwidth-server": _values("enabled=yes"),
    "ip neighbor discovery-settings": _values("discover-interface-list=static"),
    "ip upnp": _values("enabled=no"),
    "ip cloud": _values("ddns-enabled=no"),
    "interface bridge": _entries("protocol-mode=rstp admin-mac* auto-mac* mtu=auto", carries=True),
    "interface list": _entries("exclude= include="),
    "interface wireguard": _entries("mtu=1420 listen-port* public-key* private-key*", carries=True, parks=True),
    "interface list member": _entries(""),
    "interface wireguard peers": _entries(
        "name* persistent-keepalive! preshared-key* endpoint-address= endpoint-port=0 responder=no is-responder=no", carries=True
    ),
    "ip address": _entries("", carries=True),
    "ip ipsec profile": _entries(PROFILE, mark="name", carries=True),
    "ip ipsec proposal": _entries("disabled=no lifetime=30m", mark="name", carries=True),
    "ip ipsec peer": _entries("disabled=no local-address! passive=no port! send-initial-contact=yes comment!", mark="name", carries=True),
    "ip ipsec identity": _entries(IDENTITY, carries=True, parks=True),
    "ip ipsec policy": _entries(POLICY, carries=True),
    "ip firewall address-list": _entries("dynamic* creation-time* timeout!"),
    "ip firewall filter": _entries(f"{MATCHERS} reject-with! hw-offload!", ordered=True),
    "ip firewall nat": _entries(f"{MATCHERS} to-addresses! to-ports! same-not-by-dst! randomise-ports!", ordered=True),
    "ip firewall mangle": _entries(f"{MATCHERS} {MANGLE}", ordered=True),
    "queue type": _entries("fq-codel-limit=10240 fq-codel-flows=1024 fq-codel-target=5ms sfq-perturb=5 sfq-allot=1514", mark="name"),
    "queue tree": _entries(QUEUE, mark="name"),
    "ip route": _entries(ROUTE, carries=True),
    "routing filter": _entries(FILTER, ordered=True),
    "routing filter rule": _entries("", ordered=True),
    "routing bgp instance": _entries(INSTANCE, mark="name"),
    "routing bgp network": _entries("synchronize=yes"),
    "routing bfd configuration": _entries("vrf*"),
    "routing bgp peer": _entries(PEER),
    "routing bgp connection": _entries(
        "connect=yes listen=yes routing-table=main templates* vrf* multihop=no afi* address-families* use-bfd=no"
    ),
    "system scheduler": _entries("disabled=no comment! interval=0s start-date* start-time* owner*", mark="name"),
    "snmp": _values("enabled=no contact= location="),
    "snmp community": _entries(COMMUNITY, mark="name", parks=True),
    "system logging action": _entries(LOG_ACTION, mark="name"),
    "system logging": _entries("disabled=no prefix= topics=", mark="action"),
}

# Defaults that depend on the version, or on which row of the menu it is: menu, row, field, first version, default.
SPECIAL: tuple[tuple[str, str, str, tuple[int, int], str], ...] = (
    ("ip service", "www-ssl", "disabled", (0, 0), "yes"),
    ("ip cloud", "", "ddns-enabled", (7, 17), "auto"),
)


def default_of(menu: str, row: str, name: str, version: tuple[int, int]) -> str | Field:
    """What a field counts as on this version."""
    for where, which, field, since, default in SPECIAL:
        if (where, which, field) == (menu, row, name) and version >= since:
            return default
    return MENUS[menu].default(name)
