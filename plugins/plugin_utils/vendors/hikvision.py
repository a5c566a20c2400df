"""Hikvision (HiLook, HDParagon) as a table: ISAPI of firmware 5.2 to 5.8 and recorders 4.30 to 5.03."""

from __future__ import annotations

import re
from typing import Any

from ..dialects.isapi import Isapi
from ..settings import NETMASK, TEXT, TRUE_FALSE, Form, Items, Risk, Setting, choice, number, one_of_list, spell_offset, zone_offset_minutes
from .table import Vendor, password_rule

CAMERA, NVR, CHANNEL = ("camera",), ("nvr",), ("channel",)
ANY = (*CAMERA, *NVR)
STREAMED = (*CAMERA, *CHANNEL)

INFO = "/ISAPI/System/deviceInfo"
TIME = "/ISAPI/System/time"
NTP = "/ISAPI/System/time/ntpServers/1"
ACCESSES = "/ISAPI/Security/adminAccesses"
NETWORK = "/ISAPI/System/Network"
INPUT = "/ISAPI/System/Video/inputs/channels/{n}"
ADDRESS = f"{NETWORK}/interfaces/1/ipAddress"
PROXY = "/ISAPI/ContentMgmt/InputProxy/channels"
# Channels of a network recorder come through its proxy, those of an analogue one are inputs of its own.
MOTION = f"{PROXY}/{{n}}/video/motionDetection|{INPUT}/motionDetection"


def _read_zone(native: str) -> str:
    """``CST-7:00:00`` is UTC+7: the sign is POSIX's, the letters mean nothing, a summer time rule may follow."""
    match = re.match(r"[A-Za-z<>+]*([+-]?)(\d{1,2})(?::(\d\d))?", native)
    if not match:
        raise ValueError(f"{native!r} is no POSIX time zone")
    sign, hours, minutes = match.groups()
    west = (int(hours) * 60 + int(minutes or 0)) * (-1 if sign == "-" else 1)
    return spell_offset(-west)


def _write_zone(zone: Any) -> str:
    minutes = zone_offset_minutes(zone)
    hours, rest = divmod(abs(minutes), 60)
    return f"CST{'+' if minutes < 0 else '-'}{hours}:{rest:02}:00"


POSIX_ZONE = Form(_read_zone, _write_zone, zone_offset_minutes)


def protocol(name: str) -> str:
    """A switch in adminAccesses: entries are known by their protocol, because their ids differ by model."""
    return f"AdminAccessProtocol[protocol={name}]/enabled"


def port(name: str) -> str:
    """A port in adminAccesses."""
    return f"AdminAccessProtocol[protocol={name}]/portNo"


def stream(profile: str, suffix: str) -> tuple[Setting, ...]:
    """The rows of one stream; ``suffix`` is 01 for the main one, 02 for the sub one. Mode stands before rate, which depends on it."""
    at = "/ISAPI/Streaming/channels/{n}" + suffix

    def row(key: str, select: str, form: Form, evidence: str = "recorded") -> Setting:
        return Setting(f"streams.{profile}.{key}", at, select, form, STREAMED, Risk.STREAM, evidence)

    return (
        row("codec", "Video/videoCodecType", choice(h264="H.264", h265="H.265", mjpeg="MJPEG")),
        row("width", "Video/videoResolutionWidth", number()),
        row("height", "Video/videoResolutionHeight", number()),
        row("fps", "Video/maxFrameRate", number(scale=100)),
        row("bitrate_mode", "Video/videoQualityControlType", choice(cbr="CBR", vbr="VBR")),
        row("bitrate_kbps", "Video[videoQualityControlType=VBR]/vbrUpperCap|Video/constantBitRate", number()),
        row("gop_frames", "Video/GovLength", number()),
        row("audio", "Audio/enabled", TRUE_FALSE),
    )


