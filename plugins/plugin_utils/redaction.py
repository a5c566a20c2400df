"""Taking secrets out of what leaves: results, diffs, logs."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from .diff import SECRET


def redacted(result: Any, secrets: Collection[str]) -> Any:
    """The result as JSON types, with every one of the secrets replaced, the longest first.

    A province has a thousand of them, and a device's result hundreds of texts: those that occur anywhere are looked for first.
    """
    texts = "\n".join(_texts(result))
    return _without(result, sorted((secret for secret in secrets if secret and secret in texts), key=len, reverse=True))


def _texts(result: Any) -> Iterator[str]:
    if isinstance(result, Mapping):
        for value in result.values():
            yield from _texts(value)
    elif isinstance(result, list | tuple | set):
        for value in result:
            yield from _texts(value)
    elif not isinstance(result, bool | int | float | None):
        yield str(result)


def _without(result: Any, secrets: Collection[str]) -> Any:
    if isinstance(result, Mapping):
        return {str(key): _without(value, secrets) for key, value in result.items()}
    if isinstance(result, list | tuple | set):
        return [_without(value, secrets) for value in result]
    if isinstance(result, bool | int | float | None):
        return result
    text = str(result)
    for secret in secrets:
        text = text.replace(secret, SECRET)
    return text
