"""From what is written to what runs. It happens in the background, so that a session that breaks off doesn't leave it half done."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..platform import Command
from .running import CHARON, FRR, HOTPLUG, NFT, SERVICE, SHAPING, SNMPD, SWANCTL, WATCH
from .shell import plain

UNDER_WAY, SAID = "/tmp/motcua-activating", "/tmp/motcua-activation"  # noqa: S108  on the router, where only root is
SETTLE_SECONDS = 3  # procd hands a reload on after 1 s, netifd sets a tunnel up in about one more


@dataclass
class Touched:
    """What a change touched, and so what has to be told of it."""

    packages: set[str] = field(default_factory=set)
    files: set[str] = field(default_factory=set)
    services: set[str] = field(default_factory=set)
    ipsec: bool = False
    snmpd: bool = False


def activation(touched: Touched) -> list[Command]:
    """Check the firewall as a whole, commit, and tell each service that has to know; the network, which carries us, before the others."""
    lines = []
    if touched.packages & {"network", "firewall"} or NFT in touched.files:
        lines.append(plain("fw4 check"))
    lines += [plain(f"uci commit {package}") for package in sorted(touched.packages)]
    steps = []
    if touched.packages:
        steps += ["reload_config", f"sleep {SETTLE_SECONDS}"]
    if NFT in touched.files:
        steps.append("fw4 reload")
    steps += [f"/etc/init.d/{name} restart" for name in _services(touched)]
    return [*lines, plain(in_background("; ".join(steps)), "; ".join(steps))] if steps else lines


def _services(touched: Touched) -> list[str]:
    by_file = {"motcua": {SHAPING, WATCH, SERVICE, HOTPLUG}, "swanctl": {SWANCTL, CHARON}, "frr": {FRR}, "snmpd": {SNMPD}}
    named = {name for name, files in by_file.items() if files & touched.files} | touched.services
    named |= ({"swanctl"} if touched.ipsec else set()) | ({"snmpd"} if touched.snmpd else set())
    return [name for name in ("swanctl", "frr", "motcua", "snmpd") if name in named]


def in_background(steps: str) -> str:
    """Run on even when nobody waits any more; whoever waits gets what was said. Its end is marked by a file that is gone again."""
    return f"touch {UNDER_WAY}; (trap '' HUP; {steps}; rm -f {UNDER_WAY}) </dev/null >{SAID} 2>&1 & wait $!; true"
