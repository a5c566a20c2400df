"""Uniview as a table: cameras over ONVIF, as a recorded OEM camera has it, and LAPI for what ONVIF doesn't know; recorders over LAPI."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from ipaddress import IPv4Address
from typing import Any

from ..settings import Form, Items, Risk, Setting, choice, indexed_zone, number, one_of_list, switch
from . import onvif
from .table import Vendor, password_rule

NVR, CHANNEL = ("nvr",), ("channel",)
V1 = "/LAPI/V1.0"
INFO, TIME, PORTS = f"{V1}/System/DeviceInfo", f"{V1}/System/TimeNTP", f"{V1}/Network/Ports"
# TimeNTP.TimeZone is an index into this table of minutes east of UTC; coded by others (26 is UTC+7).
ZONES = (
    -720, -660, -600, -540, -480, -420, -360, -300, -270, -240, -210, -180, -120, -60, 0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360,
    390, 420, 480, 540, 570, 600, 660, 720, 780,
)  # fmt: skip
ON_OFF = switch("1", "0")


ZONE = indexed_zone(ZONES)


def _server(value: Any, _at: str) -> Mapping[str, Any]:
    try:
        IPv4Address(value[0] if value else "0.0.0.0")  # noqa: S104  how devices spell "none"
        kind = "0"
    except ValueError:
        kind = "2"
    return {"also": {"NTPServerInfo/AddressType": kind}}


def stream(profile: str, position: int) -> tuple[Setting, ...]:
    """The rows of one stream of a recorder's channel."""

    def row(key: str, select: str, form: Form) -> Setting:
        at, place = f"{V1}/Channels/{{n}}/Media/Video", f"VideoStreamInfos/{position}/VideoEncodeInfo/{select}"
        return Setting(f"streams.{profile}.{key}", at, place, form, CHANNEL, Risk.STREAM, "experimental")

    return (
        row("codec", "EncodeFormat", choice(h264="1", h265="2")),
        row("width", "Resolution/Width", number()),
        row("height", "Resolution/Height", number()),
        row("fps", "FrameRate", number()),
        row("bitrate_mode", "BitRateType", choice(cbr="0", vbr="1")),
        row("bitrate_kbps", "BitRate", number()),
        row("gop_frames", "IFrameInterval", number()),
    )


SETTINGS = (
    *(replace(setting, roles=("camera",)) for setting in onvif.SETTINGS),
    Setting("identity.model", INFO, "DeviceModel", roles=NVR, read_only=True),
    Setting("identity.firmware", INFO, "FirmwareVersion", roles=NVR, read_only=True),
    Setting("identity.serial", INFO, "SerialNumber", roles=NVR, read_only=True),
    Setting("name", INFO, "DeviceName", roles=NVR, evidence="coded"),
    Setting("time.zone", TIME, "TimeZone", ZONE, NVR, evidence="coded"),
    Setting("time.mode", TIME, "NTPServerInfo/Enabled", choice(ntp="1", manual="0"), NVR, evidence="coded"),
    Setting("time.ntp", TIME, "NTPServerInfo/Address", one_of_list(), NVR, evidence="coded", shape=_server),
    Setting("ports.http", PORTS, "HTTPPort", number(), NVR, evidence="experimental", read_only=True),
    Setting("ports.rtsp", PORTS, "RTSPPort", number(), NVR, evidence="experimental", read_only=True),
    Setting("services.ssh", f"{V1}/Network/SSH", "Enabled", ON_OFF, evidence="coded"),
    Setting("services.ddns", f"{V1}/Network/DDNS", "Enabled", ON_OFF, evidence="experimental"),
    *stream("main", 0),
    *stream("sub", 1),
    Setting("motion.enabled", f"{V1}/Channels/{{c}}/Alarm/MotionDetection", "Enabled", ON_OFF, ("camera",), evidence="experimental"),
    Setting("motion.enabled", f"{V1}/Channels/{{n}}/Alarm/MotionDetection", "Enabled", ON_OFF, CHANNEL, evidence="experimental"),
)

ITEMS = (
    *(replace(items, roles=("camera",)) for items in onvif.ITEMS),
    Items(
        "channels",
        f"{V1}/Channels/System/ChannelDetailInfos",
        row="DetailInfos",
        match="ID",
        settings=(
            Setting("name", "", "Name", read_only=True),
            Setting("address", "", "AddressInfo/Address", read_only=True),
            Setting("port", "", "AddressInfo/Port", number(), read_only=True),
        ),
        roles=NVR,
        evidence="recorded",
    ),
)

UNIVIEW = Vendor(
    "uniview",
    "lapi",
    SETTINGS,
    ITEMS,
    password_rule(16),
    firmware="cameras QIPC-B2202 and later, recorders NVR302; recorded by ONVIF: SUNBA QIPC-B2202.3",
    stream_path="/media/video{channel}",
    footage="onvif",
    operations={"reboot": "recorded"},
)
