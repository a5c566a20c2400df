"""What people change by hand, as a table, and whether an audit named it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

TABLE = Path(__file__).with_name("drift.yml")


@dataclass(frozen=True)
class Drift:
    """One change: ``at`` is the Ansible host, ``checks`` what an audit calls it, the first of them always and the others perhaps.

    A device's own page has ``knob``, a key and its value; elsewhere root runs ``command``.
    """

    name: str
    words: str
    at: str
    checks: Sequence[str]
    knob: tuple[str, str] | None
    command: str

    @property
    def machine(self) -> str:
        """The lab's name of the host."""
        return self.at.removesuffix("-server")


def drifts() -> tuple[Drift, ...]:
    """All changes of the table, in its order."""
    table = yaml.safe_load(TABLE.read_text(encoding="utf-8"))
    return tuple(_drift(name, row) for rows in table.values() for name, row in rows.items())


def _drift(name: str, row: dict[str, str]) -> Drift:
    knob = (row["key"], row["value"]) if "key" in row else None
    command = f"sed -i '{row['edit']}' {row['file']}" if "file" in row else row.get("run", "")
    return Drift(name, row["words"], row["at"], (row.get("named") or row["key"], *row.get("also", ())), knob, command)


def unnamed(made: Iterable[Drift], found: Iterable[tuple[str, str]]) -> list[str]:
    """The changes that no finding, as (device, check), names."""
    seen = set(found)
    return [drift.name for drift in made if (drift.at, drift.checks[0]) not in seen]


def unexplained(made: Iterable[Drift], found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """The findings that none of the changes explains."""
    explained = {(drift.at, check) for drift in made for check in drift.checks}
    return [one for one in found if one not in explained]
