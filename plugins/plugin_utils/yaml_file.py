"""A YAML file of keys, as people write it: every mistake in it is one line that says where."""

from __future__ import annotations

import sys
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any

import yaml

from .errors import ModelError

SCALARS = frozenset(f"tag:yaml.org,2002:{kind}" for kind in ("bool", "float", "int", "null", "str", "timestamp"))


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml's loader where it was built
    """SafeLoader that refuses a key written twice: YAML keeps the last silently, and a site would be lost."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key '{key.value}' is written twice; keep one of the two", key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)  # type: ignore[no-any-return]  # an untyped base


def read_yaml(path: Path, missing: str = "name the province's province.yml") -> dict[str, Any]:
    """A file of keys; ``missing`` says what to do where there is none.

    :raises ModelError: when it isn't there, isn't YAML, says a key twice, or holds something else.
    """
    try:
        content = content_of(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(f"{path}: does not exist; {missing}") from None
    except UnicodeDecodeError as error:
        raise ModelError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise ModelError(f"{path}:{line}: {error.problem}; correct the YAML there") from None
    except yaml.YAMLError as error:
        raise ModelError(f"{path}: {str(error).splitlines()[0]}; correct the YAML there") from None
    if not isinstance(content, dict):
        raise ModelError(f"{path}: holds no keys; write 'key: value' lines")
    return content


class _Unusual(Exception):
    """What stands there is more than keys, lists and values: anchors, tags, merged keys, or a key twice."""


def content_of(text: str) -> Any:
    """What stands in a file. Plain keys, lists and values in half the time that PyYAML takes; all else, and every mistake, as PyYAML does.

    :raises yaml.YAMLError: when it isn't YAML, has a tag of somebody's own, or says a key twice.
    """
    try:
        return _Plain(_Loader(text)).document()
    except _Unusual:
        return yaml.load(text, Loader=_Loader)  # noqa: S506  _Loader is a SafeLoader


class _Plain:
    """Values straight from libyaml's events. A nation's files say the same few words a million times: each is held once."""

    def __init__(self, loader: Any) -> None:
        self._loader, self._event = loader, loader.get_event
        self._known: dict[tuple[str, tuple[bool, bool]], Any] = {}

    def document(self) -> Any:
        """The one document of the file."""
        if type(self._event()) is not yaml.StreamStartEvent or type(self._event()) is not yaml.DocumentStartEvent:
            raise _Unusual
        value = self._value(self._event())
        if type(self._event()) is not yaml.DocumentEndEvent or type(self._event()) is not yaml.StreamEndEvent:
            raise _Unusual
        return value

    def _value(self, event: Any) -> Any:
        make = MAKERS.get(type(event))
        if make is None or event.anchor is not None or event.tag is not None:
            raise _Unusual
        return make(self, event)

    def _scalar(self, event: Any) -> Any:
        place = event.value, event.implicit
        if place not in self._known:
            tag = self._loader.resolve(yaml.ScalarNode, *place)
            if tag not in SCALARS:
                raise _Unusual
            value = self._loader.construct_object(yaml.ScalarNode(tag, event.value, event.start_mark, event.end_mark))
            self._known[place] = sys.intern(value) if type(value) is str else value
        return self._known[place]

    def _list(self, _: Any) -> list[Any]:
        found = []
        while type(event := self._event()) is not yaml.SequenceEndEvent:
            found.append(self._value(event))
        return found

    def _keys(self, _: Any) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while type(event := self._event()) is not yaml.MappingEndEvent:
            key = self._value(event)
            if type(key) is not str or key in found:
                raise _Unusual
            found[key] = self._value(self._event())
        return found


MAKERS: dict[type, Callable[[_Plain, Any], Any]] = {
    yaml.ScalarEvent: _Plain._scalar,
    yaml.SequenceStartEvent: _Plain._list,
    yaml.MappingStartEvent: _Plain._keys,
}
