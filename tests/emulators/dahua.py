"""A Dahua camera and recorder: CGI with a nonce for each request and RPC2 with its challenge, or what there was before them."""

import asyncio
import hashlib
import json
import re
import secrets
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

from tests.emulators import dahua_documents as documents
from tests.emulators.clips import Spec
from tests.emulators.device import Device
from tests.emulators.http import Basic, Digest, Request, Response

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
FORBIDDEN = b"Error\nErrorID=4, Detail=Authority:check failure.\r\n"
BAD = b"Error\r\nBad Request!\r\n"
GROUPS = ("admin", "user")
NO_SIZE, BAD_TABLE, BAD_USER, BAD_PASSWORD = 268959743, 268959745, 268632074, 268632064
WRONG, LOCKED, CHALLENGE, NO_RIGHT, NO_METHOD = 268632085, 268632081, 268632079, 285278249, 268894210
KNOBS = {
    "name": "General.MachineName",
    "time.ntp": "NTP.Address",
    "services.upnp": "UPnP.Enable",
    "services.p2p": "T2UServer.Enable",
    "overlay.name": "ChannelTitle[0].Name",
    "streams.main.bitrate_kbps": "Encode[0].MainFormat[0].Video.BitRate",
}


def error(code, message, **params):
    return {"result": False, "error": {"code": code, "message": message}, **({"params": params} if params else {})}


def upper(*parts):
    return hashlib.md5(":".join(parts).encode()).hexdigest().upper()


def ok():
    return Response(200, b"OK\r\n")


