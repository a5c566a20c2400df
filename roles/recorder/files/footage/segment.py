"""One piece of footage as the index knows it."""

from dataclasses import dataclass

from .pieces import name_of

SOURCES = ("live", "backfill")
LONGEST_S = 600  # no piece is longer: what overlaps a moment begins at most so long before it


@dataclass(frozen=True)
class Segment:
    """``start_s`` and ``end_s`` in seconds since 1970; ``sha256`` is "" until the piece was read, as after a rebuild of the index."""

    camera: str
    start_s: float
    end_s: float
    bytes: int
    sha256: str
    source: str = "live"

    @property
    def path(self):
        """Where it lies below its shard."""
        return f"{folder_of(self.camera, self.source)}/{name_of(self.start_s)}"


def folder_of(camera, source):
    """Where a camera's pieces lie below a shard."""
    return camera if source == "live" else f"backfill/{camera}"


def incoming_of(camera, source):
    """Where they are written, below a shard, before they are entered."""
    return f".incoming/{camera}" if source == "live" else f"backfill/.incoming/{camera}"
