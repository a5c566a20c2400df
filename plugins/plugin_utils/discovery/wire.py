"""The questions of four discovery protocols, byte by byte, and how their answers and a banner are read.

Readers take a stranger's bytes and give what it says, one mapping for each device in it; what can't be read is a ValueError.
"""

from __future__ import annotations

import html
import json
import re
import struct
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import unquote
from xml.etree import ElementTree

WSD = (
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" '
    'xmlns:w="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" '
    'xmlns:dn="http://www.onvif.org/ver10/network/wsdl" xmlns:tds="http://www.onvif.org/ver10/device/wsdl"><e:Header>'
    "<w:MessageID>uuid:{}</w:MessageID><w:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</w:To>"
    "<w:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</w:Action></e:Header>"
    "<e:Body><d:Probe><d:Types>{}</d:Types></d:Probe></e:Body></e:Envelope>"
)
WSD_TYPES = ("dn:NetworkVideoTransmitter", "tds:Device")  # one question each: both in one would ask for devices that are both
SADP = '<?xml version="1.0" encoding="utf-8"?><Probe><Uuid>{}</Uuid><Types>inquiry</Types></Probe>'
DHIP = b'{ "method" : "DHDiscover.search", "params" : { "mac" : "", "uni" : 1 } }\n'
SSDP = b'M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: "ssdp:discover"\r\nMX: 1\r\nST: upnp:rootdevice\r\n\r\n'

SCOPES = {
    "name": "name",
    "hardware": "model",
    "location": "place",
    "mac": "mac",
    "macaddr": "mac",
    "manufacturer": "maker",
    "serial": "serial",
    "version": "firmware",
}
SADP_WORDS = {
    "DeviceDescription": "model",
    "DeviceSN": "serial",
    "MAC": "mac",
    "SoftwareVersion": "firmware",
    "Activated": "activated",
    "IPv4Address": "address",
    "IPv4SubnetMask": "netmask",
    "IPv4Gateway": "gateway",
    "DHCP": "dhcp",
    "BootTime": "booted",
    "HttpPort": "http_port",
    "CommandPort": "command_port",
    "DigitalChannelNum": "channels",
    "AnalogChannelNum": "analog_channels",
}
DHIP_WORDS = {
    "DeviceType": "model",
    "DeviceClass": "class",
    "SerialNo": "serial",
    "Version": "firmware",
    "Vendor": "vendor",
    "Manufacturer": "maker",
    "MachineName": "name",
    "HttpPort": "http_port",
    "Port": "command_port",
    "VideoInputChannels": "channels",
    "RemoteVideoInputChannels": "remote_channels",
    "Init": "init",
}
DHIP_ADDRESS = {"IPAddress": "address", "SubnetMask": "netmask", "DefaultGateway": "gateway", "DhcpEnable": "dhcp"}
UPNP_WORDS = {"friendlyName": "name", "manufacturer": "maker", "modelName": "model", "modelNumber": "number", "serialNumber": "serial"}
AXIS_USN = re.compile(r"Upnp-BasicDevice-1_0-([0-9A-Fa-f]{12})(?!\w)")  # Axis puts the hardware address there


@dataclass(frozen=True)
class Probe:
    """How a protocol asks: a group, or one device at its own address where that was seen to work or costs nothing to try."""

    group: str
    port: int
    ask: Callable[[], list[bytes]]
    read: Callable[[bytes], list[dict[str, str]]]
    to_one: bool = True
    answers_group: bool = False  # some of its devices answer to the group, which reaches who has another subnet's address


def xml(data: bytes) -> ElementTree.Element:
    """A stranger's document.

    :raises ValueError: when it can't be read, or defines a type.
    """
    text = data.decode("utf-8", "replace").strip("\0\r\n\t \ufeff")
    if "<!DOCTYPE" in text:
        raise ValueError("a document type")
    try:
        return ElementTree.fromstring(text)  # noqa: S314  without a document type there are no entities to grow
    except SyntaxError as error:
        raise ValueError(str(error)) from None


def _texts(element: ElementTree.Element) -> dict[str, str]:
    """Local name to text, the first of each, of all elements below."""
    found: dict[str, str] = {}
    for one in element.iter():
        found.setdefault(str(one.tag).rsplit("}", 1)[-1], one.text or "")
    return found


def _named(told: Mapping[str, object], words: Mapping[str, str]) -> dict[str, str]:
    plain = {theirs: told[theirs] for theirs in words if isinstance(told.get(theirs), (str, bool, int, float))}
    return {words[theirs]: str(value).lower() if isinstance(value, bool) else str(value) for theirs, value in plain.items()}


