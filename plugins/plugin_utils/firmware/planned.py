"""What the catalogue means for every device of the province, before anything is sent. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from ..desired import Host
from ..errors import Unsupported
from ..model import Province
from ..snapshots import Snapshot
from ..vendors import VENDORS
from .catalogue import Catalogue
from .notes import Note
from .timing import Circumstances, circumstances, hindrance, needed_seconds, power_cut
from .ways import identity_in, way

# due: it goes. there: it has what is wanted. begun: somebody who died began. waits: until it answers or has power. no: it goes nowhere.
State: TypeAlias = Literal["due", "there", "begun", "waits", "no"]
BEHIND = "is reached through its recorder alone; upgrade it at the recorder's own page"


@dataclass(frozen=True)
class Row:
    """One device: what it has, the images that it goes through, what that costs, and what hinders it now (``why``; "" for nothing)."""

    device: str
    site: str
    state: State
    model: str = ""
    now: str = ""
    path: tuple[str, ...] = ()
    size_bytes: int = 0
    seconds: float = 0.0
    window: str = ""
    why: str = ""


def planned(
    province: Province,
    hosts: Sequence[Host],
    catalogue: Catalogue,
    read: Mapping[str, Snapshot],
    unread: Mapping[str, str],
    notes: Mapping[str, Note],
) -> Iterator[Row]:
    """A row for each camera and recorder. ``read`` is what was read of them just now, ``unread`` says why of others nothing was."""
    for host in hosts:
        if host.role not in ("camera", "nvr") or host.site is None:
            continue
        around, note = circumstances(province, host.site), notes.get(host.name)
        if host.recorder is not None:
            yield Row(host.name, host.site, "no", why=BEHIND)
        elif "firmware" not in VENDORS[str(host.vendor)].operations:
            yield Row(host.name, host.site, "no", why=f"no way is known for {host.vendor}; upgrade it by hand")
        elif note is not None and note.phase not in ("waiting", "surprised"):
            yield Row(
                host.name, host.site, "begun", now=note.firmware, path=(note.image,), window=around.window, why="it was begun and not ended"
            )
        elif host.name not in read:
            yield Row(host.name, host.site, "waits", window=around.window, why=unread.get(host.name, "it wasn't read"))
        else:
            yield _row(host, catalogue, read[host.name], around)


def _row(host: Host, catalogue: Catalogue, snapshot: Snapshot, around: Circumstances) -> Row:
    identity = identity_in(snapshot.values)
    known = Row(host.name, str(host.site), "no", identity.model, identity.firmware, window=around.window)
    try:
        path = way(catalogue, str(host.vendor), identity)
    except Unsupported as error:
        return _with(known, "no", why=str(error))
    images = [catalogue.images[name] for name in path]
    seconds, size = needed_seconds(images, around), sum(image.size_bytes for image in images)
    if not path:
        return _with(known, "there")
    first, now = needed_seconds(images[:1], around), around.now
    cut = power_cut(around, now, first)
    return _with(known, "waits" if cut else "due", path, size, seconds, cut or hindrance(around, now, first) or "")


def _with(row: Row, state: State, path: tuple[str, ...] = (), size: int = 0, seconds: float = 0.0, why: str = "") -> Row:
    return Row(row.device, row.site, state, row.model, row.now, path, size, seconds, row.window, why)


def due(rows: Sequence[Row], catalogue: Catalogue) -> dict[str, dict[str, list[str]]]:
    """What a campaign takes along: who goes, and through which bytes."""
    return {
        row.device: {"path": list(row.path), "sha256": [catalogue.images[name].sha256 for name in row.path if name in catalogue.images]}
        for row in rows
        if row.state in ("due", "begun")
    }


def waiting(rows: Sequence[Row], now: datetime) -> dict[str, Note]:
    """What is to be noted of those that can't take part now."""
    return {row.device: Note("waiting", now.isoformat(timespec="milliseconds"), row.why) for row in rows if row.state == "waits"}
