"""What an encoder could do, from the two forms in which ONVIF says it."""

from __future__ import annotations

from ..errors import Unsupported
from .pairs import Pairs
from .xml import XmlDocument

# Media 1 has an element a codec, and knows no H.265; Media 2 has a list of options that name theirs.
MEDIA1 = {"H264": "h264"}
MEDIA2 = {"H264": "h264", "H265": "h265"}


def abilities(answer: XmlDocument) -> Pairs:
    """``codecs``, ``sizes`` and ``fps`` of an answer to GetVideoEncoderConfigurationOptions, each a list with commas."""
    options = answer.rows("Options")
    named = {MEDIA2[one.get("Encoding") or ""]: one for one in options if one.get("Encoding") in MEDIA2}
    if not named:
        whole = next(iter(options), None)
        elements = {} if whole is None else {codec: whole.find(name) for name, codec in MEDIA1.items()}
        named = {codec: XmlDocument(element) for codec, element in elements.items() if element is not None}
    if not named:
        raise Unsupported("the device doesn't say what its encoder could do")
    sizes = [f"{row.get('Width')}x{row.get('Height')}" for one in named.values() for row in one.rows("ResolutionsAvailable")]
    rates = [word.partition(".")[0] for one in named.values() for word in (one.get("@FrameRatesSupported") or "").split()]
    rates += [rate for one in named.values() if (rate := one.get("FrameRateRange/Max")) is not None]
    lists = {"codecs": list(named), "sizes": sizes, "fps": rates}
    return Pairs({key: ",".join(dict.fromkeys(words)) for key, words in lists.items() if words})
