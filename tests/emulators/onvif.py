"""An ONVIF device of either generation: old with Media1 and UsernameToken only, new with Media2 and HTTP digest."""

import asyncio
import base64
import hashlib
import json
import re
import secrets
import time
from datetime import UTC, datetime
from urllib.parse import quote, unquote
from xml.etree import ElementTree

from tests.emulators import onvif_documents as documents
from tests.emulators.clips import Spec
from tests.emulators.device import Device
from tests.emulators.http import Digest, Request, Response
from tests.emulators.onvif_documents import local
from tests.emulators.picture import picture
from tests.emulators.replay import Replay

INSIDE = "http://192.168.1.108"  # what a device calls itself behind an address translation
PATHS = {
    "media1": {"tds": "/onvif/device_service", "trt": "/onvif/media_service"},
    "media2": {"tds": "/onvif/device_service", "trt": "/onvif/Media", "tr2": "/onvif/Media2", "trc": "/onvif/Recording"}
    | {"tse": "/onvif/Search", "trp": "/onvif/Replay"},
}
PROFILE_G = ("tse", "trp")  # of devices that keep footage
TOLERANCE_S = {"media1": 5, "media2": 20}
WITHOUT_LOGIN = {
    "media1": ("GetSystemDateAndTime",),
    "media2": ("GetSystemDateAndTime", "GetServices", "GetCapabilities"),
}
SERVICES = {uri: prefix for prefix, uri in documents.NAMESPACES.items() if prefix in ("tds", "trt", "tr2", "trc", *PROFILE_G)}
SIZES = {"main": ((2560, 1440), (1920, 1080), (1280, 720), (640, 360)), "sub": ((704, 576), (640, 360), (352, 288))}
KBPS = {"main": (32, 8192), "sub": (32, 2048)}
FPS, GOP, QUALITY, OVERLAYS = (1, 25), (1, 400), (1, 6), 8
NAME = "onvif://www.onvif.org/name/"
SNAPSHOT = "/onvif/snapshot"
FIXED = ("onvif://www.onvif.org/type/", "onvif://www.onvif.org/hardware/", "onvif://www.onvif.org/Profile/")


class Refused(Exception):
    """A SOAP fault: code, subcodes, words."""

    def __init__(self, code, subcodes, words):
        super().__init__(words)
        self.code, self.subcodes, self.words = code, subcodes, words


def wrong(*subcodes, words="Invalid argument."):
    return Refused("Sender", ("InvalidArgVal", *subcodes), words)


def prohibited(subcode, words):
    return Refused("Sender", ("OperationProhibited", subcode), words)


def child(element, name):
    return None if element is None else next((one for one in element if local(one) == name), None)


def text(element, *path, default=""):
    for name in path:
        element = child(element, name)
    return default if element is None else (element.text or "").strip()


def texts(element, name):
    return [(one.text or "").strip() for one in element if local(one) == name]


def true(value):
    return value in ("true", "1")


def between(value, limits):
    return min(max(value, limits[0]), limits[1])


def offset_minutes(zone):
    """Minutes east of UTC of a POSIX zone, or None; summer time isn't looked at."""
    match = re.match(r"(?:[A-Za-z]{3,}|<[^>]+>)([+-]?)(\d{1,2})(?::(\d\d))?", zone)
    if match is None:
        return None
    sign, hours, minutes = match.groups()
    return (1 if sign == "-" else -1) * (int(hours) * 60 + int(minutes or 0))


def encoder(channel, stream, number, path, label=""):
    """A stream fresh from the box."""
    width, height, kbps = (2560, 1440, 4096) if stream == "main" else (704, 576, 512)
    return {
        "token": f"VideoEncoderToken_{number}",
        "name": f"VideoEncoder_{number}",
        "media": f"Profile_{number}",
        "label": f"{stream}Stream{label}",
        "channel": channel,
        "stream": stream,
        "path": path,
        "codec": "H264",
        "width": width,
        "height": height,
        "fps": 20,
        "kbps": kbps,
        "gop": 40,
        "quality": 4,
        "profile": "Main",
        "cbr": False,
    }


