"""A Hikvision camera and recorder: ISAPI with its quirks."""

import asyncio
import re
import time
from xml.etree import ElementTree

from tests.emulators import isapi_documents as documents
from tests.emulators.clips import Spec
from tests.emulators.device import Device
from tests.emulators.http import Digest, Request, Response

LEVELS = ("Administrator", "Operator", "Viewer")
PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'
READ_ONLY = {"DeviceInfo": ("model", "serialNumber", "macAddress", "firmwareVersion", "firmwareReleasedDate", "deviceType", "deviceID")}
NEEDS_REBOOT = ("/ISAPI/System/Network/interfaces/1/ipAddress",)
KBPS = range(32, 8193)
SIZES = {"01": ((2560, 1440), (1920, 1080), (1280, 720), (640, 360)), "02": ((704, 576), (640, 360), (352, 288))}
KNOBS = {
    "name": ("/ISAPI/System/deviceInfo", "deviceName"),
    "services.upnp": ("/ISAPI/System/Network/UPnP", "enabled"),
    "services.telnet": ("/ISAPI/System/Network/telnetd", "enabled"),
    "services.p2p": ("/ISAPI/System/Network/EZVIZ", "enabled"),
    "access.lockout": ("/ISAPI/Security/illegalLoginLock", "enabled"),
    "overlay.name": ("/ISAPI/System/Video/inputs/channels/1", "name"),
    "streams.main.bitrate_kbps": ("/ISAPI/Streaming/channels/101", "constantBitRate"),
    "streams.main.fps_hundredths": ("/ISAPI/Streaming/channels/101", "maxFrameRate"),
}


def local(element):
    return element.tag.rsplit("}", 1)[-1]


def find(root, name):
    return next((element for element in root.iter() if local(element) == name), None)


def write(root):
    """XML as these devices write it: a default namespace wherever it changes, no prefixes."""

    def plain(element, inherited):
        namespace = element.tag[1:].split("}")[0] if element.tag.startswith("{") else ""
        copy = ElementTree.Element(local(element), dict(element.attrib))
        if namespace != inherited:
            copy.set("xmlns", namespace)
        copy.text, copy.tail = element.text, element.tail
        copy.extend(plain(child, namespace) for child in element)
        return copy

    return ElementTree.tostring(plain(root, ""), encoding="unicode")


def text(root, name, default=""):
    element = find(root, name)
    return default if element is None else (element.text or "").strip()


def status(code, words, sub, http=200):
    body = f'{PROLOG}<ResponseStatus version="2.0" xmlns="{documents.V20}"><requestURL></requestURL><statusCode>{code}</statusCode><statusString>{words}</statusString><subStatusCode>{sub}</subStatusCode></ResponseStatus>'
    return Response(http, body.encode())


OK = (1, "OK", "ok")
NOT_SUPPORTED = (4, "Invalid Operation", "notSupport", 403)


def posix_offset_minutes(zone):
    """Minutes east of UTC of ``CST-7:00:00``."""
    match = re.match(r"[A-Za-z]+([+-]?)(\d+):?(\d*)", zone)
    sign, hours, minutes = match.groups()
    return (1 if sign == "-" else -1) * (int(hours) * 60 + int(minutes or 0))


