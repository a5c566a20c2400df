"""What hangs on a host that is about to change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..desired import Host
from ..model import Province

EVERYTHING = "*"  # the change is about no site in particular


@dataclass(frozen=True)
class Dependents:
    """Sites that are cut off or blind while the host changes, cameras whose pictures pass it, and viewers who watch over it."""

    sites: tuple[str, ...]
    cameras: tuple[str, ...]
    viewers: tuple[str, ...]


def dependents(province: Province, host: Host, touched: frozenset[str]) -> Dependents:
    """What depends on a host of which the parts for the sites ``touched`` change; ``EVERYTHING`` means all that it serves."""
    if host.site is not None:
        site = province.sites[host.site]
        cameras = [f"{host.site}-{key}" for key, camera in site.cameras.items() if _passes(host, f"{host.site}-{key}", camera.through)]
        sitting = [name for name, viewer in province.viewers.items() if host.role == "router" and viewer.sits_at == host.site]
        return Dependents((host.site,), tuple(cameras), tuple(sitting))
    sites = [name for name in province.sites if EVERYTHING in touched or name in touched]
    cameras = [f"{name}-{key}" for name in sites for key in province.sites[name].cameras]
    viewers = [name for name, viewer in province.viewers.items() if EVERYTHING in touched or viewer.watches in touched]
    return Dependents(tuple(sites), tuple(cameras), tuple(viewers))


def _passes(host: Host, camera: str, through: Any) -> bool:
    return host.role == "router" or host.name == camera or (through is not None and host.name == f"{host.site}-{through.nvr}")


def touched(before: Any, after: Any, owners: Mapping[str, str]) -> frozenset[str]:
    """The sites that a difference is about, EVERYTHING where it is about none in particular.

    :param owners: whose site every name of a site, host or camera is.
    """
    if before == after:
        return frozenset()
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        return _union(
            frozenset({owners[key]})
            if key in owners and before.get(key) != after.get(key)
            else touched(before.get(key), after.get(key), owners)
            for key in before.keys() | after.keys()
        )
    if isinstance(before, list) and isinstance(after, list):
        rows = [row for row in (*before, *after) if row not in before or row not in after]
        return _union(frozenset({_owner(row, owners)}) for row in rows) or frozenset({EVERYTHING})
    return frozenset({EVERYTHING})


def _owner(row: Any, owners: Mapping[str, str]) -> str:
    names: Sequence[Any] = [row.get(key) for key in ("site", "camera", "id")] if isinstance(row, Mapping) else [row]
    return next((owners[name] for name in names if isinstance(name, str) and name in owners), EVERYTHING)


def _union(found: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*found)


def changed_keys(before: Mapping[str, Any], after: Mapping[str, Any], depth: int = 2) -> tuple[str, ...]:
    """Which parts of a host's desired state differ, as dotted keys of at most ``depth`` parts."""
    found: list[str] = []
    for key in sorted(before.keys() | after.keys()):
        old, new = before.get(key), after.get(key)
        if old == new:
            continue
        if depth > 1 and isinstance(old, Mapping) and isinstance(new, Mapping):
            found += (f"{key}.{part}" for part in changed_keys(old, new, depth - 1))
        else:
            found.append(key)
    return tuple(found)
