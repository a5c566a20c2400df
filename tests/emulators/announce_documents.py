"""The answers of discovery protocols as they were seen on the wire: each takes a device and a question and gives bytes, or None for silence."""

import contextlib
import json
import struct
import uuid
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.emulators.hikvision_xml import find, text
from tests.emulators.onvif_documents import local

DESCRIPTION_PORT = 49152
SCOPE = "onvif://www.onvif.org/"
BOTH = "dn:NetworkVideoTransmitter tds:Device"
UPNP_SERVER = "Linux/2.6.35, UPnP/1.0, Portable SDK for UPnP devices/1.6.18"
AXIS_SERVICE = "urn:axis-com:service:BasicService:1"


def uuid_of(device):
    """Ends with the hardware address, as on most."""
    return f"{uuid.uuid5(uuid.NAMESPACE_OID, device.config['serial'])}"[:-12] + device.config["mac"].replace(":", "")


# --- WS-Discovery ---


def matches(data, device, scopes, prefixes=("SOAP-ENV", "wsa", "d"), types=BOTH, xaddrs=None):
    """ProbeMatches to a Probe for one of the types or for none; the prefixes are SOAP's, the addresses' and discovery's."""
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError:
        return None
    by_name = {local(one): one for one in root.iter()}
    if "Probe" not in by_name or "MessageID" not in by_name:
        return None
    asked = (by_name["Types"].text or "").split() if "Types" in by_name else []
    if not {one.rsplit(":", 1)[-1] for one in asked} <= {one.rsplit(":", 1)[-1] for one in types.split()}:
        return None
    soap, wsa, disco = prefixes
    xaddrs = xaddrs or f"http://{device.config['address']}{port(device)}/onvif/device_service"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{soap}:Envelope xmlns:{soap}="http://www.w3.org/2003/05/soap-envelope" '
        f'xmlns:{wsa}="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:{disco}="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
        f'xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><{soap}:Header>'
        f"<{wsa}:MessageID>urn:uuid:{uuid.uuid4()}</{wsa}:MessageID><{wsa}:RelatesTo>{escape(by_name['MessageID'].text or '')}</{wsa}:RelatesTo>"
        f'<{wsa}:To {soap}:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</{wsa}:To>'
        f'<{wsa}:Action {soap}:mustUnderstand="true">http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</{wsa}:Action>'
        f'<{disco}:AppSequence InstanceId="1696270812" MessageNumber="7"/></{soap}:Header><{soap}:Body><{disco}:ProbeMatches><{disco}:ProbeMatch>'
        f"<{wsa}:EndpointReference><{wsa}:Address>urn:uuid:{uuid_of(device)}</{wsa}:Address></{wsa}:EndpointReference>"
        f"<{disco}:Types>{types}</{disco}:Types><{disco}:Scopes>{escape(' '.join(scopes))}</{disco}:Scopes>"
        f"<{disco}:XAddrs>{xaddrs}</{disco}:XAddrs><{disco}:MetadataVersion>10</{disco}:MetadataVersion>"
        f"</{disco}:ProbeMatch></{disco}:ProbeMatches></{soap}:Body></{soap}:Envelope>"
    ).encode()


def port(device):
    number = device.config["ports"]["http"]
    return "" if number == 80 else f":{number}"


def hikvision_wsd(device, data):
    """While ONVIF is on: from the box it is off. Firmware 5.2 had it always; recorders speak it to their cameras only."""
    documents = device.state["documents"]
    if "/ISAPI/System/Network/Integrate" in documents:
        if text(find(device.document("/ISAPI/System/Network/Integrate"), "ONVIF"), "enable") != "true":
            return None
    elif not device.old:
        return None
    model = device.config["model"]
    scopes = [f"{SCOPE}type/video_encoder", f"{SCOPE}Profile/Streaming", f"{SCOPE}Profile/G", f"{SCOPE}Profile/T"]
    scopes += [f"{SCOPE}MAC/{device.config['mac']}", f"{SCOPE}hardware/{model}", f"{SCOPE}name/HIKVISION%20{model}"]
    xaddrs = f"http://{device.config['address']}{port(device)}/onvif/device_service http://[fe80::4619:b6ff:fe00:1]/onvif/device_service"
    return matches(data, device, [*scopes, f"{SCOPE}location/city/hangzhou"], ("env", "wsadis", "d"), xaddrs=xaddrs)


def dahua_wsd(device, data):
    """Under the name of whoever put its label on it."""
    scopes = [f"{SCOPE}location/country/china", f"{SCOPE}name/KBVISION", f"{SCOPE}hardware/{device.config['model']}"]
    scopes += [f"{SCOPE}Profile/Streaming", f"{SCOPE}type/Network_Video_Transmitter", f"{SCOPE}extension/unique_identifier"]
    return matches(data, device, scopes, ("s", "a", "d"))


