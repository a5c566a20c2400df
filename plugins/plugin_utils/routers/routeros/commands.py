"""One change as a line for the console, and the line of a script that takes it back, whether or not the change was made."""

from __future__ import annotations

from collections.abc import Mapping

from ..platform import Command
from ..state import Secret
from .menus import MARK, MENUS
from .placing import Rule
from .wanted import Value
from .words import quoted, spelled


def command(*texts: tuple[str, str]) -> Command:
    """One line of one or more commands, each as it is sent and as it is shown."""
    return Command("; ".join(text for text, _ in texts), "; ".join(shown for _, shown in texts))


def undoing(*lines: str) -> Command:
    """A line of the undoing script. It holds no secret, and what isn't there to be undone doesn't stop it."""
    text = "; ".join(f":do {{ {line} }} on-error={{}}" for line in lines)
    return Command(text, text)


def find(menu: str, mark: str) -> str:
    """Our entry with this mark."""
    return f"[find {MENUS[menu].mark}={quoted(mark)}]"


def find_from(menu: str, mark: str) -> str:
    """The same, from outside of its menu."""
    return f"[/{menu} find {MENUS[menu].mark}={quoted(mark)}]"


def anchor(menu: str, chain: str, rule: Rule) -> str:
    """The rule that another is to stand before. Rules of others have no name: they are counted, and dynamic ones are in no export."""
    if isinstance(rule, str):
        return find(menu, rule)
    return f'[:pick [find where chain={spelled("chain", chain)} and !dynamic and !(comment~"^{MARK}")] {rule}]'


def add(menu: str, values: Mapping[str, Value], chain: str = "", before: Rule | None = None) -> tuple[str, str]:
    """``/menu add …``, as it is sent and as it is shown."""
    place = "" if before is None else f" place-before={anchor(menu, chain, before)}"
    return _pair(f"/{menu} add", values, place)


def change(menu: str, selector: str, values: Mapping[str, Value], unset: tuple[str, ...] = ()) -> tuple[str, str]:
    """``/menu set …``; ``unset`` are fields that are taken away."""
    head = f"/{menu} set" + (f" {selector}" if selector else "")
    return _pair(head, values, "".join(f" !{name}" for name in unset))


def remove(menu: str, mark: str) -> str:
    """``/menu remove …``: nothing happens when there is none."""
    return f"/{menu} remove {find(menu, mark)}"


def move(menu: str, mark: str, chain: str, before: Rule | None) -> str:
    """``/menu move …``, to the end when it is to stand before nothing."""
    return f"/{menu} move {find(menu, mark)}" + ("" if before is None else f" destination={anchor(menu, chain, before)}")


def _pair(head: str, values: Mapping[str, Value], tail: str) -> tuple[str, str]:
    sent, shown = [head], [head]
    for name, value in values.items():
        if value is None:
            sent.append(name)
            shown.append(name)
        elif isinstance(value, Secret):
            sent.append(f"{name}={quoted(value.value) if value.value is not None else value}")
            shown.append(f"{name}={value}")
        else:
            sent.append(f"{name}={spelled(name, value)}")
            shown.append(f"{name}={legible(name, value)}")
    return " ".join(sent) + tail, " ".join(shown) + tail


def legible(name: str, value: str) -> str:
    """A value as people read it: letters instead of the bytes that are sent."""
    text = spelled(name, value)
    return f'"{value}"' if not value.isascii() and value.isprintable() and not set(value) & set('"\\$?') else text
