"""RTP packets into whole pictures: H.264 (RFC 6184) and H.265 (RFC 7798), with the replay's own times (ONVIF streaming, section 6.3)."""

from dataclasses import dataclass

START = b"\x00\x00\x00\x01"
HEAD_BYTES, MARKER, PADDED, EXTENDED = 12, 0x80, 0x20, 0x10
REPLAY, NTP_EPOCH_S = 0xABAC, 2208988800
SETS = {"h264": (7, 8), "h265": (32, 33, 34)}
KEYS = {"h264": (5,), "h265": tuple(range(16, 22))}
AUD = {"h264": 9, "h265": 35}


@dataclass(frozen=True)
class Picture:
    """An access unit in Annex B; ``at_s`` is when it was taken, in seconds since 1970, ``key`` whether it needs no other."""

    at_s: float
    key: bool
    data: bytes


class Pictures:
    """Pictures out of packets. ``from_s`` is when the first one was taken, for devices whose packets don't say it themselves."""

    def __init__(self, codec, rate, sets, from_s):
        self._codec, self._rate, self._from_s = codec, rate, from_s
        self._sets = {nal_type(codec, nal): nal for nal in sets}
        self._nals, self._fragment = [], None
        self._stamp = None
        self._known = None  # (seconds since 1970, the stamp that belongs to them)

    def take(self, packet):
        """The picture that this packet ends, or None."""
        if len(packet) < HEAD_BYTES or packet[0] >> 6 != 2:
            return None
        stamp, done = int.from_bytes(packet[4:8], "big"), None
        if self._stamp is not None and stamp != self._stamp and self._nals:
            done = self._whole()  # its last packet carried no mark
        self._stamp = stamp
        start = HEAD_BYTES + 4 * (packet[0] & 0x0F)
        if packet[0] & EXTENDED:
            start = self._extension(packet, start)
        end = len(packet) - (packet[-1] if packet[0] & PADDED else 0)
        self._unpack(packet[start:end])
        if packet[1] & MARKER and self._nals and done is None:
            done = self._whole()
        return done

    def _extension(self, packet, start):
        kind, words = int.from_bytes(packet[start : start + 2], "big"), int.from_bytes(packet[start + 2 : start + 4], "big")
        if kind == REPLAY and words >= 3:
            at = start + 4
            whole, part = int.from_bytes(packet[at : at + 4], "big"), int.from_bytes(packet[at + 4 : at + 8], "big")
            self._known = (whole - NTP_EPOCH_S + part / 2**32, self._stamp)
        return start + 4 + 4 * words

    def _unpack(self, payload):
        if len(payload) < 2:
            return
        kind = nal_type(self._codec, payload)
        if self._codec == "h264":
            if kind == 24:
                self._aggregate(payload[1:])
            elif kind == 28:
                self._piece(payload[1], bytes([payload[0] & 0xE0 | payload[1] & 0x1F]), payload[2:])
            elif 0 < kind < 24:
                self._nals.append(payload)
        elif kind == 48:
            self._aggregate(payload[2:])
        elif kind == 49 and len(payload) > 2:
            head = bytes([payload[0] & 0x81 | (payload[2] & 0x3F) << 1, payload[1]])
            self._piece(payload[2], head, payload[3:])
        elif kind < 48:
            self._nals.append(payload)

    def _aggregate(self, rest):
        while len(rest) > 2:
            size = int.from_bytes(rest[:2], "big")
            if size:
                self._nals.append(rest[2 : 2 + size])
            rest = rest[2 + size :]

    def _piece(self, flags, head, content):
        """One fragment: the first bit begins a NAL unit, the second ends it."""
        if flags & 0x80:
            self._fragment = [head, content]
        elif self._fragment is not None:
            self._fragment.append(content)
        if flags & 0x40 and self._fragment is not None:
            self._nals.append(b"".join(self._fragment))
            self._fragment = None

    def _whole(self):
        nals, self._nals = self._nals, []
        kinds = [nal_type(self._codec, nal) for nal in nals]
        key = any(kind in KEYS[self._codec] for kind in kinds)
        self._sets |= {kind: nal for kind, nal in zip(kinds, nals, strict=False) if kind in SETS[self._codec]}
        if key:  # many recorders say the parameter sets once; put before each key picture, they make every piece decode by itself
            nals = [self._sets[kind] for kind in SETS[self._codec] if kind in self._sets and kind not in kinds] + nals
        nals = [nal for nal in nals if nal_type(self._codec, nal) != AUD[self._codec]]
        return Picture(self._time(), key, b"".join(START + nal for nal in nals))

    def _time(self):
        at_s, stamp = self._known or (self._from_s, self._stamp)
        # The 32-bit stamp wraps every 13 hours, so only its difference to the last one means anything.
        self._known = (at_s + ((self._stamp - stamp + 0x80000000) % 0x100000000 - 0x80000000) / self._rate, self._stamp)
        return self._known[0]


def nal_type(codec, nal):
    """The kind of a NAL unit."""
    return nal[0] & 0x1F if codec == "h264" else nal[0] >> 1 & 0x3F
