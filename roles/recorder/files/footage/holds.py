"""Legal holds of a shard: a file of their own, because an index can be made again from the footage and a hold can't."""

import fcntl
import json
import os
from contextlib import contextmanager
from dataclasses import asdict, dataclass

NAME = "holds.json"


@dataclass(frozen=True)
class Hold:
    """Footage of a camera between two times, in seconds since 1970, that nobody deletes."""

    camera: str
    start_s: float
    end_s: float
    reason: str
    who: str = ""

    def covers(self, from_s, until_s):
        """Whether any of that time is held."""
        return self.start_s <= until_s and self.end_s >= from_s


class HoldsUnknown(Exception):
    """What is held can't be said: nothing may be deleted."""


def read(shard):
    """The holds of a shard.

    :raises HoldsUnknown: when their file is missing or can't be read.
    """
    try:
        return [Hold(**row) for row in json.loads((shard / NAME).read_text(encoding="utf-8"))]
    except (OSError, ValueError, TypeError) as error:
        remedy = f"restore it from the backup, or write [] into it when nothing is held, as user motcua-recorder ({error})"
        raise HoldsUnknown(f"{shard}/{NAME}: can't be read, so what is held isn't known and nothing is deleted; {remedy}") from error


def write(shard, holds):
    """Replace the holds of a shard: after a power cut the old ones stand there or the new ones."""
    draft = shard / f".{NAME}.draft"
    with draft.open("w", encoding="utf-8") as file:
        json.dump([asdict(hold) for hold in holds], file, ensure_ascii=False, indent=1)
        file.flush()
        os.fchmod(file.fileno(), 0o640)
        if os.geteuid() == 0:
            os.fchown(file.fileno(), shard.stat().st_uid, -1)  # what root writes for somebody, the cleaner must be able to read
        os.fsync(file.fileno())
    draft.replace(shard / NAME)
    sync_folder(shard)


def add(shard, hold):
    """Hold something; a second time changes nothing."""
    with locked(shard):
        holds = read(shard)
        if hold not in holds:
            write(shard, [*holds, hold])


def release(shard, camera, from_s, until_s):
    """End the holds of a camera that lie wholly within that time; those that were ended."""
    with locked(shard):
        holds = read(shard)
        ended = [hold for hold in holds if hold.camera == camera and from_s <= hold.start_s and hold.end_s <= until_s]
        if ended:
            write(shard, [hold for hold in holds if hold not in ended])
    return ended


@contextmanager
def locked(shard):
    """Nobody else changes what stands once in a shard meanwhile."""
    with (shard / ".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def sync_folder(folder):
    """Let the folder's names survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
