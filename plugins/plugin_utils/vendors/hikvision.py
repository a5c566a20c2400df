"""Hikvision (HiLook, HDParagon) as a table: ISAPI of firmware 5.2 to 5.8 and recorders 4.30 to 5.03."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from ..settings import NETMASK, TEXT, TRUE_FALSE, Form, Items, Risk, Setting, choice, number, one_of_list, posix_zone
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
TRACK = "/ISAPI/ContentMgmt/record/tracks/{n}01"
MOTION = f"{PROXY}/{{n}}/video/motionDetection|{INPUT}/motionDetection"


def _ntp(value: Any, _at: str) -> Mapping[str, Any]:
    """A server by address or by name: the document has one element or the other, and says which."""
    try:
        IPv4Address(value[0] if value else "0.0.0.0")  # noqa: S104  how devices spell "none"
    except ValueError:
        return {"select": "hostName", "also": {"addressingFormatType": "hostname"}, "renamed": {"ipAddress": "hostName"}}
    return {"select": "ipAddress", "also": {"addressingFormatType": "ipaddress"}, "renamed": {"hostName": "ipAddress"}}


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
        row("smart_codec", "Video/SmartCodec/enabled", TRUE_FALSE),
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
    Setting("time.zone", TIME, "timeZone", posix_zone("CST{sign}{hours}:{minutes}:00")),  # CST is fixed, whatever the zone is
    Setting("time.mode", TIME, "timeMode", choice(ntp="NTP", manual="manual")),
    Setting("time.clock", TIME, "localTime", read_only=True),
    Setting("time.ntp", NTP, "ipAddress|hostName", one_of_list(), evidence="coded", shape=_ntp),
    Setting("network.mode", ADDRESS, "addressingType", choice(static="static", dhcp="dynamic"), read_only=True),
    Setting("network.address", ADDRESS, "ipAddress", read_only=True),
    Setting("network.prefix", ADDRESS, "subnetMask", NETMASK, read_only=True),
    Setting("network.gateway", ADDRESS, "DefaultGateway/ipAddress", risk=Risk.LOCKOUT),
    Setting("network.dns", ADDRESS, "PrimaryDNS/ipAddress", one_of_list(), risk=Risk.LOCKOUT),
    Setting("ports.http", ACCESSES, port("HTTP"), number(), read_only=True),
    Setting("ports.https", ACCESSES, port("HTTPS"), number(), read_only=True),
    Setting("ports.rtsp", ACCESSES, port("RTSP"), number(), risk=Risk.STREAM),
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
    Setting(
        "access.tls_min",
        ACCESSES,
        "AdminAccessProtocol[protocol=HTTPS]/TLS1_1Enable",
        choice(**{"1.1": "true", "1.2": "false"}),
        risk=Risk.LOCKOUT,
    ),
    *stream("main", "01"),
    *stream("sub", "02"),
    Setting("overlay.name", INPUT, "name", TEXT, CAMERA),
    Setting("overlay.clock", f"{INPUT}/overlays", "DateTimeOverlay/enabled", TRUE_FALSE, CAMERA, evidence="experimental"),
    Setting(
        "overlay.text",
        f"{INPUT}/overlays",
        "TextOverlayList/TextOverlay[id=1]/displayText",
        TEXT,
        CAMERA,
        evidence="experimental",
        also={"TextOverlayList/TextOverlay[id=1]/enabled": "true"},
    ),
    Setting(
        "recording.enabled", TRACK, "CustomExtensionList/CustomExtension/enableSchedule", TRUE_FALSE, STREAMED, evidence="experimental"
    ),
    Setting(
        "recording.mode",
        TRACK,
        "TrackSchedule/ScheduleBlockList/ScheduleBlock/ScheduleAction/Actions/ActionRecordingMode",
        choice(continuous="CMR", motion="MOTION"),
        STREAMED,
        evidence="coded",
        read_only=True,
    ),
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
        write_only="password",
    ),
    Items(
        "onvif_users",
        "/ISAPI/Security/ONVIF/users",
        row="User",
        match="userName",
        settings=(Setting("role", "", "userType", choice(admin="administrator", operator="operator", viewer="mediaUser")),),
        write_only="password",
    ),
    Items(
        "rights",
        "/ISAPI/Security/UserPermission",
        row="UserPermission",
        match="userID",
        settings=(
            Setting("preview", "", "remotePermission/preview", TRUE_FALSE, read_only=True),
            Setting("playback", "", "remotePermission/playBack", TRUE_FALSE, read_only=True),
            Setting("configure", "", "remotePermission/parameterConfig", TRUE_FALSE, read_only=True),
        ),
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
        write_only=f"{SOURCE}/password",
        owner="user",
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

HIKVISION = Vendor(
    "hikvision",
    "isapi",
    SETTINGS,
    ITEMS,
    password_rule(16),  # 8 to 16 characters of at least two kinds: common knowledge, not read in a document
    firmware="cameras 5.2 to 5.8, recorders 4.30 to 5.03; recorded: V5.6.5, V5.7.15, and recorders V4.62.210, V4.74.210, V4.75.011",
    brands=("HiLook", "HDParagon", "EZVIZ with ISAPI"),
    stream_path="/Streaming/Channels/{channel}{stream}",  # ISAPI guide, and every recorded device
    streams={"main": "01", "sub": "02"},
    recorder_port=8000,
    footage="hikvision",
    operations={
        "activate": "coded",
        "reboot": "coded",
        "backup": "coded",
        "firmware": "experimental",  # the body of upgradeStatus is not proven
        "certificate": "experimental",
        "move": "experimental",  # the document is recorded, writing it isn't
        "reset": "experimental",  # the path is known from the guide alone
    },
)
