"""Who sees which camera, live and recorded: the one matrix that is approved on paper, enforced by the portal and tried by tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from ..model import Province, Viewer, ViewerKind

# Of each kind: whose recordings are seen. Live pictures are seen by all of them, of what they watch.
PLAYBACK: Mapping[ViewerKind, bool] = {"public_administration": False, "ioc": False, "operator": True, "police": True}


@dataclass(frozen=True)
class Right:
    """What one viewer sees: cameras as ``<site>-<camera>``, live and recorded; only from one day to another where the days are said."""

    live: tuple[str, ...]
    playback: tuple[str, ...]
    since: date | None = None
    until: date | None = None


def plan_matrix(province: Province) -> Mapping[str, Right]:
    """The rights of every viewer, by viewer id. What isn't in it is refused."""
    return {name: _right(province, viewer) for name, viewer in province.viewers.items()}


def _right(province: Province, viewer: Viewer) -> Right:
    seen = tuple(_cameras(province, viewer))
    recorded = PLAYBACK.get(viewer.kind, viewer.playback)
    if viewer.kind != "police":
        return Right(seen, seen if recorded else ())
    if viewer.agreement is None:  # load refuses it; whoever makes a model another way gets nothing
        return Right((), ())
    return Right(seen, seen, viewer.agreement.since, viewer.agreement.until)


def _cameras(province: Province, viewer: Viewer) -> Iterator[str]:
    for name, site in province.sites.items():
        if viewer.watches in ("all", name) or viewer.watches in province.ancestors(name):
            yield from (f"{name}-{camera}" for camera in site.cameras)
