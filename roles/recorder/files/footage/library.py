"""All shards at once: a camera's footage lies where it was written, also after the camera was given another shard."""

import sqlite3

from . import hours, spans
from .index import open_index
from .shards import ShardMissing, check


class Library:
    """The indexes of all mounted shards, to read. ``missing`` names the shards that can't be read, and why: what they hold isn't known."""

    def __init__(self, settings):
        self.settings, self.indexes, self.missing = settings, [], {}
        for shard in settings.shards:
            try:
                check(shard)
                self.indexes.append(open_index(shard, readonly=True))
            except (ShardMissing, OSError, sqlite3.Error) as error:
                self.missing[str(shard)] = str(error)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Close all of them."""
        for index in self.indexes:
            index.close()

    def segments(self, camera, from_s, until_s):
        """[(shard, Segment)] of what overlaps that time, in its order."""
        found = [(index.shard, one) for index in self.indexes for one in index.segments(camera, from_s, until_s)]
        return sorted(found, key=lambda row: (row[1].start_s, row[1].source))

    def spans(self, camera, from_s, until_s, tolerance_s=2):
        """[(from, until, source)] of what is there."""
        found = [row for index in self.indexes for row in index.spans(camera, from_s, until_s, tolerance_s)]
        sources = sorted({source for *_, source in found})
        return sorted(
            (a, b, source) for source in sources for a, b in spans.merged(((x, y) for x, y, kind in found if kind == source), tolerance_s)
        )

    def gaps(self, camera, from_s, until_s, tolerance_s=2):
        """[(from, until)] of what should be there and isn't; outside a camera's hours nothing should."""
        there = ((a, b) for a, b, _ in self.spans(camera, from_s, until_s, 0))
        missing = spans.missing(there, from_s, until_s, tolerance_s)
        known = self.settings.cameras.get(camera)
        wanted = hours.within(known.hours if known else None, self.settings.timezone, from_s, until_s)
        return [(a, b) for a, b in spans.common(missing, wanted) if b - a > tolerance_s]

    def latest(self, camera):
        """When a camera's newest piece ends; None when there is none."""
        return max((end for index in self.indexes if (end := index.latest(camera)) is not None), default=None)
