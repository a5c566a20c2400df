"""Axis as a table: VAPIX parameters of firmware 5.5 to 9.80 as recorded, and JSON APIs of newer firmware where the device lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..settings import NETMASK, OURS, TEXT, Form, Items, Risk, Setting, choice, number, one_of_list, posix_zone
from .table import Vendor, password_rule

CAMERA = ("camera",)
PARAMS = "params"
ON, OFF = {"yes", "on", "true", "1"}, {"no", "off", "false", "0"}  # three spellings on one camera


def _read_switch(native: str) -> bool:
    if native.lower() not in ON | OFF:
        raise ValueError(f"{native!r} is neither yes nor no")
    return native.lower() in ON


SWITCH = Form(_read_switch, lambda value: "yes" if value else "no", bool)  # the dialect spells it as the parameter's definition says
CLOUD = Form(lambda native: native != "no", lambda value: "oneclick" if value else "no", bool)
MAC = Form(str.lower, str.upper, str.lower)


# An account's name is 1 to 14 letters and digits (VAPIX user management).
ACCOUNT = Form(
    lambda native: native.replace("motcua", OURS, 1) if native.startswith("motcua") else native, lambda name: name.replace("-", "")[:14]
)


def unset(form: Form) -> Form:
    """A form of which the empty text is None: a stream profile says only what differs from the camera's own."""
    return Form(
        lambda native: form.read(native) if native else None, form.write, lambda value: None if value is None else form.normal(value)
    )


def stream(profile: str) -> tuple[Setting, ...]:
    """The rows of a stream profile of ours; viewers of other profiles aren't disturbed."""

    def row(key: str, select: str, form: Form, **more: Any) -> Setting:
        at = f"profile:motcua-{profile}"
        return Setting(f"streams.{profile}.{key}", at, select, unset(form), CAMERA, Risk.STREAM, evidence="coded", **more)

    return (
        row("codec", "videocodec", choice(h264="h264", h265="h265", mjpeg="jpeg")),
        row("width", "resolution[0]", number()),
        row("height", "resolution[1]", number()),
        row("fps", "fps", number()),
        row("bitrate_mode", "videobitratemode", choice(cbr="mbr", vbr="vbr", average="abr")),
        row("bitrate_kbps", "videomaxbitrate", number()),
        row("gop_frames", "videokeyframeinterval", number()),
        row("audio", "audio", Form(_read_switch, lambda value: "1" if value else "0", bool)),
    )


def _static(_value: Any, at: str) -> Mapping[str, Any]:
    """A time server of ours instead of the one that DHCP gives."""
    own = {"client/enabled": "true", "client/serversSource": "static"}
    return {"also": {"Time.ObtainFromDHCP": "no"} if at == PARAMS else own}


def _shown(_value: Any, at: str) -> Mapping[str, Any]:
    return {"also": {"Image.I0.Text.TextEnabled": "yes"}} if at == PARAMS else {}


