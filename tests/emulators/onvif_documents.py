"""The SOAP texts of ONVIF devices as the wire shows them, and the order in which their requests' elements must stand."""

import re
from datetime import UTC, datetime
from xml.sax.saxutils import escape

NAMESPACES = {
    "tt": "http://www.onvif.org/ver10/schema",
    "tds": "http://www.onvif.org/ver10/device/wsdl",
    "trt": "http://www.onvif.org/ver10/media/wsdl",
    "tr2": "http://www.onvif.org/ver20/media/wsdl",
    "trc": "http://www.onvif.org/ver10/recording/wsdl",
    "tse": "http://www.onvif.org/ver10/search/wsdl",
    "trp": "http://www.onvif.org/ver10/replay/wsdl",
    "ter": "http://www.onvif.org/ver10/error",
}
ENVELOPE = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSU = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd"
DIGEST = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"

# What a request holds, in this order. An element is looked up as operation/name, as service:name, as name.
ORDER = {
    "tds:SetSystemDateAndTime": "DateTimeType DaylightSavings TimeZone? UTCDateTime?",
    "TimeZone": "TZ",
    "UTCDateTime": "Time Date",
    "Time": "Hour Minute Second",
    "Date": "Year Month Day",
    "tds:SetNTP": "FromDHCP NTPManual*",
    "NTPManual": "Type IPv4Address? IPv6Address? DNSname? Extension?",
    "tds:SetHostname": "Name",
    "tds:SetNetworkProtocols": "NetworkProtocols+",
    "NetworkProtocols": "Name Enabled Port+ Extension?",
    "tds:SetDiscoveryMode": "DiscoveryMode",
    "tds:SetScopes": "Scopes+",
    "tds:CreateUsers": "User+",
    "tds:SetUser": "User+",
    "User": "Username Password? UserLevel Extension?",
    "tds:DeleteUsers": "Username+",
    "trt:SetVideoEncoderConfiguration": "Configuration ForcePersistence",
    "trt:SetVideoEncoderConfiguration/Configuration": "Name UseCount Encoding Resolution Quality RateControl? MPEG4? H264? Multicast SessionTimeout",
    "trt:RateControl": "FrameRateLimit EncodingInterval BitrateLimit",
    "H264": "GovLength H264Profile",
    "trt:SetVideoSourceConfiguration": "Configuration ForcePersistence",
    "trt:SetVideoSourceConfiguration/Configuration": "Name UseCount SourceToken Bounds Extension?",
    "tr2:SetVideoEncoderConfiguration": "Configuration",
    "tr2:SetVideoEncoderConfiguration/Configuration": "Name UseCount Encoding Resolution RateControl? Multicast? Quality",
    "tr2:RateControl": "FrameRateLimit BitrateLimit",
    "Resolution": "Width Height",
    "Multicast": "Address Port TTL AutoStart",
    "Address": "Type IPv4Address? IPv6Address?",
    "trt:GetStreamUri": "StreamSetup ProfileToken",
    "StreamSetup": "Stream Transport",
    "Transport": "Protocol Tunnel?",
    "tr2:GetStreamUri": "Protocol ProfileToken",
    "tse:FindRecordings": "Scope MaxMatches? KeepAliveTime",
    "tse:GetRecordingSearchResults": "SearchToken MinResults? MaxResults? WaitTime?",
    "trp:GetReplayUri": "StreamSetup RecordingToken",
    "trt:CreateOSD": "OSD",
    "trt:SetOSD": "OSD",
    "tr2:CreateOSD": "OSD",
    "tr2:SetOSD": "OSD",
    "OSD": "VideoSourceConfigurationToken Type Position TextString? Image? Extension?",
    "Position": "Type Pos? Extension?",
    "TextString": "Type DateFormat? TimeFormat? FontSize? FontColor? BackgroundColor? PlainText? Extension?",
    "trt:DeleteOSD": "OSDToken",
    "tr2:DeleteOSD": "OSDToken",
}
ENUMERATIONS = {
    "DateTimeType": ("Manual", "NTP"),
    "NTPManual/Type": ("IPv4", "IPv6", "DNS"),
    "NetworkProtocols/Name": ("HTTP", "HTTPS", "RTSP"),
    "DiscoveryMode": ("Discoverable", "NonDiscoverable"),
    "UserLevel": ("Administrator", "Operator", "User", "Anonymous"),
    "Address/Type": ("IPv4", "IPv6"),
    "OSD/Type": ("Text", "Image", "Extended"),
    "Position/Type": ("UpperLeft", "UpperRight", "LowerLeft", "LowerRight", "Custom"),
    "TextString/Type": ("Plain", "Date", "Time", "DateAndTime"),
    **dict.fromkeys(("DaylightSavings", "FromDHCP", "Enabled", "ForcePersistence", "AutoStart"), ("true", "false", "1", "0")),
}


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def mistake(service, operation, request):
    """(fault subcode, words) of the first mistake of a request, or None."""

    def look(element, name, space):
        shape = next((ORDER[key] for key in (f"{service}:{operation}/{name}", f"{service}:{name}", name) if key in ORDER), None)
        if shape is None:
            return None
        names = "".join(f"{local(child)} " for child in element)
        items = [(item.rstrip("?*+"), item) for item in shape.split()]
        if not re.fullmatch("".join(f"(?:{plain} ){item[len(plain) :]}" for plain, item in items), names):
            return "WellFormed", f"{name}: {names.strip() or 'nothing'} is not {shape}"
        for child in element:
            if child.tag != f"{{{space}}}{local(child)}":
                return "WellFormed", f"{local(child)} is in the wrong namespace"
            allowed = ENUMERATIONS.get(f"{name}/{local(child)}", ENUMERATIONS.get(local(child)))
            if allowed and (child.text or "").strip() not in allowed:
                return "InvalidArgVal", f"{local(child)} is none of {', '.join(allowed)}"
            found = look(child, local(child), NAMESPACES["tt"])
            if found:
                return found
        return None

    return look(request, operation, NAMESPACES[service])


