"""Which part of a running configuration is ours, in the words in which ``intended`` says the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from ...errors import ModelError
from ..state import RouterState
from . import settings
from .grammar import Block
from .running import Running

_NAMED = re.compile(
    r"(?:ip access-list (?:extended|standard)|crypto ikev2 (?:proposal|policy|keyring|profile)|crypto ipsec (?:transform-set|profile)"
    r"|class-map(?: match-\w+)?|policy-map|route-map|ip prefix-list|ip nat pool|snmp-server group) MOTCUA\b"
    r"|ip nat inside source .*\b(?:route-map|pool) MOTCUA\b|ip route .* name motcua:|ip as-path access-list (?:49[6-9]) "
    r"|(?:ip sla|ip sla schedule|track) 64[0-3](?: |$)"
)
_ATTACHED = re.compile(r"(?:ip access-group|service-policy output) MOTCUA\b")
_TUNNEL = re.compile(r"interface Tunnel64[0-3]$")

# Lines of our own sections that we know; a version that has more keeps them, and they are said.
_KNOWN = {
    "interface Tunnel": (
        "description ", "ip address ", "ip mtu ", "ip nat outside", "ip access-group ", "ip tcp adjust-mss ", "tunnel source ",
        "tunnel mode ", "tunnel destination ", "tunnel protection ", "bfd interval ",
    ),
    "ip access-list ": ("permit ", "deny "),
    "crypto ikev2 proposal ": ("encryption ", "prf ", "integrity ", "group "),
    "crypto ikev2 policy ": ("proposal ",),
    "crypto ikev2 keyring ": ("peer ", "address ", "identity ", "pre-shared-key "),
    "crypto ikev2 profile ": ("match identity ", "identity ", "authentication ", "keyring ", "dpd "),
    "crypto ipsec transform-set ": ("mode ",),
    "crypto ipsec profile ": ("set ",),
    "class-map ": ("match ",),
    "policy-map ": ("class ", "shape ", "bandwidth ", "fair-queue", "service-policy "),
    "route-map ": ("match ", "set "),
}  # fmt: skip


@dataclass(frozen=True)
class Owned:
    """Our part of what runs, the lines of it that we don't know, and the numbers of access lists' lines where they are printed."""

    blocks: tuple[Block, ...]
    unknown: tuple[str, ...]
    numbers: Mapping[str, tuple[int, ...]]


def owned(running: Running, state: RouterState, wanted: tuple[Block, ...]) -> Owned:
    """What is ours by name, number or mark, and the device-wide settings that the wish names.

    :raises ModelError: when something else has the number of one of our tunnels.
    """
    unknown: list[str] = []
    found = [ours for block in running.blocks for ours in _owned(block, state, wanted, unknown)]
    lists = [block for block in running.blocks if block.text.startswith("ip access-list ")]
    numbers = {block.text: tuple(int(one.text.split()[0]) for one in block.inside) for block in lists if all(map(_numbered, block.inside))}
    return Owned((*found, *_unwritten(running, state)), tuple(unknown), numbers)


def _numbered(block: Block) -> bool:
    return block.text.split()[0].isdigit()


def _owned(block: Block, state: RouterState, wanted: tuple[Block, ...], unknown: list[str]) -> Iterator[Block]:
    for place, take in _PLACES:
        if place.match(block.text):
            kept = take(block, state, wanted)
            if kept is not None:
                yield _known(_canonical(kept), unknown)
            return


def _unwritten(running: Running, state: RouterState) -> Iterator[Block]:
    """What is so without standing in the configuration."""
    if running.cdp and state.services.get("discovery") is False and "cdp run" not in running.having("cdp "):
        yield Block("cdp run")
    if state.snmp is None:
        return
    if running.snmp_users is None:
        there = any(line.startswith("snmp-server group MOTCUA ") for line in running.having("snmp-server group "))
    else:
        there = state.snmp.user in running.snmp_users
    if there:
        yield settings.snmp_user(state)


_Take = Callable[[Block, RouterState, tuple[Block, ...]], Block | None]


def _whole(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block:  # noqa: ARG001  _PLACES calls all alike
    return block


def _tunnel(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block:  # noqa: ARG001  _PLACES calls all alike
    if not any(inner.text.startswith("description motcua:") for inner in block.inside):
        raise ModelError(f"{state.host}: {block.text} is in use by something that isn't motcua's; give that another number, then run again")
    return block


def _attached(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block | None:  # noqa: ARG001  _PLACES calls all alike
    """Our lines on an interface of the office's."""
    texts = {inner.text for one in wanted if one.text == block.text for inner in one.inside}
    kept = tuple(inner for inner in block.inside if inner.text in texts or _ATTACHED.match(inner.text))
    return replace(block, inside=kept) if kept else None


