"""What the inventory says of each host, worked out when somebody asks: a nation's hosts are many, and a run looks at few of them.

The inventory plugin fills it, and every fork inherits it, so that an action may read it here without Ansible's templating between.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from typing import Any

Render = Callable[[str], dict[str, Any]]


class HostVariables(MutableMapping[str, Any]):
    """A host's variables, as Ansible wants them: ``dict | variables`` and ``variables | dict`` are plain dictionaries.

    :param name: the host's, with which ``render`` is asked at every look.
    """

    __slots__ = ("_known", "_name", "_render")

    def __init__(self, name: str, render: Render) -> None:
        self._name, self._render = name, render
        self._known: dict[str, Any] | None = None

    def _all(self) -> dict[str, Any]:
        return self._render(self._name) if self._known is None else self._known

    def _own(self) -> dict[str, Any]:
        if self._known is None:
            self._known = dict(self._render(self._name))
        return self._known

    def __getitem__(self, key: str) -> Any:
        return self._all()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._own()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._own()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __eq__(self, other: object) -> bool:
        # Ansible asks whether it is {}, of every host: no host of ours is without variables.
        return bool(other) and super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # as of every mapping that can change

    def __or__(self, other: Mapping[str, Any]) -> Mapping[str, Any]:
        # Ansible joins every host's with what stands in host_vars, which mostly is nothing.
        return {**self._all(), **other} if other else self

    def __ror__(self, other: Mapping[str, Any]) -> dict[str, Any]:
        return {**other, **self._all()}

    def __reduce__(self) -> tuple[type[dict[str, Any]], tuple[dict[str, Any]]]:
        return dict, (dict(self._all()),)


_RENDERS: dict[str, Render] = {}


class Planned(Mapping[str, Mapping[str, Any]]):
    """Every host's variables by name, as plain values that are worked out anew at each look."""

    def __getitem__(self, name: str) -> Mapping[str, Any]:
        return _RENDERS[name](name)

    def __iter__(self) -> Iterator[str]:
        return iter(_RENDERS)

    def __len__(self) -> int:
        return len(_RENDERS)


def remember(names: Iterator[str], render: Render) -> None:
    """Keep for this run's actions how a province's hosts are worked out."""
    _RENDERS.update(dict.fromkeys(names, render))


def planned() -> Planned:
    """What the province's inventory says of each host: without group_vars, host_vars, facts and ``-e``, and without templates.

    Empty where the run's inventory isn't ours.
    """
    return Planned()
