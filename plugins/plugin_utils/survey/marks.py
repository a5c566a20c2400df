"""How each vendor's devices give themselves away to somebody who doesn't log in, and what else stands on an office's LAN."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

GENERIC = "onvif"  # what many vendors' devices speak besides their own; another vendor's sign outweighs it


@dataclass(frozen=True)
class Sign:
    """Words that only this vendor's devices say: heard ``how``, in ``word``, matching ``pattern``; no word: being heard so is enough."""

    vendor: str
    how: str
    word: str | None = None
    pattern: str = ""


# SADP and DHIP are their makers' own; realms and servers: recorded challenges in the vendors' tables' sources.
SIGNS = (
    Sign("hikvision", "sadp"),
    Sign("hikvision", "http", "server", r"^(app-webs|dnvrs-webs|dvrdvs-webs|hikvision-webs)"),
    Sign("hikvision", "http", "realm", r"^(ip camera\(|ds-\w|hikvision)"),
    Sign("dahua", "dhip"),
    Sign("dahua", "http", "realm", r"^(login to [0-9a-f]|device_cgi$)"),
    Sign("axis", "ssdp", "serial", r"^(accc8e|b8a44f|00408c|e82725)"),
    Sign("axis", "http", "realm", r"^axis_[0-9a-f]{12}"),
    Sign("uniview", "wsd", "maker", r"^(uniview|unv)\b"),
    Sign("hanwha", "http", "realm", r"^ipolis"),
    Sign("hanwha", "wsd", "maker", r"^(hanwha|samsung techwin)"),
    Sign(GENERIC, "wsd", "types", r"networkvideotransmitter"),
)


@dataclass(frozen=True)
class Question:
    """A document that the vendor's devices show to anybody.

    ``sign`` is searched in the answer as text: ``HTTP 401``, a header a line, an empty line, the body. ``facts`` are what else it says,
    each the first group of a pattern; ``new`` is how a device says that nobody has given it a password yet.
    """

    vendor: str
    method: str
    target: str
    sign: str
    body: bytes = b""
    content_type: str = "application/json"
    facts: Mapping[str, str] = field(default_factory=dict)
    new: str | None = None


CLOCK = (
    b'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
)
READY = json.dumps({"apiVersion": "1.1", "method": "systemready", "params": {"timeout": 1}}).encode()
AXIS = json.dumps({"apiVersion": "1.0", "method": "getAllUnrestrictedProperties"}).encode()

QUESTIONS = (
    Question("hikvision", "GET", "/SDK/activateStatus", r"<ActivateStatus\b", new=r"<Activated>\s*false"),
    Question("hikvision", "GET", "/ISAPI/System/deviceInfo", r"<userCheck\b|<DeviceInfo\b"),
    # A login's first half: it asks for the challenge, and no password is in it. RmLock is how a locked device answers anything.
    Question(
        "dahua",
        "GET",
        "/cgi-bin/magicBox.cgi?action=getSystemInfo",
        r'(?i)realm="(?:Login to [0-9a-f]|Device_CGI")|^serialNumber=|"RmLock": ?\d',
    ),
    Question(
        "axis",
        "POST",
        "/axis-cgi/basicdeviceinfo.cgi",
        r'(?i)realm="AXIS_[0-9A-F]{12}|"Brand": ?"AXIS"',
        AXIS,
        facts={
            "serial": r'(?i)(?:"SerialNumber": ?"|realm="AXIS_)([0-9A-F]{12})',
            "model": r'"ProdShortName": ?"([^"]+)"',
            "firmware": r'"Version": ?"([^"]+)"',
        },
    ),
    Question("axis", "POST", "/axis-cgi/systemready.cgi", r'"needsetup"', READY, new=r'"needsetup": ?"yes"'),
    Question("uniview", "GET", "/LAPI/V1.0/System/DeviceInfo", r'"ResponseURL": ?"/LAPI/'),
    Question("hanwha", "GET", "/stw-cgi/system.cgi?msubmenu=deviceinfo&action=view", r'(?i)realm="iPolis'),
    Question(
        GENERIC,
        "POST",
        "/onvif/device_service",
        r"(?s)HTTP 200\b.*GetSystemDateAndTimeResponse",
        CLOCK,
        "application/soap+xml; charset=utf-8",
    ),
)


@dataclass(frozen=True)
class Stranger:
    """What isn't a camera and not a recorder, by the words of its own pages."""

    kind: str
    maker: str
    pattern: str


WORDS = ("server", "realm", "title", "model", "name", "maker")
STRANGERS = (
    Stranger("router", "MikroTik", r"routeros|mikrotik"),
    Stranger("router", "DrayTek", r"draytek|vigor"),
    Stranger("router", "Cisco", r"level_15_access|cisco-ios|\bcisco\b"),
    Stranger("router", "Fortinet", r"fortigate|fortinet"),
    Stranger("router", "Juniper", r"junos|juniper"),
    Stranger("router", "OpenWrt", r"openwrt|luci - "),
    Stranger("router", "Huawei", r"\bhg8\d{3}|echolife|huawei home gateway"),
    Stranger("router", "ZTE", r"zxhn|\bf6\d\d[a-z]?\b.*(gpon|ont)"),
    Stranger("router", "VNPT Technology", r"\bigate\b|vnpt technology"),
    Stranger("router", "unknown", r"\b(gpon|ont|home gateway|wireless router)\b"),
    Stranger("other", "HP", r"\bhp http|laserjet|officejet"),
    Stranger("other", "Canon", r"\bcanon\b"),
    Stranger("other", "Brother", r"\bbrother\b|debut/"),
    Stranger("other", "Epson", r"\bepson\b"),
    Stranger("other", "Kyocera", r"kyocera|km-httpd"),
    Stranger("other", "Ricoh", r"\bricoh\b"),
    Stranger("other", "Synology", r"synology|diskstation"),
)
STRANGER_PORTS = {8291: Stranger("router", "MikroTik", "")}  # Winbox, MikroTik's own
XIONGMAI_PORT = 34567

# A recorder by its model's name, where it doesn't say what it is.
RECORDER = re.compile(
    r"NVR|DVR|XVR|HCVR|^i?DS-[789]\d|^DS-E\d|^(SRN|XRN|QRN|PRN|LRN|WRN|HRX|SRD)-|^(AXIS )?S(12|21|22|30)\d\d", re.IGNORECASE
)