class Hikvision(Device):
    """What cameras and recorders share."""

    make = staticmethod(documents.camera)

    def __init__(self, config):
        self.realm = f"IP {config['name']}"
        super().__init__(config)
        self.digest = Digest(self.realm, self.users, config["lock_s"])
        self._busy = bool(config["quirks"].get("busy_once"))

    def factory(self):
        config = self.config
        return {
            "users": {config["factory_user"]: {"id": 1, "password": config["factory_password"], "level": "Administrator"}},
            "documents": {path: text for path, text in self.make(config).items() if path not in config["quirks"].get("missing", ())},
            "zone": "CST-8:00:00",
            "mode": "NTP",
            "channels": {str(channel["number"]): dict(channel) for channel in config["channels"]},
        }

    def document(self, path):
        return ElementTree.fromstring(self.state["documents"][path])

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
        path, name = KNOBS[key]
        return text(self.document(path), name)

    def turn(self, key, value):
        path, name = KNOBS[key]
        root = self.document(path)
        find(root, name).text = value
        self.state["documents"][path] = write(root)

    async def handle(self, request: Request):
        self.requests += 1
        quirks = self.config["quirks"]
        if "redirect" in quirks:
            return Response(302, headers={"Location": quirks["redirect"]})
        if request.path == "/SDK/activateStatus":
            return Response(200, b"<ActivateStatus><Activated>true</Activated></ActivateStatus>")
        user, named, why = self.digest.user_of(request)
        if user is None:
            return self._unauthorized(request, named, why)
        if self._busy and request.method == "PUT":
            self._busy = False
            return status(2, "Device Busy", "deviceBusy", 503)
        level = self.users()[user]["level"]
        if request.method != "GET" and level == "Viewer" and not request.path.endswith("/password"):
            return status(4, "Invalid Operation", "lowPrivilege", 403)
        return await self.answer(request, level)

    def _unauthorized(self, request, named, why):
        tries, wait = self.digest.state(request.peer, named)
        locked = why == "locked" or wait > 0
        body = "<userCheck><statusValue>401</statusValue><statusString>Unauthorized</statusString></userCheck>"
        if why in ("wrong", "locked"):
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
        if path == "/ISAPI/System/time/ntpServers":
            inner = self.state["documents"]["/ISAPI/System/time/ntpServers/1"]
            return self._xml(f'<NTPServerList version="2.0" xmlns="{documents.V20}">{inner}</NTPServerList>')
        if path == "/ISAPI/Streaming/channels" and method == "GET":
            inner = "".join(value for key, value in sorted(self.state["documents"].items()) if key.startswith("/ISAPI/Streaming/channels/"))
            return self._xml(f'<StreamingChannelList version="2.0" xmlns="{documents.V20}">{inner}</StreamingChannelList>')
        if path not in self.state["documents"]:
            return Response(404) if path.endswith("Holidays") else status(*NOT_SUPPORTED)
        if method == "GET":
            return self._xml(self.state["documents"][path])
        if method == "PUT":
            return await self._put(path, request.body)
        return status(4, "Invalid Operation", "methodNotAllowed", 400)

    def _xml(self, body):
        return Response(200, (PROLOG + body).encode())

    def _time(self, request):
        if request.method == "PUT":
            try:
                root = ElementTree.fromstring(request.body)
            except ElementTree.ParseError:
                return status(6, "Invalid XML Content", "badXmlContent", 400)
            zone = text(root, "timeZone", self.state["zone"])
            if not re.match(r"[A-Za-z]+[+-]?\d", zone):
                return status(6, "Invalid XML Content", "badParameters", 400)
            self.state["zone"], self.state["mode"] = zone, text(root, "timeMode", self.state["mode"])
            if self.state["mode"] == "manual" and text(root, "localTime"):
                wall = time.strptime(text(root, "localTime")[:19], "%Y-%m-%dT%H:%M:%S")
                import calendar

                self.clock.offset_s = calendar.timegm(wall) - posix_offset_minutes(zone) * 60 - time.time()
            self.save()
            return status(*OK)
        minutes = posix_offset_minutes(self.state["zone"])
        # Fourteen of twenty-one recorders put a wrong offset here: only the digits of the wall clock mean anything.
        wall = self.clock.local(minutes).strftime("%Y-%m-%dT%H:%M:%S") + "+08:00"
        return self._xml(
            f'<Time version="2.0" xmlns="{documents.V20}"><timeMode>{self.state["mode"]}</timeMode><localTime>{wall}</localTime><timeZone>{self.state["zone"]}</timeZone></Time>'
        )

    async def _users(self, request, level):
        users = self.users()
        number = request.path.removeprefix("/ISAPI/Security/users").strip("/")
        if request.method == "GET":
            rows = [
                f"<User><id>{user['id']}</id><userName>{name}</userName><bondIpAddressList/><userLevel>{user['level']}</userLevel></User>"
                for name, user in users.items()
                if number in ("", str(user["id"]))
            ]
            return self._xml(f'<UserList version="2.0" xmlns="{documents.V20}">{"".join(rows)}</UserList>')
        if level != "Administrator":
            return status(4, "Invalid Operation", "lowPrivilege", 403)
        name = next((key for key, user in users.items() if str(user["id"]) == number), None)
        if request.method == "DELETE":
            if name is None or number == "1":
                return status(*NOT_SUPPORTED)
            del users[name]
        else:
            refusal = self._set_user(request, users, name)
            if refusal is not None:
                return refusal
        self.save()
        await self.refresh()
        return status(*OK)

    def _set_user(self, request, users, name):
        try:
            root = ElementTree.fromstring(request.body)
        except ElementTree.ParseError:
            return status(6, "Invalid XML Content", "badXmlContent", 400)
        password, user_level = text(root, "password"), text(root, "userLevel")
        new = request.method == "POST"
        kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
        if (password or new) and not (8 <= len(password) <= 16 and kinds >= 2):
            return status(4, "Invalid Operation", "riskPassword", 200)
        if user_level and user_level not in LEVELS:
            return status(6, "Invalid XML Content", "badParameters", 400)
        if new:
            if text(root, "userName") in users:
                return status(4, "Invalid Operation", "userNameExist", 200)
            free = next(number for number in range(2, 32) if number not in {user["id"] for user in users.values()})
            users[text(root, "userName")] = {"id": free, "password": password, "level": user_level or "Viewer"}
            return None
        if name is None:
            return status(*NOT_SUPPORTED)
        if password:
            users[name]["password"] = password
        if user_level and users[name]["id"] != 1:
            users[name]["level"] = user_level
        return None

    async def _put(self, path, body):
        quirks = self.config["quirks"]
        old = self.document(path)
        try:
            new = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return status(6, "Invalid XML Content", "badXmlContent", 400)
        if local(new) != local(old):
            return status(6, "Invalid XML Content", "badXmlContent", 400)
        if path in quirks.get("lie", ()) or path in quirks.get("ignore", ()):
            return status(*OK)
        for name in READ_ONLY.get(local(old), ()):
            if find(new, name) is not None and find(old, name) is not None:
                find(new, name).text = find(old, name).text
        if local(new) == "StreamingChannel":
            refusal = self._clamp(path, new, old)
            if refusal is not None:
                return refusal
        # Whole documents only: what wasn't sent is gone.
        self.state["documents"][path] = write(new)
        self.save()
        if path.startswith("/ISAPI/Streaming/") and write(new) != write(old):
            await self.refresh()
        return status(7, "Reboot Required", "rebootRequired") if path in (*NEEDS_REBOOT, *quirks.get("reboot_for", ())) else status(*OK)

    def _clamp(self, path, new, old):
        """Sizes are refused, rates are silently clamped, and a mistaken codec is ignored."""
        try:
            size = int(text(new, "videoResolutionWidth")), int(text(new, "videoResolutionHeight"))
            kbps, fps = int(text(new, "constantBitRate", "32")), int(text(new, "maxFrameRate"))
        except ValueError:
            return status(6, "Invalid XML Content", "badParameters", 400)
        if size not in SIZES[path[-2:]]:
            return status(6, "Invalid XML Content", "badParameters", 400)
        if text(new, "videoCodecType") not in ("H.264", "H.265"):
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


