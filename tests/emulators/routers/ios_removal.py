"""What ``no`` takes away from a configuration of IOS, and when it doesn't."""

from __future__ import annotations

import re

from tests.emulators.routers import ios_entries
from tests.emulators.routers.ios_grammar import MODES
from tests.emulators.routers.ios_rules import PHYSICAL, NoMatch, match, prefixed
from tests.emulators.routers.ios_tree import Node, Tree

INVALID, INCOMPLETE = "% Invalid input detected at '^' marker.", "% Incomplete command."


class Refused(Exception):
    """A typed line that the device doesn't take: ``at`` is the column of its caret, or None where the words say it all."""

    def __init__(self, message, at=None):
        super().__init__(message)
        self.at = at


# Blocks that can't go while something names them: first words of the block -> first words of the lines that name it, and the answer.
USED = {
    ("policy-map",): (
        (("service-policy", "output"), ("service-policy", "input"), ("service-policy",)),
        "% Policy-map {name} is being used",
    ),
    ("class-map",): ((("class",),), "% Class-map {name} is being used"),
    ("crypto", "ipsec", "profile"): ((("tunnel", "protection", "ipsec", "profile"),), "% Profile in use; cannot be deleted"),
    ("crypto", "ipsec", "transform-set"): ((("set", "transform-set"),), "Transform set in use; cannot be deleted"),
    ("crypto", "ikev2", "profile"): ((("set", "ikev2-profile"),), "% Cannot remove as the profile is in use."),
    ("crypto", "ikev2", "keyring"): ((("keyring", "local"),), "% Cannot remove Keyring {name} as it is in use."),
    ("crypto", "ikev2", "proposal"): ((("proposal",),), "% Cannot remove proposal {name} as it is in use."),
}


class Removal(Tree):
    """The part of a configuration that takes lines back."""

    def _refusal(self, at, columns):
        return Refused(INCOMPLETE) if at >= len(columns) else Refused(INVALID, columns[at])

    def _remove(self, parent, words, columns):
        if not words:
            raise Refused(INCOMPLETE)
        if parent.mode in ("acl", "acl-standard"):
            return self._remove_entry(parent, words, columns)
        found, heads = self._meant(parent, words, columns)
        key, rule = (found.key, found.rule) if found else ((), None)
        if key[:2] == ("snmp-server", "user"):
            self.hidden.pop(key[2], None)
            return ""
        gone = self._going(parent, words, key, heads)
        for node in gone:
            self._check_unused(node)
        if rule is not None and rule.shown != "on":
            self._turn(parent, gone, Node("no " + " ".join(found.words[: len(key)]), key, rule.rank, None))
            return ""
        addresses = [one for one in gone if one.key[:2] == ("ip", "address") and one.key[-1] != "secondary"]
        if addresses and parent.mode == "interface":
            self._turn(parent, addresses, Node("no ip address", ("ip", "address"), addresses[0].rank, None))
            return ""
        if any(one.key[0] == "interface" and one.key[-1].startswith(PHYSICAL) and "." not in one.key[-1] for one in gone):
            raise Refused("% Removal of physical interfaces is not permitted")
        if any(one.key[0] == "neighbor" and one.key[2:] == ("remote-as",) for one in gone):
            self._forget_neighbor(gone[0].key[1])
        parent.children[:] = [one for one in parent.children if one not in gone]
        return ""

    def _meant(self, parent, words, columns):
        """The command that is taken back, and how the lines of it may begin. Raises Refused."""
        try:
            found = match(MODES[parent.mode], words)
        except NoMatch as no:
            heads, bare = prefixed(MODES[parent.mode], words), " ".join(words)
            if not heads and not any(one.text == bare or one.text.startswith(bare + " ") for one in parent.children):
                raise self._refusal(no.at, columns) from None
            return None, heads or [tuple(words)]
        return found, [found.words]

    def _going(self, parent, words, key, heads):
        gone = [one for one in parent.children if one.key == key] if key else []
        if key[:2] == ("ip", "prefix-list") and not gone:  # an entry may be named without its number
            split_lines = [(one, one.text.split()) for one in parent.children]
            gone = [one for one, line in split_lines if line[3:4] == ["seq"] and line[:3] + line[5:] == list(words)]
        return gone or [one for one in parent.children if any(_begins(one.text, head) for head in heads)]

    def _turn(self, parent, gone, node):
        """Put ``node``, which says the contrary, where the others were."""
        places = [parent.children.index(one) for one in gone]
        parent.children[:] = [one for one in parent.children if one not in gone]
        place = places[0] if places else next((at for at, one in enumerate(parent.children) if after(one, node)), len(parent.children))
        parent.children.insert(place, node)

    def _remove_entry(self, parent, words, columns):
        if words[0].isdigit():
            kept = [one for one in parent.children if one.key != (words[0],)]
        else:
            try:
                rest = (
                    words[1:]
                    if words[0] == "remark"
                    else (ios_entries.extended if parent.mode == "acl" else ios_entries.standard)(words[1:])
                )
            except ios_entries.Wrong as wrong:
                raise self._refusal(wrong.at + 1, columns) from None
            text = " ".join([words[0], *rest])
            kept = [one for one in parent.children if one.text.split(" ", 1)[1] != text]
        parent.children[:] = kept
        return ""

    def _check_unused(self, node):
        for block, (uses, refusal) in USED.items():
            if node.key[: len(block)] == block and self._named(node.key[-1], uses):
                raise Refused(refusal.format(name=node.key[-1]))

    def _named(self, name, uses):
        def walk(node):
            yield node
            for child in node.children:
                yield from walk(child)

        return any(
            tuple(one.text.split()[: len(use)]) == use and one.text.split()[len(use) : len(use) + 1] == [name]
            for one in walk(self.root)
            for use in uses
        )

    def _forget_neighbor(self, address):
        for one in self.root.children:
            if one.key[:2] == ("router", "bgp"):
                for block in (one, *(child for child in one.children if child.children)):
                    block.children[:] = [child for child in block.children if child.key[:2] != ("neighbor", address)]


def _begins(text, head):
    words = text.removeprefix("no ").split()
    return tuple(words[: len(head)]) == tuple(" ".join(head).split()[: len(head)])


def after(one, new):
    if one.rank != new.rank:
        return one.rank > new.rank
    if new.mode == "interface":
        return _interface_order(one.key[-1]) > _interface_order(new.key[-1])
    if new.key[0] == "route-map" or new.key[:2] == ("ip", "prefix-list"):
        return _natural(one.text) > _natural(new.text)
    return False


def _interface_order(name):
    kind, number = re.fullmatch(r"([A-Za-z-]+)([\d/.:]*)", name).groups()
    order = ["Loopback", "Port-channel", "Tunnel", *PHYSICAL, "Vlan", "BDI", "Dialer", "Virtual-Template"]
    return order.index(kind) if kind in order else len(order), [int(part) for part in re.findall(r"\d+", number)]


def _natural(text):
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in text.split()]