def envelope(old, inner):
    """An answer; old devices have an empty header and another prefix."""
    soap = "SOAP-ENV" if old else "env"
    spaces = "".join(f' xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    header = f"<{soap}:Header></{soap}:Header>" if old else ""
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{soap}:Envelope xmlns:{soap}="{ENVELOPE}"{spaces}>'
        f"{header}<{soap}:Body>{inner}</{soap}:Body></{soap}:Envelope>"
    ).encode()


def fault(old, code, subcodes, words):
    soap = "SOAP-ENV" if old else "env"
    inner = ""
    for subcode in reversed(subcodes):
        inner = f"<{soap}:Subcode><{soap}:Value>ter:{subcode}</{soap}:Value>{inner}</{soap}:Subcode>"
    return envelope(
        old,
        f"<{soap}:Fault><{soap}:Code><{soap}:Value>{soap}:{code}</{soap}:Value>{inner}</{soap}:Code>"
        f'<{soap}:Reason><{soap}:Text xml:lang="en">{escape(words)}</{soap}:Text></{soap}:Reason></{soap}:Fault>',
    )


def flag(value):
    return "true" if value else "false"


def information(config):
    return (
        f"<tds:Manufacturer>{escape(config.get('manufacturer', 'ONVIF'))}</tds:Manufacturer><tds:Model>{config['model']}</tds:Model>"
        f"<tds:FirmwareVersion>{config['firmware']} {config['firmware_date']}</tds:FirmwareVersion>"
        f"<tds:SerialNumber>{config['serial']}</tds:SerialNumber><tds:HardwareId>88</tds:HardwareId>"
    )


def date_and_time(when):
    return (
        f"<tt:Time><tt:Hour>{when.hour}</tt:Hour><tt:Minute>{when.minute}</tt:Minute><tt:Second>{when.second}</tt:Second></tt:Time>"
        f"<tt:Date><tt:Year>{when.year}</tt:Year><tt:Month>{when.month}</tt:Month><tt:Day>{when.day}</tt:Day></tt:Date>"
    )


