"""The smallest ordered way from our part of what runs to what is wished: hier_config finds what differs, this file brings it into order.

What is new comes first, in the order in which things build on each other; what is gone goes last, in the opposite one. Access lists are
ordered lines without names and are edited by their sequence numbers, so that nobody is shut out between two lines.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from hier_config.child import HConfigChild
from hier_config.models import IdempotentCommandsRule, MatchRule, NegationSubRule, SectionalExitingRule
from hier_config.platforms.driver_base import HConfigDriverBase, HConfigDriverRules
from hier_config.root import HConfig

from ..platform import Command
from ..state import Secret
from .editing import Edits, is_list
from .grammar import HIDDEN, Block

# A later line of these replaces the earlier one: (heading or nothing, beginning of the line).
_REPLACING = (
    ("", r"^hostname "), ("", r"^clock timezone "), ("", r"^snmp-server (?:location|contact|group MOTCUA) "),
    ("", r"^username \S+ privilege"),
    ("", r"^ip nat pool \S+ "), ("", r"^crypto ipsec transform-set \S+ "), ("", r"^track \d+ "), ("", r"^ip sla schedule \d+ "),
    (r"^archive$", r"^(?:path|maximum) "),
    (r"^interface ", r"^(?:description|ip address|ip mtu|ip tcp adjust-mss|tunnel (?:source|mode|destination|protection)|bfd interval) "),
    (r"^interface ", r"^(ip access-group) \S+ in$"), (r"^interface ", r"^service-policy output "),
    (r"^crypto ikev2 proposal ", r"^(?:encryption|prf|integrity|group) "),
    (r"^crypto ikev2 profile ", r"^(?:identity local|authentication (?:local|remote)|keyring local|dpd) "),
    (r"^crypto ipsec (?:profile|transform-set) ", r"^(?:set (?:transform-set|pfs|ikev2-profile)|mode) "),
    (r"^route-map ", r"^set local-preference "),
    (r"^router bgp ", r"^bgp router-id "),
    (r"^router bgp ", r"^neighbor \S+ (?:remote-as|description|update-source|timers) "),
    (r"^line vty ", r"^(?:access-class|transport input|login) ?"),
)  # fmt: skip
_DEEPER = (
    (r"^crypto ikev2 keyring ", r"^peer ", r"^(?:address|identity|pre-shared-key) "),
    (r"^policy-map ", r"^class ", r"^(?:shape average|bandwidth|service-policy) "),
    (r"^router bgp ", r"^address-family ", r"^(neighbor \S+ route-map) \S+ (in|out)$"),
    (r"^ip sla ", r"^icmp-echo ", r"^frequency "),
)
# Everything else is taken back by its whole line, as the device's own "configure replace" does it.
_SHORT_NO = (r"^(no username \S+) .*", r"^(no snmp-server user \S+ MOTCUA v3) .*")

# What others build on stands first; whatever isn't named stands where "" does.
_ORDER = (
    "ip access-list", "ip as-path", "ip prefix-list", "route-map", "crypto ikev2 proposal", "crypto ikev2 policy", "crypto ikev2 keyring",
    "crypto ikev2 profile", "crypto ipsec transform-set", "crypto ipsec profile", "class-map", "policy-map", "", "interface", "ip nat pool",
    "ip nat inside", "ip sla schedule", "track", "ip route", "router bgp", "snmp-server group", "snmp-server user", "line",
)  # fmt: skip
# Sections that aren't ours as a whole.
_SHARED = re.compile(r"interface (?!Tunnel64[0-3]$)|archive$|line vty |ip ssh pubkey-chain$")
_QUESTIONS = {"no username ": (r"\[confirm\]", "y"), "no ip nat inside source ": (r"\[no\]: ?$", "yes")}


class _Ios(HConfigDriverBase):
    """IOS as far as we write it ourselves; hier_config's own driver renumbers access lists, which we do by other means."""

    @staticmethod
    def _instantiate_rules() -> HConfigDriverRules:
        paths = [*([(line,) if not heading else (heading, line) for heading, line in _REPLACING]), *_DEEPER]
        return HConfigDriverRules(
            idempotent_commands=[IdempotentCommandsRule(match_rules=tuple(MatchRule(re_search=one) for one in path)) for path in paths],
            negation_sub=[
                NegationSubRule(match_rules=(MatchRule(re_search=pattern.replace("(no ", "(").lstrip()),), search=pattern, replace=r"\1")
                for pattern in _SHORT_NO
            ],
            sectional_exiting=[
                SectionalExitingRule(
                    match_rules=(MatchRule(startswith="router bgp"), MatchRule(startswith="address-family")),
                    exit_text="exit-address-family",
                )
            ],
        )


