"""What a session description and RTP packets say of a video. Pure. Nothing but the standard library: a site's router runs it too."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from .errors import Unsupported
from .sps import H264_NAL, H265_NAL, size

CODECS = {"H264": "h264", "H265": "h265", "HEVC": "h265", "JPEG": "mjpeg"}
SETS = {"h264": H264_NAL, "h265": H265_NAL}
STAP_A, AGGREGATED = 24, 48  # several NAL units in one packet: RFC 6184 section 5.7.1, RFC 7798 section 4.4.2
FRAGMENTS = {"h264": 28, "h265": 49}
WHOLE = {"h264": (5, H264_NAL), "h265": (*range(16, 22), 32, H265_NAL)}  # IDR and the like, and their parameter sets
HEAD_BYTES, MARKER = 12, 0x80


@dataclass(frozen=True)
class Media:
    """The video of a session description: its codec, what controls it and the whole session, its parameter set where it names one."""

    codec: str
    control: str
    session: str
    parameters: bytes | None


@dataclass(frozen=True)
class Packet:
    """An RTP packet without what is RTP's own; ``last`` is whether its picture ends with it."""

    payload: bytes
    last: bool


@dataclass
class Counter:
    """What came since ``begun``, by a clock that its user reads.

    The rate is taken between the first and the last picture that needs no other: one of them more or less would count for a tenth.
    """

    begun: float | None = None
    end: float = 0.0
    count: int = 0
    pictures: int = 0
    wholes: list[tuple[float, int]] = field(default_factory=list)
    between: bool = True

    def add(self, now: float, got: Packet, *, whole: bool) -> None:
        """Count a packet."""
        if whole and self.between:
            self.wholes.append((now, self.count))
        self.end, self.between = now, got.last
        self.count, self.pictures = self.count + len(got.payload), self.pictures + got.last

    @property
    def seconds(self) -> float:
        """How long it has counted."""
        return 0.0 if self.begun is None else self.end - self.begun

    @property
    def fps(self) -> float:
        """Pictures a second."""
        return round(self.pictures / self.seconds, 1)

    @property
    def kbps(self) -> int:
        """The rate in kbit/s."""
        (first, before), (last, after) = (self.wholes or [(0.0, 0)])[0], (self.wholes or [(0.0, 0)])[-1]
        if last - first >= self.seconds / 2:
            return round((after - before) * 8 / (last - first) / 1000)
        return round(self.count * 8 / self.seconds / 1000)


def video(description: str, base: str, url: str) -> Media:
    """The first video of a session description; ``base`` is the answer's own, ``url`` what was asked for."""
    head, *sections = re.split(r"^m=", description, flags=re.MULTILINE)
    found = next((one for one in sections if one.startswith("video")), None)
    if found is None:
        raise Unsupported("the stream has no video")
    mapped = re.search(r"^a=rtpmap:\d+ ([\w.-]+)/", found, re.MULTILINE)
    name = mapped[1].upper() if mapped else "JPEG" if re.match(r"video \d+ \S+ 26\b", found) else "unknown"
    return Media(CODECS.get(name, name.lower()), _control(found, base, url), _control(head, base, url), _announced(found))


def _control(section: str, base: str, url: str) -> str:
    """The URL that controls a section; only its path is believed, because the address may be one behind an address translation."""
    named = re.search(r"^a=control:(\S+)", section, re.MULTILINE)
    control = named[1] if named else "*"
    whole = base if control == "*" else control if control.startswith("rtsp://") else base.rstrip("/") + "/" + control
    path = whole.split("/", 3)[3] if whole.count("/") > 2 else ""
    return "/".join([*url.split("/", 3)[:3], path])


def _announced(video: str) -> bytes | None:
    """The parameter set that the description itself names (RFC 6184 section 8.1, RFC 7798 section 7.1)."""
    named = re.search(r"sprop-(?:parameter-sets|sps)=([A-Za-z0-9+/=]+)", video)
    try:
        return base64.b64decode(named[1], validate=True) if named else None
    except (ValueError, binascii.Error):
        return None


def packet(content: bytes) -> Packet:
    """Read a packet: its header, its extension and its padding are left out (RFC 3550 section 5.1)."""
    if len(content) < HEAD_BYTES:
        return Packet(b"", last=False)
    start = HEAD_BYTES + 4 * (content[0] & 0x0F)
    if content[0] & 0x10 and len(content) >= start + 4:
        start += 4 + 4 * int.from_bytes(content[start + 2 : start + 4], "big")
    padding = content[-1] if content[0] & 0x20 else 0
    return Packet(content[start : len(content) - padding], bool(content[1] & MARKER))


def begins_whole_picture(codec: str, payload: bytes) -> bool:
    """Whether a picture that needs no other begins with the packet, or a parameter set that stands before one."""
    if codec not in SETS or len(payload) < 3:
        return False
    kind, head = _kind(codec, payload), 1 if codec == "h264" else 2
    if kind == FRAGMENTS[codec]:  # the first piece of a unit that doesn't fit into a packet
        piece = payload[head]
        return bool(piece & 0x80) and piece & (0x1F if codec == "h264" else 0x3F) in WHOLE[codec]
    return any(unit and _kind(codec, unit) in WHOLE[codec] for unit in _units(codec, payload))


def parameter_set(codec: str, payload: bytes) -> bytes | None:
    """The sequence parameter set of a packet, alone or among others."""
    wanted = SETS.get(codec)
    return next((unit for unit in _units(codec, payload) if unit and _kind(codec, unit) == wanted), None)


def _units(codec: str, payload: bytes) -> Iterator[bytes]:
    if not payload or codec not in SETS:
        return
    head = 1 if codec == "h264" else 2
    if _kind(codec, payload) != (STAP_A if codec == "h264" else AGGREGATED):
        yield payload
        return
    at = head
    while at + 2 <= len(payload):
        length = int.from_bytes(payload[at : at + 2], "big")
        yield payload[at + 2 : at + 2 + length]
        at += 2 + length


def _kind(codec: str, unit: bytes) -> int:
    return unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F


def size_of(codec: str, parameters: bytes | None) -> tuple[int | None, int | None]:
    """Width and height by the parameter set; nothing where there is none or it can't be read."""
    try:
        return size(codec, parameters) if parameters else (None, None)
    except ValueError:
        return None, None