SETTINGS = (
    Setting("identity.model", PARAMS, "Brand.ProdShortName", read_only=True),
    Setting("identity.firmware", PARAMS, "Properties.Firmware.Version", read_only=True),
    Setting("identity.build", PARAMS, "Properties.Firmware.BuildDate", read_only=True),
    Setting("identity.serial", PARAMS, "Properties.System.SerialNumber", read_only=True),
    Setting("identity.mac", PARAMS, "Network.eth0.MACAddress", MAC, read_only=True),
    Setting("name", PARAMS, "Network.HostName"),
    Setting("time.zone", f"time|{PARAMS}", "posixTimeZone|Time.POSIXTimeZone", posix_zone("<{east}>{sign}{short}")),
    Setting("time.mode", PARAMS, "Time.SyncSource", choice(ntp="NTP", manual="None", pc="PC")),
    Setting("time.from_dhcp", PARAMS, "Time.ObtainFromDHCP", SWITCH),
    Setting("time.ntp", f"ntp|{PARAMS}", "client/staticServers|Time.NTP.Server", one_of_list(), shape=_static),
    Setting("time.clock", "time", "localDateTime", read_only=True, evidence="coded", firmware="lists the API time-service"),
    Setting("network.mode", PARAMS, "Network.BootProto", choice(static="none", dhcp="dhcp"), read_only=True),
    # Network.IPAddress is only what is used when DHCP gives nothing.
    Setting("network.address", PARAMS, "Network.eth0.IPAddress", read_only=True),
    Setting("network.prefix", PARAMS, "Network.eth0.SubnetMask", NETMASK, read_only=True),
    Setting("network.gateway", PARAMS, "Network.Routing.DefaultRouter|Network.DefaultRouter", read_only=True),
    Setting("network.dns", PARAMS, "Network.Resolver.NameServer1", one_of_list(), read_only=True),
    Setting("ports.http", PARAMS, "System.BoaPort", number(), read_only=True),
    Setting("ports.https", PARAMS, "HTTPS.Port", number(), read_only=True),
    Setting("ports.rtsp", PARAMS, "Network.RTSP.Port", number(), risk=Risk.STREAM),
    Setting("services.https", PARAMS, "HTTPS.Enabled", SWITCH, risk=Risk.LOCKOUT),
    Setting("services.rtsp", PARAMS, "Network.RTSP.Enabled", SWITCH, risk=Risk.STREAM),
    Setting("services.upnp", PARAMS, "Network.UPnP.Enabled", SWITCH),
    Setting("services.discovery", PARAMS, "Network.Bonjour.Enabled", SWITCH),
    Setting("services.ws_discovery", PARAMS, "WebService.DiscoveryMode.Discoverable", SWITCH),
    Setting("services.p2p", PARAMS, "RemoteService.Enabled", CLOUD),
    Setting("services.snmp", PARAMS, "SNMP.Enabled", SWITCH),
    Setting("services.ssh", PARAMS, "Network.SSH.Enabled", SWITCH, evidence="coded"),
    Setting(
        "access.http_auth",
        PARAMS,
        "Network.HTTP.AuthenticationPolicy",
        choice(digest="digest", basic="basic", digest_basic="basic_digest"),
        risk=Risk.LOCKOUT,
    ),
    Setting("access.lockout", PARAMS, "System.PreventDoSAttack.ActivatePasswordThrottling", SWITCH),
    Setting("access.tls_min", PARAMS, "HTTPS.AllowTLS11", choice(**{"1.1": "yes", "1.2": "no"}), risk=Risk.LOCKOUT),
    *stream("main"),
    *stream("sub"),
    # Only the JSON API takes Vietnamese: the parameter list is ISO-8859-1.
    Setting(
        "overlay.name",
        f"overlays|{PARAMS}",
        "topLeft|Image.I0.Text.String",
        TEXT,
        CAMERA,
        evidence="coded",
        shape=_shown,
        firmware="Vietnamese where it lists the API dynamicoverlay",
    ),
    Setting("overlay.text", "overlays", "bottomLeft", TEXT, CAMERA, evidence="coded", firmware="lists the API dynamicoverlay"),
    Setting("overlay.clock", PARAMS, "Image.I0.Text.ClockEnabled", SWITCH, CAMERA, also={"Image.I0.Text.DateEnabled": "yes"}),
)

ITEMS = (
    Items(
        "users",
        "users",
        row="users",
        match="name",
        settings=(Setting("role", "", "role", choice(admin="admin", operator="operator", viewer="viewer")),),
        write_only="pwd",
        names=ACCOUNT,
    ),
    Items(
        "disks",
        "disks",
        row="disk",
        match="@diskid",
        settings=(
            Setting("status", "", "@status", Form(str.lower, str), read_only=True),
            Setting("capacity_mb", "", "@totalsize", number(scale=1024), read_only=True),
            Setting("free_mb", "", "@freesize", number(scale=1024), read_only=True),
        ),
        evidence="recorded",
    ),
)

AXIS = Vendor(
    "axis",
    "vapix",
    SETTINGS,
    ITEMS,
    password_rule(16),
    firmware="5.5 to 9.80, and AXIS OS after it where the device lists the JSON API; recorded: 9.80.2.2",
    stream_path="/axis-media/media.amp?streamprofile=motcua-main",
    factory_user="root",
    # Firmware as documented; no camera took one yet.
    operations={"activate": "coded", "reboot": "coded", "firmware": "experimental", "certificate": "experimental"},
)
