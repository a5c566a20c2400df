"""The segments that this machine stands on, and the neighbours there: what the kernel knows of its network, and ARP."""

from __future__ import annotations

import contextlib
import fcntl
import json
import socket
import struct
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path

SIOCGIFHWADDR, ARPHRD_ETHER, ETH_P_ARP = 0x8927, 1, 0x0806  # linux/sockios.h, linux/if_arp.h, linux/if_ether.h
ARP = struct.Struct("!HHBBH6s4s6s4s")
ASK, ANSWER = 1, 2
DISCARD = 9  # a port that throws away what it gets


@dataclass(frozen=True)
class Link:
    """An Ethernet interface, the network on it, and our address there."""

    interface: str
    network: IPv4Network
    own: IPv4Address


def links(prefix: IPv4Network) -> list[Link]:
    """The segments on which a part of the prefix is; a tunnel is none, whatever its routes say."""
    found = []
    for row in Path("/proc/net/route").read_text().splitlines()[1:]:
        interface, destination, gateway, _, _, _, _, mask, *_ = row.split()
        network = IPv4Network((_address(destination), str(_address(mask))))
        if int(gateway, 16) or not 0 < network.prefixlen < 31 or not network.overlaps(prefix) or not _is_ethernet(interface):
            continue
        own = _own_address(network)
        if own in network:
            found.append(Link(interface, network, own))
    return found


def _address(little_endian: str) -> IPv4Address:
    return IPv4Address(struct.pack("=I", int(little_endian, 16)))


def _is_ethernet(interface: str) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock, contextlib.suppress(OSError):
        answer = fcntl.ioctl(sock, SIOCGIFHWADDR, struct.pack("256s", interface.encode()))
        return bool(struct.unpack_from("=H", answer, 16)[0] == ARPHRD_ETHER)
    return False


def _own_address(network: IPv4Network) -> IPv4Address:
    """Our address on that network: a connection of UDP sends nothing, but the kernel chooses what it would send from."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.connect((str(network[1]), DISCARD))
        return IPv4Address(sock.getsockname()[0])


class Arp:
    """Asks for neighbours itself: one packet each, counted, where the kernel would send three. Needs root.

    :raises OSError: without the right to it.
    """

    def __init__(self, link: Link) -> None:
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ARP))
        try:
            self.sock.setblocking(False)
            self.sock.bind((link.interface, ETH_P_ARP))
        except OSError:
            self.sock.close()
            raise
        self._interface, self._own, self._mac = link.interface, link.own.packed, self.sock.getsockname()[4]

    def ask(self, address: IPv4Address) -> None:
        """Ask who has it."""
        question = ARP.pack(ARPHRD_ETHER, 0x0800, 6, 4, ASK, self._mac, self._own, bytes(6), address.packed)
        self.sock.sendto(question, (self._interface, ETH_P_ARP, 0, 0, b"\xff" * 6))

    def answer(self) -> tuple[IPv4Address, str] | None:
        """Who answered: address and hardware address; None when it was something else."""
        data = self.sock.recv(2048)
        if len(data) < ARP.size:
            return None
        hardware, protocol, _, _, kind, mac, address, _, _ = ARP.unpack(data[: ARP.size])
        return (IPv4Address(address), mac.hex(":")) if (hardware, protocol, kind) == (ARPHRD_ETHER, 0x0800, ANSWER) else None


class Nudge:
    """What is possible without root: a datagram to a neighbour makes the kernel ask for it, as often as it likes.

    One to port 9 carries nothing and asks nothing.
    """

    def __init__(self) -> None:
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.setblocking(False)

    def ask(self, address: IPv4Address) -> None:
        """Make the kernel ask."""
        self.sock.sendto(b"", (str(address), DISCARD))


def neighbours() -> Iterator[tuple[IPv4Address, str, str]]:
    """The kernel's table: address, hardware address, and a state (reachable, stale, delay, probe, permanent; "" when only /proc tells)."""
    try:
        done = subprocess.run(["ip", "-j", "-4", "neigh"], capture_output=True, timeout=5, check=True)
        rows = [(row["dst"], row["lladdr"], " ".join(row["state"]).lower()) for row in json.loads(done.stdout) if "lladdr" in row]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        table = Path("/proc/net/arp")
        cells = [row.split() for row in table.read_text().splitlines()[1:]] if table.exists() else []
        rows = [(row[0], row[3], "") for row in cells if int(row[2], 16) & 2]  # ATF_COM: the entry is complete
    for address, mac, state in rows:
        if state != "failed":
            yield IPv4Address(address), mac, state