def axis_wsd(device, data):
    if device.state["parameters"].get("WebService.DiscoveryMode.Discoverable", "Yes") != "Yes":
        return None
    model, address = device.config["model"], device.config["address"]
    scopes = [f"{SCOPE}Profile/Streaming", f"{SCOPE}Profile/G", f"{SCOPE}hardware/{model}", f"{SCOPE}name/AXIS%20{quote(model)}"]
    xaddrs = f"http://{address}{port(device)}/onvif/device_service https://{address}/onvif/device_service"
    return matches(data, device, [*scopes, f"{SCOPE}location/"], types="tds:Device dn:NetworkVideoTransmitter", xaddrs=xaddrs)


def onvif_wsd(device, data):
    if device.state["discovery"] != "Discoverable":
        return None
    scopes = [f"{SCOPE}type/video_encoder", f"{SCOPE}hardware/{quote(device.config['model'])}"]
    scopes += [f"{SCOPE}Profile/{'Streaming' if device.old else 'T'}", *device.state["scopes"]]
    return matches(data, device, scopes, types="dn:NetworkVideoTransmitter" if device.old else BOTH)


def uniview_wsd(device, data):
    """Tells all in its scopes, without a login."""
    if device.state["discovery"] != "Discoverable":
        return None
    config, kind = device.config, "NVR" if device.config["kind"].endswith("nvr") else "IPC"
    scopes = [f"{SCOPE}Profile/G", f"{SCOPE}Profile/Streaming", f"{SCOPE}Profile/T", f"{SCOPE}type/video_encoder", f"{SCOPE}type/{kind}"]
    scopes += [f"{SCOPE}manufacturer/UNIVIEW", f"{SCOPE}VideoSourceNumber/1", f"{SCOPE}version/{config['firmware']}"]
    scopes += [
        f"{SCOPE}serial/{config['serial']}",
        f"{SCOPE}macaddr/{config['mac'].replace(':', '')}",
        f"{SCOPE}hardware/{config['model']}",
    ]
    return matches(data, device, [*scopes, f"{SCOPE}location/", f"{SCOPE}name/{quote(device.name())}"], ("SOAP-ENV", "wsa", "tns"))


# --- the vendors' own ---


def sadp(device, data):
    """A ProbeMatch, with what one more device needs to know to set another address."""
    with contextlib.suppress(ElementTree.ParseError):
        root = ElementTree.fromstring(data)
        if root.tag == "Probe" and root.findtext("Types") == "inquiry":
            return probe_match(device, root.findtext("Uuid") or "").encode()
    return None


