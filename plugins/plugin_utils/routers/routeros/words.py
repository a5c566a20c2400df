"""Words of RouterOS' console: how a value is written in an export or a command, and read back."""

from __future__ import annotations

import re

from ...errors import Garbled

CONTROLS = {"n": "\n", "r": "\r", "t": "\t", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "_": " "}
LETTERS = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\a": "\\a", "\b": "\\b", "\f": "\\f", "\v": "\\v"}
LETTERS |= {letter: f"\\{letter}" for letter in '"\\$?'}
BARE = re.compile(r"[A-Za-z0-9_.:/,!*+@%^-]+")
QUOTED = r'"(?:[^"\\]|\\.)*"'
# A word of a line: a selector in brackets, name=value, or something that stands alone. A value may be pieced together: !"Văn phòng".
WORD = re.compile(
    rf"(?P<bracket>\[(?:{QUOTED}|[^\"\]])*\])"
    rf"|(?P<name>[!.]?[A-Za-z0-9][A-Za-z0-9.-]*)=(?P<value>(?:{QUOTED}|[^\s\"])*)"
    r"|(?P<alone>[^\s=\"\[\]]+)",
    re.DOTALL,
)
PIECE = re.compile(rf"({QUOTED})|([^\"]+)", re.DOTALL)
ESCAPE = re.compile(r"\\([0-9A-F]{2}|.)", re.DOTALL)
NEGATABLE = re.compile(r"(list|interface|mark|address|chain|port|protocol)$")


def unescaped(text: str) -> str:
    r"""A text whose ``\"``, ``\n``, ``\_`` and ``\E1`` are what they stand for.

    Bytes that are UTF-8 become letters; others stay as they are, as surrogates (PEP 383): RouterOS keeps bytes and knows no code page.

    :raises Garbled: when a backslash stands before something that RouterOS never escapes.
    """
    return ESCAPE.sub(_letter, text).encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")


def _letter(match: re.Match[str]) -> str:
    said = match[1]
    if len(said) == 2:
        byte = int(said, 16)
        return chr(byte) if byte < 0x80 else chr(0xDC00 + byte)
    if said in CONTROLS:
        return CONTROLS[said]
    if said in '"\\$?':
        return said
    raise Garbled(f"the export has the escape \\{said}, which RouterOS doesn't write; it was damaged on its way, read it again")


def quoted(text: str) -> str:
    """A text in quotes, in ASCII alone, so that it means the same whatever the terminal's code page is."""
    return '"' + "".join(LETTERS.get(letter) or _ascii(letter) for letter in text) + '"'


def _ascii(letter: str) -> str:
    if " " <= letter <= "~":
        return letter
    return "".join(f"\\{byte:02X}" for byte in letter.encode("utf-8", "surrogateescape"))


def spelled(name: str, value: str) -> str:
    """The value of a property, quoted where it has to be."""
    if BARE.fullmatch(value):
        return value
    if value.startswith("!") and len(value) > 1 and NEGATABLE.search(name):
        return "!" + quoted(value[1:])  # "not in this list": inside quotes the sign would belong to the list's name
    return quoted(value)


def read_value(raw: str) -> str:
    """The value behind the sign ``=``, with or without quotes."""
    return "".join(unescaped(piece[1][1:-1] if piece[1] else piece[2]) for piece in PIECE.finditer(raw))


def split(line: str) -> list[re.Match[str]]:
    """The words of one joined line.

    :raises Garbled: when the line can't be one, as when a quote has no end.
    """
    found, at = [], 0
    while at < len(line):
        if line[at] in " \t":
            at += 1
            continue
        match = WORD.match(line, at)
        if match is None or line[match.end() : match.end() + 1] not in ("", " ", "\t"):
            raise Garbled(f"the export has a line that isn't one, at «{line[at : at + 20]}»; it was cut or damaged, read it again")
        found.append(match)
        at = match.end()
    return found
