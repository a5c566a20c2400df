"""Access list entries as IOS writes them: hosts, wildcards and the names of well-known ports."""

from __future__ import annotations

import ipaddress
import re

TCP = {20: "ftp-data", 21: "ftp", 23: "telnet", 25: "smtp", 53: "domain", 80: "www", 110: "pop3", 179: "bgp", 514: "cmd", 515: "lpd"}
UDP = {
    53: "domain", 67: "bootps", 68: "bootpc", 69: "tftp", 123: "ntp", 137: "netbios-ns", 138: "netbios-dgm", 161: "snmp", 162: "snmptrap",
    500: "isakmp", 514: "syslog", 520: "rip", 4500: "non500-isakmp",
}  # fmt: skip
PROTOCOLS = {"ip", "tcp", "udp", "icmp", "esp", "ahp", "gre", "ospf", "igmp", "eigrp", "pim", "ipinip"}
TAIL = {
    "log", "log-input", "established", "fragments", "echo", "echo-reply", "unreachable", "packet-too-big", "time-exceeded", "ttl-exceeded",
    "port-unreachable", "administratively-prohibited", "redirect", "traceroute",
}  # fmt: skip


class Wrong(Exception):
    """``at`` is the index of the word that doesn't fit; as many as there are words: something is missing."""

    def __init__(self, at):
        super().__init__(at)
        self.at = at


def extended(words):
    """The words of an extended entry after ``permit`` or ``deny``, as the device keeps them. Raises Wrong."""
    protocol = words[0].lower() if words else ""
    if protocol not in PROTOCOLS and not (protocol.isdigit() and int(protocol) < 256):
        raise Wrong(0)
    names = {"tcp": TCP, "udp": UDP}.get(protocol)
    written, at = [protocol], 1
    for _ in range(2):
        part, at = _address(words, at)
        written += part
        part, at = _ports(words, at, names)
        written += part
    while at < len(words):
        if words[at] == "dscp" and at + 1 < len(words):
            written += words[at : at + 2]
            at += 2
            continue
        if words[at] not in TAIL:
            raise Wrong(at)
        written.append(words[at])
        at += 1
    return written


def standard(words):
    """The same for a standard entry: one source."""
    if words and re.fullmatch(r"[\d.]+", words[0]) and (len(words) == 1 or words[1] == "log"):
        words = ["host", *words]
    written, at = _address(words, 0)
    if list(words[at:]) not in ([], ["log"]):
        raise Wrong(at)
    return [*written[written[0] == "host" :], *words[at:]]


def _address(words, at):
    if at >= len(words):
        raise Wrong(at)
    if words[at] == "any":
        return ["any"], at + 1
    if words[at] == "object-group" and at + 1 < len(words):
        return list(words[at : at + 2]), at + 2
    if words[at] == "host":
        return ["host", str(_ip(words, at + 1))], at + 2
    address, wild = _ip(words, at), _ip(words, at + 1)
    if int(wild) == 0:
        return ["host", str(address)], at + 2
    if int(wild) == 0xFFFFFFFF:
        return ["any"], at + 2
    return [str(ipaddress.IPv4Address(int(address) & ~int(wild) & 0xFFFFFFFF)), str(wild)], at + 2


def _ip(words, at):
    try:
        return ipaddress.IPv4Address(words[at])
    except (IndexError, ValueError):
        raise Wrong(min(at, len(words))) from None


def _ports(words, at, names):
    if names is None or at >= len(words) or words[at] not in ("eq", "neq", "gt", "lt", "range"):
        return [], at
    operator, at = words[at], at + 1
    ports, most = [], {"range": 2, "eq": 10, "neq": 10}.get(operator, 1)
    while at < len(words) and len(ports) < most and (port := _port(words[at], names)):
        ports.append(port)
        at += 1
    if not ports or (operator == "range" and len(ports) < 2):
        raise Wrong(at)
    return [operator, *ports], at


def _port(word, names):
    if word.isascii() and word.isdigit() and int(word) < 65536:
        return names.get(int(word), str(int(word)))
    return word if word in names.values() else None
