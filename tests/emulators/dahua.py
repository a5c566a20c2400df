"""A Dahua camera: CGI with a nonce for each request and RPC2 besides, or what there was before them."""

import asyncio
import hashlib
import json
import re
import time
from datetime import datetime, timedelta, timezone
from urllib.parse import unquote

from tests.emulators import dahua_documents as documents
from tests.emulators.clips import Spec
from tests.emulators.dahua_accounts import Accounts
from tests.emulators.dahua_answers import BAD, BAD_TABLE, FORBIDDEN, LOCKED, error, ok
from tests.emulators.dahua_rpc import Rpc
from tests.emulators.device import Device
from tests.emulators.http import Basic, Digest, Request, Response
from tests.emulators.picture import picture

ZONES = (
    *(0, 60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 540, 570, 600, 660, 720, 780),
    *(-60, -120, -180, -210, -240, -300, -360, -420, -480, -540, -600, -660, -720),
)
KNOBS = {
    "name": "General.MachineName",
    "time.ntp": "NTP.Address",
    "services.upnp": "UPnP.Enable",
    "services.p2p": "T2UServer.Enable",
    "overlay.name": "ChannelTitle[0].Name",
    "streams.main.bitrate_kbps": "Encode[0].MainFormat[0].Video.BitRate",
    "streams.main.audio": "Encode[0].MainFormat[0].AudioEnable",
    "streams.sub.bitrate_kbps": "Encode[0].ExtraFormat[0].Video.BitRate",
    "services.snmp": "SNMP.Enable",
    "time.zone": "NTP.TimeZone",
    "time.mode": "NTP.Enable",
}


class Dahua(Accounts, Rpc, Device):
    """One camera; generation "2020" or "2012"."""

    SLOTS = 1
    DISKS = ()
    CLASS = "IPC"

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
        return {
            "users": {name: user},
            "tables": {key: value for key, value in self.tables().items() if key not in missing} | self.config.get("tables", {}),
        }

    def tables(self):
        third = documents.video(0, "ExtraFormat", "H.264", 640, 360, 10, 256, number=1)
        return documents.tables(self.config) | documents.channel_tables(0, "IPC") | third

    def error_in_success(self, request):
        if request.path.startswith("/RPC2"):
            return Response(200, json.dumps(error(BAD_TABLE, "Component error: bad request")).encode(), "application/json")
        return super().error_in_success(request)

    def own_address(self):
        return self.state["tables"]["Network.eth0.IPAddress"]

    def ntp_server(self):
        values = self.state["tables"]
        address = values["NTP.Address"]
        return address if values["NTP.Enable"] == "true" and re.fullmatch(r"[\d.]+", address) else None

    def spec(self, channel, name, number=0):
        values, at = self.state["tables"], f"Encode[{channel}].{name}[{number}].Video."
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
        } | self.more_streams()

    def more_streams(self):
        return {"/cam/realmonitor?channel=1&subtype=2": self.spec(0, "ExtraFormat", 1)}

    def knob(self, key):
        return self.state["tables"][KNOBS[key]]

    def turn(self, key, value):
        if key.startswith("users."):
            self.seat(key.removeprefix("users."), value)
        else:
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
                return self._show_users()
            case "storageDevice.cgi", "getDeviceAllInfo":
                return self._disks()
        shown = self._shown(name, action, asked)
        if shown is not None:
            return shown
        if group != "admin":
            return Response(403, FORBIDDEN)
        if (name, action) == ("configManager.cgi", "setConfig"):
            return await self._set([(unquote(key), unquote(value)) for key, _, value in pairs if key != "action"])
        return await self._cgi_of_admin(request, name, action, asked)

    def _shown(self, name, action, asked):
        """What a device shows to every account, or None."""
        match name, action:
            case "encode.cgi", "getConfigCaps":
                return self._lines(**documents.abilities())
            case "snapshot.cgi", "":
                # Nine recent cameras have it and give none.
                return Response(400, BAD) if self.config["quirks"].get("no_snapshot") else picture()
            case "magicBox.cgi", "getProductDefinition" if self.SLOTS > 1 and asked.get("name") == "MaxRemoteInputChannels":
                return self._lines(**{"table.MaxRemoteInputChannels": self.SLOTS})
        return None

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

    def _take_firmware(self, body):
        """Anything else than our own kind of file is refused; the device starts again by itself."""
        found = re.search(rb"(?:\A|\r\n\r\n)DHFW ([\w.]+)", body)
        if found is None:
            self._upgrade = "Failed"
            return Response(400, BAD)
        self.images += 1
        if self.upgrade_fault == "full":
            self._upgrade = "NotEnoughMemory"
            return ok()
        if self.upgrade_fault == "dead":
            self.config["pause_s"] = 3600
        self._upgrade = "Upgrading"
        self._reboot = asyncio.ensure_future(self._upgraded(found.group(1).decode()))
        return ok()

    async def _upgraded(self, version):
        await self.reboot()
        if self.upgrade_fault != "old":
            self.state["firmware"] = version
        if self.upgrade_fault == "another":
            self.turn("services.upnp", "false" if self.knob("services.upnp") == "true" else "true")
        self._upgrade = "Succeeded"
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
            "getDeviceClass": {"class": self.CLASS},
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
        if self.own_address() != self.config["address"]:
            self._moving = asyncio.ensure_future(self.move())
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
