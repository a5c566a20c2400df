"""The parameters of Axis cameras with their types as VAPIX writes them, and what else only has a form: names, levels and spellings are theirs."""

import re
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

# name | level to create, delete, read, write | type | value. A plus: only the younger generation has it.
PARAMETERS = """
+BasicDeviceInfo.BasicDeviceInfo|7707|string|yes
Brand.Brand|7707|string|AXIS
Brand.ProdFullName|7707|string|AXIS {model} Network Camera
Brand.ProdNbr|7707|string|{model}
Brand.ProdShortName|7707|string|AXIS {model}
Brand.ProdType|7707|string|Network Camera
+Brand.ProdVariant|7707|string|
Brand.WebURL|7707|string|http://www.axis.com
+HTTPS.AllowTLS1|7706|bool yes no|yes
+HTTPS.AllowTLS11|7706|bool yes no|yes
HTTPS.Ciphers|7706|string|AES256-SHA:AES128-SHA
HTTPS.Enabled|7706|bool yes no|yes
HTTPS.Port|7706|int 1 65535|{https_port}
Image.DateFormat|7744|enum YYYY-MM-DD MM-DD-YYYY DD-MM-YYYY|YYYY-MM-DD
Image.MaxViewers|7714|int 0 20|10
+Image.I0.Enabled|7704|bool yes no|yes
Image.I0.Name|7704|string|{view}
Image.I0.Source|7717|string readonly|0
+Image.I0.Appearance.ColorEnabled|7744|enum no yes|yes
Image.I0.Appearance.Compression|7744|int 0 100|30
Image.I0.Appearance.Resolution|7714|enum {sizes}|{size}
Image.I0.Appearance.Rotation|7714|enum 0 90 180 270|0
Image.I0.MPEG.Complexity|7744|int 0 100|50
Image.I0.MPEG.PCount|7744|int 0 1022|31
+Image.I0.MPEG.ZChromaQPMode|7744|enum off on|off
+Image.I0.MPEG.ZFpsMode|7744|enum fixed dynamic|fixed
+Image.I0.MPEG.ZGopMode|7744|enum fixed dynamic|fixed
+Image.I0.MPEG.ZMaxGopLength|7744|int 1 1023|300
+Image.I0.MPEG.ZMinFps|7744|string maxlen 10|0
+Image.I0.MPEG.ZStrength|7744|enum off 10 20 30 40 50|10
+Image.I0.MPEG.H264.Profile|7744|enum baseline main high|high
Image.I0.MPEG.H264.PSEnabled|7744|bool yes no|no
Image.I0.RateControl.MaxBitrate|7744|int 0 50000|0
Image.I0.RateControl.Mode|7744|enum {modes}|vbr
Image.I0.RateControl.Priority|7744|enum none quality framerate|framerate
Image.I0.RateControl.TargetBitrate|7744|int 0 50000|0
+Image.I0.RateControl.ABR.MaxBitrate|7744|int 0 50000|0
+Image.I0.RateControl.ABR.RetentionTime|7744|int 1 3652|7
+Image.I0.RateControl.ABR.TargetBitrate|7744|int 0 50000|0
Image.I0.Stream.Duration|7714|int 0 2147483647|0
Image.I0.Stream.FPS|7744|int 0 30|0
Image.I0.Stream.NbrOfFrames|7744|int 0 2147483647|0
Image.I0.Text.BGColor|7744|enum white black transparent semitransparent|black
Image.I0.Text.ClockEnabled|7744|bool yes no|no
Image.I0.Text.Color|7744|enum white black|white
Image.I0.Text.DateEnabled|7744|bool yes no|no
Image.I0.Text.Position|7744|enum top bottom|top
Image.I0.Text.String|7744|string maxlen 80|
Image.I0.Text.TextEnabled|7744|bool yes no|no
Image.I0.Text.TextSize|7744|enum small medium large|medium
Network.BootProto|7766|enum dhcp none|dhcp
Network.Broadcast|7766|ip|192.168.0.255
Network.DefaultRouter|7766|ip|192.168.0.1
Network.DNSServer1|7766|ip|0.0.0.0
Network.DNSServer2|7766|ip|0.0.0.0
Network.DomainName|7766|string|
Network.Enabled|7716|bool yes no|yes
Network.HostName|7766|string maxlen 63|axis-{host}
Network.IPAddress|7766|ip|192.168.0.90
Network.SubnetMask|7766|ip|255.255.255.0
Network.Bonjour.Enabled|7766|bool yes no|yes
Network.Bonjour.FriendlyName|7766|string maxlen 63|AXIS {model} - {serial}
Network.eth0.Broadcast|7767|ip readonly|
Network.eth0.IPAddress|7747|ip readonly|
Network.eth0.MACAddress|7747|string readonly|{mac}
Network.eth0.SubnetMask|7767|ip readonly|
-Network.FTP.Enabled|7766|bool yes no|yes
Network.HTTP.AuthenticationPolicy|7716|enum basic digest basic_digest|{policy}
Network.HTTP.AuthenticationPolicySet|7767|bool yes no|yes
Network.HTTP.AuthenticationWithQop|7716|bool yes no|no
Network.Resolver.NameServer1|7767|ip readonly|
Network.Resolver.NameServer2|7767|ip readonly|
Network.Resolver.NameServerList|7767|ipList readonly|
Network.Resolver.ObtainFromDHCP|7766|bool yes no|yes
Network.Resolver.Search|7767|string readonly|
Network.Routing.DefaultRouter|7767|ip readonly|
Network.RTSP.Enabled|7766|bool yes no|yes
Network.RTSP.Port|7716|range 554 1024-65535|{rtsp_port}
Network.RTSP.ProtViewer|7766|bool anonymous password|password
Network.RTSP.Timeout|7766|int 0 -|60
+Network.RTSPS.Enabled|7766|bool yes no|no
+Network.RTSPS.Port|7716|range 322 1024-65535|322
Network.UPnP.Enabled|7766|bool yes no|yes
Network.UPnP.FriendlyName|7766|string maxlen 63|AXIS {model} - {serial}
Network.VolatileHostName.HostName|7767|string readonly|axis-{host}
Network.VolatileHostName.ObtainFromDHCP|7766|bool yes no|no
Network.ZeroConf.Enabled|7766|bool yes no|yes
Network.ZeroConf.IPAddress|7766|ip readonly|169.254.10.21
Network.ZeroConf.SubnetMask|7766|ip readonly|255.255.0.0
Properties.API.HTTP.Version|7707|int readonly|3
Properties.API.Metadata.Metadata|7707|bool readonly yes no|yes
Properties.API.Metadata.Version|7707|string readonly|1.0
Properties.API.RTSP.RTSPAuth|7707|bool readonly yes no|yes
Properties.API.RTSP.Version|7707|string readonly|2.01
+Properties.ApiDiscovery.ApiDiscovery|7707|bool readonly yes no|yes
+Properties.DynamicOverlay.DynamicOverlay|7707|bool readonly yes no|yes
+Properties.DynamicOverlay.Version|7707|string readonly|1.0
Properties.Firmware.BuildDate|7707|string|{firmware_date}
Properties.Firmware.BuildNumber|7707|string|7
Properties.Firmware.Version|7707|string|{firmware}
+Properties.FirmwareManagement.Version|7717|string readonly|1.4
Properties.HTTPS.HTTPS|7707|bool readonly yes no|yes
Properties.Image.Format|7707|string|{formats}
Properties.Image.NbrOfViews|7707|int readonly|1
Properties.Image.Resolution|7707|string|{resolutions}
Properties.Image.Rotation|7707|string|0,90,180,270
Properties.LocalStorage.LocalStorage|7707|bool readonly yes no|yes
Properties.LocalStorage.SDCard|7707|bool readonly yes no|yes
Properties.System.Architecture|7707|string|{architecture}
Properties.System.HardwareID|7707|string|7B1
Properties.System.Language|7707|string|
Properties.System.LanguageType|7707|string|
Properties.System.SerialNumber|7707|string|{serial}
+Properties.System.Soc|7707|string|Axis Artpec-7
RemoteService.Enabled|7766|enum oneclick yes no|oneclick
RemoteService.ProxyServer|7766|string|
SNMP.Enabled|7766|bool yes no|no
SNMP.EngineBoots|7766|int 1 -|1
SNMP.InitialUserPasswdSet|7766|bool yes no|no
SNMP.V1|7766|bool yes no|no
SNMP.V1ReadCommunity|7766|string maxlen 32|public
SNMP.V1WriteCommunity|7766|string maxlen 32|write
SNMP.V2c|7766|bool yes no|no
SNMP.V3|7766|bool yes no|no
SNMP.Trap.Enabled|7766|bool yes no|no
Storage.S0.CleanupLevel|7744|int 0 99|90
Storage.S0.CleanupMaxAge|7744|int 0 7000|7
Storage.S0.CleanupPolicyActive|7744|enum fifo none|fifo
Storage.S0.DiskID|7747|string readonly|SD_DISK
Storage.S0.FileSystem|7744|enum vfat ext4 cifs|ext4
StreamProfile.MaxGroups|7717|int readonly|{profiles}
StreamProfile.S0.Description|4414|string maxlen 128|Best image quality and full frame rate.
StreamProfile.S0.Name|4414|string maxlen 64|Quality
StreamProfile.S0.Parameters|4414|string|resolution={size}&compression=20&fps=0&videokeyframeinterval=32&videobitrate=0&videocodec=h264
+System.AccessLog|7766|bool On Off|Off
System.BoaPort|7766|int 1 65535|{http_port}
System.BoaProtViewer|7766|bool anonymous password|password
System.RootPwdSet|7716|bool yes no|no
+System.PreventDoSAttack.ActivatePasswordThrottling|7766|bool On Off|Off
+System.PreventDoSAttack.DoSBlockingPeriod|7766|int 0 1000|10
+System.PreventDoSAttack.DoSPageCount|7766|int 0 1000|20
+System.PreventDoSAttack.DoSPageInterval|7766|int 0 100|1
+System.PreventDoSAttack.DoSSiteCount|7766|int 0 1000|50
+System.PreventDoSAttack.DoSSiteInterval|7766|int 0 100|1
Time.ObtainFromDHCP|7766|bool yes no|yes
Time.POSIXTimeZone|7746|string|GMT0BST,M3.5.0/1,M10.5.0
Time.ServerDate|7766|string|
Time.ServerTime|7766|string|
Time.SyncSource|7766|enum None NTP PC|NTP
Time.DST.Enabled|7746|bool yes no|yes
Time.NTP.Server|7766|hostname|0.0.0.0
Time.NTP.VolatileServer|7767|hostname readonly|
+WebService.DiscoveryMode.Discoverable|7766|bool Yes No|Yes
WebService.UsernameToken.ReplayAttackProtection|7766|bool yes no|yes
"""

