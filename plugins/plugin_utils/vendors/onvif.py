"""ONVIF devices of any maker as a table: Profiles S and T, Media 1 and 2, what four recorded models and their kin say."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any
from urllib.parse import urlsplit

from ..settings import TEXT, TRUE_FALSE, Form, Items, Risk, Setting, choice, number, one_of_list, posix_zone, switch
from .table import Vendor, password_rule

CAMERA = ("camera",)
INFORMATION = "device:GetDeviceInformation"
CLOCK = "device:GetSystemDateAndTime/SystemDateAndTime"
INTERFACE = "device:GetNetworkInterfaces/NetworkInterfaces"
PROTOCOLS = "device:GetNetworkProtocols"
POSIX = posix_zone("ICT{sign}{short}")
ZONE = Form(lambda native: native[1:] if native.startswith("@") else POSIX.read(native), POSIX.write, POSIX.normal)
PATH = Form(lambda native: urlsplit(native)._replace(scheme="", netloc="").geturl(), str)


def _shaped(place: str) -> Any:
    """A server by address or by name below ``place``: one element or the other, and a type that says which."""

    def shape(value: Any, _at: str) -> Mapping[str, Any]:
        try:
            IPv4Address(value[0] if value else "0.0.0.0")  # noqa: S104  how devices spell "none"
            name, other, kind = "IPv4Address", "DNSname", "IPv4"
        except ValueError:
            name, other, kind = "DNSname", "IPv4Address", "DNS"
        also = {"FromDHCP": "false", f"{place}/Type": kind}
        return {"select": f"{place}/{name}", "also": also, "renamed": {f"{place}/{other}": name}}

    return shape


def protocol(name: str, place: str) -> str:
    """A place in the list of protocols, which stand in any order."""
    return f"NetworkProtocols[Name={name}]/{place}"


def stream(profile: str, position: int) -> tuple[Setting, ...]:
    """The rows of one stream: of Media 2, which alone knows H.265, else of Media 1. The first profile is the main one."""
    at = (
        f"media2:GetProfiles/Profiles[{position}]/Configurations/VideoEncoder"
        f"|media2:GetVideoEncoderConfigurations/Configurations[{position}]"
        f"|media:GetProfiles/Profiles[{position}]/VideoEncoderConfiguration"
    )

    def row(key: str, select: str, form: Form) -> Setting:
        return Setting(f"streams.{profile}.{key}", at, select, form, CAMERA, Risk.STREAM)

    return (
        row("codec", "Encoding", choice(h264="H264", h265="H265", mjpeg="JPEG")),
        row("width", "Resolution/Width", number()),
        row("height", "Resolution/Height", number()),
        row("fps", "RateControl/FrameRateLimit", number()),
        row("bitrate_mode", "RateControl/@ConstantBitRate", choice(cbr="true", vbr="false")),
        row("bitrate_kbps", "RateControl/BitrateLimit", number()),
        row("gop_frames", "@GovLength|H264/GovLength|MPEG4/GovLength", number()),
        Setting(f"streams.{profile}.path", f"media:stream/{position}", "MediaUri/Uri", PATH, CAMERA, read_only=True),
    )


SETTINGS = (
    Setting("identity.maker", INFORMATION, "Manufacturer", read_only=True),
    Setting("identity.model", INFORMATION, "Model", read_only=True),
    Setting("identity.firmware", INFORMATION, "FirmwareVersion", read_only=True),
    Setting("identity.serial", INFORMATION, "SerialNumber", read_only=True),
    Setting("identity.mac", INTERFACE, "Info/HwAddress", Form(str.lower, str, str.lower), read_only=True, evidence="coded"),
    Setting("name", "device:GetHostname/HostnameInformation", "Name"),
    # What the two clocks show is the zone that counts: names and summer time flags of recorded devices contradict it.
    Setting("time.zone", CLOCK, "effective|TimeZone/TZ", ZONE, also={"DaylightSavings": "false"}),
    Setting("time.mode", CLOCK, "DateTimeType", choice(ntp="NTP", manual="Manual")),
    Setting(
        "time.ntp",
        "device:GetNTP/NTPInformation",
        "NTPManual/IPv4Address|NTPManual/DNSname|=",
        one_of_list(),
        shape=_shaped("NTPManual"),
    ),
    Setting("network.mode", INTERFACE, "IPv4/Config/DHCP", choice(dhcp="true", static="false"), read_only=True, evidence="coded"),
    Setting("network.address", INTERFACE, "IPv4/Config/Manual/Address|IPv4/Config/FromDHCP/Address", read_only=True, evidence="coded"),
    Setting(
        "network.prefix",
        INTERFACE,
        "IPv4/Config/Manual/PrefixLength|IPv4/Config/FromDHCP/PrefixLength",
        number(),
        read_only=True,
        evidence="coded",
    ),
    Setting("network.gateway", "device:GetNetworkDefaultGateway/NetworkGateway", "IPv4Address", read_only=True, evidence="coded"),
    Setting(
        "network.dns",
        "device:GetDNS/DNSInformation",
        "DNSManual/IPv4Address|DNSFromDHCP/IPv4Address|=",
        one_of_list(),
        risk=Risk.LOCKOUT,
        shape=lambda _value, _at: {"select": "DNSManual/IPv4Address", "also": {"FromDHCP": "false", "DNSManual/Type": "IPv4"}},
    ),
    Setting("ports.http", PROTOCOLS, protocol("HTTP", "Port"), number(), read_only=True),
    Setting("ports.https", PROTOCOLS, protocol("HTTPS", "Port"), number(), read_only=True),
    Setting("ports.rtsp", PROTOCOLS, protocol("RTSP", "Port"), number(), risk=Risk.STREAM),
    Setting("services.http", PROTOCOLS, protocol("HTTP", "Enabled"), TRUE_FALSE, risk=Risk.LOCKOUT),
    Setting("services.https", PROTOCOLS, protocol("HTTPS", "Enabled"), TRUE_FALSE, risk=Risk.LOCKOUT),
    Setting("services.rtsp", PROTOCOLS, protocol("RTSP", "Enabled"), TRUE_FALSE, risk=Risk.STREAM),
    Setting("services.discovery", "device:GetDiscoveryMode", "DiscoveryMode", switch("Discoverable", "NonDiscoverable")),
    *stream("main", 1),
    *stream("sub", 2),
    Setting("overlay.name", "osd", "text", TEXT, CAMERA, evidence="experimental"),
    Setting("overlay.clock", "osd", "clock", TRUE_FALSE, CAMERA, evidence="experimental"),
)

ITEMS = (
    Items(
        "users",
        "device:GetUsers",
        row="User",
        match="Username",
        settings=(Setting("role", "", "UserLevel", choice(admin="Administrator", operator="Operator", viewer="User")),),
        write_only="Password",
    ),
    Items(
        "recordings",
        "recording:GetRecordings",
        row="RecordingItem",
        match="RecordingToken",
        settings=(Setting("source", "", "Configuration/Source/Name", read_only=True),),
        evidence="recorded",
    ),
)

ONVIF = Vendor(
    "onvif",
    "onvif",
    SETTINGS,
    ITEMS,
    password_rule(16),
    firmware="Profiles S and T, Media 1 and 2; recorded: DCS-6511 1.16.00, ENP1A14-IR/25X V5.5.3, IPG-8150PSS 1.3.0, SUNBA QIPC-B2202.3",
    footage="onvif",
    operations={"reboot": "recorded"},
)
