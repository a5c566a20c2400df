"""What the answers of a VyOS router say, without any secret."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..platform import Standing, hide
from .grammar import Path, hidden, parse, render

READS = ("show version", "show configuration commands")


@dataclass(frozen=True)
class Running:
    """Every path that is set, in the device's order."""

    paths: tuple[Path, ...]

    def under(self, *root: str) -> Iterator[Path]:
        """The paths below a node, without it."""
        return (path[len(root) :] for path in self.paths if path[: len(root)] == root)

    def value(self, *path: str) -> str | None:
        """The value of a leaf, None where it isn't set."""
        return next((rest[0] for rest in self.under(*path) if rest), None)


def understand(answers: Mapping[str, str]) -> Running:
    """The answers to READS.

    :raises Garbled: when the configuration can't be read as one.
    """
    return Running(_paths(answers, hide))


def _paths(answers: Mapping[str, str], standing: Standing) -> tuple[Path, ...]:
    paths = (hidden(path, standing) for path in parse(answers["show configuration commands"]))
    # "plaintext-password ''" stands beside every encrypted one in some versions and says nothing.
    return tuple(path for path in paths if len(path) < 2 or path[-2] not in ("plaintext-password", "plaintext-key"))


def whole(answers: Mapping[str, str], standing: Standing = hide) -> str:
    """The running configuration without secrets."""
    return render(_paths(answers, standing))
