"""Write plain values into a document of ruamel.yaml, so that what is equal isn't touched."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, PlainScalarString, ScalarString

from .roundtrip import is_plain, written


def merge_mapping(target: CommentedMap, value: Mapping[str, Any], depth: int) -> None:
    """Mappings key by key, lists and scalars whole, None removes a key; a new key stands behind the one it follows in ``value``.

    :param depth: 1 where the target is a site, 2 where it is one of its keys.
    """
    if not target:
        (target.fa.set_flow_style if written(value, depth - 1).fa.flow_style() else target.fa.set_block_style)()
    before: str | None = None
    for key, new in value.items():
        if new is None:
            target.pop(key, None)
            continue
        if key in target:
            target[key] = _merged(target[key], new, depth)
        else:
            target.insert(list(target).index(before) + 1 if before is not None else len(target), key, written(new, depth))
        before = key


def _merged(old: Any, new: Any, depth: int) -> Any:
    if isinstance(old, CommentedMap) and isinstance(new, Mapping):
        merge_mapping(old, new, depth + 1)
    elif isinstance(old, CommentedSeq) and _is_list(new):
        _merge_items(old, new, depth)
    elif not _same(old, new):
        return _quoted(old, new) if isinstance(old, ScalarString) and isinstance(new, str) else written(new, depth)
    return old


def _quoted(old: ScalarString, new: str) -> ScalarString:
    """Quotes that the old text didn't need are somebody's taste, and stay."""
    kind: type[ScalarString] = type(old) if is_plain(old) else PlainScalarString if is_plain(new) else DoubleQuotedScalarString
    found: ScalarString = kind(new)
    return found


def _merge_items(old: CommentedSeq, new: Sequence[Any], depth: int) -> None:
    """Make the list the new one; what is at its old place keeps its comments and quotes."""
    while len(old) > len(new):
        del old[len(old) - 1]
    for index, item in enumerate(new):
        if index == len(old):
            old.append(written(item, depth + 1))
        elif isinstance(old[index], CommentedMap) and isinstance(item, Mapping):
            merge_mapping(old[index], dict.fromkeys(old[index]) | dict(item), depth + 1)
        elif not _same(old[index], item):
            old[index] = written(item, depth + 1)


def _same(old: Any, new: Any) -> bool:
    if isinstance(old, Mapping) or isinstance(new, Mapping) or _is_list(old) or _is_list(new):
        return False
    if isinstance(old, bool) or isinstance(new, bool | int | float):
        return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)
    # A date is one whether it was written with quotes or not; an address is its text.
    return isinstance(old, str | date) and str(old) == str(new)


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str)