def _bgp(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block | None:  # noqa: ARG001  _PLACES calls all alike
    """Our own process, without neighbors that others have added to it."""
    if block.text != f"router bgp {state.routing.asn}":
        return None
    ours = {inner.text.split()[1] for inner in block.inside if " description motcua:" in inner.text}

    def kept(inner: Block) -> bool:
        words = inner.text.split()
        return words[0] == "network" or (words[0] == "neighbor" and words[1] in ours) or inner.text.startswith(_PROCESS)

    others = any(" remote-as " in inner.text and not kept(inner) for inner in block.inside)
    return replace(block, inside=tuple(_family(inner, kept) for inner in block.inside if kept(inner)), shared=others)


_PROCESS = ("bgp router-id ", "no bgp default ipv4-unicast", "address-family ipv4")


def _family(block: Block, kept: Callable[[Block], bool]) -> Block:
    return replace(block, inside=tuple(filter(kept, block.inside)))


def _terminal(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block | None:  # noqa: ARG001  _PLACES calls all alike
    """The keys of a virtual terminal that the wish names."""
    named = [inner.text for one in wanted if one.text == block.text for inner in one.inside]
    keys = ("access-class ", "transport input ", *(["login"] if "login local" in named else []))
    return replace(block, inside=tuple(inner for inner in block.inside if inner.text.startswith(keys))) if named else None


def _archive(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block | None:  # noqa: ARG001  _PLACES calls all alike
    if not any(one.text == "archive" for one in wanted):
        return None
    kept = tuple(inner for inner in block.inside if inner.text.startswith(("path ", "maximum ")))
    return replace(block, inside=kept) if kept else None


def _chain(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block | None:  # noqa: ARG001  _PLACES calls all alike
    names = {f"username {account.name}" for account in state.accounts}
    kept = tuple(_hashes(inner) for inner in block.inside if inner.text in names)
    return replace(block, inside=kept) if kept else None


def _hashes(user: Block) -> Block:
    """Its key hashes without their comments."""
    return replace(user, inside=tuple(Block(" ".join(one.text.split()[:3])) for one in user.inside if one.text.startswith("key-hash ")))


def _user(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block | None:  # noqa: ARG001  _PLACES calls all alike
    return block if block.text.split()[1] in {account.name for account in state.accounts} else None


def _switch(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block | None:  # noqa: ARG001  _PLACES calls all alike
    """A service that the wish wants off is ours while it is on."""
    off = [line for service, lines in settings.SWITCHES.items() if state.services.get(service) is False for line in lines]
    return block if block.text in off else None


def _log(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block | None:  # noqa: ARG001  _PLACES calls all alike
    """Other hosts that get the log are the office's own."""
    return block if block.text.split()[2] in {str(one.address) for one in state.syslog} else None


def _snmp(block: Block, state: RouterState, wanted: tuple[Block, ...]) -> Block | None:  # noqa: ARG001  _PLACES calls all alike
    return None if state.snmp is None else block


_PLACES: tuple[tuple[re.Pattern[str], _Take], ...] = (
    (_NAMED, _whole),
    (_TUNNEL, _tunnel),
    (re.compile(r"interface "), _attached),
    (re.compile(r"router bgp "), _bgp),
    (re.compile(r"line vty "), _terminal),
    (re.compile(r"archive$"), _archive),
    (re.compile(r"ip ssh pubkey-chain$"), _chain),
    (re.compile(r"username "), _user),
    (re.compile(r"(?:hostname|clock timezone|ntp server) "), _whole),
    (re.compile(r"snmp-server (?:location|contact) "), _snmp),
    (re.compile(r"logging host "), _log),
    (re.compile("|".join(f"{line}$" for lines in settings.SWITCHES.values() for line in lines)), _switch),
)


def _known(block: Block, unknown: list[str]) -> Block:
    """Without the lines that we don't know; they are noted."""
    prefixes = next((known for heading, known in _KNOWN.items() if block.text.startswith(heading)), None)
    return block if prefixes is None else _only(block, prefixes, block.text, unknown)


def _only(block: Block, prefixes: tuple[str, ...], where: str, unknown: list[str]) -> Block:
    unknown += [f"{where}: {inner.text}" for inner in block.inside if not inner.text.startswith(prefixes)]
    return replace(block, inside=tuple(_only(inner, prefixes, where, unknown) for inner in block.inside if inner.text.startswith(prefixes)))


_LEAVING = ("exit", "quit", "exit-address-family")  # some versions print how a section is left
_SEQUENCE = re.compile(r"(ip prefix-list \S+) seq \d+ |^\d+ (?=permit |deny )")
_BURST = re.compile(r"(shape average \d+)(?: \d+)+$")


def _canonical(block: Block) -> Block:
    """The same line however a version spells it: without sequence numbers, bursts and words that it adds by itself."""
    text = _SEQUENCE.sub(lambda match: f"{match[1]} " if match[1] else "", block.text)
    text = _BURST.sub(r"\1", text).removesuffix(" extendable")
    if text.startswith("ip route "):
        text = _route(text)
    return replace(block, text=text, inside=tuple(_canonical(inner) for inner in block.inside if inner.text not in _LEAVING))


def _route(text: str) -> str:
    """``ip route`` with its options in one order: distance, track, name."""
    words = text.split()
    head, rest = words[:5], words[5:]
    track = rest[rest.index("track") : rest.index("track") + 2] if "track" in rest else []
    named = rest[rest.index("name") : rest.index("name") + 2] if "name" in rest else []
    distance = [rest[0]] if rest and rest[0].isdigit() and rest[0] != "1" else []
    return " ".join([*head, *distance, *track, *named])
