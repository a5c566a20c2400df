"""YAML text -> values -> YAML text, in which whatever nobody changed stays as people laid it out, byte by byte."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scalarstring import DoubleQuotedScalarString
from ruamel.yaml.tag import Tag

COLUMNS = 160  # .yamllint's
ENDLESS = 1_000_000
DECIMALS = 6  # 11 cm of a degree
# What YAML 1.2, a colleague, or both take for a number or a time, whatever load takes it for.
AMBIGUOUS = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?|0[box]\w+|\d?\d:\d\d")
# What load takes for something other than a text (YAML 1.1, PyYAML's patterns) and that we need as such. All else is a text and stays
# as it is written: ruamel's own rules would make a number of a serial like 12E45678, and write another one.
MEANT = re.compile(
    r"(?P<bool>yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)|(?P<null>~|null|Null|NULL|)|(?P<merge><<)"
    r"|(?P<int>[-+]?(0|[1-9][0-9]*))|(?P<float>[-+]?([0-9]+\.[0-9]*|\.[0-9]+)([eE][-+][0-9]+)?)|(?P<timestamp>\d{4}-\d\d-\d\d)"
)
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's where it was built


def parse(text: str) -> Any:
    """The text's document, with its comments, order and quotes.

    :raises ruamel.yaml.error.YAMLError: when it isn't YAML.
    """
    return _machine().load(text)


def render(document: Any) -> str:
    """The document as text; a mapping in braces that passes the margin is broken before a key."""
    out = io.StringIO()
    _machine().dump(document, out)
    return "".join(wrapped(line) + "\n" for line in out.getvalue().splitlines())


class _AsLoad(VersionedResolver):
    """Reads plain values as load does."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        if kind is not ScalarNode or not implicit[0]:
            return super().resolve(kind, value, implicit)
        found = MEANT.fullmatch(value)
        return Tag(suffix=f"tag:yaml.org,2002:{found.lastgroup}") if found else self.DEFAULT_SCALAR_TAG


def _machine() -> YAML:
    machine = YAML()
    machine.Resolver = _AsLoad
    machine.preserve_quotes = True
    machine.width = ENDLESS
    machine.indent(mapping=2, sequence=4, offset=2)
    return machine


# --- values as people write them ---------------------------------------------------------------------------------------


def written(value: Any, depth: int = 2) -> Any:
    """A plain value as it is written: a device, a line, a unit stands in braces; what holds several of them is a block.

    :param depth: 0 is a site, 1 one of its keys.
    """
    if isinstance(value, Mapping):
        found = CommentedMap({_scalar(key): written(item, depth + 1) for key, item in value.items() if item is not None})
        blocks = depth == 0 or (depth == 1 and found and all(isinstance(item, Mapping) for item in found.values()))
        (found.fa.set_block_style if blocks else found.fa.set_flow_style)()
        return found
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = CommentedSeq([written(item, depth + 1) for item in value])
        blocks = depth == 1 and any(isinstance(item, Mapping) for item in items)
        (items.fa.set_block_style if blocks else items.fa.set_flow_style)()
        return items
    return _scalar(value)


def _scalar(value: Any) -> Any:
    if isinstance(value, float):
        return int(value) if value.is_integer() else round(value, DECIMALS)
    if isinstance(value, date):
        return date.fromordinal(value.toordinal())  # the same one twice would become an anchor and an alias
    if value is None or isinstance(value, bool | int | float):
        return value
    text = str(value)
    return text if is_plain(text) else DoubleQuotedScalarString(text)


@lru_cache(maxsize=65536)
def is_plain(text: str) -> bool:
    """Whether the text may stand without quotes: load reads YAML 1.1, in which 17:30 is a number and no is false."""
    if AMBIGUOUS.fullmatch(text):
        return False
    try:
        return bool(yaml.safe_load(f"[{text}]") == [text])  # PyYAML's own parser takes less than libyaml does
    except (yaml.YAMLError, ValueError):
        return False


# --- the margin --------------------------------------------------------------------------------------------------------


def wrapped(line: str, columns: int = COLUMNS) -> str:
    """The line, or the lines that its braces are broken into: before a key of the outermost mapping, continued under its first."""
    brace = line.find("{")
    if len(line) <= columns or brace < 0 or "#" in line[:brace]:
        return line
    head, indent = line[:brace].rstrip(), len(line) - len(line.lstrip())
    if not head.endswith(":"):
        return "\n".join(_filled(line, columns))
    # On a line of its own the mapping has the whole width.
    return "\n".join([head, *_filled(" " * (indent + 2) + line[brace:], columns)])