def read_wsd(data: bytes) -> list[dict[str, str]]:
    """ProbeMatches: where the services are, types, and what the scopes tell."""
    found = []
    for match in (one for one in xml(data).iter() if str(one.tag).endswith("}ProbeMatch")):
        told = _texts(match)
        says = {"types": told.get("Types", ""), "xaddrs": told.get("XAddrs", ""), "endpoint": told.get("Address", "")}
        profiles = []
        for key, value in re.findall(r"onvif://[^/\s]*/([^/\s]+)/(\S+)", told.get("Scopes", "")):
            if key.lower() == "profile":
                profiles.append(value)
            elif key.lower() in SCOPES:
                says.setdefault(SCOPES[key.lower()], unquote(value))
        found.append({**says, "profiles": " ".join(profiles)})
    return found


def read_sadp(data: bytes) -> list[dict[str, str]]:
    """A ProbeMatch; its version ``V5.5.6build 180326`` is firmware and build."""
    try:
        root = xml(data)
        told = _texts(root) if root.tag == "ProbeMatch" else {}
    except ValueError:
        # Some firmware closes an element wrongly; its rows can be read all the same.
        rows = re.findall(rb"<(\w+)>([^<]*)</\1>", data)
        if b"<ProbeMatch>" not in data or b"<!" in data or not rows:
            raise
        told = {key.decode(): value.decode("utf-8", "replace") for key, value in rows}
    if not told:
        return []
    says = _named(told, SADP_WORDS)
    version = re.fullmatch(r"(.*?)\s*(build.*)", says.get("firmware", ""))
    return [{**says, "firmware": version[1], "build": version[2]} if version else says]


def read_dhip(data: bytes) -> list[dict[str, str]]:
    """JSON behind a header whose length varies among firmwares."""
    try:
        told = json.loads(data[max(0, data.find(b"{")) :].decode("utf-8", "replace").rstrip("\0\r\n "), strict=False)
        if told["method"] != "client.notifyDevInfo":
            return []
        info = told["params"]["deviceInfo"]
        address = info.get("IPv4Address", {})
        return [{**_named(told, {"mac": "mac"}), **_named(info, DHIP_WORDS), **_named(address, DHIP_ADDRESS)}]
    except (KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"no deviceInfo: {error}") from None


def read_head(data: bytes) -> tuple[str, dict[str, str], bytes]:
    """The status, the headers by lower-case name and the body of an HTTP, RTSP or SSDP answer; a status of "" when it is none."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    status = re.match(r"(?:HTTP|RTSP)/\d\.\d (\d{3})", first)
    pairs = [line.partition(":") for line in lines]
    return (status[1], {key.strip().lower(): value.strip() for key, _, value in pairs}, body) if status else ("", {}, b"")


def read_ssdp(data: bytes) -> list[dict[str, str]]:
    """An answer to M-SEARCH."""
    _, headers, _ = read_head(data)
    if "usn" not in headers:
        return []
    hardware = AXIS_USN.search(headers["usn"])
    says = _named(headers, {"server": "server", "st": "type", "usn": "usn", "location": "url"})
    return [{**says, "mac": hardware[1], "serial": hardware[1]} if hardware else says]


def read_description(data: bytes) -> dict[str, str]:
    """A UPnP device's own description, as its web server gives it."""
    status, _, body = read_head(data)
    return _named(_texts(xml(body)), UPNP_WORDS) if status == "200" else {}


def read_banner(data: bytes) -> dict[str, str]:
    """Status, server, realm, redirect and title of an answer that needed no login; empty when it is none."""
    status, headers, body = read_head(data)
    realm = re.search(r'realm="?([^",]*)', headers.get("www-authenticate", ""))
    title = re.search(r"<title[^>]*>([^<]*)", body.decode("utf-8", "replace"), re.IGNORECASE)
    says = {"status": status, "server": headers.get("server", ""), "redirect": headers.get("location", "")}
    return says | {"realm": realm[1] if realm else "", "title": html.unescape(title[1]) if title else ""} if status else {}


def mac_of(text: str) -> str | None:
    """A hardware address as ``44:19:b6:00:00:01``, whatever stands between its digits; None when it is none."""
    digits = re.sub(r"[:.-]", "", text.strip()).lower()
    return ":".join(re.findall("..", digits)) if re.fullmatch("[0-9a-f]{12}", digits) and int(digits, 16) else None


def dhip_frame(body: bytes) -> bytes:
    """32 bytes of header: its length, the name, session and number (none), the body's length twice. Bare JSON gets no answer."""
    return struct.pack("<I4s8xQQ", 32, b"DHIP", len(body), len(body)) + body


PROBES = {
    "wsd": Probe("239.255.255.250", 3702, lambda: [WSD.format(uuid.uuid4(), kind).encode() for kind in WSD_TYPES], read_wsd),
    "sadp": Probe("239.255.255.250", 37020, lambda: [SADP.format(str(uuid.uuid4()).upper()).encode()], read_sadp, answers_group=True),
    "dhip": Probe("239.255.255.251", 37810, lambda: [dhip_frame(DHIP)], read_dhip),
    "ssdp": Probe("239.255.255.250", 1900, lambda: [SSDP], read_ssdp, to_one=False),
}
