"""What may go: footage whose retention has ended, and, when a disk fills, the oldest first. What is held never goes.

A batch is a short transaction: however much goes, whoever enters new footage waits for a moment only.
"""

import heapq
import os
import shutil
import time
from dataclasses import dataclass, field

from . import holds, pieces
from .segment import folder_of, incoming_of

DAY_S = 86_400
BATCH = 200
SPARE = ".spare"
SPARE_BYTES = 8 * 1024 * 1024  # SQLite can't even be opened on a disk on which nothing is left


@dataclass
class Cleaned:
    """What went: pieces by number, and ``young``: those for space that were younger than the minimum; ``first``: the first for space."""

    aged: int = 0
    spaced: int = 0
    young: int = 0
    first: str = ""
    oldest_s: dict = field(default_factory=dict)


def free_percent(shard):
    """How much of a shard's disk is free."""
    usage = shutil.disk_usage(shard)
    return 100 * usage.free / usage.total


def clean(index, settings, now_s, free=free_percent):
    """Delete what may go from one shard.

    :raises holds.HoldsUnknown: when nobody can say what is held; then nothing is deleted.
    """
    held, done = holds.read(index.shard), Cleaned()
    for camera in index.cameras():
        ended_s = now_s - settings.days_of(camera) * DAY_S
        for batch in _batches(_may_go(index, camera, held, ended_s)):
            done.aged += _delete(index, batch)
    while free(index.shard) < settings.minimum_free_percent and (batch := _oldest(index, held)):
        _delete_for_space(index, batch, settings, now_s, free, done)
    _clean_unlisted(index.shard, settings, now_s, free, held, done)
    done.oldest_s = {camera: first[0].start_s for camera in index.cameras() if (first := index.oldest(camera, limit=1))}
    return done


def _may_go(index, camera, held, before_s=float("inf")):
    """A camera's pieces from the oldest on that began before a time and aren't held, read some at a time."""
    own, after_s = [hold for hold in held if hold.camera == camera], None
    while some := index.oldest(camera, after_s, BATCH):
        for one in some:
            if one.start_s >= before_s:
                return
            if not any(hold.covers(one.start_s, one.end_s) for hold in own):
                yield one
        after_s = some[-1].start_s


def _oldest(index, held):
    """Some of the oldest pieces of all cameras that aren't held."""
    rows = heapq.merge(*(_may_go(index, camera, held) for camera in index.cameras()), key=lambda one: one.start_s)
    return [one for one, _ in zip(rows, range(BATCH), strict=False)]


def _batches(rows):
    batch = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _delete(index, batch):
    """Files first: an entry without a file is forgotten by the next survey, a file without an entry would be entered again."""
    for one in batch:
        (index.shard / one.path).unlink(missing_ok=True)
    index.remove(*batch)
    time.sleep(0.002)  # whoever waits to enter something comes first
    return len(batch)


def _delete_for_space(index, batch, settings, now_s, free, done):
    gone = []
    for one in batch:
        if free(index.shard) >= settings.minimum_free_percent:
            break
        (index.shard / one.path).unlink(missing_ok=True)
        gone.append(one)
    index.remove(*gone)
    done.first = done.first or batch[0].path
    done.spaced += len(gone)
    done.young += sum(one.start_s > now_s - settings.minimum_days * DAY_S for one in gone)


def _clean_unlisted(shard, settings, now_s, free, held, done):
    """The finished pieces that nobody could enter, as when the disk was too full for that."""
    if free(shard) >= settings.minimum_free_percent:
        return
    waiting = []
    for base in (shard, shard / incoming_of("", "live")):
        for folder in sorted(path for path in base.glob("*") if path.is_dir() and path.name[0] != "." and path.name != "backfill"):
            waiting += [(pieces.start_of(name), folder / name) for name in pieces.finished(folder, settings.segment_seconds, now_s)]
    for start_s, file in sorted(waiting):
        if free(shard) >= settings.minimum_free_percent:
            return
        camera = file.parent.name
        if start_s < now_s - 2 * settings.segment_seconds and not any(
            hold.camera == camera and hold.covers(start_s, start_s + 60) for hold in held
        ):
            file.unlink(missing_ok=True)
            done.first = done.first or f"{folder_of(camera, 'live')}/{file.name}"
            done.spaced += 1
            done.young += start_s > now_s - settings.minimum_days * DAY_S


def give_spare(shard):
    """Give the room that was kept for the next run to begin with."""
    (shard / SPARE).unlink(missing_ok=True)


def keep_spare(shard):
    """Keep room for the next run; where there is none now, the next run says so."""
    try:
        with (shard / SPARE).open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, SPARE_BYTES)
    except OSError:
        (shard / SPARE).unlink(missing_ok=True)