_DRIVER = _Ios()


def remedy(before: Sequence[Block], after: Sequence[Block], lists: Edits) -> tuple[Command, ...]:
    """What takes a router that has ``before`` to ``after``; nothing when they are the same. ``lists`` are the edits of the access lists."""
    secrets = dict(_secrets(after, ()))
    before, after = _paired(before, after), _paired(after, before)
    delta = _tree(before).config_to_get_to(_tree(after))
    added = sorted((one for one in delta.children if not _removes(one.text)), key=lambda one: _rank(one.text))
    gone = sorted(
        (one for one in reversed(tuple(delta.children)) if _removes(one.text)), key=lambda one: -_rank(one.text.removeprefix("no "))
    )
    # A translation of an address that already has one is refused: the old one goes first.
    early = [one for one in gone if one.text.startswith("no ip nat inside source static ")]
    lines = [
        *((line, ()) for line in lists.first),
        *(line for one in _with_early(added, early) for line in _flat(one, ())),
        *(line for one in gone if one not in early for line in _flat(one, ())),
        *((line, ()) for line in lists.last),
    ]
    return tuple(_command(text, secrets.get((*path, text), ())) for text, path in lines)


def _paired(these: Sequence[Block], those: Sequence[Block]) -> tuple[Block, ...]:
    """These, and empty headings for the sections of the office's own that only the others write in: such a section is never removed."""
    known = {block.text for block in these}
    return (*these, *(Block(block.text) for block in those if block.text not in known and (block.shared or _SHARED.match(block.text))))


def _with_early(added: Sequence[HConfigChild], early: Sequence[HConfigChild]) -> Iterator[HConfigChild]:
    rank = _rank("ip nat inside")
    yield from (one for one in added if _rank(one.text) < rank)
    yield from early
    yield from (one for one in added if _rank(one.text) >= rank)


def _removes(text: str) -> bool:
    return text.startswith("no ")


def _rank(text: str) -> int:
    found = [rank for rank, beginning in enumerate(_ORDER) if beginning and text.startswith(beginning)]
    return found[0] if found else _ORDER.index("")


def _tree(blocks: Sequence[Block]) -> HConfig:
    root = HConfig(_DRIVER)
    for block in blocks:
        if not is_list(block):
            _graft(root, block)
    return root


def _graft(parent: HConfig | HConfigChild, block: Block) -> None:
    child = parent.add_child(block.text, return_if_present=True)
    for inner in block.inside:
        _graft(child, inner)


def _secrets(blocks: Sequence[Block], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], tuple[Secret, ...]]]:
    for block in blocks:
        here = (*path, block.text)
        if block.secrets:
            yield here, block.secrets
        yield from _secrets(block.inside, here)


def _flat(child: HConfigChild, path: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """A section as it is typed: its heading, its lines, and the word that leaves it."""
    yield child.text, path
    inside = list(child.children)
    for inner in inside:
        if not _goes_with_its_neighbor(inner.text, inside):
            yield from _flat(inner, (*path, child.text))
    if inside or _opens(child.text):
        yield (_DRIVER.sectional_exit(child) or "exit"), path


def _opens(text: str) -> bool:
    """Whether the line leads into a section where nothing is to be written."""
    return text.startswith("track ")


def _goes_with_its_neighbor(text: str, siblings: Sequence[HConfigChild]) -> bool:
    """``no neighbor X remote-as …`` takes all other lines of that neighbor along; IOS refuses to take them back after it."""
    if not text.startswith("no neighbor ") or " remote-as " in text:
        return False
    address = text.split()[2]
    return any(one.text.startswith(f"no neighbor {address} remote-as ") for one in siblings)


def _command(text: str, secrets: tuple[Secret, ...]) -> Command:
    expect, answer = next((question for beginning, question in _QUESTIONS.items() if text.startswith(beginning)), (None, None))
    sent = shown = text
    for secret in secrets:
        shown = shown.replace(HIDDEN, str(secret), 1)
        sent = sent.replace(HIDDEN, str(secret) if secret.value is None else secret.value, 1)
    return Command(sent, shown, expect, answer)
