"""A Hikvision camera: ISAPI with its quirks, in two generations of firmware."""

import asyncio
import calendar
import re
import time
from xml.etree import ElementTree

from tests.emulators import isapi_documents as documents
from tests.emulators.clips import Spec
from tests.emulators.device import Device
from tests.emulators.hikvision_accounts import Accounts
from tests.emulators.hikvision_service import CERTIFICATE, Service
from tests.emulators.hikvision_xml import (
    BAD_PARAMETERS,
    BAD_XML,
    LOW_PRIVILEGE,
    METHOD_NOT_ALLOWED,
    NOT_SUPPORTED,
    OK,
    find,
    local,
    place,
    status,
    text,
    write,
    xml,
)
from tests.emulators.http import Digest, Request, Response
from tests.emulators.picture import picture

MAINTENANCE = tuple(f"/ISAPI/System/{name}" for name in ("configurationData", "updateFirmware", "upgradeStatus", "factoryReset"))
READ_ONLY = {"DeviceInfo": ("model", "serialNumber", "macAddress", "firmwareVersion", "firmwareReleasedDate", "deviceType", "deviceID")}
NEEDS_REBOOT = ("/ISAPI/System/Network/interfaces/1/ipAddress",)
KBPS = range(32, 8193)
SIZES = {
    "01": ((2560, 1440), (1920, 1080), (1280, 720), (640, 360)),
    "02": ((704, 576), (640, 360), (352, 288)),
    "03": ((1280, 720), (640, 360), (352, 288)),
}
KNOBS = {
    "name": ("/ISAPI/System/deviceInfo", "deviceName"),
    "services.upnp": ("/ISAPI/System/Network/UPnP", "enabled"),
    "services.telnet": ("/ISAPI/System/Network/telnetd", "enabled"),
    "services.p2p": ("/ISAPI/System/Network/EZVIZ", "enabled"),
    "services.ssh": ("/ISAPI/System/Network/ssh", "enabled"),
    "services.snmp": ("/ISAPI/System/Network/SNMP", "SNMPv2c/enabled"),
    "services.discovery": ("/ISAPI/Security/adminAccesses", "AdminAccessProtocol[protocol=Bonjour]/enabled"),
    "access.rtsp_auth": ("/ISAPI/Streaming/channels/101", "certificateType"),
    "access.lockout": ("/ISAPI/Security/illegalLoginLock", "enabled"),
    "overlay.name": ("/ISAPI/System/Video/inputs/channels/1", "name"),
    "overlay.clock": ("/ISAPI/System/Video/inputs/channels/1/overlays", "DateTimeOverlay/enabled"),
    "streams.main.bitrate_kbps": ("/ISAPI/Streaming/channels/101", "constantBitRate"),
    "streams.main.cap_kbps": ("/ISAPI/Streaming/channels/101", "vbrUpperCap"),
    "streams.main.codec": ("/ISAPI/Streaming/channels/101", "videoCodecType"),
    "streams.main.width": ("/ISAPI/Streaming/channels/101", "videoResolutionWidth"),
    "streams.main.height": ("/ISAPI/Streaming/channels/101", "videoResolutionHeight"),
    "streams.main.fps_hundredths": ("/ISAPI/Streaming/channels/101", "maxFrameRate"),
    "streams.main.gop_frames": ("/ISAPI/Streaming/channels/101", "GovLength"),
    "streams.main.audio": ("/ISAPI/Streaming/channels/101", "Audio/enabled"),
    "streams.sub.bitrate_kbps": ("/ISAPI/Streaming/channels/102", "constantBitRate"),
}
KEPT = {"time.zone": "zone", "time.mode": "mode"}
TRACK = "/ISAPI/ContentMgmt/record/tracks"


def posix_offset_minutes(zone):
    """Minutes east of UTC of ``CST-7:00:00``."""
    match = re.match(r"[A-Za-z]+([+-]?)(\d+):?(\d*)", zone)
    sign, hours, minutes = match.groups()
    return (1 if sign == "-" else -1) * (int(hours) * 60 + int(minutes or 0))


