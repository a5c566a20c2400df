"""The text of ``show running-config`` and a lossless tree of it, both ways.

Depth is indentation. What isn't a command is kept as it came: a banner's text up to its delimiter, a certificate's hex up to ``quit``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from ...errors import Garbled
from ..platform import Standing, hide
from ..state import Secret

HIDDEN = "(secret)"

# What the device prints around the configuration, and what changes by itself.
_NOISE = re.compile(r"\s*(?:!.*|Building configuration.*|Current configuration ?:.*|Using \d+ out of .*|ntp clock-period .*)?$")
_BANNER = re.compile(r"banner [\w-]+ (\^C|\S)(.*)$")
_UNTIL_QUIT = re.compile(r"certificate (?:self-signed |ca )?[\dA-Fa-f]+$|key-string$")
_MACRO = re.compile(r"macro name \S+$")

# Everything after the first group is a secret, in clear or in one of IOS' reversible or irreversible forms.
_SECRETS = tuple(
    re.compile(pattern)
    for pattern in (
        r"((?:enable|username \S+).*? (?:secret|password)) .+",
        r"(pre-shared-key(?: (?:local|remote))?) .+",
        r"(crypto isakmp key) \S+",
        r"(snmp-server community) \S+",
        r"(snmp-server (?:host \S+.* version (?:1|2c)|user \S+ \S+.* auth)) .+",
        r"(.*\b(?:authentication text|md5|key-string|server-key|password|key|psk ascii)) (?:[0-9] )?\S+$",
    )
)


@dataclass(frozen=True)
class Block:
    """One line and what stands under it. ``opaque`` are raw lines that belong to it and aren't commands, the closing one included.

    ``secrets`` stand, in this order, where a line of ours reads ``(secret)``; the device's own lines have none. ``shared`` says that the
    section also has lines that aren't ours.
    """

    text: str
    inside: tuple[Block, ...] = ()
    opaque: tuple[str, ...] = ()
    secrets: tuple[Secret, ...] = field(default=(), compare=False)
    shared: bool = field(default=False, compare=False)


def block(text: str, *inside: str | Block, secrets: tuple[Secret, ...] = ()) -> Block:
    """A block whose inner lines may be plain texts."""
    return Block(text, tuple(one if isinstance(one, Block) else Block(one) for one in inside), secrets=secrets)


def parse(text: str) -> tuple[Block, ...]:
    """The whole running configuration as a tree.

    :raises Garbled: when it breaks off: the device ends it with ``end``.
    """
    lines = _Lines(text.splitlines())
    found: list[tuple[int, str, tuple[str, ...]]] = []
    for line in lines:
        if line.rstrip() == "end":
            return _grow(found)
        if not _NOISE.match(line):
            stripped = line.strip()
            found.append((len(line) - len(line.lstrip()), stripped, lines.opaque_after(stripped)))
    raise Garbled("show running-config: the answer breaks off before 'end'; look whether somebody else is writing, and run again")


def render(blocks: Sequence[Block]) -> str:
    """The tree as the device prints it, one blank of indentation a level."""
    return "".join(f"{line}\n" for block in blocks for line in (*_lines(block, 0), "!")) + "end\n"


def lines_of(blocks: Sequence[Block]) -> str:
    """The tree as people compare it: no separators, nothing at the end."""
    return "".join(f"{line}\n" for block in blocks for line in _lines(block, 0))


def hidden(block: Block, standing: Standing = hide) -> Block:
    """The same without any secret, with what stands for it in its place. Opaque lines of keys and certificates are public and stay."""
    text = block.text
    for pattern in _SECRETS:
        if match := pattern.match(text):
            text = f"{match[1]} {standing(text[match.end(1) :].strip())}"
            break
    return Block(text, tuple(hidden(one, standing) for one in block.inside), block.opaque)


def _lines(block: Block, depth: int) -> Iterator[str]:
    yield " " * depth + block.text
    yield from block.opaque
    for inner in block.inside:
        yield from _lines(inner, depth + 1)


class _Lines(Iterator[str]):
    """The lines one after the other, and those that a line takes with it."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = iter(lines)

    def __next__(self) -> str:
        return next(self._lines)

    def opaque_after(self, text: str) -> tuple[str, ...]:
        if match := _BANNER.match(text):
            delimiter, rest = match.groups()
            return () if delimiter in rest else self._until(lambda line: delimiter in line)
        if _UNTIL_QUIT.match(text):
            return self._until(lambda line: line.strip() == "quit")
        if _MACRO.match(text):
            return self._until(lambda line: line.strip() == "@")
        return ()

    def _until(self, closes: Callable[[str], bool]) -> tuple[str, ...]:
        taken = []
        for line in self._lines:
            taken.append(line)
            if closes(line):
                return tuple(taken)
        raise Garbled("show running-config: the answer breaks off inside a banner or certificate; run again")


def _grow(lines: Sequence[tuple[int, str, tuple[str, ...]]]) -> tuple[Block, ...]:
    """Nested blocks from (indentation, text, opaque); a line belongs to the nearest one above it that is less indented."""
    root: list[Block] = []
    open_ones: list[tuple[int, str, tuple[str, ...], list[Block]]] = []

    def close() -> None:
        _, text, opaque, inside = open_ones.pop()
        (open_ones[-1][3] if open_ones else root).append(Block(text, tuple(inside), opaque))

    for indentation, text, opaque in lines:
        while open_ones and open_ones[-1][0] >= indentation:
            close()
        open_ones.append((indentation, text, opaque, []))
    while open_ones:
        close()
    return tuple(root)
