"""A Uniview camera and recorder: LAPI's JSON over digest, with the ONVIF service of a new device besides."""

import copy
import json
import re
import time

from tests.emulators.http import Request, Response
from tests.emulators.onvif import FPS, GOP, KBPS, SIZES, Onvif, between, offset_minutes
from tests.emulators.picture import picture

ROOT = "/LAPI/V1.0/"
HOURS = (
    *(-12, -11, -10, -9, -8, -7, -6, -5, -4.5, -4, -3.5, -3, -2, -1, 0, 1, 2, 3, 3.5, 4, 4.5, 5, 5.5, 5.75, 6, 6.5, 7, 8, 9, 9.5, 10),
    *(11, 12, 13),
)
FORMATS = {"H264": 1, "H265": 2}
ADDRESS_TYPES = {"IPv4": 0, "IPv6": 1, "DNS": 2}
READ_ONLY = ("Channels/System/ChannelDetailInfos", "Channels/System/DeviceInfos")
BAD_ARGUMENTS, COMMON_ERROR = 60006, 65535


class BadArguments(Exception):
    """What was sent doesn't fit."""


def posix(hours):
    """A zone as these devices write it in ONVIF."""
    whole, minutes = divmod(round(abs(hours) * 60), 60)
    return f"UTC{'-' if hours >= 0 else '+'}{whole}:{minutes:02}:00"


def demand(fits):
    if not fits:
        raise BadArguments


def alike(new, old):
    """Whether a value has all keys and the types of another."""
    if isinstance(old, dict):
        return isinstance(new, dict) and all(key in new and alike(new[key], value) for key, value in old.items())
    if isinstance(old, list):
        return isinstance(new, list) and all(alike(one, old[0]) for one in new if old)
    return isinstance(new, type(old)) and isinstance(new, bool) == isinstance(old, bool)


def of_channel(name):
    """What can be set for one channel, fresh from the box."""
    day = {"Num": 1, "TimeSectionInfos": [{"Begin": "00:00:00", "End": "24:00:00", "ArmingType": 0}]}
    area = {"TopLeft": {"X": 200, "Y": 200}}
    return {
        "Media/OSDs": {
            "Num": 2,
            "ContentList": [
                {"OSDID": 0, "Enabled": 1, "Num": 1, "ContentInfo": [{"ContentType": 1, "Value": name}], "Area": area},
                {"OSDID": 1, "Enabled": 1, "Num": 1, "ContentInfo": [{"ContentType": 2, "Value": ""}], "Area": area},
            ],
        },
        "Alarm/MotionDetection": {"Enabled": 0, "Mode": 0, "Sensitivity": 60},
        "Storage/Private/Schedule/Record": {
            "Enabled": 1,
            "PreRecordTime": 10,
            "PostRecordTime": 10,
            "WeekPlan": {"Enabled": 1, "Num": 7, "Days": [{"ID": number, **day} for number in range(7)]},
        },
    }


