"""An Axis camera: VAPIX in two firmware generations, param.cgi alone and with the JSON APIs beside it."""

import asyncio
import ipaddress
import json
import os
import re
import time
import uuid
import zoneinfo
from datetime import datetime
from email.parser import BytesParser
from pathlib import Path
from urllib.parse import parse_qsl

from tests.emulators import vapix_documents as documents
from tests.emulators.axis_certificates import Certificates
from tests.emulators.clips import Spec
from tests.emulators.device import Device
from tests.emulators.http import Digest, Request, Response
from tests.emulators.picture import picture

GROUPS = ("admin", "operator", "viewer", "ptz")
RIGHTS = {"admin": 6, "operator": 4, "viewer": 1}  # as securityLevel counts them
ROLES = ({"viewer"}, {"operator", "viewer"}, {"admin", "operator", "viewer"})
DONE = {"add": "Created", "update": "Modified", "remove": "Removed"}
CODECS = {"h264": "H.264", "h265": "H.265"}
MEDIA = "/axis-media/media.amp"
FULL_FPS, FREE_KBPS = 25, 4096  # what fps=0 and no limit come to here
PROFILE = "motcua-main"
KNOBS = {"name": "Network.HostName", "time.ntp": "Time.NTP.Server", "services.upnp": "Network.UPnP.Enabled"}
BITRATE = "streams.main.bitrate_kbps"
ENCODING = ("StreamProfile.", "Image.I0.Appearance.", "Image.I0.RateControl.", "Image.I0.MPEG.", "Image.I0.Stream.")
POSITIONS = ("topLeft", "top", "topRight", "bottomLeft", "bottom", "bottomRight")
IMAGE = re.compile(rb"emulated-axis-firmware (\S+)")  # an image that this camera takes


class Refusal(Exception):
    """An error inside a 200; ``sub`` names the parameter that was wrong."""

    def __init__(self, code, message, sub=None):
        super().__init__(message)
        self.code, self.message, self.sub = code, message, sub


class Streams(dict):
    """Every address under media.amp is a stream of its own: what its query says."""

    def __init__(self, spec):
        super().__init__({MEDIA: spec("")})
        self._spec = spec

    def __missing__(self, path):
        return self._spec(path.partition("?")[2])


def bare(name):
    return name.removeprefix("root.")


def latin(text):
    """What is left of a text in ISO-8859-1."""
    return text.encode("latin-1", "replace").decode("latin-1")


def fields(query):
    """The fields of a form, which clients send in UTF-8 or in the device's own ISO-8859-1."""

    def text(raw):
        try:
            return raw.encode("latin-1").decode()
        except UnicodeDecodeError:
            return raw

    return {text(key): text(value) for key, value in parse_qsl(query, keep_blank_values=True, encoding="latin-1")}


def plain(text):
    return Response(200, text.encode("latin-1", "replace"), "text/plain")


def page(text, status=200):
    return Response(status, f"{text}\r\n".encode("latin-1", "replace"), "text/html")


def kept(definition, value, clamp):
    """What the camera keeps of a value; None: it refuses."""
    words = definition.words
    match definition.kind:
        case "bool" | "enum":
            return value if value in words else None
        case "int" | "range" if not re.fullmatch(r"-?\d+", value):
            return None
        case "int":
            low, high = (int(word) if word != "-" else None for word in words)
            inside = max(int(value), low) if high is None else min(max(int(value), low), high)
            return str(inside) if clamp or inside == int(value) else None
        case "range":
            ends = [[int(end) for end in word.split("-")] for word in words]
            return value if any(pair[0] <= int(value) <= pair[-1] for pair in ends) else None
        case "string" if words and len(value) > int(words[1]):
            return None
        case "ip":
            return value if re.fullmatch(r"(\d{1,3}\.){3}\d{1,3}", value) and max(map(int, value.split("."))) < 256 else None
        case "hostname":
            return value if re.fullmatch(r"[A-Za-z0-9.-]*", value) else None
    return value