class Onvif(Device):
    """A camera; recorders have more than one of ``channels``."""

    def __init__(self, config):
        self.generation = self.onvif_generation(config)
        self.old = self.generation == "media1"
        self.realm = self.realm_of(config)
        super().__init__(config)
        self.digest = Digest(self.realm, self.users, config["lock_s"])
        self._nonces = {}
        self._operations = {"tds": self._device(), "trt": self._media(), "tr2": self._media2(), "trc": {"GetRecordings": self._recordings}}
        self._operations |= {"tse": self._searches(), "trp": {"GetReplayUri": self._replay_address}} if self.footage.keeps else {}

    def onvif_generation(self, config):
        return config.get("generation", "media2")

    def realm_of(self, config):
        return f"ONVIF {config['name']}"

    # --- state ---

    def channels(self):
        """(number, name, what a label ends with) of every channel."""
        return [(1, "Camera 01", "")]

    def path(self, channel, stream):
        return f"/onvif/profile{2 * channel - (stream == 'main')}/media.smp"

    def factory(self):
        config = self.config
        pairs = [(*channel, stream) for channel in self.channels() for stream in ("main", "sub")]
        return {
            "users": {config["factory_user"]: {"password": config["factory_password"], "level": "Administrator"}},
            "time": {"mode": "Manual", "dst": False, "tz": config.get("tz", "CST-08:00" if self.old else "CST-8:00:00")},
            "ntp": {"dhcp": False, "manual": [] if self.old else [["DNS", "pool.ntp.org"]]},
            "hostname": "localhost",
            "discovery": "Discoverable",
            "protocols": {name: {"enabled": True, "port": port} for name, port in (("HTTP", 80), ("HTTPS", 443), ("RTSP", 554))},
            "scopes": [f"{NAME}{config['model']}", "onvif://www.onvif.org/location/country/china"],
            "sources": [
                {
                    "token": f"VideoSource_{n}",
                    "configuration": f"VideoSourceToken_{n}",
                    "name": name,
                    "size": [2560, 1440],
                    "channel": number,
                }
                for n, (number, name, _) in enumerate(self.channels(), 1)
            ],
            "encoders": [encoder(n, stream, at, self.path(n, stream), label) for at, (n, _, label, stream) in enumerate(pairs, 1)],
            "overlays": [
                {
                    "token": "OSD_1",
                    "source": "VideoSourceToken_1",
                    "position": "UpperLeft",
                    "pos": None,
                    "text": {"type": "DateAndTime", "date": "MM/dd/yyyy", "time": "HH:mm:ss"},
                },
                {
                    "token": "OSD_2",
                    "source": "VideoSourceToken_1",
                    "position": "LowerRight",
                    "pos": None,
                    "text": {"type": "Plain", "plain": "Camera 01"},
                },
            ],
        }

    def ntp_server(self):
        manual = self.state["ntp"]["manual"]
        address = manual[0][1] if manual else ""
        synced = self.state["time"]["mode"] == "NTP" and re.fullmatch(r"[\d.]+", address) and address != "0.0.0.0"
        return address if synced else None

    def streams(self):
        codecs = {"H264": "H.264", "H265": "H.265"}
        return {
            one["path"]: Spec(codecs[one["codec"]], one["width"], one["height"], one["fps"], one["kbps"], one["gop"])
            for one in self.state["encoders"]
        }

    def name(self):
        return next((unquote(scope.removeprefix(NAME)) for scope in self.state["scopes"] if scope.startswith(NAME)), "")

    def rename(self, name):
        self.state["scopes"] = [NAME + quote(name)] + [scope for scope in self.state["scopes"] if not scope.startswith(NAME)]

    def knob(self, key):
        match key:
            case "name":
                return self.name()
            case "time.ntp":
                return self.state["ntp"]["manual"][0][1] if self.state["ntp"]["manual"] else ""
            case "streams.main.bitrate_kbps":
                return str(self.state["encoders"][0]["kbps"])
            case "services.discovery":
                return self.state["discovery"]
        raise KeyError(key)

    def turn(self, key, value):
        match key:
            case "name":
                self.rename(value)
            case "time.ntp":
                kind = "IPv4" if re.fullmatch(r"[\d.]+", value) else "DNS"
                self.state["ntp"]["manual"] = [[kind, value]]
            case "streams.main.bitrate_kbps":
                self.state["encoders"][0]["kbps"] = int(value)
            case "streams.main.width" | "streams.main.height":
                self.state["encoders"][0][key.rpartition(".")[2]] = int(value)
            case "services.discovery":
                self.state["discovery"] = value
            case _:
                raise KeyError(key)

    # --- the wire ---

    async def handle(self, request: Request):
        self.requests += 1
        if request.path == SNAPSHOT and request.method == "GET":
            return self._snapshot(request)
        if request.path not in PATHS[self.generation].values():
            return Response(404)
        if request.method != "POST":
            return Response(405)
        try:
            root = ElementTree.fromstring(request.body)
            asked = child(root, "Body")[0]
            space, operation = asked.tag[1:].split("}")
        except (ElementTree.ParseError, TypeError, IndexError, ValueError):
            return self._fault(Refused("Sender", ("WellFormed",), "The XML isn't well formed."))
        try:
            inner = await self._call(request, root, SERVICES.get(space), operation, asked)
        except Refused as refused:
            return self._fault(refused)
        prefix = SERVICES[space]
        return self._soap(200, documents.envelope(self.old, f"<{prefix}:{operation}Response>{inner}</{prefix}:{operation}Response>"))

    def _snapshot(self, request):
        """Old devices show it to anybody, others want HTTP's own login."""
        user, _, _ = self.digest.user_of(request)
        if self.old or user is not None:
            return picture()
        return Response(401, headers={"WWW-Authenticate": self.digest.challenge()})

    def error_in_success(self, _request):
        return self._soap(200, documents.fault(self.old, "Receiver", ("Action",), "The action failed."))

    def _soap(self, status, body, headers=None):
        return Response(status, body, "application/soap+xml; charset=utf-8", headers or {})

    def _fault(self, refused):
        """Who is to blame says the status, as SOAP 1.2 binds it to HTTP; a new device asks for a login as HTTP does."""
        body = documents.fault(self.old, refused.code, refused.subcodes, refused.words)
        if refused.subcodes == ("NotAuthorized",) and not self.old:
            return self._soap(401, body, {"WWW-Authenticate": self.digest.challenge()})
        return self._soap(400 if refused.code == "Sender" else 500, body)

    def _unsupported(self, operation):
        if self.old:
            return Refused("Sender", (), f"Method '{operation}' not implemented: method name or namespace not recognized")
        return Refused("Receiver", ("ActionNotSupported",), "Optional Action Not Implemented")

    async def _call(self, request, root, service, operation, asked):
        quirks = self.config["quirks"]
        does = self._operations.get(service, {}).get(operation)
        if PATHS[self.generation].get(service) != request.path or operation in quirks.get("missing", ()):
            does = None
        if does is None and self.old:
            raise self._unsupported(operation)
        if operation not in WITHOUT_LOGIN[self.generation]:
            self._login(request, root, service, operation)
        if does is None:
            raise self._unsupported(operation)
        found = documents.mistake(service, operation, asked)
        if found:
            raise Refused("Sender", (found[0],), found[1])
        if operation.startswith("Get"):
            return does(asked)
        if operation in quirks.get("ignore", ()):
            return ""
        return await self._change(does, asked)

    async def _change(self, does, asked):
        before = json.dumps([self.state["encoders"], self.state["users"]])
        try:
            inner = does(asked)
        except (ValueError, TypeError) as error:
            raise wrong(words=str(error)) from None
        self.save()
        if json.dumps([self.state["encoders"], self.state["users"]]) != before:
            await self.refresh()
        return inner

    # --- logins ---

    def _login(self, request, root, service, operation):
        with_digest = not self.old and request.headers.get("authorization")
        user, _, _ = self.digest.user_of(request) if with_digest else self._token(request, root)
        if user is None:
            raise Refused("Sender", ("NotAuthorized",), "Sender not authorized")
        level = self.users()[user]["level"]
        reads = operation.startswith(("Get", "Find")) and operation != "GetUsers"
        if not (level == "Administrator" or reads or (level == "Operator" and service != "tds")):
            raise Refused("Sender", ("NotAuthorized", "LowPrivilege"), "The user's level doesn't allow this.")

    def _token(self, request, root):
        """Who a UsernameToken is from, as Digest.user_of says it."""
        token = root.find(f".//{{{documents.WSSE}}}UsernameToken")
        if token is None:
            return None, "", "none"
        user, nonce, created = (text(token, name) for name in ("Username", "Nonce", "Created"))
        if self.digest.state(request.peer, user)[1]:
            return None, user, "locked"
        try:
            made = datetime.fromisoformat(created)
            raw = base64.b64decode(nonce, validate=True)
        except ValueError:
            return None, user, "nonce"
        made = made if made.tzinfo else made.replace(tzinfo=UTC)
        if nonce in self._nonces or abs(made.timestamp() - self.clock.now()) > TOLERANCE_S[self.generation]:
            return None, user, "nonce"
        self._nonces[nonce] = created
        if len(self._nonces) > 500:
            self._nonces.pop(next(iter(self._nonces)))
        password = child(token, "Password")
        if not self._right(user, raw, created, password):
            self.digest.failed(request.peer, user)
            return None, user, "wrong"
        self.digest.succeeded(request.peer, user)
        return user, user, ""

    def _right(self, user, raw, created, password):
        if user not in self.users() or password is None or password.get("Type") != documents.DIGEST:
            return False
        hashed = hashlib.sha1(raw + created.encode() + self.users()[user]["password"].encode()).digest()
        return secrets.compare_digest(base64.b64encode(hashed).decode(), (password.text or "").strip())

    # --- device management ---

    def _device(self):
        config, state = self.config, lambda key: self.state[key]
        operations = {
            "GetSystemDateAndTime": self._get_time,
            "SetSystemDateAndTime": self._set_time,
            "GetDeviceInformation": lambda _: documents.information(config),
            "GetServices": lambda _: documents.services(self._addresses()),
            "GetCapabilities": lambda _: documents.capabilities(self._addresses()),
            "GetNTP": lambda _: documents.ntp(state("ntp")),
            "SetNTP": self._set_ntp,
            "GetHostname": lambda _: (
                f"<tds:HostnameInformation><tt:FromDHCP>false</tt:FromDHCP><tt:Name>{state('hostname')}</tt:Name></tds:HostnameInformation>"
            ),
            "SetHostname": self._set_hostname,
            "GetDNS": lambda _: (
                f"<tds:DNSInformation><tt:FromDHCP>false</tt:FromDHCP>{documents.host('tt:DNSManual', 'IPv4', '8.8.8.8')}</tds:DNSInformation>"
            ),
            "GetNetworkInterfaces": lambda _: documents.interfaces(config),
            "GetNetworkDefaultGateway": lambda _: (
                f"<tds:NetworkGateway><tt:IPv4Address>{config['gateway'] or '0.0.0.0'}</tt:IPv4Address></tds:NetworkGateway>"
            ),
            "GetNetworkProtocols": lambda _: documents.protocols(state("protocols")),
            "SetNetworkProtocols": self._set_protocols,
            "GetDiscoveryMode": lambda _: f"<tds:DiscoveryMode>{state('discovery')}</tds:DiscoveryMode>",
            "SetDiscoveryMode": self._set_discovery,
            "GetScopes": self._get_scopes,
            "SetScopes": self._set_scopes,
            "GetUsers": self._get_users,
            "CreateUsers": self._create_users,
            "SetUser": self._set_user,
            "DeleteUsers": self._delete_users,
            "SystemReboot": self._restart,
        }
        if self.old:
            del operations["GetServices"]
        return operations

    def _addresses(self):
        port = self.config["ports"]["http"]
        own = f"http://{self.config['address']}" + ("" if port == 80 else f":{port}")
        paths = {prefix: path for prefix, path in PATHS[self.generation].items() if self.footage.keeps or prefix not in PROFILE_G}
        return {prefix: (INSIDE if self.old else own) + path for prefix, path in paths.items()}

    def _get_time(self, _):
        settings = self.state["time"]
        return documents.system_time(settings, self.clock.local(0), self.clock.local(offset_minutes(settings["tz"]) or 0))

    def _set_time(self, asked):
        settings = self.state["time"]
        zone, when = text(asked, "TimeZone", "TZ"), child(asked, "UTCDateTime")
        if zone and offset_minutes(zone) is None:
            raise wrong("InvalidTimeZone", words="An invalid time zone was specified.")
        mode = text(asked, "DateTimeType")
        if mode == "Manual":
            if when is None:
                raise wrong("InvalidDateTime", words="An invalid date or time was specified.")
            day = [int(text(when, "Date", name)) for name in ("Year", "Month", "Day")]
            hour = [int(text(when, "Time", name)) for name in ("Hour", "Minute", "Second")]
            self.clock.offset_s = datetime(*day, *hour, tzinfo=UTC).timestamp() - time.time()
        settings.update(mode=mode, dst=true(text(asked, "DaylightSavings")), tz=zone or settings["tz"])
        return ""

    def _set_ntp(self, asked):
        named = {"IPv4": "IPv4Address", "IPv6": "IPv6Address", "DNS": "DNSname"}
        manual = [[text(one, "Type"), text(one, named[text(one, "Type")])] for one in asked if local(one) == "NTPManual"]
        if any(kind == "IPv4" and not re.fullmatch(r"\d+(\.\d+){3}", value) for kind, value in manual):
            raise wrong("InvalidIPv4Address", words="The suggested IPv4 address is invalid.")
        if any(not value for _, value in manual):
            raise wrong("InvalidDnsName", words="The suggested NTP server name is invalid.")
        self.state["ntp"] = {"dhcp": true(text(asked, "FromDHCP")), "manual": manual}
        return ""

    def _set_hostname(self, asked):
        if not re.fullmatch(r"[A-Za-z0-9-]{1,63}", text(asked, "Name")):
            raise wrong("InvalidHostname", words="The requested hostname cannot be accepted by the device.")
        self.state["hostname"] = text(asked, "Name")
        return ""

    def _set_protocols(self, asked):
        for one in asked:
            self.state["protocols"][text(one, "Name")] = {"enabled": true(text(one, "Enabled")), "port": int(text(one, "Port"))}
        return ""

    def _set_discovery(self, asked):
        self.state["discovery"] = text(asked, "DiscoveryMode")
        return ""

    def _get_scopes(self, _):
        profile = "Streaming" if self.old else "T"
        fixed = [f"{FIXED[0]}video_encoder", f"{FIXED[1]}{quote(self.config['model'])}", f"{FIXED[2]}{profile}"]
        rows = [("Fixed", scope) for scope in fixed] + [("Configurable", scope) for scope in self.state["scopes"]]
        return "".join(
            f"<tds:Scopes><tt:ScopeDef>{kind}</tt:ScopeDef><tt:ScopeItem>{scope}</tt:ScopeItem></tds:Scopes>" for kind, scope in rows
        )

    def _set_scopes(self, asked):
        scopes = texts(asked, "Scopes")
        if any(scope.startswith(FIXED) for scope in scopes):
            raise prohibited("ScopeOverwrite", "Scope parameter overwrites fixed device scope setting, command rejected.")
        if any(re.search(r"[^!-~]|[<>&]", scope) for scope in scopes):
            raise wrong(words="A scope is no URI.")
        self.state["scopes"] = scopes
        return ""

    def _get_users(self, _):
        return "".join(
            f"<tds:User><tt:Username>{name}</tt:Username><tt:UserLevel>{user['level']}</tt:UserLevel></tds:User>"
            for name, user in self.users().items()
        )

    def _strong(self, password):
        kinds = sum(bool(re.search(kind, password)) for kind in ("[a-z]", "[A-Z]", "[0-9]", "[^A-Za-z0-9]"))
        if not (8 <= len(password) <= 32 and kinds >= 2):
            raise prohibited("Password", "Too weak password.")
        return password

    def _create_users(self, asked):
        new = {}
        for one in asked:
            name = text(one, "Username")
            if name in self.users() or name in new:
                raise prohibited("UsernameClash", "Username already exists.")
            if not re.fullmatch(r"[A-Za-z0-9._-]{1,32}", name):
                raise prohibited("UsernameTooLong", "The username was not accepted.")
            new[name] = {"password": self._strong(text(one, "Password")), "level": text(one, "UserLevel")}
        self.users().update(new)
        return ""

    def _set_user(self, asked):
        changes = []
        for one in asked:
            user = self._known(text(one, "Username"))
            password = text(one, "Password")
            changes.append((user, self._strong(password) if password else user["password"], text(one, "UserLevel")))
        for user, password, level in changes:
            user.update(password=password, level=level)
        return ""

    def _delete_users(self, asked):
        names = texts(asked, "Username")
        for name in names:
            self._known(name)
            if name == self.config["factory_user"]:
                raise wrong("FixedUser", words="Username may not be deleted.")
        for name in names:
            self.users().pop(name)
        return ""

    def _known(self, name):
        if name not in self.users():
            raise wrong("UsernameMissing", words="Username not recognized.")
        return self.users()[name]

    def _restart(self, _):
        self._reboot = asyncio.ensure_future(self.reboot())
        return "<tds:Message>Rebooting in 90 seconds</tds:Message>"

    # --- media ---

    def _media(self):
        operations = {
            "GetProfiles": self._profiles,
            "GetVideoEncoderConfigurations": lambda _: "".join(
                documents.encoder("trt:Configurations", one) for one in self.state["encoders"] if one["codec"] == "H264"
            ),
            "GetVideoEncoderConfigurationOptions": self._options,
            "SetVideoEncoderConfiguration": self._set_encoder,
            "GetStreamUri": self._uri,
            "GetSnapshotUri": lambda asked: (
                f"<trt:MediaUri><tt:Uri>{self._addresses()['tds'].rsplit('/onvif', 1)[0]}{SNAPSHOT}?token={text(asked, 'ProfileToken')}</tt:Uri></trt:MediaUri>"
            ),
            "GetVideoSources": self._sources,
            "GetVideoSourceConfigurations": lambda _: "".join(self._source("trt:Configurations", one) for one in self.state["sources"]),
            "SetVideoSourceConfiguration": self._set_source,
        }
        return operations if self.old else operations | self._overlay_operations("trt")

    def _media2(self):
        return {
            "GetProfiles": self._profiles2,
            "GetVideoEncoderConfigurations": self._encoders2,
            "GetVideoEncoderConfigurationOptions": self._options2,
            "SetVideoEncoderConfiguration": self._set_encoder2,
            "GetStreamUri": lambda asked: f"<tr2:Uri>{self._address(asked)}</tr2:Uri>",
            **self._overlay_operations("tr2"),
        }

    def _token2(self, one):
        return "000" if self.config["quirks"].get("duplicate_tokens") else one["token"]

    def _source_of(self, one):
        return next(source for source in self.state["sources"] if source["channel"] == one["channel"])

    def _source(self, tag, source):
        return documents.source(tag, source, sum(one["channel"] == source["channel"] for one in self.state["encoders"]))

    def _profiles(self, _):
        answer = ""
        for one in self.state["encoders"]:
            shown = documents.encoder("tt:VideoEncoderConfiguration", one) if one["codec"] == "H264" else ""
            answer += (
                f'<trt:Profiles token="{one["media"]}" fixed="true"><tt:Name>{one["label"]}</tt:Name>'
                f"{self._source('tt:VideoSourceConfiguration', self._source_of(one))}{shown}</trt:Profiles>"
            )
        return answer

    def _profiles2(self, asked):
        """Configurations are shown only where they're asked for."""
        kinds, token, answer = texts(asked, "Type"), text(asked, "Token"), ""
        for one in self.state["encoders"]:
            if token not in ("", one["media"]):
                continue
            inner = self._source("tr2:VideoSource", self._source_of(one)) if {"All", "VideoSource"} & set(kinds) else ""
            if {"All", "VideoEncoder"} & set(kinds):
                inner += documents.encoder2("tr2:VideoEncoder", one, self._token2(one))
            answer += f'<tr2:Profiles token="{one["media"]}" fixed="true"><tr2:Name>{one["label"]}</tr2:Name><tr2:Configurations>{inner}</tr2:Configurations></tr2:Profiles>'
        if token and not answer:
            raise wrong("NoProfile", words="The requested profile token does not exist.")
        return answer

    def _encoders2(self, asked):
        token, media = text(asked, "ConfigurationToken"), text(asked, "ProfileToken")
        found = [one for one in self.state["encoders"] if token in ("", self._token2(one)) and media in ("", one["media"])]
        if not found:
            raise wrong("NoConfig", words="The requested configuration does not exist.")
        return "".join(documents.encoder2("tr2:Configurations", one, self._token2(one)) for one in found)

    def _options(self, asked):
        token, media = text(asked, "ConfigurationToken"), text(asked, "ProfileToken")
        found = [one for one in self.state["encoders"] if token in ("", one["token"]) and media in ("", one["media"])]
        if not found:
            raise wrong("NoConfig", words="The requested configuration does not exist.")
        stream = found[0]["stream"]
        return documents.encoder_options(SIZES[stream], KBPS[stream], FPS, not self.old)

    def _options2(self, asked):
        token, media = text(asked, "ConfigurationToken"), text(asked, "ProfileToken")
        found = [one for one in self.state["encoders"] if token in ("", self._token2(one)) and media in ("", one["media"])]
        if not found:
            raise wrong("NoConfig", words="The requested configuration does not exist.")
        stream = found[0]["stream"]
        return "".join(documents.encoder_options2(codec, SIZES[stream], KBPS[stream], FPS) for codec in ("H264", "H265"))

    def _set_encoder(self, asked):
        new = child(asked, "Configuration")
        rates, h264 = child(new, "RateControl"), child(new, "H264")
        self._encode(
            next((one for one in self.state["encoders"] if one["token"] == new.get("token")), None),
            new,
            codecs=("H264",),
            gop=text(h264, "GovLength") if h264 is not None else None,
            profile=text(h264, "H264Profile") if h264 is not None else None,
            cbr=None if rates is None else rates.get("ConstantBitRate"),
        )
        return ""

    def _set_encoder2(self, asked):
        new = child(asked, "Configuration")
        rates = child(new, "RateControl")
        self._encode(
            next((one for one in self.state["encoders"] if self._token2(one) == new.get("token")), None),
            new,
            codecs=("H264", "H265"),
            gop=new.get("GovLength"),
            profile=new.get("Profile"),
            cbr=None if rates is None else rates.get("ConstantBitRate"),
        )
        return ""

    def _encode(self, one, new, codecs, gop, profile, cbr):
        """Codecs, profiles, sizes that the encoder hasn't are refused, numbers are silently clamped."""
        if one is None:
            raise wrong("NoConfig", words="The requested configuration does not exist.")
        codec = text(new, "Encoding")
        size = tuple(int(text(new, "Resolution", side)) for side in ("Width", "Height"))
        if codec not in codecs or size not in SIZES[one["stream"]] or (profile and profile not in ("Baseline", "Main", "High")):
            raise wrong("ConfigModify", words="The configuration parameters are not possible to set.")
        change = {"name": text(new, "Name"), "codec": codec, "width": size[0], "height": size[1]}
        change["quality"] = between(int(float(text(new, "Quality"))), QUALITY)
        rates = child(new, "RateControl")
        if rates is not None:
            change["fps"] = between(float(text(rates, "FrameRateLimit")), FPS)
            change["kbps"] = between(int(text(rates, "BitrateLimit")), KBPS[one["stream"]])
        if gop:
            change["gop"] = between(int(gop), GOP)
        if cbr:
            change["cbr"] = true(cbr)
        one.update(change, profile="Main" if codec == "H265" else profile or one["profile"])

    def _address(self, asked):
        one = next((one for one in self.state["encoders"] if one["media"] == text(asked, "ProfileToken")), None)
        if one is None:
            raise wrong("NoProfile", words="The requested profile token does not exist.")
        host = INSIDE.removeprefix("http://") if self.old else self.config["address"]
        return f"rtsp://{host}:{self.config['ports']['rtsp']}{one['path']}"

    def _uri(self, asked):
        return (
            f"<trt:MediaUri><tt:Uri>{self._address(asked)}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>"
            "<tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT60S</tt:Timeout></trt:MediaUri>"
        )

    def _sources(self, _):
        return "".join(
            f'<trt:VideoSources token="{one["token"]}"><tt:Framerate>{FPS[1]}</tt:Framerate>{documents.size(*one["size"])}</trt:VideoSources>'
            for one in self.state["sources"]
        )

    def _set_source(self, asked):
        new = child(asked, "Configuration")
        one = next((one for one in self.state["sources"] if one["configuration"] == new.get("token")), None)
        if one is None:
            raise wrong("NoConfig", words="The requested configuration does not exist.")
        bounds = child(new, "Bounds")
        if text(new, "SourceToken") != one["token"] or [int(bounds.get(side)) for side in ("width", "height")] != one["size"]:
            raise wrong("ConfigModify", words="The configuration parameters are not possible to set.")
        one["name"] = text(new, "Name")
        return ""

    def _recordings(self, _):
        return documents.recordings(self.state["sources"])

    # --- what was recorded (Profile G) ---

    REPLAYS = True

    def tracks(self, role):
        if not self.footage.keeps:
            return {}
        streams = self.streams()
        mains = [one for one in self.state["encoders"] if one["stream"] == "main"]
        return {
            f"/onvif/replay/{number}": Replay(streams[one["path"]], self.config["clips"], self.footage, role)
            for number, one in enumerate(mains, 1)
        }

    def _searches(self):
        """Two answers: none yet, then all."""
        self._asked = 0
        return {
            "FindRecordings": lambda _: "<tse:SearchToken>Search_1</tse:SearchToken>",
            "GetRecordingSearchResults": self._search_results,
        }

    def _search_results(self, asked):
        if text(asked, "SearchToken") != "Search_1":
            raise wrong("InvalidToken", words="The search token is invalid.")
        self._asked += 1
        if self._asked % 2:
            return "<tse:ResultList><tt:SearchState>Searching</tt:SearchState></tse:ResultList>"
        span = self.footage.since_s, self.clock.now()
        rows = "".join(documents.found(number, one, *span) for number, one in enumerate(self.state["sources"], 1))
        return f"<tse:ResultList><tt:SearchState>Completed</tt:SearchState>{rows}</tse:ResultList>"

    def _replay_address(self, asked):
        number = text(asked, "RecordingToken").removeprefix("Recording_")
        if number not in [str(n) for n, _ in enumerate(self.state["sources"], 1)]:
            raise wrong("NoRecording", words="The RecordingToken does not reference an existing recording.")
        inside = self.config.get("inside", self.config["address"])
        return f"<trp:Uri>rtsp://{inside}:554/onvif/replay/{number}</trp:Uri>"

    # --- overlays ---

    def _overlay_operations(self, prefix):
        return {
            "GetOSDs": lambda asked: self._get_overlays(asked, f"{prefix}:OSDs"),
            "CreateOSD": lambda asked: f"<{prefix}:OSDToken>{self._create_overlay(asked)}</{prefix}:OSDToken>",
            "SetOSD": self._set_overlay,
            "DeleteOSD": self._delete_overlay,
        }

    def _get_overlays(self, asked, tag):
        source, token = text(asked, "ConfigurationToken"), text(asked, "OSDToken")
        found = [one for one in self.state["overlays"] if source in ("", one["source"]) and token in ("", one["token"])]
        if token and not found:
            raise wrong("NoConfig", words="The requested OSD does not exist.")
        return "".join(documents.overlay(tag, one) for one in found)

    def _overlay(self, asked, token):
        """Font and colours aren't kept."""
        new = child(asked, "OSD")
        source = text(new, "VideoSourceConfigurationToken")
        shown = child(new, "TextString")
        if source not in [one["configuration"] for one in self.state["sources"]] or text(new, "Type") != "Text" or shown is None:
            raise wrong("ConfigModify", words="The configuration parameters are not possible to set.")
        pos = child(child(new, "Position"), "Pos")
        values = {"type": "Type", "date": "DateFormat", "time": "TimeFormat", "plain": "PlainText"}
        return {
            "token": token,
            "source": source,
            "position": text(new, "Position", "Type"),
            "pos": None if pos is None else [float(pos.get(axis, 0)) for axis in ("x", "y")],
            "text": {key: text(shown, name) for key, name in values.items() if text(shown, name)},
        }

    def _create_overlay(self, asked):
        overlays = self.state["overlays"]
        if len(overlays) >= OVERLAYS:
            raise Refused("Receiver", ("Action", "MaxOSDs"), "The maximum number of supported OSDs has been reached.")
        taken = {one["token"] for one in overlays}
        token = next(f"OSD_{n}" for n in range(1, OVERLAYS + 1) if f"OSD_{n}" not in taken)
        overlays.append(self._overlay(asked, token))
        return token

    def _set_overlay(self, asked):
        at = self._overlay_at(child(asked, "OSD").get("token"))
        self.state["overlays"][at] = self._overlay(asked, self.state["overlays"][at]["token"])
        return ""

    def _delete_overlay(self, asked):
        del self.state["overlays"][self._overlay_at(text(asked, "OSDToken"))]
        return ""

    def _overlay_at(self, token):
        for at, one in enumerate(self.state["overlays"]):
            if one["token"] == token:
                return at
        raise wrong("NoConfig", words="The requested OSD does not exist.")
