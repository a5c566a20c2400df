"""What RouterOS makes of a value: its own spelling of times, rates, addresses and lists, or the words with which it refuses."""

from __future__ import annotations

import base64
import binascii
import re
from ipaddress import ip_address, ip_interface, ip_network

from tests.emulators.routers.routeros_tokens import listed


class Failure(Exception):
    """A command failed while it ran; ``:do … on-error`` catches it."""


TIME = re.compile(r"(?:(\d+)w)?(?:(\d+)d)?(?:(\d+):(\d\d):(\d\d)(?:\.\d+)?|(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+)s)?(?:(\d+)ms)?)")
UNITS = (("w", 604800_000), ("d", 86400_000), ("h", 3600_000), ("m", 60_000), ("s", 1000), ("ms", 1))
GROUP = listed("local telnet ssh ftp reboot read write policy test winbox password web sniff sensitive api romon")
POLICIES = {7: [*GROUP, "rest-api"], 6: [*GROUP, "dude", "tikapp"]}
SCRIPT_POLICIES = listed("ftp reboot read write policy test password sniff sensitive romon")
TIMES = set(
    listed(
        "interval persistent-keepalive dpd-interval lifetime hold-time keepalive-time min-rx min-tx min-echo-rx timeout "
        "lease-time burst-time delay-threshold address-list-timeout ddns-update-interval discover-interval"
    )
)
RATES = {"limit-at", "max-limit", "burst-limit", "burst-threshold"}
SWITCHES = set(
    listed("disabled enabled passthrough use-bfd bsd-syslog write-access read-access show-at-login nat-traversal tunnel template log")
)
NUMBERS = {
    "distance": (0, 255), "port": (0, 65535), "listen-port": (0, 65535), "endpoint-port": (0, 65535), "remote-port": (0, 65535),
    "priority": (1, 8), "multiplier": (2, 255), "dpd-maximum-failures": (1, 100), "scope": (0, 255), "target-scope": (0, 255),
    "trap-version": (1, 3),
}  # fmt: skip
ADDRESSES = {"src-address", "dst-address", "allowed-address", "sa-src-address", "sa-dst-address", "addresses"}
HOSTS = {"to-addresses", "remote", "primary-ntp", "secondary-ntp", "router-id", "pref-src"}
KEYS = {"private-key", "public-key", "preshared-key"}
TEXTS = {"interface bridge filter", "queue simple", "ip proxy", "routing bfd configuration"}  # their addresses have a grammar of their own
INTERFACES = {"interface", "in-interface", "out-interface"}
LISTS = {"in-interface-list", "out-interface-list", "allowed-interface-list", "discover-interface-list", "list-interface"}

