"""What VyOS checks at ``commit``, subsystem by subsystem: the path that fails, and what its script says."""

from __future__ import annotations

import base64
import hashlib

from tests.emulators.routers.vyos_tree import Value


def failures(tree, version, files):
    """(path, words) of everything in the tree that can't be. ``files`` tells whether a file is there."""
    for check in (_wireguard, _nat, _firewall, _bgp, _ipsec, _shaper, _policies):
        yield from check(tree, version, files)


def _wireguard(tree, version, files):
    for name in tree.names("interfaces", "wireguard"):
        path = ("interfaces", "wireguard", name)
        key = tree.values(*path, "private-key")
        if version == "13":
            file = f"/config/auth/wireguard/{key[0] if key else 'default'}/private.key"
            if not files(file):
                yield path, 'WireGuard private-key not found! Execute: "run generate wireguard [default-keypair|named-keypairs]"'
        elif not key:
            yield path, "Wireguard private-key not defined"
        if not tree.has(*path, "peer"):
            yield path, "At least one Wireguard peer is required!"
        public = "pubkey" if version == "13" else "public-key"
        seen = {}
        for peer in tree.names(*path, "peer"):
            at = (*path, "peer", peer)
            if not tree.has(*at, "allowed-ips"):
                yield path, f'Wireguard allowed-ips required for peer "{peer}"!'
            if not tree.has(*at, public):
                yield path, f'Wireguard public-key required for peer "{peer}"!'
            if tree.has(*at, "address") != tree.has(*at, "port"):
                yield path, f'Both Wireguard port and address must be defined for peer "{peer}" if either one of them is set!'
            for value in tree.values(*at, public):
                if value in seen:
                    yield path, f'Duplicate public-key defined on peer "{peer}"'
                seen[value] = peer


def _nat(tree, version, _files):
    for side, direction in (("source", "outbound-interface"), ("destination", "inbound-interface")):
        for rule in tree.names("nat", side, "rule"):
            path = ("nat", side, "rule", rule)
            if not tree.has(*path, direction) and version == "13":
                yield ("nat",), f"{side.capitalize()} NAT configuration error in rule {rule}: {direction} not specified"
            if (
                not tree.has(*path, "translation", "address")
                and not tree.has(*path, "translation", "port")
                and not tree.has(*path, "exclude")
            ):
                yield ("nat",), f"{side.capitalize()} NAT configuration error in rule {rule}: translation requires address and/or port"
            for end in ("source", "destination"):
                protocol = tree.values(*path, "protocol")
                if tree.has(*path, end, "port") and (not protocol or protocol[0] not in ("tcp", "udp", "tcp_udp", "tcpudp")):
                    yield (
                        ("nat",),
                        f"{side.capitalize()} NAT configuration error in rule {rule}: ports can only be specified when protocol is either tcp, udp or tcp_udp!",
                    )


def _rule_sets(tree, version):
    if version == "13":
        return [("firewall", "name", name) for name in tree.names("firewall", "name")]
    chains = [("firewall", "ipv4", chain, "filter") for chain in ("forward", "input", "output")]
    return [*chains, *(("firewall", "ipv4", "name", name) for name in tree.names("firewall", "ipv4", "name"))]


def _firewall(tree, version, _files):
    sets = _rule_sets(tree, version)
    for path in sets:
        for rule in tree.names(*path, "rule"):
            yield from _rule(tree, (*path, "rule", rule), rule, version)
    for line in tree.lines:
        if line[-2:-1] == ("name",) and "firewall" in line[3:] and line[0] == "interfaces" and not tree.has("firewall", "name", line[-1]):
            yield line[:3], f'Firewall name "{line[-1]}" does not exist!'


def _rule(tree, path, rule, version):
    action = tree.values(*path, "action")
    if not action:
        yield (
            ("firewall",),
            "Rule action must be defined" if version == "14" else f"Firewall configuration error: rule {rule} has no action",
        )
    if action == ["jump"]:
        target = tree.values(*path, "jump-target")
        if not target:
            yield ("firewall",), "Action set to jump, but no jump-target specified"
        elif not tree.has("firewall", "ipv4", "name", target[0]):
            yield ("firewall",), f"Invalid jump-target. Firewall ipv4 name {target[0]} does not exist on the system"
    protocol = tree.values(*path, "protocol")
    if any(tree.has(*path, end, "port") for end in ("source", "destination")) and protocol not in (
        ["tcp"],
        ["udp"],
        ["tcp_udp"],
        ["all"],
        ["sctp"],
    ):
        yield ("firewall",), "Protocol must be tcp, udp, or tcp_udp when specifying a port or port-group"
    for group, name in _groups(tree, path):
        if not tree.has("firewall", "group", group, name.lstrip("!")):
            yield ("firewall",), f'Invalid {group} "{name}" on firewall rule'


def _groups(tree, path):
    """Every group that a rule names: (kind, name)."""
    for end in ("source", "destination"):
        for group in ("address-group", "network-group", "port-group"):
            yield from ((group, name) for name in tree.values(*path, end, "group", group))
    for direction in ("inbound-interface", "outbound-interface"):
        yield from (("interface-group", name) for name in tree.values(*path, direction, "group"))


