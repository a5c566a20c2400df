"""JSON documents: places are written ``a/b``, list elements ``a/0``; what isn't understood is kept."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from ..errors import Garbled, Unsupported
from ..transport import Answer


class JsonDocument:
    """A JSON tree whose leaves are read and written as text, each in the type that the device gave it.

    Of a list that is named as a whole the first element counts; to write nothing into it empties it.
    """

    def __init__(self, tree: Any) -> None:
        self.tree = tree

    def get(self, select: str) -> str | None:
        """The text at the first alternative that is there."""
        for alternative in select.split("|"):
            found, value = self._find(alternative)
            if found and value is not None and not isinstance(value, dict):
                return _text(value)
        return None

    def set(self, select: str, value: str) -> None:
        """Write a leaf in its own type."""
        place = next((one for one in select.split("|") if self._find(one)[0]), None)
        if place is None:
            raise Unsupported(f"the device's document has no {select}")
        above, _, last = place.rpartition("/")
        parent = self._find(above)[1] if above else self.tree
        parent[int(last) if isinstance(parent, list) else last] = _typed(value, self._find(place)[1])

    def rename(self, select: str, name: str) -> None:
        """Keys of a tree have one name."""

    def rows(self, row: str) -> Sequence[JsonDocument]:
        """The elements of a list, each a document that writes through to this one."""
        found, value = self._find(row)
        return [JsonDocument(element) for element in value if isinstance(element, dict)] if found and isinstance(value, list) else []

    def _find(self, place: str) -> tuple[bool, Any]:
        value = self.tree
        for step in place.split("/"):
            if isinstance(value, list) and step.isdecimal() and int(step) < len(value):
                value = value[int(step)]
            elif isinstance(value, dict) and step in value:
                value = value[step]
            else:
                return False, None
        return True, value


def json_object(answer: Answer, what: str) -> dict[str, Any]:
    """An answer as a JSON object.

    :raises Garbled: when it is anything else.
    """
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise Garbled(f"{what}: answers something that is not JSON (HTTP {answer.status})") from None
    if not isinstance(said, dict):
        raise Garbled(f"{what}: answers JSON that is no object")
    return said


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return _text(value[0]) if value else ""
    return str(value)


def _typed(value: str, before: Any) -> Any:
    if isinstance(before, bool):
        return value == "true"
    if isinstance(before, list):
        return [value] if value else []
    return type(before)(value) if isinstance(before, int | float) else value