SIZES = {
    "9.80": "1920x1080 1280x960 1280x720 1024x768 800x600 800x450 640x480 640x360 480x270 320x240",
    "5.51": "1280x960 1280x720 1024x768 800x600 800x450 640x480 640x360 480x270 320x240",
}
GENERATION = {
    "9.80": {"formats": "jpeg,mjpeg,h264,h265,bitmap", "modes": "vbr mbr abr cbr", "policy": "digest", "architecture": "armv7hf",
             "profiles": "26", "view": "View Area 1"},
    "5.51": {"formats": "jpeg,mjpeg,h264,bitmap", "modes": "vbr cbr", "policy": "basic_digest", "architecture": "mips",
             "profiles": "20", "view": "Video 1"},
}  # fmt: skip


@dataclass(frozen=True)
class Definition:
    """What a parameter takes: ``kind`` and its ``words``, and the lowest right that may read or write it."""

    kind: str
    words: tuple
    readonly: bool
    level: str

    @property
    def read(self):
        return int(self.level[2])

    @property
    def write(self):
        return int(self.level[3])


def parameters(config, generation):
    """(values, definitions) fresh from the box, by the name without root."""
    sizes = SIZES[generation]
    facts = GENERATION[generation] | {
        "model": config["model"],
        "serial": config["serial"],
        "host": config["serial"].lower(),
        "mac": config["mac"].upper(),
        "firmware": config["firmware"],
        "firmware_date": config["firmware_date"],
        "sizes": sizes,
        "size": sizes.split()[0],
        "resolutions": sizes.replace(" ", ","),
        **{f"{name}_port": port for name, port in config["ports"].items()},
    }
    values, definitions = {}, {}
    for row in PARAMETERS.strip().splitlines():
        if row[0] == ("-" if generation == "9.80" else "+"):
            continue
        name, level, form, value = row.lstrip("+-").format_map(facts).split("|")
        kind, *words = form.split(" ")
        definitions[name] = Definition(kind, tuple(word for word in words if word != "readonly"), "readonly" in words, level)
        values[name] = value
    return values, definitions


