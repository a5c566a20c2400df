"""What a device kept: the frames of its clips with a clock, for any time since it keeps them, but for its holes."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone

from tests.emulators.clips import frames

PIECE_S = 3600
MARK = b"motcua-test-time"  # 16 bytes, none of them zero: a unit's identifier, and nothing that has to be escaped in it
# Supplemental information that nobody asked for (payload type 5), before the picture: it survives every copy.
HEADS = {"H.264": b"\x00\x00\x00\x01\x06\x05", "H.265": b"\x00\x00\x00\x01\x4e\x01\x05"}
SLICES = {"H.264": re.compile(rb"\x00\x00\x01[\x01\x21\x41\x61\x05\x25\x45\x65]"), "H.265": re.compile(rb"\x00\x00\x01[\x00-\x2b]\x01")}
KEYS = {"H.264": re.compile(rb"\x00\x00\x01[\x05\x25\x45\x65]"), "H.265": re.compile(rb"\x00\x00\x01[\x20-\x2b]\x01")}


def stamped(frame, codec, at_s):
    """A frame that says when it was taken, in microseconds since 1970."""
    said = MARK + f"{round(at_s * 1_000_000):020d}".encode()
    unit = HEADS[codec] + bytes([len(said)]) + said + b"\x80"
    at = SLICES[codec].search(frame).start()
    at -= frame[at - 1 : at] == b"\x00"
    return frame[:at] + unit + frame[at:]


class Footage:
    """One device's, that keeps it since ``oldest_footage`` or, with ``records``, since it runs; ``holes`` are [from, until] in seconds since 1970 of its own clock."""

    def __init__(self, config, clock):
        self._clock = clock
        oldest = config.get("oldest_footage")
        self.keeps = oldest is not None or bool(config.get("records"))
        self.since_s = datetime.fromisoformat(oldest).replace(tzinfo=UTC).timestamp() if oldest else clock.now()
        self.holes = []

    def has(self, at_s):
        """Whether a moment was kept."""
        return self.keeps and self.since_s <= at_s < self._clock.now() and not any(a <= at_s < b for a, b in self.holes)

    def rows(self, from_s, until_s):
        """The kept pieces that touch an interval: an hour each, as the disk has them, broken by holes."""
        rows, begin, now_s = [], self.since_s, self._clock.now()
        while self.keeps and begin < now_s:
            end = min((begin // PIECE_S + 1) * PIECE_S, now_s)
            for a, b in sorted(self.holes):
                if a < end and b > begin:
                    if a > begin:
                        rows.append((begin, a))
                    begin = max(begin, b)
            if begin < end:
                rows.append((begin, end))
            begin = max(begin, end)
        return [(a, b) for a, b in rows if b > from_s and a < until_s]


def pictures(spec, clips, from_s, until_s, footage, step=-1):
    """(when, frame) from the key frame before an interval's begin, or with a ``step`` of 1 after it, to its end, without what is in a hole."""
    pieces, number = frames(spec, clips), (math.ceil if step > 0 else math.floor)(from_s * spec.fps)
    while number and not KEYS[spec.codec].search(pieces[number % len(pieces)]):
        number += step
    while number / spec.fps < until_s:
        at_s = number / spec.fps
        if footage.has(at_s):
            yield at_s, stamped(pieces[number % len(pieces)], spec.codec, at_s)
        number += 1


def wall(text, form, offset_minutes):
    """A device's wall clock as seconds since 1970."""
    return datetime.strptime(text, form).replace(tzinfo=timezone(timedelta(minutes=offset_minutes))).timestamp()


def shown(at_s, form, offset_minutes):
    """The same as its wall clock shows it."""
    return datetime.fromtimestamp(at_s, timezone(timedelta(minutes=offset_minutes))).strftime(form)