SETTINGS = (
    Setting("identity.model", INFO, "model", roles=ANY, read_only=True),
    Setting("identity.firmware", INFO, "firmwareVersion", roles=ANY, read_only=True),
    Setting("identity.build", INFO, "firmwareReleasedDate", roles=ANY, read_only=True),
    Setting("identity.serial", INFO, "serialNumber", roles=ANY, read_only=True),
    Setting("identity.mac", INFO, "macAddress", roles=ANY, read_only=True),
    Setting("name", INFO, "deviceName"),
    Setting("time.zone", TIME, "timeZone", POSIX_ZONE),
    Setting("time.mode", TIME, "timeMode", choice(ntp="NTP", manual="manual")),
    Setting("time.clock", TIME, "localTime", read_only=True),
    Setting(
        "time.ntp",
        NTP,
        "ipAddress|hostName",
        one_of_list(),
        also={"addressingFormatType": "ipaddress"},
        renamed={"hostName": "ipAddress"},
        evidence="coded",
    ),
    Setting("network.mode", ADDRESS, "addressingType", choice(static="static", dhcp="dynamic"), read_only=True),
    Setting("network.address", ADDRESS, "ipAddress", read_only=True),
    Setting("network.prefix", ADDRESS, "subnetMask", NETMASK, read_only=True),
    Setting("network.gateway", ADDRESS, "DefaultGateway/ipAddress", read_only=True),
    Setting("network.dns", ADDRESS, "PrimaryDNS/ipAddress", one_of_list(), read_only=True),
    Setting("ports.http", ACCESSES, port("HTTP"), number(), read_only=True),
    Setting("ports.https", ACCESSES, port("HTTPS"), number(), read_only=True),
    Setting("ports.rtsp", ACCESSES, port("RTSP"), number(), read_only=True),
    Setting("services.http", ACCESSES, protocol("HTTP"), TRUE_FALSE, risk=Risk.LOCKOUT),
    Setting("services.https", ACCESSES, protocol("HTTPS"), TRUE_FALSE, risk=Risk.LOCKOUT),
    Setting("services.rtsp", ACCESSES, protocol("RTSP"), TRUE_FALSE),
    Setting("services.discovery", ACCESSES, protocol("Bonjour"), TRUE_FALSE),
    Setting("services.upnp", f"{NETWORK}/UPnP", "enabled", TRUE_FALSE, evidence="coded"),
    Setting("services.p2p", f"{NETWORK}/EZVIZ", "enabled", TRUE_FALSE, evidence="coded"),
    Setting("services.telnet", f"{NETWORK}/telnetd", "enabled", TRUE_FALSE, evidence="coded"),
    Setting("services.ssh", f"{NETWORK}/ssh", "enabled", TRUE_FALSE, evidence="coded"),
    Setting("services.snmp", f"{NETWORK}/SNMP", "SNMPv2c/enabled|enabled", TRUE_FALSE, evidence="experimental"),
    Setting("services.onvif", f"{NETWORK}/Integrate", "ONVIF/enable", TRUE_FALSE, evidence="coded"),
    Setting(
        "access.rtsp_auth",
        "/ISAPI/Streaming/channels/{n}01",
        "Transport/Security/certificateType",
        choice(digest="digest", digest_basic="digest/basic", basic="basic"),
        CAMERA,
        Risk.STREAM,
    ),
    Setting("access.lockout", "/ISAPI/Security/illegalLoginLock", "enabled", TRUE_FALSE, evidence="coded"),
    *stream("main", "01"),
    *stream("sub", "02"),
    Setting("overlay.name", INPUT, "name", TEXT, CAMERA),
    Setting("overlay.clock", f"{INPUT}/overlays", "DateTimeOverlay/enabled", TRUE_FALSE, CAMERA, evidence="experimental"),
    Setting("motion.enabled", MOTION, "enabled", TRUE_FALSE, STREAMED),
    Setting("motion.sensitivity", MOTION, "MotionDetectionLayout/sensitivityLevel", number(), STREAMED),
    # A recorder's StreamingChannel/channelName is just "101", and writing it has no effect.
    Setting("overlay.name", f"{PROXY}/{{n}}|{INPUT}", "name", TEXT, CHANNEL),
)

SOURCE = "sourceInputPortDescriptor"
ITEMS = (
    Items(
        "users",
        "/ISAPI/Security/users",
        row="User",
        match="userName",
        settings=(Setting("role", "", "userLevel", choice(admin="Administrator", operator="Operator", viewer="Viewer")),),
        secret="password",  # noqa: S106  a place in a document
    ),
    Items(
        "channels",
        PROXY,
        row="InputProxyChannel",
        match="id",
        settings=(
            Setting("name", "", "name"),
            Setting("protocol", "", f"{SOURCE}/proxyProtocol", choice(hikvision="HIKVISION", onvif="ONVIF")),
            Setting("address", "", f"{SOURCE}/ipAddress"),
            Setting("port", "", f"{SOURCE}/managePortNo", number()),
            Setting("user", "", f"{SOURCE}/userName"),
        ),
        secret=f"{SOURCE}/password",
        roles=NVR,
    ),
    Items(
        "disks",
        "/ISAPI/ContentMgmt/Storage",
        row="hdd",
        match="hddName",
        settings=(
            Setting("status", "", "status", read_only=True),
            Setting("capacity_mb", "", "capacity", number(), read_only=True),
            Setting("free_mb", "", "freeSpace", number(), read_only=True),
        ),
        evidence="recorded",
    ),
)

# 8 to 16 characters of at least two kinds: common knowledge, not read in a document.
HIKVISION = Vendor("hikvision", Isapi, SETTINGS, ITEMS, password_rule(16))