def _bgp(tree, version, _files):
    if not tree.has("protocols", "bgp"):
        return
    if version == "13":
        numbers = tree.names("protocols", "bgp")
        if len(numbers) > 1:
            yield ("protocols", "bgp"), "Only one BGP AS number can be defined!"
        roots = [("protocols", "bgp", number) for number in numbers]
    else:
        roots = [("protocols", "bgp")]
        if not tree.has("protocols", "bgp", "system-as"):
            yield ("protocols", "bgp"), "BGP system-as number must be defined!"
    for root in roots:
        for neighbor in tree.names(*root, "neighbor"):
            at = (*root, "neighbor", neighbor)
            if not tree.has(*at, "remote-as") and not tree.has(*at, "peer-group"):
                yield ("protocols", "bgp"), f'Neighbor "{neighbor}" remote-as must be set!'
            for way in ("import", "export"):
                for name in tree.values(*at, "address-family", "ipv4-unicast", "route-map", way):
                    if not tree.has("policy", "route-map", name):
                        yield ("protocols", "bgp"), f'route-map "{name}" does not exist!'


def _ipsec(tree, version, _files):
    root = ("vpn", "ipsec")
    for peer in tree.names(*root, "site-to-site", "peer"):
        yield from ((root, words) for words in _peer(tree, version, peer, (*root, "site-to-site", "peer", peer)))
    for group in tree.names(*root, "ike-group"):
        if not tree.has(*root, "ike-group", group, "proposal"):
            yield root, f"Missing proposal in ike-group {group}"


def _peer(tree, version, peer, at):
    group = tree.values(*at, "ike-group")
    if not group:
        yield f"Missing ike-group on site-to-site peer {peer}"
    elif not tree.has("vpn", "ipsec", "ike-group", group[0]):
        yield f"Invalid ike-group on site-to-site peer {peer}"
    if version == "14" and not tree.has(*at, "remote-address"):
        yield f'"remote-address" for peer {peer} must be set'
    if not tree.has(*at, "local-address") and not tree.has(*at, "dhcp-interface"):
        yield f"Missing local-address or dhcp-interface on site-to-site peer {peer}"
    if not tree.has(*at, "vti") and not tree.has(*at, "tunnel"):
        yield f"Missing tunnel or vti on site-to-site peer {peer}"
    for bound in tree.values(*at, "vti", "bind"):
        if not tree.has("interfaces", "vti", bound):
            yield f"VTI interface {bound} for site-to-site peer {peer} does not exist!"
    for name in [*tree.values(*at, "vti", "esp-group"), *tree.values(*at, "default-esp-group")]:
        if not tree.has("vpn", "ipsec", "esp-group", name):
            yield f"Invalid esp-group on vti for site-to-site peer {peer}"


def _shaper(tree, version, _files):
    root = ("traffic-policy", "shaper") if version == "13" else ("qos", "policy", "shaper")
    for name in tree.names(*root):
        if not tree.has(*root, name, "default"):
            yield (
                root[:1],
                f'Shaper "{name}": default traffic class must be set' if version == "13" else "Shaper requires default traffic class",
            )
        for number in tree.names(*root, name, "class"):
            if not tree.has(*root, name, "class", number, "bandwidth"):
                yield root[:1], f"Bandwidth must be defined for class {number}!"
            if not 2 <= int(number) <= 4095:
                yield root[:1], f"Class identifier must be between 2 and 4095: {number}"
    for interface in tree.names("qos", "interface"):
        for way in ("egress", "ingress"):
            for policy in tree.values("qos", "interface", interface, way):
                if not any(tree.has("qos", "policy", kind, policy) for kind in tree.names("qos", "policy")):
                    yield ("qos",), f"QoS policy {policy} does not exist!"
    for line in tree.lines:
        if line[:1] == ("interfaces",) and "traffic-policy" in line and not tree.has("traffic-policy", "shaper", line[-1]):
            yield line[:3], f'traffic-policy "{line[-1]}" does not exist'


def _policies(tree, _version, _files):
    for kind in ("route-map", "prefix-list", "as-path-list"):
        for name in tree.names("policy", kind):
            for rule in tree.names("policy", kind, name, "rule"):
                at = ("policy", kind, name, "rule", rule)
                if not tree.has(*at, "action"):
                    yield ("policy",), f"Action must be specified for {kind} {name} rule {rule}!"
                if kind == "prefix-list" and not tree.has(*at, "prefix"):
                    yield ("policy",), f"A prefix must be set for prefix-list {name} rule {rule}!"
                for target in tree.values(*at, "match", "ip", "address", "prefix-list"):
                    if not tree.has("policy", "prefix-list", target):
                        yield ("policy",), f"prefix-list {target} does not exist!"
                for target in tree.values(*at, "match", "as-path"):
                    if not tree.has("policy", "as-path-list", target):
                        yield ("policy",), f"as-path-list {target} does not exist!"


def hashed(password):
    digest = base64.b64encode(hashlib.sha512(b"emulated" + password.encode()).digest()).decode().rstrip("=").replace("+", ".")
    return f"$6$emulated${digest}"


def finished(tree):
    """What the commit scripts make of passwords in clear: they are kept hashed."""
    for line in [one for one in tree.lines if one[-2:-1] == ("plaintext-password",)]:
        hashed_line = (
            *line[:-2],
            "encrypted-password",
            Value(hashed(line[-1]) if line[0] == "system" else hashlib.sha1(line[-1].encode()).hexdigest()),
        )
        for old in [one for one in tree.lines if one[:-1] == hashed_line[:-1]]:
            del tree.lines[old]
        del tree.lines[line]
        tree.lines[hashed_line] = None
    return tree
