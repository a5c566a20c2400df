"""Pieces of footage as files: what their names say, and how long the pictures in them really last."""

import hashlib
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime

PACKET = 188  # bytes of an MPEG-TS packet
CHUNK = PACKET * 4096
TICKS_PER_SECOND = 90_000
WRAP = 1 << 33
HOLE_TICKS = 2 * TICKS_PER_SECOND  # longer without a frame is a hole: no planned step is slower than one frame in two seconds
WRITTEN_NOW_S = 5
FUTURE_S = 3600  # no round of all cameras lasts so long
STARTS = re.compile(rb"[\x40-\x7f]")  # second bytes of the packets with which something begins
NAME = re.compile(r"\d{8}T\d{6}Z\.ts")


@dataclass(frozen=True)
class Reading:
    """What is in a piece; ``seconds`` is how long its pictures go on from its first one until the first hole; 0 without a picture."""

    bytes: int
    sha256: str
    seconds: float


def name_of(start_s):
    """The file name of a piece that begins then."""
    return f"{datetime.fromtimestamp(int(start_s // 1), UTC):%Y%m%dT%H%M%SZ}.ts"


def start_of(name):
    """Seconds since 1970 at which a piece begins; None for any other file."""
    if not NAME.fullmatch(name):
        return None
    try:
        return datetime.strptime(name, "%Y%m%dT%H%M%SZ.ts").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return None


def listed(folder):
    """The names of the pieces in a folder, oldest first; none where there is no folder."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if NAME.fullmatch(entry.name) and start_of(entry.name) is not None)
    except FileNotFoundError:
        return []


def finished(folder, segment_seconds, now_s):
    """The names of those to which nothing is added any more: a newer one exists, or nobody has written to it for two pieces' time.

    One that was written to just now isn't, whatever its name says: after the clock was set back the one that grows has an older name.
    """
    names = listed(folder)
    return [name for name in names if _quiet_s(folder / name, now_s) > (2 * segment_seconds if name == names[-1] else WRITTEN_NOW_S)]


def _quiet_s(file, now_s):
    """Seconds since somebody wrote to it; what is gone was never quiet, what was written far in the future has been so for long.

    ``now_s`` is when the round of all cameras began: what was written after that grows.
    """
    try:
        quiet_s = now_s - file.stat().st_mtime
    except FileNotFoundError:
        return -1.0
    return quiet_s if quiet_s > -FUTURE_S else float("inf")


def read(path):
    """Read a piece once: its size, its hash, its length.

    The length comes from the pictures' own times, not from when the file was closed: a camera that stalls keeps a file open and fills
    nothing into it. What follows a hole isn't counted, so that a gap is never shorter than the truth.
    """
    digest, size, length = hashlib.sha256(), 0, _Length()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
            size += len(chunk)
            for found in STARTS.finditer(chunk[1::PACKET]):
                ticks = _time(chunk, found.start() * PACKET)
                if ticks is not None:
                    length.see(ticks)
    return Reading(size, digest.hexdigest(), length.seconds())


class _Length:
    def __init__(self):
        self.last, self.covered, self.frames, self.whole = None, 0, 0, True

    def see(self, ticks):
        if not self.whole:
            return
        passed = 0 if self.last is None else (ticks - self.last) % WRAP
        if WRAP - passed <= HOLE_TICKS:
            self.frames += 1  # shown before the one that was sent before it
            return
        if passed > HOLE_TICKS:
            self.whole = False
            return
        self.last, self.covered, self.frames = ticks, self.covered + passed, self.frames + 1

    def seconds(self):
        if not self.frames:
            return 0.0
        frame = self.covered / (self.frames - 1) if self.frames > 1 else 0
        return (self.covered + frame) / TICKS_PER_SECOND


def _time(chunk, at):
    """When the video frame that begins in a packet is decoded, in ticks; None when none begins there."""
    if chunk[at] != 0x47 or at + PACKET > len(chunk):
        return None
    control = chunk[at + 3] & 0x30
    begin = at + 4 + (chunk[at + 4] + 1 if control == 0x30 else 0)
    if not control & 0x10 or begin + 19 > at + PACKET or chunk[begin : begin + 3] != b"\0\0\1" or chunk[begin + 3] & 0xF0 != 0xE0:
        return None
    flags = chunk[begin + 7] >> 6
    if not flags & 2:
        return None
    field = chunk[begin + 14 : begin + 19] if flags == 3 else chunk[begin + 9 : begin + 14]
    return (field[0] >> 1 & 7) << 30 | field[1] << 22 | field[2] >> 1 << 15 | field[3] << 7 | field[4] >> 1