def probe_match(device, asked):
    config, nvr = device.config, device.config["kind"].endswith("nvr")
    values = {
        "Uuid": asked,
        "Types": "inquiry",
        "DeviceType": "2018" if nvr else "141945",
        "DeviceDescription": config["model"],
        "DeviceSN": config["serial"],
        "CommandPort": "8000",
        "HttpPort": str(config["ports"]["http"]),
        "MAC": config["mac"].replace(":", "-"),
        "IPv4Address": config["address"],
        "IPv4SubnetMask": "255.255.255.0",
        "IPv4Gateway": config["gateway"] or "0.0.0.0",
        "IPv6Address": "::",
        "IPv6Gateway": "::",
        "IPv6MaskLen": "64",
        "DHCP": "false",
        "AnalogChannelNum": "0",
        "DigitalChannelNum": "16" if nvr else "1",
        "SoftwareVersion": f"{config['firmware']}{config['firmware_date']}",
        "DSPVersion": "V7.3 build 190626",
        "BootTime": "2026-09-18 09:21:28",
        "Encrypt": "true",
        "ResetAbility": "false",
        "DiskNumber": "1" if nvr else "0",
        "Activated": "true" if device.users() else "false",
        "PasswordResetAbility": "true",
        "SupportHCPlatform": "true",
        "HCPlatformEnable": "flase",  # as they write it
        "Salt": "d8eebc414effc857bed4c3cc203c8b4413f60b00a9f4acc410084358d5fd3f91",
        "SDKOverTLSPort": "8443",
    }
    rows = "\r\n".join(f"<{key}>{escape(value)}</{key}>" for key, value in values.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\r\n<ProbeMatch>{rows}\r\n</ProbeMatch>\r\n'


def framed(body):
    return b"\x20\x00\x00\x00DHIP" + bytes(8) + struct.pack("<I4xI4x", len(body), len(body)) + body


def dhip(device, data):
    """To the question in its frame; bare JSON gets nothing, and before 2014 there was nothing."""
    body = data[32:]
    if device.old or data[:8] != b"\x20\x00\x00\x00DHIP" or struct.unpack("<I", data[16:20])[0] != len(body):
        return None
    try:
        if json.loads(body)["method"] != "DHDiscover.search":
            return None
    except (ValueError, KeyError, TypeError):
        return None
    config, nvr = device.config, device.config["kind"].endswith("nvr")
    address = {
        "DefaultGateway": config["gateway"] or "0.0.0.0",
        "DhcpEnable": False,
        "IPAddress": config["address"],
        "SubnetMask": "255.255.255.0",
    }
    info = {
        "AlarmInputChannels": 0,
        "AlarmOutputChannels": 0,
        "DeviceClass": "NVR" if nvr else "IPC",
        "DeviceType": config["model"],
        "Find": "BC",
        "FindVersion": 1,
        "HttpPort": config["ports"]["http"],
        "IPv4Address": address,
        "Init": 1162,
        "MachineName": device.state["tables"]["General.MachineName"],
        "Manufacturer": "Private",
        "Port": 37777,
        "RemoteVideoInputChannels": 16 if nvr else 0,
        "SerialNo": config["serial"],
        "Vendor": "KBVision",
        "Version": device.state.get("firmware", config["firmware"]),
        "VideoInputChannels": 0 if nvr else 1,
        "VideoOutputChannels": 0,
    }
    return framed(
        (json.dumps({"mac": config["mac"], "method": "client.notifyDevInfo", "params": {"deviceInfo": info}}) + "\n").encode() + b"\0"
    )


# --- SSDP ---


def ssdp(device, data):
    head, *lines = data.decode("latin-1").split("\r\n")
    asked = {key.strip().upper(): value.strip() for key, _, value in (line.partition(":") for line in lines)}
    if (
        head != "M-SEARCH * HTTP/1.1"
        or asked.get("MAN") != '"ssdp:discover"'
        or device.state["parameters"]["Network.UPnP.Enabled"] != "yes"
    ):
        return None
    if asked.get("ST") not in ("ssdp:all", "upnp:rootdevice", AXIS_SERVICE):
        return None
    kind = AXIS_SERVICE if asked["ST"] == "ssdp:all" else asked["ST"]
    return (
        "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=1800\r\nDATE: Sun, 02 Oct 2016 21:11:25 GMT\r\nEXT:\r\n"
        f"LOCATION: http://{device.config['address']}:{DESCRIPTION_PORT}/rootdesc1.xml\r\n"
        'OPT: "http://schemas.upnp.org/upnp/1/0/"; ns=01\r\n01-NLS: 8fb2638a-1dd2-11b2-a915-c89968cce2ca\r\n'
        f"SERVER: {UPNP_SERVER}\r\nX-User-Agent: redsonic\r\nST: {kind}\r\nUSN: uuid:Upnp-BasicDevice-1_0-{device.config['serial']}::{kind}\r\n\r\n"
    ).encode()


def description(device):
    """rootdesc1.xml."""
    model, serial, address = device.config["model"], device.config["serial"], device.config["address"]
    return (
        '<?xml version="1.0"?><root xmlns="urn:schemas-upnp-org:device-1-0"><specVersion><major>1</major><minor>0</minor></specVersion><device>'
        f"<deviceType>urn:schemas-upnp-org:device:Basic:1</deviceType><friendlyName>AXIS {model} - {serial}</friendlyName>"
        "<manufacturer>AXIS</manufacturer><manufacturerURL>http://www.axis.com/</manufacturerURL>"
        f"<modelDescription>AXIS {model} Network Camera</modelDescription><modelName>AXIS {model}</modelName><modelNumber>{model}</modelNumber>"
        f"<modelURL>http://www.axis.com/</modelURL><serialNumber>{serial}</serialNumber><UDN>uuid:Upnp-BasicDevice-1_0-{serial}</UDN><serviceList><service>"
        f"<serviceType>{AXIS_SERVICE}</serviceType><serviceId>urn:axis-com:serviceId:BasicServiceId</serviceId>"
        "<controlURL>/upnp/control/BasicServiceId</controlURL><eventSubURL>/upnp/event/BasicServiceId</eventSubURL><SCPDURL>/scpd_basic.xml</SCPDURL>"
        f"</service></serviceList><presentationURL>http://{address}:80/</presentationURL></device><URLBase>http://{address}:{DESCRIPTION_PORT}/</URLBase></root>"
    )


ANSWERS = {
    "hikvision": {"wsd": hikvision_wsd, "sadp": sadp},
    "dahua": {"wsd": dahua_wsd, "dhip": dhip},
    "axis": {"wsd": axis_wsd, "ssdp": ssdp},
    "onvif": {"wsd": onvif_wsd},
    "uniview": {"wsd": uniview_wsd},
}