def system_time(settings, utc, wall):
    return (
        f"<tds:SystemDateAndTime><tt:DateTimeType>{settings['mode']}</tt:DateTimeType><tt:DaylightSavings>{flag(settings['dst'])}</tt:DaylightSavings>"
        f"<tt:TimeZone><tt:TZ>{escape(settings['tz'])}</tt:TZ></tt:TimeZone><tt:UTCDateTime>{date_and_time(utc)}</tt:UTCDateTime>"
        f"<tt:LocalDateTime>{date_and_time(wall)}</tt:LocalDateTime></tds:SystemDateAndTime>"
    )


def host(tag, kind, value):
    name = {"IPv4": "IPv4Address", "IPv6": "IPv6Address", "DNS": "DNSname"}[kind]
    return f"<{tag}><tt:Type>{kind}</tt:Type><tt:{name}>{escape(value)}</tt:{name}></{tag}>"


def ntp(settings):
    manual = "".join(host("tt:NTPManual", kind, value) for kind, value in settings["manual"])
    return f"<tds:NTPInformation><tt:FromDHCP>{flag(settings['dhcp'])}</tt:FromDHCP>{manual}</tds:NTPInformation>"


def interfaces(config):
    return (
        f'<tds:NetworkInterfaces token="eth0"><tt:Enabled>true</tt:Enabled><tt:Info><tt:Name>eth0</tt:Name><tt:HwAddress>{config["mac"]}</tt:HwAddress>'
        "<tt:MTU>1500</tt:MTU></tt:Info><tt:IPv4><tt:Enabled>true</tt:Enabled><tt:Config><tt:Manual>"
        f"<tt:Address>{config['address']}</tt:Address><tt:PrefixLength>24</tt:PrefixLength></tt:Manual><tt:DHCP>false</tt:DHCP></tt:Config></tt:IPv4></tds:NetworkInterfaces>"
    )


def protocols(rows):
    return "".join(
        f"<tds:NetworkProtocols><tt:Name>{name}</tt:Name><tt:Enabled>{flag(row['enabled'])}</tt:Enabled><tt:Port>{row['port']}</tt:Port></tds:NetworkProtocols>"
        for name, row in rows.items()
    )


def services(addresses):
    return "".join(
        f"<tds:Service><tds:Namespace>{NAMESPACES[prefix]}</tds:Namespace><tds:XAddr>{address}</tds:XAddr>"
        "<tds:Version><tt:Major>16</tt:Major><tt:Minor>12</tt:Minor></tds:Version></tds:Service>"
        for prefix, address in addresses.items()
    )


def capabilities(addresses):
    off = "".join(f"<tt:{name}>false</tt:{name}>" for name in ("IPFilter", "ZeroConfiguration", "IPVersion6", "DynDNS"))
    names = ("DiscoveryResolve", "DiscoveryBye", "RemoteDiscovery", "SystemBackup", "SystemLogging", "FirmwareUpgrade")
    system = "".join(f"<tt:{name}>{flag(name == 'DiscoveryBye')}</tt:{name}>" for name in names)
    names = ("TLS1.1", "TLS1.2", "OnboardKeyGeneration", "AccessPolicyConfig", "X.509Token", "SAMLToken", "KerberosToken", "RELToken")
    security = "".join(f"<tt:{name}>false</tt:{name}>" for name in names)
    return (
        f"<tds:Capabilities><tt:Device><tt:XAddr>{addresses['tds']}</tt:XAddr><tt:Network>{off}</tt:Network>"
        f"<tt:System>{system}<tt:SupportedVersions><tt:Major>2</tt:Major><tt:Minor>3</tt:Minor></tt:SupportedVersions></tt:System>"
        f"<tt:IO></tt:IO><tt:Security>{security}</tt:Security></tt:Device><tt:Media><tt:XAddr>{addresses['trt']}</tt:XAddr><tt:StreamingCapabilities>"
        "<tt:RTPMulticast>false</tt:RTPMulticast><tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP>"
        "</tt:StreamingCapabilities></tt:Media></tds:Capabilities>"
    )


