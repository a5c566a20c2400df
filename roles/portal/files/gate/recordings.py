"""What was recorded, from the shards' indexes: the time line of a camera, and a playlist of its pieces."""

import math
import sqlite3
from datetime import UTC, datetime

from footage import spans
from footage.index import open_index

LONGEST_TIMELINE_SECONDS = 32 * 86400
LONGEST_PLAYLIST_SECONDS = 25 * 3600
TOLERANCE_SECONDS = 2


def timeline(shards, camera, from_s, until_s):
    """What there is of a camera within that time, from all shards, and what is missing until now.

    :raises sqlite3.Error: when an index can't be read: what couldn't be asked is no gap.
    """
    found = []
    for index in _opened(shards):
        with index:
            found += index.spans(camera, from_s, until_s)
    gaps = spans.missing([(start, end) for start, end, _ in found], from_s, until_s, TOLERANCE_SECONDS)
    return {
        "spans": [{"from": start, "until": end, "source": source} for start, end, source in sorted(found)],
        "gaps": [{"from": start, "until": end} for start, end in gaps],
    }


def playlist(shards, camera, from_s, until_s):
    """The pieces of that time as HLS. Each piece's clock begins at nought, so that each is a discontinuity of the one before.

    What was fetched later is left out where the live recording covers it.

    :raises sqlite3.Error: when an index can't be read.
    """
    found = []
    for index in _opened(shards):
        with index:
            found += index.segments(camera, from_s, until_s)
    pieces = list(_once(found))
    lines = ["#EXTM3U", "#EXT-X-VERSION:6", "#EXT-X-PLAYLIST-TYPE:VOD", "#EXT-X-INDEPENDENT-SEGMENTS"]
    longest = max((piece.end_s - piece.start_s for piece in pieces), default=1)
    lines += [f"#EXT-X-TARGETDURATION:{math.ceil(longest)}", "#EXT-X-MEDIA-SEQUENCE:0"]
    for number, piece in enumerate(pieces):
        if number:
            lines.append("#EXT-X-DISCONTINUITY")
        at = datetime.fromtimestamp(piece.start_s, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        folder = "backfill/" if piece.source == "backfill" else ""
        name = piece.path.rpartition("/")[2]
        seconds = piece.end_s - piece.start_s
        lines += [f"#EXT-X-PROGRAM-DATE-TIME:{at}", f"#EXTINF:{seconds:.3f},", f"/playback/{camera}/{folder}{name}"]
    return "\n".join([*lines, "#EXT-X-ENDLIST", ""])


def _once(pieces):
    """In the order of time, live before what was fetched later, without pieces that show nothing new."""
    reached = -math.inf
    live = spans.merged(((one.start_s, one.end_s) for one in pieces if one.source == "live"), TOLERANCE_SECONDS)
    for piece in sorted(pieces, key=lambda one: (one.start_s, one.source != "live")):
        covered = piece.source != "live" and not spans.missing(live, piece.start_s, piece.end_s, TOLERANCE_SECONDS)
        if piece.end_s > piece.start_s and piece.end_s > reached and not covered:
            reached = piece.end_s
            yield piece


def _opened(shards):
    """The indexes; a shard on which nothing was ever recorded has none."""
    for shard in shards:
        try:
            index = open_index(shard, readonly=True)
        except sqlite3.OperationalError:
            if (shard / "index.db").exists():
                raise
            continue
        yield index