def _filled(line: str, columns: int) -> list[str]:
    first, *ends = _breaks(line) or [0]
    if len(line) <= columns or not ends:
        return [line]
    lines, current = [], ""
    for start, end in pairwise([0, *ends, len(line)]):
        if current and len((current + line[start:end]).rstrip()) > columns:
            lines.append(current.rstrip())
            current = " " * first
        current += line[start:end]
    return [piece for one in (*lines, current) for piece in (_filled(one, columns) if one != line else [one])]


def _breaks(line: str) -> list[int]:
    """Where the line's first mapping or list begins, behind its brace, and where each of its items but the last ends, behind its comma."""
    found: list[int] = []
    quote, depth = "", 0
    for index, sign in enumerate(line):
        if quote:
            quote = "" if sign == quote and line[index - 1] != "\\" else quote
        elif sign in "\"'" and line[index - 1] in " [{":
            quote = sign
        elif sign in "{[":
            depth += 1
            found = found or [index + 1]
        elif sign in "}]":
            depth -= 1
            if depth <= 0:
                break
        elif depth == 1 and line[index : index + 2] == ", ":
            found.append(index + 2)
    return found


# --- what nobody changed -----------------------------------------------------------------------------------------------


def keep_layout(original: str, before: str, after: str) -> str:
    """People's own text with the change from ``before`` to ``after`` in it: both are how ``render`` writes the original and the new values.

    A line that ``render`` only lays out differently stays; so does a comment that stood behind something removed.
    """
    ours, base = original.splitlines(keepends=True), before.splitlines(keepends=True)
    theirs = _before_the_gap(base, after.splitlines(keepends=True))
    merged: list[str] = []
    at = (0, 0, 0)
    for stable in [*_stable(base, ours, theirs), (len(base), len(ours), len(theirs))]:
        old, mine, new = (lines[start:end] for lines, start, end in zip((base, ours, theirs), at, stable, strict=True))
        merged += mine if old == new else new + _left_behind(mine, new)
        merged += ours[stable[1] : stable[1] + 1]
        at = (stable[0] + 1, stable[1] + 1, stable[2] + 1)
    return "".join(merged)


def _stable(base: list[str], ours: list[str], theirs: list[str]) -> list[tuple[int, int, int]]:
    """The lines that all three have in common, in order."""
    mine, new = _pairs(base, ours), _pairs(base, theirs)
    return [(line, mine[line], new[line]) for line in sorted(mine.keys() & new.keys())]


def _pairs(base: list[str], other: list[str]) -> dict[int, int]:
    blocks = SequenceMatcher(None, base, other, autojunk=False).get_matching_blocks()
    return {block.a + step: block.b + step for block in blocks for step in range(block.size)}


def _before_the_gap(base: list[str], lines: list[str]) -> list[str]:
    """Added keys moved in front of the blank lines and comments that end what they belong to: those are about what follows."""
    found = list(lines)
    for tag, _, _, start, end in SequenceMatcher(None, base, lines, autojunk=False).get_opcodes():
        if tag != "insert":
            continue
        indent, gap = indent_of(lines[start]), start
        following = indent_of(lines[end]) if end < len(lines) else -1
        # At the end of a block, a comment that is as far in as the block still belongs to it.
        about_following = indent if following == indent else indent - 1
        while gap and is_gap(lines[gap - 1]) and (not lines[gap - 1].strip() or indent_of(lines[gap - 1]) <= about_following):
            gap -= 1
        if gap < start and following <= indent:
            found[gap:end] = lines[start:end] + lines[gap:start]
    return found


def _left_behind(old: list[str], new: list[str]) -> list[str]:
    """The comments and blank lines at the end of what was removed."""
    start = len(old)
    while start and is_gap(old[start - 1]):
        start -= 1
    tail = old[start:]
    return [] if new[-len(tail) :] == tail else tail


def is_gap(line: str) -> bool:
    """Whether a line is blank or a comment."""
    return not line.strip() or line.lstrip().startswith("#")


def indent_of(line: str) -> int:
    """The spaces that a line begins with."""
    return len(line) - len(line.lstrip())