MULTICAST = (
    "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
    "<tt:Port>0</tt:Port><tt:TTL>128</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
)


def size(width, height, tag="tt:Resolution"):
    return f"<{tag}><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></{tag}>"


def encoder(tag, one):
    """A VideoEncoderConfiguration of Media1."""
    return (
        f'<{tag} token="{one["token"]}"><tt:Name>{escape(one["name"])}</tt:Name><tt:UseCount>1</tt:UseCount><tt:Encoding>{one["codec"]}</tt:Encoding>'
        f"{size(one['width'], one['height'])}<tt:Quality>{one['quality']}</tt:Quality><tt:RateControl><tt:FrameRateLimit>{one['fps']:.0f}</tt:FrameRateLimit>"
        f"<tt:EncodingInterval>1</tt:EncodingInterval><tt:BitrateLimit>{one['kbps']}</tt:BitrateLimit></tt:RateControl>"
        f"<tt:H264><tt:GovLength>{one['gop']}</tt:GovLength><tt:H264Profile>{one['profile']}</tt:H264Profile></tt:H264>{MULTICAST}"
        f"<tt:SessionTimeout>PT60S</tt:SessionTimeout></{tag}>"
    )


def encoder2(tag, one, token):
    """A VideoEncoder2Configuration: rates are decimal numbers, the quality stands last."""
    return (
        f'<{tag} token="{token}" GovLength="{one["gop"]}" Profile="{one["profile"]}"><tt:Name>{escape(one["name"])}</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>{one['codec']}</tt:Encoding>{size(one['width'], one['height'])}"
        f'<tt:RateControl ConstantBitRate="{flag(one["cbr"])}"><tt:FrameRateLimit>{one["fps"]:.1f}</tt:FrameRateLimit><tt:BitrateLimit>{one["kbps"]}</tt:BitrateLimit></tt:RateControl>'
        f"{MULTICAST}<tt:Quality>{one['quality']}</tt:Quality></{tag}>"
    )


def source(tag, one, count):
    width, height = one["size"]
    return (
        f'<{tag} token="{one["configuration"]}"><tt:Name>{escape(one["name"])}</tt:Name><tt:UseCount>{count}</tt:UseCount>'
        f'<tt:SourceToken>{one["token"]}</tt:SourceToken><tt:Bounds x="0" y="0" width="{width}" height="{height}"></tt:Bounds></{tag}>'
    )


def encoder_options(sizes, rates, fps, extended):
    """Old devices don't say between which rates they can send."""

    def between(name, least, most):
        return f"<tt:{name}><tt:Min>{least}</tt:Min><tt:Max>{most}</tt:Max></tt:{name}>"

    h264 = "".join(size(*one, "tt:ResolutionsAvailable") for one in sizes)
    h264 += between("GovLengthRange", 1, 400) + between("FrameRateRange", *fps) + between("EncodingIntervalRange", 1, 1)
    h264 += "".join(f"<tt:H264ProfilesSupported>{name}</tt:H264ProfilesSupported>" for name in ("Baseline", "Main", "High"))
    more = f"<tt:Extension><tt:H264>{h264}{between('BitrateRange', *rates)}</tt:H264></tt:Extension>" if extended else ""
    return f"<trt:Options>{between('QualityRange', 1, 6)}<tt:H264>{h264}</tt:H264>{more}</trt:Options>"


