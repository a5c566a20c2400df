"""What only a survey asks each vendor's devices: what their streams could do, what they are, their channels, disks and pictures.

Rows of the same kind as the vendors' tables, in a file of their own: an audit that reads 1,500 devices has no use for them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from ..settings import TRUE_FALSE, Form, Items, Setting, number
from ..vendors import VENDORS, axis, dahua, hikvision, onvif
from ..vendors.table import Vendor
from .marks import RECORDER

CAMERA, NVR = ("camera",), ("nvr",)
EVERYBODY = ("camera", "nvr", "channel")
KIND, CHANNEL_COUNT = "survey.kind", "survey.channel_count"
MIB, MEGABYTE = 1024**2, 10**6
# How Dahua calls sizes; others are written 2688x1520.
DAHUA_SIZES = {
    "QCIF": (176, 144), "CIF": (352, 288), "VGA": (640, 480), "D1": (704, 576), "960H": (960, 576), "720": (1280, 720), "720P": (1280, 720),
    "1_3M": (1280, 960), "1.3M": (1280, 960), "UXGA": (1600, 1200), "1080": (1920, 1080), "1080P": (1920, 1080), "3M": (2048, 1536),
    "QXGA": (2048, 1536), "4M": (2688, 1520), "5M": (2592, 1944), "4K": (3840, 2160),
}  # fmt: skip
CODECS = {"h.264": "h264", "h264": "h264", "h.265": "h265", "h265": "h265"}


def _read_codecs(native: str) -> list[str]:
    return sorted({CODECS[word.strip().lower()] for word in native.split(",") if word.strip().lower() in CODECS})


def _never(_value: object) -> str:
    raise ValueError("what a device can do is only read")


def listed(read: Callable[[str], object]) -> Form:
    """A list of what is possible, of which one part is wanted."""
    return Form(read, _never)


def sizes(part: int, names: Mapping[str, tuple[int, int]] | None = None) -> Form:
    """Width (0) or height (1) of the largest of ``1920x1080,1280*720,D1``; single numbers are that part alone."""

    def read(native: str) -> int:
        found = []
        for word in (word.strip() for word in native.split(",")):
            numbers = [int(digits) for digits in re.findall(r"\d+", word)]
            if word in (names or {}):
                found.append((names or {})[word])
            elif re.fullmatch(r"\d+[x*]\d+", word):
                found.append((numbers[0], numbers[1]))
            elif word.isdecimal():
                found.append((numbers[0], numbers[0]))
        return max(found, key=lambda size: size[0] * size[1])[part]

    return listed(read)


def greatest(scale: int = 1) -> Form:
    """The greatest of several numbers that the wire carries times ``scale``; 0 means something else there."""

    def read(native: str) -> int | float | None:
        most = max(int(word) for word in native.split(",")) / scale
        return int(most) if most == int(most) else most

    return listed(read)


@dataclass(frozen=True)
class Abilities:
    """A vendor's part of a survey.

    ``settings`` are rows besides the vendor's own: the third stream, ``can.main.width`` and so on. ``channels`` are rows of a recorder's
    channels besides the vendor's own; ``online`` says of one channel whether its camera answers, ``title`` what it is called where its row
    doesn't. ``disk_unit`` is how many bytes the unit has in which disks are counted. ``pictures`` are where a still picture is, the first
    that is small enough counts. ``paths`` are streams on RTSP as the device comes, where that isn't what the vendor's table says, and
    ``recorder_path`` is a recorder's with ``{channel}``. ``default`` is the vendor's published default password.
    """

    settings: tuple[Setting, ...] = ()
    channels: tuple[Setting, ...] = ()
    online: Setting | None = None
    title: Setting | None = None
    disk_unit: int = MEGABYTE
    pictures: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)
    recorder_path: str | None = None
    default: str | None = None


def kind(at: str, select: str, pattern: re.Pattern[str] = RECORDER) -> Setting:
    """Whether a device is a camera or a recorder, in its own words."""
    form = listed(lambda native: "recorder" if pattern.search(native) else "camera")
    return Setting(KIND, at, select, form, EVERYBODY, read_only=True)


def can(profile: str, key: str, at: str, select: str, form: Form) -> Setting:
    """What a stream could do."""
    return Setting(f"can.{profile}.{key}", at, select, form, CAMERA, read_only=True, evidence="coded")


def isapi_stream(profile: str, suffix: str) -> tuple[Setting, ...]:
    """ISAPI lists what an element can be in its attribute ``opt``; some firmware writes whole sizes into width and height."""
    at = "/ISAPI/Streaming/channels/{n}" + suffix + "/capabilities"
    return (
        can(profile, "codecs", at, "Video/videoCodecType/@opt", listed(_read_codecs)),
        can(profile, "width", at, "Video/videoResolutionWidth/@opt", sizes(0)),
        can(profile, "height", at, "Video/videoResolutionHeight/@opt", sizes(1)),
        can(profile, "fps", at, "Video/maxFrameRate/@opt", greatest(100)),
    )


def dahua_stream(profile: str, name: str, old: str) -> tuple[Setting, ...]:
    """Three spellings of the same keys: with a channel, without one, and the API guide's."""
    at = "cgi:encode.cgi?action=getConfigCaps&channel={n}"

    def place(key: str) -> str:
        return f"caps[0].{name}.Video.{key}|caps.{name}.Video.{key}|{old}.Video.{key}"

    return (
        can(profile, "codecs", at, place("CompressionTypes"), listed(_read_codecs)),
        can(profile, "width", at, place("ResolutionTypes"), sizes(0, DAHUA_SIZES)),
        can(profile, "height", at, place("ResolutionTypes"), sizes(1, DAHUA_SIZES)),
        can(profile, "fps", at, place("FPSMax"), greatest()),
    )