class Hikvision(Accounts, Service, Device):
    """One camera, and what a recorder shares with it; generation "5.7" or "5.2"."""

    make = staticmethod(documents.camera)

    def __init__(self, config):
        self.realm = f"IP {config['name']}"
        self.old = config.get("generation", "5.7") == "5.2"
        super().__init__(config)
        self.digest = Digest(self.realm, self.users, config["lock_s"])
        self._busy = bool(config["quirks"].get("busy_once"))

    def factory(self):
        config, quirks = self.config, self.config["quirks"]
        first = {"id": 1, "password": config["factory_password"], "level": "Administrator"}
        made = documents.old_camera(config) if self.old else self.make(config)
        return {
            "users": {} if quirks.get("factory") else {config["factory_user"]: first},
            "onvif_users": [],
            "permissions": {},
            "documents": {path: text for path, text in made.items() if path not in quirks.get("missing", ())},
            "zone": config.get("zone", "CST-8:00:00"),
            "mode": "NTP",
            "channels": {str(channel["number"]): dict(channel) for channel in config["channels"]},
        }

    def document(self, path):
        return ElementTree.fromstring(self.state["documents"][path])

    def own_address(self):
        at = "/ISAPI/System/Network/interfaces/1/ipAddress"
        return text(self.document(at), "ipAddress") if at in self.state["documents"] else super().own_address()

    def ntp_server(self):
        root = self.document("/ISAPI/System/time/ntpServers/1")
        if self.state["mode"] != "NTP" or text(root, "addressingFormatType") != "ipaddress":
            return None
        return text(root, "ipAddress") or None

    def spec(self, path):
        video = find(self.document(path), "Video")
        rate = "constantBitRate" if text(video, "videoQualityControlType").upper() == "CBR" else "vbrUpperCap"
        return Spec(text(video, "videoCodecType"), int(text(video, "videoResolutionWidth")), int(text(video, "videoResolutionHeight")),
                    int(text(video, "maxFrameRate")) / 100, int(text(video, rate)), int(text(video, "GovLength")))  # fmt: skip

    def streams(self):
        found = [path for path in self.state["documents"] if re.fullmatch(r"/ISAPI/Streaming/channels/\d+", path)]
        return {f"/Streaming/Channels/{path.rsplit('/', 1)[1]}": self.spec(path) for path in found}

    def knob(self, key):
        if key in KEPT:
            return self.state[KEPT[key]]
        path, name = KNOBS[key]
        return (place(self.document(path), name).text or "").strip()

    def turn(self, key, value):
        if key.startswith("users."):
            self.seat(key.removeprefix("users."), value)
            return
        if key in KEPT:
            self.state[KEPT[key]] = value
            return
        path, name = KNOBS[key]
        root = self.document(path)
        place(root, name).text = value
        self.state["documents"][path] = write(root)

    async def handle(self, request: Request):
        response = await self._handle(request)
        if self.old:
            response.body = response.body.replace(documents.V20.encode(), documents.V10.encode())
        return response

    async def _handle(self, request):
        self.requests += 1
        quirks = self.config["quirks"]
        if "redirect" in quirks:
            return Response(302, headers={"Location": quirks["redirect"]})
        if request.path == "/onvif/device_service":
            return Response(404)
        if request.path == "/SDK/activateStatus":
            active = "true" if self.users() else "false"
            return Response(200, f"<ActivateStatus><Activated>{active}</Activated></ActivateStatus>".encode())
        if not self.users():
            return await self._factory_fresh(request)
        user, named, why = self.digest.user_of(request)
        if user is None:
            return self._unauthorized(request, named, why)
        if self._busy and request.method == "PUT":
            self._busy = False
            return self.busy()
        if self.old and request.method in ("PUT", "POST") and not self._well_formed(request):
            return status(5, "Invalid XML Format", "badXmlFormat", 400)
        level = self.users()[user]["level"]
        reads = request.method == "GET" or request.path == "/ISAPI/ContentMgmt/search"
        if not reads and level == "Viewer" and not request.path.endswith("/password"):
            return status(*LOW_PRIVILEGE)
        return await self.answer(request, level)

    def _well_formed(self, request):
        """Old firmware takes nothing without the type and the prolog; it takes no body at all, too."""
        kind = request.headers.get("content-type", "")
        return not request.body or ("xml" in kind and request.body.lstrip().startswith(b"<?xml"))

    def busy(self):
        return status(2, "Device Busy", "deviceBusy", 503)

    def error_in_success(self, _request):
        return status(3, "Device Error", "deviceError")

    def unsupported(self, path):
        if not self.old:
            return status(*NOT_SUPPORTED)
        return status(*METHOD_NOT_ALLOWED) if path.startswith("/ISAPI/Security") else Response(500)

    def _unauthorized(self, request, named, why):
        tries, wait = self.digest.state(request.peer, named)
        locked = why == "locked" or wait > 0
        body = "<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString></userCheck>"
        if why in ("wrong", "locked") and not self.old:
            body = (
                f'<userCheck version="1.0" xmlns="{documents.V20}"><statusValue>401</statusValue><statusString>Unauthorized</statusString><isDefaultPassword>false</isDefaultPassword>'
                f"<isActivated>true</isActivated><lockStatus>{'lock' if locked else 'unlock'}</lockStatus><unlockTime>{wait if locked else 0}</unlockTime>"
                f"<retryLoginTime>{0 if locked else tries}</retryLoginTime></userCheck>"
            )
        return Response(401, body.encode(), headers={"WWW-Authenticate": self.digest.challenge()})

    async def answer(self, request, level):
        path, method = request.path, request.method
        if path == "/ISAPI/System/time":
            return self._time(request)
        if path.startswith("/ISAPI/Security/users"):
            return await self._users(request, level)
        if path == "/ISAPI/System/reboot" and method == "PUT":
            self._reboot = asyncio.ensure_future(self.reboot())
            return status(*OK)
        if path.startswith("/ISAPI/Security/UserPermission/"):
            return self._permission(request, level)
        if not self.old and path.startswith("/ISAPI/Security/ONVIF/users"):
            return self._onvif_users(request, level)
        if not self.old and path.startswith(CERTIFICATE):
            return self._certificates(request, level)
        if path in MAINTENANCE:
            return self._maintenance(request, level)
        lists = {
            "/ISAPI/System/time/ntpServers": "NTPServerList",
            "/ISAPI/Streaming/channels": "StreamingChannelList",
            TRACK: "TrackList",
        }
        inner = "".join(value for key, value in sorted(self.state["documents"].items()) if key.startswith(f"{path}/"))
        if path in lists and inner and method == "GET":
            return xml(f'<{lists[path]} version="2.0" xmlns="{documents.V20}">{inner}</{lists[path]}>')
        if path not in self.state["documents"]:
            return self._of_stream(path, method) or (Response(404) if path.endswith("Holidays") else self.unsupported(path))
        if method == "GET":
            return xml(self.state["documents"][path])
        if method == "PUT":
            return await self._put(path, request.body)
        return status(*METHOD_NOT_ALLOWED)

    def _of_stream(self, path, method):
        """A stream's picture and what it can be, or None."""
        found = re.fullmatch(r"(/ISAPI/Streaming/channels/\d+(\d\d))/(capabilities|picture)", path)
        missing = path in self.config["quirks"].get("missing", ())
        if not found or found[1] not in self.state["documents"] or method != "GET" or missing:
            return None
        return picture() if found[3] == "picture" else self._capabilities(found[1], found[2])

    def _capabilities(self, path, suffix):
        codecs = ("H.264",) if self.old else ("H.264", "H.265", "MJPEG") if suffix != "01" else ("H.264", "H.265")
        namespace = documents.V10 if self.old else documents.V20
        return xml(documents.capabilities(path.rsplit("/", 1)[1], codecs, SIZES[suffix], KBPS, namespace))

    def _time(self, request):
        if request.method == "PUT":
            try:
                root = ElementTree.fromstring(request.body)
            except ElementTree.ParseError:
                return status(*BAD_XML)
            zone = text(root, "timeZone", self.state["zone"])
            if not re.match(r"[A-Za-z]+[+-]?\d", zone):
                return status(*BAD_PARAMETERS)
            self.state["zone"], self.state["mode"] = zone, text(root, "timeMode", self.state["mode"])
            if self.state["mode"] == "manual" and text(root, "localTime"):
                wall = time.strptime(text(root, "localTime")[:19], "%Y-%m-%dT%H:%M:%S")
                self.clock.offset_s = calendar.timegm(wall) - posix_offset_minutes(zone) * 60 - time.time()
            self.save()
            return status(*OK)
        minutes = posix_offset_minutes(self.state["zone"])
        # Fourteen of twenty-one recorders put a wrong offset here: only the digits of the wall clock mean anything.
        wall = self.clock.local(minutes).strftime("%Y-%m-%dT%H:%M:%S") + "+08:00"
        return xml(
            f'<Time version="2.0" xmlns="{documents.V20}"><timeMode>{self.state["mode"]}</timeMode><localTime>{wall}</localTime><timeZone>{self.state["zone"]}</timeZone></Time>'
        )

    async def _put(self, path, body):
        quirks = self.config["quirks"]
        old = self.document(path)
        try:
            new = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return status(*BAD_XML)
        if local(new) != local(old):
            return status(*BAD_XML)
        if path in quirks.get("lie", ()) or path in quirks.get("ignore", ()):
            return status(*OK)
        for name in READ_ONLY.get(local(old), ()):
            if find(new, name) is not None and find(old, name) is not None:
                find(new, name).text = find(old, name).text
        if local(new) == "StreamingChannel":
            refusal = self._clamp(path, new, old)
            if refusal is not None:
                return refusal
        if not self._sensible(new):
            return status(*BAD_PARAMETERS)
        # Whole documents only: what wasn't sent is gone.
        self.state["documents"][path] = write(new)
        self.save()
        if path.startswith("/ISAPI/Streaming/") and write(new) != write(old):
            await self.refresh()
        return status(7, "Reboot Required", "rebootRequired") if path in (*NEEDS_REBOOT, *quirks.get("reboot_for", ())) else status(*OK)

    def _sensible(self, new):
        """Four rows of text fit into the picture; a plan records always or on motion."""
        if local(new) == "VideoOverlay":
            return sum(local(element) == "TextOverlay" for element in new.iter()) <= 4
        modes = {element.text for element in new.iter() if local(element) == "ActionRecordingMode"}
        return modes <= {"CMR", "MOTION"}

    def _clamp(self, path, new, old):
        """Sizes are refused, rates are silently clamped, and a mistaken codec is ignored."""
        try:
            size = int(text(new, "videoResolutionWidth")), int(text(new, "videoResolutionHeight"))
            kbps, fps = int(text(new, "constantBitRate", "32")), int(text(new, "maxFrameRate"))
        except ValueError:
            return status(*BAD_PARAMETERS)
        if size not in SIZES[path[-2:]]:
            return status(*BAD_PARAMETERS)
        if text(new, "videoCodecType") not in (("H.264",) if self.old else ("H.264", "H.265")):
            find(new, "videoCodecType").text = text(old, "videoCodecType")
        for name in ("constantBitRate", "vbrUpperCap"):
            element = find(new, name)
            if element is not None:
                element.text = str(min(max(int(element.text), KBPS.start), KBPS.stop - 1))
        if (
            find(new, "constantBitRate") is not None
            and find(new, "vbrUpperCap") is not None
            and text(new, "videoQualityControlType").upper() == "CBR"
        ):
            find(new, "vbrUpperCap").text = str(min(max(kbps, KBPS.start), KBPS.stop - 1))
        find(new, "maxFrameRate").text = str(min(max(fps, 100), 2500))
        return None