FIREWALL = "accept add-dst-to-address-list add-src-to-address-list drop jump log passthrough return"
CHOICES = {
    ("ip firewall filter", "action"): FIREWALL + " fasttrack-connection reject tarpit",
    ("ip firewall nat", "action"): FIREWALL + " dst-nat endpoint-independent-nat masquerade netmap redirect same src-nat",
    ("ip firewall mangle", "action"): FIREWALL
    + " change-dscp change-mss change-ttl clear-df fasttrack-connection mark-connection mark-packet "
    "mark-routing route set-priority sniff-pc sniff-tzsp strip-ipv4-options",
    (
        "ip firewall filter",
        "protocol",
    ): "tcp udp icmp gre ipsec-esp ipsec-ah ospf igmp icmpv6 l2tp sctp udp-lite vrrp ipv6-encap ipip encap pim",
    ("ip ipsec peer", "exchange-mode"): "aggressive base ike2 main main-l2tp",
    ("ip ipsec policy", "action"): "discard encrypt none",
    ("ip ipsec policy", "level"): "require unique use",
    (
        "ip ipsec identity",
        "auth-method",
    ): "digital-signature eap eap-radius pre-shared-key pre-shared-key-xauth rsa-key rsa-signature-hybrid",
    ("snmp community", "security"): "authorized none private",
    ("snmp community", "authentication-protocol"): "MD5 SHA1",
    ("snmp community", "encryption-protocol"): "AES DES",
    ("system logging action", "target"): "disk echo email memory remote",
    ("ip route", "check-gateway"): "arp bfd bfd-multihop none ping",
    (
        "routing bgp connection",
        "local.role",
    ): "ebgp ebgp-customer ebgp-peer ebgp-provider ebgp-rs ebgp-rs-client ibgp ibgp-rr ibgp-rr-client",
    ("ip ssh", "host-key-type"): "ed25519 rsa",
    ("system ntp client", "mode"): "broadcast manycast multicast unicast",
}
QUEUE_KINDS = {7: "bfifo cake codel fq-codel mq-pfifo none pcq pfifo red sfq", 6: "bfifo mq-pfifo none pcq pfifo red sfq"}
# Lists whose parts come from a set, in the order in which the router prints them.
PARTS = {
    ("ip firewall filter", "connection-state"): "established related new invalid untracked",
    ("ip firewall mangle", "connection-state"): "established related new invalid untracked",
    ("ip ipsec profile", "dh-group"): "x25519 ecp256 ecp384 ecp521 ec2n185 ec2n155 modp8192 modp6144 modp4096 modp3072 modp2048 modp1536 modp1024 modp768",
    ("ip ipsec profile", "enc-algorithm"): "aes-256 camellia-256 aes-192 camellia-192 aes-128 camellia-128 3des blowfish des",
    ("ip ipsec profile", "hash-algorithm"): "md5 sha1 sha256 sha384 sha512",
    ("ip ipsec proposal", "auth-algorithms"): "null md5 sha1 sha256 sha512",
    ("ip ipsec proposal", "enc-algorithms"): "aes-256-cbc aes-256-ctr aes-256-gcm camellia-256 aes-192-cbc aes-192-ctr aes-192-gcm camellia-192 aes-128-cbc aes-128-ctr aes-128-gcm camellia-128 3des blowfish twofish des null",
    ("ip ipsec proposal", "pfs-group"): "none modp768 modp1024 modp1536 modp2048 modp3072 modp4096 modp6144 modp8192 ecp256 ecp384 ecp521 x25519",
}  # fmt: skip
# A field names an entry of another menu: where, by which field, and what else goes.
REFERENCES = {
    ("ip ipsec peer", "profile"): ("ip ipsec profile", "name", ()),
    ("ip ipsec identity", "peer"): ("ip ipsec peer", "name", ()),
    ("ip ipsec policy", "peer"): ("ip ipsec peer", "name", ("any",)),
    ("ip ipsec policy", "proposal"): ("ip ipsec proposal", "name", ()),
    ("interface wireguard peers", "interface"): ("interface wireguard", "name", ()),
    ("ip dhcp-server", "address-pool"): ("ip pool", "name", ("static-only",)),
    ("system logging", "action"): ("system logging action", "name", ()),
    ("user", "group"): ("user group", "name", ()),
    ("user ssh-keys", "user"): ("user", "name", ()),
    ("interface list member", "list"): ("interface list", "name", ()),
    ("queue tree", "queue"): ("queue type", "name", ()),
    ("routing bgp connection", "templates"): ("routing bgp template", "name", ()),
    ("routing bgp peer", "instance"): ("routing bgp instance", "name", ()),
    ("ip route", "routing-table"): ("routing table", "name", ()),
}


def duration(text):
    """Milliseconds of ``1d2h``, ``00:05:00`` or bare seconds; None for what is no time."""
    if re.fullmatch(r"\d+", text):
        return int(text) * 1000
    found = TIME.fullmatch(text)
    if not found or not text:
        return None
    weeks, days, hours, minutes, seconds, *rest = (int(group or 0) for group in found.groups())
    h, m, s, ms = rest
    return ((weeks * 7 + days) * 86400 + (hours + h) * 3600 + (minutes + m) * 60 + seconds + s) * 1000 + ms


def spelled(milliseconds):
    """``1d``, ``1h30m``, ``0s``."""
    text = ""
    for unit, size in UNITS:
        count, milliseconds = divmod(milliseconds, size)
        text += f"{count}{unit}" if count else ""
    return text or "0s"


def rate(text):
    """``20M`` for 20000000: the largest unit that leaves a whole number."""
    found = re.fullmatch(r"(\d+)([kKMG]?)", text)
    if not found:
        return None
    bits = int(found.group(1)) * {"": 1, "k": 1000, "K": 1000, "M": 10**6, "G": 10**9}[found.group(2)]
    for unit, size in (("G", 10**9), ("M", 10**6), ("k", 1000)):
        if bits and bits % size == 0:
            return f"{bits // size}{unit}"
    return str(bits)


def prefix(text, *, host_bits):
    """One address, prefix or range as the firewall (without /32) or others (with it) print it."""
    if ":" in text:
        ip_network(text, strict=False)
        return text
    if "-" in text:
        return "-".join(str(ip_address(end)) for end in text.split("-", 1))
    network = ip_network(text, strict=False)
    if network.prefixlen == 32 and network.version == 4 and not host_bits:
        return str(network.network_address)
    return str(network)


def normal(box, path, name, text):
    """The value as it is kept and printed. Raises Failure with the router's words."""
    where = " ".join(path)
    refused = Failure(f"invalid value for argument {name}")
    if text == "" and name not in ("chain", "name"):
        return ""
    try:
        return _normal(box, where, path, name, text)
    except (ValueError, binascii.Error, Failure) as wrong:
        if box.loading:  # what a router printed is what it had, on hardware that we don't know
            return text
        raise (wrong if isinstance(wrong, Failure) else refused) from None


