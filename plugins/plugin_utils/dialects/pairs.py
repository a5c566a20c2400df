"""Documents of keys and values: what most devices that don't speak XML or JSON have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..errors import Unsupported


class Pairs:
    """Keys and values; ``changed`` are those that were written since."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self.values = dict(values)
        self.changed: dict[str, str] = {}

    def get(self, select: str) -> str | None:
        """The value of the first alternative that is there."""
        return next((self.values[key] for key in select.split("|") if key in self.values), None)

    def set(self, select: str, value: str) -> None:
        """Note a new value for a key that the device has."""
        key = next((key for key in select.split("|") if key in self.values), None)
        if key is None:
            raise Unsupported(f"the device has no {select}")
        self.values[key] = self.changed[key] = value

    def rename(self, select: str, name: str) -> None:
        """A key has one name."""

    def rows(self, row: str) -> Sequence[Pairs]:  # noqa: ARG002  kinds with lists have their own
        """No rows."""
        return []