class Dahua(Device):
    """One camera; generation "2020" or "2012"."""

    SLOTS = 1
    DISKS = ()

    def __init__(self, config):
        self.realm = f"Login to {hashlib.md5(config['serial'].encode()).hexdigest()[:16]}"
        self.old = config.get("generation", "2020") == "2012"
        super().__init__(config)
        self.digest = (
            Basic("Device_CGI", self.users, config["lock_s"])
            if self.old
            else Digest(self.realm, self.users, config["lock_s"], single_use=True)
        )
        self._sessions = {}
        self._upgrade = "Invalid"

    def factory(self):
        name = self.config["factory_user"]
        user = {
            **self._kept_password(name, self.config["factory_password"]),
            "group": "admin",
            "memo": "admin 's account",
            "reserved": True,
        }
        missing = self.config["quirks"].get("missing", ())
        return {"users": {name: user}, "tables": {key: value for key, value in self.tables().items() if key not in missing}}

    def tables(self):
        return documents.tables(self.config) | documents.channel_tables(0, "IPC")

    def _kept_password(self, name, password):
        """What a device keeps of a password: all of it in the old days."""
        return {"password": password} if self.old else {"hashed": upper(name, self.realm, password)}

    def error_in_success(self, request):
        if request.path.startswith("/RPC2"):
            return Response(200, json.dumps(error(BAD_TABLE, "Component error: bad request")).encode(), "application/json")
        return super().error_in_success(request)

    def ntp_server(self):
        values = self.state["tables"]
        address = values["NTP.Address"]
        return address if values["NTP.Enable"] == "true" and re.fullmatch(r"[\d.]+", address) else None

    def spec(self, channel, name):
        values, at = self.state["tables"], f"Encode[{channel}].{name}[0].Video."
        return Spec(
            values[at + "Compression"],
            int(values[at + "Width"]),
            int(values[at + "Height"]),
            float(values[at + "FPS"]),
            int(values[at + "BitRate"]),
            int(values[at + "GOP"]),
        )

    def channels(self):
        """The numbers, from 0, of what is shown."""
        return [0]

    def streams(self):
        return {
            f"/cam/realmonitor?channel={channel + 1}&subtype={subtype}": self.spec(channel, name)
            for channel in self.channels()
            for subtype, name in enumerate(documents.SIZES)
        }

    def knob(self, key):
        return self.state["tables"][KNOBS[key]]

    def turn(self, key, value):
        self.state["tables"][KNOBS[key]] = value

    async def handle(self, request: Request):
        self.requests += 1
        if request.path in ("/RPC2_Login", "/RPC2"):
            return Response(404, content_type="text/html") if self.old else await self._rpc(request)
        user, named, why = self.digest.user_of(request)
        if user is None:
            return self._unauthorized(request, named, why)
        response = await self._cgi(request, self.users()[user]["group"])
        response.close = True
        if response.content_type == Response.content_type:
            response.content_type = "text/plain;charset=utf-8"
        return response

    def _unauthorized(self, request, named, why):
        _, wait = self.digest.state(request.peer, named)
        if (why == "locked" or wait) and not self.old:
            body = json.dumps({"ErrorCode": LOCKED, "Result": False, "RmLock": wait, "RmLogin": 0}).encode()
            return Response(403, body, "application/json", close=True)
        return Response(
            401,
            b"Invalid Authority!\r\n" if why in ("wrong", "locked") else b"",
            "text/plain",
            {"WWW-Authenticate": self.digest.challenge()},
            close=True,
        )

    async def _cgi(self, request, group):
        pairs = [piece.partition("=") for piece in request.query.split("&") if piece]
        if "%5B" in request.query.upper():
            return Response(400, BAD)
        asked = {key: unquote(value) for key, _, value in pairs}
        name, action = request.path.rsplit("/", 1)[-1], asked.get("action", "")
        known = self._facts().get((name, action))
        if known is not None:
            return self._lines(**known)
        match name, action:
            case "magicBox.cgi", "reboot":
                self._reboot = asyncio.ensure_future(self.reboot())
                return ok()
            case "global.cgi", "setCurrentTime":
                wall = datetime.strptime(asked["time"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone(timedelta(minutes=self._minutes())))
                self.clock.offset_s = wall.timestamp() - time.time()
                return ok()
            case "configManager.cgi", "getConfig":
                return self._get(asked.get("name", ""))
            case "userManager.cgi", "getUserInfoAll":
                rows = [
                    f"users[{n}].Name={user}\r\nusers[{n}].Group={account['group']}\r\nusers[{n}].Memo={account['memo']}"
                    for n, (user, account) in enumerate(self.users().items())
                ]
                return Response(200, ("\r\n".join(rows) + "\r\n").encode())
            case "storageDevice.cgi", "getDeviceAllInfo":
                return self._disks()
        if group != "admin":
            return Response(403, FORBIDDEN)
        if (name, action) == ("configManager.cgi", "setConfig"):
            return await self._set([(unquote(key), unquote(value)) for key, _, value in pairs if key != "action"])
        return await self._cgi_of_admin(request, name, action, asked)

    async def _cgi_of_admin(self, request, name, action, asked):
        match name, action:
            case "userManager.cgi", "addUser" | "deleteUser" | "modifyUser" | "modifyPassword" | "modifyPasswordByManager":
                return await self._change_users(action, asked)
            case "Config.backup", "All":
                sealed = hashlib.shake_256(json.dumps(self.state, sort_keys=True).encode()).digest(8192)
                return Response(200, b"DHCF" + sealed, "application/octet-stream")
            case "upgrader.cgi", "uploadFirmware" if request.method == "POST":
                return self._take_firmware(request.body)
            case "upgrader.cgi", "getState":
                return self._lines(**{"state.State": self._upgrade})
        return Response(501, b"Error\r\nNot Implemented!\r\n")

    def _disks(self):
        disks = self.config["quirks"].get("disks", self.DISKS)
        if not disks:
            return Response(400, BAD)
        rows = {}
        for n, state in enumerate(disks):
            at = f"list.info[{n}]"
            rows |= {
                f"{at}.Detail[0].IsError": "false" if state == "Success" else "true",
                f"{at}.Detail[0].Path": f"/mnt/dvr/sd{'abcd'[n]}",
            }
            # A full disk is the usual one: the oldest recording is written over.
            rows |= {f"{at}.Detail[0].TotalBytes": "1000202043392.0", f"{at}.Detail[0].UsedBytes": "1000202043392.0"}
            rows |= {f"{at}.Detail[0].Type": "ReadWrite", f"{at}.Name": f"/dev/sd{'abcd'[n]}", f"{at}.State": state}
        return self._lines(**rows)

    async def _change_users(self, action, asked):
        """Accounts by CGI, with the passwords as they are."""
        users = self.users()
        name = asked.get("user.Name") if action == "addUser" else asked.get("name")
        account = users.get(name)
        match action:
            case "addUser":
                if not name or account or asked.get("user.Group") not in GROUPS or not asked.get("user.Password"):
                    return Response(400, BAD)
                memo = asked.get("user.Memo", "")
                users[name] = {
                    **self._kept_password(name, asked["user.Password"]),
                    "group": asked["user.Group"],
                    "memo": memo,
                    "reserved": False,
                }
            case _ if account is None:
                return Response(400, BAD)
            case "deleteUser":
                if account["reserved"]:
                    return Response(400, BAD)
                del users[name]
            case "modifyUser":
                if asked.get("user.Group", account["group"]) not in GROUPS:
                    return Response(400, BAD)
                account |= {"group": asked.get("user.Group", account["group"]), "memo": asked.get("user.Memo", account["memo"])}
            case _:
                manager = "managerName" if action.endswith("ByManager") else "name"
                given = asked.get("managerPwd" if action.endswith("ByManager") else "pwdOld", "")
                theirs = users.get(asked.get(manager), {})
                if not theirs.items() >= self._kept_password(asked.get(manager, ""), given).items() or not asked.get("pwd"):
                    return Response(400, BAD)
                account |= self._kept_password(name, asked["pwd"])
        self.save()
        await self.refresh()
        return ok()

    def _take_firmware(self, body):
        """Anything else than our own kind of file is refused; the device starts again by itself."""
        found = re.search(rb"(?:\A|\r\n\r\n)DHFW ([\w.]+)", body)
        if found is None:
            self._upgrade = "Failed"
            return Response(400, BAD)
        self._upgrade = "Upgrading"
        self._reboot = asyncio.ensure_future(self._upgraded(found.group(1).decode()))
        return ok()

    async def _upgraded(self, version):
        await self.reboot()
        self.state["firmware"], self._upgrade = version, "Succeeded"
        self.save()

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
            "getSoftwareVersion": {"version": f"{self.state.get('firmware', config['firmware'])},build:{config['firmware_date']}"},
            "getMachineName": {"name": self.state["tables"]["General.MachineName"]},
            "getVendor": {"vendor": "KBVision"},
        }
        clock = {"result": self.clock.local(self._minutes()).strftime("%Y-%m-%d %H:%M:%S")}
        return {("magicBox.cgi", action): values for action, values in facts.items()} | {("global.cgi", "getCurrentTime"): clock}

    def _lines(self, **values):
        return Response(200, "".join(f"{key}={value}\r\n" for key, value in values.items()).encode())

    def rows(self, name, _via):
        """The rows of a table, or of one element of it, as CGI ("cgi") or RPC2 ("rpc") has them."""
        return {key: value for key, value in self.state["tables"].items() if key.startswith((f"{name}.", f"{name}["))}

    def _get(self, name):
        rows = self.rows(name, "cgi")
        if not rows:
            return Response(403, FORBIDDEN)
        return Response(200, "".join(f"table.{key}={value}\r\n" for key, value in rows.items()).encode())

    async def _set(self, changes):
        refusal = await self.change(dict(changes), "cgi") if changes else "nothing"
        return Response(400, BAD) if refusal else ok()

    async def change(self, new, via):
        """What is wrong with it: nothing, an unknown key, or a size."""
        values = self.state["tables"]
        if any(not self.rows(re.split(r"[.\[]", key, maxsplit=1)[0], via) or key not in values for key in new):
            return "unknown"
        for channel in range(self.SLOTS):
            for name, sizes in documents.SIZES.items():
                at = f"Encode[{channel}].{name}[0].Video."
                if tuple(int(new.get(at + side, values[at + side])) for side in ("Width", "Height")) not in sizes:
                    return "size"
        for key, value in new.items():
            if key not in self.config["quirks"].get("ignore", ()):
                values[key] = self._kept(key, value)
        self.save()
        if any(key.startswith(("Encode", "RemoteDevice")) for key in new):
            await self.refresh()
        return None

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
            return Response(400, BAD, "text/plain")
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
                name = str(params.get("name"))
                rows = {key.removeprefix(name): value for key, value in self.rows(name, "rpc").items()}
                return (
                    {"result": True, "params": {"table": documents.nested(rows)}} if rows else error(NO_RIGHT, "Unknown name or no right")
                )
            case "configManager.setConfig" if admin:
                return await self._set_table(str(params.get("name")), params.get("table"))
            case "global.logout" | "global.keepAlive":
                return {"result": True}
            case "userManager.addUser" if admin:
                new = params["user"]
                if new["Name"] in users or new["Group"] not in GROUPS or not re.fullmatch("[0-9A-F]{32}", new.get("Password") or ""):
                    return error(BAD_USER, "Invalid user!")
                users[new["Name"]] = {"hashed": new["Password"], "group": new["Group"], "memo": new.get("Memo", ""), "reserved": False}
            case "userManager.deleteUser" if admin and params.get("name") in users:
                if users[params["name"]]["reserved"]:
                    return error(BAD_USER, "Invalid user!")
                del users[params["name"]]
            case "userManager.modifyUser" if admin and params.get("name") in users:
                users[params["name"]]["group"] = params["user"]["Group"]
            case "userManager.modifyPassword" if params.get("name") in users:
                name = params["name"]
                old = self._hashed(name)
                if not re.fullmatch("[0-9A-F]{32}", params.get("pwd") or "") or not (
                    params.get("pwdOld") == old or (admin and name != user)
                ):
                    return error(BAD_PASSWORD, "Invalid password!")
                users[name]["hashed"] = params["pwd"]
            case _:
                return error(NO_METHOD if admin else NO_RIGHT, "Unknown method or no right")
        self.save()
        await self.refresh()
        return {"result": True}

    async def _set_table(self, name, table):
        """Only the whole table is taken."""
        new = documents.flat(table, name)
        if not self.rows(name, "rpc") or self.rows(name, "rpc").keys() - new.keys():
            return error(BAD_TABLE, "Component error: bad table")
        refusal = await self.change(new, "rpc")
        if refusal:
            return error(NO_SIZE if refusal == "size" else BAD_TABLE, "Component error: set config failed")
        return {"result": True}

    def _hashed(self, user):
        return self.users()[user]["hashed"]