def onvif_stream(profile: str, position: int) -> tuple[Setting, ...]:
    """As the dialect puts the answers of Media 1 and Media 2 together."""
    at = f"media:abilities/{position}"
    return (
        can(profile, "codecs", at, "codecs", listed(_read_codecs)),
        can(profile, "width", at, "sizes", sizes(0)),
        can(profile, "height", at, "sizes", sizes(1)),
        can(profile, "fps", at, "fps", greatest()),
    )


def axis_stream(profile: str) -> tuple[Setting, ...]:
    """Whatever is asked for in a stream's address can be had; nothing says how many pictures a second."""
    return (
        can(profile, "codecs", axis.PARAMS, "Properties.Image.Format", listed(_read_codecs)),
        can(profile, "width", axis.PARAMS, "Properties.Image.Resolution", sizes(0)),
        can(profile, "height", axis.PARAMS, "Properties.Image.Resolution", sizes(1)),
    )


DAHUA_THIRD = tuple(
    replace(row, select=row.select.replace("ExtraFormat[0]", "ExtraFormat[1]")) for row in dahua.stream("third", "ExtraFormat")
)
ONVIF = (*onvif.stream("third", 3), *onvif_stream("main", 1), *onvif_stream("sub", 2), *onvif_stream("third", 3))
PROXY = f"{hikvision.PROXY}/{{n}}"

ABILITIES: Mapping[str, Abilities] = {
    "hikvision": Abilities(
        (
            kind(hikvision.INFO, "deviceType", re.compile("VR")),
            *hikvision.stream("third", "03"),
            *isapi_stream("main", "01"),
            *isapi_stream("sub", "02"),
            *isapi_stream("third", "03"),
            Setting(CHANNEL_COUNT, "/ISAPI/System/capabilities", "RacmCap/inputProxyNums", number(), NVR, read_only=True, evidence="coded"),
        ),
        channels=(Setting("model", "", f"{hikvision.SOURCE}/model", read_only=True),),
        online=Setting("online", f"{PROXY}/status", "online", TRUE_FALSE, NVR, read_only=True),
        disk_unit=MIB,  # a recorded 8 TB disk says 7630885
        pictures=(
            "/ISAPI/Streaming/channels/{n}01/picture?videoResolutionWidth=1280&videoResolutionHeight=720",
            "/ISAPI/Streaming/channels/{n}02/picture",
            "/ISAPI/Streaming/channels/{n}01/picture",
        ),
        paths={"third": "/Streaming/Channels/{n}03"},
        default="12345",  # firmware before 5.3; later devices have none
    ),
    "dahua": Abilities(
        (
            kind("cgi:magicBox.cgi?action=getDeviceClass", "class"),
            Setting("identity.maker", "cgi:magicBox.cgi?action=getVendor", "vendor", roles=EVERYBODY, read_only=True, evidence="coded"),
            *DAHUA_THIRD,
            *dahua_stream("main", "MainFormat[0]", "headMain"),
            *dahua_stream("sub", "ExtraFormat[0]", "headExtra"),
            *dahua_stream("third", "ExtraFormat[1]", "headExtra2"),
            Setting(
                CHANNEL_COUNT,
                "cgi:magicBox.cgi?action=getProductDefinition&name=MaxRemoteInputChannels",
                "table.MaxRemoteInputChannels",
                number(),
                NVR,
                read_only=True,
                evidence="coded",
            ),
        ),
        channels=(Setting("model", "", "DeviceType", read_only=True),),
        title=Setting("title", "config:ChannelTitle", "[{c}].Name", roles=NVR, read_only=True),
        pictures=("/cgi-bin/snapshot.cgi?channel={n}",),
        paths={"third": "/cam/realmonitor?channel={n}&subtype=2"},
        default="admin",
    ),
    "axis": Abilities(
        (kind(axis.PARAMS, "Brand.ProdType", re.compile("recorder", re.IGNORECASE)), *axis_stream("main"), *axis_stream("sub")),
        disk_unit=MIB,
        pictures=("/axis-cgi/jpg/image.cgi?resolution=1280x720", "/axis-cgi/jpg/image.cgi?resolution=640x360", "/axis-cgi/jpg/image.cgi"),
        paths={"main": "/axis-media/media.amp"},
        default="pass",  # firmware before 5.51; later devices have none
    ),
    "uniview": Abilities(
        (kind("/LAPI/V1.0/System/DeviceInfo", "DeviceModel"), *ONVIF),
        channels=(
            Setting("model", "", "DeviceModel", read_only=True),
            Setting("online", "", "Status", Form(lambda native: native == "1", _never), read_only=True),
        ),
        pictures=("/LAPI/V1.0/Channels/{c}/Media/Video/Streams/0/Snapshot", "media:picture/{n}"),
        recorder_path="/unicast/c{channel}/s0/live",
        default="123456",
    ),
    "hanwha": Abilities((kind("device:GetDeviceInformation", "Model"), *ONVIF), pictures=("media:picture/{n}",), default="4321"),
    "onvif": Abilities((kind("device:GetDeviceInformation", "Model"), *ONVIF), pictures=("media:picture/{n}",)),
}


def surveyed(name: str) -> Vendor:
    """The vendor's table with the rows that a survey reads besides."""
    vendor, more = VENDORS[name], ABILITIES[name]
    own = {setting.key for setting in vendor.settings}
    settings = (*vendor.settings, *(row for row in more.settings if row.key not in own))
    return replace(vendor, settings=settings, items=tuple(_with(items, more) for items in vendor.items))


def _with(items: Items, more: Abilities) -> Items:
    return replace(items, settings=(*items.settings, *more.channels)) if items.key == "channels" else items
