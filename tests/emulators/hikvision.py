"""A Hikvision camera and recorder: ISAPI with its quirks, in two generations of firmware."""

import asyncio
import base64
import calendar
import hashlib
import json
import re
import secrets
import subprocess
import time
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from tests.emulators import isapi_documents as documents
from tests.emulators.clips import Spec
from tests.emulators.device import Device
from tests.emulators.http import Digest, Request, Response, certificate, openssl

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
BAD_XML = (6, "Invalid XML Content", "badXmlContent", 400)
BAD_PARAMETERS = (6, "Invalid XML Content", "badParameters", 400)
ONVIF_TYPES = ("administrator", "operator", "mediaUser")
TRACK = "/ISAPI/ContentMgmt/record/tracks"
CERTIFICATE = "/ISAPI/Security/serverCertificate"


def posix_offset_minutes(zone):
    """Minutes east of UTC of ``CST-7:00:00``."""
    match = re.match(r"[A-Za-z]+([+-]?)(\d+):?(\d*)", zone)
    sign, hours, minutes = match.groups()
    return (1 if sign == "-" else -1) * (int(hours) * 60 + int(minutes or 0))


def good_password(password):
    kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
    return 8 <= len(password) <= 16 and kinds >= 2


def rsa_encrypted(text, modulus):
    """PKCS#1 v1.5 with the exponent that these devices always take."""
    size = (modulus.bit_length() + 7) // 8
    padding = bytes(secrets.randbelow(255) + 1 for _ in range(size - 3 - len(text)))
    number = int.from_bytes(b"\0\2" + padding + b"\0" + text)
    return pow(number, 0x10001, modulus).to_bytes(size)