def form(definition):
    """The element inside <type>."""
    words = definition.words
    match definition.kind:
        case "bool":
            return f'<bool true="{words[0]}" false="{words[1]}" />'
        case "enum":
            return "<enum>" + "".join(f'<entry value="{word}" />' for word in words) + "</enum>"
        case "int":
            limits = "".join(f' {name}="{word}"' for name, word in zip(("min", "max"), words, strict=False) if word != "-")
            return f"<int{limits} />"
        case "range":
            return "<int>" + "".join(f'<rangeEntry value="{word}" />' for word in words) + "</int>"
        case "string" if words:
            return f'<string maxlen="{words[1]}" />'
        case kind:
            return f"<{kind} />"


def nice(name):
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name).split()
    return " ".join([words[0], *(word if word.isupper() else word.lower() for word in words[1:])])


def schema(rows, address, model, firmware):
    """listdefinitions; ``rows`` are (name, value, Definition)."""
    tree = {}
    for name, value, definition in rows:
        *groups, last = name.split(".")
        at = tree
        for group in groups:
            at = at.setdefault(group, {})
        at[last] = (value, definition)

    def write(name, at, indent):
        if isinstance(at, tuple):
            value, definition = at
            flag = ' readonly="true"' if definition.readonly else ""
            attributes = f"name={quoteattr(name)} value={quoteattr(value)} securityLevel={quoteattr(definition.level)}"
            inner = f"{indent}  <type{flag}>\n{indent}    {form(definition)}\n{indent}  </type>\n"
            return f"{indent}<parameter {attributes} niceName={quoteattr(nice(name))}>\n{inner}{indent}</parameter>\n"
        inner = "".join(write(key, child, indent + "  ") for key, child in at.items())
        return f"{indent}<group name={quoteattr(name)}>\n{inner}{indent}</group>\n"

    return (
        '<?xml version="1.0" encoding="iso-8859-1" ?>\n<parameterDefinitions\n'
        'xmlns="http://www.axis.com/ParameterDefinitionsSchema"\nxmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\n'
        f'xsi:schemaLocation="http://www.axis.com/ParameterDefinitionsSchema http://{address}/pub/parameterdefinitions.xsd"\n'
        f'version="1.0">\n  <model>AXIS {model}</model>\n  <firmwareVersion>{firmware}</firmwareVersion>\n'
        + write("root", tree, "  ")
        + "</parameterDefinitions>\n"
    )


