"""Which changes could shut us out or cut an office off: address, port, TLS, tunnel, firewall, password, firmware."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Literal, TypeAlias

from ..findings import Finding

Danger: TypeAlias = Literal["address", "port", "TLS", "tunnel", "firewall", "password", "firmware"]

# A camera's or recorder's setting, by the beginning of its key.
SETTINGS: tuple[tuple[str, Danger], ...] = (
    (r"network\.", "address"),
    (r"ports\.", "port"),
    (r"services\.https?$|certificate|access\.tls", "TLS"),
    (r"users\b|access\.http_auth", "password"),
)
# A role of a Linux machine, and within the other roles the words of a task or the file that it writes.
ROLES: Mapping[str, Danger] = {"firewall": "firewall", "ipsec": "tunnel", "routing": "tunnel"}
TASKS: tuple[tuple[str, Danger], ...] = (
    (r"tunnel|peers|wireguard|/etc/wireguard", "tunnel"),
    (r"firewall|isolation|plan opens|nftables", "firewall"),
    (r"address|/etc/network|/etc/systemd/network", "address"),
    (r"certificate|\btls\b", "TLS"),
    (r"password|authorized_keys", "password"),
)
# The lines of a router with a command line: RouterOS, IOS, VyOS and OpenWrt.
LINES: tuple[tuple[str, Danger], ...] = (
    (r"wireguard|ipsec|crypto|interface tunnel|\bike|vti|\bbgp\b|ip route", "tunnel"),
    (r"firewall|access-list|access-group|nat\b|zone", "firewall"),
    (r"ip address|\baddress\b|ipaddr|netmask|dhcp", "address"),
    (r"ip service|\bport\b|service ssh|dropbear", "port"),
    (r"certificate|pki|\btls\b|www-ssl", "TLS"),
    (r"password|\buser\b|username|secret|authorized", "password"),
)


def dangers(findings: Iterable[Finding]) -> dict[str, tuple[Danger, ...]]:
    """By host what is dangerous of its predicted changes, each kind once; hosts of which nothing is stand not in it."""
    found: dict[str, set[Danger]] = {}
    for finding in findings:
        if finding.status in ("fail", "waived"):
            found.setdefault(finding.device, set()).update(_of(finding))
    return {host: tuple(sorted(kinds)) for host, kinds in sorted(found.items()) if kinds}


def untold(findings: Iterable[Finding]) -> frozenset[str]:
    """The hosts of which couldn't be predicted what changes there."""
    return frozenset(finding.device for finding in findings if finding.status == "error")


def _of(finding: Finding) -> set[Danger]:
    if finding.feature == "router" and finding.check == "configuration":
        text = f"{finding.expected or ''}\n{finding.actual or ''}".lower()
        return {danger for words, danger in LINES if re.search(words, text)}
    if finding.feature in ROLES:
        return {ROLES[finding.feature]}
    table, said = (TASKS, finding.check.lower()) if " " in finding.check else (SETTINGS, finding.check)
    look = re.search if table is TASKS else re.match
    return {danger for words, danger in table if look(words, said)}
