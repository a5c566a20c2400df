"""UCI's text, as ``uci export`` prints it, and the tree that it stands for.

``uci export`` and not ``uci show``: the latter prints a list of one value as if it were an option, and an unnamed section as an index that
moves. Grammar: libuci's file.c. Single quotes are literal, double ones and bare words know the backslash, a quoted value may hold newlines,
``#`` begins a comment where a word could begin, ``;`` parts statements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ...errors import Garbled

Values = str | tuple[str, ...]
NAME = re.compile(r"[A-Za-z0-9_]+")
SPACES = " \t\r\n\v\f"


@dataclass(frozen=True)
class Section:
    """``config <type> '<name>'``; an unnamed one has no name. An option is text, a list a tuple."""

    type: str
    name: str | None = None
    options: Mapping[str, Values] = field(default_factory=dict)

    def text(self, option: str, default: str = "") -> str:
        """An option as one text; a list is joined by spaces, as UCI itself does."""
        value = self.options.get(option, default)
        return value if isinstance(value, str) else " ".join(value)

    def list(self, option: str) -> tuple[str, ...]:
        """An option as a list: old configurations write lists as words of one text."""
        value = self.options.get(option, ())
        return tuple(value.split()) if isinstance(value, str) else value

    def on(self, option: str, *, default: bool = False) -> bool:
        """An option as a switch, in all the ways that OpenWrt's shell functions accept."""
        value = self.text(option)
        return value in ("1", "on", "true", "yes", "enabled") if value else default


@dataclass(frozen=True)
class Package:
    """One file of /etc/config."""

    name: str
    sections: tuple[Section, ...] = ()

    def of(self, kind: str) -> tuple[Section, ...]:
        """All sections of a type, in the device's order."""
        return tuple(section for section in self.sections if section.type == kind)

    def named(self, name: str) -> Section | None:
        """A section by its name."""
        return next((section for section in self.sections if section.name == name), None)

    def at(self, reference: str) -> Section | None:
        """A section by name or as ``@type[index]``."""
        index = re.fullmatch(r"@([A-Za-z0-9_-]+)\[(\d+)\]", reference)
        if index is None:
            return self.named(reference)
        found = self.of(index[1])
        return found[int(index[2])] if int(index[2]) < len(found) else None


def parse(text: str, where: str = "uci export") -> tuple[Package, ...]:
    """The packages of an export, in its order.

    :raises Garbled: when a statement isn't UCI's, or the text ends within one.
    """
    packages: list[tuple[str, list[tuple[str, str | None, dict[str, Values]]]]] = []
    for statement in _statements(text, where):
        match statement:
            case ["package", name]:
                packages.append((name, []))
            case ["config", kind, *name] if packages and len(name) <= 1:
                packages[-1][1].append((kind, name[0] if name and name[0] else None, {}))
            case ["option", name, value] if packages and packages[-1][1]:
                packages[-1][1][-1][2][name] = value
            case ["list", name, value] if packages and packages[-1][1]:
                options = packages[-1][1][-1][2]
                before = options.get(name, ())
                options[name] = (*((before,) if isinstance(before, str) else before), value)
            case _:
                raise Garbled(f"{where}: {' '.join(statement)[:60]!r} is no statement of UCI; read it again, or look at the file")
    return tuple(Package(name, tuple(Section(*section) for section in sections)) for name, sections in packages)


def render(packages: tuple[Package, ...]) -> str:
    """The text that ``uci import`` takes and ``uci export`` gives."""
    return "".join(f"package {package.name}\n\n" + "".join(f"{render_section(one)}\n" for one in package.sections) for package in packages)


def render_section(section: Section) -> str:
    """One section with its options, each on a line."""
    lines = [f"config {section.type}" + (f" {quoted(section.name)}" if section.name else "")]
    for option, value in section.options.items():
        if isinstance(value, str):
            lines.append(f"\toption {option} {quoted(value)}")
        else:
            lines += [f"\tlist {option} {quoted(one)}" for one in value]
    return "\n".join(lines) + "\n"


def quoted(text: str) -> str:
    """In single quotes, as the shell and UCI both read it."""
    return "'" + text.replace("'", "'\\''") + "'"


def _statements(text: str, where: str) -> Iterator[list[str]]:
    words: list[str] = []
    at = 0
    while at < len(text):
        character = text[at]
        if character in "\n;":
            if words:
                yield words
            words, at = [], at + 1
        elif character in SPACES:
            at += 1
        elif character == "#":
            at = _line_end(text, at)
        else:
            word, at = _word(text, at, where)
            words.append(word)
    if words:
        yield words


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end


def _word(text: str, at: int, where: str) -> tuple[str, int]:
    """One word and where it ends; pieces in different quotes that touch are one."""
    pieces: list[str] = []
    while at < len(text) and text[at] not in SPACES + ";#":
        match text[at]:
            case "'":
                end = text.find("'", at + 1)
                if end < 0:
                    raise Garbled(f"{where}: the text ends within quotes, so it isn't whole; read it again")
                pieces.append(text[at + 1 : end])
                at = end + 1
            case '"':
                piece, at = _double(text, at + 1, where)
                pieces.append(piece)
            case "\\":
                pieces.append(text[at + 1 : at + 2].replace("\n", ""))
                at += 2
            case character:
                pieces.append(character)
                at += 1
    return "".join(pieces), at


def _double(text: str, at: int, where: str) -> tuple[str, int]:
    pieces: list[str] = []
    while at < len(text):
        if text[at] == '"':
            return "".join(pieces), at + 1
        if text[at] == "\\":
            pieces.append(text[at + 1 : at + 2].replace("\n", ""))
            at += 2
        else:
            pieces.append(text[at])
            at += 1
    raise Garbled(f"{where}: the text ends within quotes, so it isn't whole; read it again")