class HikvisionNvr(Hikvision):
    """A recorder: its channels, what it passes on, and what it does to its own cameras."""

    make = staticmethod(documents.nvr)
    EVERY_S, RETRY_S = 4.0, 60.0

    def __init__(self, config):
        super().__init__(config)
        self._refused_until = {}

    def tasks(self):
        return [self._rule()]

    def upstream(self):
        found = {}
        for number, channel in self.state["channels"].items():
            for stream in ("01", "02"):
                address = f"rtsp://{channel['address']}:554/Streaming/Channels/1{stream}"
                found[f"/Streaming/Channels/{number}{stream}"] = (address, channel["user"], channel["password"])
        return found

    async def answer(self, request, level):
        path = request.path
        if not path.startswith("/ISAPI/ContentMgmt/InputProxy/channels"):
            return await super().answer(request, level)
        number = path.removeprefix("/ISAPI/ContentMgmt/InputProxy/channels").strip("/")
        if number.endswith("status"):
            return self._status(number.removesuffix("status").strip("/"))
        channels = self.state["channels"]
        if request.method == "GET":
            if number:
                return self._xml(self._channel(number)) if number in channels else status(*NOT_SUPPORTED)
            inner = "".join(self._channel(key) for key in sorted(channels))
            return self._xml(f'<InputProxyChannelList version="2.0" xmlns="{documents.ISAPI}">{inner}</InputProxyChannelList>')
        if request.method == "PUT" and number in channels:
            return await self._set_channel(number, request.body)
        return status(*NOT_SUPPORTED)

    def _channel(self, number):
        channel = self.state["channels"][number]
        return (
            f'<InputProxyChannel version="2.0" xmlns="{documents.ISAPI}"><id>{number}</id><name>{channel["name"]}</name><sourceInputPortDescriptor>'
            f"<proxyProtocol>{channel.get('protocol', 'HIKVISION')}</proxyProtocol><addressingFormatType>ipaddress</addressingFormatType><ipAddress>{channel['address']}</ipAddress>"
            f"<managePortNo>{channel.get('port', 8000)}</managePortNo><srcInputPort>1</srcInputPort><userName>{channel['user']}</userName><streamType>auto</streamType>"
            f"<model>DS-2CD</model></sourceInputPortDescriptor><enableAnr>false</enableAnr></InputProxyChannel>"
        )

    def _status(self, number):
        if number not in self.state["channels"]:
            return status(*NOT_SUPPORTED)
        online = "false" if self._refused_until.get(number, 0) > time.monotonic() else "true"
        return self._xml(
            f'<InputProxyChannelStatus version="2.0" xmlns="{documents.ISAPI}"><id>{number}</id><online>{online}</online></InputProxyChannelStatus>'
        )

    async def _set_channel(self, number, body):
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return status(6, "Invalid XML Content", "badXmlContent", 400)
        old = self.state["channels"][number]
        port = text(root, "managePortNo", "8000")
        # The whole channel is replaced: what wasn't sent is gone; only a password that wasn't sent is kept.
        self.state["channels"][number] = {
            "number": int(number),
            "name": text(root, "name"),
            "address": text(root, "ipAddress", "0.0.0.0"),
            "user": text(root, "userName"),
            "password": text(root, "password") or old["password"],
            "protocol": text(root, "proxyProtocol", "HIKVISION"),
            "port": int(port) if port.isdecimal() else 8000,
            "private": old["private"],
        }
        self._refused_until.pop(number, None)
        self.save()
        await self.refresh()
        return status(*OK)

    async def _rule(self):
        """Overwrite time and encoding of every camera that lets us, again and again."""
        while True:
            for number, channel in list(self.state["channels"].items()):
                if self._refused_until.get(number, 0) <= time.monotonic():
                    await asyncio.to_thread(self._overwrite, number, channel)
            await asyncio.sleep(self.EVERY_S)

    def _overwrite(self, number, channel):
        from tests.emulators.client import Client, Refused

        camera = Client(channel["address"], channel["user"], channel["password"])
        try:
            at = "/ISAPI/Streaming/channels/101"
            theirs, ours = ElementTree.fromstring(camera.get(at)), self.document(f"/ISAPI/Streaming/channels/{number}01")
            changed = False
            for name in (
                "videoCodecType",
                "videoResolutionWidth",
                "videoResolutionHeight",
                "videoQualityControlType",
                "constantBitRate",
                "vbrUpperCap",
                "maxFrameRate",
                "GovLength",
            ):
                if text(theirs, name) != text(ours, name):
                    find(theirs, name).text, changed = text(ours, name), True
            if changed:
                camera.put(at, write(theirs).encode())
            minutes = posix_offset_minutes(self.state["zone"])
            wall = self.clock.local(minutes).strftime("%Y-%m-%dT%H:%M:%S")
            camera.put(
                "/ISAPI/System/time",
                f"<Time><timeMode>manual</timeMode><localTime>{wall}</localTime><timeZone>{self.state['zone']}</timeZone></Time>".encode(),
            )
        except Refused:
            self._refused_until[number] = time.monotonic() + self.RETRY_S
        except OSError:
            pass
