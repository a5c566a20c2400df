"""A Dahua camera: CGI with a nonce for each request, RPC2 with its challenge."""

import asyncio
import hashlib
import json
import re
import secrets
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

from tests.emulators.clips import Spec
from tests.emulators.device import Device
from tests.emulators.http import Digest, Request, Response

ZONES = [
    0,
    60,
    120,
    180,
    210,
    240,
    270,
    300,
    330,
    345,
    360,
    390,
    420,
    480,
    540,
    570,
    600,
    660,
    720,
    780,
    -60,
    -120,
    -180,
    -210,
    -240,
    -300,
    -360,
    -420,
    -480,
    -540,
    -600,
    -660,
    -720,
]
SIZES = {"MainFormat": ((2560, 1440), (1920, 1080), (1280, 720), (640, 360)), "ExtraFormat": ((704, 576), (640, 360), (352, 288))}
WRONG, LOCKED, CHALLENGE, NO_RIGHT, NO_METHOD = 268632085, 268632081, 268632079, 285278249, 268894210
KNOBS = {
    "name": "General.MachineName",
    "time.ntp": "NTP.Address",
    "services.upnp": "UPnP.Enable",
    "services.p2p": "T2UServer.Enable",
    "overlay.name": "ChannelTitle[0].Name",
    "streams.main.bitrate_kbps": "Encode[0].MainFormat[0].Video.BitRate",
}


def video(name, codec, width, height, fps, kbps):
    prefix = f"Encode[0].{name}[0]"
    return {
        f"{prefix}.AudioEnable": "true",
        f"{prefix}.Audio.Compression": "G.711A",
        f"{prefix}.VideoEnable": "true",
        f"{prefix}.Video.BitRate": str(kbps),
        f"{prefix}.Video.BitRateControl": "VBR",
        f"{prefix}.Video.Compression": codec,
        f"{prefix}.Video.CustomResolutionName": f"{width}x{height}",
        f"{prefix}.Video.FPS": f"{fps:.6f}",
        f"{prefix}.Video.GOP": str(fps * 2),
        f"{prefix}.Video.Height": str(height),
        f"{prefix}.Video.Profile": "Main",
        f"{prefix}.Video.Quality": "4",
        f"{prefix}.Video.Width": str(width),
        f"{prefix}.Video.resolution": f"{width}x{height}",
    }


def tables(config):
    """All configuration fresh from the box."""
    return {
        "General.MachineName": "KBVISION",
        "General.LockLoginEnable": "false",
        "General.LockLoginTimes": "5",
        "General.LoginFailLockTime": "1800",
        "General.MachineAddress": "",
        "NTP.Enable": "false",
        "NTP.Address": "clock.isc.org",
        "NTP.Port": "123",
        "NTP.UpdatePeriod": "10",
        "NTP.TimeZone": "13",
        "NTP.TimeZoneDesc": "Beijing",
        "Locales.DSTEnable": "false",
        "Network.DefaultInterface": "eth0",
        "Network.eth0.IPAddress": config["address"],
        "Network.eth0.SubnetMask": "255.255.255.0",
        "Network.eth0.DefaultGateway": config["gateway"] or "0.0.0.0",
        "Network.eth0.DhcpEnable": "false",
        "Network.eth0.PhysicalAddress": config["mac"],
        "RTSP.Enable": "true",
        "RTSP.Port": "554",
        "UPnP.Enable": "true",
        "T2UServer.Enable": "true",
        "T2UServer.ID": "",
        "SNMP.Enable": "false",
        "Https.Enable": "true",
        "Https.Port": "443",
        "Multicast.RTP[0].Enable": "false",
        "UserGlobal.OnvifLoginCheck": "true",
        **video("MainFormat", "H.264", 2560, 1440, 20, 4096),
        **video("ExtraFormat", "H.264", 704, 576, 20, 512),
        "SmartEncode[0].Enable": "false",
        "ChannelTitle[0].Name": "IPC",
        "VideoWidget[0].TimeTitle.EncodeBlend": "false",
        "VideoWidget[0].TimeTitle.ShowWeek": "true",
        "VideoWidget[0].ChannelTitle.EncodeBlend": "true",
        "MotionDetect[0].Enable": "true",
    }


def error(code, message, **params):
    return {"result": False, "error": {"code": code, "message": message}, **({"params": params} if params else {})}


