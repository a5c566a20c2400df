"""Namespaces and what joins them. Every link is made inside namespaces: nothing of it ever stands in the machine's own network."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from lab.errors import LabError
from lab.topology import CARRIER_INSIDE, Node, Port, Topology

PREFIX = "mc-"
CARRIER_NAT = f"""
table ip carrier {{
  chain postrouting {{ type nat hook postrouting priority srcnat; ip saddr {CARRIER_INSIDE.network} oifname "out" masquerade
  }}
  chain forward {{ type filter hook forward priority filter; policy drop;
    ct state established,related accept
    iifname "inside" oifname "out" accept
  }}
}}
"""


def run(command: list[str], stdin: str | None = None) -> str:
    """Run a tool of the system and give what it printed.

    :raises LabError: with the tool's own last line.
    """
    try:
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        raise LabError(f"{command[0]} is not installed; run scripts/setup") from None
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise LabError(f"'{' '.join(command)}' failed: {reason}")
    return done.stdout


def build(lab: Topology) -> None:
    """Make all namespaces, links, addresses, routes and line rates. Machines configure their own addresses when they boot."""
    for node in lab.nodes:
        run(["ip", "netns", "add", PREFIX + node.name])
        _batch(node, ["link set lo up"])
    for left, right in lab.links:
        _batch(left, [f"link add {left.name} type veth peer name {right.name} netns {PREFIX}{right.node}"])
    for node in lab.nodes:
        if not node.machine:
            _configure(node, lab.ports(node.name))
    inside = ["ip", "netns", "exec", f"{PREFIX}cgn", "nft", "-f", "-"]
    run(inside, CARRIER_NAT)


def remove() -> None:
    """Take every namespace of the lab away; the links go with them."""
    for name in namespaces():
        run(["ip", "netns", "del", name])


def namespaces() -> list[str]:
    """The lab's namespaces that exist now, whoever made them and however that ended."""
    folder = Path("/run/netns")
    return sorted(path.name for path in folder.glob(f"{PREFIX}*")) if folder.is_dir() else []


def _configure(node: Node, ports: list[Port]) -> None:
    lines = []
    for bridge, addresses in node.bridges.items():
        lines.append(f"link add name {bridge} type bridge")
        lines += [f"address add {address} dev {bridge}" for address in addresses]
        lines.append(f"link set {bridge} up")
    for port in ports:
        lines += [f"address add {address} dev {port.name}" for address in port.addresses]
        lines += [f"link set {port.name} master {port.bridge}"] if port.bridge else []
        lines.append(f"link set {port.name} up")
    lines += [f"route add {destination} via {gateway}" for destination, gateway in node.routes]
    _batch(node, lines)
    if node.forwards:
        run(["ip", "netns", "exec", PREFIX + node.name, "sysctl", "-qw", "net.ipv4.ip_forward=1"])
    for port in ports:
        if port.rate_mbps is not None:
            _shape(node, port.name, port.rate_mbps)


def _batch(node: Node | Port, lines: Iterable[str]) -> None:
    name = node.name if isinstance(node, Node) else node.node
    run(["ip", "-n", PREFIX + name, "-batch", "-"], "\n".join(lines) + "\n")


def _shape(node: Node, interface: str, rate_mbps: float) -> None:
    """The rate of a real line, with a queue of about 100 ms and no more, as a modem's."""
    kbit = round(rate_mbps * 1000)
    limit_packets = max(20, round(kbit / 8 / 1.5 * 0.1))
    inside = ["ip", "netns", "exec", PREFIX + node.name, "tc", "-batch", "-"]
    run(
        inside,
        f"qdisc add dev {interface} root handle 1: htb default 10\n"
        f"class add dev {interface} parent 1: classid 1:10 htb rate {kbit}kbit ceil {kbit}kbit burst 15k\n"
        f"qdisc add dev {interface} parent 1:10 pfifo limit {limit_packets}\n",
    )