@dataclass(frozen=True)
class Api:
    """A JSON API: its entry in the list, the lowest right that may call it, and whether its error codes are strings."""

    id: str
    version: str
    name: str
    level: int
    strings: bool = False


# Which one writes its error codes as strings isn't proven: some do.
APIS = {
    "/axis-cgi/apidiscovery.cgi": Api("api-discovery", "1.0", "API Discovery Service", 1),
    "/axis-cgi/basicdeviceinfo.cgi": Api("basic-device-info", "1.1", "Basic Device Information", 1),
    "/axis-cgi/dynamicoverlay/dynamicoverlay.cgi": Api("dynamicoverlay", "1.0", "Dynamic Overlay", 4, strings=True),
    "/axis-cgi/firmwaremanagement.cgi": Api("fwmgr", "1.4", "Firmware Management", 6),
    "/axis-cgi/network_settings.cgi": Api("network-settings", "1.6", "Network Settings", 6),
    "/axis-cgi/ntp.cgi": Api("ntp", "1.2", "NTP", 6),
    "/axis-cgi/streamprofile.cgi": Api("stream-profiles", "1.0", "Stream Profiles", 1),
    "/axis-cgi/systemready.cgi": Api("systemready", "1.1", "Systemready", 0),
    "/axis-cgi/time.cgi": Api("time-service", "1.0", "Time API", 1),
}
OTHER_APIS = (
    Api("disk-management", "1.0", "Edge storage Disk management", 1),
    Api("param-cgi", "1.0", "Legacy Parameter Handling", 1),
    Api("user-management", "1.1", "User Management", 6),
)


def api_list():
    """What getApiList lists: only what this camera answers."""
    link = "https://www.axis.com/partner_pages/vapix_library/#/"
    return [{"id": api.id, "version": api.version, "name": api.name, "docLink": link} for api in (*APIS.values(), *OTHER_APIS)]


DISKS = """<?xml version="1.0"?>
<root xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="http://www.axis.com/vapix/http_cgi/disk/list1.xsd">
<disks numberofdisks="1" >  <disk diskid="SD_DISK" name="" totalsize="61059600" freesize="48211004" cleanuplevel="90" cleanupmaxage="7" cleanuppolicy="fifo" locked="no" full="no" readonly="no" status="OK" filesystem="ext4" group="S0" requiredfilesystem="none" encryptionenabled="false" diskencrypted="false"/>
</disks> </root>
"""


def page(status, reason, words):
    """An error page."""
    return f"<HTML><HEAD><TITLE>{status} {reason}</TITLE></HEAD>\n<BODY><H1>{status} {reason}</H1>\n{words}\n</BODY></HTML>\n".encode()
