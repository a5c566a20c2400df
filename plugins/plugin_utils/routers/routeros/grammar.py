r"""RouterOS' export as a tree and back: parse(render(tree)) is the tree again.

Known of exports (real ones of 6.42 to 7.19): lines are wrapped by a backslash, a newline and four blanks, also inside quotes and words;
menus stand on a line of their own or, in a terse export, before every entry; ``.role=`` continues ``local.address=``; notes that begin with
``#`` come between entries; ``#interrupted`` says that the rest is missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import Garbled
from .words import read_value, spelled, split

VERBS = frozenset(("add", "set", "remove", "move", "enable", "disable", "unset"))
WRAP = re.compile(r"\\\r?\n {0,4}")
MENU = re.compile(r"/[A-Za-z0-9 /-]*")
INTERRUPTED = re.compile(r"^\s*#\s*interrupted\b", re.IGNORECASE | re.MULTILINE)
FAILED = re.compile(r"#\s*error exporting (\S.*)", re.IGNORECASE)
ESCAPE = re.compile(r"\\.")
VERSION = re.compile(r"by RouterOS (\d+)\.(\d+)(\S*)")


@dataclass(frozen=True)
class Note:
    """A line that is no configuration, its ``#`` included: the header, and what the router remarks on an entry."""

    text: str


@dataclass(frozen=True)
class Entry:
    """One command of an export.

    ``menu`` is as in ``ip firewall filter``; ``selector`` what ``set`` is about (``[ find default-name=ether1 ]``, ``0``, ``telnet``), else
    empty. Names of properties are whole (``local.role``). A property that stands alone, a flag, has the value None.
    """

    menu: str
    verb: str
    selector: str
    properties: tuple[tuple[str, str | None], ...]


@dataclass(frozen=True)
class Export:
    """A whole export, in its order."""

    lines: tuple[Entry | Note, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The lines that are configuration."""
        return tuple(line for line in self.lines if isinstance(line, Entry))

    @property
    def version(self) -> tuple[int, int] | None:
        """Major and minor version of RouterOS; None where no header says so."""
        match = next((match for note in self.lines if isinstance(note, Note) and (match := VERSION.search(note.text))), None)
        return None if match is None else (int(match[1]), int(match[2]))

    @property
    def failed(self) -> tuple[str, ...]:
        """Menus that the router says it couldn't export."""
        found = (FAILED.match(note.text) for note in self.lines if isinstance(note, Note))
        return tuple(menu_of(match[1].split("(")[0]) for match in found if match)


def menu_of(text: str) -> str:
    """``/ip/address`` and ``/ip address`` as ``ip address``."""
    return " ".join(text.replace("/", " ").replace('"', "").split())


def parse(text: str) -> Export:
    """The tree of an export.

    :raises Garbled: when it is incomplete or damaged.
    """
    if INTERRUPTED.search(text):
        raise Garbled("/export ends with #interrupted, so the rest is missing; read it again when the router is less busy")
    lines: list[Entry | Note] = []
    menu = ""
    for line in WRAP.sub("", text).replace("\r", "").split("\n"):
        stripped = line.strip()
        if stripped.startswith("#"):
            lines.append(Note(line.rstrip()))
        elif stripped:
            menu, entry = _read(stripped, menu)
            lines += [entry] if entry else []
    return Export(tuple(lines))


def _read(line: str, menu: str) -> tuple[str, Entry | None]:
    if line.endswith("\\"):
        raise Garbled(f"/export ends within a line, «{line[-30:]}»; it was cut or damaged, read it again")
    if line.startswith("/"):
        head, line = _menu_and_rest(line)
        menu = menu_of(head)
        if not line:
            return menu, None
    first, *rest = split(line)
    if first["alone"] not in VERBS or not menu:
        raise Garbled(f"/export has a line that is no command of an export, «{line[:30]}»; it was cut or damaged, read it again")
    return menu, _entry(menu, first["alone"], rest)


def _menu_and_rest(line: str) -> tuple[str, str]:
    """A line of a terse export at its verb."""
    for match in re.finditer(r" +([a-z]+)(?= |$)", line):
        if match[1] in VERBS:
            return line[: match.start()], line[match.start() + 1 :]
    if not MENU.fullmatch(line):
        raise Garbled(f"/export has a line that is neither menu nor command, «{line[:30]}»; it was cut or damaged, read it again")
    return line, ""


def _entry(menu: str, verb: str, words: list[re.Match[str]]) -> Entry:
    selector, prefix = "", ""
    properties: list[tuple[str, str | None]] = []
    for number, word in enumerate(words):
        name = word["name"]
        if name is not None:
            name = prefix + name if name.startswith(".") else name
            prefix = name.rpartition(".")[0] or prefix
            properties.append((name, read_value(word["value"])))
        elif number == 0 and verb != "add" and not word[0].startswith("!"):
            # A blank at a wrap is written so that it isn't lost; pairs are read, because an escaped backslash may stand before it.
            selector = ESCAPE.sub(lambda pair: " " if pair[0] == r"\_" else pair[0], word[0])
        else:
            properties.append((word[0], None))
    return Entry(menu, verb, selector, tuple(properties))


def render(export: Export, *, terse: bool = False) -> str:
    """The tree as text, without wraps; ``terse`` writes the menu before every entry."""
    text, menu = [], None
    for line in export.lines:
        if isinstance(line, Note):
            text.append(line.text)
            continue
        if not terse and line.menu != menu:
            text.append(f"/{line.menu}")
            menu = line.menu
        text.append((f"/{line.menu} " if terse else "") + render_entry(line))
    return "".join(f"{line}\n" for line in text)


def render_entry(entry: Entry) -> str:
    """One entry without its menu."""
    return " ".join([entry.verb, *([entry.selector] if entry.selector else []), *render_properties(entry.properties)])


def render_properties(properties: Iterable[tuple[str, str | None]]) -> list[str]:
    """Properties as words; a name that shares its first part with the one before leaves it out, as the router does."""
    words, last = [], ""
    for name, value in properties:
        head, _, tail = name.rpartition(".")
        short = f".{tail}" if head and head == last else name
        words.append(name if value is None else f"{short}={spelled(name, value)}")
        last = head if value is not None else ""
    return words
