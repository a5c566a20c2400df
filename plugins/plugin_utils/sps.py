"""The size of a picture from a sequence parameter set. Nothing but the standard library: a site's router runs it too.

ITU-T H.264 7.3.2.1.1 and H.265 7.3.2.2; what stands after the size isn't read.
"""

from __future__ import annotations

H264_NAL, H265_NAL = 7, 33  # nal_unit_type of the set
HIGH_PROFILES = (44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244)
MAXIMUM_ZEROS = 32  # a longer Exp-Golomb prefix is no number of a parameter set


class _Bits:
    """The bits of a NAL unit's payload, without the bytes that only keep it from looking like a start code."""

    def __init__(self, nal: bytes) -> None:
        data = nal.replace(b"\0\0\3", b"\0\0")
        self._bits, self._length, self._at = int.from_bytes(data, "big"), len(data) * 8, 0

    def u(self, width: int) -> int:
        """An unsigned number of ``width`` bits; ValueError behind the end."""
        self._at += width
        if self._at > self._length:
            raise ValueError("the parameter set is cut off")
        return (self._bits >> (self._length - self._at)) & ((1 << width) - 1)

    def ue(self) -> int:
        """An Exp-Golomb number."""
        zeros = 0
        while self.u(1) == 0:
            zeros += 1
            if zeros > MAXIMUM_ZEROS:
                raise ValueError("the parameter set holds a number that can't be")
        return (1 << zeros) - 1 + self.u(zeros)

    def se(self) -> int:
        """A signed Exp-Golomb number."""
        value = self.ue()
        return (value + 1) // 2 if value % 2 else -(value // 2)


def size(codec: str, nal: bytes) -> tuple[int, int]:
    """Width and height in pixels of a whole NAL unit of type 7 (``h264``) or 33 (``h265``).

    :raises ValueError: when it is no such set.
    """
    width, height = _h264(nal) if codec == "h264" else _h265(nal)
    if width <= 0 or height <= 0:
        raise ValueError("the parameter set has no size")
    return width, height


def _h264(nal: bytes) -> tuple[int, int]:
    if not nal or nal[0] & 0x1F != H264_NAL:
        raise ValueError("it is no H.264 sequence parameter set")
    bits = _Bits(nal[1:])
    profile = bits.u(8)
    bits.u(16)  # constraints and level
    bits.ue()
    chroma = _h264_high(bits) if profile in HIGH_PROFILES else 1
    bits.ue()  # log2_max_frame_num_minus4
    _h264_order(bits)
    bits.ue()
    bits.u(1)
    across, down, frames_only = bits.ue() + 1, bits.ue() + 1, bits.u(1)
    if not frames_only:
        bits.u(1)
    bits.u(1)
    left, right, top, bottom = (bits.ue() for _ in range(4)) if bits.u(1) else (0, 0, 0, 0)
    unit_x, unit_y = (1 if chroma in (0, 3) else 2), (2 if chroma == 1 else 1) * (2 - frames_only)
    return across * 16 - (left + right) * unit_x, down * 16 * (2 - frames_only) - (top + bottom) * unit_y


def _h264_high(bits: _Bits) -> int:
    """Step over what only the high profiles have; chroma_format_idc."""
    chroma = bits.ue()
    if chroma == 3:
        bits.u(1)
    bits.ue()
    bits.ue()
    bits.u(1)
    if bits.u(1):
        for number in range(12 if chroma == 3 else 8):
            if bits.u(1):
                _scaling_list(bits, 16 if number < 6 else 64)
    return chroma


def _scaling_list(bits: _Bits, length: int) -> None:
    last = following = 8
    for _ in range(length):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _h264_order(bits: _Bits) -> None:
    """Step over how pictures are ordered."""
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.u(1)
        bits.se()
        bits.se()
        for _ in range(bits.ue()):
            bits.se()


def _h265(nal: bytes) -> tuple[int, int]:
    if len(nal) < 2 or nal[0] >> 1 & 0x3F != H265_NAL:
        raise ValueError("it is no H.265 sequence parameter set")
    bits = _Bits(nal[2:])
    bits.u(4)
    layers = bits.u(3)  # sps_max_sub_layers_minus1
    bits.u(1)
    _h265_profile(bits, layers)
    bits.ue()
    chroma = bits.ue()
    if chroma == 3:
        bits.u(1)
    width, height = bits.ue(), bits.ue()
    left, right, top, bottom = (bits.ue() for _ in range(4)) if bits.u(1) else (0, 0, 0, 0)
    unit_x, unit_y = (2 if chroma in (1, 2) else 1), (2 if chroma == 1 else 1)
    return width - (left + right) * unit_x, height - (top + bottom) * unit_y


def _h265_profile(bits: _Bits, layers: int) -> None:
    """Step over profile_tier_level."""
    bits.u(96)
    present = [(bits.u(1), bits.u(1)) for _ in range(layers)]
    if layers:
        bits.u(2 * (8 - layers))
    for profile, level in present:
        bits.u(88 * profile + 8 * level)