def offset_minutes(zone, dst, at):
    """Minutes east of UTC in a POSIX zone at a moment."""
    os.environ["TZ"] = zone if dst else re.match(r"(<[^>]*>|[A-Za-z]*)[-+]?[\d:]*", zone).group()
    time.tzset()
    return time.localtime(at).tm_gmtoff // 60


def posix_zone(name):
    """The POSIX string that ends the zone's file in the IANA database; None: there is no such zone."""
    if name not in zoneinfo.available_timezones():
        return None
    path = next(path for path in (Path(top) / name for top in zoneinfo.TZPATH) if path.exists())
    return path.read_bytes().rsplit(b"\n", 2)[1].decode()


class Axis(Device):
    """One camera; the configuration's ``generation`` is 9.80 or 5.51."""

    def __init__(self, config):
        self.realm = f"AXIS_{config['serial']}"
        self.generation = config.get("generation", "9.80")
        values, definitions = documents.parameters(config, self.generation)
        missing = tuple(config["quirks"].get("missing", ()))
        self._box = {name: value for name, value in values.items() if not name.startswith(missing)} if missing else values
        self._definitions = definitions
        super().__init__(config)
        # It neither counts tries nor says that it locks.
        self.digest = Digest(self.realm, self.users, 0)
        self.certificates = Certificates(self)
        self._booted()

    def _booted(self):
        self._since, self._boot = time.monotonic(), str(uuid.uuid4())

    async def reboot(self):
        await super().reboot()
        self._booted()

    def factory(self):
        config = self.config
        first = {} if config["quirks"].get("factory") else {config["factory_user"]: self._account(config["factory_password"], GROUPS)}
        state = {"users": first, "parameters": dict(self._box), "zone": None, "more_ntp": [], "overlays": {}, "before": ""}
        self._settle(state)
        return state

    @staticmethod
    def _account(password, groups):
        return {"password": password, "groups": [group for group in GROUPS if group in groups]}

    def _settle(self, state):
        """What follows from other parameters: the live network is the lease or the static fallback."""
        values, config = state["parameters"], self.config
        static = values["Network.BootProto"] == "none"
        address = values["Network.IPAddress"] if static else config["address"]
        mask = values["Network.SubnetMask"] if static else "255.255.255.0"
        router = values["Network.DefaultRouter"] if static else config["gateway"] or "0.0.0.0"
        given = values["Network.Resolver.ObtainFromDHCP"] == "no"
        servers = [values[f"Network.DNSServer{n}"] for n in (1, 2)] if given else [router]
        first, second, *_ = [*(server for server in servers if server != "0.0.0.0"), "", ""]
        values |= {
            "Network.eth0.IPAddress": address,
            "Network.eth0.SubnetMask": mask,
            "Network.eth0.Broadcast": str(ipaddress.IPv4Interface(f"{address}/{mask}").network.broadcast_address),
            "Network.Routing.DefaultRouter": router,
            "Network.Resolver.NameServer1": first,
            "Network.Resolver.NameServer2": second,
            "Network.Resolver.NameServerList": f"{first} {second}".strip(),
            "System.RootPwdSet": "yes" if state["users"] else "no",
        }
        if values["Network.VolatileHostName.ObtainFromDHCP"] == "no":
            values["Network.VolatileHostName.HostName"] = values["Network.HostName"]

    async def _changed(self, drop=True):
        self._settle(self.state)
        self.save()
        if drop:
            await self.refresh()

    def ntp_server(self):
        values = self.state["parameters"]
        server = values["Time.NTP.VolatileServer" if values["Time.ObtainFromDHCP"] == "yes" else "Time.NTP.Server"]
        usable = values["Time.SyncSource"] == "NTP" and re.fullmatch(r"[\d.]+", server) and server != "0.0.0.0"
        return server if usable else None

    # --- streams ---

    def _profile(self, name):
        """The parameter that holds a profile's Parameters."""
        for key, value in self.state["parameters"].items():
            if re.fullmatch(r"StreamProfile\.S\d+\.Name", key) and value == name:
                return key.removesuffix("Name") + "Parameters"
        raise KeyError(f"no stream profile {name}")

    def _spec(self, query):
        values = self.state["parameters"]
        options = dict(parse_qsl(query))
        if "streamprofile" in options:
            options = dict(parse_qsl(values[self._profile(options["streamprofile"])])) | options
        codec, size = options.get("videocodec", "h264"), options.get("resolution", values["Image.I0.Appearance.Resolution"])
        if codec not in values["Properties.Image.Format"].split(",") or size not in values["Properties.Image.Resolution"].split(","):
            raise KeyError(f"no stream {query}")
        width, height = map(int, size.split("x"))
        limit = int(options.get("videomaxbitrate") or options.get("videobitrate") or values["Image.I0.RateControl.MaxBitrate"])
        # The documentation limits by mbr and leaves vbr free; that a limit without a mode holds isn't proven.
        kbps = limit if limit and options.get("videobitratemode", "mbr") != "vbr" else FREE_KBPS
        gop = int(options.get("videokeyframeinterval") or int(values["Image.I0.MPEG.PCount"]) + 1)
        return Spec(CODECS[codec], width, height, int(options.get("fps") or 0) or FULL_FPS, kbps, gop)

    def streams(self):
        return Streams(self._spec)

    def knob(self, key):
        if key == BITRATE:
            return dict(parse_qsl(self.state["parameters"][self._profile(PROFILE)]))["videomaxbitrate"]
        return self.state["parameters"][KNOBS[key]]

    def turn(self, key, value):
        if key == BITRATE:
            at = self._profile(PROFILE)
            self.state["parameters"][at] = re.sub(r"(?<=videomaxbitrate=)\d+", value, self.state["parameters"][at])
        else:
            self.state["parameters"][KNOBS[key]] = value
            self._settle(self.state)

    # --- requests ---

    async def handle(self, request: Request):
        self.requests += 1
        # A form counts whatever type its request names: a client in wide use sends its forms as text/plain.
        form = fields(request.query) | (fields(request.body.decode("latin-1")) if request.method == "POST" else {})
        api = documents.APIS.get(request.path) if self.generation != "5.51" else None
        if api is not None and (api.level == 0 or re.search(rb'"method": ?"getAllUnrestrictedProperties"', request.body)):
            return await self._api(request, api, api.level)
        if not self.users():
            return await self._setup(request, form)
        user, _, _ = self.digest.user_of(request)
        if user is None or self.digest.lock_everyone:
            return self._unauthorized(documents.page(401, "Unauthorized", "Your client does not have permission to get this URL."))
        rank = max(RIGHTS.get(group, 0) for group in self.users()[user]["groups"])
        if api is not None:
            return await self._api(request, api, rank)
        if self.config["quirks"].get("certificates") and rank == 6 and request.path.startswith(("/config/rest/cert/", "/vapix/services")):
            return self.certificates.answer(request)
        return await self._cgi(request, form, rank)

    def _unauthorized(self, body):
        return Response(401, body, "text/html", {"WWW-Authenticate": self.digest.challenge()})

    async def _setup(self, request, form):
        """No account yet: the first one is taken from anybody, and on these generations it is root with all rights."""
        if request.path != "/axis-cgi/pwdgrp.cgi":
            return self._unauthorized(documents.page(401, "Unauthorized", "Your client does not have permission to get this URL."))
        if form.get("action") != "add":
            return self._unauthorized(b"Error: initial admin user must be created first.\r\n")
        if form.get("user") != "root" or set(form.get("sgrp", "").split(":")) != set(GROUPS):
            return self._unauthorized(b"Error: not a valid initial admin user.\r\n")
        return await self._accounts(form)

    async def _cgi(self, request, form, rank):
        match request.path:
            case "/axis-cgi/param.cgi":
                return await self._param(form, rank)
            case "/axis-cgi/pwdgrp.cgi" if rank == 6:
                return await self._accounts(form)
            case "/axis-cgi/restart.cgi" if rank == 6:
                self._reboot = asyncio.ensure_future(self.reboot())
                return Response(200, documents.page(200, "OK", "The server is restarting."), "text/html")
            case "/axis-cgi/jpg/image.cgi":
                return picture()
            case "/axis-cgi/disks/list.cgi":
                return Response(200, documents.DISKS.encode(), "text/xml")
            case "/axis-cgi/date.cgi" if form.get("action") == "get":
                # The form of this answer isn't proven.
                return plain(self.clock.local(self._minutes()).strftime("%b %d, %Y %H:%M:%S\r\n"))
            case "/axis-cgi/pwdgrp.cgi" | "/axis-cgi/restart.cgi":
                # That too few rights are a 403 isn't proven.
                return Response(403, documents.page(403, "Forbidden", "Your client does not have permission to get this URL."), "text/html")
        words = f"The requested URL {request.path} was not found on this server."
        return Response(404, documents.page(404, "Not Found", words), "text/html; charset=ISO-8859-1")

    def _minutes(self):
        values = self.state["parameters"]
        return offset_minutes(values["Time.POSIXTimeZone"], values["Time.DST.Enabled"] == "yes", self.clock.now())

    # --- param.cgi ---

    def _definition(self, name):
        return self._definitions.get(re.sub(r"^StreamProfile\.S\d+\.", "StreamProfile.S0.", name))

    async def _param(self, form, rank):
        match form.get("action"):
            case "list":
                rows, errors = self._rows(form, rank)
                return plain("".join(f"root.{name}={value}\n" for name, value, _ in rows) + errors)
            case "listdefinitions":
                rows, errors = self._rows(form, rank)
                values = self.state["parameters"]
                text = documents.schema(rows, values["Network.eth0.IPAddress"], self.config["model"], values["Properties.Firmware.Version"])
                return plain(errors) if errors else Response(200, text.encode("latin-1", "replace"), "text/xml")
            case "update" if rank >= 4:
                return await self._update(form, rank)
            case "add" if rank >= 4:
                return await self._add(form)
            case "remove" if rank >= 4:
                return await self._remove(form)
        return plain("# Error: Invalid action\n")

    def _rows(self, form, rank):
        """((name, value, Definition) of every group that was asked for, lines for those that aren't there)."""
        readable = [(name, value, self._definition(name)) for name, value in self.state["parameters"].items()]
        readable = [row for row in readable if row[2].read <= rank]
        if not form.get("group"):
            return readable, ""
        found, errors = [], ""
        for group in form["group"].split(","):
            pattern = re.escape(bare(group)).replace(r"\*", "[^.]*")
            rows = [row for row in readable if re.match(rf"{pattern}($|\.)", row[0])]
            found += [row for row in rows if row not in found]
            errors += "" if rows or group == "root" else f"# Error: Error -1 getting param in group '{group}'\n"
        return (readable if "root" in form["group"].split(",") else found), errors

    def _kept(self, name, value, rank):
        definition = self._definition(name)
        if name not in self.state["parameters"] or definition.readonly or definition.write > rank:
            return None
        return kept(definition, latin(value), name in self.config["quirks"].get("clamp", ()))

    async def _update(self, form, rank):
        """Each parameter stands for itself: the rest is set even where one is refused. That isn't proven."""
        values, errors, changed = self.state["parameters"], "", set()
        for name, value in form.items():
            if name in ("action", "usergroup"):
                continue
            new = self._kept(bare(name), value, rank)
            if new is None:
                errors += f"# Error: Error setting 'root.{bare(name)}' to '{value}'!\n"
            elif bare(name) not in self.config["quirks"].get("ignore", ()) and values[bare(name)] != new:
                values[bare(name)] = new
                changed.add(bare(name))
        if changed & {"Time.POSIXTimeZone", "Time.DST.Enabled"}:
            self.state["zone"] = None
        await self._changed(drop=any(name.startswith(ENCODING) for name in changed))
        return plain(errors or "OK\n")

    async def _add(self, form):
        values = self.state["parameters"]
        numbers = {int(key.split(".")[1][1:]) for key in values if re.fullmatch(r"StreamProfile\.S\d+\.Name", key)}
        if form.get("template") != "streamprofile" or bare(form.get("group", "")) != "StreamProfile":
            return plain("# Request failed: Could not create group\n")
        if len(numbers) >= int(values["StreamProfile.MaxGroups"]) and form.get("force") != "yes":
            return plain("# Request failed: Too many groups\n")
        number = next(n for n in range(len(numbers) + 1) if n not in numbers)
        errors = ""
        for last in ("Description", "Name", "Parameters"):
            name, value = (
                f"StreamProfile.S{number}.{last}",
                form.get(f"StreamProfile.S.{last}", form.get(f"root.StreamProfile.S.{last}", "")),
            )
            new = kept(self._definition(name), latin(value), clamp=False)
            values[name] = new or ""
            errors += "" if new is not None else f"# Error: Error setting 'root.{name}' to '{value}'!\n"
        await self._changed()
        return plain(f"{errors}S{number} OK\n")

    async def _remove(self, form):
        values = self.state["parameters"]
        groups = [bare(group) for group in form.get("group", "").split(",")]
        for group in groups:
            if not re.fullmatch(r"StreamProfile\.S\d+", group) or f"{group}.Name" not in values:
                return plain(f"# Request failed: Could not remove group '{group}'\n")
        for group in groups:
            for last in ("Description", "Name", "Parameters"):
                del values[f"{group}.{last}"]
        await self._changed()
        return plain("OK\n")

    # --- pwdgrp.cgi ---

    async def _accounts(self, form):
        """Errors are a 200 as well."""
        users, action, name = self.users(), form.get("action"), form.get("user", "")
        if action == "get":
            rows = {group: [user for user, account in users.items() if group in account["groups"]] for group in GROUPS}
            rows["digusers"] = list(users)
            return plain("".join(f'{group}="{",".join(names)}"\r\n' for group, names in rows.items()))
        if action not in DONE:
            return page("Error: action operation type.")
        if not re.fullmatch("[A-Za-z0-9]{1,14}", name):
            return page("Error: account user name.")
        if (action == "add") == (name in users) or (action == "remove" and name == "root"):
            return page(f"Error: malformed action operation, {action}.")
        if action == "remove":
            del users[name]
        else:
            old = users.get(name, {"password": "", "groups": []})
            account = self._account(form.get("pwd", old["password"]), form["sgrp"].split(":") if "sgrp" in form else old["groups"])
            strict = form.get("strict_pwd") != "1" or re.fullmatch("[ -~]{1,64}", account["password"])
            if not account["password"] or not strict or set(account["groups"]) - {"ptz"} not in ROLES:
                return page("Error: consult the system log file.")
            users[name] = account
        await self._changed()
        return page(f"{DONE[action]} account {name}.")

    # --- JSON ---

    async def _api(self, request, api, rank):
        """One call; its form is public documentation unless a comment says otherwise."""
        body, image = self._parts(request)
        said = {"apiVersion": api.version}
        try:
            asked = json.loads(body)
            said = {"method": asked["method"], **said} | ({"context": asked["context"]} if "context" in asked else {})
            said["data"] = await self._call(api, asked, image, rank)
        except (ValueError, TypeError):
            said["error"] = self._error(api, Refusal(3000, "Invalid JSON data"))
        except KeyError as missing:
            said["error"] = self._error(api, Refusal(4003, f"Missing parameter(s) {missing}"))
        except Refusal as refusal:
            said["error"] = self._error(api, refusal)
        return Response(200, json.dumps(said, ensure_ascii=False).encode(), "application/json;charset=utf8")

    @staticmethod
    def _error(api, refusal):
        details = {} if refusal.sub is None else {"details": {"subCode": refusal.sub}}
        return {"code": str(refusal.code) if api.strings else refusal.code, "message": refusal.message} | details

    @staticmethod
    def _parts(request):
        """(JSON, file) of a multipart body, by their order; any other body is JSON alone."""
        kind = request.headers.get("content-type", "")
        if not kind.startswith("multipart/form-data"):
            return request.body, None
        parts = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + request.body).get_payload()
        return [part.get_payload(decode=True) for part in parts][:2] if isinstance(parts, list) and len(parts) > 1 else (b"", None)

    async def _call(self, api, asked, image, rank):
        method, params = asked["method"], asked.get("params") or {}
        if rank < api.level:
            raise Refusal(4002, "Authorization failed")
        if str(asked.get("apiVersion", "1.0")).split(".")[0] != "1":
            raise Refusal(4001, "The specified version is not supported")
        if method == "getSupportedVersions":
            return {"apiVersions": [api.version]}
        match api.id, method:
            case "ntp", "getNTPInfo" | "setNTPClientConfiguration":
                return await self._ntp(method, params)
            case "time-service", "getDateTimeInfo" | "setTimeZone" | "setPosixTimeZone" | "setDateTime":
                return await self._time(method, params, rank)
            case "dynamicoverlay", "list" | "addText" | "setText" | "remove":
                return await self._overlay(method, params)
            case "fwmgr", "status" | "upgrade" | "reboot":
                return self._firmware(method, image)
        return self._facts(api, method, params)

    def _facts(self, api, method, params):
        """The calls that only read."""
        match api.id, method:
            case "api-discovery", "getApiList":
                return {"apiList": documents.api_list()}
            case "systemready", "systemready":
                up = str(int(time.monotonic() - self._since))
                return {"systemready": "yes", "needsetup": "no" if self.users() else "yes", "uptime": up, "bootid": self._boot}
            case "basic-device-info", "getAllProperties" | "getAllUnrestrictedProperties":
                return {"propertyList": self._properties()}
            case "network-settings", "getNetworkInfo":
                return self._network()
            case "stream-profiles", "list":
                return self._profiles([entry["name"] for entry in params.get("streamProfileName", [])])
        raise Refusal(4000, "Method does not exist")

    def _properties(self):
        values = self.state["parameters"]
        names = [name for name in values if re.match(r"Brand\.|Properties\.Firmware\.(BuildDate|Version)$", name)]
        names += [f"Properties.System.{last}" for last in ("Architecture", "HardwareID", "SerialNumber", "Soc")]
        return {name.rsplit(".", 1)[1]: values[name] for name in names} | {"SocSerialNumber": ""}

    def _profiles(self, names):
        values = self.state["parameters"]
        groups = [key.removesuffix(".Name") for key in values if re.fullmatch(r"StreamProfile\.S\d+\.Name", key)]
        found = [{last.lower(): values[f"{group}.{last}"] for last in ("Name", "Description", "Parameters")} for group in groups]
        if set(names) - {profile["name"] for profile in found}:
            raise Refusal(2006, "The requested profile does not exist")
        return {
            "maxProfiles": int(values["StreamProfile.MaxGroups"]),
            "streamProfile": [profile for profile in found if not names or profile["name"] in names],
        }

    def _network(self):
        """Only what one wired camera without IPv6 has; whether more must be there isn't proven."""
        values = self.state["parameters"]
        dhcp = values["Network.BootProto"] == "dhcp"

        def entry(group, **more):
            length = ipaddress.IPv4Interface(f"{values[f'{group}.IPAddress']}/{values[f'{group}.SubnetMask']}").network.prefixlen
            return {"address": values[f"{group}.IPAddress"], "prefixLength": length, "broadcast": values[f"{group}.Broadcast"], **more}

        ipv4 = {
            "enabled": values["Network.Enabled"] == "yes",
            "configurationMode": "dhcp" if dhcp else "static",
            "linkLocalMode": "off",
            "addresses": [entry("Network.eth0", origin="dhcp" if dhcp else "static", scope="global")],
            "maxSupportedStaticAddressConfigurations": 1,
            "staticAddressConfigurations": [entry("Network")],
            "defaultRouter": values["Network.Routing.DefaultRouter"],
            "staticDefaultRouter": values["Network.DefaultRouter"],
        }
        device = {"name": "eth0", "type": "wired", "macAddress": values["Network.eth0.MACAddress"].lower(), "link": True, "state": "up"}
        hostname = {
            "useDhcpHostname": values["Network.VolatileHostName.ObtainFromDHCP"] == "yes",
            "hostname": values["Network.VolatileHostName.HostName"],
            "staticHostname": values["Network.HostName"],
        }
        resolver = {
            "useDhcpResolverInfo": values["Network.Resolver.ObtainFromDHCP"] == "yes",
            "nameServers": values["Network.Resolver.NameServerList"].split(),
            "staticNameServers": [values[f"Network.DNSServer{n}"] for n in (1, 2) if values[f"Network.DNSServer{n}"] != "0.0.0.0"],
            "domainName": values["Network.DomainName"],
        }
        return {"system": {"hostname": hostname, "resolver": resolver}, "devices": [device | {"IPv4": ipv4}]}

    async def _ntp(self, method, params):
        """The same clock settings that param.cgi shows; which parameter an API's setting is isn't proven."""
        values = self.state["parameters"]
        if method == "setNTPClientConfiguration":
            servers = params.get("staticServers", [])
            if not isinstance(params.get("enabled", True), bool):
                raise Refusal(4004, "Invalid parameter(s)", 1)
            if params.get("serversSource", "static") not in ("DHCP", "static"):
                raise Refusal(4004, "Invalid parameter(s)", 2)
            if not isinstance(servers, list) or len(servers) > 5 or not all(re.fullmatch(r"[A-Za-z0-9.:-]*", server) for server in servers):
                raise Refusal(4004, "Invalid parameter(s)", 3)
            if "enabled" in params:
                values["Time.SyncSource"] = "NTP" if params["enabled"] else "None"
            if "serversSource" in params:
                values["Time.ObtainFromDHCP"] = "yes" if params["serversSource"] == "DHCP" else "no"
            if "staticServers" in params:
                first, *self.state["more_ntp"] = [server for server in servers if server] or ["0.0.0.0"]
                values["Time.NTP.Server"] = first
            await self._changed(drop=False)
            return {}
        server, advertised = values["Time.NTP.Server"], values["Time.NTP.VolatileServer"]
        synced = self.clock.synced_with is not None
        client = {
            "enabled": values["Time.SyncSource"] == "NTP",
            "serversSource": "DHCP" if values["Time.ObtainFromDHCP"] == "yes" else "static",
            "maxSupportedStaticServers": 5,
            "staticServers": [server, *self.state["more_ntp"]] if server not in ("", "0.0.0.0") else [],
            "advertisedServers": [advertised] if advertised else [],
            "synced": synced,
            "timeToNextSync": 60 if self.ntp_server() else 0,
        }
        return {"client": client | ({"timeOffset": 0.0} if synced else {})}

    async def _time(self, method, params, rank):
        values = self.state["parameters"]
        if method != "getDateTimeInfo" and rank < 4:
            raise Refusal(4002, "Authorization failed")
        match method:
            case "setTimeZone":
                zone = posix_zone(params["timeZone"])
                if zone is None:
                    raise Refusal(4004, "Invalid parameter(s)")
                values |= {"Time.POSIXTimeZone": zone, "Time.DST.Enabled": "yes"}
                self.state["zone"] = params["timeZone"]
                said = {"timeZone": params["timeZone"]}
            case "setPosixTimeZone":
                on = params.get("enableDst", True)
                values |= {"Time.POSIXTimeZone": latin(params["posixTimeZone"]), "Time.DST.Enabled": "yes" if on else "no"}
                self.state["zone"] = None
                said = {"posixTimeZone": params["posixTimeZone"], "dstEnabled": on}
            case "setDateTime":
                self.clock.offset_s = datetime.fromisoformat(params["dateTime"]).timestamp() - time.time()
                said = {"dateTime": params["dateTime"]}
            case _:
                return {
                    "dateTime": self.clock.local(0).strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "localDateTime": self.clock.local(self._minutes()).isoformat(timespec="seconds"),
                    "maxYearSupported": 2037,
                    **({"timeZone": self.state["zone"]} if self.state["zone"] else {}),
                    "posixTimeZone": values["Time.POSIXTimeZone"],
                    "dstEnabled": values["Time.DST.Enabled"] == "yes",
                }
        await self._changed(drop=False)
        return said

    async def _overlay(self, method, params):
        """Texts over the picture, in any language; the codes of its errors aren't proven."""
        overlays = self.state["overlays"]
        if method == "list":
            return {"imageFiles": [], "imageOverlays": [], "textOverlays": list(overlays.values())}
        if method == "addText":
            identity = next(n for n in range(1, len(overlays) + 2) if str(n) not in overlays)
            new = {"camera": params["camera"], "identity": identity, "text": "", "position": "topLeft", "textColor": "white"}
            new |= {"textBGColor": "transparent", "textOLColor": "black", "fontSize": 36}
        else:
            identity = params["identity"]
            if str(identity) not in overlays:
                raise Refusal(4004, "Invalid identity")
            new = dict(overlays[str(identity)])
        if method == "remove":
            del overlays[str(identity)]
        else:
            new |= {key: value for key, value in params.items() if key in new and key not in ("identity", "camera")}
            place = new["position"]
            if new["camera"] != 1 or len(new["text"]) > 512 or not (place in POSITIONS or (isinstance(place, list) and len(place) == 2)):
                raise Refusal(4004, "Invalid parameter(s)")
            overlays[str(identity)] = new
        await self._changed(drop=False)
        return {"camera": new["camera"], "identity": identity} if method == "addText" else {}

    def _firmware(self, method, image):
        values = self.state["parameters"]
        if method == "status":
            before = self.state["before"]
            rest = {"inactiveFirmwareVersion": before, "isCommited": True} if before else {}  # spelled so
            return {"activeFirmwareVersion": values["Properties.Firmware.Version"], "activeFirmwarePart": "7654321", **rest}
        said = {}
        if method == "upgrade":
            found = IMAGE.match(image or b"")
            if found is None:
                raise Refusal(415, "The firmware image is invalid")
            self.images += 1
            if self.upgrade_fault == "full":
                raise Refusal(423, "The device is busy or has no room")
            said = {"firmwareVersion": found.group(1).decode()}
            self._reboot = asyncio.ensure_future(self._upgraded(said["firmwareVersion"]))
        else:
            self._reboot = asyncio.ensure_future(self.reboot())
        return said

    async def _upgraded(self, version):
        """The other half of the flash is run from the next start on."""
        values = self.state["parameters"]
        await asyncio.sleep(0.1)  # the answer goes first
        await self.off()
        if self.upgrade_fault == "dead":
            return
        await asyncio.sleep(self.config["pause_s"])
        self.state["before"] = values["Properties.Firmware.Version"]
        if self.upgrade_fault != "old":
            values["Properties.Firmware.Version"] = version
        if self.upgrade_fault == "another":
            self.turn("services.upnp", "no" if self.knob("services.upnp") == "yes" else "yes")
        self.save()
        await self.on()
        self._booted()
