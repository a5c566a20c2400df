"""Pictures into pieces on the clock: each begins with a picture that needs no other, and lasts a minute at most."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from .ts import Stream

SLACK_S, STAMP_S = 0.05, 0.001
JUMP_S = 2.0  # footage that goes on later than this has a hole between


@dataclass(frozen=True)
class Piece:
    """A piece that was written: its draft, and the times of its first picture and of the end of its last, in seconds since 1970."""

    draft: Path
    start_s: float
    end_s: float


def written(pictures, codec, folder, from_s, until_s, length_s):
    """Write the pictures of an interval as drafts in a folder; each piece as soon as it is whole."""
    draft = None
    for group in groups(pictures, from_s, until_s):
        if group.end_s <= from_s:
            continue  # a device begins with a picture that needs no other, which may lie long before
        begin = group.pictures[0].at_s
        if draft is not None and draft.ends_before(begin, group.end_s, length_s):
            yield draft.finished()
            draft = None
        if draft is None:
            draft = _Draft(folder, codec, begin)
        draft.add(group)
    if draft is not None:
        yield draft.finished()


@dataclass(frozen=True)
class Group:
    """A picture that needs no other, and those that need it; ``end_s`` is when the last one's time is over."""

    pictures: list
    end_s: float


def groups(pictures, from_s, until_s):
    """Whole groups of the interval. The last one ends with it, or when nothing more came."""
    held, last_s = [], from_s
    for picture in pictures:
        if held and (picture.key or picture.at_s >= until_s or picture.at_s > last_s + JUMP_S):
            # A hole ends the group where its last picture was, not where the next one is.
            yield Group(held, picture.at_s if picture.at_s <= last_s + JUMP_S else last_s + _interval(held))
            held = []
        if picture.at_s >= until_s:
            return
        if picture.key or held:
            held.append(picture)
        step_s, last_s = picture.at_s - last_s, max(last_s, picture.at_s)
        if held and len(held) > 1 and step_s > 0 and picture.at_s + step_s >= until_s - STAMP_S:
            break  # the last picture of the interval: no device says so, and waiting for more takes long
    if held:
        yield Group(held, last_s + _interval(held))


def _interval(pictures):
    """How long one picture lasts."""
    times = sorted(picture.at_s for picture in pictures)
    steps = sorted(after - before for before, after in pairwise(times))
    return steps[len(steps) // 2] if steps else 0.04


class _Draft:
    def __init__(self, folder, codec, start_s):
        self._start_s = self._end_s = start_s
        self._late_s = 0.0
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / f"{start_s:.3f}.part"
        self._file = self._path.open("wb")
        self._stream = Stream(self._file, codec)

    def ends_before(self, begin_s, end_s, length_s):
        """Whether a group belongs to the next piece."""
        return (
            begin_s > self._end_s + JUMP_S or begin_s // length_s != self._start_s // length_s or end_s - self._start_s > length_s + SLACK_S
        )

    def add(self, group):
        """Pictures come in the order of decoding, and are shown in that of their times."""
        order = sorted(picture.at_s for picture in group.pictures)
        self._late_s = max(self._late_s, *(decoded - one.at_s for decoded, one in zip(order, group.pictures, strict=False)))
        self._stream.tables()
        for decoded_s, one in zip(order, group.pictures, strict=False):
            shown_s = one.at_s - self._start_s + self._late_s
            self._stream.picture(one.data, shown_s, decoded_s - self._start_s, one.key)
        self._end_s = max(self._end_s, group.end_s)

    def finished(self):
        self._file.close()
        return Piece(self._path, self._start_s, self._end_s)