def _normal(box, where, path, name, text):
    choices, parts, reference = CHOICES.get((where, name)), PARTS.get((where, name)), REFERENCES.get((where, name))
    default = box.schema.field(path, name).default
    if (where, name) == ("queue type", "kind"):
        choices = QUEUE_KINDS[box.schema.major]
    if (where, name) == ("system logging action", "name") and not re.fullmatch(r"[A-Za-z0-9]+", text):
        raise Failure("failure: action name can contain only letters and numbers")
    if choices:
        return text if text.lstrip("!") in choices.split() or text.lstrip("!").isdigit() else _no_match(name)
    if parts:
        sign, names = ("!" if text.startswith("!") else ""), text.lstrip("!").split(",")
        order = parts.split()
        return sign + ",".join(sorted(names, key=order.index)) if set(names) <= set(order) else _no_match(name)
    if reference and (table := tuple(reference[0].split())) in box.tables:
        known = {*box.names(table, reference[1]), *reference[2]}
        return text if text.startswith("*") or set(text.split(",")) <= known else _no_match(name)
    if name in INTERFACES and where != "ip upnp interfaces":
        return text if text.lstrip("!") in {*box.interfaces(), "all", "none", "all-ethernet", "all-ppp"} else _no_match(name)
    if name in LISTS:
        return (
            text if text.lstrip("!") in {*box.names(("interface", "list"), "name"), "all", "none", "dynamic", "static"} else _no_match(name)
        )
    if name == "parent" and where == "queue tree":
        return text if text in {*box.interfaces(), *box.names(path, "name"), "global"} else _no_match(name)
    return _spelling(box, where, path, name, text, default)


def _spelling(box, where, path, name, text, default):
    if name == "policy":
        return _policies(where, text, box.schema.major)
    if name in SWITCHES or default in ("yes", "no"):
        return {"yes": "yes", "true": "yes", "no": "no", "false": "no"}.get(text) or (text if name == "use-bfd" else _no_match(name))
    if name in TIMES or (name == "lifetime" and default):
        found = duration(text)
        return text if found is None and text in ("none", "auto", "never", "infinity") else spelled(_number(found))
    if name in RATES:
        return "/".join(rate(part) or _fail() for part in text.split("/"))
    if name in NUMBERS and "," not in text and "-" not in text:
        low, high = NUMBERS[name]
        number = int(text, 0)
        if not low <= number <= high:
            raise Failure(f"value of {name} out of range ({low}..{high})")
        return str(number)
    return _addresses(where, name, text)


def _addresses(where, name, text):
    if name in ("as", "remote.as", "remote-as"):
        number = int(text.partition(".")[0]) * 65536 + int(text.partition(".")[2]) if "." in text else int(text)
        return str(number) if 0 < number < 2**32 else _fail()
    if name in KEYS and where.startswith("interface wireguard"):
        return text if len(base64.b64decode(text, validate=True)) == 32 else _fail()
    if name == "address" and where == "ip address":
        found = ip_interface(text)
        return str(found.ip) if found.network.prefixlen == found.max_prefixlen else str(found)
    if (name in ADDRESSES and where not in TEXTS) or (name == "address" and where in ("ip service", "user", "ip ipsec peer")):
        if where == "ip ipsec peer" and re.search(r"[g-z]", text):
            return text  # a name
        firewall = "firewall" in where
        sign = "!" if text.startswith("!") else ""
        return sign + ",".join(prefix(part, host_bits=not firewall) for part in text.lstrip("!").split(","))
    if name == "address" and where.endswith("firewall address-list") and not re.search(r"[g-z]", text):
        return prefix(text, host_bits=False)
    if name in HOSTS and where != "routing bgp template" and not re.search(r"[g-z]", text):
        return "-".join(prefix(end, host_bits=False) for end in text.split("-"))
    if name in ("remote.address", "local.address"):
        return prefix(text, host_bits=True) if name == "remote.address" else str(ip_address(text))
    return text


def _policies(where, text, major):
    order = POLICIES[major] if where == "user group" else SCRIPT_POLICIES
    given = {one for one in text.split(",") if one and not one.startswith("!")}
    if not {one.lstrip("!") for one in text.split(",") if one} <= set(order):
        _no_match("policy")
    granted = [one for one in order if one in given]
    return ",".join([*granted, *(f"!{one}" for one in order if one not in given)] if where == "user group" else granted)


def _number(found):
    return _fail() if found is None else found


def _fail():
    raise ValueError


def _no_match(name):
    raise Failure(f"input does not match any value of {name}")
