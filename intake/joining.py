"""What files say -> the inventory, through ``Edit``; and what the model says against it -> the cell or the device that said it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.motcua.cctv.plugins.plugin_utils.errors import ModelError
from ansible_collections.motcua.cctv.plugins.plugin_utils.model import Province

from .editing.edit import Edit
from .said import Path, Said

KEY_PATH = re.compile(r"\bsites((?:\.[\w-]+)+)")  # as the model's sentences have it
COLLECTIONS = ("lines", "switches", "nvrs", "cameras", "others")


class KnownSites(Mapping[str, Mapping[str, Any]]):
    """Every site's own YAML, by id; a file is read when one of its sites is asked for."""

    def __init__(self, edit: Edit, province: Province) -> None:
        self._edit = edit
        self._names = dict.fromkeys((*province.sites, *province.retired))

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        if name not in self._names:
            raise KeyError(name)
        return self._edit.site(name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def join(edit: Edit, said: Said, province: Province, new_in: str | None = None) -> None:
    """Change the inventory in memory so that it says what the files say.

    :param new_in: the file under ``sites/`` that new sites go to.
    :raises ModelError: one line a mistake, each with its cell or device; then nothing may be written.
    """
    mistakes = [*said.mistakes]
    number = max((site.number for site in (*province.sites.values(), *province.retired.values())), default=0)
    for name in said.sites:
        value = said.tree(name)
        if name in province.sites or name in province.retired:
            edit.merge(name, _behind(edit.site(name), value))
        elif new_in is not None:
            number += 1
            edit.add_site(name, new_in, {"number": number, **value})
    try:
        edit.check()
    except ModelError as error:
        lines = str(error).splitlines()
        # A wrong cell is no value, which the model then misses: only what is surely wrong besides is worth saying.
        if not mistakes or not any(line.endswith("is missing; add it") for line in lines):
            mistakes += [located(line, said) for line in lines]
    if mistakes:
        raise ModelError("\n".join(dict.fromkeys(mistakes)))


def _behind(raw: Mapping[str, Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """The same value with new devices and lines behind those that are there: a key goes behind the one that it follows."""
    several = {key: {**{name: {} for name in raw[key]}, **value[key]} for key in COLLECTIONS if raw.get(key) and key in value}
    return {**value, **several}


def located(sentence: str, said: Said) -> str:
    """A sentence of the model with the places that caused it, as far as files did."""
    first = KEY_PATH.search(sentence)
    if first is None:
        return sentence
    path = _path(first[1])
    what, count = KEY_PATH.subn(lambda match: _with_place(match, said), sentence[first.end() :].removeprefix(": "))
    if (where := said.place(path)) is not None:
        return f"{where}: {what}"
    above = said.place_above(path)
    # A file that speaks of the site isn't to blame for all that is wrong there, but for what it leaves out of a new one.
    if above is not None and (len(path) - len(above[1]) > 1 or what.startswith("is missing")):
        return f"{above[0]}: {'.'.join(above[1])}: {what}"
    return f"{sentence[: first.end()]}: {what}" if count else sentence


def _with_place(match: re.Match[str], said: Said) -> str:
    where = said.place(_path(match[1]))
    return match[0] if where is None else f"{match[0]} ({where})"


def _path(dotted: str) -> Path:
    return tuple(dotted.removeprefix(".").split("."))
