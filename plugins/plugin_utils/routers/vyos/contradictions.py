"""What the office has configured itself and what is against our part: said, never touched."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from ..platform import Contradiction
from ..state import RouterState
from . import firewall
from .intended import shaped_by_others
from .lines import FIRST_RULE, Words, reachable
from .ours import Owned
from .running import Running


def contradictions(running: Running, state: RouterState, words: Words, ours: Owned) -> tuple[Contradiction, ...]:
    """All of them, each at its place in the device's own words."""
    return tuple(_found(running, state, words, ours))


def _found(running: Running, state: RouterState, words: Words, ours: Owned) -> Iterator[Contradiction]:
    for direction in ("destination", "source"):
        for number in _rules(running, ("nat", direction, "rule"), ours):
            yield from _forwards(running, state, number) if direction == "destination" else _hides(running, state, number)
    if words.modern:
        for chain in ("forward", "input"):
            yield from _open_chain(running, chain, ours)
    yield from _routes(running, state, ours)
    if any(True for _ in running.under("service", "snmp", "community")):
        yield Contradiction(
            "service snmp community", "SNMP answers by a community name that everybody can read along; remove it and use SNMPv3"
        )
    yield from _occupied(running, state, words)


def _rules(running: Running, root: tuple[str, ...], ours: Owned) -> list[str]:
    """The numbers of the office's own rules in the order in which they are asked; those that are switched off aren't."""
    own = {path[len(root)] for path in ours.roots if path[: len(root)] == root}
    numbers = dict.fromkeys(rest[0] for rest in running.under(*root) if rest and rest[0].isdigit())
    return sorted((one for one in numbers if one not in own and ("disable",) not in set(running.under(*root, one))), key=int)


def _forwards(running: Running, state: RouterState, number: str) -> Iterator[Contradiction]:
    rule = ("nat", "destination", "rule", number)
    target = running.value(*rule, "translation", "address") or ""
    if any(str(camera) == target.split("/")[0] for camera in state.firewall.cameras):
        yield Contradiction(" ".join(rule), f"opens the camera {target} to the lines; remove it: pictures go through the tunnel")


def _hides(running: Running, state: RouterState, number: str) -> Iterator[Contradiction]:
    """A rule before ours that translates what goes into a tunnel."""
    rule = ("nat", "source", "rule", number)
    places = [rest[-1] for rest in running.under(*rule, "outbound-interface") if rest]
    if int(number) > FIRST_RULE or (places and places != ["any"]) or running.value(*rule, "exclude") is not None:
        return
    source = running.value(*rule, "source", "address")
    if source is None or _touches(source, state.translate.inside):
        yield Contradiction(" ".join(rule), "also hides what goes into the tunnels; name its outbound-interface")


def _touches(text: str, network: IPv4Network) -> bool:
    try:
        return IPv4Network(text, strict=False).overlaps(network)
    except ValueError:
        return not text.startswith("!")


def _open_chain(running: Running, chain: str, ours: Owned) -> Iterator[Contradiction]:
    """A rule above ours that lets everything in."""
    root = ("firewall", "ipv4", chain, "filter", "rule")
    for number in _rules(running, root, ours):
        leaves = {rest[0] for rest in running.under(*root, number) if rest}
        if int(number) < FIRST_RULE and running.value(*root, number, "action") == "accept" and leaves <= {"action", "description", "log"}:
            yield Contradiction(
                " ".join((*root, number)), "accepts everything before our rules are asked; narrow it or move it behind them"
            )


def _routes(running: Running, state: RouterState, ours: Owned) -> Iterator[Contradiction]:
    """A static route wins over what BGP learns."""
    seen = set()
    for path in running.paths:
        if path[:3] != ("protocols", "static", "route") or path in ours.roots or len(path) < 4 or path[3] in seen:
            continue
        network = IPv4Network(path[3], strict=False)
        if any(network.subnet_of(one) for one in reachable(state)):
            seen.add(path[3])
            yield Contradiction(" ".join(path[:4]), "leads what belongs to the hubs another way than the tunnels; remove it")


def _occupied(running: Running, state: RouterState, words: Words) -> Iterator[Contradiction]:
    """Places that take one thing only, and have one of the office's own."""
    for name in sorted(shaped_by_others(state, running, words)):
        yield Contradiction(
            f"interface {name}", "has a shaper of its own, so that video isn't held back there; give it a class for the hubs"
        )
    if not words.modern:
        for name, direction in sorted(firewall.occupied(state, frozenset(running.paths))):
            message = "has a rule set where ours would have to hang; drop new connections of the cameras and to port 22 in it yourself"
            yield Contradiction(f"interface {name} firewall {direction}", message)
