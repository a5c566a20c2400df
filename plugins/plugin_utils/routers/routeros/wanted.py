"""What motcua wants on a RouterOS: entries with our mark, and values of what is there anyway."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ..state import Secret
from .menus import MARK, MENUS

Value = str | Secret | None
SLUG_LETTERS = 40


@dataclass(frozen=True)
class Wanted:
    """An entry of ours when ``mark`` is given, else values of the menu, or of its ``row``.

    ``row`` is the selector of a row that the router always has: ``telnet``, ``[ find default=yes ]``. A value of None is a flag. ``tunnel``
    names the tunnel that the entry belongs to.
    """

    menu: str
    values: Mapping[str, Value]
    mark: str = ""
    row: str = ""
    tunnel: str = ""


def values(menu: str, row: str = "", /, **wished: str) -> Wanted:
    """Values of what is there anyway; ``_`` in a name stands for ``-``."""
    return Wanted(menu, _named(wished), row=row)


def entry(menu: str, name: str, tunnel: str = "", /, **wished: Value) -> Wanted:
    """An entry of ours. ``name`` tells it from others of its menu: ``motcua:<name>`` where the mark is a comment, else the name itself."""
    mark = f"{MARK}:{name}" if MENUS[menu].mark == "comment" else name
    return Wanted(menu, _named(wished), mark=mark, tunnel=tunnel)


def _named(wished: Mapping[str, Value]) -> Mapping[str, Value]:
    return {name.replace("_", "-"): value for name, value in wished.items()}


def slug(text: str) -> str:
    """A text as part of a name: small ASCII letters, digits and hyphens. ``Ghi hình từ Bắc Giang`` is ``ghi-hinh-tu-bac-giang``."""
    plain = unicodedata.normalize("NFKD", text.replace("đ", "d").replace("Đ", "D")).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower())[:SLUG_LETTERS].strip("-")