def upper(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest().upper()


class Dahua(Device):
    """One camera."""

    def __init__(self, config):
        self.realm = f"Login to {hashlib.md5(config['serial'].encode()).hexdigest()[:16]}"
        super().__init__(config)
        self.digest = Digest(self.realm, self.users, config["lock_s"], single_use=True)
        self._sessions = {}

    def factory(self):
        name = self.config["factory_user"]
        hashed = upper(name, self.realm, self.config["factory_password"])
        user = {"hashed": hashed, "group": "admin", "memo": "admin 's account", "reserved": True}
        missing = self.config["quirks"].get("missing", ())
        return {"users": {name: user}, "tables": {key: value for key, value in tables(self.config).items() if key not in missing}}

    def ntp_server(self):
        values = self.state["tables"]
        address = values["NTP.Address"]
        return address if values["NTP.Enable"] == "true" and re.fullmatch(r"[\d.]+", address) else None

    def streams(self):
        values = self.state["tables"]

        def spec(name):
            at = f"Encode[0].{name}[0].Video."
            return Spec(
                values[at + "Compression"],
                int(values[at + "Width"]),
                int(values[at + "Height"]),
                float(values[at + "FPS"]),
                int(values[at + "BitRate"]),
                int(values[at + "GOP"]),
            )

        return {"/cam/realmonitor?channel=1&subtype=0": spec("MainFormat"), "/cam/realmonitor?channel=1&subtype=1": spec("ExtraFormat")}

    def knob(self, key):
        return self.state["tables"][KNOBS[key]]

    def turn(self, key, value):
        self.state["tables"][KNOBS[key]] = value

    async def handle(self, request: Request):
        self.requests += 1
        if request.path in ("/RPC2_Login", "/RPC2"):
            return await self._rpc(request)
        user, named, why = self.digest.user_of(request)
        if user is None:
            return self._unauthorized(request, named, why)
        response = await self._cgi(request, self.users()[user]["group"])
        response.close, response.content_type = True, "text/plain;charset=utf-8"
        return response

    def _unauthorized(self, request, named, why):
        _, wait = self.digest.state(request.peer, named)
        if why == "locked" or wait:
            body = json.dumps({"ErrorCode": LOCKED, "Result": False, "RmLock": wait, "RmLogin": 0}).encode()
            return Response(403, body, "application/json", close=True)
        return Response(
            401,
            b"Invalid Authority!\r\n" if why == "wrong" else b"",
            "text/plain",
            {"WWW-Authenticate": self.digest.challenge()},
            close=True,
        )

    async def _cgi(self, request, group):
        pairs = [piece.partition("=") for piece in request.query.split("&") if piece]
        if "%5B" in request.query.upper():
            return Response(400, b"Error\r\nBad Request!\r\n")
        asked = {key: unquote(value) for key, _, value in pairs}
        name, action = request.path.rsplit("/", 1)[-1], asked.get("action", "")
        known = self._facts().get((name, action))
        if known is not None:
            return self._lines(**known)
        match name, action:
            case "magicBox.cgi", "reboot":
                self._reboot = asyncio.ensure_future(self.reboot())
                return Response(200, b"OK\r\n")
            case "global.cgi", "setCurrentTime":
                wall = datetime.strptime(asked["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone(timedelta(minutes=self._minutes())))
                self.clock.offset_s = wall.timestamp() - time.time()
                return Response(200, b"OK\r\n")
            case "configManager.cgi", "getConfig":
                return self._get(asked.get("name", ""))
            case "configManager.cgi", "setConfig":
                if group != "admin":
                    return Response(403, b"Error\nErrorID=4, Detail=Authority:check failure.\r\n")
                return await self._set([(unquote(key), unquote(value)) for key, _, value in pairs if key != "action"])
            case "userManager.cgi", "getUserInfoAll":
                rows = [
                    f"users[{n}].Name={user}\r\nusers[{n}].Group={account['group']}\r\nusers[{n}].Memo={account['memo']}"
                    for n, (user, account) in enumerate(self.users().items())
                ]
                return Response(200, ("\r\n".join(rows) + "\r\n").encode())
        return Response(501, b"Error\r\nNot Implemented!\r\n")

    def _minutes(self):
        return ZONES[int(self.state["tables"]["NTP.TimeZone"])]

    def _facts(self):
        """What can only be read."""
        config = self.config
        system = {"deviceType": config["model"], "serialNumber": config["serial"], "hardwareVersion": "1.00", "processor": "SSC337DE"}
        facts = {
            "getSystemInfo": system,
            "getDeviceType": {"type": config["model"]},
            "getSerialNo": {"sn": config["serial"]},
            "getSoftwareVersion": {"version": f"{config['firmware']},build:{config['firmware_date']}"},
            "getMachineName": {"name": self.state["tables"]["General.MachineName"]},
            "getVendor": {"vendor": "KBVision"},
        }
        clock = {"result": self.clock.local(self._minutes()).strftime("%Y-%m-%d %H:%M:%S")}
        return {("magicBox.cgi", action): values for action, values in facts.items()} | {("global.cgi", "getCurrentTime"): clock}

    def _lines(self, **values):
        return Response(200, "".join(f"{key}={value}\r\n" for key, value in values.items()).encode())

    def _get(self, name):
        rows = {key: value for key, value in self.state["tables"].items() if key.startswith((f"{name}.", f"{name}["))}
        if not rows:
            return Response(403, b"Error\nErrorID=4, Detail=Authority:check failure.\r\n")
        return Response(200, "".join(f"table.{key}={value}\r\n" for key, value in rows.items()).encode())

    async def _set(self, changes):
        values = self.state["tables"]
        if not changes or any(key not in values for key, _ in changes):
            return Response(400, b"Error\r\nBad Request!\r\n")
        new = dict(changes)
        for name, sizes in SIZES.items():
            at = f"Encode[0].{name}[0].Video."
            size = tuple(int(new.get(at + side, values[at + side])) for side in ("Width", "Height"))
            if size not in sizes:
                return Response(400, b"Error\r\nBad Request!\r\n")
        for key, value in new.items():
            if key not in self.config["quirks"].get("ignore", ()):
                values[key] = self._kept(key, value)
        self.save()
        if any(key.startswith("Encode") for key in new):
            await self.refresh()
        return Response(200, b"OK\r\n")

    def _kept(self, key, value):
        """What the camera makes of a value: an unsupported codec is ignored in silence, rates are clamped."""
        if key.endswith("Video.Compression") and value not in ("H.264", "H.265"):
            return self.state["tables"][key]
        if key.endswith("Video.BitRate"):
            return str(min(max(int(value), 32), 8192))
        if key.endswith("Video.FPS"):
            return f"{min(max(float(value), 1), 25):.6f}"
        return value

    async def _rpc(self, request):
        try:
            asked = json.loads(request.body)
            method, params, session = asked["method"], asked.get("params") or {}, asked.get("session")
        except (ValueError, KeyError, TypeError):
            return Response(400, b"Error\r\nBad Request!\r\n", "text/plain")
        if method == "global.login":
            said = self._login(request, params, session)
        elif self._sessions.get(session, {}).get("user") is None:
            said = error(287637504, "Invalid session in request data!")
        else:
            said = await self._call(method, params, self._sessions[session]["user"])
        said = {"id": asked.get("id", 0), "session": said.pop("session", session), **said}
        return Response(200, json.dumps(said).encode(), "application/json")

    def _login(self, request, params, session):
        user = str(params.get("userName", ""))
        if session not in self._sessions:
            new = secrets.token_hex(8)
            self._sessions[new] = {"user": None, "random": str(secrets.randbelow(10**10))}
            challenge = {"encryption": "Default", "random": self._sessions[new]["random"], "realm": self.realm}
            return {
                "session": new,
                "result": False,
                "error": {"code": CHALLENGE, "message": "Component error: login challenge!"},
                "params": challenge,
            }
        left, wait = self.digest.state(request.peer, user)
        if wait:
            return error(LOCKED, "Component error: User locked!", remainLockSecond=wait)
        expected = user in self.users() and upper(user, self._sessions[session]["random"], self._hashed(user))
        if not expected or expected != params.get("password"):
            self.digest.failed(request.peer, user)
            left, wait = self.digest.state(request.peer, user)
            return error(WRONG, "Component error: User or password not valid!", remainLoginTimes=left, remainLockSecond=wait)
        self.digest.succeeded(request.peer, user)
        self._sessions[session]["user"] = user
        return {"result": True, "params": {"keepAliveInterval": 60}}

    async def _call(self, method, params, user):
        users = self.users()
        admin = users[user]["group"] == "admin"
        match method:
            case "userManager.getUserInfoAll":
                rows = [
                    {
                        "Id": n,
                        "Name": name,
                        "Group": account["group"],
                        "Memo": account["memo"],
                        "Reserved": account["reserved"],
                        "Sharable": True,
                    }
                    for n, (name, account) in enumerate(users.items(), 1)
                ]
                return {"result": True, "params": {"users": rows}}
            case "configManager.getConfig":
                return {
                    "result": True,
                    "params": {
                        "table": {key: value for key, value in self.state["tables"].items() if key.startswith(str(params.get("name")))}
                    },
                }
            case "global.logout" | "global.keepAlive":
                return {"result": True}
            case "userManager.addUser" if admin:
                new = params["user"]
                if (
                    new["Name"] in users
                    or new["Group"] not in ("admin", "user")
                    or not re.fullmatch("[0-9A-F]{32}", new.get("Password") or "")
                ):
                    return error(268632074, "Invalid user!")
                users[new["Name"]] = {"hashed": new["Password"], "group": new["Group"], "memo": new.get("Memo", ""), "reserved": False}
            case "userManager.modifyUser" if admin and params.get("name") in users:
                users[params["name"]]["group"] = params["user"]["Group"]
            case "userManager.modifyPassword" if params.get("name") in users:
                name = params["name"]
                old = self._hashed(name)
                if not re.fullmatch("[0-9A-F]{32}", params.get("pwd") or "") or not (
                    params.get("pwdOld") == old or (admin and name != user)
                ):
                    return error(268632064, "Invalid password!")
                users[name]["hashed"] = params["pwd"]
            case _:
                return error(NO_METHOD if admin else NO_RIGHT, "Unknown method or no right")
        self.save()
        await self.refresh()
        return {"result": True}

    def _hashed(self, user):
        """What a device keeps of a password."""
        return self.users()[user]["hashed"]
