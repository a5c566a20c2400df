"""The index as it was until the recorder had shards: brought over once, holds first."""

import sqlite3
from contextlib import closing
from itertools import islice

from . import holds
from .segment import LONGEST_S, Segment

BATCH = 10_000


def is_former(file):
    """Whether a file is an index of the former schema.

    :raises sqlite3.DatabaseError: when it is no database.
    """
    with closing(sqlite3.connect(file, timeout=30)) as database:
        return any(row[1] == "path" for row in database.execute("PRAGMA table_info(segment)"))


def bring_over(shard, file, open_draft):
    """Put an index of today's schema in the place of the former one; until it is whole the former one stays."""
    draft = file.with_name(".index.draft.db")
    for left in (draft, *_beside(draft)):
        left.unlink(missing_ok=True)
    with closing(sqlite3.connect(file, timeout=30)) as former:
        if not (shard / holds.NAME).exists():
            held = former.execute("SELECT camera, start_s, end_s, reason FROM hold ORDER BY start_s").fetchall()
            holds.write(shard, [holds.Hold(*row) for row in held])
        with open_draft(draft) as index:
            rows = former.execute(
                "SELECT camera, start_s, min(max(end_s, start_s), start_s + ?), bytes, sha256, source FROM segment", (LONGEST_S,)
            )
            while some := list(islice(rows, BATCH)):
                index.add(*(Segment(*row) for row in some))
    for left in _beside(file):
        left.unlink(missing_ok=True)  # a log that belongs to another database would be played into the new one
    draft.replace(file)
    holds.sync_folder(shard)
    print(f"{file}: brought over from its former kind; {len(holds.read(shard))} holds are kept")


def _beside(file):
    return [file.with_name(f"{file.name}{end}") for end in ("-wal", "-shm")]
