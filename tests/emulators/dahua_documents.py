"""The configuration of Dahua devices as the wire shows it: flat rows for CGI, the same rows as objects and arrays for RPC2."""

import re

FREE = "192.168.0.0"
SIZES = {"MainFormat": ((2560, 1440), (1920, 1080), (1280, 720), (640, 360)), "ExtraFormat": ((704, 576), (640, 360), (352, 288))}
WORDS = ("Name", "MachineName", "MachineAddress", "Text", "Address", "UserName", "ID", "SerialNo")


def video(channel, name, codec, width, height, fps, kbps, number=0):
    """One stream of a channel; the third is the second extra one."""
    prefix = f"Encode[{channel}].{name}[{number}]"
    return {
        f"{prefix}.AudioEnable": "true",
        f"{prefix}.Audio.Compression": "G.711A",
        f"{prefix}.VideoEnable": "true",
        f"{prefix}.Video.BitRate": str(kbps),
        f"{prefix}.Video.BitRateControl": "VBR",
        f"{prefix}.Video.Compression": codec,
        f"{prefix}.Video.CustomResolutionName": f"{width}x{height}",
        f"{prefix}.Video.FPS": f"{fps:.6f}",
        f"{prefix}.Video.GOP": str(fps * 2),
        f"{prefix}.Video.Height": str(height),
        f"{prefix}.Video.Profile": "Main",
        f"{prefix}.Video.Quality": "4",
        f"{prefix}.Video.Width": str(width),
        f"{prefix}.Video.resolution": f"{width}x{height}",
    }


THIRD_SIZES = ((1280, 720), (640, 360), (352, 288))
NAMES = {(2560, 1440): "2560x1440", (1920, 1080): "1080P", (1280, 720): "720P", (704, 576): "D1", (352, 288): "CIF"}


def abilities():
    """What each stream can be, as encode.cgi says it: some sizes by name."""
    rows = {}
    for place, sizes in (("MainFormat[0]", SIZES["MainFormat"]), ("ExtraFormat[0]", SIZES["ExtraFormat"]), ("ExtraFormat[1]", THIRD_SIZES)):
        at = f"caps[0].{place}.Video"
        rows |= {f"{at}.BitRateOptions": "32,8192", f"{at}.CompressionTypes": "H.264,H.265,MJPG", f"{at}.FPSMax": "25"}
        rows[f"{at}.ResolutionTypes"] = ",".join(NAMES.get(size, f"{size[0]}x{size[1]}") for size in sizes)
    return rows


def channel_tables(channel, title):
    """What there is for each channel, counted from 0."""
    widget = f"VideoWidget[{channel}]"
    custom = {}
    for row in range(2):
        custom |= {f"{widget}.CustomTitle[{row}].EncodeBlend": "false", f"{widget}.CustomTitle[{row}].PreviewBlend": "false"}
        custom |= {f"{widget}.CustomTitle[{row}].Rect[{corner}]": "0" for corner in range(4)}
        custom[f"{widget}.CustomTitle[{row}].Text"] = ""
    return {
        **video(channel, "MainFormat", "H.264", 2560, 1440, 20, 4096),
        **video(channel, "ExtraFormat", "H.264", 704, 576, 20, 512),
        f"SmartEncode[{channel}].Enable": "false",
        f"ChannelTitle[{channel}].Name": title,
        f"{widget}.TimeTitle.EncodeBlend": "false",
        f"{widget}.TimeTitle.ShowWeek": "true",
        f"{widget}.ChannelTitle.EncodeBlend": "true",
        **custom,
        f"MotionDetect[{channel}].Enable": "true",
        f"RecordMode[{channel}].Mode": "2",
        f"RecordMode[{channel}].ModeExtra1": "2",
    }


