"""Dahua (KBVision, Imou, Amcrest) as a table: configuration names of the HTTP API, channels counted from 0."""

from __future__ import annotations

from typing import Any

from ..settings import NETMASK, TEXT, TRUE_FALSE, Form, Items, Risk, Setting, choice, indexed_zone, number, one_of_list
from .table import Vendor, password_rule

# NTP.TimeZone is an index into this table of minutes east of UTC; coded by others, 21 to 31 by the table's own order.
ZONES = (
    0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 540, 570, 600, 660, 720, 780,
    -60, -120, -180, -210, -240, -300, -360, -420, -480, -540, -600, -660, -720,
)  # fmt: skip
CAMERA = ("camera",)
RECORDED = ("camera", "channel")
SYSTEM = "cgi:magicBox.cgi?action=getSystemInfo"


INDEXED_ZONE = indexed_zone(ZONES)


def stream(profile: str, name: str) -> tuple[Setting, ...]:
    """The rows of one stream in the table Encode."""

    def row(key: str, select: str, form: Form) -> Setting:
        return Setting(
            f"streams.{profile}.{key}", "config:Encode", f"[{{c}}].{name}[0].{select}", form, ("camera", "channel"), Risk.STREAM, "coded"
        )

    return (
        row("codec", "Video.Compression", choice(h264="H.264", h265="H.265", mjpeg="MJPG")),
        row("width", "Video.Width", number()),
        row("height", "Video.Height", number()),
        row("fps", "Video.FPS", number()),
        row("bitrate_mode", "Video.BitRateControl", choice(cbr="CBR", vbr="VBR")),
        row("bitrate_kbps", "Video.BitRate", number()),
        row("gop_frames", "Video.GOP", number()),
        row("audio", "AudioEnable", TRUE_FALSE),
    )


def switch(key: str, name: str, select: str, **more: Any) -> Setting:
    """A row for something that is on or off."""
    return Setting(key, f"config:{name}", select, TRUE_FALSE, evidence="coded", **more)


SETTINGS = (
    Setting("identity.model", "cgi:magicBox.cgi?action=getDeviceType", "type", read_only=True, evidence="coded"),
    Setting("identity.firmware", "cgi:magicBox.cgi?action=getSoftwareVersion", "version", read_only=True, evidence="coded"),
    Setting("identity.serial", SYSTEM, "serialNumber|sn", read_only=True, evidence="coded"),
    Setting("identity.mac", "config:Network", "eth0.PhysicalAddress", read_only=True, evidence="coded"),
    Setting("name", "config:General", "MachineName", TEXT, evidence="coded"),
    Setting("time.zone", "config:NTP", "TimeZone", INDEXED_ZONE, evidence="coded"),
    Setting("time.mode", "config:NTP", "Enable", choice(ntp="true", manual="false"), evidence="coded"),
    Setting("time.ntp", "config:NTP", "Address", one_of_list(), evidence="coded"),
    Setting("time.clock", "cgi:global.cgi?action=getCurrentTime", "result", read_only=True, evidence="coded"),
    Setting("network.mode", "config:Network", "eth0.DhcpEnable", choice(static="false", dhcp="true"), read_only=True, evidence="coded"),
    Setting("network.address", "config:Network", "eth0.IPAddress", read_only=True, evidence="coded"),
    Setting("network.prefix", "config:Network", "eth0.SubnetMask", NETMASK, read_only=True, evidence="coded"),
    Setting("network.gateway", "config:Network", "eth0.DefaultGateway", risk=Risk.LOCKOUT, evidence="coded"),
    Setting("network.dns", "config:Network", "eth0.DnsServers[0]", one_of_list(), risk=Risk.LOCKOUT, evidence="coded"),
    Setting("ports.rtsp", "config:RTSP", "Port", number(), risk=Risk.STREAM, evidence="coded"),
    switch("services.rtsp", "RTSP", "Enable"),
    switch("services.upnp", "UPnP", "Enable"),
    switch("services.p2p", "T2UServer", "Enable"),
    switch("services.snmp", "SNMP", "Enable"),
    switch("services.https", "Https", "Enable", risk=Risk.LOCKOUT),
    switch("access.lockout", "General", "LockLoginEnable"),
    *stream("main", "MainFormat"),
    *stream("sub", "ExtraFormat"),
    Setting("streams.main.smart_codec", "config:SmartEncode", "[{c}].Enable", TRUE_FALSE, ("camera", "channel"), Risk.STREAM, "coded"),
    switch("access.onvif_auth", "UserGlobal", "OnvifLoginCheck"),
    Setting("recording.mode", "config:RecordMode", "[{c}].Mode", choice(plan="0", continuous="1", off="2"), RECORDED, evidence="coded"),
    switch("motion.enabled", "MotionDetect", "[{c}].Enable", roles=(*CAMERA, "channel")),
    Setting("overlay.name", "config:ChannelTitle", "[{c}].Name", TEXT, ("camera", "channel"), evidence="coded"),
    Setting(
        "overlay.text",
        "config:VideoWidget",
        "[{c}].CustomTitle[0].Text",
        TEXT,
        CAMERA,
        evidence="experimental",
        also={"[{c}].CustomTitle[0].EncodeBlend": "true"},
    ),
    Setting("overlay.clock", "config:VideoWidget", "[{c}].TimeTitle.EncodeBlend", TRUE_FALSE, CAMERA, evidence="experimental"),
)

ITEMS = (
    Items(
        "users",
        "users:",
        row="users",
        match="Name",
        settings=(Setting("role", "", "Group", choice(admin="admin", viewer="user")),),
        write_only="Password",
        evidence="experimental",  # addUser over RPC2 is an assumption; modifyPassword is coded by others
    ),
    Items(
        "channels",
        "channels:",
        row="channels",
        match="Number",
        settings=(
            Setting("name", "", "Name"),
            Setting("protocol", "", "ProtocolType", choice(dahua="Private", onvif="Onvif")),
            Setting("address", "", "Address"),
            Setting("port", "", "Port", number()),
            Setting("user", "", "UserName"),
        ),
        write_only="Password",
        owner="user",
        roles=("nvr",),
    ),
    Items(
        "disks",
        "cgi:storageDevice.cgi?action=getDeviceAllInfo",
        row="list.info",
        match="Name",
        settings=(
            Setting("status", "", "State|Detail[0].State", read_only=True),
            Setting("capacity_mb", "", "Detail[0].TotalBytes", number(scale=10**6), read_only=True),
            Setting("used_mb", "", "Detail[0].UsedBytes", number(scale=10**6), read_only=True),
        ),
    ),
)

DAHUA = Vendor(
    "dahua",
    "dahua",
    SETTINGS,
    ITEMS,
    password_rule(16),
    firmware="with RPC2 and digest, and older with CGI and Basic alone, over TLS; none recorded",
    brands=("KBVision", "Amcrest", "Imou with the HTTP API", "Lorex", "Intelbras"),
    stream_path="/cam/realmonitor?channel={channel}&subtype={stream}",  # Dahua HTTP API guide
    streams={"main": "0", "sub": "1"},
    recorder_port=37777,
    footage="dahua",
    operations={
        "reboot": "coded",
        "backup": "coded",
        "firmware": "experimental",  # the name of the form's field is not proven
        "move": "experimental",  # nobody has recorded a change of its address
    },
)
