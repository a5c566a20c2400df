"""Taking secrets out of what leaves: results, diffs, logs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from .diff import SECRET


def redacted(result: Any, secrets: Collection[str]) -> Any:
    """The result as JSON types, with every one of the secrets replaced, the longest first.

    A province has a thousand of them, and a device's result hundreds of texts: those that occur anywhere are looked for first.
    """
    texts: list[str] = []

    def noted(text: str) -> str:
        texts.append(text)
        return text

    plain = _each_text(result, noted)
    whole = "\n".join(texts)
    found = sorted((secret for secret in secrets if secret and secret in whole), key=len, reverse=True)

    def without(text: str) -> str:
        for secret in found:
            text = text.replace(secret, SECRET)
        return text

    return _each_text(plain, without) if found else plain


def _each_text(result: Any, change: Callable[[str], str]) -> Any:
    """The result as JSON types, each of its texts changed."""
    if isinstance(result, Mapping):
        return {str(key): _each_text(value, change) for key, value in result.items()}
    if isinstance(result, list | tuple | set):
        return [_each_text(value, change) for value in result]
    if isinstance(result, bool | int | float | None):
        return result
    return change(str(result))
