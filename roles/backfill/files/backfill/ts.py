"""One video as an MPEG transport stream (ISO/IEC 13818-1): the form of the live pieces, so that both play in one list."""

PACKET, PAT, PMT, VIDEO = 188, 0, 0x1000, 0x100
KINDS = {"h264": 0x1B, "h265": 0x24}
AUD = {"h264": b"\x00\x00\x00\x01\x09\xf0", "h265": b"\x00\x00\x00\x01\x46\x01\x50"}
CLOCK = 90_000
LEAD_S = 1.0  # the clock reference runs so far before the pictures


class Stream:
    """Writes pictures to a binary file; times are seconds since the piece began."""

    def __init__(self, file, codec):
        self._file, self._codec = file, codec
        self._counts = dict.fromkeys((PAT, PMT, VIDEO), 0)

    def tables(self):
        """What a player must read first; again before each key picture, so that it can begin there."""
        program = b"\x00\xb0\x0d\x00\x01\xc1\x00\x00\x00\x01" + (0xE000 | PMT).to_bytes(2, "big")
        map_ = b"\x02\xb0\x12\x00\x01\xc1\x00\x00" + (0xE000 | VIDEO).to_bytes(2, "big") + b"\xf0\x00"
        map_ += bytes([KINDS[self._codec]]) + (0xE000 | VIDEO).to_bytes(2, "big") + b"\xf0\x00"
        for pid, section in ((PAT, program), (PMT, map_)):
            self._packet(pid, b"\x00" + section + _crc(section).to_bytes(4, "big"), begins=True, fill=True)

    def picture(self, data, shown_s, decoded_s, key):
        """One picture, shown and decoded at its times."""
        shown, decoded = (round((at_s + LEAD_S) * CLOCK) & 0x1FFFFFFFF for at_s in (shown_s, decoded_s))
        stamps = _stamp(3 if shown != decoded else 2, shown) + (_stamp(1, decoded) if shown != decoded else b"")
        flags = 0xC0 if shown != decoded else 0x80
        rest = b"\x00\x00\x01\xe0\x00\x00\x80" + bytes([flags, len(stamps)]) + stamps + AUD[self._codec] + data
        reference = round(decoded_s * CLOCK) & 0x1FFFFFFFF
        first = True
        while rest:
            rest = rest[self._packet(VIDEO, rest, begins=first, reference=reference if first else None, key=first and key) :]
            first = False

    def _packet(self, pid, content, *, begins, reference=None, key=False, fill=False):
        """One packet; how much of the content went into it."""
        count = self._counts[pid]
        self._counts[pid] = (count + 1) & 0x0F
        field = b""
        if reference is not None:
            field = bytes([0x10 | (0x40 if key else 0)]) + (reference << 15 | 0x7E00).to_bytes(6, "big")
        room = PACKET - 4 - (1 + len(field) if field else 0)
        taken = content[:room]
        adaptation = b""
        if fill:
            taken += b"\xff" * (room - len(taken))
        elif field or len(taken) < room:
            spare = room - len(taken)
            if not field and spare:
                field, spare = (b"", 0) if spare == 1 else (b"\x00", spare - 2)
            field += b"\xff" * spare
            adaptation = bytes([len(field)]) + field
        head = b"\x47" + ((0x4000 if begins else 0) | pid).to_bytes(2, "big") + bytes([(0x30 if adaptation else 0x10) | count])
        self._file.write(head + adaptation + taken)
        return min(room, len(content))


def _stamp(mark, value):
    return bytes([mark << 4 | value >> 29 & 0x0E | 1, value >> 22 & 0xFF, value >> 14 & 0xFE | 1, value >> 7 & 0xFF, value << 1 & 0xFE | 1])


def _crc(section):
    crc = 0xFFFFFFFF
    for byte in section:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc
