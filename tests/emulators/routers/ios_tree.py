"""A configuration of IOS as a tree of lines, read from a text and printed as the device does."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass, field

from tests.emulators.routers.ios_grammar import MODES
from tests.emulators.routers.ios_rules import NoMatch, match, split


@dataclass
class Node:
    """One line and what stands indented below it. ``mode`` is None where nothing can."""

    text: str
    key: tuple
    rank: float
    mode: str | None = None
    children: list = field(default_factory=list)

    def child(self, *key):
        return next((one for one in self.children if one.key[: len(key)] == key), None)


class Tree:
    """``root`` holds the global lines. ``hidden`` is what the device keeps outside of it: SNMPv3 users."""

    def __init__(self, text=""):
        self.root = Node("", (), 0, "config")
        self.hidden = {}
        self._load(text)

    def copy(self):
        return copy.deepcopy(self)

    def _load(self, text):
        """A configuration that the device already has: what the grammar doesn't know is kept where it stands."""
        stack, end = [(-1, self.root)], None
        for line in text.splitlines():
            if end is not None:
                stack[-1][1].children.append(Node(line, ("raw", line, len(stack[-1][1].children)), 0, None))
                end = None if line.strip().endswith(end) else end
                continue
            if not line.strip() or line.strip()[0] == "!" or line.strip() in ("end", "exit-address-family"):
                continue
            if re.match(r"Building configuration|Current configuration|Using \d+", line):
                continue
            depth = len(line) - len(line.lstrip())
            while stack[-1][0] >= depth:
                stack.pop()
            node = self._kept(stack[-1][1], line.strip())
            stack.append((depth, node))
            delimiter = re.match(r"banner \w+ (\^C|\S)", line)
            if delimiter and line.count(delimiter[1]) < 2:
                end = delimiter[1]

    def _kept(self, parent, line):
        words, _columns = split(line)
        bare = words[1:] if words[0] == "no" else words
        rank = parent.children[-1].rank if parent.children else 0
        node = Node(line, ("raw", line), rank, "raw")
        try:
            found = match(MODES.get(parent.mode or "raw", ()), bare)
            node = Node(line, found.key, max(rank, found.rule.rank), found.rule.mode)
        except NoMatch:
            pass
        same = next((one for one in parent.children if one.key == node.key and one.text == node.text), None)
        if same is None or node.mode in (None, "raw"):
            parent.children.append(node)
            return node
        return same

    def lines(self):
        """The configuration as ``show running-config`` has it, without the lines around it."""
        shown, before = [], None
        for node in self.root.children:
            first = node.text.removeprefix("no ").split()[0]
            if before is not None and (first != before[0] or node.children or before[1]):
                shown.append("!")
            shown += _printed(node, 0)
            before = (first, bool(node.children))
        return [*shown, "!"]


def _printed(node, depth):
    family = node.text.startswith("address-family")
    lines = ([" " * depth + "!"] if family and depth else []) + [" " * depth + node.text]
    for child in node.children:
        if child.key[0] == "raw" and len(child.key) == 3:
            lines.append(child.text)
            continue
        # One of the device's own oddities: a class map's description stands a blank further in.
        odd = node.mode == "class-map" and child.text.startswith("description")
        lines += _printed(child, depth + 1 + odd)
    return [*lines, " " * depth + "exit-address-family"] if family else lines