class Hikvision(Device):
    """What cameras and recorders share; generation "5.7" or "5.2"."""

    make = staticmethod(documents.camera)

    def __init__(self, config):
        self.realm = f"IP {config['name']}"
        self.old = config.get("generation", "5.7") == "5.2"
        super().__init__(config)
        self.digest = Digest(self.realm, self.users, config["lock_s"])
        self._busy = bool(config["quirks"].get("busy_once"))
        self._random = ""
        self._upgrade_began = None

    def factory(self):
        config, quirks = self.config, self.config["quirks"]
        first = {"id": 1, "password": config["factory_password"], "level": "Administrator"}
        made = documents.old_camera(config) if self.old else self.make(config)
        return {
            "users": {} if quirks.get("factory") else {config["factory_user"]: first},
            "onvif_users": [],
            "permissions": {},
            "documents": {path: text for path, text in made.items() if path not in quirks.get("missing", ())},
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
        if request.method != "GET" and level == "Viewer" and not request.path.endswith("/password"):
            return status(4, "Invalid Operation", "lowPrivilege", 403)
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
        return status(4, "Invalid Operation", "methodNotAllowed", 400) if path.startswith("/ISAPI/Security") else Response(500)

    async def _factory_fresh(self, request):
        """Nothing but the way to the first password."""
        if request.path not in ("/ISAPI/Security/challenge", "/ISAPI/System/activate"):
            return status(4, "Invalid Operation", "notActivated", 403)
        try:
            root = ElementTree.fromstring(request.body)
            if request.path == "/ISAPI/Security/challenge":
                modulus = int(base64.b64decode(text(root, "key")), 16)
                self._random = secrets.token_hex(16)
                sealed = base64.b64encode(rsa_encrypted(self._random.encode(), modulus).hex().encode()).decode()
                return self._xml(f'<Challenge version="2.0" xmlns="{documents.V20}"><key>{sealed}</key></Challenge>')
            return await self._activate(bytes.fromhex(base64.b64decode(text(root, "password")).decode()))
        except (ElementTree.ParseError, ValueError, OverflowError):
            return status(*BAD_XML)

    async def _activate(self, sealed):
        if not self._random:
            return status(4, "Invalid Operation", "invalidOperation", 403)
        key, self._random = self._random, ""
        try:
            opened = openssl("enc", "-d", "-aes-128-ecb", "-nopad", "-K", key, given=sealed)
        except subprocess.CalledProcessError:
            return status(*BAD_PARAMETERS)
        password = opened[16:].rstrip(b"\0").decode("latin-1")
        if opened[:16] != key[:16].encode():
            return status(*BAD_PARAMETERS)
        if not good_password(password):
            return status(4, "Invalid Operation", "riskPassword", 400)
        self.users()[self.config["factory_user"]] = {"id": 1, "password": password, "level": "Administrator"}
        self.save()
        await self.refresh()
        return status(*OK)

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
        if path in ("/ISAPI/System/configurationData", "/ISAPI/System/updateFirmware", "/ISAPI/System/upgradeStatus"):
            return self._maintenance(request, level)
        lists = {
            "/ISAPI/System/time/ntpServers": "NTPServerList",
            "/ISAPI/Streaming/channels": "StreamingChannelList",
            TRACK: "TrackList",
        }
        inner = "".join(value for key, value in sorted(self.state["documents"].items()) if key.startswith(f"{path}/"))
        if path in lists and inner and method == "GET":
            return self._xml(f'<{lists[path]} version="2.0" xmlns="{documents.V20}">{inner}</{lists[path]}>')
        if path not in self.state["documents"]:
            return Response(404) if path.endswith("Holidays") else self.unsupported(path)
        if method == "GET":
            return self._xml(self.state["documents"][path])
        if method == "PUT":
            return await self._put(path, request.body)
        return status(4, "Invalid Operation", "methodNotAllowed", 400)

    def _permission(self, request, level):
        number = request.path.rsplit("/", 1)[-1]
        user = next((user for user in self.users().values() if str(user["id"]) == number), None)
        if user is None or level != "Administrator":
            return status(*NOT_SUPPORTED) if user is None else status(4, "Invalid Operation", "lowPrivilege", 403)
        if request.method == "PUT":
            try:
                root = ElementTree.fromstring(request.body)
            except ElementTree.ParseError:
                return status(*BAD_XML)
            if local(root) != "UserPermission":
                return status(*BAD_XML)
            self.state["permissions"][number] = write(root)
            self.save()
            return status(*OK)
        return self._xml(self.state["permissions"].get(number) or documents.permission(number, user["level"]))

    def _onvif_users(self, request, level):
        """ONVIF's own accounts: a list of its own, of which passwords are never shown."""
        if level != "Administrator":
            return status(4, "Invalid Operation", "lowPrivilege", 403)
        rows, number = self.state["onvif_users"], request.path.removeprefix("/ISAPI/Security/ONVIF/users").strip("/")
        row = next((row for row in rows if str(row["id"]) == number), None)
        if number and row is None:
            return status(*NOT_SUPPORTED)
        if request.method == "GET":
            inner = "".join(
                f"<User><id>{row['id']}</id><userName>{escape(row['name'])}</userName><userType>{row['type']}</userType></User>"
                for row in rows
                if number in ("", str(row["id"]))
            )
            return self._xml(inner if number else f'<UserList version="2.0" xmlns="{documents.V20}">{inner}</UserList>')
        if request.method == "DELETE":
            rows.remove(row) if row else rows.clear()
            self.save()
            return status(*OK)
        try:
            root = ElementTree.fromstring(request.body)
        except ElementTree.ParseError:
            return status(*BAD_XML)
        refusal = self._set_onvif_users([element for element in root.iter() if local(element) == "User"], row, request.method == "POST")
        if refusal is not None:
            return refusal
        self.save()
        return status(*OK)

    def _set_onvif_users(self, elements, row, new):
        """One account, or with a PUT to the list all of them."""
        rows, whole = self.state["onvif_users"], not new and row is None
        before = {old["id"]: old for old in rows}
        made = []
        for element in elements:
            old = row or (before.get(int(text(element, "id", "0"))) if whole else None) or {}
            password, kind = text(element, "password") or old.get("password", ""), text(element, "userType", old.get("type", "mediaUser"))
            if kind not in ONVIF_TYPES or not text(element, "userName"):
                return status(*BAD_PARAMETERS)
            if not good_password(password):
                return status(4, "Invalid Operation", "riskPassword", 200)
            made.append({"name": text(element, "userName"), "password": password, "type": kind} | ({"id": old["id"]} if old else {}))
        others = [] if whole else [other for other in rows if other is not row]
        names = [account["name"] for account in others + made]
        if (not elements and not whole) or len(set(names)) < len(names):
            return status(*BAD_PARAMETERS) if not elements else status(4, "Invalid Operation", "userNameExist", 200)
        for account in made:
            account.setdefault("id", next(n for n in range(1, 99) if n not in {other.get("id") for other in others + made}))
        self.state["onvif_users"] = sorted(others + made, key=lambda account: account["id"])
        return None

    def _certificates(self, request, level):
        """A request for the device's own key, and the certificate that answers it."""
        if level != "Administrator":
            return status(4, "Invalid Operation", "lowPrivilege", 403)
        _, key = certificate(self._path.parent, self.config["name"])
        match request.path.removeprefix(f"{CERTIFICATE}/"), request.method:
            case "certSignReq", "PUT" | "POST":
                try:
                    root = ElementTree.fromstring(request.body)
                except ElementTree.ParseError:
                    return status(*BAD_XML)
                fields = {
                    "C": "country",
                    "ST": "province",
                    "L": "locality",
                    "O": "organization",
                    "OU": "organizationUnit",
                    "CN": "commonName",
                }
                given = {short: text(root, name).replace("/", "\\/") for short, name in fields.items() if text(root, name)}
                subject = "".join(f"/{short}={value}" for short, value in ({"CN": self.config["address"]} | given).items())
                try:
                    made = openssl("req", "-new", "-utf8", "-key", key, "-subj", subject)
                except subprocess.CalledProcessError:
                    return status(*BAD_PARAMETERS)
                self.state["request"] = made.decode()
                self.save()
                return status(*OK)
            case "certSignReq", "GET" if "request" in self.state:
                return Response(200, self.state["request"].encode(), "application/x-pem-file")
            case "certificate", "PUT":
                try:
                    theirs = openssl("x509", "-noout", "-pubkey", given=request.body)
                except subprocess.CalledProcessError:
                    return status(*BAD_PARAMETERS)
                if theirs != openssl("pkey", "-in", key, "-pubout"):
                    return status(*BAD_PARAMETERS)
                self.install(request.body.decode())
                return status(*OK)
        return status(*NOT_SUPPORTED)

    def _maintenance(self, request, level):
        if level != "Administrator":
            return status(4, "Invalid Operation", "lowPrivilege", 403)
        match request.path.rsplit("/", 1)[-1], request.method:
            case "configurationData", "GET":
                if self.config["quirks"].get("backup_key") and "secretkey=" not in request.query:
                    return status(*BAD_PARAMETERS)
                sealed = hashlib.shake_256(json.dumps(self.state, sort_keys=True).encode()).digest(8192)
                return Response(200, b"HKCF" + sealed, "application/octet-stream")
            case "updateFirmware", "PUT":
                if not request.body.startswith(b"HKFW"):
                    return status(6, "Invalid XML Content", "badDevType", 400)
                version = re.match(rb"HKFW (V[\d.]+)", request.body)
                self.state["upgrade"] = version.group(1).decode() if version else "V5.7.99"
                self.save()
                self._upgrade_began = time.monotonic()
                if self.config["quirks"].get("upgrade_reboots"):
                    self._reboot = asyncio.ensure_future(self.reboot())
                return status(7, "Reboot Required", "rebootRequired")
            case "upgradeStatus", "GET":
                began = self._upgrade_began
                done = 100 if began is None else min(100, round(100 * (time.monotonic() - began) / self.config["pause_s"]))
                going = "true" if began is not None and done < 100 else "false"
                return self._xml(
                    f'<upgradeStatus version="2.0" xmlns="{documents.V20}"><upgrading>{going}</upgrading><percent>{done}</percent></upgradeStatus>'
                )
        return status(*NOT_SUPPORTED)

    async def off(self):
        """A firmware that was sent is run from the next start on."""
        await super().off()
        if "upgrade" in self.state:
            root = self.document("/ISAPI/System/deviceInfo")
            find(root, "firmwareVersion").text = self.state.pop("upgrade")
            self.state["documents"]["/ISAPI/System/deviceInfo"] = write(root)
            self._upgrade_began = None
            self.save()

    def _xml(self, body):
        return Response(200, (PROLOG + body).encode())

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
        return self._xml(
            f'<Time version="2.0" xmlns="{documents.V20}"><timeMode>{self.state["mode"]}</timeMode><localTime>{wall}</localTime><timeZone>{self.state["zone"]}</timeZone></Time>'
        )

    async def _users(self, request, level):
        users = self.users()
        number = request.path.removeprefix("/ISAPI/Security/users").strip("/")
        if request.method == "GET":
            rows = [
                f"<User><id>{user['id']}</id><userName>{escape(name)}</userName><bondIpAddressList/><userLevel>{user['level']}</userLevel></User>"
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
            self.state["permissions"].pop(number, None)
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
            return status(*BAD_XML)
        password, user_level = text(root, "password"), text(root, "userLevel")
        new = request.method == "POST"
        if (password or new) and not good_password(password):
            return status(4, "Invalid Operation", "riskPassword", 200)
        if user_level and user_level not in LEVELS:
            return status(*BAD_PARAMETERS)
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


class HikvisionNvr(Hikvision):
    """A recorder: its channels, what it passes on, and what it does to its own cameras."""

    make = staticmethod(documents.nvr)
    EVERY_S, RETRY_S, LIMIT = 4.0, 60.0, 16

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
        if level != "Administrator":
            return status(4, "Invalid Operation", "lowPrivilege", 403)
        if request.method == "PUT" and number in channels:
            return await self._set_channel(number, request.body)
        if request.method == "POST" and not number:
            return await self._add_channel(request.body)
        if request.method == "DELETE" and number in channels:
            del channels[number]
            for path in documents.channel_documents(number):
                self.state["documents"].pop(path, None)
            self.save()
            await self.refresh()
            return status(*OK)
        return status(*NOT_SUPPORTED)

    def _channel(self, number):
        channel = self.state["channels"][number]
        return (
            f'<InputProxyChannel version="2.0" xmlns="{documents.ISAPI}"><id>{number}</id><name>{escape(channel["name"])}</name><sourceInputPortDescriptor>'
            f"<proxyProtocol>{channel.get('protocol', 'HIKVISION')}</proxyProtocol><addressingFormatType>ipaddress</addressingFormatType><ipAddress>{channel['address']}</ipAddress>"
            f"<managePortNo>{channel.get('port', 8000)}</managePortNo><srcInputPort>1</srcInputPort><userName>{escape(channel['user'])}</userName><streamType>auto</streamType>"
            f"<model>DS-2CD</model><serialNumber>DS-2CD{number:0>8}AAWR</serialNumber><firmwareVersion>V5.7.18 build 240826</firmwareVersion><deviceID/></sourceInputPortDescriptor>"
            f"<enableAnr>false</enableAnr><enableTiming>true</enableTiming><devIndex>{hashlib.md5(number.encode()).hexdigest()}</devIndex></InputProxyChannel>"
        )

    def _status(self, number):
        if number not in self.state["channels"]:
            return status(*NOT_SUPPORTED)
        online = "false" if self._refused_until.get(number, 0) > time.monotonic() else "true"
        return self._xml(
            f'<InputProxyChannelStatus version="2.0" xmlns="{documents.ISAPI}"><id>{number}</id><online>{online}</online></InputProxyChannelStatus>'
        )

    async def _add_channel(self, body):
        channels = self.state["channels"]
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return status(*BAD_XML)
        asked = text(root, "id")
        number = asked if asked.isdecimal() and 0 < int(asked) <= self.LIMIT else None
        number = number or next((str(n) for n in range(1, self.LIMIT + 1) if str(n) not in channels), None)
        if number is None or number in channels or not text(root, "userName") or not text(root, "ipAddress"):
            return status(*BAD_PARAMETERS)
        channels[number] = {"password": "", "private": False}
        self.state["documents"] |= documents.channel_documents(number)
        return await self._set_channel(number, body)

    async def _set_channel(self, number, body):
        try:
            root = ElementTree.fromstring(body)
        except ElementTree.ParseError:
            return status(*BAD_XML)
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