class Uniview(Onvif):
    """A camera: its only channel has number 0."""

    KIND, GENERATION = 0, "ipc"

    def onvif_generation(self, _config):
        return "media2"

    def realm_of(self, config):
        return config["mac"].replace(":", "")

    def channels(self):
        return [(0, "IPCamera 01", "")]

    def path(self, channel, stream):
        return f"/media/video{2 * channel + (1 if stream == 'main' else 2)}"

    def factory(self):
        documents = {
            "System/TimeNTP": {
                "TimeZone": 0,
                "DeviceTime": 0,
                "DateFormat": 0,
                "HourFormat": 1,
                "NTPServerInfo": {"Enabled": 0, "AddressType": 0, "Address": "", "Port": 123, "SynchronizeInterval": 600},
            },
            "System/Time/DST": {
                "Enabled": 0,
                "OffsetTime": 60,
                "BeginTime": {"Month": 4, "WeekInMonth": 1, "DayInWeek": 0, "Hour": 2},
                "EndTime": {"Month": 10, "WeekInMonth": 5, "DayInWeek": 0, "Hour": 2},
            },
            "Network/Ports": {"HTTPPort": 80, "HTTPSPort": 443, "RTSPPort": 554},
            "Network/SSH": {"Enabled": 1},
            "Network/DDNS": {"Enabled": 0, "DDNSType": 0, "Domain": "", "UserName": ""},
        }
        for number, name, _ in self.channels():
            documents |= {f"Channels/{number}/{path}": value for path, value in of_channel(name).items()}
        missing = self.config["quirks"].get("missing", ())
        state = super().factory() | {"lapi": {path: value for path, value in documents.items() if path not in missing}}
        state["time"]["tz"] = posix(8)
        return state

    # --- the wire ---

    async def handle(self, request: Request):
        if not request.path.startswith("/LAPI/"):
            return await super().handle(request)
        self.requests += 1
        user, _, _ = self.digest.user_of(request)
        if user is None:
            response = self._said(request, 401, 1, COMMON_ERROR, "Not Authorized")
            response.headers["WWW-Authenticate"] = self.digest.challenge()
            return response
        path = request.path.removeprefix(ROOT).strip("/")
        if re.fullmatch(r"Channels/\d+/Media/Video/Streams/\d+/Snapshot", path) and request.method == "GET":
            return picture()
        old = self._document(path)
        if old is None:
            return self._unknown(request)
        if request.method == "GET":
            return self._said(request, data=old)
        if request.method != "PUT" or path in READ_ONLY:
            return self._said(request, 200, 1, COMMON_ERROR, "Common Error")
        if self.users()[user]["level"] != "Administrator":
            return self._said(request, 200, 1, COMMON_ERROR, "Low Permission")
        return await self._put(request, path, old)

    def error_in_success(self, request):
        if not request.path.startswith("/LAPI/"):
            return super().error_in_success(request)
        return self._said(request, 200, 1, COMMON_ERROR, "Common Error")

    def _said(self, request, status=200, response=0, code=0, words="Succeed", data="null"):
        said = {"ResponseURL": request.path, "CreatedID": -1, "ResponseCode": response, "SubResponseCode": 0}
        said |= {"ResponseString": "Common Error" if response else words, "StatusCode": code, "StatusString": words, "Data": data}
        return Response(status, json.dumps({"Response": said}, ensure_ascii=False, indent="\t").encode(), "application/json")

    def _unknown(self, request):
        if self.config.get("generation", self.GENERATION) == "nvr302":
            return self._said(request, 599, 1, COMMON_ERROR, "Common Error")
        return Response(404, b"<html><head><title>404 Not Found</title></head></html>", "text/html")

    async def _put(self, request, path, old):
        try:
            new = json.loads(request.body)
            demand(alike(new, old))
            if path not in self.config["quirks"].get("ignore", ()):
                self._set(path, new)
        except (BadArguments, ValueError):
            return self._said(request, 200, 1, BAD_ARGUMENTS, "Invalid Arguments")
        self.save()
        if path.endswith("/Media/Video") and self._document(path) != old:
            await self.refresh()
        return self._said(request)

    # --- documents ---

    def _document(self, path):
        """The Data of a path as it is now, or None."""
        video = re.fullmatch(r"Channels/(\d+)/Media/Video", path)
        if video:
            return self._video(int(video[1]))
        match path:
            case "System/DeviceInfo":
                names = {"DeviceModel": "model", "SerialNumber": "serial", "FirmwareVersion": "firmware"}
                facts = {name: self.config[key] for name, key in names.items()}
                return {"ID": 0, "DeviceName": self.name(), "DeviceType": self.KIND, **facts}
            case "System/TimeNTP":
                return self._lapi_time()
            case "Channels/System/ChannelDetailInfos":
                rows = self._detail_infos()
                return {"Nums": len(rows), "DetailInfos": rows}
            case "Channels/System/DeviceInfos":
                rows = self._device_infos()
                return {"Nums": len(rows), "DeviceInfos": rows}
        return copy.deepcopy(self.state["lapi"].get(path))

    def _set(self, path, new):
        video = re.fullmatch(r"Channels/(\d+)/Media/Video", path)
        if video:
            self._set_video(int(video[1]), new)
        elif path == "System/DeviceInfo":
            self.rename(new["DeviceName"])
        else:
            if path == "System/TimeNTP":
                self._set_lapi_time(new)
            self.state["lapi"][path] = new

    def _lapi_time(self):
        document = copy.deepcopy(self.state["lapi"].get("System/TimeNTP"))
        if document is None:
            return None
        minutes = offset_minutes(self.state["time"]["tz"]) or 0
        document["TimeZone"] = min(range(len(HOURS)), key=lambda index: abs(HOURS[index] * 60 - minutes))
        document["DeviceTime"] = int(self.clock.now())
        kind, address = (self.state["ntp"]["manual"] or [["IPv4", "0.0.0.0"]])[0]
        on = int(self.state["time"]["mode"] == "NTP")
        document["NTPServerInfo"] |= {"Enabled": on, "AddressType": ADDRESS_TYPES[kind], "Address": address}
        return document

    def _set_lapi_time(self, new):
        server = new["NTPServerInfo"]
        kinds = {number: kind for kind, number in ADDRESS_TYPES.items()}
        demand(0 <= new["TimeZone"] < len(HOURS) and server["Enabled"] in (0, 1) and server["AddressType"] in kinds)
        kind, address = kinds[server["AddressType"]], server["Address"]
        demand(re.fullmatch(r"\d+(\.\d+){3}", address) if kind == "IPv4" else address)
        mode = "NTP" if server["Enabled"] else "Manual"
        self.state["time"] |= {"mode": mode, "tz": posix(HOURS[new["TimeZone"]])}
        self.state["ntp"] = {"dhcp": False, "manual": [[kind, address]]}
        if mode == "Manual":
            self.clock.offset_s = new["DeviceTime"] - time.time()

    def _video(self, channel):
        encoders = [one for one in self.state["encoders"] if one["channel"] == channel]
        rows = [
            {
                "ID": number,
                "Enabled": 1,
                "VideoEncodeInfo": {
                    "EncodeFormat": FORMATS[one["codec"]],
                    "Resolution": {"Width": one["width"], "Height": one["height"]},
                    "BitRate": one["kbps"],
                    "BitRateType": 0 if one["cbr"] else 1,
                    "FrameRate": int(one["fps"]),
                    "GOPType": 0,
                    "IFrameInterval": one["gop"],
                    "ImageQuality": one["quality"],
                    "SmoothLevel": 5,
                    "SVCMode": 0,
                    "SmartEncodeMode": 0,
                },
            }
            for number, one in enumerate(encoders)
        ]
        return {"Num": len(rows), "VideoStreamInfos": rows} if rows else None

    def _set_video(self, channel, new):
        """Codecs and sizes that the encoder hasn't are refused, rates are silently clamped."""
        encoders = [one for one in self.state["encoders"] if one["channel"] == channel]
        codecs, changes = {number: codec for codec, number in FORMATS.items()}, []
        for row in new["VideoStreamInfos"]:
            demand(0 <= row["ID"] < len(encoders))
            one, asked = encoders[row["ID"]], row["VideoEncodeInfo"]
            size = asked["Resolution"]["Width"], asked["Resolution"]["Height"]
            demand(asked["EncodeFormat"] in codecs and size in SIZES[one["stream"]] and asked["BitRateType"] in (0, 1))
            change = {"codec": codecs[asked["EncodeFormat"]], "width": size[0], "height": size[1], "cbr": asked["BitRateType"] == 0}
            change |= {"kbps": between(asked["BitRate"], KBPS[one["stream"]]), "fps": between(asked["FrameRate"], FPS)}
            changes.append((one, change | {"gop": between(asked["IFrameInterval"], GOP), "quality": asked["ImageQuality"]}))
        for one, change in changes:
            one.update(change)

    def _detail_infos(self):
        config = self.config
        address = {"Address": config["address"], "Port": 80, "MAC": config["mac"]}
        row = {"ID": 0, "Name": self.name(), "Status": 1, "Manufacturer": "UNIVIEW", "DeviceModel": config["model"], "AddressInfo": address}
        return [row]

    def _device_infos(self):
        config = self.config
        return [{"ID": 0, "DeviceModel": config["model"], "SerialNumber": config["serial"], "FirmwareVersion": config["firmware"]}]


