"""From what the recorders write to what is listed: each finished piece is made safe on the disk, put in its place and entered."""

import os
import time

from . import pieces
from .holds import sync_folder
from .hours import within
from .segment import LONGEST_S, SOURCES, Segment, folder_of, incoming_of

BATCH = 50  # pieces that are entered at once


def enter(index, settings, now_s):
    """Enter what is finished in a shard; the number of new pieces.

    Pieces wholly outside a camera's hours are deleted here and not by stopping its recorder: that would end its live picture as well, and
    only here it is known when a piece ends.

    :raises OSError: at the end, when some piece could not be read or placed; all others are entered.
    """
    batch = _Batch(index)
    for source in SOURCES:
        for camera in _cameras(index.shard, source):
            _enter_camera(batch, settings, camera, source, now_s)
    batch.commit()
    if batch.failed is not None:
        raise batch.failed
    return batch.count


def _cameras(shard, source):
    try:
        with os.scandir(shard / incoming_of("", source)) as entries:
            return sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
    except FileNotFoundError:
        return []


def _enter_camera(batch, settings, camera, source, now_s):
    folder, wanted = batch.index.shard / incoming_of(camera, source), settings.cameras.get(camera)
    for name in pieces.finished(folder, settings.segment_seconds, now_s):
        file = folder / name
        try:
            segment = described(file, camera, source)
            if segment is None:
                print(f"{file}: there is no picture in it ({file.stat().st_size} bytes), so it is deleted; look at what the camera sends")
            if segment is None or (wanted and not within(wanted.hours, settings.timezone, segment.start_s, segment.end_s)):
                file.unlink()
                continue
        except OSError as error:
            batch.failed = batch.failed or error
            continue
        batch.add(file, segment)


def described(file, camera, source):
    """What a file holds, as a Segment; None without a picture. When it begins stands in its name, which came from this machine's clock."""
    reading, start_s = pieces.read(file), pieces.start_of(file.name)
    if not reading.seconds:
        return None
    # A camera's clock may run fast: nothing was filmed after the last byte came.
    wrote_s = max(file.stat().st_mtime - start_s, 0) + 1 if source == "live" else LONGEST_S
    return Segment(camera, start_s, start_s + min(reading.seconds, wrote_s, LONGEST_S), reading.bytes, reading.sha256, source)


class _Batch:
    """Pieces that are entered at once: bytes first, then names, then entries, so that no entry speaks of what a power cut can take."""

    def __init__(self, index):
        self.index, self.count, self.failed, self._waiting = index, 0, None, []

    def add(self, file, segment):
        self._waiting.append((file, segment))
        if len(self._waiting) >= BATCH:
            self.commit()

    def commit(self):
        placed, folders = [], set()
        for file, segment in self._waiting:
            try:
                with file.open("rb") as handle:
                    os.fsync(handle.fileno())
                placed.append(_place(self.index.shard, file, segment))
            except OSError as error:
                self.failed = self.failed or error
                continue
            folders.add(self.index.shard / folder_of(segment.camera, segment.source))
        self._waiting.clear()
        for folder in folders:
            sync_folder(folder)
        self.index.add(*placed)
        self.count += len(placed)


def _place(shard, file, segment):
    """Put a piece where it belongs; the Segment, a second later for each piece that already lies there, as when the clock was set back."""
    folder = shard / folder_of(segment.camera, segment.source)
    if not folder.is_dir():
        folder.mkdir(parents=True)
        sync_folder(folder.parent)
    shift = 0
    while (folder / pieces.name_of(segment.start_s + shift)).exists():
        shift += 1
    file.rename(folder / pieces.name_of(segment.start_s + shift))
    return Segment(segment.camera, segment.start_s + shift, segment.end_s + shift, segment.bytes, segment.sha256, segment.source)


def survey(index, camera, settings, now_s=None):
    """Make the index agree with the folder of one camera: (entered, forgotten).

    What lies there and isn't listed is entered from its name and its time of writing, and read later; what is listed and isn't there is
    forgotten. So an index that is gone comes back, and a moment's power cut between a name and its entry heals.
    """
    now_s = time.time() if now_s is None else now_s
    entered = forgotten = 0
    for source in SOURCES:
        folder = index.shard / folder_of(camera, source)
        known, names = index.starts(camera, source), pieces.listed(folder)
        there = {int(pieces.start_of(name)) for name in names}
        strange = sorted(start for start in there - known if now_s - start > 2 * settings.segment_seconds)
        new = [one for one in (_guessed(folder, camera, source, start, settings) for start in strange) if one]
        index.add(*new)
        gone = [start for start in known - there if not (folder / pieces.name_of(start)).exists()]
        for start in gone:
            index.remove(*(one for one in index.segments(camera, start, start + 1) if int(one.start_s) == start and one.source == source))
        entered, forgotten = entered + len(new), forgotten + len(gone)
    return entered, forgotten


def _guessed(folder, camera, source, start, settings):
    try:
        seen = (folder / pieces.name_of(start)).stat()
    except FileNotFoundError:
        return None
    lasted = seen.st_mtime - start if source == "live" else settings.segment_seconds
    end_s = start + max(0.0, min(lasted, 2 * settings.segment_seconds))
    return Segment(camera, float(start), end_s, seen.st_size, "", source) if seen.st_size else None


def refine(index, limit=20):
    """Read some of the pieces that were entered from their names only; how many."""
    read = index.unread(limit)
    for one in read:
        file = index.shard / one.path
        found = described(file, one.camera, one.source) if file.exists() else None
        if found is None:
            index.remove(one)
            print(f"{file}: is listed and holds no picture; its entry is removed")
        else:
            index.add(Segment(one.camera, one.start_s, found.end_s, found.bytes, found.sha256, one.source))
    return len(read)


def surveyed(shard):
    """The cameras that have a folder on a shard."""
    found = set()
    for base in (shard, shard / "backfill"):
        if base.is_dir():
            with os.scandir(base) as entries:
                found |= {
                    entry.name
                    for entry in entries
                    if entry.is_dir() and entry.name not in ("backfill", "lost+found") and entry.name[0] != "."
                }
    return sorted(found)
