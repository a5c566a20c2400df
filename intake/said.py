"""What files say about sites, value by value with the place that says it; what is wrong in them, and what people should know besides."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Path = tuple[str, ...]  # the site's id, then the keys below it


@dataclass
class Said:
    """Filled by one file after the other.

    ``places`` also knows the cells that say nothing, so that what is missing can be shown where it belongs; ``decided`` are the
    addresses whose vendor people decided on, with the file that has them.
    """

    values: dict[Path, Any] = field(default_factory=dict)
    places: dict[Path, str] = field(default_factory=dict)
    mistakes: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    decided: dict[str, str] = field(default_factory=dict)

    def say(self, path: Path, value: Any, where: str) -> None:
        """State a value; two places that state different ones are a mistake."""
        if path in self.values and self.values[path] != value:
            self.wrong(where, f"says {value}, but {self.places[path]} says {self.values[path]}; correct one of the two")
        self.values.setdefault(path, value)
        self.places.setdefault(path, where)

    def wrong(self, where: str, what: str) -> None:
        """Note a mistake, once."""
        sentence = f"{where}: {what}"
        if sentence not in self.mistakes:
            self.mistakes.append(sentence)

    def remark(self, sentence: str) -> None:
        """Note what isn't wrong but should be known, once."""
        if sentence not in self.remarks:
            self.remarks.append(sentence)

    @property
    def sites(self) -> tuple[str, ...]:
        """The sites that something is said about."""
        return tuple(dict.fromkeys(path[0] for path in self.values))

    def tree(self, site: str) -> dict[str, Any]:
        """What is said about a site, nested as its YAML is."""
        root: dict[str, Any] = {}
        for path, value in self.values.items():
            if path[0] == site:
                node = root
                for part in path[1:-1]:
                    node = node.setdefault(part, {})
                node[path[-1]] = value
        return root

    def place(self, path: Path) -> str | None:
        """The place that says what stands at a path or below it."""
        return self.places.get(path) or next((where for known, where in self.places.items() if known[: len(path)] == path), None)

    def place_above(self, path: Path) -> tuple[str, Path] | None:
        """The place of the nearest thing above a path, and what of the path is left below it."""
        return next(((self.places[path[:end]], path[end:]) for end in range(len(path) - 1, 0, -1) if path[:end] in self.places), None)


def devices(site: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Everything that stands at a site, as (collection, id, device); the router's collection is ``router``."""
    if site.get("router"):
        yield "router", "router", site["router"]
    for collection in ("switches", "nvrs", "cameras", "others"):
        for name, device in (site.get(collection) or {}).items():
            yield collection, str(name), device