class UniviewNvr(Uniview):
    """A recorder: channels count from 1, and its streams are those of its cameras."""

    KIND, GENERATION = 1, "nvr302"

    def realm_of(self, _config):
        return "NVRDVR"

    def channels(self):
        return [(channel["number"], channel["name"], f"_{channel['number']}") for channel in self.config["channels"]]

    def path(self, channel, stream):
        return f"/unicast/c{channel}/s{0 if stream == 'main' else 1}/live"

    def upstream(self):
        found = {}
        for channel in self.config["channels"]:
            for number, stream in enumerate(("main", "sub"), 1):
                address = f"rtsp://{channel['address']}:{channel.get('rtsp', 554)}/media/video{number}"
                found[self.path(channel["number"], stream)] = (address, channel["user"], channel["password"])
        return found

    def _detail_infos(self):
        return [
            {
                "ID": channel["number"],
                "Name": channel["name"],
                "Status": 1,
                "Manufacturer": "UNIVIEW",
                "DeviceModel": "IPC2124LE",
                "AddressInfo": {"Address": channel["address"], "Port": channel.get("port", 80), "MAC": ""},
            }
            for channel in self.config["channels"]
        ]

    def _device_infos(self):
        return [
            {"ID": channel["number"], "DeviceModel": "IPC2124LE", "SerialNumber": "", "FirmwareVersion": ""}
            for channel in self.config["channels"]
        ]
