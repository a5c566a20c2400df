"""A line of ours, and the words in which the versions differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from ..state import RouterState, RouterTunnel, Secret
from .grammar import HIDDEN, Path

FIRST = 640  # our own range of interfaces: wg640 to wg643, vti640 to vti643
FIRST_RULE = 6400  # and of rules, to 6499

_KINDS = {
    "eth": "ethernet", "bond": "bonding", "br": "bridge", "pppoe": "pppoe", "wlan": "wireless", "wwan": "wwan", "dum": "dummy",
    "wg": "wireguard", "vti": "vti",
}  # fmt: skip


@dataclass(frozen=True)
class Words:
    """The words of one version. ``modern`` is 1.4: its firewall has the kernel's own chains, and its keys stand in the configuration."""

    modern: bool
    ntp: Path
    shaper: Path
    public_key: str
    ipsec_interface: Path


WORDS14 = Words(True, ("service", "ntp"), ("qos", "policy", "shaper"), "public-key", ("vpn", "ipsec", "interface"))
WORDS13 = Words(False, ("system", "ntp"), ("traffic-policy", "shaper"), "pubkey", ("vpn", "ipsec", "ipsec-interfaces", "interface"))


@dataclass(frozen=True)
class Line:
    """One ``set`` line. ``secret`` stands where the path ends in ``(secret)`` or in a public key; ``leaf`` is then what is written instead.

    A line that ``ours`` doesn't know as ours by name, number or mark is only ensured: added where it lacks, and never removed afterwards,
    because it may as well be the office's.
    """

    path: Path
    secret: Secret | None = field(default=None, compare=False)
    leaf: str | None = field(default=None, compare=False)


def under(*root: str, **leaves: object) -> Iterator[Line]:
    """Lines below one node: a keyword is a leaf (``_`` for ``-``), True has no value, None isn't there, a tuple is several."""
    for name, value in leaves.items():
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None:
                words = tuple(word.replace("_", "-") for word in name.split("__"))
                yield Line((*root, *words) if one is True else (*root, *words, str(one)))


def hidden_line(*path: str, secret: Secret, leaf: str | None = None) -> Line:
    """A line whose value is a secret that the device doesn't show again in clear."""
    return Line((*path, HIDDEN), secret, leaf)


def interface(tunnel: RouterTunnel) -> str:
    """The tunnel's interface."""
    return f"{'wg' if tunnel.kind == 'wireguard' else 'vti'}{FIRST + tunnel.slot}"


def node(name: str) -> Path:
    """Where an interface stands: ``eth1.100`` is ``interfaces ethernet eth1 vif 100``."""
    base, _, vlan = name.partition(".")
    found = re.match(r"[a-z]+", base)
    kind = _KINDS.get(found[0] if found else "", "ethernet")
    return ("interfaces", kind, base, *(("vif", vlan) if vlan else ()))


def host(network: IPv4Network) -> str:
    """A network as rules have it: a single host without its length."""
    return str(network.network_address) if network.prefixlen == 32 else str(network)


def reachable(state: RouterState) -> tuple[IPv4Network, ...]:
    """What is behind all hubs together, each network once."""
    return tuple(dict.fromkeys(network for tunnel in state.tunnels for network in tunnel.reachable))