def encoder_options2(codec, sizes, rates, fps):
    """A VideoEncoder2ConfigurationOptions: one for each codec, the picture rates in an attribute."""
    names = "".join(size(*one, "tt:ResolutionsAvailable") for one in sizes)
    listed = " ".join(f"{rate}.0" for rate in range(fps[1], fps[0] - 1, -1))
    return (
        f'<tr2:Options GovLengthRange="1 400" FrameRatesSupported="{listed}" ProfilesSupported="Main High" ConstantBitRateSupported="true">'
        f"<tt:Encoding>{codec}</tt:Encoding><tt:QualityRange><tt:Min>1</tt:Min><tt:Max>6</tt:Max></tt:QualityRange>{names}"
        f"<tt:BitrateRange><tt:Min>{rates[0]}</tt:Min><tt:Max>{rates[1]}</tt:Max></tt:BitrateRange></tr2:Options>"
    )


def overlay(tag, one):
    """An OSDConfiguration."""
    kind, date, time, plain = (one["text"].get(key, "") for key in ("type", "date", "time", "plain"))
    text = f"<tt:Type>{kind}</tt:Type>"
    text += f"<tt:DateFormat>{date}</tt:DateFormat>" if date else ""
    text += f"<tt:TimeFormat>{time}</tt:TimeFormat>" if time else ""
    text += f"<tt:PlainText>{escape(plain)}</tt:PlainText>" if kind == "Plain" else ""
    pos = f'<tt:Pos x="{one["pos"][0]}" y="{one["pos"][1]}"/>' if one["pos"] else ""
    return (
        f'<{tag} token="{one["token"]}"><tt:VideoSourceConfigurationToken>{one["source"]}</tt:VideoSourceConfigurationToken><tt:Type>Text</tt:Type>'
        f"<tt:Position><tt:Type>{one['position']}</tt:Type>{pos}</tt:Position><tt:TextString>{text}</tt:TextString></{tag}>"
    )


def recordings(sources):
    return "".join(
        f"<trc:RecordingItem><tt:RecordingToken>Recording_{n}</tt:RecordingToken><tt:Configuration><tt:Source><tt:SourceId>{one['token']}</tt:SourceId>"
        f"<tt:Name>{escape(one['name'])}</tt:Name><tt:Location>Location</tt:Location><tt:Description>Description of source</tt:Description>"
        f"<tt:Address>http://www.onvif.org/ver10/schema/Profile</tt:Address></tt:Source><tt:Content>RecordContent</tt:Content>"
        f"<tt:MaximumRetentionTime>PT0S</tt:MaximumRetentionTime></tt:Configuration><tt:Tracks><tt:Track><tt:TrackToken>video_{n}</tt:TrackToken>"
        "<tt:Configuration><tt:TrackType>Video</tt:TrackType><tt:Description>VideoTrack</tt:Description></tt:Configuration></tt:Track></tt:Tracks></trc:RecordingItem>"
        for n, one in enumerate(sources, 1)
    )


def found(number, source, from_s, until_s):
    """One recording as a search shows it; times are UTC."""
    begin, end = (f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%SZ}" for at_s in (from_s, until_s))
    track = (
        f"<tt:Track><tt:TrackToken>video_{number}</tt:TrackToken><tt:TrackType>Video</tt:TrackType><tt:Description>VideoTrack</tt:Description>"
        f"<tt:DataFrom>{begin}</tt:DataFrom><tt:DataTo>{end}</tt:DataTo></tt:Track>"
    )
    return (
        f"<tt:RecordingInformation><tt:RecordingToken>Recording_{number}</tt:RecordingToken><tt:Source><tt:SourceId>{source['token']}</tt:SourceId>"
        f"<tt:Name>{escape(source['name'])}</tt:Name><tt:Location>Location</tt:Location><tt:Description>Description of source</tt:Description>"
        f"<tt:Address>http://www.onvif.org/ver10/schema/Profile</tt:Address></tt:Source><tt:EarliestRecording>{begin}</tt:EarliestRecording>"
        f"<tt:LatestRecording>{end}</tt:LatestRecording><tt:Content>RecordContent</tt:Content>{track}"
        "<tt:RecordingStatus>Recording</tt:RecordingStatus></tt:RecordingInformation>"
    )