def tables(config):
    """All configuration fresh from the box, but for the channels."""
    return {
        "General.MachineName": "KBVISION",
        "General.LockLoginEnable": "false",
        "General.LockLoginTimes": "5",
        "General.LoginFailLockTime": "1800",
        "General.MachineAddress": "",
        "NTP.Enable": "false",
        "NTP.Address": "clock.isc.org",
        "NTP.Port": "123",
        "NTP.UpdatePeriod": "10",
        "NTP.TimeZone": "13",
        "NTP.TimeZoneDesc": "Beijing",
        "Locales.DSTEnable": "false",
        "Network.DefaultInterface": "eth0",
        "Network.eth0.IPAddress": config["address"],
        "Network.eth0.SubnetMask": "255.255.255.0",
        "Network.eth0.DefaultGateway": config["gateway"] or "0.0.0.0",
        "Network.eth0.DhcpEnable": "false",
        "Network.eth0.PhysicalAddress": config["mac"],
        "RTSP.Enable": "true",
        "RTSP.Port": "554",
        "UPnP.Enable": "true",
        "T2UServer.Enable": "true",
        "T2UServer.ID": "",
        "SNMP.Enable": "false",
        "Https.Enable": "true",
        "Https.Port": "443",
        "Multicast.RTP[0].Enable": "false",
        "UserGlobal.OnvifLoginCheck": "true",
    }


def remote(slot):
    """The name of a recorder's row for one camera, counted from 0."""
    return f"RemoteDevice.uuid:System_CONFIG_NETCAMERA_INFO_{slot}"


def remote_tables(slot, channel=None):
    """A camera on a recorder; a free slot is switched off and has an address that means nothing."""
    given = channel or {"address": FREE, "user": "admin"}
    return {
        f"{remote(slot)}.Enable": "true" if channel else "false",
        f"{remote(slot)}.Address": given["address"],
        f"{remote(slot)}.Port": str(given.get("port", 37777)),
        f"{remote(slot)}.HttpPort": "80",
        f"{remote(slot)}.RtspPort": "554",
        f"{remote(slot)}.UserName": given["user"],
        f"{remote(slot)}.Vendor": "Private",
        f"{remote(slot)}.ProtocolType": given.get("protocol", "Private"),
        f"{remote(slot)}.DeviceType": "",
        f"{remote(slot)}.SerialNo": "",
        f"{remote(slot)}.Mac": "",
        f"{remote(slot)}.Name": given.get("name", ""),
    }


def typed(key, value):
    """A flat row's text as RPC2 shows it."""
    if key.rsplit(".", 1)[-1] in WORDS:
        return value
    if value in ("true", "false"):
        return value == "true"
    if re.fullmatch(r"-?\d+", value):
        return int(value)
    return float(value) if re.fullmatch(r"-?\d+\.\d{6}", value) else value


def flat_text(value):
    """And back."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def steps(key):
    """``Encode[0].MainFormat[1].Video`` as its names and numbers."""
    return [int(number) if number else name for name, number in re.findall(r"([^.\[\]]+)(?![^\[]*\])|\[(\d+)\]", key)]


def nested(rows):
    """Flat rows without their table's name as one object or array."""
    whole = {}
    for key, value in rows.items():
        *way, last = steps(key)
        at = whole
        for step in way:
            at = at.setdefault(step, {})
        at[last] = typed(key, value)
    return _arrays(whole)


def _arrays(value):
    if not isinstance(value, dict):
        return value
    if value and all(isinstance(key, int) for key in value):
        return [_arrays(value[key]) for key in sorted(value)]
    return {key: _arrays(inner) for key, inner in value.items()}


def flat(value, prefix):
    """An object or array as rows."""
    if isinstance(value, dict):
        return {key: text for name, inner in value.items() for key, text in flat(inner, f"{prefix}.{name}").items()}
    if isinstance(value, list):
        return {key: text for n, inner in enumerate(value) for key, text in flat(inner, f"{prefix}[{n}]").items()}
    return {prefix: flat_text(value)}