class DahuaNvr(Dahua):
    """A recorder; "channel_dialect" says by which way alone its cameras are set: "json", "config" or "rpc"."""

    SLOTS = 8
    DISKS = ("Success",)
    API = "/cgi-bin/api/LogicDeviceManager/"
    FIELDS = ("Address", "Port", "HttpPort", "RtspPort", "UserName", "ProtocolType")

    def __init__(self, config):
        self._dialect = config.get("channel_dialect", "json")
        super().__init__(config)

    def factory(self):
        passwords = {str(channel["number"] - 1): channel["password"] for channel in self.config["channels"]}
        return super().factory() | {"passwords": passwords}

    def tables(self):
        cameras = {channel["number"] - 1: channel for channel in self.config["channels"]}
        rows = documents.tables(self.config)
        for slot in range(self.SLOTS):
            rows |= documents.channel_tables(slot, cameras.get(slot, {}).get("name", f"Channel{slot + 1}"))
            rows |= documents.remote_tables(slot, cameras.get(slot))
        return rows

    def _remote(self, slot, field):
        return self.state["tables"][f"{documents.remote(slot)}.{field}"]

    def channels(self):
        return [slot for slot in range(self.SLOTS) if self._remote(slot, "Enable") == "true"]

    def upstream(self):
        return {
            f"/cam/realmonitor?channel={slot + 1}&subtype={subtype}": (
                f"rtsp://{self._remote(slot, 'Address')}:{self._remote(slot, 'RtspPort')}/cam/realmonitor?channel=1&subtype={subtype}",
                self._remote(slot, "UserName"),
                self.state["passwords"].get(str(slot), ""),
            )
            for slot in self.channels()
            for subtype in (0, 1)
        }

    def rows(self, name, via):
        ways = {"json": (), "config": ("cgi", "rpc"), "rpc": ("rpc",)}[self._dialect]
        return {} if name.startswith("RemoteDevice") and via not in ways else super().rows(name, via)

    async def change(self, new, via):
        """A camera's password is taken and never shown."""
        passwords = {key: new.pop(key) for key in list(new) if re.fullmatch(r"RemoteDevice\..*_\d+\.Password", key)}
        refusal = await super().change(new, via)
        if refusal is None and passwords:
            self.state["passwords"] |= {re.search(r"_(\d+)\.", key).group(1): value for key, value in passwords.items()}
            self.save()
            await self.refresh()
        return refusal

    async def _cgi(self, request, group):
        if not request.path.startswith(self.API):
            return await super()._cgi(request, group)
        if self._dialect != "json":
            return Response(self.config["quirks"].get("no_api", 400), BAD)
        if group != "admin":
            return Response(403, FORBIDDEN)
        try:
            asked = json.loads(request.body or b"{}")
            said = await self._logic(request.path.removeprefix(self.API), asked)
        except (ValueError, KeyError, TypeError):
            said = None
        return Response(400, BAD) if said is None else Response(200, json.dumps(said).encode(), "application/json")

    async def _logic(self, action, asked):
        """What the recorder says about its cameras' channels, or None for what it doesn't know; all channels are counted from 0."""
        match action:
            case "getCameraAll":
                return {"camera": [self._camera(slot) for slot in range(self.SLOTS)]}
            case "addCameraByGroup" | "setCamera":
                done = []
                for group in asked["group"]:
                    cameras = [
                        {
                            "uniqueChannel": camera["uniqueChannel"],
                            "failedCode": self._bind(action, camera["uniqueChannel"], group["DeviceInfo"]),
                        }
                        for camera in group["cameras"]
                    ]
                    done.append({"cameras": cameras})
                said = {"group": done}
            case "deleteCameraByGroup":
                slots = [slot for group in asked["group"] for slot in group["uniqueChannels"]]
                said = {"info": [{"uniqueChannel": slot, "failedCode": self._release(slot)} for slot in slots]}
            case _:
                return None
        self.save()
        await self.refresh()
        return said

    def _camera(self, slot):
        shown = {field: documents.typed(field, self._remote(slot, field)) for field in (*self.FIELDS, "Enable")}
        device = documents.remote(slot).removeprefix("RemoteDevice.")
        return {"UniqueChannel": slot, "DeviceID": device, "Type": "Remote", "Enable": shown["Enable"], "DeviceInfo": shown}

    def _bind(self, action, slot, info):
        """The failedCode: 0 is success, 1 a channel that can't be set."""
        if slot not in range(self.SLOTS) or (slot in self.channels()) != (action == "setCamera"):
            return 1
        given = {"Enable": True} | {field: info[field] for field in self.FIELDS if field in info}
        self.state["tables"] |= {f"{documents.remote(slot)}.{field}": documents.flat_text(value) for field, value in given.items()}
        if "Password" in info:
            self.state["passwords"][str(slot)] = info["Password"]
        return 0

    def _release(self, slot):
        if slot not in self.channels():
            return 1
        self.state["tables"] |= documents.remote_tables(slot)
        self.state["passwords"].pop(str(slot), None)
        return 0
